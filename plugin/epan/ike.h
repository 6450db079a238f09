/* IKE messages: judged, and drawn. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_IKE_H
#define IPSEC_EPAN_IKE_H

#include "../core/ipsec.h"

#include <epan/packet.h>

/* Calls the stock dissector of a UDP payload that is an IKE message, judges it on the first pass over its frame, and
 * draws the findings under the item of protocol `isakmp`. `view` is that of the payload, after ipsec_frames_report();
 * for `order` see ipsec_info_column_tell(). Returns what the dissector returned; throws whatever it throws. */
int ipsec_ike_call(dissector_handle_t stock, int isakmp, const ipsec_view *view, unsigned order, tvbuff_t *tvb,
                   packet_info *pinfo, proto_tree *tree, void *data);

#endif
