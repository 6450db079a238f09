/* A saved dump of SAs, read in parts. SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys_file.h"

#include <glib/gstdio.h>

#include <string.h>

/* About two million SAs. */
#define FILE_OCTETS_MOST (UINT64_C(1) << 30)

/* The size of the parts in which the file is read, a power of two. */
#define PART_OCTETS ((size_t)1 << 16)

/* Why a file cannot be read, or NULL. The caller frees the text. */
static char *refusal(const char *path)
{
    GStatBuf status;

    if (g_stat(path, &status) != 0)
        return NULL; /* opening it will say why */
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return g_strdup_printf("\"%s\" is not a regular file", path);
    if ((uint64_t)status.st_size > FILE_OCTETS_MOST)
        return g_strdup_printf("\"%s\" is larger than %u MiB", path, (unsigned)(FILE_OCTETS_MOST >> 20));
    return NULL;
}

/* Words an error as GLib does. */
static char *failure_to(const char *what, const char *path, GError *error)
{
    char *shown = g_filename_display_name(path);
    char *reason = g_strdup_printf("Failed to %s \"%s\": %s", what, shown, error->message);

    g_free(shown);
    g_error_free(error);
    return reason;
}

/* Opens the file, unbuffered. Returns why that failed, or NULL. */
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

static void free_wiped(char *text, size_t length)
{
    ipsec_wipe(text, length);
    g_free(text);
}

/* How a file encodes its characters. */
typedef struct file_encoding {
    const char *mark; /* byte order mark */
    unsigned width;   /* octets of a code unit: 2 in UTF-16 */
    unsigned low;     /* index of the low octet in the unit */
} file_encoding;

/* Windows PowerShell and Notepad write such files. */
static const file_encoding encodings[] = {
    {"\xff\xfe", 2, 0},
    {"\xfe\xff", 2, 1},
    {"\xef\xbb\xbf", 1, 0},
};
static const file_encoding plain = {"", 1, 0};

static const file_encoding *find_encoding(const char *start, size_t length)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(encodings); i++) {
        const size_t octets = strlen(encodings[i].mark);

        if (length >= octets && memcmp(start, encodings[i].mark, octets) == 0)
            return &encodings[i];
    }
    return &plain;
}

/* A part of the file: what has not been read yet because it holds no end of a line, and what follows. Rows are made
 * from it while it is in the CPU's caches, and its memory is reused for all parts, because the whole text of 100,000
 * SAs would take 6,300 pages. */
typedef struct file_part {
    const file_encoding *encoding;
    char *text;
    size_t length, room;
} file_part;

/* Converts each code unit to one octet. Dumps are ASCII; any other character becomes one that occurs in no word. An odd
 * octet at the end of a truncated file is dropped. */
static size_t narrow(char *text, size_t length, const file_encoding *encoding)
{
    const size_t units = length / encoding->width;

    if (encoding->width == 1)
        return length;
    for (size_t i = 0; i < units; i++) {
        const char *const unit = text + 2 * i;

        text[i] = unit[1 - encoding->low] ? '?' : unit[encoding->low];
    }
    return units;
}

/* Fills the part; false at the end of the file, and on an error. */
static bool fill(file_part *part, GIOChannel *file, GError **error)
{
    char *const text = part->text + part->length;
    const size_t room = (part->room - part->length) / part->encoding->width * part->encoding->width;
    GIOStatus status = G_IO_STATUS_NORMAL;
    size_t length = 0;

    while (length < room && (status == G_IO_STATUS_NORMAL || status == G_IO_STATUS_AGAIN)) {
        gsize count = 0;

        status = g_io_channel_read_chars(file, text + length, room - length, &count, error);
        length += count;
    }
    part->length += narrow(text, length, part->encoding);
    return length == room;
}

/* Removes the first `count` octets. If `count` is 0, a line is longer than the part, which is enlarged. */
static void take_off(file_part *part, size_t count)
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

/* Finds the encoding, and seeks to the first octet after the byte order mark. */
static bool begin(file_part *part, GIOChannel *file, GError **error)
{
    char start[3];
    gsize count;

    if (g_io_channel_read_chars(file, start, sizeof start, &count, error) == G_IO_STATUS_ERROR)
        return false;
    part->encoding = find_encoding(start, count);
    return g_io_channel_seek_position(file, (gint64)strlen(part->encoding->mark), G_SEEK_SET, error) ==
           G_IO_STATUS_NORMAL;
}

/* Reads the file to its end. It is not mapped into memory, because saving a state again truncates the file first, and
 * reading mapped octets that are gone would crash the program. Reading ends even if the file keeps growing. Returns
 * what went wrong, or NULL. */
static char *read_file(const char *path, GIOChannel *file, const ipsec_xfrm_calls *calls)
{
    ipsec_xfrm_reader *reader = ipsec_xfrm_reader_new(calls);
    file_part part = {.text = (char *)g_malloc(PART_OCTETS), .room = PART_OCTETS};
    uint64_t octets = 0;
    GError *error = NULL;
    size_t kept = 0; /* octets that are left from the previous part */

    if (begin(&part, file, &error))
        while (fill(&part, file, &error) && octets < FILE_OCTETS_MOST) {
            const size_t read = ipsec_xfrm_reader_feed(reader, part.text, part.length);

            octets += part.length - kept;
            kept = part.length - read;
            take_off(&part, read);
        }
    ipsec_xfrm_reader_end(reader, part.text, part.length);
    free_wiped(part.text, part.room);
    return error ? failure_to("read from file", path, error) : NULL;
}

char *ipsec_keys_file_read(const char *path, const ipsec_xfrm_calls *calls)
{
    GIOChannel *file = NULL;
    char *reason = open_file(path, &file);

    if (!reason)
        reason = read_file(path, file, calls);
    if (file)
        g_io_channel_unref(file);
    return reason;
}

uint32_t ipsec_keys_file_stamp(const char *path)
{
    GStatBuf status = {0};
    char *text;
    uint32_t stamp;

    (void)g_stat(path, &status);
    text = g_strdup_printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, (gint64)status.st_size, (gint64)status.st_mtime);
    stamp = g_str_hash(text);
    g_free(text);
    return stamp;
}
