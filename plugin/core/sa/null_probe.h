/** @file
 * Recognising ESP with NULL encryption without a key: the heuristics of RFC 5879, per SA and by the share of packets.
 * Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_NULL_PROBE_H
#define IPSEC_CORE_NULL_PROBE_H

#include "packet/view.h"

#include <stdbool.h>
#include <stdint.h>

/** The shapes of ESP-NULL that are tried: octets of IV in front of and of ICV after the payload and trailer. */
typedef struct ipsec_null_shape {
    uint8_t iv;
    uint8_t icv;
} ipsec_null_shape;

/** Number of shapes: ICVs of 0, 8, 12, 16, 24 and 32 octets, and AES-GMAC (IV of 8, ICV of 16). */
#define IPSEC_NULL_SHAPES 7

/** Shape `index`, below IPSEC_NULL_SHAPES. Static storage. */
const ipsec_null_shape *ipsec_null_shape_row(unsigned index);

/** What an SA remembers. All zero at first. */
typedef struct ipsec_null_probe {
    uint8_t shape;  /**< index of the shape that is believed or being tested, plus 1; 0: none */
    int8_t balance; /**< packets that confirm it, less what those that object take away; bounded both ways */
    uint8_t lost;   /**< shapes that were given up; stops where more make no difference */
    uint8_t looks;  /**< packets looked at that left no shape to test; stops when the pauses have their full length */
    uint16_t rest;  /**< further packets that may pass by; 0 while there is a shape */
    uint16_t sequence; /**< low half of the number of the last packet that proved `shape` while it was not believed */
} ipsec_null_probe;

/** The shape that is believed, plus 1; 0 if none is. */
uint8_t ipsec_null_probe_shape(const ipsec_null_probe *probe);

/** Whether the padding of a whole packet is what a shape, below IPSEC_NULL_SHAPES, makes of it. */
bool ipsec_null_shape_fits(unsigned shape, const ipsec_view *view);

/** Lets a packet pass by, if any may: it need not be given to ipsec_null_probe_learn() then. */
static inline bool ipsec_null_probe_rests(ipsec_null_probe *probe)
{
    if (probe->rest == 0)
        return false;
    probe->rest--;
    return true;
}

/** Packets that pass by where the SA can be no ESP-NULL. */
static inline void ipsec_null_probe_rest(ipsec_null_probe *probe)
{
    probe->rest = UINT16_MAX;
}

/**
 * Learns from the next packet of an SA without key.
 *
 * A packet proves a shape, and only one, by a checksum or by lengths that fit exactly. Anybody can send such packets,
 * so the share decides: a packet whose trailer does not fit, as that of nearly all ciphertext, outweighs ten that do. A
 * shape is believed from two proofs on if nothing objected before, from twelve on where all that came before objected,
 * and from more on where other packets proved something in between. While there is none, every packet is looked at in
 * the beginning, and then two at each doubling.
 *
 * @param view  a whole packet of ESP of at least 20 octets, native or in UDP
 * @return whether the shape is believed, this packet counted: so the proof that settles it is spoken of, and an
 *         objection that ends it is not
 */
bool ipsec_null_probe_learn(ipsec_null_probe *probe, const ipsec_view *view);

#endif
