/** @file
 * IP protocol numbers (IANA) other than ESP and AH, which are in view.h. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_PROTOCOL_H
#define IPSEC_CORE_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

enum {
    IPSEC_PROTOCOL_HOP_BY_HOP = 0,
    IPSEC_PROTOCOL_ICMP = 1,
    IPSEC_PROTOCOL_IGMP = 2,
    IPSEC_PROTOCOL_IPV4 = 4,
    IPSEC_PROTOCOL_TCP = 6,
    IPSEC_PROTOCOL_UDP = 17,
    IPSEC_PROTOCOL_DCCP = 33,
    IPSEC_PROTOCOL_IPV6 = 41,
    IPSEC_PROTOCOL_ROUTING = 43,
    IPSEC_PROTOCOL_FRAGMENT = 44,
    IPSEC_PROTOCOL_ICMPV6 = 58,
    IPSEC_PROTOCOL_NONE = 59, /* in ESP: a dummy packet */
    IPSEC_PROTOCOL_DESTINATION_OPTIONS = 60,
    IPSEC_PROTOCOL_OSPF = 89,
    IPSEC_PROTOCOL_VRRP = 112,
    IPSEC_PROTOCOL_SCTP = 132,
    IPSEC_PROTOCOL_MOBILITY = 135,
    IPSEC_PROTOCOL_UDPLITE = 136,
    IPSEC_PROTOCOL_HIP = 139,
    IPSEC_PROTOCOL_SHIM6 = 140,
    IPSEC_PROTOCOL_AGGFRAG = 144, /* RFC 9347 */
    IPSEC_PROTOCOL_RESERVED = 255
};

/** Whether no protocol has the number (IANA "Assigned Internet Protocol Numbers"): from the last one that was assigned
 * up to the two for experiments, and the reserved one. */
static inline bool ipsec_protocol_is_unassigned(uint8_t number)
{
    return (number >= 148 && number <= 252) || number == IPSEC_PROTOCOL_RESERVED;
}

#endif
