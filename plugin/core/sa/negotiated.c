/* What IKE says of SAs.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/negotiated.h"
#include "sa/name.h"
#include "sa/sequence.h"

#include <glib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

/* What was sent before a delete may still be on its way for this long. */
#define ON_ITS_WAY SECOND

/* An answer that has not come this long after its request was not captured, or does not exist. */
#define ANSWER_WITHIN SECOND

/* As a rule, both ends switch to the new SAs at once. One end has not if it still sends on the old SA this much later,
 * and this many packets came on the new one from the other end. */
#define SWITCHED_WITHIN  (10 * SECOND)
#define SWITCHED_PACKETS 16u

/* A key, and the SA to which it refers from a frame on. An SA gets another key when its receiver moves. */
typedef struct name {
    uint32_t place;
    uint32_t from;   /* frame */
    uint32_t before; /* the previous entry with the same key, plus 1; 0: none */
} name;

struct ipsec_negotiations {
    uint64_t seed;
    GPtrArray *list;          /* of ipsec_negotiated, which stay where they are */
    GArray *names;            /* of name */
    GHashTable *by_name;      /* ipsec_sa_name to its newest entry in names, plus 1 */
    GHashTable *by_sa;        /* index of an SA to its place, plus 1 */
    GHashTable *destinations; /* ipsec_sa_name without SPI and protocol, to the first frame with that destination */
};

/* --- names ------------------------------------------------------------------------------------------------ */

static ipsec_negotiations *new_table(void)
{
    ipsec_negotiations *all = g_new0(ipsec_negotiations, 1);

    all->seed = ipsec_hash_seed();
    all->list = g_ptr_array_new_with_free_func(g_free);
    all->names = g_array_new(false, true, sizeof(name));
    all->by_name = g_hash_table_new_full(ipsec_sa_name_hash, ipsec_sa_name_equal, g_free, NULL);
    all->destinations = g_hash_table_new_full(ipsec_sa_name_hash, ipsec_sa_name_equal, g_free, NULL);
    all->by_sa = g_hash_table_new(NULL, NULL);
    return all;
}

void ipsec_negotiations_free(ipsec_negotiations *all)
{
    if (!all)
        return;
    g_ptr_array_free(all->list, true);
    g_array_free(all->names, true);
    g_hash_table_destroy(all->by_name);
    g_hash_table_destroy(all->destinations);
    g_hash_table_destroy(all->by_sa);
    g_free(all);
}

static void add_name(const ipsec_sa_table *sas, const ipsec_view *to, uint32_t spi, uint32_t place)
{
    ipsec_negotiations *const all = sas->negotiations;
    const ipsec_sa_name key = ipsec_sa_name_of(all->seed, to, spi, to->protocol);
    const ipsec_sa_name anywhere = ipsec_sa_name_of(all->seed, to, 0, 0);
    const name entry = {
        .place = place, .from = to->frame, .before = GPOINTER_TO_UINT(g_hash_table_lookup(all->by_name, &key))};

    if (all->names->len >= 2 * IPSEC_NEGOTIATED_MOST) {
        ipsec_limit_reached(sas->limits, IPSEC_LIMIT_NEGOTIATED);
        return;
    }
    g_array_append_val(all->names, entry);
    g_hash_table_replace(all->by_name, g_memdup2(&key, sizeof key), GUINT_TO_POINTER(all->names->len));
    if (!g_hash_table_contains(all->destinations, &anywhere))
        g_hash_table_insert(all->destinations, g_memdup2(&anywhere, sizeof anywhere), GUINT_TO_POINTER(to->frame));
}

/* The place to which the key refers at a frame: that of the last entry from an earlier frame. */
static uint32_t find_place(const ipsec_negotiations *all, const ipsec_view *view, uint32_t spi)
{
    const ipsec_sa_name key = ipsec_sa_name_of(all->seed, view, spi, view->protocol);
    uint32_t at = GPOINTER_TO_UINT(g_hash_table_lookup(all->by_name, &key));

    for (; at != 0; at = g_array_index(all->names, name, at - 1).before)
        if (g_array_index(all->names, name, at - 1).from < view->frame)
            return g_array_index(all->names, name, at - 1).place;
    return IPSEC_NEGOTIATED_NONE;
}

static inline ipsec_negotiated *at(const ipsec_negotiations *all, uint32_t place)
{
    return g_ptr_array_index(all->list, place);
}

ipsec_negotiated *ipsec_negotiated_get(const ipsec_sa_table *sas, uint32_t place)
{
    return at(sas->negotiations, place);
}

const ipsec_negotiated *ipsec_negotiated_at(const ipsec_sa_table *sas, const ipsec_view *view, uint32_t spi)
{
    uint32_t place;

    if (!sas->negotiations || view->address_length == 0)
        return NULL;
    place = find_place(sas->negotiations, view, spi);
    return place == IPSEC_NEGOTIATED_NONE || at(sas->negotiations, place)->is_refused ? NULL
                                                                                      : at(sas->negotiations, place);
}

bool ipsec_negotiated_knows(const ipsec_sa_table *sas, const ipsec_view *view)
{
    ipsec_sa_name key;
    uint32_t from;

    if (!sas->negotiations || view->address_length == 0)
        return false;
    key = ipsec_sa_name_of(sas->negotiations->seed, view, 0, 0);
    from = GPOINTER_TO_UINT(g_hash_table_lookup(sas->negotiations->destinations, &key));
    return from != 0 && from < view->frame;
}

const ipsec_negotiated *ipsec_negotiated_of(const ipsec_sa_table *sas, uint32_t index)
{
    uint32_t place;

    if (!sas->negotiations)
        return NULL;
    place = GPOINTER_TO_UINT(g_hash_table_lookup(sas->negotiations->by_sa, GUINT_TO_POINTER(index)));
    return place == 0 ? NULL : at(sas->negotiations, place - 1);
}

/* --- SAs that were seen ----------------------------------------------------------------------------------- */

static uint32_t sa_of(const ipsec_negotiations *all, uint32_t place)
{
    return place == IPSEC_NEGOTIATED_NONE ? IPSEC_SA_NONE : at(all, place)->sa;
}

/* Notes in the summaries of two SAs, if both were seen, that they belong together; the next function, that one follows
 * the other. */
static void tell_reverse(ipsec_sa_table *sas, uint32_t a, uint32_t b)
{
    if (a == IPSEC_SA_NONE || b == IPSEC_SA_NONE)
        return;
    ipsec_sa_summary_at(sas, a)->reverse = b;
    ipsec_sa_summary_at(sas, b)->reverse = a;
}

static void tell_successor(ipsec_sa_table *sas, uint32_t old, uint32_t new)
{
    if (old != IPSEC_SA_NONE && new != IPSEC_SA_NONE)
        ipsec_sa_summary_at(sas, old)->successor = new;
}

static void tell_neighbours(ipsec_sa_table *sas, const ipsec_negotiated *of)
{
    tell_reverse(sas, of->sa, sa_of(sas->negotiations, of->reverse));
    tell_successor(sas, sa_of(sas->negotiations, of->predecessor), of->sa);
    tell_successor(sas, of->sa, sa_of(sas->negotiations, of->successor));
}

/* If packets verify, they decide, not IKE. */
static void learn_esn(const ipsec_negotiated *of, ipsec_sa *sa)
{
    if (!sa->keys.icv_good && of->row.esn != IPSEC_ESN_AUTO)
        ipsec_sequence_learn_esn(&sa->numbers, of->row.esn == IPSEC_ESN_YES);
}

static void seat(ipsec_sa_table *sas, uint32_t place, ipsec_sa *sa)
{
    ipsec_negotiated *const of = at(sas->negotiations, place);

    sa->is_negotiated = true;
    sa->confirmed = true;
    if (sa->life.pair)
        sa->life.pair->is_told = true;
    sa->keys.nothing_to_try = false;
    of->sa = sa->index;
    g_hash_table_insert(sas->negotiations->by_sa, GUINT_TO_POINTER(sa->index), GUINT_TO_POINTER(place + 1));
    if (of->created_by)
        learn_esn(of, sa);
    tell_neighbours(sas, of);
}

void ipsec_negotiated_meet(ipsec_sa_table *sas, const ipsec_view *view, uint32_t spi, ipsec_sa *sa)
{
    const uint32_t place = view->address_length ? find_place(sas->negotiations, view, spi) : IPSEC_NEGOTIATED_NONE;

    if (place != IPSEC_NEGOTIATED_NONE && !at(sas->negotiations, place)->is_refused)
        seat(sas, place, sa);
}

/* --- what IKE says ---------------------------------------------------------------------------------------- */

uint32_t ipsec_negotiated_add(ipsec_sa_table *sas, const ipsec_view *to, uint32_t spi)
{
    const ipsec_negotiated fresh = {.row = {.protocol = to->protocol,
                                            .spi = spi,
                                            .spi_mask = UINT32_MAX,
                                            .esn = IPSEC_ESN_AUTO,
                                            .integrity = ipsec_integrity_none(),
                                            .replay_window = IPSEC_REPLAY_WINDOW_UNKNOWN,
                                            .hard_bytes = UINT64_MAX,
                                            .hard_packets = UINT64_MAX,
                                            .origin = IPSEC_ORIGIN_IKE},
                                    .named_at = to->time,
                                    .named_by = to->frame,
                                    .reverse = IPSEC_NEGOTIATED_NONE,
                                    .predecessor = IPSEC_NEGOTIATED_NONE,
                                    .successor = IPSEC_NEGOTIATED_NONE,
                                    .sa = IPSEC_SA_NONE};
    ipsec_sa *sa;
    uint32_t place;

    if (!sas->negotiations)
        sas->negotiations = new_table();
    place = sas->negotiations->list->len;
    if (place == IPSEC_NEGOTIATED_MOST) {
        ipsec_limit_reached(sas->limits, IPSEC_LIMIT_NEGOTIATED);
        return IPSEC_NEGOTIATED_NONE;
    }
    g_ptr_array_add(sas->negotiations->list, g_memdup2(&fresh, sizeof fresh));
    add_name(sas, to, spi, place);
    sa = ipsec_sa_look_up(sas, to, spi);
    if (sa)
        seat(sas, place, sa);
    return place;
}

void ipsec_negotiated_create(ipsec_sa_table *sas, uint32_t place, const ipsec_view *to)
{
    ipsec_negotiated *const of = at(sas->negotiations, place);
    ipsec_sa *const sa = ipsec_sa_look_up(sas, to, of->row.spi);

    of->created_by = to->frame;
    of->created_at = to->time;
    if (sa && sa->index == of->sa)
        learn_esn(of, sa);
}

void ipsec_negotiated_join(ipsec_sa_table *sas, uint32_t place, uint32_t reverse)
{
    at(sas->negotiations, place)->reverse = reverse;
    at(sas->negotiations, reverse)->reverse = place;
    tell_neighbours(sas, at(sas->negotiations, place));
}

void ipsec_negotiated_replace(ipsec_sa_table *sas, uint32_t place, uint32_t predecessor)
{
    at(sas->negotiations, place)->predecessor = predecessor;
    at(sas->negotiations, predecessor)->successor = place;
    tell_neighbours(sas, at(sas->negotiations, place));
}

/* If both ends rekey at once, one of the two new SAs is deleted without being used. */
static void give_way(ipsec_negotiations *all, uint32_t place)
{
    const ipsec_negotiated *gone = at(all, place);
    const uint32_t old = gone->predecessor;

    if (gone->sa == IPSEC_SA_NONE && old != IPSEC_NEGOTIATED_NONE && at(all, old)->successor == place)
        at(all, old)->successor = IPSEC_NEGOTIATED_NONE;
}

void ipsec_negotiated_delete(ipsec_sa_table *sas, uint32_t place, const ipsec_view *view, bool is_final)
{
    ipsec_negotiated *const of = at(sas->negotiations, place);

    if (of->is_deleted || (of->deleted_by && !is_final))
        return;
    of->deleted_by = view->frame;
    of->is_deleted = is_final;
    of->deleted_at = view->time;
    if (is_final)
        give_way(sas->negotiations, place);
}

static bool is_same_place(const ipsec_view *a, const ipsec_view *b)
{
    return a->address_length == b->address_length && memcmp(a->destination, b->destination, a->address_length) == 0;
}

void ipsec_negotiated_move(ipsec_sa_table *sas, uint32_t place, const ipsec_view *from, const ipsec_view *to)
{
    const ipsec_negotiated *of = at(sas->negotiations, place);
    ipsec_sa *const sa = ipsec_sa_look_up(sas, from, of->row.spi);

    if (!is_same_place(from, to))
        add_name(sas, to, of->row.spi, place);
    if (sa && sa->index == of->sa)
        ipsec_sa_move(sas, sa, to, of->row.spi);
}

/* --- packets ---------------------------------------------------------------------------------------------- */

bool ipsec_negotiated_is_over(const ipsec_negotiated *of, const ipsec_view *view)
{
    return of->is_deleted && of->deleted_by < view->frame && view->time > of->deleted_at + ON_ITS_WAY;
}

static bool is_early(const ipsec_negotiated *of, const ipsec_view *view)
{
    return of->was_answered && of->created_by == 0 && view->time < of->named_at + ANSWER_WITHIN;
}

void ipsec_negotiated_count(const ipsec_sa_table *sas, uint32_t index)
{
    const uint32_t place = GPOINTER_TO_UINT(g_hash_table_lookup(sas->negotiations->by_sa, GUINT_TO_POINTER(index)));

    if (place > 0 && at(sas->negotiations, place - 1)->packets < UINT32_MAX)
        at(sas->negotiations, place - 1)->packets++;
}

/* Whether the other direction has moved to its successor, and this one has not. */
static bool is_left_behind(const ipsec_sa_table *sas, const ipsec_negotiated *of, const ipsec_view *view)
{
    const ipsec_negotiations *all = sas->negotiations;
    uint32_t other;

    if (of->successor == IPSEC_NEGOTIATED_NONE || at(all, of->successor)->packets > 0 ||
        view->time < at(all, of->successor)->created_at + SWITCHED_WITHIN)
        return false;
    other = at(all, of->successor)->reverse;
    return other != IPSEC_NEGOTIATED_NONE && at(all, other)->packets >= SWITCHED_PACKETS;
}

void ipsec_negotiated_judge(const ipsec_sa_table *sas, const ipsec_negotiated *of, const ipsec_view *view,
                            ipsec_note *note)
{
    if (ipsec_negotiated_is_over(of, view))
        ipsec_note_add(note, IPSEC_FINDING_SA_DELETED);
    else if (is_early(of, view))
        ipsec_note_add(note, IPSEC_FINDING_SA_EARLY);
    else if (is_left_behind(sas, of, view))
        ipsec_note_add(note, IPSEC_FINDING_SA_ONE_SIDED);
}
