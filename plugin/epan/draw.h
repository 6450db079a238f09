/* Reports, drawn as a subtree. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_DRAW_H
#define IPSEC_EPAN_DRAW_H

#include "../core/ipsec.h"

#include <epan/packet.h>
#include <epan/proto.h>
#include <epan/tvbuff.h>

/* Registers the subtrees; once, at start. */
void ipsec_draw_register(void);

/* Adds the protocol item with all of the report in the subtree of `parent`; in `tree` itself if that is NULL. Expert
 * items are added even if there is no tree. The report's offsets refer to `tvb`. May throw, like all of
 * proto_tree_add_*. */
void ipsec_draw_report(const ipsec_report *report, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                       proto_item *parent);

/* The same for an ICMP error or an IKE message, which have no verdict: the item's conclusion is the summary of the
 * gravest finding. Returns the tree of that item, for further fields; NULL if there is no tree, or no finding. */
proto_tree *ipsec_draw_findings(const ipsec_findings *findings, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                                proto_item *parent);

#endif
