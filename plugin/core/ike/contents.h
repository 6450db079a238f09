/** @file
 * What an IKE message says, whether the core read it in the clear or a dissector decrypted it.
 *
 * Plain values in the caller's memory, without pointers. What exceeds the limits is left out, and `incomplete` is set.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_CONTENTS_H
#define IPSEC_CORE_IKE_CONTENTS_H

#include <stdbool.h>
#include <stdint.h>

/** Limits. Messages of strongSwan, libreswan and Windows have up to 9 notifies, 5 proposals and 4 selectors. */
enum {
    IPSEC_IKE_NOTIFIES_MOST = 24,
    IPSEC_IKE_PROPOSALS_MOST = 8,
    IPSEC_IKE_SELECTORS_MOST = 8,
    IPSEC_IKE_DELETES_MOST = 32,
    IPSEC_IKE_DATA_MOST = 20 /**< octets of a notify's data that are kept: enough for a NAT detection hash */
};

/** Protocols as IKE numbers them (RFC 7296 3.3.1). */
enum {
    IPSEC_IKE_PROTOCOL_NONE = 0,
    IPSEC_IKE_PROTOCOL_IKE = 1,
    IPSEC_IKE_PROTOCOL_AH = 2,
    IPSEC_IKE_PROTOCOL_ESP = 3
};

/** A notify (RFC 7296 3.10). */
typedef struct ipsec_ike_notify {
    uint16_t type;
    uint8_t protocol;                  /**< IPSEC_IKE_PROTOCOL_... */
    uint8_t spi_length;                /**< octets of its SPI in the message: 0, 4, 8 or 16 */
    uint32_t spi;                      /**< of ESP or AH, if spi_length is 4; else 0 */
    uint16_t length;                   /**< octets of its data in the message */
    uint8_t data[IPSEC_IKE_DATA_MOST]; /**< the first of them; the rest 0 */
} ipsec_ike_notify;

/** A proposal (RFC 7296 3.3.1); if it has several transforms of one type, the first. Numbers are those of IANA for
 * IKEv2. */
typedef struct ipsec_ike_proposal {
    uint8_t protocol; /**< IPSEC_IKE_PROTOCOL_... */
    uint8_t spi_length;
    uint32_t spi;                   /**< of ESP or AH, if spi_length is 4; else 0 */
    uint64_t ike_spi;               /**< that of IKE, if spi_length is 8; else 0 */
    uint16_t encryption, integrity; /**< 0: none, as always with IKEv1 */
    uint8_t esn;                    /**< 0 or 1, as proposed: transform type 5 */
    bool has_esn;
} ipsec_ike_proposal;

/** A traffic selector (RFC 7296 3.13.1), addresses of 4 or 16 octets. */
typedef struct ipsec_ike_selector {
    uint8_t address_length; /**< 4 or 16 */
    uint8_t protocol;       /**< 0: any */
    uint16_t first_port, last_port;
    uint8_t first[16], last[16];
} ipsec_ike_selector;

/** What a message says. All zero is a message without contents. */
typedef struct ipsec_ike_contents {
    bool decrypted;    /**< the contents of an encrypted payload were read, too */
    bool verified;     /**< and the ICV proves that the peer wrote it; never true for IKEv1 */
    bool incomplete;   /**< something exceeded a limit, or the octets ended early */
    uint64_t payloads; /**< the types of its payloads: type n is bit n; types from 64 on are left out */
    uint64_t identity; /**< a digest of the sender's ID payload with its type; 0: none. For comparing only */
    bool identity_is_address;
    uint8_t notify_count, proposal_count, delete_count;
    uint8_t initiator_count, responder_count;           /**< numbers of selectors in TSi and TSr */
    uint8_t delete_protocol;                            /**< IPSEC_IKE_PROTOCOL_... of the first one in `deletes` */
    bool deletes_ike;                                   /**< one of its Delete payloads is for the IKE SA */
    ipsec_ike_notify notifies[IPSEC_IKE_NOTIFIES_MOST]; /**< in the order of the message; likewise the rest */
    ipsec_ike_proposal proposals[IPSEC_IKE_PROPOSALS_MOST];
    ipsec_ike_selector initiator[IPSEC_IKE_SELECTORS_MOST], responder[IPSEC_IKE_SELECTORS_MOST];
    uint32_t deletes[IPSEC_IKE_DELETES_MOST]; /**< SPIs of ESP or AH on which the sender receives */
} ipsec_ike_contents;

/** Whether the message has a payload of that type. */
static inline bool ipsec_ike_has_payload(const ipsec_ike_contents *contents, unsigned type)
{
    return type < 64 && contents->payloads >> type & 1;
}

/** The first notify of that type; NULL if there is none. */
const ipsec_ike_notify *ipsec_ike_notify_of(const ipsec_ike_contents *contents, unsigned type);

#endif
