/* Several dumps of one SA, merged into one row. SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/row_merge.h"
#include "keys/terms.h"

#include <glib.h>

static ipsec_key_row row(void)
{
    const ipsec_key_row_text text = {
        {"ESP", "*", "192.0.2.2", "0x1000", "NULL", "", "HMAC_SHA1_96", "0x0102030405060708090a0b0c0d0e0f1011121314"}};
    ipsec_key_row_error error;
    ipsec_key_row spec;

    if (!ipsec_key_row_compile(&text, &spec, &error))
        g_error("%s: %s", error.column, error.reason);
    return spec;
}

/* A row of a dump; `net` is the third octet of its selector's source, 0: it has no selector. */
static ipsec_key_row dump(ipsec_mode mode, ipsec_encap_mode encapsulation, uint8_t net)
{
    ipsec_key_row spec = row();

    spec.mode = (uint8_t)mode;
    spec.encapsulation = (uint8_t)encapsulation;
    spec.selector.present = net > 0;
    spec.selector.any_protocol = true;
    spec.selector.source = (ipsec_address_range){.octets = {10, 0, net}, .mask = {255, 255, 255}, .length = 4};
    return spec;
}

static void test_same(void)
{
    const ipsec_key_row a = row();
    ipsec_key_row b = a;

    g_assert_true(ipsec_row_is_same(&a, &b));
    b.integrity_key[19] ^= 1;
    g_assert_false(ipsec_row_is_same(&a, &b));
    b.has_keys = false;
    g_assert_true(ipsec_row_is_same(&a, &b));
    g_assert_true(ipsec_row_is_same(&b, &a));
    b.integrity = ipsec_integrity_by_name("HMAC_MD5_96");
    g_assert_false(ipsec_row_is_same(&a, &b));
    b = a;
    b.integrity_key_length = 19;
    g_assert_false(ipsec_row_is_same(&a, &b));
    b = a;
    b.encryption = ipsec_encryption_by_name("AES_CBC");
    g_assert_false(ipsec_row_is_same(&a, &b));
}

/* In any order: the larger window, and a known one. */
static void test_window(void)
{
    enum {
        UNKNOWN = IPSEC_REPLAY_WINDOW_UNKNOWN
    };
    static const uint32_t samples[][4] = {
        {32, UNKNOWN, UNKNOWN, 32}, {UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN},
        {32, 64, UNKNOWN, 64},      {0, 32, 0, 32},
        {0, UNKNOWN, UNKNOWN, 0},   {64, 32, 32, 64},
        {32, 32, 32, 32},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(samples); i++)
        for (unsigned first = 0; first < 3; first++) {
            ipsec_key_row spec = row(), later = row();

            spec.replay_window = samples[i][first];
            for (unsigned k = 1; k < 3; k++) {
                later.replay_window = samples[i][(first + k) % 3];
                g_assert_true(ipsec_row_adds(&spec, &later) || spec.replay_window == later.replay_window);
                ipsec_row_merge(&spec, &later);
            }
            g_assert_cmpuint(spec.replay_window, ==, samples[i][3]);
        }
}

/* If one dump names a network card, that counts, whichever came first. */
static void test_offload(void)
{
    for (unsigned first = 0; first <= 1; first++) {
        ipsec_key_row spec = row(), later = row();

        spec.offload = first;
        later.offload = !first;
        g_assert_true(ipsec_row_adds(&spec, &later));
        ipsec_row_merge(&spec, &later);
        g_assert_true(spec.offload);
    }
}

static void test_lifetime(void)
{
    ipsec_key_row spec = row(), later = row();

    g_assert_false(ipsec_row_adds(&spec, &later));
    later.hard_packets = 100;
    g_assert_true(ipsec_row_adds(&spec, &later));
    ipsec_row_merge(&spec, &later);
    g_assert_cmpuint(spec.hard_packets, ==, 100);
    g_assert_cmpuint(spec.hard_bytes, ==, UINT64_MAX);
    later.hard_packets = 50;
    later.hard_bytes = 5000;
    g_assert_true(ipsec_row_adds(&spec, &later));
    ipsec_row_merge(&spec, &later);
    g_assert_cmpuint(spec.hard_packets, ==, 100);
    g_assert_cmpuint(spec.hard_bytes, ==, 5000);
    later = row();
    ipsec_row_merge(&spec, &later);
    g_assert_cmpuint(spec.hard_packets, ==, 100);
}

/* The first, and the last. */
static void test_highs(void)
{
    ipsec_key_row spec = row(), later = row();

    later.high_count = 1;
    for (uint32_t high = 5; high < 9; high++) {
        later.highs[0] = high;
        g_assert_true(ipsec_row_adds(&spec, &later));
        ipsec_row_merge(&spec, &later);
        ipsec_row_merge(&spec, &later);
        g_assert_cmpuint(spec.high_count, ==, high == 5 ? 1 : 2);
        g_assert_cmpuint(spec.highs[0], ==, 5);
        g_assert_cmpuint(spec.highs[spec.high_count - 1], ==, high);
    }
}

/* If only one knows something, there is no difference. */
static void test_what_is_not_said(void)
{
    const ipsec_key_row silent = row(), table = dump(IPSEC_MODE_TUNNEL, IPSEC_ENCAP_ANY, 0),
                        full = dump(IPSEC_MODE_TUNNEL, IPSEC_ENCAP_UDP, 1);
    const ipsec_key_row *const orders[][3] = {
        {&silent, &table, &full}, {&full, &table, &silent}, {&table, &full, &silent}, {&silent, &full, &table}};

    for (unsigned i = 0; i < G_N_ELEMENTS(orders); i++) {
        ipsec_key_row spec = *orders[i][0];

        ipsec_row_merge(&spec, orders[i][1]);
        ipsec_row_merge(&spec, orders[i][2]);
        g_assert_cmpuint(spec.other_count, ==, 0);
        g_assert_cmpint(spec.mode, ==, IPSEC_MODE_TUNNEL);
        g_assert_cmpint(spec.encapsulation, ==, IPSEC_ENCAP_UDP);
        g_assert_true(spec.selector.present);
        g_assert_cmpint(spec.selector.source.octets[2], ==, 1);
    }
}

/* Addresses or ports that a NAT or a moving peer has changed count as unknown. */
static void test_where_it_comes_from(void)
{
    ipsec_key_row first = dump(IPSEC_MODE_TUNNEL, IPSEC_ENCAP_UDP, 0), later, spec;

    first.source = (ipsec_address_range){.octets = {192, 0, 2, 1}, .mask = {255, 255, 255, 255}, .length = 4};
    first.source_port = 1024;
    first.destination_port = 4500;
    spec = later = first;
    g_assert_false(ipsec_row_adds(&spec, &later));
    ipsec_row_merge(&spec, &later);
    g_assert_true(spec.source_port == 1024 && spec.destination_port == 4500 && !spec.several_sources);
    later.source_port = 1025;
    g_assert_true(ipsec_row_adds(&spec, &later));
    ipsec_row_merge(&spec, &later);
    g_assert_true(spec.source_port == 0 && spec.destination_port == 4500 && !spec.several_sources);
    later = first;
    later.source.octets[3] = 2;
    g_assert_true(ipsec_row_adds(&first, &later));
    ipsec_row_merge(&spec, &later);
    g_assert_true(spec.several_sources);
    ipsec_row_merge(&first, &spec);
    g_assert_true(first.several_sources);
}

/* One difference is enough. */
static void test_what_differs(void)
{
    const ipsec_key_row first = dump(IPSEC_MODE_TUNNEL, IPSEC_ENCAP_NONE, 1);
    const ipsec_key_row others[] = {dump(IPSEC_MODE_TRANSPORT, IPSEC_ENCAP_NONE, 1),
                                    dump(IPSEC_MODE_TUNNEL, IPSEC_ENCAP_UDP, 1),
                                    dump(IPSEC_MODE_TUNNEL, IPSEC_ENCAP_NONE, 2)};

    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        ipsec_key_row spec = first;

        g_assert_true(ipsec_row_adds(&spec, &others[i]));
        for (unsigned again = 0; again < 3; again++) {
            ipsec_row_merge(&spec, again == 1 ? &first : &others[i]);
            g_assert_cmpuint(spec.other_count, ==, 1);
        }
        g_assert_cmpint(spec.mode, ==, first.mode);
        g_assert_cmpint(spec.encapsulation, ==, first.encapsulation);
        g_assert_cmpint(spec.selector.source.octets[2], ==, 1);
        g_assert_cmpint(spec.others[0].mode, ==, others[i].mode);
        g_assert_cmpint(spec.others[0].encapsulation, ==, others[i].encapsulation);
        g_assert_cmpint(spec.others[0].selector.source.octets[2], ==, others[i].selector.source.octets[2]);
    }
}

/* Each field distinguishes selectors. */
static void test_selectors(void)
{
    const ipsec_key_row first = dump(IPSEC_MODE_TUNNEL, IPSEC_ENCAP_NONE, 1);

    for (unsigned field = 0; field < 9; field++) {
        ipsec_key_row spec = first, later = first;
        ipsec_selector *const selector = &later.selector;

        selector->source.mask[3] = field == 0 ? 255 : 0;
        selector->source.length = field == 1 ? 16 : 4;
        selector->destination.octets[0] = field == 2 ? 10 : 0;
        selector->any_protocol = field != 3;
        selector->protocol = field == 4 ? 6 : 0;
        selector->source_port = field == 5 ? 80 : 0;
        selector->source_port_mask = field == 6 ? 0xffff : 0;
        selector->destination_port = field == 7 ? 80 : 0;
        selector->destination_port_mask = field == 8 ? 0xffff : 0;
        g_assert_true(ipsec_row_adds(&spec, &later));
        ipsec_row_merge(&spec, &later);
        g_assert_cmpuint(spec.other_count, ==, 1);
    }
}

/* As many terms as there is room for are kept, and may be repeated; after one more, anything fits. */
static void test_more_terms_than_are_kept(void)
{
    ipsec_key_row spec = dump(IPSEC_MODE_TUNNEL, IPSEC_ENCAP_NONE, 1);

    for (unsigned round = 0; round < 2; round++)
        for (uint8_t net = 1; net <= IPSEC_TERMS_MOST; net++) {
            const ipsec_key_row later = dump(IPSEC_MODE_TUNNEL, IPSEC_ENCAP_NONE, net);

            ipsec_row_merge(&spec, &later);
            g_assert_cmpuint(spec.other_count + 1u, ==, round == 0 ? net : IPSEC_TERMS_MOST);
            if (net > 1)
                g_assert_cmpint(spec.others[net - 2].selector.source.octets[2], ==, net);
        }
    for (uint8_t net = IPSEC_TERMS_MOST + 1; net < 10; net++) {
        const ipsec_key_row later = dump(IPSEC_MODE_TUNNEL, IPSEC_ENCAP_NONE, net);
        const ipsec_terms *const last = &spec.others[IPSEC_TERMS_MOST - 2];

        ipsec_row_merge(&spec, &later);
        g_assert_cmpuint(spec.other_count, ==, IPSEC_TERMS_MOST - 1);
        g_assert_cmpint(last->mode, ==, IPSEC_MODE_ANY);
        g_assert_cmpint(last->encapsulation, ==, IPSEC_ENCAP_ANY);
        g_assert_false(last->selector.present);
    }
}

/* A row that has already been merged contributes all its terms. */
static void test_merged_before(void)
{
    const ipsec_key_row other = dump(IPSEC_MODE_TUNNEL, IPSEC_ENCAP_UDP, 2);
    ipsec_key_row spec = dump(IPSEC_MODE_TUNNEL, IPSEC_ENCAP_NONE, 1), later = spec;

    ipsec_row_merge(&later, &other);
    g_assert_true(ipsec_row_adds(&spec, &later));
    ipsec_row_merge(&spec, &later);
    g_assert_cmpuint(spec.other_count, ==, 1);
    g_assert_cmpint(spec.others[0].encapsulation, ==, IPSEC_ENCAP_UDP);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/row-merge/same", test_same);
    g_test_add_func("/row-merge/window", test_window);
    g_test_add_func("/row-merge/offload", test_offload);
    g_test_add_func("/row-merge/lifetime", test_lifetime);
    g_test_add_func("/row-merge/highs", test_highs);
    g_test_add_func("/row-merge/what-is-not-said", test_what_is_not_said);
    g_test_add_func("/row-merge/where-from", test_where_it_comes_from);
    g_test_add_func("/row-merge/what-differs", test_what_differs);
    g_test_add_func("/row-merge/selectors", test_selectors);
    g_test_add_func("/row-merge/more-terms-than-are-kept", test_more_terms_than_are_kept);
    g_test_add_func("/row-merge/merged-before", test_merged_before);
    return g_test_run();
}
