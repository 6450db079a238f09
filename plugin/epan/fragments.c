/* Reads fragments of ESP and AH from what the IP dissectors leave behind, or before they run. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#include "fragments.h"

#include <epan/packet.h>

enum {
    V4_IDENTIFICATION_AT = 4,
    V4_FLAGS_AT = 6,
    V4_PROTOCOL_AT = 9,
    V4_SOURCE_AT = 12,
    V4_HEADER = 20,
    V6_FLAGS_AT = 2,
    V6_IDENTIFICATION_AT = 4,
    V6_FRAGMENT_HEADER = 8
};

static bool is_ipsec(uint8_t protocol)
{
#define KIND(symbol, name, number, encrypts, covers_outer) protocol == (number) ||
    return
#include "../core/base/kind.def"
        false;
#undef KIND
}

/* The IPv4 dissector does not copy the addresses, so they lead to their header; NULL if that is not in the frame's own
 * octets. */
static inline const uint8_t *find_v4(tvbuff_t *tvb, const packet_info *pinfo)
{
    const uint32_t captured = tvb_captured_length(tvb);
    uintptr_t at;

    if (pinfo->net_src.type != AT_IPv4 || captured < V4_HEADER)
        return NULL;
    at = (uintptr_t)pinfo->net_src.data - (uintptr_t)tvb_get_ptr(tvb, 0, (int)captured) - V4_SOURCE_AT;
    return at <= captured - V4_HEADER ? (const uint8_t *)pinfo->net_src.data - V4_SOURCE_AT : NULL;
}

/* Whether the innermost IPv4 header is quoted by another protocol, so that it is not a packet on this link. */
static bool is_quoted(const packet_info *pinfo)
{
    static const char *const quoting[] = {"icmp", "icmpv6", "sflow"};
    const int ip = proto_get_id_by_filter_name("ip");
    bool quotes = false, quoted = false;

    for (const wmem_list_frame_t *layer = wmem_list_head(pinfo->layers); layer; layer = wmem_list_frame_next(layer)) {
        const int proto = GPOINTER_TO_INT(wmem_list_frame_data(layer));

        for (unsigned i = 0; i < G_N_ELEMENTS(quoting); i++)
            quotes = quotes || proto == proto_get_id_by_filter_name(quoting[i]);
        if (proto == ip)
            quoted = quotes;
    }
    return quoted;
}

bool ipsec_fragments_read_v4(tvbuff_t *tvb, const packet_info *pinfo, ipsec_fragment *fragment)
{
    const uint8_t *ip = find_v4(tvb, pinfo);
    uint32_t flags;

    if (!ip || ((ip[V4_FLAGS_AT] & 0x3f) | ip[V4_FLAGS_AT + 1]) == 0 || ip[0] >> 4 != 4 ||
        !is_ipsec(ip[V4_PROTOCOL_AT]) || is_quoted(pinfo))
        return false;
    flags = ipsec_read_u16(ip + V4_FLAGS_AT);
    *fragment = (ipsec_fragment){.source = ip + V4_SOURCE_AT,
                                 .destination = ip + V4_SOURCE_AT + 4,
                                 .address_length = 4,
                                 .protocol = ip[V4_PROTOCOL_AT],
                                 .more = flags & 0x2000,
                                 .identification = ipsec_read_u16(ip + V4_IDENTIFICATION_AT),
                                 .offset = (flags & 0x1fff) * 8};
    return true;
}

bool ipsec_fragments_read_v6(tvbuff_t *tvb, const packet_info *pinfo, ipsec_fragment *fragment)
{
    const uint8_t *header;
    uint32_t flags;

    if (pinfo->flags.in_error_pkt || pinfo->src.type != AT_IPv6 || pinfo->dst.type != AT_IPv6 ||
        tvb_captured_length(tvb) < V6_FRAGMENT_HEADER)
        return false;
    header = tvb_get_ptr(tvb, 0, V6_FRAGMENT_HEADER);
    flags = ipsec_read_u16(header + V6_FLAGS_AT);
    *fragment = (ipsec_fragment){.source = pinfo->src.data,
                                 .destination = pinfo->dst.data,
                                 .address_length = 16,
                                 .protocol = header[0],
                                 .more = flags & 1,
                                 .identification = ipsec_read_u32(header + V6_IDENTIFICATION_AT),
                                 .offset = flags & 0xfff8};
    return is_ipsec(header[0]) && (fragment->more || fragment->offset > 0);
}
