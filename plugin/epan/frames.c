/* The core's database of the open file, and an ordered vector of one small record per header.
 *
 * p_add_proto_data() would cost 87 octets a frame and a list to walk; this costs 16.
 *
 * A read filter (tshark -2 -R; that of Wireshark's Open dialog) is applied after a frame has been dissected, and the
 * number of a rejected frame goes to the next one. So a number does not identify a frame, and the core gets a serial
 * instead: the number plus one for every frame known to be rejected before. Records of a rejected frame are kept,
 * because others refer to them; but no frame finds them. Two frames with the same number are distinguished by their
 * offset in the file, by which Wireshark reads a frame again, so it is unique.
 *
 * For example, four frames, of which the filter rejects B:
 *
 *     frame                  A    B    C    D
 *     place in the file     24  124  224  324
 *     number                 1    2    2    3
 *     serial                 1    2    3    4
 *
 * C has the number of B, but another offset: B was rejected, and `rejected` becomes {2}. The serial of C is its number
 * plus 1, because one rejected frame had no higher number. The number of serial 3 is one less, because one rejected
 * frame has a lower serial; serial 2 was rejected itself, and has no number.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"
#include "compat.h"
#include "keys.h"
#include "prefs.h"

#include <epan/packet.h>

#include <glib.h>

G_STATIC_ASSERT(sizeof(ipsec_record) <= 16);

/* A megabyte: a block of this size is mapped separately, and its pages are only touched when they are needed. */
#define CHUNK 65536u

/* Owned by this file, from ipsec_frames_start() to ipsec_frames_end(): new for each capture file and
 * each redissection. */
static ipsec_db *db;
static GPtrArray *chunks;                   /* of CHUNK records each, ascending by frame; so growing never copies */
static ipsec_record *next_free, *chunk_end; /* the next record, and the end of the last chunk */
static GArray *rejected; /* of uint32_t: serials of the frames that a read filter rejected, ascending; NULL: none */
static struct {
    uint32_t number; /* 0: there was none */
    int64_t offset;  /* in the file */
} last;              /* the frame that was judged last */

void ipsec_frames_start(void)
{
    ipsec_config config = ipsec_prefs_config();

    ipsec_frames_end();
    db = ipsec_db_new(&config);
    ipsec_keys_load(db); /* libgcrypt is ready: Wireshark sets it up before it registers any protocol */
    chunks = g_ptr_array_new_with_free_func(g_free);
}

void ipsec_frames_end(void)
{
    ipsec_db_free(db);
    db = NULL;
    if (chunks)
        g_ptr_array_free(chunks, true);
    chunks = NULL;
    next_free = chunk_end = NULL;
    if (rejected)
        g_array_free(rejected, true);
    rejected = NULL;
    last.number = 0;
}

/* The number of places, of `length` in all, for which `in_front` is true; they all come before those for which it is
 * false. */
static uint32_t partition(uint32_t length, bool (*in_front)(uint32_t place, uint32_t bound), uint32_t bound)
{
    uint32_t low = 0, high = length;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (in_front(middle, bound))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- frames -------------------------------------------------------------------------------------------- */

static uint32_t rejected_at(uint32_t place)
{
    return g_array_index(rejected, uint32_t, place);
}

/* The serial minus its place is the number of the rejected frame, which the frame after it has too. */
static bool has_number_up_to(uint32_t place, uint32_t number)
{
    return rejected_at(place) - place <= number;
}

static bool has_serial_below(uint32_t place, uint32_t serial)
{
    return rejected_at(place) < serial;
}

static inline uint32_t serial_of(uint32_t number)
{
    if (!rejected)
        return number;
    return number + partition(rejected->len, has_number_up_to, number);
}

/* The number of the frame; 0 if it was rejected. If the next frame has no IPsec, the rejection is not noticed, and the
 * number returned is that of the next frame. */
static uint32_t number_of(uint32_t serial)
{
    uint32_t before;

    if (!rejected)
        return serial;
    before = partition(rejected->len, has_serial_below, serial);
    return before < rejected->len && rejected_at(before) == serial ? 0 : serial - before;
}

static IPSEC_COLD void reject(uint32_t number)
{
    const uint32_t serial = serial_of(number);

    if (!rejected)
        rejected = g_array_new(false, false, sizeof serial);
    g_array_append_val(rejected, serial);
}

static inline void set_last(const packet_info *pinfo)
{
    last.number = pinfo->num;
    last.offset = ipsec_compat_file_offset(pinfo);
}

/* Whether the frame is the one judged last, or comes after it. An earlier frame, as when a redissection was aborted and
 * single frames are selected, is explained from its octets alone. */
static inline bool is_in_order(const packet_info *pinfo)
{
    const uint32_t number = pinfo->num;

    if (number < last.number)
        return false;
    if (number == last.number && ipsec_compat_file_offset(pinfo) != last.offset)
        reject(number);
    set_last(pinfo);
    return true;
}

/* --- records ------------------------------------------------------------------------------------------- */

static inline ipsec_record *at(uint32_t number)
{
    return (ipsec_record *)g_ptr_array_index(chunks, number / CHUNK) + number % CHUNK;
}

static IPSEC_COLD void add_chunk(void)
{
    next_free = g_new(ipsec_record, CHUNK);
    chunk_end = next_free + CHUNK;
    g_ptr_array_add(chunks, next_free);
}

/* Memory for the next record, which becomes the last one when it is counted. */
static inline ipsec_record *next_record(void)
{
    if (next_free == chunk_end)
        add_chunk();
    return next_free;
}

/* Records in all chunks. */
static uint32_t count_records(void)
{
    return chunks && chunks->len > 0 ? chunks->len * CHUNK - (uint32_t)(chunk_end - next_free) : 0;
}

static bool is_before(uint32_t place, uint32_t frame)
{
    return at(place)->frame < frame;
}

/* The record of the header; NULL if there is none. A frame may have hundreds of headers, nested or side by side, so
 * they are distinguished by their place, not by their layer. */
static IPSEC_COLD const ipsec_record *find(const ipsec_view *view)
{
    const uint32_t count = count_records();

    if (count == 0 || is_before(count - 1, view->frame))
        return NULL;
    for (uint32_t i = partition(count, is_before, view->frame); i < count && at(i)->frame == view->frame; i++)
        if (ipsec_record_is_of(db, at(i), view))
            return at(i);
    return NULL;
}

/* Whether to judge the header of a frame that is not later than the last one, as that of ESP in AH. A dissector that
 * rejects a header may be offered it twice: the second time it is explained. */
static IPSEC_APART bool is_another(const packet_info *pinfo, ipsec_view *view)
{
    if (!is_in_order(pinfo))
        return false;
    view->frame = serial_of(pinfo->num);
    return !find(view);
}

/* Whether to judge the header. */
static inline bool is_new(const packet_info *pinfo, ipsec_view *view)
{
    if (ipsec_compat_is_visited(pinfo))
        return false;
    if (pinfo->num <= last.number)
        return is_another(pinfo, view);
    set_last(pinfo);
    view->frame = serial_of(pinfo->num);
    return true;
}

static void judge(const ipsec_view *view, ipsec_report *report)
{
    ipsec_judge(db, view, next_record(), report);
    if (ipsec_report_has_subject(report))
        next_free++;
}

/* Returns whether nothing is said, and so there is no report. */
static inline bool judge_briefly(const ipsec_view *view, ipsec_report *report)
{
    const bool is_quiet = ipsec_judge_briefly(db, view, next_record(), report);

    if (G_LIKELY(is_quiet) || ipsec_report_has_subject(report))
        next_free++;
    return is_quiet;
}

static void number_advice(ipsec_findings *findings)
{
    for (unsigned i = 0; i < findings->count; i++)
        if (ipsec_advice_names_frame(findings->list[i].advice_case))
            findings->list[i].detail = number_of(findings->list[i].detail);
}

/* The report speaks of serials, the user of numbers. */
static void number_report(ipsec_report *report)
{
    if (report->number.first_seen)
        report->number.first_seen = number_of(report->number.first_seen);
    if (report->fragment)
        report->fragment = number_of(report->fragment);
    number_advice(&report->findings);
}

static void explain(const packet_info *pinfo, ipsec_view *view, ipsec_report *report)
{
    view->frame = serial_of(pinfo->num);
    ipsec_explain(db, view, find(view), report);
}

void ipsec_frames_report(const packet_info *pinfo, ipsec_view *view, ipsec_report *report)
{
    if (is_new(pinfo, view))
        judge(view, report);
    else
        explain(pinfo, view, report);
    number_report(report);
}

bool ipsec_frames_report_any(const packet_info *pinfo, ipsec_view *view, ipsec_report *report)
{
    if (!is_new(pinfo, view))
        explain(pinfo, view, report);
    else if (judge_briefly(view, report))
        return false;
    number_report(report);
    return true;
}

void ipsec_frames_fragment(const packet_info *pinfo, ipsec_fragment *fragment, ipsec_report *report)
{
    const bool is_first_pass = !ipsec_compat_is_visited(pinfo) && is_in_order(pinfo);

    fragment->frame = serial_of(pinfo->num);
    if (is_first_pass)
        ipsec_judge_fragment(db, fragment);
    ipsec_explain_fragment(db, fragment, report);
    report->fragment = number_of(report->fragment);
}

static uint32_t number_of_any(uint32_t serial)
{
    return serial > 0 ? number_of(serial) : 0;
}

static void renumber_progress(ipsec_ike_progress *progress)
{
    progress->trouble_frame = number_of_any(progress->trouble_frame);
    progress->error_frame = number_of_any(progress->error_frame);
    progress->deleted_by = number_of_any(progress->deleted_by);
}

static void renumber(ipsec_ike_report *report)
{
    report->request = number_of_any(report->request);
    report->response = number_of_any(report->response);
    renumber_progress(&report->progress);
    for (unsigned i = 0; i < report->findings.count; i++)
        if (report->findings.list[i].advice_case == IPSEC_CASE_IKE_ICMP)
            report->findings.list[i].detail = number_of_any(report->findings.list[i].detail);
}

static void judge_ike(const ipsec_view *view, const ipsec_ike_shown *shown, ipsec_ike_report *report)
{
    ipsec_ike_contents contents;
    const bool is_read = shown->octets && ipsec_read_hidden_ike(db, view, shown, &contents);

    ipsec_judge_ike(db, view, is_read ? &contents : NULL, report);
}

void ipsec_frames_ike(const packet_info *pinfo, const ipsec_view *view, const ipsec_ike_shown *shown,
                      ipsec_ike_report *report)
{
    if (!ipsec_compat_is_visited(pinfo) && is_in_order(pinfo))
        judge_ike(view, shown, report);
    else
        ipsec_explain_ike(db, view, report);
    renumber(report);
}

const ipsec_limits *ipsec_frames_limits(void)
{
    return db ? ipsec_db_limits(db) : NULL;
}

bool ipsec_frames_ike_news(ipsec_ike_progress *progress)
{
    if (!ipsec_db_ike_news(db, progress))
        return false;
    renumber_progress(progress);
    return true;
}

void ipsec_frames_icmp(const packet_info *pinfo, ipsec_icmp_view *view, ipsec_icmp_report *report)
{
    const bool is_first_pass = !ipsec_compat_is_visited(pinfo) && is_in_order(pinfo);

    view->frame = serial_of(pinfo->num);
    if (is_first_pass)
        ipsec_judge_icmp(db, view);
    ipsec_explain_icmp(db, view, report);
    report->quoted_frame = number_of(report->quoted_frame);
}

uint32_t ipsec_frames_answered_by(const packet_info *pinfo, uint32_t sa)
{
    return number_of(ipsec_db_answered_by(db, serial_of(pinfo->num), sa));
}

uint32_t ipsec_frames_sa_mtu(uint32_t sa, const packet_info *pinfo)
{
    return ipsec_db_sa_mtu(db, sa, pinfo ? serial_of(pinfo->num) : UINT32_MAX);
}

bool ipsec_frames_sa(uint32_t sa, ipsec_sa_summary *summary)
{
    if (!ipsec_db_sa(db, sa, summary))
        return false;
    summary->first_frame = number_of(summary->first_frame);
    summary->last_frame = number_of(summary->last_frame);
    return true;
}

bool ipsec_frames_sa_ike(uint32_t sa, ipsec_sa_ike *ike)
{
    if (!ipsec_db_sa_ike(db, sa, ike))
        return false;
    ike->created_by = number_of(ike->created_by);
    ike->deleted_by = number_of(ike->deleted_by);
    ike->maybe_created_by = number_of(ike->maybe_created_by);
    ike->maybe_deleted_by = number_of(ike->maybe_deleted_by);
    return true;
}

uint32_t ipsec_frames_innermost_sa(const packet_info *pinfo)
{
    const uint32_t count = count_records(), frame = count > 0 ? serial_of(pinfo->num) : 0;
    uint32_t sa = IPSEC_SA_NONE;

    for (uint32_t i = partition(count, is_before, frame); i < count && at(i)->frame == frame; i++)
        if (at(i)->sa != IPSEC_SA_NONE)
            sa = at(i)->sa;
    return sa;
}
