/* IKE peers. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"
#include "evidence/peers.h"

#include <string.h>

/* The bounds of peers.c. */
#define PEERS_MOST 65536u
#define SHARE      4096u

static void test_peers_are_a_pair(void)
{
    ipsec_peers *peers = ipsec_peers_new(NULL);
    const ipsec_view view = esp_view(6, 0x1000, 1, 84), v4 = esp_view(4, 0x1000, 1, 84);
    ipsec_view back = view, unknown = view;

    back.source = view.destination;
    back.destination = view.source;
    unknown.address_length = 0;
    g_assert_false(ipsec_peers_known(peers, &view));
    ipsec_peers_add(peers, &view, false);
    ipsec_peers_add(peers, &unknown, false); /* no addresses, nothing to remember */
    g_assert_true(ipsec_peers_known(peers, &view));
    g_assert_true(ipsec_peers_known(peers, &back));
    g_assert_false(ipsec_peers_known(peers, &v4));
    g_assert_false(ipsec_peers_known(peers, &unknown));
    ipsec_peers_free(peers);
    ipsec_peers_free(NULL);
    guard_free_all();
}

/* --- more peers than there is room for */

/* Peers by number: numbers 0 to 2^24 - 1 stand for different hosts. */
typedef struct crowd {
    ipsec_peers *peers;
    ipsec_view view;
    uint8_t host[4];
} crowd;

static void open_crowd(crowd *crowd)
{
    *crowd = (struct crowd){.peers = ipsec_peers_new(NULL), .view = esp_view(4, 0x1000, 1, 84)};
}

static void close_crowd(crowd *crowd)
{
    ipsec_peers_free(crowd->peers);
    guard_free_all();
}

static const uint8_t gateway[4] = {128, 0, 0, 1};

/* The view of a packet from host `number` to the gateway, or back. Some hosts have higher addresses than the gateway,
 * some lower. */
static ipsec_view *point(crowd *crowd, uint32_t number, bool back)
{
    for (unsigned at = 0; at < 4; at++)
        crowd->host[at] = (uint8_t)((number | (number & 1) << 31) >> (24 - 8 * at));
    crowd->view.source = back ? gateway : crowd->host;
    crowd->view.destination = back ? crowd->host : gateway;
    return &crowd->view;
}

static void ask(crowd *crowd, uint32_t number)
{
    ipsec_peers_add(crowd->peers, point(crowd, number, false), false);
}

static void answer(crowd *crowd, uint32_t number)
{
    ipsec_peers_add(crowd->peers, point(crowd, number, true), false);
}

static void verify(crowd *crowd, uint32_t number)
{
    ipsec_peers_add(crowd->peers, point(crowd, number, true), true);
}

static bool is_known(crowd *crowd, uint32_t number)
{
    return ipsec_peers_known(crowd->peers, point(crowd, number, number & 2));
}

enum {
    FORGED = 1000000 /* the first number of forged ones */
};

/* Peers that had an answer are kept, and so is one that verified, however many send requests; of the others, the latest
 * are kept. */
static void test_questions_go_first(void)
{
    crowd crowd;

    open_crowd(&crowd);
    for (uint32_t i = 0; i < 100; i++)
        ask(&crowd, 10 + i);
    for (uint32_t i = 0; i < 100; i++)
        answer(&crowd, 10 + i);
    verify(&crowd, 500);
    for (uint32_t i = 0; i < 3 * PEERS_MOST; i++)
        ask(&crowd, FORGED + i);
    ask(&crowd, 600); /* a later peer */
    for (uint32_t i = 0; i < 100; i++)
        g_assert_true(is_known(&crowd, 10 + i));
    g_assert_true(is_known(&crowd, 500));
    g_assert_true(is_known(&crowd, 600));
    for (uint32_t i = 0; i < 3 * PEERS_MOST; i++)
        g_assert_true(is_known(&crowd, FORGED + i) == (i >= 2 * PEERS_MOST + 102));
    close_crowd(&crowd);
}

/* Exactly as many as there is room for: the first one is dropped for the next one, and not earlier. */
static void test_the_limit(void)
{
    crowd crowd;

    open_crowd(&crowd);
    for (uint32_t i = 0; i < PEERS_MOST; i++)
        ask(&crowd, 10 + i);
    g_assert_true(is_known(&crowd, 10));
    ask(&crowd, 10); /* sends again, so another one has been silent for longest */
    g_assert_true(is_known(&crowd, 11));
    ask(&crowd, 10 + PEERS_MOST);
    g_assert_true(is_known(&crowd, 10));
    g_assert_false(is_known(&crowd, 11));
    g_assert_true(is_known(&crowd, 12));
    close_crowd(&crowd);
}

/* A new peer has time to get an answer, however many peers had one before. */
static void test_a_share_is_for_questions(void)
{
    crowd crowd;

    open_crowd(&crowd);
    for (uint32_t i = 0; i < PEERS_MOST; i++) {
        ask(&crowd, FORGED + i);
        answer(&crowd, FORGED + i);
    }
    ask(&crowd, 10);
    for (uint32_t i = 0; i < SHARE; i++) {
        g_assert_true(is_known(&crowd, 10));
        ask(&crowd, 100 + i);
        g_assert_false(is_known(&crowd, FORGED + i + 1)); /* dropped for a request */
        g_assert_true(is_known(&crowd, FORGED + i + 2));
    }
    ask(&crowd, 99999);
    g_assert_false(is_known(&crowd, 10));
    g_assert_true(is_known(&crowd, FORGED + SHARE + 1));
    close_crowd(&crowd);
}

/* Answers can be forged too, but not packets that verify. Of the peers that had an answer, the one that has been silent
 * for longest is dropped. */
static void test_the_verified_go_last(void)
{
    crowd crowd;

    open_crowd(&crowd);
    verify(&crowd, 500);
    ask(&crowd, 500);
    answer(&crowd, 500); /* it has verified all the same */
    ask(&crowd, 10);
    answer(&crowd, 10);
    ask(&crowd, 11);
    answer(&crowd, 11);
    for (uint32_t i = 0; i < 2 * PEERS_MOST; i++) {
        ask(&crowd, FORGED + i);
        answer(&crowd, FORGED + i);
        if (i % 1000 == 0)
            ask(&crowd, 11);
    }
    g_assert_true(is_known(&crowd, 500));
    g_assert_false(is_known(&crowd, 10));
    g_assert_true(is_known(&crowd, 11));
    for (uint32_t i = 0; i < PEERS_MOST - SHARE - 1; i++) /* a share remains for the others */
        verify(&crowd, 2 * FORGED + i);
    g_assert_true(is_known(&crowd, 500));
    verify(&crowd, 3 * FORGED);
    g_assert_false(is_known(&crowd, 500));
    g_assert_true(is_known(&crowd, 2 * FORGED));
    g_assert_true(is_known(&crowd, FORGED + 2 * PEERS_MOST - SHARE + 1));
    g_assert_false(is_known(&crowd, FORGED + 2 * PEERS_MOST - SHARE));
    close_crowd(&crowd);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/peers/pair", test_peers_are_a_pair);
    g_test_add_func("/peers/limit", test_the_limit);
    g_test_add_func("/peers/questions-go-first", test_questions_go_first);
    g_test_add_func("/peers/share", test_a_share_is_for_questions);
    g_test_add_func("/peers/verified-go-last", test_the_verified_go_last);
    return g_test_run();
}
