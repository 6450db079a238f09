/* Generated items of the subtree, which mark no octets because the packet does not contain them.
 *
 * In a tree that is not shown, as for a filter, hardly any field is needed. So these functions call nothing for the
 * other fields, and return the tree that they were given, as Wireshark's own functions do. They are used for fields of
 * clean packets; the others use Wireshark's functions directly.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_DRAW_ITEMS_H
#define IPSEC_EPAN_DRAW_ITEMS_H

#include "fields.h"

#include <epan/proto.h>

static inline proto_item *ipsec_generated(proto_item *item)
{
    proto_item_set_generated(item);
    return item;
}

static inline proto_item *ipsec_add_uint(proto_tree *tree, ipsec_hf field, uint32_t value)
{
    return ipsec_field_is_seen(tree, field)
               ? ipsec_generated(proto_tree_add_uint(tree, ipsec_hf_ids[field], NULL, 0, 0, value))
               : tree;
}

static inline proto_item *ipsec_add_uint64(proto_tree *tree, ipsec_hf field, uint64_t value)
{
    return ipsec_field_is_seen(tree, field)
               ? ipsec_generated(proto_tree_add_uint64(tree, ipsec_hf_ids[field], NULL, 0, 0, value))
               : tree;
}

static inline proto_item *ipsec_add_string(proto_tree *tree, ipsec_hf field, const char *value)
{
    return ipsec_field_is_seen(tree, field)
               ? ipsec_generated(proto_tree_add_string(tree, ipsec_hf_ids[field], NULL, 0, 0, value))
               : tree;
}

#endif
