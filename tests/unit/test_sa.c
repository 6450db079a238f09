/* Tables of SAs and IKE peers. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"
#include "sa.h"

static void test_an_sa_is_protocol_destination_spi(void)
{
    ipsec_sa_table *table = ipsec_sa_table_new();
    ipsec_view view = esp_view(4, 0x1000, 1, 84), other = view;
    ipsec_sa *sa = ipsec_sa_get(table, &view, 0x1000);

    g_assert_nonnull(sa);
    g_assert_true(ipsec_sa_get(table, &view, 0x1000) == sa);
    other.source = view.destination; /* the source is no part of the name */
    g_assert_true(ipsec_sa_get(table, &other, 0x1000) == sa);
    other.encapsulation = IPSEC_ENCAPSULATION_UDP; /* nor is the encapsulation */
    g_assert_true(ipsec_sa_get(table, &other, 0x1000) == sa);
    g_assert_true(ipsec_sa_get(table, &view, 0x1001) != sa);
    other = view;
    other.protocol = IPSEC_PROTOCOL_AH;
    g_assert_true(ipsec_sa_get(table, &other, 0x1000) != sa);
    other = view;
    other.destination = view.source;
    g_assert_true(ipsec_sa_get(table, &other, 0x1000) != sa);
    other = view;
    other.address_length = 0; /* addresses unknown: an SA of its own */
    other.destination = NULL;
    g_assert_true(ipsec_sa_get(table, &other, 0x1000) != sa);
    g_assert_cmpuint(ipsec_sa_count(table), ==, 5);
    ipsec_sa_table_free(table);
    ipsec_sa_table_free(NULL);
    guard_free_all();
}

static void test_peers_are_a_pair(void)
{
    ipsec_sa_table *table = ipsec_sa_table_new();
    const ipsec_view view = esp_view(6, 0x1000, 1, 84), v4 = esp_view(4, 0x1000, 1, 84);
    ipsec_view back = view, unknown = view;

    back.source = view.destination;
    back.destination = view.source;
    unknown.address_length = 0;
    g_assert_false(ipsec_peers_known(table, &view));
    ipsec_peers_add(table, &view);
    ipsec_peers_add(table, &unknown); /* no addresses, nothing to remember */
    g_assert_true(ipsec_peers_known(table, &view));
    g_assert_true(ipsec_peers_known(table, &back));
    g_assert_false(ipsec_peers_known(table, &v4));
    g_assert_false(ipsec_peers_known(table, &unknown));
    ipsec_sa_table_free(table);
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sa/name", test_an_sa_is_protocol_destination_spi);
    g_test_add_func("/sa/peers", test_peers_are_a_pair);
    return g_test_run();
}
