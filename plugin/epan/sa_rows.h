/* A row of statistics for each SA that a listener meets.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_SA_ROWS_H
#define IPSEC_EPAN_SA_ROWS_H

#include "taps.h"

#include <glib.h>

/* One SA. */
typedef struct ipsec_sa_row {
    ipsec_tally tally;
    uint32_t sa; /* index of the SA */
    /* For the whole capture, as in ipsec_sa_summary; valid after ipsec_sa_row_settle(). */
    uint32_t lost, reverse, successor;
    ipsec_sa_ike ike;       /* likewise; all zero: nothing is known from IKE */
    uint32_t mtu;           /* likewise; the lowest one reported; 0: none */
    uint8_t address_length; /* of the first packet; likewise the next two */
    uint8_t source[16], destination[16];
} ipsec_sa_row;

/* The rows of one listener, in the order in which their SAs first appeared. */
typedef struct ipsec_sa_rows {
    GArray *rows;     /* of ipsec_sa_row */
    GArray *places;   /* of uint32_t, by index of the SA: place of its row plus 1; 0: it has none */
    unsigned settled; /* number of rows that belong to files that have been closed */
    int64_t start;    /* when the capture began, in nanoseconds since 1970 */
    struct ipsec_sa_rows *next;
} ipsec_sa_rows;

/* An empty collection; never freed. */
ipsec_sa_rows *ipsec_sa_rows_new(void);

/* Removes all rows. */
void ipsec_sa_rows_clear(ipsec_sa_rows *all);

/* Adds a header to the row of its SA. Returns the place of the row, or -1 if it belongs to no SA. */
int64_t ipsec_sa_rows_add(ipsec_sa_rows *all, const packet_info *pinfo, const ipsec_tapped *tapped);

static inline ipsec_sa_row *ipsec_sa_rows_at(const ipsec_sa_rows *all, unsigned place)
{
    return &g_array_index(all->rows, ipsec_sa_row, place);
}

/* Fills in what is known about the row's SA only after the whole capture. */
void ipsec_sa_row_settle(ipsec_sa_row *row);

/* The same for all rows. */
void ipsec_sa_rows_settle(ipsec_sa_rows *all);

/* To be called when a file is closed (tshark -M closes and reopens it repeatedly), while its analysis still exists:
 * settles the rows of all listeners. Later packets belong to other SAs. */
void ipsec_sa_rows_end_file(void);

#endif
