/* Rules on what is known of a header besides its octets.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/checks.h"

/* A quote is no traffic: its header is named, and nothing is said of it. */
static void forget_findings(ipsec_report *report)
{
    report->count = 0;
    report->flagged = false;
    report->verdict = IPSEC_VERDICT_UNCHECKED;
    if (report->subject != IPSEC_SUBJECT_ESP && report->subject != IPSEC_SUBJECT_AH)
        report->subject = IPSEC_SUBJECT_NOTHING;
}

static void add_header_facts(const ipsec_view *view, bool ah, ipsec_report *report)
{
    if (view->flags & IPSEC_VIEW_FRAGMENT)
        ipsec_report_add(report, ah ? IPSEC_FINDING_AH_FRAGMENT : IPSEC_FINDING_ESP_FRAGMENT, 0, 0);
    if (view->flags & IPSEC_VIEW_V6_ORDER && !ipsec_report_has(report, IPSEC_FINDING_AH_V6_ORDER))
        ipsec_report_add(report, ah ? IPSEC_FINDING_AH_V6_ORDER : IPSEC_FINDING_ESP_V6_ORDER, 0, 0);
    if (view->flags & IPSEC_VIEW_OFFLOAD)
        ipsec_report_add(report, IPSEC_FINDING_CAPTURE_OFFLOAD, 0, 0);
}

void ipsec_check_facts(const ipsec_view *view, ipsec_report *report)
{
    if (view->flags & IPSEC_VIEW_QUOTED)
        forget_findings(report);
    else if (report->subject == IPSEC_SUBJECT_ESP || report->subject == IPSEC_SUBJECT_AH)
        add_header_facts(view, report->subject == IPSEC_SUBJECT_AH, report);
}
