/** @file
 * What each stack can report at all, and for which findings.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_INVENTORY_H
#define IPSEC_CORE_INVENTORY_H

#include "report/receiver.h"

/**
 * A message of the stack as people see it: its log if it has one, else its counter, status or error number.
 *
 * @param index  from 0 without gaps: each message once, in the order of the findings that they are for
 * @return static storage; NULL past the end
 */
const char *ipsec_stack_message(ipsec_stack stack, unsigned index);

/**
 * Whether the finding alone makes the stack say `text`, however the header is carried.
 *
 * @param text  a message of the stack; not NULL
 * @return the surest decision of those that come with it; IPSEC_DECISION_PASSES if none does
 */
ipsec_decision ipsec_stack_says(ipsec_stack stack, ipsec_finding_id id, const char *text);

#endif
