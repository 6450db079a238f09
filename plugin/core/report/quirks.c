/* What a stack tells apart and the catalogue does not.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/quirks.h"
#include "keys/terms.h"
#include "report/outcomes.h"

/* --- numbers ----------------------------------------------------------------------------------------- */

bool ipsec_is_of_window(ipsec_finding_id id)
{
    return id == IPSEC_FINDING_REPLAY_DUPLICATE || id == IPSEC_FINDING_REPLAY_CONFLICT ||
           id == IPSEC_FINDING_REPLAY_OLD || id == IPSEC_FINDING_ESN_WRONG_HIGH || id == IPSEC_FINDING_SEQ_REORDER ||
           id == IPSEC_FINDING_SEQ_RESTART;
}

/* The finding speaks of one receiver's window. To a stack with a smaller one the number may be old, to one with a
 * larger one seen, or new. */
static unsigned by_own_window(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    if (ipsec_stacks_have(report->number.seen_by, stack))
        return id == IPSEC_FINDING_REPLAY_CONFLICT ? IPSEC_FAULT_REPLAY_CONFLICT : IPSEC_FAULT_REPLAY_DUPLICATE;
    if (ipsec_stacks_have(report->number.wrong_by, stack))
        return IPSEC_FAULT_ESN_WRONG_HIGH;
    return ipsec_stacks_have(report->number.old_by, stack) ? IPSEC_FAULT_REPLAY_OLD : IPSEC_FAULT_NONE;
}

/* Whether the number 0 is one as any. With ESN it comes again in each epoch. */
static bool takes_zero(ipsec_stack stack, const ipsec_report *report)
{
    return report->anti_replay == IPSEC_ANTI_REPLAY_OFF ||
           (report->number.is_followed && !ipsec_stacks_have(report->number.zero_by, stack));
}

static bool has_highest(const ipsec_report *report)
{
    return report->number.is_placed && report->number.has_highest;
}

/* --- the RFCs ---------------------------------------------------------------------------------------- */

ipsec_decision ipsec_rfc_decision(const ipsec_catalogue_row *row)
{
    /* No receiver looks at what weakens the cipher, or at others. */
    if (row->is_neighbour || row->group == IPSEC_GROUP_SECURITY || row->severity < IPSEC_SEVERITY_ERROR)
        return IPSEC_DECISION_PASSES;
    return IPSEC_DECISION_REFUSES;
}

/* --- FreeBSD ----------------------------------------------------------------------------------------- */

/* Whether the highest number is the last of 32 bits. ipsec_chkreplay() finds it; but it is not called where there is no
 * ICV, and ipsec_updatereplay(), behind the decryption, refuses the number as any old one. */
static bool is_behind_end(const ipsec_report *report)
{
    if (report->opened.valid && report->opened.icv_status == IPSEC_ICV_NOT_PRESENT)
        return false;
    return has_highest(report) && (uint32_t)report->number.highest == UINT32_MAX;
}

static unsigned freebsd_fault(const ipsec_report *report, unsigned fault)
{
    /* ipsec_chkreplay() minds it only as long as the highest number is 0 too. */
    if (fault == IPSEC_FAULT_SEQ_ZERO && has_highest(report) && report->number.highest > 0)
        return IPSEC_FAULT_NONE;
    if (fault == IPSEC_FAULT_REPLAY_OLD && is_behind_end(report))
        return IPSEC_FAULT_OLD_AT_END;
    if (fault == IPSEC_FAULT_SEQ_WRAP && is_behind_end(report))
        return IPSEC_FAULT_WRAP_AT_END;
    return fault;
}

/* --- OpenBSD ----------------------------------------------------------------------------------------- */

/* checkreplaywindow() with ESN minds the number 0 only as long as the highest is 0 or 1. */
static unsigned openbsd_fault(const ipsec_report *report, unsigned fault)
{
    const bool has_esn = report->opened.valid && report->opened.esn;

    if (fault == IPSEC_FAULT_SEQ_ZERO && has_esn && has_highest(report) && report->number.highest > 1)
        return IPSEC_FAULT_NONE;
    return fault;
}

/* --- strongSwan -------------------------------------------------------------------------------------- */

/* Octets that a finding of the report speaks of; 0 if it is not there. */
static uint32_t octets_of(const ipsec_report *report, ipsec_finding_id id)
{
    const ipsec_finding *finding = ipsec_findings_get(&report->findings, id);

    return finding ? finding->length : 0;
}

/* What libipsec makes of a payload: it must parse as IP, whatever Next Header says; only then Next Header is looked at,
 * and what is neither IPv4 nor IPv6 is discarded in silence. */
static unsigned strongswan_inside(const ipsec_report *report, unsigned fault, unsigned decision)
{
    if (!report->opened.valid || !report->opened.plaintext)
        return fault;
    if (!report->opened.inside_parses)
        return IPSEC_FAULT_ESP_EMPTY_PAYLOAD;
    return decision == IPSEC_DECISION_REFUSES ? IPSEC_FAULT_OTHER_INSIDE : IPSEC_FAULT_NONE;
}

static unsigned strongswan_fault(const ipsec_report *report, unsigned fault)
{
    const ipsec_outcome *outcome = ipsec_outcome_find(IPSEC_STACK_STRONGSWAN, fault, ipsec_carriers_of(report));

    if (outcome->stage == IPSEC_STAGE_MODE)
        return strongswan_inside(report, fault, outcome->decision);
    if (fault == IPSEC_FAULT_ESP_RUNT_FOR_SA && report->opened.valid && report->opened.lacks_trailer)
        return IPSEC_FAULT_RUNT_OF_TRAILER;
    if (fault == IPSEC_FAULT_NATT_KEEPALIVE && octets_of(report, IPSEC_FINDING_NATT_KEEPALIVE) > 1)
        return IPSEC_FAULT_BEHIND_MARKER;
    if (fault == IPSEC_FAULT_NATT_ESP_TOO_SHORT && octets_of(report, IPSEC_FINDING_NATT_ESP_TOO_SHORT) == 8)
        return IPSEC_FAULT_ESP_NO_PAYLOAD; /* the header is there */
    return fault;
}

/* --- all --------------------------------------------------------------------------------------------- */

/* What a stack makes of a fault that is another to it in some packets. */
static unsigned (*const told_apart[IPSEC_STACK_COUNT])(const ipsec_report *report, unsigned fault) = {
    [IPSEC_STACK_FREEBSD] = freebsd_fault,
    [IPSEC_STACK_OPENBSD] = openbsd_fault,
    [IPSEC_STACK_STRONGSWAN] = strongswan_fault,
};

static unsigned fault_in(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    const unsigned fault = ipsec_is_of_window(id) ? by_own_window(stack, report, id) : id;

    if (fault == IPSEC_FAULT_NONE || (fault == IPSEC_FAULT_SEQ_ZERO && takes_zero(stack, report)))
        return IPSEC_FAULT_NONE;
    return told_apart[stack] ? told_apart[stack](report, fault) : fault;
}

static bool is_known_transport(const ipsec_opened *opened)
{
    const uint8_t mode = opened->spec ? ipsec_terms_mode(opened->spec, opened->terms) : IPSEC_MODE_ANY;

    return mode == IPSEC_MODE_TRANSPORT || mode == IPSEC_MODE_BEET;
}

/* Whether the stack makes this check of what is inside at all: not in a transport SA, nor without an IP packet.
 * libipsec asks for no mode. */
static bool is_made(ipsec_stack stack, const ipsec_report *report, const ipsec_outcome *outcome)
{
    const ipsec_opened *opened = &report->opened;

    if (!opened->valid || stack == IPSEC_STACK_STRONGSWAN)
        return true;
    if (outcome->stage == IPSEC_STAGE_MODE && outcome->decision == IPSEC_DECISION_MAY_REFUSE)
        return !is_known_transport(opened);
    if (outcome->stage == IPSEC_STAGE_INNER)
        return !is_known_transport(opened) && ipsec_mode_fits(opened->next_header, IPSEC_MODE_TUNNEL);
    return true;
}

ipsec_reaction ipsec_reaction_to(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    ipsec_reaction reaction = {.fault = fault_in(stack, report, id), .outcome = &ipsec_outcome_passes};

    if (reaction.fault != IPSEC_FAULT_NONE) {
        const ipsec_outcome *outcome = ipsec_outcome_find(stack, reaction.fault, ipsec_carriers_of(report));

        if (is_made(stack, report, outcome))
            reaction.outcome = outcome;
    }
    return reaction;
}
