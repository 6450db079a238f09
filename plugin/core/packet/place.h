/** @file
 * Where a frame was captured, and whether it is a copy that the capturing system made: in words that a view holds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_PLACE_H
#define IPSEC_CORE_PLACE_H

#include "base/hash.h"
#include "base/octets.h"
#include "packet/view.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

/** ipsec_link_word() of any length. */
uint64_t ipsec_link_word_of(const uint8_t *octets, uint32_t length);

/** As much of a link address as fits into a word: most have 6 octets, some 8. 0: there is none, or it is all zeros. */
static IPSEC_INLINE uint64_t ipsec_link_word(const uint8_t *octets, uint32_t length)
{
    const uint32_t mac = 6;
    uint32_t first;
    uint16_t last;

    if (length != mac)
        return length > 0 ? ipsec_link_word_of(octets, length) : 0;
    memcpy(&first, octets, sizeof first);
    memcpy(&last, octets + sizeof first, sizeof last);
    return (uint64_t)last << 32 | first;
}

/** One half of ipsec_view.place. */
static IPSEC_INLINE uint32_t ipsec_half_place(uint64_t link, uint32_t vlan)
{
    const uint64_t word = link ^ vlan;
    const uint32_t hash = (uint32_t)(word * IPSEC_HASH_FACTOR >> (64 - IPSEC_PLACE_LINK_BITS / 2));

    return hash > 0 ? hash : word != 0;
}

/**
 * Value of ipsec_view.place. Two addresses have the same half with a probability of 2^-10, two links both halves with a
 * probability of 2^-20. An attacker who achieves this on purpose passes for the other link, and gains nothing from it.
 *
 * @param interface    number of the interface in the capture
 * @param source       ipsec_link_word() of the address; likewise the destination
 * @param vlan         0: none
 */
static IPSEC_INLINE uint32_t ipsec_place_of(uint32_t interface, uint64_t source, uint64_t destination, uint32_t vlan)
{
    return interface << IPSEC_PLACE_LINK_BITS | ipsec_half_place(source, vlan) << IPSEC_PLACE_LINK_BITS / 2 |
           ipsec_half_place(destination, vlan);
}

/** Value of ipsec_view.packet_id, from the capturing system's id of the packet. Never 0. */
static inline uint16_t ipsec_packet_id_of(uint64_t id)
{
    return (uint16_t)MAX(ipsec_hash_mix(1, id) >> 48, 1);
}

#endif
