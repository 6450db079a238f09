/* Protocol, fields and expert items, registered from the core's tables; and reports, drawn with them: one subtree per
 * header, one item per finding.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "draw.h"
#include "../core/ipsec.h"
#include "compat.h"
#include "frames.h"
#include "keys.h"

#include <epan/expert.h>
#include <epan/ipproto.h>
#include <epan/packet.h>

#include <glib.h>

/* Numbers that Wireshark assigns at registration; constant afterwards. */
static int proto_ipsec = -1;

static int hf_ipsec_analysis_flags = -1;
static int hf_ipsec_verdict = -1;
static int hf_ipsec_protocol = -1;
static int hf_ipsec_spi = -1;
static int hf_ipsec_encapsulation = -1;
static int hf_ipsec_sa = -1;
static int hf_ipsec_sa_reverse = -1;
static int hf_ipsec_sa_successor = -1;
static int hf_ipsec_sa_lost = -1;
static int hf_ipsec_sa_first_frame = -1;
static int hf_ipsec_sa_last_frame = -1;
static int hf_ipsec_sa_packets = -1;
static int hf_ipsec_sa_octets = -1;
static int hf_ipsec_seq = -1;
static int hf_ipsec_seq_highest = -1;
static int hf_ipsec_seq_lag = -1;
static int hf_ipsec_seq_skipped = -1;
static int hf_ipsec_seq_first_seen = -1;
static int hf_ipsec_fragment_frame = -1;
static int hf_ipsec_icv_status = -1;
static int hf_ipsec_icv_length = -1;
static int hf_ipsec_iv_length = -1;
static int hf_ipsec_trailer_pad_length = -1;
static int hf_ipsec_trailer_next_header = -1;
static int hf_ipsec_trailer_tfc_length = -1;
static int hf_ipsec_key_source = -1;
static int hf_ipsec_finding = -1;
static int hf_ipsec_cause = -1;
static int hf_ipsec_reference = -1;
static int hf_ipsec_advice = -1;
static int hf_ipsec_windows_error = -1;
static int hf_ipsec_windows_status = -1;
static int hf_ipsec_windows_event = -1;
static int hf_ipsec_linux_counter = -1;
static int hf_ipsec_linux_sa_counter = -1;
static int hf_ipsec_freebsd_counter = -1;
static int hf_ipsec_openbsd_counter = -1;
static int hf_ipsec_vpp_counter = -1;
static int hf_ipsec_strongswan_status = -1;
static int hf_ipsec_strongswan_log = -1;
static int hf_ipsec_inferred = -1;

static int ett_ipsec = -1;
static int ett_ipsec_finding = -1;

static expert_field experts[IPSEC_FINDING_COUNT];

static const value_string protocol_vals[] = {
#define KIND(symbol, name, number, encrypts, covers_outer) {number, #symbol},
#include "../core/base/kind.def"
#undef KIND
    {0, NULL},
};

static const value_string encapsulation_vals[] = {
    {IPSEC_ENCAPSULATION_NONE, "none"},
    {IPSEC_ENCAPSULATION_UDP, "UDP"},
    {0, NULL},
};

/* --- registration ------------------------------------------------------------------------------------------------- */

/* Filled from the core's names before the fields are registered; constant afterwards. */
static value_string verdict_vals[IPSEC_VERDICT_DROP + 2];
static value_string cause_vals[IPSEC_CAUSE_LIMIT + 1];
static value_string windows_error_vals[IPSEC_WINDOWS_ERROR_COUNT + 1];
static value_string windows_status_vals[IPSEC_WINDOWS_ERROR_COUNT + 1];

static void fill_value_strings(void)
{
    for (unsigned i = 0; i <= IPSEC_VERDICT_DROP; i++)
        verdict_vals[i] = (value_string){i, ipsec_verdict_name(i)};
    for (unsigned i = IPSEC_CAUSE_CORRUPTED; i <= IPSEC_CAUSE_LIMIT; i++)
        cause_vals[i - IPSEC_CAUSE_CORRUPTED] = (value_string){i, ipsec_cause_name(i)};
    for (unsigned i = 0; i < IPSEC_WINDOWS_ERROR_COUNT; i++) {
        const ipsec_windows_error *row = ipsec_windows_error_row(i);

        windows_error_vals[i] = (value_string){row->error, row->name};
        windows_status_vals[i] = (value_string){row->status, row->status_name};
    }
}

/* One expert field per row of the catalogue. */
static void register_experts(void)
{
    static const int severities[] = {[IPSEC_SEVERITY_CHAT] = PI_CHAT,
                                     [IPSEC_SEVERITY_NOTE] = PI_NOTE,
                                     [IPSEC_SEVERITY_WARN] = PI_WARN,
                                     [IPSEC_SEVERITY_ERROR] = PI_ERROR};
    static const int groups[] = {[IPSEC_GROUP_ASSUMPTION] = PI_ASSUMPTION, [IPSEC_GROUP_CHECKSUM] = PI_CHECKSUM,
                                 [IPSEC_GROUP_DECRYPTION] = PI_DECRYPTION, [IPSEC_GROUP_MALFORMED] = PI_MALFORMED,
                                 [IPSEC_GROUP_PROTOCOL] = PI_PROTOCOL,     [IPSEC_GROUP_REASSEMBLE] = PI_REASSEMBLE,
                                 [IPSEC_GROUP_SECURITY] = PI_SECURITY,     [IPSEC_GROUP_SEQUENCE] = PI_SEQUENCE};
    static ei_register_info infos[IPSEC_FINDING_COUNT];

    for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++) {
        const ipsec_catalogue_row *row = ipsec_catalogue((ipsec_finding_id)id);

        experts[id] = (expert_field)EI_INIT;
        infos[id] = (ei_register_info){&experts[id],
                                       {wmem_strdup_printf(wmem_epan_scope(), "ipsec.%s", row->id), groups[row->group],
                                        severities[row->severity], row->summary, EXPFILL}};
    }
    expert_register_field_array(expert_register_protocol(proto_ipsec), infos, array_length(infos));
}

int ipsec_draw_register(void)
{
    static hf_register_info hf[] = {
        {&hf_ipsec_analysis_flags,
         {"IPsec analysis flags", "ipsec.analysis.flags", FT_NONE, BASE_NONE, NULL, 0x0,
          "This header has a finding of Note or above that is not a mere property of its SA", HFILL}},
        {&hf_ipsec_verdict,
         {"Verdict", "ipsec.verdict", FT_UINT8, BASE_DEC, VALS(verdict_vals), 0x0,
          "Judgement of the header; \"drop\" speaks of the receiver chosen in the preferences", HFILL}},
        {&hf_ipsec_protocol,
         {"Protocol", "ipsec.protocol", FT_UINT8, BASE_DEC, VALS(protocol_vals), 0x0,
          "IP protocol number of the header that was judged", HFILL}},
        {&hf_ipsec_spi,
         {"SPI", "ipsec.spi", FT_UINT32, BASE_HEX, NULL, 0x0, "Security Parameters Index of ESP or AH", HFILL}},
        {&hf_ipsec_encapsulation,
         {"Encapsulation", "ipsec.encapsulation", FT_UINT8, BASE_DEC, VALS(encapsulation_vals), 0x0, NULL, HFILL}},
        {&hf_ipsec_sa,
         {"SA index", "ipsec.sa", FT_UINT32, BASE_DEC, NULL, 0x0,
          "Index of the SA (protocol, destination, SPI) in this capture, from 0", HFILL}},
        {&hf_ipsec_sa_reverse,
         {"SA of the other direction", "ipsec.sa.reverse", FT_UINT32, BASE_DEC, NULL, 0x0,
          "Index of the SA of the other direction", HFILL}},
        {&hf_ipsec_sa_lost,
         {"Numbers lost on the SA", "ipsec.sa.lost", FT_UINT32, BASE_DEC, NULL, 0x0,
          "Sequence numbers that left the receiver's window unseen, in the whole capture", HFILL}},
        {&hf_ipsec_sa_successor,
         {"Successor of the SA", "ipsec.sa.successor", FT_UINT32, BASE_DEC, NULL, 0x0,
          "Index of the SA that took over from this one (rekey)", HFILL}},
        {&hf_ipsec_sa_first_frame,
         {"First frame of the SA", "ipsec.sa.first_frame", FT_FRAMENUM, BASE_NONE, NULL, 0x0,
          "The first frame of the SA", HFILL}},
        {&hf_ipsec_sa_last_frame,
         {"Last frame of the SA", "ipsec.sa.last_frame", FT_FRAMENUM, BASE_NONE, NULL, 0x0,
          "The last frame of the SA; known once the capture was read to its end", HFILL}},
        {&hf_ipsec_sa_packets,
         {"Packets of the SA", "ipsec.sa.packets", FT_UINT32, BASE_DEC, NULL, 0x0,
          "Packets of the SA in the capture; known once it was read to its end", HFILL}},
        {&hf_ipsec_sa_octets,
         {"Octets of the SA", "ipsec.sa.octets", FT_UINT64, BASE_DEC, NULL, 0x0,
          "Octets of the SA's packets, each from the ESP or AH header on; known once the capture was read to its end",
          HFILL}},
        {&hf_ipsec_seq,
         {"Sequence number", "ipsec.seq", FT_UINT64, BASE_DEC, NULL, 0x0,
          "Sequence number, with the high half that verified or is taken for it (ESN), as far as that is known",
          HFILL}},
        {&hf_ipsec_seq_highest,
         {"Highest before", "ipsec.seq.highest", FT_UINT64, BASE_DEC, NULL, 0x0,
          "Highest sequence number of the SA before this packet", HFILL}},
        {&hf_ipsec_seq_lag,
         {"Lag", "ipsec.seq.lag", FT_UINT64, BASE_DEC, NULL, 0x0, "How far the number is behind the highest", HFILL}},
        {&hf_ipsec_seq_skipped,
         {"Skipped", "ipsec.seq.skipped", FT_UINT64, BASE_DEC, NULL, 0x0,
          "Numbers that were skipped just before this packet", HFILL}},
        {&hf_ipsec_seq_first_seen,
         {"First seen in", "ipsec.seq.first_seen", FT_FRAMENUM, BASE_NONE, NULL, 0x0,
          "The frame that carried this number first", HFILL}},
        {&hf_ipsec_fragment_frame,
         {"Rest of the packet in", "ipsec.fragment.frame", FT_FRAMENUM, BASE_NONE, NULL, 0x0,
          "The frame with the other part of a packet that was cut without More Fragments", HFILL}},
        {&hf_ipsec_icv_status,
         {"ICV status", "ipsec.icv.status", FT_UINT8, BASE_NONE, VALS(proto_checksum_vals), 0x0,
          "Whether the Integrity Check Value verifies with a key of the tables", HFILL}},
        {&hf_ipsec_icv_length,
         {"ICV length", "ipsec.icv.length", FT_UINT8, BASE_DEC, NULL, 0x0,
          "Octets of the Integrity Check Value, without padding", HFILL}},
        {&hf_ipsec_iv_length,
         {"IV length", "ipsec.iv.length", FT_UINT8, BASE_DEC, NULL, 0x0, "Octets of the Initialization Vector", HFILL}},
        {&hf_ipsec_trailer_pad_length,
         {"Pad Length", "ipsec.trailer.pad_length", FT_UINT8, BASE_DEC, NULL, 0x0, "Octets of ESP padding", HFILL}},
        {&hf_ipsec_trailer_next_header,
         {"Next Header", "ipsec.trailer.next_header", FT_UINT8, BASE_DEC | BASE_EXT_STRING, &ipproto_val_ext, 0x0,
          "IP protocol number of what is inside ESP", HFILL}},
        {&hf_ipsec_trailer_tfc_length,
         {"TFC padding", "ipsec.trailer.tfc_length", FT_UINT32, BASE_DEC, NULL, 0x0,
          "Octets of traffic flow confidentiality padding behind the inner packet", HFILL}},
        {&hf_ipsec_key_source,
         {"Key source", "ipsec.key.source", FT_STRING, BASE_NONE, NULL, 0x0,
          "Where the key of the SA came from, or the heuristics that needed none", HFILL}},
        {&hf_ipsec_finding,
         {"Finding", "ipsec.finding", FT_STRING, BASE_NONE, NULL, 0x0, "What was found, by its catalogue id", HFILL}},
        {&hf_ipsec_cause, {"Cause", "ipsec.cause", FT_UINT8, BASE_DEC, VALS(cause_vals), 0x0, NULL, HFILL}},
        {&hf_ipsec_reference,
         {"Reference", "ipsec.reference", FT_STRING, BASE_NONE, NULL, 0x0, "The clause that the finding is about",
          HFILL}},
        {&hf_ipsec_advice, {"Advice", "ipsec.advice", FT_STRING, BASE_NONE, NULL, 0x0, "What to look at next", HFILL}},
        {&hf_ipsec_windows_error,
         {"Windows error", "ipsec.windows.error", FT_UINT32, BASE_DEC, VALS(windows_error_vals), 0x0,
          "Win32 error that this packet is consistent with", HFILL}},
        {&hf_ipsec_windows_status,
         {"Windows status", "ipsec.windows.status", FT_UINT32, BASE_HEX, VALS(windows_status_vals), 0x0,
          "NTSTATUS that this packet is consistent with", HFILL}},
        {&hf_ipsec_windows_event,
         {"Windows event", "ipsec.windows.event", FT_UINT32, BASE_DEC, NULL, 0x0,
          "Security audit event (Audit IPsec Driver) that this packet is consistent with", HFILL}},
        {&hf_ipsec_linux_counter,
         {"Linux counter", "ipsec.linux.counter", FT_STRING, BASE_NONE, NULL, 0x0, "Counter in /proc/net/xfrm_stat",
          HFILL}},
        {&hf_ipsec_linux_sa_counter,
         {"Linux SA counter", "ipsec.linux.sa_counter", FT_STRING, BASE_NONE, NULL, 0x0,
          "Counter of the SA, shown by ip -s xfrm state: replay-window, replay or failed", HFILL}},
        {&hf_ipsec_freebsd_counter,
         {"FreeBSD counter", "ipsec.freebsd.counter", FT_STRING, BASE_NONE, NULL, 0x0, "Counter shown by netstat -s",
          HFILL}},
        {&hf_ipsec_openbsd_counter,
         {"OpenBSD counter", "ipsec.openbsd.counter", FT_STRING, BASE_NONE, NULL, 0x0, "Counter shown by netstat -s",
          HFILL}},
        {&hf_ipsec_vpp_counter,
         {"VPP counter", "ipsec.vpp.counter", FT_STRING, BASE_NONE, NULL, 0x0, "Error counter of a VPP node", HFILL}},
        {&hf_ipsec_strongswan_status,
         {"strongSwan status", "ipsec.strongswan.status", FT_STRING, BASE_NONE, NULL, 0x0,
          "Status of strongSwan's libipsec, or its words where it has none", HFILL}},
        {&hf_ipsec_strongswan_log,
         {"strongSwan log", "ipsec.strongswan.log", FT_STRING, BASE_NONE, NULL, 0x0,
          "What strongSwan logs of the packet, up to where numbers follow", HFILL}},
        {&hf_ipsec_inferred,
         {"Inferred", "ipsec.inferred", FT_BOOLEAN, BASE_NONE, NULL, 0x0,
          "A stack shown here publishes no mapping for this fault; ours is a conclusion", HFILL}},
    };
    static int *ett[] = {&ett_ipsec, &ett_ipsec_finding};

    fill_value_strings();
    proto_ipsec = proto_register_protocol("IPsec Analysis", "IPsec", "ipsec");
    proto_register_field_array(proto_ipsec, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    register_experts();
    return proto_ipsec;
}

/* --- drawing ------------------------------------------------------------------------------------------------------ */

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
    ipsec_sa_summary summary;

    add_uint(tree, hf_ipsec_sa, tvb, sa);
    if (!ipsec_frames_sa(sa, &summary))
        return;
    if (summary.reverse != IPSEC_SA_NONE)
        add_uint(tree, hf_ipsec_sa_reverse, tvb, summary.reverse);
    if (summary.successor != IPSEC_SA_NONE)
        add_uint(tree, hf_ipsec_sa_successor, tvb, summary.successor);
    add_frame(tree, hf_ipsec_sa_first_frame, tvb, summary.first_frame);
    if (!total)
        return;
    add_frame(tree, hf_ipsec_sa_last_frame, tvb, summary.last_frame);
    add_uint(tree, hf_ipsec_sa_packets, tvb, summary.packets);
    add_uint64(tree, hf_ipsec_sa_octets, tvb, summary.octets);
    add_uint(tree, hf_ipsec_sa_lost, tvb, summary.lost);
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
        draw_sa(report->sa, ipsec_compat_is_visited(pinfo), tvb, tree);
    if (report->number.is_followed)
        draw_number(report, tvb, tree);
    else if (report->header.has_sequence) /* logs name the packet by it, whatever is known of its SA */
        add_uint64(tree, hf_ipsec_seq, tvb, report->header.sequence);
    add_frame(tree, hf_ipsec_fragment_frame, tvb, report->fragment);
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
        expert_add_info(pinfo, item, &experts[id]);
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

/* Two counters may move at once: then the field stands twice. */
static void draw_text(int hf, const ipsec_outcome *outcome, tvbuff_t *tvb, proto_tree *tree)
{
    proto_item_set_generated(proto_tree_add_string_format_value(tree, hf, tvb, 0, 0, outcome->counter, "%s%s",
                                                                hedge(outcome), outcome->counter));
    if (outcome->also)
        add_string(tree, hf, tvb, outcome->also);
}

static void draw_linux_sa_counter(const char *counter, tvbuff_t *tvb, proto_tree *tree)
{
    if (counter)
        add_string(tree, hf_ipsec_linux_sa_counter, tvb, counter);
}

/* What each stack will have reported for the packet. */
static void draw_outcomes(const ipsec_report *report, tvbuff_t *tvb, proto_tree *tree)
{
    const struct {
        ipsec_stack stack;
        int counter, log; /* fields; the second may be -1 */
    } texts[] = {
        {IPSEC_STACK_LINUX, hf_ipsec_linux_counter, -1},
        {IPSEC_STACK_FREEBSD, hf_ipsec_freebsd_counter, -1},
        {IPSEC_STACK_OPENBSD, hf_ipsec_openbsd_counter, -1},
        {IPSEC_STACK_VPP, hf_ipsec_vpp_counter, -1},
        {IPSEC_STACK_STRONGSWAN, hf_ipsec_strongswan_status, hf_ipsec_strongswan_log},
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
        draw_text(texts[i].counter, outcome, tvb, tree);
        if (outcome->log && texts[i].log != -1)
            add_string(tree, texts[i].log, tvb, outcome->log);
        if (texts[i].stack == IPSEC_STACK_LINUX)
            draw_linux_sa_counter(ipsec_linux_sa_counter(report), tvb, tree);
    }
    if (any)
        proto_item_set_generated(proto_tree_add_boolean(tree, hf_ipsec_inferred, tvb, 0, 0, inferred));
}

/* The subtree of an item, made if the item has none. */
static proto_tree *tree_of(proto_item *item)
{
    proto_tree *tree = proto_item_get_subtree(item);

    return tree ? tree : proto_item_add_subtree(item, ett_ipsec);
}

void ipsec_draw_report(const ipsec_report *report, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                       proto_item *parent)
{
    proto_item *item =
        proto_tree_add_protocol_format(parent ? tree_of(parent) : tree, proto_ipsec, tvb, 0, 0, "IPsec analysis");
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
