/* Statistics > IPsec IKE, and -z ipsec,ike: a line with the outcome of each IKE SA.
 *
 * The core numbers the IKE SAs and keeps their state, so every pass fills in the same lines.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cell.h"
#include "stat_rows.h"
#include "statistics.h"
#include "taps.h"

#include <stdio.h>
#include <string.h>

/* The most lines of IKE SAs; one more line says how many IKE SAs have none. */
#define LINES_MOST 10000u

/* Wireshark sorts by the first column until the user chooses another one. */
enum {
    FIRST_FRAME,
    INITIATOR,
    RESPONDER,
    OUTCOME,
    FINDING,
    LAST_FRAME,
    MESSAGES,
    SPI,
    VERSION,
    COLUMN_COUNT
};

static stat_tap_table_item columns[COLUMN_COUNT] = {
    [FIRST_FRAME] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "First frame", "%u"},
    [INITIATOR] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Initiator", "%-39s"},
    [RESPONDER] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Responder", "%-39s"},
    [OUTCOME] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Outcome", "%s"},
    [FINDING] = {TABLE_ITEM_STRING, TAP_ALIGN_RIGHT, "Finding in", "%s"},
    [LAST_FRAME] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Last frame", "%u"},
    [MESSAGES] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Messages", "%u"},
    [SPI] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Initiator SPI", "%s"},
    [VERSION] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Version", "%s"},
};

/* Owned by this file: the line of each IKE SA plus 1, by its number; and the table's rows. */
static GHashTable *places;
static ipsec_stat_rows rows;

static void set_text(stat_tap_table *table, unsigned row, unsigned column, const char *text)
{
    ipsec_stat_set_text(stat_tap_get_field_data(table, row, column), text);
}

static void begin_row(stat_tap_table *table, unsigned row, uint32_t frame)
{
    stat_tap_table_item_type blank[COLUMN_COUNT];

    memset(blank, 0, sizeof blank);
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        blank[i].type = columns[i].type;
    stat_tap_init_table_row(table, row, COLUMN_COUNT, blank);
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        if (columns[i].type == TABLE_ITEM_STRING)
            set_text(table, row, i, "");
    stat_tap_get_field_data(table, row, FIRST_FRAME)->value.uint_value = frame;
}

/* The line of an IKE SA, plus 1; 0 if it has none because there are too many. */
static unsigned place_of(stat_tap_table *table, uint32_t number, uint32_t frame)
{
    const gpointer key = GUINT_TO_POINTER(number);
    unsigned place = GPOINTER_TO_UINT(g_hash_table_lookup(places, key));

    if (place > 0)
        return place <= LINES_MOST ? place : 0;
    place = g_hash_table_size(places) + 1;
    g_hash_table_insert(places, key, GUINT_TO_POINTER(place));
    if (place <= LINES_MOST + 1)
        begin_row(table, place - 1, frame);
    return place <= LINES_MOST ? place : 0;
}

static void set_host(stat_tap_table *table, unsigned row, unsigned column, const uint8_t *octets, unsigned length)
{
    ipsec_cell cell;

    ipsec_cell_set_address(&cell, octets, length);
    set_text(table, row, column, cell.is_empty ? "" : cell.text);
}

static void set_progress(stat_tap_table *table, unsigned row, const ipsec_ike_progress *progress)
{
    char outcome[IPSEC_IKE_OUTCOME_SIZE], number[32] = "";

    set_text(table, row, OUTCOME, ipsec_ike_outcome(progress, outcome));
    if (progress->trouble)
        snprintf(number, sizeof number, "%10u", progress->trouble_frame); /* padded, because it is sorted as text */
    set_text(table, row, FINDING, number);
    snprintf(number, sizeof number, "0x%016" PRIx64, progress->initiator_spi);
    set_text(table, row, SPI, number);
    set_text(table, row, VERSION, progress->version == 1 ? "IKEv1" : "IKEv2");
}

static void add_message(stat_tap_table *table, unsigned row, const ipsec_ike_tapped *message, uint32_t frame)
{
    const bool by_source = message->progress.by_source;

    set_host(table, row, INITIATOR, by_source ? message->source : message->destination, message->address_length);
    set_host(table, row, RESPONDER, by_source ? message->destination : message->source, message->address_length);
    set_progress(table, row, &message->progress);
    stat_tap_get_field_data(table, row, MESSAGES)->value.uint_value++;
    stat_tap_get_field_data(table, row, LAST_FRAME)->value.uint_value = frame;
}

static void add_news(stat_tap_table *table, const ipsec_ike_progress *progress)
{
    const unsigned place = GPOINTER_TO_UINT(g_hash_table_lookup(places, GUINT_TO_POINTER(progress->number)));

    if (place > 0 && place <= LINES_MOST)
        set_progress(table, place - 1, progress);
}

static void tell_rest(stat_tap_table *table, uint32_t frame)
{
    char text[48];

    snprintf(text, sizeof text, "and %u more", g_hash_table_size(places) - LINES_MOST);
    set_text(table, LINES_MOST, INITIATOR, text);
    stat_tap_get_field_data(table, LINES_MOST, MESSAGES)->value.uint_value++;
    stat_tap_get_field_data(table, LINES_MOST, LAST_FRAME)->value.uint_value = frame;
}

static tap_packet_status add(void *data, packet_info *pinfo, epan_dissect_t *edt _U_, const void *tapped,
                             tap_flags_t flags _U_)
{
    const stat_tap_table_ui *ui = ((const stat_data_t *)data)->stat_tap_data;
    const ipsec_ike_tapped *message = tapped;
    stat_tap_table *table = g_array_index(ui->tables, stat_tap_table *, 0);
    unsigned place;

    if (message->address_length == 0) {
        add_news(table, &message->progress);
        return TAP_PACKET_REDRAW;
    }
    place = place_of(table, message->progress.number, pinfo->num);
    if (place > 0)
        add_message(table, place - 1, message, pinfo->num);
    else
        tell_rest(table, pinfo->num);
    return TAP_PACKET_REDRAW;
}

static void reset(stat_tap_table *table)
{
    ipsec_stat_rows_reset(&rows, table);
    g_hash_table_remove_all(places);
}

static stat_tap_table_ui ui = {.group = REGISTER_PACKET_STAT_GROUP_UNSORTED,
                               .title = "IPsec IKE",
                               .tap_name = IPSEC_IKE_TAP,
                               .cli_string = "ipsec,ike",
                               .stat_tap_init_cb = ipsec_stat_rows_start,
                               .packet_func = add,
                               .stat_tap_reset_table_cb = reset,
                               .nfields = COLUMN_COUNT,
                               .fields = columns};

void ipsec_ike_table_register(void)
{
    /* The keys are numbers that the core assigns, so no capture can choose colliding ones. */
    places = g_hash_table_new(NULL, NULL);
    ipsec_stat_rows_register(&rows, &ui);
}
