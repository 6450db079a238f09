/* Requests of IKE beside the life of SAs.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/exchanges.h"
#include "base/hash.h"
#include "base/octets.h"
#include "packet/kind.h"

#include <glib.h>
#include <string.h>

/* An SA whose numbers begin so low was made during the capture. */
#define YOUNG 16u

/* A request: its frame, and how long it is. */
typedef struct request {
    uint32_t frame, length;
} request;

/* Two hosts, the lower address first; found by their addresses. */
typedef struct hosts {
    uint8_t addresses[2][16];
    GArray *requests[IPSEC_EXCHANGE_KINDS]; /* of request, ascending */
    uint32_t shortest;                      /* of those that inform: it says nothing */
} hosts;

/* An SA: whose, and whether its numbers began in the capture. */
typedef struct seat {
    const hosts *between;
    bool began_here;
} seat;

struct ipsec_exchanges {
    GHashTable *hosts;
    GHashTable *seats; /* of seat, by the index of the SA */
    uint32_t count;    /* of requests */
};

static guint hash_hosts(gconstpointer of)
{
    const uint8_t *octets = ((const hosts *)of)->addresses[0];
    uint64_t hash = 0;

    for (unsigned at = 0; at < sizeof((const hosts *)of)->addresses; at += 4)
        hash = ipsec_hash_mix(hash, ipsec_read_u32(octets + at));
    return (guint)hash;
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

static hosts name_of(const ipsec_view *view)
{
    const bool turned = memcmp(view->source, view->destination, view->address_length) > 0;
    hosts name = {.shortest = UINT32_MAX};

    memcpy(name.addresses[turned], view->source, view->address_length);
    memcpy(name.addresses[!turned], view->destination, view->address_length);
    return name;
}

/* Enters SAs that were there before the first request between these hosts: those that are in use. */
static void seat_older(const ipsec_sa_table *sas, const ipsec_view *view, const hosts *between)
{
    uint32_t list[IPSEC_SAS_BETWEEN_MOST];
    const unsigned count = ipsec_sas_between(sas, view, list);
    const seat older = {.between = between};

    for (unsigned i = 0; i < count; i++)
        if (!g_hash_table_contains(sas->exchanges->seats, GUINT_TO_POINTER(list[i])))
            g_hash_table_insert(sas->exchanges->seats, GUINT_TO_POINTER(list[i]), g_memdup2(&older, sizeof older));
}

/* The hosts of a message, made if they are new; NULL if there is no room. */
static hosts *get_hosts(ipsec_sa_table *sas, const ipsec_view *view)
{
    const hosts name = name_of(view);
    hosts *of = g_hash_table_lookup(sas->exchanges->hosts, &name);

    if (of || g_hash_table_size(sas->exchanges->hosts) == IPSEC_EXCHANGE_HOSTS_MOST)
        return of;
    of = g_memdup2(&name, sizeof name);
    for (unsigned kind = 0; kind < IPSEC_EXCHANGE_KINDS; kind++)
        of->requests[kind] = g_array_new(false, false, sizeof(request));
    g_hash_table_add(sas->exchanges->hosts, of);
    seat_older(sas, view, of);
    return of;
}

void ipsec_exchanges_meet(ipsec_sa_table *sas, const ipsec_view *view, ipsec_exchange_kind kind, uint32_t length)
{
    const request met = {view->frame, length};
    hosts *of;

    if (view->address_length == 0)
        return;
    if (!sas->exchanges)
        sas->exchanges = new_exchanges();
    of = get_hosts(sas, view);
    if (!of || sas->exchanges->count == IPSEC_EXCHANGES_MOST)
        return;
    sas->exchanges->count++;
    g_array_append_val(of->requests[kind], met);
    if (kind == IPSEC_EXCHANGE_INFORMS)
        of->shortest = MIN(of->shortest, length);
}

static bool is_young(const ipsec_view *view)
{
    const uint8_t at = ipsec_kind_of(view->protocol)->sequence_at;

    return ipsec_view_has(view, at + 4u) && ipsec_read_u32(view->data + at) <= YOUNG;
}

void ipsec_exchanges_seat(ipsec_exchanges *all, const ipsec_view *view, uint32_t sa)
{
    hosts name;
    seat taken;

    if (view->address_length == 0 || g_hash_table_size(all->seats) == IPSEC_EXCHANGE_SAS_MOST)
        return;
    name = name_of(view);
    taken = (seat){.between = g_hash_table_lookup(all->hosts, &name), .began_here = is_young(view)};
    if (taken.between)
        g_hash_table_insert(all->seats, GUINT_TO_POINTER(sa), g_memdup2(&taken, sizeof taken));
}

/* How many of them are in front of a frame. */
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

static uint32_t maker_of(const seat *of, uint32_t first_frame)
{
    const GArray *requests = of->between->requests[IPSEC_EXCHANGE_MAKES];
    const unsigned before = count_before(requests, first_frame);

    return of->began_here && before > 0 ? g_array_index(requests, request, before - 1).frame : 0;
}

/* The first that is longer than the shortest: most only ask whether the other one is there. A single one may be
 * anything.
 */
static uint32_t end_of(const seat *of, uint32_t last_frame)
{
    const GArray *requests = of->between->requests[IPSEC_EXCHANGE_INFORMS];

    for (unsigned i = count_before(requests, last_frame); i < requests->len; i++) {
        const request *at = &g_array_index(requests, request, i);

        if (at->length > of->between->shortest || requests->len == 1)
            return at->frame;
    }
    return 0;
}

void ipsec_exchanges_beside(const ipsec_sa_table *sas, uint32_t index, ipsec_sa_ike *ike)
{
    const ipsec_sa_summary *summary = ipsec_sa_summary_at(sas, index);
    const seat *of = sas->exchanges ? g_hash_table_lookup(sas->exchanges->seats, GUINT_TO_POINTER(index)) : NULL;

    if (!of)
        return;
    ike->maybe_created_by = maker_of(of, summary->first_frame);
    ike->maybe_deleted_by = end_of(of, summary->last_frame);
}
