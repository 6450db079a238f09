/* Tables of SAs and of IKE peers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa.h"
#include "hash.h"
#include "judge.h"

#include <glib.h>
#include <stddef.h>
#include <string.h>

/* A capture may hold an SPI of its own in every packet. Beyond these numbers new SAs and peers are
 * judged packet by packet, without history. */
#define SA_MOST    1048576u
#define PEERS_MOST 65536u

/* Two addresses, the smaller first, zero-padded. */
typedef struct peers_key {
    uint8_t low[16];
    uint8_t high[16];
    uint32_t hash; /* of the rest */
} peers_key;

/* Slots of the cache in front of the hash table; a power of two. Most captures have fewer live SAs by far. */
#define RECENT 32768u

/* A pair with the key that it is found by. */
typedef struct sa_pair {
    ipsec_sa_key key;
    ipsec_sa_pair pair;
} sa_pair;

struct ipsec_sa_table {
    ipsec_sa *recent[RECENT]; /* the last SA met per low bits of the hash: spares most packets the lookup */
    GHashTable *sas;          /* ipsec_sa_key in an ipsec_sa -> that ipsec_sa */
    GHashTable *peers;        /* set of peers_key */
    GPtrArray *by_index;      /* the SAs in order of appearance */
    GHashTable *pairs;        /* ipsec_sa_key in a sa_pair, with both addresses and no SPI -> that */
    uint64_t seed;            /* of the hashes */
};

static uint64_t load(const uint8_t *octets)
{
    uint64_t value;

    memcpy(&value, octets, sizeof value);
    return value;
}

/* A word or two of an address; returns the hash that takes them in. */
static inline uint64_t load_address(const uint8_t *address, uint8_t length, uint64_t words[2], uint64_t hash)
{
    uint32_t v4;

    if (length == 4) {
        memcpy(&v4, address, sizeof v4);
        words[0] = v4;
    } else {
        words[0] = load(address);
        words[1] = load(address + 8);
        hash = ipsec_hash_mix(hash, words[1]);
    }
    return ipsec_hash_mix(hash, words[0]);
}

static inline bool is_multicast(const ipsec_view *view)
{
    return view->address_length == 4 ? view->destination[0] >> 4 == 0xe : view->destination[0] == 0xff;
}

static inline ipsec_sa_key make_key(const ipsec_sa_table *table, const ipsec_view *view, uint32_t spi)
{
    ipsec_sa_key key = {.name = (uint64_t)spi << 32 | (uint32_t)view->address_length << 8 | view->protocol};
    uint64_t hash = ipsec_hash_mix(table->seed, key.name);

    if (view->address_length > 0) {
        hash = load_address(view->destination, view->address_length, key.destination, hash);
        if (is_multicast(view))
            hash = load_address(view->source, view->address_length, key.source, hash);
    }
    key.hash = (uint32_t)hash;
    return key;
}

static inline bool is_same(const ipsec_sa_key *a, const ipsec_sa_key *b)
{
    return a->name == b->name && a->destination[0] == b->destination[0] && a->destination[1] == b->destination[1] &&
           a->source[0] == b->source[0] && a->source[1] == b->source[1];
}

static guint sa_hash(gconstpointer key)
{
    return ((const ipsec_sa_key *)key)->hash;
}

static gboolean sa_equal(gconstpointer a, gconstpointer b)
{
    return is_same(a, b);
}

static guint peers_hash(gconstpointer key)
{
    return ((const peers_key *)key)->hash;
}

static gboolean peers_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, offsetof(peers_key, hash)) == 0;
}

static void free_sa(gpointer data)
{
    ipsec_sa *sa = data;

    ipsec_window_clear(&sa->numbers.window);
    g_free(sa);
}

ipsec_sa_table *ipsec_sa_table_new(void)
{
    ipsec_sa_table *table = g_new0(ipsec_sa_table, 1);

    table->sas = g_hash_table_new_full(sa_hash, sa_equal, NULL, free_sa);
    table->peers = g_hash_table_new_full(peers_hash, peers_equal, g_free, NULL);
    table->by_index = g_ptr_array_new();
    table->pairs = g_hash_table_new_full(sa_hash, sa_equal, NULL, g_free);
    table->seed = ipsec_hash_seed();
    return table;
}

void ipsec_sa_table_free(ipsec_sa_table *table)
{
    if (!table)
        return;
    g_hash_table_destroy(table->sas);
    g_hash_table_destroy(table->peers);
    g_hash_table_destroy(table->pairs);
    g_ptr_array_free(table->by_index, true);
    g_free(table);
}

/* The SA from the hash table, made if it is new; NULL if the table is full. Becomes the recent one. */
static IPSEC_RARE ipsec_sa *find_or_make(ipsec_sa_table *table, const ipsec_sa_key *key)
{
    ipsec_sa *sa = g_hash_table_lookup(table->sas, key);

    if (!sa && g_hash_table_size(table->sas) >= SA_MOST)
        return NULL;
    if (!sa) {
        sa = g_new0(ipsec_sa, 1);
        sa->key = *key;
        sa->index = g_hash_table_size(table->sas);
        sa->numbers.last = IPSEC_RECORD_NONE;
        sa->numbers.row_window = IPSEC_REPLAY_WINDOW_UNKNOWN;
        sa->numbers.esn = IPSEC_ESN_AUTO;
        sa->life.reverse = UINT32_MAX;
        g_hash_table_insert(table->sas, &sa->key, sa);
        g_ptr_array_add(table->by_index, sa);
    }
    table->recent[key->hash % RECENT] = sa;
    return sa;
}

ipsec_sa *ipsec_sa_get(ipsec_sa_table *table, const ipsec_view *view, uint32_t spi)
{
    const ipsec_sa_key key = make_key(table, view, spi);
    ipsec_sa *recent = table->recent[key.hash % RECENT];

    if (recent && is_same(&recent->key, &key))
        return recent;
    return find_or_make(table, &key);
}

ipsec_sa *ipsec_sa_at(const ipsec_sa_table *table, uint32_t index)
{
    return g_ptr_array_index(table->by_index, index);
}

/* The key of what goes from one address of the view to the other, or back. */
static ipsec_sa_key make_pair_key(const ipsec_sa_table *table, const ipsec_view *view, bool back)
{
    const uint8_t length = view->address_length;
    ipsec_sa_key key = {.name = (uint32_t)length << 8 | view->protocol};
    uint64_t hash = ipsec_hash_mix(table->seed, key.name);

    hash = load_address(back ? view->source : view->destination, length, key.destination, hash);
    hash = load_address(back ? view->destination : view->source, length, key.source, hash);
    key.hash = (uint32_t)hash;
    return key;
}

/* The SAs of both directions are made together, so those that appear next to each other belong together. */
static void match(ipsec_sa_pair *pair, ipsec_sa *sa)
{
    ipsec_sa *other = pair->back ? pair->back->unmatched : NULL;

    if (!other) {
        pair->unmatched = sa;
        return;
    }
    pair->back->unmatched = NULL;
    sa->life.reverse = other->index;
    other->life.reverse = sa->index;
}

ipsec_sa_pair *ipsec_sa_pair_get(ipsec_sa_table *table, const ipsec_view *view, ipsec_sa *sa)
{
    const ipsec_sa_key key = make_pair_key(table, view, false), back_key = make_pair_key(table, view, true);
    sa_pair *found = g_hash_table_lookup(table->pairs, &key), *back;

    if (!found && g_hash_table_size(table->pairs) >= PEERS_MOST)
        return NULL;
    if (!found) {
        found = g_new0(sa_pair, 1);
        found->key = key;
        g_hash_table_insert(table->pairs, &found->key, found);
    }
    back = g_hash_table_lookup(table->pairs, &back_key);
    if (back && back != found) {
        found->pair.back = &back->pair;
        back->pair.back = &found->pair;
    }
    match(&found->pair, sa);
    return &found->pair;
}

uint32_t ipsec_sa_count(const ipsec_sa_table *table)
{
    return g_hash_table_size(table->sas);
}

static bool make_peers(const ipsec_sa_table *table, const ipsec_view *view, peers_key *key)
{
    const uint8_t length = view->address_length;
    const uint8_t *low = view->source, *high = view->destination;

    if (length != 4 && length != 16)
        return false;
    if (memcmp(low, high, length) > 0) {
        low = view->destination;
        high = view->source;
    }
    memset(key, 0, sizeof *key);
    memcpy(key->low, low, length);
    memcpy(key->high, high, length);
    key->hash = (uint32_t)ipsec_hash_mix(
        ipsec_hash_mix(ipsec_hash_mix(ipsec_hash_mix(table->seed, load(key->low)), load(key->low + 8)),
                       load(key->high)),
        load(key->high + 8));
    return true;
}

void ipsec_peers_add(ipsec_sa_table *table, const ipsec_view *view)
{
    peers_key key;

    if (!make_peers(table, view, &key) || g_hash_table_size(table->peers) >= PEERS_MOST)
        return;
    if (!g_hash_table_contains(table->peers, &key))
        g_hash_table_add(table->peers, g_memdup2(&key, sizeof key));
}

bool ipsec_peers_known(const ipsec_sa_table *table, const ipsec_view *view)
{
    peers_key key;

    return make_peers(table, view, &key) && g_hash_table_contains(table->peers, &key);
}
