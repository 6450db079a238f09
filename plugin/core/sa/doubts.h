/** @file
 * What is possible of an SA's sequence numbers, but not certain: runs of old numbers and of numbers far ahead, numbers
 * that were perhaps seen, and the numbers of each of several senders. Internal to the core.
 *
 * An SA whose packets come in order has none of this.
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
    uint64_t before[2]; /**< those that came last and are too far below for a bit; 0: none */
    uint32_t origin;    /**< where the last packet came from, hashed */
    uint8_t count;      /**< of packets; 0: there is no such run */
    uint8_t in_a_row;   /**< of these, the last ones in a row, with no packet between them that continued from before */
    uint8_t since;      /**< packets that went on from before since the last of them */
    bool said;          /**< that the flow did not go on from there */
} ipsec_ahead;

/**
 * Takes a number that is far ahead into the run, or begins a new one with it.
 *
 * @param reach   how far apart the numbers of two packets may be, where others came between
 * @param origin  where it came from, hashed
 * @return whether the run is believed now: two packets went on from one in a row, or many did while others went on
 *         from before, as where a fast class overtakes a slow one
 */
bool ipsec_ahead_meet(ipsec_ahead *ahead, uint64_t number, uint64_t reach, uint32_t origin);

/** Whether the number came in the run. */
static inline bool ipsec_ahead_has(const ipsec_ahead *ahead, uint64_t number)
{
    return ahead->count > 0 && number <= ahead->last && ahead->last - number < 64 &&
           ahead->seen >> (ahead->last - number) & 1;
}

/** A packet continues from before the run. Returns whether to report that: only of the first one. */
bool ipsec_ahead_contradict(ipsec_ahead *ahead);

/** How many numbers that follow each other are remembered as perhaps seen. */
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

/** Senders that are told apart; packets of any other are compared with nothing. */
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

/** The doubts at *doubts, made if there were none. */
ipsec_doubts *ipsec_doubts_get(ipsec_doubts **doubts);

/** Frees them if nothing is left of them: no excuse can count any more with the window's top where it is. */
void ipsec_doubts_settle(ipsec_doubts **doubts, uint64_t top);

/** Frees them; *doubts may be NULL and is so afterwards. */
void ipsec_doubts_free(ipsec_doubts **doubts);

/** Remembers that the number was perhaps seen, unless it would replace an earlier one above the window's top: made-up
 * numbers must not make those of others forgotten. */
void ipsec_excuse(ipsec_doubts *doubts, uint64_t number, uint64_t top);

/** Forgets these when numbers start over. *doubts may be NULL. */
void ipsec_excuses_free(ipsec_doubts *doubts);

/** Whether the number lies within `reach` of the window's top, or of one that was excused above it. */
bool ipsec_is_excusable(const ipsec_doubts *doubts, const ipsec_window *window, uint64_t number, uint32_t reach);

/** How many of the `count` numbers from `first` on were excused, and are not marked in the window. */
uint64_t ipsec_count_excused(const ipsec_doubts *doubts, const ipsec_window *window, uint64_t first, uint64_t count);

/** The window of the sender at `origin`, of `packets`, made if there is room; NULL if there is none. */
ipsec_window *ipsec_own_window(ipsec_doubts *doubts, uint32_t origin, uint32_t packets);

#endif
