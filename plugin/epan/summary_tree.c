/* Statistics > IPsec > Summary, and -z ipsec,tree: counts headers, findings and what systems report.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cell.h"
#include "compat.h"
#include "statistics.h"
#include "taps.h"

#include <epan/stats_tree.h>

#include <stdio.h>

/* The branches, in the order in which they are shown. */
enum {
    HEADERS,
    FINDINGS,
    REPORTS,
    ENCAPSULATIONS,
    CAUSES,
    BRANCH_COUNT
};

static const char *const names[BRANCH_COUNT] = {[HEADERS] = "Headers",
                                                [FINDINGS] = "Findings",
                                                [REPORTS] = "Reported by systems",
                                                [CAUSES] = "Causes",
                                                [ENCAPSULATIONS] = "Encapsulation"};

/* Their numbers in the tree; the same in each tree, because all are built the same way. */
static int branches[BRANCH_COUNT];

static void start(stats_tree *tree)
{
    for (unsigned i = 0; i < BRANCH_COUNT; i++)
        branches[i] = stats_tree_create_node(tree, names[i], 0, STAT_DT_INT, true);
}

static void count(stats_tree *tree, unsigned branch)
{
    tick_stat_node(tree, names[branch], 0, true);
}

/* Counts `name` in the branch, and `detail` below it. */
static void count_below(stats_tree *tree, unsigned branch, const char *name, const char *detail)
{
    const int node = tick_stat_node(tree, name, branches[branch], true);

    tick_stat_node(tree, detail, node, false);
}

static void count_header(stats_tree *tree, const ipsec_header *header, const char *verdict)
{
    ipsec_cell protocol, encapsulation;

    ipsec_cell_set_name(&protocol, "ipsec.protocol", header->protocol);
    ipsec_cell_set_name(&encapsulation, "ipsec.encapsulation", header->encapsulation);
    count(tree, HEADERS);
    count_below(tree, HEADERS, protocol.text, verdict);
    count(tree, ENCAPSULATIONS);
    tick_stat_node(tree, encapsulation.text, branches[ENCAPSULATIONS], false);
}

static void count_finding(stats_tree *tree, const ipsec_finding *finding)
{
    const ipsec_catalogue_row *row = ipsec_catalogue((ipsec_finding_id)finding->id);

    count(tree, FINDINGS);
    count_below(tree, FINDINGS, ipsec_severity_name(row->severity), row->id);
    count(tree, CAUSES);
    tick_stat_node(tree, ipsec_cause_name(row->cause), branches[CAUSES], false);
}

static void count_outcome(stats_tree *tree, ipsec_stack stack, const ipsec_outcome *outcome)
{
    const ipsec_windows_error *windows = stack == IPSEC_STACK_WINDOWS ? ipsec_windows_error_of(outcome) : NULL;
    const char *const title = ipsec_stack_title(stack);
    char code[64];

    if (windows)
        snprintf(code, sizeof code, "%u %s", windows->error, windows->name);
    count_below(tree, REPORTS, title, windows ? code : outcome->counter);
    if (outcome->also)
        count_below(tree, REPORTS, title, outcome->also);
}

static void count_reports(stats_tree *tree, const ipsec_report *report)
{
    const char *const linux_sa = ipsec_linux_sa_counter(report);
    bool any = false;

    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++) {
        const ipsec_outcome *outcome = ipsec_outcome_at((ipsec_stack)stack, report);

        if (outcome)
            count_outcome(tree, (ipsec_stack)stack, outcome);
        any = any || outcome;
    }
    if (linux_sa)
        count_below(tree, REPORTS, "Linux SA counters", linux_sa);
    if (any)
        count(tree, REPORTS);
}

static tap_packet_status add(stats_tree *tree, packet_info *pinfo _U_, epan_dissect_t *edt _U_, const void *header,
                             tap_flags_t flags _U_)
{
    const ipsec_tapped *tapped = (const ipsec_tapped *)header;
    const ipsec_report *report = &tapped->report;

    if (tapped->kind == IPSEC_TAPPED_HEADER)
        count_header(tree, &report->header, ipsec_verdict_name(report->verdict));
    for (unsigned i = 0; i < report->findings.count; i++)
        count_finding(tree, &report->findings.list[i]);
    if (report->findings.count > 0 && tapped->kind == IPSEC_TAPPED_HEADER)
        count_reports(tree, report);
    return TAP_PACKET_REDRAW;
}

void ipsec_summary_tree_register(void)
{
    stats_tree_register_plugin(IPSEC_TAP, "ipsec", "IPsec" STATS_TREE_MENU_SEPARATOR "Summary", TL_REQUIRES_NOTHING,
                               add, start, NULL);
}
