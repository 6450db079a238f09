/** @file
 * The Internet checksum: RFC 1071. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_CHECKSUM_H
#define IPSEC_CORE_CHECKSUM_H

#include "base/octets.h"

#include <stdint.h>

/** Adds octets, as 16-bit words in network byte order, to a sum; begin with 0. All pieces but the last must have an
 * even number of octets, and all together fewer than 2^17. */
static inline uint32_t ipsec_sum_add(uint32_t sum, const uint8_t *octets, uint32_t count)
{
    uint32_t at = 0;

    for (; at + 2 <= count; at += 2)
        sum += ipsec_read_u16(octets + at);
    return at < count ? sum + ((uint32_t)octets[at] << 8) : sum;
}

/** The sum in 16 bits, in one's complement: 0xffff over octets that hold their right checksum. */
static inline uint16_t ipsec_sum_fold(uint32_t sum)
{
    while (sum > UINT16_MAX)
        sum = (sum & UINT16_MAX) + (sum >> 16);
    return (uint16_t)sum;
}

#endif
