/* The table of SAs.
 *
 * Every packet of a capture may have another SPI. So the state of a limited number of SAs is kept, and beyond that one
 * is forgotten for each new one: first the oldest of those with a single packet, because anybody can make these up;
 * then the one that has been idle longest; and last those that have verified, which nobody can make up. An SA needs
 * time to send its second packet, so some newcomers are kept in any case. Somebody who sends two packets on each of
 * more SPIs than there is room for can still cause SAs to be forgotten that are idle meanwhile and never verified; this
 * is reported on their next packet.
 *
 * This costs nothing while there is room: only when an SA has to go, the SAs at the top of a heap are examined, and
 * sink if they have shown more, or been active later, than the heap knows. Each such step is paid for by a packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/sa.h"
#include "base/config.h"
#include "base/hash.h"
#include "sa/exchanges.h"
#include "sa/hints.h"
#include "sa/negotiated.h"
#include "sa/sequence.h"
#include "sa/steady.h"
#include "base/octets.h"

/* The share of a full table that newcomers may keep: one in this many. */
#define NEWCOMERS_PART 16u

/* Slots of an empty table; a power of two. */
#define SLOTS_LEAST 1024u

/* How much an SA has shown. */
enum {
    RANK_NEW, /* one packet */
    RANK_KNOWN,
    RANK_VERIFIED
};

static guint pair_hash(gconstpointer pair)
{
    return ipsec_sa_key_hash(&((const ipsec_sa_pair *)pair)->key);
}

static gboolean pair_equal(gconstpointer a, gconstpointer b)
{
    return ipsec_sa_keys_equal(&((const ipsec_sa_pair *)a)->key, &((const ipsec_sa_pair *)b)->key);
}

/* --- the table */

ipsec_sa_table *ipsec_sa_table_new(uint32_t most, ipsec_limits *limits)
{
    ipsec_sa_table *table = g_new0(ipsec_sa_table, 1);

    table->seed = ipsec_hash_seed();
    table->limits = limits;
    for (unsigned i = 0; i < G_N_ELEMENTS(table->to); i++) {
        table->to[i] = ipsec_hash_seed() | 1;
        table->from[i] = ipsec_hash_seed() | 1;
    }
    table->slots = g_new0(ipsec_sa *, SLOTS_LEAST);
    table->mask = SLOTS_LEAST - 1;
    table->most = most ? most : IPSEC_SAS_DEFAULT;
    table->summaries = g_array_new(false, false, sizeof(ipsec_sa_summary));
    table->pairs = g_hash_table_new(pair_hash, pair_equal);
    table->sa_blocks = ipsec_blocks_new(sizeof(ipsec_sa));
    table->pair_blocks = ipsec_blocks_new(sizeof(ipsec_sa_pair));
    table->ivs = ipsec_iv_store_new(limits);
    table->generations = ipsec_generations_new(table->ivs);
    return table;
}

void ipsec_sa_table_free(ipsec_sa_table *table)
{
    if (!table)
        return;
    for (uint32_t i = 0; i <= table->mask; i++)
        if (table->slots[i])
            ipsec_sequence_clear(&table->slots[i]->numbers);
    ipsec_blocks_free(table->sa_blocks);
    g_free(table->slots);
    if (table->known) {
        g_ptr_array_free(table->newcomers, true);
        g_ptr_array_free(table->known, true);
    }
    ipsec_generations_free(table->generations);
    ipsec_iv_store_free(table->ivs);
    ipsec_forgotten_free(table->forgotten);
    ipsec_negotiations_free(table->negotiations);
    ipsec_hints_free(table->hints);
    ipsec_exchanges_free(table->exchanges);
    g_array_free(table->summaries, true);
    g_hash_table_destroy(table->pairs);
    ipsec_blocks_free(table->pair_blocks);
    g_free(table);
}

static void put(ipsec_sa_table *table, ipsec_sa *sa)
{
    uint32_t at = ipsec_sa_key_hash(&sa->key) & table->mask;

    while (table->slots[at])
        at = (at + 1) & table->mask;
    table->slots[at] = sa;
}

static void grow(ipsec_sa_table *table)
{
    ipsec_sa **const before = table->slots;
    const uint32_t count = table->mask + 1;

    table->slots = g_new0(ipsec_sa *, 2 * (size_t)count);
    table->mask = 2 * count - 1;
    for (uint32_t i = 0; i < count; i++)
        if (before[i])
            put(table, before[i]);
    g_free(before);
}

/* Empties the slot of an SA. Entries move up that were placed after it because that slot, or one before it, was taken.
 */
static void take_out(ipsec_sa_table *table, const ipsec_sa *sa)
{
    uint32_t gap = ipsec_sa_key_hash(&sa->key) & table->mask;

    while (table->slots[gap] != sa)
        gap = (gap + 1) & table->mask;
    for (uint32_t at = (gap + 1) & table->mask; table->slots[at]; at = (at + 1) & table->mask) {
        const uint32_t own = ipsec_sa_key_hash(&table->slots[at]->key) & table->mask;

        if (((at - own) & table->mask) < ((at - gap) & table->mask))
            continue;
        table->slots[gap] = table->slots[at];
        gap = at;
    }
    table->slots[gap] = NULL;
}

/* --- which one goes */

static bool goes_before(const ipsec_sa *a, const ipsec_sa *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank;
    /* If two are idle since the same frame, the one that was created first goes. */
    return a->life.idle_since != b->life.idle_since ? a->life.idle_since < b->life.idle_since : a->index < b->index;
}

static void sink(GPtrArray *heap, guint at)
{
    ipsec_sa *const sa = heap->pdata[at];

    for (guint child = 2 * at + 1; child < heap->len; child = 2 * at + 1) {
        if (child + 1 < heap->len && goes_before(heap->pdata[child + 1], heap->pdata[child]))
            child++;
        if (!goes_before(heap->pdata[child], sa))
            break;
        heap->pdata[at] = heap->pdata[child];
        at = child;
    }
    heap->pdata[at] = sa;
}

static void push(GPtrArray *heap, ipsec_sa *sa)
{
    guint at = heap->len;

    g_ptr_array_add(heap, sa);
    for (; at > 0 && goes_before(sa, heap->pdata[(at - 1) / 2]); at = (at - 1) / 2)
        heap->pdata[at] = heap->pdata[(at - 1) / 2];
    heap->pdata[at] = sa;
}

static ipsec_sa *pop(GPtrArray *heap)
{
    ipsec_sa *const top = g_ptr_array_remove_index_fast(heap, 0);

    if (heap->len > 0)
        sink(heap, 0);
    return top;
}

/* Updates what an SA has shown, and since when it has been idle. Returns whether that has changed. */
static bool ask(const ipsec_sa_table *table, ipsec_sa *sa)
{
    const ipsec_sa_summary *summary = ipsec_sa_summary_at(table, sa->index);
    const uint8_t shown = summary->packets > 1 ? RANK_KNOWN : RANK_NEW;
    const uint8_t rank = sa->keys.icv_good ? RANK_VERIFIED : shown;
    const bool changed = sa->rank != rank || sa->life.idle_since != summary->last_frame;

    sa->rank = rank;
    sa->life.idle_since = summary->last_frame;
    return changed;
}

static void make_heaps(ipsec_sa_table *table)
{
    table->newcomers = g_ptr_array_new();
    table->known = g_ptr_array_new();
    for (uint32_t i = 0; i <= table->mask; i++) {
        ipsec_sa *sa = table->slots[i];

        if (!sa)
            continue;
        ask(table, sa);
        g_ptr_array_add(sa->rank == RANK_NEW ? table->newcomers : table->known, sa);
    }
    for (guint at = table->newcomers->len / 2; at-- > 0;)
        sink(table->newcomers, at);
    for (guint at = table->known->len / 2; at-- > 0;)
        sink(table->known, at);
}

/* Takes the SA that has to go out of its heap. */
static ipsec_sa *take_first(ipsec_sa_table *table)
{
    GPtrArray *const newcomers = table->newcomers, *const known = table->known;

    while (newcomers->len > 0 && ask(table, newcomers->pdata[0]))
        push(known, pop(newcomers));
    if (newcomers->len > table->most / NEWCOMERS_PART)
        return pop(newcomers);
    while (known->len > 0 && ask(table, known->pdata[0]))
        sink(known, 0);
    return pop(known->len > 0 ? known : newcomers);
}

/* A different hash than for the slots: wider, and with a seed of its own. */
static uint64_t hash_forgotten(const ipsec_sa_table *table, const ipsec_sa_key *key)
{
    return ipsec_hash_mix(ipsec_hash_mix(~table->seed, key->name), key->where);
}

/* An SA with one packet leaves only its summary behind, because it had no window yet. */
static void remember_forgotten(ipsec_sa_table *table, const ipsec_sa *sa)
{
    if (sa->rank == RANK_NEW)
        return;
    if (!table->forgotten)
        table->forgotten = ipsec_forgotten_new();
    ipsec_forgotten_add(table->forgotten, hash_forgotten(table, &sa->key));
}

static void leave_pair(ipsec_sa_table *table, ipsec_sa_pair *pair)
{
    if (!pair || --pair->sas > 0)
        return;
    if (pair->back)
        pair->back->back = NULL;
    g_hash_table_remove(table->pairs, pair);
    ipsec_blocks_give_back(table->pair_blocks, pair);
}

/* Makes room: takes an SA out of the table, and returns it for the next one. */
static ipsec_sa *forget(ipsec_sa_table *table)
{
    ipsec_sa *sa;

    if (!table->known)
        make_heaps(table);
    ipsec_limit_reached(table->limits, IPSEC_LIMIT_SAS);
    sa = take_first(table);
    remember_forgotten(table, sa);
    take_out(table, sa);
    leave_pair(table, sa->life.pair);
    ipsec_sequence_clear(&sa->numbers);
    ipsec_iv_forget(table->ivs, &sa->iv);
    ipsec_generations_drop(table->generations, sa);
    return sa;
}

/* --- SAs */

static void begin(ipsec_sa_table *table, ipsec_sa *sa, const ipsec_sa_key *key, uint32_t frame)
{
    const ipsec_sa_summary summary = {.first_frame = frame, .reverse = IPSEC_SA_NONE, .successor = IPSEC_SA_NONE};

    *sa = (ipsec_sa){.key = *key,
                     .index = table->summaries->len,
                     .life = {.idle_since = frame},
                     .numbers = {.row_window = IPSEC_REPLAY_WINDOW_UNKNOWN, .esn = IPSEC_ESN_AUTO}};
    g_array_append_val(table->summaries, summary);
    put(table, sa);
}

static ipsec_sa *make(ipsec_sa_table *table, const ipsec_sa_key *key, uint32_t frame, ipsec_note *note)
{
    ipsec_sa *sa;

    if (table->live == table->most) {
        sa = forget(table);
        begin(table, sa, key, frame);
        push(table->newcomers, sa);
        if (table->forgotten && ipsec_forgotten_has(table->forgotten, hash_forgotten(table, key)))
            ipsec_note_add(note, IPSEC_FINDING_SA_FORGOTTEN);
        return sa;
    }
    if (++table->live > (table->mask + 1) / 2)
        grow(table);
    sa = ipsec_blocks_take(table->sa_blocks);
    begin(table, sa, key, frame);
    return sa;
}

static IPSEC_COLD ipsec_sa *make_and_meet(ipsec_sa_table *table, const ipsec_sa_key *key, const ipsec_view *view,
                                          uint32_t spi, ipsec_note *note)
{
    ipsec_sa *sa = make(table, key, view->frame, note);

    if (table->negotiations)
        ipsec_negotiated_meet(table, view, spi, sa);
    if (table->hints)
        ipsec_hints_meet(table->hints, view, spi, sa->index);
    if (table->exchanges)
        ipsec_exchanges_seat(table, view, sa->index);
    return sa;
}

ipsec_sa *ipsec_sa_get(ipsec_sa_table *table, const ipsec_view *view, uint32_t spi, ipsec_note *note)
{
    const ipsec_sa_key key = ipsec_sa_key_of(table, view, spi);
    ipsec_sa *sa = ipsec_sa_find_key(table, &key);

    if (!sa)
        sa = make_and_meet(table, &key, view, spi, note);
    else
        ipsec_steady_end(sa);
    ipsec_sa_count_packet(table, sa, view->frame, ipsec_view_octets(view));
    return sa;
}

const ipsec_sa *ipsec_sa_find(const ipsec_sa_table *table, const ipsec_view *view, uint32_t spi)
{
    const ipsec_sa_key key = ipsec_sa_key_of(table, view, spi);
    ipsec_sa *sa = ipsec_sa_find_key(table, &key);

    if (sa)
        ipsec_steady_catch_up(sa);
    return sa;
}

ipsec_sa *ipsec_sa_look_up(ipsec_sa_table *table, const ipsec_view *view, uint32_t spi)
{
    const ipsec_sa_key key = ipsec_sa_key_of(table, view, spi);
    ipsec_sa *sa = ipsec_sa_find_key(table, &key);

    if (sa)
        ipsec_steady_end(sa);
    return sa;
}

void ipsec_sa_move(ipsec_sa_table *table, ipsec_sa *sa, const ipsec_view *to, uint32_t spi)
{
    const ipsec_sa_key key = ipsec_sa_key_of(table, to, spi);

    sa->life.origin = 0; /* starts over */
    if (ipsec_sa_find_key(table, &key))
        return;
    take_out(table, sa);
    sa->key = key;
    put(table, sa);
}

uint32_t ipsec_sa_count(const ipsec_sa_table *table)
{
    return table->summaries->len;
}

/* --- pairs */

/* The key of what is sent from one address (and port, in UDP) of the view to the other, or back. */
static ipsec_sa_pair name_pair(const ipsec_sa_table *table, const ipsec_view *view, bool back)
{
    const uint32_t source = back ? view->destination_port : view->source_port;
    const uint32_t destination = back ? view->source_port : view->destination_port;
    ipsec_sa_pair pair = {
        .key = {.name = ipsec_sa_key_name(source << 16 | destination, view->address_length, view->protocol)}};

    pair.key.where = ipsec_sa_hash_address(table->to, back ? view->source : view->destination, view->address_length) +
                     ipsec_sa_hash_address(table->from, back ? view->destination : view->source, view->address_length);
    return pair;
}

const ipsec_sa_pair *ipsec_sa_pair_find(const ipsec_sa_table *table, const ipsec_view *view, bool back)
{
    const ipsec_sa_pair name = name_pair(table, view, back);

    return g_hash_table_lookup(table->pairs, &name);
}

/* The SAs of both directions are created together, so those that appear next to each other belong together. But an SA
 * that verifies does not belong to one that does not, if others of that direction verify. */
static bool belongs(const ipsec_sa_pair *pair, bool good)
{
    const ipsec_sa_pair *back = pair->back;

    if (!back || back->unmatched == IPSEC_SA_NONE)
        return false;
    return good == back->unmatched_good || !(good ? back->verified : pair->verified);
}

static void match(const ipsec_sa_table *table, ipsec_sa_pair *pair, uint32_t sa, bool good)
{
    uint32_t other;

    if (!belongs(pair, good)) {
        if (pair->unmatched != IPSEC_SA_NONE && pair->unmatched_good && !good)
            return;
        pair->unmatched = sa;
        pair->unmatched_good = good;
        return;
    }
    other = pair->back->unmatched;
    pair->back->unmatched = IPSEC_SA_NONE;
    pair->back->matched = other;
    pair->matched = sa;
    pair->matched_good = good;
    pair->back->matched_good = pair->back->unmatched_good;
    ipsec_sa_summary_at(table, sa)->reverse = other;
    ipsec_sa_summary_at(table, other)->reverse = sa;
}

/* Returns the reverse SA to its pair, to be matched again. */
static void unmatch(const ipsec_sa_table *table, ipsec_sa_pair *pair, ipsec_sa_summary *summary)
{
    const uint32_t other = summary->reverse;

    if (other == IPSEC_SA_NONE)
        return;
    summary->reverse = IPSEC_SA_NONE;
    ipsec_sa_summary_at(table, other)->reverse = IPSEC_SA_NONE;
    if (!pair->back || pair->back->unmatched != IPSEC_SA_NONE)
        return;
    pair->back->unmatched = other;
    pair->back->unmatched_good = pair->back->matched == other && pair->back->matched_good;
}

static void forget_index(uint32_t *named, uint32_t sa)
{
    if (*named == sa)
        *named = IPSEC_SA_NONE;
}

void ipsec_sa_pair_leave(ipsec_sa_table *table, ipsec_sa *sa)
{
    ipsec_sa_summary *const summary = ipsec_sa_summary_at(table, sa->index);
    ipsec_sa_pair *const pair = sa->life.pair;

    if (!pair)
        return;
    if (!sa->is_negotiated) {
        summary->successor = IPSEC_SA_NONE;
        unmatch(table, pair, summary);
    }
    forget_index(&pair->active, sa->index);
    forget_index(&pair->next, sa->index);
    forget_index(&pair->unmatched, sa->index);
    forget_index(&pair->matched, sa->index);
    sa->life.pair = NULL;
    sa->life.origin = 0; /* it is set again together with a pair */
    leave_pair(table, pair);
}

void ipsec_sa_pair_match_better(const ipsec_sa_table *table, ipsec_sa_pair *pair, const ipsec_sa *sa)
{
    ipsec_sa_summary *const summary = ipsec_sa_summary_at(table, sa->index), *rival;
    const bool good = sa->keys.icv_good;
    uint32_t other;

    if (sa->is_negotiated)
        return;
    if (pair->matched == sa->index)
        pair->matched_good = good;
    if (summary->reverse != IPSEC_SA_NONE || pair->matched == IPSEC_SA_NONE)
        return;
    rival = ipsec_sa_summary_at(table, pair->matched);
    if (rival->reverse == IPSEC_SA_NONE || good < pair->matched_good)
        return;
    if (good == pair->matched_good && (summary->packets == 1 || rival->packets > 1))
        return;
    other = rival->reverse;
    if (good && pair->back && pair->back->verified && !(pair->back->matched == other && pair->back->matched_good))
        return;
    rival->reverse = IPSEC_SA_NONE;
    summary->reverse = other;
    ipsec_sa_summary_at(table, other)->reverse = sa->index;
    pair->matched = sa->index;
    pair->matched_good = good;
    if (pair->unmatched == sa->index)
        pair->unmatched = IPSEC_SA_NONE;
}

static ipsec_sa_pair *make_pair(ipsec_sa_table *table, const ipsec_sa_pair *name)
{
    ipsec_sa_pair *pair = ipsec_blocks_take(table->pair_blocks);

    *pair = *name;
    pair->active = pair->next = pair->unmatched = pair->matched = IPSEC_SA_NONE;
    g_hash_table_add(table->pairs, pair);
    return pair;
}

ipsec_sa_pair *ipsec_sa_pair_get(ipsec_sa_table *table, const ipsec_view *view, ipsec_sa *sa)
{
    const ipsec_sa_pair name = name_pair(table, view, false), back_name = name_pair(table, view, true);
    ipsec_sa_pair *pair = g_hash_table_lookup(table->pairs, &name), *back;

    if (!pair)
        pair = make_pair(table, &name);
    back = g_hash_table_lookup(table->pairs, &back_name);
    if (back && back != pair) {
        pair->back = back;
        back->back = pair;
    }
    pair->sas++;
    if (!sa->is_negotiated)
        match(table, pair, sa->index, sa->keys.icv_good);
    return pair;
}

static unsigned list_pair(const ipsec_sa_pair *pair, uint32_t *list)
{
    const uint32_t named[] = {pair->active, pair->next, pair->unmatched, pair->matched};
    unsigned count = 0;

    for (unsigned i = 0; i < G_N_ELEMENTS(named); i++)
        if (named[i] != IPSEC_SA_NONE)
            list[count++] = named[i];
    return count;
}

unsigned ipsec_sas_between(const ipsec_sa_table *table, const ipsec_view *view, uint32_t list[IPSEC_SAS_BETWEEN_MOST])
{
    ipsec_view of = *view;
    unsigned count = 0;

    G_STATIC_ASSERT(IPSEC_SAS_BETWEEN_MOST == 2 * 2 * 4);
    of.protocol = IPSEC_PROTOCOL_ESP;
    for (unsigned way = 0; way < 4; way++) {
        ipsec_sa_pair name;
        const ipsec_sa_pair *pair;

        if (way == 2)
            of.source_port = of.destination_port = 0;
        name = name_pair(table, &of, way & 1);
        pair = g_hash_table_lookup(table->pairs, &name);
        if (pair && (way >= 2 || view->source_port != 0))
            count += list_pair(pair, list + count);
    }
    return count;
}
