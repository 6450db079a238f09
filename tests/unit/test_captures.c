/* The sample captures, judged by the core alone: each frame shows what its sidecar says, on the first pass and on a
 * later one; see captures/README.md. SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"
#include "base/hash.h"
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

/* What frames must show, for each pass: a line of columns without the frame number; NULL: nothing. */
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

/* The columns for a pass: values with a plus in front depend on later frames. */
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

/* --- headers that only Wireshark's dissectors reach
 * ------------------------------------------------------------------------
 */

static const struct {
    const char *capture;
    uint32_t first, last; /* frames; 0: all */
} beyond[] = {
    {"benign", 157, 158},         /* DNS is at the other port */
    {"benign_keyed", 244, 246},   /* the last address of a source route of IPv4 */
    {"faults_asked_vpp", 29, 29}, /* the check sequence of a frame; likewise the next three */
    {"faults_asked_vpp", 38, 38},
    {"faults_asked_vpp", 47, 47},
    {"faults_asked_vpp", 56, 56},
    {"faults_nested", 175, 180},   /* GRE */
    {"icmp", 35, 37},              /* a quote that is not in an error, and a quote in a quote */
    {"ike_inside", 0, UINT32_MAX}, /* the content of IKE */
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

static pass begin_pass(const char *name, const sidecar *sidecar)
{
    return (pass){.db = db_of(name, sidecar), .records = g_array_new(false, false, sizeof(ipsec_record))};
}

static void end_pass(pass *pass)
{
    ipsec_db_free(pass->db);
    g_array_free(pass->records, true);
}

static char *line_of(const shown *shown)
{
    return g_strdup_printf("%s\t%s\t%s\t%s\t%s\t", shown->verdicts->str, shown->findings->str, shown->windows->str,
                           shown->linux_counters->str, shown->icvs->str);
}

static const char *line_at(GHashTable *wanted, uint32_t number)
{
    const char *const line = g_hash_table_lookup(wanted, GUINT_TO_POINTER(number));

    return line ? line : "\t\t\t\t\t";
}

/* Checks one frame of a capture, with the number `as` in the pass; `alike` compares what it shows with what it must
 * show. */
static void look_at(pass *pass, const char *name, const frame *frame, uint32_t number, uint32_t as, GHashTable *wanted,
                    bool (*alike)(const char *found, const char *expected))
{
    const char *const expected = line_at(wanted, number);
    shown shown;
    char *found;

    shown_begin(&shown);
    pass_over_frame(pass, frame, as, &shown);
    found = line_of(&shown);
    if (!shown.is_partial && !is_beyond(name, number) && !alike(found, expected)) {
        g_test_message("%s, frame %u%s: expected \"%s\", found \"%s\"", name, number, pass->is_later ? ", later" : "",
                       expected, found);
        g_test_fail();
    }
    g_free(found);
    shown_clear(&shown);
}

static bool is_same(const char *found, const char *expected)
{
    return strcmp(found, expected) == 0;
}

/* The octets that findings mark, if they are the same in each packet. */
static const struct {
    ipsec_finding_id id;
    uint32_t in_esp, in_ah; /* offsets */
    uint32_t length;
} spans[] = {
    {IPSEC_FINDING_ESP_SPI_ZERO, 0, 0, 4},
    {IPSEC_FINDING_ESP_SPI_RESERVED, 0, 0, 4},
    {IPSEC_FINDING_ESP_SPI_UNKNOWN, 0, 0, 4},
    {IPSEC_FINDING_AH_SPI_ZERO, 0, 4, 4},
    {IPSEC_FINDING_AH_SPI_RESERVED, 0, 4, 4},
    {IPSEC_FINDING_AH_SPI_UNKNOWN, 0, 4, 4},
    {IPSEC_FINDING_SA_OLD_SPI, 0, 4, 4},
    {IPSEC_FINDING_SEQ_ZERO, 4, 8, 4},
    {IPSEC_FINDING_SEQ_WRAP, 4, 8, 4},
    {IPSEC_FINDING_SEQ_JUMP, 4, 8, 4},
    {IPSEC_FINDING_SEQ_GAP, 4, 8, 4},
    {IPSEC_FINDING_SEQ_REORDER, 4, 8, 4},
    {IPSEC_FINDING_SEQ_RESTART, 4, 8, 4},
    {IPSEC_FINDING_SEQ_STRAY, 4, 8, 4},
    {IPSEC_FINDING_SEQ_NEAR_END, 4, 8, 4},
    {IPSEC_FINDING_SEQ_AT_END, 4, 8, 4},
    {IPSEC_FINDING_REPLAY_OLD, 4, 8, 4},
    {IPSEC_FINDING_REPLAY_DUPLICATE, 4, 8, 4},
    {IPSEC_FINDING_REPLAY_CONFLICT, 4, 8, 4},
    {IPSEC_FINDING_ESN_WRONG_HIGH, 4, 8, 4},
    {IPSEC_FINDING_IV_REUSE, 8, 12, 8},
    {IPSEC_FINDING_IV_PREDICTABLE, 8, 12, 8},
    {IPSEC_FINDING_IV_CHAINED, 8, 12, 8},
    {IPSEC_FINDING_IV_ZERO, 8, 12, 8},
    {IPSEC_FINDING_AH_NEXT_HEADER, 0, 0, 1},
    {IPSEC_FINDING_AH_NEXT_HEADER_MODE, 0, 0, 1},
    {IPSEC_FINDING_AH_LENGTH_BELOW_MIN, 0, 1, 1},
    {IPSEC_FINDING_AH_LENGTH_OVERRUN, 0, 1, 1},
    {IPSEC_FINDING_AH_V6_ALIGNMENT, 0, 1, 1},
    {IPSEC_FINDING_AH_RESERVED, 0, 2, 2},
    {IPSEC_FINDING_ESP_NO_PAYLOAD, 0, 0, 8},
    {IPSEC_FINDING_NATT_DOUBLE_MARKER, 0, 0, 8},
    {IPSEC_FINDING_NATT_NO_MARKER_IKE, 0, 0, 28},
    {IPSEC_FINDING_NATT_ESP_ON_500, 0, 0, 8},
};

/* Findings that mark one octet anywhere, the whole packet, or nothing. */
static const struct {
    ipsec_finding_id id;
    enum {
        OCTET,
        PACKET,
        NOWHERE
    } what;
} sizes[] = {
    {IPSEC_FINDING_ESP_NEXT_HEADER, OCTET},
    {IPSEC_FINDING_ESP_NEXT_HEADER_MODE, OCTET},
    {IPSEC_FINDING_ESP_PAD_LENGTH, OCTET},
    {IPSEC_FINDING_ESP_PAD_LAST_BYTE, OCTET},
    {IPSEC_FINDING_ESP_DUMMY, OCTET},
    {IPSEC_FINDING_ESP_INNER_VERSION, OCTET},
    {IPSEC_FINDING_ESP_TRUNCATED_HEADER, PACKET},
    {IPSEC_FINDING_ESP_BELOW_FLOOR, PACKET},
    {IPSEC_FINDING_ESP_ALIGNMENT, PACKET},
    {IPSEC_FINDING_ESP_RUNT_FOR_SA, PACKET},
    {IPSEC_FINDING_ESP_BLOCK_ALIGNMENT, PACKET},
    {IPSEC_FINDING_AH_TRUNCATED_HEADER, PACKET},
    {IPSEC_FINDING_NATT_TRUNCATED, PACKET},
    {IPSEC_FINDING_NATT_ESP_TOO_SHORT, PACKET},
    {IPSEC_FINDING_NATT_BELOW_IP_HEADER, PACKET},
    {IPSEC_FINDING_NATT_KEEPALIVE, PACKET},
    {IPSEC_FINDING_CAPTURE_OFFLOAD, NOWHERE},
    {IPSEC_FINDING_CAPTURE_DUPLICATE, NOWHERE},
    {IPSEC_FINDING_ESP_V6_ORDER, NOWHERE},
    {IPSEC_FINDING_ESP_FRAGMENT, NOWHERE},
    {IPSEC_FINDING_AH_FRAGMENT, NOWHERE},
    {IPSEC_FINDING_ESP_ENCAP_MISMATCH, NOWHERE},
    {IPSEC_FINDING_SA_SENDERS, NOWHERE},
    {IPSEC_FINDING_SA_ADDRESS_CHANGED, NOWHERE},
};

static void check_span(const ipsec_view *view, const ipsec_opened *opened, const ipsec_finding *finding)
{
    const bool is_ah = view->protocol == IPSEC_PROTOCOL_AH;

    g_assert_cmpuint(finding->offset + finding->length, <=, view->length);
    if (finding->id == IPSEC_FINDING_ESP_DUMMY || finding->id == IPSEC_FINDING_ESP_NEXT_HEADER)
        g_assert_cmpuint(finding->offset + 1 + opened->icv_length, ==, view->length);
    if (finding->id == IPSEC_FINDING_ESP_PAD_LENGTH)
        g_assert_cmpuint(finding->offset + 2 + opened->icv_length, ==, view->length);
    for (unsigned i = 0; i < G_N_ELEMENTS(spans); i++)
        if (finding->id == spans[i].id) {
            g_assert_cmpuint(finding->offset, ==, is_ah ? spans[i].in_ah : spans[i].in_esp);
            g_assert_cmpuint(finding->length, ==, spans[i].length);
        }
    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++)
        if (finding->id == sizes[i].id) {
            g_assert_cmpuint(finding->length, ==,
                             sizes[i].what == OCTET    ? 1
                             : sizes[i].what == PACKET ? view->length
                                                       : 0);
            if (sizes[i].what != OCTET)
                g_assert_cmpuint(finding->offset, ==, 0);
        }
}

/* Also, no sequence number is reported if the header has none. */
static void check_report(const ipsec_view *view, const ipsec_report *report)
{
    const ipsec_number *const number = &report->number;

    if (!number->is_followed) {
        g_assert_cmpuint(number->first_seen, ==, 0);
        g_assert_cmpint(number->advance, ==, 0);
        g_assert_cmpuint(number->seen_by | number->old_by | number->wrong_by | number->zero_by, ==, 0);
        g_assert_false(number->is_placed || number->has_highest);
    }
    for (unsigned i = 0; i < report->findings.count; i++)
        check_span(view, &report->opened, &report->findings.list[i]);
}

static void test_as_it_is(const char *name, const capture *capture, const sidecar *sidecar)
{
    pass pass = begin_pass(name, sidecar);

    pass.look = check_report;
    for (unsigned later = 0; later < 2; later++) {
        pass.is_later = later;
        for (guint i = 0; i < capture->frames->len; i++)
            look_at(&pass, name, &g_array_index(capture->frames, frame, i), i + 1, i + 1,
                    later ? sidecar->later : sidecar->first, is_same);
    }
    end_pass(&pass);
}

/* --- independence of other SAs --------------------------------------------------------------------------------------
 *
 * The report on a packet depends on its SA, not on packets of others in between. Findings that do depend on more than
 * one SA are listed here. ESP in UDP is ordered by its peers, because their packets show whether it is IPsec at all. */

static const struct {
    const char *finding;
    const char *reason;
} exceptions[] = {
    {"sa.old_spi", "the SA that took over must have begun"},
    {"esp.missing_fragment", "the first part and the rest are found where one comes soon after the other"},
    {"ah.missing_fragment", "likewise"},
    {"icmp.too_big", "the packet that is quoted must have been seen"},
    {"icmp.too_big_ignored", "likewise"},
    {"icmp.time_exceeded", "likewise"},
    {"sa.above_mtu", "the error must have been seen"},
};

static bool is_exception(const char *finding)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(exceptions); i++)
        if (strcmp(finding, exceptions[i].finding) == 0)
            return true;
    return false;
}

static char *without_exceptions(const char *line)
{
    char **const columns = g_strsplit(line, "\t", -1), **const findings = g_strsplit(columns[1], ",", -1);
    GString *kept = g_string_new(columns[0]);

    for (char **finding = findings; *finding; finding++)
        if (!is_exception(*finding))
            g_string_append_printf(kept, ",%s", *finding);
    for (unsigned i = 2; columns[i]; i++)
        g_string_append_printf(kept, "\t%s", columns[i]);
    g_strfreev(findings);
    g_strfreev(columns);
    return g_string_free(kept, false);
}

static bool is_same_but_for_exceptions(const char *found, const char *expected)
{
    char *const one = without_exceptions(found), *const other = without_exceptions(expected);
    const bool same = strcmp(one, other) == 0;

    g_free(one);
    g_free(other);
    return same;
}

/* A frame and its stream: that of its SA; or that of its peers, if it has no SA or the SA has packets in UDP. */
typedef struct placed {
    frame frame;
    uint32_t number; /* in the capture */
    uint32_t sa;
    uint64_t stream;
    uint64_t time; /* of the frame, or of an earlier one of its stream if that is later */
} placed;

static GArray *streams_of(const char *name, const capture *capture, const sidecar *sidecar)
{
    GArray *const all = g_array_new(false, false, sizeof(placed));
    GHashTable *const in_udp = g_hash_table_new(NULL, NULL); /* SA and stream */
    pass pass = begin_pass(name, sidecar);

    for (guint i = 0; i < capture->frames->len; i++) {
        placed one = {.frame = g_array_index(capture->frames, frame, i), .number = i + 1};
        shown shown;

        shown_begin(&shown);
        pass_over_frame(&pass, &one.frame, i + 1, &shown);
        one.sa = shown.sa;
        one.stream = shown.sa == IPSEC_SA_NONE || shown.in_udp ? UINT64_C(1) << 32 | shown.peers : shown.sa;
        if (shown.sa != IPSEC_SA_NONE && shown.in_udp)
            g_hash_table_insert(in_udp, GUINT_TO_POINTER(shown.sa), GUINT_TO_POINTER(shown.peers));
        g_array_append_val(all, one);
        shown_clear(&shown);
    }
    for (guint i = 0; i < all->len; i++) {
        placed *const one = &g_array_index(all, placed, i);
        gpointer peers;

        if (g_hash_table_lookup_extended(in_udp, GUINT_TO_POINTER(one->sa), NULL, &peers))
            one->stream = UINT64_C(1) << 32 | GPOINTER_TO_UINT(peers);
    }
    g_hash_table_destroy(in_udp);
    end_pass(&pass);
    return all;
}

static gint by_time(gconstpointer a, gconstpointer b)
{
    const placed *const one = a, *const other = b;

    if (one->time != other->time)
        return one->time < other->time ? -1 : 1;
    return one->number < other->number ? -1 : one->number > other->number;
}

/* Moves each stream as a whole by a different time. */
static void shuffle(GArray *all, uint32_t seed)
{
    placed *const frames = &g_array_index(all, placed, 0);
    const uint64_t span = frames[all->len - 1].frame.time - frames[0].frame.time + 1;

    for (guint i = 0; i < all->len; i++) {
        frames[i].frame.time += ipsec_hash_mix(seed, frames[i].stream) % span;
        frames[i].time = frames[i].frame.time;
        for (guint before = i; before-- > 0;)
            if (frames[before].stream == frames[i].stream) {
                frames[i].time = MAX(frames[i].time, frames[before].time);
                break;
            }
    }
    g_array_sort(all, by_time);
}

static void test_shuffled(const char *name, const capture *capture, const sidecar *sidecar)
{
    for (uint32_t seed = 1; seed <= 3; seed++) {
        GArray *const all = streams_of(name, capture, sidecar);
        pass pass = begin_pass(name, sidecar);

        shuffle(all, seed);
        for (guint i = 0; i < all->len; i++) {
            const placed *const one = &g_array_index(all, placed, i);

            look_at(&pass, name, &one->frame, one->number, i + 1, sidecar->first, is_same_but_for_exceptions);
        }
        end_pass(&pass);
        g_array_free(all, true);
    }
}

/* The index of the first frame of the stream. */
static guint begin_of(const GArray *all, guint at)
{
    guint begin = 0;

    while (g_array_index(all, placed, begin).stream != g_array_index(all, placed, at).stream)
        begin++;
    return begin;
}

/* Splits the capture into two: streams that begin in its first half, and the others. */
static void test_cut(const char *name, const capture *capture, const sidecar *sidecar)
{
    GArray *const all = streams_of(name, capture, sidecar);
    const guint middle = begin_of(all, all->len / 2);

    for (unsigned second = 0; second < 2; second++) {
        pass pass = begin_pass(name, sidecar);

        for (guint i = 0; i < all->len; i++) {
            const placed *const one = &g_array_index(all, placed, i);

            if ((begin_of(all, i) >= middle) == second)
                look_at(&pass, name, &one->frame, one->number, i + 1, sidecar->first, is_same_but_for_exceptions);
        }
        end_pass(&pass);
    }
    g_array_free(all, true);
}

/* --- all of them ---------------------------------------------------------------------------------------------------
 */

static void test_capture(gconstpointer data)
{
    const char *const name = data;
    char *const path = path_of(name, ".pcap");
    capture capture = capture_read(path);
    sidecar sidecar = sidecar_read(name);

    test_as_it_is(name, &capture, &sidecar);
    test_shuffled(name, &capture, &sidecar);
    test_cut(name, &capture, &sidecar);
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
