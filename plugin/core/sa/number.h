/** @file
 * What a sequence number means on its SA.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_NUMBER_H
#define IPSEC_CORE_NUMBER_H

#include "base/stack.h"

#include <stdbool.h>
#include <stdint.h>

/** What a sequence number means on its SA, before its packet moves anything. */
typedef struct ipsec_number {
    uint64_t value;         /**< with its high half, if is_followed */
    uint64_t highest;       /**< the highest number before, if has_highest */
    int32_t advance;        /**< how far it is above that, if is_placed; negative: below. Saturated */
    uint32_t first_seen;    /**< frame that carried the number first; 0: unknown, or none */
    ipsec_stacks seen_by;   /**< stacks whose window has seen the number */
    ipsec_stacks old_by;    /**< stacks for which it is left of the window */
    ipsec_stacks wrong_by;  /**< ESN: stacks that take it for a number with another high half */
    ipsec_stacks zero_by;   /**< stacks that take it for the number 0, if is_followed */
    bool is_followed;       /**< the number was judged */
    bool is_placed;         /**< the SA had a packet before */
    bool has_highest;       /**< `highest` is valid, if is_placed */
    bool is_doubtful;       /**< the state that refuses it may be wrong, or missing: no stack is certain to refuse it */
    ipsec_stacks before_by; /**< stacks for which it is before the first one; if IPSEC_ODDITY_BEFORE_FIRST */
} ipsec_number;

/** How far the number is below the highest before it, if both are known; 0 if it is not below it. */
static inline uint64_t ipsec_number_lag(const ipsec_number *number)
{
    return number->highest > number->value ? number->highest - number->value : 0;
}

/** Numbers that were skipped just before it, if both are known. */
static inline uint64_t ipsec_number_skipped(const ipsec_number *number)
{
    return number->value > number->highest ? number->value - number->highest - 1 : 0;
}

#endif
