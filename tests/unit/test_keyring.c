/* Which row an SA uses. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "keys/keyring.h"
#include "packets.h"

#include <gcrypt.h>
#include <string.h>

/* A row of ESP with the integrity key `key`; packets.h has the addresses 192.0.2.1 to .2 and 2001:db8::1 to ::2. */
static ipsec_key_row row(const char *source, const char *destination, const char *spi, const char *esn)
{
    const ipsec_key_row_text text = {{"ESP", source, destination, spi, "NULL", "", "HMAC_SHA1_96",
                                      "0x0102030405060708090a0b0c0d0e0f1011121314", esn, "any"}};
    ipsec_key_row_error error;
    ipsec_key_row spec;

    if (!ipsec_key_row_compile(&text, &spec, &error))
        g_error("%s: %s", error.column, error.reason);
    return spec;
}

static void add(ipsec_keyring *ring, const char *source, const char *destination, const char *spi)
{
    const ipsec_key_row spec = row(source, destination, spi, "no");

    g_assert_true(ipsec_keyring_add(ring, &spec));
}

static void end(ipsec_keyring *ring)
{
    ipsec_keyring_free(ring);
    guard_free_all();
}

static void test_wildcards(void)
{
    static const struct {
        const char *destination, *spi;
        bool v4, v6; /* whether it is found */
    } cases[] = {
        {"192.0.2.2", "0x1000", true, false},
        {"192.0.2.3", "0x1000", false, false},
        {"192.0.2.2", "0x1001", false, false},
        {"192.0.2.0/24", "0x1000", true, false},
        {"192.0.2.128/25", "*", false, false},
        {"192.0.2.0/30", "*", true, false},
        {"0.0.0.0/0", "*", true, false},
        {"*", "0x1000", true, true},
        {"*", "*", true, true},
        {"2001:db8::2", "4096", false, true},
        {"2001:db8::/32", "*", false, true},
        {"2001:db8::2/128", "*", false, true},
        {"2001:db9::/32", "*", false, false},
        {"::/0", "0x1000", false, true},
        {"2001:db8::2/127", "*", false, true},
        {"192.0.2.2/32", "0x1000", true, false},
    };
    const ipsec_view v4 = esp_view(4, 0x1000, 1, 84), v6 = esp_view(6, 0x1000, 1, 84),
                     ah = ah_view(4, 6, 4, 0x1000, 1, 84);

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_keyring *ring = ipsec_keyring_new();

        add(ring, "*", cases[i].destination, cases[i].spi);
        g_test_message("%s, %s", cases[i].destination, cases[i].spi);
        g_assert_cmpint(ipsec_keyring_find(ring, &v4, 0x1000) == 0, ==, cases[i].v4);
        g_assert_cmpint(ipsec_keyring_find(ring, &v6, 0x1000) == 0, ==, cases[i].v6);
        g_assert_cmpuint(ipsec_keyring_find(ring, &ah, 0x1000), ==, IPSEC_KEY_NONE);
        ipsec_keyring_free(ring);
    }
    guard_free_all();
}

/* The first row that fits, however specific the others are. */
static void test_order(void)
{
    static const char *const destinations[] = {"*", "192.0.2.0/24", "192.0.2.2"};
    const ipsec_view view = esp_view(4, 0x1000, 1, 84);

    for (unsigned first = 0; first < G_N_ELEMENTS(destinations); first++) {
        ipsec_keyring *ring = ipsec_keyring_new();

        add(ring, "*", "10.0.0.1", "0x1000");
        for (unsigned i = 0; i < G_N_ELEMENTS(destinations); i++)
            add(ring, "*", destinations[(first + i) % G_N_ELEMENTS(destinations)], "0x1000");
        g_assert_cmpuint(ipsec_keyring_find(ring, &view, 0x1000), ==, 1);
        g_assert_cmpuint(ipsec_keyring_count(ring), ==, 4);
        ipsec_keyring_free(ring);
    }
    guard_free_all();
}

/* If a dump names SAs whose cryptography a card does, only these, in all dumps; tables cannot say so. */
static void test_offload(void)
{
    for (unsigned origin = 0; origin < IPSEC_ORIGIN_COUNT; origin++) {
        ipsec_keyring *ring = ipsec_keyring_new();
        ipsec_key_row other = row("*", "192.0.2.2", "0x1000", "no"), named = row("*", "192.0.2.2", "0x2000", "no");

        other.origin = (uint8_t)origin;
        named.origin = IPSEC_ORIGIN_XFRM;
        g_assert_true(ipsec_keyring_add(ring, &other) && ipsec_keyring_add(ring, &named));
        g_assert_true(ipsec_keyring_may_offload(ring, &other));
        named.offload = true;
        g_assert_true(ipsec_keyring_add(ring, &named));
        g_assert_true(ipsec_keyring_row(ring, 1)->spec.offload);
        g_assert_true(ipsec_keyring_may_offload(ring, &named));
        g_assert_cmpint(ipsec_keyring_may_offload(ring, &other), ==, origin != IPSEC_ORIGIN_XFRM);
        end(ring);
    }
}

static void test_source(void)
{
    ipsec_keyring *ring = ipsec_keyring_new();
    ipsec_view view = esp_view(4, 0x1000, 1, 84);
    const uint8_t other[4] = {192, 0, 2, 9};

    add(ring, "*", "192.0.2.2", "0x2000");
    g_assert_false(ipsec_keyring_needs_source(ring));
    add(ring, "192.0.2.1", "192.0.2.2", "0x1000");
    add(ring, "192.0.2.8/31", "192.0.2.2", "0x1000");
    g_assert_true(ipsec_keyring_needs_source(ring));
    g_assert_cmpuint(ipsec_keyring_find(ring, &view, 0x1000), ==, 1);
    view.source = other;
    g_assert_cmpuint(ipsec_keyring_find(ring, &view, 0x1000), ==, 2);
    view.source = view.destination;
    g_assert_cmpuint(ipsec_keyring_find(ring, &view, 0x1000), ==, IPSEC_KEY_NONE);
    end(ring);
}

/* If a later dump repeats a row, the high halves of both count. Other keys are another row, to be tried after it. */
static void test_second_row(void)
{
    ipsec_keyring *ring = ipsec_keyring_new();
    ipsec_key_row first = row("*", "192.0.2.2", "0x1000", "0x5"), second = row("*", "192.0.2.2", "0x1000", "0x9");
    ipsec_key_row rekeyed = first;
    const ipsec_key *merged;

    rekeyed.integrity_key[0] ^= 1;
    ipsec_keyring_add(ring, &first);
    ipsec_keyring_add(ring, &second);
    ipsec_keyring_add(ring, &second);
    g_assert_cmpuint(ipsec_keyring_count(ring), ==, 1);
    merged = ipsec_keyring_row(ring, 0);
    g_assert_cmpuint(merged->spec.high_count, ==, 2);
    g_assert_cmpuint(merged->spec.highs[0], ==, 5);
    g_assert_cmpuint(merged->spec.highs[1], ==, 9);
    g_assert_cmpuint(ipsec_keyring_next(ring, 0), ==, 0);
    ipsec_keyring_add(ring, &rekeyed);
    ipsec_keyring_add(ring, &rekeyed);
    g_assert_cmpuint(ipsec_keyring_count(ring), ==, 2);
    g_assert_cmpuint(ipsec_keyring_next(ring, 0), ==, 1);
    g_assert_cmpuint(ipsec_keyring_next(ring, 1), ==, 0);
    g_assert_cmpint(ipsec_keyring_row(ring, 1)->spec.integrity_key[0], ==, rekeyed.integrity_key[0]);
    end(ring);
}

/* As many keys in a ring as are tried; the next one is refused, and existing ones can still be repeated. */
static void test_more_keys_than_are_tried(void)
{
    ipsec_keyring *ring = ipsec_keyring_new();
    ipsec_key_row spec = row("*", "192.0.2.2", "0x1000", "no");

    for (uint8_t key = 0; key < IPSEC_KEYS_PER_SA; key++) {
        spec.integrity_key[0] = key;
        g_assert_true(ipsec_keyring_add(ring, &spec));
        g_assert_cmpuint(ipsec_keyring_next(ring, key), ==, 0);
        g_assert_cmpuint(ipsec_keyring_row(ring, key)->position, ==, key);
    }
    for (uint8_t key = 0; key < IPSEC_KEYS_PER_SA; key++)
        g_assert_cmpuint(ipsec_keyring_next(ring, key), ==, (key + 1) % IPSEC_KEYS_PER_SA);
    spec.integrity_key[0] = IPSEC_KEYS_PER_SA;
    g_assert_false(ipsec_keyring_add(ring, &spec));
    spec.integrity_key[0] = IPSEC_KEYS_PER_SA - 1;
    g_assert_true(ipsec_keyring_add(ring, &spec));
    spec.has_keys = false;
    g_assert_true(ipsec_keyring_add(ring, &spec));
    spec.has_keys = true;
    spec.spi++;
    spec.integrity_key[0] = IPSEC_KEYS_PER_SA;
    g_assert_true(ipsec_keyring_add(ring, &spec));
    g_assert_cmpuint(ipsec_keyring_count(ring), ==, IPSEC_KEYS_PER_SA + 1);
    end(ring);
}

/* The row of a dump without keys. */
static ipsec_key_row bare_row(uint32_t window)
{
    ipsec_key_row bare = row("*", "192.0.2.2", "0x1000", "no");

    memset(bare.integrity_key, 0, sizeof bare.integrity_key);
    bare.has_keys = false;
    bare.integrity_key_length = 0;
    bare.replay_window = window;
    bare.line = 7;
    return bare;
}

/* A row without keys is replaced by one with keys, whichever comes first, and passes on what it knows. */
static void test_row_without_keys(void)
{
    const ipsec_key_row bare = bare_row(128), full = row("*", "192.0.2.2", "0x1000", "no");

    for (unsigned order = 0; order < 3; order++) {
        ipsec_keyring *ring = ipsec_keyring_new();
        const ipsec_key *kept;

        ipsec_keyring_add(ring, order == 1 ? &full : &bare);
        if (order == 2) /* it was used in between */
            g_assert_null(ipsec_key_open(ipsec_keyring_row(ring, 0)));
        g_assert_true(ipsec_keyring_add(ring, order == 1 ? &bare : &full));
        kept = ipsec_keyring_row(ring, 0);
        g_assert_cmpuint(ipsec_keyring_count(ring), ==, 1);
        g_assert_cmpuint(ipsec_keyring_next(ring, 0), ==, 0);
        g_assert_true(kept->spec.has_keys);
        g_assert_cmpuint(kept->spec.line, ==, full.line);
        g_assert_cmpuint(kept->spec.replay_window, ==, 128);
        g_assert_cmpmem(kept->spec.integrity_key, 20, full.integrity_key, 20);
        g_assert_nonnull(ipsec_key_open(ipsec_keyring_row(ring, 0)));
        g_assert_true(ipsec_key_open(ipsec_keyring_row(ring, 0)) == kept->crypto);
        end(ring);
    }
}

/* Two such rows pass on what both know. */
static void test_rows_without_keys(void)
{
    ipsec_keyring *ring = ipsec_keyring_new();
    const ipsec_key_row first = bare_row(128), second = bare_row(256), full = row("*", "192.0.2.2", "0x1000", "no");

    ipsec_keyring_add(ring, &first);
    ipsec_keyring_add(ring, &second);
    ipsec_keyring_add(ring, &full);
    g_assert_cmpuint(ipsec_keyring_count(ring), ==, 1);
    g_assert_cmpuint(ipsec_keyring_row(ring, 0)->spec.replay_window, ==, 256);
    end(ring);
}

/* It applies to every key with its algorithms; if there is none, it is from a time whose key is not known. */
static void test_row_without_keys_beside_several(void)
{
    ipsec_keyring *ring = ipsec_keyring_new();
    ipsec_key_row first = row("*", "192.0.2.2", "0x1000", "no"), second = first, bare = bare_row(128);

    second.integrity_key[0] ^= 1;
    ipsec_keyring_add(ring, &first);
    ipsec_keyring_add(ring, &second);
    ipsec_keyring_add(ring, &bare);
    bare.integrity = ipsec_integrity_by_name("HMAC_SHA2_256_128");
    bare.replay_window = 256;
    g_assert_true(ipsec_keyring_add(ring, &bare));
    g_assert_cmpuint(ipsec_keyring_count(ring), ==, 2);
    for (uint32_t i = 0; i < 2; i++)
        g_assert_cmpuint(ipsec_keyring_row(ring, i)->spec.replay_window, ==, 128);
    end(ring);
    ring = ipsec_keyring_new();
    ipsec_keyring_add(ring, &bare);
    ipsec_keyring_add(ring, &first);
    g_assert_cmpuint(ipsec_keyring_count(ring), ==, 1);
    g_assert_true(ipsec_keyring_row(ring, 0)->spec.integrity == first.integrity);
    g_assert_cmpuint(ipsec_keyring_row(ring, 0)->spec.replay_window, ==, IPSEC_REPLAY_WINDOW_UNKNOWN);
    end(ring);
}

static void test_what_the_tables_have(void)
{
    ipsec_keyring *ring = ipsec_keyring_new();
    const ipsec_view v4 = esp_view(4, 0x1000, 1, 84), v6 = esp_view(6, 0x1000, 1, 84);
    const uint8_t stranger[4] = {10, 0, 0, 1};

    add(ring, "*", "*", "0x3000");
    g_assert_false(ipsec_keyring_knows_destination(ring, &v4));
    g_assert_true(ipsec_keyring_has(ring, 0x3000, IPSEC_PROTOCOL_ESP, NULL, 0));
    add(ring, "*", "192.0.2.0/24", "*");
    g_assert_true(ipsec_keyring_knows_destination(ring, &v4));
    g_assert_false(ipsec_keyring_knows_destination(ring, &v6));
    add(ring, "*", "192.0.2.2", "0x1000");
    add(ring, "*", "2001:db8::2", "0x2000");
    g_assert_true(ipsec_keyring_knows_destination(ring, &v6));
    g_assert_true(ipsec_keyring_has(ring, 0x1000, IPSEC_PROTOCOL_ESP, v4.destination, 4));
    g_assert_false(ipsec_keyring_has(ring, 0x1000, IPSEC_PROTOCOL_AH, v4.destination, 4));
    g_assert_false(ipsec_keyring_has(ring, 0x1000, IPSEC_PROTOCOL_ESP, stranger, 4));
    g_assert_false(ipsec_keyring_has(ring, 0x1000, IPSEC_PROTOCOL_ESP, v6.destination, 16));
    g_assert_true(ipsec_keyring_has(ring, 0x2000, IPSEC_PROTOCOL_ESP, v6.destination, 16));
    g_assert_true(ipsec_keyring_has(ring, 0x2000, IPSEC_PROTOCOL_ESP, NULL, 0));
    g_assert_false(ipsec_keyring_has(ring, 0x2001, IPSEC_PROTOCOL_ESP, NULL, 0));
    end(ring);
    ipsec_keyring_free(NULL);
}

/* Each of many rows is found, and not mistaken for another. */
static void test_many_rows(void)
{
    enum {
        COUNT = 20000
    };
    ipsec_keyring *ring = ipsec_keyring_new();
    ipsec_key_row spec = row("*", "192.0.2.2", "0x1000", "no");
    const ipsec_view view = esp_view(4, 0x1000, 1, 84);

    for (uint32_t i = 0; i < COUNT; i++) {
        spec.spi = 0x10000 + i * 0x1003;
        ipsec_keyring_add(ring, &spec);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        g_assert_cmpuint(ipsec_keyring_find(ring, &view, 0x10000 + i * 0x1003), ==, i);
        g_assert_cmpuint(ipsec_keyring_find(ring, &view, 0x10001 + i * 0x1003), ==, IPSEC_KEY_NONE);
    }
    end(ring);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    gcry_check_version(NULL);
    g_test_add_func("/keyring/wildcards", test_wildcards);
    g_test_add_func("/keyring/order", test_order);
    g_test_add_func("/keyring/offload", test_offload);
    g_test_add_func("/keyring/source", test_source);
    g_test_add_func("/keyring/second-row", test_second_row);
    g_test_add_func("/keyring/more-keys-than-are-tried", test_more_keys_than_are_tried);
    g_test_add_func("/keyring/row-without-keys", test_row_without_keys);
    g_test_add_func("/keyring/rows-without-keys", test_rows_without_keys);
    g_test_add_func("/keyring/row-without-keys-beside-several", test_row_without_keys_beside_several);
    g_test_add_func("/keyring/what-the-tables-have", test_what_the_tables_have);
    g_test_add_func("/keyring/many-rows", test_many_rows);
    return g_test_run();
}
