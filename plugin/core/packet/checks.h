/* The rules: pure functions of a view, filling a report. Internal to the core.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_CORE_CHECKS_H
#define IPSEC_CORE_CHECKS_H

#include "report/report.h"
#include "packet/view.h"

/* SPIs that IANA keeps: RFC 4303 2.1, RFC 4302 2.4. */
#define IPSEC_SPI_RESERVED_LAST 255u

/* The least that any SA of RFC 4303 sends: the header, a trailer of one word, and an ICV of 8 octets (or an IV of 8
 * where there is no ICV). */
#define IPSEC_ESP_FLOOR 20u

/* As many packets as Linux coalesces into one. */
#define IPSEC_COALESCED_MOST 64u

/* A UDP payload of fewer octets is no ESP to any receiver: RFC 3948 2.1 wants a header and something behind it. */
#define IPSEC_ESP_IN_UDP_LEAST 9u

/* The facts besides the octets: fragments, offload, quotes, order of extension headers. To be called last, for views
 * with one of IPSEC_VIEW_FACTS. */
#define IPSEC_VIEW_FACTS (IPSEC_VIEW_QUOTED | IPSEC_VIEW_FRAGMENT | IPSEC_VIEW_OFFLOAD | IPSEC_VIEW_V6_ORDER)
void ipsec_check_facts(const ipsec_view *view, ipsec_report *report);

/* Where a header has its numbers, and what is found in them. */
typedef struct ipsec_numbers {
    uint8_t spi_at;
    uint8_t sequence_at; /* behind the SPI */
    ipsec_finding_id spi_zero;
    ipsec_finding_id spi_reserved;
} ipsec_numbers;

/* Reads SPI and sequence number, as far as they were captured. Returns whether ipsec_blame_numbers() has something to
 * say; so that a clean packet meets no call. */
static inline bool ipsec_read_numbers(const ipsec_view *view, const ipsec_numbers *numbers, ipsec_report *report)
{
    bool odd = false;

    if (ipsec_view_has(view, numbers->sequence_at + 4u)) {
        report->has_sequence = true;
        report->sequence = ipsec_read_u32(view->data + numbers->sequence_at);
        odd = report->sequence == 0;
    } else if (!ipsec_view_has(view, numbers->spi_at + 4u)) {
        return false;
    }
    report->has_spi = true;
    report->spi = ipsec_read_u32(view->data + numbers->spi_at);
    return odd || report->spi <= IPSEC_SPI_RESERVED_LAST;
}

/* The findings on the numbers that were read. */
IPSEC_RARE void ipsec_blame_numbers(const ipsec_numbers *numbers, ipsec_report *report);

/* ESP in IP, or behind a UDP header that is no more than ESP needs. The report is begun already. */
void ipsec_check_esp(const ipsec_view *view, ipsec_report *report);

/* AH in IP. The report is begun already. */
void ipsec_check_ah(const ipsec_view *view, ipsec_report *report);

/* Where, from octet `from` (at least 1) of a UDP payload of ESP on, a second packet of the same SA seems to begin; 0:
 * nowhere. Packets start at multiples of 4, for their lengths are. */
uint32_t ipsec_find_coalesced(const ipsec_view *view, uint32_t from);

/* A UDP payload on a port of the UDP encapsulation or of IKE; says what it is, and judges it. */
void ipsec_check_udp(const ipsec_view *view, ipsec_report *report);

#endif
