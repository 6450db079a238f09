/** @file
 * Sums over the packets of an SA: one row of statistics, made from reports alone. So it is the same whether the headers
 * were judged or explained, and works for any subset of them.
 *
 * Rows of one SA, from parts of a capture that was split by time, can be merged: sums and counts by adding, first and
 * smallest values by the minimum, last and largest values by the maximum.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_TALLY_H
#define IPSEC_CORE_TALLY_H

#include "base/config.h"
#include "report/report.h"

#include <stdbool.h>
#include <stdint.h>

/** What is known about a packet besides its report. */
typedef struct ipsec_tally_packet {
    uint32_t frame;  /**< as the caller numbers them */
    uint32_t octets; /**< ipsec_view_octets() */
    int64_t time;    /**< time of capture, in nanoseconds since any fixed moment */
} ipsec_tally_packet;

/** How many packets of some kind there are, and how large they are. */
typedef struct ipsec_tally_sizes {
    uint32_t count;
    uint32_t smallest; /**< octets from the ESP or AH header on; likewise `largest`. Valid if count is not 0 */
    uint32_t largest;
} ipsec_tally_sizes;

/** How many packets came late, and how late. A packet is late if its number is below the highest and nothing says that
 * it was seen before or that the counter restarted. */
typedef struct ipsec_tally_late {
    /** The largest distance of a late number from the highest: a window of by + 1 would have been enough. */
    uint64_t by;
    uint32_t count;
} ipsec_tally_late;

/** One row; all zero before the first packet. A packet counts as genuine if it has not failed its ICV, and is not one
 * that could not be verified although others of the SA have been. */
typedef struct ipsec_tally {
    uint64_t octets;    /**< ipsec_view_octets() of all packets */
    int64_t first_time; /**< the earliest; likewise the latest */
    int64_t last_time;
    uint64_t highest;          /**< the highest number that is confirmed, if has_highest */
    ipsec_tally_late late;     /**< of genuine packets */
    ipsec_tally_late settled;  /**< `late` as it was when a number last advanced: what has come since may turn out to be
                                  a restarted counter */
    ipsec_tally_sizes packets; /**< all */
    ipsec_tally_sizes icv_good, icv_bad;
    uint32_t verdicts[IPSEC_VERDICT_DROP + 1];
    uint32_t first_frame, last_frame; /**< in the order in which they were added */
    uint32_t duplicates;              /**< packets whose sequence number had already been accepted */
    uint32_t captured_twice;          /**< packets that only the capture contains twice */
    uint32_t restarts;                /**< how often the counter restarted */
    uint32_t spi;                     /**< of the first packet; likewise `protocol` and `encapsulation` */
    uint32_t key_line;                /**< of the key row that was used last, if has_key; likewise the next two */
    uint32_t row_window;              /**< the window that the key row states, or IPSEC_REPLAY_WINDOW_UNKNOWN */
    uint8_t key_origin;
    uint8_t protocol;
    uint8_t encapsulation;
    bool has_highest;
    bool has_key;
    bool by_heuristic; /**< it was opened as ESP-NULL, without a key row */
    uint8_t esn;       /**< ipsec_esn_mode: the one with which a packet verified, or else that of the key row */
} ipsec_tally;

/** Adds a packet of the SA. Never allocates. */
void ipsec_tally_add(ipsec_tally *tally, const ipsec_report *report, const ipsec_tally_packet *packet);

/** The size in packets of the receiver's window for the SA; 0: no anti-replay. */
uint32_t ipsec_tally_window(const ipsec_tally *tally, const ipsec_config *config);

/** The smallest window that would have accepted all late packets; 0 if there were none. */
uint64_t ipsec_tally_window_needed(const ipsec_tally *tally);

#endif
