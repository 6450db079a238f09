/* Statistics > IPsec SAs: the table in the GUI, also available in sharkd.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa_columns.h"
#include "stat_rows.h"
#include "statistics.h"
#include "taps.h"

#include <stdio.h>

/* Digits of the largest number; numbers padded to this width sort correctly as text. */
#define DIGITS 20

static void start(stat_tap_table_ui *its);
static tap_packet_status add(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *tapped,
                             tap_flags_t flags);
static void reset(stat_tap_table *table);

/* Its columns are set at registration; Wireshark stores tables and windows in it. */
static stat_tap_table_ui ui = {.group = REGISTER_PACKET_STAT_GROUP_UNSORTED,
                               .title = "IPsec SAs",
                               .tap_name = IPSEC_TAP,
                               .cli_string = "ipsec,sa",
                               .stat_tap_init_cb = start,
                               .packet_func = add,
                               .stat_tap_reset_table_cb = reset};

/* Set at registration, and constant afterwards: the columns that have a title, and an empty row. */
static unsigned shown;
static const ipsec_sa_column **columns;
static stat_tap_table_item_type *blank;

/* The statistics of the table; allocated when it is first shown. */
static ipsec_sa_rows *all;

static ipsec_stat_rows kept;

static stat_tap_table_item_enum item_type(const ipsec_sa_column *column)
{
    if (column->type == IPSEC_CELL_COUNT)
        return TABLE_ITEM_UINT;
    return column->type == IPSEC_CELL_REAL ? TABLE_ITEM_FLOAT : TABLE_ITEM_STRING;
}

static void set_item(const ipsec_sa_column *column, const ipsec_cell *cell, stat_tap_table_item_type *item)
{
    char digits[DIGITS + 1];

    item->type = item_type(column);
    if (item->type == TABLE_ITEM_UINT)
        item->value.uint_value = (unsigned)cell->number;
    else if (item->type == TABLE_ITEM_FLOAT)
        item->value.float_value = cell->real;
    else if (cell->is_empty)
        ipsec_stat_set_text(item, "");
    else if (column->type == IPSEC_CELL_TEXT)
        ipsec_stat_set_text(item, cell->text);
    else if (column->type == IPSEC_CELL_YES_NO)
        ipsec_stat_set_text(item, cell->number ? "yes" : "no");
    else {
        snprintf(digits, sizeof digits, "%*" PRIu64, DIGITS, cell->number);
        ipsec_stat_set_text(item, digits);
    }
}

static void fill_row(stat_tap_table *table, unsigned place)
{
    ipsec_sa_row *row = ipsec_sa_rows_at(all, place);
    ipsec_cell cell;

    ipsec_sa_row_settle(row);
    if (place >= table->num_elements)
        stat_tap_init_table_row(table, place, shown, blank);
    for (unsigned i = 0; i < shown; i++) {
        ipsec_sa_cell(columns[i], all, row, &cell);
        set_item(columns[i], &cell, stat_tap_get_field_data(table, place, i));
    }
}

static tap_packet_status add(void *data, packet_info *pinfo, epan_dissect_t *edt _U_, const void *tapped,
                             tap_flags_t flags _U_)
{
    const stat_tap_table_ui *window = ((const stat_data_t *)data)->stat_tap_data;
    const int64_t place = ipsec_sa_rows_add(all, pinfo, (const ipsec_tapped *)tapped);

    if (place >= 0)
        fill_row(g_array_index(window->tables, stat_tap_table *, 0), (unsigned)place);
    return TAP_PACKET_REDRAW;
}

/* --- lifetime of the rows ---------------------------------------------------------------------------------------- */

static void reset(stat_tap_table *table)
{
    ipsec_stat_rows_reset(&kept, table);
    ipsec_sa_rows_clear(all);
}

static void start(stat_tap_table_ui *its)
{
    if (!all)
        all = ipsec_sa_rows_new();
    ipsec_sa_rows_clear(all);
    ipsec_stat_rows_start(its);
}

/* --- registration ------------------------------------------------------------------------------------------------ */

static const char *format_of(stat_tap_table_item_enum type)
{
    if (type == TABLE_ITEM_STRING)
        return "%s";
    return type == TABLE_ITEM_UINT ? "%u" : "%.6f";
}

static stat_tap_table_item field_of(const ipsec_sa_column *column)
{
    const stat_tap_table_item_enum type = item_type(column);
    const bool left = column->type == IPSEC_CELL_TEXT || column->type == IPSEC_CELL_YES_NO;

    return (stat_tap_table_item){.type = type,
                                 .align = left ? TAP_ALIGN_LEFT : TAP_ALIGN_RIGHT,
                                 .column_name = column->title,
                                 .field_format = format_of(type)};
}

void ipsec_sa_table_register(void)
{
    stat_tap_table_item *fields = g_new0(stat_tap_table_item, ipsec_sa_column_count);

    columns = g_new0(const ipsec_sa_column *, ipsec_sa_column_count);
    blank = g_new0(stat_tap_table_item_type, ipsec_sa_column_count);
    for (unsigned i = 0; i < ipsec_sa_column_count; i++) {
        if (!ipsec_sa_columns[i].title)
            continue;
        fields[shown] = field_of(&ipsec_sa_columns[i]);
        columns[shown++] = &ipsec_sa_columns[i];
    }
    ui.fields = fields;
    ui.nfields = shown;
    ipsec_stat_rows_register(&kept, &ui);
}
