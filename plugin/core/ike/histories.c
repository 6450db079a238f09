/* What has become of each IKE SA of a capture.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/histories.h"
#include "base/hash.h"

#include <string.h>

/* An IKE SA in the table. */
typedef struct history {
    ipsec_ike_identity identity;
    ipsec_ike_progress progress;
} history;

bool ipsec_ike_hosts_equal(const ipsec_ike_hosts *a, const ipsec_ike_hosts *b)
{
    return a->address_length == b->address_length && memcmp(a->low, b->low, sizeof a->low) == 0 &&
           memcmp(a->high, b->high, sizeof a->high) == 0;
}

static guint hash_identity(gconstpointer key)
{
    const ipsec_ike_identity *identity = key;

    return (guint)ipsec_hash_mix(identity->initiator_spi, identity->hosts.hash + identity->version);
}

static gboolean equal_identities(gconstpointer a, gconstpointer b)
{
    const ipsec_ike_identity *left = a, *right = b;

    return left->initiator_spi == right->initiator_spi && left->version == right->version &&
           ipsec_ike_hosts_equal(&left->hosts, &right->hosts);
}

void ipsec_ike_histories_begin(ipsec_ike_histories *all, ipsec_limits *limits)
{
    all->limits = limits;
    all->by_name = g_hash_table_new(hash_identity, equal_identities);
    all->by_number = g_ptr_array_new_with_free_func(g_free);
}

void ipsec_ike_histories_end(ipsec_ike_histories *all)
{
    g_hash_table_destroy(all->by_name);
    g_ptr_array_free(all->by_number, true);
}

ipsec_ike_progress *ipsec_ike_history_take(ipsec_ike_histories *all, const ipsec_ike_identity *identity)
{
    history *taken = g_hash_table_lookup(all->by_name, identity);

    if (taken)
        return &taken->progress;
    if (all->by_number->len == IPSEC_IKE_HISTORIES_MOST) {
        ipsec_limit_reached(all->limits, IPSEC_LIMIT_IKE_HISTORIES);
        return NULL;
    }
    taken = g_new0(history, 1);
    taken->identity = *identity;
    taken->progress = (ipsec_ike_progress){
        .initiator_spi = identity->initiator_spi, .version = identity->version, .number = all->by_number->len};
    g_ptr_array_add(all->by_number, taken);
    g_hash_table_add(all->by_name, taken);
    return &taken->progress;
}

const ipsec_ike_progress *ipsec_ike_history_find(const ipsec_ike_histories *all, const ipsec_ike_identity *identity)
{
    const history *found = g_hash_table_lookup(all->by_name, identity);

    return found ? &found->progress : NULL;
}

ipsec_ike_progress *ipsec_ike_history_at(const ipsec_ike_histories *all, uint32_t number)
{
    return number == IPSEC_IKE_UNLISTED ? NULL : &((history *)g_ptr_array_index(all->by_number, number))->progress;
}
