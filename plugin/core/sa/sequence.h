/** @file
 * Sequence numbers: what a number means on its SA, before this packet moves anything. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_SEQUENCE_H
#define IPSEC_CORE_SEQUENCE_H

#include "base/config.h"
#include "packet/findings.h"
#include "sa/counter_end.h"
#include "sa/note.h"
#include "sa/points.h"
#include "sa/describe.h"
#include "sa/sa.h"
#include "sa/standing.h"

/** Forgets all numbers and frees what they hold. */
void ipsec_sequence_clear(ipsec_sa_numbers *numbers);

/** Starts over, because another key has other sequence numbers.
 *
 * @param row_window in packets, from the key row, or IPSEC_REPLAY_WINDOW_UNKNOWN */
void ipsec_sequence_begin(ipsec_sa_numbers *numbers, uint32_t row_window, ipsec_esn_mode esn);

/** Starts over with the same key, because what was taken for sequence numbers before may be wrong. */
void ipsec_sequence_distrust(ipsec_sa_numbers *numbers);

/** Notes that the next number will be repeated, so no number counts as usual from now on. */
static inline void ipsec_sequence_expect_again(ipsec_sa_numbers *numbers)
{
    ipsec_doubts_get(&numbers->doubts);
}

/** Packets before the first one that verifies may have been from anybody, so no number counts as lost because of them.
 */
static inline void ipsec_sequence_forget_lost(const ipsec_sa_table *table, const ipsec_sa *sa)
{
    ipsec_sa_summary_at(table, sa->index)->lost = 0;
}

/** Notes that a packet has verified, with a high half or without. */
static inline void ipsec_sequence_learn_esn(ipsec_sa_numbers *numbers, bool esn)
{
    numbers->esn = esn ? IPSEC_ESN_YES : IPSEC_ESN_NO;
}

/** What judging a number needs besides the packet. */
typedef struct ipsec_sequencer {
    const ipsec_config *config;
    ipsec_sa_table *sas;
    ipsec_recents *recents;
    /** Capture points of earlier SAs; those of SAs with a verified ICV are separate, because these SAs believe no
     * others. */
    ipsec_point_pairs points[2];
    uint32_t origin; /**< that of the current packet, see ipsec_life_origin(). 0: not needed, or not known */
} ipsec_sequencer;

/** What ipsec_sequence_place() does for a number that is not the usual next one. */
void ipsec_sequence_place_unusual(ipsec_sequencer *sequencer, const ipsec_view *view, ipsec_recent *packet,
                                  ipsec_sa *sa, ipsec_ruling *ruling, ipsec_note *note, const ipsec_findings *findings);

/** Whether it is the next number (nothing was lost or reordered), and no epoch ends or is near its end. Every window
 * takes such a number for what it is. */
static IPSEC_INLINE bool ipsec_sequence_is_next(const ipsec_window *window, const ipsec_ruling *ruling)
{
    const uint64_t next = window->top + 1;

    return ruling->sequence == (uint32_t)next && ruling->sequence - 1 < IPSEC_NEAR_END - 1 &&
           (ruling->standing != IPSEC_VERIFIED || (ruling->esn ? ruling->high : 0) == next >> 32);
}

/** Whether nothing is in doubt about the numbers of the SA. */
static inline bool ipsec_sequence_is_steady(const ipsec_sa_numbers *numbers)
{
    return numbers->window.started && !numbers->doubts && !numbers->coalesced;
}

/** Enters `count` packets of a steady SA whose window is whole, with the effect of ipsec_sequence_step() for each. */
static inline void ipsec_sequence_advance(ipsec_sa_numbers *numbers, uint32_t count)
{
    ipsec_window_advance(&numbers->window, count);
    numbers->packets += count;
    numbers->behind = 0;
    numbers->in_gap = false;
}

/** Whether the ruling has the usual next number of its SA, and the packet has nothing unusual. A packet with findings
 * may be refused, and its number then comes again as the next one. */
static IPSEC_INLINE bool ipsec_sequence_is_usual(const ipsec_sa_numbers *numbers, const ipsec_ruling *ruling,
                                                 bool findings)
{
    return !findings && ipsec_is_genuine(ruling) && ipsec_sequence_is_steady(numbers) &&
           ipsec_sequence_is_next(&numbers->window, ruling);
}

/**
 * Finds out where the number of the ruling is on its SA, and fills in the other members of ruling and note on it. Moves
 * nothing except the memory of the most recent packets.
 *
 * @return whether it is the usual next number of a packet with nothing odd about it: then ruling and note have nothing
 *         on it yet, and ipsec_sequence_step() must be called if the packet is accepted
 */
static inline bool ipsec_sequence_place(ipsec_sequencer *sequencer, const ipsec_view *view, ipsec_sa *sa,
                                        ipsec_ruling *ruling, ipsec_note *note, const ipsec_findings *findings)
{
    ipsec_recent *packet = ipsec_recents_describe(sequencer->recents, view, ruling);

    if (!ipsec_sequence_is_usual(&sa->numbers, ruling, findings->any)) {
        ipsec_sequence_place_unusual(sequencer, view, packet, sa, ruling, note, findings);
        return false;
    }
    sa->numbers.packets++;
    ipsec_recents_keep(sequencer->recents, packet, NULL);
    return true;
}

/** Counts numbers that left the window unseen, and reports the first in a row. */
void ipsec_sequence_lose(ipsec_sequencer *sequencer, ipsec_sa *sa, uint64_t lost, ipsec_note *note);

/** Moves the SA's window to the number of a genuine packet. To be called if the receiver accepts the packet as far as
 * its window is concerned. Returns whether the number counts as part of the flow: an unverified number far ahead does
 * not, until others continue from it. */
bool ipsec_sequence_commit(ipsec_sequencer *sequencer, ipsec_sa *sa, const ipsec_ruling *ruling, ipsec_note *note);

/** The same for the usual next number, at a fraction of the cost. */
static IPSEC_INLINE void ipsec_sequence_step(ipsec_sequencer *sequencer, ipsec_sa *sa, ipsec_note *note)
{
    ipsec_sa_numbers *numbers = &sa->numbers;

    numbers->behind = 0;
    if (ipsec_window_step(&numbers->window, ipsec_receiver_window(numbers)))
        ipsec_sequence_lose(sequencer, sa, 1, note);
    else
        numbers->in_gap = false;
}

/** Initialises a number of which nothing is known yet. */
static inline void ipsec_number_begin(ipsec_number *number)
{
    number->advance = 0;
    number->first_seen = 0;
    number->seen_by = 0;
    number->old_by = 0;
    number->wrong_by = 0;
    number->zero_by = 0;
    number->is_followed = false;
    number->is_placed = false;
    number->has_highest = false;
    number->is_doubtful = false;
}

/** Fills in the ruling for the usual next number, before the window moves. Returns the highest number before. */
static inline uint64_t ipsec_sequence_rule_next(const ipsec_sa *sa, ipsec_ruling *ruling)
{
    const uint64_t top = sa->numbers.window.top;

    ruling->high = (uint32_t)(top >> 32);
    ruling->placed = true;
    ruling->advance = 1;
    return top;
}

/** Sets what the report says about the number after `top`, the highest number before, in an initialized *number. */
static inline void ipsec_sequence_report_next(uint64_t top, ipsec_number *number)
{
    number->value = top + 1;
    number->highest = top;
    number->advance = 1;
    number->is_followed = true;
    number->is_placed = true;
    number->has_highest = true;
}

/** Remembers that the number of an unproven packet was perhaps seen, if it is near the top, so that it does not count
 * as lost. To be called for packets that were not captured whole. */
void ipsec_sequence_excuse(ipsec_sa *sa, const ipsec_ruling *ruling);

/** Marks the `count` numbers at `parts`, those of verified packets that were coalesced, in any order; reports one that
 * was seen before, or is old. */
void ipsec_sequence_take_parts(ipsec_sequencer *sequencer, ipsec_sa *sa, const uint64_t *parts, unsigned count,
                               ipsec_note *note);

/** Fills in what ruling and note say about the number. */
static inline void ipsec_sequence_report(const ipsec_ruling *ruling, const ipsec_note *note, ipsec_number *number)
{
    const uint64_t value = ipsec_ruling_number(ruling);

    *number = (ipsec_number){.value = value,
                             .highest = value - (uint64_t)(int64_t)ruling->advance,
                             .advance = ruling->advance,
                             .first_seen = note->first_seen,
                             .seen_by = note->seen_by,
                             .before_by = note->before_by,
                             .old_by = note->old_by,
                             .wrong_by = note->wrong_by,
                             .zero_by = note->zero_by,
                             .is_followed = true,
                             .is_placed = ruling->placed,
                             .is_doubtful = note->facts & IPSEC_NOTE_DOUBTFUL,
                             .has_highest = ruling->advance < INT32_MAX && ruling->advance > INT32_MIN};
    if (note->facts & IPSEC_NOTE_FAR) {
        number->has_highest = true;
        number->highest = note->highest;
    }
}

#endif
