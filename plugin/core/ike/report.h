/** @file
 * What is said of an IKE message. It lives in the caller's memory and owns nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_REPORT_H
#define IPSEC_CORE_IKE_REPORT_H

#include "ike/message.h"
#include "packet/findings.h"

#include <stdbool.h>
#include <stdint.h>

/** The most findings that a message is reported with. */
#define IPSEC_IKE_FINDINGS_MOST 3

/** What belongs to one finding. */
typedef struct ipsec_ike_said {
    uint8_t finding;     /**< ipsec_finding_id */
    uint8_t advice_case; /**< see ipsec_finding; likewise the next two */
    bool inferred;       /**< it is a conclusion, or the code of Windows is */
    bool has_notify;
    uint16_t notify; /**< that it speaks of, if has_notify */
    uint16_t missed;
    uint32_t detail;
    uint32_t windows; /**< error of Windows' IKE that fits; 0: none */
} ipsec_ike_said;

/** What has become of an IKE SA. */
typedef struct ipsec_ike_progress {
    uint64_t initiator_spi, responder_spi;
    bool knows_initiator;
    bool by_source;          /**< if that is known: the source of the message began it */
    bool is_established;     /**< as far as can be seen */
    bool counts;             /**< its SAs of ESP and AH can be counted */
    uint8_t version;         /**< of IKE */
    uint8_t trouble;         /**< ipsec_finding_id of what went wrong last, and one more; 0: nothing did */
    uint16_t trouble_notify; /**< the notify that said so; 0: none */
    uint32_t children;       /**< SAs of ESP and AH that it made, a pair counting once */
} ipsec_ike_progress;

/** The report on a message. */
typedef struct ipsec_ike_report {
    bool is_ike;               /**< there is a message that was judged; else nothing else is valid */
    ipsec_ike_message message; /**< its header */
    ipsec_findings findings;
    uint32_t request;  /**< if there are findings: the frame with the request that it answers, or repeats; 0: none */
    uint32_t response; /**< likewise its answer, which is known on later passes only */
    uint8_t count;     /**< of the next, which are in the order of the findings */
    ipsec_ike_said said[IPSEC_IKE_FINDINGS_MOST];
    bool has_progress;           /**< it belongs to an IKE SA; set by judging only */
    ipsec_ike_progress progress; /**< of that, by now */
} ipsec_ike_report;

/** Octets that are enough for any outcome. */
#define IPSEC_IKE_OUTCOME_SIZE 96

/** What has become of an IKE SA, in words: "no answer", "NO_PROPOSAL_CHOSEN", "established, 2 child SAs". Written to
 * `buffer`, which is returned. */
const char *ipsec_ike_outcome(const ipsec_ike_progress *progress, char buffer[IPSEC_IKE_OUTCOME_SIZE]);

#endif
