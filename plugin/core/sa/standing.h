/** @file
 * What a ruling says about a packet and its header. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_STANDING_H
#define IPSEC_CORE_STANDING_H

#include "packet/kind.h"
#include "sa/ruling.h"

#include <glib.h>

G_STATIC_ASSERT(IPSEC_HEADER_KINDS <= 4); /* ipsec_ruling.kind */

/** Whether a packet may move the state of its SA. */
static inline bool ipsec_is_genuine(const ipsec_ruling *ruling)
{
    return ruling->standing <= IPSEC_VERIFIED;
}

/** The sequence number with its high half, if followed. */
static inline uint64_t ipsec_ruling_number(const ipsec_ruling *ruling)
{
    return (uint64_t)ruling->high << 32 | ruling->sequence;
}

#endif
