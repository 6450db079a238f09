/* Filling a report.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include <stddef.h>

/* Whether a finding is more than a property of its SA, or chat. */
static bool flags(const ipsec_catalogue_row *row)
{
    return row->severity >= IPSEC_SEVERITY_NOTE && row->property == IPSEC_PROPERTY_NONE;
}

void ipsec_report_add(ipsec_report *report, ipsec_finding_id id, uint32_t offset, uint32_t length)
{
    ipsec_report_add_hint(report, id, offset, length, (ipsec_hinted){0});
}

/* Of two of the same severity, the one that comes later in the catalogue is the milder one: so whatever the order in
 * which they come, the same ones stay. */
static bool is_milder(unsigned a, unsigned b)
{
    const ipsec_severity of_a = ipsec_catalogue((ipsec_finding_id)a)->severity;
    const ipsec_severity of_b = ipsec_catalogue((ipsec_finding_id)b)->severity;

    return of_a != of_b ? of_a < of_b : a > b;
}

/* Drops the mildest finding of a full report, unless the one that is to come is milder still. */
static bool make_room(ipsec_report *report, ipsec_finding_id id)
{
    unsigned mildest = 0;

    for (unsigned i = 1; i < report->count; i++)
        if (is_milder(report->findings[i].id, report->findings[mildest].id))
            mildest = i;
    if (is_milder(id, report->findings[mildest].id))
        return false;
    report->count--;
    for (unsigned i = mildest; i < report->count; i++)
        report->findings[i] = report->findings[i + 1];
    return true;
}

void ipsec_report_add_hint(ipsec_report *report, ipsec_finding_id id, uint32_t offset, uint32_t length,
                           ipsec_hinted hinted)
{
    const ipsec_catalogue_row *row = ipsec_catalogue(id);
    unsigned at;

    if (row->needs == IPSEC_NEEDS_WHOLE && !report->whole)
        return;
    if (report->count == IPSEC_REPORT_FINDINGS && !make_room(report, id))
        return;
    at = report->count;
    while (at > 0 && report->findings[at - 1].id > id) {
        report->findings[at] = report->findings[at - 1];
        at--;
    }
    report->findings[at] = (ipsec_finding){.offset = offset,
                                           .length = length,
                                           .id = (uint8_t)id,
                                           .hint = hinted.hint,
                                           .detail = hinted.detail,
                                           .missed = hinted.missed,
                                           .announce = true,
                                           .assumed = report->assuming};
    report->count++;
    report->flagged = report->flagged || flags(row);
}

void ipsec_report_remove_property(ipsec_report *report, ipsec_property property)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < report->count; i++)
        if (ipsec_catalogue(report->findings[i].id)->property != property)
            report->findings[kept++] = report->findings[i];
    report->count = (uint8_t)kept;
}

void ipsec_report_remove(ipsec_report *report, ipsec_finding_id id)
{
    unsigned kept = 0;

    report->flagged = false;
    for (unsigned i = 0; i < report->count; i++) {
        if (report->findings[i].id == id)
            continue;
        report->findings[kept++] = report->findings[i];
        report->flagged = report->flagged || flags(ipsec_catalogue(report->findings[i].id));
    }
    report->count = (uint8_t)kept;
}

bool ipsec_report_has(const ipsec_report *report, ipsec_finding_id id)
{
    for (unsigned i = 0; i < report->count; i++)
        if (report->findings[i].id == id)
            return true;
    return false;
}

const char *ipsec_unverified_name(unsigned reason)
{
    static const char *const names[IPSEC_UNVERIFIED_COUNT] = {
        [IPSEC_UNVERIFIED_NOT_WHOLE] = "the packet was not captured whole",
        [IPSEC_UNVERIFIED_NO_KEY] = "no key",
        [IPSEC_UNVERIFIED_NO_OUTER] = "the outer IP header is not at hand",
        [IPSEC_UNVERIFIED_TOO_SHORT] = "no room for IV and ICV",
        [IPSEC_UNVERIFIED_ALGORITHM] = "the algorithm is not known",
    };

    return reason < IPSEC_UNVERIFIED_COUNT ? names[reason] : NULL;
}

const char *ipsec_verdict_name(unsigned verdict)
{
    static const char *const names[] = {"unchecked", "plausible", "verified", "suspicious", "drop"};

    return verdict < sizeof names / sizeof names[0] ? names[verdict] : NULL;
}
