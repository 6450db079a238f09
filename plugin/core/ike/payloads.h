/** @file
 * Payloads in clear, be they those of a message or what was decrypted of one. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_PAYLOADS_H
#define IPSEC_CORE_IKE_PAYLOADS_H

#include "ike/contents.h"

#include <stdbool.h>
#include <stdint.h>

/**
 * Reads a chain of payloads and adds what it says to *contents; of IKEv1 proposals without their algorithms, notifies
 * and Deletes. A payload that holds others encrypted ends the chain.
 *
 * @param version  1 or 2
 * @param first    type of the first payload; 0: there is none
 * @param octets   from its header on
 * @param length   how many there are; may be more than the chain has
 */
void ipsec_ike_read_payloads(unsigned version, uint8_t first, const uint8_t *octets, uint32_t length,
                             ipsec_ike_contents *contents);

#endif
