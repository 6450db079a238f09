/* What each stack's anti-replay window is, and makes of a number.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/stack_windows.h"
#include "sa/standing.h"

#include <glib.h>

uint32_t ipsec_sa_known_window(const ipsec_config *config, const ipsec_sa *sa)
{
    if (config->replay_window != IPSEC_REPLAY_WINDOW_UNKNOWN)
        return config->replay_window;
    return sa->numbers.row_window;
}

uint32_t ipsec_sa_window_at(const ipsec_config *config, const ipsec_sa *sa, ipsec_stack stack)
{
    const uint32_t known = ipsec_sa_known_window(config, sa);
    const uint32_t window = known == IPSEC_REPLAY_WINDOW_UNKNOWN ? ipsec_stack_windows[stack] : known;

    return window < IPSEC_WINDOW_MOST ? window : IPSEC_WINDOW_MOST;
}

uint32_t ipsec_sa_reach(const ipsec_config *config, const ipsec_sa *sa)
{
    uint32_t reach = ipsec_receiver_window(&sa->numbers);

    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++) {
        const uint32_t window = ipsec_sa_window_at(config, sa, (ipsec_stack)stack);

        reach = window > 0 ? MIN(reach, window) : reach;
    }
    return reach;
}

uint32_t ipsec_sa_largest_window(const ipsec_config *config, const ipsec_sa *sa)
{
    uint32_t largest = 1;

    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        largest = MAX(largest, ipsec_sa_window_at(config, sa, (ipsec_stack)stack));
    return largest;
}

/* With ESN a stack takes the high half that its window suggests, looks that number up, and finds the ICV wrong if it is
 * another one: RFC 4303 appendix A. */
static void note_stack(const ipsec_config *config, const ipsec_sa *sa, const ipsec_record *record, ipsec_stack stack,
                       ipsec_note *note)
{
    const ipsec_window *window = &sa->numbers.window;
    const uint32_t packets = ipsec_sa_window_at(config, sa, stack);
    const ipsec_stacks bit = ipsec_stack_bit(stack);
    uint64_t taken = ipsec_record_number(record);
    ipsec_place place;

    if (ipsec_sa_has_esn(sa, record))
        taken = (uint64_t)ipsec_window_infer_high(window, record->sequence, MAX(1, packets)) << 32 | record->sequence;
    if (taken != ipsec_record_number(record))
        note->wrong_by |= bit;
    if (packets == 0)
        return;
    place = ipsec_window_place(window, taken, packets);
    if (place == IPSEC_PLACE_SEEN)
        note->seen_by |= bit;
    if (place == IPSEC_PLACE_OLD)
        note->old_by |= bit;
}

void ipsec_sa_note_stacks(const ipsec_config *config, const ipsec_sa *sa, const ipsec_record *record, ipsec_note *note)
{
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        note_stack(config, sa, record, (ipsec_stack)stack, note);
}

void ipsec_sa_note_zero(const ipsec_config *config, const ipsec_sa *sa, const ipsec_record *record, ipsec_note *note)
{
    const ipsec_window *window = &sa->numbers.window;

    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++) {
        const uint32_t packets = MAX(1, ipsec_sa_window_at(config, sa, (ipsec_stack)stack));
        const uint32_t high = window->started ? ipsec_window_infer_high(window, 0, packets) : record->high;

        if (!ipsec_sa_has_esn(sa, record) || high == 0)
            note->zero_by |= ipsec_stack_bit((ipsec_stack)stack);
    }
}
