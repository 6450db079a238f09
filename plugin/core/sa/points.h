/** @file
 * Capture points: a capture that was merged from both ends, or taken at two interfaces, has every packet of an SA once
 * more. Internal to the core.
 *
 * Points are told by interface where there are several, else by the addresses of the link, else, where there is no
 * link, by TTL. A place is a point if most numbers of the SA come there: whoever replays a handful of packets from
 * somewhere else is none, nor is one link of several that share a flow. What is at a point for the first time is no
 * replay; what comes there again is.
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

/** The SA's numbers begin anew: those at each place will, too. NULL is fine. */
void ipsec_points_renew(ipsec_points *points);

/** Pairs of places that are points of some SA: they are those of the next ones, too. */
#define IPSEC_POINT_PAIRS 8u

/** Two of them, each as ipsec_view.place; without the link if the interface tells them apart. */
typedef struct ipsec_point_pair {
    uint32_t one, other;
} ipsec_point_pair;

/** Those that were told last; all zero: none. */
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
    bool is_genuine; /**< it may move something; else it was not verified where others are */
} ipsec_point_arrival;

/** Takes the packet in, at the place where it was captured. Returns whether it is one that another point had first. */
bool ipsec_points_meet(ipsec_point_pairs *told, const ipsec_config *config, ipsec_sa_numbers *numbers,
                       const ipsec_point_arrival *arrival);

#endif
