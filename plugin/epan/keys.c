/* Where keys come from: the table ipsec_sa, a saved `ip xfrm state`, and Wireshark's own table "ESP SAs".
 *
 * The tables take any text. It is compiled when a file is opened or dissected anew: a row that was refused while
 * Wireshark reads the table would take the rows behind it along, and nobody would learn which one it was.
 *
 * Keys are never written anywhere. The copies made here are overwritten when they are done with; those that
 * Wireshark makes while it reads a table are not in our hands.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys.h"
#include "../core/ipsec.h"
#include "compat.h"

#include <epan/uat.h>
#include <wsutil/report_message.h>

#include <glib.h>
#include <glib/gstdio.h>

#include <stdio.h>
#include <string.h>

/* The most lines of one message; what is beyond is counted. */
#define LINES_MOST 20

/* Some two million SAs. */
#define FILE_OCTETS_MOST (UINT64_C(1) << 30)

/* The file is read in parts of so many octets, a power of two. */
#define PART_OCTETS ((size_t)1 << 16)

/* A row of the table ipsec_sa. */
typedef struct sa_row {
    char *columns[IPSEC_COLUMN_COUNT];
} sa_row;

/* Written by Wireshark's table code only. */
static sa_row *sa_rows;
static unsigned sa_row_count;

/* Written by Wireshark's preference code only; a change makes it dissect anew. */
static pref_bool pref_use_esp_sa = true;
static const char *pref_sa_file;

typedef struct source {
    const char *name, *unit; /* for people */
    /* Checksum of what was wrong and of all that the source held, when that was last reported; 0 if nothing was wrong
     * the last time. Owned by report(), and kept from one capture file to the next. */
    uint64_t reported;
} source;

static source sources[IPSEC_ORIGIN_COUNT] = {
    [IPSEC_ORIGIN_TABLE] = {.name = "ipsec_sa", .unit = "row"},
    [IPSEC_ORIGIN_XFRM] = {.name = "ip xfrm state", .unit = "line"},
    [IPSEC_ORIGIN_WIRESHARK] = {.name = "ESP SAs", .unit = "row"},
};

/* One source while it is read. */
typedef struct loading {
    ipsec_db *db;
    ipsec_origin origin;
    uint32_t rows, refused, doubted;
    uint64_t checksum; /* of all text, keys included: it stays in memory */
    GString *lines;    /* what is wrong, a line for each of the first LINES_MOST */
} loading;

typedef bool compile_row(const ipsec_spec_text *text, ipsec_spec *spec, ipsec_spec_error *error);

static void free_wiped(char *text, size_t length)
{
    if (text)
        ipsec_wipe(text, length);
    g_free(text);
}

static void free_wiped_string(char *text)
{
    free_wiped(text, text ? strlen(text) : 0);
}

/* --- what was wrong ---------------------------------------------------------------------------------------------- */

static uint64_t checksum_word(uint64_t checksum, uint64_t word)
{
    return (checksum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t checksum_octets(uint64_t checksum, const char *octets)
{
    uint64_t word;

    memcpy(&word, octets, sizeof word);
    return checksum_word(checksum, word);
}

/* Takes 32 octets, each quarter on its own: a file may be long, and the processor multiplies them at the same time. */
static void checksum_step(uint64_t lanes[4], const char *text)
{
    lanes[0] = checksum_octets(lanes[0], text);
    lanes[1] = checksum_octets(lanes[1], text + 8);
    lanes[2] = checksum_octets(lanes[2], text + 16);
    lanes[3] = checksum_octets(lanes[3], text + 24);
}

/* Enough to notice a change. */
static void checksum_add(uint64_t *checksum, const char *text, size_t length)
{
    uint64_t lanes[4] = {*checksum, 1, 2, 3};
    char end[32] = {0};

    for (; length >= sizeof end; length -= sizeof end, text += sizeof end)
        checksum_step(lanes, text);
    memcpy(end, text, length);
    checksum_step(lanes, end);
    *checksum = length;
    for (unsigned i = 0; i < 4; i++) {
        *checksum = checksum_word(*checksum, lanes[i] ^ lanes[i] >> 32);
        *checksum ^= *checksum >> 32;
    }
}

static loading begin(ipsec_db *db, ipsec_origin origin)
{
    return (loading){.db = db, .origin = origin, .checksum = UINT64_C(0xcbf29ce484222325), .lines = g_string_new(NULL)};
}

static void note(loading *load, uint32_t line, const ipsec_spec_error *error)
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
        g_string_append_printf(load->lines, ", column %s", error->column);
    g_string_append_printf(load->lines, ": %s%s", error->reason, error->usable ? " (used all the same)" : "");
}

/* One message for all of a source: it is one dialog in the GUI, which shows the first line as its title. Before there
 * is a main window the GUI keeps messages and shows them later. */
static void tell(const loading *load, const char *what)
{
    const uint32_t faults = load->refused + load->doubted;
    char *more = faults > LINES_MOST ? g_strdup_printf("\nand %u more", faults - LINES_MOST) : g_strdup("");

    if (load->refused)
        report_failure("IPsec Analysis does not use %u of %u %s.%s%s", load->refused, load->rows, what,
                       load->lines->str, more);
    else
        report_warning("IPsec Analysis doubts %u of %u %s.%s%s", load->doubted, load->rows, what, load->lines->str,
                       more);
    g_free(more);
}

/* Whether what is wrong has not been told yet. */
static bool is_news(loading *load, bool wrong)
{
    source *from = &sources[load->origin];
    const uint64_t before = from->reported;

    checksum_add(&load->checksum, load->lines->str, load->lines->len);
    from->reported = wrong ? load->checksum : 0;
    return wrong && from->reported != before;
}

/* Ends the reading of a source whose rows are called `what`. */
static void end(loading *load, const char *what)
{
    if (is_news(load, load->lines->len > 0))
        tell(load, what);
    g_string_free(load->lines, true);
}

/* --- tables ------------------------------------------------------------------------------------------------------ */

static void add(loading *load, uint32_t line, ipsec_spec *spec)
{
    ipsec_spec_error no_room = {.column = NULL};

    spec->origin = (uint8_t)load->origin;
    spec->line = line;
    if (ipsec_db_add(load->db, spec))
        return;
    snprintf(no_room.reason, sizeof no_room.reason,
             "%u rows before it have other keys for the same SA, and more are not tried", IPSEC_KEYS_PER_SA);
    note(load, line, &no_room);
}

static void load_row(loading *load, uint32_t line, const ipsec_spec_text *text, compile_row *compile)
{
    ipsec_spec spec = {0};
    ipsec_spec_error error = {0};
    bool usable;

    for (unsigned i = 0; i < IPSEC_COLUMN_COUNT; i++)
        if (text->columns[i])
            checksum_add(&load->checksum, text->columns[i], strlen(text->columns[i]) + 1);
    usable = compile(text, &spec, &error);
    load->rows++;
    if (usable)
        add(load, line, &spec);
    if (error.reason[0])
        note(load, line, &error);
    ipsec_spec_wipe(&spec);
}

static void load_table(ipsec_db *db)
{
    loading load = begin(db, IPSEC_ORIGIN_TABLE);

    for (unsigned i = 0; i < sa_row_count; i++) {
        ipsec_spec_text text;

        for (unsigned column = 0; column < IPSEC_COLUMN_COUNT; column++)
            text.columns[column] = sa_rows[i].columns[column];
        load_row(&load, i + 1, &text, ipsec_spec_compile);
    }
    end(&load, "rows of the table ipsec_sa");
}

static void take_wireshark_row(uint32_t line, const ipsec_spec_text *text, void *context)
{
    load_row((loading *)context, line, text, ipsec_spec_compile_wireshark);
}

static void load_wireshark_table(ipsec_db *db)
{
    loading load = begin(db, IPSEC_ORIGIN_WIRESHARK);

    if (pref_use_esp_sa)
        ipsec_compat_esp_sas(take_wireshark_row, &load);
    end(&load, "rows of Wireshark's table \"ESP SAs\"");
}

/* --- the file ---------------------------------------------------------------------------------------------------- */

static void take_xfrm_row(ipsec_spec *spec, void *context)
{
    loading *load = (loading *)context;

    load->rows++;
    add(load, spec->line, spec);
}

static void take_xfrm_error(uint32_t line, const ipsec_spec_error *error, void *context)
{
    loading *load = (loading *)context;

    if (!error->usable)
        load->rows++;
    note(load, line, error);
}

/* What speaks against reading a file, or NULL. The text is the caller's. */
static char *refusal(const char *path)
{
    GStatBuf status;

    if (g_stat(path, &status) != 0)
        return NULL; /* reading says why */
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return g_strdup_printf("\"%s\" is no regular file", path);
    if ((uint64_t)status.st_size > FILE_OCTETS_MOST)
        return g_strdup_printf("\"%s\" is larger than %u MiB", path, (unsigned)(FILE_OCTETS_MOST >> 20));
    return NULL;
}

/* As GLib says it. */
static char *failure_to(const char *what, const char *path, GError *error)
{
    char *shown = g_filename_display_name(path);
    char *reason = g_strdup_printf("Failed to %s \u201c%s\u201d: %s", what, shown, error->message);

    g_free(shown);
    g_error_free(error);
    return reason;
}

/* Opens the file, for reading of octets straight into the caller's buffer. Returns what stands in the way, or NULL. */
static char *open_file(const char *path, GIOChannel **file)
{
    GError *error = NULL;
    char *reason = refusal(path);

    if (reason)
        return reason;
    *file = g_io_channel_new_file(path, "r", &error);
    if (!*file)
        return failure_to("open file", path, error);
    g_io_channel_set_encoding(*file, NULL, NULL);
    g_io_channel_set_buffered(*file, FALSE);
    return NULL;
}

/* A part of the file: what was not read yet as there was no end of a line in it, and what follows. Rows are made from
 * it while it is in the caches, and it is used for all parts: the text of 100,000 SAs whole would take 6,300 pages. */
typedef struct part {
    char *text;
    size_t length, room;
} part;

/* Fills the part up; false at the end of the file, and on an error. */
static bool fill(part *part, GIOChannel *file, GError **error)
{
    GIOStatus status = G_IO_STATUS_NORMAL;

    while (part->length < part->room && (status == G_IO_STATUS_NORMAL || status == G_IO_STATUS_AGAIN)) {
        gsize count = 0;

        status = g_io_channel_read_chars(file, part->text + part->length, part->room - part->length, &count, error);
        part->length += count;
    }
    return part->length == part->room;
}

/* Takes the first octets off; if there were none, a line is longer than the part, which then grows. */
static void take_off(part *part, size_t count)
{
    char *larger;

    if (count > 0) {
        part->length -= count;
        memmove(part->text, part->text + count, part->length);
        return;
    }
    larger = (char *)g_malloc(part->room * 2);
    memcpy(larger, part->text, part->length);
    free_wiped(part->text, part->length);
    part->text = larger;
    part->room *= 2;
}

static void end_without(loading *load, const char *reason)
{
    g_string_assign(load->lines, reason);
    if (is_news(load, true))
        report_failure("IPsec Analysis takes %s from the saved \"ip xfrm state\": %s",
                       load->rows ? "only a part of the keys" : "no keys", reason);
    g_string_free(load->lines, true);
}

/* Reads to the end. It is not mapped: whoever saves a state anew empties the file first, and reading what is no longer
 * there would end the program. A file that grows all the time has an end too. Returns what went wrong, or NULL. */
static char *parse_file(loading *load, const char *path, GIOChannel *file)
{
    const ipsec_xfrm_calls calls = {take_xfrm_row, take_xfrm_error, load};
    ipsec_xfrm_reader *reader = ipsec_xfrm_reader_new(&calls);
    part part = {.text = (char *)g_malloc(PART_OCTETS), .room = PART_OCTETS};
    uint64_t octets = 0;
    GError *error = NULL;
    size_t kept = 0; /* of the part before */

    while (fill(&part, file, &error) && octets < FILE_OCTETS_MOST) {
        const size_t read = ipsec_xfrm_reader_feed(reader, part.text, part.length);

        checksum_add(&load->checksum, part.text + kept, part.length - kept);
        octets += part.length - kept;
        kept = part.length - read;
        take_off(&part, read);
    }
    checksum_add(&load->checksum, part.text + kept, part.length - kept);
    ipsec_xfrm_reader_end(reader, part.text, part.length);
    free_wiped(part.text, part.room);
    return error ? failure_to("read from file", path, error) : NULL;
}

static void end_file(loading *load, const char *path)
{
    char *what = load->rows ? g_strdup_printf("SAs of the saved \"ip xfrm state\" \"%s\"", path)
                            : g_strdup_printf("\"%s\" holds no SA of ESP or AH", path);

    if (load->rows)
        end(load, what);
    else
        end_without(load, what);
    g_free(what);
}

static void load_file(ipsec_db *db)
{
    GIOChannel *file = NULL;
    loading load;
    char *reason;

    if (!pref_sa_file || !pref_sa_file[0]) {
        sources[IPSEC_ORIGIN_XFRM].reported = 0;
        return;
    }
    load = begin(db, IPSEC_ORIGIN_XFRM);
    reason = open_file(pref_sa_file, &file);
    if (!reason)
        reason = parse_file(&load, pref_sa_file, file);
    if (reason)
        end_without(&load, reason);
    else
        end_file(&load, pref_sa_file);
    if (file)
        g_io_channel_unref(file);
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

    return wmem_strdup_printf(scope, "%s, %s %u", from->name, from->unit, line);
}

/* --- registration ------------------------------------------------------------------------------------------------ */

/* The column that a field stands for. Wireshark hands down `fld_data` on all paths, `set_data` not. */
static char **column_of(void *record, const void *fld_data)
{
    return &((sa_row *)record)->columns[GPOINTER_TO_UINT(fld_data)];
}

static void set_column(void *record, const char *text, unsigned length, const void *set_data _U_, const void *fld_data)
{
    char **column = column_of(record, fld_data);

    free_wiped_string(*column);
    *column = g_strndup(text, length);
}

static void show_column(void *record, char **text, unsigned *length, const void *tostr_data _U_, const void *fld_data)
{
    const char *column = *column_of(record, fld_data);

    *text = g_strdup(column ? column : "");
    *length = (unsigned)strlen(*text);
}

static void *copy_row(void *to, const void *from, size_t size _U_)
{
    const sa_row *source_row = (const sa_row *)from;

    for (unsigned i = 0; i < IPSEC_COLUMN_COUNT; i++)
        ((sa_row *)to)->columns[i] = g_strdup(source_row->columns[i]);
    return to;
}

static void free_row(void *record)
{
    sa_row *row = (sa_row *)record;

    for (unsigned i = 0; i < IPSEC_COLUMN_COUNT; i++) {
        free_wiped_string(row->columns[i]);
        row->columns[i] = NULL;
    }
}

static uat_field_t *table_fields(void)
{
    static const struct {
        const char *name, *title, *description;
    } columns[IPSEC_COLUMN_COUNT] = {
        [IPSEC_COLUMN_PROTOCOL] = {"protocol", "Protocol", "ESP or AH"},
        [IPSEC_COLUMN_SOURCE] = {"src", "Source", "Outer source: an address, a prefix as 10.0.0.0/8, or *"},
        [IPSEC_COLUMN_DESTINATION] = {"dst", "Destination", "Outer destination: an address, a prefix, or *"},
        [IPSEC_COLUMN_SPI] = {"spi", "SPI", "As 0x1000, in decimal, or *"},
        [IPSEC_COLUMN_ENCRYPTION] = {"encryption", "Encryption",
                                     "The name in the IKEv2 registry without ENCR_: AES_CBC, AES_GCM_16, "
                                     "CHACHA20_POLY1305, NULL, ..."},
        [IPSEC_COLUMN_ENCRYPTION_KEY] = {"encryption_key", "Encryption key",
                                         "In hex, with the salt appended where the algorithm has one"},
        [IPSEC_COLUMN_INTEGRITY] = {"integrity", "Integrity",
                                    "The name in the IKEv2 registry without AUTH_: HMAC_SHA2_256_128, ... or NONE"},
        [IPSEC_COLUMN_INTEGRITY_KEY] = {"integrity_key", "Integrity key", "In hex"},
        [IPSEC_COLUMN_ESN] = {"esn", "ESN",
                              "Extended Sequence Numbers: no, yes, auto, or the high half to start from as 0x1"},
        [IPSEC_COLUMN_MODE] = {"mode", "Mode", "any, transport, tunnel, beet or iptfs"},
    };
    /* Handed to Wireshark, which keeps its own notes in it. The last one is empty. */
    static uat_field_t fields[IPSEC_COLUMN_COUNT + 1];

    for (unsigned i = 0; i < IPSEC_COLUMN_COUNT; i++)
        fields[i] = (uat_field_t){.name = columns[i].name,
                                  .title = columns[i].title,
                                  .mode = PT_TXTMOD_STRING,
                                  .cb = {uat_fld_chk_str, set_column, show_column},
                                  .fld_data = GUINT_TO_POINTER(i),
                                  .desc = columns[i].description};
    return fields;
}

void ipsec_keys_register(module_t *module)
{
    uat_t *table = uat_new("IPsec SAs", sizeof(sa_row), "ipsec_sa", true, &sa_rows, &sa_row_count,
                           UAT_AFFECTS_DISSECTION, NULL, copy_row, NULL, free_row, NULL, NULL, table_fields());

    prefs_register_uat_preference(module, "sa_table", "IPsec SAs",
                                  "Keys of SAs of ESP and AH. Of several rows that fit a packet the first is taken.",
                                  table);
    prefs_register_filename_preference(module, "sa_file", "Saved dump of SAs",
                                       "What the system printed of its SAs, with keys: \"ip xfrm state\" of Linux. "
                                       "Several dumps may follow each other in the file. The table above comes first.",
                                       &pref_sa_file, false);
    prefs_register_bool_preference(module, "use_esp_sa", "Use the keys of Wireshark's ESP SAs too",
                                   "Read the table \"ESP SAs\" of the protocol ESP. Table and file above come first.",
                                   &pref_use_esp_sa);
}
