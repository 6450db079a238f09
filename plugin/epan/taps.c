/* The taps.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "taps.h"
#include "compat.h"
#include "fields.h"
#include "frames.h"

#include <string.h>

int ipsec_tap;
static int ike_tap; /* constant after registration */

void ipsec_tap_register(void)
{
    ipsec_tap = register_tap(IPSEC_TAP);
    ike_tap = register_tap(IPSEC_IKE_TAP);
}

/* The frame whose header was tapped last; begins anew with each file. Data of the frame would cost 360 instructions. */
static struct {
    int64_t frame;          /* its offset in the file; -1: none */
    uint32_t offset;        /* of its first header; if that comes again, the frame is dissected again */
    uint16_t buffer;        /* likewise */
    uint8_t address_length; /* of the header tapped last; likewise its addresses */
    uint8_t source[16], destination[16];
} last;

void ipsec_tap_start_file(void)
{
    last.frame = -1;
}

static void begin_frame(const packet_info *pinfo, const ipsec_view *view)
{
    last.frame = ipsec_compat_file_offset(pinfo);
    last.offset = view->offset;
    last.buffer = view->buffer;
    last.address_length = 0;
}

/* Whether the header before in the frame had the same addresses. Headers without any are no repetition. */
static bool is_repeat(const ipsec_view *view, const packet_info *pinfo)
{
    const uint8_t length = view->address_length;
    bool repeats;

    if (ipsec_compat_file_offset(pinfo) != last.frame || (view->offset == last.offset && view->buffer == last.buffer))
        begin_frame(pinfo, view);
    if (length == 0) {
        last.address_length = 0;
        return false;
    }
    repeats = last.address_length == length && memcmp(last.source, view->source, length) == 0 &&
              memcmp(last.destination, view->destination, length) == 0;
    last.address_length = length;
    memcpy(last.source, view->source, length);
    memcpy(last.destination, view->destination, length);
    return repeats;
}

static void set_addresses(ipsec_tapped *tapped, const uint8_t *source, const uint8_t *destination, uint8_t length)
{
    tapped->address_length = length;
    if (length == 0)
        return;
    memcpy(tapped->source, source, length);
    memcpy(tapped->destination, destination, length);
}

/* Listeners run after the whole frame has been dissected, so everything that they get must live that long. */
void ipsec_tap_queue(const ipsec_report *report, const ipsec_view *view, packet_info *pinfo)
{
    ipsec_tapped *tapped;

    if (!ipsec_report_has_subject(report))
        return;
    tapped = wmem_new(pinfo->pool, ipsec_tapped);
    tapped->report = *report;
    tapped->report.opened.plaintext = NULL;
    tapped->octets = ipsec_view_octets(view);
    tapped->kind = IPSEC_TAPPED_HEADER;
    set_addresses(tapped, view->source, view->destination, view->address_length);
    tapped->is_repeat = is_repeat(view, pinfo);
    tap_queue_packet(ipsec_tap, pinfo, tapped);
}

/* Begins a record for an ICMP error or an IKE message. */
static ipsec_tapped *begin(ipsec_tapped_kind kind, const ipsec_findings *findings, packet_info *pinfo)
{
    ipsec_tapped *const tapped = wmem_new0(pinfo->pool, ipsec_tapped);

    tapped->kind = kind;
    tapped->report.findings = *findings;
    tapped->report.sa = IPSEC_SA_NONE;
    return tapped;
}

void ipsec_tap_queue_icmp(const ipsec_icmp_report *report, const ipsec_icmp_view *view, packet_info *pinfo)
{
    ipsec_tapped *const tapped = begin(IPSEC_TAPPED_ICMP, &report->findings, pinfo);

    tapped->icmp = wmem_memdup(pinfo->pool, report, sizeof *report);
    set_addresses(tapped, view->source, view->destination, view->address_length);
    tap_queue_packet(ipsec_tap, pinfo, tapped);
}

static void queue_ike(const ipsec_ike_report *report, const ipsec_view *view, packet_info *pinfo)
{
    ipsec_tapped *const tapped = begin(IPSEC_TAPPED_IKE, &report->findings, pinfo);

    tapped->ike = wmem_memdup(pinfo->pool, report, sizeof *report);
    set_addresses(tapped, view->source, view->destination, view->address_length);
    tap_queue_packet(ipsec_tap, pinfo, tapped);
}

static void queue_progress(const ipsec_ike_report *report, const ipsec_view *view, packet_info *pinfo)
{
    ipsec_ike_tapped *const tapped = wmem_new0(pinfo->pool, ipsec_ike_tapped);

    tapped->progress = report->progress;
    tapped->address_length = view->address_length;
    memcpy(tapped->source, view->source, view->address_length);
    memcpy(tapped->destination, view->destination, view->address_length);
    tap_queue_packet(ike_tap, pinfo, tapped);
}

void ipsec_tap_offer_ike_news(packet_info *pinfo)
{
    ipsec_ike_progress progress;

    if (!have_tap_listener(ike_tap))
        return;
    while (ipsec_frames_ike_news(&progress)) {
        ipsec_ike_tapped *const tapped = wmem_new0(pinfo->pool, ipsec_ike_tapped);

        tapped->progress = progress;
        tap_queue_packet(ike_tap, pinfo, tapped);
    }
}

void ipsec_tap_offer_ike(const ipsec_ike_report *report, const ipsec_view *view, packet_info *pinfo)
{
    if (report->findings.count > 0 && have_tap_listener(ipsec_tap))
        queue_ike(report, view, pinfo);
    if (report->has_progress && view->address_length > 0 && have_tap_listener(ike_tap))
        queue_progress(report, view, pinfo);
}
