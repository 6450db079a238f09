/** @file
 * The anti-replay window of RFC 4303 3.4.3 and appendix A, with the bitmap of RFC 6479. Internal to the core.
 *
 * One bitmap serves windows of several sizes: it is as large as the largest, and each call gives the size that it asks
 * about. Numbers have 64 bits, including their high half if there is one.
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

/** Which numbers an SA has had. Zero-initialised it can be read; commits need ipsec_window_init(). */
typedef struct ipsec_window {
    uint64_t top; /**< the highest number that was committed; valid if started */
    /** The first number that was committed, or a lower one that came while it was inside the window: lower numbers may
     * have come before the capture. */
    uint64_t bottom;
    /** A ring with a bit per number; stored in place up to IPSEC_WINDOW_SMALL, as for most SAs. Use
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

/** Where a number is. */
typedef enum {
    IPSEC_PLACE_NEW,  /**< above the top, or the first one */
    IPSEC_PLACE_LATE, /**< inside the window, and not seen */
    IPSEC_PLACE_SEEN, /**< inside the window, and seen */
    IPSEC_PLACE_OLD   /**< left of the window */
} ipsec_place;

/** Initialises a window with room for `packets`, at most IPSEC_WINDOW_MOST. What it held is forgotten, but not freed.
 */
void ipsec_window_init(ipsec_window *window, uint32_t packets);

/** Frees what it holds; a window that is all zero is fine. */
void ipsec_window_clear(ipsec_window *window);

/** An independent copy; clear it with ipsec_window_clear(). */
ipsec_window ipsec_window_copy(const ipsec_window *window);

/** Where `number` is in a window of `packets` (at least 1, at most the size of the bitmap). Moves nothing. */
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
 * @return how many there are; they are consecutive
 */
uint64_t ipsec_window_leaving(const ipsec_window *window, uint64_t number, uint32_t packets, uint64_t *first);

/**
 * Marks a number as seen, and moves the window if it is above the top. Costs at most as much as going through the
 * bitmap twice. A number left of the bitmap is ignored. One that is only left of the window, and so was counted as lost
 * unless it is below the bottom, is marked.
 *
 * @param packets the window for which losses are counted; must be the same each time, or some losses are counted twice
 * or never
 * @return how many numbers, from the bottom on, left this window unseen because of it, and so are lost
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
 * What ipsec_window_commit() does for the number after the top, if the window has started. It takes a fraction of the
 * time, because one number leaves and none is skipped.
 *
 * @return whether the number that leaves is lost
 */
static IPSEC_INLINE bool ipsec_window_step(ipsec_window *window, uint32_t packets)
{
    const uint64_t number = window->top + 1, leaving = number - packets;
    uint64_t *const words = ipsec_window_words(window);
    const uint64_t mask = window->size - 1;
    const bool leaves = number >= packets && leaving >= window->bottom;
    /* Read before the new number is marked: they share a bit if the window is as wide as the ring. */
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

/** Marks the `count` numbers after the top. */
void ipsec_window_mark_next(ipsec_window *window, uint32_t count);

/** ipsec_window_step() for each of the `count` numbers after the top, at least one, if the window is whole. */
static inline void ipsec_window_advance(ipsec_window *window, uint32_t count)
{
    const uint64_t number = window->top + 1, run = (uint64_t)window->run + count;

    if (number % IPSEC_WINDOW_WORD + count <= IPSEC_WINDOW_WORD)
        *ipsec_window_word(window, number) |= UINT64_MAX >> (IPSEC_WINDOW_WORD - count) << number % IPSEC_WINDOW_WORD;
    else
        ipsec_window_mark_next(window, count);
    window->top += count;
    window->run = run < UINT16_MAX ? (uint16_t)run : UINT16_MAX;
}

/**
 * The high half that a receiver with a window of `packets` assumes for a low half: RFC 4303 appendix A2.2. 0 before
 * anything was committed.
 *
 * As there, it is mod 2^32: UINT32_MAX if the window reaches below the number 0 and the low half falls there, and 0 if
 * it falls beyond the last subspace. No sender uses such a number, and no ICV is right with it; if there is no ICV to
 * check, it must not be committed.
 */
uint32_t ipsec_window_infer_high(const ipsec_window *window, uint32_t low, uint32_t packets);

/** The number that a low half stands for if no ICV decides: the nearest one. If a counter seems to pass its end, the
 * number continues beyond it, because RFC 4303 3.3.3 allows nothing else. */
uint64_t ipsec_window_guess_number(const ipsec_window *window, uint32_t low);

/** Whether a 32-bit counter near its end would have started over with the number. */
bool ipsec_window_is_past_end(const ipsec_window *window, uint64_t number);

#endif
