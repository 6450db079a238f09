/** @file
 * The life of SAs: which belongs to which, which follows which, and when one ends. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_LIFE_H
#define IPSEC_CORE_LIFE_H

#include "note.h"
#include "sa.h"

/** Follows an SA with its next packet: who else sends between these peers, and from where. Adds marks to the note. */
void ipsec_life_follow(ipsec_sa_table *table, const ipsec_view *view, ipsec_sa *sa, uint32_t sequence,
                       ipsec_note *note);

/**
 * Counts a packet that the receiver has accepted towards the SA's lifetime (RFC 4301 4.4.2.1).
 *
 * @param octets  of payload
 */
void ipsec_life_spend(ipsec_sa *sa, uint32_t octets);

/** Whether the SA has reached a hard limit of its key row: the packet is refused. Marks the first one. */
bool ipsec_life_is_over(ipsec_sa *sa, uint64_t hard_packets, uint64_t hard_bytes, ipsec_note *note);

#endif
