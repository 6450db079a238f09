/* Rules on SPI and sequence number, which all kinds of headers share.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/checks.h"
#include "packet/kind.h"
#include "packet/find.h"

void ipsec_check_numbers(const ipsec_header *header, ipsec_findings *findings)
{
    const ipsec_header_kind *kind = ipsec_kind_of(header->protocol);

    if (header->has_spi && header->spi == 0)
        ipsec_findings_add(findings, kind->spi_zero, kind->spi_at, 4);
    else if (header->has_spi && header->spi <= IPSEC_SPI_RESERVED_LAST)
        ipsec_findings_add(findings, kind->spi_reserved, kind->spi_at, 4);
    if (header->has_sequence && header->sequence == 0)
        ipsec_findings_add(findings, IPSEC_FINDING_SEQ_ZERO, kind->sequence_at, 4);
}
