/** @file
 * IKE messages, judged and explained. Internal to the core.
 *
 * The findings on a message, if there are any, are kept in a record, which is read again when the message is explained.
 * Records are numbered from 1 in the order of the messages, and may be changed later: the answer to a request is
 * entered, or they are marked as withdrawn.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_JUDGE_H
#define IPSEC_CORE_IKE_JUDGE_H

#include "ike/exchange.h"
#include "ike/report.h"

#include <glib.h>

/** What identifies a message: see ipsec_view. */
typedef struct ipsec_ike_record_name {
    uint32_t frame, offset;
    uint16_t buffer;
} ipsec_ike_record_name;

/** The findings on a message. */
typedef struct ipsec_ike_record {
    ipsec_ike_record_name name;
    uint32_t ike_sa; /**< its number, or IPSEC_IKE_UNLISTED */
    uint8_t count;
    bool is_withdrawn;          /**< its refusal was withdrawn, and is not reported any more */
    uint32_t request, response; /**< see ipsec_ike_report */
    uint32_t before;            /**< for a request: the previous record of the same request; 0: none */
    uint32_t refusal_before;    /**< for a refusal: the record of the previous one of the same IKE SA; 0: none */
    uint32_t refusal_of_pair;   /**< likewise, between the same hosts */
    ipsec_ike_said said[IPSEC_IKE_FINDINGS_MOST];
} ipsec_ike_record;

/** All that is known about IKE in a capture. */
typedef struct ipsec_ike {
    ipsec_ike_table *table;
    GArray *records; /**< of ipsec_ike_record, ascending by frame */
    GArray *judged;  /**< of ipsec_ike_record_name: the messages of the last frame */
    GArray *news;    /**< of uint32_t: numbers of IKE SAs, see ipsec_ike_take_news() */
} ipsec_ike;

/** Creates an empty one; free it with ipsec_ike_free(). `duplicate_time` is that of ipsec_config. */
ipsec_ike *ipsec_ike_new(uint64_t duplicate_time, ipsec_limits *limits);

/** NULL is fine. */
void ipsec_ike_free(ipsec_ike *ike);

/** See ipsec_judge_ike(). Returns whether there is something to learn from it: false if it is not a message, or was
 * judged before. */
bool ipsec_ike_judge(ipsec_ike *ike, const ipsec_view *view, const ipsec_ike_contents *contents,
                     ipsec_ike_report *report);

/** See ipsec_explain_ike(). */
void ipsec_ike_explain(const ipsec_ike *ike, const ipsec_view *view, ipsec_ike_report *report);

/** Sets *progress to that of an IKE SA which packets other than IKE messages have changed. Each change is returned
 * once. False if there is none left. */
bool ipsec_ike_take_news(ipsec_ike *ike, ipsec_ike_progress *progress);

/**
 * Takes note of an ICMP error about a message.
 *
 * @param quoted addresses and frame of the quoted message
 * @param message from its header, the initiator's SPI and the version
 * @param error the finding on the error
 * @param frame frame of the error
 */
void ipsec_ike_meet_error(ipsec_ike *ike, const ipsec_view *quoted, const ipsec_ike_message *message,
                          ipsec_finding_id error, uint32_t frame);

/** Takes note of the first packet of a new ESP or AH SA: if more SAs carry traffic than are known to have been created,
 * what looked like a refusal was none. */
void ipsec_ike_meet_spi(ipsec_ike *ike, const ipsec_view *view);

#endif
