/** @file
 * Whether what a key does not open is in the clear, as where a network card encrypts it later. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IN_CLEAR_H
#define IPSEC_CORE_IN_CLEAR_H

#include "keys/envelope.h"
#include "keys/spec.h"

#include <stdbool.h>

/**
 * Whether an ESP packet holds clear text where its row has ciphertext: with or without room for the IV in front and
 * for the ICV after. What Linux hands to a network card that encrypts (esp_xmit()) has a trailer; what the card cuts
 * into segments first need not have one, and what was captured in part shows none.
 *
 * Ciphertext passes for it with less than 2^-20; where the row says that a card does the cryptography, with 2^-14.
 *
 * @param envelope  of the packet with the row, which is for ESP; the octets that it needs need not have been captured
 */
bool ipsec_is_in_clear(const ipsec_envelope *envelope, const ipsec_key_row *spec);

#endif
