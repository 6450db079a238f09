/* The life of rows in a table of Wireshark's statistics.
 *
 * Wireshark takes what stands in the cells whenever it likes, so they are filled in with each packet; and it keeps
 * pointers to rows until the last window with the table is closed, so rows are kept until then.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_STAT_ROWS_H
#define IPSEC_EPAN_STAT_ROWS_H

#include <glib.h>

#include <epan/stat_tap_ui.h>

/* Rows of one table that a window may still refer to. */
typedef struct ipsec_stat_rows {
    stat_tap_table_ui *ui;
    GPtrArray *dropped;
} ipsec_stat_rows;

/* Begins the rows of a table with these columns, and registers it; once. */
void ipsec_stat_rows_register(ipsec_stat_rows *rows, stat_tap_table_ui *ui);

/* For the table's init callback: resets its only table, or makes it. */
void ipsec_stat_rows_start(stat_tap_table_ui *ui);

/* For its reset callback: the window that fills the table anew drops its rows, and another one may have it on show. */
void ipsec_stat_rows_reset(ipsec_stat_rows *rows, stat_tap_table *table);

/* Puts a text into a cell. */
void ipsec_stat_set_text(stat_tap_table_item_type *item, const char *text);

#endif
