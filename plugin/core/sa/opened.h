/** @file
 * What a key showed of a packet.
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
    IPSEC_UNVERIFIED_NO_KEY,    /**< the row names the SA without keys, or the shape is only known by heuristics */
    IPSEC_UNVERIFIED_NO_OUTER,  /**< AH: the outer IP header is not available, or breaks the rules of IP */
    IPSEC_UNVERIFIED_TOO_SHORT, /**< there is no room for IV and ICV */
    IPSEC_UNVERIFIED_OFFLOAD,   /**< it was captured in the clear: a network card does the cryptography */
    IPSEC_UNVERIFIED_ALGORITHM, /**< the row tells the length of the ICV only, or libgcrypt lacks the algorithm */
    IPSEC_UNVERIFIED_COUNT
} ipsec_unverified;

/** What a key (or the heuristics for ESP-NULL) showed of the packet. */
typedef struct ipsec_opened {
    bool valid;         /**< the rest counts: a key row was found for the packet, or its shape is known */
    bool is_sealed;     /**< what follows the header is encrypted, be it by NULL */
    bool in_hindsight;  /**< on later passes only: headers inside were not judged when it came */
    bool combined_mode; /**< of ESP: the cipher is known to bring its own ICV; counts always */
    /** The row whose key was used; the database's. NULL for the heuristics. */
    const struct ipsec_key_row *spec;
    /** The row whose mode, encapsulation and selector count, if spec is not NULL: that one, or what IKE says. */
    const struct ipsec_key_row *like;
    uint8_t terms;      /**< if spec is not NULL: which of its terms the packet fits, as far as it was looked into; see
                             terms.h */
    uint8_t icv_status; /**< ipsec_icv_status */
    uint8_t unverified; /**< ipsec_unverified, if that is the status */
    uint8_t iv_length;  /**< octets; likewise icv_length */
    uint8_t icv_length;
    bool is_sure;          /**< the row is the receiver's: a packet has borne it out, or the tables are complete */
    bool is_refused_by_ip; /**< IP discards the packet, so that no stack has computed the ICV */
    bool has_room;         /**< ESP: there are octets enough for IV and ICV */
    bool lacks_trailer;    /**< IV and ICV fit, with whole blocks between them, but no trailer */
    bool has_trailer;      /**< pad_length and next_header are known */
    uint8_t pad_length;    /**< as the trailer says; may be too long */
    uint8_t next_header;   /**< IP protocol number; of AH if the ICV is right, of ESP if has_trailer */
    bool esn;              /**< `high` counts */
    uint32_t high;         /**< high half of the sequence number that verified */
    bool inside_parses;    /**< if there are findings on the trailer: what is in front of it parses as an IP packet */
    /** Of ESP: the next three count. So if the trailer is sure and there are findings on it, or no room for it. */
    bool tail_known;
    bool pad_exceeds;         /**< pad length, trailer and ICV are longer than the packet */
    bool inner_exceeds;       /**< with the length that an inner header states they are longer than all after the IV */
    uint8_t tail_next;        /**< the octet in front of the ICV, where next header should be */
    bool has_inner;           /**< an inner IP packet of sound length: tfc_length is known */
    uint32_t tfc_length;      /**< octets of TFC padding after the inner packet */
    const uint8_t *plaintext; /**< payload data, padding, pad length and next header; NULL if there is none. Valid until
                                 the next call with the same database */
    uint32_t plaintext_length;
    uint32_t clear_at; /**< where the plaintext stands in the packet, from ipsec_view.data; 0 if it was encrypted */
    uint32_t payload_length; /**< octets of it in front of the padding, if the trailer is sound; else 0 */
} ipsec_opened;

#endif
