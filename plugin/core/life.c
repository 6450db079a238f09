/* The life of SAs: which belongs to which, which follows which, and when one ends.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "life.h"
#include "ip.h"

#include <string.h>

/* A new SA has taken over when so many packets in a row were its own. Parallel SAs take turns sooner. */
#define TAKEN_OVER 16u

/* An SA whose numbers begin so low was made during the capture. */
#define YOUNG 16u

/* Source address and, in UDP, port; never 0. */
static uint64_t origin_of(const ipsec_view *view)
{
    uint64_t origin = 1;
    uint64_t words[2] = {0, 0};

    memcpy(words, view->source, view->address_length);
    origin = origin * 0x9e3779b97f4a7c15u + words[0];
    origin = origin * 0x9e3779b97f4a7c15u + words[1];
    if (view->encapsulation == IPSEC_ENCAPSULATION_UDP && view->outer && view->outer_length >= IPSEC_UDP_HEADER)
        origin = origin * 0x9e3779b97f4a7c15u + ipsec_read_u16(view->outer + view->outer_length - IPSEC_UDP_HEADER);
    return origin ? origin : 1;
}

/* A sender that moves does not come back; several senders do. */
static void follow_origin(ipsec_sa_life *life, uint64_t origin, ipsec_note *note)
{
    if (life->senders)
        return;
    if (origin == life->origin_before) {
        life->senders = true;
        note->marks |= IPSEC_MARK_SENDERS;
        return;
    }
    if (life->origin)
        note->marks |= IPSEC_MARK_ADDRESS_CHANGED;
    life->origin_before = life->origin;
    life->origin = origin;
}

/* Whose turn it is between the two peers, this way. */
static void follow_turn(ipsec_sa_pair *pair, ipsec_sa *sa, ipsec_note *note)
{
    ipsec_sa *active = pair->active;

    if (sa == active) {
        pair->run = 0;
        return;
    }
    if (sa->life.successor) {
        note->marks |= IPSEC_MARK_OLD_SPI;
        return;
    }
    if (sa != pair->next)
        pair->run = 0;
    pair->next = sa;
    if (++pair->run < TAKEN_OVER)
        return;
    if (active && sa->life.young && sa->index > active->index)
        active->life.successor = true;
    pair->active = sa;
    pair->run = 0;
}

void ipsec_life_follow(ipsec_sa_table *table, const ipsec_view *view, ipsec_sa *sa, uint32_t sequence, ipsec_note *note)
{
    ipsec_sa_life *life = &sa->life;
    uint64_t origin;

    if (view->address_length == 0)
        return;
    origin = origin_of(view);
    if (!life->pair) {
        life->pair = ipsec_sa_pair_get(table, view, sa);
        life->young = sequence <= YOUNG;
    }
    if (origin != life->origin)
        follow_origin(life, origin, note);
    if (life->pair && sa != life->pair->active)
        follow_turn(life->pair, sa, note);
    else if (life->pair)
        life->pair->run = 0;
}

void ipsec_life_spend(ipsec_sa *sa, uint32_t octets)
{
    sa->life.packets++;
    sa->life.octets += octets;
}

bool ipsec_life_is_over(ipsec_sa *sa, uint64_t hard_packets, uint64_t hard_bytes, ipsec_note *note)
{
    ipsec_sa_life *life = &sa->life;

    if (life->packets < hard_packets && life->octets < hard_bytes)
        return false;
    note->marks |= life->over ? IPSEC_MARK_GONE : IPSEC_MARK_EXPIRED;
    life->over = true;
    return true;
}
