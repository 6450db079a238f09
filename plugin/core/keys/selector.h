/** @file
 * Selectors of SAs: RFC 4301 4.4.1.1 and 5.2. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_SELECTOR_H
#define IPSEC_CORE_SELECTOR_H

#include "keys/spec.h"
#include "packet/view.h"

/** What a selector is compared with. Addresses point into the packet. */
typedef struct ipsec_flow {
    const uint8_t *source, *destination; /**< NULL if NAT may have changed them */
    uint8_t address_length;              /**< 4 or 16 */
    bool has_protocol;
    uint8_t protocol; /**< IP protocol number, if has_protocol */
    bool has_ports;
    uint16_t source_port, destination_port; /**< host byte order, if has_ports */
} ipsec_flow;

/** The flow of an IP packet of `length` octets; false if it is not one. */
bool ipsec_flow_of_packet(const uint8_t *packet, uint32_t length, ipsec_flow *flow);

/** The flow of a transport-mode payload between the addresses of the view; false if they are unknown. */
bool ipsec_flow_of_payload(const ipsec_view *view, uint8_t protocol, const uint8_t *payload, uint32_t length,
                           ipsec_flow *flow);

/** Whether the selector lets the flow through; what is not known of the flow is taken to fit. */
bool ipsec_selector_has(const ipsec_selector *selector, const ipsec_flow *flow);

#endif
