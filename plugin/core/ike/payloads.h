/** @file
 * Reading payloads in the clear: those of a message, or those that were decrypted. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_PAYLOADS_H
#define IPSEC_CORE_IKE_PAYLOADS_H

#include "ike/contents.h"

#include <stdbool.h>
#include <stdint.h>

/**
 * Reads a chain of payloads and adds what it says to *contents; for IKEv1, proposals without their algorithms, notifies
 * and Deletes. An encrypted payload ends the chain.
 *
 * @param version  1 or 2
 * @param first    type of the first payload; 0: there is none
 * @param octets from the header of the first payload on
 * @param length number of octets; may be more than the chain has
 */
void ipsec_ike_read_payloads(unsigned version, uint8_t first, const uint8_t *octets, uint32_t length,
                             ipsec_ike_contents *contents);

#endif
