/** @file
 * Kinds of headers: where their fields are, and which findings are their own. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_KIND_H
#define IPSEC_CORE_KIND_H

#include "base/catalogue.h"
#include "base/octets.h"
#include "packet/header.h"
#include "packet/view.h"

#include <stdbool.h>
#include <stdint.h>

/** The fixed part of each header, in octets. */
#define IPSEC_ESP_HEADER 8u
#define IPSEC_AH_HEADER  12u

/** SPIs up to here are reserved by IANA: RFC 4303 2.1, RFC 4302 2.4. */
#define IPSEC_SPI_RESERVED_LAST 255u

/** Whether there is something to say about the SPI; next, about the sequence number. */
static inline bool ipsec_is_spi_odd(uint32_t spi)
{
    return spi <= IPSEC_SPI_RESERVED_LAST;
}

static inline bool ipsec_is_sequence_odd(uint32_t sequence)
{
    return sequence == 0;
}

/** The shortest packet of any SA of RFC 4303: the header, a trailer of one word, and an ICV of 8 octets (or an IV of 8
 * if there is no ICV). */
#define IPSEC_ESP_FLOOR 20u

/** One kind of header: where its fields are, and which findings are its own. */
typedef struct ipsec_header_kind {
    /** Octets of the header according to its own length field; its first two octets must be readable. NULL if it has no
     * such field, or encrypts. */
    uint32_t (*length)(const uint8_t *header);
    uint8_t protocol;          /**< IPSEC_PROTOCOL_... */
    uint8_t fixed;             /**< octets of the fixed part */
    uint8_t spi_at;            /**< offset from the first octet of the header */
    uint8_t sequence_at;       /**< likewise; it follows the SPI */
    ipsec_finding_id spi_zero; /**< the SPI is 0; the next one: it is in 1 to IPSEC_SPI_RESERVED_LAST */
    ipsec_finding_id spi_reserved;
    ipsec_finding_id spi_unknown; /**< the receiver has no such SA */
    ipsec_finding_id icv;         /**< the ICV is wrong */
    ipsec_finding_id fragment;    /**< it is in a fragment */
    ipsec_finding_id v6_order;    /**< extension headers in front of it are out of order */
    ipsec_finding_id ip_checksum; /**< of the IP header in front; likewise the next */
    ipsec_finding_id v4_option;
    /** It came in UDP although its SA does not, or vice versa; IPSEC_FINDING_COUNT: not a fault. */
    ipsec_finding_id encap_mismatch;
} ipsec_header_kind;

/** The kinds by index, and their number. */
enum {
#define KIND(symbol, name, number, encrypts, covers_outer) IPSEC_KIND_##symbol,
#include "base/kind.def"
#undef KIND
    IPSEC_HEADER_KINDS
};

/** The descriptors; each is defined in the file with its rule. */
#define KIND(symbol, name, number, encrypts, covers_outer) extern const ipsec_header_kind ipsec_kind_##name;
#include "base/kind.def"
#undef KIND

/** All of them, by index. */
extern const ipsec_header_kind *const ipsec_header_kinds[IPSEC_HEADER_KINDS];

/** By protocol, the index of its kind; that of the first for what is none. */
static inline uint8_t ipsec_kind_index(uint8_t protocol)
{
#define KIND(symbol, name, number, encrypts, covers_outer)                                                             \
    if (protocol == (number))                                                                                          \
        return IPSEC_KIND_##symbol;
#include "base/kind.def"
#undef KIND
    return 0;
}

/** The kind of a protocol; that of ESP for protocols without a kind. Static storage. */
static inline const ipsec_header_kind *ipsec_kind_of(uint8_t protocol)
{
    return ipsec_header_kinds[ipsec_kind_index(protocol)];
}

/** Initialises the header from the view. */
static inline void ipsec_header_begin(ipsec_header *header, const ipsec_view *view)
{
    *header = (ipsec_header){
        .protocol = view->protocol, .encapsulation = view->encapsulation, .subject = IPSEC_SUBJECT_HEADER};
}

/** Reads SPI and sequence number, as far as they were captured. Returns whether there is something to say about them,
 * so that a clean packet costs no call. */
static inline bool ipsec_header_read_numbers(const ipsec_view *view, const ipsec_header_kind *kind,
                                             ipsec_header *header)
{
    if (!ipsec_view_has(view, kind->spi_at + 4u))
        return false;
    header->has_spi = true;
    header->spi = ipsec_read_u32(view->data + kind->spi_at);
    if (!ipsec_view_has(view, kind->sequence_at + 4u))
        return ipsec_is_spi_odd(header->spi);
    header->has_sequence = true;
    header->sequence = ipsec_read_u32(view->data + kind->sequence_at);
    return ipsec_is_spi_odd(header->spi) || ipsec_is_sequence_odd(header->sequence);
}

#endif
