/** @file
 * Rules on what an ESP packet held: padding, pad length, next header, and the packet inside. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_TRAILER_H
#define IPSEC_CORE_TRAILER_H

#include "keys/spec.h"
#include "packet/findings.h"
#include "packet/view.h"
#include "sa/opened.h"

/** The plaintext of an ESP packet, and what is known of its SA. */
typedef struct ipsec_trailer {
    const uint8_t *plaintext;  /**< payload data, padding, pad length, next header */
    uint32_t length;           /**< octets of that, at least 2 */
    uint32_t at;               /**< where it begins in the packet, from ipsec_view.data */
    uint32_t block;            /**< its length must be a multiple of this, according to the cipher and RFC 4303 2.4 */
    const ipsec_key_row *spec; /**< NULL if there is no key row */
} ipsec_trailer;

/** Whether padding and next header look like those of plaintext. Two ciphertexts in a thousand pass.
 */
bool ipsec_trailer_is_sound(const ipsec_trailer *trailer);

/** Copies what the trailer says. */
void ipsec_read_trailer(const ipsec_trailer *trailer, ipsec_opened *opened);

/** Adds the findings on it. Narrows opened->terms, which the caller has narrowed to the packet's encapsulation. */
void ipsec_check_trailer(const ipsec_view *view, const ipsec_trailer *trailer, ipsec_findings *findings,
                         ipsec_opened *opened);

#endif
