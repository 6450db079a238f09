/* What each receiver reports: the table of receivers.def, and "the first check that fails".
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "receiver.h"
#include "crypto.h"
#include "inner.h"
#include "view.h"

#include <glib.h>
#include <limits.h>
#include <string.h>

/* The order of checks, as far as all stacks share it; a stack that tests the sequence number before
 * the lengths uses EARLY_SEQUENCE. */
enum {
    STAGE_IP, /* in front of IPsec */
    STAGE_HEADER,
    STAGE_LOOKUP,
    STAGE_STATE,
    STAGE_EARLY_SEQUENCE,
    STAGE_EARLY_LIFETIME,
    STAGE_LENGTHS,
    STAGE_SEQUENCE,
    STAGE_ICV,
    STAGE_TRAILER,
    STAGE_MODE,
    STAGE_POLICY
};

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

#define INFERRED  true
#define PUBLISHED false
#define ROW(carrier, stack, symbol, place, verdict, text, source)                                                      \
    [CARRIED_AS_##carrier][IPSEC_STACK_##stack][IPSEC_FINDING_##symbol] = {                                            \
        .report = text, .stage = STAGE_##place, .decision = IPSEC_DECISION_##verdict, .inferred = source},
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

static const ipsec_outcome outcomes[CARRIER_COUNT][IPSEC_STACK_COUNT][IPSEC_FINDING_COUNT] = {
#include "receivers.def"
};

#undef EVERY_RECEIVER
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
#undef INFERRED

static const ipsec_windows_error windows_errors[IPSEC_WINDOWS_ERROR_COUNT] = {
    {13910, 0xC0360001, 4965, "ERROR_IPSEC_BAD_SPI", "STATUS_IPSEC_BAD_SPI"},
    {13911, 0xC0360002, 0, "ERROR_IPSEC_SA_LIFETIME_EXPIRED", "STATUS_IPSEC_SA_LIFETIME_EXPIRED"},
    {13912, 0xC0360003, 0, "ERROR_IPSEC_WRONG_SA", "STATUS_IPSEC_WRONG_SA"},
    {13913, 0xC0360004, 4961, "ERROR_IPSEC_REPLAY_CHECK_FAILED", "STATUS_IPSEC_REPLAY_CHECK_FAILED"},
    {13914, 0xC0360005, 0, "ERROR_IPSEC_INVALID_PACKET", "STATUS_IPSEC_INVALID_PACKET"},
    {13915, 0xC0360006, 4960, "ERROR_IPSEC_INTEGRITY_CHECK_FAILED", "STATUS_IPSEC_INTEGRITY_CHECK_FAILED"},
    {13916, 0xC0360007, 4963, "ERROR_IPSEC_CLEAR_TEXT_DROP", "STATUS_IPSEC_CLEAR_TEXT_DROP"},
    {13917, 0xC0360008, 0, "ERROR_IPSEC_AUTH_FIREWALL_DROP", "STATUS_IPSEC_AUTH_FIREWALL_DROP"},
    {13918, 0xC0360009, 0, "ERROR_IPSEC_THROTTLE_DROP", "STATUS_IPSEC_THROTTLE_DROP"},
};

static unsigned carrier_of(const ipsec_report *report)
{
    const bool udp = report->encapsulation == IPSEC_ENCAPSULATION_UDP;

    if (report->protocol == IPSEC_PROTOCOL_AH)
        return CARRIED_AS_AH;
    if (report->combined_mode)
        return udp ? CARRIED_AS_COMBINED_ESP_IN_UDP : CARRIED_AS_COMBINED_ESP;
    return udp ? CARRIED_AS_ESP_IN_UDP : CARRIED_AS_ESP;
}

static bool has_stack(uint8_t stacks, ipsec_stack stack)
{
    return stacks >> stack & 1;
}

/* Findings that are each stack's own, by the size of its window: whether that of `stack` has the packet pass. */
static bool passes_window(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    switch (id) {
    case IPSEC_FINDING_REPLAY_DUPLICATE:
    case IPSEC_FINDING_REPLAY_CONFLICT:
    case IPSEC_FINDING_REPLAY_OLD:
        return !has_stack(report->seen_by | report->old_by, stack);
    case IPSEC_FINDING_ESN_WRONG_HIGH:
        return !has_stack(report->wrong_by, stack);
    case IPSEC_FINDING_SEQ_ZERO:
        return report->anti_replay == IPSEC_ANTI_REPLAY_OFF ||
               (report->is_followed && !has_stack(report->zero_by, stack));
    default:
        return false;
    }
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

/* Octets that a finding of the report speaks of; 0 if it is not there. */
static uint32_t octets_of(const ipsec_report *report, ipsec_finding_id id)
{
    for (unsigned i = 0; i < report->count; i++)
        if (report->findings[i].id == id)
            return report->findings[i].length;
    return 0;
}

static bool has_ip_inside(const ipsec_opened *opened)
{
    const uint32_t trailer = opened->pad_length + 2u;

    return opened->plaintext_length >= trailer &&
           ipsec_inner_parses(opened->plaintext, opened->plaintext_length - trailer);
}

/* What libipsec makes of a payload: it must parse as IP, whatever Next Header says; only then Next Header is looked at,
 * and what is neither IPv4 nor IPv6 is discarded in silence. */
static const ipsec_outcome *strongswan_inside(const ipsec_report *report, const ipsec_outcome *row)
{
    static const ipsec_outcome vanishes = {.decision = IPSEC_DECISION_REFUSES, .stage = STAGE_MODE};
    static const ipsec_outcome passes = {.decision = IPSEC_DECISION_PASSES};

    if (!report->is_opened || !report->opened.plaintext)
        return row;
    if (!has_ip_inside(&report->opened))
        return &outcomes[carrier_of(report)][IPSEC_STACK_STRONGSWAN][IPSEC_FINDING_ESP_EMPTY_PAYLOAD];
    return row->decision == IPSEC_DECISION_REFUSES ? &vanishes : &passes;
}

/* The row of a finding in this packet, where it is not the same in all. */
static const ipsec_outcome *strongswan_row(const ipsec_report *report, ipsec_finding_id id)
{
    const ipsec_outcome *rows = outcomes[carrier_of(report)][IPSEC_STACK_STRONGSWAN];
    const ipsec_outcome *variants = outcomes[CARRIED_AS_VARIANT][IPSEC_STACK_STRONGSWAN];

    if (rows[id].stage == STAGE_MODE)
        return strongswan_inside(report, &rows[id]);
    if (id == IPSEC_FINDING_ESP_RUNT_FOR_SA && report->is_opened && report->opened.lacks_trailer)
        return &variants[id];
    if (id == IPSEC_FINDING_NATT_KEEPALIVE && octets_of(report, id) > 1)
        return &variants[id]; /* what follows a marker is read as IKE */
    if (id == IPSEC_FINDING_NATT_ESP_TOO_SHORT && octets_of(report, id) == 8)
        return &rows[IPSEC_FINDING_ESP_NO_PAYLOAD]; /* the header is there */
    return &rows[id];
}

const ipsec_outcome *ipsec_receiver_row(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    if (stack == IPSEC_STACK_STRONGSWAN)
        return strongswan_row(report, id);
    return &outcomes[carrier_of(report)][stack][id];
}

ipsec_decision ipsec_receiver_decision(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    const ipsec_decision decision = (ipsec_decision)ipsec_receiver_row(stack, report, id)->decision;

    if (passes_window(stack, report, id))
        return IPSEC_DECISION_PASSES;
    if (id == IPSEC_FINDING_SEQ_ZERO && decision == IPSEC_DECISION_MAY_REFUSE &&
        report->anti_replay == IPSEC_ANTI_REPLAY_ON)
        return IPSEC_DECISION_REFUSES;
    if (stack == IPSEC_STACK_RFC && decision == IPSEC_DECISION_PASSES)
        return decision_of_rfc(id);
    return decision;
}

/* Where the check for `id` stands. The RFCs' order is that of Windows, which has no other to be known. */
static unsigned stage_of(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    return ipsec_receiver_row(stack == IPSEC_STACK_RFC ? IPSEC_STACK_WINDOWS : stack, report, id)->stage;
}

/* Whether the packet is refused for a finding before the check at `stage`. */
static bool is_refused_before(ipsec_stack stack, const ipsec_report *report, unsigned stage)
{
    for (unsigned i = 0; i < report->count; i++) {
        const ipsec_finding_id id = (ipsec_finding_id)report->findings[i].id;

        if (stage_of(stack, report, id) < stage && ipsec_receiver_decision(stack, report, id) == IPSEC_DECISION_REFUSES)
            return true;
    }
    return false;
}

bool ipsec_receiver_reaches(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    return !is_refused_before(stack, report, stage_of(stack, report, id));
}

/* Linux moves its window behind the transform, trailer and all; the others right behind the ICV. */
bool ipsec_receiver_moves_window(ipsec_stack stack, const ipsec_report *report)
{
    return !is_refused_before(stack, report, stack == IPSEC_STACK_LINUX ? STAGE_TRAILER + 1 : STAGE_ICV + 1);
}

uint8_t ipsec_refused_by(const ipsec_report *report)
{
    uint8_t stacks = report->refused_by;

    if (!report->confirmed || report->assumed)
        return stacks;
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        if (is_refused_before((ipsec_stack)stack, report, UINT_MAX))
            stacks |= (uint8_t)(1u << stack);
    return stacks;
}

/* The finding that `stack` reports: that of the first check that fails, or may fail. NULL if there is none, or it is
 * not known what the stack got. */
static const ipsec_finding *first_refusal(ipsec_stack stack, const ipsec_report *report)
{
    const ipsec_finding *first = NULL;

    if (!report->whole || !report->confirmed || report->assumed || has_stack(report->refused_by, stack))
        return NULL;
    for (unsigned i = 0; i < report->count; i++) {
        const ipsec_finding *finding = &report->findings[i];
        const ipsec_finding_id id = (ipsec_finding_id)finding->id;

        if (ipsec_receiver_decision(stack, report, id) != IPSEC_DECISION_PASSES &&
            (!first || stage_of(stack, report, id) < stage_of(stack, report, (ipsec_finding_id)first->id)))
            first = finding;
    }
    return first;
}

const ipsec_outcome *ipsec_outcome_at(ipsec_stack stack, const ipsec_report *report)
{
    const ipsec_finding *first = first_refusal(stack, report);
    const ipsec_outcome *outcome = first ? ipsec_receiver_row(stack, report, (ipsec_finding_id)first->id) : NULL;

    return outcome && outcome->report ? outcome : NULL;
}

/* esp_input() has the cipher and the ICV looked at, and counts what that refuses, from IV and ICV on; every other
 * length is refused uncounted. ah_input() tests the lengths first. */
static bool counts_as_failed(const ipsec_report *report, ipsec_finding_id id)
{
    if (id == IPSEC_FINDING_ESN_WRONG_HIGH || id == IPSEC_FINDING_AH_ICV)
        return true;
    return report->protocol == IPSEC_PROTOCOL_ESP && report->is_opened && report->opened.has_room &&
           report->opened.icv_status == IPSEC_ICV_BAD;
}

const char *ipsec_linux_sa_counter(const ipsec_report *report)
{
    const ipsec_finding *first = first_refusal(IPSEC_STACK_LINUX, report);
    const ipsec_finding_id id = first ? (ipsec_finding_id)first->id : IPSEC_FINDING_COUNT;

    switch (id) {
    case IPSEC_FINDING_REPLAY_DUPLICATE:
    case IPSEC_FINDING_REPLAY_CONFLICT:
    case IPSEC_FINDING_REPLAY_OLD:
        return has_stack(report->seen_by, IPSEC_STACK_LINUX) ? "replay" : "replay-window";
    default:
        break;
    }
    if (!first || stage_of(IPSEC_STACK_LINUX, report, id) < STAGE_LENGTHS || !counts_as_failed(report, id))
        return NULL;
    return "failed";
}

ipsec_decision ipsec_receiver_reports(ipsec_stack stack, ipsec_finding_id id, const char *text)
{
    uint8_t surest = IPSEC_DECISION_PASSES;

    for (unsigned carrier = 0; carrier < CARRIER_COUNT; carrier++) {
        const ipsec_outcome *outcome = &outcomes[carrier][stack][id];

        if (outcome->report && strcmp(outcome->report, text) == 0)
            surest = MAX(surest, outcome->decision);
    }
    return (ipsec_decision)surest;
}

/* Whether a row in front of the finding's, or of its own in front of the carrier's, has the same report. */
static bool is_told_before(ipsec_stack stack, unsigned id, unsigned carrier)
{
    const char *text = outcomes[carrier][stack][id].report;

    for (unsigned before = 0; before < id; before++)
        if (ipsec_receiver_reports(stack, (ipsec_finding_id)before, text) != IPSEC_DECISION_PASSES)
            return true;
    for (unsigned before = 0; before < carrier; before++)
        if (g_strcmp0(outcomes[before][stack][id].report, text) == 0)
            return true;
    return false;
}

const char *ipsec_receiver_report(ipsec_stack stack, unsigned index)
{
    for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++)
        for (unsigned carrier = 0; carrier < CARRIER_COUNT; carrier++) {
            const char *text = outcomes[carrier][stack][id].report;

            if (text && !is_told_before(stack, id, carrier) && index-- == 0)
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
