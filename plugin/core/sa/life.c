/* The life of SAs: which belong together, which follows which, and when one ends. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#include "sa/life.h"
#include "base/octets.h"
#include "sa/sequence.h"
#include "sa/steady.h"
#include "packet/kind.h"

/* After that, packets of the old SA are stragglers if its successor has verified, or has been alone for this many
 * packets (a full window). Before that, the old SA simply continues, and the other one was not its successor: its SPI
 * may be made up. */
#define ALONE 32u

/* An SA was not replaced if it has GOES_ON packets after its successor has begun, with fewer than GOES_ON of the
 * successor between one and the next. */
#define GOES_ON 4u

/* After this many apparent successions that were none, the SAs are used in parallel. */
#define TURNS 3u

/* An SA whose sequence numbers begin this low was created during the capture. */
#define YOUNG 16u

/* RETURNS returns to the previous address, each within RETURN_WITHIN packets, mean several senders that take turns.
 * With more than two senders, the next address may be a third one; but a sender that moves does the same, so such a
 * change counts only within CHANGE_WITHIN packets. */
#define RETURNS       8u
#define RETURN_WITHIN 1024u
#define CHANGE_WITHIN 16u

/* --- who sends ------------------------------------------------------------------------------------------ */

/* Counts a change of origin; a stay of more than `within` packets restarts the count. Returns whether there are several
 * senders. */
static bool count_change(ipsec_sa_life *life, uint32_t within, ipsec_note *note)
{
    const uint32_t stay = life->packets - life->moved_at;

    life->moved_at = life->packets;
    life->quick_returns = stay <= within ? life->quick_returns + 1 : 0;
    if (life->quick_returns < RETURNS)
        return false;
    life->quick_returns = 0;
    note->facts |= life->senders ? IPSEC_NOTE_SAID : 0;
    ipsec_note_add(note, IPSEC_FINDING_SA_SENDERS);
    life->senders = true;
    return true;
}

/* A sender that moves may come back without there being two. If there are several senders, every change is one from one
 * to another. */
static void follow_origin(ipsec_sa_life *life, uint32_t origin, ipsec_note *note)
{
    const uint32_t before = life->origin_before;

    life->origin_before = life->origin;
    life->origin = origin;
    if (life->senders) {
        ipsec_note_add(note, IPSEC_FINDING_SA_SENDERS);
        note->facts |= IPSEC_NOTE_SAID;
        return;
    }
    if (origin == before) {
        count_change(life, RETURN_WITHIN, note);
        return;
    }
    if (life->origin_before == 0)
        return;
    ipsec_note_add(note, IPSEC_FINDING_SA_ADDRESS_CHANGED);
    count_change(life, before ? CHANGE_WITHIN : 0, note);
}

void ipsec_life_refuse(const ipsec_sa_table *table, const ipsec_view *view, ipsec_sa *sa, ipsec_note *note)
{
    ipsec_sa_life *life = &sa->life;

    if (view->address_length == 0 || life->separate || life->origin == 0 ||
        life->origin == ipsec_life_origin(table, view))
        return;
    /* Several such packets in a row count as one return. A sender that moves never does this, however long it stays. */
    if (life->moved_at != life->packets)
        life->separate = count_change(life, UINT32_MAX, note);
}

/* --- which SA follows which ------------------------------------------------------------------------------ */

/* Takes the succession back: the SA was not replaced, it continues, and the other one may begin again. */
static void take_back(const ipsec_sa_table *table, ipsec_sa_pair *pair, ipsec_sa *sa)
{
    ipsec_sa_summary_at(table, sa->index)->successor = IPSEC_SA_NONE;
    pair->active = sa->index;
    pair->active_good = sa->keys.icv_good;
    pair->run = 0;
    pair->alone = 0;
    sa->life.after_successor = 0;
}

/* Judges packets of an SA after its successor has begun: either they are stragglers, or it was not the successor. */
static void follow_replaced(const ipsec_sa_table *table, ipsec_sa_pair *pair, ipsec_sa *sa, ipsec_note *note)
{
    const uint32_t alone = pair->alone;
    uint8_t *const late = &sa->life.after_successor;

    pair->alone = 0;
    if (!pair->verified && *late == 0 && alone < ALONE) {
        take_back(table, pair, sa);
        return;
    }
    *late = *late > 0 && alone < GOES_ON ? *late + 1 : 1;
    ipsec_note_add(note, IPSEC_FINDING_SA_OLD_SPI);
    if (*late < GOES_ON)
        return;
    if (pair->active_good && !sa->keys.icv_good) {
        *late = 1; /* the SA that continues did not verify */
        return;
    }
    take_back(table, pair, sa);
    pair->parallel = ++pair->turns >= TURNS;
}

static void take_over(const ipsec_sa_table *table, ipsec_sa_pair *pair, ipsec_sa *sa)
{
    if (pair->active != IPSEC_SA_NONE && sa->life.began_here && sa->index > pair->active) {
        ipsec_sa_summary_at(table, pair->active)->successor = sa->index;
        pair->replaced = true;
        sa->life.began_here = pair->turns == 0; /* so a succession that was taken back can be believed again */
    }
    pair->active = sa->index;
    pair->active_good = sa->keys.icv_good;
    pair->run = 0;
    pair->alone = pair->silence;
    pair->run_at = (uint16_t)pair->alone;
    pair->silence = 0;
}

/* Whether a packet of an SA that is not in use does not show whose turn it is, because IKE says so, or because others
 * verify.
 */
static bool has_no_turn(ipsec_sa_pair *pair, const ipsec_sa *sa, uint32_t successor)
{
    if (pair->is_told)
        pair->active = sa->index;
    return pair->is_told || (!sa->keys.icv_good && successor == IPSEC_SA_NONE);
}

/* Follows whose turn it is between the two peers, in this direction. */
static void follow_turn(const ipsec_sa_table *table, ipsec_sa_pair *pair, ipsec_sa *sa, ipsec_note *note)
{
    uint32_t successor;

    if (sa->keys.icv_good)
        pair->verified = true;
    if (sa->index == pair->active) {
        pair->active_good = sa->keys.icv_good;
        pair->alone++;
        return;
    }
    successor = ipsec_sa_summary_at(table, sa->index)->successor;
    if ((pair->verified || pair->is_told) && has_no_turn(pair, sa, successor))
        return;
    if (successor == IPSEC_SA_NONE) {
        if (ipsec_pair_count_run(pair, sa) >= (pair->parallel ? IPSEC_TAKEN_OVER_PARALLEL : IPSEC_TAKEN_OVER))
            take_over(table, pair, sa);
    } else if (pair->parallel) {
        take_back(table, pair, sa);
    } else {
        follow_replaced(table, pair, sa, note);
    }
}

/* Follows a change since the last packet: an SA begins, its sender moves, or another reverse SA fits better. */
static IPSEC_COLD void follow_change(ipsec_sa_table *table, const ipsec_view *view, ipsec_sa *sa, uint32_t origin,
                                     uint32_t sequence, ipsec_note *note)
{
    ipsec_sa_life *life = &sa->life;

    ipsec_steady_catch_up(sa);
    if (life->origin == 0) {
        if (!life->pair)
            life->pair = ipsec_sa_pair_get(table, view, sa);
        life->pair->is_told = life->pair->is_told || sa->is_negotiated;
        life->began_here = sequence <= YOUNG;
    }
    if (life->pair->matched != IPSEC_SA_NONE)
        ipsec_sa_pair_match_better(table, life->pair, sa);
    if (origin != life->origin && !(ipsec_note_has(note, IPSEC_FINDING_SEQ_REORDER)))
        follow_origin(life, origin, note);
}

void ipsec_life_turn(ipsec_sa_table *table, const ipsec_view *view, ipsec_sa *sa, uint32_t origin, uint32_t sequence,
                     ipsec_note *note)
{
    const ipsec_sa_life *life = &sa->life;

    if (origin != life->origin || life->pair->matched != IPSEC_SA_NONE)
        follow_change(table, view, sa, origin, sequence, note);
    follow_turn(table, life->pair, sa, note);
}

bool ipsec_life_is_over(ipsec_sa *sa, const ipsec_header_kind *kind, const ipsec_key_row *spec, ipsec_note *note)
{
    ipsec_sa_life *life = &sa->life;

    if (life->packets < spec->hard_packets && life->octets < spec->hard_bytes)
        return false;
    ipsec_note_add(note, life->expired ? kind->spi_unknown : IPSEC_FINDING_SA_EXPIRED);
    life->expired = true;
    ipsec_sequence_expect_again(&sa->numbers);
    note->facts |= sa->keys.icv_good ? 0 : IPSEC_NOTE_DOUBTFUL;
    return true;
}
