/** @file
 * What is possible, but not certain, about an SA's sequence numbers: runs of old numbers and of numbers far ahead,
 * numbers that were perhaps seen, and the numbers of each of several senders. Internal to the core.
 *
 * An SA whose packets come in order needs none of this.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_DOUBTS_H
#define IPSEC_CORE_DOUBTS_H

#include "sa/window.h"

#include <stdbool.h>
#include <stdint.h>

/** Numbers far ahead of the flow, which are believed once enough packets continue from the first. */
typedef struct ipsec_ahead {
    uint64_t last;      /**< the highest of them; valid if count is not 0 */
    uint64_t seen;      /**< bit n: the number n below it came */
    uint64_t before[2]; /**< the last ones that are too far below `last` for a bit; 0: none */
    uint32_t origin;    /**< where the last packet came from, hashed */
    uint8_t count;      /**< number of packets in the run; 0: there is no run */
    uint8_t in_a_row;   /**< how many of these came last, with no packet between them that continued from before */
    uint8_t since;      /**< packets that continued from before, since the last one of the run */
    bool said;          /**< it was reported that the flow did not continue from there */
} ipsec_ahead;

/**
 * Adds a number that is far ahead to the run, or begins a new run with it.
 *
 * @param reach how far apart the numbers of two packets may be, if others came in between
 * @param origin  where it came from, hashed
 * @return whether the run is believed now: two packets in a row continued from one, or many did while others continued
 *         from before, as when a fast class of traffic overtakes a slow one
 */
bool ipsec_ahead_meet(ipsec_ahead *ahead, uint64_t number, uint64_t reach, uint32_t origin);

/** Whether the run has the number. */
static inline bool ipsec_ahead_has(const ipsec_ahead *ahead, uint64_t number)
{
    return ahead->count > 0 && number <= ahead->last && ahead->last - number < 64 &&
           ahead->seen >> (ahead->last - number) & 1;
}

/** Notes that a packet continues from before the run. Returns whether to report that: only for the first one. */
bool ipsec_ahead_contradict(ipsec_ahead *ahead);

/** How many consecutive numbers are remembered as perhaps seen. */
#define IPSEC_EXCUSES 1024u

/** Numbers of packets that are not known to be genuine. */
typedef struct ipsec_excuses ipsec_excuses;

/** Capture points; see points.h. */
typedef struct ipsec_points ipsec_points;

/** The numbers of one sender of several. */
typedef struct ipsec_own_numbers {
    uint32_t origin; /**< 0: free */
    ipsec_window window;
} ipsec_own_numbers;

/** Senders that are distinguished; packets of any other sender are compared with nothing. */
#define IPSEC_SENDERS_MOST 4u

/** All doubts of one SA. */
typedef struct ipsec_doubts {
    ipsec_ahead ahead;
    uint64_t last_old;      /**< number of the last packet left of the window; valid if old_run is not 0 */
    uint8_t old_run;        /**< old numbers in a row, up to `last_old`; stops at 254; 255: reported as a restart */
    ipsec_excuses *excuses; /**< NULL: none */
    ipsec_own_numbers *own; /**< IPSEC_SENDERS_MOST of them; NULL: one sender, as far as is known */
    ipsec_points *points;   /**< NULL: all were captured at one point, as far as is known */
} ipsec_doubts;

/** The doubts at *doubts, created if needed. */
ipsec_doubts *ipsec_doubts_get(ipsec_doubts **doubts);

/** Frees them if nothing is left of them; excuses that the window's top has passed do not count any more. */
void ipsec_doubts_settle(ipsec_doubts **doubts, uint64_t top);

/** Frees them; *doubts may be NULL and is so afterwards. */
void ipsec_doubts_free(ipsec_doubts **doubts);

/** Remembers that the number was perhaps seen, unless it would replace an earlier one above the window's top: made-up
 * numbers must not displace those of others. */
void ipsec_excuse(ipsec_doubts *doubts, uint64_t number, uint64_t top);

/** Forgets these, because numbers start over. `doubts` may be NULL. */
void ipsec_excuses_free(ipsec_doubts *doubts);

/** Whether the number is within `reach` of the window's top, or of the highest one that was excused above it. */
bool ipsec_is_excusable(const ipsec_doubts *doubts, const ipsec_window *window, uint64_t number, uint32_t reach);

/** How many of the `count` numbers from `first` on were excused, and are not marked in the window. */
uint64_t ipsec_count_excused(const ipsec_doubts *doubts, const ipsec_window *window, uint64_t first, uint64_t count);

/** The window of the sender at `origin`, created with `packets` if there is room; NULL if there is none. */
ipsec_window *ipsec_own_window(ipsec_doubts *doubts, uint32_t origin, uint32_t packets);

#endif
