/* Draws a report. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_TREE_H
#define IPSEC_EPAN_TREE_H

#include "../core/ipsec.h"

#include <epan/packet.h>
#include <epan/proto.h>
#include <epan/tvbuff.h>

/* Adds the protocol item with all of the report below `tree`, and its expert items also where there is no
 * tree. `tvb` is what the report's offsets refer to. May throw, as all of proto_tree_add_*. */
void ipsec_tree_draw(const ipsec_report *report, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree);

#endif
