/* IKE requests compared with the lifetime of SAs. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"
#include "sa/exchanges.h"

#include <glib.h>

static const uint8_t here[4] = {10, 0, 0, 1}, there[4] = {10, 0, 0, 2}, third[4] = {10, 0, 0, 3};

static ipsec_view between(const uint8_t *from, const uint8_t *to, uint32_t frame)
{
    return (ipsec_view){.source = from, .destination = to, .address_length = 4, .frame = frame};
}

static void ask(ipsec_sa_table *sas, const uint8_t *from, uint32_t frame, ipsec_exchange_kind kind, uint32_t length)
{
    const ipsec_view view = between(from, from == here ? there : here, frame);

    ipsec_exchanges_meet(sas, &view, kind, length);
}

/* Sends a packet; returns the index of its SA. */
static uint32_t send(ipsec_sa_table *sas, const uint8_t *to, uint32_t spi, uint32_t sequence, uint32_t frame)
{
    ipsec_view view = esp_view(4, spi, sequence, 60);
    ipsec_note note = {0};

    view.source = here;
    view.destination = to;
    view.frame = frame;
    return ipsec_sa_get(sas, &view, spi, &note)->index;
}

static ipsec_sa_ike beside(const ipsec_sa_table *sas, uint32_t sa)
{
    ipsec_sa_ike ike = {0};

    ipsec_exchanges_beside(sas, sa, &ike);
    return ike;
}

static void test_beside(void)
{
    ipsec_sa_table *sas = ipsec_sa_table_new(0, NULL);
    uint32_t young, older, elsewhere;

    ask(sas, here, 1, IPSEC_EXCHANGE_MAKES, 200);
    ask(sas, there, 2, IPSEC_EXCHANGE_INFORMS, 57);
    young = send(sas, there, 1, 16, 3);
    older = send(sas, there, 2, 17, 4);
    elsewhere = send(sas, third, 3, 1, 5);
    send(sas, there, 1, 17, 6);
    ask(sas, there, 7, IPSEC_EXCHANGE_INFORMS, 57); /* checks that the peer is alive */
    ask(sas, here, 8, IPSEC_EXCHANGE_INFORMS, 69);
    ask(sas, here, 9, IPSEC_EXCHANGE_INFORMS, 69);
    g_assert_cmpuint(beside(sas, young).maybe_created_by, ==, 1);
    g_assert_cmpuint(beside(sas, young).maybe_deleted_by, ==, 8);
    g_assert_cmpuint(beside(sas, older).maybe_created_by, ==, 0); /* it was created before the capture */
    g_assert_cmpuint(beside(sas, older).maybe_deleted_by, ==, 8);
    g_assert_cmpuint(beside(sas, elsewhere).maybe_created_by, ==, 0);
    g_assert_cmpuint(beside(sas, elsewhere).maybe_deleted_by, ==, 0);
    ipsec_sa_table_free(sas);
    guard_free_all();
}

/* If all requests are alike, they are only liveness checks; a single one may be anything. */
static void test_alike(void)
{
    ipsec_sa_table *sas = ipsec_sa_table_new(0, NULL);
    uint32_t sa;

    ask(sas, here, 1, IPSEC_EXCHANGE_MAKES, 200);
    sa = send(sas, there, 1, 1, 2);
    ask(sas, here, 3, IPSEC_EXCHANGE_INFORMS, 69);
    g_assert_cmpuint(beside(sas, sa).maybe_deleted_by, ==, 3);
    ask(sas, here, 4, IPSEC_EXCHANGE_INFORMS, 69);
    g_assert_cmpuint(beside(sas, sa).maybe_deleted_by, ==, 0);
    ipsec_sa_table_free(sas);
    guard_free_all();
}

/* The SAs in use when IKE is seen for the first time have an end, too. */
static void test_in_use(void)
{
    ipsec_sa_table *sas = ipsec_sa_table_new(0, NULL);
    ipsec_view view = esp_view(4, 1, 1, 60);
    ipsec_note note = {0};
    ipsec_sa *sa;

    view.source = here;
    view.destination = there;
    view.frame = 1;
    sa = ipsec_sa_get(sas, &view, 1, &note);
    ipsec_sa_pair_get(sas, &view, sa);
    ask(sas, there, 2, IPSEC_EXCHANGE_MAKES, 200);
    ask(sas, there, 3, IPSEC_EXCHANGE_INFORMS, 69);
    g_assert_cmpuint(beside(sas, sa->index).maybe_created_by, ==, 0);
    g_assert_cmpuint(beside(sas, sa->index).maybe_deleted_by, ==, 3);
    ipsec_sa_table_free(sas);
    guard_free_all();
}

/* After more requests than are remembered, it is not known which one created an SA. */
static void test_many_requests(void)
{
    ipsec_sa_table *sas = ipsec_sa_table_new(0, NULL);
    uint32_t before, behind;

    ask(sas, here, 1, IPSEC_EXCHANGE_MAKES, 200);
    before = send(sas, there, 1, 1, 2);
    for (uint32_t i = 0; i < IPSEC_EXCHANGES_MOST; i++)
        ask(sas, here, 3 + i, IPSEC_EXCHANGE_MAKES, 200);
    behind = send(sas, there, 2, 1, 3 + IPSEC_EXCHANGES_MOST);
    ask(sas, here, 4 + IPSEC_EXCHANGES_MOST, IPSEC_EXCHANGE_INFORMS, 69);
    g_assert_cmpuint(beside(sas, before).maybe_created_by, ==, 1);
    g_assert_cmpuint(beside(sas, behind).maybe_created_by, ==, 0);
    g_assert_cmpuint(beside(sas, behind).maybe_deleted_by, ==, 0);
    ipsec_sa_table_free(sas);
    guard_free_all();
}

/* Liveness checks need no space, however many there are. */
static void test_signs_of_life(void)
{
    ipsec_sa_table *sas = ipsec_sa_table_new(0, NULL);
    uint32_t frame = 1, sa;

    for (; frame <= 2 * IPSEC_EXCHANGES_MOST; frame++)
        ask(sas, here, frame, IPSEC_EXCHANGE_INFORMS, 57);
    ask(sas, here, frame++, IPSEC_EXCHANGE_MAKES, 200);
    sa = send(sas, there, 1, 1, frame++);
    ask(sas, here, frame, IPSEC_EXCHANGE_INFORMS, 69);
    g_assert_cmpuint(beside(sas, sa).maybe_created_by, ==, frame - 2);
    g_assert_cmpuint(beside(sas, sa).maybe_deleted_by, ==, frame);
    ipsec_sa_table_free(sas);
    guard_free_all();
}

static void test_many_hosts(void)
{
    ipsec_sa_table *sas = ipsec_sa_table_new(0, NULL);
    uint8_t from[4] = {10, 1, 0, 0};
    uint32_t first, last;

    for (uint32_t i = 0; i <= IPSEC_EXCHANGE_HOSTS_MOST; i++) {
        ipsec_view view;

        from[2] = (uint8_t)(i >> 8);
        from[3] = (uint8_t)i;
        view = between(from, here, i + 1);
        ipsec_exchanges_meet(sas, &view, IPSEC_EXCHANGE_MAKES, 200);
    }
    last = send(sas, from, 1, 1, 5000);
    from[2] = from[3] = 0;
    first = send(sas, from, 1, 1, 5001);
    g_assert_cmpuint(beside(sas, first).maybe_created_by, ==, 1);
    g_assert_cmpuint(beside(sas, last).maybe_created_by, ==, 0);
    ipsec_sa_table_free(sas);
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/exchanges/beside", test_beside);
    g_test_add_func("/exchanges/alike", test_alike);
    g_test_add_func("/exchanges/in-use", test_in_use);
    g_test_add_func("/exchanges/many-requests", test_many_requests);
    g_test_add_func("/exchanges/signs-of-life", test_signs_of_life);
    g_test_add_func("/exchanges/many-hosts", test_many_hosts);
    return g_test_run();
}
