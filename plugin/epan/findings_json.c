/* -z ipsec,findings,json: a line with an object for each header that has a finding or is not clean, and for each ICMP
 * error and IKE message with a finding, as soon as it is dissected. The members are described in
 * plugin/schema/ipsec-findings.schema.json.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "json_line.h"
#include "listen.h"
#include "statistics.h"
#include "taps.h"

#include <inttypes.h>
#include <stdio.h>

#define NAME "ipsec,findings,json"

static void put_name(json_dumper *line, const char *name, const char *field, uint32_t value)
{
    ipsec_cell cell;

    ipsec_cell_set_name(&cell, field, value);
    ipsec_json_cell(line, name, IPSEC_CELL_TEXT, &cell);
}

static void put_address(json_dumper *line, const char *name, const uint8_t *octets, unsigned length)
{
    ipsec_cell cell;

    ipsec_cell_set_address(&cell, octets, length);
    ipsec_json_cell(line, name, IPSEC_CELL_TEXT, &cell);
}

static void put_hex(json_dumper *line, const char *name, uint32_t value)
{
    ipsec_cell cell;

    ipsec_cell_set_hex(&cell, value);
    ipsec_json_cell(line, name, IPSEC_CELL_TEXT, &cell);
}

static void put_times(json_dumper *line, const packet_info *pinfo)
{
    const int64_t nanoseconds = ipsec_tap_nanoseconds(&pinfo->abs_ts);
    ipsec_cell cell;

    ipsec_cell_set_time(&cell, nanoseconds);
    ipsec_json_cell(line, "time", IPSEC_CELL_TEXT, &cell);
    ipsec_cell_set_epoch(&cell, nanoseconds);
    ipsec_json_cell(line, "epoch", IPSEC_CELL_EPOCH, &cell);
}

static void put_addresses(json_dumper *line, const ipsec_tapped *tapped)
{
    put_address(line, "source", tapped->source, tapped->address_length);
    put_address(line, "destination", tapped->destination, tapped->address_length);
}

static void put_spi(json_dumper *line, uint32_t spi)
{
    ipsec_json_number(line, "spi", spi);
    put_hex(line, "spi_hex", spi);
}

/* Puts what is known of the error and, if the quote has an SPI, of the quoted header. */
static void put_icmp(json_dumper *line, const ipsec_icmp_report *report)
{
    ipsec_json_text(line, "icmp_error", report->error);
    if (report->has_mtu)
        ipsec_json_number(line, "icmp_mtu", report->mtu);
    if (report->quoted_frame > 0)
        ipsec_json_number(line, "icmp_quoted_frame", report->quoted_frame);
    if (!report->quoted.has_spi)
        return;
    ipsec_json_text(line, "verdict", ipsec_verdict_name(IPSEC_VERDICT_UNCHECKED));
    put_name(line, "protocol", "ipsec.protocol", report->quoted.protocol);
    put_name(line, "encapsulation", "ipsec.encapsulation", report->quoted.encapsulation);
    put_spi(line, report->quoted.spi);
    if (report->quoted.has_sequence)
        ipsec_json_number(line, "seq", report->quoted.sequence);
}

static void put_header(json_dumper *line, const ipsec_tapped *tapped)
{
    const ipsec_report *report = &tapped->report;

    ipsec_json_text(line, "verdict", ipsec_verdict_name(report->verdict));
    put_name(line, "protocol", "ipsec.protocol", report->header.protocol);
    put_addresses(line, tapped);
    put_name(line, "encapsulation", "ipsec.encapsulation", report->header.encapsulation);
    ipsec_json_number(line, "octets", tapped->octets);
    if (report->header.has_spi)
        put_spi(line, report->header.spi);
    if (report->sa != IPSEC_SA_NONE)
        ipsec_json_number(line, "sa", report->sa);
}

static void put_number(json_dumper *line, const ipsec_report *report)
{
    const ipsec_number *number = &report->number;

    if (!number->is_followed) {
        if (report->header.has_sequence)
            ipsec_json_number(line, "seq", report->header.sequence);
        return;
    }
    ipsec_json_number(line, "seq", number->value);
    if (number->first_seen)
        ipsec_json_number(line, "seq_first_seen", number->first_seen);
    if (!number->is_placed || !number->has_highest)
        return;
    ipsec_json_number(line, "seq_highest", number->highest);
    ipsec_json_number(line, "seq_lag", ipsec_number_lag(number));
    ipsec_json_number(line, "seq_skipped", ipsec_number_skipped(number));
}

static void put_opened(json_dumper *line, const ipsec_opened *opened)
{
    ipsec_cell cell = {.text = "ESP-NULL heuristic"};

    put_name(line, "icv_status", "ipsec.icv.status", opened->icv_status);
    if (opened->icv_status == IPSEC_ICV_UNVERIFIED)
        ipsec_json_text(line, "icv_unverified", ipsec_unverified_name(opened->unverified));
    ipsec_json_number(line, "icv_length", opened->icv_length);
    ipsec_json_number(line, "iv_length", opened->iv_length);
    if (opened->has_trailer) {
        ipsec_json_number(line, "pad_length", opened->pad_length);
        ipsec_json_number(line, "next_header", opened->next_header);
    }
    if (opened->has_trailer && opened->has_inner)
        ipsec_json_number(line, "tfc_length", opened->tfc_length);
    if (opened->spec)
        ipsec_cell_set_key_source(&cell, opened->spec->origin, opened->spec->line);
    ipsec_json_cell(line, "key_source", IPSEC_CELL_TEXT, &cell);
}

/* The frame that the advice names; 0: none. */
static uint32_t frame_of_advice(const ipsec_finding *finding)
{
    const bool names_one =
        ipsec_advice_names_frame(finding->advice_case) || finding->advice_case == IPSEC_CASE_IKE_ICMP;

    return names_one ? finding->detail : 0;
}

static void put_finding(json_dumper *line, const ipsec_finding *finding)
{
    const ipsec_catalogue_row *row = ipsec_catalogue((ipsec_finding_id)finding->id);
    char advice[IPSEC_ADVICE_SIZE];

    json_dumper_begin_object(line);
    ipsec_json_text(line, "id", row->id);
    ipsec_json_text(line, "severity", ipsec_severity_name(row->severity));
    ipsec_json_text(line, "summary", row->summary);
    ipsec_json_text(line, "cause", ipsec_cause_name(row->cause));
    ipsec_json_text(line, "reference", row->reference);
    ipsec_json_text(line, "advice", ipsec_finding_advice(finding, advice));
    if (frame_of_advice(finding) > 0)
        ipsec_json_number(line, "advice_frame", frame_of_advice(finding));
    ipsec_json_number(line, "offset", finding->offset);
    ipsec_json_number(line, "length", finding->length);
    json_dumper_end_object(line);
}

static void put_findings(json_dumper *line, const ipsec_findings *findings)
{
    json_dumper_set_member_name(line, "findings");
    json_dumper_begin_array(line);
    for (unsigned i = 0; i < findings->count; i++)
        put_finding(line, &findings->list[i]);
    json_dumper_end_array(line);
}

static void put_windows(json_dumper *line, const ipsec_outcome *outcome)
{
    const ipsec_windows_error *windows = ipsec_windows_error_of(outcome);

    if (!windows)
        return;
    ipsec_json_number(line, "windows_error", windows->error);
    ipsec_json_text(line, "windows_name", windows->name);
    put_hex(line, "windows_status", windows->status);
    if (outcome->event)
        ipsec_json_number(line, "windows_event", outcome->event);
}

/* The counters, of which two may move at once, and the log message. */
static void put_counters(json_dumper *line, const char *stack, const ipsec_outcome *outcome)
{
    char name[32];

    json_dumper_set_member_name(line, stack);
    json_dumper_begin_array(line);
    json_dumper_value_string(line, outcome->counter);
    if (outcome->also)
        json_dumper_value_string(line, outcome->also);
    json_dumper_end_array(line);
    if (!outcome->log)
        return;
    snprintf(name, sizeof name, "%s_log", stack);
    ipsec_json_text(line, name, outcome->log);
}

/* What each system is likely to have reported, under the name of the system. */
static void put_reports(json_dumper *line, const ipsec_report *report)
{
    const char *const linux_sa = ipsec_linux_sa_counter(report);
    const ipsec_outcome *outcome;
    bool inferred = false;

    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++) {
        outcome = ipsec_outcome_at((ipsec_stack)stack, report);
        if (!outcome)
            continue;
        inferred = inferred || outcome->inferred;
        if (stack == IPSEC_STACK_WINDOWS)
            put_windows(line, outcome);
        else
            put_counters(line, ipsec_stack_name(stack), outcome);
    }
    if (linux_sa)
        ipsec_json_text(line, "linux_sa_counter", linux_sa);
    ipsec_json_bool(line, "inferred", inferred);
}

static void put_all_of_header(json_dumper *line, const ipsec_tapped *tapped)
{
    const ipsec_report *report = &tapped->report;

    put_header(line, tapped);
    put_number(line, report);
    if (report->opened.valid)
        put_opened(line, &report->opened);
    if (report->fragment)
        ipsec_json_number(line, "fragment_frame", report->fragment);
    put_findings(line, &report->findings);
    if (report->findings.count > 0)
        put_reports(line, report);
}

static void put_all_of_icmp(json_dumper *line, const ipsec_tapped *tapped)
{
    put_addresses(line, tapped);
    put_icmp(line, tapped->icmp);
    put_findings(line, &tapped->report.findings);
}

static void put_spi_of_ike(json_dumper *line, const char *name, uint64_t spi)
{
    char text[2 + 16 + 1];

    snprintf(text, sizeof text, "0x%016" PRIx64, spi);
    ipsec_json_text(line, name, text);
}

static void put_said(json_dumper *line, const ipsec_ike_report *report)
{
    json_dumper_set_member_name(line, "ike");
    json_dumper_begin_array(line);
    for (unsigned i = 0; i < report->count; i++) {
        const ipsec_ike_said *const said = &report->said[i];

        json_dumper_begin_object(line);
        ipsec_json_text(line, "id", ipsec_catalogue((ipsec_finding_id)said->finding)->id);
        if (said->has_notify)
            ipsec_json_number(line, "notify", said->notify);
        if (said->has_notify && ipsec_ike_notify_name(report->message.version, said->notify))
            ipsec_json_text(line, "notify_name", ipsec_ike_notify_name(report->message.version, said->notify));
        if (said->windows)
            ipsec_json_number(line, "windows_error", said->windows);
        json_dumper_end_object(line);
    }
    json_dumper_end_array(line);
    ipsec_json_bool(line, "inferred", ipsec_ike_is_inferred(report));
}

static void put_all_of_ike(json_dumper *line, const ipsec_tapped *tapped)
{
    const ipsec_ike_report *const report = tapped->ike;

    put_addresses(line, tapped);
    put_spi_of_ike(line, "ike_initiator_spi", report->message.initiator_spi);
    put_spi_of_ike(line, "ike_responder_spi", report->message.responder_spi);
    ipsec_json_number(line, "ike_message_id", report->message.id);
    if (report->request)
        ipsec_json_number(line, "ike_request", report->request);
    put_said(line, report);
    put_findings(line, &tapped->report.findings);
}

static void print_line(const ipsec_tapped *tapped, const packet_info *pinfo)
{
    static void (*const put[])(json_dumper *, const ipsec_tapped *) = {[IPSEC_TAPPED_HEADER] = put_all_of_header,
                                                                       [IPSEC_TAPPED_ICMP] = put_all_of_icmp,
                                                                       [IPSEC_TAPPED_IKE] = put_all_of_ike};
    json_dumper line;

    ipsec_json_begin(&line);
    ipsec_json_number(&line, "frame", pinfo->num);
    put_times(&line, pinfo);
    put[tapped->kind](&line, tapped);
    ipsec_json_end(&line);
    fflush(stdout); /* so that a reader at the other end of a pipe need not wait for a full buffer */
}

static tap_packet_status add(void *data _U_, packet_info *pinfo, epan_dissect_t *edt _U_, const void *header,
                             tap_flags_t flags _U_)
{
    const ipsec_tapped *tapped = (const ipsec_tapped *)header;

    if (tapped->report.findings.count > 0 || tapped->report.verdict >= IPSEC_VERDICT_SUSPICIOUS)
        print_line(tapped, pinfo);
    return TAP_PACKET_DONT_REDRAW;
}

bool ipsec_findings_json_start(const char *argument)
{
    static char listener; /* its address identifies the listener; there is one listener at most */

    return ipsec_listen(NAME, argument, &listener, NULL, add, NULL);
}
