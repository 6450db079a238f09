/** @file
 * What some receivers object to in a packet although no finding covers it. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ODDITIES_H
#define IPSEC_CORE_ODDITIES_H

#include "base/oddity.h"
#include "packet/view.h"
#include "report/report.h"
#include "sa/note.h"

/** The oddities of a packet that was captured whole, except IPSEC_ODDITY_BEFORE_FIRST, which differs between stacks.
 * They depend only on what later passes have as well. */
ipsec_oddities ipsec_oddities_of(const ipsec_view *view, const ipsec_note *note, const ipsec_report *report);

/** The oddities for which the stack has a row. */
ipsec_oddities ipsec_oddities_minded(ipsec_stack stack);

#endif
