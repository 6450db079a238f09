/** @file
 * The receiving stacks that are modelled.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_STACK_H
#define IPSEC_CORE_STACK_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/** The receivers that are modelled, see stack.def; dense, from 0. */
typedef enum {
#define STACK(symbol, ...) IPSEC_STACK_##symbol,
#include "base/stack.def"
#undef STACK
    IPSEC_STACK_COUNT
} ipsec_stack;

/** A set of stacks: bit n is the stack n. */
typedef uint16_t ipsec_stacks;

G_STATIC_ASSERT(IPSEC_STACK_COUNT <= 8 * sizeof(ipsec_stacks));

/** All stacks. */
#define IPSEC_STACKS_ALL ((ipsec_stacks)-1)

/** The set of one stack. */
static inline ipsec_stacks ipsec_stack_bit(ipsec_stack stack)
{
    return (ipsec_stacks)(1u << stack);
}

/** Whether a set has the stack. */
static inline bool ipsec_stacks_have(ipsec_stacks stacks, ipsec_stack stack)
{
    return stacks >> stack & 1;
}

/** Value of a replay window of unknown size. */
#define IPSEC_REPLAY_WINDOW_UNKNOWN UINT32_MAX

/** How the stack rounds a configured window, see stack.def. */
typedef enum {
    IPSEC_WINDOW_AS_ASKED,
    IPSEC_WINDOW_OCTETS,
    IPSEC_WINDOW_POWER_OF_TWO,
    IPSEC_WINDOW_FIXED
} ipsec_window_rounding;

/** How the stack treats numbers below the first possible one, see stack.def. */
typedef enum {
    IPSEC_BEFORE_FIRST_EPOCH,
    IPSEC_BEFORE_FIRST_AHEAD,
    IPSEC_BEFORE_FIRST_ESN_SEEN,
    IPSEC_BEFORE_FIRST_SEEN
} ipsec_before_first;

/** The anti-replay of a stack. */
typedef struct ipsec_stack_replay {
    uint32_t window;          /**< in packets, unless configured otherwise */
    uint32_t no_window_reach; /**< with ESN and no window: how far below the highest a number may be to count as the
                                 same epoch, in packets */
    uint8_t rounding;         /**< ipsec_window_rounding */
    uint8_t before_first;     /**< ipsec_before_first */
} ipsec_stack_replay;

/** That of each stack. */
extern const ipsec_stack_replay ipsec_stack_replays[IPSEC_STACK_COUNT];

/** Rounds a configured window as the stack does; for ipsec_stack_window(). */
uint32_t ipsec_stack_window_rounded(ipsec_stack stack, uint32_t packets);

/** The smallest window of at least `packets` that the stack can have. 0 (no anti-replay) stays 0;
 * IPSEC_REPLAY_WINDOW_UNKNOWN gives the stack's default. */
static inline uint32_t ipsec_stack_window(ipsec_stack stack, uint32_t packets)
{
    return packets == IPSEC_REPLAY_WINDOW_UNKNOWN ? ipsec_stack_replays[stack].window
                                                  : ipsec_stack_window_rounded(stack, packets);
}

/** The stack as the preference `ipsec.receiver` names it, "rfc" and so on; NULL for values that are no stack. */
const char *ipsec_stack_name(unsigned stack);

/** The stack as people read it, "strongSwan libipsec" and so on; NULL for values that are no stack. */
const char *ipsec_stack_title(unsigned stack);

#endif
