/* The headers of a reassembled datagram. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "reassembled.h"

#include <glib.h>
#include <string.h>

enum {
    ETHERNET = 14,
    V4 = 20,
    V6 = 40
};

static const uint8_t source4[4] = {192, 0, 2, 1}, destination4[4] = {192, 0, 2, 2};
static const uint8_t source6[16] = {0x20, 1, [15] = 1}, destination6[16] = {0x20, 1, [15] = 2};

/* The last of two fragments of AH: identification 0x1234, don't fragment and the reserved bit left alone. */
static const uint8_t v4[V4] = {0x45, 0x10, 0, 120, 0x12, 0x34, 0, 25, 63, 51, 0xab, 0xcd, 192, 0, 2, 1, 192, 0, 2, 2};

static uint32_t rebuild(const uint8_t *frame, uint32_t count, uint8_t address_length, uint32_t length, uint8_t *headers,
                        uint32_t room)
{
    return ipsec_reassembled_headers(
        &(ipsec_reassembled){.frame = guard_copy(frame, count),
                             .count = count,
                             .source = address_length == 4 ? source4 : source6,
                             .destination = address_length == 4 ? destination4 : destination6,
                             .address_length = address_length,
                             .length = length},
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
    for (uint32_t count = 0; count < ETHERNET + V4; count++)
        g_assert_cmpuint(rebuild(frame, count, 4, 300, headers, sizeof headers), ==, 0);
    guard_free_all();
}

/* Another address, no fragment, options: not what is looked for. */
static void test_v4_others(void)
{
    static const struct {
        unsigned at;
        uint8_t value;
    } changes[] = {{12, 10}, {19, 3}, {0, 0x46}, {7, 0}};
    uint8_t headers[64];

    for (unsigned i = 0; i < G_N_ELEMENTS(changes); i++) {
        uint8_t frame[V4 + 100] = {0};

        memcpy(frame, v4, V4);
        frame[changes[i].at] = changes[i].value;
        g_assert_cmpuint(rebuild(frame, sizeof frame, 4, 300, headers, sizeof headers), ==, 0);
    }
    guard_free_all();
}

/* The same addresses in a whole packet in front, as in a tunnel. */
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
    g_assert_cmpuint(headers[V6], ==, 51); /* the number of what the fragment header stood in front of */
    g_assert_cmpmem(headers + 7, 33, frame + 7, 33);
    g_assert_cmpuint(rebuild(frame, sizeof frame, 16, 300, headers, V6 + 7), ==, 0);
    g_assert_cmpuint(rebuild(frame, sizeof frame, 16, 65535, headers, sizeof headers), ==, 0);
    for (uint32_t count = 0; count < V6 + 16; count++)
        g_assert_cmpuint(rebuild(frame, count, 16, 300, headers, sizeof headers), ==, 0);
    frame[V6] = 51; /* no fragment header behind */
    g_assert_cmpuint(rebuild(frame, sizeof frame, 16, 300, headers, sizeof headers), ==, 0);
    guard_free_all();
}

static void test_no_address(void)
{
    uint8_t headers[64];

    g_assert_cmpuint(rebuild(v4, V4, 0, 300, headers, sizeof headers), ==, 0);
    g_assert_cmpuint(rebuild(v4, V4, 8, 300, headers, sizeof headers), ==, 0);
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reassembled/v4", test_v4);
    g_test_add_func("/reassembled/v4-others", test_v4_others);
    g_test_add_func("/reassembled/v4-second-place", test_v4_second_place);
    g_test_add_func("/reassembled/v6", test_v6);
    g_test_add_func("/reassembled/no-address", test_no_address);
    return g_test_run();
}
