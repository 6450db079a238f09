/* IP and UDP headers in front of an IPsec header, found and verified in the octets.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ip.h"
#include "protocol.h"
#include "view.h"

#include <string.h>

/* IP headers begin so many octets apart. */
#define IP_STEP 4u

/* How far back an IP header is looked for: 60 octets of IPv4, or 40 of IPv6, and room for extension
 * headers and AH. It bounds the work on octets that hold no IP header. */
#define FARTHEST 512u

/* Above any jumbo frame in use: such a packet is handed to the capture before segmentation. */
#define LARGEST_ON_WIRE 9216u

/* The headers that may stand between IP and the header looked for. All are 8 octets long plus so many for
 * each unit of their length octet. `place` is where RFC 8200 4.1 wants them; options for the destination
 * and the rest may stand anywhere. */
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

/* Follows the chain from `offset` of the IP header at p to the header at `end`. */
static inline bool walk(const uint8_t *p, uint32_t offset, uint32_t end, uint8_t protocol, uint8_t wanted, bool v6,
                        uint16_t *flags)
{
    const uint32_t start = offset;
    unsigned place = 0;

    while (offset < end) {
        const uint32_t length = ipsec_ip_extension(protocol, p + offset, end - offset);

        if (length == 0 || (!v6 && protocol != IPSEC_PROTOCOL_AH))
            return false;
        *flags |= flags_of(protocol, p + offset, offset == start, &place);
        protocol = p[offset];
        offset += length;
    }
    return protocol == wanted;
}

/* Link padding is shorter, and every header that is looked for longer. */
#define LEAST_BEHIND 8u

/* Fills the path from the total length that IP states, where it is not 0; false if it ends before the header looked
 * for. */
static inline bool fill(const ipsec_ip_search *search, ipsec_ip_path *path, uint32_t distance, uint32_t total,
                        bool stated, uint16_t flags)
{
    if (!stated && search->behind < LEAST_BEHIND) {
        stated = true;
        total = distance;
    }
    if (stated && total < distance)
        return false;
    path->header = distance;
    path->length = stated ? total - distance : IPSEC_LENGTH_UNKNOWN;
    path->flags = flags | (!stated || total > LARGEST_ON_WIRE ? IPSEC_VIEW_OFFLOAD : 0);
    return true;
}

/* Whether an IPv4 header begins at p, `distance` octets before the header looked for. */
static inline bool read_v4(const ipsec_ip_search *search, const uint8_t *p, uint32_t distance, ipsec_ip_path *path)
{
    const uint32_t header = (p[0] & 0x0fu) * 4;
    const uint32_t total = ipsec_read_u16(p + 2);
    uint16_t flags = 0;

    if (p[0] >> 4 != 4 || header < IPSEC_IPV4_HEADER || header > distance || memcmp(p + 12, search->source, 4) != 0)
        return false;
    if (!walk(p, header, distance, p[9], search->protocol, false, &flags))
        return false;
    if (ipsec_ip_is_v4_fragment(p))
        flags |= IPSEC_VIEW_FRAGMENT;
    return fill(search, path, distance, total, total != 0, flags);
}

/* The same for IPv6. */
static bool read_v6(const ipsec_ip_search *search, const uint8_t *p, uint32_t distance, ipsec_ip_path *path)
{
    const uint32_t payload = ipsec_read_u16(p + 4);
    uint16_t flags = 0;

    if (distance < IPSEC_IPV6_HEADER || p[0] >> 4 != 6 || memcmp(p + 8, search->source, 16) != 0)
        return false;
    if (!walk(p, IPSEC_IPV6_HEADER, distance, p[6], search->protocol, true, &flags))
        return false;
    /* A payload length of 0 is a jumbogram or offload: beyond LARGEST_ON_WIRE either way. */
    return fill(search, path, distance, payload + IPSEC_IPV6_HEADER, payload != 0, flags);
}

static inline bool try_at(const ipsec_ip_search *search, uint32_t distance, ipsec_ip_path *path)
{
    const uint8_t *p;

    if (distance > search->count || distance < IPSEC_IPV4_HEADER)
        return false;
    p = search->octets + (search->count - distance);
    return search->address_length == 4 ? read_v4(search, p, distance, path) : read_v6(search, p, distance, path);
}

bool ipsec_ip_find(const ipsec_ip_search *search, ipsec_ip_path *path)
{
    const uint32_t nearest = search->address_length == 4 ? IPSEC_IPV4_HEADER : IPSEC_IPV6_HEADER;
    uint32_t farthest;

    if (search->address_length != 4 && search->address_length != 16)
        return false;
    if (search->hint && try_at(search, search->hint, path))
        return true;
    farthest = (search->count < FARTHEST ? search->count : FARTHEST) / IP_STEP * IP_STEP;
    for (uint32_t distance = farthest; distance >= nearest; distance -= IP_STEP)
        if (try_at(search, distance, path))
            return true;
    return false;
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
