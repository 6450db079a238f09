/** @file
 * The outer headers as they enter the ICV of AH: RFC 4302 3.3.3.1 and appendix A. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_AH_ICV_H
#define IPSEC_CORE_AH_ICV_H

#include "packet/view.h"

#include <stdbool.h>
#include <stdint.h>

/**
 * Copies an IP header and all headers after it up to AH, with mutable fields zeroed and mutable but predictable ones
 * as they will be at the destination:
 *
 * - IPv4: TOS, flags, TTL, checksum, and options that are not known to be immutable are zero; with a source route
 *   (strict or loose) that is not at its end the destination is the last address of the route.
 * - IPv6: traffic class, flow label and hop limit are zero; so is the data of hop-by-hop and destination options whose
 *   type has the bit "may change en route"; with a routing header (type 0, type 2) addresses and Segments Left are as
 *   at the destination; the home address of destination options is swapped with the source.
 * - Headers that the sender inserts after computing AH are left out, and the length and the next header in front of
 *   them are as if they had never been there: the fragment header of an atomic fragment (RFC 6946), because it is not
 *   covered (RFC 4302 3.3.3.1.2.3), and another AH in front of this one.
 *
 * Headers that break the rules of IP, which no receiver lets pass, are covered as well, so that their ICV fails instead
 * of being skipped: from a broken option on, the rest of the options is zero; a broken route leads nowhere; an IP
 * length that is less than that of a header that is left out stays as it is.
 *
 * @param outer    from the first octet of the IP header to the last in front of AH. Fragments must have been put
 *                 together, in the header too: its length is that of the whole packet.
 * @param length   number of octets
 * @param covered  gets the result
 * @return octets of the result; 0 if the headers are those of a fragment, do not lead to AH, have something between
 * them that AH does not say how to cover (a header that is not named above, a route of another type that is not at its
 * end), or are longer than IPSEC_AH_OUTER_MOST
 */
uint32_t ipsec_ah_cover_outer(const uint8_t *outer, uint32_t length, uint8_t covered[IPSEC_AH_OUTER_MOST]);

#endif
