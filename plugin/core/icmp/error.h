/** @file
 * An ICMP or ICMPv6 error that quotes IPsec, and the report on it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ICMP_ERROR_H
#define IPSEC_CORE_ICMP_ERROR_H

#include "base/stack.h"
#include "packet/findings.h"
#include "packet/header.h"

#include <stdbool.h>
#include <stdint.h>

/** IP protocol numbers of ICMP and ICMPv6. */
#define IPSEC_ICMP   1
#define IPSEC_ICMPV6 58

/** An ICMP message as it was received. As with ipsec_view, nothing is copied. */
typedef struct ipsec_icmp_view {
    const uint8_t *data;   /**< from the ICMP header on */
    uint32_t captured;     /**< octets that may be read there */
    bool whole;            /**< these are all that it had on the wire: it is neither a fragment nor truncated */
    const uint8_t *source; /**< that of the IP header in front, i.e. the reporting host, address_length octets; likewise
                              the destination */
    const uint8_t *destination;
    uint8_t address_length;  /**< 4 or 16 */
    uint8_t protocol;        /**< IPSEC_ICMP or IPSEC_ICMPV6 */
    uint32_t frame;          /**< as ipsec_view.frame */
    uint32_t offset;         /**< of data in its buffer; together with buffer and frame it identifies the message */
    uint16_t buffer;         /**< as ipsec_view.buffer */
    uint64_t time;           /**< as ipsec_view.time */
    ipsec_stacks refused_by; /**< as ipsec_view.refused_by */
} ipsec_icmp_view;

/** The report on it. */
typedef struct ipsec_icmp_report {
    ipsec_findings findings; /**< the one finding on the error; empty if there is nothing to show */
    const char *error;       /**< id of the finding without the family; static */
    bool has_mtu;            /**< it reports a path MTU */
    uint32_t mtu;            /**< the MTU that it reports, if has_mtu; may be 0 */
    ipsec_header quoted;     /**< the quoted header, as far as the quote has it; has_spi may be false */
    uint32_t quoted_frame;   /**< of the packet that it quotes; 0: not known */
    uint32_t sa;             /**< index of the SA that it is about, or IPSEC_SA_NONE */
} ipsec_icmp_report;

/** Whether a message begins like an error that may quote IPsec: a cheap test for callers that see all messages. `type`
 * is its first octet. */
static inline bool ipsec_icmp_may_be_error(uint8_t protocol, uint8_t type)
{
    const uint32_t errors = UINT32_C(1) << 3 | UINT32_C(1) << 11 | UINT32_C(1) << 12; /* RFC 792 */
    const uint32_t errors_v6 = UINT32_C(0x1e);                                        /* RFC 4443: 1 to 4 */

    return type < 32 && (protocol == IPSEC_ICMP ? errors : errors_v6) >> type & 1;
}

#endif
