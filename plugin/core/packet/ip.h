/** @file
 * Finding and reading the IP and UDP headers in front of an IPsec header.
 *
 * Wireshark's dissectors hand down little of the outer headers, and nothing below UDP or after AH. These functions
 * look at the octets themselves, and give an answer only if it fits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IP_H
#define IPSEC_CORE_IP_H

#include "base/octets.h"
#include "packet/view.h"

#include <stdbool.h>
#include <stdint.h>

/** Octets of an IP header, for IPv4 without its options. */
enum {
    IPSEC_IPV4_HEADER = 20,
    IPSEC_IPV6_HEADER = 40,
    IPSEC_IPV6_FRAGMENT_HEADER = 8
};

/** Above any jumbo frame in use: a longer packet was handed to the capture before segmentation. */
#define IPSEC_LARGEST_ON_WIRE 9216u

/** Whether the IPv4 header at p is a fragment's: its offset is not 0, or more fragments follow. */
static inline bool ipsec_ip_is_v4_fragment(const uint8_t *p)
{
    return (ipsec_read_u16(p + 6) & 0x3fff) != 0;
}

/** The same for the IPv6 fragment header at p; false for an atomic fragment (RFC 6946). */
static inline bool ipsec_ip_is_v6_fragment(const uint8_t *p)
{
    return (ipsec_read_u16(p + 2) & 0xfff9) != 0;
}

/**
 * Octets of the header `protocol` at p, which may be any that can be between IP and IPsec.
 *
 * @param count  number of octets that may be read at p
 * @return 0 if it is another one, or reaches beyond the octets
 */
uint32_t ipsec_ip_extension(uint8_t protocol, const uint8_t *p, uint32_t count);

/** Octets in front of a header, and where in them the IP header is looked for. */
typedef struct ipsec_ip_search {
    const uint8_t *octets;  /**< what was captured in front of the header */
    uint32_t count;         /**< number of octets; the header starts right after them */
    uint32_t behind;        /**< number of octets that follow in the frame, padding included */
    const uint8_t *source;  /**< source address that the IP header must have, address_length octets */
    uint8_t address_length; /**< 4 or 16; else nothing is found */
    uint8_t protocol;       /**< IP protocol number of the header after the octets */
    /** Where the caller thinks that the IP header begins, in octets before the header. It is tried first, and only this
     * place may be farther away than the headers of one packet can be long. 0: unknown. */
    uint32_t hint;
} ipsec_ip_search;

/** The distance from an IP header to the header that it carries. */
typedef struct ipsec_ip_path {
    uint32_t header; /**< octets from the start of the IP header to the header that was looked for */
    uint32_t length; /**< octets of that header and all after it, as IP says; or IPSEC_LENGTH_UNKNOWN */
    uint16_t flags;  /**< IPSEC_VIEW_FRAGMENT, _OFFLOAD, _V6_ORDER as they apply */
} ipsec_ip_path;

/**
 * Finds the IP header whose chain of headers (IPv6 extension headers, AH) ends exactly where the octets end, with the
 * protocol that was asked for.
 *
 * If several fit, the one at the hint is taken, else the farthest: what looks like an IP header inside the options,
 * addresses or ICV of another one was put there by the sender. The time is proportional to the number of octets,
 * whatever they are; in IPv6 there can be up to 65,575 in front.
 *
 * An IP length of 0 with octets after the headers, or above IPSEC_LARGEST_ON_WIRE, is a sign of segmentation offload.
 *
 * @return whether one was found; otherwise *path is unchanged
 */
bool ipsec_ip_find(const ipsec_ip_search *search, ipsec_ip_path *path);

/** What a UDP header says. */
typedef struct ipsec_udp {
    uint32_t length;   /**< octets of payload; IPSEC_LENGTH_UNKNOWN if the header's length makes no sense */
    bool has_checksum; /**< the checksum is not zero */
} ipsec_udp;

/**
 * Reads the UDP header (RFC 768) that ends where `octets` end.
 *
 * @param count            number of octets, at least 8 for a result
 * @param source_port,destination_port ports that it must have, in host byte order
 * @return whether it is that header; otherwise *udp is unchanged
 */
bool ipsec_udp_read(const uint8_t *octets, uint32_t count, uint16_t source_port, uint16_t destination_port,
                    ipsec_udp *udp);

/** Octets of a UDP header. */
#define IPSEC_UDP_HEADER 8

#endif
