/** @file
 * A chain of payloads: each begins with the type of the next one and its own length (RFC 7296 3.2, RFC 2408 3.2).
 * Internal to the core.
 *
 * No length is trusted beyond the octets that were captured; reading ends where they end, or at an impossible length.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_CHAIN_H
#define IPSEC_CORE_IKE_CHAIN_H

#include "base/octets.h"

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

enum {
    IPSEC_IKE_PAYLOAD_HEADER = 4, /**< octets of the header of a payload, a proposal, a transform or a selector */
    IPSEC_IKE_PAYLOADS_MOST = 64  /**< payloads per message; otherwise a chain could have 16,384 */
};

/** Octets that are read from front to back. */
typedef struct ipsec_ike_part {
    const uint8_t *at;
    uint32_t left;
} ipsec_ike_part;

/** Splits off the first `count` octets; NULL if there are fewer. */
static inline const uint8_t *ipsec_ike_take(ipsec_ike_part *from, uint32_t count)
{
    const uint8_t *at = from->at;

    if (from->left < count)
        return NULL;
    from->at += count;
    from->left -= count;
    return at;
}

/** The length that a payload states, header included. */
static inline uint32_t ipsec_ike_payload_length(const uint8_t *header)
{
    return ipsec_read_u16(header + 2);
}

/** Splits off a payload, and sets *body to what follows its header, as far as it is there. Returns the header, which
 * begins with the type of the next payload; NULL if there is none. */
static inline const uint8_t *ipsec_ike_take_payload(ipsec_ike_part *from, ipsec_ike_part *body)
{
    const uint32_t length = from->left >= IPSEC_IKE_PAYLOAD_HEADER ? ipsec_ike_payload_length(from->at) : 0;
    const uint8_t *header = length >= IPSEC_IKE_PAYLOAD_HEADER ? ipsec_ike_take(from, MIN(length, from->left)) : NULL;

    if (header)
        *body = (ipsec_ike_part){header + IPSEC_IKE_PAYLOAD_HEADER,
                                 (uint32_t)(from->at - header) - IPSEC_IKE_PAYLOAD_HEADER};
    return header;
}

#endif
