/* What each receiver reports: the table of receivers.def, and "the first check that fails".
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "receiver.h"
#include "inner.h"
#include "view.h"

#include <glib.h>

/* The order of checks, as far as all stacks share it; a stack that tests the sequence number before
 * the lengths uses EARLY_SEQUENCE. */
enum {
    STAGE_HEADER,
    STAGE_LOOKUP,
    STAGE_STATE,
    STAGE_EARLY_SEQUENCE,
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
    CARRIER_COUNT
};

#define INFERRED  true
#define PUBLISHED false
#define ROW(carrier, stack, symbol, place, verdict, text, source)                                                      \
    [CARRIED_AS_##carrier][IPSEC_STACK_##stack][IPSEC_FINDING_##symbol] = {                                            \
        .report = text, .stage = STAGE_##place, .decision = IPSEC_DECISION_##verdict, .inferred = source},
#define RECEIVER_AH(...)         ROW(AH, __VA_ARGS__)
#define RECEIVER_ESP_NATIVE(...) ROW(ESP, __VA_ARGS__) ROW(COMBINED_ESP, __VA_ARGS__)
#define RECEIVER_ESP_IN_UDP(...) ROW(ESP_IN_UDP, __VA_ARGS__) ROW(COMBINED_ESP_IN_UDP, __VA_ARGS__)
#define RECEIVER_SEPARATE(...)   ROW(ESP, __VA_ARGS__) ROW(ESP_IN_UDP, __VA_ARGS__)
#define RECEIVER_COMBINED(...)   ROW(COMBINED_ESP, __VA_ARGS__) ROW(COMBINED_ESP_IN_UDP, __VA_ARGS__)
#define RECEIVER_ESP(...)        RECEIVER_SEPARATE(__VA_ARGS__) RECEIVER_COMBINED(__VA_ARGS__)
#define RECEIVER_NATIVE(...)     RECEIVER_ESP_NATIVE(__VA_ARGS__) RECEIVER_AH(__VA_ARGS__)
#define RECEIVER(...)            RECEIVER_ESP(__VA_ARGS__) RECEIVER_AH(__VA_ARGS__)

static const ipsec_outcome outcomes[CARRIER_COUNT][IPSEC_STACK_COUNT][IPSEC_FINDING_COUNT] = {
#include "receivers.def"
};

#undef RECEIVER
#undef RECEIVER_NATIVE
#undef RECEIVER_ESP
#undef RECEIVER_COMBINED
#undef RECEIVER_SEPARATE
#undef RECEIVER_ESP_IN_UDP
#undef RECEIVER_ESP_NATIVE
#undef RECEIVER_AH
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

/* Findings that are each stack's own, by the size of its window. */
static bool is_of_window(ipsec_finding_id id)
{
    return id == IPSEC_FINDING_REPLAY_DUPLICATE || id == IPSEC_FINDING_REPLAY_CONFLICT ||
           id == IPSEC_FINDING_REPLAY_OLD || id == IPSEC_FINDING_ESN_WRONG_HIGH;
}

static bool refuses_by_window(ipsec_stack stack, const ipsec_report *report)
{
    return (report->seen_by | report->old_by) & 1u << stack;
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
    static const ipsec_outcome no_trailer = {.report = "parsing ESP payload failed: invalid length",
                                             .stage = STAGE_TRAILER,
                                             .decision = IPSEC_DECISION_REFUSES};
    static const ipsec_outcome no_ike = {.report = "received invalid IKE header", .decision = IPSEC_DECISION_REFUSES};
    const ipsec_outcome *rows = outcomes[carrier_of(report)][IPSEC_STACK_STRONGSWAN];

    if (rows[id].stage == STAGE_MODE)
        return strongswan_inside(report, &rows[id]);
    if (id == IPSEC_FINDING_ESP_RUNT_FOR_SA && report->is_opened && report->opened.lacks_trailer)
        return &no_trailer;
    if (id == IPSEC_FINDING_NATT_KEEPALIVE && octets_of(report, id) > 1)
        return &no_ike; /* what follows a marker is read as IKE */
    if (id == IPSEC_FINDING_NATT_ESP_TOO_SHORT && octets_of(report, id) == 8)
        return &rows[IPSEC_FINDING_ESP_NO_PAYLOAD]; /* the header is there */
    return &rows[id];
}

const ipsec_outcome *ipsec_receiver_row(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    static const ipsec_outcome refuses = {.decision = IPSEC_DECISION_REFUSES};
    static const ipsec_outcome passes = {.decision = IPSEC_DECISION_PASSES};
    static const ipsec_outcome vanishes = {.decision = IPSEC_DECISION_REFUSES, .stage = STAGE_HEADER};

    /* xfrm4_udp_encap_rcv() discards in silence what is shorter than the outer IP header. */
    if (stack == IPSEC_STACK_LINUX && report->below_ip_header)
        return &vanishes;

    const ipsec_outcome *row = &outcomes[carrier_of(report)][stack][id];

    if (stack == IPSEC_STACK_STRONGSWAN)
        row = strongswan_row(report, id);
    if (is_of_window(id) && !refuses_by_window(stack, report))
        return &passes;
    if (stack != IPSEC_STACK_RFC || row->decision != IPSEC_DECISION_PASSES)
        return row;
    /* No receiver looks at what weakens the cipher. */
    if (ipsec_catalogue(id)->group == IPSEC_GROUP_SECURITY)
        return &passes;
    return ipsec_catalogue(id)->severity == IPSEC_SEVERITY_ERROR ? &refuses : &passes;
}

/* Linux moves its window behind the transform, trailer and all; the others right behind the ICV. */
bool ipsec_receiver_keeps_window(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id)
{
    const ipsec_outcome *row = ipsec_receiver_row(stack, report, id);
    const unsigned moves_behind = stack == IPSEC_STACK_LINUX ? STAGE_TRAILER : STAGE_ICV;

    if (row->decision != IPSEC_DECISION_REFUSES)
        return false;
    if (stack == IPSEC_STACK_RFC)
        row = &outcomes[carrier_of(report)][IPSEC_STACK_WINDOWS][id];
    return row->stage <= moves_behind;
}

const ipsec_outcome *ipsec_outcome_at(ipsec_stack stack, const ipsec_report *report)
{
    const ipsec_outcome *first = NULL;

    if (!report->whole || !report->confirmed || report->assumed)
        return NULL;
    for (unsigned i = 0; i < report->count; i++) {
        const ipsec_outcome *outcome = ipsec_receiver_row(stack, report, (ipsec_finding_id)report->findings[i].id);

        if (outcome->decision != IPSEC_DECISION_PASSES && (!first || outcome->stage < first->stage))
            first = outcome;
    }
    return first && first->report ? first : NULL;
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
