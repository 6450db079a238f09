/** @file
 * What the IP and UDP layers of a receiver discard, so that IPsec never sees it. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IP_INPUT_H
#define IPSEC_CORE_IP_INPUT_H

#include "base/limits.h"
#include "base/finding_set.h"
#include "packet/view.h"

#include <stdbool.h>
#include <stdint.h>

/** What is known of the checksums of senders; bounded. In a capture on a host that leaves checksums to its network
 * card, all of its own are wrong. */
typedef struct ipsec_senders ipsec_senders;

ipsec_senders *ipsec_senders_new(ipsec_limits *limits);

/** NULL is fine. */
void ipsec_senders_free(ipsec_senders *senders);

/**
 * Checks the header of IPv4 (RFC 1122 3.2.1.2, RFC 791 3.1) and the UDP header of an encapsulation (RFC 768, RFC 8200
 * 8.1), as far as they are available. A wrong checksum counts only from a sender that had a right one before; a
 * checksum of 0 in IPv4, or of the pseudo-header alone in UDP, is left to the network card and says nothing.
 *
 * @param found  the findings are added to it
 */
void ipsec_ip_input_check(ipsec_senders *senders, const ipsec_view *view, ipsec_finding_set *found);

/** Whether options of IPv4 in front of the header break the rules, so that IP discards the packet. */
bool ipsec_ip_has_broken_options(const ipsec_view *view);

#endif
