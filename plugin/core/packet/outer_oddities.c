/* What some receivers object to in the headers in front of an IPsec header.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/outer_oddities.h"
#include "base/octets.h"
#include "packet/ip.h"
#include "packet/protocol.h"

#include <stdbool.h>

enum {
    V4_TOTAL_AT = 2,
    V4_FRAGMENT_AT = 6,
    V6_PAYLOAD_AT = 4,
    V6_NEXT_AT = 6,
    UDP_LENGTH_AT = 4
};

/* IPv6 options: Pad1 has no length octet; a bit of the type says whether the option may change on the way (RFC
 * 8200 4.2). */
#define OPTION_PAD1       0u
#define OPTION_MAY_CHANGE 0x20u

/* --- IPv4 -------------------------------------------------------------------------------------------- */

static ipsec_oddities of_v4(const ipsec_view *view)
{
    const bool is_covered = ipsec_covers_outer(view->protocol) && !(view->flags & IPSEC_VIEW_REASSEMBLED);
    ipsec_oddities odd = 0;

    if ((view->outer[0] & 0x0fu) * 4 > IPSEC_IPV4_HEADER)
        odd |= IPSEC_ODDITY_V4_OPTIONS;
    if (is_covered && ipsec_read_u16(view->outer + V4_FRAGMENT_AT) != 0)
        odd |= IPSEC_ODDITY_V4_FLAGS;
    return odd;
}

/* --- IPv6 -------------------------------------------------------------------------------------------- */

static bool has_changing_option(const uint8_t *p, uint32_t length)
{
    for (uint32_t at = 2; at < length;) {
        if (p[at] == OPTION_PAD1) {
            at++;
            continue;
        }
        if (p[at] & OPTION_MAY_CHANGE)
            return true;
        at += at + 1 < length ? p[at + 1] + 2u : 1;
    }
    return false;
}

static bool has_options(uint8_t protocol)
{
    return protocol == IPSEC_PROTOCOL_HOP_BY_HOP || protocol == IPSEC_PROTOCOL_DESTINATION_OPTIONS;
}

/* Another AH in front starts a packet of its own; what follows it is not an IPv6 extension header of this one. */
static ipsec_oddities of_v6(const ipsec_view *view)
{
    uint8_t protocol = view->outer[V6_NEXT_AT];
    ipsec_oddities odd = 0;

    for (uint32_t at = IPSEC_IPV6_HEADER; at < view->outer_length && protocol != IPSEC_PROTOCOL_AH;) {
        const uint8_t *p = view->outer + at;
        const uint32_t count = ipsec_ip_extension(protocol, p, view->outer_length - at);

        if (count == 0)
            break;
        odd |= IPSEC_ODDITY_V6_EXTENSIONS;
        if (has_options(protocol) && has_changing_option(p, count))
            odd |= IPSEC_ODDITY_V6_CHANGING_OPTIONS;
        protocol = p[0];
        at += count;
    }
    return odd;
}

/* --- all --------------------------------------------------------------------------------------------- */

/* Whether UDP is shorter than its IP packet. If it is too long, or too short for a header, that is a finding instead.
 */
static bool is_udp_short(const ipsec_view *view)
{
    const uint32_t in_front = view->outer_length - IPSEC_UDP_HEADER;
    const uint32_t total = view->ip_version == 4 ? ipsec_read_u16(view->outer + V4_TOTAL_AT)
                                                 : IPSEC_IPV6_HEADER + ipsec_read_u16(view->outer + V6_PAYLOAD_AT);
    const uint32_t length = ipsec_read_u16(view->outer + in_front + UDP_LENGTH_AT);

    return length >= IPSEC_UDP_HEADER && in_front + length < total;
}

ipsec_oddities ipsec_outer_oddities(const ipsec_view *view)
{
    const uint32_t ip = view->ip_version == 4 ? IPSEC_IPV4_HEADER : IPSEC_IPV6_HEADER;
    const bool in_udp = view->encapsulation == IPSEC_ENCAPSULATION_UDP;
    ipsec_oddities odd = 0;

    if (!view->outer || view->address_length == 0 || view->outer_length < ip + (in_udp ? IPSEC_UDP_HEADER : 0))
        return 0;
    if (view->behind > 0)
        odd |= IPSEC_ODDITY_BEHIND_PACKET;
    if (view->flags & IPSEC_VIEW_REASSEMBLED)
        odd |= IPSEC_ODDITY_REASSEMBLED;
    if (in_udp && is_udp_short(view))
        odd |= IPSEC_ODDITY_UDP_SHORT;
    return odd | (view->ip_version == 4 ? of_v4(view) : of_v6(view));
}
