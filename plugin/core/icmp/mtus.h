/** @file
 * The path MTUs that were reported for SAs, and the packets above them. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_MTUS_H
#define IPSEC_CORE_MTUS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/** The reported MTUs, by SA. */
typedef struct ipsec_mtus {
    uint8_t *bits;   /**< a bit per SA, by index: set if there was a report for it */
    uint32_t count;  /**< number of these bits; 0 until the first report */
    GHashTable *sas; /**< the reports, by index of the SA; NULL likewise */
} ipsec_mtus;

/** A packet that exceeds the MTU of its SA, and the totals so far. */
typedef struct ipsec_above {
    uint32_t frame;   /**< of the packet */
    uint32_t mtu;     /**< the MTU that it exceeds */
    uint32_t largest; /**< octets of the largest such packet so far, including this one */
    uint32_t count;   /**< number of such packets so far, likewise */
} ipsec_above;

/** Frees the members. */
void ipsec_mtus_clear(ipsec_mtus *mtus);

/** Whether an MTU was reported for the SA. */
static inline bool ipsec_mtus_have(const ipsec_mtus *mtus, uint32_t sa)
{
    return sa < mtus->count && mtus->bits[sa / 8] >> sa % 8 & 1;
}

/** Enters a report.
 *
 * @param time  ipsec_view.time */
void ipsec_mtus_report(ipsec_mtus *mtus, uint32_t sa, uint32_t mtu, uint32_t frame, uint64_t time);

/** The lowest MTU that was reported for the SA up to that frame; 0: none was. */
uint32_t ipsec_mtus_lowest(const ipsec_mtus *mtus, uint32_t sa, uint32_t frame);

/**
 * Whether a packet of the SA, which must have a report, exceeds the lowest MTU in force: one that was reported at least
 * a second ago, because packets already on their way are not at fault, and last within 600 seconds, because Linux then
 * tries again. If so, the packet is remembered for ipsec_mtus_above().
 *
 * @param length  octets of the packet, IP header included
 */
bool ipsec_mtus_meet(ipsec_mtus *mtus, uint32_t sa, uint32_t length, uint32_t frame, uint64_t time);

/** What was remembered of the SA's packet in that frame; NULL if nothing was. */
const ipsec_above *ipsec_mtus_above(const ipsec_mtus *mtus, uint32_t sa, uint32_t frame);

#endif
