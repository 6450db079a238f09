/* The table ipsec_sa. It accepts any text, because if a row were refused while Wireshark reads the table, the rows
 * after it would be dropped too, and nobody would learn which one it was.
 *
 * The copies of keys made here are overwritten when they are no longer needed; those that Wireshark makes while it
 * reads a table are beyond the plugin's control.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys_table.h"
#include "compat.h"

#include <epan/uat.h>

#include <glib.h>

#include <string.h>

/* The texts of a row, one after the other, each terminated by a zero. Wireshark copies rows back and forth, so copies
 * share their texts until one is changed; when the last one is freed, the keys are overwritten. */
typedef struct row_texts {
    grefcount users;
    size_t used, room;             /* octets */
    size_t at[IPSEC_COLUMN_COUNT]; /* where each column begins; 0, the offset of an empty text, if it was never set */
    char octets[];
} row_texts;

/* Initial room for the texts of a row, enough for most: 42 for a 128-bit key of AES_GCM_16, 2 * 39 for IPv6 addresses,
 * 40 for the rest. */
#define USUAL_ROOM 160

typedef struct sa_row {
    row_texts *texts; /* NULL: none yet */
} sa_row;

/* Written by Wireshark's table code only. */
static sa_row *sa_rows;
static unsigned sa_row_count;

static const char *column_of(const row_texts *texts, unsigned column)
{
    return texts->octets + texts->at[column];
}

static void release(row_texts *texts)
{
    if (!texts || !g_ref_count_dec(&texts->users))
        return;
    ipsec_wipe(texts->octets, texts->used);
    g_free(texts);
}

/* Appends the text; the old text of the column remains unused until the texts are laid out again. */
static void put(row_texts *texts, unsigned column, const char *text, size_t length)
{
    texts->at[column] = texts->used;
    memcpy(texts->octets + texts->used, text, length);
    texts->octets[texts->used + length] = '\0';
    texts->used += length + 1;
}

/* A copy of the texts, with room for another one of `length` octets. */
static row_texts *lay_out(const row_texts *old, size_t length)
{
    const size_t room = MAX(USUAL_ROOM, 1 + (old ? old->used : 0) + length + 1);
    row_texts *texts = (row_texts *)g_malloc0(sizeof *texts + room);

    g_ref_count_init(&texts->users);
    texts->room = room;
    texts->used = 1; /* the empty text */
    for (unsigned i = 0; old && i < IPSEC_COLUMN_COUNT; i++)
        if (old->at[i])
            put(texts, i, column_of(old, i), strlen(column_of(old, i)));
    return texts;
}

/* The column is in `fld_data`, which Wireshark passes on all paths, unlike `set_data`. */
static void set_column(void *record, const char *text, unsigned length, const void *set_data _U_, const void *fld_data)
{
    sa_row *row = (sa_row *)record;
    row_texts *old = row->texts;

    if (!old || !g_ref_count_compare(&old->users, 1) || old->room - old->used <= length) {
        row->texts = lay_out(old, length);
        release(old);
    }
    put(row->texts, GPOINTER_TO_UINT(fld_data), text, length);
}

static void show_column(void *record, char **text, unsigned *length, const void *tostr_data _U_, const void *fld_data)
{
    const row_texts *texts = ((const sa_row *)record)->texts;

    *text = g_strdup(texts ? column_of(texts, GPOINTER_TO_UINT(fld_data)) : "");
    *length = (unsigned)strlen(*text);
}

static void *copy_row(void *to, const void *from, size_t size _U_)
{
    row_texts *texts = ((const sa_row *)from)->texts;

    if (texts)
        g_ref_count_inc(&texts->users);
    ((sa_row *)to)->texts = texts;
    return to;
}

static void free_row(void *record)
{
    sa_row *row = (sa_row *)record;

    release(row->texts);
    row->texts = NULL;
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
        [IPSEC_COLUMN_ESN] =
            {"esn", "ESN", "Extended Sequence Numbers: no, yes, auto, or the high 32 bits to start from, such as 0x1"},
        [IPSEC_COLUMN_MODE] = {"mode", "Mode", "any, transport, tunnel, beet or iptfs"},
    };
    /* Passed to Wireshark, which stores its own data in it. The last element is empty. */
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
                                  "Keys of ESP and AH SAs. The first row that matches a packet is used; rows with "
                                  "other keys for the same SA are tried too, up to 8 in all.",
                                  table);
}

unsigned ipsec_keys_table_count(void)
{
    return sa_row_count;
}

ipsec_key_row_text ipsec_keys_table_row(unsigned row)
{
    const row_texts *texts = sa_rows[row].texts;
    ipsec_key_row_text text = {.columns = {NULL}};

    for (unsigned column = 0; texts && column < IPSEC_COLUMN_COUNT; column++)
        text.columns[column] = column_of(texts, column);
    return text;
}
