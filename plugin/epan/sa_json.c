/* -z ipsec,sa,json: a line with an object for each SA. The members are described in plugin/schema/ipsec-sa.schema.json.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "json_line.h"
#include "listen.h"
#include "sa_columns.h"
#include "statistics.h"

#include <string.h>

#define NAME "ipsec,sa,json"

static void print_row(const ipsec_sa_rows *all, const ipsec_sa_row *row)
{
    json_dumper line;
    ipsec_cell cell;

    ipsec_json_begin(&line);
    for (unsigned i = 0; i < ipsec_sa_column_count; i++) {
        const ipsec_sa_column *column = &ipsec_sa_columns[i];

        if (!column->member)
            continue;
        ipsec_sa_cell(column, all, row, &cell);
        ipsec_json_cell(&line, column->member, column->type, &cell);
    }
    ipsec_json_end(&line);
}

static void draw(void *data)
{
    ipsec_sa_rows *all = (ipsec_sa_rows *)data;

    ipsec_sa_rows_settle(all);
    for (unsigned place = 0; place < all->rows->len; place++)
        print_row(all, ipsec_sa_rows_at(all, place));
}

static tap_packet_status add(void *data, packet_info *pinfo, epan_dissect_t *edt _U_, const void *tapped,
                             tap_flags_t flags _U_)
{
    ipsec_sa_rows_add((ipsec_sa_rows *)data, pinfo, (const ipsec_tapped *)tapped);
    return TAP_PACKET_REDRAW;
}

static void reset(void *data)
{
    ipsec_sa_rows_clear((ipsec_sa_rows *)data);
}

/* tshark matches the beginning of the argument, so "-z ipsec,sa" with a filter that begins with "json" also ends up
 * here. */
bool ipsec_sa_json_start(const char *argument)
{
    const char end = argument[strlen(NAME)];

    if (end != '\0' && end != ',')
        return ipsec_sa_text_start(argument);
    return ipsec_listen(NAME, argument, ipsec_sa_rows_new(), reset, add, draw);
}
