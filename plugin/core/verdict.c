/* Makes one verdict of the findings, as the receiver decides. SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict.h"
#include "keys/spec.h"
#include "packet/find.h"

ipsec_anti_replay ipsec_anti_replay_of(const ipsec_config *config, const ipsec_report *report)
{
    const bool has_row = report->opened.valid && report->opened.spec;
    const uint32_t packets =
        ipsec_config_window(config, has_row ? report->opened.spec->replay_window : IPSEC_REPLAY_WINDOW_UNKNOWN);

    if (packets == IPSEC_REPLAY_WINDOW_UNKNOWN)
        return IPSEC_ANTI_REPLAY_UNKNOWN;
    return packets == 0 ? IPSEC_ANTI_REPLAY_OFF : IPSEC_ANTI_REPLAY_ON;
}

ipsec_verdict ipsec_verdict_of_finding(const ipsec_catalogue_row *row, ipsec_decision decision, bool confirmed)
{
    if (row->is_neighbour)
        return IPSEC_VERDICT_UNCHECKED;
    if (decision == IPSEC_DECISION_REFUSES)
        return confirmed ? IPSEC_VERDICT_DROP : IPSEC_VERDICT_SUSPICIOUS;
    if (decision == IPSEC_DECISION_MAY_REFUSE || row->severity >= IPSEC_SEVERITY_WARN)
        return IPSEC_VERDICT_SUSPICIOUS;
    return IPSEC_VERDICT_UNCHECKED;
}

/* Whether an expert item has already reported this finding for the SA. */
static bool is_said(const ipsec_note *note, ipsec_finding_id id)
{
    return note->facts & IPSEC_NOTE_SAID && (id == IPSEC_FINDING_SA_SENDERS || id == IPSEC_FINDING_SA_NO_REPLAY);
}

static void announce(const ipsec_note *note, ipsec_finding *finding)
{
    const ipsec_finding_id id = (ipsec_finding_id)finding->id;
    const ipsec_property property = ipsec_catalogue(id)->property;

    finding->announce = (property == IPSEC_PROPERTY_NONE || (note->properties & property)) && !is_said(note, id);
}

/* Reports that the receiver refuses a packet that the RFCs allow. */
static void report_restriction(ipsec_stack receiver, ipsec_report *report)
{
    const unsigned advice_case = ipsec_receiver_restriction(receiver, report);

    if (advice_case != IPSEC_CASE_NONE)
        ipsec_findings_add_with(
            &report->findings, IPSEC_FINDING_STACK_REFUSES, 0, 0,
            (ipsec_advice_detail){.advice_case = (uint8_t)advice_case, .detail = (uint32_t)receiver});
}

static ipsec_verdict verdict_on_oddities(ipsec_stack receiver, const ipsec_report *report)
{
    switch (ipsec_receiver_decision_on_oddities(receiver, report)) {
    case IPSEC_DECISION_REFUSES:
        return IPSEC_VERDICT_DROP;
    case IPSEC_DECISION_MAY_REFUSE:
        return IPSEC_VERDICT_SUSPICIOUS;
    default:
        return IPSEC_VERDICT_UNCHECKED;
    }
}

void ipsec_conclude(const ipsec_config *config, const ipsec_note *note, ipsec_report *report)
{
    ipsec_verdict verdict;

    report->anti_replay = (uint8_t)ipsec_anti_replay_of(config, report);
    if (config->receiver != IPSEC_STACK_RFC)
        report_restriction(config->receiver, report);
    verdict = MAX(ipsec_verdict_of_sound(report), verdict_on_oddities(config->receiver, report));
    for (unsigned i = 0; i < report->findings.count; i++)
        announce(note, &report->findings.list[i]);
    for (unsigned i = 0; (i = ipsec_findings_next(&report->findings, i)) < IPSEC_FINDING_COUNT; i++) {
        const ipsec_finding_id id = (ipsec_finding_id)i;
        const ipsec_decision decision = ipsec_receiver_decision(config->receiver, report, id);

        verdict = MAX(verdict, ipsec_verdict_of_finding(ipsec_catalogue(id), decision, report->confirmed));
    }
    if (report->number.is_doubtful)
        verdict = MAX(verdict, IPSEC_VERDICT_SUSPICIOUS);
    if (verdict >= IPSEC_VERDICT_SUSPICIOUS && ipsec_report_is_of_daemon(report)) {
        verdict = IPSEC_VERDICT_SUSPICIOUS;
        ipsec_findings_add(&report->findings, IPSEC_FINDING_AH_BY_DAEMON, 0, 0);
    }
    report->verdict = (uint8_t)verdict;
}
