/* Whether a payload is an IP packet, its transport header included.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/inner.h"
#include "base/octets.h"
#include "packet/ip.h"
#include "packet/protocol.h"

#include <glib.h>

#define TCP_HEADER 20u

#define FRAGMENT_OFFSET 0x1fff

static bool has_transport(uint8_t protocol, uint32_t length)
{
    if (protocol == IPSEC_PROTOCOL_UDP)
        return length >= IPSEC_UDP_HEADER;
    return protocol != IPSEC_PROTOCOL_TCP || length >= TCP_HEADER;
}

static bool parses_v4(const uint8_t *p, uint32_t length)
{
    const uint32_t header = (p[0] & 0x0fu) * 4;

    if (length < IPSEC_IPV4_HEADER)
        return false;
    length = MIN(length, ipsec_read_u16(p + 2));
    if (ipsec_read_u16(p + 6) & FRAGMENT_OFFSET)
        return true;
    return has_transport(p[9], length > header ? length - header : 0);
}

static bool is_skipped(uint8_t protocol)
{
    static const uint8_t skipped[] = {
        IPSEC_PROTOCOL_HOP_BY_HOP, IPSEC_PROTOCOL_ROUTING, IPSEC_PROTOCOL_FRAGMENT, IPSEC_PROTOCOL_DESTINATION_OPTIONS,
        IPSEC_PROTOCOL_MOBILITY,   IPSEC_PROTOCOL_HIP,     IPSEC_PROTOCOL_SHIM6};

    for (unsigned i = 0; i < sizeof skipped; i++)
        if (protocol == skipped[i])
            return true;
    return false;
}

static bool parses_v6(const uint8_t *p, uint32_t length)
{
    uint8_t protocol;
    bool fragment = false;

    if (length < IPSEC_IPV6_HEADER)
        return false;
    protocol = p[6];
    length = MIN(length - IPSEC_IPV6_HEADER, ipsec_read_u16(p + 4));
    p += IPSEC_IPV6_HEADER;
    while (length >= 2 && is_skipped(protocol)) {
        const uint32_t header = (p[1] + 1u) * 8;

        fragment = fragment || protocol == IPSEC_PROTOCOL_FRAGMENT;
        protocol = p[0];
        if (header >= length)
            return true;
        p += header;
        length -= header;
    }
    return length < 2 || fragment || has_transport(protocol, length);
}

bool ipsec_inner_parses(const uint8_t *octets, uint32_t length)
{
    if (length == 0)
        return false;
    switch (octets[0] >> 4) {
    case 4:
        return parses_v4(octets, length);
    case 6:
        return parses_v6(octets, length);
    default:
        return false;
    }
}
