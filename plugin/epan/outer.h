/* From Wireshark's tvbuff and packet_info to the core's wire view.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_OUTER_H
#define IPSEC_EPAN_OUTER_H

#include "../core/ipsec.h"

#include <epan/packet.h>
#include <epan/tvbuff.h>

/* Fills *view for an ESP or AH header directly in IP. `data` is what the IP dissector passed down; it may be NULL. The
 * view points into `tvb` and `pinfo`; its `frame` and `refused_by` are left to the caller. */
void ipsec_outer_ip(tvbuff_t *tvb, packet_info *pinfo, void *data, uint8_t protocol, ipsec_view *view);

/* The number of the data source that holds the octets, in the order in which the data sources were added to the packet.
 */
uint16_t ipsec_outer_buffer(tvbuff_t *tvb, const packet_info *pinfo);

/* The same for a UDP payload. */
void ipsec_outer_udp(tvbuff_t *tvb, packet_info *pinfo, bool ike_port, ipsec_view *view);

#endif
