/* Whether a payload is an IP packet, including its transport header. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packet/inner.h"

#include <glib.h>
#include <string.h>

#define UDP 17
#define TCP 6
#define GRE 47

static bool parses(const uint8_t *octets, uint32_t length)
{
    return ipsec_inner_parses(guard_copy(octets, length), length);
}

/* Parses an IPv4 packet of `length` octets that states a length of `total`. */
static bool parses_v4(uint32_t length, uint8_t total, uint8_t protocol, uint16_t fragment)
{
    const uint8_t packet[80] = {0x45, 0, 0, total, 0, 1, (uint8_t)(fragment >> 8), (uint8_t)fragment, 64, protocol};

    return parses(packet, length);
}

static void test_v4(void)
{
    for (uint32_t length = 0; length < 60; length++) {
        g_assert_true(parses_v4(length, (uint8_t)length, UDP, 0) == (length >= 28));
        g_assert_true(parses_v4(length, (uint8_t)length, TCP, 0) == (length >= 40));
        g_assert_true(parses_v4(length, (uint8_t)length, GRE, 0) == (length >= 20));
        g_assert_true(parses_v4(length, (uint8_t)length, TCP, 0x2000) == (length >= 40)); /* a first fragment */
        g_assert_true(parses_v4(length, (uint8_t)length, TCP, 1) == (length >= 20));      /* a later one */
        g_assert_true(parses_v4(60, (uint8_t)length, UDP, 0) == (length >= 28));
        g_assert_true(parses_v4(length, 80, UDP, 0) == (length >= 28));
    }
    guard_free_all();
}

static void test_v4_header_length(void)
{
    uint8_t packet[80] = {0x4f, 0, 0, 67, 0, 1, 0, 0, 64, UDP};

    g_assert_false(parses(packet, sizeof packet));
    packet[3] = 68;
    g_assert_true(parses(packet, sizeof packet));
    packet[0] = 0x40;
    packet[3] = 20;
    g_assert_true(parses(packet, sizeof packet));
    guard_free_all();
}

static void test_version(void)
{
    for (unsigned version = 0; version < 16; version++) {
        const uint8_t packet[80] = {(uint8_t)(version << 4 | 5), 0, 0, 60, 0, 20, GRE, 64, 0, GRE};

        g_assert_true(parses(packet, sizeof packet) == (version == 4 || version == 6));
    }
    guard_free_all();
}

/* Parses an IPv6 packet with next header `first` and then these octets. */
static bool parses_v6(uint8_t first, const uint8_t *behind, uint32_t length, uint16_t stated)
{
    uint8_t packet[120] = {0x60, [4] = (uint8_t)(stated >> 8), [5] = (uint8_t)stated, [6] = first};

    memcpy(packet + 40, behind, length);
    return parses(packet, 40 + length);
}

static void test_v6(void)
{
    const uint8_t zeros[40] = {0};

    for (uint32_t length = 0; length < 40; length++) {
        g_assert_false(parses((const uint8_t[40]){0x60}, length));
        /* libipsec does not examine fewer than 2 octets */
        g_assert_true(parses_v6(UDP, zeros, length, (uint16_t)length) == (length < 2 || length >= 8));
        g_assert_true(parses_v6(TCP, zeros, length, (uint16_t)length) == (length < 2 || length >= 20));
        g_assert_true(parses_v6(UDP, zeros, length, UINT16_MAX) == (length < 2 || length >= 8));
        g_assert_true(parses_v6(UDP, zeros, 39, (uint16_t)length) == (length < 2 || length >= 8));
        g_assert_true(parses_v6(GRE, zeros, length, (uint16_t)length));
    }
    guard_free_all();
}

static void test_v6_extensions(void)
{
    static const uint8_t skipped[] = {0, 43, 60, 135, 139, 140};
    uint8_t chain[40] = {UDP};

    for (unsigned i = 0; i < sizeof skipped; i++) {
        chain[0] = UDP;
        g_assert_true(parses_v6(skipped[i], chain, 16, 16));
        g_assert_false(parses_v6(skipped[i], chain, 15, 15));
        g_assert_true(parses_v6(skipped[i], chain, 8, 8));
        chain[0] = 44; /* a fragment header; nothing after it is examined */
        chain[8] = UDP;
        g_assert_true(parses_v6(skipped[i], chain, 20, 20));
    }
    g_assert_true(parses_v6(51, chain, 3, 3)); /* AH ends the search */
    chain[0] = 0;
    chain[1] = 255; /* the header would end beyond the packet */
    g_assert_true(parses_v6(0, chain, sizeof chain, sizeof chain));
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inner/v4", test_v4);
    g_test_add_func("/inner/v4-header-length", test_v4_header_length);
    g_test_add_func("/inner/version", test_version);
    g_test_add_func("/inner/v6", test_v6);
    g_test_add_func("/inner/v6-extensions", test_v6_extensions);
    return g_test_run();
}
