/** @file
 * Reading an ICMP error, and the headers of the packet that it quotes. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ICMP_QUOTE_H
#define IPSEC_CORE_ICMP_QUOTE_H

#include "icmp/error.h"

/** The port of UDP encapsulation. */
#define IPSEC_PORT_NATT 4500

/** The meaning of an error, from its type and code. */
typedef enum {
    IPSEC_ICMP_NO_ERROR,
    IPSEC_ICMP_TOO_BIG,
    IPSEC_ICMP_PROTOCOL,    /**< protocol unreachable; in IPv6, unrecognized next header, if that is the one of IPsec */
    IPSEC_ICMP_PORT,        /**< port unreachable */
    IPSEC_ICMP_PROHIBITED,  /**< by a filter */
    IPSEC_ICMP_UNREACHABLE, /**< host, network and the like */
    IPSEC_ICMP_TIME,        /**< TTL or hop limit */
    IPSEC_ICMP_REASSEMBLY,  /**< a fragment did not arrive */
    IPSEC_ICMP_PARAMETER
} ipsec_icmp_kind;

/** The quoted packet, as far as its octets are there. */
typedef struct ipsec_quote {
    const uint8_t *source, *destination; /**< address_length octets */
    uint8_t address_length;              /**< 4 or 16 */
    uint8_t protocol;                    /**< that of the first header after the IP headers: ESP, AH, IPComp, UDP */
    bool is_later_fragment;              /**< a fragment other than the first, so nothing is known of that header */
    bool may_cut;                        /**< IPv4 without DF */
    uint16_t identification;             /**< of IPv4; else 0 */
    uint32_t length;                     /**< octets of the packet, according to its IP header; 0: it does not say */
    uint32_t behind_ip;                  /**< octets of the packet from that header on; 0 likewise */
    bool has_spi, has_sequence;          /**< those of ESP, also in UDP, and AH */
    uint32_t spi, sequence;
    uint16_t source_port, destination_port; /**< those of UDP; 0: not quoted */
    uint32_t udp_payload;                   /**< octets of the UDP payload; 0 likewise */
    const uint8_t *ike;  /**< in UDP: an IKE header, of which ike_count octets are there; NULL: there is none */
    uint32_t ike_count;  /**< at least 18 */
    uint8_t ah_length;   /**< length of AH in octets; 0: not known */
    bool next_header_at; /**< the pointer of the message points to the octet that names the protocol */
} ipsec_quote;

/** An error. */
typedef struct ipsec_icmp_error {
    ipsec_icmp_kind kind;
    uint32_t mtu;        /**< if IPSEC_ICMP_TOO_BIG */
    bool checksum_wrong; /**< it is known to be wrong, so the host that receives the error discards it */
    bool from_peer;      /**< it comes from the address that the quoted packet went to */
    ipsec_quote quote;
} ipsec_icmp_error;

/**
 * Reads an error.
 *
 * @return false if it is not an error, or does not quote ESP, AH, IPComp or UDP in a readable way
 */
bool ipsec_icmp_read(const ipsec_icmp_view *view, ipsec_icmp_error *error);

/** Whether a quote of UDP has a port of IKE or of UDP encapsulation at either end. */
bool ipsec_quote_has_port(const ipsec_quote *quote);

#endif
