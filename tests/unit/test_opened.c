/* Packets that are opened without a key, through the central calls. Those with a key are tested in test_open.c.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/open_report.h"
#include "guard.h"
#include "keyed.h"
#include "sa/null_probe.h"
#include "packet/find.h"
#include "packets.h"

#include <glib.h>
#include <string.h>

enum {
    ICV_16 = 3, /* index of a shape */
    ICMP = 1
};

/* An ESP packet of this shape with ICMP, without padding. */
static ipsec_view null_packet(unsigned shape, uint32_t sequence)
{
    static const uint8_t icmp[] = {8, 0, 0xf8, 0x0b, 0, 1, 0, 1, 'p', 'i', 'n', 'g', '!', '!', 0, ICMP};
    const ipsec_null_shape *row = ipsec_null_shape_row(shape);
    uint8_t octets[128] = {0, 0, 0x10, 1, 0, 0, 0, (uint8_t)sequence};

    memset(octets + 8, 0xee, row->iv); /* zeros would fit the checksum of ICMP, and so another shape */
    memcpy(octets + 8 + row->iv, icmp, sizeof icmp);
    memset(octets + 8 + row->iv + sizeof icmp, 0xdd, row->icv);
    return view_of(IPSEC_PROTOCOL_ESP, 4, octets, 8u + row->iv + sizeof icmp + row->icv);
}

/* Judges such a packet, or one whose pad length exceeds the packet. */
static ipsec_report judge_null(ipsec_db *db, unsigned shape, uint32_t sequence, bool damaged, ipsec_record *record)
{
    const ipsec_view view = null_packet(shape, sequence);
    ipsec_report report, again;

    if (damaged)
        ((uint8_t *)view.data)[view.length - ipsec_null_shape_row(shape)->icv - 2] = 0xff;
    ipsec_judge(db, &view, record, &report);
    ipsec_explain(db, &view, record, &again);
    g_assert_cmpint(report.opened.valid, ==, again.opened.valid);
    g_assert_cmpuint(report.findings.count, ==, again.findings.count);
    g_assert_cmpint(report.verdict, ==, again.verdict);
    for (unsigned i = 0; i < report.findings.count; i++)
        g_assert_true(report.findings.list[i].assumed == again.findings.list[i].assumed);
    return report;
}

/* Without a key nothing is certain, with or without an ICV: no receiver is claimed to have dropped or counted the
 * packet. */
static void test_never_a_drop(void)
{
    for (unsigned shape = 0; shape < IPSEC_NULL_SHAPES; shape++) {
        ipsec_db *db = db_for(IPSEC_STACK_LINUX);
        ipsec_record record;
        ipsec_report report;

        for (uint32_t sequence = 1; sequence <= 12; sequence++) {
            report = judge_null(db, shape, sequence, false, &record);
            g_assert_cmpint(report.opened.valid, ==, sequence > 1);
            g_assert_cmpuint(report.findings.count, ==, 0);
        }
        report = judge_null(db, shape, 13, true, &record);
        g_assert_cmpuint(report.findings.count, ==, 1);
        g_assert_cmpint(report.findings.list[0].id, ==, IPSEC_FINDING_ESP_PAD_LENGTH);
        g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_SUSPICIOUS);
        g_assert_cmpint(ipsec_stacks_refusing(&report), ==, 0);
        for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
            g_assert_null(ipsec_outcome_at((ipsec_stack)stack, &report));
        ipsec_db_free(db);
        guard_free_all();
    }
}

/* When it is explained later, the packet that came before the shape was known shows its content, and otherwise the same
 * as before.
 */
static void test_hindsight(void)
{
    for (unsigned shape = 0; shape < IPSEC_NULL_SHAPES; shape++) {
        ipsec_db *db = db_for(IPSEC_STACK_LINUX);
        const ipsec_view first = null_packet(shape, 1), noise = esp_view(4, 0x1001, 3, 100);
        ipsec_record of_first, of_noise, record;
        ipsec_report before, after;

        ipsec_judge(db, &first, &of_first, &before);
        g_assert_false(before.opened.valid);
        judge_null(db, shape, 2, false, &record);
        ipsec_explain(db, &first, &of_first, &after);
        g_assert_true(after.opened.valid && after.opened.has_trailer && after.opened.in_hindsight);
        g_assert_cmpint(after.opened.next_header, ==, ICMP);
        g_assert_cmpuint(after.opened.payload_length, ==, 14);
        g_assert_cmpint(after.verdict, ==, before.verdict);
        g_assert_cmpuint(after.findings.count, ==, before.findings.count);
        ipsec_judge(db, &noise, &of_noise, &before);
        ipsec_explain(db, &noise, &of_noise, &after);
        g_assert_false(before.opened.valid || after.opened.valid);
        ipsec_explain(db, &first, &of_first, &after); /* the noise has ended the belief */
        g_assert_false(after.opened.valid);
        ipsec_db_free(db);
        guard_free_all();
    }
}

/* The heuristic may be off, while keys of other SAs are still looked up. */
static void test_switched_off(void)
{
    const ipsec_key_row elsewhere = null_row("HMAC_SHA1_96", "no", "any");
    ipsec_config config = ipsec_config_default();
    ipsec_record record;

    for (unsigned on = 0; on <= 1; on++) {
        ipsec_db *db;

        config.null_heuristic = on;
        db = ipsec_db_new(&config);
        ipsec_db_add(db, &elsewhere);
        for (uint32_t sequence = 1; sequence <= 40; sequence++)
            g_assert_cmpint(judge_null(db, ICV_16, sequence, false, &record).opened.valid, ==, on && sequence > 1);
        ipsec_db_free(db);
        guard_free_all();
    }
}

/* Packets that are cut, and those that are too short for ESP, are evidence neither for nor against. */
static void test_not_looked_at(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    ipsec_record record;
    ipsec_report report;

    for (uint32_t sequence = 1; sequence <= 2; sequence++)
        report = judge_null(db, ICV_16, sequence, false, &record);
    g_assert_true(report.opened.valid);
    for (uint32_t captured = 8; captured < 20; captured++) {
        ipsec_view view = esp_view(4, 0x1001, captured, captured);

        ipsec_judge(db, &view, &record, &report);
        g_assert_false(report.opened.valid);
        view.length = 100;
        ipsec_judge(db, &view, &record, &report);
        g_assert_false(report.opened.valid);
    }
    g_assert_true(judge_null(db, ICV_16, 21, false, &record).opened.valid);
    ipsec_db_free(db);
    guard_free_all();
}

/* Noise first: the central calls skip packets, and resume. */
static void test_found_again(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const uint32_t noise = 17;
    ipsec_record record;
    ipsec_report report;

    for (uint32_t sequence = 1; sequence <= noise; sequence++) {
        const ipsec_view view = esp_view(4, 0x1001, sequence, 100);

        ipsec_judge(db, &view, &record, &report);
        g_assert_false(report.opened.valid);
    }
    for (uint32_t sequence = noise + 1; sequence <= 40; sequence++)
        report = judge_null(db, ICV_16, sequence, false, &record);
    g_assert_true(report.opened.valid);
    ipsec_db_free(db);
    guard_free_all();
}

static bool says_something(const ipsec_view *view, unsigned shape)
{
    ipsec_report report = report_on(view);
    const ipsec_open_report open_report = {
        .header = &report.header, .findings = &report.findings, .opened = &report.opened};

    ipsec_opened_null(view, shape, &open_report);
    return report.opened.valid;
}

/* Whatever shape the record of another packet names, nothing beyond the captured octets is read. */
static void test_record_of_another_packet(void)
{
    for (unsigned shape = 0; shape <= INT8_MAX; shape++)
        for (uint32_t captured = 0; captured <= 64; captured++) {
            ipsec_view view = esp_view(4, 0x1001, 1, captured);
            const bool has_room = shape < IPSEC_NULL_SHAPES && captured >= 8u + ipsec_null_shape_row(shape)->iv +
                                                                               ipsec_null_shape_row(shape)->icv + 2u;

            g_assert_cmpint(says_something(&view, shape), ==, has_room);
            view.length = IPSEC_LENGTH_UNKNOWN;
            g_assert_false(says_something(&view, shape));
            view.length = captured + 1;
            g_assert_false(says_something(&view, shape));
            view.length = captured;
            view.flags = IPSEC_VIEW_QUOTED;
            g_assert_false(says_something(&view, shape));
            guard_free_all();
        }
}

/* --- lengths of AH ------------------------------------------------------------------------------------------------ */

/* HMAC-SHA2-256: 16 octets of it or all 32, padded to 4 octets or to 8. Linux pads each SA in one way, others may use
 * either. */
static void test_ah_length(void)
{
    static const struct {
        ipsec_origin origin;
        bool align4;
        uint8_t ip_version;
        bool fits[5]; /* by octets: 28, 32, 36, 44, 48 */
    } cases[] = {
        {IPSEC_ORIGIN_TABLE, false, 4, {true, true, false, true, true}},
        {IPSEC_ORIGIN_XFRM, false, 4, {false, true, false, false, true}},
        {IPSEC_ORIGIN_XFRM, true, 4, {true, false, false, true, false}},
        {IPSEC_ORIGIN_XFRM, true, 6, {false, true, false, false, true}},
        {IPSEC_ORIGIN_XFRM, false, 6, {false, true, false, false, true}},
    };
    static const uint8_t octets[] = {28, 32, 36, 44, 48};
    const ipsec_key_row_text text = {.columns = {"AH", "*", "*", "0x1000", "", "", "HMAC_SHA2_256_128",
                                                 "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
                                                 "no", "any"}};
    ipsec_config config = ipsec_config_default();

    config.sa_complete = true;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
        for (unsigned j = 0; j < G_N_ELEMENTS(octets); j++) {
            ipsec_db *const db = ipsec_db_new(&config);
            const ipsec_view view = ah_view(cases[i].ip_version, 17, (uint8_t)(octets[j] / 4 - 2), 0x1000, 1, 100);
            ipsec_key_row_error error;
            ipsec_key_row row;
            ipsec_record record;
            ipsec_report report;

            g_assert_true(ipsec_key_row_compile(&text, &row, &error));
            row.origin = (uint8_t)cases[i].origin;
            row.align4 = cases[i].align4;
            ipsec_db_add(db, &row);
            ipsec_judge(db, &view, &record, &report);
            if (ipsec_findings_have(&report.findings, IPSEC_FINDING_AH_ICV_LENGTH) == cases[i].fits[j])
                g_error("row %u, AH of %u octets", i, octets[j]);
            if (!cases[i].fits[j]) { /* the octet with the length */
                const ipsec_finding *found = ipsec_findings_get(&report.findings, IPSEC_FINDING_AH_ICV_LENGTH);

                g_assert_true(found->offset == 1 && found->length == 1);
            }
            ipsec_db_free(db);
        }
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/opened/ah-length", test_ah_length);
    g_test_add_func("/opened/never-a-drop", test_never_a_drop);
    g_test_add_func("/opened/hindsight", test_hindsight);
    g_test_add_func("/opened/switched-off", test_switched_off);
    g_test_add_func("/opened/not-looked-at", test_not_looked_at);
    g_test_add_func("/opened/found-again", test_found_again);
    g_test_add_func("/opened/record-of-another-packet", test_record_of_another_packet);
    return g_test_run();
}
