/** @file
 * Why nothing verifies: whether the same key fits with other settings. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_GUESS_H
#define IPSEC_CORE_GUESS_H

#include "base/advice_case.h"
#include "keys/envelope.h"
#include "keys/spec.h"

/**
 * Tries the key of a row with other ESN settings, ICV lengths and algorithms on a packet that does not verify with the
 * row. Opens libgcrypt contexts and runs over the packet up to a hundred times.
 *
 * @param scratch  room for view->length octets
 * @param detail set to what the case refers to: a length, or the index of an algorithm
 * @return IPSEC_CASE_NONE if nothing fits
 */
ipsec_advice_case ipsec_guess(const ipsec_envelope *envelope, const ipsec_key_row *spec, uint8_t *scratch,
                              uint8_t *detail);

#endif
