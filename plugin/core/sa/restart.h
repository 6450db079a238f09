/** @file
 * Counters that start over on the same SA. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_RESTART_H
#define IPSEC_CORE_RESTART_H

#include "sa/note.h"
#include "sa/ruling.h"
#include "sa/sa.h"

#include <stdbool.h>

/**
 * Follows a run of old numbers, with a genuine packet that is not a copy: the sender started over, or its counter
 * passed its end. Its receiver refuses them all; but if none is verified, the window itself may have been misled. Notes
 * which it is.
 *
 * @param is_surely_old  what makes the number old is more than a packet or two that anybody may have made
 * @return whether the SA's numbers must start over too
 */
bool ipsec_restart_follow(ipsec_sa *sa, const ipsec_ruling *ruling, bool is_surely_old, ipsec_note *note);

/** Whether the packet is of a run that is said to be a restart. */
bool ipsec_restart_has(const ipsec_sa_numbers *numbers, const ipsec_ruling *ruling, const ipsec_note *note);

#endif
