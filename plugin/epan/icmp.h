/* ICMP and ICMPv6 errors that quote IPsec. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_ICMP_H
#define IPSEC_EPAN_ICMP_H

#include "../core/ipsec.h"

#include <epan/packet.h>

#include <stdbool.h>

/* The context of a message. */
typedef struct ipsec_icmp_place {
    dissector_handle_t stock; /* the stock dissector of the message */
    int proto;                /* the protocol of that dissector */
    uint8_t protocol;         /* IPSEC_ICMP or IPSEC_ICMPV6 */
    ipsec_stacks refused_by;  /* as ipsec_view.refused_by */
    unsigned order;           /* among the headers of the frame, for the Info column */
} ipsec_icmp_place;

/* Whether a message may be an error that quotes a packet, and is not itself quoted. */
static inline bool ipsec_icmp_is_error(tvbuff_t *tvb, const packet_info *pinfo, uint8_t protocol)
{
    return tvb_captured_length(tvb) > 0 && ipsec_icmp_may_be_error(protocol, *tvb_get_ptr(tvb, 0, 1)) &&
           !pinfo->flags.in_error_pkt;
}

/* Calls the stock dissector of such a message, and draws what the message says about IPsec under the item that the
 * dissector made. Throws whatever the dissector throws. */
int ipsec_icmp_dissect(const ipsec_icmp_place *place, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data);

#endif
