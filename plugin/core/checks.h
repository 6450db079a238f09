/* The rules: pure functions of a view, filling a report. Internal to the core.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_CORE_CHECKS_H
#define IPSEC_CORE_CHECKS_H

#include "report.h"
#include "view.h"

/* ESP in IP, or behind a UDP header that is no more than ESP needs. The report is begun already. */
void ipsec_check_esp(const ipsec_view *view, ipsec_report *report);

/* AH in IP. The report is begun already. */
void ipsec_check_ah(const ipsec_view *view, ipsec_report *report);

/* A UDP payload on a port of the UDP encapsulation or of IKE; says what it is, and judges it. */
void ipsec_check_udp(const ipsec_view *view, ipsec_report *report);

/* Whether the payload behind `offset` is an ISAKMP header (RFC 2408 3.1, RFC 7296 3.1) of major version 1
 * or 2 whose length is exactly what is left. False where the octets or the length are not at hand. */
bool ipsec_is_isakmp(const ipsec_view *view, uint32_t offset);

/* SPIs that IANA keeps: RFC 4303 2.1, RFC 4302 2.4. */
#define IPSEC_SPI_RESERVED_LAST 255u

#endif
