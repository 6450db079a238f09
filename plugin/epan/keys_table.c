/* The table ipsec_sa. It takes any text: a row refused while Wireshark reads the table would also drop the rows after
 * it, and nobody would learn which one it was.
 *
 * The copies of keys made here are overwritten when they are no longer needed; those that Wireshark makes while it
 * reads a table are beyond our control.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys_table.h"
#include "compat.h"

#include <epan/uat.h>

#include <glib.h>

#include <string.h>

/* Wireshark copies rows back and forth. Copies share what is no secret (GRefString); each has its keys to itself, and
 * overwrites them at its end. */
typedef struct sa_row {
    char *columns[IPSEC_COLUMN_COUNT];
} sa_row;

/* Written by Wireshark's table code only. */
static sa_row *sa_rows;
static unsigned sa_row_count;

static bool is_key(unsigned column)
{
    return column == IPSEC_COLUMN_ENCRYPTION_KEY || column == IPSEC_COLUMN_INTEGRITY_KEY;
}

static char *copy_text(unsigned column, char *text)
{
    if (!text)
        return NULL;
    return is_key(column) ? g_strdup(text) : g_ref_string_acquire(text);
}

static void free_text(unsigned column, char *text)
{
    if (!text)
        return;
    if (!is_key(column)) {
        g_ref_string_release(text);
        return;
    }
    ipsec_wipe(text, strlen(text));
    g_free(text);
}

/* The column that a field stands for. Wireshark hands down `fld_data` on all paths, `set_data` not. */
static void set_column(void *record, const char *text, unsigned length, const void *set_data _U_, const void *fld_data)
{
    const unsigned column = GPOINTER_TO_UINT(fld_data);
    char **place = &((sa_row *)record)->columns[column];

    free_text(column, *place);
    *place = is_key(column) ? g_strndup(text, length) : g_ref_string_new_len(text, length);
}

static void show_column(void *record, char **text, unsigned *length, const void *tostr_data _U_, const void *fld_data)
{
    const char *column = ((const sa_row *)record)->columns[GPOINTER_TO_UINT(fld_data)];

    *text = g_strdup(column ? column : "");
    *length = (unsigned)strlen(*text);
}

static void *copy_row(void *to, const void *from, size_t size _U_)
{
    const sa_row *source_row = (const sa_row *)from;

    for (unsigned i = 0; i < IPSEC_COLUMN_COUNT; i++)
        ((sa_row *)to)->columns[i] = copy_text(i, source_row->columns[i]);
    return to;
}

static void free_row(void *record)
{
    sa_row *row = (sa_row *)record;

    for (unsigned i = 0; i < IPSEC_COLUMN_COUNT; i++) {
        free_text(i, row->columns[i]);
        row->columns[i] = NULL;
    }
}

static uat_field_t *table_fields(void)
{
    static const struct {
        const char *name, *title, *description;
    } columns[IPSEC_COLUMN_COUNT] = {
        [IPSEC_COLUMN_PROTOCOL] = {"protocol", "Protocol", "ESP or AH"},
        [IPSEC_COLUMN_SOURCE] = {"src", "Source", "Outer source: an address, a prefix such as 10.0.0.0/8, or *"},
        [IPSEC_COLUMN_DESTINATION] = {"dst", "Destination", "Outer destination: an address, a prefix, or *"},
        [IPSEC_COLUMN_SPI] = {"spi", "SPI", "Hex such as 0x1000, decimal, or *"},
        [IPSEC_COLUMN_ENCRYPTION] = {"encryption", "Encryption",
                                     "The name in the IKEv2 registry without ENCR_: AES_CBC, AES_GCM_16, "
                                     "CHACHA20_POLY1305, NULL, ..."},
        [IPSEC_COLUMN_ENCRYPTION_KEY] = {"encryption_key", "Encryption key",
                                         "In hex, followed by the salt if the algorithm has one"},
        [IPSEC_COLUMN_INTEGRITY] = {"integrity", "Integrity",
                                    "The name in the IKEv2 registry without AUTH_: HMAC_SHA2_256_128, ... or NONE"},
        [IPSEC_COLUMN_INTEGRITY_KEY] = {"integrity_key", "Integrity key", "In hex"},
        [IPSEC_COLUMN_ESN] = {"esn", "ESN",
                              "Extended Sequence Numbers: no, yes, auto, or the high half to start from, such as 0x1"},
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

void ipsec_keys_table_register(module_t *module)
{
    uat_t *table = uat_new("IPsec SAs", sizeof(sa_row), "ipsec_sa", true, &sa_rows, &sa_row_count,
                           UAT_AFFECTS_DISSECTION, NULL, copy_row, NULL, free_row, NULL, NULL, table_fields());

    prefs_register_uat_preference(module, "sa_table", "IPsec SAs",
                                  "Keys of ESP and AH SAs. The first row that matches a packet is used.", table);
}

unsigned ipsec_keys_table_count(void)
{
    return sa_row_count;
}

ipsec_key_row_text ipsec_keys_table_row(unsigned row)
{
    ipsec_key_row_text text;

    for (unsigned column = 0; column < IPSEC_COLUMN_COUNT; column++)
        text.columns[column] = sa_rows[row].columns[column];
    return text;
}
