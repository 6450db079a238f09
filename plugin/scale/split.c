/* ipsec-split: splits a capture file by pairs of hosts.
 *
 * The packets of an SA, the IKE messages that created it, the fragments of both and the ICMP errors about them are
 * between the same two hosts, so they go to the same shard. Their judgement does not depend on other packets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "captures.h"
#include "hosts.h"

#include <wsutil/json_dumper.h>

#include <glib.h>
#include <glib/gstdio.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef G_OS_UNIX
#include <sys/resource.h>
#endif

#define SHARDS_MOST 512
#define FILES_MOST  (2 * SHARDS_MOST + 64) /* open at once: two for each shard, and the capture and libraries */

enum {
    DONE = 0,
    NOTHING_READ = 1,
    USAGE = 2,
    ENDS_EARLY = 3 /* the parts hold what could be read */
};

/* What the user wants. */
typedef struct options {
    int shards;
    char *folder;
    gboolean all;
    char **files;
} options;

/* A shard's part of the file, and the numbers of its packets in the file. */
typedef struct part {
    capture_part *packets;
    FILE *frames;
    uint64_t count;
} part;

typedef struct split {
    const options *options;
    capture *from;
    part *parts;
    uint64_t read, kept;
    bool has_time;
    int64_t first, last; /* the earliest and the latest, in nanoseconds */
    GHashTable *unknown; /* number of packets by encapsulation, for unknown link types; owned values */
    char *error;         /* NULL: none so far */
} split;

static char *path_of(const split *s, uint32_t shard, const char *suffix)
{
    return g_strdup_printf("%s%cshard-%04u.%s", s->options->folder, G_DIR_SEPARATOR, shard, suffix);
}

static bool open_part(split *s, uint32_t shard)
{
    part *const to = &s->parts[shard];
    char *const packets = path_of(s, shard, "pcapng");
    char *const frames = path_of(s, shard, "frames");

    to->packets = capture_part_open(packets, s->from, &s->error);
    if (to->packets) {
        to->frames = g_fopen(frames, "wb");
        if (!to->frames)
            s->error = g_strdup_printf("%s: %s", frames, g_strerror(errno));
    }
    g_free(packets);
    g_free(frames);
    return !s->error;
}

/* Writes the packet's time in nanoseconds and its number in the file, from 1: 12 octets, little-endian. */
static bool note_frame(split *s, part *to, const capture_packet *packet)
{
    const uint64_t time = GUINT64_TO_LE((uint64_t)packet->nanoseconds);
    const uint32_t frame = GUINT32_TO_LE((uint32_t)s->read);

    if (fwrite(&time, sizeof time, 1, to->frames) == 1 && fwrite(&frame, sizeof frame, 1, to->frames) == 1)
        return true;
    s->error = g_strdup(g_strerror(errno));
    return false;
}

static void note_time(split *s, const capture_packet *packet)
{
    if (!packet->has_time)
        return;
    s->first = s->has_time ? MIN(s->first, packet->nanoseconds) : packet->nanoseconds;
    s->last = s->has_time ? MAX(s->last, packet->nanoseconds) : packet->nanoseconds;
    s->has_time = true;
}

static void note_unknown(split *s, int encapsulation)
{
    const gpointer key = GINT_TO_POINTER(encapsulation);
    uint64_t *count = g_hash_table_lookup(s->unknown, key);

    if (!count) {
        count = g_new0(uint64_t, 1);
        g_hash_table_insert(s->unknown, key, count);
    }
    ++*count;
}

/* The shard of the packet; false if it is to be left out. Packets of an unknown link type may be anything, so all of
 * them are kept, in one shard. */
static bool choose(split *s, const capture_packet *packet, uint32_t *shard)
{
    ipsec_hosts hosts;

    *shard = 0;
    if (packet->link == IPSEC_LINK_UNKNOWN) {
        note_unknown(s, packet->encapsulation);
        return true;
    }
    ipsec_hosts_find(packet->link, packet->octets, packet->count, &hosts);
    if (hosts.is_ip)
        *shard = ipsec_hosts_shard(&hosts, (uint32_t)s->options->shards);
    return hosts.is_relevant || s->options->all;
}

static bool take(split *s, const capture_packet *packet)
{
    uint32_t shard;
    part *to;

    s->read++;
    note_time(s, packet);
    if (!choose(s, packet, &shard))
        return true;
    to = &s->parts[shard];
    if (!to->packets && !open_part(s, shard))
        return false;
    if (!capture_part_add(to->packets, s->from, &s->error) || !note_frame(s, to, packet))
        return false;
    to->count++;
    s->kept++;
    return true;
}

static void close_parts(split *s)
{
    for (int i = 0; i < s->options->shards; i++) {
        char *error = NULL;

        if (!capture_part_close(s->parts[i].packets, &error) ||
            (s->parts[i].frames && fclose(s->parts[i].frames) != 0 && (error = g_strdup(g_strerror(errno))))) {
            g_free(s->error);
            s->error = error;
        }
    }
}

/* --- the summary --- */

static void put_number(json_dumper *out, const char *name, int64_t value)
{
    json_dumper_set_member_name(out, name);
    json_dumper_value_anyf(out, "%" PRId64, value);
}

static void put_shards(json_dumper *out, const split *s)
{
    json_dumper_set_member_name(out, "shards");
    json_dumper_begin_array(out);
    for (int i = 0; i < s->options->shards; i++)
        json_dumper_value_anyf(out, "%" PRIu64, s->parts[i].count);
    json_dumper_end_array(out);
}

static void put_unknown(json_dumper *out, const split *s)
{
    GHashTableIter iterator;
    gpointer encapsulation, count;

    json_dumper_set_member_name(out, "unknown_links");
    json_dumper_begin_object(out);
    g_hash_table_iter_init(&iterator, s->unknown);
    while (g_hash_table_iter_next(&iterator, &encapsulation, &count))
        put_number(out, capture_encapsulation_name(GPOINTER_TO_INT(encapsulation)), (int64_t) * (uint64_t *)count);
    json_dumper_end_object(out);
}

/* Prints one line of JSON: how many packets were read, how many went to each shard, the earliest and the latest time.
 */
static void tell(const split *s)
{
    json_dumper out = {.output_file = stdout};

    json_dumper_begin_object(&out);
    put_number(&out, "read", (int64_t)s->read);
    put_number(&out, "kept", (int64_t)s->kept);
    if (s->has_time) {
        put_number(&out, "first", s->first);
        put_number(&out, "last", s->last);
    }
    put_shards(&out, s);
    put_unknown(&out, s);
    if (s->error) {
        json_dumper_set_member_name(&out, "error");
        json_dumper_value_string(&out, s->error);
    }
    json_dumper_end_object(&out);
    json_dumper_finish(&out);
}

/* --- the program --- */

static int run(const options *options)
{
    split s = {.options = options};
    capture_packet packet;
    int status = DONE;

    s.from = capture_open(options->files[0], &s.error);
    if (!s.from) {
        fprintf(stderr, "ipsec-split: %s: %s\n", options->files[0], s.error);
        g_free(s.error);
        return NOTHING_READ;
    }
    s.parts = g_new0(part, options->shards);
    s.unknown = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    while (!s.error && capture_read(s.from, &packet, &s.error) && take(&s, &packet))
        ;
    close_parts(&s);
    tell(&s);
    if (s.error) {
        fprintf(stderr, "ipsec-split: %s: after %" PRIu64 " packets: %s\n", options->files[0], s.read, s.error);
        status = ENDS_EARLY;
    }
    capture_close(s.from);
    g_hash_table_destroy(s.unknown);
    g_free(s.parts);
    g_free(s.error);
    return status;
}

static bool read_options(int *argc, char ***argv, options *options)
{
    const GOptionEntry entries[] = {
        {"shards", 'n', 0, G_OPTION_ARG_INT, &options->shards, "Number of shards (default: 32)", "N"},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options->folder, "Existing folder for the parts", "FOLDER"},
        {"all", 'a', 0, G_OPTION_ARG_NONE, &options->all, "Also keep packets without IPsec, IKE or ICMP", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->files, NULL, "CAPTURE"},
        G_OPTION_ENTRY_NULL,
    };
    GOptionContext *const context = g_option_context_new("- split a capture by pairs of hosts");
    GError *error = NULL;
    bool good;

    g_option_context_add_main_entries(context, entries, NULL);
    good = g_option_context_parse(context, argc, argv, &error);
    g_option_context_free(context);
    if (!good) {
        fprintf(stderr, "ipsec-split: %s\n", error->message);
        g_error_free(error);
        return false;
    }
    if (options->shards < 1 || options->shards > SHARDS_MOST)
        fprintf(stderr, "ipsec-split: %d shards: the number must be from 1 to %d\n", options->shards, SHARDS_MOST);
    else if (!options->folder)
        fprintf(stderr, "ipsec-split: name a folder for the parts with -o\n");
    else if (!options->files || g_strv_length(options->files) != 1)
        fprintf(stderr, "ipsec-split: name one capture file\n");
    else
        return true;
    return false;
}

/* Most systems let a process open only 1,024 files, or fewer, unless it asks for more. */
static void allow_open_files(void)
{
#ifdef G_OS_UNIX
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= FILES_MOST)
        return;
    limit.rlim_cur = MIN(limit.rlim_max, FILES_MOST);
    setrlimit(RLIMIT_NOFILE, &limit);
#endif
}

int main(int argc, char **argv)
{
    options options = {.shards = 32};
    int status = USAGE;

    allow_open_files();
    captures_begin();
    if (read_options(&argc, &argv, &options))
        status = run(&options);
    captures_end();
    g_free(options.folder);
    g_strfreev(options.files);
    return status;
}
