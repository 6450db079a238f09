/** @file
 * Oddities: what some receiver objects to in a packet although no finding covers it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ODDITY_H
#define IPSEC_CORE_ODDITY_H

#include <glib.h>
#include <stdint.h>

/** Their numbers, dense, from 0. */
enum {
#define ODDITY(symbol, finding) IPSEC_ODDITY_INDEX_##symbol,
#include "base/oddity.def"
#undef ODDITY
    IPSEC_ODDITY_COUNT
};

/** A set of them. */
typedef uint32_t ipsec_oddities;

G_STATIC_ASSERT(IPSEC_ODDITY_COUNT < 8 * sizeof(ipsec_oddities));

/** Sets of one oddity each. */
enum {
#define ODDITY(symbol, finding) IPSEC_ODDITY_##symbol = 1 << IPSEC_ODDITY_INDEX_##symbol,
#include "base/oddity.def"
#undef ODDITY
};

#endif
