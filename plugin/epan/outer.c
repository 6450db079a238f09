/* From tvbuff and packet_info to the wire view. Lengths and flags are read from the octets in front of the header,
 * because dissectors pass on little of them, and nothing through UDP or AH. SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "outer.h"
#include "../core/ipsec.h"
#include "compat.h"
#include "payload.h"

#include <epan/crc32-tvb.h>
#include <epan/etypes.h>
#include <epan/packet.h>
#include <epan/dissectors/packet-ip.h>
#include <wiretap/wtap.h>

#include <string.h>

#define PROTOCOL_UDP 17

/* The most octets of other data sources that are searched for the headers of one reassembled datagram. Frames have
 * fewer, unless they were crafted to take long. */
#define SEARCHED_MOST (1u << 20)

/* Where an IPv4 header has its addresses. */
enum {
    V4_SOURCE_AT = 12,
    V4_DESTINATION_AT = 16
};

/* Octets of its options, at most. */
#define V4_OPTIONS_MOST 40u

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

uint16_t ipsec_outer_buffer(tvbuff_t *tvb, const packet_info *pinfo)
{
    const tvbuff_t *source = tvb_get_ds_tvb(tvb);
    unsigned number = 0;

    for (const GSList *at = pinfo->data_src; at && get_data_source_tvb(at->data) != source; at = at->next)
        number++;
    return (uint16_t)MIN(number, IPSEC_BUFFER_MOST);
}

/* The same for the next header; that is nearly always in the first buffer, the frame itself. */
static inline uint16_t buffer_of(tvbuff_t *tvb, const packet_info *pinfo)
{
    if (G_LIKELY(pinfo->data_src && get_data_source_tvb(pinfo->data_src->data) == tvb_get_ds_tvb(tvb)))
        return 0;
    return ipsec_outer_buffer(tvb, pinfo);
}

/* Octets of the data source, captured or not, from the view's header on; for the frame itself without a call. These may
 * be more than the tvbuff reports, which the IP dissector shortens where the frame begins with IP; octets_behind() then
 * finds no Ethernet. */
static inline uint32_t count_behind(tvbuff_t *tvb, const packet_info *pinfo, const ipsec_view *view)
{
    if (G_LIKELY(view->buffer == 0 && ipsec_compat_is_frame_length_sound(pinfo)))
        return ipsec_compat_frame_length(pinfo) - view->offset;
    return tvb_reported_length(tvb_get_ds_tvb(tvb)) - view->offset;
}

static IPSEC_INLINE uint64_t word_of(const address *link)
{
    return link->data ? ipsec_link_word(link->data, (uint32_t)link->len) : 0;
}

/* Of the frames so far, whatever file they are of. */
static ipsec_links links;

static IPSEC_INLINE uint32_t link_of(const packet_info *pinfo)
{
    return ipsec_link_of(&links, word_of(&pinfo->dl_src), word_of(&pinfo->dl_dst), pinfo->vlan_id);
}

static uint16_t packet_id_of(const packet_info *pinfo)
{
    uint64_t id;

    return ipsec_compat_packet_id(pinfo, &id) ? ipsec_packet_id_of(id) : 0;
}

/* Whether the file says on which interface the packet was captured, as pcapng does. */
static inline bool has_interface(const packet_info *pinfo)
{
    const wtap_rec *rec = pinfo->rec;

    return rec && rec->presence_flags & WTAP_HAS_INTERFACE_ID && rec->rec_type == REC_TYPE_PACKET;
}

/* Sets `place` and, if there is one, `packet_id`. */
static IPSEC_INLINE void set_place(const packet_info *pinfo, ipsec_view *view)
{
    view->place = link_of(pinfo);
    /* Only pcapng names interfaces and gives packets ids. To look for an id costs 120 instructions. */
    if (!has_interface(pinfo))
        return;
    view->place = ipsec_place_of(ipsec_compat_interface(pinfo), view->place);
    view->packet_id = packet_id_of(pinfo);
}

/* Sets what does not depend on the headers in front. Sets each member separately, because for an initializer compilers
 * would clear the whole view first. */
static IPSEC_INLINE void begin(tvbuff_t *tvb, const packet_info *pinfo, uint8_t protocol, ipsec_view *view)
{
    view->captured = tvb_captured_length(tvb);
    view->data = G_LIKELY(view->captured > 0) ? tvb_get_ptr(tvb, 0, (int)view->captured) : NULL;
    view->offset = (uint32_t)tvb_raw_offset(tvb);
    view->buffer = buffer_of(tvb, pinfo);
    view->source_port = 0;
    view->destination_port = 0;
    view->packet_id = 0;
    view->flags = 0;
    view->protocol = protocol;
    view->encapsulation = IPSEC_ENCAPSULATION_NONE;
    view->behind = 0;
    view->frame_length = 0;
    view->time = (uint64_t)pinfo->abs_ts.secs * 1000000000u + (uint64_t)pinfo->abs_ts.nsecs;
    set_place(pinfo, view);
}

/* The rest, as long as nothing is known of these headers. Returns whether to look for them: not if another packet
 * quotes this one. */
static bool begin_rest(const packet_info *pinfo, ipsec_view *view)
{
    view->length = IPSEC_LENGTH_UNKNOWN;
    view->outer = NULL;
    view->outer_length = 0;
    view->source = NULL;
    view->destination = NULL;
    view->address_length = 0;
    view->ip_version = 0;
    set_addresses(pinfo, view);
    if (pinfo->flags.in_error_pkt)
        view->flags |= IPSEC_VIEW_QUOTED;
    return !pinfo->flags.in_error_pkt;
}

static inline void set_length(ipsec_view *view, uint32_t length)
{
    view->length = length;
    if (view->captured > length)
        view->captured = length; /* what follows is link padding */
}

/* --- padding of Ethernet --- */

enum {
    ETHERNET_HEADER = 14,
    VLAN_TAG = 4,
    VLAN_TAGS_MOST = 2,
    FCS = 4
};

/* Whether an Ethernet frame carries the IP packet after `in_front` octets, and nothing else: then what follows it is
 * padding. Other links have several packets in a frame, or trailers of their own. */
static bool is_in_ethernet(tvbuff_t *source, const packet_info *pinfo, uint32_t in_front)
{
    const wtap_rec *rec = pinfo->rec;
    uint16_t type;

    if (!rec || rec->rec_type != REC_TYPE_PACKET || rec->rec_header.packet_header.pkt_encap != WTAP_ENCAP_ETHERNET ||
        !pinfo->data_src || get_data_source_tvb(pinfo->data_src->data) != source || in_front < ETHERNET_HEADER ||
        in_front > ETHERNET_HEADER + VLAN_TAGS_MOST * VLAN_TAG || (in_front - ETHERNET_HEADER) % VLAN_TAG != 0)
        return false;
    type = tvb_get_ntohs(source, (int)in_front - 2); /* differs for MPLS or PPP */
    return type == ETHERTYPE_IP || type == ETHERTYPE_IPv6;
}

/* Whether the frame ends with its frame check sequence, which the receiver's IP never sees. */
static bool has_fcs(tvbuff_t *frame, const packet_info *pinfo)
{
    const uint32_t count = tvb_captured_length(frame);

    if (pinfo->pseudo_header && pinfo->pseudo_header->eth.fcs_len != -1)
        return pinfo->pseudo_header->eth.fcs_len == FCS;
    return tvb_get_ntohl(frame, (int)(count - FCS)) == crc32_802_tvb(frame, count - FCS);
}

/* Octets after the IP packet that a receiver's IPsec may take for part of it. Unknown if the frame was cut. */
static IPSEC_COLD uint32_t octets_behind(tvbuff_t *tvb, const packet_info *pinfo, uint32_t in_front, uint32_t octets)
{
    tvbuff_t *source = tvb_get_ds_tvb(tvb);

    if (tvb_captured_length(source) < tvb_reported_length(source) || !is_in_ethernet(source, pinfo, in_front))
        return 0;
    if (octets < FCS || !has_fcs(source, pinfo))
        return octets;
    return octets - FCS;
}

/* The same for an IP packet that begins `in_front` octets after the beginning of its buffer, and has `octets` octets
 * from the header on, of the `behind` that follow in that buffer. */
static inline void set_behind(tvbuff_t *tvb, const packet_info *pinfo, uint32_t in_front, uint32_t octets,
                              uint32_t behind, ipsec_view *view)
{
    if (octets < behind)
        view->behind = octets_behind(tvb, pinfo, in_front, behind - octets);
}

/* --- after a plain IP header: the same result as elsewhere, sooner ------------------------------------- */

static IPSEC_INLINE void set_plain(tvbuff_t *tvb, const packet_info *pinfo, const uint8_t *ip, uint32_t headers,
                                   uint32_t total, ipsec_view *view)
{
    const uint32_t length = total - headers;

    view->outer = ip;
    view->outer_length = headers;
    view->source = pinfo->src.data;
    view->destination = pinfo->dst.data;
    set_length(view, length);
    set_behind(tvb, pinfo, view->offset - headers, length, count_behind(tvb, pinfo, view), view);
}

/* The IPv4 header in front, with `between` octets after it, if the IP dissector's addresses point into it. NULL if
 * there is none, or if it is not plain: a fragment, or another protocol. Without captured octets `data` is NULL, and
 * the distance is out of range. */
static IPSEC_INLINE const uint8_t *plain_v4(const packet_info *pinfo, const ipsec_view *view, uint32_t between,
                                            uint8_t protocol)
{
    const uint8_t *const ip = (const uint8_t *)pinfo->src.data - V4_SOURCE_AT;
    const uintptr_t headers = (uintptr_t)view->data - (uintptr_t)ip;

    if (headers - IPSEC_IPV4_HEADER - between > V4_OPTIONS_MOST || view->offset < headers)
        return NULL;
    if (pinfo->dst.data != ip + V4_DESTINATION_AT)
        return NULL;
    /* Version 4, and a header of just that length. */
    if ((ip[0] - 0x40u) * 4 + between != headers || ip[9] != protocol || ipsec_ip_is_v4_fragment(ip))
        return NULL;
    return ip;
}

/* Whether an IP length needs no closer examination. */
static inline bool is_plain_length(uint32_t total, uint32_t headers)
{
    return total >= headers && total <= IPSEC_LARGEST_ON_WIRE;
}

static IPSEC_INLINE bool set_plain_v4(tvbuff_t *tvb, const packet_info *pinfo, uint32_t between, uint8_t protocol,
                                      ipsec_view *view)
{
    const uint8_t *const ip = plain_v4(pinfo, view, between, protocol);
    uint32_t headers, total;

    if (!ip)
        return false;
    headers = (uint32_t)(view->data - ip);
    total = ipsec_read_u16(ip + 2);
    if (!is_plain_length(total, headers))
        return false;
    view->address_length = 4;
    view->ip_version = 4;
    set_plain(tvb, pinfo, ip, headers, total, view);
    return true;
}

/* The IPv6 dissector copies the addresses, but passes on the length that it found. */
static IPSEC_INLINE bool set_plain_v6(tvbuff_t *tvb, const packet_info *pinfo, const ws_ip6 *passed, uint8_t protocol,
                                      ipsec_view *view)
{
    const uint8_t *ip;
    uint32_t total;

    /* Only in the frame itself is it certain that what is in front is in front in memory, too. */
    if (!passed || !view->data || view->buffer != 0 || view->offset < IPSEC_IPV6_HEADER ||
        pinfo->net_src.type != AT_IPv6 || passed->ip6_len != tvb_reported_length(tvb))
        return false;
    ip = view->data - IPSEC_IPV6_HEADER;
    total = ipsec_read_u16(ip + 4) + IPSEC_IPV6_HEADER;
    if (ip[0] >> 4 != 6 || ip[6] != protocol || total == IPSEC_IPV6_HEADER ||
        !is_plain_length(total, IPSEC_IPV6_HEADER) || memcmp(ip + 8, pinfo->net_src.data, 16) != 0)
        return false;
    view->address_length = 16;
    view->ip_version = 6;
    set_plain(tvb, pinfo, ip, IPSEC_IPV6_HEADER, total, view);
    return true;
}

static IPSEC_INLINE bool find_plain(tvbuff_t *tvb, const packet_info *pinfo, void *data, uint8_t protocol,
                                    ipsec_view *view)
{
    if (G_LIKELY(pinfo->src.type == AT_IPv4))
        return set_plain_v4(tvb, pinfo, 0, protocol, view);
    return pinfo->src.type == AT_IPv6 && pinfo->dst.type == AT_IPv6 &&
           set_plain_v6(tvb, pinfo, WS_IP6_PTR(data), protocol, view);
}

/* --- elsewhere ----------------------------------------------------------------------------------------- */

/* Sets the octets that were captured before the header in the same data source, and how many follow. The offset of a
 * proxy tvbuff may exceed its data source; then nothing is known. */
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

/* The source address that the IP header itself must have: an IPv6 Destination Options header (home address) may have
 * replaced the one in packet_info. */
static inline void set_source(const packet_info *pinfo, const ipsec_view *view, ipsec_ip_search *search)
{
    search->address_length = view->address_length;
    search->source = pinfo->net_src.type == pinfo->src.type ? pinfo->net_src.data : view->source;
}

/* Where the IP dissector found its header, in octets before the header that is looked for; 0 if unknown. The IPv4
 * dissector does not copy the addresses; the IPv6 dissector does, but passes on the length of its packet. */
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
 * so its own length is exact. What other dissectors decompress or decrypt may come from a packet that was cut. */
static bool is_reassembled(tvbuff_t *tvb, const packet_info *pinfo)
{
    return ipsec_compat_is_reassembled(pinfo, tvb_get_ds_tvb(tvb));
}

/* Decode As may have assigned ESP or AH to another protocol number, which is the last one looked up. */
static bool find_ip(ipsec_ip_search *search, const packet_info *pinfo, ipsec_ip_path *path)
{
    if (ipsec_ip_find(search, path))
        return true;
    if (pinfo->match_uint == search->protocol || pinfo->match_uint > UINT8_MAX)
        return false;
    search->protocol = (uint8_t)pinfo->match_uint;
    return ipsec_ip_find(search, path);
}

/* Sets the length of an offloaded packet, if IP does not state it. */
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

/* Whether the pointer is within the octets of the data source itself. */
static bool holds(tvbuff_t *source, const uint8_t *octets)
{
    const uint32_t count = tvb_captured_length(source);

    return (uintptr_t)octets - (uintptr_t)tvb_get_ptr(source, 0, (int)count) < count;
}

/* The fragment is in the data source that the IP dissector's address points into. If that address is a copy, it is in
 * the last earlier data source that fits: of nested fragments, the innermost. */
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

/* The headers in front of a reassembled datagram are in another data source, that of a fragment. The octets before
 * `tvb` in its own data source belong to the datagram, and follow these headers. */
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

static IPSEC_COLD void look_for_ip(tvbuff_t *tvb, packet_info *pinfo, void *data, ipsec_view *view)
{
    ipsec_ip_search search = {.protocol = view->protocol};
    ipsec_ip_path path;
    uint32_t length;

    set_octets(tvb, &search);
    set_source(pinfo, view, &search);
    search.hint = hint_of(tvb, data, &search);
    if (find_ip(&search, pinfo, &path)) {
        view->flags |= path.flags;
        view->outer = search.octets + (search.count - path.header);
        view->outer_length = path.header;
        set_length(view, path.length);
        set_offload(tvb, view);
        set_behind(tvb, pinfo, search.count - path.header, path.length, search.behind, view);
        return;
    }
    /* What the plugin has decrypted is complete. */
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
    if (ipsec_covers_outer(view->protocol))
        rebuild_outer(tvb, pinfo, &search, view);
}

static IPSEC_COLD void find_elsewhere(tvbuff_t *tvb, packet_info *pinfo, void *data, ipsec_view *view)
{
    if (begin_rest(pinfo, view))
        look_for_ip(tvb, pinfo, data, view);
}

void ipsec_outer_ip(tvbuff_t *tvb, packet_info *pinfo, void *data, uint8_t protocol, ipsec_view *view)
{
    begin(tvb, pinfo, protocol, view);
    if (pinfo->flags.in_error_pkt || !find_plain(tvb, pinfo, data, protocol, view))
        find_elsewhere(tvb, pinfo, data, view);
}

static IPSEC_COLD void look_for_udp(tvbuff_t *tvb, packet_info *pinfo, ipsec_view *view)
{
    ipsec_ip_search search = {.protocol = PROTOCOL_UDP};
    ipsec_ip_path path = {.length = IPSEC_LENGTH_UNKNOWN};
    ipsec_udp udp;

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
        if (path.length != IPSEC_LENGTH_UNKNOWN && path.length >= IPSEC_UDP_HEADER)
            set_behind(tvb, pinfo, search.count - path.header, path.length - IPSEC_UDP_HEADER, search.behind, view);
    } else if (udp.length != tvb_reported_length(tvb) || !is_reassembled(tvb, pinfo)) {
        return; /* also UDP-Lite, which has a checksum coverage in place of the length */
    }
    /* A UDP length beyond the IP packet is a fault of UDP, and gives no usable length. */
    if (path.length == IPSEC_LENGTH_UNKNOWN || udp.length <= path.length - IPSEC_UDP_HEADER)
        set_length(view, udp.length);
}

/* If IP and UDP agree on the length. */
static IPSEC_INLINE bool find_plain_udp(tvbuff_t *tvb, const packet_info *pinfo, ipsec_view *view)
{
    ipsec_udp udp;

    if (pinfo->src.type != AT_IPv4 || pinfo->dst.type != AT_IPv4 ||
        !set_plain_v4(tvb, pinfo, IPSEC_UDP_HEADER, PROTOCOL_UDP, view))
        return false;
    if (!ipsec_udp_read(view->outer, view->outer_length, view->source_port, view->destination_port, &udp) ||
        udp.length != view->length)
        return false;
    if (udp.has_checksum)
        view->flags |= IPSEC_VIEW_UDP_CHECKSUM;
    return true;
}

static IPSEC_COLD void find_udp_elsewhere(tvbuff_t *tvb, packet_info *pinfo, ipsec_view *view)
{
    /* find_plain_udp() may have filled in these before the UDP length ruled it out. */
    view->captured = tvb_captured_length(tvb);
    view->behind = 0;
    if (begin_rest(pinfo, view))
        look_for_udp(tvb, pinfo, view);
}

void ipsec_outer_udp(tvbuff_t *tvb, packet_info *pinfo, bool ike_port, ipsec_view *view)
{
    begin(tvb, pinfo, IPSEC_PROTOCOL_ESP, view);
    view->encapsulation = IPSEC_ENCAPSULATION_UDP;
    view->source_port = (uint16_t)pinfo->srcport;
    view->destination_port = (uint16_t)pinfo->destport;
    if (ike_port)
        view->flags |= IPSEC_VIEW_IKE_PORT;
    if (pinfo->flags.in_error_pkt || !find_plain_udp(tvb, pinfo, view))
        find_udp_elsewhere(tvb, pinfo, view);
}
