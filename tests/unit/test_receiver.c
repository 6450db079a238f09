/* What each stack reports: the first of its own checks that fails. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"

#include <string.h>

static const char *text_at(ipsec_stack stack, const ipsec_report *report)
{
    return ipsec_outcome_text(ipsec_outcome_at(stack, report), report);
}

static void test_order(void)
{
    const expectation both = FINDINGS(DROP, IPSEC_FINDING_ESP_NO_PAYLOAD, IPSEC_FINDING_SEQ_ZERO);
    const ipsec_view view = esp_view(4, 0x1000, 0, 8);
    const ipsec_report report = expect(NULL, &view, &both, "short, sequence 0");

    g_assert_cmpstr(text_at(IPSEC_STACK_WINDOWS, &report), ==, "13914");
    g_assert_cmpstr(text_at(IPSEC_STACK_LINUX, &report), ==, "XfrmInStateSeqError");
    g_assert_cmpstr(text_at(IPSEC_STACK_FREEBSD, &report), ==, "esps_replay");
    g_assert_cmpstr(text_at(IPSEC_STACK_OPENBSD, &report), ==, "esps_wrap");
    g_assert_cmpstr(text_at(IPSEC_STACK_VPP, &report), ==, "runt");
    g_assert_cmpstr(text_at(IPSEC_STACK_STRONGSWAN, &report), ==, "PARSE_ERROR");
    g_assert_null(ipsec_outcome_at(IPSEC_STACK_RFC, &report));
    guard_free_all();
}

static void test_names_differ_by_protocol(void)
{
    const expectation zero = FINDINGS(SUSPICIOUS, IPSEC_FINDING_SEQ_ZERO);
    const ipsec_view view = ah_view(4, 6, 4, 0x1000, 0, 100);
    const ipsec_report report = expect(NULL, &view, &zero, "AH, sequence 0");

    g_assert_cmpstr(text_at(IPSEC_STACK_FREEBSD, &report), ==, "ahs_replay");
    g_assert_cmpstr(text_at(IPSEC_STACK_OPENBSD, &report), ==, "ahs_wrap");
    guard_free_all();
}

static void test_windows_errors(void)
{
    const ipsec_windows_error *row;

    for (unsigned i = 0; i < IPSEC_WINDOWS_ERROR_COUNT; i++) {
        row = ipsec_windows_error_row(i);
        g_assert_cmpuint(row->error, ==, 13910 + i);
        g_assert_cmphex(row->status, ==, 0xC0360001 + i);
        g_assert_true(g_str_has_prefix(row->name, "ERROR_IPSEC_"));
        g_assert_cmpstr(row->name + strlen("ERROR_"), ==, row->status_name + strlen("STATUS_"));
    }
    g_assert_null(ipsec_windows_error_row(IPSEC_WINDOWS_ERROR_COUNT));
    g_assert_null(ipsec_windows_error_of(NULL));
    row = ipsec_windows_error_of(ipsec_receiver_row(IPSEC_STACK_WINDOWS, IPSEC_FINDING_ESP_ALIGNMENT));
    g_assert_cmpstr(row->name, ==, "ERROR_IPSEC_INVALID_PACKET");
}

/* Every row of receivers.def names something real, and Windows rows are inferred and known codes. */
static void test_rows(void)
{
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++) {
            const ipsec_outcome *row = ipsec_receiver_row((ipsec_stack)stack, (ipsec_finding_id)id);

            g_assert_true((row->report == NULL) == (row->decision == IPSEC_DECISION_PASSES));
            if (stack == IPSEC_STACK_WINDOWS && row->report) {
                g_assert_true(row->inferred);
                g_assert_nonnull(ipsec_windows_error_of(row));
            }
            if (stack == IPSEC_STACK_LINUX && row->report)
                g_assert_true(g_str_has_prefix(row->report, "XfrmIn"));
        }
}

/* A receiver of the RFCs refuses errors; whatever some stack surely refuses is worth a warning. */
static void test_decisions_fit_severities(void)
{
    for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++) {
        const ipsec_severity severity = ipsec_catalogue((ipsec_finding_id)id)->severity;
        const ipsec_decision rfc = ipsec_receiver_decision(IPSEC_STACK_RFC, (ipsec_finding_id)id);

        g_assert_cmpint(rfc == IPSEC_DECISION_REFUSES, ==, severity == IPSEC_SEVERITY_ERROR);
        for (unsigned stack = 1; stack < IPSEC_STACK_COUNT; stack++)
            if (ipsec_receiver_decision((ipsec_stack)stack, (ipsec_finding_id)id) == IPSEC_DECISION_REFUSES)
                g_assert_cmpint(severity, >=, IPSEC_SEVERITY_WARN);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/receiver/order", test_order);
    g_test_add_func("/receiver/names-by-protocol", test_names_differ_by_protocol);
    g_test_add_func("/receiver/windows-errors", test_windows_errors);
    g_test_add_func("/receiver/rows", test_rows);
    g_test_add_func("/receiver/decisions", test_decisions_fit_severities);
    return g_test_run();
}
