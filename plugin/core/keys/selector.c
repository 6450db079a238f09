/* Selectors of SAs, and the flows that they are compared with.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/selector.h"
#include "base/octets.h"
#include "packet/ip.h"
#include "packet/protocol.h"

#include <string.h>

static bool has_ports(uint8_t protocol)
{
    return protocol == IPSEC_PROTOCOL_TCP || protocol == IPSEC_PROTOCOL_UDP || protocol == IPSEC_PROTOCOL_SCTP ||
           protocol == IPSEC_PROTOCOL_DCCP || protocol == IPSEC_PROTOCOL_UDPLITE;
}

/* IPv6 extension headers, which are not the protocol that a selector means. */
static bool is_extension(uint8_t protocol)
{
    static const uint8_t extensions[] = {0, 43, 44, 51, 60, 135, 139, 140};

    for (unsigned i = 0; i < sizeof extensions; i++)
        if (protocol == extensions[i])
            return true;
    return false;
}

static void set_protocol(ipsec_flow *flow, uint8_t protocol, const uint8_t *payload, uint32_t length)
{
    flow->has_protocol = true;
    flow->protocol = protocol;
    if (!has_ports(protocol) || length < 4)
        return;
    flow->has_ports = true;
    flow->source_port = ipsec_read_u16(payload);
    flow->destination_port = ipsec_read_u16(payload + 2);
}

static bool flow_of_v4(const uint8_t *p, uint32_t length, ipsec_flow *flow)
{
    const uint32_t header = (p[0] & 0x0fu) * 4;
    const bool later_fragment = ipsec_read_u16(p + 6) & 0x1fff;

    if (header < IPSEC_IPV4_HEADER || header > length)
        return false;
    *flow = (ipsec_flow){.source = p + 12, .destination = p + 16, .address_length = 4};
    set_protocol(flow, p[9], p + header, later_fragment ? 0 : length - header);
    return true;
}

static bool flow_of_v6(const uint8_t *p, uint32_t length, ipsec_flow *flow)
{
    if (length < IPSEC_IPV6_HEADER)
        return false;
    *flow = (ipsec_flow){.source = p + 8, .destination = p + 24, .address_length = 16};
    if (!is_extension(p[6]))
        set_protocol(flow, p[6], p + IPSEC_IPV6_HEADER, length - IPSEC_IPV6_HEADER);
    return true;
}

bool ipsec_flow_of_packet(const uint8_t *packet, uint32_t length, ipsec_flow *flow)
{
    if (length < IPSEC_IPV4_HEADER)
        return false;
    if (packet[0] >> 4 == 4)
        return flow_of_v4(packet, length, flow);
    return packet[0] >> 4 == 6 && flow_of_v6(packet, length, flow);
}

bool ipsec_flow_of_payload(const ipsec_view *view, uint8_t protocol, const uint8_t *payload, uint32_t length,
                           ipsec_flow *flow)
{
    if (view->address_length == 0)
        return false;
    *flow = (ipsec_flow){.address_length = view->address_length};
    if (view->encapsulation == IPSEC_ENCAPSULATION_NONE) {
        flow->source = view->source;
        flow->destination = view->destination;
    }
    if (!is_extension(protocol))
        set_protocol(flow, protocol, payload, length);
    return true;
}

static bool is_any(const ipsec_address_range *range)
{
    static const uint8_t nothing[sizeof range->mask];

    return memcmp(range->mask, nothing, sizeof nothing) == 0;
}

/* A range of the other IP version has none of these addresses, unless it stands for all addresses. */
static bool fits_address(const ipsec_address_range *range, const uint8_t *address, uint8_t length)
{
    if (!address)
        return true;
    return range->length == length ? ipsec_address_in_range(range, address, length) : is_any(range);
}

bool ipsec_selector_has(const ipsec_selector *selector, const ipsec_flow *flow)
{
    if (!fits_address(&selector->source, flow->source, flow->address_length) ||
        !fits_address(&selector->destination, flow->destination, flow->address_length))
        return false;
    if (flow->has_protocol && !selector->any_protocol && flow->protocol != selector->protocol)
        return false;
    if (!flow->has_ports)
        return true;
    return ((flow->source_port ^ selector->source_port) & selector->source_port_mask) == 0 &&
           ((flow->destination_port ^ selector->destination_port) & selector->destination_port_mask) == 0;
}
