/* Findings on one header.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/findings.h"
#include "packet/find.h"

#include <stddef.h>

void ipsec_findings_add(ipsec_findings *findings, ipsec_finding_id id, uint32_t offset, uint32_t length)
{
    ipsec_findings_add_with(findings, id, offset, length, (ipsec_advice_detail){0});
}

/* Of two with the same severity, the later one in the catalogue counts as milder, so that the result does not depend on
 * the order in which they are added. */
static bool is_milder(unsigned a, unsigned b)
{
    const ipsec_severity of_a = ipsec_catalogue((ipsec_finding_id)a)->severity;
    const ipsec_severity of_b = ipsec_catalogue((ipsec_finding_id)b)->severity;

    return of_a != of_b ? of_a < of_b : a > b;
}

/* Drops the mildest finding of a full list, unless the new one is even milder. */
static bool make_room(ipsec_findings *findings, ipsec_finding_id id)
{
    unsigned mildest = 0;

    for (unsigned i = 1; i < findings->count; i++)
        if (is_milder(findings->list[i].id, findings->list[mildest].id))
            mildest = i;
    if (is_milder(id, findings->list[mildest].id))
        return false;
    findings->count--;
    for (unsigned i = mildest; i < findings->count; i++)
        findings->list[i] = findings->list[i + 1];
    return true;
}

static bool is_missing_facts(const ipsec_findings *findings, ipsec_finding_id id)
{
    return !findings->whole && ipsec_finding_set_has(&ipsec_findings_of_whole, id);
}

/* The first finding clears what was left from another header. */
static void begin_sets(ipsec_findings *findings)
{
    if (!findings->any)
        findings->all = findings->assumed = IPSEC_FINDING_SET_EMPTY;
    findings->any = true;
}

/* Enters a finding into the sets. */
static void enter(ipsec_findings *findings, ipsec_finding_id id)
{
    begin_sets(findings);
    ipsec_finding_set_add(&findings->all, id);
    if (findings->assuming)
        ipsec_finding_set_add(&findings->assumed, id);
    findings->flagged = findings->flagged || ipsec_finding_set_has(&ipsec_findings_that_flag, id);
}

void ipsec_findings_add_with(ipsec_findings *findings, ipsec_finding_id id, uint32_t offset, uint32_t length,
                             ipsec_advice_detail detail)
{
    unsigned at;

    if (is_missing_facts(findings, id))
        return;
    enter(findings, id);
    if (findings->count == IPSEC_FINDINGS_MOST && !make_room(findings, id))
        return;
    at = findings->count;
    while (at > 0 && findings->list[at - 1].id > id) {
        findings->list[at] = findings->list[at - 1];
        at--;
    }
    findings->list[at] = (ipsec_finding){.offset = offset,
                                         .length = length,
                                         .id = (uint8_t)id,
                                         .advice_case = detail.advice_case,
                                         .detail = detail.detail,
                                         .missed = detail.missed,
                                         .fits = detail.fits,
                                         .announce = true,
                                         .assumed = findings->assuming};
    findings->count++;
}

void ipsec_findings_foresee(ipsec_findings *findings, const ipsec_finding_set *set)
{
    ipsec_finding_set known = *set;

    if (!findings->whole)
        ipsec_finding_set_subtract(&known, &ipsec_findings_of_whole);
    if (ipsec_finding_set_is_empty(&known))
        return;
    begin_sets(findings);
    ipsec_finding_set_unite(&findings->all, &known);
    findings->flagged = findings->flagged || ipsec_finding_sets_meet(&known, &ipsec_findings_that_flag);
}

void ipsec_findings_foresee_any(ipsec_findings *findings)
{
    begin_sets(findings);
}

void ipsec_findings_advise(ipsec_findings *findings, const ipsec_finding_set *set, ipsec_advice_detail detail)
{
    for (unsigned i = 0; i < findings->count; i++) {
        ipsec_finding *finding = &findings->list[i];

        if (finding->advice_case != IPSEC_CASE_NONE || !ipsec_finding_set_has(set, (ipsec_finding_id)finding->id))
            continue;
        finding->advice_case = detail.advice_case;
        finding->detail = detail.detail;
        finding->missed = detail.missed;
        finding->fits = detail.fits;
    }
}

void ipsec_findings_remove(ipsec_findings *findings, ipsec_finding_id id)
{
    unsigned kept = 0;

    if (!findings->any)
        return;
    for (unsigned i = 0; i < findings->count; i++)
        if (findings->list[i].id != id)
            findings->list[kept++] = findings->list[i];
    findings->count = (uint8_t)kept;
    ipsec_finding_set_remove(&findings->all, id);
    findings->any = !ipsec_finding_set_is_empty(&findings->all);
    findings->flagged = ipsec_finding_sets_meet(&findings->all, &ipsec_findings_that_flag);
}

void ipsec_findings_remove_property(ipsec_findings *findings, ipsec_property property)
{
    for (unsigned id = 0; (id = ipsec_findings_next(findings, id)) < IPSEC_FINDING_COUNT; id++)
        if (ipsec_catalogue((ipsec_finding_id)id)->property == property)
            ipsec_findings_remove(findings, (ipsec_finding_id)id);
}

void ipsec_findings_take_apart(ipsec_findings *findings)
{
    for (unsigned id = 0; (id = ipsec_findings_next(findings, id)) < IPSEC_FINDING_COUNT; id++)
        if (ipsec_finding_set_has(&ipsec_findings_of_whole, (ipsec_finding_id)id))
            ipsec_findings_remove(findings, (ipsec_finding_id)id);
    findings->whole = false;
}

void ipsec_findings_clear(ipsec_findings *findings)
{
    ipsec_findings_begin(findings, findings->whole);
}

const ipsec_finding *ipsec_findings_get(const ipsec_findings *findings, ipsec_finding_id id)
{
    for (unsigned i = 0; i < findings->count; i++)
        if (findings->list[i].id == id)
            return &findings->list[i];
    return NULL;
}
