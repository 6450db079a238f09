/* What each receiver reports: "the first check that fails".
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/receiver.h"
#include "report/outcomes.h"
#include "report/quirks.h"

#include <limits.h>

/* Whether a finding depends on earlier packets: on the window, on the SA's lifetime that they have used up, or on
 * whether the SA is known. */
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

/* The stage of the check that finds `id`. IPSEC_STACK_RFC uses the order of Windows, for which no order is published,
 * unless a row of its own has a stage. */
static unsigned stage_of(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id,
                         const ipsec_reaction *reaction)
{
    if (stack == IPSEC_STACK_RFC && reaction->outcome->stage == 0)
        return ipsec_receiver_row(IPSEC_STACK_WINDOWS, report, id)->stage;
    return reaction->outcome->stage;
}

/* A check of a stack that a packet may fail: for a finding, or, after all findings, for an oddity. */
typedef struct check {
    unsigned index; /* of a finding; or IPSEC_FINDING_COUNT and more, of an oddity */
    ipsec_reaction reaction;
    ipsec_decision decision;
    unsigned stage;
} check;

#define CHECK_COUNT (IPSEC_FINDING_COUNT + IPSEC_ODDITY_COUNT)

/* The index of the first check that is not before `from`; CHECK_COUNT if there is none. */
static unsigned find_check(ipsec_stack stack, const ipsec_report *report, unsigned from)
{
    const ipsec_oddities oddities = ipsec_oddities_at(stack, report);

    if (from < IPSEC_FINDING_COUNT)
        from = ipsec_findings_next(&report->findings, from);
    while (from >= IPSEC_FINDING_COUNT && from < CHECK_COUNT && !(oddities >> (from - IPSEC_FINDING_COUNT) & 1))
        from++;
    return from;
}

/* Finds the next check, from next->index on. Returns whether there is one. */
static bool next_check(ipsec_stack stack, const ipsec_report *report, check *next)
{
    const unsigned i = find_check(stack, report, next->index);
    const ipsec_finding_id id = (ipsec_finding_id)i;

    next->index = i;
    if (i == CHECK_COUNT)
        return false;
    if (i < IPSEC_FINDING_COUNT) {
        next->reaction = ipsec_reaction_to(stack, report, id);
        next->decision = decision_on(stack, report, id, &next->reaction);
        next->stage = stage_of(stack, report, id, &next->reaction);
    } else {
        next->reaction = ipsec_reaction_to_oddity(stack, report, i - IPSEC_FINDING_COUNT);
        next->decision = (ipsec_decision)next->reaction.outcome->decision;
        next->stage = next->reaction.outcome->stage;
    }
    return true;
}

/* Whether the packet is refused before the check at `stage`. */
static bool is_refused_before(ipsec_stack stack, const ipsec_report *report, unsigned stage)
{
    for (check at = {.index = 0}; next_check(stack, report, &at); at.index++)
        if (at.decision == IPSEC_DECISION_REFUSES && at.stage < stage)
            return true;
    return false;
}

bool ipsec_receiver_reaches(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    const ipsec_reaction reaction = ipsec_reaction_to(stack, report, id);

    return !is_refused_before(stack, report, stage_of(stack, report, id, &reaction));
}

/* Linux moves its window after the whole transform, including the trailer; the others right after the ICV, where they
 * check the window again. */
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

/* Whether it is known what the stack received, and that no daemon handles it instead. VPP gets the fragments, not the
 * reassembled packet. */
static bool is_got(ipsec_stack stack, const ipsec_report *report)
{
    return report->findings.whole && report->confirmed && !ipsec_report_is_of_daemon(report) &&
           !ipsec_stacks_have(report->refused_by, stack) &&
           !(stack == IPSEC_STACK_VPP && report->oddities & IPSEC_ODDITY_REASSEMBLED);
}

/* Whether a check relies on a heuristic, so that it says nothing about a stack. */
static bool is_assumed(const ipsec_report *report, const check *at)
{
    return at->index < IPSEC_FINDING_COUNT && ipsec_findings_assume(&report->findings, (ipsec_finding_id)at->index);
}

/* The first check that fails, or may fail: the decision is at least `least`. IPSEC_FAULT_NONE if there is none, or if
 * it cannot be known. */
static ipsec_reaction first_refusal(ipsec_stack stack, const ipsec_report *report, ipsec_decision least)
{
    ipsec_reaction first = {.fault = IPSEC_FAULT_NONE, .outcome = &ipsec_outcome_passes};
    unsigned first_stage = UINT_MAX;

    if (!is_got(stack, report))
        return first;
    for (check at = {.index = 0}; next_check(stack, report, &at); at.index++) {
        if (at.stage >= first_stage || at.decision < least || is_assumed(report, &at))
            continue;
        first = at.reaction;
        first_stage = at.stage;
    }
    return first;
}

/* The refusal that the stack reports: none for the second capture of a packet, because the stack got the packet only
 * once. */
static ipsec_reaction first_report(ipsec_stack stack, const ipsec_report *report)
{
    if (ipsec_findings_have(&report->findings, IPSEC_FINDING_CAPTURE_DUPLICATE))
        return (ipsec_reaction){.fault = IPSEC_FAULT_NONE, .outcome = &ipsec_outcome_passes};
    return first_refusal(stack, report, IPSEC_DECISION_MAY_REFUSE);
}

ipsec_decision ipsec_receiver_decision_on_oddities(ipsec_stack stack, const ipsec_report *report)
{
    ipsec_decision surest = IPSEC_DECISION_PASSES;

    if (!is_got(stack, report))
        return surest;
    for (check at = {.index = IPSEC_FINDING_COUNT}; next_check(stack, report, &at); at.index++)
        surest = MAX(surest, at.decision);
    return surest;
}

unsigned ipsec_receiver_restriction(ipsec_stack stack, const ipsec_report *report)
{
    const ipsec_reaction first = first_refusal(stack, report, IPSEC_DECISION_REFUSES);

    if (first.outcome->restriction == IPSEC_CASE_NONE || is_refused_before(IPSEC_STACK_RFC, report, UINT_MAX))
        return IPSEC_CASE_NONE;
    return first.outcome->restriction;
}

/* Whether the fault is an unknown SPI at a peer that does not support the protocol at all. */
static bool is_of_no_ipsec(const ipsec_report *report, unsigned fault)
{
    const ipsec_finding *finding = NULL;

    if (fault == IPSEC_FAULT_ESP_SPI_UNKNOWN || fault == IPSEC_FAULT_AH_SPI_UNKNOWN)
        finding = ipsec_findings_get(&report->findings, ipsec_fault_finding(fault));
    return finding && finding->advice_case == IPSEC_CASE_PEER_LACKS;
}

const ipsec_outcome *ipsec_outcome_at(ipsec_stack stack, const ipsec_report *report)
{
    const ipsec_reaction first = first_report(stack, report);

    return first.outcome->counter && !is_of_no_ipsec(report, first.fault) ? first.outcome : NULL;
}

/* esp_input() leaves the check to cipher and ICV, and counts what these refuse, once there is room for IV and ICV; any
 * shorter packet is refused uncounted. ah_input() tests the lengths first. */
static bool counts_as_failed(const ipsec_report *report, unsigned fault)
{
    if (fault == IPSEC_FAULT_ESN_WRONG_HIGH || fault == IPSEC_FAULT_AH_ICV)
        return true;
    return report->opened.valid && report->opened.has_room && report->opened.icv_status == IPSEC_ICV_BAD;
}

const char *ipsec_linux_sa_counter(const ipsec_report *report)
{
    const ipsec_reaction first = first_report(IPSEC_STACK_LINUX, report);

    if (first.fault == IPSEC_FAULT_REPLAY_OLD)
        return "replay-window";
    if (first.fault == IPSEC_FAULT_REPLAY_DUPLICATE || first.fault == IPSEC_FAULT_REPLAY_CONFLICT)
        return "replay";
    if (first.outcome->stage < IPSEC_STAGE_LENGTHS || !counts_as_failed(report, first.fault))
        return NULL;
    return "failed";
}
