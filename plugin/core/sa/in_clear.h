/** @file
 * Whether a packet that a key does not open is in the clear, because a network card encrypts it later. Internal to the
 * core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IN_CLEAR_H
#define IPSEC_CORE_IN_CLEAR_H

#include "keys/envelope.h"
#include "keys/spec.h"

#include <stdbool.h>

/**
 * Whether an ESP packet holds clear text although its row encrypts: with or without room for the IV in front and for
 * the ICV after it. What Linux hands to a network card that encrypts (esp_xmit()) has a trailer; what the card cuts
 * into segments first need not have one, and a truncated packet shows none.
 *
 * Ciphertext passes for clear text with a probability below 2^-20; if the row says that a card does the cryptography,
 * with 2^-14.
 *
 * @param envelope of the packet with the row, which is for ESP; the octets need not all have been captured
 */
bool ipsec_is_in_clear(const ipsec_envelope *envelope, const ipsec_key_row *spec);

#endif
