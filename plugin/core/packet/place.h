/** @file
 * Where a frame was captured, and whether it is a copy that the capturing system made: in words that a view holds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_PLACE_H
#define IPSEC_CORE_PLACE_H

#include <stdint.h>

/** What the link tells of a frame. */
typedef struct ipsec_link {
    const uint8_t *source, *destination; /**< addresses; NULL if the length is 0 */
    uint8_t source_length, destination_length;
    uint32_t vlan; /**< 0: none */
} ipsec_link;

/**
 * Value of ipsec_view.place. Two addresses have the same half of it with a chance of 2^-10, two links both with one of
 * 2^-20; whoever brings that about on purpose passes for the other link, and gains nothing by it.
 *
 * @param interface  number of the interface in the capture
 */
uint32_t ipsec_place_of(uint32_t interface, const ipsec_link *link);

/** Value of ipsec_view.packet_id, of what the capturing system calls the packet. Never 0. */
uint16_t ipsec_packet_id_of(uint64_t id);

#endif
