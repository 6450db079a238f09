/* Lifetime of rows in a table of Wireshark's statistics.
 *
 * Wireshark may read the cells at any time, so they are filled in with each packet; and it keeps pointers to rows until
 * the last window with the table is closed, so rows are kept until then.
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

/* Initializes the rows, and registers their table; once. */
void ipsec_stat_rows_register(ipsec_stat_rows *rows, stat_tap_table_ui *ui);

/* The table's init callback: resets its only table, or creates it. */
void ipsec_stat_rows_start(stat_tap_table_ui *ui);

/* For the table's reset callback: a window that refills the table drops the rows, which another window may still show.
 */
void ipsec_stat_rows_reset(ipsec_stat_rows *rows, stat_tap_table *table);

/* Sets the text of a cell. */
void ipsec_stat_set_text(stat_tap_table_item_type *item, const char *text);

#endif
