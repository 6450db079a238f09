/* Where keys come from: the table ipsec_sa, a saved `ip xfrm state`, and Wireshark's own table "ESP SAs". All are read
 * when a capture file is opened or dissected again, and their errors are reported then. Keys are never written
 * anywhere.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys.h"
#include "../core/ipsec.h"
#include "compat.h"
#include "keys_file.h"
#include "keys_table.h"

#include <wsutil/report_message.h>

#include <glib.h>

#include <stdio.h>
#include <string.h>

/* The most lines of one message; further ones are only counted. */
#define LINES_MOST 20

/* Written by Wireshark's preference code only; a change makes Wireshark dissect the file again. */
static pref_bool pref_use_esp_sa = true;
static const char *pref_sa_file;

typedef struct source {
    const char *name, *unit,
        *part; /* as people call them: the source, one entry of it, and a part of that; no unit: no rows */
    /* Checksum of the errors and of the content of the source when errors were last reported; 0 if there were none the
     * last time. Owned by is_news(), and kept across capture files. */
    uint32_t reported;
} source;

static source sources[IPSEC_ORIGIN_COUNT] = {
    [IPSEC_ORIGIN_TABLE] = {.name = "ipsec_sa", .unit = "row", .part = "column"},
    [IPSEC_ORIGIN_XFRM] = {.name = "ip xfrm state", .unit = "line", .part = "word"},
    [IPSEC_ORIGIN_WIRESHARK] = {.name = "ESP SAs", .unit = "row", .part = "column"},
    [IPSEC_ORIGIN_IKE] = {.name = "IKE"},
};

/* A source while it is read. */
typedef struct loading {
    ipsec_db *db;
    ipsec_origin origin;
    uint32_t rows, refused, doubted;
    uint32_t checksum; /* of the content of the source, to notice a change */
    GString *lines;    /* the first LINES_MOST errors, one per line */
} loading;

typedef bool compile_row(const ipsec_key_row_text *text, ipsec_key_row *spec, ipsec_key_row_error *error);

/* --- errors ---------------------------------------------------------------------------------------------- */

static loading begin_loading(ipsec_db *db, ipsec_origin origin)
{
    return (loading){.db = db, .origin = origin, .lines = g_string_new(NULL)};
}

static void note_error(loading *load, uint32_t line, const ipsec_key_row_error *error)
{
    const source *from = &sources[load->origin];

    if (error->usable)
        load->doubted++;
    else
        load->refused++;
    if (load->refused + load->doubted > LINES_MOST)
        return;
    g_string_append_printf(load->lines, "\n%s, %s %u", from->name, from->unit, line);
    if (error->column)
        g_string_append_printf(load->lines, ", %s %s", from->part, error->column);
    g_string_append_printf(load->lines, ": %s%s", error->reason, error->usable ? " (used anyway)" : "");
}

/* One message for all errors of a source, because it is one dialog in the GUI, with the first line as its title. Before
 * there is a main window, the GUI keeps messages and shows them later. */
static void tell_errors(const loading *load, const char *what)
{
    const uint32_t faults = load->refused + load->doubted;
    char *more = faults > LINES_MOST ? g_strdup_printf("\nand %u more", faults - LINES_MOST) : g_strdup("");

    if (load->refused)
        report_failure("IPsec Analysis cannot use %u of %u %s.%s%s", load->refused, load->rows, what, load->lines->str,
                       more);
    else
        report_warning("IPsec Analysis uses %u of %u %s although they look wrong.%s%s", load->doubted, load->rows, what,
                       load->lines->str, more);
    g_free(more);
}

/* Whether these errors have not been reported yet. */
static bool is_news(loading *load, bool wrong)
{
    source *from = &sources[load->origin];
    const uint32_t before = from->reported;

    load->checksum = load->checksum * 31 + g_string_hash(load->lines);
    from->reported = wrong ? load->checksum : 0;
    return wrong && from->reported != before;
}

/* Finishes the reading of a source, whose rows are called `what` in messages. */
static void end_loading(loading *load, const char *what)
{
    if (is_news(load, load->lines->len > 0))
        tell_errors(load, what);
    g_string_free(load->lines, true);
}

/* --- tables ------------------------------------------------------------------------------------------------------ */

static void add_row(loading *load, uint32_t line, ipsec_key_row *spec)
{
    ipsec_key_row_error no_room = {.column = NULL};

    spec->origin = (uint8_t)load->origin;
    spec->line = line;
    if (ipsec_db_add(load->db, spec))
        return;
    snprintf(no_room.reason, sizeof no_room.reason,
             "%u earlier rows already have different keys for the same SA, and no more are tried", IPSEC_KEYS_PER_SA);
    note_error(load, line, &no_room);
}

static void load_row(loading *load, uint32_t line, const ipsec_key_row_text *text, compile_row *compile)
{
    ipsec_key_row spec = {0};
    ipsec_key_row_error error = {0};
    bool usable;

    usable = compile(text, &spec, &error);
    load->rows++;
    if (usable)
        add_row(load, line, &spec);
    if (error.reason[0])
        note_error(load, line, &error);
    ipsec_key_row_wipe(&spec);
}

static void sum_row(uint32_t line _U_, const ipsec_key_row_text *text, void *context)
{
    loading *load = (loading *)context;

    for (unsigned i = 0; i < IPSEC_COLUMN_COUNT; i++)
        if (text->columns[i])
            load->checksum = load->checksum * 31 + g_str_hash(text->columns[i]);
}

static void sum_table(loading *load)
{
    for (unsigned i = 0; i < ipsec_keys_table_count(); i++) {
        const ipsec_key_row_text text = ipsec_keys_table_row(i);

        sum_row(i + 1, &text, load);
    }
}

static void load_table(ipsec_db *db)
{
    loading load = begin_loading(db, IPSEC_ORIGIN_TABLE);

    for (unsigned i = 0; i < ipsec_keys_table_count(); i++) {
        const ipsec_key_row_text text = ipsec_keys_table_row(i);

        load_row(&load, i + 1, &text, ipsec_key_row_compile);
    }
    if (load.lines->len > 0) /* an error is reported again once the table has changed */
        sum_table(&load);
    end_loading(&load, "rows of the table ipsec_sa");
}

static void take_wireshark_row(uint32_t line, const ipsec_key_row_text *text, void *context)
{
    load_row((loading *)context, line, text, ipsec_key_row_compile_wireshark);
}

static void load_wireshark_table(ipsec_db *db)
{
    loading load = begin_loading(db, IPSEC_ORIGIN_WIRESHARK);

    if (pref_use_esp_sa)
        ipsec_compat_esp_sas(take_wireshark_row, &load);
    if (load.lines->len > 0)
        ipsec_compat_esp_sas(sum_row, &load);
    end_loading(&load, "rows of Wireshark's table \"ESP SAs\"");
}

/* --- the file ---------------------------------------------------------------------------------------------------- */

static void take_xfrm_row(ipsec_key_row *spec, void *context)
{
    loading *load = (loading *)context;

    load->rows++;
    add_row(load, spec->line, spec);
}

static void take_xfrm_error(uint32_t line, const ipsec_key_row_error *error, void *context)
{
    loading *load = (loading *)context;

    if (!error->usable)
        load->rows++;
    note_error(load, line, error);
}

static void end_without(loading *load, const char *reason)
{
    g_string_assign(load->lines, reason);
    if (is_news(load, true))
        report_failure("IPsec Analysis read %s from the saved \"ip xfrm state\": %s",
                       load->rows ? "only part of the keys" : "no keys", reason);
    g_string_free(load->lines, true);
}

static void end_file(loading *load, const char *path)
{
    char *what = load->rows ? g_strdup_printf("SAs of the saved \"ip xfrm state\" in \"%s\"", path)
                            : g_strdup_printf("\"%s\" contains no ESP or AH SA", path);

    if (load->rows)
        end_loading(load, what);
    else
        end_without(load, what);
    g_free(what);
}

static void load_file(ipsec_db *db)
{
    loading load;
    char *reason;

    if (!pref_sa_file || !pref_sa_file[0]) {
        sources[IPSEC_ORIGIN_XFRM].reported = 0;
        return;
    }
    load = begin_loading(db, IPSEC_ORIGIN_XFRM);
    load.checksum = ipsec_keys_file_stamp(pref_sa_file);
    reason = ipsec_keys_file_read(pref_sa_file, &(ipsec_xfrm_calls){take_xfrm_row, take_xfrm_error, &load});
    if (reason)
        end_without(&load, reason);
    else
        end_file(&load, pref_sa_file);
    g_free(reason);
}

void ipsec_keys_load(ipsec_db *db)
{
    load_table(db);
    load_file(db);
    load_wireshark_table(db);
}

char *ipsec_keys_source(wmem_allocator_t *scope, uint8_t origin, uint32_t line)
{
    const source *from = &sources[origin];

    if (!from->unit)
        return wmem_strdup(scope, from->name);
    return wmem_strdup_printf(scope, "%s, %s %u", from->name, from->unit, line);
}

void ipsec_keys_register(module_t *module)
{
    ipsec_keys_table_register(module);
    prefs_register_filename_preference(module, "sa_file", "Saved dump of SAs",
                                       "Output of \"ip xfrm state\" on Linux, with keys, saved to a file. The file may "
                                       "hold several dumps. The table \"IPsec SAs\" takes precedence.",
                                       &pref_sa_file, false);
    prefs_register_bool_preference(
        module, "use_esp_sa", "Also use the keys in Wireshark's table \"ESP SAs\"",
        "Read the table \"ESP SAs\" of the protocol ESP. The table \"IPsec SAs\" and the saved dump take precedence.",
        &pref_use_esp_sa);
}
