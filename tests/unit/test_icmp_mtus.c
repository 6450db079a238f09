/* Reported path MTUs, and the packets that fit into them. SPDX-License-Identifier: GPL-2.0-or-later */
#include "icmp/inner_mtu.h"
#include "icmp/mtus.h"
#include "keys/algorithm.h"

#include <glib.h>

#define SECOND UINT64_C(1000000000)
#define START  (1000 * SECOND)

/* --- what fits ------------------------------------------------------------------------------------------ */

static ipsec_key_row row_of(const char *encryption, const char *integrity, ipsec_mode mode)
{
    return (ipsec_key_row){.encryption = ipsec_encryption_by_name(encryption),
                           .integrity = ipsec_integrity_by_name(integrity),
                           .mode = (uint8_t)mode};
}

static uint32_t fits(const ipsec_key_row *row, uint8_t version, bool udp, uint32_t mtu)
{
    const ipsec_overhead overhead = ipsec_overhead_of(version, udp, 0, row);

    g_assert_cmpint(overhead.is_at_most, ==, row == NULL);
    return ipsec_inner_mtu(&overhead, mtu);
}

/* Where Linux was tested, it gives the same numbers: 1246 and 1238. */
static void test_inner_mtu(void)
{
    const ipsec_key_row gcm = row_of("AES_GCM_16", "NONE", IPSEC_MODE_TUNNEL);
    const ipsec_key_row transport = row_of("AES_GCM_16", "NONE", IPSEC_MODE_TRANSPORT);
    const ipsec_key_row cbc = row_of("AES_CBC", "HMAC_SHA2_256_128", IPSEC_MODE_ANY);
    ipsec_overhead ah = ipsec_overhead_of(4, false, 24, NULL);

    g_assert_cmpuint(fits(&gcm, 4, false, 1300), ==, 1246);
    g_assert_cmpuint(fits(&gcm, 4, true, 1300), ==, 1238);
    g_assert_cmpuint(fits(&gcm, 4, false, 1500), ==, 1446);
    g_assert_cmpuint(fits(&gcm, 4, false, 552), ==, 498);
    g_assert_cmpuint(fits(&gcm, 6, false, 1300), ==, 1226);
    g_assert_cmpuint(fits(&transport, 4, false, 1300), ==, 1246 + 20);
    g_assert_cmpuint(fits(&cbc, 4, false, 1300), ==, (1300 - 20 - 8 - 16 - 16) / 16 * 16 - 2);
    g_assert_false(ah.is_at_most);
    g_assert_cmpuint(ipsec_inner_mtu(&ah, 1300), ==, 1300 - 20 - 24);
}

/* If the algorithm is not known, the result fits with each algorithm. */
static void test_any_algorithm(void)
{
    for (uint32_t mtu = 0; mtu < 1600; mtu += 7)
        for (unsigned e = 0; ipsec_encryption_row(e); e++)
            for (unsigned i = 0; ipsec_integrity_row(i); i++) {
                const ipsec_key_row row = {.encryption = ipsec_encryption_row(e), .integrity = ipsec_integrity_row(i)};

                if (row.integrity->icv <= 32)
                    g_assert_cmpuint(fits(NULL, 4, true, mtu), <=, fits(&row, 4, true, mtu));
            }
    g_assert_cmpuint(fits(NULL, 4, false, 60), ==, 0);
    g_assert_cmpuint(fits(NULL, 4, false, 0), ==, 0);
}

/* The result is the largest packet that fits; one octet more does not. */
static void test_it_is_the_largest(void)
{
    const ipsec_key_row row = row_of("AES_CBC", "HMAC_SHA2_256_128", IPSEC_MODE_TUNNEL);

    for (uint32_t mtu = 552; mtu < 700; mtu++) {
        const uint32_t inner = fits(&row, 4, false, mtu);
        const uint32_t outer = 20 + 8 + 16 + (inner + 2 + 15) / 16 * 16 + 16;

        g_assert_cmpuint(outer, <=, mtu);
        g_assert_cmpuint(outer + 16, >, mtu);
        g_assert_cmpuint((inner + 2) % 16, ==, 0);
    }
}

/* --- what was reported ---------------------------------------------------------------------------------- */

static void test_when_it_holds(void)
{
    static const struct {
        uint64_t after; /* after the report, in milliseconds */
        uint32_t length;
        bool above;
    } cases[] = {{0, 1500, false},    {999, 1500, false},   {1000, 1500, true},   {1000, 1401, true},
                 {1000, 1400, false}, {600000, 1500, true}, {600001, 1500, false}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_mtus mtus = {0};

        ipsec_mtus_report(&mtus, 3, 1400, 10, START);
        g_assert_cmpint(ipsec_mtus_meet(&mtus, 3, cases[i].length, 11, START + cases[i].after * SECOND / 1000), ==,
                        cases[i].above);
        ipsec_mtus_clear(&mtus);
    }
}

/* An MTU that is reported for each packet is valid from the first report on, until the last one is long ago. */
static void test_again_and_again(void)
{
    ipsec_mtus mtus = {0};

    for (unsigned i = 0; i <= 20; i++)
        ipsec_mtus_report(&mtus, 0, 1400, 10 + i, START + i * SECOND / 10);
    g_assert_true(ipsec_mtus_meet(&mtus, 0, 1500, 40, START + SECOND));
    g_assert_true(ipsec_mtus_meet(&mtus, 0, 1500, 41, START + 602 * SECOND));
    g_assert_false(ipsec_mtus_meet(&mtus, 0, 1500, 42, START + 603 * SECOND));
    ipsec_mtus_report(&mtus, 0, 1400, 43, START + 700 * SECOND);
    g_assert_false(ipsec_mtus_meet(&mtus, 0, 1500, 44, START + 700 * SECOND + 1));
    g_assert_true(ipsec_mtus_meet(&mtus, 0, 1500, 45, START + 701 * SECOND));
    ipsec_mtus_clear(&mtus);
}

/* The lowest counts as long as it is valid, and a lower one does not invalidate a higher one while it is new. */
static void test_several(void)
{
    ipsec_mtus mtus = {0};
    const ipsec_above *above;

    ipsec_mtus_report(&mtus, 0, 1400, 10, START);
    ipsec_mtus_report(&mtus, 0, 1300, 20, START + 10 * SECOND);
    g_assert_true(ipsec_mtus_meet(&mtus, 0, 1450, 21, START + 10 * SECOND + 1));
    g_assert_false(ipsec_mtus_meet(&mtus, 0, 1350, 22, START + 10 * SECOND + 2));
    g_assert_true(ipsec_mtus_meet(&mtus, 0, 1350, 23, START + 11 * SECOND));
    ipsec_mtus_report(&mtus, 0, 1400, 30, START + 500 * SECOND);
    g_assert_false(ipsec_mtus_meet(&mtus, 0, 1350, 31, START + 611 * SECOND));
    g_assert_true(ipsec_mtus_meet(&mtus, 0, 1450, 32, START + 612 * SECOND));
    above = ipsec_mtus_above(&mtus, 0, 23);
    g_assert_cmpuint(above->mtu, ==, 1300);
    g_assert_cmpuint(above->largest, ==, 1450);
    g_assert_cmpuint(above->count, ==, 2);
    g_assert_cmpuint(ipsec_mtus_above(&mtus, 0, 32)->count, ==, 3);
    g_assert_null(ipsec_mtus_above(&mtus, 0, 22));
    g_assert_null(ipsec_mtus_above(&mtus, 0, 33));
    g_assert_null(ipsec_mtus_above(&mtus, 7, 23));
    ipsec_mtus_clear(&mtus);
}

static void test_lowest(void)
{
    ipsec_mtus mtus = {0};

    g_assert_cmpuint(ipsec_mtus_lowest(&mtus, 0, 5), ==, 0);
    ipsec_mtus_report(&mtus, 5, 1400, 10, START);
    ipsec_mtus_report(&mtus, 5, 1450, 11, START);
    ipsec_mtus_report(&mtus, 5, 1300, 20, START + 1000 * SECOND);
    ipsec_mtus_report(&mtus, 900, 600, 30, START);
    g_assert_cmpuint(ipsec_mtus_lowest(&mtus, 5, 9), ==, 0);
    g_assert_cmpuint(ipsec_mtus_lowest(&mtus, 5, 10), ==, 1400);
    g_assert_cmpuint(ipsec_mtus_lowest(&mtus, 5, 19), ==, 1400);
    g_assert_cmpuint(ipsec_mtus_lowest(&mtus, 5, UINT32_MAX), ==, 1300);
    g_assert_cmpuint(ipsec_mtus_lowest(&mtus, 900, 30), ==, 600);
    for (uint32_t sa = 0; sa < 2000; sa++)
        g_assert_cmpint(ipsec_mtus_have(&mtus, sa), ==, sa == 5 || sa == 900);
    ipsec_mtus_clear(&mtus);
}

/* A thousand reported MTUs do not hide the lowest one. */
static void test_flood(void)
{
    ipsec_mtus mtus = {0};

    ipsec_mtus_report(&mtus, 0, 600, 1, START);
    for (uint32_t mtu = 601; mtu < 1500; mtu++)
        ipsec_mtus_report(&mtus, 0, mtu, mtu, START);
    g_assert_true(ipsec_mtus_meet(&mtus, 0, 601, 2000, START + 2 * SECOND));
    g_assert_false(ipsec_mtus_meet(&mtus, 0, 600, 2001, START + 2 * SECOND));
    g_assert_cmpuint(ipsec_mtus_lowest(&mtus, 0, 2000), ==, 600);
    ipsec_mtus_clear(&mtus);
}

/* Times may go back in a file. */
static void test_times_that_go_back(void)
{
    ipsec_mtus mtus = {0};

    ipsec_mtus_report(&mtus, 0, 1400, 1, START);
    g_assert_false(ipsec_mtus_meet(&mtus, 0, 1500, 2, START - 100 * SECOND));
    g_assert_false(ipsec_mtus_meet(&mtus, 0, 1500, 3, 0));
    ipsec_mtus_report(&mtus, 0, 1400, 4, START - 900 * SECOND);
    g_assert_true(ipsec_mtus_meet(&mtus, 0, 1500, 5, START + SECOND));
    ipsec_mtus_clear(&mtus);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/icmp-mtus/inner", test_inner_mtu);
    g_test_add_func("/icmp-mtus/any-algorithm", test_any_algorithm);
    g_test_add_func("/icmp-mtus/largest", test_it_is_the_largest);
    g_test_add_func("/icmp-mtus/when-it-holds", test_when_it_holds);
    g_test_add_func("/icmp-mtus/again-and-again", test_again_and_again);
    g_test_add_func("/icmp-mtus/several", test_several);
    g_test_add_func("/icmp-mtus/lowest", test_lowest);
    g_test_add_func("/icmp-mtus/flood", test_flood);
    g_test_add_func("/icmp-mtus/times-that-go-back", test_times_that_go_back);
    return g_test_run();
}
