/** @file
 * Capture points: a capture that was merged from both ends, or taken at two interfaces, has every packet of an SA once
 * more. Internal to the core.
 *
 * Points are told apart by interface if there are several, else by the addresses of the link, else, without a link, by
 * TTL. A place is a point if most sequence numbers of the SA come there: somebody who replays a few packets from
 * elsewhere does not make one, nor does one of several links that share a flow. A packet that is new at its point is
 * not a replay; one that comes there again is.
 *
 * Nothing of this is kept of an SA whose packets all come from one place.
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

/** The SA's numbers start over, and those at each place with them. NULL is fine. */
void ipsec_points_renew(ipsec_points *points);

/** Pairs of places that are points of some SA: they are those of the next ones, too. */
#define IPSEC_POINT_PAIRS 8u

/** Two of them, each as ipsec_view.place; without the link if the interface tells them apart. */
typedef struct ipsec_point_pair {
    uint32_t one, other;
} ipsec_point_pair;

/** Those that were recognised last; all zero: none. */
typedef struct ipsec_point_pairs {
    ipsec_point_pair pairs[IPSEC_POINT_PAIRS];
    unsigned count, next; /**< pairs that are there; where the next one goes */
} ipsec_point_pairs;

/** A packet whose number is not just the next one of its SA. */
typedef struct ipsec_point_arrival {
    const ipsec_recent *packet;
    const ipsec_recent *earlier;  /**< the same packet, genuine, as it came before; NULL: none is remembered */
    const ipsec_recent *unproven; /**< the same packet, as it came before without being verified; NULL likewise */
    uint64_t number;
    bool is_new;     /**< the number did not come before, as far as the SA's window tells */
    bool is_genuine; /**< it may move state; else it was not verified although others of the SA are */
} ipsec_point_arrival;

/** Takes the packet in, at the place where it was captured. Returns whether it is one that another point had first. */
bool ipsec_points_meet(ipsec_point_pairs *told, const ipsec_config *config, ipsec_sa_numbers *numbers,
                       const ipsec_point_arrival *arrival);

#endif
