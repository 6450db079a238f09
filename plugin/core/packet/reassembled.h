/** @file
 * The headers of a datagram that was reassembled: found in a frame that holds one of its fragments.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_REASSEMBLED_H
#define IPSEC_CORE_REASSEMBLED_H

#include <stdbool.h>
#include <stdint.h>

/** A frame with one fragment, and what is known of the datagram. */
typedef struct ipsec_reassembled {
    const uint8_t *frame; /**< the frame, or as much of it as was captured */
    uint32_t count;       /**< octets of that */
    /** address_length octets. If it points into the frame itself, it points into the header of the fragment, and no
     * other header is looked for. */
    const uint8_t *source;
    const uint8_t *destination; /**< likewise, as in the IP header; not used if `source` points into the frame */
    uint8_t address_length;     /**< 4 or 16; else nothing is found */
    uint32_t length;            /**< octets that were reassembled from the fragments */
} ipsec_reassembled;

/** Headers that were found. */
typedef struct ipsec_rebuilt {
    uint32_t length; /**< octets; 0: none was found */
    bool is_guessed; /**< IPv4: options may be missing */
} ipsec_rebuilt;

/**
 * Writes the headers that the datagram had before it was cut into fragments: IP and, in IPv6, the extension headers
 * that are in every fragment.
 *
 * The first fragment of an IPv4 packet has all options. The others have only those with the copied flag (RFC 791 3.1),
 * so the rest is not known.
 *
 * @param headers, room  where to
 * @return nothing if no fragment of that datagram is found in the frame, or if there is too little room
 */
ipsec_rebuilt ipsec_reassembled_headers(const ipsec_reassembled *datagram, uint8_t *headers, uint32_t room);

#endif
