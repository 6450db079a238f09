/* Rules on SPI and sequence number, which ESP and AH share.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/checks.h"

void ipsec_blame_numbers(const ipsec_numbers *numbers, ipsec_report *report)
{
    if (report->has_spi && report->spi == 0)
        ipsec_report_add(report, numbers->spi_zero, numbers->spi_at, 4);
    else if (report->has_spi && report->spi <= IPSEC_SPI_RESERVED_LAST)
        ipsec_report_add(report, numbers->spi_reserved, numbers->spi_at, 4);
    if (report->has_sequence && report->sequence == 0)
        ipsec_report_add(report, IPSEC_FINDING_SEQ_ZERO, numbers->sequence_at, 4);
}
