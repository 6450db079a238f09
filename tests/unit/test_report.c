/* Filling a report. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"
#include "packet/find.h"

static void test_findings_keep_the_order_of_the_catalogue(void)
{
    const ipsec_view view = esp_view(4, 0x1000, 1, 84);
    ipsec_report report = report_on(&view);

    for (int id = IPSEC_FINDINGS_MOST - 1; id >= 0; id--)
        ipsec_findings_add(&report.findings, (ipsec_finding_id)id, (uint32_t)id, 1);
    g_assert_cmpuint(report.findings.count, ==, IPSEC_FINDINGS_MOST);
    for (unsigned i = 0; i < report.findings.count; i++) {
        g_assert_cmpuint(report.findings.list[i].id, ==, i);
        g_assert_cmpuint(report.findings.list[i].offset, ==, i);
    }
    guard_free_all();
}

/* If there are too many findings, the gravest are kept, whatever their order. */
static void test_the_mildest_finding_goes(void)
{
    const ipsec_view view = esp_view(4, 0x1000, 1, 84);
    const unsigned count = IPSEC_FINDING_COUNT;
    ipsec_finding_id kept[2][IPSEC_FINDINGS_MOST];

    for (unsigned order = 0; order < 2; order++) {
        unsigned mildest = IPSEC_SEVERITY_ERROR;
        ipsec_report report = report_on(&view);

        for (unsigned i = 0; i < count; i++)
            ipsec_findings_add(&report.findings, (ipsec_finding_id)(order ? count - 1 - i : i), i, 1);
        g_assert_cmpuint(report.findings.count, ==, IPSEC_FINDINGS_MOST);
        for (unsigned i = 0; i < report.findings.count; i++) {
            kept[order][i] = (ipsec_finding_id)report.findings.list[i].id;
            g_assert_true(i == 0 || kept[order][i - 1] < kept[order][i]);
            mildest = MIN(mildest, ipsec_catalogue(kept[order][i])->severity);
        }
        for (unsigned id = 0; id < count; id++)
            g_assert_true(ipsec_findings_get(&report.findings, (ipsec_finding_id)id) ||
                          ipsec_catalogue((ipsec_finding_id)id)->severity <= mildest);
    }
    g_assert_cmpmem(kept[0], sizeof kept[0], kept[1], sizeof kept[1]);
    guard_free_all();
}

static void test_a_missing_fact_makes_no_finding(void)
{
    ipsec_view view = esp_view(4, 0x1000, 1, 84);
    ipsec_report report;

    view.length = 85;
    report = report_on(&view);
    g_assert_false(report.findings.whole);
    ipsec_findings_add(&report.findings, IPSEC_FINDING_ESP_ALIGNMENT, 0, 85);
    g_assert_cmpuint(report.findings.count, ==, 0);
    ipsec_findings_add(&report.findings, IPSEC_FINDING_ESP_SPI_ZERO, 0, 4);
    g_assert_cmpuint(report.findings.count, ==, 1);
    guard_free_all();
}

/* All faults at once must fit. */
static void test_worst_headers_fit(void)
{
    const uint8_t worst_ah[] = {0, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
    ipsec_view views[] = {
        view_of(IPSEC_PROTOCOL_AH, 4, worst_ah, sizeof worst_ah),
        view_of(IPSEC_PROTOCOL_AH, 6, worst_ah, sizeof worst_ah - 4),
        esp_view(6, 0, 0, 9),
        esp_in_udp_view(4, 7, 0, 85),
    };
    ipsec_db *db = db_for(IPSEC_STACK_RFC);

    for (unsigned i = 0; i < G_N_ELEMENTS(views); i++)
        for (unsigned flags = 0; flags < 2 * IPSEC_VIEW_IKE_PORT; flags++) {
            ipsec_record record;
            ipsec_report report;

            views[i].flags = (uint16_t)flags;
            ipsec_judge(db, &views[i], &record, &report);
            g_assert_cmpuint(report.findings.count, <, IPSEC_FINDINGS_MOST);
        }
    ipsec_db_free(db);
    guard_free_all();
}

static void test_a_property_can_be_taken_back(void)
{
    const ipsec_view view = esp_view(4, 7, 0, 84);
    ipsec_report report = report_on(&view);

    ipsec_findings_add(&report.findings, IPSEC_FINDING_ESP_SPI_RESERVED, 0, 4);
    ipsec_findings_add(&report.findings, IPSEC_FINDING_SEQ_ZERO, 4, 4);
    ipsec_findings_remove_property(&report.findings, IPSEC_PROPERTY_SPI_RESERVED);
    g_assert_cmpuint(report.findings.count, ==, 1);
    g_assert_cmpuint(report.findings.list[0].id, ==, IPSEC_FINDING_SEQ_ZERO);
    g_assert_true(report.findings.flagged);
    guard_free_all();
}

static void expect_span(const ipsec_report *report, ipsec_finding finding, int64_t start, uint32_t length)
{
    const ipsec_span span = ipsec_finding_span(report, &finding);

    g_assert_cmpint(span.start, ==, start);
    g_assert_cmpuint(span.length, ==, length);
}

static void test_what_a_finding_speaks_of(void)
{
    const ipsec_finding named = {.id = IPSEC_FINDING_ESP_SPI_ZERO, .offset = 0, .length = 4};
    const ipsec_finding whole = {.id = IPSEC_FINDING_IV_REUSE};
    const ipsec_finding outer = {.id = IPSEC_FINDING_ESP_IP_CHECKSUM};
    const ipsec_report at_hand = {.octets = 84, .in_front = 28}, alone = {.octets = 84};

    expect_span(&at_hand, named, 0, 4);
    expect_span(&at_hand, whole, 0, 84);
    expect_span(&at_hand, outer, -28, 28);
    expect_span(&alone, outer, 0, 84);
}

static uint32_t octets_of(const ipsec_view *view)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    ipsec_record record;
    ipsec_report report;

    ipsec_judge(db, view, &record, &report);
    g_assert_cmpuint(report.findings.count, >, 0);
    g_assert_cmpuint(report.in_front, ==, 0);
    ipsec_db_free(db);
    return report.octets;
}

/* ESP extends to the end of the packet; AH ends where its length field says, or where the capture ends. */
static void test_how_far_a_header_reaches(void)
{
    const ipsec_view esp = esp_view(4, 0x1000, 0, 85), ah = ah_view(4, 6, 4, 0, 1, 100);
    ipsec_view cut = ah_view(4, 6, 4, 0, 1, 100);

    cut.captured = 16;
    g_assert_cmpuint(octets_of(&esp), ==, 85);
    g_assert_cmpuint(octets_of(&ah), ==, 24);
    g_assert_cmpuint(octets_of(&cut), ==, 16);
    guard_free_all();
}

static bool may_be_cut(ipsec_finding_id id)
{
    const ipsec_view view = esp_view(4, 0x1000, 1, 84);
    ipsec_report report = report_on(&view);

    ipsec_findings_add(&report.findings, IPSEC_FINDING_SEQ_GAP, 0, 0);
    g_assert_false(ipsec_report_may_be_cut(&report));
    ipsec_findings_add(&report.findings, id, 0, 0);
    return ipsec_report_may_be_cut(&report);
}

/* The findings of packets that lack their end. */
static void test_what_may_be_cut(void)
{
    g_assert_true(may_be_cut(IPSEC_FINDING_ESP_ICV));
    g_assert_true(may_be_cut(IPSEC_FINDING_AH_ICV));
    g_assert_false(may_be_cut(IPSEC_FINDING_ESP_SPI_ZERO));
    g_assert_false(may_be_cut(IPSEC_FINDING_REPLAY_OLD));
    guard_free_all();
}

/* Advice is given to findings of the set that have none yet. */
static void test_advise(void)
{
    const ipsec_view view = esp_view(4, 0x1000, 1, 84);
    ipsec_report report = report_on(&view);
    ipsec_finding_set set = IPSEC_FINDING_SET_EMPTY;

    ipsec_findings_add(&report.findings, IPSEC_FINDING_ESP_ICV, 0, 0);
    ipsec_findings_add_with(&report.findings, IPSEC_FINDING_ESP_PAD_LENGTH, 0, 0,
                            (ipsec_advice_detail){.advice_case = IPSEC_CASE_WINDOW, .detail = 1});
    ipsec_findings_add(&report.findings, IPSEC_FINDING_SEQ_GAP, 0, 0);
    ipsec_finding_set_add(&set, IPSEC_FINDING_ESP_ICV);
    ipsec_finding_set_add(&set, IPSEC_FINDING_ESP_PAD_LENGTH);
    ipsec_findings_advise(&report.findings, &set,
                          (ipsec_advice_detail){.advice_case = IPSEC_CASE_FRAGMENT, .detail = 2});
    g_assert_cmpint(ipsec_findings_get(&report.findings, IPSEC_FINDING_ESP_ICV)->advice_case, ==, IPSEC_CASE_FRAGMENT);
    g_assert_cmpint(ipsec_findings_get(&report.findings, IPSEC_FINDING_ESP_PAD_LENGTH)->advice_case, ==,
                    IPSEC_CASE_WINDOW);
    g_assert_cmpint(ipsec_findings_get(&report.findings, IPSEC_FINDING_SEQ_GAP)->advice_case, ==, IPSEC_CASE_NONE);
    guard_free_all();
}

static void test_names(void)
{
    for (unsigned reason = 0; reason < IPSEC_UNVERIFIED_COUNT; reason++)
        g_assert_nonnull(ipsec_unverified_name(reason));
    g_assert_null(ipsec_unverified_name(IPSEC_UNVERIFIED_COUNT));
    for (unsigned verdict = 0; verdict <= IPSEC_VERDICT_DROP; verdict++)
        g_assert_nonnull(ipsec_verdict_name(verdict));
    g_assert_null(ipsec_verdict_name(IPSEC_VERDICT_DROP + 1));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/report/order", test_findings_keep_the_order_of_the_catalogue);
    g_test_add_func("/report/mildest", test_the_mildest_finding_goes);
    g_test_add_func("/report/needs", test_a_missing_fact_makes_no_finding);
    g_test_add_func("/report/worst-fits", test_worst_headers_fit);
    g_test_add_func("/report/remove-property", test_a_property_can_be_taken_back);
    g_test_add_func("/report/span", test_what_a_finding_speaks_of);
    g_test_add_func("/report/reach", test_how_far_a_header_reaches);
    g_test_add_func("/report/may-be-cut", test_what_may_be_cut);
    g_test_add_func("/report/advise", test_advise);
    g_test_add_func("/report/names", test_names);
    return g_test_run();
}
