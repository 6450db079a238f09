/** @file
 * Why does nothing verify: whether the same key fits another setting. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_GUESS_H
#define IPSEC_CORE_GUESS_H

#include "base/advice_case.h"
#include "keys/envelope.h"
#include "keys/spec.h"

/**
 * Tries other ESN settings, ICV lengths and algorithms for the key of a row on a packet that it does not verify. Opens
 * contexts of libgcrypt and runs over the packet up to a hundred times.
 *
 * @param scratch  room for view->length octets
 * @param detail   set to what the case speaks of
 * @return IPSEC_CASE_NONE if nothing fits
 */
ipsec_advice_case ipsec_guess(const ipsec_envelope *envelope, const ipsec_key_row *spec, uint8_t *scratch,
                              uint8_t *detail);

#endif
