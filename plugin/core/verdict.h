/** @file
 * From findings and receiver to one verdict. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_VERDICT_H
#define IPSEC_CORE_VERDICT_H

#include "base/config.h"
#include "report/receiver.h"
#include "report/report.h"
#include "sa/note.h"

/** What the user or the key row says about the window. */
ipsec_anti_replay ipsec_anti_replay_of(const ipsec_config *config, const ipsec_report *report);

/** The verdict on a packet without findings. */
static inline ipsec_verdict ipsec_verdict_of_sound(const ipsec_report *report)
{
    if (!report->findings.whole)
        return IPSEC_VERDICT_UNCHECKED;
    return report->opened.valid && report->opened.icv_status == IPSEC_ICV_GOOD ? IPSEC_VERDICT_VERIFIED
                                                                               : IPSEC_VERDICT_PLAUSIBLE;
}

/** What one finding makes of the verdict: at least this.
 *
 * @param decision   of the configured receiver, for this finding alone
 * @param confirmed  see ipsec_report.confirmed
 */
ipsec_verdict ipsec_verdict_of_finding(const ipsec_catalogue_row *row, ipsec_decision decision, bool confirmed);

/** Concludes from all findings of a report, which must be there: the verdict, and which of them are announced. */
void ipsec_conclude(const ipsec_config *config, const ipsec_note *note, ipsec_report *report);

#endif
