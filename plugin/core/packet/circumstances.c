/* Rules on what is known of a header besides its octets.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/checks.h"
#include "packet/kind.h"
#include "packet/find.h"

/* A quote is not traffic: its header is shown, but not judged. */
static void forget_findings(ipsec_header *header, ipsec_findings *findings)
{
    ipsec_findings_clear(findings);
    if (header->subject != IPSEC_SUBJECT_HEADER)
        header->subject = IPSEC_SUBJECT_NOTHING;
}

static void add_circumstances(const ipsec_view *view, ipsec_findings *findings)
{
    const ipsec_header_kind *kind = ipsec_kind_of(view->protocol);

    if (view->flags & IPSEC_VIEW_FRAGMENT)
        ipsec_findings_add(findings, kind->fragment, 0, 0);
    if (view->flags & IPSEC_VIEW_V6_ORDER && !ipsec_findings_have(findings, kind->v6_order))
        ipsec_findings_add(findings, kind->v6_order, 0, 0);
    if (view->flags & IPSEC_VIEW_OFFLOAD)
        ipsec_findings_add(findings, IPSEC_FINDING_CAPTURE_OFFLOAD, 0, 0);
}

void ipsec_check_circumstances(const ipsec_view *view, ipsec_header *header, ipsec_findings *findings)
{
    if (view->flags & IPSEC_VIEW_QUOTED)
        forget_findings(header, findings);
    else if (header->subject == IPSEC_SUBJECT_HEADER)
        add_circumstances(view, findings);
}
