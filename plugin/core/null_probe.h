/** @file
 * Recognising ESP with NULL encryption without a key: the heuristics of RFC 5879, per SA and confirmed over packets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_NULL_PROBE_H
#define IPSEC_CORE_NULL_PROBE_H

#include "view.h"

#include <stdbool.h>
#include <stdint.h>

/** The shapes of ESP-NULL that are tried: octets of IV in front of and of ICV behind the payload and trailer. */
typedef struct ipsec_null_shape {
    uint8_t iv;
    uint8_t icv;
} ipsec_null_shape;

/** Number of shapes: ICVs of 0, 8, 12, 16, 24 and 32 octets, and AES-GMAC (IV of 8, ICV of 16). */
#define IPSEC_NULL_SHAPES 7

/** Shape `index`, below IPSEC_NULL_SHAPES. Static storage. */
const ipsec_null_shape *ipsec_null_shape_row(unsigned index);

/** Packets that prove nothing before the search is given up. */
#define IPSEC_NULL_TRIED_MOST 16

/** What an SA remembers. All zero at first. */
typedef struct ipsec_null_probe {
    uint8_t shape;     /**< index of the shape that is believed or being tested, plus 1; 0: none yet */
    uint8_t agreed;    /**< packets that proved it; no more are counted than are needed to believe it */
    uint8_t objected;  /**< packets in a row whose trailer it did not fit */
    uint8_t tried;     /**< packets that proved no shape while there was none, since one was last believed */
    uint32_t sequence; /**< sequence number of the last packet that was counted in `agreed` */
} ipsec_null_probe;

/**
 * Learns from the next packet of an SA without key.
 *
 * A packet proves a shape, and only one, by a checksum or by lengths that fit exactly. A shape is believed when two
 * packets with different sequence numbers prove it, so that ciphertext passes for NULL in less than one SA of 2^40. A
 * packet whose trailer does not fit the shape objects; four in a row, or the proof of another shape, and the search
 * begins anew. It is given up after IPSEC_NULL_TRIED_MOST packets that prove nothing.
 *
 * @param view  a whole packet of ESP of at least 20 octets, native or in UDP
 * @return whether the shape is believed for this packet: it was before the packet came and is not given up with it, or
 *         the packet itself is the one that settles it
 */
bool ipsec_null_probe_learn(ipsec_null_probe *probe, const ipsec_view *view);

/** Whether the search goes on, or a shape is believed: otherwise ipsec_null_probe_learn() need not be called. */
static inline bool ipsec_null_probe_is_open(const ipsec_null_probe *probe)
{
    return probe->shape != 0 || probe->tried < IPSEC_NULL_TRIED_MOST;
}

#endif
