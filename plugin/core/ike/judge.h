/** @file
 * IKE messages, judged and explained. Internal to the core.
 *
 * What a message has to say is kept in a record, unless that is nothing; explaining reads it again. Records are
 * numbered from 1 in the order of the messages, and may be marked later on: by the answer to a request, or as
 * withdrawn.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_JUDGE_H
#define IPSEC_CORE_IKE_JUDGE_H

#include "ike/exchange.h"
#include "ike/report.h"

#include <glib.h>

/** What tells a message from any other: see ipsec_view. */
typedef struct ipsec_ike_record_name {
    uint32_t frame, offset;
    uint16_t buffer;
} ipsec_ike_record_name;

/** What a message has to say. */
typedef struct ipsec_ike_record {
    ipsec_ike_record_name name;
    uint32_t ike_sa; /**< its number, or IPSEC_IKE_UNLISTED */
    uint8_t count;
    bool is_withdrawn;          /**< its refusal turned out to be none: findings that may go are gone */
    uint32_t request, response; /**< see ipsec_ike_report */
    uint32_t before;            /**< with a request: the record before it of the same one; 0: none */
    uint32_t refusal_before;    /**< with a refusal: the record of the one before it of the same IKE SA; 0: none */
    uint32_t refusal_of_pair;   /**< likewise between the same hosts */
    ipsec_ike_said said[IPSEC_IKE_FINDINGS_MOST];
} ipsec_ike_record;

/** All that is known of IKE in a capture. */
typedef struct ipsec_ike {
    ipsec_ike_table *table;
    GArray *records; /**< of ipsec_ike_record, ascending by frame */
    GArray *judged;  /**< of ipsec_ike_record_name: the messages of the last frame */
    GArray *news;    /**< of uint32_t: numbers of IKE SAs, see ipsec_ike_take_news() */
} ipsec_ike;

/** Nothing so far; free it with ipsec_ike_free(). `duplicate_time` is that of ipsec_config. */
ipsec_ike *ipsec_ike_new(uint64_t duplicate_time, ipsec_limits *limits);

/** NULL is fine. */
void ipsec_ike_free(ipsec_ike *ike);

/** See ipsec_judge_ike(). Returns whether there is something to learn from it: false for what is no message, or is
 * offered once more. */
bool ipsec_ike_judge(ipsec_ike *ike, const ipsec_view *view, const ipsec_ike_contents *contents,
                     ipsec_ike_report *report);

/** See ipsec_explain_ike(). */
void ipsec_ike_explain(const ipsec_ike *ike, const ipsec_view *view, ipsec_ike_report *report);

/** Sets *progress to that of an IKE SA that other packets than its messages have changed, each once. False if there is
 * none left. */
bool ipsec_ike_take_news(ipsec_ike *ike, ipsec_ike_progress *progress);

/**
 * Takes note of an ICMP error about a message.
 *
 * @param quoted   its addresses, and its frame
 * @param message  of its header, the SPI of the initiator and the version
 * @param error    what is found about the error
 * @param frame    that of the error
 */
void ipsec_ike_meet_error(ipsec_ike *ike, const ipsec_view *quoted, const ipsec_ike_message *message,
                          ipsec_finding_id error, uint32_t frame);

/** Takes note of the first packet of a new SA of ESP or AH: where more SAs carry traffic than are known to have been
 * made, what looked like a refusal was none. */
void ipsec_ike_meet_spi(ipsec_ike *ike, const ipsec_view *view);

#endif
