/** @file
 * Rules on what an ESP packet held: padding, pad length, next header, and the packet inside. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_TRAILER_H
#define IPSEC_CORE_TRAILER_H

#include "report.h"
#include "spec.h"
#include "view.h"

/** Plaintext of ESP, and what is known of its SA. */
typedef struct ipsec_trailer {
    const uint8_t *plaintext; /**< payload data, padding, pad length, next header */
    uint32_t length;          /**< octets of that, at least 2 */
    uint32_t at;              /**< where it begins in the packet, from ipsec_view.data */
    uint32_t block;           /**< octets that it is padded to a multiple of, as the cipher and RFC 4303 2.4 want */
    uint8_t mode;             /**< ipsec_mode */
    const ipsec_selector *selector; /**< NULL if none is known */
} ipsec_trailer;

/** Whether padding and next header look like those of a true plaintext: only a few octets in a million of others do. */
bool ipsec_trailer_is_sound(const ipsec_trailer *trailer);

/** Writes what the trailer says into report->opened, and adds the findings. */
void ipsec_check_trailer(const ipsec_view *view, const ipsec_trailer *trailer, ipsec_report *report);

#endif
