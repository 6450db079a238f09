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
 * @param index from 0 without gaps; each message appears once, in the order of the findings that cause it
 * @return static storage; NULL past the end
 */
const char *ipsec_stack_message(ipsec_stack stack, unsigned index);

/**
 * Whether the finding alone, with any carriers, makes the stack report `text`.
 *
 * @param text  a message of the stack; not NULL
 * @return the surest decision of the rows with this message; IPSEC_DECISION_PASSES if there is none
 */
ipsec_decision ipsec_stack_says(ipsec_stack stack, ipsec_finding_id id, const char *text);

#endif
