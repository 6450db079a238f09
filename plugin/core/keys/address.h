/** @file
 * Reading addresses and ranges of them. Internal to the core.
 *
 * Layer keys/: what can open a packet: key rows, the dumps that they are read from, and cryptography. Nothing that
 * knows which packets came before belongs here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ADDRESS_H
#define IPSEC_CORE_ADDRESS_H

#include "base/text.h"
#include "keys/spec.h"

/**
 * Reads an IPv4 or IPv6 address, with or without a prefix length, or "*" for any.
 *
 * @param wildcards  also take "*" for an octet of IPv4, for a group of IPv6, and for a single digit of a group
 * @return NULL, or what is wrong with it; then *range is unchanged
 */
const char *ipsec_address_range_read(ipsec_text text, bool wildcards, ipsec_address_range *range);

#endif
