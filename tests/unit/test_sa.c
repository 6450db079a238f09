/* Tables of SAs and IKE peers. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"
#include "sa.h"

#include <string.h>

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

/* So many that slots and hashes are shared: every part of the name must be compared. */
static void test_no_two_sas_are_taken_for_one(void)
{
    enum {
        EACH = 150000
    };
    ipsec_sa_table *table = ipsec_sa_table_new();
    uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8};
    ipsec_view view = esp_view(6, 0x1000, 1, 84);

    view.destination = address;
    for (uint32_t i = 0; i < EACH; i++) {
        for (unsigned at = 0; at < 3; at++)
            address[13 + at] = (uint8_t)(i >> 8 * at);
        ipsec_sa_get(table, &view, 0x1000);
        view.protocol = IPSEC_PROTOCOL_AH;
        ipsec_sa_get(table, &view, 0x1000);
        view.protocol = IPSEC_PROTOCOL_ESP;
        memset(address + 13, 0, 3);
        for (unsigned at = 0; at < 3; at++)
            address[5 + at] = (uint8_t)((i + 1) >> 8 * at);
        ipsec_sa_get(table, &view, 0x1000);
        memset(address + 5, 0, 3);
        ipsec_sa_get(table, &view, 0x10000 + i);
    }
    g_assert_cmpuint(ipsec_sa_count(table), ==, 4 * EACH);
    ipsec_sa_table_free(table);
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
    g_test_add_func("/sa/no-mix-up", test_no_two_sas_are_taken_for_one);
    g_test_add_func("/sa/peers", test_peers_are_a_pair);
    return g_test_run();
}
