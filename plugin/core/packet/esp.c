/* Rules on the ESP header: what holds for every algorithm, and so needs no key.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/checks.h"

enum {
    ESP_HEADER = 8
};

static const ipsec_numbers numbers = {.spi_at = 0,
                                      .sequence_at = 4,
                                      .spi_zero = IPSEC_FINDING_ESP_SPI_ZERO,
                                      .spi_reserved = IPSEC_FINDING_ESP_SPI_RESERVED};

/* The length tells one thing only, the most basic. */
static void blame_length(const ipsec_view *view, ipsec_report *report)
{
    if (view->length < ESP_HEADER)
        ipsec_report_add(report, IPSEC_FINDING_ESP_TRUNCATED_HEADER, 0, view->length);
    else if (view->length == ESP_HEADER)
        ipsec_report_add(report, IPSEC_FINDING_ESP_NO_PAYLOAD, 0, ESP_HEADER);
    else if (view->length < IPSEC_ESP_FLOOR)
        ipsec_report_add(report, IPSEC_FINDING_ESP_BELOW_FLOOR, 0, view->length);
    else if (view->length % 4 != 0)
        ipsec_report_add(report, IPSEC_FINDING_ESP_ALIGNMENT, 0, view->length);
}

static IPSEC_RARE void blame(const ipsec_view *view, ipsec_report *report)
{
    blame_length(view, report);
    ipsec_blame_numbers(&numbers, report);
}

void ipsec_check_esp(const ipsec_view *view, ipsec_report *report)
{
    const bool odd_numbers = ipsec_read_numbers(view, &numbers, report);

    if (odd_numbers || view->length < IPSEC_ESP_FLOOR || view->length % 4 != 0)
        blame(view, report);
}
