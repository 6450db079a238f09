/** @file
 * Descriptions of recent packets; inline functions, because every packet needs them. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_DESCRIBE_H
#define IPSEC_CORE_DESCRIBE_H

#include "base/octets.h"
#include "packet/fragment.h"
#include "packet/ip.h"
#include "sa/recent.h"

/** Octets of SPI and sequence number of ESP, and the octets that are compared after them and at the end. */
enum {
    IPSEC_RECENT_NUMBERS = 8,
    IPSEC_RECENT_BOTH = 16
};

/** See recent.c. */
typedef struct ipsec_recents_index ipsec_recents_index;

/** The ring. */
struct ipsec_recents {
    ipsec_recent packets[IPSEC_RECENTS]; /**< packet n is at n % IPSEC_RECENTS */
    uint32_t count;                      /**< number of packets so far; the first one is packet 1 */
    ipsec_recent *next;                  /**< the place of packet count + 1; to compute it takes longer */
    ipsec_recents_index *index;          /**< NULL until a packet is searched for */
    ipsec_recents_index *marked;         /**< likewise, by other properties than the number */
    ipsec_limits *limits;
    uint64_t secrets[8]; /**< odd, for the ends of packets */
};

/** The identification of an atomic IPv6 fragment; no other IPv6 packet has one. */
IPSEC_COLD void ipsec_recent_describe_v6(const ipsec_recents *recents, const ipsec_view *view, ipsec_recent *packet);

/** A word in the byte order of memory. */
static inline uint64_t ipsec_recent_load(const uint8_t *octets)
{
    uint64_t word;

    memcpy(&word, octets, sizeof word);
    return word;
}

/** SPI and sequence number are compared separately. */
static IPSEC_INLINE void ipsec_recent_describe_octets(const ipsec_view *view, ipsec_recent *packet)
{
    if (view->captured >= IPSEC_RECENT_BOTH) {
        packet->first_octets = ipsec_recent_load(view->data + IPSEC_RECENT_NUMBERS);
        packet->last_octets = ipsec_recent_load(view->data + view->captured - IPSEC_RECENT_NUMBERS);
        return;
    }
    packet->first_octets = packet->last_octets = 0;
    if (view->captured > IPSEC_RECENT_NUMBERS)
        memcpy(&packet->first_octets, view->data + IPSEC_RECENT_NUMBERS, view->captured - IPSEC_RECENT_NUMBERS);
}

/** Both addresses stand one behind the other in the header. The upper half of the product depends on all their bits. */
static IPSEC_INLINE uint32_t ipsec_recent_ends_v4(const ipsec_recents *recents, const uint8_t *addresses,
                                                  uint32_t ports)
{
    return (uint32_t)(ipsec_recent_load(addresses) * recents->secrets[0] >> 32) ^ ports;
}

/** Describes the headers in front. For `v4` see ipsec_recents_describe_next(). */
static IPSEC_INLINE void ipsec_recent_describe_ip(const ipsec_recents *recents, const ipsec_view *view,
                                                  ipsec_recent *packet, bool v4)
{
    const uint8_t *ip = view->outer;

    if (G_LIKELY((v4 || view->ip_version == 4) && view->outer_length >= IPSEC_IPV4_HEADER)) {
        packet->identification = !v4 && view->flags & IPSEC_VIEW_FRAGMENT ? 0 : ipsec_read_u16(ip + 4);
        packet->ends = ipsec_recent_ends_v4(recents, ip + 12, ipsec_recent_ports(view));
        packet->ttl = ip[8];
        packet->dscp = ip[1] >> 2;
        return;
    }
    packet->identification = 0;
    packet->ends = 0;
    packet->ttl = 0;
    packet->dscp = IPSEC_DSCP_UNKNOWN;
    if (v4 || view->outer_length < IPSEC_IPV6_HEADER)
        return;
    packet->ttl = ip[7];
    packet->dscp = (uint8_t)((ip[0] & 0x0f) << 2 | ip[1] >> 6);
    if (view->ip_version != 4 && view->outer_length > IPSEC_IPV6_HEADER)
        ipsec_recent_describe_v6(recents, view, packet);
}

/** See ipsec_recents_describe(). Sets each member separately, because compilers would clear the whole structure first;
 * and the octets first, while compilers know what was asked of the view.
 *
 * @param v4  whether the view is of IPv4, and not of a fragment, if the compiler knows; else false
 */
static IPSEC_INLINE ipsec_recent *ipsec_recents_describe_next(ipsec_recents *recents, const ipsec_view *view,
                                                              uint32_t sa, uint32_t sequence, ipsec_standing standing,
                                                              bool v4)
{
    ipsec_recent *packet = recents->next;

    ipsec_recent_describe_octets(view, packet);
    memcpy(packet, view, offsetof(ipsec_recent, first_octets));
    packet->sa = sa;
    packet->sequence = sequence;
    packet->encapsulation = view->encapsulation;
    packet->standing = (uint8_t)standing;
    ipsec_recent_describe_ip(recents, view, packet, v4);
    return packet;
}

/** Remembers the packet that was described last; `earlier` is the one found for it, or NULL. */
static inline void ipsec_recents_keep(ipsec_recents *recents, ipsec_recent *packet, const ipsec_recent *earlier)
{
    packet->first = earlier ? earlier->first : packet->frame;
    recents->count++;
    recents->next = packet + 1 < recents->packets + IPSEC_RECENTS ? packet + 1 : recents->packets;
}

#endif
