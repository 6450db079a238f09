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
    IPSEC_FOREIGN_PERHAPS, /**< another protocol has such octets; ESP has, too, with an SPI in thousands */
    IPSEC_FOREIGN_SURE     /**< another protocol; ESP has such octets once in a million packets, or less */
} ipsec_foreign;

/** By first octet, whether payloads of another protocol begin with it whose number may be that of a young SA. */
extern const bool ipsec_foreign_begins[UINT8_MAX + 1];

/** Numbers up to here are young: their first octet is zero. At 10,000 packets a second an SA gets there in half an
 * hour.
 */
#define IPSEC_FOREIGN_YOUNG 0x00ffffffu

/** Whether ipsec_find_foreign() may find anything; not for most packets of ESP, and then it need not be called. */
static inline bool ipsec_may_be_foreign(const ipsec_view *view, const ipsec_header *header,
                                        const ipsec_findings *findings)
{
    const uint32_t spi = header->spi, number = header->sequence;

    return findings->any || !header->has_sequence || number > IPSEC_FOREIGN_YOUNG || number >> 16 == 1 ||
           (number & 0xffff) == 0 || spi >> 16 == 0 || (spi & 0x00ffffff) == 0 || view->length == 48 ||
           ipsec_foreign_begins[view->data[0]];
}

/**
 * What the payload looks like, and what its ports, its number and its faults say of it.
 *
 * Asked only where ipsec_may_be_foreign().
 *
 * @param header    as ipsec_check_udp() has read it; of subject IPSEC_SUBJECT_HEADER
 * @param findings  as ipsec_check_udp() has left them, or with more
 */
ipsec_foreign ipsec_find_foreign(const ipsec_view *view, const ipsec_header *header, const ipsec_findings *findings);

#endif
