/* Where a frame was captured.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/place.h"
#include "base/hash.h"
#include "packet/view.h"

#include <glib.h>
#include <string.h>

/* Takes in as much of an address as a word holds: link addresses have 6 octets, or 8. */
static uint64_t hash_address(uint64_t hash, const uint8_t *octets, uint8_t length)
{
    uint64_t word = 0;

    if (length == 0)
        return hash;
    memcpy(&word, octets, MIN(length, sizeof word));
    return ipsec_hash_mix(hash, word);
}

uint32_t ipsec_place_of(uint32_t interface, const ipsec_link *link)
{
    const uint32_t mask = (UINT32_C(1) << IPSEC_PLACE_LINK_BITS) - 1;
    uint64_t hash = link->vlan;

    hash = hash_address(hash, link->source, link->source_length);
    hash = hash_address(hash, link->destination, link->destination_length);
    if (hash != 0)
        hash = MAX(hash & mask, 1);
    return interface << IPSEC_PLACE_LINK_BITS | (uint32_t)hash;
}

uint16_t ipsec_packet_id_of(uint64_t id)
{
    return (uint16_t)MAX(ipsec_hash_mix(1, id) >> 48, 1);
}
