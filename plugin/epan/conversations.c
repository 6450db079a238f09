/* The tabs "IPsec" of Conversations and Endpoints (tshark: -z conv,ipsec and -z endpoints,ipsec), by the addresses in
 * front of the header; and "IPsec SA" of Conversation Filter, an SA with its reverse SA.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "compat.h"
#include "frames.h"
#include "statistics.h"
#include "taps.h"

#include <epan/conversation_table.h>

#include <glib.h>

static const char *filter_of(const address *at, conv_filter_type_e type)
{
    static const char *const v4[] = {
        [CONV_FT_SRC_ADDRESS] = "ip.src", [CONV_FT_DST_ADDRESS] = "ip.dst", [CONV_FT_ANY_ADDRESS] = "ip.addr"};
    static const char *const v6[] = {
        [CONV_FT_SRC_ADDRESS] = "ipv6.src", [CONV_FT_DST_ADDRESS] = "ipv6.dst", [CONV_FT_ANY_ADDRESS] = "ipv6.addr"};

    if (type > CONV_FT_ANY_ADDRESS)
        return CONV_FILTER_INVALID; /* there are no ports */
    return at->type == AT_IPv4 ? v4[type] : v6[type];
}

static const char *conversation_filter(conv_item_t *item, conv_filter_type_e type)
{
    return item ? filter_of(type == CONV_FT_DST_ADDRESS ? &item->dst_address : &item->src_address, type)
                : CONV_FILTER_INVALID;
}

static const char *endpoint_filter(endpoint_item_t *item, conv_filter_type_e type)
{
    return item ? filter_of(&item->myaddress, type) : CONV_FILTER_INVALID;
}

/* The addresses of a frame; false if it is not to be counted: a frame counts once for two addresses, however many
 * headers it has between them. */
static bool is_between(const ipsec_tapped *tapped, address *source, address *destination)
{
    const int type = tapped->address_length == 4 ? AT_IPv4 : AT_IPv6;

    if (tapped->address_length == 0 || tapped->is_repeat || tapped->kind != IPSEC_TAPPED_HEADER)
        return false;
    set_address(source, type, tapped->address_length, tapped->source);
    set_address(destination, type, tapped->address_length, tapped->destination);
    return true;
}

static tap_packet_status add_conversation(void *table, packet_info *pinfo, epan_dissect_t *edt _U_, const void *tapped,
                                          tap_flags_t flags)
{
    static ct_dissector_info_t info = {conversation_filter};
    address source, destination;

    ((conv_hash_t *)table)->flags = flags;
    if (!is_between((const ipsec_tapped *)tapped, &source, &destination))
        return TAP_PACKET_DONT_REDRAW;
    add_conversation_table_data((conv_hash_t *)table, &source, &destination, 0, 0, 1,
                                (int)ipsec_compat_frame_length(pinfo), &pinfo->rel_ts, &pinfo->abs_ts, &info,
                                CONVERSATION_NONE);
    return TAP_PACKET_REDRAW;
}

static tap_packet_status add_endpoints(void *table, packet_info *pinfo, epan_dissect_t *edt _U_, const void *tapped,
                                       tap_flags_t flags)
{
    static et_dissector_info_t info = {endpoint_filter};
    const int octets = (int)ipsec_compat_frame_length(pinfo);
    address source, destination;

    ((conv_hash_t *)table)->flags = flags;
    if (!is_between((const ipsec_tapped *)tapped, &source, &destination))
        return TAP_PACKET_DONT_REDRAW;
    add_endpoint_table_data((conv_hash_t *)table, &source, 0, true, 1, octets, &info, ENDPOINT_NONE);
    add_endpoint_table_data((conv_hash_t *)table, &destination, 0, false, 1, octets, &info, ENDPOINT_NONE);
    return TAP_PACKET_REDRAW;
}

/* Whether the frame has an SA. If it has several headers, the innermost one counts, because its SA carries the least
 * unrelated traffic. */
static bool has_sa(const packet_info *pinfo)
{
    return ipsec_frames_innermost_sa(pinfo) != IPSEC_SA_NONE;
}

static char *sa_filter(const packet_info *pinfo)
{
    const uint32_t sa = ipsec_frames_innermost_sa(pinfo);
    ipsec_sa_summary summary;

    if (!ipsec_frames_sa(sa, &summary) || summary.reverse == IPSEC_SA_NONE)
        return g_strdup_printf("ipsec.sa == %u", sa);
    return g_strdup_printf("ipsec.sa in {%u, %u}", sa, summary.reverse);
}

void ipsec_conversations_register(int proto)
{
    register_conversation_table(proto, true, add_conversation, add_endpoints);
    ipsec_compat_register_conversation_filter("ipsec", "IPsec SA", has_sa, sa_filter);
}
