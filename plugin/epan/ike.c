/* IKE messages. The stock dissector runs first, because what it decrypts is judged too. If it throws, findings are
 * drawn all the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike.h"
#include "compat.h"
#include "draw.h"
#include "draw_items.h"
#include "fields.h"
#include "frames.h"
#include "ike_inside.h"
#include "info_column.h"
#include "taps.h"

#include <epan/exceptions.h>

/* A message while it is dissected. */
typedef struct message {
    const ipsec_view *view;
    int isakmp;
    unsigned order;
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *tree;
    ipsec_tree_mark mark;
} message;

static void draw_frame(ipsec_hf field, uint32_t frame, proto_tree *tree)
{
    if (frame > 0)
        ipsec_add_uint(tree, field, frame);
}

static void draw_notify(const ipsec_ike_said *said, uint8_t version, proto_tree *tree)
{
    const char *const name = ipsec_ike_notify_name(version, said->notify);

    /* IKEv1 and IKEv2 have different names for some numbers; the field only has those of IKEv2. */
    ipsec_generated(proto_tree_add_uint_format_value(tree, ipsec_hf_ids[IPSEC_HF_IKE_NOTIFY], NULL, 0, 0, said->notify,
                                                     "%s (%u)", name ? name : "Unknown", said->notify));
}

static void draw_windows(const ipsec_ike_said *said, proto_tree *tree)
{
    const char *const name = ipsec_ike_windows_name(said->windows);

    ipsec_generated(proto_tree_add_uint_format_value(
        tree, ipsec_hf_ids[IPSEC_HF_IKE_WINDOWS_ERROR], NULL, 0, 0, said->windows, "%s%s (%u)",
        said->windows_given ? "" : "consistent with ", name ? name : "Unknown", said->windows));
}

/* What is inferred may be the finding itself, or only that the Windows error code fits it. */
static void draw_inferred(const ipsec_ike_report *report, proto_tree *tree)
{
    const bool inferred = ipsec_ike_is_inferred(report);
    bool finding = false, any = inferred;

    for (unsigned i = 0; i < report->count; i++) {
        finding = finding || report->said[i].inferred;
        any = any || report->said[i].windows;
    }
    if (any)
        ipsec_generated(proto_tree_add_boolean_format_value(tree, ipsec_hf_ids[IPSEC_HF_INFERRED], NULL, 0, 0, inferred,
                                                            "%s",
                                                            finding    ? "True (the finding)"
                                                            : inferred ? "True (only the Windows code)"
                                                                       : "False"));
}

static void draw_fields(const ipsec_ike_report *report, proto_tree *tree)
{
    for (unsigned i = 0; i < report->count; i++) {
        const ipsec_ike_said *said = &report->said[i];

        if (said->has_notify)
            draw_notify(said, report->message.version, tree);
        if (said->windows)
            draw_windows(said, tree);
    }
    draw_inferred(report, tree);
    draw_frame(IPSEC_HF_IKE_REQUEST, report->request, tree);
    draw_frame(IPSEC_HF_IKE_RESPONSE, report->response, tree);
}

/* Adds details to the conclusion that the summary leaves open, if its item exists. */
static void draw_remark(const ipsec_ike_report *report, proto_tree *tree)
{
    const ipsec_finding *gravest = ipsec_gravest(&report->findings);
    proto_item *item = proto_tree_get_parent(tree);
    char remark[IPSEC_IKE_REMARK_SIZE];

    if (!item || !PITEM_FINFO(item) || PITEM_FINFO(item)->hfinfo->id != ipsec_proto_id)
        return;
    for (unsigned i = 0; i < report->count; i++)
        if (report->said[i].finding == gravest->id &&
            ipsec_ike_remark(&report->said[i], report->message.version, remark)[0])
            proto_item_append_text(item, " (%s)", remark);
}

/* The ICMP error about the message; on later passes, when all errors are known. */
static void draw_answer(const message *it)
{
    proto_item *item = ipsec_compat_find_item(it->tree, &it->mark, it->isakmp);
    const uint32_t frame = ipsec_compat_is_visited(it->pinfo) ? ipsec_frames_answered_by(it->pinfo, IPSEC_SA_NONE) : 0;

    draw_frame(IPSEC_HF_ANSWERED_BY, frame, item ? proto_item_get_subtree(item) : it->tree);
}

static void draw(const message *it, const ipsec_ike_report *report)
{
    const char *const current = it->pinfo->current_proto;
    proto_tree *tree;

    it->pinfo->current_proto = "IPsec"; /* see hooks.c */
    tree = ipsec_draw_findings(&report->findings, it->tvb, it->pinfo, it->tree,
                               ipsec_compat_find_item(it->tree, &it->mark, it->isakmp));
    if (tree) {
        draw_remark(report, tree);
        draw_fields(report, tree);
    }
    it->pinfo->current_proto = current;
    ipsec_info_column_tell(&report->findings, it->order, it->pinfo);
}

static void judge(const message *it, const ipsec_ike_shown *shown)
{
    ipsec_ike_report report;

    ipsec_frames_ike(it->pinfo, it->view, shown, &report);
    ipsec_tap_offer_ike(&report, it->view, it->pinfo);
    if (report.findings.count > 0)
        draw(it, &report);
    if (it->tree && report.is_ike)
        draw_answer(it);
}

/* The decrypted content is only read on the first pass; later passes use the record of it. */
static int call_stock(const message *it, dissector_handle_t stock, void *data, ipsec_ike_shown *shown)
{
    if (ipsec_compat_is_visited(it->pinfo) || !ipsec_may_hide_ike(it->view))
        return call_dissector_only(stock, it->tvb, it->pinfo, it->tree, data);
    return ipsec_ike_inside_call(stock, it->tvb, it->pinfo, it->tree, data, shown);
}

int ipsec_ike_call(dissector_handle_t stock, int isakmp, const ipsec_view *view, unsigned order, tvbuff_t *tvb,
                   packet_info *pinfo, proto_tree *tree, void *data)
{
    const message it = {view, isakmp, order, tvb, pinfo, tree, ipsec_compat_mark_tree(tree)};
    const volatile bool fake_before = ipsec_compat_fake_protocols(tree, false);
    /* Not a local variable, which would be undefined after an exception. */
    ipsec_ike_shown *const shown = wmem_new0(pinfo->pool, ipsec_ike_shown);
    volatile int result = 0;

    TRY
    {
        result = call_stock(&it, stock, data, shown);
    }
    CATCH_ALL
    {
        ipsec_compat_fake_protocols(tree, fake_before);
        judge(&it, shown);
        RETHROW;
    }
    ENDTRY;
    ipsec_compat_fake_protocols(tree, fake_before);
    judge(&it, shown);
    return result;
}
