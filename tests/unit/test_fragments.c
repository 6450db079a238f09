/* Fragments without a first one. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"
#include "evidence/fragments.h"

#include <string.h>

/* The bounds of fragments.c. */
#define SLOTS      1024u
#define FOUND_MOST 65536u

/* A packet of ESP or AH of `length` octets after an IPv4 header without options, or after IPv6 and a fragment header;
 * in frame `frame`. */
static ipsec_view packet(uint8_t version, uint8_t protocol, uint32_t identification, uint32_t length, uint32_t frame)
{
    uint8_t outer[48] = {0};
    ipsec_view view = protocol == IPSEC_PROTOCOL_AH ? ah_view(version, 17, 4, 0x1000, frame, length)
                                                    : esp_view(version, 0x1000, frame, length);

    view.frame = frame;
    view.outer_length = version == 4 ? 20 : 48;
    outer[0] = version == 4 ? 0x45 : 0x60;
    if (version == 4) {
        outer[4] = (uint8_t)(identification >> 8);
        outer[5] = (uint8_t)identification;
        outer[9] = protocol;
        memcpy(outer + 12, view.source, 4);
        memcpy(outer + 16, view.destination, 4);
    } else {
        outer[6] = 44;
        outer[40] = protocol;
        outer[46] = (uint8_t)(identification >> 8);
        outer[47] = (uint8_t)identification;
    }
    view.outer = guard_copy(outer, view.outer_length);
    return view;
}

static ipsec_fragment rest_of(const ipsec_view *first, uint32_t identification, uint32_t offset, uint32_t frame)
{
    return (ipsec_fragment){.source = first->source,
                            .destination = first->destination,
                            .address_length = first->address_length,
                            .protocol = first->protocol,
                            .identification = identification,
                            .offset = offset,
                            .frame = frame};
}

static uint32_t explained(ipsec_db *db, const ipsec_view *view, const ipsec_record *record)
{
    ipsec_report report;

    ipsec_explain(db, view, record, &report);
    g_assert_cmpint(ipsec_findings_have(&report.findings, view->protocol == IPSEC_PROTOCOL_AH
                                                              ? IPSEC_FINDING_AH_MISSING_FRAGMENT
                                                              : IPSEC_FINDING_ESP_MISSING_FRAGMENT),
                    ==, report.fragment > 0);
    g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_PLAUSIBLE); /* it does not change the verdict */
    return report.fragment;
}

static uint32_t orphan(ipsec_db *db, const ipsec_fragment *fragment)
{
    ipsec_report report;

    ipsec_explain_fragment(db, fragment, &report);
    g_assert_cmpint(ipsec_report_has_subject(&report), ==, report.fragment > 0);
    g_assert_cmpint(report.findings.count, ==, report.fragment > 0);
    g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_UNCHECKED);
    return report.fragment;
}

static void test_either_order(void)
{
    for (unsigned i = 0; i < 8; i++) {
        const uint8_t version = i & 1 ? 6 : 4, protocol = i & 2 ? IPSEC_PROTOCOL_AH : IPSEC_PROTOCOL_ESP;
        const bool rest_first = i & 4;
        const ipsec_view first = packet(version, protocol, 0x1234, 104, rest_first ? 2 : 1);
        const ipsec_fragment rest = rest_of(&first, 0x1234, 104, rest_first ? 1 : 2);
        ipsec_db *db = db_for(IPSEC_STACK_RFC);
        ipsec_record record;
        ipsec_report report;

        if (rest_first)
            ipsec_judge_fragment(db, &rest);
        ipsec_judge(db, &first, &record, &report);
        g_assert_cmpuint(report.fragment, ==, rest_first ? 1 : 0);
        if (!rest_first)
            ipsec_judge_fragment(db, &rest);
        g_assert_cmpuint(explained(db, &first, &record), ==, rest.frame);
        g_assert_cmpuint(orphan(db, &rest), ==, first.frame);
        ipsec_db_free(db);
    }
    guard_free_all();
}

/* Fragments that do not match in one respect. */
static void test_others(void)
{
    static const uint8_t elsewhere[4] = {192, 0, 2, 77};
    const ipsec_view first = packet(4, IPSEC_PROTOCOL_ESP, 0x1234, 104, 1);
    const ipsec_fragment fits = rest_of(&first, 0x1234, 104, 2);
    ipsec_fragment others[7];

    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++)
        others[i] = fits;
    others[0].identification = 0x1235;
    others[1].offset = 112;
    others[2].offset = 96;
    others[3].source = elsewhere;
    others[4].destination = elsewhere;
    others[5].source = first.destination;
    others[5].destination = first.source;
    others[6].identification = 0x11234; /* of IPv6 */
    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        ipsec_db *db = db_for(IPSEC_STACK_RFC);
        ipsec_record record;
        ipsec_report report;

        ipsec_judge(db, &first, &record, &report);
        ipsec_judge_fragment(db, &others[i]);
        g_assert_cmpuint(explained(db, &first, &record), ==, 0);
        ipsec_db_free(db);
    }
    guard_free_all();
}

/* Packets that cannot be a first part, whatever their identification. */
static void test_no_first(void)
{
    for (unsigned i = 0; i < 5; i++) {
        ipsec_view view = packet(4, IPSEC_PROTOCOL_ESP, 0x1234, 104, 2);
        const ipsec_fragment rest = rest_of(&view, 0x1234, 104, 1);
        ipsec_db *db = db_for(IPSEC_STACK_RFC);
        ipsec_record record;
        ipsec_report report;
        uint8_t outer[20];

        memcpy(outer, view.outer, sizeof outer);
        if (i == 0)
            outer[6] = 0x20; /* More Fragments */
        else if (i == 1)
            view.flags = IPSEC_VIEW_REASSEMBLED;
        else if (i == 2)
            view.outer_length = 19;
        else if (i == 3)
            view.length = IPSEC_LENGTH_UNKNOWN;
        else
            outer[0] = 0x46; /* an option that is not there */
        view.outer = guard_copy(outer, view.outer_length);
        ipsec_judge_fragment(db, &rest);
        ipsec_judge(db, &view, &record, &report);
        g_assert_cmpuint(report.fragment, ==, 0);
        ipsec_db_free(db);
    }
    guard_free_all();
}

/* After a first part with More Fragments, an orphan is a normal fragment, whenever the first part comes. */
static void test_proper(void)
{
    const ipsec_view first = packet(4, IPSEC_PROTOCOL_ESP, 0x1234, 104, 1);
    const ipsec_fragment rest = rest_of(&first, 0x1234, 104, 3);
    ipsec_fragment proper = rest_of(&first, 0x1234, 0, 2);
    ipsec_record record;
    ipsec_report report;
    ipsec_db *db = db_for(IPSEC_STACK_RFC);

    proper.more = true;
    ipsec_judge(db, &first, &record, &report);
    ipsec_judge_fragment(db, &rest);
    g_assert_cmpuint(orphan(db, &rest), ==, 1);
    ipsec_judge_fragment(db, &proper);
    g_assert_cmpuint(orphan(db, &rest), ==, 0);
    g_assert_cmpuint(explained(db, &first, &record), ==, 0);
    ipsec_judge_fragment(db, &rest);
    g_assert_cmpuint(orphan(db, &rest), ==, 0);
    ipsec_db_free(db);
    guard_free_all();
}

/* An orphan explains what is wrong with the octets, but revokes no finding. */
static void test_advice(void)
{
    const expectation truncated = FINDINGS(DROP, IPSEC_FINDING_AH_MISSING_FRAGMENT, IPSEC_FINDING_AH_LENGTH_OVERRUN);
    ipsec_view view = packet(4, IPSEC_PROTOCOL_AH, 0x1234, 104, 2);
    const ipsec_fragment rest = rest_of(&view, 0x1234, 104, 1);
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    uint8_t octets[104];
    char advice[IPSEC_ADVICE_SIZE];
    ipsec_report report;

    memcpy(octets, view.data, sizeof octets);
    octets[1] = 30; /* 128 octets of AH */
    view.data = guard_copy(octets, sizeof octets);
    ipsec_judge_fragment(db, &rest);
    report = expect(db, &view, &truncated, "AH, cut");
    g_assert_nonnull(strstr(ipsec_finding_advice(&report.findings.list[1], advice), "ipsec.fragment.frame"));
    ipsec_db_free(db);
    guard_free_all();
}

/* Packets with Don't Fragment need no identification, so many have 0. */
static void test_no_identification(void)
{
    ipsec_fragments *fragments = ipsec_fragments_new(NULL);
    ipsec_recents *recents = ipsec_recents_new(NULL);

    for (uint32_t id = 0; id <= 1; id++) {
        const ipsec_view first = packet(4, IPSEC_PROTOCOL_ESP, id, 104, 2);
        const ipsec_fragment rest = rest_of(&first, id, 104, 1);

        ipsec_fragments_meet(fragments, recents, &rest);
        g_assert_cmpuint(fragments->waiting, ==, id);
    }
    ipsec_recents_free(recents);
    ipsec_fragments_free(fragments);
    guard_free_all();
}

/* As many simultaneous orphans as there are slots, and as many pairs as are remembered. */
static void test_bounds(void)
{
    ipsec_fragments *fragments = ipsec_fragments_new(NULL);
    ipsec_recents *recents = ipsec_recents_new(NULL);

    for (uint32_t id = 0; id < FOUND_MOST - 1; id++) {
        const ipsec_view first = packet(6, IPSEC_PROTOCOL_ESP, id + 1, 104, 2 * id + 2);
        const ipsec_fragment rest = rest_of(&first, id + 1, 104, 2 * id + 1);

        ipsec_fragments_meet(fragments, recents, &rest);
        g_assert_cmpuint(fragments->waiting, ==, 1);
        ipsec_fragments_meet_first(fragments, &first);
        g_assert_cmpuint(fragments->waiting, ==, 0);
        if (id < FOUND_MOST / 2)
            g_assert_cmpuint(ipsec_fragments_first_of(fragments, rest.frame), ==, first.frame);
        else
            g_assert_cmpuint(ipsec_fragments_first_of(fragments, rest.frame), ==, 0);
        if (id % 1000 == 0)
            guard_free_all();
    }
    for (uint32_t id = 0; id < 4 * SLOTS; id++) {
        const ipsec_view first = packet(4, IPSEC_PROTOCOL_ESP, id, 104, 1);
        const ipsec_fragment rest = rest_of(&first, id, 104, id + 1);

        ipsec_fragments_meet(fragments, recents, &rest);
        if (id % 1000 == 0)
            guard_free_all();
    }
    g_assert_cmpuint(fragments->waiting, <=, SLOTS);
    g_assert_cmpuint(fragments->waiting, >, SLOTS / 2);
    ipsec_fragments_free(fragments);
    ipsec_fragments_free(NULL);
    ipsec_recents_free(recents);
    guard_free_all();
}

/* While a fragment waits for its first part, every packet is examined; but a clean one is not affected. */
static void test_clean_packets_while_one_waits(void)
{
    const expectation nothing = NO_FINDINGS(PLAUSIBLE);
    const uint8_t here[4] = {198, 51, 100, 1}, there[4] = {198, 51, 100, 2};
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const ipsec_view view = esp_in_udp_view(4, 0xc0ffee01, 1, 100);

    ipsec_judge_fragment(db, &(ipsec_fragment){.source = here,
                                               .destination = there,
                                               .address_length = 4,
                                               .protocol = IPSEC_PROTOCOL_ESP,
                                               .identification = 7,
                                               .offset = 80,
                                               .frame = 1});
    g_assert_true(expect(db, &view, &nothing, "in UDP, and not known to be IPsec").confirmed);
    ipsec_db_free(db);
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fragments/clean-packets-while-one-waits", test_clean_packets_while_one_waits);
    g_test_add_func("/fragments/either-order", test_either_order);
    g_test_add_func("/fragments/others", test_others);
    g_test_add_func("/fragments/no-first", test_no_first);
    g_test_add_func("/fragments/proper", test_proper);
    g_test_add_func("/fragments/advice", test_advice);
    g_test_add_func("/fragments/bounds", test_bounds);
    g_test_add_func("/fragments/no-identification", test_no_identification);
    return g_test_run();
}
