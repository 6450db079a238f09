/* What each receiver reports: the table of receivers.def, and "the first check that fails".
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/receiver.h"
#include "keys/crypto.h"
#include "keys/terms.h"
#include "packet/inner.h"
#include "packet/view.h"

#include <glib.h>
#include <limits.h>
#include <string.h>

/* The order of checks, as far as all stacks share it. A stack that tests the sequence number before the lengths uses
 * EARLY_SEQUENCE, one that refuses it when the ICV has verified LATE_SEQUENCE. */
enum {
    STAGE_IP, /* in front of IPsec */
    STAGE_HEADER,
    STAGE_LOOKUP,
    STAGE_STATE,
    STAGE_EARLY_SEQUENCE,
    STAGE_EARLY_LIFETIME,
    STAGE_LENGTHS,
    STAGE_SEQUENCE,
    STAGE_LIFETIME,
    STAGE_ICV,
    STAGE_LATE_SEQUENCE,
    STAGE_TRAILER,
    STAGE_MODE,  /* whether the next header fits; with MAY_REFUSE in tunnel SAs only */
    STAGE_INNER, /* the IP packet inside, where there is one */
    STAGE_POLICY
};

/* Rows of the table that are no findings: what a stack tells apart, and the catalogue does not. */
enum {
    IPSEC_FINDING_OLD_AT_END = IPSEC_FINDING_COUNT, /* replay.old, behind the last number of 32 bits */
    IPSEC_FINDING_WRAP_AT_END,                      /* seq.wrap, likewise */
    ROW_COUNT
};

/* The stack takes the packet as far as this finding goes. */
#define NO_ROW ROW_COUNT

/* How a header is carried, for the tables differ. */
enum {
    CARRIED_AS_AH,
    CARRIED_AS_ESP,
    CARRIED_AS_ESP_IN_UDP,
    CARRIED_AS_COMBINED_ESP,
    CARRIED_AS_COMBINED_ESP_IN_UDP,
    CARRIED_AS_VARIANT, /* however it is: packets that are told apart by what is in them */
    CARRIER_COUNT
};

#define LOG(text) .log = text
#define INFERRED  true
#define PUBLISHED false
/* What comes last is whether it is inferred, and with Windows the event. */
#define ROW(carrier, stack, symbol, place, verdict, text, ...)                                                         \
    [CARRIED_AS_##carrier][IPSEC_STACK_##stack][IPSEC_FINDING_##symbol] = {                                            \
        .report = text, .stage = STAGE_##place, .decision = IPSEC_DECISION_##verdict, .inferred = __VA_ARGS__},
#define RECEIVER_VARIANT(...)    ROW(VARIANT, __VA_ARGS__)
#define RECEIVER_AH(...)         ROW(AH, __VA_ARGS__)
#define RECEIVER_ESP_NATIVE(...) ROW(ESP, __VA_ARGS__) ROW(COMBINED_ESP, __VA_ARGS__)
#define RECEIVER_ESP_IN_UDP(...) ROW(ESP_IN_UDP, __VA_ARGS__) ROW(COMBINED_ESP_IN_UDP, __VA_ARGS__)
#define RECEIVER_SEPARATE(...)   ROW(ESP, __VA_ARGS__) ROW(ESP_IN_UDP, __VA_ARGS__)
#define RECEIVER_COMBINED(...)   ROW(COMBINED_ESP, __VA_ARGS__) ROW(COMBINED_ESP_IN_UDP, __VA_ARGS__)
#define RECEIVER_ESP(...)        RECEIVER_SEPARATE(__VA_ARGS__) RECEIVER_COMBINED(__VA_ARGS__)
#define RECEIVER_NATIVE(...)     RECEIVER_ESP_NATIVE(__VA_ARGS__) RECEIVER_AH(__VA_ARGS__)
#define RECEIVER(...)            RECEIVER_ESP(__VA_ARGS__) RECEIVER_AH(__VA_ARGS__)
#define EVERY_RECEIVER(...)                                                                                            \
    RECEIVER(WINDOWS, __VA_ARGS__)                                                                                     \
    RECEIVER(LINUX, __VA_ARGS__)                                                                                       \
    RECEIVER(FREEBSD, __VA_ARGS__)                                                                                     \
    RECEIVER(OPENBSD, __VA_ARGS__)                                                                                     \
    RECEIVER(VPP, __VA_ARGS__)                                                                                         \
    RECEIVER(STRONGSWAN, __VA_ARGS__)
#define NO_EVENT 0
#define WINDOWS(symbol, place, verdict, text, number, source)                                                          \
    RECEIVER(WINDOWS, symbol, place, verdict, text, source, .event = number)

static const ipsec_outcome outcomes[CARRIER_COUNT][IPSEC_STACK_COUNT][ROW_COUNT] = {
#include "report/receivers.def"
};

#undef WINDOWS
#undef EVERY_RECEIVER
#undef NO_EVENT
#undef RECEIVER
#undef RECEIVER_NATIVE
#undef RECEIVER_ESP
#undef RECEIVER_COMBINED
#undef RECEIVER_SEPARATE
#undef RECEIVER_ESP_IN_UDP
#undef RECEIVER_ESP_NATIVE
#undef RECEIVER_AH
#undef RECEIVER_VARIANT
#undef ROW
#undef PUBLISHED
#undef LOG
#undef INFERRED

static const ipsec_windows_error windows_errors[IPSEC_WINDOWS_ERROR_COUNT] = {
    {13910, 0xC0360001, "ERROR_IPSEC_BAD_SPI", "STATUS_IPSEC_BAD_SPI"},
    {13911, 0xC0360002, "ERROR_IPSEC_SA_LIFETIME_EXPIRED", "STATUS_IPSEC_SA_LIFETIME_EXPIRED"},
    {13912, 0xC0360003, "ERROR_IPSEC_WRONG_SA", "STATUS_IPSEC_WRONG_SA"},
    {13913, 0xC0360004, "ERROR_IPSEC_REPLAY_CHECK_FAILED", "STATUS_IPSEC_REPLAY_CHECK_FAILED"},
    {13914, 0xC0360005, "ERROR_IPSEC_INVALID_PACKET", "STATUS_IPSEC_INVALID_PACKET"},
    {13915, 0xC0360006, "ERROR_IPSEC_INTEGRITY_CHECK_FAILED", "STATUS_IPSEC_INTEGRITY_CHECK_FAILED"},
    {13916, 0xC0360007, "ERROR_IPSEC_CLEAR_TEXT_DROP", "STATUS_IPSEC_CLEAR_TEXT_DROP"},
    {13917, 0xC0360008, "ERROR_IPSEC_AUTH_FIREWALL_DROP", "STATUS_IPSEC_AUTH_FIREWALL_DROP"},
    {13918, 0xC0360009, "ERROR_IPSEC_THROTTLE_DROP", "STATUS_IPSEC_THROTTLE_DROP"},
};

static const ipsec_outcome passes = {.decision = IPSEC_DECISION_PASSES};

static unsigned carrier_of(const ipsec_report *report)
{
    const bool udp = report->header.encapsulation == IPSEC_ENCAPSULATION_UDP;

    if (report->header.protocol == IPSEC_PROTOCOL_AH)
        return CARRIED_AS_AH;
    if (report->opened.combined_mode)
        return udp ? CARRIED_AS_COMBINED_ESP_IN_UDP : CARRIED_AS_COMBINED_ESP;
    return udp ? CARRIED_AS_ESP_IN_UDP : CARRIED_AS_ESP;
}

static bool has_esn(const ipsec_report *report)
{
    return report->opened.valid && report->opened.esn;
}

/* Whether a finding is about where the number lies. */
static bool is_of_window(ipsec_finding_id id)
{
    return id == IPSEC_FINDING_REPLAY_DUPLICATE || id == IPSEC_FINDING_REPLAY_CONFLICT ||
           id == IPSEC_FINDING_REPLAY_OLD || id == IPSEC_FINDING_ESN_WRONG_HIGH || id == IPSEC_FINDING_SEQ_REORDER ||
           id == IPSEC_FINDING_SEQ_RESTART;
}

/* Whether a finding rests on the packets before: on the window, or on what they have spent of the SA's life. */
static bool is_of_state(ipsec_finding_id id)
{
    return is_of_window(id) || id == IPSEC_FINDING_SA_EXPIRED || id == IPSEC_FINDING_ESP_SPI_UNKNOWN ||
           id == IPSEC_FINDING_AH_SPI_UNKNOWN;
}

/* The finding speaks of one receiver's window. To a stack with a smaller one the number may be old, to one with a
 * larger one seen, or new. */
static unsigned by_own_window(ipsec_stack stack, const ipsec_report *report, unsigned row)
{
    if (ipsec_stacks_have(report->number.seen_by, stack))
        return row == IPSEC_FINDING_REPLAY_CONFLICT ? row : IPSEC_FINDING_REPLAY_DUPLICATE;
    if (ipsec_stacks_have(report->number.wrong_by, stack))
        return IPSEC_FINDING_ESN_WRONG_HIGH;
    return ipsec_stacks_have(report->number.old_by, stack) ? IPSEC_FINDING_REPLAY_OLD : NO_ROW;
}

/* Whether the number 0 is one as any: with ESN it comes again in each epoch, and FreeBSD's ipsec_chkreplay() minds it
 * only as long as the highest number is 0 too, OpenBSD's checkreplaywindow() with ESN as long as that is 0 or 1. */
static bool takes_zero(ipsec_stack stack, const ipsec_report *report)
{
    if (report->anti_replay == IPSEC_ANTI_REPLAY_OFF ||
        (report->number.is_followed && !ipsec_stacks_have(report->number.zero_by, stack)))
        return true;
    if (!report->number.is_placed || !report->number.has_highest)
        return false;
    if (stack == IPSEC_STACK_OPENBSD)
        return has_esn(report) && report->number.highest > 1;
    return stack == IPSEC_STACK_FREEBSD && report->number.highest > 0;
}

/* Whether the highest number is the last of 32 bits. FreeBSD's ipsec_chkreplay() finds it; but it is not called where
 * there is no ICV, and ipsec_updatereplay(), behind the decryption, refuses the number as any old one. */
static bool is_behind_end(const ipsec_report *report)
{
    if (!report->number.is_placed || (report->opened.valid && report->opened.icv_status == IPSEC_ICV_NOT_PRESENT))
        return false;
    return report->number.has_highest && (uint32_t)report->number.highest == UINT32_MAX;
}

/* The row of the table that speaks of the finding in this packet. */
static unsigned select_row(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    const unsigned row = is_of_window(id) ? by_own_window(stack, report, id) : id;

    if (row == IPSEC_FINDING_SEQ_ZERO && takes_zero(stack, report))
        return NO_ROW;
    if (stack == IPSEC_STACK_FREEBSD && row == IPSEC_FINDING_REPLAY_OLD && is_behind_end(report))
        return IPSEC_FINDING_OLD_AT_END;
    if (stack == IPSEC_STACK_FREEBSD && row == IPSEC_FINDING_SEQ_WRAP && is_behind_end(report))
        return IPSEC_FINDING_WRAP_AT_END;
    return row;
}

static bool is_known_transport(const ipsec_opened *opened)
{
    const uint8_t mode = opened->spec ? ipsec_terms_mode(opened->spec, opened->terms) : IPSEC_MODE_ANY;

    return mode == IPSEC_MODE_TRANSPORT || mode == IPSEC_MODE_BEET;
}

/* Whether the stack makes this check of what is inside at all: not in a transport SA, nor without an IP packet. */
static bool is_made(const ipsec_report *report, const ipsec_outcome *outcome)
{
    const ipsec_opened *opened = &report->opened;

    if (!report->opened.valid)
        return true;
    if (outcome->stage == STAGE_MODE && outcome->decision == IPSEC_DECISION_MAY_REFUSE)
        return !is_known_transport(opened);
    if (outcome->stage == STAGE_INNER)
        return !is_known_transport(opened) && ipsec_mode_fits(opened->next_header, IPSEC_MODE_TUNNEL);
    return true;
}

/* Octets that a finding of the report speaks of; 0 if it is not there. */
static uint32_t octets_of(const ipsec_report *report, ipsec_finding_id id)
{
    const ipsec_finding *finding = ipsec_findings_get(&report->findings, id);

    return finding ? finding->length : 0;
}

/* What libipsec makes of a payload: it must parse as IP, whatever Next Header says; only then Next Header is looked at,
 * and what is neither IPv4 nor IPv6 is discarded in silence. */
static const ipsec_outcome *strongswan_inside(const ipsec_report *report, const ipsec_outcome *row)
{
    static const ipsec_outcome vanishes = {.decision = IPSEC_DECISION_REFUSES, .stage = STAGE_MODE};

    if (!report->opened.valid || !report->opened.plaintext)
        return row;
    if (!report->opened.inside_parses)
        return &outcomes[carrier_of(report)][IPSEC_STACK_STRONGSWAN][IPSEC_FINDING_ESP_EMPTY_PAYLOAD];
    return row->decision == IPSEC_DECISION_REFUSES ? &vanishes : &passes;
}

/* What strongSwan makes of a row in this packet, where it is not the same in all. */
static const ipsec_outcome *strongswan_outcome(const ipsec_report *report, unsigned row)
{
    const ipsec_outcome *rows = outcomes[carrier_of(report)][IPSEC_STACK_STRONGSWAN];
    const ipsec_outcome *variants = outcomes[CARRIED_AS_VARIANT][IPSEC_STACK_STRONGSWAN];

    if (rows[row].stage == STAGE_MODE)
        return strongswan_inside(report, &rows[row]);
    if (row == IPSEC_FINDING_ESP_RUNT_FOR_SA && report->opened.valid && report->opened.lacks_trailer)
        return &variants[row];
    if (row == IPSEC_FINDING_NATT_KEEPALIVE && octets_of(report, (ipsec_finding_id)row) > 1)
        return &variants[row]; /* what follows a marker is read as IKE */
    if (row == IPSEC_FINDING_NATT_ESP_TOO_SHORT && octets_of(report, (ipsec_finding_id)row) == 8)
        return &rows[IPSEC_FINDING_ESP_NO_PAYLOAD]; /* the header is there */
    return &rows[row];
}

/* The outcome of a row that was selected. */
static const ipsec_outcome *outcome_of(ipsec_stack stack, const ipsec_report *report, unsigned row)
{
    const ipsec_outcome *outcome;

    if (row == NO_ROW)
        return &passes;
    if (stack == IPSEC_STACK_STRONGSWAN)
        return strongswan_outcome(report, row);
    outcome = &outcomes[carrier_of(report)][stack][row];
    return is_made(report, outcome) ? outcome : &passes;
}

const ipsec_outcome *ipsec_receiver_row(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    return outcome_of(stack, report, select_row(stack, report, id));
}

/* The RFCs leave the counters to each stack, and say what must be refused. */
static ipsec_decision decision_of_rfc(ipsec_finding_id id)
{
    const ipsec_catalogue_row *row = ipsec_catalogue(id);

    /* No receiver looks at what weakens the cipher. */
    if (row->group == IPSEC_GROUP_SECURITY || row->severity < IPSEC_SEVERITY_ERROR)
        return IPSEC_DECISION_PASSES;
    return IPSEC_DECISION_REFUSES;
}

/* What the stack does if the finding is right. */
static ipsec_decision sure_decision(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    const unsigned row = select_row(stack, report, id);
    const ipsec_decision decision = (ipsec_decision)outcome_of(stack, report, row)->decision;

    if (row == NO_ROW)
        return IPSEC_DECISION_PASSES;
    if (id == IPSEC_FINDING_SEQ_ZERO && decision == IPSEC_DECISION_MAY_REFUSE &&
        report->anti_replay == IPSEC_ANTI_REPLAY_ON)
        return IPSEC_DECISION_REFUSES;
    if (stack == IPSEC_STACK_RFC && decision == IPSEC_DECISION_PASSES)
        return decision_of_rfc((ipsec_finding_id)row);
    return decision;
}

ipsec_decision ipsec_receiver_decision(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    const ipsec_decision decision = sure_decision(stack, report, id);

    if (decision == IPSEC_DECISION_REFUSES &&
        ((report->number.is_doubtful && is_of_state(id)) || ipsec_finding_set_has(&report->findings.assumed, id)))
        return IPSEC_DECISION_MAY_REFUSE;
    return decision;
}

/* Where the check for `id` stands. The RFCs' order is that of Windows, which has no other to be known, unless a row
 * says otherwise. */
static unsigned stage_of(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    const unsigned stage = ipsec_receiver_row(stack, report, id)->stage;

    return stack == IPSEC_STACK_RFC && stage == 0 ? ipsec_receiver_row(IPSEC_STACK_WINDOWS, report, id)->stage : stage;
}

/* Whether the packet is refused for a finding before the check at `stage`. */
static bool is_refused_before(ipsec_stack stack, const ipsec_report *report, unsigned stage)
{
    const ipsec_finding_set *all = &report->findings.all;

    for (unsigned i = 0; (i = ipsec_finding_set_next(all, i)) < IPSEC_FINDING_COUNT; i++) {
        const ipsec_finding_id id = (ipsec_finding_id)i;

        if (stage_of(stack, report, id) < stage && ipsec_receiver_decision(stack, report, id) == IPSEC_DECISION_REFUSES)
            return true;
    }
    return false;
}

bool ipsec_receiver_reaches(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    return !is_refused_before(stack, report, stage_of(stack, report, id));
}

/* Linux moves its window behind the transform, trailer and all; the others right behind the ICV, where they ask it once
 * more. */
bool ipsec_receiver_moves_window(ipsec_stack stack, const ipsec_report *report)
{
    return !is_refused_before(stack, report, stack == IPSEC_STACK_LINUX ? STAGE_TRAILER + 1 : STAGE_LATE_SEQUENCE + 1);
}

ipsec_stacks ipsec_refused_by(const ipsec_report *report)
{
    ipsec_stacks stacks = report->refused_by;

    if (!report->confirmed)
        return stacks;
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        if (is_refused_before((ipsec_stack)stack, report, UINT_MAX))
            stacks |= ipsec_stack_bit((ipsec_stack)stack);
    return stacks;
}

/* The finding that `stack` reports: that of the first check that fails, or may fail. IPSEC_FINDING_COUNT if there is
 * none, if it is not known what the stack got, or if it got the packet but once and it was captured before. */
static ipsec_finding_id first_refusal(ipsec_stack stack, const ipsec_report *report)
{
    const ipsec_findings *findings = &report->findings;
    ipsec_finding_id first = IPSEC_FINDING_COUNT;

    if (!findings->whole || !report->confirmed || ipsec_stacks_have(report->refused_by, stack) ||
        ipsec_findings_have(findings, IPSEC_FINDING_CAPTURE_DUPLICATE))
        return IPSEC_FINDING_COUNT;
    for (unsigned i = 0; (i = ipsec_finding_set_next(&findings->all, i)) < IPSEC_FINDING_COUNT; i++) {
        const ipsec_finding_id id = (ipsec_finding_id)i;

        if (!ipsec_finding_set_has(&findings->assumed, id) &&
            ipsec_receiver_decision(stack, report, id) != IPSEC_DECISION_PASSES &&
            (first == IPSEC_FINDING_COUNT || stage_of(stack, report, id) < stage_of(stack, report, first)))
            first = id;
    }
    return first;
}

const ipsec_outcome *ipsec_outcome_at(ipsec_stack stack, const ipsec_report *report)
{
    const ipsec_finding_id first = first_refusal(stack, report);
    const ipsec_outcome *outcome = first < IPSEC_FINDING_COUNT ? ipsec_receiver_row(stack, report, first) : NULL;

    return outcome && outcome->report ? outcome : NULL;
}

/* esp_input() has the cipher and the ICV looked at, and counts what that refuses, from IV and ICV on; every other
 * length is refused uncounted. ah_input() tests the lengths first. */
static bool counts_as_failed(const ipsec_report *report, unsigned row)
{
    if (row == IPSEC_FINDING_ESN_WRONG_HIGH || row == IPSEC_FINDING_AH_ICV)
        return true;
    return report->header.protocol == IPSEC_PROTOCOL_ESP && report->opened.valid && report->opened.has_room &&
           report->opened.icv_status == IPSEC_ICV_BAD;
}

const char *ipsec_linux_sa_counter(const ipsec_report *report)
{
    const ipsec_finding_id first = first_refusal(IPSEC_STACK_LINUX, report);
    unsigned row;

    if (first == IPSEC_FINDING_COUNT)
        return NULL;
    row = select_row(IPSEC_STACK_LINUX, report, first);
    if (row == IPSEC_FINDING_REPLAY_OLD)
        return "replay-window";
    if (row == IPSEC_FINDING_REPLAY_DUPLICATE || row == IPSEC_FINDING_REPLAY_CONFLICT)
        return "replay";
    if (outcome_of(IPSEC_STACK_LINUX, report, row)->stage < STAGE_LENGTHS || !counts_as_failed(report, row))
        return NULL;
    return "failed";
}

/* What somebody has before him who looks at the stack: its log, where it has one. */
static const char *words_of(const ipsec_outcome *outcome)
{
    return outcome->log ? outcome->log : outcome->report;
}

static uint8_t row_reports(ipsec_stack stack, unsigned row, const char *text)
{
    uint8_t surest = IPSEC_DECISION_PASSES;

    for (unsigned carrier = 0; carrier < CARRIER_COUNT; carrier++) {
        const ipsec_outcome *outcome = &outcomes[carrier][stack][row];

        if (g_strcmp0(words_of(outcome), text) == 0)
            surest = MAX(surest, outcome->decision);
    }
    return surest;
}

ipsec_decision ipsec_receiver_reports(ipsec_stack stack, ipsec_finding_id id, const char *text)
{
    const unsigned row = id == IPSEC_FINDING_SEQ_RESTART ? IPSEC_FINDING_REPLAY_OLD : id;
    unsigned variant = row;

    if (row == IPSEC_FINDING_REPLAY_OLD)
        variant = IPSEC_FINDING_OLD_AT_END;
    if (row == IPSEC_FINDING_SEQ_WRAP)
        variant = IPSEC_FINDING_WRAP_AT_END;
    return (ipsec_decision)MAX(row_reports(stack, row, text), row_reports(stack, variant, text));
}

/* Whether a row in front of this one, or the row itself in front of the carrier's, has the same report. */
static bool is_told_before(ipsec_stack stack, unsigned row, unsigned carrier)
{
    const char *text = words_of(&outcomes[carrier][stack][row]);

    for (unsigned before = 0; before < row; before++)
        if (row_reports(stack, before, text) != IPSEC_DECISION_PASSES)
            return true;
    for (unsigned before = 0; before < carrier; before++)
        if (g_strcmp0(words_of(&outcomes[before][stack][row]), text) == 0)
            return true;
    return false;
}

const char *ipsec_receiver_report(ipsec_stack stack, unsigned index)
{
    for (unsigned row = 0; row < ROW_COUNT; row++)
        for (unsigned carrier = 0; carrier < CARRIER_COUNT; carrier++) {
            const char *text = words_of(&outcomes[carrier][stack][row]);

            if (text && !is_told_before(stack, row, carrier) && index-- == 0)
                return text;
        }
    return NULL;
}

const ipsec_windows_error *ipsec_windows_error_row(unsigned index)
{
    return index < IPSEC_WINDOWS_ERROR_COUNT ? &windows_errors[index] : NULL;
}

const ipsec_windows_error *ipsec_windows_error_of(const ipsec_outcome *outcome)
{
    if (!outcome)
        return NULL;
    return ipsec_windows_error_row((unsigned)(g_ascii_strtoull(outcome->report, NULL, 10) - windows_errors[0].error));
}
