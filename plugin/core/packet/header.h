/** @file
 * What the octets of one header say.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_HEADER_H
#define IPSEC_CORE_HEADER_H

#include <stdbool.h>
#include <stdint.h>

/** What the octets turned out to be, and so which protocol item a report belongs to. */
typedef enum {
    IPSEC_SUBJECT_NOTHING, /**< nothing to judge: a clean keepalive, an empty or a foreign payload */
    IPSEC_SUBJECT_IKE,     /**< a sound IKE header; nothing to judge */
    IPSEC_SUBJECT_HEADER,  /**< a header of ipsec_header.protocol */
    IPSEC_SUBJECT_UDP,     /**< a faulty payload of the UDP encapsulation that is not ESP */
    IPSEC_SUBJECT_IKE_PORT /**< a faulty payload on the IKE port */
} ipsec_subject;

/** Whose AH it may be, other than that of the receiver's IPsec. */
typedef enum {
    IPSEC_DAEMON_NONE,
    IPSEC_DAEMON_OSPF, /**< OSPF to a multicast group; but if there is a key row for it, the SA is that of the host's
                          IPsec */
    IPSEC_DAEMON_VRRP  /**< VRRP to a multicast group */
} ipsec_daemon;

/** What the octets of one header say. */
typedef struct ipsec_header {
    uint32_t spi;          /**< valid if has_spi */
    uint32_t sequence;     /**< as found in the header; valid if has_sequence */
    uint8_t protocol;      /**< IPSEC_PROTOCOL_... */
    uint8_t encapsulation; /**< ipsec_encapsulation */
    uint8_t subject;       /**< ipsec_subject; with _NOTHING and _IKE there are no findings and nothing to show */
    uint8_t daemon;        /**< ipsec_daemon */
    bool has_spi;
    bool has_sequence;
    bool payload_lost; /**< the end of the header is unknown; what seems to follow it must not be judged */
} ipsec_header;

#endif
