/* Draws reports, one subtree per header. The most useful items come first: the conclusion, the findings with advice,
 * what the receivers report; then sequence number and SA, and what the keys have shown.
 *
 * Fields of a header appear once, those of a finding once per finding, in the order of the findings, so that the
 * columns of `-T fields` can be paired.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "draw.h"
#include "compat.h"
#include "draw_items.h"
#include "draw_receivers.h"
#include "fields.h"
#include "frames.h"
#include "keys.h"

#include <epan/expert.h>
#include <epan/packet.h>

#include <glib.h>
#include <stdio.h>
#include <string.h>

static int ett_ipsec = -1;
static int ett_ipsec_finding = -1;
static int ett_ipsec_seq = -1;
static int ett_ipsec_sa = -1;
static int ett_ipsec_icv = -1;
static int ett_ipsec_trailer = -1;

void ipsec_draw_register(void)
{
    static int *ett[] = {&ett_ipsec,    &ett_ipsec_finding, &ett_ipsec_seq,
                         &ett_ipsec_sa, &ett_ipsec_icv,     &ett_ipsec_trailer};

    proto_register_subtree_array(ett, array_length(ett));
    ipsec_draw_receivers_register();
}

/* Adds a link to a frame, if the frame is known and has a number. */
static void add_frame(proto_tree *tree, ipsec_hf field, uint32_t frame)
{
    if (frame != 0)
        ipsec_add_uint(tree, field, frame);
}

/* --- findings ----------------------------------------------------------------------------------------------------- */

/* The item of a finding. Wireshark highlights its octets when it is selected, even those in front of the header. */
static proto_item *add_finding(const ipsec_catalogue_row *row, ipsec_span span, tvbuff_t *tvb, proto_tree *tree)
{
    const int64_t at = tvb_raw_offset(tvb) + span.start;
    const int64_t last = tvb_raw_offset(tvb) + (int64_t)tvb_captured_length(tvb);
    const int start = (int)CLAMP(at, 0, last), end = (int)CLAMP(at + span.length, 0, last);

    return ipsec_generated(proto_tree_add_string_format(tree, ipsec_hf_ids[IPSEC_HF_FINDING], tvb_get_ds_tvb(tvb),
                                                        start, end - start, row->id, "%s", row->summary));
}

static void draw_finding(const ipsec_finding *finding, ipsec_span span, tvbuff_t *tvb, packet_info *pinfo,
                         proto_tree *tree)
{
    const ipsec_finding_id id = (ipsec_finding_id)finding->id;
    const ipsec_catalogue_row *row = ipsec_catalogue(id);
    proto_item *item = add_finding(row, span, tvb, tree);
    char advice[IPSEC_ADVICE_SIZE];
    proto_tree *subtree;

    if (finding->announce)
        expert_add_info(pinfo, item, &ipsec_experts[id]);
    if (!tree)
        return;
    subtree = proto_item_add_subtree(item, ett_ipsec_finding);
    ipsec_add_uint(subtree, IPSEC_HF_CAUSE, row->cause);
    ipsec_add_string(subtree, IPSEC_HF_REFERENCE, row->reference);
    ipsec_add_string(subtree, IPSEC_HF_ADVICE, ipsec_finding_advice(finding, advice));
}

/* --- the header --------------------------------------------------------------------------------------------------- */

static void draw_placed(const ipsec_number *number, proto_tree *tree)
{
    ipsec_add_uint64(tree, IPSEC_HF_SEQ_HIGHEST, number->highest);
    ipsec_add_uint64(tree, IPSEC_HF_SEQ_LAG, ipsec_number_lag(number));
    ipsec_add_uint64(tree, IPSEC_HF_SEQ_SKIPPED, ipsec_number_skipped(number));
}

/* The number is drawn whatever is known about the SA, because logs identify packets by it. */
static void draw_number(const ipsec_report *report, proto_tree *tree)
{
    const ipsec_number *number = &report->number;
    proto_item *item;

    if (!number->is_followed) {
        if (report->header.has_sequence)
            ipsec_add_uint64(tree, IPSEC_HF_SEQ, report->header.sequence);
        return;
    }
    item = ipsec_add_uint64(tree, IPSEC_HF_SEQ, number->value);
    tree = proto_item_add_subtree(item, ett_ipsec_seq);
    if (number->is_placed && number->has_highest)
        draw_placed(number, tree);
    add_frame(tree, IPSEC_HF_SEQ_FIRST_SEEN, number->first_seen);
}

/* What IKE says about the SA, as far as it has been seen. */
static void draw_sa_ike(uint32_t sa, bool total, proto_tree *tree)
{
    ipsec_sa_ike ike;

    if (!ipsec_frames_sa_ike(sa, &ike))
        return;
    add_frame(tree, IPSEC_HF_SA_CREATED_BY, ike.created_by);
    add_frame(tree, IPSEC_HF_SA_DELETED_BY, ike.deleted_by);
    add_frame(tree, IPSEC_HF_SA_MAYBE_CREATED_BY, ike.maybe_created_by);
    if (total)
        add_frame(tree, IPSEC_HF_SA_MAYBE_DELETED_BY, ike.maybe_deleted_by);
}

/* What is known about the SA so far. Totals are drawn on later passes only, when they are complete. */
static void draw_sa(uint32_t sa, const packet_info *pinfo, proto_tree *tree)
{
    ipsec_sa_summary summary;
    uint32_t mtu;

    tree = proto_item_add_subtree(ipsec_add_uint(tree, IPSEC_HF_SA, sa), ett_ipsec_sa);
    if (!ipsec_frames_sa(sa, &summary))
        return;
    if (summary.reverse != IPSEC_SA_NONE)
        ipsec_add_uint(tree, IPSEC_HF_SA_REVERSE, summary.reverse);
    if (summary.successor != IPSEC_SA_NONE)
        ipsec_add_uint(tree, IPSEC_HF_SA_SUCCESSOR, summary.successor);
    draw_sa_ike(sa, ipsec_compat_is_visited(pinfo), tree);
    mtu = ipsec_frames_sa_mtu(sa, pinfo);
    if (mtu > 0)
        ipsec_add_uint(tree, IPSEC_HF_SA_MTU, mtu);
    add_frame(tree, IPSEC_HF_SA_FIRST_FRAME, summary.first_frame);
    if (!ipsec_compat_is_visited(pinfo))
        return;
    add_frame(tree, IPSEC_HF_SA_LAST_FRAME, summary.last_frame);
    ipsec_add_uint(tree, IPSEC_HF_SA_PACKETS, summary.packets);
    ipsec_add_uint64(tree, IPSEC_HF_SA_OCTETS, summary.octets);
    ipsec_add_uint(tree, IPSEC_HF_SA_LOST, summary.lost);
}

static void draw_header(const ipsec_report *report, packet_info *pinfo, proto_tree *tree)
{
    add_frame(tree, IPSEC_HF_FRAGMENT_FRAME, report->fragment);
    ipsec_add_uint(tree, IPSEC_HF_PROTOCOL, report->header.protocol);
    if (report->header.has_spi)
        ipsec_add_uint(tree, IPSEC_HF_SPI, report->header.spi);
    ipsec_add_uint(tree, IPSEC_HF_ENCAPSULATION, report->header.encapsulation);
    draw_number(report, tree);
    if (report->sa == IPSEC_SA_NONE)
        return;
    if (ipsec_compat_is_visited(pinfo))
        add_frame(tree, IPSEC_HF_ANSWERED_BY, ipsec_frames_answered_by(pinfo, report->sa));
    draw_sa(report->sa, pinfo, tree);
}

/* --- what a key has shown
 * ---------------------------------------------------------------------------------------------- */

static const char *key_source(const ipsec_opened *opened, packet_info *pinfo)
{
    if (!opened->spec)
        return "ESP-NULL heuristic";
    return ipsec_keys_source(pinfo->pool, opened->spec->origin, opened->spec->line);
}

static void draw_icv(const ipsec_opened *opened, packet_info *pinfo, proto_tree *tree)
{
    proto_item *item = ipsec_add_uint(tree, IPSEC_HF_ICV_STATUS, opened->icv_status);
    proto_tree *subtree = proto_item_add_subtree(item, ett_ipsec_icv);

    if (opened->icv_status == IPSEC_ICV_UNVERIFIED)
        proto_item_append_text(item, " (%s)", ipsec_unverified_name(opened->unverified));
    ipsec_add_uint(subtree, IPSEC_HF_ICV_LENGTH, opened->icv_length);
    ipsec_add_uint(subtree, IPSEC_HF_IV_LENGTH, opened->iv_length);
    if (ipsec_field_is_seen(subtree, IPSEC_HF_KEY_SOURCE))
        ipsec_add_string(subtree, IPSEC_HF_KEY_SOURCE, key_source(opened, pinfo));
}

/* Trailer fields come from the plaintext, so they are drawn without octets of the packet. */
static void draw_trailer(const ipsec_opened *opened, proto_tree *tree)
{
    if (!opened->has_trailer)
        return;
    tree = proto_item_add_subtree(ipsec_add_uint(tree, IPSEC_HF_TRAILER_NEXT_HEADER, opened->next_header),
                                  ett_ipsec_trailer);
    ipsec_add_uint(tree, IPSEC_HF_TRAILER_PAD_LENGTH, opened->pad_length);
    if (opened->has_inner)
        ipsec_add_uint(tree, IPSEC_HF_TRAILER_TFC_LENGTH, opened->tfc_length);
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

/* The subtree of an item, created if there is none. */
static proto_tree *tree_of(proto_item *item)
{
    proto_tree *tree = proto_item_get_subtree(item);

    return tree ? tree : proto_item_add_subtree(item, ett_ipsec);
}

static void draw_findings(const ipsec_report *report, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    for (unsigned i = 0; i < report->findings.count; i++) {
        const ipsec_finding *finding = &report->findings.list[i];

        draw_finding(finding, ipsec_finding_span(report, finding), tvb, pinfo, tree);
    }
}

/* Adds the protocol's item with that label. Returns its subtree. */
static proto_tree *add_item(const char *label, tvbuff_t *tvb, proto_tree *tree)
{
    proto_item *item = proto_tree_add_item(tree, ipsec_proto_id, tvb, 0, 0, ENC_NA);

    proto_item_set_generated(item);
    ipsec_compat_set_label(item, label);
    return proto_item_add_subtree(item, ett_ipsec);
}

#define LABEL_HEAD "IPsec analysis: "

static void draw_flags(bool flagged, tvbuff_t *tvb, proto_tree *tree)
{
    if (flagged)
        proto_item_set_generated(proto_tree_add_item(tree, ipsec_hf_ids[IPSEC_HF_ANALYSIS_FLAGS], tvb, 0, 0, ENC_NA));
}

/* The item, with the conclusion as its label, and the fields of the conclusion. Returns the item's subtree, or the tree
 * if the item is not needed. */
static proto_tree *draw_conclusion(const ipsec_report *report, tvbuff_t *tvb, proto_tree *tree)
{
    if (ipsec_protocol_is_seen(tree)) {
        char label[sizeof LABEL_HEAD + IPSEC_CONCLUSION_SIZE] = LABEL_HEAD;

        ipsec_conclusion(report, label + sizeof LABEL_HEAD - 1);
        tree = add_item(label, tvb, tree);
    }
    ipsec_add_uint(tree, IPSEC_HF_VERDICT, report->verdict);
    draw_flags(report->findings.flagged, tvb, tree);
    return tree;
}

void ipsec_draw_report(const ipsec_report *report, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                       proto_item *parent)
{
    if (!tree) {
        draw_findings(report, tvb, pinfo, NULL);
        return;
    }
    tree = draw_conclusion(report, tvb, parent ? tree_of(parent) : tree);
    draw_findings(report, tvb, pinfo, tree);
    if (report->findings.count)
        ipsec_draw_receivers(report, tvb, tree);
    draw_header(report, pinfo, tree);
    if (report->opened.valid) {
        draw_icv(&report->opened, pinfo, tree);
        draw_trailer(&report->opened, tree);
    }
}

proto_tree *ipsec_draw_findings(const ipsec_findings *findings, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                                proto_item *parent)
{
    const ipsec_finding *gravest = ipsec_gravest(findings);

    if (!gravest)
        return NULL;
    if (tree)
        tree = parent ? tree_of(parent) : tree;
    if (tree && ipsec_protocol_is_seen(tree)) {
        char label[sizeof LABEL_HEAD + IPSEC_CONCLUSION_SIZE];

        snprintf(label, sizeof label, LABEL_HEAD "%s", ipsec_catalogue((ipsec_finding_id)gravest->id)->summary);
        tree = add_item(label, tvb, tree);
    }
    if (tree)
        draw_flags(ipsec_catalogue((ipsec_finding_id)gravest->id)->severity >= IPSEC_SEVERITY_NOTE, tvb, tree);
    for (unsigned i = 0; i < findings->count; i++) {
        const ipsec_finding *finding = &findings->list[i];

        draw_finding(finding, (ipsec_span){finding->offset, finding->length}, tvb, pinfo, tree);
    }
    return tree;
}
