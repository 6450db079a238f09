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
 * Follows a run of old numbers, with a genuine packet that is not a copy: the sender has started over, or its counter
 * has passed its end. The receiver refuses them all; but if none is verified, the window itself may have been misled.
 * Notes which of these it is.
 *
 * @param is_surely_old the number is old because of more than a packet or two, which anybody may have made
 * @return whether the SA's numbers must start over too
 */
bool ipsec_restart_follow(ipsec_sa *sa, const ipsec_ruling *ruling, bool is_surely_old, ipsec_note *note);

/** Whether the packet belongs to a run that was reported as a restart. */
bool ipsec_restart_has(const ipsec_sa_numbers *numbers, const ipsec_ruling *ruling, const ipsec_note *note);

#endif
