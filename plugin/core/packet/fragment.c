/* Packets that may be the first fragment of more.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/fragment.h"
#include "base/octets.h"
#include "packet/ip.h"
#include "packet/protocol.h"

/* Octets that the packet has after the first `count` of its headers: where a next fragment would begin. */
static uint32_t length_behind(const ipsec_view *view, uint32_t count)
{
    return view->outer_length - count + view->length;
}

static bool read_v4(const ipsec_view *view, ipsec_fragment *fragment)
{
    const uint32_t header = (view->outer[0] & 0x0fu) * 4;

    if (header > view->outer_length || ipsec_ip_is_v4_fragment(view->outer))
        return false;
    fragment->identification = ipsec_read_u16(view->outer + 4);
    fragment->protocol = view->outer[9];
    fragment->offset = length_behind(view, header);
    return true;
}

/* In IPv6, only an atomic fragment (RFC 6946) has an identification. */
static bool read_v6(const ipsec_view *view, ipsec_fragment *fragment)
{
    uint32_t offset = IPSEC_IPV6_HEADER;
    uint8_t next = view->outer[6];

    while (next != IPSEC_PROTOCOL_FRAGMENT) {
        const uint32_t length = ipsec_ip_extension(next, view->outer + offset, view->outer_length - offset);

        if (length == 0)
            return false;
        next = view->outer[offset];
        offset += length;
    }
    if (view->outer_length - offset < IPSEC_IPV6_FRAGMENT_HEADER || ipsec_ip_is_v6_fragment(view->outer + offset))
        return false;
    fragment->protocol = view->outer[offset];
    fragment->identification = ipsec_read_u32(view->outer + offset + 4);
    fragment->offset = length_behind(view, offset + IPSEC_IPV6_FRAGMENT_HEADER);
    return true;
}

bool ipsec_fragment_read(const ipsec_view *view, ipsec_fragment *fragment)
{
    const unsigned no_first = IPSEC_VIEW_QUOTED | IPSEC_VIEW_FRAGMENT | IPSEC_VIEW_OFFLOAD | IPSEC_VIEW_REASSEMBLED;
    const uint32_t header = view->address_length == 4 ? IPSEC_IPV4_HEADER : IPSEC_IPV6_HEADER;

    if (view->flags & no_first || view->length == IPSEC_LENGTH_UNKNOWN || !view->outer || view->outer_length < header ||
        view->encapsulation != IPSEC_ENCAPSULATION_NONE)
        return false;
    *fragment = (ipsec_fragment){.source = view->source,
                                 .destination = view->destination,
                                 .address_length = view->address_length,
                                 .frame = view->frame};
    return view->address_length == 4 ? read_v4(view, fragment) : view->address_length == 16 && read_v6(view, fragment);
}
