/** @file
 * Recognising ESP with NULL encryption without a key: the heuristics of RFC 5879, per SA and by the share of its
 * packets. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_NULL_PROBE_H
#define IPSEC_CORE_NULL_PROBE_H

#include "packet/view.h"

#include <stdbool.h>
#include <stdint.h>

/** A shape of ESP-NULL that is tried: octets of IV in front of the payload, and of ICV after the trailer. */
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
    int8_t balance; /**< packets that confirm it, minus OBJECTION for each that objects; bounded both ways */
    uint8_t lost;   /**< shapes that were given up; stops when more make no difference */
    uint8_t looks;  /**< packets that were looked at and left no shape to test, those that objected twice; stops when
                       the pauses have their full length */
    uint16_t rest;  /**< further packets that need not be looked at; 0 while there is a shape. Of a steady SA, counted
                       from the last packet that was entered, see steady.h */
    uint16_t sequence; /**< low half of the number of the last packet that proved `shape` while it was not believed */
} ipsec_null_probe;

/** The shape that is believed, plus 1; 0 if none is. */
uint8_t ipsec_null_probe_shape(const ipsec_null_probe *probe);

/** Whether a whole packet has sound padding if it has that shape (below IPSEC_NULL_SHAPES). */
bool ipsec_null_shape_fits(unsigned shape, const ipsec_view *view);

/** Whether the probe pauses, so that the packet need not be given to ipsec_null_probe_learn(); counts it if so. */
static inline bool ipsec_null_probe_rests(ipsec_null_probe *probe)
{
    if (probe->rest == 0)
        return false;
    probe->rest--;
    return true;
}

/** Begins a long pause, because the SA cannot be ESP-NULL. */
static inline void ipsec_null_probe_rest(ipsec_null_probe *probe)
{
    probe->rest = UINT16_MAX;
}

/**
 * Learns from the next packet of an SA without key.
 *
 * A packet proves a shape, and only one, by a checksum or by lengths that fit exactly. Anybody can send such packets,
 * so the share decides: a packet whose trailer does not fit, as with nearly all ciphertext, outweighs ten that do. A
 * shape is believed after two proofs if nothing objected before, after twelve if all that came before objected, and
 * after more if other packets proved something in between. While there is none, every packet is looked at in the
 * beginning, and then one or two at each doubling.
 *
 * @param view a whole ESP packet of at least 20 octets, native or in UDP
 * @return whether the shape is believed, this packet included: true for the proof that settles it, false for an
 *         objection that ends it
 */
bool ipsec_null_probe_learn(ipsec_null_probe *probe, const ipsec_view *view);

#endif
