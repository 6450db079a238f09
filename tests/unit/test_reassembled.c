/* The headers of a reassembled datagram. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packet/reassembled.h"

#include <glib.h>
#include <string.h>

enum {
    ETHERNET = 14,
    V4 = 20,
    V6 = 40
};

static const uint8_t source4[4] = {192, 0, 2, 1}, destination4[4] = {192, 0, 2, 2};
static const uint8_t source6[16] = {0x20, 1, [15] = 1}, destination6[16] = {0x20, 1, [15] = 2};

/* The last of two fragments of AH: identification 0x1234, without Don't Fragment and the reserved bit. */
static const uint8_t v4[V4] = {0x45, 0x10, 0, 120, 0x12, 0x34, 0, 25, 63, 51, 0xab, 0xcd, 192, 0, 2, 1, 192, 0, 2, 2};

static uint32_t rebuild(const uint8_t *frame, uint32_t count, uint8_t address_length, uint32_t length, uint8_t *headers,
                        uint32_t room)
{
    const ipsec_rebuilt rebuilt =
        ipsec_reassembled_headers(&(ipsec_reassembled){.frame = guard_copy(frame, count),
                                                       .count = count,
                                                       .source = address_length == 4 ? source4 : source6,
                                                       .destination = address_length == 4 ? destination4 : destination6,
                                                       .address_length = address_length,
                                                       .length = length},
                                  headers, room);

    return rebuilt.length;
}

/* The same, with the source address at octet `at` of the frame, and an unknown destination. */
static ipsec_rebuilt rebuild_at(const uint8_t *frame, uint32_t count, uint32_t at, uint8_t address_length,
                                uint8_t *headers, uint32_t room)
{
    const uint8_t *copy = guard_copy(frame, count);

    return ipsec_reassembled_headers(&(ipsec_reassembled){.frame = copy,
                                                          .count = count,
                                                          .source = copy + at,
                                                          .destination = (const uint8_t *)"nowhere at all..",
                                                          .address_length = address_length,
                                                          .length = 300},
                                     headers, room);
}

static void test_v4(void)
{
    uint8_t frame[ETHERNET + V4 + 100] = {0}, headers[64];
    const uint8_t wanted[V4] = {0x45, 0x10, 1, 64, 0x12, 0x34, 0, 0, 63, 51, 0xab, 0xcd, 192, 0, 2, 1, 192, 0, 2, 2};

    memcpy(frame + ETHERNET, v4, V4);
    g_assert_cmpuint(rebuild(frame, sizeof frame, 4, 300, headers, sizeof headers), ==, V4);
    g_assert_cmpmem(headers, V4, wanted, V4);
    g_assert_cmpuint(rebuild(frame, sizeof frame, 4, 300, headers, V4 - 1), ==, 0);
    g_assert_cmpuint(rebuild(frame, sizeof frame, 4, 65536 - V4, headers, sizeof headers), ==, 0);
    for (uint32_t count = 0; count <= ETHERNET + V4; count++)
        g_assert_cmpuint(rebuild(frame, count, 4, 300, headers, sizeof headers), ==, count < ETHERNET + V4 ? 0 : V4);
    guard_free_all();
}

/* Another address, version 5, a header that is too short, not a fragment: none of these matches. */
static void test_v4_others(void)
{
    static const struct {
        unsigned at;
        uint8_t value;
    } changes[] = {{12, 10}, {19, 3}, {0, 0x55}, {0, 0x44}, {7, 0}};
    uint8_t headers[64];

    for (unsigned i = 0; i < G_N_ELEMENTS(changes); i++) {
        uint8_t frame[V4 + 100] = {0};

        memcpy(frame, v4, V4);
        frame[changes[i].at] = changes[i].value;
        g_assert_cmpuint(rebuild(frame, sizeof frame, 4, 300, headers, sizeof headers), ==, 0);
    }
    guard_free_all();
}

/* The first fragment has all options; a later one may not. */
static void test_v4_options(void)
{
    static const struct {
        uint8_t words;
        uint16_t fragment;
        bool is_guessed;
    } cases[] = {{5, 0x2000, false}, {5, 0x1000, true}, {6, 0x2000, false}, {15, 0xa000, false},
                 {5, 25, true},      {6, 25, true},     {6, 0x2019, true},  {15, 0x1fff, true}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const uint32_t header = cases[i].words * 4u;
        uint8_t frame[60] = {0}, headers[60], wanted[60];
        ipsec_rebuilt rebuilt;

        memcpy(frame, v4, V4);
        memset(frame + V4, 7, sizeof frame - V4);
        frame[0] = 0x40 | cases[i].words;
        frame[6] = (uint8_t)(cases[i].fragment >> 8);
        frame[7] = (uint8_t)cases[i].fragment;
        memcpy(wanted, frame, header);
        wanted[2] = (uint8_t)((header + 300) >> 8);
        wanted[3] = (uint8_t)(header + 300);
        wanted[6] &= 0xc0;
        wanted[7] = 0;
        rebuilt = rebuild_at(frame, header, 12, 4, headers, header);
        g_assert_cmpmem(headers, rebuilt.length, wanted, header);
        g_assert_cmpint(rebuilt.is_guessed, ==, cases[i].is_guessed);
        g_assert_cmpuint(rebuild_at(frame, header - 1, 12, 4, headers, header).length, ==, 0);
        g_assert_cmpuint(rebuild_at(frame, header, 12, 4, headers, header - 1).length, ==, 0);
    }
    guard_free_all();
}

/* If the address is in the frame, there is no doubt, whatever looks like a fragment elsewhere, even if a source route
 * has changed the destination. */
static void test_known_place(void)
{
    uint8_t frame[3 * V4 + 20] = {0}, headers[64];

    for (unsigned i = 0; i < 3; i++) {
        memcpy(frame + i * V4, v4, V4);
        frame[i * V4 + 8] = (uint8_t)i;
    }
    for (unsigned i = 0; i < 3; i++) {
        g_assert_cmpuint(rebuild_at(frame, sizeof frame, i * V4 + 12, 4, headers, sizeof headers).length, ==, V4);
        g_assert_cmpuint(headers[8], ==, i);
    }
    g_assert_cmpuint(rebuild_at(frame, sizeof frame, 11, 4, headers, sizeof headers).length, ==, 0);
    g_assert_cmpuint(rebuild_at(frame, 3 * V4, 2 * V4 + 12, 4, headers, sizeof headers).length, ==, V4);
    g_assert_cmpuint(rebuild_at(frame, 3 * V4, 2 * V4 + 13, 4, headers, sizeof headers).length, ==, 0);
    guard_free_all();
}

/* A whole packet with the same addresses in front, as in a tunnel. */
static void test_v4_second_place(void)
{
    uint8_t frame[2 * V4 + 100] = {0}, headers[64];

    memcpy(frame, v4, V4);
    frame[7] = 0;
    memcpy(frame + V4, v4, V4);
    g_assert_cmpuint(rebuild(frame, sizeof frame, 4, 300, headers, sizeof headers), ==, V4);
    guard_free_all();
}

static void test_v6(void)
{
    uint8_t frame[V6 + 16 + 100] = {0x6a, 0xbc, 0, 0, 0, 108, 0, 63}, headers[64];
    const uint8_t extensions[16] = {44, 0, 1, 4, 0, 0, 0, 0, 51, 0, 0, 200, 0, 0, 0, 9};

    memcpy(frame + 8, source6, 16);
    memcpy(frame + 24, destination6, 16);
    memcpy(frame + V6, extensions, sizeof extensions);
    g_assert_cmpuint(rebuild(frame, sizeof frame, 16, 300, headers, sizeof headers), ==, V6 + 8);
    g_assert_cmpuint(headers[4] * 256 + headers[5], ==, 308);
    g_assert_cmpuint(headers[6], ==, 0);
    g_assert_cmpuint(headers[V6], ==, 51); /* the protocol after the fragment header */
    g_assert_cmpmem(headers + 7, 33, frame + 7, 33);
    g_assert_false(rebuild_at(frame, sizeof frame, 8, 16, headers, sizeof headers).is_guessed);
    g_assert_cmpuint(rebuild(frame, sizeof frame, 16, 300, headers, V6 + 7), ==, 0);
    g_assert_cmpuint(rebuild(frame, sizeof frame, 16, 65535, headers, sizeof headers), ==, 0);
    for (uint32_t count = 0; count < V6 + 16; count++)
        g_assert_cmpuint(rebuild(frame, count, 16, 300, headers, sizeof headers), ==, 0);
    frame[V6] = 51; /* no fragment header follows */
    g_assert_cmpuint(rebuild(frame, sizeof frame, 16, 300, headers, sizeof headers), ==, 0);
    guard_free_all();
}

/* Writes an IPv6 header and this many extension headers of 8 octets; the next header of the last one is `next`. */
static uint32_t write_chain(uint8_t *p, unsigned extensions, uint8_t next)
{
    const uint32_t length = V6 + extensions * 8;

    memset(p, 0, length);
    p[0] = 0x60;
    memcpy(p + 8, source6, 16);
    memcpy(p + 24, destination6, 16);
    p[length - 8] = next;
    return length;
}

/* Octets before the fragment's header that look like it, each with its own chain: as many extension headers as are
 * followed, and one more. */
static void test_v6_many_places(void)
{
    static uint8_t frame[3 * 65536];
    uint8_t headers[256];

    for (unsigned last = 16; last <= 17; last++) {
        uint32_t count = 0, length;

        for (unsigned i = 0; i < 16; i++)
            count += write_chain(frame + count, 1023, 59);
        length = write_chain(frame + count, last, 44);
        count += length;
        memcpy(frame + count, "\x33\0\0\x9\0\0\0\1", 8);
        g_assert_cmpuint(rebuild(frame, count + 8, 16, 300, headers, sizeof headers), ==,
                         16 * 1023 + last <= 16384 ? length : 0);
    }
    guard_free_all();
}

static void test_no_address(void)
{
    uint8_t headers[64];

    g_assert_cmpuint(rebuild(v4, V4, 0, 300, headers, sizeof headers), ==, 0);
    g_assert_cmpuint(rebuild(v4, V4, 8, 300, headers, sizeof headers), ==, 0);
    guard_free_all();
}

/* Random octets with addresses and header types scattered in them: no access out of bounds, and headers within the
 * frame. */
static void test_random(void)
{
    static const uint8_t sown[] = {0x45, 0x4f, 0x60, 0, 44, 51, 60};

    for (unsigned round = 0; round < 20000; round++) {
        uint8_t frame[200], headers[64];
        const uint32_t count = (uint32_t)g_test_rand_int_range(0, sizeof frame);
        const uint8_t length = g_test_rand_bit() ? 4 : 16;
        const uint32_t room = (uint32_t)g_test_rand_int_range(0, sizeof headers);
        const bool is_known = g_test_rand_bit();

        for (uint32_t i = 0; i < count; i++)
            frame[i] = sown[g_test_rand_int_range(0, sizeof sown)];
        for (unsigned i = 0; i < 3 && count > 32; i++) {
            uint8_t *p = frame + g_test_rand_int_range(0, (gint32)count - 31);

            memcpy(p, length == 4 ? source4 : source6, length);
            memcpy(p + length, length == 4 ? destination4 : destination6, length);
        }
        if (is_known && count >= length)
            g_assert_cmpuint(rebuild_at(frame, count, (uint32_t)g_test_rand_int_range(0, (gint32)count - length + 1),
                                        length, headers, room)
                                 .length,
                             <=, MIN(room, count));
        else
            g_assert_cmpuint(rebuild(frame, count, length, 300, headers, room), <=, MIN(room, count));
        guard_free_all();
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reassembled/v4", test_v4);
    g_test_add_func("/reassembled/v4-others", test_v4_others);
    g_test_add_func("/reassembled/v4-second-place", test_v4_second_place);
    g_test_add_func("/reassembled/v4-options", test_v4_options);
    g_test_add_func("/reassembled/known-place", test_known_place);
    g_test_add_func("/reassembled/v6", test_v6);
    g_test_add_func("/reassembled/v6-many-places", test_v6_many_places);
    g_test_add_func("/reassembled/no-address", test_no_address);
    g_test_add_func("/reassembled/random", test_random);
    return g_test_run();
}
