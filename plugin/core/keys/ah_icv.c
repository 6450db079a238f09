/* The outer headers as they enter the ICV of AH.
 *
 * Where Linux differs (ip_clear_mutable_options() and ipv6_clear_mutable_options()), RFC 4302 is followed:
 *
 * - Linux verifies with the destination address as it is and trusts its IP layer to have followed the route; here the
 *   pointer of the route shows whether a packet is still on its way or has arrived.
 * - Linux covers the header of an atomic fragment (ipv6_frag_rcv() leaves it in), and so rejects all of these.
 * - Linux stops at extension headers that it does not know and takes the rest as it is. RFC 4302 does not say how they
 *   are covered, so nothing is claimed about such packets here.
 *
 * Headers that break the rules of IP are covered all the same, although no receiver lets them reach AH: otherwise a
 * forger could avoid verification that way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/ah_icv.h"
#include "base/octets.h"
#include "packet/ip.h"
#include "packet/protocol.h"
#include "packet/view.h"

#include <string.h>

/* Offsets in the IPv4 and IPv6 headers. */
enum {
    V4_TOS_AT = 1,
    V4_TOTAL_AT = 2,
    V4_FRAGMENT_AT = 6,
    V4_TTL_AT = 8,
    V4_PROTOCOL_AT = 9,
    V4_CHECKSUM_AT = 10,
    V4_DESTINATION_AT = 16
};
enum {
    V6_PAYLOAD_AT = 4,
    V6_NEXT_AT = 6,
    V6_HOP_LIMIT_AT = 7,
    V6_SOURCE_AT = 8,
    V6_DESTINATION_AT = 24
};
enum {
    V4_ADDRESS = 4,
    V6_ADDRESS = 16
};

enum {
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_SECURITY = 130,
    OPTION_LOOSE_ROUTE = 131,
    OPTION_EXTENDED_SECURITY = 133,
    OPTION_COMMERCIAL_SECURITY = 134,
    OPTION_STRICT_ROUTE = 137,
    OPTION_ROUTER_ALERT = 148,
    OPTION_MULTI_DESTINATION = 149
};

/* How an IPv4 option is covered: RFC 4302 A1. Those that are not in the table are zeroed. */
enum {
    ZEROED = 0,
    KEPT,
    ROUTE
};
static const uint8_t v4_options[UINT8_MAX + 1] = {
    [OPTION_NOP] = KEPT,
    [OPTION_SECURITY] = KEPT,
    [OPTION_EXTENDED_SECURITY] = KEPT,
    [OPTION_COMMERCIAL_SECURITY] = KEPT,
    [OPTION_ROUTER_ALERT] = KEPT,
    [OPTION_MULTI_DESTINATION] = KEPT,
    [OPTION_LOOSE_ROUTE] = ROUTE,
    [OPTION_STRICT_ROUTE] = ROUTE,
};

/* Length of the option at p, with `count` octets left for options; 0 if it is broken. */
static uint32_t v4_option_length(const uint8_t *p, uint32_t count)
{
    if (p[0] == OPTION_NOP)
        return 1;
    return count >= 2 && p[1] >= 2 && p[1] <= count ? p[1] : 0;
}

/* Sets the destination to the end of the source route at p, unless the packet is there already: RFC 791 3.1. A broken
 * route leads nowhere. */
static void follow_v4_route(uint8_t *header, const uint8_t *p, uint32_t length)
{
    const uint32_t route_at = 3, least = route_at + V4_ADDRESS;

    if (length < least || (length - route_at) % V4_ADDRESS != 0)
        return;
    if (p[2] <= length) /* counts from 1 */
        memcpy(header + V4_DESTINATION_AT, p + length - V4_ADDRESS, V4_ADDRESS);
}

static void cover_v4_option(uint8_t *header, uint8_t *p, uint32_t length)
{
    const uint8_t how = v4_options[p[0]];

    if (how == ROUTE)
        follow_v4_route(header, p, length);
    if (how != KEPT)
        memset(p, 0, length);
}

/* What follows the End of Options is not an option, and is covered as it is. After a broken option, it is not known
 * which octets may change. */
static void cover_v4_options(uint8_t *header, uint32_t length)
{
    uint32_t at = IPSEC_IPV4_HEADER;

    while (at < length && header[at] != OPTION_END) {
        const uint32_t option = v4_option_length(header + at, length - at);

        if (option == 0) {
            memset(header + at, 0, length - at);
            return;
        }
        cover_v4_option(header, header + at, option);
        at += option;
    }
}

enum {
    OPTION_PAD1 = 0,
    OPTION_HOME_ADDRESS = 0xc9, /* RFC 6275 6.3 */
    OPTION_MAY_CHANGE = 0x20    /* the bit in the type of an option: RFC 8200 4.2 */
};

static void exchange_v6_addresses(uint8_t *a, uint8_t *b)
{
    uint8_t other[V6_ADDRESS];

    memcpy(other, a, V6_ADDRESS);
    memcpy(a, b, V6_ADDRESS);
    memcpy(b, other, V6_ADDRESS);
}

/* Length of the option at p, with `count` octets left in its header; 0 if it is broken. */
static uint32_t v6_option_length(const uint8_t *p, uint32_t count)
{
    if (p[0] == OPTION_PAD1)
        return 1;
    return count >= 2 && p[1] + 2u <= count ? p[1] + 2u : 0;
}

/* Covers hop-by-hop options: the extension header of `length` octets at p, after the IPv6 header. From a broken option
 * on all is zeroed, which reads as padding. */
static bool cover_v6_options(uint8_t *header, uint8_t *p, uint32_t length)
{
    uint32_t at = 2;

    (void)header;
    while (at < length) {
        const uint32_t option = v6_option_length(p + at, length - at);

        if (option == 0) {
            memset(p + at, 0, length - at);
            break;
        }
        if (p[at] & OPTION_MAY_CHANGE)
            memset(p + at + 2, 0, option - 2);
        at += option;
    }
    return true;
}

/* The same for destination options. A home address of another length is not one. */
static bool cover_destination_options(uint8_t *header, uint8_t *p, uint32_t length)
{
    cover_v6_options(header, p, length);
    for (uint32_t at = 2; at < length; at += v6_option_length(p + at, length - at))
        if (p[at] == OPTION_HOME_ADDRESS && p[at + 1] == V6_ADDRESS)
            exchange_v6_addresses(header + V6_SOURCE_AT, p + at + 2);
    return true;
}

/* The same for the routing header: follows the rest of the route (RFC 2460 4.4, RFC 6275 6.4). A broken route leads
 * nowhere, and is covered as it is. */
static bool cover_routing(uint8_t *header, uint8_t *p, uint32_t length)
{
    const uint32_t route_at = 8;
    const uint8_t type = p[2], left = p[3];
    const uint32_t count = (length - route_at) / V6_ADDRESS;

    if (left == 0)
        return true;
    /* Only for these two types is it known how the route changes the header. */
    if (type != 0 && type != 2)
        return false;
    if ((length - route_at) % V6_ADDRESS != 0 || left > count)
        return true;
    for (uint32_t i = count - left; i < count; i++)
        exchange_v6_addresses(header + V6_DESTINATION_AT, p + route_at + i * V6_ADDRESS);
    p[3] = 0;
    return true;
}

/* How extension headers are covered. A packet with others in front of AH is not verified. */
static bool (*const v6_extensions[UINT8_MAX + 1])(uint8_t *header, uint8_t *p, uint32_t length) = {
    [IPSEC_PROTOCOL_HOP_BY_HOP] = cover_v6_options,
    [IPSEC_PROTOCOL_ROUTING] = cover_routing,
    [IPSEC_PROTOCOL_DESTINATION_OPTIONS] = cover_destination_options,
};

/* The headers, and how far they have been covered. */
typedef struct chain {
    uint8_t *octets;
    uint32_t length;
    uint32_t from;     /* where the next header is */
    uint32_t to;       /* where it is moved to: closer to the front, once a header was left out */
    uint32_t next_at;  /* where its protocol number is */
    uint32_t total_at; /* where IP says how long the packet is */
} chain;

/* Whether the next header was put in after AH: a fragment header, or another AH around it. */
static bool is_added_later(const chain *c)
{
    const uint8_t protocol = c->octets[c->next_at];

    return protocol == IPSEC_PROTOCOL_FRAGMENT || protocol == IPSEC_PROTOCOL_AH;
}

/* Leaves the next header out, as if it had never been there. If the stated length is less than that of this header, it
 * cannot be corrected. */
static bool leave_out(chain *c, uint32_t count)
{
    const uint8_t *p = c->octets + c->from;
    uint8_t *total_at = c->octets + c->total_at;
    const uint32_t total = ipsec_read_u16(total_at);

    if (c->octets[c->next_at] == IPSEC_PROTOCOL_FRAGMENT && ipsec_ip_is_v6_fragment(p))
        return false;
    if (total >= count) {
        total_at[0] = (uint8_t)((total - count) >> 8);
        total_at[1] = (uint8_t)(total - count);
    }
    c->octets[c->next_at] = p[0];
    c->from += count;
    return true;
}

/* Covers the next header, of `count` octets, after an IPv6 header. */
static bool cover_extension(chain *c, uint32_t count)
{
    const uint8_t protocol = c->octets[c->next_at];

    memmove(c->octets + c->to, c->octets + c->from, count);
    if (!v6_extensions[protocol] || !v6_extensions[protocol](c->octets, c->octets + c->to, count))
        return false;
    c->next_at = c->to;
    c->from += count;
    c->to += count;
    return true;
}

/* Covers what is between the IP header and AH. */
static uint32_t cover_chain(chain *c)
{
    const bool v6 = c->next_at == V6_NEXT_AT;

    while (c->from < c->length) {
        const uint8_t protocol = c->octets[c->next_at];
        const uint32_t count = ipsec_ip_extension(protocol, c->octets + c->from, c->length - c->from);

        if (count == 0 || (!v6 && protocol != IPSEC_PROTOCOL_AH))
            return 0;
        if (!(is_added_later(c) ? leave_out(c, count) : cover_extension(c, count)))
            return 0;
    }
    return c->octets[c->next_at] == IPSEC_PROTOCOL_AH ? c->to : 0;
}

static uint32_t cover_v4(uint8_t *covered, uint32_t length)
{
    const uint32_t header = (covered[0] & 0x0fu) * 4;

    if (header < IPSEC_IPV4_HEADER || header > length || ipsec_ip_is_v4_fragment(covered))
        return 0;
    covered[V4_TOS_AT] = 0;
    memset(covered + V4_FRAGMENT_AT, 0, 2);
    covered[V4_TTL_AT] = 0;
    memset(covered + V4_CHECKSUM_AT, 0, 2);
    cover_v4_options(covered, header);
    return cover_chain(&(chain){covered, length, header, header, V4_PROTOCOL_AT, V4_TOTAL_AT});
}

static uint32_t cover_v6(uint8_t *covered, uint32_t length)
{
    if (length < IPSEC_IPV6_HEADER)
        return 0;
    covered[0] = 0x60; /* only the version is left */
    memset(covered + 1, 0, 3);
    covered[V6_HOP_LIMIT_AT] = 0;
    return cover_chain(&(chain){covered, length, IPSEC_IPV6_HEADER, IPSEC_IPV6_HEADER, V6_NEXT_AT, V6_PAYLOAD_AT});
}

uint32_t ipsec_ah_cover_outer(const uint8_t *outer, uint32_t length, uint8_t covered[IPSEC_AH_OUTER_MOST])
{
    if (length < IPSEC_IPV4_HEADER || length > IPSEC_AH_OUTER_MOST)
        return 0;
    memcpy(covered, outer, length);
    switch (outer[0] >> 4) {
    case 4:
        return cover_v4(covered, length);
    case 6:
        return cover_v6(covered, length);
    default:
        return 0;
    }
}
