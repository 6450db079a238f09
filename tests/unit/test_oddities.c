/* Oddities: what some receivers object to although no finding covers it. SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/oddities.h"
#include "guard.h"
#include "packet/find.h"
#include "packet/kind.h"
#include "packet/outer_oddities.h"
#include "packets.h"
#include "report/outcomes.h"
#include "sa/tail.h"

#include <string.h>

#define ESP       IPSEC_PROTOCOL_ESP
#define AH        IPSEC_PROTOCOL_AH
#define ODD(name) IPSEC_ODDITY_##name

/* --- headers in front ------------------------------------------------------------------------------- */

/* The oddities of a packet after these octets, which are copied to the edge of readable memory. */
static ipsec_oddities behind(uint8_t protocol, uint8_t version, const char *outer, uint32_t length, unsigned flags)
{
    ipsec_view view = protocol == AH ? ah_view(version, 17, 4, 0x1000, 1, 84) : esp_view(version, 0x1000, 1, 84);
    ipsec_oddities odd;

    view.outer = guard_copy((const uint8_t *)outer, length);
    view.outer_length = length;
    view.flags = (uint16_t)flags;
    odd = ipsec_outer_oddities(&view);
    guard_free_all();
    return odd;
}

#define V4(first, flags) first "\0\0\x68\0\1" flags "\0\x40\x32\0\0\xc0\0\2\1\xc6\x12\0\1"

static void test_v4(void)
{
    static const char plain[] = V4("\x45", "\0"), df[] = V4("\x45", "\x40"), reserved[] = V4("\x45", "\x80");
    static const char options[] = V4("\x46", "\0") "\1\1\1\1";

    g_assert_cmphex(behind(AH, 4, plain, 20, 0), ==, 0);
    g_assert_cmphex(behind(AH, 4, df, 20, 0), ==, ODD(V4_FLAGS));
    g_assert_cmphex(behind(AH, 4, reserved, 20, 0), ==, ODD(V4_FLAGS));
    g_assert_cmphex(behind(ESP, 4, df, 20, 0), ==, 0);
    g_assert_cmphex(behind(AH, 4, options, 24, 0), ==, ODD(V4_OPTIONS));
    g_assert_cmphex(behind(ESP, 4, options, 24, 0), ==, ODD(V4_OPTIONS));
    /* A reassembled packet has the flags of one of its fragments. */
    g_assert_cmphex(behind(AH, 4, df, 20, IPSEC_VIEW_REASSEMBLED), ==, ODD(REASSEMBLED));
    g_assert_cmphex(behind(AH, 4, df, 19, 0), ==, 0);
}

#define V6(next)                                                                                                       \
    "\x60\0\0\0\0\x64" next "\x40"                                                                                     \
    "0123456789abcdef"                                                                                                 \
    "0123456789abcdef"

static void test_v6(void)
{
    static const char plain[] = V6("\x32");
    static const char pads[] = V6("\x3c") "\x32\0\0\0\1\2\0\0";
    static const char fixed[] = V6("\x3c") "\x33\0\x1e\4\x3e\x3e\x3e\x3e";
    static const char changing[] = V6("\0") "\x33\0\x3e\4\0\0\0\0";
    static const char second[] = V6("\0") "\x33\1\1\2\0\0\0\x3e\2\0\0\1\4\0\0\0";
    static const char cut[] = V6("\x3c") "\x33\0\0\0\0\0\0\x3e";
    static const char routing[] = V6("\x2b") "\x32\0\x02\0\x3e\0\0\0";
    static const char in_ah[] = V6("\x33") "\x32\4\0\0\0\0\0\1\0\0\0\1\x3e\x3e\x3e\x3e\x3e\x3e\x3e\x3e\x3e\x3e\x3e\x3e";

    g_assert_cmphex(behind(ESP, 6, plain, 40, 0), ==, 0);
    g_assert_cmphex(behind(ESP, 6, pads, 48, 0), ==, ODD(V6_EXTENSIONS));
    g_assert_cmphex(behind(AH, 6, fixed, 48, 0), ==, ODD(V6_EXTENSIONS));
    g_assert_cmphex(behind(AH, 6, changing, 48, 0), ==, ODD(V6_EXTENSIONS) | ODD(V6_CHANGING_OPTIONS));
    g_assert_cmphex(behind(AH, 6, second, 56, 0), ==, ODD(V6_EXTENSIONS) | ODD(V6_CHANGING_OPTIONS));
    g_assert_cmphex(behind(AH, 6, cut, 48, 0), ==, ODD(V6_EXTENSIONS) | ODD(V6_CHANGING_OPTIONS));
    g_assert_cmphex(behind(ESP, 6, routing, 48, 0), ==, ODD(V6_EXTENSIONS));
    /* AH is not an extension header here, so options after it do not count. */
    g_assert_cmphex(behind(ESP, 6, in_ah, 64, 0), ==, 0);
    g_assert_cmphex(behind(ESP, 6, pads, 39, 0), ==, 0);
}

/* UDP of 92 octets in IP with `more` octets than that. */
static ipsec_oddities udp_with(uint8_t version, int more)
{
    const uint32_t ip = version == 4 ? 20 : 40, udp = 92;
    const uint32_t total = (uint32_t)((int)udp + more) + (version == 4 ? ip : 0);
    uint8_t outer[48] = {version == 4 ? 0x45 : 0x60};
    ipsec_view view = esp_in_udp_view(version, 0x1000, 1, 84);
    ipsec_oddities odd;

    outer[(version == 4 ? 2 : 4) + 1] = (uint8_t)total;
    outer[6] = version == 6 ? 17 : 0;
    outer[ip + 5] = udp;
    view.outer = guard_copy(outer, ip + 8);
    view.outer_length = ip + 8;
    odd = ipsec_outer_oddities(&view);
    guard_free_all();
    return odd;
}

static void test_udp(void)
{
    for (uint8_t version = 4; version <= 6; version += 2) {
        g_assert_cmphex(udp_with(version, 0), ==, 0);
        g_assert_cmphex(udp_with(version, 1), ==, ODD(UDP_SHORT));
        g_assert_cmphex(udp_with(version, -1), ==, 0); /* natt.udp_length */
    }
}

static void test_behind_the_packet(void)
{
    static const char plain[] = V4("\x45", "\0");
    ipsec_view view = esp_view(4, 0x1000, 1, 84);

    view.outer = guard_copy((const uint8_t *)plain, 20);
    view.outer_length = 20;
    view.behind = 1;
    g_assert_cmphex(ipsec_outer_oddities(&view), ==, ODD(BEHIND_PACKET));
    view.address_length = 0;
    g_assert_cmphex(ipsec_outer_oddities(&view), ==, 0);
    guard_free_all();
}

/* --- the SA ------------------------------------------------------------------------------------------ */

/* The oddities of a packet whose row is `spec`, if that is `sure`. */
static ipsec_oddities with_row(ipsec_view *view, const ipsec_key_row *spec, bool sure)
{
    static const ipsec_note nothing;
    ipsec_report report = report_on(view);

    report.opened = (ipsec_opened){.valid = true, .spec = spec, .is_sure = sure, .iv_length = 0, .icv_length = 16};
    return ipsec_oddities_of(view, &nothing, &report);
}

static void test_ports(void)
{
    static const struct {
        uint16_t source, destination;
        ipsec_oddities odd;
    } cases[] = {
        {4500, 4500, 0},
        {4501, 4500, ODD(OTHER_PORTS)},
        {4500, 4501, ODD(OTHER_LISTENER)},
        {4501, 4501, ODD(OTHER_LISTENER)},
    };
    const ipsec_key_row spec = {.source_port = 4500, .destination_port = 4500}, other = {.destination_port = 10000};
    const ipsec_key_row unknown = {0};
    ipsec_view view = esp_in_udp_view(4, 0x1000, 1, 84), native = esp_view(4, 0x1000, 1, 84);

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        view.source_port = cases[i].source;
        view.destination_port = cases[i].destination;
        g_assert_cmphex(with_row(&view, &spec, true), ==, cases[i].odd);
        g_assert_cmphex(with_row(&view, &spec, false), ==, 0);
        g_assert_cmphex(with_row(&view, &unknown, true), ==, 0);
    }
    /* The receiver listens on 4500 whatever port the SA has. */
    view.destination_port = 4500;
    g_assert_cmphex(with_row(&view, &other, true), ==, ODD(OTHER_PORTS));
    g_assert_cmphex(with_row(&native, &spec, true), ==, 0);
    guard_free_all();
}

static void test_source(void)
{
    ipsec_view view = esp_view(4, 0x1000, 1, 84);
    ipsec_key_row spec = {.source = {.length = 4, .mask = {0xff, 0xff, 0xff, 0xff}}};

    memcpy(spec.source.octets, view.source, 4);
    g_assert_cmphex(with_row(&view, &spec, true), ==, 0);
    spec.source.octets[3] ^= 1;
    g_assert_cmphex(with_row(&view, &spec, true), ==, ODD(OTHER_SOURCE));
    spec.several_sources = true;
    g_assert_cmphex(with_row(&view, &spec, true), ==, 0);
    spec = (ipsec_key_row){0};
    g_assert_cmphex(with_row(&view, &spec, true), ==, 0);
    guard_free_all();
}

/* An ICV of 16 octets: 28 octets without padding; according to RFC 4302, 28 in IPv4 and 32 in IPv6. */
static void test_ah_length(void)
{
    static const struct {
        uint8_t version, words;
        ipsec_oddities odd;
    } cases[] = {
        {4, 5, 0},
        {4, 6, ODD(AH_OTHER_LENGTH) | ODD(AH_PADDED)},
        {4, 4, ODD(AH_OTHER_LENGTH) | ODD(AH_PADDED)},
        {6, 5, ODD(AH_OTHER_LENGTH)},
        {6, 6, ODD(AH_PADDED)},
        {6, 8, ODD(AH_OTHER_LENGTH) | ODD(AH_PADDED)},
    };
    const ipsec_key_row spec = {0};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_view view = ah_view(cases[i].version, 17, cases[i].words, 0x1000, 1, 84);

        g_assert_cmphex(with_row(&view, &spec, true), ==, cases[i].odd);
        view.length++; /* cut by the capture */
        g_assert_cmphex(with_row(&view, &spec, true), ==, 0);
        guard_free_all();
    }
}

/* --- the end of ESP --------------------------------------------------------------------------------- */

/* The header, an IV of 8 octets, `body`, and an ICV of 4 octets of 0x11. */
static ipsec_opened tail_of(const uint8_t *body, uint32_t count)
{
    uint8_t octets[512] = {[14] = 3, [15] = 99};
    ipsec_opened opened = {.valid = true};
    ipsec_view view;

    memcpy(octets + 16, body, count);
    memset(octets + 16 + count, 0x11, 4);
    view = view_of(ESP, 4, octets, 16 + count + 4);
    ipsec_measure_tail(&(ipsec_tail){.view = &view, .plaintext = body, .body = count, .iv = 8, .icv = 4}, &opened);
    guard_free_all();
    return opened;
}

static void test_tail(void)
{
    uint8_t body[64] = {[2] = 0, [3] = 20, [62] = 42, [63] = 4};
    ipsec_opened opened = tail_of(body, 64);

    g_assert_true(opened.tail_known && !opened.pad_exceeds && !opened.inner_exceeds && opened.tail_next == 4);
    body[3] = 21; /* one octet too long, together with the padding */
    opened = tail_of(body, 64);
    g_assert_true(!opened.pad_exceeds && opened.inner_exceeds);
    body[63] = 17; /* not IP, so it states no length */
    g_assert_false(tail_of(body, 64).inner_exceeds);
    body[63] = 41; /* 40 octets plus the stated payload length */
    body[5] = 0;
    body[62] = 22;
    g_assert_false(tail_of(body, 64).inner_exceeds);
    body[62] = 23;
    g_assert_true(tail_of(body, 64).inner_exceeds);
    /* Header, IV and body are 80 octets. */
    body[62] = 78;
    g_assert_false(tail_of(body, 64).pad_exceeds);
    body[62] = 79;
    g_assert_true(tail_of(body, 64).pad_exceeds);
}

/* With nothing between IV and ICV, the end of the IV takes the place of the trailer; and an inner header would begin
 * with the ICV. */
static void test_tail_without_a_body(void)
{
    const uint8_t two[2] = {0, 4}, none[1] = {0};
    ipsec_opened opened = tail_of(none, 0);

    g_assert_true(opened.tail_known && opened.tail_next == 99 && !opened.pad_exceeds && !opened.inner_exceeds);
    opened = tail_of(two, 2);
    g_assert_true(opened.tail_next == 4 && opened.inner_exceeds); /* 0x1111 octets */
}

/* --- reactions to oddities ---------------------------------------------------------------------------- */

static ipsec_report odd_report(uint8_t protocol, ipsec_oddities oddities)
{
    const ipsec_view view = protocol == AH ? ah_view(4, 17, 4, 0x1000, 1, 84) : esp_view(4, 0x1000, 1, 84);
    ipsec_report report = report_on(&view);

    report.oddities = oddities;
    guard_free_all();
    return report;
}

static void test_who_minds(void)
{
    const ipsec_report flags = odd_report(AH, ODD(V4_FLAGS)), ports = odd_report(ESP, ODD(OTHER_PORTS));

    g_assert_cmpstr(ipsec_outcome_at(IPSEC_STACK_VPP, &flags)->counter, ==, "integ_error");
    g_assert_null(ipsec_outcome_at(IPSEC_STACK_FREEBSD, &flags));
    g_assert_cmpuint(ipsec_receiver_restriction(IPSEC_STACK_VPP, &flags), ==, IPSEC_CASE_FLAGS_COVERED);
    g_assert_cmpuint(ipsec_receiver_restriction(IPSEC_STACK_FREEBSD, &flags), ==, IPSEC_CASE_NONE);
    g_assert_cmpuint(ipsec_receiver_restriction(IPSEC_STACK_RFC, &flags), ==, IPSEC_CASE_NONE);
    g_assert_false(ipsec_receiver_moves_window(IPSEC_STACK_VPP, &flags));
    g_assert_true(ipsec_receiver_moves_window(IPSEC_STACK_LINUX, &flags));
    g_assert_cmphex(ipsec_stacks_refusing(&flags), ==, ipsec_stack_bit(IPSEC_STACK_VPP));
    g_assert_cmpstr(ipsec_outcome_at(IPSEC_STACK_FREEBSD, &ports)->counter, ==, "esps_notdb");
    g_assert_cmpint(ipsec_receiver_decision_on_oddities(IPSEC_STACK_FREEBSD, &ports), ==, IPSEC_DECISION_REFUSES);
    g_assert_cmpint(ipsec_receiver_decision_on_oddities(IPSEC_STACK_VPP, &ports), ==, IPSEC_DECISION_PASSES);
    g_assert_cmphex(ipsec_oddities_minded(IPSEC_STACK_LINUX), ==, 0);
    g_assert_cmphex(ipsec_oddities_minded(IPSEC_STACK_RFC), ==, 0);
    g_assert_cmphex(ipsec_oddities_minded(IPSEC_STACK_VPP) & (ODD(V4_FLAGS) | ODD(OTHER_PORTS)), ==, ODD(V4_FLAGS));
}

/* Whether a number is before the first one depends on the stack. */
static void test_before_the_first_is_of_a_stack(void)
{
    ipsec_report report = odd_report(ESP, ODD(BEFORE_FIRST));

    report.number.before_by = ipsec_stack_bit(IPSEC_STACK_FREEBSD);
    g_assert_cmpstr(ipsec_outcome_at(IPSEC_STACK_FREEBSD, &report)->counter, ==, "esps_replay");
    g_assert_null(ipsec_outcome_at(IPSEC_STACK_VPP, &report));
}

/* VPP has no counter for a reassembled packet. */
static void test_fragments(void)
{
    const ipsec_report report = odd_report(AH, ODD(REASSEMBLED) | ODD(V4_OPTIONS) | ODD(AH_OTHER_LENGTH));

    g_assert_null(ipsec_outcome_at(IPSEC_STACK_VPP, &report));
    g_assert_cmpuint(ipsec_receiver_restriction(IPSEC_STACK_VPP, &report), ==, IPSEC_CASE_NONE);
    g_assert_cmpstr(ipsec_outcome_at(IPSEC_STACK_FREEBSD, &report)->counter, ==, "ahs_badauthl");
}

/* Nothing is claimed for what may not be IPsec, or for a header that the stack never sees. A second capture of a packet
 * is refused like the first one, but counted once. */
static void test_when_it_is_known(void)
{
    ipsec_report report = odd_report(ESP, ODD(OTHER_PORTS));

    report.confirmed = false;
    g_assert_cmpint(ipsec_receiver_decision_on_oddities(IPSEC_STACK_FREEBSD, &report), ==, IPSEC_DECISION_PASSES);
    g_assert_cmpuint(ipsec_receiver_restriction(IPSEC_STACK_FREEBSD, &report), ==, IPSEC_CASE_NONE);
    report.confirmed = true;
    report.refused_by = ipsec_stack_bit(IPSEC_STACK_FREEBSD);
    g_assert_cmpint(ipsec_receiver_decision_on_oddities(IPSEC_STACK_FREEBSD, &report), ==, IPSEC_DECISION_PASSES);
    report.refused_by = 0;
    ipsec_findings_add(&report.findings, IPSEC_FINDING_CAPTURE_DUPLICATE, 0, 0);
    g_assert_cmpint(ipsec_receiver_decision_on_oddities(IPSEC_STACK_FREEBSD, &report), ==, IPSEC_DECISION_REFUSES);
    g_assert_cmpuint(ipsec_receiver_restriction(IPSEC_STACK_FREEBSD, &report), ==, IPSEC_CASE_OTHER_PORTS);
    g_assert_null(ipsec_outcome_at(IPSEC_STACK_FREEBSD, &report));
}

/* It is not a restriction if the RFCs refuse the packet as well, or if another check refuses it first. */
static void test_what_is_no_restriction(void)
{
    ipsec_report report = odd_report(AH, ODD(V4_FLAGS));

    ipsec_findings_add(&report.findings, IPSEC_FINDING_AH_ICV, 0, 0);
    g_assert_cmpuint(ipsec_receiver_restriction(IPSEC_STACK_VPP, &report), ==, IPSEC_CASE_NONE);
    report = odd_report(ESP, ODD(AH_OTHER_LENGTH));
    g_assert_cmpuint(ipsec_receiver_restriction(IPSEC_STACK_FREEBSD, &report), ==, IPSEC_CASE_NONE);
}

/* With such options, a packet from one BSD to another is valid for both, but not for receivers that follow RFC 4302. */
static void test_options_of_the_bsds(void)
{
    ipsec_report report = odd_report(AH, ODD(V6_CHANGING_OPTIONS));

    g_assert_null(ipsec_outcome_at(IPSEC_STACK_FREEBSD, &report));
    report.opened = (ipsec_opened){.valid = true, .icv_status = IPSEC_ICV_GOOD};
    g_assert_cmpstr(ipsec_outcome_at(IPSEC_STACK_FREEBSD, &report)->counter, ==, "ahs_badauth");
    g_assert_cmpstr(ipsec_outcome_at(IPSEC_STACK_OPENBSD, &report)->counter, ==, "ahs_badauth");
}

/* In UDP, packets that are too short for ESP: 4 octets, no whole words, the header alone. */
static void test_too_short_in_udp(void)
{
    static const struct {
        uint32_t octets;
        const char *freebsd, *openbsd, *vpp;
    } known[] = {
        {4, "esps_hdrops", NULL, "too_short"},
        {5, "esps_badilen", "esps_hdrops", "too_short"},
        {7, "esps_badilen", "esps_hdrops", "too_short"},
        {8, "esps_badilen", "esps_badilen", "runt"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(known); i++) {
        ipsec_report report = odd_report(ESP, ODD(SHORT_KNOWN));
        const ipsec_outcome *openbsd;

        ipsec_findings_add(&report.findings, IPSEC_FINDING_NATT_ESP_TOO_SHORT, 0, known[i].octets);
        g_assert_cmpstr(ipsec_outcome_at(IPSEC_STACK_FREEBSD, &report)->counter, ==, known[i].freebsd);
        g_assert_cmpstr(ipsec_outcome_at(IPSEC_STACK_VPP, &report)->counter, ==, known[i].vpp);
        openbsd = ipsec_outcome_at(IPSEC_STACK_OPENBSD, &report);
        g_assert_cmpstr(openbsd ? openbsd->counter : NULL, ==, known[i].openbsd);
        report.oddities = ODD(SHORT_UNKNOWN);
        g_assert_cmpstr(ipsec_outcome_at(IPSEC_STACK_FREEBSD, &report)->counter, ==, "esps_notdb");
        g_assert_cmpstr(ipsec_outcome_at(IPSEC_STACK_VPP, &report)->counter, ==,
                        known[i].octets == 8 ? "no_tunnel" : "too_short");
    }
}

/* Two counters that move at once. */
static void test_also(void)
{
    const ipsec_outcome *outcome = ipsec_outcome_find(IPSEC_STACK_FREEBSD, IPSEC_FAULT_OLD_AT_END, IPSEC_CARRIER_AH);

    g_assert_cmpstr(outcome->counter, ==, "ahs_wrap");
    g_assert_cmpstr(outcome->also, ==, "ahs_replay");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oddities/v4", test_v4);
    g_test_add_func("/oddities/v6", test_v6);
    g_test_add_func("/oddities/udp", test_udp);
    g_test_add_func("/oddities/behind", test_behind_the_packet);
    g_test_add_func("/oddities/ports", test_ports);
    g_test_add_func("/oddities/source", test_source);
    g_test_add_func("/oddities/ah-length", test_ah_length);
    g_test_add_func("/oddities/tail", test_tail);
    g_test_add_func("/oddities/tail-without-body", test_tail_without_a_body);
    g_test_add_func("/oddities/who-minds", test_who_minds);
    g_test_add_func("/oddities/before-first", test_before_the_first_is_of_a_stack);
    g_test_add_func("/oddities/fragments", test_fragments);
    g_test_add_func("/oddities/when-known", test_when_it_is_known);
    g_test_add_func("/oddities/no-restriction", test_what_is_no_restriction);
    g_test_add_func("/oddities/bsd-options", test_options_of_the_bsds);
    g_test_add_func("/oddities/too-short", test_too_short_in_udp);
    g_test_add_func("/oddities/also", test_also);
    return g_test_run();
}
