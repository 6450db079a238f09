/* A row of statistics for each SA that a listener meets.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa_rows.h"
#include "frames.h"

#include <string.h>

/* All collections, the latest one first. */
static ipsec_sa_rows *collections;

ipsec_sa_rows *ipsec_sa_rows_new(void)
{
    ipsec_sa_rows *all = g_new0(ipsec_sa_rows, 1);

    all->rows = g_array_new(false, true, sizeof(ipsec_sa_row));
    all->places = g_array_new(false, true, sizeof(uint32_t));
    all->next = collections;
    collections = all;
    return all;
}

void ipsec_sa_rows_clear(ipsec_sa_rows *all)
{
    g_array_set_size(all->rows, 0);
    g_array_set_size(all->places, 0);
    all->settled = 0;
}

static ipsec_sa_row *begin_row(ipsec_sa_rows *all, const packet_info *pinfo, const ipsec_tapped *tapped)
{
    ipsec_sa_row *row;

    if (all->rows->len == 0)
        all->start = ipsec_tap_between(ipsec_tap_nanoseconds(&pinfo->rel_ts), ipsec_tap_nanoseconds(&pinfo->abs_ts));
    g_array_set_size(all->rows, all->rows->len + 1);
    row = ipsec_sa_rows_at(all, all->rows->len - 1);
    row->sa = tapped->report.sa;
    row->reverse = row->successor = IPSEC_SA_NONE;
    row->address_length = tapped->address_length;
    memcpy(row->source, tapped->source, tapped->address_length);
    memcpy(row->destination, tapped->destination, tapped->address_length);
    return row;
}

/* The place of the SA's row, which is created if there is none. */
static uint32_t find_place(ipsec_sa_rows *all, const packet_info *pinfo, const ipsec_tapped *tapped)
{
    const uint32_t sa = tapped->report.sa;
    uint32_t *place;

    if (sa >= all->places->len)
        g_array_set_size(all->places, sa + 1);
    place = &g_array_index(all->places, uint32_t, sa);
    if (*place == 0) {
        begin_row(all, pinfo, tapped);
        *place = all->rows->len;
    }
    return *place - 1;
}

int64_t ipsec_sa_rows_add(ipsec_sa_rows *all, const packet_info *pinfo, const ipsec_tapped *tapped)
{
    const ipsec_tally_packet packet = {
        .frame = pinfo->num, .octets = tapped->octets, .time = ipsec_tap_nanoseconds(&pinfo->abs_ts)};
    uint32_t place;

    if (tapped->report.sa == IPSEC_SA_NONE)
        return -1;
    place = find_place(all, pinfo, tapped);
    ipsec_tally_add(&ipsec_sa_rows_at(all, place)->tally, &tapped->report, &packet);
    return place;
}

void ipsec_sa_row_settle(ipsec_sa_row *row)
{
    ipsec_sa_summary summary;

    if (!ipsec_frames_sa(row->sa, &summary))
        return;
    row->lost = summary.lost;
    row->reverse = summary.reverse;
    row->successor = summary.successor;
    ipsec_frames_sa_ike(row->sa, &row->ike);
    row->mtu = ipsec_frames_sa_mtu(row->sa, NULL);
}

void ipsec_sa_rows_settle(ipsec_sa_rows *all)
{
    for (unsigned place = all->settled; place < all->rows->len; place++)
        ipsec_sa_row_settle(ipsec_sa_rows_at(all, place));
}

void ipsec_sa_rows_end_file(void)
{
    for (ipsec_sa_rows *all = collections; all; all = all->next) {
        ipsec_sa_rows_settle(all);
        all->settled = all->rows->len;
        g_array_set_size(all->places, 0);
    }
}
