/** @file
 * The headers of a datagram that was reassembled: found in a frame that holds one of its fragments.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_REASSEMBLED_H
#define IPSEC_CORE_REASSEMBLED_H

#include <stdint.h>

/** A frame with one fragment, and what is known of the datagram. */
typedef struct ipsec_reassembled {
    const uint8_t *frame;       /**< the frame, or as much of it as was captured */
    uint32_t count;             /**< octets of that */
    const uint8_t *source;      /**< address_length octets; likewise the destination */
    const uint8_t *destination; /**< as the IP header has it */
    uint8_t address_length;     /**< 4 or 16; else nothing is found */
    uint32_t length;            /**< octets that were put together from the fragments */
} ipsec_reassembled;

/**
 * Writes the headers that the datagram had before it was cut into fragments: IP and, in IPv6, the extension headers
 * that are in every fragment.
 *
 * Options of IPv4 need not be in every fragment: if the one at hand has any, nothing is written.
 *
 * @param headers, room  where to
 * @return octets written; 0 if no fragment of that datagram is found in the frame, or if there is too little room
 */
uint32_t ipsec_reassembled_headers(const ipsec_reassembled *datagram, uint8_t *headers, uint32_t room);

#endif
