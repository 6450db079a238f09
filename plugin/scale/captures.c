/* Capture files.
 *
 * A file may describe interfaces in the middle. Before a packet is added to a part, the part gets all interfaces
 * described so far, so that all parts have the same interfaces with the same numbers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "captures.h"
#include "../epan/version.h"

#include <wiretap/wtap.h>
#include <wsutil/wslog.h>

#define SECOND INT64_C(1000000000) /* in nanoseconds */

/* In seconds. A generation after SECONDS_MOST still fits into 64 bits of nanoseconds. */
#define GENERATION   INT64_C(1000000000)
#define SECONDS_MOST (INT64_MAX / SECOND - 2 * GENERATION)

struct capture {
    wtap *file;
    wtap_rec record;
    Buffer octets;         /* up to 4.4; later versions have it in the record */
    bool has_time;         /* a packet with a time was read */
    int64_t seconds;       /* of the first such packet */
    GPtrArray *interfaces; /* wtap_block_t, those described so far, as parts have them */
};

struct capture_part {
    wtap_dumper *file;
    guint interfaces; /* number of interfaces that the part has */
};

void captures_begin(void)
{
    ws_log_set_level(LOG_LEVEL_WARNING); /* until a level is set, libwiretap logs everything */
    wtap_init(false);
}

void captures_end(void)
{
    wtap_cleanup();
}

/* Takes ownership of `detail`, which may be NULL. */
static char *reason(int error, char *detail)
{
    char *const text =
        detail ? g_strdup_printf("%s: %s", wtap_strerror(error), detail) : g_strdup(wtap_strerror(error));

    g_free(detail);
    return text;
}

/* --- reading --- */

static void begin_record(capture *from)
{
#if IPSEC_WIRESHARK_AT_LEAST(4, 6)
    wtap_rec_init(&from->record, 1514);
#else
    wtap_rec_init(&from->record);
    ws_buffer_init(&from->octets, 1514);
#endif
}

static void end_record(capture *from)
{
    wtap_rec_cleanup(&from->record);
#if !IPSEC_WIRESHARK_AT_LEAST(4, 6)
    ws_buffer_free(&from->octets);
#endif
}

static bool read_record(capture *from, int *error, char **detail)
{
    gint64 offset;

#if IPSEC_WIRESHARK_AT_LEAST(4, 6)
    return wtap_read(from->file, &from->record, error, detail, &offset);
#else
    return wtap_read(from->file, &from->record, &from->octets, error, detail, &offset);
#endif
}

static const uint8_t *octets_of(capture *from)
{
#if IPSEC_WIRESHARK_AT_LEAST(4, 6)
    return ws_buffer_start_ptr(&from->record.data);
#else
    return ws_buffer_start_ptr(&from->octets);
#endif
}

capture *capture_open(const char *path, char **error)
{
    int number;
    char *detail = NULL;
    wtap *const file = wtap_open_offline(path, WTAP_TYPE_AUTO, &number, &detail, false);
    capture *from;

    if (!file) {
        *error = reason(number, detail);
        return NULL;
    }
    from = g_new0(capture, 1);
    from->file = file;
    from->interfaces = g_ptr_array_new_with_free_func((GDestroyNotify)wtap_block_unref);
    begin_record(from);
    return from;
}

void capture_close(capture *from)
{
    end_record(from);
    g_ptr_array_free(from->interfaces, true);
    wtap_close(from->file);
    g_free(from);
}

static ipsec_link link_of(int encapsulation)
{
    switch (encapsulation) {
    case WTAP_ENCAP_ETHERNET:
        return IPSEC_LINK_ETHERNET;
    case WTAP_ENCAP_RAW_IP:
    case WTAP_ENCAP_RAW_IP4:
    case WTAP_ENCAP_RAW_IP6:
        return IPSEC_LINK_IP;
    case WTAP_ENCAP_SLL:
        return IPSEC_LINK_COOKED;
    case WTAP_ENCAP_SLL2:
        return IPSEC_LINK_COOKED2;
    case WTAP_ENCAP_NULL:
    case WTAP_ENCAP_LOOP:
        return IPSEC_LINK_LOOPBACK;
    default:
        return IPSEC_LINK_UNKNOWN;
    }
}

/* A file may contain any time. One that is more than a generation from the first in the file is treated as damaged, and
 * becomes the nearest one that is not, because programs that sort packets subtract times in 32 bits. The record is
 * changed, too, because the time noted for a packet must be the one that is read from the part. */
static int64_t take_time(capture *from)
{
    nstime_t *const time = &from->record.ts;
    int64_t nanoseconds;

    if (!from->has_time)
        from->seconds = CLAMP((int64_t)time->secs, 0, SECONDS_MOST);
    from->has_time = true;
    nanoseconds =
        CLAMP((int64_t)time->secs, from->seconds - GENERATION, from->seconds + GENERATION) * SECOND + time->nsecs;
    nanoseconds = MAX(nanoseconds, 0);
    time->secs = (time_t)(nanoseconds / SECOND);
    time->nsecs = (int)(nanoseconds % SECOND);
    return nanoseconds;
}

static void describe(capture *from, capture_packet *packet)
{
    const wtap_packet_header *const header = &from->record.rec_header.packet_header;

    *packet = (capture_packet){.octets = octets_of(from),
                               .count = header->caplen,
                               .link = link_of(header->pkt_encap),
                               .encapsulation = header->pkt_encap,
                               .has_time = from->record.presence_flags & WTAP_HAS_TS};
    if (packet->has_time)
        packet->nanoseconds = take_time(from);
}

/* The interface as parts have it: with times in nanoseconds since 1970. Other units may overflow or lose precision. */
static wtap_block_t in_nanoseconds(wtap_block_t interface)
{
    const wtap_block_t copy = wtap_block_make_copy(interface);
    wtapng_if_descr_mandatory_t *const units = (wtapng_if_descr_mandatory_t *)wtap_block_get_mandatory_data(copy);

    units->time_units_per_second = 1000000000;
    units->tsprecision = WTAP_TSPREC_NSEC;
    wtap_block_remove_option(copy, OPT_IDB_TSOFFSET);
    wtap_block_remove_option(copy, OPT_IDB_TSRESOL);
    wtap_block_add_uint8_option(copy, OPT_IDB_TSRESOL, 9);
    return copy;
}

/* Records the interfaces that the file has described since the last packet. */
static void note_interfaces(capture *from)
{
    wtap_block_t interface;

    while ((interface = wtap_get_next_interface_description(from->file)))
        g_ptr_array_add(from->interfaces, in_nanoseconds(interface));
}

bool capture_read(capture *from, capture_packet *packet, char **error)
{
    int number = 0;
    char *detail = NULL;

    do {
        wtap_rec_reset(&from->record);
        if (!read_record(from, &number, &detail)) {
            *error = number ? reason(number, detail) : NULL;
            return false;
        }
    } while (from->record.rec_type != REC_TYPE_PACKET);
    note_interfaces(from);
    describe(from, packet);
    return true;
}

const char *capture_encapsulation_name(int encapsulation)
{
    return wtap_encap_name(encapsulation);
}

/* --- writing --- */

capture_part *capture_part_open(const char *path, capture *from, char **error)
{
    wtap_dump_params params = WTAP_DUMP_PARAMS_INIT;
    int number;
    char *detail = NULL;
    wtap_dumper *file;
    capture_part *part;

    wtap_dump_params_init_no_idbs(&params, from->file);
    wtap_dump_params_discard_decryption_secrets(&params);
    file = wtap_dump_open(path, wtap_pcapng_file_type_subtype(), WTAP_UNCOMPRESSED, &params, &number, &detail);
    wtap_dump_params_cleanup(&params);
    if (!file) {
        *error = reason(number, detail);
        return NULL;
    }
    part = g_new0(capture_part, 1);
    part->file = file;
    return part;
}

static bool add_interfaces(capture_part *part, const capture *from, char **error)
{
    int number;
    char *detail = NULL;

    for (; part->interfaces < from->interfaces->len; part->interfaces++)
        if (!wtap_dump_add_idb(part->file, g_ptr_array_index(from->interfaces, part->interfaces), &number, &detail)) {
            *error = reason(number, detail);
            return false;
        }
    return true;
}

static bool write_record(capture_part *part, capture *from, int *number, char **detail)
{
#if IPSEC_WIRESHARK_AT_LEAST(4, 6)
    return wtap_dump(part->file, &from->record, number, detail);
#else
    return wtap_dump(part->file, &from->record, octets_of(from), number, detail);
#endif
}

bool capture_part_add(capture_part *part, capture *from, char **error)
{
    int number;
    char *detail = NULL;

    if (!add_interfaces(part, from, error))
        return false;
    if (write_record(part, from, &number, &detail))
        return true;
    *error = reason(number, detail);
    return false;
}

bool capture_part_close(capture_part *part, char **error)
{
    int number = 0;
    char *detail = NULL;
    bool is_written;

    if (!part)
        return true;
    is_written = wtap_dump_close(part->file, NULL, &number, &detail);
    if (!is_written)
        *error = reason(number, detail);
    g_free(part);
    return is_written;
}
