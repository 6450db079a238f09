/* Initialization vectors. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "keyed.h"
#include "sa/iv.h"
#include "sa/iv_judge.h"
#include "packets.h"

#include <gcrypt.h>
#include <glib.h>
#include <string.h>

/* The bounds of iv.c. */
#define SA_BLOCKS_MOST 65536u
#define BLOCKS_MOST    1048576u
#define GREEDY_MOST    983040u
#define SWEEP_LEAST    (GREEDY_MOST / 16)
#define MISSES_MOST    16u
#define MISSES_AGAIN   4u

G_STATIC_ASSERT(sizeof(ipsec_iv_state) <= 32);

/* An SA with its own store. */
typedef struct bench {
    ipsec_iv_store *store;
    ipsec_iv_state state;
    ipsec_iv_demand demand;
    uint32_t frame; /* of the last packet */
    uint32_t first; /* of the last reuse */
} bench;

static ipsec_limits limits; /* of the last bench */

static bench open_bench(ipsec_iv_demand demand)
{
    limits = (ipsec_limits){0};
    return (bench){.store = ipsec_iv_store_new(&limits), .demand = demand};
}

static void close_bench(bench *bench)
{
    ipsec_iv_store_free(bench->store);
    guard_free_all();
}

static ipsec_iv_result learn(bench *bench, uint64_t sequence, uint64_t number)
{
    const uint64_t iv = GUINT64_TO_BE(number);
    const ipsec_iv_packet packet = {.demand = bench->demand,
                                    .iv = (const uint8_t *)&iv,
                                    .length = sizeof iv,
                                    .sequence = sequence,
                                    .frame = bench->frame + 1,
                                    .packets = bench->frame + 1};

    bench->frame++;
    bench->first = UINT32_MAX;
    return ipsec_iv_learn(bench->store, &bench->state, &packet, &bench->first);
}

static ipsec_iv_result learn_cbc(bench *bench, const void *iv, uint8_t length, const void *last_block)
{
    const ipsec_iv_packet packet = {.demand = IPSEC_IV_UNPREDICTABLE,
                                    .iv = guard_copy(iv, length),
                                    .length = length,
                                    .sequence = bench->frame + 1,
                                    .frame = bench->frame + 1,
                                    .last_block = last_block ? guard_copy(last_block, length) : NULL};

    bench->frame++;
    bench->first = UINT32_MAX;
    return ipsec_iv_learn(bench->store, &bench->state, &packet, &bench->first);
}

static void expect_fine(bench *bench, uint64_t sequence, uint64_t iv)
{
    g_assert_cmpint(learn(bench, sequence, iv), ==, IPSEC_IV_FINE);
}

static void expect_reuse(bench *bench, uint64_t sequence, uint64_t iv, uint32_t first)
{
    g_assert_cmpint(learn(bench, sequence, iv), ==, IPSEC_IV_REUSED);
    g_assert_cmpuint(bench->first, ==, first);
}

static uint64_t draw(GRand *random)
{
    return (uint64_t)g_rand_int(random) << 32 | g_rand_int(random);
}

/* --- counters */

typedef struct pattern {
    const char *name;
    uint64_t xored, added, factor;
    bool reversed;
    uint32_t most; /* blocks that may remain after 100,000 packets */
} pattern;

static const pattern patterns[] = {
    {"sequence", 0, 0, 1, false, 8},
    {"salt", 0x0123456789abcdef, 0, 1, false, 8},
    {"salt with all low bits", 0xffffffffffffffff, 0, 1, false, 8},
    {"start", 0, 0x0123456789abcdef, 1, false, 8},
    {"start just below the wrap", 0, (uint64_t)-1000, 1, false, 12},
    {"downwards", 0, 5, (uint64_t)-1, false, 12},
    {"steps of 8", 0, 77, 8, false, 12520},
    {"steps of 3", 0, 77, 3, false, 4720},
    {"lowest octet first", 0, 0, 1, true, 24},
    {"lowest octet first, salted", 0xfedcba9876543210, 0, 1, true, 24},
    {"lowest octet first, start", 0, 0xfedcba9876543210, 1, true, 24},
};

static uint64_t iv_of(const pattern *pattern, uint64_t sequence)
{
    const uint64_t iv = (sequence * pattern->factor + pattern->added) ^ pattern->xored;

    return pattern->reversed ? GUINT64_SWAP_LE_BE(iv) : iv;
}

/* Counts across octet boundaries; then each earlier IV is found again, and a new one is fine. */
static void test_counters(gconstpointer data)
{
    enum {
        PACKETS = 100000
    };
    const pattern *pattern = data;
    bench bench = open_bench(IPSEC_IV_UNIQUE);

    for (uint64_t i = 1; i <= PACKETS; i++)
        expect_fine(&bench, i, iv_of(pattern, i));
    g_assert_cmpuint(bench.state.unique.blocks, <=, pattern->most);
    for (uint64_t i = 1; i <= PACKETS; i++)
        expect_reuse(&bench, PACKETS + i, iv_of(pattern, i), (uint32_t)i);
    expect_fine(&bench, 0, iv_of(pattern, 0));
    expect_fine(&bench, 0, iv_of(pattern, PACKETS + 1));
    close_bench(&bench);
}

/* Every fifth packet is missing at first, and comes at the end. */
static void test_loss_and_delay(void)
{
    const pattern *salted = &patterns[1];
    bench bench = open_bench(IPSEC_IV_UNIQUE);

    for (uint64_t i = 1; i < 100000; i++)
        if (i % 5)
            expect_fine(&bench, i, iv_of(salted, i));
    g_assert_cmpuint(bench.state.unique.blocks, <, 100000 / 64 + 8);
    for (uint64_t i = 5; i < 100000; i += 5)
        expect_fine(&bench, i, iv_of(salted, i));
    g_assert_cmpuint(bench.state.unique.blocks, <, 8);
    expect_reuse(&bench, 5, iv_of(salted, 5), 80001);
    close_bench(&bench);
}

/* Counters of eight queues that share the SA. */
static void test_queues(void)
{
    GRand *random = g_rand_new_with_seed(1);
    bench bench = open_bench(IPSEC_IV_UNIQUE);
    uint64_t counters[8];

    for (unsigned i = 0; i < 8; i++)
        counters[i] = (uint64_t)i << 56;
    for (uint64_t i = 1; i < 300000; i++)
        expect_fine(&bench, i, counters[g_rand_int_range(random, 0, 8)]++);
    g_assert_cmpuint(bench.state.unique.blocks, <, 64);
    counters[5] = (uint64_t)5 << 56 | 20;
    g_assert_cmpint(learn(&bench, 300000, counters[5]), ==, IPSEC_IV_REUSED);
    g_rand_free(random);
    close_bench(&bench);
}

/* The sender restarts its IVs, and continues the sequence numbers or restarts them too. */
static void test_restart(void)
{
    const pattern *salted = &patterns[1];
    bench bench = open_bench(IPSEC_IV_UNIQUE);

    for (uint64_t i = 1; i <= 10000; i++)
        expect_fine(&bench, i, iv_of(salted, i));
    for (uint64_t i = 1; i <= 10000; i++)
        expect_reuse(&bench, 10000 + i, iv_of(salted, i), (uint32_t)i);
    expect_fine(&bench, 20001, iv_of(salted, 10001));
    expect_reuse(&bench, 1, iv_of(salted, 1), 1);
    expect_fine(&bench, 2, iv_of(salted, 2) ^ 0xabcdef0000); /* another salt */
    close_bench(&bench);
}

static void test_first_two(void)
{
    bench bench = open_bench(IPSEC_IV_UNIQUE);

    expect_fine(&bench, 1, 0);
    expect_reuse(&bench, 2, 0, 1);
    expect_reuse(&bench, 3, 0, 1);
    expect_fine(&bench, 4, 1);
    expect_reuse(&bench, 5, 1, 4);
    close_bench(&bench);
}

/* Frame numbers are only kept for the latest IVs; but earlier IVs are still known. */
static void test_frames_are_forgotten(void)
{
    enum {
        PACKETS = 3000000
    };
    bench bench = open_bench(IPSEC_IV_UNIQUE);

    for (uint64_t i = 1; i <= PACKETS; i++)
        expect_fine(&bench, i, i);
    g_assert_cmpuint(bench.state.unique.blocks, <, 10);
    expect_reuse(&bench, 1, 1, 0);
    expect_reuse(&bench, 1, 1000000, 0);
    expect_reuse(&bench, 1, 2999999, 2999999);
    expect_reuse(&bench, 1, 2500000, 2500000);
    close_bench(&bench);
}

static void test_sas_are_apart(void)
{
    bench bench = open_bench(IPSEC_IV_UNIQUE);
    ipsec_iv_state states[100] = {0};

    for (uint64_t i = 1; i < 1000; i++)
        for (unsigned sa = 0; sa < 100; sa++) {
            bench.state = states[sa];
            expect_fine(&bench, i, i);
            states[sa] = bench.state;
        }
    bench.state = states[42];
    expect_reuse(&bench, 1000, 1, 43);
    close_bench(&bench);
}

/* Sixteen IVs decide the order of their octets: half of them must be adjacent to others if the first octet is the
 * lowest, and none if it is the highest. */
static void test_order_of_octets(void)
{
    for (uint64_t near = 7; near <= 10; near++) {
        bench bench = open_bench(IPSEC_IV_UNIQUE);

        for (uint64_t i = 1; i <= near; i++)
            expect_fine(&bench, i, GUINT64_SWAP_LE_BE(i));
        for (uint64_t i = near + 1; i <= 16; i++) {
            g_assert_false(bench.state.unique.ordered);
            expect_fine(&bench, i, GUINT64_SWAP_LE_BE(i << 32 | i));
        }
        g_assert_true(bench.state.unique.ordered);
        g_assert_cmpuint(bench.state.unique.reversed, ==, near - 1 >= 8); /* the first one is adjacent to none */
        close_bench(&bench);
    }
}

/* --- other IVs */

static void test_random(void)
{
    GRand *random = g_rand_new_with_seed(2);
    bench bench = open_bench(IPSEC_IV_UNIQUE);
    uint64_t ivs[20000];

    for (unsigned i = 0; i < G_N_ELEMENTS(ivs); i++) {
        ivs[i] = draw(random);
        expect_fine(&bench, i, ivs[i]);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(ivs); i++)
        expect_reuse(&bench, i, ivs[i], i + 1);
    g_rand_free(random);
    close_bench(&bench);
}

/* Two million, in a time that is tolerable even with sanitizers. */
static void test_bound_of_an_sa(void)
{
    GRand *random = g_rand_new_with_seed(3);
    bench bench = open_bench(IPSEC_IV_UNIQUE);
    const gint64 start = g_get_monotonic_time();
    const uint64_t first = draw(random);
    unsigned forgetful = 0;

    expect_fine(&bench, 1, first);
    for (unsigned i = 1; i < SA_BLOCKS_MOST - 16; i++) /* the first 16 take two blocks each */
        expect_fine(&bench, 1, draw(random));
    for (unsigned i = 0; i < 2000000; i++)
        forgetful += learn(&bench, 1, draw(random)) == IPSEC_IV_FORGETFUL;
    g_assert_cmpuint(limits.times[IPSEC_LIMIT_IVS], ==, 0); /* it is the SA's own */
    g_assert_cmpuint(forgetful, ==, 2000000);               /* reported for each */
    g_assert_cmpuint(bench.state.unique.blocks, ==, SA_BLOCKS_MOST);
    expect_reuse(&bench, 1, first, 1);
    expect_fine(&bench, 1, first ^ 1); /* fits in the same block */
    expect_reuse(&bench, 1, first ^ 1, bench.frame);
    expect_reuse(&bench, 1, first, 1);
    g_assert_cmpint(g_get_monotonic_time() - start, <, 20 * G_USEC_PER_SEC);
    g_rand_free(random);
    close_bench(&bench);
}

static ipsec_iv_result learn_many(bench *bench, GRand *random, unsigned count)
{
    ipsec_iv_result worst = IPSEC_IV_FINE;
    bench->state = (ipsec_iv_state){0};
    for (unsigned i = 0; i < count; i++) {
        const ipsec_iv_result result = learn(bench, i, draw(random));

        worst = MAX(worst, result);
    }
    return worst;
}

/* SAs with random IVs leave no room to others of their kind, but some for counters. Once many SAs have taken that too,
 * a new one is reported as not kept, and known IVs are still compared. */
static void test_bound_of_all(void)
{
    GRand *random = g_rand_new_with_seed(4);
    bench bench = open_bench(IPSEC_IV_UNIQUE);
    ipsec_iv_state counter;
    unsigned sas = 0;

    for (unsigned i = 0; i < GREEDY_MOST / SA_BLOCKS_MOST; i++)
        g_assert_cmpint(learn_many(&bench, random, SA_BLOCKS_MOST + 1), ==, IPSEC_IV_FORGETFUL);
    g_assert_cmpint(learn_many(&bench, random, 100), ==, IPSEC_IV_FORGETFUL);
    bench.state = (ipsec_iv_state){0};
    for (uint64_t i = 1; i <= 300000; i++)
        expect_fine(&bench, i, i);
    counter = bench.state;
    g_assert_cmpuint(limits.times[IPSEC_LIMIT_IVS], >, 0);

    while (learn_many(&bench, random, 2) == IPSEC_IV_FINE)
        sas++;
    g_assert_cmpuint(sas, >, (BLOCKS_MOST - GREEDY_MOST) / 4 - 100);
    g_assert_cmpuint(sas, <, (BLOCKS_MOST - GREEDY_MOST) / 4);
    bench.state = (ipsec_iv_state){0};
    for (unsigned i = 0; i < 100; i++)
        g_assert_cmpint(learn(&bench, 1, 1), ==, IPSEC_IV_FORGETFUL);
    g_assert_cmpuint(bench.state.unique.blocks, ==, 0);

    bench.state = counter;
    g_assert_cmpint(learn(&bench, 300001, 1000), ==, IPSEC_IV_REUSED);
    g_rand_free(random);
    close_bench(&bench);
}

/* Adds random IVs until the state has this many blocks. */
static void fill(bench *bench, GRand *random, uint32_t blocks)
{
    bench->state = (ipsec_iv_state){0};
    while (bench->state.unique.blocks < blocks)
        expect_fine(bench, 1, draw(random));
    g_assert_cmpuint(bench->state.unique.blocks, ==, blocks);
}

/* The blocks of removed SAs are reused when a search for them pays off; those of other SAs are kept. */
static void test_forgotten_make_room(void)
{
    GRand *random = g_rand_new_with_seed(5);
    bench bench = open_bench(IPSEC_IV_UNIQUE);
    ipsec_iv_state gone[3], kept;
    const uint32_t sizes[3] = {SWEEP_LEAST - 2, 2, 2}; /* the first IV takes two blocks */

    for (unsigned i = 0; i < 3; i++) {
        fill(&bench, random, sizes[i]);
        gone[i] = bench.state;
    }
    for (unsigned i = 0; i < (GREEDY_MOST - SWEEP_LEAST - 2) / SA_BLOCKS_MOST; i++)
        fill(&bench, random, SA_BLOCKS_MOST);
    fill(&bench, random, (GREEDY_MOST - SWEEP_LEAST - 2) % SA_BLOCKS_MOST - 100);
    fill(&bench, random, 100);
    kept = bench.state;
    g_assert_cmpint(learn(&bench, 1, 12345), ==, IPSEC_IV_FORGETFUL);
    for (unsigned i = 0; i < 2; i++) {
        g_assert_cmpint(learn_many(&bench, random, 100), ==, IPSEC_IV_FORGETFUL);
        ipsec_iv_forget(bench.store, &gone[i]);
        g_assert_cmpuint(gone[i].id, ==, 0);
    }
    fill(&bench, random, 1000);
    bench.state = gone[2];
    g_assert_cmpuint(bench.state.unique.blocks, ==, 2);
    bench.state = kept;
    expect_fine(&bench, 1, 12345);
    expect_reuse(&bench, 1, 12345, bench.frame);
    g_rand_free(random);
    close_bench(&bench);
}

/* The pages of their blocks are reused, too. */
static void test_forgotten_leave_their_pages(void)
{
    bench bench = open_bench(IPSEC_IV_UNIQUE);

    for (unsigned sa = 0; sa < 2 * GREEDY_MOST / SA_BLOCKS_MOST; sa++) {
        for (uint64_t i = 0; i < SA_BLOCKS_MOST - 32; i++)
            for (unsigned offset = 0; offset < 2; offset++)
                expect_fine(&bench, i, i * 64 + offset);
        expect_reuse(&bench, 1, (SA_BLOCKS_MOST - 40) * 64, bench.frame - 15);
        ipsec_iv_forget(bench.store, &bench.state);
    }
    close_bench(&bench);
}

/* Two IVs per block, so that each block needs a page; then blocks that have lost their page are continued. */
static void test_pages_are_passed_on(void)
{
    bench bench = open_bench(IPSEC_IV_UNIQUE);

    for (unsigned offset = 0; offset < 3; offset++)
        for (uint64_t i = 0; i < 40000; i++)
            expect_fine(&bench, i, i * 64 + offset);
    expect_reuse(&bench, 1, 0, 0);
    expect_reuse(&bench, 1, 39999 * 64, 0);
    expect_reuse(&bench, 1, 39999 * 64 + 2, 120000);
    for (unsigned offset = 3; offset < 64; offset++)
        for (uint64_t i = 0; i < 40000; i++)
            expect_fine(&bench, i, i * 64 + offset);
    g_assert_cmpuint(bench.state.unique.blocks, <, 16 + 8);
    expect_reuse(&bench, 1, 1234, 0);
    close_bench(&bench);
}

/* Comparison with a simple set. */
static void test_against_a_set(void)
{
    for (unsigned seed = 0; seed < 20; seed++) {
        GRand *random = g_rand_new_with_seed(100 + seed);
        GHashTable *set = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
        bench bench = open_bench(IPSEC_IV_UNIQUE);
        const uint64_t salt = draw(random);
        const gint32 range = 1 << (6 + seed % 12);

        for (unsigned i = 0; i < 3u * (unsigned)range && i < 200000; i++) {
            uint64_t iv = salt ^ (uint64_t)g_rand_int_range(random, 0, range);
            const bool is_new = !g_hash_table_contains(set, &iv);

            g_assert_cmpint(learn(&bench, i, iv), ==, is_new ? IPSEC_IV_FINE : IPSEC_IV_REUSED);
            if (is_new)
                g_hash_table_add(set, g_memdup2(&iv, sizeof iv));
        }
        g_hash_table_destroy(set);
        g_rand_free(random);
        close_bench(&bench);
    }
}

static void test_lengths(void)
{
    static const uint8_t zero[32];
    static const uint8_t lengths[] = {0, 1, 4, 7, 9, 12, 15, 17, 32};
    bench bench = open_bench(IPSEC_IV_UNIQUE);

    for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++) {
        ipsec_iv_packet packet = {.iv = guard_copy(zero, lengths[i]), .length = lengths[i], .frame = 1};

        for (packet.demand = IPSEC_IV_UNIQUE; packet.demand <= IPSEC_IV_UNKNOWN; packet.demand++)
            for (unsigned again = 0; again < 20; again++)
                g_assert_cmpint(ipsec_iv_learn(bench.store, &bench.state, &packet, &bench.first), ==, IPSEC_IV_FINE);
    }
    close_bench(&bench);
    ipsec_iv_store_free(NULL);
}

/* --- an unknown algorithm */

static void test_unknown_counter(void)
{
    static const pattern counters[] = {{"", 0xfedcba9876543210, 0, 1, false, 0},
                                       {"", 0, 0xfedcba9876543210, 1, false, 0}};

    for (unsigned at = 0; at < G_N_ELEMENTS(counters); at++) {
        bench bench = open_bench(IPSEC_IV_UNKNOWN);

        for (uint64_t i = 1; i <= 17; i++) {
            g_assert_false(bench.state.proved);
            expect_fine(&bench, i * 3, iv_of(&counters[at], i * 3));
        }
        g_assert_true(bench.state.proved);
        for (uint64_t i = 18; i <= 1000; i++)
            expect_fine(&bench, i * 3, iv_of(&counters[at], i * 3));
        expect_reuse(&bench, 4000, iv_of(&counters[at], 60), 20);
        close_bench(&bench);
    }
}

/* The IV for the number `i`. */
typedef uint64_t (*iv_maker)(GRand *random, uint64_t i);

static uint64_t make_constant(GRand *random, uint64_t i)
{
    (void)random;
    (void)i;
    return 0x4500005412340000; /* as in plaintext */
}

static uint64_t make_random(GRand *random, uint64_t i)
{
    (void)i;
    return draw(random);
}

static uint64_t make_half(GRand *random, uint64_t i)
{
    return i % 2 ? i : draw(random);
}

static uint64_t make_steps(GRand *random, uint64_t i)
{
    (void)random;
    return i * 3;
}

static void test_unknown_others(void)
{
    static const iv_maker makers[] = {make_constant, make_random, make_half, make_steps};
    GRand *random = g_rand_new_with_seed(5);

    for (unsigned at = 0; at < G_N_ELEMENTS(makers); at++) {
        bench bench = open_bench(IPSEC_IV_UNKNOWN);

        for (uint64_t i = 0; i < 100000; i++)
            expect_fine(&bench, i, makers[at](random, i));
        g_assert_false(bench.state.proved);
        close_bench(&bench);
    }
    for (unsigned step = 0; step < 2; step++) { /* the sequence number does not advance */
        bench bench = open_bench(IPSEC_IV_UNKNOWN);

        for (uint64_t i = 0; i < 1000; i++)
            expect_fine(&bench, 7, 7 + step * i);
        g_assert_false(bench.state.proved);
        close_bench(&bench);
    }
    g_rand_free(random);
}

static void count_up(bench *bench, uint64_t from, unsigned packets, uint64_t salt)
{
    for (uint64_t i = from; i < from + packets; i++)
        expect_fine(bench, i, i ^ salt);
}

/* The search ends with the packet that makes it hopeless, and not one earlier; it restarts when the number of packets
 * has doubled. */
static void test_unknown_given_up(void)
{
    for (unsigned misses = MISSES_MOST - 1; misses <= MISSES_MOST; misses++) {
        bench bench = open_bench(IPSEC_IV_UNKNOWN);

        for (unsigned i = 0; i <= misses; i++) /* the first one is not a miss */
            expect_fine(&bench, i, 42);
        g_assert_true(ipsec_iv_is_idle(&bench.state, misses + 2) == (misses == MISSES_MOST));
        close_bench(&bench);
    }
}

static void test_unknown_tried_again(void)
{
    GRand *random = g_rand_new_with_seed(6);
    bench bench = open_bench(IPSEC_IV_UNKNOWN);

    for (unsigned again = 2 * (MISSES_MOST + 1); again < 100000; again = 2 * bench.frame) {
        while (bench.frame < again / 2)
            expect_fine(&bench, bench.frame, draw(random));
        g_assert_true(ipsec_iv_is_idle(&bench.state, bench.frame));
        g_assert_true(ipsec_iv_is_idle(&bench.state, again - 1));
        g_assert_false(ipsec_iv_is_idle(&bench.state, again));
        while (bench.frame < again - 1)
            expect_fine(&bench, bench.frame, bench.frame); /* matches the number, but is not checked */
        expect_fine(&bench, bench.frame, draw(random));
        g_assert_false(ipsec_iv_is_idle(&bench.state, 0));
        while (!ipsec_iv_is_idle(&bench.state, 0))
            expect_fine(&bench, bench.frame, draw(random));
        g_assert_cmpuint(bench.frame, ==, again + MISSES_AGAIN);
    }
    g_assert_false(bench.state.proved);
    count_up(&bench, 0, bench.frame + 17, 42);
    g_assert_true(bench.state.proved);
    g_rand_free(random);
    close_bench(&bench);
}

/* The search continues with any number of packets. */
static void test_unknown_after_many_packets(void)
{
    bench bench = open_bench(IPSEC_IV_UNKNOWN);

    bench.frame = UINT32_MAX / 2 + 100;
    for (unsigned i = 0; i <= MISSES_MOST; i++)
        expect_fine(&bench, i, 42);
    g_assert_true(ipsec_iv_is_idle(&bench.state, UINT32_MAX - 2));
    g_assert_false(ipsec_iv_is_idle(&bench.state, UINT32_MAX));
    close_bench(&bench);
}

/* --- forged packets */

static const uint64_t salts[] = {0,      1,       0xfedcba9876543210, 0xfedcba9800000000, 0x5a5a5a5a5a5a5a5b, 0x20,
                                 0x1000, 0x10020, 0x8000000000000000, UINT64_MAX};

/* One of `every` packets is forged, including the first one: the sender's IVs are still recognised as a counter, and a
 * repeated one is found. */
static void test_forged_hide_nothing(void)
{
    for (unsigned every = 3; every <= 12; every++) {
        for (unsigned at = 0; at < G_N_ELEMENTS(salts); at++) {
            GRand *random = g_rand_new_with_seed(at);
            bench bench = open_bench(IPSEC_IV_UNKNOWN);
            uint32_t frame = 0;

            for (uint64_t i = 0; i < 4000; i++) {
                expect_fine(&bench, i, i % every ? i ^ salts[at] : draw(random));
                if (i == 3001)
                    frame = bench.frame;
            }
            if (3001 % every)
                expect_reuse(&bench, 5000, 3001 ^ salts[at], frame);
            close_bench(&bench);
            g_rand_free(random);
        }
    }
}

/* How many of 3,000 searches for a counter are given up if this share of the packets is forged, one in `every`; of
 * searches that begin anew if `again`. */
static unsigned count_given_up(GRand *random, gint32 every, bool again)
{
    unsigned given_up = 0;

    for (unsigned search = 0; search < 3000; search++) {
        bench bench = open_bench(IPSEC_IV_UNKNOWN);

        for (uint64_t i = 0; again && i < 2 * (MISSES_MOST + 1) - 1; i++)
            expect_fine(&bench, i, draw(random));
        for (uint64_t i = 100;; i++) {
            expect_fine(&bench, i, g_rand_int_range(random, 0, every) ? i : draw(random));
            if (bench.state.proved || ipsec_iv_is_idle(&bench.state, 0))
                break;
        }
        given_up += !bench.state.proved;
        close_bench(&bench);
    }
    return given_up;
}

static void expect_share(GRand *random, gint32 every, bool again, unsigned least, unsigned most)
{
    const unsigned given_up = count_given_up(random, every, again);

    g_test_message("one in %d%s: %u of 3000", every, again ? ", again" : "", given_up);
    g_assert_cmpuint(given_up, >=, least);
    g_assert_cmpuint(given_up, <=, most);
}

static void test_forged_share(void)
{
    GRand *random = g_rand_new_with_seed(7);

    expect_share(random, 3, false, 30, 75);
    expect_share(random, 5, false, 0, 3);
    expect_share(random, 3, true, 850, 1020);
    expect_share(random, 5, true, 195, 290);
    g_rand_free(random);
}

/* More forged packets at the beginning than the search tolerates: the counter is recognised later. */
static void test_forged_in_front(void)
{
    for (unsigned every = 3; every <= 5; every++) {
        for (unsigned seed = 0; seed < 20; seed++) {
            GRand *random = g_rand_new_with_seed(seed);
            bench bench = open_bench(IPSEC_IV_UNKNOWN);

            for (uint64_t i = 0; i < 100; i++)
                expect_fine(&bench, i, draw(random));
            g_assert_true(ipsec_iv_is_idle(&bench.state, 0));
            for (uint64_t i = 100; i < 2000; i++)
                expect_fine(&bench, i, g_rand_int_range(random, 0, (gint32)every) ? i : draw(random));
            g_assert_true(bench.state.proved);
            g_rand_free(random);
            close_bench(&bench);
        }
    }
}

/* A forger can count, too, and begin first, but not as often as the sender. Forged IVs are not taken for the sender's.
 */
static void test_forged_counters(void)
{
    bench bench = open_bench(IPSEC_IV_UNKNOWN);

    for (uint64_t i = 1; i <= 15; i++)
        expect_fine(&bench, 1000 + i, 2000 + i);
    for (uint64_t i = 1; i <= 400; i++) {
        expect_fine(&bench, i, i);
        if (i % 2)
            expect_fine(&bench, 1000 + i, 2000 + i);
    }
    g_assert_true(bench.state.proved);
    expect_reuse(&bench, 5001, 300, 15 + 300 + 150);
    for (uint64_t i = 1; i <= 400; i += 2)
        expect_fine(&bench, 2000 + i, 2000 + i);
    close_bench(&bench);
}

/* A forged packet has the sender's next IV before the sender uses it: with another number it is not kept. With an IV
 * that was used before, the forged packet is reported. */
static void test_forged_ahead(void)
{
    bench bench = open_bench(IPSEC_IV_UNKNOWN);
    const uint64_t salt = 0x0123456789abcdef;

    count_up(&bench, 1, 100, salt);
    for (uint64_t i = 101; i <= 1000; i++) {
        if (i % 4 == 0)
            expect_fine(&bench, i + 3, (i + 1) ^ salt);
        if (i % 4 == 1)
            expect_reuse(&bench, i + 3, 60 ^ salt, 60);
        expect_fine(&bench, i, i ^ salt);
    }
    close_bench(&bench);
}

/* Sum and exclusive or may agree for a long time. Which of them is constant is determined before it is relied on,
 * unless both are. */
static void test_sum_or_exclusive_or(void)
{
    for (unsigned xors = 0; xors < 2; xors++) {
        for (unsigned at = 0; at < G_N_ELEMENTS(salts); at++) {
            bench bench = open_bench(IPSEC_IV_UNKNOWN);

            for (uint64_t i = 1; i < 10000; i++)
                expect_fine(&bench, i, xors ? i ^ salts[at] : i + salts[at]);
            g_assert_true(bench.state.proved && !bench.state.kept); /* at once */
            expect_reuse(&bench, 20000, xors ? 18 ^ salts[at] : 18 + salts[at], 18);
            close_bench(&bench);
        }
    }
    for (unsigned xors = 0; xors < 2; xors++) {
        bench bench = open_bench(IPSEC_IV_UNKNOWN);

        for (uint64_t i = 0x1020; i < 0x2000; i++) {
            g_assert_true(bench.state.proved == (i > 0x1040)); /* from 0x1040 on they differ */
            expect_fine(&bench, i, xors ? i ^ 0x20 : i - 0x20);
        }
        g_assert_false(bench.state.kept);
        close_bench(&bench);
    }
}

/* --- a sender whose IVs restart */

/* The numbers continue: every repeated IV is found, and so are later ones, once they have proved to depend on the
 * number in a new way. */
static void test_ivs_restart(void)
{
    bench bench = open_bench(IPSEC_IV_UNKNOWN);

    count_up(&bench, 1, 1000, 0);
    for (uint64_t i = 18; i <= 1000; i++) /* the first 17 prove the relation, and are not kept */
        expect_reuse(&bench, 1000 + i, i, (uint32_t)i);
    for (uint64_t i = 1001; i <= 3000; i++)
        expect_fine(&bench, 1000 + i, i);
    g_assert_true(bench.state.proved);
    for (uint64_t i = 18; i <= 3000; i++) {
        if (i > 1000 && i <= 1000 + 16 + 17)
            continue; /* in between the relation is not known */
        expect_reuse(&bench, 10000 + i, i, (uint32_t)(i <= 1000 ? i : i + 983));
    }
    close_bench(&bench);
}

/* A few IVs that do not match the number are not enough for that. */
static void test_another_relation(void)
{
    for (unsigned others = 15; others <= 16; others++) {
        bench bench = open_bench(IPSEC_IV_UNKNOWN);

        count_up(&bench, 1, 1000, 0);
        count_up(&bench, 1001, others, 0x123456789);
        g_assert_true(bench.state.proved == (others == 15));
        count_up(&bench, 2001, 17, 0);
        g_assert_true(bench.state.proved);
        close_bench(&bench);
    }
}

/* Enough forged packets to make the search for the sender's relation restart. */
static void interrupt(bench *bench)
{
    count_up(bench, 1u << 30, 16, 0x123456789);
    g_assert_false(bench->state.proved);
}

/* IVs that were kept before are still compared, even those in full blocks that have lost their page; and the blocks are
 * continued. */
static void test_kept_for_another_relation(void)
{
    bench bench = open_bench(IPSEC_IV_UNKNOWN);

    count_up(&bench, 1, 1200000, 0);
    interrupt(&bench);
    count_up(&bench, 2000000, 17, 0);
    for (uint64_t i = 18; i < 1200000; i += 1000)
        g_assert_cmpint(learn(&bench, 3000000 + i, i), ==, IPSEC_IV_REUSED);
    close_bench(&bench);

    bench = open_bench(IPSEC_IV_UNKNOWN);
    for (uint64_t i = 0; i < 20000; i += 2)
        expect_fine(&bench, i, i);
    interrupt(&bench);
    for (uint64_t i = 1; i < 20000; i += 2)
        expect_fine(&bench, i, i);
    count_up(&bench, 20000, 10000, 0);
    expect_reuse(&bench, 1, 10001, 10000 + 16 + 5001);
    close_bench(&bench);
}

/* The number of kept IVs is limited here too, and IVs beyond it are reported. The numbers are so far apart that each
 * needs its own block. */
static void test_unknown_bound(void)
{
    bench bench = open_bench(IPSEC_IV_UNKNOWN);

    for (uint64_t i = 0; i < 17 + SA_BLOCKS_MOST; i++)
        expect_fine(&bench, i * 64, i * 64);
    for (uint64_t i = 17 + SA_BLOCKS_MOST; i < 18 + SA_BLOCKS_MOST; i++)
        g_assert_cmpint(learn(&bench, i * 64, i * 64), ==, IPSEC_IV_FORGETFUL);
    expect_reuse(&bench, 1, 64 * 17, 18);
    close_bench(&bench);
}

static const ipsec_finding *find_unchecked(const ipsec_report *report)
{
    for (unsigned i = 0; i < report->findings.count; i++)
        if (report->findings.list[i].id == IPSEC_FINDING_IV_UNCHECKED)
            return &report->findings.list[i];
    return NULL;
}

/* The limit is a finding of each packet that it affects, in each pass, and an expert item of the first one. Nothing is
 * wrong with any packet. The numbers are 32 apart, the farthest that is believed of a single packet, so that two share
 * a block. */
static void test_the_bound_is_said_of_each(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    uint32_t words[21] = {GUINT32_TO_BE(0x1000), [20] = 1};
    unsigned unchecked = 0;

    for (uint32_t i = 1; i <= 2 * SA_BLOCKS_MOST + 2000; i++) {
        ipsec_view view = view_of(IPSEC_PROTOCOL_ESP, 4, NULL, 0);
        ipsec_report report, again;
        ipsec_record record;
        const ipsec_finding *finding;

        words[1] = words[3] = GUINT32_TO_BE(32 * i);
        view.data = (const uint8_t *)words;
        view.captured = view.length = sizeof words;
        view.frame = i;
        ipsec_judge(db, &view, &record, &report);
        ipsec_explain(db, &view, &record, &again);
        finding = find_unchecked(&report);
        g_assert_true(finding || unchecked == 0);
        g_assert_true((find_unchecked(&again) != NULL) == (finding != NULL));
        if (finding) {
            g_assert_cmpint(finding->announce, ==, unchecked == 0);
            g_assert_cmpint(find_unchecked(&again)->announce, ==, unchecked == 0);
            unchecked++;
        }
        g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_PLAUSIBLE);
        g_assert_cmpint(again.verdict, ==, IPSEC_VERDICT_PLAUSIBLE);
        if (i % 1000 == 0)
            guard_free_all();
    }
    g_assert_cmpuint(unchecked, >, 900);
    ipsec_db_free(db);
    guard_free_all();
}

/* Judges the next packet of an SA without a key, whose IV begins with `iv`. */
static ipsec_report judge_iv(ipsec_db *db, uint32_t number, uint32_t sequence, uint64_t iv)
{
    static const uint8_t here[4] = {192, 0, 2, 1}, there[4] = {192, 0, 2, 2};
    const uint32_t words[21] = {GUINT32_TO_BE(0x1000), GUINT32_TO_BE(sequence), GUINT32_TO_BE((uint32_t)(iv >> 32)),
                                GUINT32_TO_BE((uint32_t)iv), [20] = number};
    const ipsec_view view = {.data = (const uint8_t *)words,
                             .captured = sizeof words,
                             .length = sizeof words,
                             .protocol = IPSEC_PROTOCOL_ESP,
                             .ip_version = 4,
                             .source = here,
                             .destination = there,
                             .address_length = 4,
                             .frame = number};
    ipsec_record record;
    ipsec_report report;

    ipsec_judge(db, &view, &record, &report);
    return report;
}

/* Only suspicious, because without a key it is not certain; and the packets of an SA are counted from its first one. */
static void test_reuse_without_a_key(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_LINUX);
    GRand *random = g_rand_new_with_seed(7);
    ipsec_report report;

    for (uint32_t i = 1; i <= 100; i++) /* the search is given up at packets 17, 39 and 83 */
        g_assert_cmpuint(judge_iv(db, i, i, draw(random)).findings.count, ==, 0);
    for (uint32_t i = 101; i <= 160; i++)
        g_assert_cmpuint(judge_iv(db, i, i, i).findings.count, ==, 0);
    g_assert_cmpuint(judge_iv(db, 161, 161, 150).findings.count, ==, 0);
    for (uint32_t i = 162; i <= 200; i++)
        g_assert_cmpuint(judge_iv(db, i, i, i).findings.count, ==, 0);
    report = judge_iv(db, 201, 201, 190);
    g_assert_cmpuint(report.findings.count, ==, 1);
    g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_IV_REUSE));
    g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_SUSPICIOUS);
    g_assert_cmpuint(report.number.first_seen, ==, 190);
    g_assert_cmpuint(judge_iv(db, 202, 202, 202).findings.count, ==, 0);
    g_rand_free(random);
    ipsec_db_free(db);
}

/* A packet of AES-GCM-16 with ESN and a key of zeros. */
static ipsec_view gcm_view(uint32_t high, uint32_t low, uint64_t iv, uint32_t frame)
{
    const uint8_t key[16] = {0};
    const uint32_t aad[3] = {GUINT32_TO_BE(0x1000), GUINT32_TO_BE(high), GUINT32_TO_BE(low)};
    const uint64_t iv_on_wire = GUINT64_TO_BE(iv);
    uint8_t octets[16 + sizeof sound_plaintext + 16], nonce[12] = {0};
    gcry_cipher_hd_t cipher;
    ipsec_view view;

    memcpy(octets, &aad[0], 4);
    memcpy(octets + 4, &aad[2], 4);
    memcpy(octets + 8, &iv_on_wire, 8);
    memcpy(nonce + 4, &iv_on_wire, 8);
    memcpy(octets + 16, sound_plaintext, sizeof sound_plaintext);
    g_assert_true(!gcry_cipher_open(&cipher, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_GCM, 0) &&
                  !gcry_cipher_setkey(cipher, key, sizeof key) && !gcry_cipher_setiv(cipher, nonce, sizeof nonce) &&
                  !gcry_cipher_authenticate(cipher, aad, sizeof aad) &&
                  !gcry_cipher_encrypt(cipher, octets + 16, sizeof sound_plaintext, NULL, 0) &&
                  !gcry_cipher_gettag(cipher, octets + 16 + sizeof sound_plaintext, 16));
    gcry_cipher_close(cipher);
    view = view_of(IPSEC_PROTOCOL_ESP, 4, octets, sizeof octets);
    view.frame = frame;
    return view;
}

static ipsec_report judge_gcm(ipsec_db *db, uint32_t high, uint32_t low, uint64_t iv, uint32_t frame)
{
    const ipsec_view view = gcm_view(high, low, iv, frame);
    ipsec_record record;
    ipsec_report report;

    ipsec_judge(db, &view, &record, &report);
    g_assert_cmpint(report.opened.icv_status, ==, IPSEC_ICV_GOOD);
    return report;
}

/* A repeated packet of the previous epoch is a replay, even if there is another one with the same low half: its IV is
 * not a new one. A different packet with a used number has a new IV. */
static void test_replay_of_another_epoch(void)
{
    const ipsec_key_row_text text = {.columns = {"ESP", "*", "*", "0x1000", "AES_GCM_16",
                                                 "0000000000000000000000000000000000000000", "NONE", "", "yes", "any"}};
    const uint32_t low = 0xffffff00;
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    ipsec_key_row_error error;
    ipsec_report report;
    ipsec_key_row row;

    g_assert_true(ipsec_key_row_compile(&text, &row, &error));
    ipsec_db_add(db, &row);
    judge_gcm(db, 0, low, 1, 1);
    judge_gcm(db, 0, low + 0xf0, 2, 2);
    judge_gcm(db, 1, 5, 3, 3);
    judge_gcm(db, 1, low, 4, 4);
    report = judge_gcm(db, 0, low, 1, 5);
    g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_ESN_WRONG_HIGH));
    g_assert_false(ipsec_findings_have(&report.findings, IPSEC_FINDING_IV_REUSE));
    report = judge_gcm(db, 1, low, 3, 6);
    g_assert_false(ipsec_findings_have(&report.findings, IPSEC_FINDING_ESN_WRONG_HIGH));
    g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_IV_REUSE));
    ipsec_db_free(db);
    guard_free_all();
}

/* A different requirement on IVs means a different key: what is remembered for one must not be used for the other. */
static void test_another_demand_begins_anew(void)
{
    bench bench = open_bench(IPSEC_IV_UNIQUE);
    const uint64_t octets[2] = {GUINT64_TO_BE(7), 0};

    expect_fine(&bench, 1, 7);
    expect_reuse(&bench, 2, 7, 1);
    g_assert_cmpint(learn_cbc(&bench, octets, 16, NULL), ==, IPSEC_IV_FINE);
    bench.demand = IPSEC_IV_UNKNOWN;
    expect_fine(&bench, 3, 7);
    bench.demand = IPSEC_IV_UNIQUE;
    expect_fine(&bench, 4, 7);
    expect_reuse(&bench, 5, 7, 5);
    close_bench(&bench);
}

/* --- CBC */

static void draw_octets(GRand *random, uint8_t *octets)
{
    for (unsigned i = 0; i < 16; i++)
        octets[i] = (uint8_t)g_rand_int(random);
}

static void test_cbc_random(void)
{
    for (uint8_t length = 8; length <= 16; length += 8) {
        GRand *random = g_rand_new_with_seed(6);
        bench bench = open_bench(IPSEC_IV_UNPREDICTABLE);
        uint8_t iv[16], block[16], kept[16];

        for (unsigned i = 0; i < 5000; i++) {
            draw_octets(random, iv);
            draw_octets(random, block);
            g_assert_cmpint(learn_cbc(&bench, iv, length, i % 3 ? block : NULL), ==, IPSEC_IV_FINE);
            if (i == 4990)
                memcpy(kept, iv, sizeof kept);
            if (i % 100 == 0)
                guard_free_all();
        }
        for (unsigned i = 0; i < 3; i++) {
            g_assert_cmpint(learn_cbc(&bench, kept, length, NULL), ==, IPSEC_IV_REUSED);
            g_assert_cmpuint(bench.first, ==, 4991);
        }
        bench.state = (ipsec_iv_state){0};
        g_assert_cmpint(learn_cbc(&bench, kept, length, NULL), ==, IPSEC_IV_FINE);
        g_rand_free(random);
        close_bench(&bench);
    }
}

static void test_cbc_bound(void)
{
    GRand *random = g_rand_new_with_seed(7);
    bench bench = open_bench(IPSEC_IV_UNPREDICTABLE);
    uint8_t iv[16];

    for (unsigned i = 0; i < 2000000; i++) {
        const ipsec_iv_packet packet = {
            .demand = IPSEC_IV_UNPREDICTABLE, .iv = iv, .length = 16, .sequence = i, .frame = i + 1};
        const uint64_t words[] = {draw(random), draw(random)};

        memcpy(iv, words, sizeof iv);
        g_assert_cmpint(ipsec_iv_learn(bench.store, &bench.state, &packet, &bench.first), ==, IPSEC_IV_FINE);
    }
    g_rand_free(random);
    close_bench(&bench);
}

static void test_cbc_zero(void)
{
    static const uint8_t zero[16], one[16] = {[15] = 1}, ninth[16] = {[8] = 1};

    for (uint8_t length = 8; length <= 16; length += 8) {
        bench bench = open_bench(IPSEC_IV_UNPREDICTABLE);

        g_assert_cmpint(learn_cbc(&bench, zero, length, NULL), ==, IPSEC_IV_ZERO);
        g_assert_cmpint(learn_cbc(&bench, zero, length, zero), ==, IPSEC_IV_ZERO);
        g_assert_cmpint(learn_cbc(&bench, ninth, length, NULL), ==, length == 8 ? IPSEC_IV_ZERO : IPSEC_IV_FINE);
        close_bench(&bench);
        bench = open_bench(IPSEC_IV_UNPREDICTABLE);
        g_assert_cmpint(learn_cbc(&bench, one, 16, NULL), ==, IPSEC_IV_FINE);
        close_bench(&bench);
    }
}

static void test_cbc_chain(void)
{
    for (uint8_t length = 8; length <= 16; length += 8) {
        GRand *random = g_rand_new_with_seed(8);
        bench bench = open_bench(IPSEC_IV_UNPREDICTABLE);
        uint8_t iv[16], block[16];

        draw_octets(random, iv);
        draw_octets(random, block);
        g_assert_cmpint(learn_cbc(&bench, iv, length, block), ==, IPSEC_IV_FINE);
        for (unsigned i = 0; i < 10; i++) {
            memcpy(iv, block, sizeof iv);
            draw_octets(random, block);
            g_assert_cmpint(learn_cbc(&bench, iv, length, block), ==, IPSEC_IV_CHAINED);
        }
        memcpy(iv, block, sizeof iv);
        iv[length - 1] ^= 0x10; /* which has not been a neighbour for long */
        g_assert_cmpint(learn_cbc(&bench, iv, length, NULL), ==, IPSEC_IV_FINE);
        g_assert_cmpint(learn_cbc(&bench, block, length, NULL), ==, IPSEC_IV_FINE); /* two packets before */
        g_rand_free(random);
        close_bench(&bench);
    }
}

/* Advances the counter in the octets from `low` to `high`, which may be less than `low`. */
static void advance(uint8_t *octets, int low, int high, unsigned by)
{
    const int step = low < high ? 1 : -1;

    for (int at = low; by && at != high + step; at += step) {
        by += octets[at];
        octets[at] = (uint8_t)by;
        by >>= 8;
    }
}

static void test_cbc_counter(void)
{
    static const struct {
        uint8_t length;
        int low, high; /* octets of the counter */
        unsigned by;
    } counters[] = {{16, 15, 8, 1}, {16, 7, 0, 1},   {16, 0, 7, 1}, {16, 8, 15, 1}, {8, 7, 0, 1},
                    {8, 0, 7, 1},   {8, 7, 0, 8192}, {8, 3, 0, 1},  {16, 3, 0, 1},  {8, 7, 4, 65536}};

    for (unsigned i = 0; i < G_N_ELEMENTS(counters); i++) {
        const bool found = counters[i].low != 3; /* the counter's lowest octet is in the middle */
        GRand *random = g_rand_new_with_seed(9 + i);
        bench bench = open_bench(IPSEC_IV_UNPREDICTABLE);
        uint8_t iv[16];

        draw_octets(random, iv);
        for (unsigned packet = 0; packet < 600; packet++) {
            const ipsec_iv_result expected = found && packet >= 3 ? IPSEC_IV_PREDICTABLE : IPSEC_IV_FINE;

            g_assert_cmpint(learn_cbc(&bench, iv, counters[i].length, NULL), ==, expected);
            advance(iv, counters[i].low, counters[i].high, counters[i].by);
        }
        draw_octets(random, iv);
        g_assert_cmpint(learn_cbc(&bench, iv, counters[i].length, NULL), ==, IPSEC_IV_FINE);
        g_rand_free(random);
        close_bench(&bench);
    }
}

/* A packet may be whole, of an SA that has verified, and too short for the IV of its algorithm. */
static void test_too_short_for_its_iv(void)
{
    const uint8_t octets[24] = {0};
    const ipsec_key_row spec = {.protocol = IPSEC_PROTOCOL_ESP, .encryption = ipsec_encryption_by_name("AES_CBC")};
    const ipsec_ruling ruling = {.has_row = true, .trusted = true};

    for (uint32_t length = 0; length <= sizeof octets; length++) {
        bench bench = open_bench(IPSEC_IV_UNPREDICTABLE);
        ipsec_sa sa = {.index = 0};
        ipsec_note note = {0};
        const ipsec_view view = {.data = guard_copy(octets, length),
                                 .captured = length,
                                 .length = length,
                                 .frame = 1,
                                 .protocol = IPSEC_PROTOCOL_ESP};

        ipsec_iv_judge(bench.store, &view, &sa, &spec, &ruling, true, 12, &note);
        g_assert_cmpint(ipsec_note_has(&note, IPSEC_FINDING_IV_ZERO), ==, length == sizeof octets);
        close_bench(&bench);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(patterns); i++) {
        char *path = g_strdup_printf("/iv/counter/%s", patterns[i].name);

        g_test_add_data_func(path, &patterns[i], test_counters);
        g_free(path);
    }
    g_test_add_func("/iv/replay-of-another-epoch", test_replay_of_another_epoch);
    g_test_add_func("/iv/order-of-octets", test_order_of_octets);
    g_test_add_func("/iv/loss-and-delay", test_loss_and_delay);
    g_test_add_func("/iv/queues", test_queues);
    g_test_add_func("/iv/restart", test_restart);
    g_test_add_func("/iv/first-two", test_first_two);
    g_test_add_func("/iv/forgotten-make-room", test_forgotten_make_room);
    g_test_add_func("/iv/forgotten-leave-their-pages", test_forgotten_leave_their_pages);
    g_test_add_func("/iv/frames-are-forgotten", test_frames_are_forgotten);
    g_test_add_func("/iv/sas-are-apart", test_sas_are_apart);
    g_test_add_func("/iv/random", test_random);
    g_test_add_func("/iv/bound-of-an-sa", test_bound_of_an_sa);
    g_test_add_func("/iv/bound-of-all", test_bound_of_all);
    g_test_add_func("/iv/pages-are-passed-on", test_pages_are_passed_on);
    g_test_add_func("/iv/against-a-set", test_against_a_set);
    g_test_add_func("/iv/lengths", test_lengths);
    g_test_add_func("/iv/unknown/counter", test_unknown_counter);
    g_test_add_func("/iv/unknown/others", test_unknown_others);
    g_test_add_func("/iv/unknown/given-up", test_unknown_given_up);
    g_test_add_func("/iv/unknown/tried-again", test_unknown_tried_again);
    g_test_add_func("/iv/unknown/many-packets", test_unknown_after_many_packets);
    g_test_add_func("/iv/unknown/bound", test_unknown_bound);
    g_test_add_func("/iv/unknown/bound-is-said", test_the_bound_is_said_of_each);
    g_test_add_func("/iv/forged/hide-nothing", test_forged_hide_nothing);
    g_test_add_func("/iv/forged/in-front", test_forged_in_front);
    g_test_add_func("/iv/forged/share", test_forged_share);
    g_test_add_func("/iv/forged/counters", test_forged_counters);
    g_test_add_func("/iv/forged/ahead", test_forged_ahead);
    g_test_add_func("/iv/unknown/reuse", test_reuse_without_a_key);
    g_test_add_func("/iv/kept", test_kept_for_another_relation);
    g_test_add_func("/iv/sum-or-exclusive-or", test_sum_or_exclusive_or);
    g_test_add_func("/iv/ivs-restart", test_ivs_restart);
    g_test_add_func("/iv/another-relation", test_another_relation);
    g_test_add_func("/iv/another-demand", test_another_demand_begins_anew);
    g_test_add_func("/iv/cbc/random", test_cbc_random);
    g_test_add_func("/iv/cbc/bound", test_cbc_bound);
    g_test_add_func("/iv/cbc/zero", test_cbc_zero);
    g_test_add_func("/iv/cbc/chain", test_cbc_chain);
    g_test_add_func("/iv/cbc/counter", test_cbc_counter);
    g_test_add_func("/iv/cbc/too-short", test_too_short_for_its_iv);
    return g_test_run();
}
