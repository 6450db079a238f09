/* Uses of Wireshark that are not public API. SPDX-License-Identifier: GPL-2.0-or-later */
#include "compat.h"

#include <epan/conversation_filter.h>
#include <epan/stat_tap_ui.h>
#include <epan/uat-int.h>
#include <epan/uat.h>
#include <wiretap/wtap.h>
#include <wiretap/wtap_opttypes.h>

#include <glib.h>
#include <gmodule.h>

#include <stdlib.h>
#include <string.h>

/* More interfaces than a section of a concatenated file usually has. */
#define SECTION_INTERFACES 64u

/* --- the tree ---------------------------------------------------------------------------------------------------- */

ipsec_tree_mark ipsec_compat_mark_tree(const proto_tree *tree)
{
    ipsec_tree_mark mark = {.last = tree ? tree->last_child : NULL};

    mark.last_of_last = mark.last ? mark.last->last_child : NULL;
    return mark;
}

static proto_node *find_from(proto_node *node, int proto)
{
    while (node && !(PNODE_FINFO(node) && PNODE_FINFO(node)->hfinfo->id == proto))
        node = node->next;
    return node;
}

proto_item *ipsec_compat_find_item(const proto_tree *tree, const ipsec_tree_mark *mark, int proto)
{
    proto_node *found;

    if (!tree)
        return NULL;
    found = find_from(mark->last ? mark->last->next : tree->first_child, proto);
    if (!found && mark->last)
        found = find_from(mark->last_of_last ? mark->last_of_last->next : mark->last->first_child, proto);
    return found;
}

bool ipsec_compat_fake_protocols(proto_tree *tree, bool fake)
{
    bool before;

    if (!tree)
        return false;
    before = PTREE_DATA(tree)->fake_protocols;
    PTREE_DATA(tree)->fake_protocols = fake;
    return before;
}

void ipsec_compat_set_label(proto_item *item, const char *text)
{
    const size_t length = MIN(strlen(text), ITEM_LABEL_LENGTH - 1);
    item_label_t *label;

    if (!PTREE_DATA(item)->visible)
        return;
    label = wmem_new0(PNODE_POOL(item), item_label_t);
    memcpy(label->representation, text, length);
    PITEM_FINFO(item)->rep = label;
}

static void visit_node(const proto_node *node, ipsec_visit_field *visit, void *context)
{
    const field_info *info = PNODE_FINFO(node);

    if (info && info->hfinfo)
        visit(&(ipsec_tree_field){.id = info->hfinfo->id,
                                  .source = info->ds_tvb,
                                  .label = info->rep ? info->rep->representation : NULL},
              context);
}

/* The next node in display order within `root`; NULL after the last one. */
static const proto_node *next_node(const proto_node *node, const proto_node *root)
{
    if (node->first_child)
        return node->first_child;
    while (node != root && !node->next)
        node = node->parent;
    return node == root ? NULL : node->next;
}

void ipsec_compat_visit_fields(const proto_tree *tree, const ipsec_tree_mark *mark, ipsec_visit_field *visit,
                               void *context)
{
    const proto_node *node;

    if (!tree)
        return;
    for (node = mark->last ? mark->last->next : tree->first_child; node; node = next_node(node, tree))
        visit_node(node, visit, context);
}

/* epan_dissect_reset() and epan_dissect_free() read the record of the frame, so there must be one. */
static void give_record(epan_dissect_t *dissection)
{
    static wtap_rec none;

    dissection->pi.rec = &none;
}

void ipsec_compat_reset_dissection(epan_dissect_t *dissection)
{
    give_record(dissection);
    epan_dissect_reset(dissection);
}

void ipsec_compat_free_dissection(epan_dissect_t *dissection)
{
    give_record(dissection);
    epan_dissect_free(dissection);
}

/* --- the packet -------------------------------------------------------------------------------------------------- */

/* The tvbuff of the first data source with that name from `node` of a frame's list on, or NULL. The search reads
 * nothing of the packet except the list. */
static const tvbuff_t *find_source(GSList *node, const char *name)
{
    packet_info from = {.data_src = node};
#if IPSEC_WIRESHARK_AT_LEAST(4, 6)
    struct data_source *source = get_data_source_by_name(&from, name);

    return source ? get_data_source_tvb(source) : NULL;
#else
    return get_data_source_tvb_by_name(&from, name);
#endif
}

bool ipsec_compat_is_reassembled(const packet_info *pinfo, const tvbuff_t *source)
{
    GSList *node = pinfo->data_src;

    while (node && get_data_source_tvb(node->data) != source)
        node = node->next;
    return node && (find_source(node, "Reassembled IPv4") == source || find_source(node, "Reassembled IPv6") == source);
}

uint32_t ipsec_compat_interface(const packet_info *pinfo)
{
    const wtap_rec *rec = pinfo->rec;
    const uint32_t section = rec->presence_flags & WTAP_HAS_SECTION_NUMBER ? rec->section_number : 0;

    return rec->rec_header.packet_header.interface_id + SECTION_INTERFACES * section;
}

bool ipsec_compat_packet_id(const packet_info *pinfo, uint64_t *id)
{
    const wtap_rec *rec = pinfo->rec;
    guint64 value; /* the type that 4.0 needs */

    if (!rec->block || wtap_block_get_uint64_option_value(rec->block, OPT_PKT_PACKETID, &value) != WTAP_OPTTYPE_SUCCESS)
        return false;
    *id = value;
    return true;
}

/* --- statistics -------------------------------------------------------------------------------------------------- */

bool ipsec_compat_has_window(void)
{
    GModule *program = g_module_open(NULL, G_MODULE_BIND_LAZY);
    gpointer version;
    const bool has = program && g_module_symbol(program, "qVersion", &version);

    if (program)
        g_module_close(program);
    return has;
}

/* One option; never freed. */
typedef struct option {
    ipsec_start_option *start;
} option;

#if IPSEC_WIRESHARK_AT_LEAST(4, 6)
static bool start_option(const char *argument, void *which)
{
    return ((const option *)which)->start(argument);
}
#else
static void start_option(const char *argument, void *which)
{
    if (!((const option *)which)->start(argument))
        exit(1); /* no result can be returned before 4.6. Wireshark's own options exit likewise (tap-iostat.c): if the
                  * program went on, it would end well without what was asked for */
}
#endif

void ipsec_compat_register_option(const char *name, ipsec_start_option *start)
{
    stat_tap_ui ui = {
        .group = REGISTER_PACKET_STAT_GROUP_UNSORTED, .title = NULL, .cli_string = name, .tap_init_cb = start_option};
    option *which = g_new(option, 1);

    which->start = start;
    register_stat_tap_ui(&ui, which);
}

/* The only filter; set at registration. */
static ipsec_has_filter *has_filter;
static ipsec_make_filter *make_filter;

#if IPSEC_WIRESHARK_AT_LEAST(4, 4)
static bool call_has_filter(packet_info *pinfo, void *user_data _U_)
{
    return has_filter(pinfo);
}

static char *call_make_filter(packet_info *pinfo, void *user_data _U_)
{
    return make_filter(pinfo);
}
#else
static gboolean call_has_filter(packet_info *pinfo)
{
    return has_filter(pinfo);
}

static char *call_make_filter(packet_info *pinfo)
{
    return make_filter(pinfo);
}
#endif

void ipsec_compat_register_conversation_filter(const char *proto, const char *title, ipsec_has_filter *has,
                                               ipsec_make_filter *make)
{
    has_filter = has;
    make_filter = make;
#if IPSEC_WIRESHARK_AT_LEAST(4, 4)
    register_conversation_filter(proto, title, call_has_filter, call_make_filter, NULL);
#else
    register_conversation_filter(proto, title, call_has_filter, call_make_filter);
#endif
}

/* --- tables ------------------------------------------------------------------------------------------------------ */

dissector_handle_t ipsec_compat_entry_handle(void *entry, bool *changed)
{
    const dissector_handle_t handle = dtbl_entry_get_handle((dtbl_entry_t *)entry);

    *changed = dtbl_entry_get_initial_handle((dtbl_entry_t *)entry) != handle;
    return handle;
}

dissector_handle_t ipsec_compat_udpencap(void)
{
    return dissector_get_default_uint_handle("udp.port", 4500);
}

dissector_handle_t ipsec_compat_ipv6_fragment(void)
{
    return dissector_get_default_uint_handle("ip.proto", 44);
}

static bool has_rows(const char *name)
{
    const uat_t *table = uat_get_table_by_name(name);

    return !table || table->user_data->len > 0;
}

bool ipsec_compat_has_ike_keys(void)
{
    return has_rows("IKEv1 Decryption Table") || has_rows("IKEv2 Decryption Table");
}

static uat_field_t *find_column(const uat_t *table, const char *name)
{
    for (uat_field_t *field = table->fields; field->title; field++)
        if (strcmp(field->name, name) == 0)
            return field;
    return NULL;
}

static void hand_out(ipsec_take_row *row, uint32_t line, void *record, uat_field_t *const *fields, void *context)
{
    char *columns[IPSEC_COLUMN_COUNT];
    ipsec_key_row_text text;

    for (unsigned i = 0; i < IPSEC_COLUMN_COUNT; i++)
        text.columns[i] = columns[i] = fields[i] ? uat_fld_tostr(record, fields[i]) : NULL;
    row(line, &text, context);
    for (unsigned i = 0; i < IPSEC_COLUMN_COUNT; i++) {
        if (columns[i])
            ipsec_wipe(columns[i], strlen(columns[i]));
        g_free(columns[i]);
    }
}

void ipsec_compat_esp_sas(ipsec_take_row *row, void *context)
{
    static const char *const names[IPSEC_COLUMN_COUNT] = {
        [IPSEC_COLUMN_PROTOCOL] = "protocol",
        [IPSEC_COLUMN_SOURCE] = "srcIP",
        [IPSEC_COLUMN_DESTINATION] = "dstIP",
        [IPSEC_COLUMN_SPI] = "spi",
        [IPSEC_COLUMN_ENCRYPTION] = "encryption_algo",
        [IPSEC_COLUMN_ENCRYPTION_KEY] = "encryption_key_string",
        [IPSEC_COLUMN_INTEGRITY] = "authentication_algo",
        [IPSEC_COLUMN_INTEGRITY_KEY] = "authentication_key_string",
        [IPSEC_COLUMN_ESN] = "sn_length", /* from 4.2 on; likewise the next one */
        [IPSEC_COLUMN_MODE] = "sn_upper",
    };
    uat_t *table = uat_get_table_by_name("ESP SAs");
    uat_field_t *fields[IPSEC_COLUMN_COUNT];

    if (!table)
        return;
    for (unsigned i = 0; i < IPSEC_COLUMN_COUNT; i++)
        fields[i] = find_column(table, names[i]);
    for (uint32_t i = 0; i < table->user_data->len; i++)
        hand_out(row, i + 1, UAT_USER_INDEX_PTR(table, i), fields, context);
}
