/* SAs whose state was forgotten.
 *
 * Half of each hash picks a bucket, and the other half is kept in it. An overfull bucket reports every hash as added,
 * so no hash that was added is ever missed, at the price of false reports.
 *
 * Another hash passes for one in a bucket of 32 with a probability of 32 * 2^-32 = 2^-27. With 2^17 buckets and random
 * hashes the number per bucket has a Poisson distribution: one bucket in 10^10 has more than 32 after 2^20 hashes were
 * added, one in 7,000 after 2^21, and one in 20 after 3 * 2^20.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/forgotten.h"

#include <glib.h>

enum {
    BUCKETS = 1 << 17,
    IN_BUCKET = 32
};

/* Values besides halves of hashes. */
#define EMPTY 0u
#define FULL  1u /* only in the last place */

typedef struct hash_bucket {
    uint32_t halves[IN_BUCKET]; /* empty ones come last */
} hash_bucket;

struct ipsec_forgotten {
    hash_bucket buckets[BUCKETS];
};

ipsec_forgotten *ipsec_forgotten_new(void)
{
    return g_new0(ipsec_forgotten, 1);
}

void ipsec_forgotten_free(ipsec_forgotten *forgotten)
{
    g_free(forgotten);
}

static uint32_t half_of(uint64_t hash)
{
    const uint32_t half = (uint32_t)(hash >> 32);

    return half > FULL ? half : half + FULL + 1;
}

/* The place of the hash in its bucket, or else the first empty place; IN_BUCKET if there is neither. */
static unsigned place_of(const hash_bucket *bucket, uint64_t hash)
{
    const uint32_t half = half_of(hash);
    unsigned at = 0;

    while (at < IN_BUCKET && bucket->halves[at] != half && bucket->halves[at] != EMPTY)
        at++;
    return at;
}

void ipsec_forgotten_add(ipsec_forgotten *forgotten, uint64_t hash)
{
    hash_bucket *bucket = &forgotten->buckets[hash % BUCKETS];
    const unsigned at = place_of(bucket, hash);

    if (at < IN_BUCKET)
        bucket->halves[at] = half_of(hash);
    else
        bucket->halves[IN_BUCKET - 1] = FULL;
}

bool ipsec_forgotten_has(const ipsec_forgotten *forgotten, uint64_t hash)
{
    const hash_bucket *bucket = &forgotten->buckets[hash % BUCKETS];
    const unsigned at = place_of(bucket, hash);

    return at == IN_BUCKET ? bucket->halves[IN_BUCKET - 1] == FULL : bucket->halves[at] != EMPTY;
}
