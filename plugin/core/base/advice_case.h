/** @file
 * What makes the advice on a finding more exact than the catalogue's.
 *
 * Layer base/: what all layers share (the catalogue of findings, the stacks, what the user may choose) and small
 * helpers. Nothing that reads a header belongs here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ADVICE_CASE_H
#define IPSEC_CORE_ADVICE_CASE_H

#include <stdbool.h>
#include <stdint.h>

/** What was found out. Values of ipsec_finding.advice_case. */
typedef enum {
    IPSEC_CASE_NONE,               /**< nothing: the catalogue's advice is used */
    IPSEC_CASE_ESN_ON,             /**< the ICV verifies with an Extended Sequence Number */
    IPSEC_CASE_ESN_OFF,            /**< the ICV verifies without */
    IPSEC_CASE_SHA256_96,          /**< the ICV verifies at 96 bits, as HMAC-SHA2-256 was in early Linux */
    IPSEC_CASE_ICV_LENGTH,         /**< the ICV verifies at another length; detail: octets */
    IPSEC_CASE_INTEGRITY,          /**< the ICV verifies with another algorithm; detail: its row */
    IPSEC_CASE_ENCRYPTION,         /**< likewise, a combined mode */
    IPSEC_CASE_SPI_ELSEWHERE,      /**< the SPI is known at another destination */
    IPSEC_CASE_SPI_OTHER_PROTOCOL, /**< the SPI is known here under the other protocol */
    IPSEC_CASE_SPI_SWAPPED,        /**< the SPI is known here with its octets in reverse order */
    IPSEC_CASE_SPI_REVERSE,        /**< the SPI is that of the other direction */
    IPSEC_CASE_DELETED, /**< IKE has deleted the SA; detail: the frame, or 0 if that frame has no number; likewise for
                           the next two */
    IPSEC_CASE_SPI_DELETED,   /**< the same, and the receiver therefore does not know the SPI */
    IPSEC_CASE_SPI_RESTARTED, /**< the same, after INITIAL_CONTACT of a restarted peer */
    IPSEC_CASE_SPI_NEVER,     /**< IKE negotiated SAs for this receiver, and none with this SPI */
    /** Left of the window; detail: the smallest window, in packets, that would accept the number; missed: by how many
     * this window was missed.
     */
    IPSEC_CASE_WINDOW,
    IPSEC_CASE_WINDOW_QOS, /**< the same, and every packet that overtook it had another DSCP */
    IPSEC_CASE_EPOCH,      /**< the same with ESN, so the receiver assumes another high half */
    IPSEC_CASE_EPOCH_QOS,
    /** What a receiver refuses although the RFCs allow it; all are cases of stack.refuses. detail: the receiver
     * (ipsec_stack). */
    IPSEC_CASE_FLAGS_COVERED,   /**< AH with DF or the reserved flag of IPv4 */
    IPSEC_CASE_BEHIND_PACKET,   /**< octets after the IP packet */
    IPSEC_CASE_V4_OPTIONS,      /**< any option of IPv4 */
    IPSEC_CASE_V6_EXTENSIONS,   /**< extension headers of IPv6 in front of ESP */
    IPSEC_CASE_CHANGING_OPTION, /**< AH with options of IPv6 that may change on the way */
    IPSEC_CASE_NUMBER_ZERO,     /**< the number 0 */
    IPSEC_CASE_BEFORE_FIRST,    /**< a number close to 2^32 in a new SA */
    IPSEC_CASE_OTHER_SOURCE,    /**< a source address that is not the SA's */
    IPSEC_CASE_OTHER_PORTS,     /**< UDP ports that are not the SA's */
    IPSEC_CASE_UDP_SHORT,       /**< UDP that is shorter than its IP packet */
    IPSEC_CASE_AH_PADDING,      /**< AH padded at all */
    IPSEC_CASE_AH_LENGTH,       /**< AH padded in another way; the last of these */
    IPSEC_CASE_FIELD_KEPT,      /**< AH: the ICV verifies if a field that should be zeroed is kept; detail:
                                 * ipsec_outer_field */
    IPSEC_CASE_ADDRESS,         /**< AH: the ICV verifies with another address; detail: likewise */
    IPSEC_CASE_STRAY,           /**< a number from which the SA did not continue; detail: its low half */
    IPSEC_CASE_FRAGMENT,        /**< the rest of the packet lies in another frame */
    /** What is said of an IKE message. */
    IPSEC_CASE_IKE_AUTH_LENGTH, /**< an answer that has room only for an error */
    IPSEC_CASE_IKE_LENGTH,      /**< an answer too short for an SA */
    IPSEC_CASE_IKE_UNSAID,      /**< decrypted, and holds neither an SA nor a reason */
    IPSEC_CASE_IKE_INFORMED,    /**< IKEv1: an encrypted Informational when phase 1 should go on */
    IPSEC_CASE_IKE_QUICK,       /**< likewise, when Quick Mode should */
    IPSEC_CASE_IKE_FRUITLESS,   /**< the third answer that asks for another attempt */
    IPSEC_CASE_IKE_PEER_ERROR,  /**< detail: version of IKE * 65536 + the notify */
    IPSEC_CASE_IKE_STRAY,       /**< likewise */
    IPSEC_CASE_IKE_MS_STATUS,   /**< detail: the error of Windows */
    IPSEC_CASE_IKE_FRAGMENT,    /**< detail: number of the fragment; missed: how many there are */
    IPSEC_CASE_IKE_NAT_SOURCE,  /**< the sender is behind NAT */
    IPSEC_CASE_IKE_NAT_DESTINATION,
    IPSEC_CASE_IKE_NAT_ASKED, /**< likewise, or it asks for ESP in UDP */
    IPSEC_CASE_IKE_NAT_BOTH,
    IPSEC_CASE_IKE_PROPOSAL,       /**< of IKE itself */
    IPSEC_CASE_IKE_PROPOSAL_CHILD, /**< of an SA of ESP or AH */
    IPSEC_CASE_IKE_SPI,            /**< detail: SPI of ESP or AH that the peer does not know */
    IPSEC_CASE_IKE_ICMP,           /**< an ICMP error quotes the request; detail: its frame; missed: its finding */
    /* ICMP errors, and what follows from them. */
    IPSEC_CASE_TOO_BIG,      /**< detail: octets of the packet; fits: inner MTU that would do */
    IPSEC_CASE_TOO_BIG_ANY,  /**< the same for any algorithms, because they are not known */
    IPSEC_CASE_MTU_ZERO,     /**< no MTU is named */
    IPSEC_CASE_MTU_LOW,      /**< it is below what IPv4 senders use */
    IPSEC_CASE_MTU_LOW_V6,   /**< it is below the minimum of IPv6 */
    IPSEC_CASE_MTU_HIGH,     /**< the packet is not larger than it; detail: octets of the packet */
    IPSEC_CASE_MTU_NO_SA,    /**< no such SA was seen */
    IPSEC_CASE_MTU_MAY_CUT,  /**< the packet may be fragmented */
    IPSEC_CASE_MTU_CHECKSUM, /**< the checksum of the error is wrong */
    IPSEC_CASE_KEEPALIVE,    /**< it quotes a NAT keepalive */
    IPSEC_CASE_ABOVE,     /**< detail: octets of the largest packet above the MTU; missed: number of such packets; fits:
                             inner MTU that would do */
    IPSEC_CASE_ABOVE_ANY, /**< likewise, whatever the algorithms */
    IPSEC_CASE_PEER_LACKS, /**< the destination has said that it does not support the protocol */
    IPSEC_CASE_COUNT
} ipsec_advice_case;

/** Fields of the IP header in front, as RFC 791 and RFC 8200 name them. */
typedef enum {
    IPSEC_FIELD_TYPE_OF_SERVICE,
    IPSEC_FIELD_FLAGS,
    IPSEC_FIELD_TIME_TO_LIVE,
    IPSEC_FIELD_HEADER_CHECKSUM,
    IPSEC_FIELD_TRAFFIC_CLASS,
    IPSEC_FIELD_FLOW_LABEL,
    IPSEC_FIELD_HOP_LIMIT,
    IPSEC_FIELD_SOURCE_ADDRESS,
    IPSEC_FIELD_DESTINATION_ADDRESS,
    IPSEC_FIELD_BOTH_ADDRESSES,
    IPSEC_FIELD_COUNT
} ipsec_outer_field;

/** Whether the detail of the case is a frame. */
static inline bool ipsec_advice_names_frame(uint8_t advice_case)
{
    return advice_case >= IPSEC_CASE_DELETED && advice_case <= IPSEC_CASE_SPI_RESTARTED;
}

/** What else a finding's advice needs; all zero if the catalogue's advice is used. */
typedef struct ipsec_advice_detail {
    uint8_t advice_case; /**< ipsec_advice_case */
    uint32_t detail;     /**< number, frame or row; what it means depends on the case */
    uint32_t missed;     /**< by how many packets the window was missed, or as the case says; else 0 */
    uint32_t fits;       /**< the inner MTU that fits, if the case has one; else 0 */
} ipsec_advice_detail;

#endif
