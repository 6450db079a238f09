/* The core's database of the file at hand, and an ordered vector of one small record per header.
 *
 * p_add_proto_data() would cost 87 octets a frame and a list to walk; this costs 32.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"
#include "keys.h"
#include "prefs.h"

#include <epan/packet.h>

#include <glib.h>

G_STATIC_ASSERT(sizeof(ipsec_record) <= 32);

#define CHUNK 4096u

/* Owned by this file, from ipsec_frames_start() to ipsec_frames_end(): made anew for each capture file and
 * each redissection. */
static ipsec_db *db;
static GPtrArray *chunks; /* of CHUNK records each, so that growing never copies */
static uint32_t count;    /* records in all chunks, ascending by frame */

static const ipsec_record *look_up(void *context, uint32_t number);

void ipsec_frames_start(void)
{
    ipsec_config config = ipsec_prefs_config();

    ipsec_frames_end();
    config.history.at = look_up;
    db = ipsec_db_new(&config);
    ipsec_keys_load(db); /* libgcrypt is ready: Wireshark sets it up before it registers any protocol */
    chunks = g_ptr_array_new_with_free_func(g_free);
    count = 0;
}

void ipsec_frames_end(void)
{
    ipsec_db_free(db);
    db = NULL;
    if (chunks)
        g_ptr_array_free(chunks, true);
    chunks = NULL;
    count = 0;
}

static ipsec_record *at(uint32_t number)
{
    return (ipsec_record *)g_ptr_array_index(chunks, number / CHUNK) + number % CHUNK;
}

static void store(const packet_info *pinfo, const ipsec_record *record)
{
    /* Frames come in order; one that does not is explained from its octets alone. */
    if (count > 0 && pinfo->num < at(count - 1)->frame)
        return;
    if (count % CHUNK == 0)
        g_ptr_array_add(chunks, g_new(ipsec_record, CHUNK));
    *at(count) = *record;
    at(count++)->layer = pinfo->curr_layer_num; /* tells apart the headers of a frame */
}

/* Index of the first record of the frame, or of where it would be. */
static uint32_t lower_bound(uint32_t frame)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (at(middle)->frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const ipsec_record *find(const packet_info *pinfo)
{
    for (uint32_t i = lower_bound(pinfo->num); i < count && at(i)->frame == pinfo->num; i++)
        if (at(i)->layer == pinfo->curr_layer_num)
            return at(i);
    return NULL;
}

static const ipsec_record *look_up(void *context _U_, uint32_t number)
{
    return number < count ? at(number) : NULL;
}

void ipsec_frames_report(const packet_info *pinfo, ipsec_view *view, ipsec_report *report)
{
    ipsec_record record;

    if (pinfo->fd->visited) {
        ipsec_explain(db, view, find(pinfo), report);
        return;
    }
    view->number = count;
    ipsec_judge(db, view, &record, report);
    if (report->subject != IPSEC_SUBJECT_NOTHING && report->subject != IPSEC_SUBJECT_IKE)
        store(pinfo, &record);
}

bool ipsec_frames_sa(uint32_t sa, ipsec_sa_facts *facts)
{
    return ipsec_db_sa(db, sa, facts);
}
