/* The conclusion: a report in one line.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/conclusion.h"
#include "report/windows.h"

#include <glib.h>

static const ipsec_catalogue_row *row_of(const ipsec_finding *finding)
{
    return ipsec_catalogue((ipsec_finding_id)finding->id);
}

static bool is_graver(const ipsec_catalogue_row *row, const ipsec_catalogue_row *than)
{
    if (row->severity != than->severity)
        return row->severity > than->severity;
    return than->is_neighbour && !row->is_neighbour;
}

/* Among equals, the first in the order of the catalogue is kept. */
const ipsec_finding *ipsec_gravest(const ipsec_findings *findings)
{
    const ipsec_finding *gravest = findings->count ? findings->list : NULL;

    for (unsigned i = 1; i < findings->count; i++)
        if (is_graver(row_of(&findings->list[i]), row_of(gravest)))
            gravest = &findings->list[i];
    return gravest;
}

const ipsec_finding *ipsec_alarm(const ipsec_findings *findings)
{
    const ipsec_finding *gravest = ipsec_gravest(findings);

    return gravest && row_of(gravest)->severity >= IPSEC_SEVERITY_WARN ? gravest : NULL;
}

const char *ipsec_conclusion(const ipsec_report *report, char buffer[IPSEC_CONCLUSION_SIZE])
{
    const char *verdict = ipsec_verdict_name(report->verdict);
    const ipsec_finding *gravest = ipsec_gravest(&report->findings);
    const ipsec_windows_error *windows;

    if (!gravest) {
        g_strlcpy(buffer, verdict, IPSEC_CONCLUSION_SIZE);
        return buffer;
    }
    windows = ipsec_windows_error_of(ipsec_outcome_at(IPSEC_STACK_WINDOWS, report));
    if (windows)
        g_snprintf(buffer, IPSEC_CONCLUSION_SIZE, "%s, %s (%u)", verdict, row_of(gravest)->summary, windows->error);
    else
        g_snprintf(buffer, IPSEC_CONCLUSION_SIZE, "%s, %s", verdict, row_of(gravest)->summary);
    return buffer;
}
