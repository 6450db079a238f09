/** @file
 * Adding findings, and taking them back. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_FIND_H
#define IPSEC_CORE_FIND_H

#include "packet/findings.h"

/** No findings; sets and list are left as they are, because they need no clearing. */
static inline void ipsec_findings_begin(ipsec_findings *findings, bool whole)
{
    findings->any = false;
    findings->assuming = false;
    findings->flagged = false;
    findings->count = 0;
    findings->whole = whole;
}

/**
 * Adds a finding, unless a fact that the catalogue says it needs is missing.
 *
 * @param offset  first octet that the finding speaks of, from ipsec_view.data
 * @param length  number of octets, 0 for the header as a whole
 */
void ipsec_findings_add(ipsec_findings *findings, ipsec_finding_id id, uint32_t offset, uint32_t length);

/** The same with what makes the advice more exact. */
void ipsec_findings_add_with(ipsec_findings *findings, ipsec_finding_id id, uint32_t offset, uint32_t length,
                             ipsec_advice_detail detail);

/** Announces findings that will be added at the end with ipsec_findings_add(): they count for ipsec_findings_have() and
 * for what a receiver makes of the packet, but are not in the list yet. */
void ipsec_findings_foresee(ipsec_findings *findings, const ipsec_finding_set *set);

/** Announces that there may be findings at the end although none is known yet: the packet is unusual. */
void ipsec_findings_foresee_any(ipsec_findings *findings);
/** Makes the advice more exact on those of `findings` that have the catalogue's. */
void ipsec_findings_advise(ipsec_findings *findings, const ipsec_finding_set *set, ipsec_advice_detail detail);

/** Takes back the finding `id`, if it is there. */
void ipsec_findings_remove(ipsec_findings *findings, ipsec_finding_id id);

/** Takes back those that tell the property `property` of the SA. */
void ipsec_findings_remove_property(ipsec_findings *findings, ipsec_property property);

/** Takes back those that need the whole packet: it turned out not to be a packet as it was on the wire. */
void ipsec_findings_take_apart(ipsec_findings *findings);

/** Takes back all. */
void ipsec_findings_clear(ipsec_findings *findings);

#endif
