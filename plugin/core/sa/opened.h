/** @file
 * What a key showed about a packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_OPENED_H
#define IPSEC_CORE_OPENED_H

#include "keys/icv.h"

#include <stdbool.h>
#include <stdint.h>

/** Why an ICV is IPSEC_ICV_UNVERIFIED. */
typedef enum {
    IPSEC_UNVERIFIED_NOT_WHOLE, /**< the packet was not captured whole */
    IPSEC_UNVERIFIED_NO_KEY,    /**< the row has no keys, or the shape is only known from heuristics */
    IPSEC_UNVERIFIED_NO_OUTER,  /**< AH: the outer headers are not all available, or RFC 4302 does not say how to cover
                                 * them
                                 */
    IPSEC_UNVERIFIED_TOO_SHORT, /**< there is no room for IV and ICV */
    IPSEC_UNVERIFIED_OFFLOAD,   /**< it was captured in the clear, because a network card does the cryptography */
    IPSEC_UNVERIFIED_ALGORITHM, /**< the row has only the length of the ICV, or libgcrypt does not have the algorithm */
    IPSEC_UNVERIFIED_COUNT
} ipsec_unverified;

/** What a key (or the heuristics for ESP-NULL) showed about the packet. */
typedef struct ipsec_opened {
    bool valid;         /**< the other members are valid: a key row was found for the packet, or its shape is known */
    bool is_sealed;     /**< what follows the header is encrypted, possibly with NULL */
    bool in_hindsight;  /**< only on later passes: the headers inside were not judged when the packet came */
    bool combined_mode; /**< ESP: the cipher is known to have its own ICV; always valid */
    /** The row whose key was used, owned by the database; NULL for the heuristics. */
    const struct ipsec_key_row *spec;
    /** The row whose mode, encapsulation and selector count, if spec is not NULL: spec itself, or the row that IKE
     * negotiated. */
    const struct ipsec_key_row *like;
    /** If spec is not NULL: which terms of `like` the packet fits, as far as was checked; see terms.h. */
    uint8_t terms;
    uint8_t icv_status; /**< ipsec_icv_status */
    uint8_t unverified; /**< ipsec_unverified, if that is the status */
    uint8_t iv_length;  /**< octets; likewise icv_length */
    uint8_t icv_length;
    bool is_sure;          /**< the row is the receiver's: a packet has confirmed it, or the tables are complete */
    bool is_refused_by_ip; /**< IP discards the packet, so no stack computes the ICV */
    bool has_room;         /**< ESP: there are enough octets for IV and ICV */
    bool lacks_trailer;    /**< IV and ICV fit, with whole blocks between them, but no trailer */
    bool has_trailer;      /**< pad_length and next_header are known */
    uint8_t pad_length;    /**< as in the trailer; may exceed the packet */
    uint8_t next_header;   /**< IP protocol number; valid for AH if the ICV is right, for ESP if has_trailer */
    bool esn;              /**< `high` is valid */
    uint32_t high;         /**< high half of the sequence number that verified */
    bool inside_parses;    /**< if there are findings: what is in front of the trailer parses as an IP packet */
    /** ESP: the next three members are valid, which they are if the content is certain and there are findings. */
    bool tail_known;
    bool pad_exceeds;    /**< pad length, trailer and ICV are longer than the packet */
    bool inner_exceeds;  /**< these, plus the length that an inner header states, are longer than all after the IV */
    uint8_t tail_next;   /**< the octet in front of the ICV, where next header should be */
    bool has_inner;      /**< an inner IP packet of sound length: tfc_length is known */
    uint32_t tfc_length; /**< octets of TFC padding after the inner packet */
    const uint8_t *plaintext; /**< payload data, padding, pad length and next header; NULL if there is none. Valid until
                                 the next call with the same database */
    uint32_t plaintext_length;
    uint32_t clear_at;       /**< where the plaintext is in the packet, from ipsec_view.data; 0 if it was encrypted */
    uint32_t payload_length; /**< octets of plaintext in front of the padding, if the trailer is sound; else 0 */
} ipsec_opened;

#endif
