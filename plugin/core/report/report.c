/* The names in a report, and what its findings mark. SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"
#include "evidence/fragments.h"

#include <stddef.h>

ipsec_span ipsec_finding_span(const ipsec_report *report, const ipsec_finding *finding)
{
    if (ipsec_catalogue((ipsec_finding_id)finding->id)->is_outer && report->in_front > 0)
        return (ipsec_span){-(int64_t)report->in_front, report->in_front};
    if (finding->length == 0)
        return (ipsec_span){0, report->octets};
    return (ipsec_span){finding->offset, finding->length};
}

bool ipsec_report_may_be_cut(const ipsec_report *report)
{
    const ipsec_findings *findings = &report->findings;

    for (unsigned i = 0; i < findings->count; i++)
        if (ipsec_finding_set_has(&ipsec_findings_of_cut_packets, (ipsec_finding_id)findings->list[i].id))
            return true;
    return false;
}

const char *ipsec_unverified_name(unsigned reason)
{
    static const char *const names[IPSEC_UNVERIFIED_COUNT] = {
        [IPSEC_UNVERIFIED_NOT_WHOLE] = "the packet was not captured completely",
        [IPSEC_UNVERIFIED_NO_KEY] = "no key",
        [IPSEC_UNVERIFIED_NO_OUTER] = "the outer headers are not available, or no rule covers them",
        [IPSEC_UNVERIFIED_TOO_SHORT] = "no room for IV and ICV",
        [IPSEC_UNVERIFIED_OFFLOAD] = "a network card does the cryptography",
        [IPSEC_UNVERIFIED_ALGORITHM] = "the algorithm is unknown or unsupported",
    };

    return reason < IPSEC_UNVERIFIED_COUNT ? names[reason] : NULL;
}

const char *ipsec_verdict_name(unsigned verdict)
{
    static const char *const names[] = {"unchecked", "plausible", "verified", "suspicious", "drop"};

    return verdict < sizeof names / sizeof names[0] ? names[verdict] : NULL;
}
