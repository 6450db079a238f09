/* The conclusion of a report. SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/find.h"
#include "report/conclusion.h"
#include "report/windows.h"

#include <glib.h>
#include <string.h>

/* A whole ESP packet with these findings, in any order. */
static ipsec_report report_with(ipsec_verdict verdict, const ipsec_finding_id *ids, unsigned count)
{
    ipsec_report report = {.header = {.protocol = IPSEC_PROTOCOL_ESP, .subject = IPSEC_SUBJECT_HEADER},
                           .confirmed = true,
                           .verdict = (uint8_t)verdict};

    ipsec_findings_begin(&report.findings, true);
    for (unsigned i = 0; i < count; i++)
        ipsec_findings_add(&report.findings, ids[i], 0, 0);
    return report;
}

#define REPORT(verdict, ...)                                                                                           \
    report_with(IPSEC_VERDICT_##verdict, (const ipsec_finding_id[]){__VA_ARGS__},                                      \
                G_N_ELEMENTS(((const ipsec_finding_id[]){__VA_ARGS__})))

static void expect(const ipsec_report *report, const char *text)
{
    char buffer[IPSEC_CONCLUSION_SIZE];

    g_assert_cmpstr(ipsec_conclusion(report, buffer), ==, text);
}

static void expect_gravest(const ipsec_report *report, ipsec_finding_id id, bool is_alarm)
{
    g_assert_cmpuint(ipsec_gravest(&report->findings)->id, ==, id);
    g_assert_true(ipsec_alarm(&report->findings) == (is_alarm ? ipsec_gravest(&report->findings) : NULL));
}

static void test_verdict_alone(void)
{
    for (unsigned verdict = IPSEC_VERDICT_UNCHECKED; verdict <= IPSEC_VERDICT_DROP; verdict++) {
        const ipsec_report report = report_with((ipsec_verdict)verdict, NULL, 0);

        expect(&report, ipsec_verdict_name(verdict));
        g_assert_null(ipsec_gravest(&report.findings));
        g_assert_null(ipsec_alarm(&report.findings));
    }
}

static void test_code_of_windows(void)
{
    const ipsec_report fault = REPORT(DROP, IPSEC_FINDING_ESP_ALIGNMENT);
    const ipsec_report none = REPORT(VERIFIED, IPSEC_FINDING_SEQ_REORDER);
    ipsec_report unproven = REPORT(SUSPICIOUS, IPSEC_FINDING_ESP_ALIGNMENT);

    expect(&fault, "drop, ESP length is not a multiple of 4 octets (13914)");
    expect(&none, "verified, Late sequence number inside the replay window; accepted");
    unproven.confirmed = false; /* it may not be IPsec, so no system is claimed to report it */
    unproven.header.encapsulation = IPSEC_ENCAPSULATION_UDP;
    expect(&unproven, "suspicious, ESP length is not a multiple of 4 octets");
}

static void test_most_severe(void)
{
    const ipsec_report error_last =
        REPORT(DROP, IPSEC_FINDING_SEQ_GAP, IPSEC_FINDING_SEQ_ZERO, IPSEC_FINDING_SA_EXPIRED);
    const ipsec_report error_first = REPORT(DROP, IPSEC_FINDING_ESP_ICV, IPSEC_FINDING_SEQ_ZERO);
    const ipsec_report note = REPORT(PLAUSIBLE, IPSEC_FINDING_ESP_TFC, IPSEC_FINDING_SEQ_GAP);
    const ipsec_report chat = REPORT(PLAUSIBLE, IPSEC_FINDING_ESP_TFC);

    expect_gravest(&error_last, IPSEC_FINDING_SA_EXPIRED, true);
    expect_gravest(&error_first, IPSEC_FINDING_ESP_ICV, true);
    expect_gravest(&note, IPSEC_FINDING_SEQ_GAP, false);
    expect_gravest(&chat, IPSEC_FINDING_ESP_TFC, false);
}

static void test_first_of_equals(void)
{
    const ipsec_report errors = REPORT(DROP, IPSEC_FINDING_ESP_SPI_ZERO, IPSEC_FINDING_ESP_NO_PAYLOAD);
    const ipsec_report warnings = REPORT(SUSPICIOUS, IPSEC_FINDING_REPLAY_OLD, IPSEC_FINDING_SEQ_ZERO);

    expect_gravest(&errors, IPSEC_FINDING_ESP_NO_PAYLOAD, true);
    expect_gravest(&warnings, IPSEC_FINDING_SEQ_ZERO, true);
}

/* A finding about other packets is not the reason for a refusal, so an equally grave one about the packet itself is
 * preferred. */
static void test_neighbours(void)
{
    const ipsec_report both = REPORT(SUSPICIOUS, IPSEC_FINDING_SEQ_AT_END, IPSEC_FINDING_REPLAY_CONFLICT);
    const ipsec_report alone = REPORT(PLAUSIBLE, IPSEC_FINDING_SEQ_AT_END);

    g_assert_true(ipsec_catalogue(IPSEC_FINDING_SEQ_AT_END)->is_neighbour);
    expect_gravest(&both, IPSEC_FINDING_REPLAY_CONFLICT, true);
    expect_gravest(&alone, IPSEC_FINDING_SEQ_AT_END, true);
}

/* With the longest verdict and a code. */
static void test_every_summary_fits(void)
{
    const size_t longest = strlen("suspicious") + strlen(",  (13914)");

    for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++)
        g_assert_cmpuint(strlen(ipsec_catalogue((ipsec_finding_id)id)->summary) + longest, <, IPSEC_CONCLUSION_SIZE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/conclusion/verdict", test_verdict_alone);
    g_test_add_func("/conclusion/windows", test_code_of_windows);
    g_test_add_func("/conclusion/severe", test_most_severe);
    g_test_add_func("/conclusion/equals", test_first_of_equals);
    g_test_add_func("/conclusion/neighbours", test_neighbours);
    g_test_add_func("/conclusion/fits", test_every_summary_fits);
    return g_test_run();
}
