/* Packets with several faults: what each stack's first failing check reports. The line numbers refer to the sources
 * named in the files of report/. SPDX-License-Identifier: GPL-2.0-or-later */
#include "packets.h"
#include "keys/crypto.h"
#include "packet/find.h"

#include <string.h>

/* Faults of one packet, and what each stack reports. NULL: nothing. */
typedef struct faulty {
    const char *what;
    uint8_t protocol;
    ipsec_finding_id findings[EXPECT_MOST]; /* in the order of the catalogue, terminated by 0 */
    const char *freebsd, *openbsd, *vpp, *windows;
} faulty;

/* A report on a packet that was captured whole, with these findings; all windows refuse its number if `old`. */
static ipsec_report report_of(const faulty *packet, bool old)
{
    const ipsec_view view = {.protocol = packet->protocol, .length = 100, .captured = 100, .ip_version = 4};
    ipsec_report report = report_on(&view);

    for (unsigned i = 0; i < EXPECT_MOST && packet->findings[i]; i++)
        ipsec_findings_add(&report.findings, packet->findings[i], 0, 0);
    report.number.old_by = old ? IPSEC_STACKS_ALL : 0;
    report.number.seen_by = old ? 0 : IPSEC_STACKS_ALL;
    return report;
}

static void expect_report(const faulty *packet, const ipsec_report *report, ipsec_stack stack, const char *wanted)
{
    const ipsec_outcome *outcome = ipsec_outcome_at(stack, report);
    const char *found = outcome ? outcome->counter : NULL;

    if (g_strcmp0(found, wanted) != 0) {
        g_test_message("%s, stack %d: expected %s, found %s", packet->what, stack, wanted ? wanted : "nothing",
                       found ? found : "nothing");
        g_test_fail();
    }
}

static bool is_old(const faulty *packet)
{
    for (unsigned i = 0; i < EXPECT_MOST; i++)
        if (packet->findings[i] == IPSEC_FINDING_REPLAY_OLD)
            return true;
    return false;
}

static void expect_reports(const faulty *packet)
{
    const ipsec_report report = report_of(packet, is_old(packet));

    expect_report(packet, &report, IPSEC_STACK_FREEBSD, packet->freebsd);
    expect_report(packet, &report, IPSEC_STACK_OPENBSD, packet->openbsd);
    expect_report(packet, &report, IPSEC_STACK_VPP, packet->vpp);
    expect_report(packet, &report, IPSEC_STACK_WINDOWS, packet->windows);
}

#define ESP     IPSEC_PROTOCOL_ESP
#define AH      IPSEC_PROTOCOL_AH
#define F(name) IPSEC_FINDING_##name

/* FreeBSD: ESP tests its lengths, then the window, then the ICV (xform_esp.c:282, 322, 335, 542); AH the window first
 * (xform_ah.c:567, 587); a number left of the window is refused after the ICV (ipsec_chkreplay() takes it for the next
 * epoch). OpenBSD: the same, but a number left of the window is refused at once (checkreplaywindow() returns 2). VPP:
 * the window before the runt test (esp_decrypt.c:961, 971). */
static const faulty sequences[] = {
    {"a duplicate with a bad ICV",
     ESP,
     {F(ESP_ICV), F(REPLAY_DUPLICATE)},
     "esps_replay",
     "esps_replay",
     "replay",
     "13913"},
    {"left of the window, with a bad ICV",
     ESP,
     {F(ESP_ICV), F(REPLAY_OLD)},
     "esps_badauth",
     "esps_replay",
     "replay",
     "13913"},
    {"left of the window", ESP, {F(REPLAY_OLD)}, "esps_replay", "esps_replay", "replay", "13913"},
    {"left of the window, pad length too long",
     ESP,
     {F(ESP_PAD_LENGTH), F(REPLAY_OLD)},
     "esps_replay",
     "esps_replay",
     "replay",
     "13913"},
    {"a short duplicate",
     ESP,
     {F(ESP_RUNT_FOR_SA), F(REPLAY_DUPLICATE)},
     "esps_badilen",
     "esps_badilen",
     "replay",
     "13914"},
    {"AH, a duplicate with a wrong length",
     AH,
     {F(AH_ICV_LENGTH), F(REPLAY_DUPLICATE)},
     "ahs_replay",
     "ahs_replay",
     "replay",
     "13914"},
    {"AH, left of the window, with a wrong length",
     AH,
     {F(AH_ICV_LENGTH), F(REPLAY_OLD)},
     "ahs_badauthl",
     "ahs_replay",
     "replay",
     "13914"},
    {"AH, left of the window, with a bad ICV",
     AH,
     {F(AH_ICV), F(REPLAY_OLD)},
     "ahs_badauth",
     "ahs_replay",
     "replay",
     "13913"},
    {"AH, left of the window", AH, {F(REPLAY_OLD)}, "ahs_replay", "ahs_replay", "replay", "13913"},
};

static void test_sequences(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(sequences); i++)
        expect_reports(&sequences[i]);
}

/* OpenBSD: lifetimes are checked after lengths and window, and before the ICV (ip_esp.c, ip_ah.c: "Hard expiration"). 8
 * octets of the AH header are required before the SA lookup, the other 4 after it (ipsec_input.c:143, xform_ah.c:555;
 * ipsec_common_input()). */
static const faulty states[] = {
    {"expired, a duplicate", ESP, {F(REPLAY_DUPLICATE), F(SA_EXPIRED)}, "esps_notdb", "esps_replay", "replay", "13911"},
    {"expired, too short", ESP, {F(ESP_RUNT_FOR_SA), F(SA_EXPIRED)}, "esps_notdb", "esps_badilen", "runt", "13911"},
    {"expired, bad ICV", ESP, {F(ESP_ICV), F(SA_EXPIRED)}, "esps_notdb", "ipsec_exctdb", "integ_error", "13911"},
    {"AH of 8 to 11 octets with SPI 0",
     AH,
     {F(AH_TRUNCATED_HEADER), F(AH_SPI_ZERO)},
     "ahs_notdb",
     "ahs_notdb",
     NULL,
     "13914"},
    {"AH of fewer octets", AH, {F(AH_TRUNCATED_HEADER)}, "ahs_hdrops", "ahs_hdrops", NULL, "13914"},
    {"short, SPI 0", ESP, {F(ESP_NO_PAYLOAD), F(ESP_SPI_ZERO)}, "esps_notdb", "esps_notdb", "no_tunnel", "13910"},
    {"encapsulation, bad ICV",
     ESP,
     {F(ESP_ENCAP_MISMATCH), F(ESP_ICV)},
     "esps_badauth",
     "esps_udpneeded",
     "integ_error",
     "13912"},
};

static void test_states(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(states); i++)
        expect_reports(&states[i]);
}

/* After the ICV. BSDs: pad length, last octet of the padding (xform_esp.c:602, 615), then FreeBSD 59, silently; then
 * the next header of tunnels (ipsec_input.c:414). VPP: pad length against the whole packet (esp_decrypt.c:651), then a
 * next header without a node (:769). Windows: as in RFC 4303 3.4.4. */
static const faulty insides[] = {
    {"padding in the middle", ESP, {F(ESP_PAD_BYTES)}, NULL, NULL, NULL, "13914"},
    {"last octet of the padding",
     ESP,
     {F(ESP_PAD_BYTES), F(ESP_PAD_LAST_BYTE)},
     "esps_badenc",
     "esps_badenc",
     NULL,
     "13914"},
    {"dummy", ESP, {F(ESP_DUMMY)}, NULL, NULL, "unsup_payload", NULL},
    {"dummy with wrong padding",
     ESP,
     {F(ESP_PAD_BYTES), F(ESP_PAD_LAST_BYTE), F(ESP_DUMMY)},
     "esps_badenc",
     "esps_badenc",
     "unsup_payload",
     "13914"},
    {"dummy, a duplicate", ESP, {F(ESP_DUMMY), F(REPLAY_DUPLICATE)}, "esps_replay", "esps_replay", "replay", "13913"},
    {"wrong padding, next header",
     ESP,
     {F(ESP_PAD_BYTES), F(ESP_PAD_LAST_BYTE), F(ESP_NEXT_HEADER)},
     "esps_badenc",
     "esps_badenc",
     "unsup_payload",
     "13914"},
    {"next header", ESP, {F(ESP_NEXT_HEADER)}, "esps_nopf", NULL, "unsup_payload", "13914"},
    {"next header, mode", ESP, {F(ESP_NEXT_HEADER_MODE)}, "esps_nopf", NULL, "unsup_payload", "13912"},
    {"short inner packet outside the selector",
     ESP,
     {F(ESP_INNER_TRUNCATED), F(ESP_SELECTOR)},
     "esps_hdrops",
     "esps_hdrops",
     "tun_no_proto",
     "13914"},
    {"length and alignment",
     ESP,
     {F(ESP_ALIGNMENT), F(ESP_BLOCK_ALIGNMENT)},
     "esps_badilen",
     "esps_badilen",
     NULL,
     "13914"},
    {"alignment, bad ICV", ESP, {F(ESP_ALIGNMENT), F(ESP_ICV)}, "esps_badilen", "esps_badilen", "integ_error", "13914"},
    {"AH in IPv6 not padded", AH, {F(AH_V6_ALIGNMENT)}, "ahs_badauthl", NULL, NULL, "13914"},
    {"AH in IPv6 not padded, bad ICV",
     AH,
     {F(AH_ICV), F(AH_V6_ALIGNMENT)},
     "ahs_badauthl",
     "ahs_badauth",
     "integ_error",
     "13914"},
    {"AH in IPv4 padded", AH, {F(AH_V4_EXTRA_PAD)}, "ahs_badauthl", "ahs_badauthl", NULL, NULL},
    {"AH, length and bad ICV",
     AH,
     {F(AH_LENGTH_OVERRUN), F(AH_ICV)},
     "ahs_badauthl",
     "ahs_badauthl",
     "integ_error",
     "13914"},
    {"AH, next header and bad ICV",
     AH,
     {F(AH_NEXT_HEADER), F(AH_ICV)},
     "ahs_badauth",
     "ahs_badauth",
     "integ_error",
     "13915"},
    {"captured twice", ESP, {F(CAPTURE_DUPLICATE)}, NULL, NULL, NULL, NULL},
};

static void test_insides(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(insides); i++)
        expect_reports(&insides[i]);
}

static ipsec_report opened(const faulty *packet, ipsec_key_row *spec, ipsec_mode mode, uint8_t next)
{
    ipsec_report report = report_of(packet, false);

    spec->mode = (uint8_t)mode;
    report.opened = (ipsec_opened){
        .valid = true, .spec = spec, .like = spec, .terms = 1, .icv_status = IPSEC_ICV_GOOD, .next_header = next};
    return report;
}

/* Requirements of tunnels on their payload do not apply to transport SAs; and those on an IP packet only if there is
 * one. */
static void test_modes(void)
{
    const faulty next = {"next header", ESP, {F(ESP_NEXT_HEADER)}, NULL, NULL, NULL, NULL};
    const faulty empty = {"empty", ESP, {F(ESP_EMPTY_PAYLOAD)}, NULL, NULL, NULL, NULL};
    const faulty dummy = {"dummy", ESP, {F(ESP_DUMMY)}, NULL, NULL, NULL, NULL};
    ipsec_key_row spec = {0};
    ipsec_report report = opened(&next, &spec, IPSEC_MODE_TRANSPORT, 200);

    expect_report(&next, &report, IPSEC_STACK_FREEBSD, NULL);
    expect_report(&next, &report, IPSEC_STACK_VPP, NULL);
    report = opened(&next, &spec, IPSEC_MODE_TUNNEL, 200);
    expect_report(&next, &report, IPSEC_STACK_FREEBSD, "esps_nopf");
    expect_report(&next, &report, IPSEC_STACK_VPP, "unsup_payload");
    report = opened(&empty, &spec, IPSEC_MODE_ANY, 4);
    expect_report(&empty, &report, IPSEC_STACK_FREEBSD, "esps_hdrops");
    report = opened(&empty, &spec, IPSEC_MODE_ANY, 17);
    expect_report(&empty, &report, IPSEC_STACK_FREEBSD, NULL);
    report = opened(&empty, &spec, IPSEC_MODE_TRANSPORT, 4);
    expect_report(&empty, &report, IPSEC_STACK_FREEBSD, NULL);
    report = opened(&dummy, &spec, IPSEC_MODE_TRANSPORT, 59);
    expect_report(&dummy, &report, IPSEC_STACK_VPP, NULL);
    report = opened(&dummy, &spec, IPSEC_MODE_TUNNEL, 59);
    expect_report(&dummy, &report, IPSEC_STACK_VPP, "unsup_payload");
    /* Of the modes in the dumps, the one that the packet fits counts; if both may fit, it is not known. */
    spec.other_count = 1;
    spec.others[0].mode = IPSEC_MODE_TRANSPORT;
    report.opened.terms = 2;
    expect_report(&dummy, &report, IPSEC_STACK_VPP, NULL);
    report.opened.terms = 3;
    expect_report(&dummy, &report, IPSEC_STACK_VPP, "unsup_payload");
}

#define NO  IPSEC_DECISION_PASSES
#define MAY IPSEC_DECISION_MAY_REFUSE
#define YES IPSEC_DECISION_REFUSES

/* Whether a single fault is refused at all; the numbers are rows and notes of the survey of stacks. */
static const struct {
    ipsec_finding_id id;
    uint8_t protocol;
    ipsec_decision freebsd, openbsd, vpp, windows;
} decisions[] = {
    {F(ESP_PAD_BYTES), ESP, NO, NO, NO, MAY},       /* 22, N12: one octet, or none */
    {F(ESP_PAD_LAST_BYTE), ESP, YES, YES, NO, MAY}, /* 23 */
    {F(ESP_DUMMY), ESP, YES, NO, MAY, NO},          /* 25, N11 */
    {F(SEQ_ZERO), ESP, MAY, MAY, MAY, MAY},         /* 36, N5 */
    {F(SEQ_ZERO), AH, MAY, MAY, MAY, MAY},          /* 69 */
    {F(ESP_ALIGNMENT), ESP, YES, MAY, NO, YES},     /* 5, N14 */
    {F(ESP_EMPTY_PAYLOAD), ESP, MAY, MAY, NO, MAY}, /* 21, N13 */
    {F(AH_ICV_LENGTH), AH, YES, YES, NO, YES},      /* 62 */
    {F(AH_V6_ALIGNMENT), AH, MAY, NO, NO, MAY},     /* 63 */
    {F(AH_V4_EXTRA_PAD), AH, MAY, MAY, NO, NO},     /* 64 */
    {F(AH_RESERVED), AH, NO, NO, NO, NO},           /* 65 */
    {F(AH_SPI_UNKNOWN), AH, YES, YES, YES, YES},    /* 68 */
};

static void test_decisions(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(decisions); i++) {
        const ipsec_finding_id id = decisions[i].id;
        const faulty packet = {"one fault", decisions[i].protocol, {id}, NULL, NULL, NULL, NULL};
        const ipsec_report report = report_of(&packet, false);

        g_assert_cmpint(ipsec_receiver_row(IPSEC_STACK_FREEBSD, &report, id)->decision, ==, decisions[i].freebsd);
        g_assert_cmpint(ipsec_receiver_row(IPSEC_STACK_OPENBSD, &report, id)->decision, ==, decisions[i].openbsd);
        g_assert_cmpint(ipsec_receiver_row(IPSEC_STACK_VPP, &report, id)->decision, ==, decisions[i].vpp);
        g_assert_cmpint(ipsec_receiver_row(IPSEC_STACK_WINDOWS, &report, id)->decision, ==, decisions[i].windows);
    }
}

/* A report with a position of the number: `highest` is the highest one before. */
static ipsec_report numbered(const faulty *packet, uint64_t highest, uint64_t number)
{
    ipsec_report report = report_of(packet, true);
    const int64_t advance = (int64_t)(number - highest);

    report.number.is_followed = report.number.is_placed = true;
    report.number.zero_by = IPSEC_STACKS_ALL;
    report.number.value = number;
    report.number.advance = (int32_t)CLAMP(advance, INT32_MIN, INT32_MAX);
    report.number.has_highest = true;
    report.number.highest = highest;
    return report;
}

/* A 32-bit counter that cycles: ipsec_chkreplay() detects that the highest number is the last one (ipsec.c:1303), which
 * is before the ICV; if it is not, the number is like any old one. */
static void test_freebsd_end_of_the_counter(void)
{
    const faulty old = {"old", ESP, {F(ESP_ICV), F(REPLAY_OLD)}, NULL, NULL, NULL, NULL};
    const faulty ah = {"AH, old", AH, {F(AH_ICV_LENGTH), F(REPLAY_OLD)}, NULL, NULL, NULL, NULL};
    const faulty wrap = {"wrap", ESP, {F(SEQ_WRAP)}, NULL, NULL, NULL, NULL};
    ipsec_report report = numbered(&old, UINT32_MAX, 1);

    expect_report(&old, &report, IPSEC_STACK_FREEBSD, "esps_wrap");
    report = numbered(&old, UINT32_MAX, UINT32_MAX - 1000);
    expect_report(&old, &report, IPSEC_STACK_FREEBSD, "esps_wrap");
    report = numbered(&old, UINT32_MAX - 1, UINT32_MAX - 1000);
    expect_report(&old, &report, IPSEC_STACK_FREEBSD, "esps_badauth");
    report = numbered(&ah, UINT32_MAX, 1);
    expect_report(&ah, &report, IPSEC_STACK_FREEBSD, "ahs_wrap");
    report = numbered(&wrap, UINT32_MAX, UINT64_C(0x100000001));
    expect_report(&wrap, &report, IPSEC_STACK_FREEBSD, "esps_wrap");
    report = numbered(&wrap, UINT32_MAX - 1, UINT64_C(0x100000001));
    expect_report(&wrap, &report, IPSEC_STACK_FREEBSD, "esps_replay");
    /* Without an ICV only the second test is made, which does not check for the end (xform_esp.c:335, 574). */
    report = numbered(&wrap, UINT32_MAX, UINT64_C(0x100000001));
    report.opened = (ipsec_opened){.valid = true, .icv_status = IPSEC_ICV_NOT_PRESENT};
    expect_report(&wrap, &report, IPSEC_STACK_FREEBSD, "esps_replay");
}

/* FreeBSD refuses 0 until something else has been accepted; OpenBSD always, but with ESN only at the beginning; VPP
 * always; with ESN, in a later epoch, none does. */
static void test_zero(void)
{
    const faulty zero = {"0", ESP, {F(SEQ_ZERO)}, NULL, NULL, NULL, NULL};
    ipsec_report report = report_of(&zero, false);

    expect_report(&zero, &report, IPSEC_STACK_FREEBSD, "esps_replay");
    expect_report(&zero, &report, IPSEC_STACK_OPENBSD, "esps_wrap");
    expect_report(&zero, &report, IPSEC_STACK_VPP, "replay");
    report = numbered(&zero, 0, 0);
    expect_report(&zero, &report, IPSEC_STACK_FREEBSD, "esps_replay");
    report = numbered(&zero, 5, 0);
    expect_report(&zero, &report, IPSEC_STACK_FREEBSD, NULL);
    expect_report(&zero, &report, IPSEC_STACK_OPENBSD, "esps_wrap");
    expect_report(&zero, &report, IPSEC_STACK_VPP, "replay");
    report.opened = (ipsec_opened){.valid = true, .esn = true};
    expect_report(&zero, &report, IPSEC_STACK_OPENBSD, NULL);
    report = numbered(&zero, 1, 0);
    report.opened = (ipsec_opened){.valid = true, .esn = true};
    expect_report(&zero, &report, IPSEC_STACK_OPENBSD, "esps_wrap");
    report = numbered(&zero, UINT32_MAX, UINT64_C(0x100000000));
    report.number.zero_by = 0;
    for (unsigned stack = IPSEC_STACK_WINDOWS; stack < IPSEC_STACK_COUNT; stack++)
        expect_report(&zero, &report, (ipsec_stack)stack, NULL);
}

/* The window moves when the ICV has verified: in Linux after the whole transform, elsewhere at once (xform_esp.c:574,
 * ip_esp.c, esp_decrypt.c:585; RFC 4303 3.4.3). So it depends on where a fault is found. */
static bool moves_window(ipsec_stack stack, ipsec_finding_id id)
{
    const faulty packet = {"one fault", ESP, {id}, NULL, NULL, NULL, NULL};
    const ipsec_report report = report_of(&packet, true);

    return ipsec_receiver_moves_window(stack, &report);
}

static void test_window(void)
{
    static const ipsec_stack stacks[] = {IPSEC_STACK_RFC, IPSEC_STACK_WINDOWS, IPSEC_STACK_FREEBSD, IPSEC_STACK_OPENBSD,
                                         IPSEC_STACK_VPP};

    for (unsigned i = 0; i < G_N_ELEMENTS(stacks); i++) {
        g_assert_false(moves_window(stacks[i], F(ESP_ICV)));
        g_assert_false(moves_window(stacks[i], F(ESP_RUNT_FOR_SA)));
        g_assert_false(moves_window(stacks[i], F(REPLAY_OLD)));
        g_assert_true(moves_window(stacks[i], F(ESP_PAD_LENGTH)));
        g_assert_true(moves_window(stacks[i], F(ESP_INNER_TRUNCATED)));
        g_assert_true(moves_window(stacks[i], F(ESP_INNER_LENGTH)));
        g_assert_true(moves_window(stacks[i], F(SEQ_ZERO)));
    }
    g_assert_false(moves_window(IPSEC_STACK_LINUX, F(ESP_PAD_LENGTH)));
}

/* A packet that is in the capture twice was received once, and so counted once. */
static void test_captured_twice(void)
{
    const faulty once = {"damaged", ESP, {F(ESP_ICV)}, NULL, NULL, NULL, NULL};
    const faulty twice = {"damaged, again", ESP, {F(ESP_ICV), F(CAPTURE_DUPLICATE)}, NULL, NULL, NULL, NULL};

    for (unsigned stack = IPSEC_STACK_WINDOWS; stack < IPSEC_STACK_COUNT; stack++) {
        const ipsec_report first = report_of(&once, true), second = report_of(&twice, true);

        g_assert_nonnull(ipsec_outcome_at((ipsec_stack)stack, &first));
        g_assert_null(ipsec_outcome_at((ipsec_stack)stack, &second));
    }
}

/* IPSEC_STACK_RFC has a stage for everything that it must refuse. */
static void test_rfc_order_is_complete(void)
{
    const faulty any = {"any", ESP, {0}, NULL, NULL, NULL, NULL};
    const ipsec_report report = report_of(&any, false);

    for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++) {
        const ipsec_catalogue_row *row = ipsec_catalogue((ipsec_finding_id)id);
        const bool placed =
            ipsec_receiver_row(IPSEC_STACK_WINDOWS, &report, (ipsec_finding_id)id)->decision != IPSEC_DECISION_PASSES;

        if (row->severity != IPSEC_SEVERITY_ERROR || row->is_neighbour || row->group == IPSEC_GROUP_SECURITY ||
            placed || g_str_has_prefix(row->id, "natt.") || id == IPSEC_FINDING_STACK_REFUSES)
            continue;
        g_assert_cmpint(ipsec_receiver_row(IPSEC_STACK_RFC, &report, (ipsec_finding_id)id)->stage, >, 0);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/receiver-order/sequences", test_sequences);
    g_test_add_func("/receiver-order/states", test_states);
    g_test_add_func("/receiver-order/insides", test_insides);
    g_test_add_func("/receiver-order/modes", test_modes);
    g_test_add_func("/receiver-order/decisions", test_decisions);
    g_test_add_func("/receiver-order/freebsd-end", test_freebsd_end_of_the_counter);
    g_test_add_func("/receiver-order/zero", test_zero);
    g_test_add_func("/receiver-order/window", test_window);
    g_test_add_func("/receiver-order/captured-twice", test_captured_twice);
    g_test_add_func("/receiver-order/rfc", test_rfc_order_is_complete);
    return g_test_run();
}
