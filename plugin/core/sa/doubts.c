/* What is possible, but not certain, about an SA's sequence numbers. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/doubts.h"
#include "sa/points.h"

#include <glib.h>

/* --- far ahead ----------------------------------------------------------------------------------------- */

/* Packets that a run needs to be believed: one that is far ahead, and two that continue from it. While other packets
 * continue from before, it takes RUN_CONTESTED, with at most CONTESTED_APART others between two of them: somebody who
 * forges one packet in ten gets sixteen so close together by chance once in (1 - 0.9^5)^-15, about a million times. */
#define RUN             3u
#define RUN_CONTESTED   16u
#define CONTESTED_APART 4u

/* If nothing comes in between, numbers may be farther apart: a capture may hold only one packet in hundreds. */
#define REACH_IN_A_ROW 65536u

/* Bits of ipsec_ahead.seen. */
#define SEEN_MOST 64u

static bool continues(const ipsec_ahead *ahead, uint64_t number, uint64_t reach)
{
    if (ahead->count == 0 || ahead->since > CONTESTED_APART)
        return false;
    if (number <= ahead->last)
        return ahead->last - number < MIN(reach, SEEN_MOST);
    return number - ahead->last <= (ahead->since == 0 ? REACH_IN_A_ROW : reach);
}

/* Whether the number is new in the run. */
static bool mark(ipsec_ahead *ahead, uint64_t number)
{
    const uint64_t advance = number - ahead->last;

    if (number <= ahead->last) {
        const uint64_t bit = UINT64_C(1) << (ahead->last - number);
        const bool is_new = !(ahead->seen & bit);

        ahead->seen |= bit;
        return is_new;
    }
    if (advance >= SEEN_MOST) {
        ahead->before[1] = ahead->before[0];
        ahead->before[0] = ahead->last;
    }
    ahead->seen = (advance < SEEN_MOST ? ahead->seen << advance : 0) | 1;
    ahead->last = number;
    return true;
}

bool ipsec_ahead_meet(ipsec_ahead *ahead, uint64_t number, uint64_t reach, uint32_t origin)
{
    if (!continues(ahead, number, reach)) {
        *ahead = (ipsec_ahead){.last = number, .seen = 1, .origin = origin, .count = 1, .in_a_row = 1};
        return false;
    }
    ahead->in_a_row = ahead->since > 0 ? 0 : ahead->in_a_row;
    ahead->since = 0;
    ahead->origin = origin;
    if (mark(ahead, number)) {
        ahead->count++;
        ahead->in_a_row++;
    }
    return ahead->in_a_row >= RUN || ahead->count >= RUN_CONTESTED;
}

bool ipsec_ahead_contradict(ipsec_ahead *ahead)
{
    const bool first = !ahead->said;

    if (ahead->count == 0)
        return false;
    ahead->said = true;
    if (++ahead->since > CONTESTED_APART)
        ahead->count = 0;
    return first;
}

/* --- perhaps seen -------------------------------------------------------------------------------------- */

/* Words of 64 numbers. There may be long runs of truncated packets between whole ones: in a transfer, perhaps only
 * every thousandth packet is small enough to be captured whole. */
#define WORD  64u
#define WORDS (IPSEC_EXCUSES / WORD)

typedef struct excused_word {
    uint64_t number; /* its first sequence number, divided by 64 */
    uint64_t bits;
} excused_word;

struct ipsec_excuses {
    uint64_t highest;          /* the highest sequence number that was excused */
    excused_word words[WORDS]; /* word n at n % WORDS */
};

/* Whether the word has an excused number above the top. */
static bool is_awaited(const excused_word *word, uint64_t top)
{
    const uint64_t begin = word->number * WORD;

    if (begin > top)
        return word->bits != 0;
    return top - begin < WORD - 1 && word->bits >> (top - begin + 1) != 0;
}

void ipsec_excuse(ipsec_doubts *doubts, uint64_t number, uint64_t top)
{
    excused_word *word;

    if (!doubts->excuses)
        doubts->excuses = g_new0(ipsec_excuses, 1);
    word = &doubts->excuses->words[number / WORD % WORDS];
    if (word->number != number / WORD) {
        if (is_awaited(word, top))
            return;
        *word = (excused_word){.number = number / WORD};
    }
    word->bits |= UINT64_C(1) << number % WORD;
    doubts->excuses->highest = MAX(doubts->excuses->highest, number);
}

void ipsec_excuses_free(ipsec_doubts *doubts)
{
    if (!doubts)
        return;
    g_free(doubts->excuses);
    doubts->excuses = NULL;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

bool ipsec_is_excusable(const ipsec_doubts *doubts, const ipsec_window *window, uint64_t number, uint32_t reach)
{
    if (!window->started)
        return false;
    if (distance(number, window->top) <= reach)
        return true;
    /* An excused number above the top must be close to this one, and both not far from the top: a number farther ahead
     * would take the place of one that is still in the window. */
    return doubts && doubts->excuses && number > window->top && doubts->excuses->highest > window->top &&
           number - window->top + WORD + reach <= IPSEC_EXCUSES && distance(number, doubts->excuses->highest) <= reach;
}

uint64_t ipsec_count_excused(const ipsec_doubts *doubts, const ipsec_window *window, uint64_t first, uint64_t count)
{
    uint64_t excused = 0;

    if (!doubts || !doubts->excuses)
        return 0;
    for (unsigned i = 0; i < WORDS; i++) {
        const uint64_t begin = doubts->excuses->words[i].number * WORD;
        uint64_t bits = doubts->excuses->words[i].bits;

        /* In most cases a single number is asked for. */
        if (begin - first >= count && first - begin >= WORD)
            continue;
        for (uint64_t number = begin; bits != 0; number++, bits >>= 1)
            excused += bits & 1 && number - first < count && !ipsec_window_has(window, number);
    }
    return excused;
}

/* --- several senders ----------------------------------------------------------------------------------- */

ipsec_window *ipsec_own_window(ipsec_doubts *doubts, uint32_t origin, uint32_t packets)
{
    if (!doubts->own)
        doubts->own = g_new0(ipsec_own_numbers, IPSEC_SENDERS_MOST);
    for (unsigned i = 0; i < IPSEC_SENDERS_MOST; i++) {
        ipsec_own_numbers *own = &doubts->own[i];

        if (own->origin == 0) {
            own->origin = origin;
            ipsec_window_init(&own->window, packets);
        }
        if (own->origin == origin)
            return &own->window;
    }
    return NULL;
}

/* --- all of them --------------------------------------------------------------------------------------- */

ipsec_doubts *ipsec_doubts_get(ipsec_doubts **doubts)
{
    if (!*doubts)
        *doubts = g_new0(ipsec_doubts, 1);
    return *doubts;
}

void ipsec_doubts_free(ipsec_doubts **doubts)
{
    if (!*doubts)
        return;
    for (unsigned i = 0; (*doubts)->own && i < IPSEC_SENDERS_MOST; i++)
        ipsec_window_clear(&(*doubts)->own[i].window);
    g_free((*doubts)->own);
    ipsec_points_free((*doubts)->points);
    ipsec_excuses_free(*doubts);
    g_free(*doubts);
    *doubts = NULL;
}

void ipsec_doubts_settle(ipsec_doubts **doubts, uint64_t top)
{
    const ipsec_doubts *held = *doubts;

    if (!held || held->ahead.count > 0 || held->old_run > 0 || held->own || held->points)
        return;
    if (!held->excuses || (top > held->excuses->highest && top - held->excuses->highest > IPSEC_EXCUSES))
        ipsec_doubts_free(doubts);
}
