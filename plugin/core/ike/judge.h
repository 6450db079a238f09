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

/** What a message has to say. */
typedef struct ipsec_ike_record {
    uint32_t frame, offset; /**< those of its view, with `buffer`, tell it from any other */
    uint16_t buffer;
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
    GArray *records;       /**< of ipsec_ike_record, ascending by frame */
    ipsec_ike_record last; /**< of the message that was judged last */
} ipsec_ike;

/** Nothing so far; free it with ipsec_ike_free(). `duplicate_time` is that of ipsec_config. */
ipsec_ike *ipsec_ike_new(uint64_t duplicate_time);

/** NULL is fine. */
void ipsec_ike_free(ipsec_ike *ike);

/** See ipsec_judge_ike(). Sets *step to what became of the message; its place is IPSEC_IKE_ALONE for what is none. */
void ipsec_ike_judge(ipsec_ike *ike, const ipsec_view *view, const ipsec_ike_contents *contents, ipsec_ike_step *step,
                     ipsec_ike_report *report);

/** See ipsec_explain_ike(). */
void ipsec_ike_explain(const ipsec_ike *ike, const ipsec_view *view, ipsec_ike_report *report);

/** Takes note of the first packet of an SA of ESP or AH: if more SAs carry traffic than are known to have been created,
 * what looked like a refusal was not one. */
void ipsec_ike_meet_spi(ipsec_ike *ike, const ipsec_view *view);

#endif
