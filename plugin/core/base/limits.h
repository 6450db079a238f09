/** @file
 * Which of the limits that all SAs and hosts of a capture share were reached. Without these, what is said of an SA
 * depends on no other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_LIMITS_H
#define IPSEC_CORE_LIMITS_H

#include <stdint.h>

/** The limits; see limits.def. */
typedef enum {
#define LIMIT(symbol, name, text) IPSEC_LIMIT_##symbol,
#include "base/limits.def"
#undef LIMIT
    IPSEC_LIMIT_COUNT
} ipsec_limit;

/** How often each was reached. */
typedef struct ipsec_limits {
    uint32_t times[IPSEC_LIMIT_COUNT]; /**< stops at its maximum */
} ipsec_limits;

/** Counts that a limit was reached. With NULL nobody asks. */
static inline void ipsec_limit_reached(ipsec_limits *limits, ipsec_limit limit)
{
    if (limits && limits->times[limit] < UINT32_MAX)
        limits->times[limit]++;
}

/** The name of a limit, and what it means that it was reached. */
const char *ipsec_limit_name(ipsec_limit limit);
const char *ipsec_limit_text(ipsec_limit limit);

#endif
