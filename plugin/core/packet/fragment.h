/** @file
 * A fragment of an IP packet, as its header names it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_FRAGMENT_H
#define IPSEC_CORE_FRAGMENT_H

#include "packet/view.h"

#include <stdbool.h>
#include <stdint.h>

/** A fragment of an IP packet. */
typedef struct ipsec_fragment {
    const uint8_t *source; /**< address_length octets; likewise the destination */
    const uint8_t *destination;
    uint8_t address_length;  /**< 4 or 16 */
    uint8_t protocol;        /**< of the packet that was fragmented: IPSEC_PROTOCOL_... */
    bool more;               /**< More Fragments is set */
    uint32_t identification; /**< 16 bits of IPv4, 32 of IPv6 */
    uint32_t offset;         /**< octets in front of it in the payload that was fragmented; a multiple of 8 */
    uint32_t frame;          /**< ipsec_view.frame */
} ipsec_fragment;

/**
 * The packet of a view as if it were a first fragment; its offset is where the next fragment would begin.
 *
 * @return false if it cannot be one: it is marked as a fragment, was reassembled, or there is no IP header
 */
bool ipsec_fragment_read(const ipsec_view *view, ipsec_fragment *fragment);

#endif
