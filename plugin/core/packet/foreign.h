/** @file
 * Whether a payload on the port of the UDP encapsulation is another protocol's. Internal to the core.
 *
 * Port 4500 is scanned, and it may be an ephemeral port. What a payload looks like is no proof: an SA whose numbers
 * advance, IKE between the peers, or a key outweigh it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_FOREIGN_H
#define IPSEC_CORE_FOREIGN_H

#include "packet/findings.h"
#include "packet/header.h"
#include "packet/view.h"

#include <stdbool.h>
#include <stdint.h>

/** What the octets of a payload indicate besides ESP. Ordered, the surest last. */
typedef enum {
    IPSEC_FOREIGN_NOT,     /**< nothing else */
    IPSEC_FOREIGN_PERHAPS, /**< typical of another protocol, but also of ESP with one SPI in thousands */
    IPSEC_FOREIGN_SURE     /**< another protocol; ESP looks like this in one packet in a million, or fewer */
} ipsec_foreign;

/** By first octet, whether another protocol has payloads that begin with it and that may have the value of a young
 * number where ESP has its sequence number.
 */
extern const bool ipsec_foreign_begins[UINT8_MAX + 1];

/** Numbers up to here are young: their first octet is zero. At 10,000 packets per second an SA gets there in half an
 * hour.
 */
#define IPSEC_FOREIGN_YOUNG 0x00ffffffu

/** Whether ipsec_find_foreign() may find anything. For most ESP packets it cannot, and need not be called. */
static inline bool ipsec_may_be_foreign(const ipsec_view *view, const ipsec_header *header,
                                        const ipsec_findings *findings)
{
    const uint32_t spi = header->spi, number = header->sequence;

    return findings->any || !header->has_sequence || number > IPSEC_FOREIGN_YOUNG || number >> 16 == 1 ||
           (number & 0xffff) == 0 || spi >> 16 == 0 || (spi & 0x00ffffff) == 0 || view->length == 48 ||
           ipsec_foreign_begins[view->data[0]];
}

/**
 * What the payload looks like, judging by its octets, its ports, its number and its faults.
 *
 * Call it only if ipsec_may_be_foreign().
 *
 * @param header as ipsec_check_udp() has read it; its subject is IPSEC_SUBJECT_HEADER
 * @param findings  as ipsec_check_udp() has left them, or with more
 */
ipsec_foreign ipsec_find_foreign(const ipsec_view *view, const ipsec_header *header, const ipsec_findings *findings);

#endif
