/* What is uncertain about an SA's numbers: runs far ahead, excuses, and several senders. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#include "sa/doubts.h"

#include <glib.h>

#define REACH 32u

/* --- far ahead */

static bool meet(ipsec_ahead *ahead, uint64_t number)
{
    return ipsec_ahead_meet(ahead, number, REACH, 1);
}

static void test_three_in_a_row(void)
{
    ipsec_ahead ahead = {0};

    g_assert_false(meet(&ahead, 1000));
    g_assert_false(meet(&ahead, 1001));
    g_assert_false(meet(&ahead, 1001)); /* a repeated number does not count */
    g_assert_true(meet(&ahead, 1002));
    g_assert_true(ipsec_ahead_has(&ahead, 1000));
    g_assert_false(ipsec_ahead_has(&ahead, 999));
    g_assert_false(ipsec_ahead_has(&ahead, 1003));
}

/* Consecutive ones may be 65,536 apart, or fewer than `reach` back. */
static void test_apart(void)
{
    ipsec_ahead ahead = {0};

    meet(&ahead, 1000);
    g_assert_false(meet(&ahead, 1000 + 65537));
    g_assert_cmpuint(ahead.count, ==, 1);
    g_assert_false(meet(&ahead, 1000 + 65537 + 65536));
    g_assert_cmpuint(ahead.count, ==, 2);
    g_assert_true(meet(&ahead, 1000 + 65537 + 65536 - (REACH - 1)));

    ahead = (ipsec_ahead){0};
    meet(&ahead, 1000);
    g_assert_false(meet(&ahead, 1000 - REACH));
    g_assert_cmpuint(ahead.count, ==, 1);
}

/* While others continue the flow from before, it takes 16, each close to the previous one and with at most four of the
 * others in between. */
static void test_contested(void)
{
    for (unsigned between = 4; between <= 5; between++) {
        ipsec_ahead ahead = {0};
        bool believed = false;

        for (unsigned i = 0; i < 16; i++) {
            g_assert_false(believed);
            believed = meet(&ahead, 1000 + i * REACH);
            for (unsigned k = 0; k < between; k++)
                ipsec_ahead_contradict(&ahead);
        }
        g_assert_cmpint(believed, ==, between == 4);
    }
}

/* That the flow does not continue from there is reported once per run. */
static void test_said_once(void)
{
    ipsec_ahead ahead = {0};

    g_assert_false(ipsec_ahead_contradict(&ahead)); /* there is no run */
    meet(&ahead, 1000);
    g_assert_true(ipsec_ahead_contradict(&ahead));
    g_assert_false(ipsec_ahead_contradict(&ahead));
    meet(&ahead, 1001);
    g_assert_false(ipsec_ahead_contradict(&ahead));
    meet(&ahead, 2000);
    g_assert_true(ipsec_ahead_contradict(&ahead));
}

/* --- excuses */

static ipsec_window window_at(uint64_t top)
{
    ipsec_window window;

    ipsec_window_init(&window, 64);
    ipsec_window_commit(&window, top, 64);
    return window;
}

/* The last number of a word and the first of the next; those at the ends of the range; numbers that did come. */
static void test_excused(void)
{
    ipsec_window window = window_at(200);
    ipsec_doubts *doubts = NULL;

    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 0, 1000), ==, 0);
    ipsec_doubts_get(&doubts);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 0, 1000), ==, 0);
    ipsec_excuse(doubts, 127, 0);
    ipsec_excuse(doubts, 128, 0);
    ipsec_excuse(doubts, 191, 0);
    ipsec_excuse(doubts, 200, 0);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 0, 1000), ==, 3);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 127, 2), ==, 2);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 127, 1), ==, 1);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 128, 63), ==, 1);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 128, 64), ==, 2);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 191, 1), ==, 1);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 191, 0), ==, 0);
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 192, 8), ==, 0);
    ipsec_excuse(doubts, 127 + IPSEC_EXCUSES, 200); /* replaces the first word */
    g_assert_cmpuint(ipsec_count_excused(doubts, &window, 0, 1000), ==, 2);
    ipsec_doubts_free(&doubts);
    g_assert_null(doubts);
    ipsec_window_clear(&window);
}

/* An excuse for a number above the top is not overwritten by one 1,024 further on; one for a number below is. */
static void test_excused_first(void)
{
    static const uint64_t tops[] = {63, 64, 126, 127, 200};

    for (unsigned i = 0; i < G_N_ELEMENTS(tops); i++) {
        const bool awaited = tops[i] < 127;
        ipsec_window window = window_at(300);
        ipsec_doubts *doubts = NULL;

        ipsec_excuse(ipsec_doubts_get(&doubts), 127, tops[i]);
        ipsec_excuse(doubts, 64 + IPSEC_EXCUSES, tops[i]);
        g_assert_cmpuint(ipsec_count_excused(doubts, &window, 127, 1), ==, awaited ? 1 : 0);
        g_assert_cmpuint(ipsec_count_excused(doubts, &window, 64 + IPSEC_EXCUSES, 1), ==, awaited ? 0 : 1);
        ipsec_excuses_free(doubts);
        g_assert_cmpuint(ipsec_count_excused(doubts, &window, 0, 2 * IPSEC_EXCUSES), ==, 0);
        ipsec_doubts_free(&doubts);
        ipsec_window_clear(&window);
    }
}

static void test_excusable(void)
{
    ipsec_window window = window_at(1000), unstarted = {0};
    ipsec_doubts *doubts = NULL;

    g_assert_false(ipsec_is_excusable(doubts, &unstarted, 0, 64));
    g_assert_true(ipsec_is_excusable(doubts, &window, 1064, 64));
    g_assert_false(ipsec_is_excusable(doubts, &window, 1065, 64));
    g_assert_true(ipsec_is_excusable(doubts, &window, 936, 64));
    g_assert_false(ipsec_is_excusable(doubts, &window, 935, 64));
    ipsec_excuse(ipsec_doubts_get(&doubts), 1064, 1000);
    g_assert_true(ipsec_is_excusable(doubts, &window, 1128, 64));
    g_assert_false(ipsec_is_excusable(doubts, &window, 1129, 64));
    ipsec_doubts_free(&doubts);
    ipsec_window_clear(&window);
}

/* They are freed when no excuse can count any more, and nothing else is in doubt. */
static void test_settle(void)
{
    ipsec_doubts *doubts = NULL;

    ipsec_doubts_settle(&doubts, 0);
    ipsec_excuse(ipsec_doubts_get(&doubts), 100, 0);
    ipsec_doubts_settle(&doubts, 100 + IPSEC_EXCUSES);
    g_assert_nonnull(doubts);
    doubts->old_run = 1;
    ipsec_doubts_settle(&doubts, 101 + IPSEC_EXCUSES);
    g_assert_nonnull(doubts);
    doubts->old_run = 0;
    doubts->ahead.count = 1;
    ipsec_doubts_settle(&doubts, 101 + IPSEC_EXCUSES);
    g_assert_nonnull(doubts);
    doubts->ahead.count = 0;
    ipsec_doubts_settle(&doubts, 101 + IPSEC_EXCUSES);
    g_assert_null(doubts);
}

/* --- senders */

static void test_senders(void)
{
    ipsec_doubts *doubts = NULL;
    ipsec_window *windows[IPSEC_SENDERS_MOST];

    ipsec_doubts_get(&doubts);
    for (uint32_t i = 0; i < IPSEC_SENDERS_MOST; i++) {
        windows[i] = ipsec_own_window(doubts, i + 1, 64);
        g_assert_nonnull(windows[i]);
    }
    g_assert_null(ipsec_own_window(doubts, IPSEC_SENDERS_MOST + 1, 64));
    for (uint32_t i = 0; i < IPSEC_SENDERS_MOST; i++)
        g_assert_true(ipsec_own_window(doubts, i + 1, 64) == windows[i]);
    ipsec_doubts_settle(&doubts, UINT64_MAX);
    g_assert_nonnull(doubts);
    ipsec_doubts_free(&doubts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/doubts/ahead/in-a-row", test_three_in_a_row);
    g_test_add_func("/doubts/ahead/apart", test_apart);
    g_test_add_func("/doubts/ahead/contested", test_contested);
    g_test_add_func("/doubts/ahead/said-once", test_said_once);
    g_test_add_func("/doubts/excuses/count", test_excused);
    g_test_add_func("/doubts/excuses/first", test_excused_first);
    g_test_add_func("/doubts/excuses/excusable", test_excusable);
    g_test_add_func("/doubts/settle", test_settle);
    g_test_add_func("/doubts/senders", test_senders);
    return g_test_run();
}
