/* The protocol, its fields and its expert items.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_FIELDS_H
#define IPSEC_EPAN_FIELDS_H

#include "../core/ipsec.h"

#include <epan/expert.h>
#include <epan/proto.h>

#include <stdbool.h>

/* The fields. */
typedef enum {
#define FIELD(symbol, ...) IPSEC_HF_##symbol,
#include "fields.def"
#undef FIELD
    IPSEC_HF_COUNT,
    IPSEC_HF_NONE = IPSEC_HF_COUNT
} ipsec_hf;

/* The ids of the fields and of the protocol; constant after registration. */
extern int ipsec_hf_ids[IPSEC_HF_COUNT];
extern int ipsec_proto_id;

/* One per row of the catalogue. */
extern expert_field ipsec_experts[IPSEC_FINDING_COUNT];

/* Registers all of them; once, at start. Returns the id of the protocol. */
int ipsec_fields_register(void);

/* Whether adding the field to the tree would add anything: if the tree is not shown, only if a filter or a column needs
 * the field. */
bool ipsec_field_is_seen(const proto_tree *tree, ipsec_hf field);

/* Likewise for the protocol's item. */
bool ipsec_protocol_is_seen(const proto_tree *tree);

#endif
