/* What may be of an SA's numbers: runs far ahead, numbers perhaps seen, several senders. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#include "doubts.h"

#include <glib.h>

#define REACH 32u

/* --- far ahead */

/* Meets `count` numbers from `first` on; returns whether the last one makes the run believed. */
static bool meet(ipsec_ahead *ahead, uint64_t first, unsigned count)
{
    bool believed = false;

    for (unsigned i = 0; i < count; i++)
        believed = ipsec_ahead_meet(ahead, first + i, REACH, 1);
    return believed;
}

static void contradict(ipsec_ahead *ahead, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        ipsec_ahead_contradict(ahead);
}

static void test_two_go_on_in_a_row(void)
{
    ipsec_ahead ahead = {0};

    g_assert_false(meet(&ahead, 1000, 2));
    g_assert_true(meet(&ahead, 1002, 1));
    ahead = (ipsec_ahead){0};
    g_assert_false(meet(&ahead, 1000, 1));
    g_assert_false(meet(&ahead, 1000, 1)); /* the same number is no other packet */
    g_assert_false(meet(&ahead, 999, 1));
    g_assert_true(meet(&ahead, 990, 1)); /* nor need they be in order */
    g_assert_true(ipsec_ahead_has(&ahead, 999));
    g_assert_false(ipsec_ahead_has(&ahead, 998));
    g_assert_false(ipsec_ahead_has(&ahead, 1001));
}

/* In a row they may lie far apart; else no farther than one packet may be ahead on its own word. */
static void test_how_far_apart(void)
{
    static const struct {
        unsigned between;
        uint64_t apart;
        bool continues;
    } cases[] = {{0, 65536, true}, {0, 65537, false}, {1, REACH, true}, {1, REACH + 1, false},
                 {4, REACH, true}, {5, REACH, false}, {0, REACH, true}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_ahead ahead = {0};

        meet(&ahead, 1000000, 1);
        contradict(&ahead, cases[i].between);
        meet(&ahead, 1000000 + cases[i].apart, 1);
        g_assert_cmpuint(ahead.count, ==, cases[i].continues ? 2 : 1);
    }
}

/* Where others go on from before, two in a row are not enough, and so few in all neither. */
static void test_contested(void)
{
    ipsec_ahead ahead = {0};

    for (unsigned i = 0; i < 7; i++) {
        g_assert_false(meet(&ahead, 1000 + 2 * i, 2));
        contradict(&ahead, 4);
    }
    g_assert_false(meet(&ahead, 1014, 1));
    contradict(&ahead, 1);
    g_assert_true(meet(&ahead, 1015, 1)); /* the sixteenth */
}

static void test_said_once_of_a_run(void)
{
    ipsec_ahead ahead = {0};

    g_assert_false(ipsec_ahead_contradict(&ahead));
    meet(&ahead, 1000, 1);
    g_assert_true(ipsec_ahead_contradict(&ahead));
    g_assert_false(ipsec_ahead_contradict(&ahead));
    meet(&ahead, 1001, 1);
    g_assert_false(ipsec_ahead_contradict(&ahead));
    contradict(&ahead, 4); /* that is the end of it */
    g_assert_cmpuint(ahead.count, ==, 0);
    meet(&ahead, 1002, 1);
    g_assert_true(ipsec_ahead_contradict(&ahead));
}

/* --- perhaps seen */

static ipsec_window window_at(uint64_t top)
{
    ipsec_window window;

    ipsec_window_init(&window, 64);
    ipsec_window_commit(&window, top, 64);
    return window;
}

static void test_excuses(void)
{
    ipsec_window window = window_at(5000);
    ipsec_doubts *doubts = NULL;

    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 0, UINT64_MAX), ==, 0);
    ipsec_doubts_get(&doubts);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 0, UINT64_MAX), ==, 0);
    ipsec_excuse(doubts, 4999);
    ipsec_excuse(doubts, 4999);
    ipsec_excuse(doubts, 5000); /* which was seen */
    ipsec_excuse(doubts, 5063);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 4990, 100), ==, 2);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 4999, 1), ==, 1);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 5000, 63), ==, 0);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 5000, 64), ==, 1);
    /* Those that are far behind give way, and not the other way round. */
    ipsec_excuse(doubts, 5063 + IPSEC_EXCUSES);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 0, 6000), ==, 1);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 0, UINT64_MAX), ==, 2);
    ipsec_doubts_free(&doubts);
    ipsec_window_clear(&window);
}

/* Near the top, or near what was excused above it. */
static void test_excusable(void)
{
    ipsec_window window = {0}, started = window_at(5000);
    ipsec_doubts *doubts = NULL;

    g_assert_false(ipsec_is_excusable(doubts, &window, 5000, 64));
    g_assert_true(ipsec_is_excusable(doubts, &started, 5064, 64));
    g_assert_false(ipsec_is_excusable(doubts, &started, 5065, 64));
    g_assert_true(ipsec_is_excusable(doubts, &started, 4936, 64));
    g_assert_false(ipsec_is_excusable(doubts, &started, 4935, 64));
    ipsec_excuse(ipsec_doubts_get(&doubts), 5064);
    g_assert_true(ipsec_is_excusable(doubts, &started, 5128, 64));
    g_assert_false(ipsec_is_excusable(doubts, &started, 5129, 64));
    g_assert_false(ipsec_is_excusable(doubts, &started, 4935, 64));
    ipsec_doubts_free(&doubts);
    ipsec_window_clear(&started);
}

/* --- several senders */

static void test_own_windows(void)
{
    ipsec_doubts *doubts = NULL;

    ipsec_doubts_get(&doubts);
    for (uint32_t origin = 1; origin <= IPSEC_SENDERS_MOST; origin++) {
        ipsec_window *own = ipsec_own_window(doubts, origin, 64);

        g_assert_nonnull(own);
        ipsec_window_commit(own, origin, 64);
    }
    g_assert_null(ipsec_own_window(doubts, IPSEC_SENDERS_MOST + 1, 64)); /* nobody makes room for it */
    for (uint32_t origin = 1; origin <= IPSEC_SENDERS_MOST; origin++)
        g_assert_cmpuint(ipsec_own_window(doubts, origin, 64)->top, ==, origin);
    ipsec_doubts_free(&doubts);
    g_assert_null(doubts);
}

/* --- all of them */

static void test_settled(void)
{
    ipsec_doubts *doubts = NULL;

    ipsec_doubts_settle(&doubts, 0);
    meet(&ipsec_doubts_get(&doubts)->ahead, 1000, 1);
    ipsec_doubts_settle(&doubts, 10);
    g_assert_nonnull(doubts);
    doubts->ahead.count = 0;
    doubts->old_run = 1;
    ipsec_doubts_settle(&doubts, 10);
    g_assert_nonnull(doubts);
    doubts->old_run = 0;
    ipsec_excuse(doubts, 1000);
    ipsec_doubts_settle(&doubts, 1000 + IPSEC_EXCUSES);
    g_assert_nonnull(doubts);
    ipsec_doubts_settle(&doubts, 1001 + IPSEC_EXCUSES);
    g_assert_null(doubts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/doubts/ahead/two", test_two_go_on_in_a_row);
    g_test_add_func("/doubts/ahead/apart", test_how_far_apart);
    g_test_add_func("/doubts/ahead/contested", test_contested);
    g_test_add_func("/doubts/ahead/said", test_said_once_of_a_run);
    g_test_add_func("/doubts/excuses/count", test_excuses);
    g_test_add_func("/doubts/excuses/near", test_excusable);
    g_test_add_func("/doubts/senders", test_own_windows);
    g_test_add_func("/doubts/settled", test_settled);
    return g_test_run();
}
