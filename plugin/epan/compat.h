/* What is not public API of Wireshark, and what differs between the versions that one source builds for: 4.0, 4.4 and
 * 4.6.
 *
 * Another version may silently remove what a function here relies on. So each function does one thing, nothing else in
 * this folder does it, and tests/tshark/test_compat.py has a test of its name, which fails if it no longer works.
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

/* Between the menu and the title of a tree of statistics. */
#if !IPSEC_WIRESHARK_AT_LEAST(4, 2)
#define STATS_TREE_MENU_SEPARATOR "/"
#endif

/* The variable behind a boolean preference. */
#if IPSEC_WIRESHARK_AT_LEAST(4, 2)
typedef bool pref_bool;
#else
typedef gboolean pref_bool;
#endif

/* --- the tree -------------------------------------------------------------------------------------------------- */

/* The end of a tree at some moment. Valid as long as the tree. */
typedef struct ipsec_tree_mark {
    proto_node *last, *last_of_last; /* its last item and that one's last; NULL where there is none */
} ipsec_tree_mark;

/* Where the tree ends now; `tree` may be NULL. Walks nodes, which belong to epan/proto.c. */
ipsec_tree_mark ipsec_compat_mark_tree(const proto_tree *tree);

/* The item of protocol `proto` that was added after the mark, in the tree or in the item that was its last then: AH
 * goes into that of IPv6. NULL if there is none, or no tree. Walks nodes likewise. */
proto_item *ipsec_compat_find_item(const proto_tree *tree, const ipsec_tree_mark *mark, int proto);

/* Whether Wireshark may leave out items of protocols that nobody asked for: sets it for the tree (NULL: does nothing),
 * and returns what it was. Wireshark's own call for it is not exported. */
bool ipsec_compat_fake_protocols(proto_tree *tree, bool fake);

/* Whether Wireshark would make an item of the field in the tree. Where it does not, its calls return the tree that they
 * were given, and take their time. */
static inline bool ipsec_compat_is_seen(const proto_tree *tree, const header_field_info *field)
{
    return PTREE_DATA(tree)->visible || field->ref_type >= HF_REF_TYPE_DIRECT;
}

/* Makes `text` the label of an item, in a tree that is shown: as proto_item_set_text(), which takes four times as long.
 */
void ipsec_compat_set_label(proto_item *item, const char *text);

/* A field that a dissector has added to a tree. */
typedef struct ipsec_tree_field {
    int id;                 /* of its registration */
    const tvbuff_t *source; /* the data source that it stands in; NULL: none */
    const char *label;      /* as it is shown by now; NULL where that is not made yet */
} ipsec_tree_field;

typedef void ipsec_visit_field(const ipsec_tree_field *field, void *context);

/* Calls `visit` for each field after the mark, in the order in which they are shown, each in front of its children.
 * `tree` may be NULL. Walks nodes likewise, and without recursion: trees of made-up packets may be deep. */
void ipsec_compat_visit_fields(const proto_tree *tree, const ipsec_tree_mark *mark, ipsec_visit_field *visit,
                               void *context);

/* Empties a dissection without a frame of its own: only its tree was used. */
void ipsec_compat_reset_dissection(epan_dissect_t *dissection);

/* Frees it. */
void ipsec_compat_free_dissection(epan_dissect_t *dissection);

/* --- the packet ------------------------------------------------------------------------------------------------ */

/* Whether the data source is a datagram that IP has put together from fragments. Knows it by the name that the IP
 * dissectors give it. */
bool ipsec_compat_is_reassembled(const packet_info *pinfo, const tvbuff_t *source);

/* Whether the frame was dissected before. */
static inline bool ipsec_compat_is_visited(const packet_info *pinfo)
{
    return PINFO_FD_VISITED(pinfo);
}

/* Where the frame stands in the file, which no two of a file have in common. */
static inline int64_t ipsec_compat_file_offset(const packet_info *pinfo)
{
    return pinfo->fd->file_off;
}

/* Octets of the frame, captured or not. */
static inline uint32_t ipsec_compat_frame_length(const packet_info *pinfo)
{
    return pinfo->fd->pkt_len;
}

/* The number of the interface that the frame was captured at; of a file of several sections, another one in each. 0:
 * the file does not say. */
uint32_t ipsec_compat_interface(const packet_info *pinfo);

/* Whether the capturing system gave the packet an id, the same for each copy (epb_packetid of pcapng): then sets *id to
 * it. */
bool ipsec_compat_packet_id(const packet_info *pinfo, uint64_t *id);

/* --- statistics ------------------------------------------------------------------------------------------------ */

/* Whether the program has a window, as Wireshark has and tshark has not. Knows it by Qt. */
bool ipsec_compat_has_window(void);

/* Begins what an option "-z" asks for. Returns whether that can be done; if not, it has said why. */
typedef bool ipsec_start_option(const char *argument);

/* Registers the option "-z NAME...". Where it cannot be done, the program ends. */
void ipsec_compat_register_option(const char *name, ipsec_start_option *start);

/* A filter for Analyze > Conversation Filter, of which there may be one: whether there is one for the packet, and its
 * text, which is freed with g_free(). */
typedef bool ipsec_has_filter(const packet_info *pinfo);
typedef char *ipsec_make_filter(const packet_info *pinfo);
void ipsec_compat_register_conversation_filter(const char *proto, const char *title, ipsec_has_filter *has,
                                               ipsec_make_filter *make);

/* --- tables ---------------------------------------------------------------------------------------------------- */

/* The dissector that an entry of a dissector table leads to, or NULL; `entry` is what dissector_table_foreach() hands
 * out. Sets *changed to whether the user has chosen it (Decode As). */
dissector_handle_t ipsec_compat_entry_handle(void *entry, bool *changed);

/* The stock dissector of UDP encapsulation, or NULL. It has no name in 4.0, so it is the one that port 4500 had at
 * first. */
dissector_handle_t ipsec_compat_udpencap(void);

/* The stock dissector of the fragment header of IPv6, or NULL. It has no name. */
dissector_handle_t ipsec_compat_ipv6_fragment(void);

/* Whether one of Wireshark's tables "IKEv1 Decryption Table" and "IKEv2 Decryption Table" has a row; also where there
 * is no such table any more. */
bool ipsec_compat_has_ike_keys(void);

/* A row of a table, counted from 1. The text is overwritten and freed afterwards. */
typedef void ipsec_take_row(uint32_t line, const ipsec_key_row_text *text, void *context);

/* Calls `row` for each row of Wireshark's table "ESP SAs", with the text of the columns by the names that it has for
 * them; NULL for those that this version lacks. Neither the table nor the insides of tables are public. */
void ipsec_compat_esp_sas(ipsec_take_row *row, void *context);

#endif
