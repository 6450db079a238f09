/* The anti-replay window.
 *
 * The bitmap is that of RFC 6479: a number keeps its bit for as long as it is remembered, and nothing is ever shifted.
 * But the RFC clears whole words, so its ring must be a word wider than the window. Here only the bits of the skipped
 * numbers are cleared, so a window may be as wide as the ring.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/window.h"
#include "base/octets.h"

#include <glib.h>
#include <string.h>

/* The first and the last of the 32-bit numbers that count as near the end, and as near the start: a sixteenth each, so
 * that no loss leads from one to the other. */
#define NEAR_END   0xf0000000u
#define NEAR_START 0x0fffffffu

#define WORD IPSEC_WINDOW_WORD

void ipsec_window_init(ipsec_window *window, uint32_t packets)
{
    uint32_t size = WORD;

    while (size < packets)
        size *= 2;
    *window = (ipsec_window){.size = size};
    if (size > IPSEC_WINDOW_SMALL)
        window->bits.large = g_new0(uint64_t, size / WORD);
}

void ipsec_window_clear(ipsec_window *window)
{
    if (window->size > IPSEC_WINDOW_SMALL)
        g_free(window->bits.large);
    *window = (ipsec_window){0};
}

ipsec_window ipsec_window_copy(const ipsec_window *window)
{
    ipsec_window copy = *window;

    if (window->size > IPSEC_WINDOW_SMALL)
        copy.bits.large = g_memdup2(window->bits.large, window->size / 8);
    return copy;
}

/* --- the ring */

/* The cast is safe, because the word is only read. */
static inline uint64_t word_of(const ipsec_window *window, uint64_t number)
{
    return *ipsec_window_word((ipsec_window *)window, number);
}

static inline bool is_marked(const ipsec_window *window, uint64_t number)
{
    return word_of(window, number) >> number % WORD & 1;
}

static inline void mark(ipsec_window *window, uint64_t number)
{
    *ipsec_window_word(window, number) |= UINT64_C(1) << number % WORD;
}

/* How many of the `count` numbers from `number` on share its word. */
static inline uint64_t count_in_word(uint64_t number, uint64_t count)
{
    return MIN(count, WORD - number % WORD);
}

/* Their bits; `count` is at least 1. */
static inline uint64_t bits_in_word(uint64_t number, uint64_t count)
{
    return UINT64_MAX >> (WORD - count) << number % WORD;
}

/* How many bits are set, added up in pairs, fours and octets, because C11 has no function for it. */
static uint64_t count_bits(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555u;
    word = (word & 0x3333333333333333u) + (word >> 2 & 0x3333333333333333u);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return word * 0x0101010101010101u >> 56;
}

/* How many of the `count` numbers from `number` on are marked; all must be in the ring. */
static uint64_t count_marked(const ipsec_window *window, uint64_t number, uint64_t count)
{
    uint64_t marked = 0;

    while (count > 0) {
        const uint64_t here = count_in_word(number, count);

        marked += count_bits(word_of(window, number) & bits_in_word(number, here));
        number += here;
        count -= here;
    }
    return marked;
}

/* Unmarks the `count` numbers from `number` on, and thus those that had these bits before. */
static void unmark(ipsec_window *window, uint64_t number, uint64_t count)
{
    if (count >= window->size) {
        memset(ipsec_window_word(window, 0), 0, window->size / 8);
        return;
    }
    while (count > 0) {
        const uint64_t here = count_in_word(number, count);

        *ipsec_window_word(window, number) &= ~bits_in_word(number, here);
        number += here;
        count -= here;
    }
}

/* --- questions */

ipsec_place ipsec_window_place(const ipsec_window *window, uint64_t number, uint32_t packets)
{
    if (!window->started || number > window->top)
        return IPSEC_PLACE_NEW;
    if (window->top - number >= packets)
        return IPSEC_PLACE_OLD;
    return is_marked(window, number) ? IPSEC_PLACE_SEEN : IPSEC_PLACE_LATE;
}

bool ipsec_window_has(const ipsec_window *window, uint64_t number)
{
    return window->started && number <= window->top && window->top - number < window->size && is_marked(window, number);
}

uint64_t ipsec_window_count_from(const ipsec_window *window, uint64_t first)
{
    if (!window->started || first > window->top)
        return 0;
    first = MAX(first, window->top >= window->size ? window->top - window->size + 1 : 0);
    return count_marked(window, first, window->top - first + 1);
}

/* Both cases of A2.2 say the same: of the 2^32 numbers from the left edge of the window on, it is the one with that low
 * half. In case B, the edge is in the subspace below that of the top. */
uint32_t ipsec_window_infer_high(const ipsec_window *window, uint32_t low, uint32_t packets)
{
    const uint64_t edge = window->top - (packets - 1);

    if (!window->started)
        return 0;
    return (uint32_t)((edge + (uint32_t)(low - (uint32_t)edge)) >> 32);
}

/* --- moving it */

/* The lowest number that can still be lost. */
static uint64_t first_to_lose(const ipsec_window *window, uint32_t packets)
{
    const uint32_t reach = packets - 1;

    if (window->top < reach || window->top - reach < window->bottom)
        return window->bottom;
    return window->top - reach;
}

uint64_t ipsec_window_leaving(const ipsec_window *window, uint64_t number, uint32_t packets, uint64_t *first)
{
    *first = first_to_lose(window, packets);
    if (!window->started || number <= window->top || number < packets || number - packets < *first)
        return 0;
    return number - packets - *first + 1;
}

/* How many of these were not seen. */
static uint64_t count_lost(const ipsec_window *window, uint64_t number, uint32_t packets)
{
    uint64_t first;
    const uint64_t leaving = ipsec_window_leaving(window, number, packets, &first);

    if (leaving == 0)
        return 0;
    /* Numbers above the old top are skipped by this jump; their bits still belong to other numbers. */
    return leaving - count_marked(window, first, MIN(leaving, window->top - first + 1));
}

void ipsec_window_mark_next(ipsec_window *window, uint32_t count)
{
    const uint64_t number = window->top + 1;

    if (count >= window->size)
        memset(ipsec_window_word(window, 0), UINT8_MAX, window->size / 8);
    for (uint64_t done = 0; count < window->size && done < count;) {
        const uint64_t here = count_in_word(number + done, count - done);

        *ipsec_window_word(window, number + done) |= bits_in_word(number + done, here);
        done += here;
    }
}

/* Moves the window to a number above the top. */
static IPSEC_COLD uint64_t jump(ipsec_window *window, uint64_t number, uint32_t packets)
{
    const uint64_t lost = count_lost(window, number, packets);

    unmark(window, window->top + 1, number - window->top - 1);
    mark(window, number);
    window->top = number;
    window->run = 1;
    return lost;
}

static IPSEC_COLD uint64_t start(ipsec_window *window, uint64_t number)
{
    mark(window, number);
    window->top = window->bottom = number;
    window->started = true;
    window->run = 1;
    return 0;
}

uint64_t ipsec_window_commit(ipsec_window *window, uint64_t number, uint32_t packets)
{
    if (!window->started)
        return start(window, number);
    if (number > window->top)
        return number - window->top == 1 ? ipsec_window_step(window, packets) : jump(window, number, packets);
    if (window->top - number >= window->size)
        return 0;
    mark(window, number);
    if (number < window->bottom && window->top - number < packets)
        window->bottom = number;
    return 0;
}

uint64_t ipsec_window_guess_number(const ipsec_window *window, uint32_t low)
{
    const uint64_t epoch = window->top & ~(uint64_t)UINT32_MAX;
    const uint32_t top = (uint32_t)window->top;

    if (!window->started)
        return low;
    if (top >= NEAR_END && low <= NEAR_START)
        return epoch + ((uint64_t)1 << 32) + low;
    if (top <= NEAR_START && low >= NEAR_END && epoch > 0)
        return epoch - ((uint64_t)1 << 32) + low;
    return epoch + low;
}

bool ipsec_window_is_past_end(const ipsec_window *window, uint64_t number)
{
    return window->top <= UINT32_MAX && window->top >= NEAR_END && number <= NEAR_START;
}
