/* Sums over the packets of an SA. SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/tally.h"
#include "keys/spec.h"
#include "sa/window.h"

#include <glib.h>

/* An unverified number that is farther ahead than this counts only when a later packet continues from it. */
#define FAR 2048u

static void add_size(ipsec_tally_sizes *sizes, uint32_t octets)
{
    sizes->smallest = sizes->count > 0 ? MIN(sizes->smallest, octets) : octets;
    sizes->largest = MAX(sizes->largest, octets);
    sizes->count++;
}

static bool is_good(const ipsec_report *report)
{
    return report->opened.valid && report->opened.icv_status == IPSEC_ICV_GOOD;
}

static bool is_bad(const ipsec_report *report)
{
    return report->opened.valid && report->opened.icv_status == IPSEC_ICV_BAD;
}

static void add_opened(ipsec_tally *tally, const ipsec_opened *opened)
{
    if (!opened->spec) {
        tally->by_heuristic = true;
        return;
    }
    tally->has_key = true;
    tally->key_origin = opened->spec->origin;
    tally->key_line = opened->spec->line;
    tally->row_window = opened->spec->replay_window;
    if (opened->icv_status == IPSEC_ICV_GOOD)
        tally->esn = opened->esn ? IPSEC_ESN_YES : IPSEC_ESN_NO;
    else if (tally->icv_good.count == 0)
        tally->esn = opened->spec->esn;
}

static bool has(const ipsec_report *report, ipsec_finding_id id)
{
    return ipsec_findings_have(&report->findings, id);
}

/* Whether `number`, which was the highest, has turned out to be a stray one. */
static bool was_odd(const ipsec_report *report, uint64_t number)
{
    const ipsec_finding *stray = ipsec_findings_get(&report->findings, IPSEC_FINDING_SEQ_STRAY);

    return stray && stray->detail == (uint32_t)number;
}

static bool was_led_astray(const ipsec_report *report)
{
    return was_odd(report, report->number.highest);
}

/* Left of the window, and the advice names no window that would have accepted it: the number was seen before, or there
 * is none. */
static bool is_beyond_any_window(const ipsec_report *report)
{
    const ipsec_finding *old = ipsec_findings_get(&report->findings, IPSEC_FINDING_REPLAY_OLD);

    return old && old->advice_case != IPSEC_CASE_WINDOW && old->advice_case != IPSEC_CASE_WINDOW_QOS;
}

static bool came_before(const ipsec_report *report)
{
    return has(report, IPSEC_FINDING_REPLAY_DUPLICATE) || has(report, IPSEC_FINDING_REPLAY_CONFLICT) ||
           (has(report, IPSEC_FINDING_REPLAY_OLD) && report->number.first_seen != 0);
}

static bool is_late(const ipsec_report *report)
{
    return !came_before(report) && !has(report, IPSEC_FINDING_CAPTURE_DUPLICATE) &&
           !has(report, IPSEC_FINDING_SA_SENDERS) && !has(report, IPSEC_FINDING_SA_NO_REPLAY) &&
           !is_beyond_any_window(report);
}

static void add_behind(ipsec_tally *tally, const ipsec_report *report)
{
    const uint64_t by = ipsec_number_lag(&report->number);

    if (was_led_astray(report))
        tally->highest = report->number.value;
    if (was_led_astray(report) || has(report, IPSEC_FINDING_SEQ_RESTART)) {
        tally->late = tally->settled;
    } else if (by > 0 && is_late(report)) {
        tally->late.count++;
        tally->late.by = MAX(tally->late.by, by);
    }
}

static void add_ahead(ipsec_tally *tally, const ipsec_report *report)
{
    const ipsec_number *number = &report->number;

    tally->settled = tally->late;
    if (is_good(report) || number->value - number->highest <= FAR)
        tally->highest = MAX(tally->highest, number->value);
}

/* Starts with a number that the core could not place: earlier numbers, if any, are no longer trusted. */
static void add_first(ipsec_tally *tally, const ipsec_report *report)
{
    tally->highest = report->number.value;
    tally->has_highest = true;
}

static void add_number(ipsec_tally *tally, const ipsec_report *report)
{
    const ipsec_number *number = &report->number;
    const bool genuine = !report->unproven && !is_bad(report);

    if (!number->is_placed) {
        if (genuine)
            add_first(tally, report);
        return;
    }
    if (!number->has_highest)
        return;
    if (was_odd(report, tally->highest))
        tally->highest = 0;
    tally->highest = MAX(tally->highest, number->highest);
    tally->has_highest = true;
    if (genuine && number->value > number->highest)
        add_ahead(tally, report);
    else if (genuine)
        add_behind(tally, report);
}

static void begin(ipsec_tally *tally, const ipsec_report *report, const ipsec_tally_packet *packet)
{
    *tally = (ipsec_tally){.first_time = packet->time,
                           .last_time = packet->time,
                           .first_frame = packet->frame,
                           .spi = report->header.spi,
                           .protocol = report->header.protocol,
                           .encapsulation = report->header.encapsulation,
                           .row_window = IPSEC_REPLAY_WINDOW_UNKNOWN,
                           .esn = IPSEC_ESN_AUTO};
}

void ipsec_tally_add(ipsec_tally *tally, const ipsec_report *report, const ipsec_tally_packet *packet)
{
    if (tally->packets.count == 0)
        begin(tally, report, packet);
    tally->first_time = MIN(tally->first_time, packet->time);
    tally->last_time = MAX(tally->last_time, packet->time);
    tally->last_frame = packet->frame;
    tally->octets += packet->octets;
    tally->verdicts[MIN(report->verdict, IPSEC_VERDICT_DROP)]++;
    add_size(&tally->packets, packet->octets);
    if (report->opened.valid)
        add_opened(tally, &report->opened);
    if (is_good(report))
        add_size(&tally->icv_good, packet->octets);
    if (is_bad(report))
        add_size(&tally->icv_bad, packet->octets);
    if (report->number.is_followed)
        add_number(tally, report);
    tally->duplicates += came_before(report);
    tally->captured_twice += has(report, IPSEC_FINDING_CAPTURE_DUPLICATE);
    tally->restarts += has(report, IPSEC_FINDING_SEQ_RESTART);
}

uint32_t ipsec_tally_window(const ipsec_tally *tally, const ipsec_config *config)
{
    return MIN(ipsec_stack_window(config->receiver, ipsec_config_window(config, tally->row_window)), IPSEC_WINDOW_MOST);
}

uint64_t ipsec_tally_window_needed(const ipsec_tally *tally)
{
    return tally->late.count > 0 ? tally->late.by + 1 : 0;
}
