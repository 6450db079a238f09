/** @file
 * Capture points: a capture that was merged from both ends, or taken at two interfaces, contains every packet of an SA
 * more than once. Internal to the core.
 *
 * Points are distinguished by interface if there are several, else by the addresses of the link, else, without a link,
 * by TTL. A place is a point if most sequence numbers of the SA come there: a few packets that are replayed from
 * elsewhere do not make one, nor does one of several links that share a flow. A packet that is new at its point is not
 * a replay; one that comes there again is.
 *
 * Nothing of this is kept for an SA whose packets were all captured at one place.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_POINTS_H
#define IPSEC_CORE_POINTS_H

#include "base/config.h"
#include "sa/recent.h"
#include "sa/sa.h"

#include <stdbool.h>
#include <stdint.h>

/** Frees them; NULL is fine. */
void ipsec_points_free(ipsec_points *points);

/** The SA's numbers start over, and with them those at each place. NULL is fine. */
void ipsec_points_renew(ipsec_points *points);

/** How many pairs of places are kept that are known to be points from earlier SAs; they are taken for points of later
 * SAs, too. */
#define IPSEC_POINT_PAIRS 8u

/** Two points, each as ipsec_view.place; without the link if the interface distinguishes them. */
typedef struct ipsec_point_pair {
    uint32_t one, other;
} ipsec_point_pair;

/** The pairs that were recognised last; all zero: none. */
typedef struct ipsec_point_pairs {
    ipsec_point_pair pairs[IPSEC_POINT_PAIRS];
    unsigned count, next; /**< number of pairs; where the next one goes */
} ipsec_point_pairs;

/** A packet whose number is not just the next one of its SA. */
typedef struct ipsec_point_arrival {
    const ipsec_recent *packet;
    const ipsec_recent *earlier;  /**< the same packet as it came before, genuine; NULL: none is remembered */
    const ipsec_recent *unproven; /**< the same packet as it came before, not verified; NULL likewise */
    uint64_t number;
    bool is_new;     /**< the number did not come before, according to the SA's window */
    bool is_genuine; /**< it may move state; otherwise it was not verified although others of the SA are */
} ipsec_point_arrival;

/** Enters the packet at the place where it was captured. Returns whether another capture point had it first. */
bool ipsec_points_meet(ipsec_point_pairs *told, const ipsec_config *config, ipsec_sa_numbers *numbers,
                       const ipsec_point_arrival *arrival);

#endif
