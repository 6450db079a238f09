/* Statistics > IPsec IKE, and -z ipsec,ike: a line for each IKE SA, and what has become of it.
 *
 * For how Wireshark keeps rows of such a table, see sa_table.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cell.h"
#include "statistics.h"
#include "taps.h"

#include <epan/stat_tap_ui.h>

#include <stdio.h>
#include <string.h>

#define TITLE "IPsec IKE"

enum {
    INITIATOR,
    RESPONDER,
    SPI,
    VERSION,
    MESSAGES,
    FIRST_FRAME,
    LAST_FRAME,
    OUTCOME,
    COLUMN_COUNT
};

static stat_tap_table_item columns[COLUMN_COUNT] = {
    [INITIATOR] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Initiator", "%-39s"},
    [RESPONDER] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Responder", "%-39s"},
    [SPI] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Initiator SPI", "%s"},
    [VERSION] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Version", "%s"},
    [MESSAGES] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Messages", "%u"},
    [FIRST_FRAME] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "First frame", "%u"},
    [LAST_FRAME] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Last frame", "%u"},
    [OUTCOME] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Outcome", "%s"},
};

/* What an IKE SA is told by. */
typedef struct ike_key {
    uint64_t spi;
    uint8_t version, address_length;
    uint8_t initiator[16], responder[16];
} ike_key;

/* Owned by this file: places of rows by ike_key, each one more; and rows that a window may still refer to. */
static GHashTable *places;
static GPtrArray *dropped;

static guint hash_key(gconstpointer key)
{
    return (guint)((const ike_key *)key)->spi;
}

static gboolean equal_keys(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(ike_key)) == 0;
}

/* Where it is not known who began, that is who speaks first. */
static ike_key key_of(const ipsec_ike_tapped *tapped, bool by_source)
{
    ike_key key;

    memset(&key, 0, sizeof key); /* its padding is compared, too */
    key.spi = tapped->progress.initiator_spi;
    key.version = tapped->progress.version;
    key.address_length = tapped->address_length;
    memcpy(key.initiator, by_source ? tapped->source : tapped->destination, tapped->address_length);
    memcpy(key.responder, by_source ? tapped->destination : tapped->source, tapped->address_length);
    return key;
}

static void set_text(stat_tap_table_item_type *item, const char *text)
{
    if (item->value.string_value && strcmp(item->value.string_value, text) == 0)
        return;
    g_free((char *)item->value.string_value);
    item->value.string_value = g_strdup(text);
}

static void set_host(stat_tap_table *table, unsigned row, unsigned column, const uint8_t *octets, unsigned length)
{
    ipsec_cell cell;

    ipsec_cell_set_address(&cell, octets, length);
    set_text(stat_tap_get_field_data(table, row, column), cell.is_empty ? "" : cell.text);
}

static void begin_row(stat_tap_table *table, unsigned row, const ike_key *key, uint32_t frame)
{
    stat_tap_table_item_type blank[COLUMN_COUNT];
    char text[32];

    memset(blank, 0, sizeof blank);
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        blank[i].type = columns[i].type;
    stat_tap_init_table_row(table, row, COLUMN_COUNT, blank);
    set_host(table, row, INITIATOR, key->initiator, key->address_length);
    set_host(table, row, RESPONDER, key->responder, key->address_length);
    snprintf(text, sizeof text, "0x%016" PRIx64, key->spi);
    set_text(stat_tap_get_field_data(table, row, SPI), text);
    set_text(stat_tap_get_field_data(table, row, VERSION), key->version == 1 ? "IKEv1" : "IKEv2");
    stat_tap_get_field_data(table, row, FIRST_FRAME)->value.uint_value = frame;
}

/* The row of the IKE SA, made if there is none. The responder may have been seen first. */
static unsigned row_of(stat_tap_table *table, const ipsec_ike_tapped *tapped, uint32_t frame)
{
    const bool by_source = !tapped->progress.knows_initiator || tapped->progress.by_source;
    const ike_key key = key_of(tapped, by_source), other = key_of(tapped, !by_source);
    unsigned place = GPOINTER_TO_UINT(g_hash_table_lookup(places, &key));

    if (place == 0)
        place = GPOINTER_TO_UINT(g_hash_table_lookup(places, &other));
    if (place == 0) {
        place = table->num_elements + 1;
        begin_row(table, place - 1, &key, frame);
        g_hash_table_insert(places, g_memdup2(&key, sizeof key), GUINT_TO_POINTER(place));
    }
    return place - 1;
}

static tap_packet_status add(void *data, packet_info *pinfo, epan_dissect_t *edt _U_, const void *tapped,
                             tap_flags_t flags _U_)
{
    const stat_tap_table_ui *ui = ((const stat_data_t *)data)->stat_tap_data;
    const ipsec_ike_tapped *message = tapped;
    stat_tap_table *table = g_array_index(ui->tables, stat_tap_table *, 0);
    const unsigned row = row_of(table, message, pinfo->num);
    char outcome[IPSEC_IKE_OUTCOME_SIZE];

    stat_tap_get_field_data(table, row, MESSAGES)->value.uint_value++;
    stat_tap_get_field_data(table, row, LAST_FRAME)->value.uint_value = pinfo->num;
    set_text(stat_tap_get_field_data(table, row, OUTCOME), ipsec_ike_outcome(&message->progress, outcome));
    return TAP_PACKET_REDRAW;
}

/* --- the life of the rows ---------------------------------------------------------------------------------------- */

static void free_item(stat_tap_table *table _U_, unsigned row _U_, unsigned column _U_, stat_tap_table_item_type *item)
{
    if (item->type == TABLE_ITEM_STRING)
        g_free((char *)item->value.string_value);
}

static void free_row(void *row)
{
    stat_tap_table_item_type *items = row;

    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        free_item(NULL, 0, i, &items[i]);
    g_free(items);
}

static void start(stat_tap_table_ui *its);
static void reset(stat_tap_table *table);

static stat_tap_table_ui ui = {.group = REGISTER_PACKET_STAT_GROUP_UNSORTED,
                               .title = TITLE,
                               .tap_name = IPSEC_IKE_TAP,
                               .cli_string = "ipsec,ike",
                               .stat_tap_init_cb = start,
                               .packet_func = add,
                               .stat_tap_reset_table_cb = reset,
                               .stat_tap_free_table_item_cb = free_item,
                               .nfields = COLUMN_COUNT,
                               .fields = columns};

static void reset(stat_tap_table *table)
{
    for (unsigned place = 0; place < table->num_elements; place++)
        g_ptr_array_add(dropped, table->elements[place]);
    table->num_elements = 0;
    if (ui.refcount <= 1)
        g_ptr_array_set_size(dropped, 0);
    g_hash_table_remove_all(places);
}

static void start(stat_tap_table_ui *its)
{
    stat_tap_table *table = stat_tap_find_table(its, TITLE);

    if (table)
        reset(table);
    else
        stat_tap_add_table(its, stat_tap_init_table(TITLE, COLUMN_COUNT, 0, NULL));
}

void ipsec_ike_table_register(void)
{
    places = g_hash_table_new_full(hash_key, equal_keys, g_free, NULL);
    dropped = g_ptr_array_new_with_free_func(free_row);
    register_stat_tap_table_ui(&ui);
}
