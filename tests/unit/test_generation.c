/* The state of an SA while it had another key. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/generation.h"
#include "sa/sa.h"

/* An SA that has verified with row `row`, up to number `top`. */
static ipsec_sa sa_with(uint32_t index, uint32_t row, uint64_t top)
{
    ipsec_sa sa = {.index = index, .keys = {.row = row, .icv_good = true, .high = row}};

    ipsec_window_init(&sa.numbers.window, 64);
    ipsec_window_commit(&sa.numbers.window, top, 64);
    return sa;
}

static void free_window(ipsec_sa *sa)
{
    ipsec_window_clear(&sa->numbers.window);
}

static void test_there_and_back(void)
{
    ipsec_iv_store *ivs = ipsec_iv_store_new(NULL);
    ipsec_generations *generations = ipsec_generations_new(ivs);
    ipsec_sa sa = sa_with(1, 10, 500);
    ipsec_sa_pair pair, other;

    sa.life.packets = 3;
    sa.life.idle_since = 7;
    sa.life.pair = &pair;
    sa.iv.id = 4;
    g_assert_null(ipsec_generation_of(generations, &sa, 11));
    g_assert_false(ipsec_generation_take(generations, &sa, 11));
    g_assert_cmpuint(sa.numbers.window.size, ==, 0);
    g_assert_false(sa.numbers.window.started);
    g_assert_cmpuint(sa.iv.id, ==, 0);
    g_assert_cmpuint(ipsec_generation_of(generations, &sa, 10)->keys.high, ==, 10);
    sa.keys = (ipsec_sa_keys){.row = 11, .icv_good = true, .source = 99};
    sa.life = (ipsec_sa_life){.packets = 1, .pair = &other, .idle_since = 8};
    sa.iv.id = 5;
    g_assert_true(ipsec_generation_take(generations, &sa, 10));
    g_assert_null(ipsec_generation_of(generations, &sa, 10));
    g_assert_nonnull(ipsec_generation_of(generations, &sa, 11));
    g_assert_cmpuint(sa.keys.row, ==, 10);
    g_assert_cmpuint(sa.keys.source, ==, 99);
    g_assert_cmpint(ipsec_window_place(&sa.numbers.window, 500, 64), ==, IPSEC_PLACE_SEEN);
    g_assert_cmpuint(sa.life.packets, ==, 3);
    g_assert_true(sa.life.pair == &other);
    g_assert_cmpuint(sa.life.idle_since, ==, 8);
    g_assert_cmpuint(sa.iv.id, ==, 4);
    free_window(&sa);
    ipsec_generations_free(generations);
    ipsec_iv_store_free(ivs);
    ipsec_generations_free(NULL);
}

/* State that a key has not verified is not kept for it. */
static void test_guesses_are_not_kept(void)
{
    ipsec_iv_store *ivs = ipsec_iv_store_new(NULL);
    ipsec_generations *generations = ipsec_generations_new(ivs);
    ipsec_sa sa = sa_with(1, 10, 500);

    sa.keys.icv_good = false;
    g_assert_false(ipsec_generation_take(generations, &sa, 11));
    g_assert_null(ipsec_generation_of(generations, &sa, 10));
    ipsec_generations_free(generations);
    ipsec_iv_store_free(ivs);
}

/* Neither the state of another SA nor that of another row is returned. If there are too many, the last ones are not
 * kept until one is taken back. */
static void test_many(void)
{
    ipsec_iv_store *ivs = ipsec_iv_store_new(NULL);
    ipsec_generations *generations = ipsec_generations_new(ivs);

    for (uint32_t index = 0; index <= IPSEC_GENERATIONS_MOST; index++) {
        ipsec_sa sa = sa_with(index, 10, index);

        g_assert_false(ipsec_generation_take(generations, &sa, 11));
        g_assert_cmpint(ipsec_generation_of(generations, &sa, 10) != NULL, ==, index < IPSEC_GENERATIONS_MOST);
        g_assert_null(ipsec_generation_of(generations, &sa, 12));
    }
    for (uint32_t index = IPSEC_GENERATIONS_MOST; index-- > 0;) {
        ipsec_sa sa = {.index = index};

        g_assert_true(ipsec_generation_take(generations, &sa, 10));
        g_assert_cmpuint(sa.numbers.window.top, ==, index);
        free_window(&sa);
    }
    ipsec_generations_free(generations);
    ipsec_iv_store_free(ivs);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/generation/there-and-back", test_there_and_back);
    g_test_add_func("/generation/guesses-are-not-kept", test_guesses_are_not_kept);
    g_test_add_func("/generation/many", test_many);
    return g_test_run();
}
