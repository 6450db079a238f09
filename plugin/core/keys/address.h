/** @file
 * Reading addresses and ranges of them. Internal to the core.
 *
 * The room keys/ has who may open a packet, and how: key rows and the dumps that they are read from, and
 * cryptography. What knows which packets came before may not enter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ADDRESS_H
#define IPSEC_CORE_ADDRESS_H

#include "base/text.h"
#include "keys/spec.h"

/**
 * Reads an IPv4 or IPv6 address, either with or without a prefix length, or "*" for any.
 *
 * @param wildcards  also take "*" for an octet of IPv4, for a group of IPv6, and for a single digit of a group
 * @return NULL, or what is wrong with it; then *range is unchanged
 */
const char *ipsec_address_range_read(ipsec_text text, bool wildcards, ipsec_address_range *range);

#endif
