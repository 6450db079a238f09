/* The sample captures, judged by the core alone: each frame shows what its sidecar says, on the first pass and on a
 * later one; see captures/README.md. SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"
#include "guard.h"

#include <gcrypt.h>
#include <string.h>

enum {
    COLUMN_FRAME,
    COLUMN_VERDICTS,
    COLUMN_FINDINGS,
    COLUMN_WINDOWS,
    COLUMN_LINUX,
    COLUMN_ICVS,
    COLUMN_COUNT
};

/* What frames must show: of one pass, each a line of columns without the number of the frame; NULL: nothing. */
typedef struct sidecar {
    char **lines; /* of the file */
    GHashTable *first, *later;
} sidecar;

static char *path_of(const char *name, const char *end)
{
    char *const file = g_strconcat(name, end, NULL), *const path =
                                                         g_build_filename(g_getenv("IPSEC_CAPTURES"), file, NULL);

    g_free(file);
    return path;
}

/* The columns of a pass: what has a plus in front rests on frames behind. */
static char *without_pluses(char *const *columns, bool later)
{
    GString *line = g_string_new(NULL);

    for (unsigned i = COLUMN_VERDICTS; i < COLUMN_COUNT; i++) {
        const char separator[] = {i == COLUMN_FINDINGS ? ',' : ';', '\0'};
        char **const values = g_strsplit(columns[i], separator, -1);
        bool any = false;

        for (char **value = values; *value; value++) {
            if (**value == '-' || (**value == '+' && !later))
                continue;
            g_string_append_printf(line, "%s%s", any ? separator : "", *value + (**value == '+'));
            any = true;
        }
        g_string_append_c(line, '\t');
        g_strfreev(values);
    }
    return g_string_free(line, false);
}

static sidecar sidecar_read(const char *name)
{
    sidecar sidecar = {.first = g_hash_table_new_full(NULL, NULL, NULL, g_free),
                       .later = g_hash_table_new_full(NULL, NULL, NULL, g_free)};
    char *const path = path_of(name, ".expected.tsv");
    char *text;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    sidecar.lines = g_strsplit(text, "\n", -1);
    for (char **line = sidecar.lines; *line; line++) {
        char **columns;

        if (**line == '#' || **line == '\0')
            continue;
        columns = g_strsplit(*line, "\t", -1);
        g_assert_cmpuint(g_strv_length(columns), ==, COLUMN_COUNT + 1);
        g_hash_table_insert(sidecar.first, GUINT_TO_POINTER(atoi(columns[COLUMN_FRAME])),
                            without_pluses(columns, false));
        g_hash_table_insert(sidecar.later, GUINT_TO_POINTER(atoi(columns[COLUMN_FRAME])),
                            without_pluses(columns, true));
        g_strfreev(columns);
    }
    g_free(text);
    g_free(path);
    return sidecar;
}

static void sidecar_free(sidecar *sidecar)
{
    g_strfreev(sidecar->lines);
    g_hash_table_destroy(sidecar->first);
    g_hash_table_destroy(sidecar->later);
}

/* --- keys and options ----------------------------------------------------------------------------------------------
 */

static const char *option_of(const char *line)
{
    static const char mark[] = "# option: ";

    return g_str_has_prefix(line, mark) ? line + strlen(mark) : NULL;
}

static ipsec_config config_of(const sidecar *sidecar)
{
    ipsec_config config = ipsec_config_default();

    for (char **line = sidecar->lines; *line; line++) {
        const char *option = option_of(*line);

        if (!option)
            continue;
        if (strcmp(option, "ipsec.sa_complete:TRUE") == 0)
            config.sa_complete = true;
        for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
            if (g_str_has_prefix(option, "ipsec.receiver:") &&
                strcmp(strchr(option, ':') + 1, ipsec_stack_name((ipsec_stack)stack)) == 0)
                config.receiver = (ipsec_stack)stack;
    }
    return config;
}

static void add_row(ipsec_key_row *row, void *context)
{
    row->origin = IPSEC_ORIGIN_XFRM;
    g_assert_true(ipsec_db_add(context, row));
}

static void pass_over_error(uint32_t line, const ipsec_key_row_error *error, void *context)
{
    (void)context;
    if (!error->usable)
        g_error("line %u: %s", line, error->reason);
}

static void add_dump(ipsec_db *db, const char *name)
{
    char *const path = path_of(name, ".xfrm-state.txt");
    char *text;
    gsize length;

    if (g_file_get_contents(path, &text, &length, NULL)) {
        ipsec_xfrm_state_read(text, length, &(ipsec_xfrm_calls){add_row, pass_over_error, db});
        g_free(text);
    }
    g_free(path);
}

/* "ESP","*","192.0.2.1",... */
static void add_table_row(ipsec_db *db, const char *option)
{
    static const char mark[] = "uat:ipsec_sa:";
    ipsec_key_row_text text = {.columns = {NULL}};
    ipsec_key_row_error error;
    ipsec_key_row row = {0};
    char **quoted;

    if (!g_str_has_prefix(option, mark))
        return;
    quoted = g_strsplit(option + strlen(mark), "\"", -1);
    for (unsigned i = 0; i < IPSEC_COLUMN_COUNT; i++)
        text.columns[i] = quoted[2 * i + 1];
    if (!ipsec_key_row_compile(&text, &row, &error))
        g_error("%s: %s", option, error.reason);
    g_assert_true(ipsec_db_add(db, &row));
    g_strfreev(quoted);
}

static ipsec_db *db_of(const char *name, const sidecar *sidecar)
{
    const ipsec_config config = config_of(sidecar);
    ipsec_db *const db = ipsec_db_new(&config);

    for (char **line = sidecar->lines; *line; line++)
        if (option_of(*line))
            add_table_row(db, option_of(*line));
    add_dump(db, name);
    return db;
}

/* --- what only Wireshark's dissectors reach ------------------------------------------------------------------------
 */

static const struct {
    const char *capture;
    uint32_t first, last; /* frames; 0: all */
} beyond[] = {
    {"benign", 157, 158},         /* DNS, which has the other port */
    {"benign_keyed", 244, 246},   /* the last address of a source route of IPv4 */
    {"faults_asked_vpp", 29, 29}, /* the check sequence of a frame: here, and three times more */
    {"faults_asked_vpp", 38, 38},
    {"faults_asked_vpp", 47, 47},
    {"faults_asked_vpp", 56, 56},
    {"faults_nested", 175, 180},   /* GRE */
    {"icmp", 35, 37},              /* what quotes and is no error, and a quote in a quote */
    {"ike_inside", 0, UINT32_MAX}, /* what is inside of IKE */
    {"ike_strongswan", 0, UINT32_MAX},
};

static bool is_beyond(const char *capture, uint32_t number)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(beyond); i++)
        if (strcmp(capture, beyond[i].capture) == 0 && number >= beyond[i].first && number <= beyond[i].last)
            return true;
    return false;
}

/* --- passes --------------------------------------------------------------------------------------------------------
 */

static void compare(const char *name, uint32_t number, const shown *shown, const char *wanted, bool later)
{
    char *const found = g_strdup_printf("%s\t%s\t%s\t%s\t%s\t", shown->verdicts->str, shown->findings->str,
                                        shown->windows->str, shown->linux_counters->str, shown->icvs->str);
    const bool same = strcmp(found, wanted ? wanted : "\t\t\t\t\t") == 0;

    if (!same) {
        g_test_message("%s, frame %u%s: expected \"%s\", found \"%s\"", name, number, later ? ", later" : "",
                       wanted ? wanted : "", found);
        g_test_fail();
    }
    g_free(found);
}

static void go_over(pass *pass, const capture *capture, const char *name, GHashTable *wanted)
{
    for (guint i = 0; i < capture->frames->len; i++) {
        shown shown;

        shown_begin(&shown);
        pass_over_frame(pass, &g_array_index(capture->frames, frame, i), i + 1, &shown);
        if (!shown.is_partial && !is_beyond(name, i + 1))
            compare(name, i + 1, &shown, g_hash_table_lookup(wanted, GUINT_TO_POINTER(i + 1)), pass->is_later);
        shown_clear(&shown);
    }
}

static void test_capture(gconstpointer data)
{
    const char *const name = data;
    char *const path = path_of(name, ".pcap");
    capture capture = capture_read(path);
    sidecar sidecar = sidecar_read(name);
    pass pass = {.db = db_of(name, &sidecar), .records = g_array_new(false, false, sizeof(ipsec_record))};

    go_over(&pass, &capture, name, sidecar.first);
    pass.is_later = true;
    go_over(&pass, &capture, name, sidecar.later);
    ipsec_db_free(pass.db);
    g_array_free(pass.records, true);
    sidecar_free(&sidecar);
    capture_free(&capture);
    g_free(path);
    guard_free_all();
}

int main(int argc, char **argv)
{
    static const char end[] = ".expected.tsv";
    GDir *folder;
    const char *file;

    g_test_init(&argc, &argv, NULL);
    gcry_check_version(NULL);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    folder = g_dir_open(g_getenv("IPSEC_CAPTURES"), 0, NULL);
    g_assert_nonnull(folder);
    while ((file = g_dir_read_name(folder)))
        if (g_str_has_suffix(file, end)) {
            char *const name = g_strndup(file, strlen(file) - strlen(end));
            char *const test = g_strconcat("/captures/", name, NULL);

            g_test_add_data_func_full(test, name, test_capture, g_free);
            g_free(test);
        }
    g_dir_close(folder);
    return g_test_run();
}
