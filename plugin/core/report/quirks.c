/* Distinctions that a stack makes and the catalogue does not. SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/quirks.h"
#include "base/advice_case.h"
#include "keys/terms.h"
#include "packet/protocol.h"
#include "report/outcomes.h"

/* --- numbers ----------------------------------------------------------------------------------------- */

bool ipsec_is_of_window(ipsec_finding_id id)
{
    return id == IPSEC_FINDING_REPLAY_DUPLICATE || id == IPSEC_FINDING_REPLAY_CONFLICT ||
           id == IPSEC_FINDING_REPLAY_OLD || id == IPSEC_FINDING_ESN_WRONG_HIGH || id == IPSEC_FINDING_SEQ_REORDER ||
           id == IPSEC_FINDING_SEQ_RESTART;
}

/* The finding is about the window of the configured receiver. To a stack with a smaller window the number may be old,
 * to one with a larger window seen, or new. */
static unsigned by_own_window(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    if (ipsec_stacks_have(report->number.seen_by, stack))
        return id == IPSEC_FINDING_REPLAY_CONFLICT ? IPSEC_FAULT_REPLAY_CONFLICT : IPSEC_FAULT_REPLAY_DUPLICATE;
    if (ipsec_stacks_have(report->number.wrong_by, stack))
        return IPSEC_FAULT_ESN_WRONG_HIGH;
    return ipsec_stacks_have(report->number.old_by, stack) ? IPSEC_FAULT_REPLAY_OLD : IPSEC_FAULT_NONE;
}

/* Whether the stack treats the number 0 like any other. With ESN it comes again in each epoch. */
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
    /* No receiver checks for what only weakens the cipher, or for what is about other packets. */
    if (row->is_neighbour || row->group == IPSEC_GROUP_SECURITY || row->severity < IPSEC_SEVERITY_ERROR)
        return IPSEC_DECISION_PASSES;
    return IPSEC_DECISION_REFUSES;
}

/* --- distinctions of several stacks ------------------------------------------------------------------- */

/* The length in octets that a finding of the report marks; 0 if it is not there. */
static uint32_t octets_of(const ipsec_report *report, ipsec_finding_id id)
{
    const ipsec_finding *finding = ipsec_findings_get(&report->findings, id);

    return finding ? finding->length : 0;
}

static bool has_oddity(const ipsec_report *report, ipsec_oddities oddities)
{
    return (report->oddities & oddities) != 0;
}

/* Whether the key row is certainly that of the SA, so that the receiver uses what the row says. */
static bool has_sure_row(const ipsec_report *report)
{
    return report->opened.valid && report->opened.spec && report->opened.is_sure;
}

static bool has_right_icv(const ipsec_report *report)
{
    return report->opened.valid && report->opened.icv_status == IPSEC_ICV_GOOD;
}

/* In IPv6, a second AH after the first is not processed as a header of its own. */
static bool is_ah_behind_ah(const ipsec_report *report)
{
    return report->ip_version == 6 && has_right_icv(report) && report->opened.next_header == IPSEC_PROTOCOL_AH;
}

/* The BSDs zero mutable IPv6 options together with type and length, as sender and receiver. So a packet that follows
 * RFC 4302 fails. */
static unsigned covers_options(const ipsec_report *report, unsigned fault)
{
    return has_right_icv(report) ? fault : IPSEC_FAULT_NONE;
}

/* Whether AH says that an IP packet follows; the one that follows is too short. */
static bool names_packet(const ipsec_report *report)
{
    return has_right_icv(report) && ipsec_next_is_ip(report->opened.next_header);
}

/* --- FreeBSD ----------------------------------------------------------------------------------------- */

/* Whether the highest number is the last of 32 bits. ipsec_chkreplay() detects it; but it is not called if there is no
 * ICV, and ipsec_updatereplay(), after the decryption, refuses the number like any old one. */
static bool is_behind_end(const ipsec_report *report)
{
    if (report->opened.valid && report->opened.icv_status == IPSEC_ICV_NOT_PRESENT)
        return false;
    return has_highest(report) && (uint32_t)report->number.highest == UINT32_MAX;
}

/* FreeBSD looks for an SA with the SPI alone, and then requires a length in whole words (esp_input()). */
static unsigned freebsd_short(const ipsec_report *report)
{
    if (!has_oddity(report, IPSEC_ODDITY_SHORT_KNOWN | IPSEC_ODDITY_SHORT_UNKNOWN))
        return IPSEC_FAULT_NATT_ESP_TOO_SHORT;
    if (has_oddity(report, IPSEC_ODDITY_SHORT_UNKNOWN))
        return IPSEC_FAULT_NONE;
    return octets_of(report, IPSEC_FINDING_NATT_ESP_TOO_SHORT) == 4 ? IPSEC_FAULT_SHORT_OF_WORD
                                                                    : IPSEC_FAULT_NATT_ESP_TOO_SHORT;
}

static unsigned freebsd_fault(const ipsec_report *report, unsigned fault)
{
    switch (fault) {
    case IPSEC_FAULT_V6_CHANGING_OPTIONS:
        return covers_options(report, fault);
    case IPSEC_FAULT_SEQ_ZERO: /* ipsec_chkreplay() rejects it only while the highest number is 0 too */
        return has_highest(report) && report->number.highest > 0 ? IPSEC_FAULT_NONE : fault;
    case IPSEC_FAULT_REPLAY_OLD:
        return is_behind_end(report) ? IPSEC_FAULT_OLD_AT_END : fault;
    case IPSEC_FAULT_SEQ_WRAP:
        return is_behind_end(report) ? IPSEC_FAULT_WRAP_AT_END : fault;
    case IPSEC_FAULT_AH_ICV_LENGTH: /* the length is only compared with that of the SA */
    case IPSEC_FAULT_AH_V6_ALIGNMENT:
    case IPSEC_FAULT_AH_V4_EXTRA_PAD:
        return has_sure_row(report) ? IPSEC_FAULT_NONE : fault;
    case IPSEC_FAULT_AH_NEXT_HEADER:
        return is_ah_behind_ah(report) ? IPSEC_FAULT_AH_BEHIND_AH : fault;
    case IPSEC_FAULT_AH_NEXT_HEADER_MODE:
        return names_packet(report) ? IPSEC_FAULT_AH_INNER_TRUNCATED : fault;
    case IPSEC_FAULT_SA_ADDRESS_CHANGED: /* ports are compared, addresses are not */
        return has_sure_row(report) && report->opened.spec->source_port ? IPSEC_FAULT_NONE : fault;
    case IPSEC_FAULT_NATT_ESP_TOO_SHORT:
        return freebsd_short(report);
    default:
        return fault;
    }
}

/* --- OpenBSD ----------------------------------------------------------------------------------------- */

/* With ESN, checkreplaywindow() rejects the number 0 only while the highest is 0 or 1. */
static bool is_zero_as_any(const ipsec_report *report)
{
    const bool has_esn = report->opened.valid && report->opened.esn;

    return has_esn && has_highest(report) && report->number.highest > 1;
}

/* In UDP, a payload of 4 octets goes to the socket, and one of 8 octets is enough to look up an SA. */
static unsigned openbsd_short(const ipsec_report *report, unsigned fault)
{
    const uint32_t octets = octets_of(report, IPSEC_FINDING_NATT_ESP_TOO_SHORT);
    const bool is_header = octets == 8;

    return octets == 4 || is_header == (fault == IPSEC_FAULT_NATT_ESP_TOO_SHORT) ? IPSEC_FAULT_NONE : fault;
}

static unsigned openbsd_fault(const ipsec_report *report, unsigned fault)
{
    switch (fault) {
    case IPSEC_FAULT_V6_CHANGING_OPTIONS:
        return covers_options(report, fault);
    case IPSEC_FAULT_SEQ_ZERO:
        return is_zero_as_any(report) ? IPSEC_FAULT_NONE : fault;
    case IPSEC_FAULT_AH_ICV_LENGTH: /* the length is only compared with that of the SA */
    case IPSEC_FAULT_AH_V4_EXTRA_PAD:
        return has_sure_row(report) ? IPSEC_FAULT_NONE : fault;
    case IPSEC_FAULT_AH_NEXT_HEADER_MODE:
        return names_packet(report) ? IPSEC_FAULT_AH_INNER_TRUNCATED : fault;
    case IPSEC_FAULT_NATT_ESP_TOO_SHORT:
    case IPSEC_FAULT_SHORT_KNOWN:
    case IPSEC_FAULT_SHORT_UNKNOWN:
        return openbsd_short(report, fault);
    default:
        return fault;
    }
}

/* --- VPP --------------------------------------------------------------------------------------------- */

/* GRE and MPLS, which VPP accepts inside a tunnel's ESP besides IP. */
enum {
    PROTOCOL_GRE = 47,
    PROTOCOL_MPLS = 137
};

static bool is_taken_inside(uint8_t next)
{
    return ipsec_next_is_ip(next) || next == PROTOCOL_GRE || next == PROTOCOL_MPLS;
}

/* If there is room for IV and ICV and no more, the ICV is checked, and then the octets where the trailer should be. */
static unsigned vpp_short(const ipsec_report *report, unsigned fault)
{
    if (!has_sure_row(report))
        return fault;
    if (!report->opened.has_room)
        return IPSEC_FAULT_ESP_RUNT_FOR_SA;
    return report->opened.tail_known && !is_taken_inside(report->opened.tail_next) ? IPSEC_FAULT_RUNT_OF_TRAILER
                                                                                   : IPSEC_FAULT_NONE;
}

/* Policies match an SPI, regardless of the protocol. */
static unsigned vpp_unknown(const ipsec_report *report)
{
    const ipsec_finding *finding = ipsec_findings_get(&report->findings, IPSEC_FINDING_ESP_SPI_UNKNOWN);

    return finding && finding->advice_case == IPSEC_CASE_SPI_OTHER_PROTOCOL ? IPSEC_FAULT_ESP_OF_AH
                                                                            : IPSEC_FAULT_ESP_SPI_UNKNOWN;
}

static unsigned vpp_ah_fault(const ipsec_report *report, unsigned fault)
{
    switch (fault) {
    case IPSEC_FAULT_AH_LENGTH_OVERRUN: /* the length is not read: the ICV is expected in its regular place */
        if (!has_sure_row(report))
            return fault;
        return report->opened.unverified == IPSEC_UNVERIFIED_TOO_SHORT &&
                       report->opened.icv_status == IPSEC_ICV_UNVERIFIED
                   ? IPSEC_FAULT_AH_CUT
                   : IPSEC_FAULT_NONE;
    case IPSEC_FAULT_AH_NEXT_HEADER:
        return is_ah_behind_ah(report) ? IPSEC_FAULT_AH_BEHIND_AH : fault;
    case IPSEC_FAULT_AH_SPI_UNKNOWN: /* here, too, a policy ignores the protocol */
        return has_oddity(report, IPSEC_ODDITY_SEEN_BY_OTHER) ? IPSEC_FAULT_NONE : fault;
    case IPSEC_FAULT_AH_NEXT_HEADER_MODE: /* what is inside is not examined */
        return names_packet(report) ? IPSEC_FAULT_NONE : fault;
    default:
        return fault;
    }
}

static unsigned vpp_esp_fault(const ipsec_report *report, unsigned fault)
{
    switch (fault) {
    case IPSEC_FAULT_ESP_NO_PAYLOAD:
    case IPSEC_FAULT_ESP_BELOW_FLOOR:
    case IPSEC_FAULT_ESP_RUNT_FOR_SA:
        return vpp_short(report, fault);
    case IPSEC_FAULT_ESP_NEXT_HEADER:
    case IPSEC_FAULT_ESP_NEXT_HEADER_MODE:
        return report->opened.tail_known && is_taken_inside(report->opened.tail_next) ? IPSEC_FAULT_NONE : fault;
    case IPSEC_FAULT_ESP_SPI_UNKNOWN:
        return vpp_unknown(report);
    case IPSEC_FAULT_NATT_ESP_TOO_SHORT: /* 8 octets are enough to look for an SA */
        return octets_of(report, IPSEC_FINDING_NATT_ESP_TOO_SHORT) == 8 ? IPSEC_FAULT_NONE : fault;
    default:
        return fault;
    }
}

static unsigned vpp_fault(const ipsec_report *report, unsigned fault)
{
    const ipsec_outcome *outcome;

    /* VPP compares the source with that of the SA itself, not with that of earlier packets. */
    if (fault == IPSEC_FAULT_SA_ADDRESS_CHANGED && has_sure_row(report) && report->opened.spec->source.length > 0)
        return IPSEC_FAULT_NONE;
    fault = report->header.protocol == IPSEC_PROTOCOL_AH ? vpp_ah_fault(report, fault) : vpp_esp_fault(report, fault);
    if (fault == IPSEC_FAULT_NONE || !has_oddity(report, IPSEC_ODDITY_UDP_SHORT))
        return fault;
    /* VPP does not use the UDP length, so it sees other octets than were judged here. */
    outcome = ipsec_outcome_find(IPSEC_STACK_VPP, fault, ipsec_carriers_of(report));
    return outcome->stage >= IPSEC_STAGE_LENGTHS ? IPSEC_FAULT_NONE : fault;
}

/* --- strongSwan -------------------------------------------------------------------------------------- */

/* To libipsec a payload must parse as IP, whatever Next Header says; only then is Next Header checked, and what is
 * neither IPv4 nor IPv6 is silently discarded. */
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

/* Per stack: which fault it sees, if packets with one fault are not alike to it. */
static unsigned (*const told_apart[IPSEC_STACK_COUNT])(const ipsec_report *report, unsigned fault) = {
    [IPSEC_STACK_FREEBSD] = freebsd_fault,
    [IPSEC_STACK_OPENBSD] = openbsd_fault,
    [IPSEC_STACK_VPP] = vpp_fault,
    [IPSEC_STACK_STRONGSWAN] = strongswan_fault,
};

static unsigned fault_in(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    const unsigned fault = ipsec_is_of_window(id) ? by_own_window(stack, report, id) : id;

    /* stack.refuses only repeats what an outcome says. */
    if (fault == IPSEC_FAULT_NONE || id == IPSEC_FINDING_STACK_REFUSES ||
        (fault == IPSEC_FAULT_SEQ_ZERO && takes_zero(stack, report)))
        return IPSEC_FAULT_NONE;
    return told_apart[stack] ? told_apart[stack](report, fault) : fault;
}

static bool is_known_transport(const ipsec_opened *opened)
{
    const uint8_t mode = opened->like ? ipsec_terms_mode(opened->like, opened->terms) : IPSEC_MODE_ANY;

    return mode == IPSEC_MODE_TRANSPORT || mode == IPSEC_MODE_BEET;
}

/* Whether the stack makes this check of the content at all: not in a transport SA, nor without an IP packet. libipsec
 * ignores the mode. */
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

static ipsec_reaction reaction_to_fault(ipsec_stack stack, const ipsec_report *report, unsigned fault)
{
    ipsec_reaction reaction = {.fault = fault, .outcome = &ipsec_outcome_passes};

    if (reaction.fault != IPSEC_FAULT_NONE) {
        const ipsec_outcome *outcome = ipsec_outcome_find(stack, reaction.fault, ipsec_carriers_of(report));

        if (is_made(stack, report, outcome))
            reaction.outcome = outcome;
    }
    return reaction;
}

ipsec_reaction ipsec_reaction_to(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    return reaction_to_fault(stack, report, fault_in(stack, report, id));
}

ipsec_oddities ipsec_oddities_at(ipsec_stack stack, const ipsec_report *report)
{
    const ipsec_oddities before = report->oddities & IPSEC_ODDITY_BEFORE_FIRST;

    return before && !ipsec_stacks_have(report->number.before_by, stack) ? report->oddities & ~before
                                                                         : report->oddities;
}

ipsec_reaction ipsec_reaction_to_oddity(ipsec_stack stack, const ipsec_report *report, unsigned index)
{
    const unsigned fault = IPSEC_FAULT_FIRST_ODDITY + index;

    return reaction_to_fault(stack, report, told_apart[stack] ? told_apart[stack](report, fault) : fault);
}
