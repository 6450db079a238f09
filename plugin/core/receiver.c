/* What each receiver reports: the table of receivers.def, and "the first check that fails".
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "receiver.h"
#include "view.h"

#include <glib.h>

/* The order of checks, as far as all stacks share it; a stack that tests the sequence number before
 * the lengths uses EARLY_SEQUENCE. */
enum { STAGE_HEADER, STAGE_LOOKUP, STAGE_EARLY_SEQUENCE, STAGE_LENGTHS, STAGE_SEQUENCE };

static const ipsec_outcome outcomes[IPSEC_STACK_COUNT][IPSEC_FINDING_COUNT] = {
#define INFERRED true
#define PUBLISHED false
#define RECEIVER(stack, symbol, place, verdict, text, source)                                                    \
    [IPSEC_STACK_##stack][IPSEC_FINDING_##symbol] = {.report = text,                                             \
                                                     .stage = STAGE_##place,                                     \
                                                     .decision = IPSEC_DECISION_##verdict,                       \
                                                     .inferred = source},
#define RECEIVER_ESP_AH(stack, symbol, place, verdict, esp_text, ah_text, source)                                \
    [IPSEC_STACK_##stack][IPSEC_FINDING_##symbol] = {.report = esp_text,                                         \
                                                     .ah_report = ah_text,                                       \
                                                     .stage = STAGE_##place,                                     \
                                                     .decision = IPSEC_DECISION_##verdict,                       \
                                                     .inferred = source},
#include "receivers.def"
#undef RECEIVER_ESP_AH
#undef RECEIVER
#undef INFERRED
#undef PUBLISHED
};

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

const ipsec_outcome *ipsec_receiver_row(ipsec_stack stack, ipsec_finding_id id)
{
    return &outcomes[stack][id];
}

const ipsec_outcome *ipsec_outcome_at(ipsec_stack stack, const ipsec_report *report)
{
    const ipsec_outcome *first = NULL;

    if (!report->whole)
        return NULL;
    for (unsigned i = 0; i < report->count; i++) {
        const ipsec_outcome *outcome = &outcomes[stack][report->findings[i].id];

        if (outcome->report && (!first || outcome->stage < first->stage))
            first = outcome;
    }
    return first;
}

const char *ipsec_outcome_text(const ipsec_outcome *outcome, const ipsec_report *report)
{
    if (!outcome)
        return NULL;
    return report->protocol == IPSEC_PROTOCOL_AH && outcome->ah_report ? outcome->ah_report : outcome->report;
}

ipsec_decision ipsec_receiver_decision(ipsec_stack stack, ipsec_finding_id id)
{
    if (stack != IPSEC_STACK_RFC)
        return (ipsec_decision)outcomes[stack][id].decision;
    return ipsec_catalogue(id)->severity == IPSEC_SEVERITY_ERROR ? IPSEC_DECISION_REFUSES
                                                                 : IPSEC_DECISION_PASSES;
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
