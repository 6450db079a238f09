/* Dumps in files, including those written by Windows. SPDX-License-Identifier: GPL-2.0-or-later */
#include "epan/keys_file.h"

#include <glib/gstdio.h>

#include <fcntl.h>
#include <string.h>
#include <utime.h>
#ifdef G_OS_WIN32
#include <io.h>
#define seek_to _lseeki64
#else
#include <unistd.h>
#define seek_to  lseek
#define O_BINARY 0
#endif

#define BLOCK                                                                                                          \
    "src 192.0.2.1 dst 192.0.2.2\n"                                                                                    \
    "\tproto esp spi 0x00001001 reqid 1 mode transport\n"                                                              \
    "\treplay-window 32 \n"                                                                                            \
    "\taead rfc4106(gcm(aes)) 0x000102030405060708090a0b0c0d0e0f10111213 128\n"

/* A separate folder, with a space and a letter that is not ASCII; its path is in the form of the system. */
static char *folder;

static char *path_of(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

static char *write_file(const char *name, const char *octets, size_t length)
{
    char *path = path_of(name);
    GError *error = NULL;

    g_file_set_contents(path, octets, (gssize)length, &error);
    g_assert_no_error(error);
    return path;
}

static void count_row(ipsec_key_row *row, void *context)
{
    g_assert_cmphex(row->spi, ==, 0x1001);
    g_assert_cmpuint(row->encryption_key_length, ==, 20);
    g_assert_cmphex(row->encryption_key[19], ==, 0x13);
    ++*(unsigned *)context;
}

static void no_error(uint32_t line, const ipsec_key_row_error *error, void *context)
{
    (void)context;
    g_error("line %u: %s", line, error->reason);
}

/* How many SAs are read from the file. */
static unsigned rows_of(const char *path)
{
    unsigned rows = 0;
    char *reason = ipsec_keys_file_read(path, &(ipsec_xfrm_calls){count_row, no_error, &rows});

    g_assert_cmpstr(reason, ==, NULL);
    return rows;
}

static void assert_rows(const char *octets, size_t length, unsigned rows)
{
    g_autofree char *path = write_file("dump.txt", octets, length);

    g_assert_cmpuint(rows_of(path), ==, rows);
}

/* The text repeated, with CR in front of each LF. */
static GString *repeat(const char *text, unsigned times)
{
    GString *all = g_string_new(NULL);

    for (unsigned i = 0; i < times; i++)
        g_string_append(all, text);
    g_string_replace(all, "\n", "\r\n", 0);
    return all;
}

/* The text in UTF-16 with its byte order mark. */
static GString *in_utf16(const char *text, bool high_first)
{
    GString *octets = g_string_new_len(high_first ? "\xfe\xff" : "\xff\xfe", 2);
    g_autofree gunichar2 *units = NULL;
    glong count;

    units = g_utf8_to_utf16(text, -1, NULL, &count, NULL);
    g_assert_nonnull(units);
    for (glong i = 0; i < count; i++) {
        const gunichar2 unit = high_first ? GUINT16_TO_BE(units[i]) : GUINT16_TO_LE(units[i]);

        g_string_append_len(octets, (const char *)&unit, sizeof unit);
    }
    return octets;
}

/* Neither CR nor ^Z, which ends a text file in Windows, ends the file or a line. */
static void test_lines(void)
{
    static const char with_sub[] = "\x1a\n" BLOCK "\x1a\r\n" BLOCK;
    g_autoptr(GString) text = repeat(BLOCK, 2);

    assert_rows("", 0, 0);
    assert_rows("\n", 1, 0);
    assert_rows(BLOCK, strlen(BLOCK), 1);
    assert_rows(text->str, text->len, 2);
    assert_rows(with_sub, sizeof with_sub - 1, 2);
}

static void test_marks(void)
{
    g_autofree char *utf8 = g_strconcat("\xef\xbb\xbf", BLOCK, NULL);

    assert_rows(utf8, strlen(utf8), 1);
    assert_rows("\xef\xbb\xbf", 3, 0);
    assert_rows("\xef\xbb", 2, 0);
    assert_rows("\xff\xfe", 2, 0);
    assert_rows("\xff", 1, 0);
}

/* A file of more than one part, in both byte orders. */
static void test_utf16(void)
{
    for (unsigned high_first = 0; high_first < 2; high_first++) {
        g_autoptr(GString) text = repeat(BLOCK, 1000);
        g_autoptr(GString) octets = in_utf16(text->str, high_first);

        assert_rows(octets->str, octets->len, 1000);
        /* With half a character at the end. */
        assert_rows(octets->str, octets->len - 1, 1000);
    }
}

/* The low octet of U+1073 is that of 's', and that of U+0A0A is LF. */
static void test_utf16_beyond_ascii(void)
{
    g_autofree char *text = g_strconcat("\xe1\x81\xb3" BLOCK, BLOCK "\xe0\xa8\x8a", BLOCK, NULL);
    g_autoptr(GString) octets = in_utf16(text, false);

    assert_rows(octets->str, octets->len, 1);
}

/* A line that is longer than a part, and one that leaves a single octet of a part. */
static void test_long_lines(void)
{
    static const unsigned lengths[] = {32766, 32767, 32768, 65534, 65535, 65536, 65537, 200000};

    for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *line = g_strnfill(lengths[i], 'x');
        g_autofree char *text = g_strconcat(BLOCK, "\n", line, "\n" BLOCK "\n", line, "\n" BLOCK, NULL);
        g_autoptr(GString) octets = in_utf16(text, false);

        assert_rows(text, strlen(text), 3);
        assert_rows(octets->str, octets->len, 3);
    }
}

/* With one octet more than 32 bits can count; it takes no space if the file system supports holes. */
static void test_large_file(void)
{
    g_autofree char *path = path_of("large.txt");
    g_autofree char *reason = NULL;
    unsigned rows = 0;
    const int file = g_open(path, O_CREAT | O_RDWR | O_BINARY, 0600);

    g_assert_cmpint(file, >=, 0);
    g_assert_true(seek_to(file, G_GINT64_CONSTANT(1) << 32, SEEK_SET) == G_GINT64_CONSTANT(1) << 32);
    g_assert_cmpint(write(file, "\n", 1), ==, 1);
    g_close(file, NULL);
    reason = ipsec_keys_file_read(path, &(ipsec_xfrm_calls){count_row, no_error, &rows});
    g_remove(path);
    g_assert_nonnull(reason);
    g_assert_nonnull(strstr(reason, "is larger than 1024 MiB"));
    g_assert_nonnull(strstr(reason, path));
}

static void test_no_file(void)
{
    g_autofree char *path = path_of("none.txt");
    g_autofree char *reason = ipsec_keys_file_read(path, &(ipsec_xfrm_calls){count_row, no_error, NULL});
    g_autofree char *no_file = ipsec_keys_file_read(folder, &(ipsec_xfrm_calls){count_row, no_error, NULL});

    g_assert_nonnull(strstr(reason, "none.txt"));
    g_assert_nonnull(strstr(no_file, "is not a regular file"));
}

static void set_time(const char *path, time_t seconds)
{
    struct utimbuf times = {.actime = seconds, .modtime = seconds};

    g_assert_cmpint(g_utime(path, &times), ==, 0);
}

/* The same length with another time is a different file. */
static void test_stamp(void)
{
    g_autofree char *path = write_file("stamp.txt", "one", 3);
    uint32_t first;

    set_time(path, 1700000000);
    first = ipsec_keys_file_stamp(path);
    g_assert_cmphex(ipsec_keys_file_stamp(path), ==, first);
    set_time(path, 1700000001);
    g_assert_cmphex(ipsec_keys_file_stamp(path), !=, first);
    g_free(write_file("stamp.txt", "three", 5));
    set_time(path, 1700000000);
    g_assert_cmphex(ipsec_keys_file_stamp(path), !=, first);
}

/* Both ways of writing a path, with a drive letter if there is one. */
static void test_paths(void)
{
    g_autofree char *path = write_file("dump of gateway.txt", BLOCK, strlen(BLOCK));
    g_autofree char *here = g_get_current_dir();

    g_assert_true(g_path_is_absolute(path));
#ifdef G_OS_WIN32
    g_assert_true(g_ascii_isalpha(path[0]) && path[1] == ':' && strchr(path, '\\'));
    g_strdelimit(path, "\\", '/');
    g_assert_cmpuint(rows_of(path), ==, 1);
    g_strdelimit(path, "/", '\\');
#endif
    g_assert_cmpuint(rows_of(path), ==, 1);
    g_assert_cmpint(g_chdir(folder), ==, 0);
    g_assert_cmpuint(rows_of("dump of gateway.txt"), ==, 1);
    g_assert_cmpint(g_chdir(here), ==, 0);
}

static void make_folder(void)
{
    g_autofree char *outer = g_dir_make_tmp("ipsec-keys-XXXXXX", NULL);

    g_assert_nonnull(outer);
    folder = g_build_filename(outer, "Schl\xc3\xbcssel und mehr", NULL);
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
}

static void remove_folder(void)
{
    GDir *files = g_dir_open(folder, 0, NULL);
    g_autofree char *outer = g_path_get_dirname(folder);
    const char *name;

    while ((name = g_dir_read_name(files)) != NULL) {
        g_autofree char *path = path_of(name);

        g_remove(path);
    }
    g_dir_close(files);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_assert_cmpint(g_rmdir(outer), ==, 0);
    g_free(folder);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/keys-file/lines", test_lines);
    g_test_add_func("/keys-file/marks", test_marks);
    g_test_add_func("/keys-file/utf16", test_utf16);
    g_test_add_func("/keys-file/utf16-beyond-ascii", test_utf16_beyond_ascii);
    g_test_add_func("/keys-file/long-lines", test_long_lines);
    g_test_add_func("/keys-file/large", test_large_file);
    g_test_add_func("/keys-file/none", test_no_file);
    g_test_add_func("/keys-file/stamp", test_stamp);
    g_test_add_func("/keys-file/paths", test_paths);
    make_folder();
    result = g_test_run();
    remove_folder();
    return result;
}
