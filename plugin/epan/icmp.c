/* ICMP and ICMPv6 errors that quote IPsec.
 *
 * The error is judged from its octets before the stock dissector is called, because that dissects the quote like a
 * packet, after which the columns cannot be written and the addresses are no longer those of the reporter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "icmp.h"
#include "compat.h"
#include "draw.h"
#include "draw_items.h"
#include "frames.h"
#include "info_column.h"
#include "outer.h"
#include "taps.h"

#include <epan/exceptions.h>

/* Returns false if the message did not come in IP, so that the reporter is unknown. */
static bool fill_in(const ipsec_icmp_place *place, tvbuff_t *tvb, const packet_info *pinfo, ipsec_icmp_view *view)
{
    const uint32_t captured = tvb_captured_length(tvb);
    const int type = place->protocol == IPSEC_ICMP ? AT_IPv4 : AT_IPv6;

    if (pinfo->src.type != type || pinfo->dst.type != type)
        return false;
    *view = (ipsec_icmp_view){.data = tvb_get_ptr(tvb, 0, (int)captured),
                              .captured = captured,
                              .whole = captured == tvb_reported_length(tvb) && !pinfo->fragmented,
                              .source = pinfo->src.data,
                              .destination = pinfo->dst.data,
                              .address_length = (uint8_t)pinfo->src.len,
                              .protocol = place->protocol,
                              .offset = (uint32_t)tvb_raw_offset(tvb),
                              .buffer = ipsec_outer_buffer(tvb, pinfo),
                              .time = (uint64_t)pinfo->abs_ts.secs * 1000000000u + (uint64_t)pinfo->abs_ts.nsecs,
                              .refused_by = place->refused_by};
    return true;
}

static void draw_fields(const ipsec_icmp_report *report, proto_tree *tree)
{
    ipsec_add_string(tree, IPSEC_HF_ICMP_ERROR, report->error);
    if (report->has_mtu)
        ipsec_add_uint(tree, IPSEC_HF_ICMP_MTU, report->mtu);
    if (report->quoted_frame > 0)
        ipsec_add_uint(tree, IPSEC_HF_ICMP_QUOTED_FRAME, report->quoted_frame);
}

static void draw(const ipsec_icmp_report *report, const ipsec_icmp_place *place, tvbuff_t *tvb, packet_info *pinfo,
                 proto_tree *tree, const ipsec_tree_mark *mark)
{
    const char *const current = pinfo->current_proto;
    proto_item *const parent = ipsec_compat_find_item(tree, mark, place->proto);

    pinfo->current_proto = "IPsec"; /* for the Expert Information dialog */
    tree = ipsec_draw_findings(&report->findings, tvb, pinfo, tree, parent);
    if (tree)
        draw_fields(report, tree);
    pinfo->current_proto = current;
}

/* To be called after the quote has been dissected. */
static void finish(const ipsec_icmp_report *report, const ipsec_icmp_place *place, tvbuff_t *tvb, packet_info *pinfo,
                   proto_tree *tree, const ipsec_tree_mark *mark)
{
    draw(report, place, tvb, pinfo, tree, mark);
    ipsec_info_column_tell(&report->findings, place->order, pinfo);
}

static int dissect(const ipsec_icmp_report *report, const ipsec_icmp_place *place, tvbuff_t *tvb, packet_info *pinfo,
                   proto_tree *tree, void *data)
{
    const ipsec_tree_mark mark = ipsec_compat_mark_tree(tree);
    /* The plugin's item goes under that of ICMP, which must exist. */
    const volatile bool fake_before = ipsec_compat_fake_protocols(tree, false);
    volatile int result = 0;

    TRY
    {
        result = call_dissector_only(place->stock, tvb, pinfo, tree, data);
    }
    CATCH_ALL
    {
        ipsec_compat_fake_protocols(tree, fake_before);
        finish(report, place, tvb, pinfo, tree, &mark);
        RETHROW;
    }
    ENDTRY;
    ipsec_compat_fake_protocols(tree, fake_before);
    finish(report, place, tvb, pinfo, tree, &mark);
    return result;
}

int ipsec_icmp_dissect(const ipsec_icmp_place *place, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    ipsec_icmp_view view;
    ipsec_icmp_report report;

    if (!fill_in(place, tvb, pinfo, &view))
        return call_dissector_only(place->stock, tvb, pinfo, tree, data);
    ipsec_frames_icmp(pinfo, &view, &report);
    if (report.findings.count == 0)
        return call_dissector_only(place->stock, tvb, pinfo, tree, data);
    ipsec_tap_offer_icmp(&report, &view, pinfo);
    ipsec_tap_offer_ike_news(pinfo);
    return dissect(&report, place, tvb, pinfo, tree, data);
}
