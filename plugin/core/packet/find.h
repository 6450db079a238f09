/** @file
 * Adding and removing findings. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_FIND_H
#define IPSEC_CORE_FIND_H

#include "packet/findings.h"

/** Starts with no findings; the sets and the list need no clearing. */
static inline void ipsec_findings_begin(ipsec_findings *findings, bool whole)
{
    findings->any = false;
    findings->assuming = false;
    findings->flagged = false;
    findings->count = 0;
    findings->whole = whole;
}

/**
 * Adds a finding, unless it needs the whole packet (see ipsec_needs) and that was not captured.
 *
 * @param offset first octet that the finding is about, from ipsec_view.data
 * @param length  number of octets, 0 for the header as a whole
 */
void ipsec_findings_add(ipsec_findings *findings, ipsec_finding_id id, uint32_t offset, uint32_t length);

/** The same, with details for the advice. */
void ipsec_findings_add_with(ipsec_findings *findings, ipsec_finding_id id, uint32_t offset, uint32_t length,
                             ipsec_advice_detail detail);

/** Announces findings that will be added at the end with ipsec_findings_add(): ipsec_findings_have() and the model of
 * the receiver take them into account, but they are not in the list yet. */
void ipsec_findings_foresee(ipsec_findings *findings, const ipsec_finding_set *set);

/** Announces that there may be findings at the end although none is known yet: the packet is unusual. */
void ipsec_findings_foresee_any(ipsec_findings *findings);
/** Makes the advice more exact on those of `findings` that have the catalogue's. */
void ipsec_findings_advise(ipsec_findings *findings, const ipsec_finding_set *set, ipsec_advice_detail detail);

/** Removes the finding `id`, if it is there. */
void ipsec_findings_remove(ipsec_findings *findings, ipsec_finding_id id);

/** Removes the findings that report the property `property` of the SA. */
void ipsec_findings_remove_property(ipsec_findings *findings, ipsec_property property);

/** Removes the findings that need the whole packet, because this turned out not to be a packet as it was on the wire.
 */
void ipsec_findings_take_apart(ipsec_findings *findings);

/** Removes all. */
void ipsec_findings_clear(ipsec_findings *findings);

#endif
