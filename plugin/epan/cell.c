/* The values of statistics, in the form in which they are shown. SPDX-License-Identifier: GPL-2.0-or-later */
#include "cell.h"
#include "keys.h"

#include <epan/address.h>
#include <epan/proto.h>
#include <epan/to_str.h>

#include <glib.h>

#include <stdio.h>

#define SECOND INT64_C(1000000000)

static void set_text(ipsec_cell *cell, const char *text)
{
    cell->is_empty = text == NULL;
    cell->text = text;
}

void ipsec_cell_set_address(ipsec_cell *cell, const uint8_t *octets, unsigned length)
{
    address shown;

    set_text(cell, length > 0 ? cell->buffer : NULL);
    if (length == 0)
        return;
    set_address(&shown, length == 4 ? AT_IPv4 : AT_IPv6, (int)length, octets);
    address_to_str_buf(&shown, cell->buffer, sizeof cell->buffer);
}

void ipsec_cell_set_hex(ipsec_cell *cell, uint32_t value)
{
    snprintf(cell->buffer, sizeof cell->buffer, "0x%08x", value);
    set_text(cell, cell->buffer);
}

/* Whether it is a time: one that did not fit was clamped to the largest or smallest value. */
static bool is_time(int64_t nanoseconds)
{
    return nanoseconds > INT64_MIN && nanoseconds < INT64_MAX;
}

/* Returns whole seconds, rounded down, and sets *rest to the nanoseconds, which are never negative. */
static int64_t split_seconds(int64_t nanoseconds, int *rest)
{
    *rest = (int)((nanoseconds % SECOND + SECOND) % SECOND);
    return (nanoseconds - *rest) / SECOND;
}

void ipsec_cell_set_time(ipsec_cell *cell, int64_t nanoseconds)
{
    GDateTime *moment;
    int rest;

    set_text(cell, is_time(nanoseconds) ? cell->buffer : NULL);
    if (cell->is_empty)
        return;
    moment = g_date_time_new_from_unix_utc(split_seconds(nanoseconds, &rest));
    snprintf(cell->buffer, sizeof cell->buffer, "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", g_date_time_get_year(moment),
             g_date_time_get_month(moment), g_date_time_get_day_of_month(moment), g_date_time_get_hour(moment),
             g_date_time_get_minute(moment), g_date_time_get_second(moment), rest);
    g_date_time_unref(moment);
}

void ipsec_cell_set_epoch(ipsec_cell *cell, int64_t nanoseconds)
{
    const uint64_t size = nanoseconds < 0 ? -(uint64_t)nanoseconds : (uint64_t)nanoseconds;

    set_text(cell, is_time(nanoseconds) ? cell->buffer : NULL);
    snprintf(cell->buffer, sizeof cell->buffer, "%s%" PRIu64 ".%09" PRIu64, nanoseconds < 0 ? "-" : "",
             size / (uint64_t)SECOND, size % (uint64_t)SECOND);
}

void ipsec_cell_set_key_source(ipsec_cell *cell, uint8_t origin, uint32_t line)
{
    char *source = ipsec_keys_source(NULL, origin, line);

    g_strlcpy(cell->buffer, source, sizeof cell->buffer);
    wmem_free(NULL, source);
    set_text(cell, cell->buffer);
}

void ipsec_cell_set_name(ipsec_cell *cell, const char *field, uint32_t value)
{
    const header_field_info *info = proto_registrar_get_byname(field);

    set_text(cell, val_to_str_const(value, (const value_string *)info->strings, "unknown"));
}
