/* IP and UDP headers in front of an IPsec header, found and verified in the octets.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/ip.h"
#include "base/octets.h"
#include "packet/protocol.h"
#include "packet/view.h"

#include <string.h>

/* Alignment at which IP headers are looked for, in octets. */
#define IP_STEP 4u

/* How far back an IP header is looked for: an IPv6 header and the longest payload. */
#define FARTHEST (IPSEC_IPV6_HEADER + (uint32_t)UINT16_MAX)

/* The headers that may be between IP and the header looked for. All are 8 octets long, plus `unit` octets times their
 * length octet. `place` is their rank in the order of RFC 8200 4.1; destination options and the rest may be anywhere.
 */
static const struct extension {
    bool known;
    uint8_t unit;
    uint8_t place;
} extensions[UINT8_MAX + 1] = {
    [IPSEC_PROTOCOL_HOP_BY_HOP] = {true, 8, 0},
    [IPSEC_PROTOCOL_ROUTING] = {true, 8, 1},
    [IPSEC_PROTOCOL_FRAGMENT] = {true, 0, 2},
    [IPSEC_PROTOCOL_AH] = {true, 4, 3},
    [IPSEC_PROTOCOL_DESTINATION_OPTIONS] = {true, 8, 0},
    [IPSEC_PROTOCOL_MOBILITY] = {true, 8, 0},
    [IPSEC_PROTOCOL_HIP] = {true, 8, 0},
    [IPSEC_PROTOCOL_SHIM6] = {true, 8, 0},
};

uint32_t ipsec_ip_extension(uint8_t protocol, const uint8_t *p, uint32_t count)
{
    uint32_t length;

    if (!extensions[protocol].known || count < 8)
        return 0;
    length = 8u + extensions[protocol].unit * p[1];
    return length <= count ? length : 0;
}

/* What one extension header adds to the flags of the view. */
static uint16_t flags_of(uint8_t protocol, const uint8_t *p, bool first, unsigned *place)
{
    const unsigned own = extensions[protocol].place;
    uint16_t flags = 0;

    if ((own > 0 && own < *place) || (protocol == IPSEC_PROTOCOL_HOP_BY_HOP && !first))
        flags |= IPSEC_VIEW_V6_ORDER;
    if (protocol == IPSEC_PROTOCOL_FRAGMENT && ipsec_ip_is_v6_fragment(p))
        flags |= IPSEC_VIEW_FRAGMENT;
    if (own > *place)
        *place = own;
    return flags;
}

/* Places from which a chain led nowhere, by the distance to the header looked for and by the unit of the length. Octets
 * can be crafted to look like thousands of IP headers with long chains; but such chains meet, and no part of one is
 * followed twice. */
typedef struct dead_ends {
    uint8_t half_octets[FARTHEST / IP_STEP / 2 + 1];
} dead_ends;

/* Whether a chain led through here before; marks the place. */
static bool is_dead_end(dead_ends *known, uint32_t distance, uint8_t protocol)
{
    uint8_t *octet = &known->half_octets[distance / IP_STEP / 2];
    const uint8_t bit = (uint8_t)(1u << (extensions[protocol].unit / 4 + distance / IP_STEP % 2 * 4));
    const bool was = *octet & bit;

    *octet |= bit;
    return was;
}

/* Follows the chain from `offset` of the IP header at p to the header at `end`. */
static inline bool walk(const uint8_t *p, uint32_t offset, uint32_t end, uint8_t protocol, uint8_t wanted, bool v6,
                        dead_ends *known, uint16_t *flags)
{
    const uint32_t start = offset;
    unsigned place = 0;

    while (offset < end) {
        const uint32_t length = ipsec_ip_extension(protocol, p + offset, end - offset);

        if (length == 0 || (!v6 && protocol != IPSEC_PROTOCOL_AH))
            return false;
        if (known && is_dead_end(known, end - offset, protocol))
            return false;
        *flags |= flags_of(protocol, p + offset, offset == start, &place);
        protocol = p[offset];
        offset += length;
    }
    return protocol == wanted;
}

/* Fewer octets than this after the headers are link padding: every header that is looked for is longer. */
#define LEAST_BEHIND 8u

/* Fills in the path from the total length that IP states, if that is not 0. */
static inline void fill(const ipsec_ip_search *search, ipsec_ip_path *path, uint32_t distance, uint32_t total,
                        bool stated, uint16_t flags)
{
    if (!stated && search->behind < LEAST_BEHIND) {
        stated = true;
        total = distance;
    }
    path->header = distance;
    path->length = stated ? total - distance : IPSEC_LENGTH_UNKNOWN;
    path->flags = flags | (!stated || total > IPSEC_LARGEST_ON_WIRE ? IPSEC_VIEW_OFFLOAD : 0);
}

/* Whether an IPv4 header begins at p, `distance` octets before the header looked for. After the chain was followed,
 * nothing else may rule the header out, because what it shares with another chain counts as a dead end from then on. */
static inline bool read_v4(const ipsec_ip_search *search, const uint8_t *p, uint32_t distance, dead_ends *known,
                           ipsec_ip_path *path)
{
    const uint32_t header = (p[0] & 0x0fu) * 4;
    const uint32_t total = ipsec_read_u16(p + 2);
    uint16_t flags = 0;

    if (p[0] >> 4 != 4 || header < IPSEC_IPV4_HEADER || header > distance || memcmp(p + 12, search->source, 4) != 0)
        return false;
    if (total != 0 && total < distance)
        return false;
    if (!walk(p, header, distance, p[9], search->protocol, false, known, &flags))
        return false;
    if (ipsec_ip_is_v4_fragment(p))
        flags |= IPSEC_VIEW_FRAGMENT;
    fill(search, path, distance, total, total != 0, flags);
    return true;
}

/* The same for IPv6. */
static bool read_v6(const ipsec_ip_search *search, const uint8_t *p, uint32_t distance, dead_ends *known,
                    ipsec_ip_path *path)
{
    const uint32_t payload = ipsec_read_u16(p + 4);
    uint16_t flags = 0;

    if (distance < IPSEC_IPV6_HEADER || p[0] >> 4 != 6 || memcmp(p + 8, search->source, 16) != 0)
        return false;
    if (payload != 0 && payload + IPSEC_IPV6_HEADER < distance)
        return false;
    if (!walk(p, IPSEC_IPV6_HEADER, distance, p[6], search->protocol, true, known, &flags))
        return false;
    /* A payload length of 0 is a jumbogram or offload: beyond IPSEC_LARGEST_ON_WIRE either way. */
    fill(search, path, distance, payload + IPSEC_IPV6_HEADER, payload != 0, flags);
    return true;
}

static inline bool try_at(const ipsec_ip_search *search, uint32_t distance, dead_ends *known, ipsec_ip_path *path)
{
    const uint8_t *p;

    if (distance > search->count || distance < IPSEC_IPV4_HEADER)
        return false;
    p = search->octets + (search->count - distance);
    return search->address_length == 4 ? read_v4(search, p, distance, known, path)
                                       : read_v6(search, p, distance, known, path);
}

/* Tries all places, and follows no chain twice. Needed only if the IP dissector left no hint, as IPv6 in front of UDP
 * does. */
static IPSEC_COLD bool search_back(const ipsec_ip_search *search, ipsec_ip_path *path)
{
    const uint32_t nearest = search->address_length == 4 ? IPSEC_IPV4_HEADER : IPSEC_IPV6_HEADER;
    const uint32_t farthest = (search->count < FARTHEST ? search->count : FARTHEST) / IP_STEP * IP_STEP;
    dead_ends known;

    memset(known.half_octets, 0, farthest / IP_STEP / 2 + 1);
    for (uint32_t distance = farthest; distance >= nearest; distance -= IP_STEP)
        if (try_at(search, distance, &known, path))
            return true;
    return false;
}

bool ipsec_ip_find(const ipsec_ip_search *search, ipsec_ip_path *path)
{
    if (search->address_length != 4 && search->address_length != 16)
        return false;
    if (search->hint && try_at(search, search->hint, NULL, path))
        return true;
    return search_back(search, path);
}

bool ipsec_udp_read(const uint8_t *octets, uint32_t count, uint16_t source_port, uint16_t destination_port,
                    ipsec_udp *udp)
{
    const uint8_t *p;
    uint32_t length;

    if (count < IPSEC_UDP_HEADER)
        return false;
    p = octets + (count - IPSEC_UDP_HEADER);
    if (ipsec_read_u16(p) != source_port || ipsec_read_u16(p + 2) != destination_port)
        return false;
    length = ipsec_read_u16(p + 4);
    udp->length = length >= IPSEC_UDP_HEADER ? length - IPSEC_UDP_HEADER : IPSEC_LENGTH_UNKNOWN;
    udp->has_checksum = ipsec_read_u16(p + 6) != 0;
    return true;
}
