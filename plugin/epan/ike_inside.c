/* What stock Wireshark reads in an IKE message that it can decrypt: nothing is asked of it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike_inside.h"

int ipsec_ike_inside_call(dissector_handle_t stock, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data,
                          ipsec_ike_contents *contents, bool *is_inside)
{
    *contents = (ipsec_ike_contents){0};
    *is_inside = false;
    return call_dissector_only(stock, tvb, pinfo, tree, data);
}

void ipsec_ike_inside_end(void)
{
}
