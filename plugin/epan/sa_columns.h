/* What is shown of an SA: each column once, for the table in the window, the one in the terminal, and JSON.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_SA_COLUMNS_H
#define IPSEC_EPAN_SA_COLUMNS_H

#include "cell.h"
#include "sa_rows.h"

/* Where a cell's value is found. */
typedef struct ipsec_sa_at {
    const ipsec_sa_rows *all;
    const ipsec_sa_row *row;
    size_t offset; /* of a member of the row; what it is depends on the column */
} ipsec_sa_at;

typedef struct ipsec_sa_column {
    const char *title;  /* in tables; NULL: it is not shown there */
    const char *member; /* in JSON; NULL likewise */
    ipsec_cell_type type;
    size_t offset;
    void (*get)(const ipsec_sa_at *at, ipsec_cell *cell);
} ipsec_sa_column;

/* All columns, in the order in which they are shown. */
extern const ipsec_sa_column ipsec_sa_columns[];
extern const unsigned ipsec_sa_column_count;

/* The cell of a row in a column. Valid until the next one in the same place. */
void ipsec_sa_cell(const ipsec_sa_column *column, const ipsec_sa_rows *all, const ipsec_sa_row *row, ipsec_cell *cell);

#endif
