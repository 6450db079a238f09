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

/** Value of a replay window where nobody says how large it is. */
#define IPSEC_REPLAY_WINDOW_UNKNOWN UINT32_MAX

/** The anti-replay window of each stack where nobody says otherwise, in packets. */
extern const uint32_t ipsec_stack_windows[IPSEC_STACK_COUNT];

/** The stack as the preference `ipsec.receiver` names it, "rfc" and so on; NULL for values that are no stack. */
const char *ipsec_stack_name(unsigned stack);

/** The stack as people read it, "strongSwan libipsec" and so on; NULL for values that are no stack. */
const char *ipsec_stack_title(unsigned stack);

#endif
