/** @file
 * The state changes by a packet that its receiver accepts. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_USUAL_H
#define IPSEC_CORE_USUAL_H

#include "db.h"
#include "sa/iv_judge.h"

/** Judges the IV of a packet that counts as a new one; see ipsec_iv_judge(). */
static inline void ipsec_judge_iv(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, const ipsec_key_row *spec,
                                  const ipsec_ruling *ruling, bool whole, uint32_t icv, ipsec_note *note)
{
    if (ipsec_iv_is_of_use(view, sa, spec))
        ipsec_iv_judge(db->sas->ivs, view, sa, spec, ruling, whole, icv, note);
}

/**
 * Enters a packet with the usual next number: moves the window, uses up lifetime, and follows the sender. To be
 * followed by ipsec_judge_iv(). Shared by the quick path and the long way.
 *
 * @param sequence sequence number of the header
 * @param unknown   the receiver has no such SA
 * @param payload   octets that count towards the lifetime
 */
static IPSEC_INLINE void ipsec_take_next(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, uint32_t sequence,
                                         bool unknown, uint32_t payload, ipsec_note *note)
{
    ipsec_sequence_step(&db->sequencer, sa, note);
    ipsec_life_spend(sa, payload);
    if (!unknown)
        ipsec_life_follow(db->sas, view, sa, sequence, note);
}

#endif
