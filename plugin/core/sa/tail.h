/** @file
 * The end of an ESP packet as VPP compares it with what is in front, even if there is no room for a trailer. Internal
 * to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_TAIL_H
#define IPSEC_CORE_TAIL_H

#include "packet/view.h"
#include "sa/opened.h"

#include <stdint.h>

/** What is between the ESP header and the end of the packet. */
typedef struct ipsec_tail {
    const ipsec_view *view;
    const uint8_t *plaintext; /**< `body` octets; may be NULL if body is 0 */
    uint32_t body;            /**< octets between IV and ICV */
    uint8_t iv, icv;          /**< octets; ESP header, IV, body and ICV make up the packet */
} ipsec_tail;

/** Fills in the members of ipsec_opened on the tail, from `tail_known` on. */
void ipsec_measure_tail(const ipsec_tail *tail, ipsec_opened *opened);

#endif
