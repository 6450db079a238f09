/* Peers that were seen to use IKE.
 *
 * Every packet of a capture may have another pair. When the table is full, the pair that has been silent longest is
 * forgotten: of those without an answer if there are many of these, else of those with one, and last of those that have
 * verified. Some room is left for pairs without an answer, because new ones have none. Between peers that were
 * forgotten, an SA in UDP needs other evidence until they send IKE again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence/peers.h"
#include "base/hash.h"

#include <glib.h>
#include <stddef.h>
#include <string.h>

#define PEERS_MOST 65536u

/* Pairs of a lower rank that are kept in any case. */
#define SHARE (PEERS_MOST / 16)

typedef enum {
    ASKED,
    ANSWERED, /* both have sent messages */
    VERIFIED,
    RANKS
} peer_rank;

/* Two addresses, the lower one first, zero-padded. */
typedef struct peer_pair {
    uint8_t low[16];
    uint8_t high[16];
    uint32_t hash; /* of the two addresses */
    bool low_spoke, high_spoke;
    uint8_t rank;
    GList link; /* in the queue of its rank; its data is the pair */
} peer_pair;

struct ipsec_peers {
    GHashTable *all;     /* set of pair */
    GQueue ranks[RANKS]; /* of pair, the one that was silent longest first */
    uint64_t seed;
    ipsec_limits *limits;
};

static guint pair_hash(gconstpointer key)
{
    return ((const peer_pair *)key)->hash;
}

static gboolean pair_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, offsetof(peer_pair, hash)) == 0;
}

ipsec_peers *ipsec_peers_new(ipsec_limits *limits)
{
    ipsec_peers *peers = g_new0(ipsec_peers, 1);

    peers->all = g_hash_table_new_full(pair_hash, pair_equal, g_free, NULL);
    peers->seed = ipsec_hash_seed();
    peers->limits = limits;
    return peers;
}

void ipsec_peers_free(ipsec_peers *peers)
{
    if (!peers)
        return;
    g_hash_table_destroy(peers->all);
    g_free(peers);
}

static uint64_t hash_address(const ipsec_peers *peers, const uint8_t *address)
{
    uint64_t words[2];

    return ipsec_hash_address(peers->seed, address, 16, words);
}

/* False if the view has no addresses. */
static bool name_pair(const ipsec_peers *peers, const ipsec_view *view, peer_pair *name)
{
    const uint8_t length = view->address_length;
    const uint8_t *low = view->source, *high = view->destination;

    if (length != 4 && length != 16)
        return false;
    memset(name, 0, sizeof *name);
    name->low_spoke = memcmp(low, high, length) <= 0;
    name->high_spoke = !name->low_spoke;
    memcpy(name->low, name->low_spoke ? low : high, length);
    memcpy(name->high, name->low_spoke ? high : low, length);
    name->hash = (uint32_t)ipsec_hash_mix(hash_address(peers, name->low), hash_address(peers, name->high));
    return true;
}

static void leave(ipsec_peers *peers, peer_pair *pair)
{
    g_queue_unlink(&peers->ranks[pair->rank], &pair->link);
}

static void forget_one(ipsec_peers *peers)
{
    unsigned rank = ASKED;
    peer_pair *pair;

    ipsec_limit_reached(peers->limits, IPSEC_LIMIT_PEERS);
    while (rank < VERIFIED && peers->ranks[rank].length <= SHARE)
        rank++;
    pair = g_queue_peek_head(&peers->ranks[rank]);
    leave(peers, pair);
    g_hash_table_remove(peers->all, pair);
}

static peer_pair *make(ipsec_peers *peers, const peer_pair *name)
{
    peer_pair *made = g_memdup2(name, sizeof *name);

    if (g_hash_table_size(peers->all) == PEERS_MOST)
        forget_one(peers);
    made->link.data = made;
    g_hash_table_add(peers->all, made);
    return made;
}

void ipsec_peers_add(ipsec_peers *peers, const ipsec_view *view, bool verified)
{
    peer_pair name, *found;

    if (!name_pair(peers, view, &name))
        return;
    found = g_hash_table_lookup(peers->all, &name);
    if (found)
        leave(peers, found);
    else
        found = make(peers, &name);
    found->low_spoke |= name.low_spoke;
    found->high_spoke |= name.high_spoke;
    if (verified)
        found->rank = VERIFIED;
    else if (found->rank == ASKED && found->low_spoke && found->high_spoke)
        found->rank = ANSWERED;
    g_queue_push_tail_link(&peers->ranks[found->rank], &found->link);
}

bool ipsec_peers_known(const ipsec_peers *peers, const ipsec_view *view)
{
    peer_pair name;

    return name_pair(peers, view, &name) && g_hash_table_contains(peers->all, &name);
}
