/* The place where a frame was captured. SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/place.h"
#include "guard.h"
#include "packet/view.h"

#define MASK ((UINT32_C(1) << IPSEC_PLACE_LINK_BITS) - 1)

static const uint8_t one[6] = {2, 0, 0, 0, 0, 1}, other[6] = {2, 0, 0, 0, 0, 2}, long_one[20] = {1, [19] = 1};

static uint32_t place_of(uint32_t interface, const uint8_t *source, uint8_t source_length, const uint8_t *destination,
                         uint8_t destination_length, uint32_t vlan)
{
    static ipsec_links links;
    const uint64_t from = ipsec_link_word(source, source_length), to = ipsec_link_word(destination, destination_length);
    const uint32_t link = ipsec_link_of(&links, from, to, vlan);

    g_assert_cmphex(link, ==, ipsec_link_of(&links, from, to, vlan));
    g_assert_cmphex(link, ==, ipsec_link_of(&(ipsec_links){0}, from, to, vlan));
    return ipsec_place_of(interface, link);
}

/* Each difference makes a different place. */
static void test_each_counts(void)
{
    const uint32_t places[] = {place_of(0, one, 6, other, 6, 0), place_of(0, other, 6, one, 6, 0),
                               place_of(0, one, 6, one, 6, 0),   place_of(0, one, 6, other, 6, 7),
                               place_of(0, one, 6, NULL, 0, 0),  place_of(0, NULL, 0, NULL, 0, 7),
                               place_of(1, one, 6, other, 6, 0), place_of(0, NULL, 0, NULL, 0, 0)};

    for (unsigned i = 0; i < G_N_ELEMENTS(places); i++)
        for (unsigned j = 0; j < i; j++)
            g_assert_cmphex(places[i], !=, places[j]);
    g_assert_cmphex(places[0], ==, place_of(0, one, 6, other, 6, 0));
    g_assert_cmphex(places[0] & MASK, ==, places[6] & MASK);
    g_assert_cmphex(places[6] >> IPSEC_PLACE_LINK_BITS, ==, 1);
}

/* Frames to the same next hop have one half in common, and frames from the same station the other half. */
static void test_halves(void)
{
    const uint32_t half = MASK >> IPSEC_PLACE_LINK_BITS / 2;
    const uint32_t place = place_of(0, one, 6, other, 6, 0);

    g_assert_cmphex(place & half, ==, place_of(0, other, 6, other, 6, 0) & half);
    g_assert_cmphex(place & ~half, ==, place_of(0, one, 6, one, 6, 0) & ~half);
    g_assert_cmphex(place & half, !=, place_of(0, one, 6, one, 6, 0) & half);
    g_assert_cmphex(place & half, !=, place_of(0, one, 6, other, 6, 7) & half);
    g_assert_cmphex(place_of(0, one, 6, NULL, 0, 0) & half, ==, 0);
}

/* Only an unknown link is 0. */
static void test_no_link(void)
{
    const uint8_t zeros[6] = {0};

    g_assert_cmphex(place_of(0, NULL, 0, NULL, 0, 0), ==, 0);
    g_assert_cmphex(place_of(3, NULL, 0, NULL, 0, 0), ==, 3u << IPSEC_PLACE_LINK_BITS);
    g_assert_cmphex(place_of(0, NULL, 0, NULL, 0, 1u << IPSEC_PLACE_LINK_BITS) & MASK, !=, 0);
    g_assert_cmphex(place_of(0, guard_copy(zeros, 6), 6, NULL, 0, 5) & MASK, !=, 0);
    guard_free_all();
}

/* An address may be of any length. */
static void test_lengths(void)
{
    for (uint8_t length = 1; length <= sizeof long_one; length++)
        g_assert_cmphex(place_of(0, guard_copy(long_one, length), length, NULL, 0, 0), !=, 0);
    guard_free_all();
}

static void test_packet_id(void)
{
    for (uint64_t id = 0; id < 100000; id++)
        g_assert_cmpuint(ipsec_packet_id_of(id), !=, 0);
    g_assert_cmpuint(ipsec_packet_id_of(1), ==, ipsec_packet_id_of(1));
    g_assert_cmpuint(ipsec_packet_id_of(1), !=, ipsec_packet_id_of(2));
    g_assert_cmpuint(ipsec_packet_id_of(1), !=, ipsec_packet_id_of(UINT64_C(1) << 60));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/place/each-counts", test_each_counts);
    g_test_add_func("/place/halves", test_halves);
    g_test_add_func("/place/no-link", test_no_link);
    g_test_add_func("/place/lengths", test_lengths);
    g_test_add_func("/place/packet-id", test_packet_id);
    return g_test_run();
}
