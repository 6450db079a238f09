/* Rules on the ESP header: what holds for every algorithm, and so needs no key.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/octets.h"
#include "packet/checks.h"
#include "packet/kind.h"
#include "packet/find.h"

const ipsec_header_kind ipsec_kind_esp = {.protocol = IPSEC_PROTOCOL_ESP,
                                          .fixed = IPSEC_ESP_HEADER,
                                          .spi_at = 0,
                                          .sequence_at = 4,
                                          .spi_zero = IPSEC_FINDING_ESP_SPI_ZERO,
                                          .spi_reserved = IPSEC_FINDING_ESP_SPI_RESERVED,
                                          .spi_unknown = IPSEC_FINDING_ESP_SPI_UNKNOWN,
                                          .icv = IPSEC_FINDING_ESP_ICV,
                                          .fragment = IPSEC_FINDING_ESP_FRAGMENT,
                                          .v6_order = IPSEC_FINDING_ESP_V6_ORDER,
                                          .ip_checksum = IPSEC_FINDING_ESP_IP_CHECKSUM,
                                          .v4_option = IPSEC_FINDING_ESP_V4_OPTION_BAD,
                                          .encap_mismatch = IPSEC_FINDING_ESP_ENCAP_MISMATCH};

/* If several faults of the length apply, only the most basic one is reported. */
static void check_length(const ipsec_view *view, ipsec_findings *findings)
{
    if (view->length < IPSEC_ESP_HEADER)
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_TRUNCATED_HEADER, 0, view->length);
    else if (view->length == IPSEC_ESP_HEADER)
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_NO_PAYLOAD, 0, IPSEC_ESP_HEADER);
    else if (view->length < IPSEC_ESP_FLOOR)
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_BELOW_FLOOR, 0, view->length);
    else if (view->length % 4 != 0)
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_ALIGNMENT, 0, view->length);
}

static IPSEC_COLD void check(const ipsec_view *view, const ipsec_header *header, ipsec_findings *findings)
{
    check_length(view, findings);
    ipsec_check_numbers(header, findings);
}

void ipsec_check_esp(const ipsec_view *view, ipsec_header *header, ipsec_findings *findings)
{
    const bool odd_numbers = ipsec_header_read_numbers(view, &ipsec_kind_esp, header);

    if (odd_numbers || !ipsec_esp_is_sound(view))
        check(view, header, findings);
}
