/** @file
 * What a record says of a packet and its header. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_STANDING_H
#define IPSEC_CORE_STANDING_H

#include "packet/kind.h"
#include "sa/record.h"

#include <glib.h>

G_STATIC_ASSERT(IPSEC_HEADER_KINDS <= 4); /* ipsec_record.kind */

/** Whether a packet may move the state of its SA. */
static inline bool ipsec_is_genuine(const ipsec_record *record)
{
    return record->standing <= IPSEC_VERIFIED;
}

/** The sequence number with its high half, if followed. */
static inline uint64_t ipsec_record_number(const ipsec_record *record)
{
    return (uint64_t)record->high << 32 | record->sequence;
}

#endif
