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

/** What was reported, by SA. */
typedef struct ipsec_mtus {
    uint8_t *bits;   /**< a bit for each SA, by index, for which something was */
    uint32_t count;  /**< of these bits; 0 until the first report */
    GHashTable *sas; /**< the reports, by index of the SA; NULL likewise */
} ipsec_mtus;

/** A packet above the MTU of its SA, and those before it. */
typedef struct ipsec_above {
    uint32_t frame;   /**< of the packet */
    uint32_t mtu;     /**< that it is above */
    uint32_t largest; /**< octets of the largest so far, itself included */
    uint32_t count;   /**< how many so far, likewise */
} ipsec_above;

/** Frees what is in it. */
void ipsec_mtus_clear(ipsec_mtus *mtus);

/** Whether something was reported for the SA. */
static inline bool ipsec_mtus_have(const ipsec_mtus *mtus, uint32_t sa)
{
    return sa < mtus->count && mtus->bits[sa / 8] >> sa % 8 & 1;
}

/** Takes a report in.
 *
 * @param time  ipsec_view.time */
void ipsec_mtus_report(ipsec_mtus *mtus, uint32_t sa, uint32_t mtu, uint32_t frame, uint64_t time);

/** The lowest that was reported for the SA up to that frame; 0: none was. */
uint32_t ipsec_mtus_lowest(const ipsec_mtus *mtus, uint32_t sa, uint32_t frame);

/**
 * Whether a packet of the SA, which must have a report, is above the lowest MTU in force: reported at least a second
 * ago, because packets already on their way are no fault, and within 600 seconds, because Linux tries again then. If
 * so, it is remembered for ipsec_mtus_above().
 *
 * @param length  octets of the packet, IP header included
 */
bool ipsec_mtus_meet(ipsec_mtus *mtus, uint32_t sa, uint32_t length, uint32_t frame, uint64_t time);

/** What was remembered of the packet of the SA in that frame; NULL: nothing. */
const ipsec_above *ipsec_mtus_above(const ipsec_mtus *mtus, uint32_t sa, uint32_t frame);

#endif
