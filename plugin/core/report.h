/** @file
 * The report: what the core says of one header. It lives in the caller's memory and owns nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_REPORT_H
#define IPSEC_CORE_REPORT_H

#include "catalogue.h"
#include "view.h"

#include <stdbool.h>
#include <stdint.h>

/** The most findings that one header can have; tests hold every rule against it. */
#define IPSEC_REPORT_FINDINGS 8

/** Value of ipsec_report.sa where the header belongs to no SA that the database follows. */
#define IPSEC_SA_NONE UINT32_MAX

/** The judgement of one header. The values are those of the plugin's field `ipsec.verdict`; the worse, the
 * higher. */
typedef enum {
    IPSEC_VERDICT_UNCHECKED = 0,  /**< nothing could be judged: fragment, cut capture, ICMP quote, offload */
    IPSEC_VERDICT_PLAUSIBLE = 1,  /**< no fault; not verified */
    IPSEC_VERDICT_VERIFIED = 2,   /**< ICV verified with a key, trailer and the rest sound */
    IPSEC_VERDICT_SUSPICIOUS = 3, /**< a deviation that a receiver may let pass */
    IPSEC_VERDICT_DROP = 4        /**< the configured receiver discards it */
} ipsec_verdict;

/** What the octets turned out to be, and so which protocol item a report belongs to. */
typedef enum {
    IPSEC_SUBJECT_NOTHING, /**< nothing of IPsec's to judge: clean keepalive, empty or foreign payload */
    IPSEC_SUBJECT_IKE,     /**< a sound IKE header; nothing to judge */
    IPSEC_SUBJECT_ESP,     /**< an ESP header */
    IPSEC_SUBJECT_AH,      /**< an AH header */
    IPSEC_SUBJECT_UDP,     /**< a faulty payload of the UDP encapsulation that is not ESP */
    IPSEC_SUBJECT_IKE_PORT /**< a faulty payload on the IKE port */
} ipsec_subject;

/** One finding. */
typedef struct ipsec_finding {
    uint32_t offset; /**< first octet that it speaks of, from ipsec_view.data */
    uint32_t length; /**< number of octets, 0 for the header as a whole */
    uint16_t id;     /**< ipsec_finding_id */
    /** Raise an expert item: always for a fault of a packet, on the first packet only for a property of
     * the SA. */
    bool announce;
} ipsec_finding;

/** The report of one header. */
typedef struct ipsec_report {
    uint32_t spi;      /**< valid if has_spi */
    uint32_t sequence; /**< as found in the header; valid if has_sequence */
    uint32_t sa;       /**< index of the SA in this database, from 0; or IPSEC_SA_NONE */
    bool has_spi;
    bool has_sequence;
    bool flagged;          /**< has a finding of Note or above that is no mere property of the SA */
    uint8_t count;         /**< number of findings */
    bool confirmed;        /**< known to be IPsec: native, or in UDP with evidence besides the port */
    bool payload_lost;     /**< where the header ends is unknown; what seems to follow it must not be judged */
    uint8_t protocol;      /**< IPSEC_PROTOCOL_... */
    uint8_t encapsulation; /**< ipsec_encapsulation */
    bool whole;            /**< the packet was captured whole, so that lengths were judged */
    uint8_t verdict;       /**< ipsec_verdict */
    uint8_t subject;       /**< ipsec_subject; with _NOTHING and _IKE there are no findings and nothing to show */
    ipsec_finding findings[IPSEC_REPORT_FINDINGS]; /**< in the order of the catalogue; the first count are valid */
} ipsec_report;

/** Starts a report on `view`; the findings are left as they are, for they need no clearing. */
static inline void ipsec_report_begin(ipsec_report *report, const ipsec_view *view, ipsec_subject subject)
{
    const bool whole = ipsec_view_is_whole(view);

    report->spi = 0;
    report->sequence = 0;
    report->has_spi = false;
    report->has_sequence = false;
    report->flagged = false;
    report->count = 0;
    report->confirmed = true;
    report->payload_lost = false;
    report->protocol = view->protocol;
    report->encapsulation = view->encapsulation;
    report->whole = whole;
    report->verdict = whole ? IPSEC_VERDICT_PLAUSIBLE : IPSEC_VERDICT_UNCHECKED;
    report->subject = (uint8_t)subject;
    report->sa = IPSEC_SA_NONE;
}

/**
 * Adds a finding, unless a fact that the catalogue says it needs is missing.
 *
 * @param offset first octet that the finding speaks of, from ipsec_view.data
 * @param length number of octets, 0 for the header as a whole
 */
void ipsec_report_add(ipsec_report *report, ipsec_finding_id id, uint32_t offset, uint32_t length);

/** Takes back the findings that tell the property `property` of the SA. */
void ipsec_report_remove_property(ipsec_report *report, ipsec_property property);

/** Whether the report has the finding `id`. */
bool ipsec_report_has(const ipsec_report *report, ipsec_finding_id id);

/** Name of a verdict, "unchecked" to "drop"; NULL for values that are none. */
const char *ipsec_verdict_name(unsigned verdict);

#endif
