/** @file
 * The anti-replay window of RFC 4303 3.4.3 and appendix A, with the bitmap of RFC 6479. Internal to the core.
 *
 * One bitmap answers for windows of several sizes: it is as large as the largest, and each question names its own.
 * Numbers are 64-bit: with their high half, where there is one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_WINDOW_H
#define IPSEC_CORE_WINDOW_H

#include "base/octets.h"

#include <stdbool.h>
#include <stdint.h>

/** The largest window, in packets. */
#define IPSEC_WINDOW_MOST 65536u

/** Which numbers an SA has shown. All zero is enough for questions; commits need ipsec_window_init(). */
typedef struct ipsec_window {
    uint64_t top; /**< the highest number that was committed; valid if started */
    /** The first number that was committed, or a lower one that came while it was inside the window: what is below may
     * have come before the capture. */
    uint64_t bottom;
    /** Bit per number, in a ring; in place if that is IPSEC_WINDOW_SMALL or less, as it is for most SAs. Ask
     * ipsec_window_word(). */
    union {
        uint64_t *large;
        uint64_t small[2];
    } bits;
    uint32_t size; /**< packets that the bitmap remembers: a power of two, at least 64; 0 before ipsec_window_init() */
    bool started;  /**< a number was committed */
    uint16_t run;  /**< how many marked numbers follow each other up to the top; stops at its maximum */
} ipsec_window;

/** Numbers per word of the bitmap. */
#define IPSEC_WINDOW_WORD 64u

/** The largest bitmap that is not allocated. */
#define IPSEC_WINDOW_SMALL 128u

/** Where a number lies. */
typedef enum {
    IPSEC_PLACE_NEW,  /**< above the top, or the first of all */
    IPSEC_PLACE_LATE, /**< inside the window, and not seen */
    IPSEC_PLACE_SEEN, /**< inside the window, and seen */
    IPSEC_PLACE_OLD   /**< left of the window */
} ipsec_place;

/** Makes room for windows up to `packets`, at most IPSEC_WINDOW_MOST; forgets, and frees nothing. */
void ipsec_window_init(ipsec_window *window, uint32_t packets);

/** Frees what it holds; a window that is all zero is fine. */
void ipsec_window_clear(ipsec_window *window);

/** A window of its own with the same numbers; clear it with ipsec_window_clear(). */
ipsec_window ipsec_window_copy(const ipsec_window *window);

/** Where `number` lies in a window of `packets` (at least 1, at most the size of the bitmap). Moves nothing. */
ipsec_place ipsec_window_place(const ipsec_window *window, uint64_t number, uint32_t packets);

/** Whether a number is marked as seen; false for those that the bitmap does not remember. */
bool ipsec_window_has(const ipsec_window *window, uint64_t number);

/** How many of the numbers from `first` up to the top are marked, as far as the bitmap remembers. */
uint64_t ipsec_window_count_from(const ipsec_window *window, uint64_t first);

/**
 * The numbers that would leave a window of `packets` if it moved up to `number`, as ipsec_window_commit() does it, and
 * that count as lost if they are not marked.
 *
 * @param first  set to the lowest of them, if there are any
 * @return how many; they follow each other
 */
uint64_t ipsec_window_leaving(const ipsec_window *window, uint64_t number, uint32_t packets, uint64_t *first);

/**
 * Marks a number as seen, and moves the window if it is above the top. Costs no more than going through the bitmap
 * twice. What lies left of the bitmap is ignored; what lies left of the window only, and so was counted as lost if it
 * is not below the bottom, is marked.
 *
 * @param packets  the window that losses are counted for; the same each time, or some are counted twice or never
 * @return numbers that left this window unseen because of it, from the bottom on: lost
 */
uint64_t ipsec_window_commit(ipsec_window *window, uint64_t number, uint32_t packets);

static inline uint64_t *ipsec_window_words(ipsec_window *window)
{
    return window->size <= IPSEC_WINDOW_SMALL ? window->bits.small : window->bits.large;
}

/** The word that has the number's bit, if the number is in the bitmap. */
static inline uint64_t *ipsec_window_word(ipsec_window *window, uint64_t number)
{
    return &ipsec_window_words(window)[(number & (window->size - 1)) / IPSEC_WINDOW_WORD];
}

/**
 * What ipsec_window_commit() does for the number after the top, of a window that has started: the same for a fraction
 * of the cost, as one number leaves and none is skipped.
 *
 * @return whether that is lost
 */
static IPSEC_INLINE bool ipsec_window_step(ipsec_window *window, uint32_t packets)
{
    const uint64_t number = window->top + 1, leaving = number - packets;
    uint64_t *const words = ipsec_window_words(window);
    const uint64_t mask = window->size - 1;
    const bool leaves = number >= packets && leaving >= window->bottom;
    /* Asked before the new one is marked: they share a bit if the window is as wide as the ring. */
    const bool lost = leaves && !(words[(leaving & mask) / IPSEC_WINDOW_WORD] >> leaving % IPSEC_WINDOW_WORD & 1);

    words[(number & mask) / IPSEC_WINDOW_WORD] |= UINT64_C(1) << number % IPSEC_WINDOW_WORD;
    window->top = number;
    window->run += window->run < UINT16_MAX;
    return lost;
}

/** Whether all numbers of a window of `packets` are marked, as far as they are not below the bottom: none can be lost
 * as long as no other is skipped. False where it is not known, as a late number may have filled the last hole. */
static inline bool ipsec_window_is_whole(const ipsec_window *window, uint32_t packets)
{
    return window->run >= packets || window->top - window->bottom < window->run;
}

/** ipsec_window_step() for each of the `count` numbers after the top, if the window is whole. */
void ipsec_window_advance(ipsec_window *window, uint32_t count);

/**
 * The high half that a receiver with a window of `packets` takes a low half for: RFC 4303 appendix A2.2. 0 before
 * anything was committed.
 *
 * As there, it is mod 2^32: UINT32_MAX where the window reaches below the number 0 and the low half falls there, and 0
 * where it falls beyond the last subspace. No sender uses such a number, and no ICV is right with it; without one to
 * check, it must not be committed.
 */
uint32_t ipsec_window_infer_high(const ipsec_window *window, uint32_t low, uint32_t packets);

/** The number that a low half stands for if no ICV decides: the nearest one; if the counter passes its end, one that
 * goes on, because RFC 4303 3.3.3 allows nothing else. */
uint64_t ipsec_window_guess_number(const ipsec_window *window, uint32_t low);

/** Whether a 32-bit counter near its end would have started over with the number. */
bool ipsec_window_is_past_end(const ipsec_window *window, uint64_t number);

#endif
