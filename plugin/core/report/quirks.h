/** @file
 * What a stack does on a finding in one packet, if packets with the same finding are not alike to it. Internal to the
 * core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_QUIRKS_H
#define IPSEC_CORE_QUIRKS_H

#include "report/receiver.h"

#include <stdbool.h>

/** The fault that a stack sees in a packet, and what it does about it. */
typedef struct ipsec_reaction {
    unsigned fault;               /**< ipsec_fault */
    const ipsec_outcome *outcome; /**< static; never NULL */
} ipsec_reaction;

/** How the stack reacts to a finding in the packet. */
ipsec_reaction ipsec_reaction_to(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id);

/** The oddities of the packet from the stack's point of view. */
ipsec_oddities ipsec_oddities_at(ipsec_stack stack, const ipsec_report *report);

/** How the stack reacts to the oddity `index` (IPSEC_ODDITY_INDEX_...). */
ipsec_reaction ipsec_reaction_to_oddity(ipsec_stack stack, const ipsec_report *report, unsigned index);

/** Whether IPSEC_STACK_RFC refuses a packet for a finding for which it has no row: the RFCs say what must be refused,
 * and leave the counters to each stack. */
ipsec_decision ipsec_rfc_decision(const ipsec_catalogue_row *row);

/** Whether a finding is about the position of the number, so that each stack's own window decides. */
bool ipsec_is_of_window(ipsec_finding_id id);

#endif
