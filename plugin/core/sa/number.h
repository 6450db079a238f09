/** @file
 * What a sequence number is on its SA.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_NUMBER_H
#define IPSEC_CORE_NUMBER_H

#include "base/stack.h"

#include <stdbool.h>
#include <stdint.h>

/** What a sequence number is on its SA, before its packet moves anything. */
typedef struct ipsec_number {
    uint64_t value;         /**< with its high half, if is_followed */
    uint64_t highest;       /**< the highest number before, if has_highest */
    int32_t advance;        /**< how far it is above that, if is_placed; negative: behind. Saturated */
    uint32_t first_seen;    /**< frame that carried the number first; 0: unknown, or none */
    ipsec_stacks seen_by;   /**< stacks whose window has seen the number */
    ipsec_stacks old_by;    /**< stacks to which it is left of the window */
    ipsec_stacks wrong_by;  /**< ESN: stacks that take it for a number with another high half */
    ipsec_stacks zero_by;   /**< stacks that take it for the number 0, if is_followed */
    bool is_followed;       /**< the number was judged */
    bool is_placed;         /**< there was a packet of the SA before */
    bool has_highest;       /**< `highest` counts, if is_placed */
    bool is_doubtful;       /**< what refuses it may be wrong, or missing: no stack is sure to refuse it */
    ipsec_stacks before_by; /**< stacks to which it is before the first one; if IPSEC_ODDITY_BEFORE_FIRST */
} ipsec_number;

/** How far the number is behind the highest before it, if both are known; 0 where it is not. */
static inline uint64_t ipsec_number_lag(const ipsec_number *number)
{
    return number->highest > number->value ? number->highest - number->value : 0;
}

/** Numbers that were skipped just before it, likewise. */
static inline uint64_t ipsec_number_skipped(const ipsec_number *number)
{
    return number->value > number->highest ? number->value - number->highest - 1 : 0;
}

#endif
