/** @file
 * Packets that exceed the path MTU that was reported for their SA. Internal to the core.
 *
 * Layer icmp/: what ICMP errors say about IPsec: which of them concern it, which packet they quote, the path MTU
 * reported for an SA, and what fits into it. Anybody can send such an error, so none moves a window or changes a
 * verdict.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ABOVE_H
#define IPSEC_CORE_ABOVE_H

#include "icmp/mtus.h"
#include "packet/findings.h"
#include "packet/view.h"
#include "sa/note.h"
#include "sa/opened.h"
#include "sa/ruling.h"

/** Judges a packet of an SA for which an MTU was reported: adds sa.above_mtu to the note if the packet is genuine and
 * new, must not be fragmented on its way, and exceeds the MTU. */
void ipsec_above_judge(ipsec_mtus *mtus, const ipsec_view *view, const ipsec_ruling *ruling,
                       const ipsec_findings *findings, ipsec_note *note);

/** Adds the numbers of the SA to the advice on that finding, which must be in the list. */
void ipsec_above_advise(const ipsec_mtus *mtus, const ipsec_view *view, const ipsec_ruling *ruling,
                        const ipsec_opened *opened, ipsec_findings *findings);

#endif
