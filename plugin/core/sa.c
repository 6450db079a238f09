/* Tables of SAs and of IKE peers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa.h"

#include <glib.h>
#include <string.h>

/* A capture may hold an SPI of its own in every packet. Beyond these numbers new SAs and peers are
 * judged packet by packet, without history. */
#define SA_MOST 1048576u
#define PEERS_MOST 65536u

/* Two addresses, the smaller first. */
typedef struct peers_key {
    uint8_t low[16];
    uint8_t high[16];
} peers_key;

struct ipsec_sa_table {
    GHashTable *sas;   /* ipsec_sa_key in an ipsec_sa -> that ipsec_sa */
    GHashTable *peers; /* set of peers_key */
    uint64_t seed[2];  /* drawn anew for each table, so that a capture cannot be made to collide */
};

/* Folds the 128-bit product: one multiplication mixes all bits of both sides. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    const unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load(const uint8_t *octets)
{
    uint64_t value;

    memcpy(&value, octets, sizeof value);
    return value;
}

static void make_key(const ipsec_sa_table *table, const ipsec_view *view, uint32_t spi, ipsec_sa_key *key)
{
    uint64_t h;

    memset(key, 0, sizeof *key);
    if (view->address_length == 4)
        memcpy(key->destination, view->destination, 4);
    else if (view->address_length == 16)
        memcpy(key->destination, view->destination, 16);
    key->spi = spi;
    key->protocol = view->protocol;
    key->address_length = view->address_length;
    h = mix(load(key->destination) ^ table->seed[0], load(key->destination + 8) ^ table->seed[1]);
    key->hash = (uint32_t)mix(h ^ table->seed[1], ((uint64_t)spi << 8 | view->protocol) ^ table->seed[0]);
}

static guint sa_hash(gconstpointer key)
{
    return ((const ipsec_sa_key *)key)->hash;
}

static gboolean sa_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(ipsec_sa_key)) == 0;
}

static guint peers_hash(gconstpointer key)
{
    const peers_key *peers = key;

    return (guint)mix(mix(load(peers->low), load(peers->low + 8) ^ G_MAXUINT32),
                      mix(load(peers->high), load(peers->high + 8) ^ G_MAXUINT32));
}

static gboolean peers_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(peers_key)) == 0;
}

ipsec_sa_table *ipsec_sa_table_new(void)
{
    ipsec_sa_table *table = g_new0(ipsec_sa_table, 1);

    table->sas = g_hash_table_new_full(sa_hash, sa_equal, NULL, g_free);
    table->peers = g_hash_table_new_full(peers_hash, peers_equal, g_free, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(table->seed); i++)
        table->seed[i] = (uint64_t)g_random_int() << 32 | g_random_int();
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

ipsec_sa *ipsec_sa_get(ipsec_sa_table *table, const ipsec_view *view, uint32_t spi)
{
    ipsec_sa_key key;
    ipsec_sa *sa;

    make_key(table, view, spi, &key);
    sa = g_hash_table_lookup(table->sas, &key);
    if (sa)
        return sa;
    if (g_hash_table_size(table->sas) >= SA_MOST)
        return NULL;
    sa = g_new0(ipsec_sa, 1);
    sa->key = key;
    sa->index = g_hash_table_size(table->sas);
    g_hash_table_insert(table->sas, &sa->key, sa);
    return sa;
}

uint32_t ipsec_sa_count(const ipsec_sa_table *table)
{
    return g_hash_table_size(table->sas);
}

static bool make_peers(const ipsec_view *view, peers_key *key)
{
    const bool swap = view->address_length != 0 &&
                      memcmp(view->source, view->destination, view->address_length) > 0;

    memset(key, 0, sizeof *key);
    if (view->address_length == 0)
        return false;
    memcpy(key->low, swap ? view->destination : view->source, view->address_length);
    memcpy(key->high, swap ? view->source : view->destination, view->address_length);
    return true;
}

void ipsec_peers_add(ipsec_sa_table *table, const ipsec_view *view)
{
    peers_key key;

    if (!make_peers(view, &key) || g_hash_table_size(table->peers) >= PEERS_MOST)
        return;
    if (!g_hash_table_contains(table->peers, &key))
        g_hash_table_add(table->peers, g_memdup2(&key, sizeof key));
}

bool ipsec_peers_known(const ipsec_sa_table *table, const ipsec_view *view)
{
    peers_key key;

    return make_peers(view, &key) && g_hash_table_contains(table->peers, &key);
}
