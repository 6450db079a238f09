/** @file
 * The most recent packets of all SAs: whether a repeated sequence number is the same packet. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_RECENT_H
#define IPSEC_CORE_RECENT_H

#include "base/limits.h"
#include "packet/view.h"
#include "sa/ruling.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** What shows whether another packet is the same, in 64 octets. */
typedef struct ipsec_recent {
    /* The first ones are members of ipsec_view, in its order. */
    uint64_t time;
    uint32_t frame;
    uint32_t place;
    uint32_t captured;
    uint32_t length;
    uint32_t ends; /**< ipsec_recents_ends(), where there is an identification; else 0 */
    uint16_t packet_id;
    uint8_t encapsulation; /**< ipsec_view.encapsulation */
    uint8_t standing;      /**< ipsec_standing: unverified packets must not vouch for verified ones */
    uint64_t first_octets; /**< octets after SPI and sequence number, as they are in memory; likewise the last octets of
                              the packet */
    uint64_t last_octets;
    uint32_t sa, sequence;   /**< index of the SA; low half of the number */
    uint32_t first;          /**< ipsec_view.frame of the first packet with that number */
    uint16_t identification; /**< that of IPv4, or the low half of that of an atomic fragment of IPv6; 0 for other
                                fragments */
    uint8_t ttl, dscp;       /**< or hop limit; IPSEC_DSCP_UNKNOWN if the IP header is not available */
} ipsec_recent;

/** Both ports of the UDP encapsulation as they are in a view, only for comparing; 0: none. */
static inline uint32_t ipsec_recent_ports(const ipsec_view *view)
{
    uint32_t ports;

    memcpy(&ports, &view->source_port, sizeof ports);
    return ports;
}

/* Copying all of them at once takes a fraction of the time. */
G_STATIC_ASSERT(offsetof(ipsec_view, destination_port) == offsetof(ipsec_view, source_port) + sizeof(uint16_t));
G_STATIC_ASSERT(sizeof(ipsec_recent) == 64);
#define IPSEC_SAME_PLACE(member) G_STATIC_ASSERT(offsetof(ipsec_recent, member) == offsetof(ipsec_view, member))
IPSEC_SAME_PLACE(time);
IPSEC_SAME_PLACE(frame);
IPSEC_SAME_PLACE(place);
IPSEC_SAME_PLACE(captured);
IPSEC_SAME_PLACE(length);
IPSEC_SAME_PLACE(packet_id);
G_STATIC_ASSERT(offsetof(ipsec_recent, ends) == offsetof(ipsec_view, source_port));
#undef IPSEC_SAME_PLACE

#define IPSEC_DSCP_UNKNOWN UINT8_MAX

/** Packets that are remembered: enough for 5 ms at 1.6 million packets per second. A power of two. */
#define IPSEC_RECENTS 8192u

/** The most recent packets. They take 0.5 MB, and their index 64 KB, which most captures never need. */
typedef struct ipsec_recents ipsec_recents;

/** Creates an empty ring. Free it with ipsec_recents_free().
 *
 * @param limits  counts searches that may have come too late; NULL: nobody asks; so with all others that take it
 */
ipsec_recents *ipsec_recents_new(ipsec_limits *limits);

/** NULL is fine. */
void ipsec_recents_free(ipsec_recents *recents);

/** Describes a packet with a sequence number, in place of the oldest one. It is only remembered by
 * ipsec_recents_keep(), see describe.h. Valid until the next call. */
ipsec_recent *ipsec_recents_describe(ipsec_recents *recents, const ipsec_view *view, const ipsec_ruling *ruling);

/** Finds a remembered packet of the same SA with the same number and with that standing: the last one that is the same
 * packet, or else the last one; NULL if there is none. Updates the index first. */
const ipsec_recent *ipsec_recents_find(ipsec_recents *recents, const ipsec_recent *packet, ipsec_standing standing);

/** From where to where a packet goes, hashed with a secret: addresses of `length` octets, and ipsec_recent_ports(). Two
 * that differ have the same with a chance of 2^-31, whoever chose them. */
uint32_t ipsec_recents_ends(const ipsec_recents *recents, const uint8_t *source, const uint8_t *destination,
                            uint8_t length, uint32_t ports);

/** The frame of the last packet with these ends and that identification whose payload of IP ends at octet `end`; 0 if
 * none is remembered. Looks through all. */
uint32_t ipsec_recents_find_end(const ipsec_recents *recents, uint32_t ends, uint16_t identification, uint32_t end);

/** The last remembered packet of an SA with that number (its low half), preferably a genuine one; NULL if there is
 * none. Updates the index first. */
const ipsec_recent *ipsec_recents_find_number(ipsec_recents *recents, uint32_t sa, uint32_t sequence);

/** What identifies an IPv4 packet whose sequence number is not known. */
typedef struct ipsec_recent_marks {
    uint32_t sa;     /**< index; IPSEC_SA_NONE: any */
    uint32_t length; /**< as in ipsec_recent; likewise the rest */
    uint32_t ends;
    uint16_t identification;
} ipsec_recent_marks;

/** The packet that has these marks, the last one if it was captured more than once; NULL if no packet has them, or
 * several. Updates an index of its own first. */
const ipsec_recent *ipsec_recents_find_unique(ipsec_recents *recents, const ipsec_recent_marks *marks);

/** Whether two packets have the same octets from ESP or AH on, as far as is known: if they were truncated differently,
 * only the first octets are compared. */
bool ipsec_recent_is_same(const ipsec_recent *a, const ipsec_recent *b);

/** Whether they are one frame that was captured twice, at two places or ports, within `time` nanoseconds: there may
 * have been a router in between, and either may have been written first. At any distance in time if the capturing
 * system says so. */
bool ipsec_recent_is_captured_twice(const ipsec_recent *a, const ipsec_recent *b, uint64_t time);

/** Whether all packets of the SA that overtook this one have another DSCP, as far as they are among the last thousand
 * of all SAs and have at least its standing. A queue keeps the order, so a single packet of the same class points to
 * another cause.
 *
 * @param most  as many can have overtaken it
 */
bool ipsec_recents_overtaken_by_others(const ipsec_recents *recents, const ipsec_recent *packet, uint64_t most);

#endif
