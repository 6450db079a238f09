/* The life of SAs: which belongs to which, which follows which, and when one ends.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "life.h"

/* A new SA has taken over when so many packets in a row were its own: of SAs that are known to be used side by side, a
 * longer run, for their traffic may come in bursts. */
#define TAKEN_OVER          16u
#define TAKEN_OVER_PARALLEL 1024u

/* An SA that sends so many packets after its successor has begun was not replaced. */
#define GOES_ON 4u

/* An SA whose numbers begin so low was made during the capture. */
#define YOUNG 16u

/* Several senders take turns all the time: so many returns to the address before, none of them longer in coming than so
 * many packets. Where there are more than two, the next address may be another one; but so do senders that move, unless
 * it comes very soon. */
#define RETURNS       8u
#define RETURN_WITHIN 1024u
#define CHANGE_WITHIN 16u

/* Counts a change of origin, and a longer stay than `within` packets starts the count again. */
static void count_change(ipsec_sa_life *life, uint16_t within, ipsec_note *note)
{
    const uint16_t stay = (uint16_t)(life->packets - life->moved);

    life->moved = (uint16_t)life->packets;
    life->returns = stay <= within ? (life->returns + 1u) & 15u : 0;
    if (life->returns < RETURNS)
        return;
    life->senders = true;
    note->marks |= IPSEC_MARK_SENDERS;
}

/* A sender that moves may come back, and is not another one for it. */
static void follow_origin(ipsec_sa_life *life, uint32_t origin, ipsec_note *note)
{
    const uint32_t before = life->origin_before;

    if (life->senders)
        return;
    life->origin_before = life->origin;
    life->origin = origin;
    if (origin == before) {
        count_change(life, RETURN_WITHIN, note);
        return;
    }
    if (life->origin_before == 0)
        return;
    note->marks |= IPSEC_MARK_ADDRESS_CHANGED;
    count_change(life, before ? CHANGE_WITHIN : 0, note);
}

/* What an SA still sends after its successor has begun: stragglers, or it was none. */
static void follow_replaced(ipsec_sa_pair *pair, ipsec_sa_life *life, ipsec_sa_facts *facts, ipsec_note *note)
{
    if (!pair->parallel) {
        note->marks |= IPSEC_MARK_OLD_SPI;
        if (++life->late < GOES_ON)
            return;
    }
    pair->parallel = true;
    facts->successor = IPSEC_SA_NONE;
}

/* Whose turn it is between the two peers, this way. */
static void follow_turn(const ipsec_sa_table *table, ipsec_sa_pair *pair, ipsec_sa *sa, ipsec_note *note)
{
    ipsec_sa_facts *facts = ipsec_sa_facts_at(table, sa->index);

    if (sa->index == pair->active) {
        pair->run = 0;
        return;
    }
    if (facts->successor != IPSEC_SA_NONE) {
        follow_replaced(pair, &sa->life, facts, note);
        return;
    }
    if (sa->index != pair->next)
        pair->run = 0;
    pair->next = sa->index;
    if (++pair->run < (pair->parallel ? TAKEN_OVER_PARALLEL : TAKEN_OVER))
        return;
    if (pair->active != IPSEC_SA_NONE && sa->life.young && sa->index > pair->active) {
        ipsec_sa_facts_at(table, pair->active)->successor = sa->index;
        sa->life.young = false;
    }
    pair->active = sa->index;
    pair->run = 0;
}

void ipsec_life_refuse(const ipsec_sa_table *table, const ipsec_view *view, ipsec_sa *sa, ipsec_note *note)
{
    ipsec_sa_life *life = &sa->life;

    if (view->address_length == 0 || life->senders || life->origin == 0 ||
        life->origin == ipsec_life_origin(table, view))
        return;
    /* Several in a row are one return; and no sender that moves does that, however long it stays. */
    if (life->moved != (uint16_t)life->packets)
        count_change(life, UINT16_MAX, note);
}

void ipsec_life_turn(ipsec_sa_table *table, const ipsec_view *view, ipsec_sa *sa, uint32_t origin, uint32_t sequence,
                     ipsec_note *note)
{
    ipsec_sa_life *life = &sa->life;

    /* No new one, though it is taken; but copies alone are no sender's. */
    if (sa->numbers.unguarded && note->marks & IPSEC_MARK_REPEATED) {
        if (note->first_seen == 0 || life->returns > 0)
            ipsec_life_refuse(table, view, sa, note);
        return;
    }
    if (!life->pair) {
        life->pair = ipsec_sa_pair_get(table, view, sa);
        life->young = sequence <= YOUNG;
    }
    if (origin != life->origin && !(note->marks & IPSEC_MARK_REORDER))
        follow_origin(life, origin, note);
    follow_turn(table, life->pair, sa, note);
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
