/* What each system will have reported, drawn as a subtree. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_DRAW_RECEIVERS_H
#define IPSEC_EPAN_DRAW_RECEIVERS_H

#include "../core/ipsec.h"

#include <epan/proto.h>
#include <epan/tvbuff.h>

/* Registers the subtrees; once, at start. */
void ipsec_draw_receivers_register(void);

/* Adds a line for each system that reports something; nothing if none does. */
void ipsec_draw_receivers(const ipsec_report *report, tvbuff_t *tvb, proto_tree *tree);

#endif
