/** @file
 * The report: what the core says about one header. It lives in the caller's memory and owns nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_REPORT_H
#define IPSEC_CORE_REPORT_H

#include "base/oddity.h"
#include "base/stack.h"
#include "packet/findings.h"
#include "packet/header.h"
#include "packet/view.h"
#include "sa/number.h"
#include "sa/opened.h"
#include "sa/summary.h"

#include <stdbool.h>
#include <stdint.h>

/** The judgement of one header. The values are those of the plugin's field `ipsec.verdict`; the higher, the worse. */
typedef enum {
    IPSEC_VERDICT_UNCHECKED = 0,  /**< nothing could be judged: fragment, cut capture, ICMP quote, offload */
    IPSEC_VERDICT_PLAUSIBLE = 1,  /**< no fault; not verified */
    IPSEC_VERDICT_VERIFIED = 2,   /**< ICV verified with a key, trailer and the rest sound */
    IPSEC_VERDICT_SUSPICIOUS = 3, /**< a deviation that a receiver may let pass */
    IPSEC_VERDICT_DROP = 4        /**< the configured receiver discards it */
} ipsec_verdict;

/** What is known about the anti-replay of the SA, from its key row or the user. */
typedef enum {
    IPSEC_ANTI_REPLAY_UNKNOWN,
    IPSEC_ANTI_REPLAY_OFF, /**< a window of 0 */
    IPSEC_ANTI_REPLAY_ON
} ipsec_anti_replay;

/** The report of one header. */
typedef struct ipsec_report {
    ipsec_header header;     /**< what its octets say */
    ipsec_findings findings; /**< what is wrong with it */
    ipsec_number number;     /**< its sequence number, in relation to those of its SA */
    ipsec_opened opened;     /**< what a key has shown of it */
    ipsec_oddities oddities; /**< oddities, which no finding covers; filled in only if the receiver has a row on one, or
                                if there are findings */
    uint32_t fragment;       /**< frame with the rest of the packet, or with its first part; 0: none is known */
    uint32_t octets; /**< octets that were captured of the header; for ESP, of the packet. Filled in only if there are
                        findings; likewise the next one */
    /** Octets of the headers immediately in front of it in the same buffer; 0: they are not available. */
    uint32_t in_front;
    uint32_t sa;         /**< index of the SA in this database, from 0; or IPSEC_SA_NONE */
    uint8_t anti_replay; /**< ipsec_anti_replay */
    bool unproven;  /**< it could not be verified although others of its SA have been; or it is inside such a header */
    bool confirmed; /**< known to be IPsec: native, or in UDP with evidence besides the port */
    uint8_t ip_version; /**< of the header in front, 4 or 6; filled in together with the oddities. 0: unknown, or not
                           filled in */
    ipsec_stacks refused_by; /**< stacks that never see this header, see ipsec_view.refused_by */
    uint8_t verdict;         /**< ipsec_verdict */
} ipsec_report;

/** Whether there is anything to show: false for foreign octets and for sound IKE. */
static inline bool ipsec_report_has_subject(const ipsec_report *report)
{
    return report->header.subject != IPSEC_SUBJECT_NOTHING && report->header.subject != IPSEC_SUBJECT_IKE;
}

/** Whether what other dissectors find inside must not be judged: its beginning is unknown, or the ICV did not verify
 * and no receiver would have continued. */
static inline bool ipsec_report_hides_payload(const ipsec_report *report)
{
    return report->header.payload_lost ||
           (report->opened.valid && report->opened.is_sealed && report->opened.icv_status == IPSEC_ICV_BAD);
}

/** Whether a daemon handles the header instead of an IPsec stack: no stack reports anything about it, and whether it is
 * refused is not known. */
static inline bool ipsec_report_is_of_daemon(const ipsec_report *report)
{
    const bool has_row = report->opened.valid && report->opened.spec;

    return report->header.daemon == IPSEC_DAEMON_VRRP || (report->header.daemon == IPSEC_DAEMON_OSPF && !has_row);
}

/** A range of octets of a packet. `start` counts from the first octet of the header; it is negative for octets in front
 * of it. */
typedef struct ipsec_span {
    int64_t start;
    uint32_t length;
} ipsec_span;

/** The octets that a finding of the report is about: a range of its own, the headers in front, or all of the header. */
ipsec_span ipsec_finding_span(const ipsec_report *report, const ipsec_finding *finding);

/** Whether the packet has a finding that would be explained if its end were in a fragment of its own. */
bool ipsec_report_may_be_cut(const ipsec_report *report);

/** Why an ICV is unverified, as a phrase; NULL for values that are no reason. */
const char *ipsec_unverified_name(unsigned reason);

/** Name of a verdict, "unchecked" to "drop"; NULL for values that are none. */
const char *ipsec_verdict_name(unsigned verdict);

#endif
