/* From tvbuff and packet_info to the wire view: lengths and flags are read from the octets in front of the
 * header, because dissectors hand down little of them, and nothing below UDP or behind AH.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "outer.h"
#include "../core/ipsec.h"
#include "compat.h"
#include "payload.h"

#include <epan/packet.h>
#include <epan/dissectors/packet-ip.h>

#include <string.h>

#define PROTOCOL_UDP 17

/* Octets of other data sources that are searched for the headers of one reassembled datagram. Frames have less, unless
 * they are made to take long. */
#define SEARCHED_MOST (1u << 20)

static inline void set_addresses(const packet_info *pinfo, ipsec_view *view)
{
    if (pinfo->src.type != pinfo->dst.type)
        return;
    if (pinfo->src.type != AT_IPv4 && pinfo->src.type != AT_IPv6)
        return;
    view->source = pinfo->src.data;
    view->destination = pinfo->dst.data;
    view->address_length = pinfo->src.type == AT_IPv4 ? 4 : 16;
    view->ip_version = pinfo->src.type == AT_IPv4 ? 4 : 6;
}

/* The number of the buffer that holds the octets, in the order in which the packet got them. */
static inline uint16_t buffer_of(tvbuff_t *tvb, const packet_info *pinfo)
{
    const tvbuff_t *source = tvb_get_ds_tvb(tvb);
    unsigned number = 0;

    for (const GSList *at = pinfo->data_src; at && get_data_source_tvb(at->data) != source; at = at->next)
        number++;
    return (uint16_t)MIN(number, IPSEC_BUFFER_MOST);
}

static inline uint8_t octets_in(const address *link)
{
    return link->data ? (uint8_t)MIN(link->len, UINT8_MAX) : 0;
}

static inline uint32_t place_of(const packet_info *pinfo)
{
    const ipsec_link link = {.source = pinfo->dl_src.data,
                             .destination = pinfo->dl_dst.data,
                             .source_length = octets_in(&pinfo->dl_src),
                             .destination_length = octets_in(&pinfo->dl_dst),
                             .vlan = pinfo->vlan_id};

    return ipsec_place_of(ipsec_compat_interface(pinfo), &link);
}

static inline uint16_t packet_id_of(const packet_info *pinfo)
{
    uint64_t id;

    return ipsec_compat_packet_id(pinfo, &id) ? ipsec_packet_id_of(id) : 0;
}

static inline void begin(tvbuff_t *tvb, const packet_info *pinfo, uint8_t protocol, ipsec_view *view)
{
    *view = (ipsec_view){.captured = tvb_captured_length(tvb),
                         .length = IPSEC_LENGTH_UNKNOWN,
                         .protocol = protocol,
                         .frame = pinfo->num,
                         .offset = (uint32_t)tvb_raw_offset(tvb),
                         .buffer = buffer_of(tvb, pinfo),
                         .place = place_of(pinfo),
                         .packet_id = packet_id_of(pinfo),
                         .time = (uint64_t)pinfo->abs_ts.secs * 1000000000u + (uint64_t)pinfo->abs_ts.nsecs};
    if (view->captured > 0)
        view->data = tvb_get_ptr(tvb, 0, (int)view->captured);
    set_addresses(pinfo, view);
    if (pinfo->flags.in_error_pkt)
        view->flags |= IPSEC_VIEW_QUOTED;
}

/* What was captured before the header, in the same data source, and how much follows. The offset of a proxy tvbuff
 * counts from further back than its data source does: then nothing is known. */
static inline void set_octets(tvbuff_t *tvb, ipsec_ip_search *search)
{
    tvbuff_t *source = tvb_get_ds_tvb(tvb);
    const uint32_t offset = (uint32_t)tvb_raw_offset(tvb);

    if (offset == 0 || offset > tvb_captured_length(source))
        return;
    search->count = offset;
    search->behind = tvb_reported_length(source) - offset;
    search->octets = tvb_get_ptr(source, 0, (int)offset);
}

/* The source address that the IP header itself must bear: options for the destination may have replaced the other
 * one (Mobile IPv6). */
static inline void set_source(const packet_info *pinfo, const ipsec_view *view, ipsec_ip_search *search)
{
    search->address_length = view->address_length;
    search->source = pinfo->net_src.type == pinfo->src.type ? pinfo->net_src.data : view->source;
}

/* Where the IP dissector found its header, in octets before the one looked for; 0 if it does not tell. That of IPv4
 * leaves the addresses where they are, that of IPv6 copies them, but hands down how long its packet is. */
static inline uint32_t hint_of(tvbuff_t *tvb, void *data, const ipsec_ip_search *search)
{
    const uint32_t source_at = 12;
    const uintptr_t at = (uintptr_t)search->source - (uintptr_t)search->octets;
    uint32_t total, rest;

    if (search->address_length == 4)
        return at >= source_at && at < search->count ? search->count - ((uint32_t)at - source_at) : 0;
    if (!WS_IP6_PTR(data))
        return 0;
    total = WS_IP6_PTR(data)->ip6_len + 40;
    rest = tvb_reported_length(tvb);
    return total > rest ? total - rest : 0;
}

/* A reassembled datagram has a data source of its own, with no IP header in front: no snapshot length, no link padding,
 * so its own length is exact. What other dissectors inflate or decrypt may come from a packet that was cut. */
static bool is_reassembled(tvbuff_t *tvb, const packet_info *pinfo)
{
    return ipsec_compat_is_reassembled(pinfo, tvb_get_ds_tvb(tvb));
}

static inline void set_length(ipsec_view *view, uint32_t length)
{
    view->length = length;
    if (view->captured > length)
        view->captured = length; /* what follows is link padding */
}

/* Decode As may have chosen ESP or AH for another protocol number, then the last one looked up. */
static bool find_ip(ipsec_ip_search *search, const packet_info *pinfo, ipsec_ip_path *path)
{
    if (ipsec_ip_find(search, path))
        return true;
    if (pinfo->match_uint == search->protocol || pinfo->match_uint > UINT8_MAX)
        return false;
    search->protocol = (uint8_t)pinfo->match_uint;
    return ipsec_ip_find(search, path);
}

/* What a packet of offload has for a length, if IP does not say. */
static inline void set_offload(tvbuff_t *tvb, ipsec_view *view)
{
    if (view->flags & IPSEC_VIEW_OFFLOAD)
        view->frame_length = tvb_reported_length(tvb);
}

static ipsec_rebuilt rebuild_from(tvbuff_t *source, ipsec_reassembled *datagram, uint8_t *headers)
{
    datagram->count = tvb_captured_length(source);
    datagram->frame = tvb_get_ptr(source, 0, (int)datagram->count);
    return ipsec_reassembled_headers(datagram, headers, IPSEC_AH_OUTER_MOST);
}

/* Whether the address lies in the octets of the data source itself. */
static bool holds(tvbuff_t *source, const uint8_t *address)
{
    const uint32_t count = tvb_captured_length(source);

    return (uintptr_t)address - (uintptr_t)tvb_get_ptr(source, 0, (int)count) < count;
}

/* The fragment is where the IP dissector has left its address; if that is a copy, in the last data source that fits of
 * those that were there before: where fragments are in fragments, it is the innermost. */
static ipsec_rebuilt find_fragment(const tvbuff_t *own, const packet_info *pinfo, ipsec_reassembled *datagram,
                                   uint8_t *headers)
{
    uint32_t searched = 0;
    GSList *last = NULL;

    for (GSList *node = pinfo->data_src; node && get_data_source_tvb(node->data) != own; node = node->next) {
        tvbuff_t *source = get_data_source_tvb(node->data);

        if (tvb_captured_length(source) == 0)
            continue;
        if (holds(source, datagram->source))
            return rebuild_from(source, datagram, headers);
        searched += tvb_captured_length(source);
        if (searched > SEARCHED_MOST)
            break;
        if (rebuild_from(source, datagram, headers).length)
            last = node;
    }
    return last ? rebuild_from(get_data_source_tvb(last->data), datagram, headers) : (ipsec_rebuilt){0};
}

/* The headers in front of a reassembled datagram are in another data source, in fragments. What stands before tvb in
 * its own belongs to the datagram, and follows them. */
static void rebuild_outer(tvbuff_t *tvb, packet_info *pinfo, const ipsec_ip_search *search, ipsec_view *view)
{
    const bool has_net = pinfo->net_dst.type == pinfo->dst.type;
    ipsec_reassembled datagram = {.source = search->source,
                                  .destination = has_net ? pinfo->net_dst.data : view->destination,
                                  .address_length = view->address_length,
                                  .length = search->count + tvb_reported_length(tvb)};
    uint8_t *headers = wmem_alloc(pinfo->pool, IPSEC_AH_OUTER_MOST);
    const ipsec_rebuilt rebuilt = find_fragment(tvb_get_ds_tvb(tvb), pinfo, &datagram, headers);

    if (rebuilt.length == 0 || search->count > IPSEC_AH_OUTER_MOST - rebuilt.length)
        return;
    if (search->count > 0)
        memcpy(headers + rebuilt.length, search->octets, search->count);
    view->outer_length = rebuilt.length + search->count;
    view->outer = headers;
    view->flags |= IPSEC_VIEW_REASSEMBLED | (rebuilt.is_guessed ? IPSEC_VIEW_OUTER_GUESSED : 0);
}

void ipsec_outer_ip(tvbuff_t *tvb, packet_info *pinfo, void *data, uint8_t protocol, ipsec_view *view)
{
    ipsec_ip_search search = {.protocol = protocol};
    ipsec_ip_path path;
    uint32_t length;

    begin(tvb, pinfo, protocol, view);
    if (view->flags & IPSEC_VIEW_QUOTED)
        return;
    set_octets(tvb, &search);
    set_source(pinfo, view, &search);
    search.hint = hint_of(tvb, data, &search);
    if (find_ip(&search, pinfo, &path)) {
        view->flags |= path.flags;
        view->outer = search.octets + (search.count - path.header);
        view->outer_length = path.header;
        set_length(view, path.length);
        set_offload(tvb, view);
        return;
    }
    /* What we decrypted was whole. */
    length = ipsec_payload_length(tvb);
    if (length != IPSEC_LENGTH_UNKNOWN) {
        set_length(view, length);
        return;
    }
    if (pinfo->fragmented)
        view->flags |= IPSEC_VIEW_FRAGMENT;
    if (!is_reassembled(tvb, pinfo))
        return;
    set_length(view, tvb_reported_length(tvb));
    if (protocol == IPSEC_PROTOCOL_AH)
        rebuild_outer(tvb, pinfo, &search, view);
}

void ipsec_outer_udp(tvbuff_t *tvb, packet_info *pinfo, bool ike_port, ipsec_view *view)
{
    ipsec_ip_search search = {.protocol = PROTOCOL_UDP};
    ipsec_ip_path path = {.length = IPSEC_LENGTH_UNKNOWN};
    ipsec_udp udp;

    begin(tvb, pinfo, IPSEC_PROTOCOL_ESP, view);
    view->encapsulation = IPSEC_ENCAPSULATION_UDP;
    view->source_port = (uint16_t)pinfo->srcport;
    view->destination_port = (uint16_t)pinfo->destport;
    if (ike_port)
        view->flags |= IPSEC_VIEW_IKE_PORT;
    if (view->flags & IPSEC_VIEW_QUOTED)
        return;
    set_octets(tvb, &search);
    if (!ipsec_udp_read(search.octets, search.count, view->source_port, view->destination_port, &udp))
        return;
    if (udp.has_checksum)
        view->flags |= IPSEC_VIEW_UDP_CHECKSUM;
    search.count -= IPSEC_UDP_HEADER;
    set_source(pinfo, view, &search);
    search.hint = hint_of(tvb, NULL, &search);
    if (ipsec_ip_find(&search, &path)) {
        view->flags |= path.flags;
        view->outer = search.octets + (search.count - path.header);
        view->outer_length = path.header + IPSEC_UDP_HEADER;
    } else if (udp.length != tvb_reported_length(tvb) || !is_reassembled(tvb, pinfo)) {
        return; /* UDP-Lite, with a coverage where UDP has its length, comes this way too */
    }
    /* A UDP length beyond the IP packet is UDP's fault, and leaves nothing to go by. */
    if (path.length == IPSEC_LENGTH_UNKNOWN || udp.length <= path.length - IPSEC_UDP_HEADER)
        set_length(view, udp.length);
}
