/* The columns of statistics about SAs. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa_columns.h"
#include "prefs.h"

#include <glib.h>

#include <stddef.h>

#define NANOSECONDS 1e9

static const void *member(const ipsec_sa_at *at)
{
    return (const char *)at->row + at->offset;
}

/* --- plain numbers ----------------------------------------------------------------------------------------------- */

static void get_u32(const ipsec_sa_at *at, ipsec_cell *cell)
{
    cell->number = *(const uint32_t *)member(at);
}

static void get_u64(const ipsec_sa_at *at, ipsec_cell *cell)
{
    cell->number = *(const uint64_t *)member(at);
}

/* The index of another SA. */
static void get_index(const ipsec_sa_at *at, ipsec_cell *cell)
{
    get_u32(at, cell);
    cell->is_empty = cell->number == IPSEC_SA_NONE;
}

/* 0 stands for none. */
static void get_mtu(const ipsec_sa_at *at, ipsec_cell *cell)
{
    get_u32(at, cell);
    cell->is_empty = cell->number == 0;
}

static void get_smallest(const ipsec_sa_at *at, ipsec_cell *cell)
{
    const ipsec_tally_sizes *sizes = (const ipsec_tally_sizes *)member(at);

    cell->number = sizes->smallest;
    cell->is_empty = sizes->count == 0;
}

static void get_largest(const ipsec_sa_at *at, ipsec_cell *cell)
{
    const ipsec_tally_sizes *sizes = (const ipsec_tally_sizes *)member(at);

    cell->number = sizes->largest;
    cell->is_empty = sizes->count == 0;
}

/* --- times and rates --------------------------------------------------------------------------------------------- */

/* Seconds since the beginning of the capture. */
static void get_seconds(const ipsec_sa_at *at, ipsec_cell *cell)
{
    cell->real = (double)ipsec_tap_between(at->all->start, *(const int64_t *)member(at)) / NANOSECONDS;
}

static void get_time(const ipsec_sa_at *at, ipsec_cell *cell)
{
    ipsec_cell_set_time(cell, *(const int64_t *)member(at));
}

static void get_epoch(const ipsec_sa_at *at, ipsec_cell *cell)
{
    ipsec_cell_set_epoch(cell, *(const int64_t *)member(at));
}

/* If all packets came at the same time, there is no rate. */
static void set_rate(ipsec_cell *cell, const ipsec_tally *tally, uint64_t amount)
{
    const double seconds = (double)ipsec_tap_between(tally->first_time, tally->last_time) / NANOSECONDS;

    cell->is_empty = seconds <= 0;
    cell->real = cell->is_empty ? 0 : (double)amount / seconds;
}

static void get_packet_rate(const ipsec_sa_at *at, ipsec_cell *cell)
{
    set_rate(cell, &at->row->tally, at->row->tally.packets.count);
}

static void get_octet_rate(const ipsec_sa_at *at, ipsec_cell *cell)
{
    set_rate(cell, &at->row->tally, at->row->tally.octets);
}

/* --- others ------------------------------------------------------------------------------------------------------ */

static void get_protocol(const ipsec_sa_at *at, ipsec_cell *cell)
{
    ipsec_cell_set_name(cell, "ipsec.protocol", at->row->tally.protocol);
}

static void get_encapsulation(const ipsec_sa_at *at, ipsec_cell *cell)
{
    ipsec_cell_set_name(cell, "ipsec.encapsulation", at->row->tally.encapsulation);
}

static void get_address(const ipsec_sa_at *at, ipsec_cell *cell)
{
    ipsec_cell_set_address(cell, (const uint8_t *)member(at), at->row->address_length);
}

static void get_spi(const ipsec_sa_at *at, ipsec_cell *cell)
{
    ipsec_cell_set_hex(cell, at->row->tally.spi);
}

static void get_highest(const ipsec_sa_at *at, ipsec_cell *cell)
{
    cell->number = at->row->tally.highest;
    cell->is_empty = !at->row->tally.has_highest;
}

static void get_window_needed(const ipsec_sa_at *at, ipsec_cell *cell)
{
    cell->number = ipsec_tally_window_needed(&at->row->tally);
    cell->is_empty = cell->number == 0;
}

static void get_window(const ipsec_sa_at *at, ipsec_cell *cell)
{
    const ipsec_config config = ipsec_prefs_config();

    cell->number = ipsec_tally_window(&at->row->tally, &config);
}

static void get_key_source(const ipsec_sa_at *at, ipsec_cell *cell)
{
    const ipsec_tally *tally = &at->row->tally;

    if (tally->has_key) {
        ipsec_cell_set_key_source(cell, tally->key_origin, tally->key_line);
        return;
    }
    cell->is_empty = !tally->by_heuristic;
    cell->text = "ESP-NULL heuristic";
}

static void get_esn(const ipsec_sa_at *at, ipsec_cell *cell)
{
    cell->is_empty = at->row->tally.esn == IPSEC_ESN_AUTO;
    cell->number = at->row->tally.esn == IPSEC_ESN_YES;
}

/* A frame; 0: none. */
static void get_frame(const ipsec_sa_at *at, ipsec_cell *cell)
{
    get_u32(at, cell);
    cell->is_empty = cell->number == 0;
}

/* --- the columns ------------------------------------------------------------------------------------------------- */

#define TALLY(member)   offsetof(ipsec_sa_row, tally.member)
#define VERDICT(symbol) TALLY(verdicts) + IPSEC_VERDICT_##symbol * sizeof(uint32_t)

const ipsec_sa_column ipsec_sa_columns[] = {
    {"SA", "index", IPSEC_CELL_COUNT, offsetof(ipsec_sa_row, sa), get_u32},
    {"Protocol", "protocol", IPSEC_CELL_TEXT, 0, get_protocol},
    {"Source", "source", IPSEC_CELL_TEXT, offsetof(ipsec_sa_row, source), get_address},
    {"Destination", "destination", IPSEC_CELL_TEXT, offsetof(ipsec_sa_row, destination), get_address},
    {NULL, "spi", IPSEC_CELL_COUNT, TALLY(spi), get_u32},
    {"SPI", "spi_hex", IPSEC_CELL_TEXT, 0, get_spi},
    {"Encapsulation", "encapsulation", IPSEC_CELL_TEXT, 0, get_encapsulation},
    {"First frame", "first_frame", IPSEC_CELL_COUNT, TALLY(first_frame), get_u32},
    {"Last frame", "last_frame", IPSEC_CELL_COUNT, TALLY(last_frame), get_u32},
    {"Start", NULL, IPSEC_CELL_REAL, TALLY(first_time), get_seconds},
    {"End", NULL, IPSEC_CELL_REAL, TALLY(last_time), get_seconds},
    {NULL, "first_time", IPSEC_CELL_TEXT, TALLY(first_time), get_time},
    {NULL, "last_time", IPSEC_CELL_TEXT, TALLY(last_time), get_time},
    {NULL, "first_epoch", IPSEC_CELL_EPOCH, TALLY(first_time), get_epoch},
    {NULL, "last_epoch", IPSEC_CELL_EPOCH, TALLY(last_time), get_epoch},
    {"Packets", "packets", IPSEC_CELL_COUNT, TALLY(packets.count), get_u32},
    {"Octets", "octets", IPSEC_CELL_NUMBER, TALLY(octets), get_u64},
    {"Packets/s", "packets_per_second", IPSEC_CELL_REAL, 0, get_packet_rate},
    {"Octets/s", "octets_per_second", IPSEC_CELL_REAL, 0, get_octet_rate},
    {"Unchecked", "unchecked", IPSEC_CELL_COUNT, VERDICT(UNCHECKED), get_u32},
    {"Plausible", "plausible", IPSEC_CELL_COUNT, VERDICT(PLAUSIBLE), get_u32},
    {"Verified", "verified", IPSEC_CELL_COUNT, VERDICT(VERIFIED), get_u32},
    {"Suspicious", "suspicious", IPSEC_CELL_COUNT, VERDICT(SUSPICIOUS), get_u32},
    {"Drop", "drop", IPSEC_CELL_COUNT, VERDICT(DROP), get_u32},
    {"Highest sequence number", "highest", IPSEC_CELL_NUMBER, 0, get_highest},
    {"Lost", "lost", IPSEC_CELL_COUNT, offsetof(ipsec_sa_row, lost), get_u32},
    {"Late", "late", IPSEC_CELL_COUNT, TALLY(late.count), get_u32},
    {"Longest lag", "late_by", IPSEC_CELL_NUMBER, TALLY(late.by), get_u64},
    {"Window needed", "window_needed", IPSEC_CELL_NUMBER, 0, get_window_needed},
    {"Window", "window", IPSEC_CELL_COUNT, 0, get_window},
    {"Duplicates", "duplicates", IPSEC_CELL_COUNT, TALLY(duplicates), get_u32},
    {"Captured twice", "captured_twice", IPSEC_CELL_COUNT, TALLY(captured_twice), get_u32},
    {"Restarts", "restarts", IPSEC_CELL_COUNT, TALLY(restarts), get_u32},
    {"ICV good", "icv_good", IPSEC_CELL_COUNT, TALLY(icv_good.count), get_u32},
    {"ICV bad", "icv_bad", IPSEC_CELL_COUNT, TALLY(icv_bad.count), get_u32},
    {"Smallest", "smallest", IPSEC_CELL_NUMBER, TALLY(packets), get_smallest},
    {"Largest", "largest", IPSEC_CELL_NUMBER, TALLY(packets), get_largest},
    {"Smallest good", "smallest_good", IPSEC_CELL_NUMBER, TALLY(icv_good), get_smallest},
    {"Largest good", "largest_good", IPSEC_CELL_NUMBER, TALLY(icv_good), get_largest},
    {"Smallest bad", "smallest_bad", IPSEC_CELL_NUMBER, TALLY(icv_bad), get_smallest},
    {"Largest bad", "largest_bad", IPSEC_CELL_NUMBER, TALLY(icv_bad), get_largest},
    {"Path MTU", "mtu", IPSEC_CELL_NUMBER, offsetof(ipsec_sa_row, mtu), get_mtu},
    {"Reverse SA", "reverse", IPSEC_CELL_NUMBER, offsetof(ipsec_sa_row, reverse), get_index},
    {"Successor", "successor", IPSEC_CELL_NUMBER, offsetof(ipsec_sa_row, successor), get_index},
    {"Created by", "created_by", IPSEC_CELL_NUMBER, offsetof(ipsec_sa_row, ike.created_by), get_frame},
    {"Deleted by", "deleted_by", IPSEC_CELL_NUMBER, offsetof(ipsec_sa_row, ike.deleted_by), get_frame},
    {"ESN", "esn", IPSEC_CELL_YES_NO, 0, get_esn},
    {"Key source", "key_source", IPSEC_CELL_TEXT, 0, get_key_source},
};

const unsigned ipsec_sa_column_count = G_N_ELEMENTS(ipsec_sa_columns);

void ipsec_sa_cell(const ipsec_sa_column *column, const ipsec_sa_rows *all, const ipsec_sa_row *row, ipsec_cell *cell)
{
    cell->is_empty = false;
    column->get(&(ipsec_sa_at){.all = all, .row = row, .offset = column->offset}, cell);
}
