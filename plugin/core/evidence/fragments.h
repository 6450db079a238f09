/** @file
 * Fragments without a first one, because the first one was sent as if it were a whole packet. Internal to the core.
 *
 * A device that fragments a packet without setting More Fragments in the first piece (RFC 791 3.2, RFC 8200 4.5) turns
 * it into two packets that nobody reassembles: one that looks whole and fails its ICV, and an orphan. They have the
 * same addresses, protocol and identification, and the orphan begins where the other one ends. Anybody can make such an
 * orphan: it explains a fault, but does not remove one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_FRAGMENTS_H
#define IPSEC_CORE_FRAGMENTS_H

#include "base/finding_set.h"
#include "base/limits.h"
#include "packet/fragment.h"
#include "packet/view.h"
#include "sa/recent.h"

#include <stdbool.h>
#include <stdint.h>

/** What is known of fragments; bounded. Only the functions below change it. */
typedef struct ipsec_fragments {
    uint32_t waiting; /**< orphans whose first fragment has not come yet */
    uint64_t seed;
    ipsec_limits *limits;
    struct ipsec_fragmented *slots; /**< NULL until a fragment came */
    struct _GHashTable *pairs;      /**< by frame, what belongs to it; NULL until something was found */
} ipsec_fragments;

/** Creates an empty table; free it with ipsec_fragments_free(). */
ipsec_fragments *ipsec_fragments_new(ipsec_limits *limits);

/** NULL is fine. */
void ipsec_fragments_free(ipsec_fragments *fragments);

/** Takes note of a fragment, and looks for its first one among the most recent packets. */
void ipsec_fragments_meet(ipsec_fragments *fragments, const ipsec_recents *recents, const ipsec_fragment *fragment);

/** Takes note of a packet that looks whole. To be called if `waiting` is not 0. */
void ipsec_fragments_meet_first(ipsec_fragments *fragments, const ipsec_view *view);

/** The frame with the rest of a packet that looks whole; 0: none is known so far. */
uint32_t ipsec_fragments_rest_of(const ipsec_fragments *fragments, const ipsec_view *view);

/** The frame with the first part of an orphan; 0: it is not an orphan, or its first part has not come. */
uint32_t ipsec_fragments_first_of(const ipsec_fragments *fragments, uint32_t frame);

/** The faults that a packet has if its end is missing; they then need no other explanation. */
extern const ipsec_finding_set ipsec_findings_of_cut_packets;

#endif
