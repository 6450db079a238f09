/* -z ipsec,sa in tshark: a table with a line for each SA.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "listen.h"
#include "sa_columns.h"
#include "statistics.h"

#include <stdio.h>
#include <string.h>

#define NAME "ipsec,sa"

/* One table. */
typedef struct sa_text {
    ipsec_sa_rows *all;
    char *filter; /* NULL: none */
} sa_text;

static const char *text_of(const ipsec_sa_column *column, const ipsec_sa_rows *all, const ipsec_sa_row *row,
                           ipsec_cell *cell)
{
    ipsec_sa_cell(column, all, row, cell);
    if (cell->is_empty)
        return "-";
    if (column->type == IPSEC_CELL_TEXT)
        return cell->text;
    if (column->type == IPSEC_CELL_YES_NO)
        return cell->number ? "yes" : "no";
    if (column->type == IPSEC_CELL_REAL)
        snprintf(cell->buffer, sizeof cell->buffer, "%.6f", cell->real);
    else
        snprintf(cell->buffer, sizeof cell->buffer, "%" PRIu64, cell->number);
    return cell->buffer;
}

static void measure(const ipsec_sa_rows *all, int *widths)
{
    ipsec_cell cell;

    for (unsigned i = 0; i < ipsec_sa_column_count; i++) {
        const ipsec_sa_column *column = &ipsec_sa_columns[i];

        widths[i] = column->title ? (int)strlen(column->title) : 0;
        for (unsigned place = 0; column->title && place < all->rows->len; place++)
            widths[i] = MAX(widths[i], (int)strlen(text_of(column, all, ipsec_sa_rows_at(all, place), &cell)));
    }
}

/* Numbers are right-aligned. */
static void print_text(const ipsec_sa_column *column, int width, const char *text)
{
    const bool left = column->type == IPSEC_CELL_TEXT || column->type == IPSEC_CELL_YES_NO;
    const bool is_first = column == ipsec_sa_columns;

    printf(left ? "%s%-*s" : "%s%*s", is_first ? "" : "  ", width, text);
}

static void print_row(const ipsec_sa_rows *all, const ipsec_sa_row *row, const int *widths)
{
    ipsec_cell cell;

    for (unsigned i = 0; i < ipsec_sa_column_count; i++) {
        const ipsec_sa_column *column = &ipsec_sa_columns[i];

        if (column->title)
            print_text(column, widths[i], row ? text_of(column, all, row, &cell) : column->title);
    }
    printf("\n");
}

static void draw(void *data)
{
    static const char line[] = "================================================================================";
    const sa_text *table = (const sa_text *)data;
    int *widths = g_new0(int, ipsec_sa_column_count);

    ipsec_sa_rows_settle(table->all);
    measure(table->all, widths);
    printf("%s\nIPsec SAs\nFilter:%s\n", line, table->filter ? table->filter : "<No Filter>");
    print_row(table->all, NULL, widths);
    for (unsigned place = 0; place < table->all->rows->len; place++)
        print_row(table->all, ipsec_sa_rows_at(table->all, place), widths);
    printf("%s\n", line);
    g_free(widths);
}

static tap_packet_status add(void *data, packet_info *pinfo, epan_dissect_t *edt _U_, const void *tapped,
                             tap_flags_t flags _U_)
{
    ipsec_sa_rows_add(((sa_text *)data)->all, pinfo, (const ipsec_tapped *)tapped);
    return TAP_PACKET_REDRAW;
}

static void reset(void *data)
{
    ipsec_sa_rows_clear(((sa_text *)data)->all);
}

bool ipsec_sa_text_start(const char *argument)
{
    sa_text *table = g_new0(sa_text, 1);

    table->all = ipsec_sa_rows_new();
    table->filter = g_strdup(ipsec_listen_filter(NAME, argument));
    return ipsec_listen(NAME, argument, table, reset, add, draw);
}
