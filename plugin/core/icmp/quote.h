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

/** What an error says, by type and code. */
typedef enum {
    IPSEC_ICMP_NO_ERROR,
    IPSEC_ICMP_TOO_BIG,
    IPSEC_ICMP_PROTOCOL,    /**< protocol unreachable; in IPv6 unrecognized next header, which is that of IPsec */
    IPSEC_ICMP_PORT,        /**< port unreachable */
    IPSEC_ICMP_PROHIBITED,  /**< by a filter */
    IPSEC_ICMP_UNREACHABLE, /**< host, network and the like */
    IPSEC_ICMP_TIME,        /**< TTL or hop limit */
    IPSEC_ICMP_REASSEMBLY,  /**< a fragment never came */
    IPSEC_ICMP_PARAMETER
} ipsec_icmp_kind;

/** The packet that is quoted, as far as its octets are there. */
typedef struct ipsec_quote {
    const uint8_t *source, *destination; /**< address_length octets */
    uint8_t address_length;              /**< 4 or 16 */
    uint8_t protocol;                    /**< of the first header after those of IP: ESP, AH, IPComp, UDP */
    bool is_later_fragment;              /**< it does not begin with that header, so nothing is known of it */
    bool may_cut;                        /**< IPv4 without DF */
    uint16_t identification;             /**< of IPv4; else 0 */
    uint32_t length;                     /**< of the packet, as its IP header says; 0: it does not */
    uint32_t behind_ip;                  /**< octets of it from that header on; 0 likewise */
    bool has_spi, has_sequence;          /**< of ESP, in UDP too, and AH */
    uint32_t spi, sequence;
    uint16_t source_port, destination_port; /**< of UDP; 0: not there */
    uint32_t udp_payload;                   /**< octets that UDP carried; 0 likewise */
    const uint8_t *ike;  /**< of UDP: an IKE header, of which ike_count octets are there; NULL: there is none */
    uint32_t ike_count;  /**< at least 18 */
    uint8_t ah_length;   /**< octets of AH; 0: not known */
    bool next_header_at; /**< the pointer of the message names the octet that says which protocol it is */
} ipsec_quote;

/** One error. */
typedef struct ipsec_icmp_error {
    ipsec_icmp_kind kind;
    uint32_t mtu;        /**< if IPSEC_ICMP_TOO_BIG */
    bool checksum_wrong; /**< known to be: the host that gets it discards it */
    bool from_peer;      /**< it comes from the address that the quoted packet went to */
    ipsec_quote quote;
} ipsec_icmp_error;

/**
 * Reads an error.
 *
 * @return false if it is none, or does not quote ESP, AH, IPComp or UDP in a way that can be read
 */
bool ipsec_icmp_read(const ipsec_icmp_view *view, ipsec_icmp_error *error);

/** Whether a quote of UDP is on a port of IKE or of UDP encapsulation, at one end. */
bool ipsec_quote_has_port(const ipsec_quote *quote);

#endif
