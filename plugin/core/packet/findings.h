/** @file
 * Findings: what is wrong with one header, or worth knowing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_FINDINGS_H
#define IPSEC_CORE_FINDINGS_H

#include "base/advice_case.h"
#include "base/catalogue.h"
#include "base/finding_set.h"

#include <stdbool.h>
#include <stdint.h>

/** The most findings that are reported on one header; if there are more, the mildest are left out. */
#define IPSEC_FINDINGS_MOST 12

/** One finding. */
typedef struct ipsec_finding {
    uint32_t offset; /**< first octet that it is about, from ipsec_view.data */
    uint32_t length; /**< number of octets, 0 for the header as a whole */
    uint32_t detail; /**< see ipsec_advice_detail; likewise the next two, and advice_case */
    uint32_t missed;
    uint32_t fits;
    uint8_t id;          /**< ipsec_finding_id */
    uint8_t advice_case; /**< for ipsec_finding_advice() */
    /** Raise an expert item: always for a fault of a packet, only on the first packet for a property of the SA. */
    bool announce;
    /** It rests on a heuristic, which anybody can mislead: it is not certain that a stack sees it. */
    bool assumed;
} ipsec_finding;

/** The findings on one header. */
typedef struct ipsec_findings {
    bool any;                  /**< there are some, or may be at the end: the sets count */
    bool assuming;             /**< findings that are added now rest on a heuristic */
    bool flagged;              /**< one of them is in ipsec_findings_that_flag */
    uint8_t count;             /**< number of valid members of the list */
    bool whole;                /**< the packet was captured whole, so findings that need this can be made */
    ipsec_finding_set all;     /**< those in the list, those that did not fit into it, and those that were announced */
    ipsec_finding_set assumed; /**< of these, those that rest on a heuristic */
    ipsec_finding list[IPSEC_FINDINGS_MOST]; /**< in the order of the catalogue */
} ipsec_findings;

/** Whether the finding `id` is there. */
static inline bool ipsec_findings_have(const ipsec_findings *findings, ipsec_finding_id id)
{
    return findings->any && ipsec_finding_set_has(&findings->all, id);
}

/** Whether the finding `id` is there and rests on a heuristic. */
static inline bool ipsec_findings_assume(const ipsec_findings *findings, ipsec_finding_id id)
{
    return findings->any && ipsec_finding_set_has(&findings->assumed, id);
}

/** The first finding that is not before `from`, see ipsec_finding_set_next(). */
static inline unsigned ipsec_findings_next(const ipsec_findings *findings, unsigned from)
{
    return findings->any ? ipsec_finding_set_next(&findings->all, from) : IPSEC_FINDING_COUNT;
}

/** The finding `id` in the list; NULL if it is not there. */
const ipsec_finding *ipsec_findings_get(const ipsec_findings *findings, ipsec_finding_id id);

#endif
