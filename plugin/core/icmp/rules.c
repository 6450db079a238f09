/* The finding for an ICMP error. SPDX-License-Identifier: GPL-2.0-or-later */
#include "icmp/rules.h"
#include "packet/protocol.h"
#include "packet/view.h"

#include <glib.h>

/* min_pmtu of Linux, below which it locks its route; and the minimum MTU of IPv6 (RFC 8200 5), below which it ignores a
 * report. */
#define LEAST_V4 552u
#define LEAST_V6 1280u

G_STATIC_ASSERT(IPSEC_FINDING_COUNT <= UINT8_MAX && IPSEC_CASE_COUNT <= UINT8_MAX);

/* Why the host that receives the report of an MTU ignores it; IPSEC_CASE_NONE: it does not. For ESP in UDP and for IKE,
 * systems use the addresses only and do not look for an SA. */
static ipsec_advice_case reason_to_ignore(const ipsec_icmp_error *error, bool has_sa)
{
    const ipsec_quote *const quote = &error->quote;
    const bool needs_sa = quote->protocol == IPSEC_PROTOCOL_ESP || quote->protocol == IPSEC_PROTOCOL_AH;

    if (error->checksum_wrong)
        return IPSEC_CASE_MTU_CHECKSUM;
    if (needs_sa && !has_sa)
        return IPSEC_CASE_MTU_NO_SA;
    if (quote->may_cut && quote->address_length == 4)
        return IPSEC_CASE_MTU_MAY_CUT;
    if (error->mtu == 0 && quote->address_length == 4)
        return IPSEC_CASE_MTU_ZERO;
    if (quote->address_length == 4 && error->mtu < LEAST_V4)
        return IPSEC_CASE_MTU_LOW;
    if (quote->address_length != 4 && error->mtu < LEAST_V6)
        return IPSEC_CASE_MTU_LOW_V6;
    if (quote->length > 0 && error->mtu >= quote->length)
        return IPSEC_CASE_MTU_HIGH;
    return IPSEC_CASE_NONE;
}

static ipsec_icmp_ruling finding(ipsec_finding_id id, ipsec_advice_case advice_case)
{
    return (ipsec_icmp_ruling){.finding = (uint8_t)id, .advice_case = (uint8_t)advice_case};
}

static ipsec_icmp_ruling rule_mtu(const ipsec_icmp_error *error, bool has_sa)
{
    const ipsec_advice_case reason = reason_to_ignore(error, has_sa);

    return reason == IPSEC_CASE_NONE ? finding(IPSEC_FINDING_ICMP_TOO_BIG, IPSEC_CASE_NONE)
                                     : finding(IPSEC_FINDING_ICMP_TOO_BIG_IGNORED, reason);
}

/* Only the peer itself can report that it does not support ESP, AH or IPComp. */
static ipsec_icmp_ruling rule_protocol(const ipsec_icmp_error *error)
{
    const bool is_ipsec = error->quote.protocol != IPSEC_PROTOCOL_UDP;

    return finding(error->from_peer && is_ipsec ? IPSEC_FINDING_ICMP_PROTOCOL_UNREACHABLE
                                                : IPSEC_FINDING_ICMP_UNREACHABLE,
                   IPSEC_CASE_NONE);
}

/* ESP and AH have no ports: a peer that reports this for them has a filter that rejects them this way. */
static ipsec_icmp_ruling rule_port(const ipsec_icmp_error *error)
{
    const bool is_keepalive = error->quote.udp_payload == 1;

    if (!error->from_peer)
        return finding(IPSEC_FINDING_ICMP_UNREACHABLE, IPSEC_CASE_NONE);
    if (error->quote.protocol != IPSEC_PROTOCOL_UDP)
        return finding(IPSEC_FINDING_ICMP_PROHIBITED, IPSEC_CASE_NONE);
    return finding(IPSEC_FINDING_ICMP_PORT_UNREACHABLE, is_keepalive ? IPSEC_CASE_KEEPALIVE : IPSEC_CASE_NONE);
}

ipsec_icmp_ruling ipsec_icmp_rule(const ipsec_icmp_error *error, bool has_sa, bool was_quoted)
{
    const ipsec_icmp_ruling nothing = {.finding = IPSEC_FINDING_COUNT};

    if (error->kind == IPSEC_ICMP_TOO_BIG)
        return rule_mtu(error, has_sa);
    if (error->checksum_wrong)
        return nothing;
    switch (error->kind) {
    case IPSEC_ICMP_PROTOCOL:
        return rule_protocol(error);
    case IPSEC_ICMP_PORT:
        return rule_port(error);
    case IPSEC_ICMP_PROHIBITED:
        return finding(IPSEC_FINDING_ICMP_PROHIBITED, IPSEC_CASE_NONE);
    case IPSEC_ICMP_UNREACHABLE:
        return finding(IPSEC_FINDING_ICMP_UNREACHABLE, IPSEC_CASE_NONE);
    case IPSEC_ICMP_TIME: /* traceroute provokes these on purpose, with packets that belong to no SA */
        return has_sa || was_quoted ? finding(IPSEC_FINDING_ICMP_TIME_EXCEEDED, IPSEC_CASE_NONE) : nothing;
    case IPSEC_ICMP_REASSEMBLY:
        return finding(IPSEC_FINDING_ICMP_FRAGMENT_LOST, IPSEC_CASE_NONE);
    case IPSEC_ICMP_PARAMETER:
        return finding(IPSEC_FINDING_ICMP_PARAMETER, IPSEC_CASE_NONE);
    default:
        return nothing;
    }
}
