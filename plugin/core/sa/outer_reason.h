/** @file
 * Why the ICV of AH fails: whether it verifies with other headers in front. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_OUTER_REASON_H
#define IPSEC_CORE_OUTER_REASON_H

#include "base/advice_case.h"
#include "keys/envelope.h"
#include "keys/spec.h"

/**
 * Tries the ICV with each field that should be zeroed as it is in the IP header, and as senders usually set it; then
 * with the addresses in the row, and with that of a sender known from other packets. Computes up to some thirty
 * digests.
 *
 * @param envelope of an AH packet whose ICV fails with this attempt
 * @param sender the source of another packet of the SA, which verified; as many octets as in the view; NULL if none is
 * known
 * @param detail set to the ipsec_outer_field that the case refers to
 * @return IPSEC_CASE_NONE if nothing fits
 */
ipsec_advice_case ipsec_ah_reason(const ipsec_envelope *envelope, ipsec_crypto *crypto, ipsec_attempt attempt,
                                  const ipsec_key_row *spec, const uint8_t *sender, uint8_t *detail);

#endif
