/* SAs whose state was forgotten. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/forgotten.h"

#include <glib.h>

/* The bounds of forgotten.c. */
#define BUCKETS   131072u
#define IN_BUCKET 32u

static uint64_t draw(GRand *random)
{
    return (uint64_t)g_rand_int(random) << 32 | g_rand_int(random);
}

/* How many of those that were not added are taken for added ones. */
static unsigned count_others(const ipsec_forgotten *forgotten, GRand *random, unsigned tries)
{
    unsigned found = 0;

    for (unsigned i = 0; i < tries; i++)
        found += ipsec_forgotten_has(forgotten, draw(random));
    return found;
}

static void test_few(void)
{
    static const uint64_t odd[] = {0, 1, UINT64_MAX, 1ull << 32, 2ull << 32, 3ull << 32, BUCKETS, BUCKETS - 1};
    ipsec_forgotten *forgotten = ipsec_forgotten_new();

    for (unsigned i = 0; i < G_N_ELEMENTS(odd); i++) {
        g_assert_false(ipsec_forgotten_has(forgotten, odd[i] ^ (uint64_t)5 << 40));
        ipsec_forgotten_add(forgotten, odd[i]);
        ipsec_forgotten_add(forgotten, odd[i]);
        for (unsigned other = 0; other <= i; other++)
            g_assert_true(ipsec_forgotten_has(forgotten, odd[other]));
    }
    g_assert_false(ipsec_forgotten_has(forgotten, 7)); /* another bucket */
    ipsec_forgotten_free(forgotten);
    ipsec_forgotten_free(NULL);
}

/* A full bucket reports that everything was added; the next bucket does not. */
static void test_a_bucket_is_full(void)
{
    ipsec_forgotten *forgotten = ipsec_forgotten_new();

    for (uint64_t i = 0; i < IN_BUCKET; i++)
        ipsec_forgotten_add(forgotten, (i + 10) << 32 | 5);
    for (uint64_t i = 0; i < IN_BUCKET; i++) {
        ipsec_forgotten_add(forgotten, (i + 10) << 32 | 5); /* is there already */
        g_assert_false(ipsec_forgotten_has(forgotten, (i + 100) << 32 | 5));
    }
    ipsec_forgotten_add(forgotten, 99ull << 32 | 5);
    for (uint64_t i = 0; i < 200; i++) {
        g_assert_true(ipsec_forgotten_has(forgotten, i << 32 | 5));
        g_assert_false(ipsec_forgotten_has(forgotten, i << 32 | 4));
        g_assert_false(ipsec_forgotten_has(forgotten, i << 32 | 6));
    }
    ipsec_forgotten_free(forgotten);
}

/* A bucket that is not full does not, even with a hash that looks like the mark of a full one. */
static void test_a_bucket_is_just_full(void)
{
    for (uint64_t last = 0; last < 4; last++) {
        ipsec_forgotten *forgotten = ipsec_forgotten_new();

        for (uint64_t i = 1; i < IN_BUCKET; i++)
            ipsec_forgotten_add(forgotten, (i + 10) << 32);
        ipsec_forgotten_add(forgotten, last << 32);
        g_assert_true(ipsec_forgotten_has(forgotten, last << 32));
        g_assert_false(ipsec_forgotten_has(forgotten, 100ull << 32));
        ipsec_forgotten_free(forgotten);
    }
}

/* As calculated at the beginning of forgotten.c: none is missed, and others are mistaken for one at the rate that
 * depends on how full the buckets are. */
static void test_many(void)
{
    enum {
        STEP = 1 << 20,
        TRIES = 1000000
    };
    static const unsigned least[] = {0, 0, TRIES / 25}, most[] = {0, TRIES / 4000, TRIES / 18};
    ipsec_forgotten *forgotten = ipsec_forgotten_new();
    GRand *random = g_rand_new_with_seed(1), *again = g_rand_new_with_seed(1), *others = g_rand_new_with_seed(2);

    for (unsigned step = 0; step < G_N_ELEMENTS(most); step++) {
        unsigned found;

        for (unsigned i = 0; i < STEP; i++)
            ipsec_forgotten_add(forgotten, draw(random));
        found = count_others(forgotten, others, TRIES);
        g_assert_cmpuint(found, >=, least[step]);
        g_assert_cmpuint(found, <=, most[step]);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(most) * STEP; i++)
        g_assert_true(ipsec_forgotten_has(forgotten, draw(again)));
    g_rand_free(random);
    g_rand_free(again);
    g_rand_free(others);
    ipsec_forgotten_free(forgotten);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/forgotten/few", test_few);
    g_test_add_func("/forgotten/full-bucket", test_a_bucket_is_full);
    g_test_add_func("/forgotten/just-full", test_a_bucket_is_just_full);
    g_test_add_func("/forgotten/many", test_many);
    return g_test_run();
}
