/* Draws a report: one subtree per header, one item per finding.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree.h"
#include "../core/ipsec.h"
#include "compat.h"
#include "draw.h"
#include "frames.h"
#include "keys.h"

#include <epan/expert.h>
#include <epan/packet.h>

static void add_uint(proto_tree *tree, int hf, tvbuff_t *tvb, uint32_t value)
{
    proto_item_set_generated(proto_tree_add_uint(tree, hf, tvb, 0, 0, value));
}

static void add_string(proto_tree *tree, int hf, tvbuff_t *tvb, const char *value)
{
    proto_item_set_generated(proto_tree_add_string(tree, hf, tvb, 0, 0, value));
}

static void add_uint64(proto_tree *tree, int hf, tvbuff_t *tvb, uint64_t value)
{
    proto_item_set_generated(proto_tree_add_uint64(tree, hf, tvb, 0, 0, value));
}

/* A link to a frame, if it is known and has a number. */
static void add_frame(proto_tree *tree, int hf, tvbuff_t *tvb, uint32_t frame)
{
    if (frame != 0)
        add_uint(tree, hf, tvb, frame);
}

/* What is known of the SA so far. Totals are drawn on later passes, for then they are. */
static void draw_sa(uint32_t sa, bool total, tvbuff_t *tvb, proto_tree *tree)
{
    ipsec_sa_facts facts;

    add_uint(tree, hf_ipsec_sa, tvb, sa);
    if (!ipsec_frames_sa(sa, &facts))
        return;
    if (facts.reverse != IPSEC_SA_NONE)
        add_uint(tree, hf_ipsec_sa_reverse, tvb, facts.reverse);
    if (facts.successor != IPSEC_SA_NONE)
        add_uint(tree, hf_ipsec_sa_successor, tvb, facts.successor);
    add_frame(tree, hf_ipsec_sa_first_frame, tvb, facts.first_frame);
    if (!total)
        return;
    add_frame(tree, hf_ipsec_sa_last_frame, tvb, facts.last_frame);
    add_uint(tree, hf_ipsec_sa_packets, tvb, facts.packets);
    add_uint64(tree, hf_ipsec_sa_octets, tvb, facts.octets);
    add_uint(tree, hf_ipsec_sa_lost, tvb, facts.lost);
}

static void draw_number(const ipsec_report *report, tvbuff_t *tvb, proto_tree *tree)
{
    const uint64_t lag =
        report->number.highest > report->number.value ? report->number.highest - report->number.value : 0;
    const uint64_t advance =
        report->number.value > report->number.highest ? report->number.value - report->number.highest : 0;

    add_uint64(tree, hf_ipsec_seq, tvb, report->number.value);
    if (report->number.is_placed && report->number.has_highest) {
        add_uint64(tree, hf_ipsec_seq_highest, tvb, report->number.highest);
        add_uint64(tree, hf_ipsec_seq_lag, tvb, lag);
        add_uint64(tree, hf_ipsec_seq_skipped, tvb, advance > 1 ? advance - 1 : 0);
    }
    add_frame(tree, hf_ipsec_seq_first_seen, tvb, report->number.first_seen);
}

static void draw_header(const ipsec_report *report, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    if (report->findings.flagged)
        proto_item_set_generated(proto_tree_add_item(tree, hf_ipsec_analysis_flags, tvb, 0, 0, ENC_NA));
    add_uint(tree, hf_ipsec_verdict, tvb, report->verdict);
    add_uint(tree, hf_ipsec_protocol, tvb, report->header.protocol);
    if (report->header.has_spi)
        add_uint(tree, hf_ipsec_spi, tvb, report->header.spi);
    add_uint(tree, hf_ipsec_encapsulation, tvb, report->header.encapsulation);
    if (report->sa != IPSEC_SA_NONE)
        draw_sa(report->sa, pinfo->fd->visited, tvb, tree);
    if (report->number.is_followed)
        draw_number(report, tvb, tree);
}

/* Trailer fields are those of the plaintext: they stand for octets of the packet only if nothing was encrypted. */
static void draw_trailer(const ipsec_opened *opened, tvbuff_t *tvb, proto_tree *tree)
{
    if (!opened->has_trailer)
        return;
    add_uint(tree, hf_ipsec_trailer_pad_length, tvb, opened->pad_length);
    add_uint(tree, hf_ipsec_trailer_next_header, tvb, opened->next_header);
    if (opened->has_inner)
        add_uint(tree, hf_ipsec_trailer_tfc_length, tvb, opened->tfc_length);
}

static const char *key_source(const ipsec_opened *opened, packet_info *pinfo)
{
    if (!opened->spec)
        return "ESP-NULL heuristic";
    return ipsec_keys_source(pinfo->pool, opened->spec->origin, opened->spec->line);
}

static void draw_opened(const ipsec_opened *opened, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    proto_item *item = proto_tree_add_uint(tree, hf_ipsec_icv_status, tvb, 0, 0, opened->icv_status);

    proto_item_set_generated(item);
    if (opened->icv_status == IPSEC_ICV_UNVERIFIED)
        proto_item_append_text(item, " (%s)", ipsec_unverified_name(opened->unverified));
    add_uint(tree, hf_ipsec_icv_length, tvb, opened->icv_length);
    add_uint(tree, hf_ipsec_iv_length, tvb, opened->iv_length);
    draw_trailer(opened, tvb, tree);
    add_string(tree, hf_ipsec_key_source, tvb, key_source(opened, pinfo));
}

static void draw_finding(const ipsec_finding *finding, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    const ipsec_finding_id id = (ipsec_finding_id)finding->id;
    const ipsec_catalogue_row *row = ipsec_catalogue(id);
    const uint32_t captured = tvb_captured_length(tvb);
    const uint32_t start = MIN(finding->offset, captured);
    const uint32_t length = MIN(finding->length, captured - start);
    proto_item *item = proto_tree_add_string(tree, hf_ipsec_finding, tvb, (int)start, (int)length, row->id);
    char advice[IPSEC_ADVICE_SIZE];
    proto_tree *subtree;

    proto_item_set_generated(item);
    if (finding->announce)
        expert_add_info(pinfo, item, ipsec_fields_expert(id));
    subtree = proto_item_add_subtree(item, ett_ipsec_finding);
    add_uint(subtree, hf_ipsec_cause, tvb, row->cause);
    add_string(subtree, hf_ipsec_reference, tvb, row->reference);
    add_string(subtree, hf_ipsec_advice, tvb, ipsec_finding_advice(finding, advice));
}

/* Where a report is our conclusion the text says so; the value is the same. */
static const char *hedge(const ipsec_outcome *outcome)
{
    return outcome->inferred ? "consistent with " : "";
}

static void draw_windows(const ipsec_outcome *outcome, tvbuff_t *tvb, proto_tree *tree)
{
    const ipsec_windows_error *windows = ipsec_windows_error_of(outcome);

    if (!windows)
        return;
    proto_item_set_generated(proto_tree_add_uint_format_value(tree, hf_ipsec_windows_error, tvb, 0, 0, windows->error,
                                                              "%s%s (%u)", hedge(outcome), windows->name,
                                                              windows->error));
    proto_item_set_generated(proto_tree_add_uint_format_value(tree, hf_ipsec_windows_status, tvb, 0, 0, windows->status,
                                                              "%s%s (0x%08x)", hedge(outcome), windows->status_name,
                                                              windows->status));
    if (outcome->event)
        proto_item_set_generated(proto_tree_add_uint_format_value(
            tree, hf_ipsec_windows_event, tvb, 0, 0, outcome->event, "%s%u", hedge(outcome), outcome->event));
}

static void draw_text(int hf, const ipsec_outcome *outcome, tvbuff_t *tvb, proto_tree *tree)
{
    proto_item_set_generated(proto_tree_add_string_format_value(tree, hf, tvb, 0, 0, outcome->report, "%s%s",
                                                                hedge(outcome), outcome->report));
}

/* What each stack will have reported for the packet. */
static void draw_outcomes(const ipsec_report *report, tvbuff_t *tvb, proto_tree *tree)
{
    const struct {
        ipsec_stack stack;
        int hf;
    } texts[] = {
        {IPSEC_STACK_LINUX, hf_ipsec_linux_counter},          {IPSEC_STACK_FREEBSD, hf_ipsec_freebsd_counter},
        {IPSEC_STACK_OPENBSD, hf_ipsec_openbsd_counter},      {IPSEC_STACK_VPP, hf_ipsec_vpp_counter},
        {IPSEC_STACK_STRONGSWAN, hf_ipsec_strongswan_status},
    };
    const ipsec_outcome *windows = ipsec_outcome_at(IPSEC_STACK_WINDOWS, report);
    bool inferred = windows && windows->inferred;
    bool any = windows != NULL;

    draw_windows(windows, tvb, tree);
    for (unsigned i = 0; i < array_length(texts); i++) {
        const ipsec_outcome *outcome = ipsec_outcome_at(texts[i].stack, report);

        if (!outcome)
            continue;
        any = true;
        inferred = inferred || outcome->inferred;
        draw_text(texts[i].hf, outcome, tvb, tree);
        if (outcome->log)
            add_string(tree, hf_ipsec_strongswan_log, tvb, outcome->log);
        if (texts[i].stack == IPSEC_STACK_LINUX && ipsec_linux_sa_counter(report))
            add_string(tree, hf_ipsec_linux_sa_counter, tvb, ipsec_linux_sa_counter(report));
    }
    if (any)
        proto_item_set_generated(proto_tree_add_boolean(tree, hf_ipsec_inferred, tvb, 0, 0, inferred));
}

void ipsec_tree_draw(const ipsec_report *report, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    proto_item *item = proto_tree_add_protocol_format(tree, proto_ipsec, tvb, 0, 0, "IPsec analysis");
    proto_tree *subtree = proto_item_add_subtree(item, ett_ipsec);

    proto_item_set_generated(item);
    draw_header(report, tvb, pinfo, subtree);
    if (report->opened.valid)
        draw_opened(&report->opened, tvb, pinfo, subtree);
    for (unsigned i = 0; i < report->findings.count; i++)
        draw_finding(&report->findings.list[i], tvb, pinfo, subtree);
    if (report->findings.count)
        draw_outcomes(report, tvb, subtree);
}
