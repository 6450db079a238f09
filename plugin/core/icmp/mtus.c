/* The path MTUs that were reported for SAs.
 *
 * Anybody may report any MTU, again and again. So only a few of the MTUs in force are kept, each with the times of its
 * first and last report. The lowest one up to each frame is kept permanently, in descending steps. Both grow only with
 * the errors in the capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "icmp/mtus.h"

/* MTUs of one SA in force at a time: one for each narrow link on its paths. If there are more, the highest is
 * forgotten: it has no effect while a lower one is in force. */
#define LEVELS 8u

#define SECOND UINT64_C(1000000000)

/* Packets sent before the report can arrive are not at fault. */
#define PAUSE SECOND

/* How long Linux keeps a path MTU (mtu_expires) before it tries larger packets again. */
#define LIFETIME (600 * SECOND)

/* A reported MTU, with the times of its first and last report. */
typedef struct level {
    uint64_t first, last;
    uint32_t mtu;
} level;

/* The lowest MTU from a frame on. */
typedef struct step {
    uint32_t frame, mtu;
} step;

/* What was reported for an SA. */
typedef struct reports {
    level levels[LEVELS];
    unsigned count;
    GArray *steps; /* of step */
    GArray *above; /* of ipsec_above, by frame; NULL if there is none */
} reports;

static void free_reports(gpointer data)
{
    reports *const of_sa = data;

    g_array_free(of_sa->steps, true);
    if (of_sa->above)
        g_array_free(of_sa->above, true);
    g_free(of_sa);
}

void ipsec_mtus_clear(ipsec_mtus *mtus)
{
    g_free(mtus->bits);
    if (mtus->sas)
        g_hash_table_destroy(mtus->sas);
    *mtus = (ipsec_mtus){0};
}

static reports *find(const ipsec_mtus *mtus, uint32_t sa)
{
    return ipsec_mtus_have(mtus, sa) ? g_hash_table_lookup(mtus->sas, GUINT_TO_POINTER(sa)) : NULL;
}

static void set_bit(ipsec_mtus *mtus, uint32_t sa)
{
    if (sa >= mtus->count) {
        const uint32_t octets = (sa / 8 + 1) * 2;

        mtus->bits = g_realloc(mtus->bits, octets);
        for (uint32_t i = mtus->count / 8; i < octets; i++)
            mtus->bits[i] = 0;
        mtus->count = octets * 8;
    }
    mtus->bits[sa / 8] |= (uint8_t)(1u << sa % 8);
}

static reports *make(ipsec_mtus *mtus, uint32_t sa)
{
    reports *const of_sa = g_new0(reports, 1);

    if (!mtus->sas)
        mtus->sas = g_hash_table_new_full(NULL, NULL, NULL, free_reports);
    of_sa->steps = g_array_new(false, false, sizeof(step));
    g_hash_table_insert(mtus->sas, GUINT_TO_POINTER(sa), of_sa);
    set_bit(mtus, sa);
    return of_sa;
}

/* --- levels --------------------------------------------------------------------------------------------- */

/* Times in a file may go back; a level from the future counts as one from now. */
static uint64_t since(uint64_t then, uint64_t now)
{
    return now > then ? now - then : 0;
}

static void lower_to(reports *of_sa, uint32_t mtu, uint32_t frame)
{
    const GArray *const steps = of_sa->steps;
    const step next = {.frame = frame, .mtu = mtu};

    if (steps->len == 0 || mtu < g_array_index(steps, step, steps->len - 1).mtu)
        g_array_append_val(of_sa->steps, next);
}

/* The slot for an MTU: the one that it already has, one whose level has expired, a free one, or the one with the
 * highest MTU. */
static level *place_of(reports *of_sa, uint32_t mtu, uint64_t time)
{
    level *gone = NULL, *highest = of_sa->levels;

    for (unsigned i = 0; i < of_sa->count; i++) {
        level *const at = &of_sa->levels[i];

        if (at->mtu == mtu)
            return at;
        if (since(at->last, time) > LIFETIME)
            gone = at;
        if (at->mtu > highest->mtu)
            highest = at;
    }
    if (gone)
        return gone;
    return of_sa->count < LEVELS ? &of_sa->levels[of_sa->count++] : highest;
}

void ipsec_mtus_report(ipsec_mtus *mtus, uint32_t sa, uint32_t mtu, uint32_t frame, uint64_t time)
{
    reports *of_sa = find(mtus, sa);
    level *at;

    if (!of_sa)
        of_sa = make(mtus, sa);
    lower_to(of_sa, mtu, frame);
    at = place_of(of_sa, mtu, time);
    if (at->mtu != mtu || since(at->last, time) > LIFETIME)
        *at = (level){.mtu = mtu, .first = time};
    at->last = MAX(at->last, time);
}

/* The number of elements, each of which begins with its frame, up to and including `frame`. */
static uint32_t count_up_to(const GArray *list, uint32_t frame)
{
    const guint size = g_array_get_element_size((GArray *)list);
    uint32_t low = 0, high = list->len;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (*(const uint32_t *)(list->data + (size_t)middle * size) <= frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t ipsec_mtus_lowest(const ipsec_mtus *mtus, uint32_t sa, uint32_t frame)
{
    const reports *const of_sa = find(mtus, sa);
    const uint32_t steps = of_sa ? count_up_to(of_sa->steps, frame) : 0;

    return steps > 0 ? g_array_index(of_sa->steps, step, steps - 1).mtu : 0;
}

/* --- packets above them --------------------------------------------------------------------------------- */

/* The lowest MTU in force at that time; UINT32_MAX: there is none. */
static uint32_t lowest_at(const reports *of_sa, uint64_t time)
{
    uint32_t lowest = UINT32_MAX;

    for (unsigned i = 0; i < of_sa->count; i++) {
        const level *const at = &of_sa->levels[i];

        if (since(at->first, time) >= PAUSE && since(at->last, time) <= LIFETIME)
            lowest = MIN(lowest, at->mtu);
    }
    return lowest;
}

bool ipsec_mtus_meet(ipsec_mtus *mtus, uint32_t sa, uint32_t length, uint32_t frame, uint64_t time)
{
    reports *const of_sa = find(mtus, sa);
    const uint32_t mtu = of_sa ? lowest_at(of_sa, time) : UINT32_MAX;
    ipsec_above above = {.frame = frame, .mtu = mtu, .largest = length, .count = 1};

    if (length <= mtu)
        return false;
    if (!of_sa->above)
        of_sa->above = g_array_new(false, false, sizeof(ipsec_above));
    if (of_sa->above->len > 0) {
        const ipsec_above *const before = &g_array_index(of_sa->above, ipsec_above, of_sa->above->len - 1);

        above.largest = MAX(before->largest, length);
        above.count = before->count + 1;
    }
    g_array_append_val(of_sa->above, above);
    return true;
}

const ipsec_above *ipsec_mtus_above(const ipsec_mtus *mtus, uint32_t sa, uint32_t frame)
{
    const reports *const of_sa = find(mtus, sa);
    const uint32_t count = of_sa && of_sa->above ? count_up_to(of_sa->above, frame) : 0;
    const ipsec_above *const last = count > 0 ? &g_array_index(of_sa->above, ipsec_above, count - 1) : NULL;

    return last && last->frame == frame ? last : NULL;
}
