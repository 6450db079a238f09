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

/** Whether padding and next header look like those of a true plaintext: those of others do in two cases of a thousand.
 */
bool ipsec_trailer_is_sound(const ipsec_trailer *trailer);

/** Whether an SA of mode `mode` (ipsec_mode) may carry `next`. A transport SA may carry anything that IP may, a tunnel
 * SA either version of IP, whatever its selector has. */
bool ipsec_mode_fits(uint8_t next, uint8_t mode);

/** Writes what the trailer says into report->opened. */
void ipsec_read_trailer(const ipsec_trailer *trailer, ipsec_report *report);

/** Adds the findings on it. */
void ipsec_check_trailer(const ipsec_view *view, const ipsec_trailer *trailer, ipsec_report *report);

#endif
