/* Tables of SAs and of IKE peers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa.h"

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

struct ipsec_sa_table {
    ipsec_sa *recent[RECENT]; /* the last SA met per low bits of the hash: spares most packets the lookup */
    GHashTable *sas;          /* ipsec_sa_key in an ipsec_sa -> that ipsec_sa */
    GHashTable *peers;        /* set of peers_key */
    uint64_t seed;            /* drawn anew for each table, so that a capture cannot be made to collide */
};

/* One step of a hash: takes in a word, and spreads it upwards by the product and downwards by the shift. The
 * constant is that of Fibonacci hashing, 2^64 over the golden ratio. */
static inline uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static uint64_t load(const uint8_t *octets)
{
    uint64_t value;

    memcpy(&value, octets, sizeof value);
    return value;
}

static inline ipsec_sa_key make_key(const ipsec_sa_table *table, const ipsec_view *view, uint32_t spi)
{
    ipsec_sa_key key = {.name = (uint64_t)spi << 32 | (uint32_t)view->address_length << 8 | view->protocol};
    uint64_t hash = table->seed;
    uint32_t v4;

    if (view->address_length == 4) {
        memcpy(&v4, view->destination, sizeof v4);
        key.destination[0] = v4;
    } else if (view->address_length == 16) {
        key.destination[0] = load(view->destination);
        key.destination[1] = load(view->destination + 8);
        hash = mix(hash, key.destination[1]);
    }
    key.hash = (uint32_t)mix(mix(hash, key.name), key.destination[0]);
    return key;
}

static inline bool is_same(const ipsec_sa_key *a, const ipsec_sa_key *b)
{
    return a->name == b->name && a->destination[0] == b->destination[0] && a->destination[1] == b->destination[1];
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

ipsec_sa_table *ipsec_sa_table_new(void)
{
    ipsec_sa_table *table = g_new0(ipsec_sa_table, 1);

    table->sas = g_hash_table_new_full(sa_hash, sa_equal, NULL, g_free);
    table->peers = g_hash_table_new_full(peers_hash, peers_equal, g_free, NULL);
    table->seed = (uint64_t)g_random_int() << 32 | g_random_int();
    return table;
}

void ipsec_sa_table_free(ipsec_sa_table *table)
{
    if (!table)
        return;
    g_hash_table_destroy(table->sas);
    g_hash_table_destroy(table->peers);
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
        g_hash_table_insert(table->sas, &sa->key, sa);
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
    key->hash = (uint32_t)mix(mix(mix(mix(table->seed, load(key->low)), load(key->low + 8)), load(key->high)),
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
