/* What stock Wireshark reads in an IKE message that it can decrypt. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_IKE_INSIDE_H
#define IPSEC_EPAN_IKE_INSIDE_H

#include "../core/ipsec.h"

#include <epan/packet.h>

#include <stdbool.h>

/* Calls the stock dissector of an IKE message, and sets *shown to the decrypted content, found through the tree that
 * the dissector fills. If there is no tree, as on a first pass, one is made for the messages of this frame only.
 * Returns what the dissector returned; throws whatever it throws, usually because of the decrypted content, and sets
 * *shown all the same. */
int ipsec_ike_inside_call(dissector_handle_t stock, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data,
                          ipsec_ike_shown *shown);

/* Frees what is kept between messages; to be called when a file is closed. */
void ipsec_ike_inside_end(void);

#endif
