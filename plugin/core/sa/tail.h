/** @file
 * The end of an ESP packet as VPP compares it with what is in front: wherever it lies. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_TAIL_H
#define IPSEC_CORE_TAIL_H

#include "packet/view.h"
#include "sa/opened.h"

#include <stdint.h>

/** What lies between ESP header and the end of the packet. */
typedef struct ipsec_tail {
    const ipsec_view *view;
    const uint8_t *plaintext; /**< `body` octets; may be NULL if body is 0 */
    uint32_t body;            /**< octets between IV and ICV */
    uint8_t iv, icv;          /**< octets; with the ESP header, they and the body are the packet */
} ipsec_tail;

/** Fills in what ipsec_opened has on it, `tail_known` and so on. */
void ipsec_measure_tail(const ipsec_tail *tail, ipsec_opened *opened);

#endif
