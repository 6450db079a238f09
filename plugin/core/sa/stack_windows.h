/** @file
 * Each stack's anti-replay window on an SA, and what it makes of a number. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_STACK_WINDOWS_H
#define IPSEC_CORE_STACK_WINDOWS_H

#include "base/config.h"
#include "base/stack.h"
#include "sa/note.h"
#include "sa/ruling.h"
#include "sa/sa.h"

#include <stdbool.h>
#include <stdint.h>

/** The SA's window as the user or its row states it, in packets; IPSEC_REPLAY_WINDOW_UNKNOWN if neither does.
 */
uint32_t ipsec_sa_known_window(const ipsec_config *config, const ipsec_sa *sa);

/** The window of the SA at a stack, in packets: at most IPSEC_WINDOW_MOST; 0: no anti-replay. */
uint32_t ipsec_sa_window_at(const ipsec_config *config, const ipsec_sa *sa, ipsec_stack stack);

/** The largest of the SA's windows, at least 1. */
uint32_t ipsec_sa_largest_window(const ipsec_config *config, const ipsec_sa *sa);

/** How far a number may advance if a single packet is the evidence: packets that continue from before must not become
 * old in any of the windows. */
uint32_t ipsec_sa_reach(const ipsec_config *config, const ipsec_sa *sa);

/** Whether the SA is known to use Extended Sequence Numbers. */
static inline bool ipsec_sa_has_esn(const ipsec_sa *sa, const ipsec_ruling *ruling)
{
    return ruling->esn || sa->numbers.esn == IPSEC_ESN_YES;
}

/** Notes which stacks take the number for seen, for old, or for one with another high half.
 */
void ipsec_sa_note_stacks(const ipsec_config *config, const ipsec_sa *sa, const ipsec_ruling *ruling, ipsec_note *note);

/** Whether a stack's window on the SA refuses the number of a packet that cannot be verified. */
bool ipsec_sa_has_seen(const ipsec_config *config, const ipsec_sa *sa, uint32_t sequence, ipsec_stack stack);

/** Notes which stacks take a number that is far ahead for one before the first. Only useful if an ICV has verified,
 * because otherwise anybody may have set the highest number. */
void ipsec_sa_note_before_first(const ipsec_config *config, const ipsec_sa *sa, const ipsec_ruling *ruling,
                                ipsec_note *note);

/** Notes which stacks take it for the number 0: with ESN the low half is 0 once in every epoch, but only in the first
 * one is that forbidden. */
void ipsec_sa_note_zero(const ipsec_config *config, const ipsec_sa *sa, const ipsec_ruling *ruling, ipsec_note *note);

#endif
