/** @file
 * Fragments without a first one, because that was sent as if it were a whole packet. Internal to the core.
 *
 * A device that cuts a packet and does not set More Fragments in the first piece (RFC 791 3.2, RFC 8200 4.5) makes two
 * packets of it that nobody puts together: one that looks whole and fails its ICV, and an orphan. They have the same
 * addresses, protocol and identification, and the orphan begins where the other ends. Anybody can make such an orphan:
 * it explains a fault, but does not take one back.
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

/** What is known of fragments; bounded. For the calls below. */
typedef struct ipsec_fragments {
    uint32_t waiting; /**< orphans whose first one is still to come */
    uint64_t seed;
    ipsec_limits *limits;
    struct ipsec_fragmented *slots; /**< NULL until a fragment came */
    struct _GHashTable *pairs;      /**< of frames; NULL until two were found */
} ipsec_fragments;

/** None so far; free it with ipsec_fragments_free(). */
ipsec_fragments *ipsec_fragments_new(ipsec_limits *limits);

/** NULL is fine. */
void ipsec_fragments_free(ipsec_fragments *fragments);

/** Takes note of a fragment, and finds its first one among the packets that came last. */
void ipsec_fragments_meet(ipsec_fragments *fragments, const ipsec_recents *recents, const ipsec_fragment *fragment);

/** Takes note of a packet that looks whole. To be called if one waits. */
void ipsec_fragments_meet_first(ipsec_fragments *fragments, const ipsec_view *view);

/** The frame with the rest of a packet that looks whole; 0: there is none, as far as is known by now. */
uint32_t ipsec_fragments_rest_of(const ipsec_fragments *fragments, const ipsec_view *view);

/** The frame with the first part of an orphan; 0: it is not an orphan, or its first part did not come. */
uint32_t ipsec_fragments_first_of(const ipsec_fragments *fragments, uint32_t frame);

/** The faults of a packet that lacks its end, which need no other explanation then. */
extern const ipsec_finding_set ipsec_findings_of_cut_packets;

#endif
