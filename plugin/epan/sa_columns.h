/* The columns of statistics about SAs, shared by the table in the GUI, the one in the terminal, and JSON.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_SA_COLUMNS_H
#define IPSEC_EPAN_SA_COLUMNS_H

#include "cell.h"
#include "sa_rows.h"

/* Where the value of a cell comes from. */
typedef struct ipsec_sa_at {
    const ipsec_sa_rows *all;
    const ipsec_sa_row *row;
    size_t offset; /* of a member of the row, whose type depends on the column */
} ipsec_sa_at;

typedef struct ipsec_sa_column {
    const char *title;  /* in tables; NULL: not shown there */
    const char *member; /* in JSON; NULL likewise */
    ipsec_cell_type type;
    size_t offset;
    void (*get)(const ipsec_sa_at *at, ipsec_cell *cell);
} ipsec_sa_column;

/* All columns, in the order in which they are shown. */
extern const ipsec_sa_column ipsec_sa_columns[];
extern const unsigned ipsec_sa_column_count;

/* Sets *cell to the value of a row in a column. A text may point into *cell. */
void ipsec_sa_cell(const ipsec_sa_column *column, const ipsec_sa_rows *all, const ipsec_sa_row *row, ipsec_cell *cell);

#endif
