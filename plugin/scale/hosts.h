/** @file
 * The two hosts that a captured frame is between, by which captures are split, and whether the frame has anything to
 * do with IPsec. Works on octets alone, and has no state.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_SCALE_HOSTS_H
#define IPSEC_SCALE_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

/** The link header that a frame begins with. */
typedef enum {
    IPSEC_LINK_UNKNOWN,
    IPSEC_LINK_ETHERNET,
    IPSEC_LINK_IP,     /**< IPv4 or IPv6, distinguished by their first four bits */
    IPSEC_LINK_COOKED, /**< Linux cooked capture; the next is its second version */
    IPSEC_LINK_COOKED2,
    IPSEC_LINK_LOOPBACK /**< BSD loopback: four octets of address family */
} ipsec_link;

/** What is known about a frame. */
typedef struct ipsec_hosts {
    bool is_ip;        /**< an IP header was found; if not, nothing else is valid */
    bool is_relevant;  /**< ESP, AH, IPComp, WESP, IKE, ICMP; or a fragment that may be part of UDP with one of these */
    uint8_t length;    /**< octets of each address: 4 or 16 */
    uint8_t first[16]; /**< the lower one of the two addresses, so that both directions are the same */
    uint8_t second[16]; /**< the other one */
} ipsec_hosts;

/**
 * Finds the hosts of a frame.
 *
 * For an ICMP error these are the hosts of the packet that it quotes, because it belongs with their packets. For IP in
 * IP, and IP in GRE, they are those of the inner packet if that is relevant, because one of these is the receiver of
 * IPsec. For a fragment they are those of its own IP header, the only one that all fragments of the packet have.
 *
 * @param octets  the frame as captured
 * @param count   how many octets may be read
 */
void ipsec_hosts_find(ipsec_link link, const uint8_t *octets, uint32_t count, ipsec_hosts *hosts);

/**
 * The shard of `shards` for frames between these hosts: the same on every machine, in every version, and for both
 * directions.
 *
 * @param shards  at least 1
 */
uint32_t ipsec_hosts_shard(const ipsec_hosts *hosts, uint32_t shards);

#endif
