/* Where a frame was captured.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/place.h"
#include "base/hash.h"
#include "packet/view.h"

#include <glib.h>
#include <string.h>

#define MAC 6u

/* As much of an address as a word holds. Link addresses have 6 octets, or 8. */
static inline uint64_t word_of(const uint8_t *octets, uint8_t length)
{
    uint64_t word = 0;

    if (length == MAC)
        memcpy(&word, octets, MAC);
    else if (length > 0)
        memcpy(&word, octets, MIN(length, sizeof word));
    return word;
}

/* An address in half of the bits. */
static inline uint32_t half_of(const uint8_t *octets, uint8_t length, uint32_t vlan)
{
    const uint32_t mask = (UINT32_C(1) << IPSEC_PLACE_LINK_BITS / 2) - 1;
    uint64_t hash = vlan;

    if (length > 0)
        hash = ipsec_hash_mix(hash, word_of(octets, length));
    return hash == 0 ? 0 : MAX((uint32_t)hash & mask, 1);
}

uint32_t ipsec_place_of(uint32_t interface, const ipsec_link *link)
{
    const uint32_t source = half_of(link->source, link->source_length, link->vlan);
    const uint32_t destination = half_of(link->destination, link->destination_length, link->vlan);

    return interface << IPSEC_PLACE_LINK_BITS | source << IPSEC_PLACE_LINK_BITS / 2 | destination;
}

uint16_t ipsec_packet_id_of(uint64_t id)
{
    return (uint16_t)MAX(ipsec_hash_mix(1, id) >> 48, 1);
}
