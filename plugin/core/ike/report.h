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

/** What belongs to one finding; see also ipsec_ike_remark(). */
typedef struct ipsec_ike_said {
    uint8_t finding;     /**< ipsec_finding_id */
    uint8_t advice_case; /**< see ipsec_finding; likewise the next two */
    bool inferred;       /**< it is a conclusion, and nobody's word */
    bool windows_given;  /**< the peer itself names the error of Windows; else that is a conclusion */
    bool has_notify;
    uint16_t notify; /**< that it speaks of, if has_notify */
    uint16_t missed;
    uint32_t detail;
    uint32_t windows; /**< error of Windows' IKE that fits; 0: none */
} ipsec_ike_said;

/** The number of an IKE SA of which nothing is kept, for there are too many. */
#define IPSEC_IKE_UNLISTED UINT32_MAX

/** How far an IKE SA has come, as far as can be seen. */
typedef enum {
    IPSEC_IKE_ASKED,          /**< a message was captured, and nothing of the following */
    IPSEC_IKE_AGREED,         /**< IKE_SA_INIT was answered with an SA */
    IPSEC_IKE_AUTHENTICATING, /**< there is a request of IKE_AUTH */
    IPSEC_IKE_ESTABLISHED     /**< somebody was authenticated */
} ipsec_ike_stage;

/** What has become of an IKE SA. */
typedef struct ipsec_ike_progress {
    uint64_t initiator_spi, responder_spi; /**< the latter 0 while it is not known */
    uint32_t number;                       /**< of the IKE SA in the capture, from 0; or IPSEC_IKE_UNLISTED */
    uint8_t version;                       /**< of IKE */
    uint8_t stage;                         /**< ipsec_ike_stage */
    bool is_guessed;                       /**< only the length of an answer tells of that stage */
    bool has_spoken[2];                    /**< the lower address, the higher one */
    bool knows_initiator;                  /**< a message has told who that is */
    bool initiator_is_low;                 /**< the lower address is; if nobody told, it was heard first */
    bool by_source;                        /**< of a report: the initiator sent the message */
    bool counts;                           /**< its SAs of ESP and AH can be counted */
    uint8_t trouble;         /**< ipsec_finding_id of what went wrong last, and one more; 0: nothing did */
    bool trouble_inferred;   /**< see ipsec_ike_said; likewise the next one, which is 0 if there is none */
    uint16_t trouble_notify; /**< the notify that said so */
    bool trouble_of_child;   /**< what went wrong is an SA of ESP or AH */
    uint32_t trouble_frame;
    uint8_t error; /**< ipsec_finding_id of an ICMP error on a request without an answer, and one more; 0: none */
    uint32_t error_frame; /**< with that error */
    uint32_t deleted_by;  /**< the frame whose Delete, which was decrypted, ends it; 0: none */
    uint32_t children;    /**< SAs of ESP and AH that it made, a pair counting once */
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
    bool has_progress;           /**< it belongs to an IKE SA that has a number */
    ipsec_ike_progress progress; /**< of that, by now */
} ipsec_ike_report;

/** Whether a finding of the report, or the error of Windows that is named with it, is a conclusion. */
static inline bool ipsec_ike_is_inferred(const ipsec_ike_report *report)
{
    for (unsigned i = 0; i < report->count; i++)
        if (report->said[i].inferred || (report->said[i].windows && !report->said[i].windows_given))
            return true;
    return false;
}

/** Octets that are enough for any outcome. */
#define IPSEC_IKE_OUTCOME_SIZE 128

/** What an ICMP error says, by its finding: "port unreachable". Static. */
const char *ipsec_ike_error_name(unsigned finding);

/** Octets that are enough for any remark. */
#define IPSEC_IKE_REMARK_SIZE 64

/** What the summary of a finding leaves open, in a few words: the notify, which side it is of. Written to `buffer`,
 * which is returned; empty if there is nothing to add. */
const char *ipsec_ike_remark(const ipsec_ike_said *said, uint8_t version, char buffer[IPSEC_IKE_REMARK_SIZE]);

/** What has become of an IKE SA, in words: "no response", "NO_PROPOSAL_CHOSEN", "established, 2 child SAs". Written to
 * `buffer`, which is returned. */
const char *ipsec_ike_outcome(const ipsec_ike_progress *progress, char buffer[IPSEC_IKE_OUTCOME_SIZE]);

#endif
