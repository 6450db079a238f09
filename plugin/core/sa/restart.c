/* Counters that start over.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/restart.h"
#include "sa/stack_windows.h"
#include "sa/standing.h"

/* Numbers at most this far apart belong to one run. */
#define RUN_GAP 64u

/* A counter has started over after RUN_LEAST old numbers in a row below RUN_START, or after RUN_LONG anywhere that are
 * more than REORDERING behind. Near the start, different packets with the same numbers show it too; copies show
 * nothing. */
#define RUN_LEAST  4u
#define RUN_START  128u
#define RUN_LONG   16u
#define REORDERING 1024u

/* Value of ipsec_doubts.old_run after the report, as long as the run continues. */
#define RUN_SAID UINT8_MAX

/* Counts consecutive old numbers. */
static void count_run(ipsec_doubts *doubts, uint64_t number)
{
    const uint64_t advance = number - doubts->last_old;

    if (advance == 0 || advance > RUN_GAP)
        doubts->old_run = 0;
    doubts->last_old = number;
    if (doubts->old_run < RUN_SAID - 1)
        doubts->old_run++;
}

/* When a counter with ESN starts over, its high half is 0 again; so a number with a high half above the receiver's is
 * not part of it. */
static bool is_restart(const ipsec_sa_numbers *numbers, uint64_t number, bool other)
{
    const bool far = numbers->window.top > number && numbers->window.top - number > REORDERING;
    const uint8_t run = numbers->doubts->old_run;

    return (run == RUN_LEAST && number <= RUN_START && (other || far)) || (run == RUN_LONG && far);
}

/* Whether the packet that made the numbers old may be the odd one out. */
static bool is_led_astray(const ipsec_sa_numbers *numbers, bool is_surely_old)
{
    return numbers->doubts->old_run >= RUN_LEAST && !is_surely_old;
}

/* Notes that the numbers so far may have been another sender's. */
static void note_stray(const ipsec_sa_numbers *numbers, ipsec_note *note)
{
    ipsec_note_add(note, IPSEC_FINDING_SEQ_STRAY);
    note->window = (uint32_t)numbers->window.top;
}

bool ipsec_restart_follow(ipsec_sa *sa, const ipsec_ruling *ruling, bool is_surely_old, ipsec_note *note)
{
    ipsec_sa_numbers *numbers = &sa->numbers;
    const uint64_t number = ipsec_ruling_number(ruling);
    ipsec_doubts *const doubts = ipsec_doubts_get(&numbers->doubts);

    count_run(doubts, number);
    if (ipsec_window_is_past_end(&numbers->window, number) && !ipsec_sa_has_esn(sa, ruling)) {
        if (doubts->old_run == 1)
            ipsec_note_add(note, IPSEC_FINDING_SEQ_WRAP);
        return false;
    }
    if (is_restart(numbers, number, note->facts & IPSEC_NOTE_OTHER_OCTETS)) {
        ipsec_note_add(note, IPSEC_FINDING_SEQ_RESTART);
        doubts->old_run = RUN_SAID;
        return ruling->standing != IPSEC_VERIFIED;
    }
    if (!is_led_astray(numbers, is_surely_old))
        return false;
    note_stray(numbers, note);
    return true;
}

bool ipsec_restart_has(const ipsec_sa_numbers *numbers, const ipsec_ruling *ruling, const ipsec_note *note)
{
    const ipsec_doubts *doubts = numbers->doubts;

    return ipsec_note_has(note, IPSEC_FINDING_SEQ_RESTART) ||
           (doubts && doubts->old_run == RUN_SAID && doubts->last_old == ipsec_ruling_number(ruling));
}
