/* IKE requests near the beginning and end of SAs. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/exchanges.h"
#include "base/hash.h"
#include "base/octets.h"
#include "packet/kind.h"

#include <glib.h>
#include <string.h>

/* An SA whose sequence numbers begin this low was created during the capture. */
#define YOUNG 16u

/* A request: its frame and its length. */
typedef struct request {
    uint32_t frame, length;
} request;

/* Two hosts, the lower address first; found by their addresses. */
typedef struct hosts {
    uint8_t addresses[2][16];
    guint hash;
    GArray *requests[IPSEC_EXCHANGE_KINDS]; /* of request, ascending */
    uint32_t shortest; /* the shortest length of those that inform; such a request is taken for a liveness check */
} hosts;

/* An SA: between which hosts it is, and whether its numbers began in the capture. The request that ended it is asked
 * for with each packet, so the answer is cached while it is valid. */
typedef struct seat {
    const hosts *between;
    bool began_here;
    uint64_t asked_at;   /* the number of requests when the answer was cached; 0: it was not asked for */
    uint32_t last_frame; /* last frame of the SA at that time */
    uint32_t end;
} seat;

struct ipsec_exchanges {
    GHashTable *hosts;
    GHashTable *seats; /* of seat, by the index of the SA */
    uint64_t seed;
    uint32_t count;     /* stored requests */
    uint32_t full_from; /* the frame of the first one that there was no room for; 0: none */
    uint64_t met;       /* requests, including those that were not stored */
};

static guint hash_hosts(gconstpointer of)
{
    return ((const hosts *)of)->hash;
}

static gboolean equal_hosts(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof((const hosts *)a)->addresses) == 0;
}

static void free_hosts(gpointer data)
{
    hosts *of = data;

    for (unsigned kind = 0; kind < IPSEC_EXCHANGE_KINDS; kind++)
        g_array_free(of->requests[kind], true);
    g_free(of);
}

static ipsec_exchanges *new_exchanges(void)
{
    ipsec_exchanges *all = g_new0(ipsec_exchanges, 1);

    all->seed = ipsec_hash_seed();
    all->hosts = g_hash_table_new_full(hash_hosts, equal_hosts, NULL, free_hosts);
    all->seats = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return all;
}

void ipsec_exchanges_free(ipsec_exchanges *all)
{
    if (!all)
        return;
    g_hash_table_destroy(all->seats);
    g_hash_table_destroy(all->hosts);
    g_free(all);
}

static hosts name_of(const ipsec_exchanges *all, const ipsec_view *view)
{
    const bool turned = memcmp(view->source, view->destination, view->address_length) > 0;
    hosts name = {.shortest = UINT32_MAX};
    uint64_t words[2];

    memcpy(name.addresses[turned], view->source, view->address_length);
    memcpy(name.addresses[!turned], view->destination, view->address_length);
    name.hash = (guint)ipsec_hash_address(ipsec_hash_address(all->seed, name.addresses[0], 16, words),
                                          name.addresses[1], 16, words);
    return name;
}

/* Enters the SAs between these hosts that were in use before their first request. */
static void seat_older(const ipsec_sa_table *sas, const ipsec_view *view, const hosts *between)
{
    uint32_t list[IPSEC_SAS_BETWEEN_MOST];
    const unsigned count = ipsec_sas_between(sas, view, list);
    const seat older = {.between = between};

    for (unsigned i = 0; i < count; i++)
        if (!g_hash_table_contains(sas->exchanges->seats, GUINT_TO_POINTER(list[i])))
            g_hash_table_insert(sas->exchanges->seats, GUINT_TO_POINTER(list[i]), g_memdup2(&older, sizeof older));
}

/* The hosts of a message, created if they are new; NULL if there is no room. */
static hosts *get_hosts(ipsec_sa_table *sas, const ipsec_view *view)
{
    const hosts name = name_of(sas->exchanges, view);
    hosts *of = g_hash_table_lookup(sas->exchanges->hosts, &name);

    if (of)
        return of;
    if (g_hash_table_size(sas->exchanges->hosts) == IPSEC_EXCHANGE_HOSTS_MOST) {
        ipsec_limit_reached(sas->limits, IPSEC_LIMIT_EXCHANGES);
        return NULL;
    }
    of = g_memdup2(&name, sizeof name);
    for (unsigned kind = 0; kind < IPSEC_EXCHANGE_KINDS; kind++)
        of->requests[kind] = g_array_new(false, false, sizeof(request));
    g_hash_table_add(sas->exchanges->hosts, of);
    seat_older(sas, view, of);
    return of;
}

/* Of consecutive requests of the shortest length only the first and the last are kept: they only check whether the peer
 * is alive. */
static bool is_more_of_the_same(const GArray *requests, uint32_t length, uint32_t shortest)
{
    const request *last;

    if (requests->len < 2 || length > shortest)
        return false;
    last = &g_array_index(requests, request, requests->len - 1);
    return last[0].length == length && last[-1].length == length;
}

static void enter(const ipsec_sa_table *sas, GArray *requests, const request *met)
{
    ipsec_exchanges *const all = sas->exchanges;

    if (all->count == IPSEC_EXCHANGES_MOST) {
        ipsec_limit_reached(sas->limits, IPSEC_LIMIT_EXCHANGES);
        if (all->full_from == 0)
            all->full_from = met->frame;
        return;
    }
    all->count++;
    g_array_append_val(requests, *met);
}

void ipsec_exchanges_meet(ipsec_sa_table *sas, const ipsec_view *view, ipsec_exchange_kind kind, uint32_t length)
{
    const request met = {view->frame, length};
    GArray *requests;
    hosts *of;

    if (view->address_length == 0)
        return;
    if (!sas->exchanges)
        sas->exchanges = new_exchanges();
    of = get_hosts(sas, view);
    if (!of)
        return;
    requests = of->requests[kind];
    sas->exchanges->met++;
    if (kind == IPSEC_EXCHANGE_INFORMS && is_more_of_the_same(requests, length, of->shortest))
        g_array_index(requests, request, requests->len - 1) = met;
    else
        enter(sas, requests, &met);
    if (kind == IPSEC_EXCHANGE_INFORMS)
        of->shortest = MIN(of->shortest, length);
}

bool ipsec_exchanges_is_young(const ipsec_view *view)
{
    const uint8_t at = ipsec_kind_of(view->protocol)->sequence_at;

    return ipsec_view_has(view, at + 4u) && ipsec_read_u32(view->data + at) <= YOUNG;
}

void ipsec_exchanges_seat(ipsec_sa_table *sas, const ipsec_view *view, uint32_t sa)
{
    ipsec_exchanges *const all = sas->exchanges;
    hosts name;
    seat taken;

    if (view->address_length == 0)
        return;
    if (g_hash_table_size(all->seats) == IPSEC_EXCHANGE_SAS_MOST) {
        ipsec_limit_reached(sas->limits, IPSEC_LIMIT_EXCHANGES);
        return;
    }
    name = name_of(all, view);
    taken = (seat){.between = g_hash_table_lookup(all->hosts, &name), .began_here = ipsec_exchanges_is_young(view)};
    if (taken.between)
        g_hash_table_insert(all->seats, GUINT_TO_POINTER(sa), g_memdup2(&taken, sizeof taken));
}

/* How many of the requests came before a frame. */
static unsigned count_before(const GArray *requests, uint32_t frame)
{
    unsigned low = 0, high = requests->len;

    while (low < high) {
        const unsigned middle = low + (high - low) / 2;

        if (g_array_index(requests, request, middle).frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whether there may have been no room for a request before that frame. */
static bool is_beyond(const ipsec_exchanges *all, uint32_t frame)
{
    return all->full_from > 0 && all->full_from < frame;
}

static uint32_t maker_of(const seat *of, uint32_t first_frame)
{
    const GArray *requests = of->between->requests[IPSEC_EXCHANGE_MAKES];
    const unsigned before = count_before(requests, first_frame);

    return of->began_here && before > 0 ? g_array_index(requests, request, before - 1).frame : 0;
}

/* The frame of the first request that is longer than the shortest one: most only check whether the peer is alive. If
 * there is only one, and `is_all` says that none is missing, it counts whatever its length. */
static uint32_t end_of(const seat *of, uint32_t last_frame, bool is_all)
{
    const GArray *requests = of->between->requests[IPSEC_EXCHANGE_INFORMS];

    for (unsigned i = count_before(requests, last_frame); i < requests->len; i++) {
        const request *at = &g_array_index(requests, request, i);

        if (at->length > of->between->shortest || (requests->len == 1 && is_all))
            return at->frame;
    }
    return 0;
}

static uint32_t find_end(const ipsec_exchanges *all, seat *of, uint32_t last_frame)
{
    if (of->asked_at != all->met || of->last_frame != last_frame) {
        of->end = end_of(of, last_frame, all->full_from == 0);
        of->asked_at = all->met;
        of->last_frame = last_frame;
    }
    return of->end;
}

void ipsec_exchanges_beside(const ipsec_sa_table *sas, uint32_t index, ipsec_sa_ike *ike)
{
    const ipsec_sa_summary *summary = ipsec_sa_summary_at(sas, index);
    seat *of = sas->exchanges ? g_hash_table_lookup(sas->exchanges->seats, GUINT_TO_POINTER(index)) : NULL;

    if (!of)
        return;
    if (!is_beyond(sas->exchanges, summary->first_frame))
        ike->maybe_created_by = maker_of(of, summary->first_frame);
    if (!is_beyond(sas->exchanges, summary->last_frame))
        ike->maybe_deleted_by = find_end(sas->exchanges, of, summary->last_frame);
}
