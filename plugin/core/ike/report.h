/** @file
 * The report on an IKE message. It is in the caller's memory and owns nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_REPORT_H
#define IPSEC_CORE_IKE_REPORT_H

#include "ike/message.h"
#include "packet/findings.h"

#include <stdbool.h>
#include <stdint.h>

/** The most findings that are reported on a message. */
#define IPSEC_IKE_FINDINGS_MOST 3

/** A finding and its details; see also ipsec_ike_remark(). */
typedef struct ipsec_ike_said {
    uint8_t finding;     /**< ipsec_finding_id */
    uint8_t advice_case; /**< see ipsec_finding; likewise the next two */
    bool inferred;       /**< it was concluded; no message says it */
    bool windows_given;  /**< the peer itself names the error of Windows; else the error is concluded */
    bool has_notify;
    uint16_t notify; /**< the notify that it is about, if has_notify */
    uint16_t missed;
    uint32_t detail;
    uint32_t windows; /**< IKE error of Windows that it corresponds to; 0: none */
} ipsec_ike_said;

/** The number of an IKE SA that is not kept because there are too many. */
#define IPSEC_IKE_UNLISTED UINT32_MAX

/** How far an IKE SA seems to have come. */
typedef enum {
    IPSEC_IKE_ASKED,          /**< a message was captured, but nothing of what follows below */
    IPSEC_IKE_AGREED,         /**< IKE_SA_INIT was answered with an SA */
    IPSEC_IKE_AUTHENTICATING, /**< an IKE_AUTH request was seen */
    IPSEC_IKE_ESTABLISHED     /**< authentication has succeeded */
} ipsec_ike_stage;

/** What has become of an IKE SA. */
typedef struct ipsec_ike_progress {
    uint64_t initiator_spi, responder_spi; /**< the latter is 0 while it is not known */
    uint32_t number;                       /**< number of the IKE SA in the capture, from 0; or IPSEC_IKE_UNLISTED */
    uint8_t version;                       /**< version of IKE */
    uint8_t stage;                         /**< ipsec_ike_stage */
    bool is_guessed;                       /**< the stage is inferred from the length of an answer only */
    bool has_spoken[2];                    /**< whether the lower address, and the higher one, have sent messages */
    bool knows_initiator;                  /**< a message has shown who the initiator is */
    bool initiator_is_low; /**< the lower address is the initiator; if no message says so, it is the one that was heard
                              first */
    bool by_source;        /**< in a report: the initiator sent the message */
    bool counts;           /**< its ESP and AH SAs can be counted */
    uint8_t trouble;       /**< ipsec_finding_id of what went wrong last, plus 1; 0: nothing did */
    bool trouble_inferred; /**< see ipsec_ike_said */
    uint16_t trouble_notify; /**< the notify that reported it; 0: none */
    bool trouble_of_child;   /**< what went wrong is the setup of an ESP or AH SA */
    uint32_t trouble_frame;
    uint8_t error;        /**< ipsec_finding_id of an ICMP error on a request without an answer, plus 1; 0: none */
    uint32_t error_frame; /**< frame of that error */
    uint32_t deleted_by;  /**< frame of the decrypted Delete that ends it; 0: none */
    uint32_t children;    /**< ESP and AH SAs that it created; a pair counts once */
} ipsec_ike_progress;

/** The report on a message. */
typedef struct ipsec_ike_report {
    bool is_ike;               /**< there is a message that was judged; otherwise nothing else is valid */
    ipsec_ike_message message; /**< its header */
    ipsec_findings findings;
    uint32_t request;  /**< if there are findings: frame of the request that it answers, or repeats; 0: none */
    uint32_t response; /**< likewise of its answer, which is known only on later passes */
    uint8_t count;     /**< number of valid `said`, in the order of the findings */
    ipsec_ike_said said[IPSEC_IKE_FINDINGS_MOST];
    bool has_progress;           /**< it belongs to an IKE SA that is kept */
    ipsec_ike_progress progress; /**< that of the IKE SA, as of now */
} ipsec_ike_report;

/** Whether a finding of the report, or the error of Windows that is named with it, was concluded. */
static inline bool ipsec_ike_is_inferred(const ipsec_ike_report *report)
{
    for (unsigned i = 0; i < report->count; i++)
        if (report->said[i].inferred || (report->said[i].windows && !report->said[i].windows_given))
            return true;
    return false;
}

/** Buffer size for any outcome, in octets. */
#define IPSEC_IKE_OUTCOME_SIZE 128

/** What an ICMP error says, by its finding, e.g. "port unreachable". Static. */
const char *ipsec_ike_error_name(unsigned finding);

/** Buffer size for any remark, in octets. */
#define IPSEC_IKE_REMARK_SIZE 64

/** What the summary of a finding does not say, in a few words: the notify, or which side it concerns. Written to
 * `buffer`, which is returned; empty if there is nothing to add. */
const char *ipsec_ike_remark(const ipsec_ike_said *said, uint8_t version, char buffer[IPSEC_IKE_REMARK_SIZE]);

/** What has become of an IKE SA, in words: "no response", "NO_PROPOSAL_CHOSEN", "established, 2 child SAs". Written to
 * `buffer`, which is returned. */
const char *ipsec_ike_outcome(const ipsec_ike_progress *progress, char buffer[IPSEC_IKE_OUTCOME_SIZE]);

#endif
