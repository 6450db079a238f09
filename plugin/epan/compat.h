/* Uses of Wireshark that are not public API, and differences between the versions that the same source builds
 * for: 4.0, 4.4 and 4.6.
 *
 * Another version may silently remove what a function here relies on. So each function does one thing that nothing else
 * in this directory does, and tests/tshark/test_compat.py has a test with its name, which fails if it no longer works.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_COMPAT_H
#define IPSEC_EPAN_COMPAT_H

#include "version.h"

#include "../core/ipsec.h"

#include <wireshark.h>

#include <epan/epan_dissect.h>
#include <epan/frame_data.h>
#include <epan/packet.h>
#include <epan/proto.h>

#include <stdbool.h>

/* Separates the menu from the title of a statistics tree. */
#if !IPSEC_WIRESHARK_AT_LEAST(4, 2)
#define STATS_TREE_MENU_SEPARATOR "/"
#endif

/* The type of the variable of a boolean preference. */
#if IPSEC_WIRESHARK_AT_LEAST(4, 2)
typedef bool pref_bool;
#else
typedef gboolean pref_bool;
#endif

/* --- the tree -------------------------------------------------------------------------------------------------- */

/* The end of a tree at some point in time. Valid as long as the tree. */
typedef struct ipsec_tree_mark {
    proto_node *last, *last_of_last; /* the tree's last item, and the last child of that; NULL if there is none */
} ipsec_tree_mark;

/* Marks the present end of the tree; `tree` may be NULL. Walks nodes, which are internal to epan/proto.c. */
ipsec_tree_mark ipsec_compat_mark_tree(const proto_tree *tree);

/* The item of protocol `proto` that was added after the mark, in the tree or in the item that was the last one then,
 * because AH goes into the item of IPv6. NULL if there is none, or no tree. Walks nodes likewise. */
proto_item *ipsec_compat_find_item(const proto_tree *tree, const ipsec_tree_mark *mark, int proto);

/* Sets whether Wireshark may leave out protocol items that nobody asked for in the tree (NULL: does nothing), and
 * returns the former setting. Wireshark's own function for that is not exported. */
bool ipsec_compat_fake_protocols(proto_tree *tree, bool fake);

/* Whether Wireshark would make an item for the field in the tree. If not, its functions return the tree that they were
 * given, but still take time. */
static inline bool ipsec_compat_is_seen(const proto_tree *tree, const header_field_info *field)
{
    return PTREE_DATA(tree)->visible || field->ref_type >= HF_REF_TYPE_DIRECT;
}

/* Makes `text` the label of an item in a visible tree, like proto_item_set_text(), which takes four times as long.
 */
void ipsec_compat_set_label(proto_item *item, const char *text);

/* A field that a dissector has added to a tree. */
typedef struct ipsec_tree_field {
    int id;                 /* the number that the field got at registration */
    const tvbuff_t *source; /* the data source that it is in; NULL: none */
    const char *label;      /* as shown so far; NULL if it has not been made yet */
} ipsec_tree_field;

typedef void ipsec_visit_field(const ipsec_tree_field *field, void *context);

/* Calls `visit` for each field after the mark, in display order, each before its children. `tree` may be NULL. Walks
 * nodes likewise, and without recursion, because the trees of crafted packets may be deep. */
void ipsec_compat_visit_fields(const proto_tree *tree, const ipsec_tree_mark *mark, ipsec_visit_field *visit,
                               void *context);

/* Empties a dissection that has no frame of its own, because only its tree was used. */
void ipsec_compat_reset_dissection(epan_dissect_t *dissection);

/* Frees such a dissection. */
void ipsec_compat_free_dissection(epan_dissect_t *dissection);

/* --- the packet ------------------------------------------------------------------------------------------------ */

/* Whether the data source is a datagram that IP has reassembled from fragments. Recognised by the name that the IP
 * dissectors give it. */
bool ipsec_compat_is_reassembled(const packet_info *pinfo, const tvbuff_t *source);

/* Whether the frame has been dissected before. */
static inline bool ipsec_compat_is_visited(const packet_info *pinfo)
{
    return PINFO_FD_VISITED(pinfo);
}

/* The offset of the frame in the file; no two frames of a file have the same. */
static inline int64_t ipsec_compat_file_offset(const packet_info *pinfo)
{
    return pinfo->fd->file_off;
}

/* Octets of the frame, captured or not, as the file says. */
static inline uint32_t ipsec_compat_frame_length(const packet_info *pinfo)
{
    return pinfo->fd->pkt_len;
}

/* Whether these are at least as many as were captured. */
static inline bool ipsec_compat_is_frame_length_sound(const packet_info *pinfo)
{
    return pinfo->fd->cap_len <= pinfo->fd->pkt_len;
}

/* For a packet with WTAP_HAS_INTERFACE_ID: the number of the interface, different in each section of the file. */
uint32_t ipsec_compat_interface(const packet_info *pinfo);

/* For such a packet: whether the capturing system gave the packet an id, the same for each copy (epb_packetid of
 * pcapng). If so, sets *id. */
bool ipsec_compat_packet_id(const packet_info *pinfo, uint64_t *id);

/* --- statistics ------------------------------------------------------------------------------------------------ */

/* Whether the program has a GUI, as Wireshark has and tshark has not. Recognised by Qt. */
bool ipsec_compat_has_window(void);

/* Starts what an option "-z" asks for. Returns whether that is possible; if not, it has reported why. */
typedef bool ipsec_start_option(const char *argument);

/* Registers the option "-z NAME...". If `start` fails, the program exits. */
void ipsec_compat_register_option(const char *name, ipsec_start_option *start);

/* The plugin's only entry in Analyze > Conversation Filter: whether the packet has such a filter, and its text, which
 * is freed with g_free(). */
typedef bool ipsec_has_filter(const packet_info *pinfo);
typedef char *ipsec_make_filter(const packet_info *pinfo);
void ipsec_compat_register_conversation_filter(const char *proto, const char *title, ipsec_has_filter *has,
                                               ipsec_make_filter *make);

/* --- tables ---------------------------------------------------------------------------------------------------- */

/* The dissector of an entry of a dissector table, or NULL; `entry` is what dissector_table_foreach() passes to its
 * callback. Sets *changed to whether the user has chosen it (Decode As). */
dissector_handle_t ipsec_compat_entry_handle(void *entry, bool *changed);

/* The stock dissector of UDP encapsulation, or NULL. It has no name in 4.0, so it is found as the default of port 4500.
 */
dissector_handle_t ipsec_compat_udpencap(void);

/* The stock dissector of the fragment header of IPv6, or NULL. It has no name. */
dissector_handle_t ipsec_compat_ipv6_fragment(void);

/* Whether one of Wireshark's tables "IKEv1 Decryption Table" and "IKEv2 Decryption Table" has a row; also true if one
 * of them no longer exists. */
bool ipsec_compat_has_ike_keys(void);

/* A row of a table, counted from 1. The text is overwritten and freed afterwards. */
typedef void ipsec_take_row(uint32_t line, const ipsec_key_row_text *text, void *context);

/* Calls `row` for each row of Wireshark's table "ESP SAs", with the texts of the columns, which are found by name; NULL
 * for columns that this version does not have. Neither this table nor the structure of tables is public. */
void ipsec_compat_esp_sas(ipsec_take_row *row, void *context);

#endif
