/** @file
 * Whether a payload is an IP packet, its transport header included. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_INNER_H
#define IPSEC_CORE_INNER_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Whether the octets begin with an IP packet of either version, with room for the headers up to that of UDP or TCP.
 * These are all the checks of strongSwan's libipsec: the packet ends where its header says or where the octets end,
 * whichever comes first; later fragments need no transport header; IPv6 extension headers are skipped.
 */
bool ipsec_inner_parses(const uint8_t *octets, uint32_t length);

#endif
