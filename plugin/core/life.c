/* The life of SAs: which belongs to which, which follows which, and when one ends.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "life.h"
#include "hash.h"
#include "ip.h"

/* A new SA has taken over when so many packets in a row were its own. Parallel SAs take turns sooner. */
#define TAKEN_OVER 16u

/* An SA whose numbers begin so low was made during the capture. */
#define YOUNG 16u

/* Source address and, in UDP, port; never 0. */
static uint32_t origin_of(const ipsec_sa_table *table, const ipsec_view *view)
{
    uint64_t words[2];
    uint64_t origin = ipsec_hash_address(table->seed, view->source, view->address_length, words);

    if (view->encapsulation == IPSEC_ENCAPSULATION_UDP && view->outer && view->outer_length >= IPSEC_UDP_HEADER)
        origin = ipsec_hash_mix(origin, ipsec_read_u16(view->outer + view->outer_length - IPSEC_UDP_HEADER));
    return (uint32_t)origin ? (uint32_t)origin : 1;
}

/* A sender that moves does not come back; several senders do. */
static void follow_origin(ipsec_sa_life *life, uint32_t origin, ipsec_note *note)
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
static void follow_turn(const ipsec_sa_table *table, ipsec_sa_pair *pair, const ipsec_sa *sa, ipsec_note *note)
{
    if (sa->index == pair->active) {
        pair->run = 0;
        return;
    }
    if (ipsec_sa_facts_at(table, sa->index)->successor != IPSEC_SA_NONE) {
        note->marks |= IPSEC_MARK_OLD_SPI;
        return;
    }
    if (sa->index != pair->next)
        pair->run = 0;
    pair->next = sa->index;
    if (++pair->run < TAKEN_OVER)
        return;
    if (pair->active != IPSEC_SA_NONE && sa->life.young && sa->index > pair->active)
        ipsec_sa_facts_at(table, pair->active)->successor = sa->index;
    pair->active = sa->index;
    pair->run = 0;
}

void ipsec_life_follow(ipsec_sa_table *table, const ipsec_view *view, ipsec_sa *sa, uint32_t sequence, ipsec_note *note)
{
    ipsec_sa_life *life = &sa->life;
    uint32_t origin;

    if (view->address_length == 0)
        return;
    origin = origin_of(table, view);
    if (!life->pair) {
        life->pair = ipsec_sa_pair_get(table, view, sa);
        life->young = sequence <= YOUNG;
    }
    if (origin != life->origin)
        follow_origin(life, origin, note);
    follow_turn(table, life->pair, sa, note);
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
