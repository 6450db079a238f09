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

    return hash == 0 && word != 0 ? 1 : hash;
}

/** The last link in each direction: from the lower address to the higher one, and back. All zero is valid, and stands
 * for frames without addresses. */
typedef struct ipsec_links {
    struct {
        uint64_t source, destination;
        uint32_t vlan, halves;
    } last[2];
} ipsec_links;

/**
 * The low bits of ipsec_view.place: both halves. Two addresses have the same half with a probability of 2^-10, two
 * links both halves with a probability of 2^-20. An attacker who achieves this on purpose passes for the other link,
 * and gains nothing from it.
 *
 * 0: neither addresses nor VLAN.
 *
 * @param links    where the result is looked up first, and kept
 * @param source       ipsec_link_word() of the address; likewise the destination
 * @param vlan         0: none
 */
static IPSEC_INLINE uint32_t ipsec_link_of(ipsec_links *links, uint64_t source, uint64_t destination, uint32_t vlan)
{
    const unsigned way = source < destination;
    const uint32_t at_source = IPSEC_PLACE_LINK_BITS / 2;

    if (source == 0 && destination == 0 && vlan == 0)
        return 0;
    if (G_LIKELY(links->last[way].source == source && links->last[way].destination == destination &&
                 links->last[way].vlan == vlan))
        return links->last[way].halves;
    links->last[way].source = source;
    links->last[way].destination = destination;
    links->last[way].vlan = vlan;
    links->last[way].halves = ipsec_half_place(source, vlan) << at_source | ipsec_half_place(destination, vlan);
    return links->last[way].halves;
}

/** ipsec_view.place, from the number of the interface in the capture and ipsec_link_of(). */
static inline uint32_t ipsec_place_of(uint32_t interface, uint32_t link)
{
    return interface << IPSEC_PLACE_LINK_BITS | link;
}

/** Value of ipsec_view.packet_id, from the capturing system's id of the packet. Never 0. */
static inline uint16_t ipsec_packet_id_of(uint64_t id)
{
    return (uint16_t)MAX(ipsec_hash_mix(1, id) >> 48, 1);
}

#endif
