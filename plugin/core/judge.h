/** @file
 * The end of the long way, for who took another one up to there. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_JUDGE_H
#define IPSEC_CORE_JUDGE_H

#include "db.h"

/**
 * Reports on a sound packet with the usual next number of an SA without a key, and keeps its record, once it was taken.
 *
 * @param note  what taking it has found
 */
void ipsec_judge_taken(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_ruling *ruling, ipsec_note *note,
                       ipsec_record *record, ipsec_report *report);

/** Judges a sound packet of an SA without a key, which has just been recognised as ESP-NULL, from there on. */
void ipsec_judge_probed(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record, ipsec_report *report);

#endif
