/* What each receiver reports: "the first check that fails".
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/receiver.h"
#include "report/outcomes.h"
#include "report/quirks.h"

#include <limits.h>

/* Whether a finding rests on the packets before: on the window, or on what they have spent of the SA's life. */
static bool is_of_state(ipsec_finding_id id)
{
    return ipsec_is_of_window(id) || id == IPSEC_FINDING_SA_EXPIRED || id == IPSEC_FINDING_ESP_SPI_UNKNOWN ||
           id == IPSEC_FINDING_AH_SPI_UNKNOWN;
}

const ipsec_outcome *ipsec_receiver_row(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    return ipsec_reaction_to(stack, report, id).outcome;
}

/* What the stack does if the finding is right. */
static ipsec_decision sure_decision(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id,
                                    const ipsec_reaction *reaction)
{
    const ipsec_decision decision = (ipsec_decision)reaction->outcome->decision;

    if (reaction->fault == IPSEC_FAULT_NONE)
        return IPSEC_DECISION_PASSES;
    if (id == IPSEC_FINDING_SEQ_ZERO && decision == IPSEC_DECISION_MAY_REFUSE &&
        report->anti_replay == IPSEC_ANTI_REPLAY_ON)
        return IPSEC_DECISION_REFUSES;
    if (stack == IPSEC_STACK_RFC && decision == IPSEC_DECISION_PASSES)
        return ipsec_rfc_decision(ipsec_catalogue(ipsec_fault_finding(reaction->fault)));
    return decision;
}

static ipsec_decision decision_on(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id,
                                  const ipsec_reaction *reaction)
{
    const ipsec_decision decision = sure_decision(stack, report, id, reaction);

    if (decision == IPSEC_DECISION_REFUSES &&
        ((report->number.is_doubtful && is_of_state(id)) || ipsec_findings_assume(&report->findings, id)))
        return IPSEC_DECISION_MAY_REFUSE;
    return decision;
}

ipsec_decision ipsec_receiver_decision(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    const ipsec_reaction reaction = ipsec_reaction_to(stack, report, id);

    return decision_on(stack, report, id, &reaction);
}

/* Where the check stands that looks for `id`. The RFCs' order is that of Windows, which has no other to be known,
 * unless a row says otherwise. */
static unsigned stage_of(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id,
                         const ipsec_reaction *reaction)
{
    if (stack == IPSEC_STACK_RFC && reaction->outcome->stage == 0)
        return ipsec_receiver_row(IPSEC_STACK_WINDOWS, report, id)->stage;
    return reaction->outcome->stage;
}

/* Whether the packet is refused for a finding before the check at `stage`. */
static bool is_refused_before(ipsec_stack stack, const ipsec_report *report, unsigned stage)
{
    const ipsec_findings *findings = &report->findings;

    for (unsigned i = 0; (i = ipsec_findings_next(findings, i)) < IPSEC_FINDING_COUNT; i++) {
        const ipsec_finding_id id = (ipsec_finding_id)i;
        const ipsec_reaction reaction = ipsec_reaction_to(stack, report, id);

        if (decision_on(stack, report, id, &reaction) == IPSEC_DECISION_REFUSES &&
            stage_of(stack, report, id, &reaction) < stage)
            return true;
    }
    return false;
}

bool ipsec_receiver_reaches(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    const ipsec_reaction reaction = ipsec_reaction_to(stack, report, id);

    return !is_refused_before(stack, report, stage_of(stack, report, id, &reaction));
}

/* Linux moves its window behind the transform, trailer and all; the others right behind the ICV, where they ask it once
 * more. */
bool ipsec_receiver_moves_window(ipsec_stack stack, const ipsec_report *report)
{
    return !is_refused_before(stack, report,
                              stack == IPSEC_STACK_LINUX ? IPSEC_STAGE_TRAILER + 1 : IPSEC_STAGE_LATE_SEQUENCE + 1);
}

ipsec_stacks ipsec_stacks_refusing(const ipsec_report *report)
{
    ipsec_stacks stacks = report->refused_by;

    if (!report->confirmed || ipsec_report_is_of_daemon(report))
        return stacks;
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        if (is_refused_before((ipsec_stack)stack, report, UINT_MAX))
            stacks |= ipsec_stack_bit((ipsec_stack)stack);
    return stacks;
}

/* Whether it is known what the stack got, and that it got it: not if another capture of it came before, nor if a daemon
 * looks at it instead. */
static bool is_told(ipsec_stack stack, const ipsec_report *report)
{
    return report->findings.whole && report->confirmed && !ipsec_report_is_of_daemon(report) &&
           !ipsec_stacks_have(report->refused_by, stack) &&
           !ipsec_findings_have(&report->findings, IPSEC_FINDING_CAPTURE_DUPLICATE);
}

/* The first check that fails, or may fail. IPSEC_FAULT_NONE if there is none, or if nothing can be told. */
static ipsec_reaction first_refusal(ipsec_stack stack, const ipsec_report *report)
{
    const ipsec_findings *findings = &report->findings;
    ipsec_reaction first = {.fault = IPSEC_FAULT_NONE, .outcome = &ipsec_outcome_passes};
    unsigned first_stage = UINT_MAX;

    if (!is_told(stack, report))
        return first;
    for (unsigned i = 0; (i = ipsec_findings_next(findings, i)) < IPSEC_FINDING_COUNT; i++) {
        const ipsec_finding_id id = (ipsec_finding_id)i;
        const ipsec_reaction reaction = ipsec_reaction_to(stack, report, id);
        const unsigned stage = stage_of(stack, report, id, &reaction);

        if (stage < first_stage && !ipsec_findings_assume(findings, id) &&
            decision_on(stack, report, id, &reaction) != IPSEC_DECISION_PASSES) {
            first = reaction;
            first_stage = stage;
        }
    }
    return first;
}

const ipsec_outcome *ipsec_outcome_at(ipsec_stack stack, const ipsec_report *report)
{
    const ipsec_outcome *outcome = first_refusal(stack, report).outcome;

    return outcome->counter ? outcome : NULL;
}

/* esp_input() has the cipher and the ICV looked at, and counts what that refuses, from IV and ICV on; every other
 * length is refused uncounted. ah_input() tests the lengths first. */
static bool counts_as_failed(const ipsec_report *report, unsigned fault)
{
    if (fault == IPSEC_FAULT_ESN_WRONG_HIGH || fault == IPSEC_FAULT_AH_ICV)
        return true;
    return report->header.protocol == IPSEC_PROTOCOL_ESP && report->opened.valid && report->opened.has_room &&
           report->opened.icv_status == IPSEC_ICV_BAD;
}

const char *ipsec_linux_sa_counter(const ipsec_report *report)
{
    const ipsec_reaction first = first_refusal(IPSEC_STACK_LINUX, report);

    if (first.fault == IPSEC_FAULT_REPLAY_OLD)
        return "replay-window";
    if (first.fault == IPSEC_FAULT_REPLAY_DUPLICATE || first.fault == IPSEC_FAULT_REPLAY_CONFLICT)
        return "replay";
    if (first.outcome->stage < IPSEC_STAGE_LENGTHS || !counts_as_failed(report, first.fault))
        return NULL;
    return "failed";
}
