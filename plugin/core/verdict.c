/* From findings and receiver to one verdict.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict.h"
#include "keys/spec.h"
#include "report/receiver.h"

ipsec_anti_replay ipsec_anti_replay_of(const ipsec_config *config, const ipsec_report *report)
{
    uint32_t packets = config->replay_window;

    if (packets == IPSEC_REPLAY_WINDOW_UNKNOWN && report->opened.valid && report->opened.spec)
        packets = report->opened.spec->replay_window;
    if (packets == IPSEC_REPLAY_WINDOW_UNKNOWN)
        return IPSEC_ANTI_REPLAY_UNKNOWN;
    return packets == 0 ? IPSEC_ANTI_REPLAY_OFF : IPSEC_ANTI_REPLAY_ON;
}

static ipsec_verdict verdict_of(ipsec_stack receiver, const ipsec_report *report, ipsec_finding_id id)
{
    const ipsec_decision decision = ipsec_receiver_decision(receiver, report, id);

    if (decision == IPSEC_DECISION_REFUSES)
        return report->confirmed ? IPSEC_VERDICT_DROP : IPSEC_VERDICT_SUSPICIOUS;
    if (decision == IPSEC_DECISION_MAY_REFUSE || ipsec_catalogue(id)->severity >= IPSEC_SEVERITY_WARN)
        return IPSEC_VERDICT_SUSPICIOUS;
    return IPSEC_VERDICT_UNCHECKED;
}

/* Whether the finding tells of the SA what an expert item has told before. */
static bool is_said(const ipsec_note *note, ipsec_finding_id id)
{
    return note->facts & IPSEC_NOTE_SAID && (id == IPSEC_FINDING_SA_SENDERS || id == IPSEC_FINDING_SA_NO_REPLAY);
}

void ipsec_conclude(const ipsec_config *config, const ipsec_note *note, ipsec_report *report)
{
    ipsec_verdict verdict = ipsec_verdict_of_sound(report);

    report->anti_replay = (uint8_t)ipsec_anti_replay_of(config, report);
    for (unsigned i = 0; i < report->findings.count; i++) {
        ipsec_finding *finding = &report->findings.list[i];
        const ipsec_finding_id id = (ipsec_finding_id)finding->id;
        const ipsec_property property = ipsec_catalogue(id)->property;

        finding->announce = (property == IPSEC_PROPERTY_NONE || (note->properties & property)) && !is_said(note, id);
        verdict = MAX(verdict, verdict_of(config->receiver, report, id));
    }
    if (report->number.is_doubtful)
        verdict = MAX(verdict, IPSEC_VERDICT_SUSPICIOUS);
    report->verdict = (uint8_t)verdict;
}
