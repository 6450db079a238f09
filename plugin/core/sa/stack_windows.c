/* Each stack's anti-replay window, and what it makes of a number. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/stack_windows.h"
#include "sa/standing.h"

#include <glib.h>

uint32_t ipsec_sa_known_window(const ipsec_config *config, const ipsec_sa *sa)
{
    return ipsec_config_window(config, sa->numbers.row_window);
}

/* The window of a stack for an SA whose configured window is `known`, or IPSEC_REPLAY_WINDOW_UNKNOWN. */
static inline uint32_t window_of(ipsec_stack stack, uint32_t known)
{
    return MIN(ipsec_stack_window(stack, known), IPSEC_WINDOW_MOST);
}

uint32_t ipsec_sa_window_at(const ipsec_config *config, const ipsec_sa *sa, ipsec_stack stack)
{
    return window_of(stack, ipsec_sa_known_window(config, sa));
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

/* A fixed window, which is not configured, is remembered as a whole only if it is the receiver's: it would cost each SA
 * more than all the others. */
uint32_t ipsec_sa_largest_window(const ipsec_config *config, const ipsec_sa *sa)
{
    const uint32_t known = ipsec_sa_known_window(config, sa);
    uint32_t largest = 1;

    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        if (stack == config->receiver || ipsec_stack_replays[stack].rounding != IPSEC_WINDOW_FIXED)
            largest = MAX(largest, window_of((ipsec_stack)stack, known));
    return largest;
}

/* Packets of the window by which the stack distinguishes epochs; without anti-replay, of what it uses instead. */
static uint32_t epoch_window(const ipsec_config *config, const ipsec_sa *sa, ipsec_stack stack)
{
    const ipsec_stack_replay *replay = &ipsec_stack_replays[stack];
    const uint32_t packets = ipsec_sa_window_at(config, sa, stack);

    if (packets == 0)
        return replay->no_window_reach + 1;
    if (replay->before_first == IPSEC_BEFORE_FIRST_AHEAD && sa->numbers.window.top < packets)
        return MAX(1, (uint32_t)sa->numbers.window.top);
    return packets;
}

/* Whether the stack's window reaches below the number 0, to where the low half belongs to an epoch before the first.
 * This is half of RFC 4303 appendix A2.2, case B. */
static bool is_before_first(const ipsec_window *window, uint32_t low, uint32_t packets)
{
    return window->started && window->top < packets - 1 && low >= (uint32_t)window->top - (packets - 1);
}

/* Whether the stack takes such a number for seen. */
static bool is_seen_before_first(const ipsec_sa *sa, const ipsec_ruling *ruling, ipsec_stack stack, uint32_t packets)
{
    const uint8_t rule = ipsec_stack_replays[stack].before_first;
    const bool minds =
        rule == IPSEC_BEFORE_FIRST_SEEN || (rule == IPSEC_BEFORE_FIRST_ESN_SEEN && ipsec_sa_has_esn(sa, ruling));

    return minds && packets > 0 && is_before_first(&sa->numbers.window, ruling->sequence, packets);
}

/* Notes where the number is in the stack's window. For numbers older than the remembered ones it is not known whether
 * they were seen. */
static void note_place(const ipsec_window *window, uint64_t number, uint32_t packets, ipsec_stacks bit,
                       ipsec_note *note)
{
    const ipsec_place place = ipsec_window_place(window, number, MIN(packets, window->size));

    if (place == IPSEC_PLACE_SEEN)
        note->seen_by |= bit;
    if (place == IPSEC_PLACE_OLD && window->top - number >= packets)
        note->old_by |= bit;
}

/* With ESN a stack assumes the high half that its window suggests, looks that number up, and finds the ICV wrong if the
 * high half is another one: RFC 4303 appendix A. */
static void note_stack(const ipsec_config *config, const ipsec_sa *sa, const ipsec_ruling *ruling, ipsec_stack stack,
                       ipsec_note *note)
{
    const ipsec_window *window = &sa->numbers.window;
    const uint32_t packets = ipsec_sa_window_at(config, sa, stack);
    const ipsec_stacks bit = ipsec_stack_bit(stack);
    uint64_t taken = ipsec_ruling_number(ruling);

    if (ipsec_sa_has_esn(sa, ruling))
        taken = (uint64_t)ipsec_window_infer_high(window, ruling->sequence, epoch_window(config, sa, stack)) << 32 |
                ruling->sequence;
    if (is_seen_before_first(sa, ruling, stack, packets))
        note->before_by |= bit;
    if (taken != ipsec_ruling_number(ruling))
        note->wrong_by |= bit;
    if (packets > 0)
        note_place(window, taken, packets, bit, note);
}

void ipsec_sa_note_stacks(const ipsec_config *config, const ipsec_sa *sa, const ipsec_ruling *ruling, ipsec_note *note)
{
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        note_stack(config, sa, ruling, (ipsec_stack)stack, note);
}

void ipsec_sa_note_zero(const ipsec_config *config, const ipsec_sa *sa, const ipsec_ruling *ruling, ipsec_note *note)
{
    const ipsec_window *window = &sa->numbers.window;

    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++) {
        const uint32_t packets = epoch_window(config, sa, (ipsec_stack)stack);
        const uint32_t high = window->started ? ipsec_window_infer_high(window, 0, packets) : ruling->high;

        if (!ipsec_sa_has_esn(sa, ruling) || high == 0)
            note->zero_by |= ipsec_stack_bit((ipsec_stack)stack);
    }
}

void ipsec_sa_note_before_first(const ipsec_config *config, const ipsec_sa *sa, const ipsec_ruling *ruling,
                                ipsec_note *note)
{
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        if (is_seen_before_first(sa, ruling, (ipsec_stack)stack, ipsec_sa_window_at(config, sa, (ipsec_stack)stack)))
            note->before_by |= ipsec_stack_bit((ipsec_stack)stack);
}

bool ipsec_sa_has_seen(const ipsec_config *config, const ipsec_sa *sa, uint32_t sequence, ipsec_stack stack)
{
    const ipsec_window *window = &sa->numbers.window;
    const uint32_t packets = ipsec_sa_window_at(config, sa, stack);
    uint64_t number = sequence;
    ipsec_place place;

    if (!window->started || packets == 0)
        return false;
    if (sa->numbers.esn == IPSEC_ESN_YES)
        number |= (uint64_t)ipsec_window_infer_high(window, sequence, packets) << 32;
    place = ipsec_window_place(window, number, packets);
    return place == IPSEC_PLACE_SEEN || place == IPSEC_PLACE_OLD;
}
