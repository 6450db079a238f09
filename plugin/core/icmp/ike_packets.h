/** @file
 * The most recent IKE packets, to find the one that an ICMP error quotes. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_PACKETS_H
#define IPSEC_CORE_IKE_PACKETS_H

#include "icmp/quote.h"
#include "ike/message.h"
#include "packet/view.h"

#include <stdint.h>

/** How many are remembered: an ICMP error comes within a round trip. A power of two. */
#define IPSEC_IKE_PACKETS 256u

/** An IKE packet. */
typedef struct ipsec_ike_packet {
    uint64_t hosts;          /**< addresses and ports, hashed */
    uint64_t head;           /**< its IKE header, hashed */
    uint64_t initiator_spi;  /**< from that header; likewise the version */
    uint32_t length;         /**< octets of the UDP payload */
    uint32_t frame;          /**< 0: none */
    uint16_t identification; /**< of IPv4; else 0 */
    uint8_t version;
} ipsec_ike_packet;

/** A ring of them; all zero at first, except for the seed. */
typedef struct ipsec_ike_packets {
    uint64_t seed;
    uint32_t count;
    ipsec_ike_packet ring[IPSEC_IKE_PACKETS];
} ipsec_ike_packets;

/** Remembers a packet in UDP that has that IKE message. */
void ipsec_ike_packets_meet(ipsec_ike_packets *packets, const ipsec_view *view, const ipsec_ike_message *message);

/** The one in that frame; NULL if it is not among them. */
const ipsec_ike_packet *ipsec_ike_packets_at(const ipsec_ike_packets *packets, uint32_t frame);

/** The frame of the quoted packet: found by its IKE header, and then the last one of several copies; or by ports,
 * identification and length alone, if only one packet has these. 0: not known. */
uint32_t ipsec_ike_packets_find(const ipsec_ike_packets *packets, const ipsec_quote *quote);

#endif
