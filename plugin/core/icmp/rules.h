/** @file
 * The finding for an ICMP error. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ICMP_RULES_H
#define IPSEC_CORE_ICMP_RULES_H

#include "icmp/quote.h"

#include <stdbool.h>
#include <stdint.h>

/** What is decided on an error. */
typedef struct ipsec_icmp_ruling {
    uint8_t finding;     /**< ipsec_finding_id; IPSEC_FINDING_COUNT: nothing to report */
    uint8_t advice_case; /**< ipsec_advice_case */
} ipsec_icmp_ruling;

/**
 * Decides on an error.
 *
 * @param has_sa      the SA of the quoted packet was seen
 * @param was_quoted the quoted packet itself was seen
 */
ipsec_icmp_ruling ipsec_icmp_rule(const ipsec_icmp_error *error, bool has_sa, bool was_quoted);

#endif
