/* Lifetime of rows in a table of Wireshark's statistics. SPDX-License-Identifier: GPL-2.0-or-later */
#include "stat_rows.h"

#include <string.h>

void ipsec_stat_set_text(stat_tap_table_item_type *item, const char *text)
{
    if (item->value.string_value && strcmp(item->value.string_value, text) == 0)
        return;
    g_free((char *)item->value.string_value);
    item->value.string_value = g_strdup(text);
}

static void free_item(stat_tap_table *table _U_, unsigned row _U_, unsigned column _U_, stat_tap_table_item_type *item)
{
    if (item->type == TABLE_ITEM_STRING)
        g_free((char *)item->value.string_value);
}

static void free_row(stat_tap_table_item_type *items, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        free_item(NULL, 0, i, &items[i]);
    g_free(items);
}

static void free_dropped(ipsec_stat_rows *rows)
{
    for (unsigned i = 0; i < rows->dropped->len; i++)
        free_row(g_ptr_array_index(rows->dropped, i), (unsigned)rows->ui->nfields);
    g_ptr_array_set_size(rows->dropped, 0);
}

void ipsec_stat_rows_reset(ipsec_stat_rows *rows, stat_tap_table *table)
{
    for (unsigned place = 0; place < table->num_elements; place++)
        g_ptr_array_add(rows->dropped, table->elements[place]);
    table->num_elements = 0;
    if (rows->ui->refcount <= 1)
        free_dropped(rows);
}

void ipsec_stat_rows_start(stat_tap_table_ui *ui)
{
    stat_tap_table *table = stat_tap_find_table(ui, ui->title);

    if (table)
        ui->stat_tap_reset_table_cb(table);
    else
        stat_tap_add_table(ui, stat_tap_init_table(ui->title, (int)ui->nfields, 0, NULL));
}

void ipsec_stat_rows_register(ipsec_stat_rows *rows, stat_tap_table_ui *ui)
{
    rows->ui = ui;
    rows->dropped = g_ptr_array_new();
    ui->stat_tap_free_table_item_cb = free_item;
    register_stat_tap_table_ui(ui);
}
