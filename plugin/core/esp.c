/* Rules on the ESP header: what holds for every algorithm, and so needs no key.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

enum { SPI_AT = 0, SEQUENCE_AT = 4, ESP_HEADER = 8 };

/* The least that any SA of RFC 4303 sends: the header, a trailer of one word, and an ICV of 8 octets (or an
 * IV of 8 where there is no ICV). */
#define ESP_FLOOR 20u

/* The length tells one thing only, the most basic. */
static void check_length(const ipsec_view *view, ipsec_report *report)
{
    if (view->length >= ESP_FLOOR && view->length % 4 == 0)
        return;
    if (view->length < ESP_HEADER)
        ipsec_report_add(report, IPSEC_FINDING_ESP_TRUNCATED_HEADER, 0, view->length);
    else if (view->length == ESP_HEADER)
        ipsec_report_add(report, IPSEC_FINDING_ESP_NO_PAYLOAD, 0, ESP_HEADER);
    else if (view->length < ESP_FLOOR)
        ipsec_report_add(report, IPSEC_FINDING_ESP_BELOW_FLOOR, 0, view->length);
    else
        ipsec_report_add(report, IPSEC_FINDING_ESP_ALIGNMENT, 0, view->length);
}

static void check_spi(const ipsec_view *view, ipsec_report *report)
{
    if (!ipsec_view_has(view, SPI_AT + 4))
        return;
    report->has_spi = true;
    report->spi = ipsec_read_u32(view->data + SPI_AT);
    if (report->spi > IPSEC_SPI_RESERVED_LAST)
        return;
    if (report->spi == 0)
        ipsec_report_add(report, IPSEC_FINDING_ESP_SPI_ZERO, SPI_AT, 4);
    else
        ipsec_report_add(report, IPSEC_FINDING_ESP_SPI_RESERVED, SPI_AT, 4);
}

static void check_sequence(const ipsec_view *view, ipsec_report *report)
{
    if (!ipsec_view_has(view, SEQUENCE_AT + 4))
        return;
    report->has_sequence = true;
    report->sequence = ipsec_read_u32(view->data + SEQUENCE_AT);
    if (report->sequence == 0)
        ipsec_report_add(report, IPSEC_FINDING_SEQ_ZERO, SEQUENCE_AT, 4);
}

void ipsec_check_esp(const ipsec_view *view, ipsec_report *report)
{
    check_spi(view, report);
    check_sequence(view, report);
    check_length(view, report);
    if (view->flags & IPSEC_VIEW_FRAGMENT)
        ipsec_report_add(report, IPSEC_FINDING_ESP_FRAGMENT, 0, 0);
    if (view->flags & IPSEC_VIEW_V6_ORDER)
        ipsec_report_add(report, IPSEC_FINDING_ESP_V6_ORDER, 0, 0);
}
