/* Rules on the ESP header: what holds for every algorithm, and so needs no key.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

enum { SPI_AT = 0, SEQUENCE_AT = 4, ESP_HEADER = 8 };

/* The least that any SA of RFC 4303 sends: the header, a trailer of one word, and an ICV of 8 octets (or an
 * IV of 8 where there is no ICV). */
#define ESP_FLOOR 20u

/* The length tells one thing only, the most basic. */
static IPSEC_RARE void blame_length(const ipsec_view *view, ipsec_report *report)
{
    if (view->length < ESP_HEADER)
        ipsec_report_add(report, IPSEC_FINDING_ESP_TRUNCATED_HEADER, 0, view->length);
    else if (view->length == ESP_HEADER)
        ipsec_report_add(report, IPSEC_FINDING_ESP_NO_PAYLOAD, 0, ESP_HEADER);
    else if (view->length < ESP_FLOOR)
        ipsec_report_add(report, IPSEC_FINDING_ESP_BELOW_FLOOR, 0, view->length);
    else
        ipsec_report_add(report, IPSEC_FINDING_ESP_ALIGNMENT, 0, view->length);
}

static IPSEC_RARE void blame_spi(ipsec_report *report)
{
    if (report->spi == 0)
        ipsec_report_add(report, IPSEC_FINDING_ESP_SPI_ZERO, SPI_AT, 4);
    else
        ipsec_report_add(report, IPSEC_FINDING_ESP_SPI_RESERVED, SPI_AT, 4);
}

static IPSEC_RARE void blame_flags(const ipsec_view *view, ipsec_report *report)
{
    if (view->flags & IPSEC_VIEW_FRAGMENT)
        ipsec_report_add(report, IPSEC_FINDING_ESP_FRAGMENT, 0, 0);
    if (view->flags & IPSEC_VIEW_V6_ORDER)
        ipsec_report_add(report, IPSEC_FINDING_ESP_V6_ORDER, 0, 0);
}

/* What is left of a header that was not captured to its end. */
static IPSEC_RARE void read_part(const ipsec_view *view, ipsec_report *report)
{
    if (!ipsec_view_has(view, SPI_AT + 4))
        return;
    report->has_spi = true;
    report->spi = ipsec_read_u32(view->data + SPI_AT);
    if (report->spi <= IPSEC_SPI_RESERVED_LAST)
        blame_spi(report);
}

void ipsec_check_esp(const ipsec_view *view, ipsec_report *report)
{
    if (view->length < ESP_FLOOR || view->length % 4 != 0)
        blame_length(view, report);
    if (view->flags & (IPSEC_VIEW_FRAGMENT | IPSEC_VIEW_V6_ORDER))
        blame_flags(view, report);
    if (!ipsec_view_has(view, ESP_HEADER)) {
        read_part(view, report);
        return;
    }
    report->has_spi = true;
    report->has_sequence = true;
    report->spi = ipsec_read_u32(view->data + SPI_AT);
    report->sequence = ipsec_read_u32(view->data + SEQUENCE_AT);
    if (report->spi <= IPSEC_SPI_RESERVED_LAST)
        blame_spi(report);
    if (report->sequence == 0)
        ipsec_report_add(report, IPSEC_FINDING_SEQ_ZERO, SEQUENCE_AT, 4);
}
