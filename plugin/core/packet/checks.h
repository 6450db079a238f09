/** @file
 * The rules: pure functions of a view, which read its header and add findings. Internal to the core.
 *
 * Layer packet/: what one packet shows by itself: its octets, how it came, and how IP and UDP treat it before IPsec.
 * Nothing that needs a key, an SA or a receiver's IPsec belongs here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_CHECKS_H
#define IPSEC_CORE_CHECKS_H

#include "packet/find.h"
#include "packet/kind.h"
#include "packet/sound.h"
#include "packet/view.h"

/** The most packets that Linux coalesces into one. */
#define IPSEC_COALESCED_MOST 64u

/** No receiver takes a shorter UDP payload for ESP: RFC 3948 2.1 requires a header and something after it. */
#define IPSEC_ESP_IN_UDP_LEAST 9u

/** Fragments, offload, quotes, order of extension headers. To be called last. */
void ipsec_check_circumstances(const ipsec_view *view, ipsec_header *header, ipsec_findings *findings);

/** The findings on the numbers that were read. */
IPSEC_COLD void ipsec_check_numbers(const ipsec_header *header, ipsec_findings *findings);

/** ipsec_check_esp() and so on: the rule for a header directly in IP, or in UDP once ipsec_check_udp() has taken the
 * payload for ESP. ipsec_header_begin() was called. */
#define KIND(symbol, name, number, encrypts, covers_outer)                                                             \
    void ipsec_check_##name(const ipsec_view *view, ipsec_header *header, ipsec_findings *findings);
#include "base/kind.def"
#undef KIND

/** Applies the rule of the header's own kind. */
static inline void ipsec_check_header(const ipsec_view *view, ipsec_header *header, ipsec_findings *findings)
{
#define KIND(symbol, name, number, encrypts, covers_outer)                                                             \
    if (view->protocol == (number))                                                                                    \
        ipsec_check_##name(view, header, findings);
#include "base/kind.def"
#undef KIND
}

/** Where, from octet `from` (at least 1) of an ESP payload in UDP on, a second packet of the same SA seems to begin; 0:
 * nowhere. Packets start at multiples of 4, because their lengths are multiples of 4. */
uint32_t ipsec_find_coalesced(const ipsec_view *view, uint32_t from);

/** Finds out what a UDP payload on a port of the UDP encapsulation or of IKE is, and judges it. ipsec_header_begin()
 * was called. */
void ipsec_check_udp(const ipsec_view *view, ipsec_header *header, ipsec_findings *findings);

#endif
