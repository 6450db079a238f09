/** @file
 * Makes one verdict of the findings, as the receiver decides. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_VERDICT_H
#define IPSEC_CORE_VERDICT_H

#include "base/config.h"
#include "report/receiver.h"
#include "report/report.h"
#include "sa/note.h"

/** Whether anti-replay is on, according to the user or the key row. */
ipsec_anti_replay ipsec_anti_replay_of(const ipsec_config *config, const ipsec_report *report);

/** The verdict on a packet without findings. */
static inline ipsec_verdict ipsec_verdict_of_sound(const ipsec_report *report)
{
    if (!report->findings.whole)
        return IPSEC_VERDICT_UNCHECKED;
    return report->opened.valid && report->opened.icv_status == IPSEC_ICV_GOOD ? IPSEC_VERDICT_VERIFIED
                                                                               : IPSEC_VERDICT_PLAUSIBLE;
}

/** The verdict that one finding demands; the verdict on the packet is at least as severe.
 *
 * @param decision   of the configured receiver, for this finding alone
 * @param confirmed  see ipsec_report.confirmed
 */
ipsec_verdict ipsec_verdict_of_finding(const ipsec_catalogue_row *row, ipsec_decision decision, bool confirmed);

/** Concludes from the findings of a report, all of which must be in it: sets the verdict, and which of them are
 * announced. */
void ipsec_conclude(const ipsec_config *config, const ipsec_note *note, ipsec_report *report);

#endif
