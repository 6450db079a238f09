/** @file
 * The long way, and its last part for packets that began on the quick path. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_JUDGE_H
#define IPSEC_CORE_JUDGE_H

#include "db.h"

/** What ipsec_judge() does. Returns the SA of the packet; NULL if it has none. */
ipsec_sa *ipsec_judge_long(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report);

/**
 * Reports on a sound packet with the usual next number of an SA without a key, after it has been entered, and keeps its
 * record.
 *
 * @param note the findings from entering it
 */
void ipsec_judge_taken(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_ruling *ruling, ipsec_note *note,
                       ipsec_record *record, ipsec_report *report);

/** Judges the rest of a sound packet of an SA without a key that has just been recognised as ESP-NULL. */
void ipsec_judge_probed(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record, ipsec_report *report);

#endif
