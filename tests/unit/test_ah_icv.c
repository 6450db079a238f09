/* The outer headers as AH covers them. SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/ah_icv.h"
#include "guard.h"

#include <glib.h>
#include <string.h>

enum {
    HOP = 0,
    UDP = 17,
    ROUTING = 43,
    FRAGMENT = 44,
    AH = 51,
    OPTIONS = 60,
    MOBILITY = 135
};

/* Octets under construction. */
typedef struct packet {
    uint32_t count;
    uint8_t octets[IPSEC_AH_OUTER_MOST + 8];
} packet;

static void add(packet *p, const void *octets, uint32_t count)
{
    g_assert_cmpuint(p->count + count, <=, sizeof p->octets);
    memcpy(p->octets + p->count, octets, count);
    p->count += count;
}

/* An IPv4 header with these options, in which every mutable field is not zero if `mutable`. */
static void add_v4(packet *p, const char *options, uint32_t count, uint16_t total, bool mutable)
{
    uint8_t header[20] = {0x45, 0, 0, 0, 0x12, 0x34, 0, 0, 0, AH, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2};

    header[0] = (uint8_t)(0x45 + count / 4);
    header[2] = (uint8_t)(total >> 8);
    header[3] = (uint8_t)total;
    if (mutable) {
        header[1] = 0xb8;
        header[6] = 0x40;
        header[8] = 64;
        header[10] = header[11] = 0xee;
    }
    add(p, header, sizeof header);
    add(p, options, count);
}

/* An IPv6 header from address S to address D, each 16 times that letter. */
static void add_v6(packet *p, char source, char destination, uint16_t payload, uint8_t next, bool mutable)
{
    uint8_t header[40] = {0x60, [6] = next};

    header[4] = (uint8_t)(payload >> 8);
    header[5] = (uint8_t)payload;
    memset(header + 8, source, 16);
    memset(header + 24, destination, 16);
    if (mutable) {
        memcpy(header, "\x6b\x8c\x54\xb0", 4);
        header[7] = 64;
    }
    add(p, header, sizeof header);
}

/* The route of routing headers: each letter is an address of 16 times that letter. */
static void add_routing(packet *p, uint8_t next, uint8_t type, uint8_t left, const char *route)
{
    const uint8_t start[8] = {next, (uint8_t)(2 * strlen(route)), type, left};

    add(p, start, sizeof start);
    for (; *route; route++) {
        uint8_t address[16];

        memset(address, *route, sizeof address);
        add(p, address, sizeof address);
    }
}

/* Input and output are at the end of readable memory; the input must not be changed. */
static uint32_t cover(const packet *p, uint8_t **covered)
{
    static const uint8_t nothing[IPSEC_AH_OUTER_MOST + 8];
    const uint8_t *outer = guard_copy(p->octets, p->count);
    uint32_t length;

    *covered = guard_copy(nothing, p->count);
    length = ipsec_ah_cover_outer(outer, p->count, *covered);
    g_assert_cmpmem(outer, p->count, p->octets, p->count);
    return length;
}

static void expect_covered(const packet *p, const packet *wanted, const char *what)
{
    uint8_t *covered;
    const uint32_t length = cover(p, &covered);

    g_test_message("%s", what);
    g_assert_cmpmem(covered, length, wanted->octets, wanted->count);
    guard_free_all();
}

static void expect_refused(const packet *p, const char *what)
{
    uint8_t *covered;

    g_test_message("%s", what);
    g_assert_cmpuint(cover(p, &covered), ==, 0);
    guard_free_all();
}

/* IPv4 options as sent and as covered. A destination of 0 is that of the header. */
#define OPTIONS_MOST 40
static const struct {
    const char *what;
    uint32_t count;
    char octets[OPTIONS_MOST + 1], covered[OPTIONS_MOST + 1];
    uint8_t destination;
} v4_options[] = {
    {"none", 0, "", "", 0},
    {"no operation", 4, "\1\1\1\1", "\1\1\1\1", 0},
    {"end of list, and what follows it", 4, "\1\0\7\7", "\1\0\7\7", 0},
    {"security", 12, "\x82\x0b\1\2\3\4\5\6\7\x8\x9", "\x82\x0b\1\2\3\4\5\6\7\x8\x9", 0},
    {"extended security", 4, "\x85\3\7", "\x85\3\7", 0},
    {"commercial security", 8, "\x86\x8\1\2\3\4\5\6", "\x86\x8\1\2\3\4\5\6", 0},
    {"router alert", 4, "\x94\4\7\7", "\x94\4\7\7", 0},
    {"multi-destination delivery", 8, "\x95\6\1\2\3\4", "\x95\6\1\2\3\4", 0},
    {"record route", 12, "\x07\x0b\x08\1\2\3\4\5\6\7\x8", "", 0},
    {"time stamp", 8, "\x44\x8\5\0\1\2\3\4", "", 0},
    {"stream identifier", 4, "\x88\4\1\2", "", 0},
    {"unknown", 4, "\x9e\4\xab\xcd", "", 0},
    {"shortest", 4, "\x9e\2\1\1", "\0\0\1\1", 0},
    {"mutable between immutable", 12, "\x94\4\7\7\x9e\4\xab\xcd\x94\4\6\6", "\x94\4\7\7\0\0\0\0\x94\4\6\6", 0},
    {"the most", 40, "\x07\x27\x04 12345678901234567890123456789012345", "", 0},
    {"the most, immutable", 40, "\x82\x28 1234567890123456789012345678901234567",
     "\x82\x28 1234567890123456789012345678901234567", 0},
    {"loose route at its start", 12, "\x83\x0b\4\xc0\0\2\7\xc0\0\2\x9", "", 9},
    {"loose route on its way", 12, "\x83\x0b\x8\xc0\0\2\7\xc0\0\2\x9", "", 9},
    {"loose route at its end", 12, "\x83\x0b\x0c\xc0\0\2\7\xc0\0\2\x9", "", 0},
    {"strict route of one", 8, "\1\x89\7\4\xc0\0\2\7", "\1", 7},
    {"pointer far beyond the route", 8, "\x89\7\xff\xc0\0\2\7", "", 0},
};

static void test_v4_options(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(v4_options); i++) {
        packet p = {0}, wanted = {0};

        add_v4(&p, v4_options[i].octets, v4_options[i].count, 100, true);
        add_v4(&wanted, v4_options[i].covered, v4_options[i].count, 100, false);
        if (v4_options[i].destination)
            wanted.octets[19] = v4_options[i].destination;
        expect_covered(&p, &wanted, v4_options[i].what);
    }
}

static void test_v4_broken_options(void)
{
    static const struct {
        const char *what;
        uint32_t count;
        char octets[OPTIONS_MOST + 1], covered[OPTIONS_MOST + 1];
    } cases[] = {
        {"length 0", 4, "\x94\0\7\7", ""},
        {"length 1", 4, "\x94\1\7\7", ""},
        {"beyond the header", 4, "\x94\5\7\7", ""},
        {"no room for a length", 4, "\1\1\1\x94", "\1\1\1"},
        {"beyond the header, behind a good one", 8, "\x94\4\7\7\x94\xff\4\7", "\x94\4\7\7"},
        {"a good one behind it", 8, "\x94\1\7\7\x94\4\7\7", ""},
        {"route without address", 4, "\x83\3\4\1", "\0\0\0\1"},
        {"route with a part of an address", 8, "\x83\6\4\xc0\0\2\1\1", "\0\0\0\0\0\0\1\1"},
        {"route with an address and a part of one", 8, "\x83\x8\4\xc0\0\2\7\1", ""},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        packet p = {0}, wanted = {0};

        add_v4(&p, cases[i].octets, cases[i].count, 100, true);
        add_v4(&wanted, cases[i].covered, cases[i].count, 100, false);
        expect_covered(&p, &wanted, cases[i].what);
    }
}

static void test_v4_refused(void)
{
    static const struct {
        const char *what;
        uint8_t at, value;
    } cases[] = {
        {"version 0", 0, 0x05},      {"version 5", 0, 0x55},          {"header length below the least", 0, 0x44},
        {"header cut", 0, 0x46},     {"not in front of AH", 9, UDP},  {"first fragment", 6, 0x20},
        {"later fragment", 7, 0x01}, {"options of IPv6", 9, OPTIONS},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        packet p = {0};

        add_v4(&p, "", 0, 100, true);
        p.octets[cases[i].at] = cases[i].value;
        expect_refused(&p, cases[i].what);
    }
}

/* Nothing is read beyond the octets, however few there are. */
static void test_cut(void)
{
    packet v4 = {0}, v6 = {0};
    uint8_t *covered;

    add_v4(&v4, "\x83\x0b\4\xc0\0\2\7\xc0\0\2\x9", 12, 100, true);
    add_v6(&v6, 'S', 'D', 200, HOP, true);
    add(&v6, "\x2b\0\x1e\4\1\2\3\4", 8);
    add_routing(&v6, OPTIONS, 0, 2, "ABC");
    add(&v6, "\x33\2\1\2\0\0\xc9\x10HHHHHHHHHHHHHHHH", 24);
    g_assert_cmpuint(cover(&v4, &covered), ==, v4.count);
    g_assert_cmpuint(cover(&v6, &covered), ==, v6.count);
    for (uint32_t count = v4.count; count-- > 0;) {
        v4.count = count;
        expect_refused(&v4, "IPv4");
    }
    for (uint32_t count = v6.count; count-- > 0;) {
        v6.count = count;
        expect_refused(&v6, "IPv6");
    }
}

/* AH around AH: the inner one was there first. */
static void test_another_ah(void)
{
    packet p = {0}, wanted = {0};

    add_v4(&p, "\x94\4\7\7", 4, 0x0110, true);
    add(&p, "\x33\4\0\0\0\0\1\0\0\0\0\1abcdefghijkl", 24);
    add_v4(&wanted, "\x94\4\7\7", 4, 0x00f8, false);
    expect_covered(&p, &wanted, "IPv4");
    p.octets[2] = 0;
    p.octets[3] = 23;
    wanted.octets[2] = 0;
    wanted.octets[3] = 23;
    expect_covered(&p, &wanted, "total length shorter than the outer AH");
    p.octets[3] = 24;
    wanted.octets[3] = 0;
    expect_covered(&p, &wanted, "total length of the outer AH");
    p.count = wanted.count = 0;
    add_v6(&p, 'S', 'D', 200, AH, true);
    add(&p, "\x3c\4\0\0\0\0\1\0\0\0\0\1abcdefghijkl", 24);
    add(&p, "\x33\0\x1e\4\1\2\3\4", 8);
    add_v6(&wanted, 'S', 'D', 176, OPTIONS, false);
    add(&wanted, "\x33\0\x1e\4\1\2\3\4", 8);
    expect_covered(&p, &wanted, "IPv6, with options between");
}

static void test_v6_plain(void)
{
    packet p = {0}, wanted = {0};

    add_v6(&p, 'S', 'D', 200, AH, true);
    add_v6(&wanted, 'S', 'D', 200, AH, false);
    expect_covered(&p, &wanted, "in front of AH");
    p.octets[6] = UDP;
    expect_refused(&p, "in front of UDP");
}

/* The octets of an options header, and how they are covered. */
static void test_v6_options(void)
{
    static const struct {
        const char *what;
        uint32_t count;
        char octets[17], covered[17];
    } cases[] = {
        {"padding", 8, "\x33\0\1\4\0\0\0\0", "\x33\0\1\4\0\0\0\0"},
        {"padding by single octets", 8, "\x33\0\0\0\0\0\0\0", "\x33\0\0\0\0\0\0\0"},
        {"padding that is not zero", 8, "\x33\0\1\4\1\2\3\4", "\x33\0\1\4\1\2\3\4"},
        {"immutable", 8, "\x33\0\x1e\4\1\2\3\4", "\x33\0\x1e\4\1\2\3\4"},
        {"mutable", 8, "\x33\0\x3e\4\1\2\3\4", "\x33\0\x3e\4\0\0\0\0"},
        {"mutable, without data", 8, "\x33\0\x3e\0\1\2\7\7", "\x33\0\x3e\0\1\2\7\7"},
        {"both", 16, "\x33\1\x1e\3\1\2\3\x3e\4\1\2\3\4\0\1", "\x33\1\x1e\3\1\2\3\x3e\4\0\0\0\0\0\1"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
        for (unsigned destination = 0; destination < 2; destination++) {
            packet p = {0}, wanted = {0};

            add_v6(&p, 'S', 'D', 200, destination ? OPTIONS : HOP, true);
            add(&p, cases[i].octets, cases[i].count);
            add_v6(&wanted, 'S', 'D', 200, destination ? OPTIONS : HOP, false);
            add(&wanted, cases[i].covered, cases[i].count);
            expect_covered(&p, &wanted, cases[i].what);
        }
}

static void test_v6_broken_options(void)
{
    static const struct {
        const char *what;
        uint32_t count;
        uint8_t protocol;
        char octets[25], covered[25];
    } cases[] = {
        {"no room for a length", 8, HOP, "\x33\0\1\3\0\0\0\x1e", "\x33\0\1\3\0\0\0\0"},
        {"beyond the header", 8, HOP, "\x33\0\x1e\5\1\2\3\4", "\x33"},
        {"far beyond the header", 8, OPTIONS, "\x33\0\x1e\xff\1\2\3\4", "\x33"},
        {"home address too short", 8, OPTIONS, "\x33\0\xc9\4\1\2\3\4", "\x33\0\xc9\4\1\2\3\4"},
        {"home address too long", 24, OPTIONS, "\x33\2\1\1\0\xc9\x11HHHHHHHHHHHHHHHHH",
         "\x33\2\1\1\0\xc9\x11HHHHHHHHHHHHHHHHH"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        packet p = {0}, wanted = {0};

        add_v6(&p, 'S', 'D', 200, cases[i].protocol, true);
        add(&p, cases[i].octets, cases[i].count);
        add_v6(&wanted, 'S', 'D', 200, cases[i].protocol, false);
        add(&wanted, cases[i].covered, cases[i].count);
        expect_covered(&p, &wanted, cases[i].what);
    }
}

static void test_v6_refused(void)
{
    packet p = {0};

    add_v6(&p, 'S', 'D', 200, OPTIONS, true);
    add(&p, "\x33\1\1\4\0\0\0\0", 8);
    expect_refused(&p, "header beyond the octets");
    p.octets[41] = 0;
    p.octets[6] = MOBILITY;
    expect_refused(&p, "an extension that AH does not know");
}

static void test_home_address(void)
{
    packet p = {0}, wanted = {0};

    add_v6(&p, 'C', 'D', 200, OPTIONS, true);
    add(&p, "\x33\2\1\2\0\0\xc9\x10HHHHHHHHHHHHHHHH", 24);
    add_v6(&wanted, 'H', 'D', 200, OPTIONS, false);
    add(&wanted,
        "\x33\2\1\2\0\0\xc9\x10"
        "CCCCCCCCCCCCCCCC",
        24);
    expect_covered(&p, &wanted, "destination options");
    p.octets[6] = HOP;
    wanted = p;
    memcpy(wanted.octets, "\x60\0\0\0", 4);
    wanted.octets[7] = 0;
    expect_covered(&p, &wanted, "hop-by-hop options, where it means nothing");
}

static void test_routing(void)
{
    static const struct {
        const char *what;
        uint8_t type, left;
        const char *route;
        char destination;
        const char *covered;
    } cases[] = {
        {"at the destination", 0, 0, "ABC", 'D', "ABC"}, {"last leg", 0, 1, "ABC", 'C', "ABD"},
        {"second leg", 0, 2, "ABC", 'C', "ADB"},         {"first leg", 0, 3, "ABC", 'C', "DAB"},
        {"route of one", 0, 1, "A", 'A', "D"},           {"empty route", 0, 0, "", 'D', ""},
        {"home address", 2, 1, "H", 'H', "D"},           {"segments, at the destination", 4, 0, "ABC", 'D', "ABC"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        packet p = {0}, wanted = {0};

        add_v6(&p, 'S', 'D', 200, ROUTING, true);
        add_routing(&p, AH, cases[i].type, cases[i].left, cases[i].route);
        add_v6(&wanted, 'S', cases[i].destination, 200, ROUTING, false);
        add_routing(&wanted, AH, cases[i].type, 0, cases[i].covered);
        expect_covered(&p, &wanted, cases[i].what);
    }
}

static void test_broken_routing(void)
{
    static const struct {
        const char *what;
        uint8_t type, left, words;
    } cases[] = {{"more segments left than there are", 0, 3, 4},
                 {"many more", 0, 255, 4},
                 {"the same of the other type", 2, 3, 4},
                 {"half an address", 0, 1, 3}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        packet p = {0}, wanted = {0};

        add_v6(&p, 'S', 'D', 200, ROUTING, true);
        add_v6(&wanted, 'S', 'D', 200, ROUTING, false);
        add_routing(&p, AH, cases[i].type, cases[i].left, "AB");
        p.octets[41] = cases[i].words;
        p.count = 48 + cases[i].words * 8;
        add(&wanted, p.octets + 40, p.count - 40);
        expect_covered(&p, &wanted, cases[i].what);
    }
}

/* For unknown types, nobody can know what the destination gets. */
static void test_unknown_routing(void)
{
    for (unsigned type = 0; type < 256; type++) {
        packet p = {0};
        uint8_t *covered;

        add_v6(&p, 'S', 'D', 200, ROUTING, true);
        add_routing(&p, AH, (uint8_t)type, 1, "A");
        g_assert_cmpint(cover(&p, &covered) > 0, ==, type == 0 || type == 2);
        guard_free_all();
    }
}

static void test_fragment_header(void)
{
    packet p = {0}, wanted = {0};

    add_v6(&p, 'S', 'D', 200, HOP, true);
    add(&p, "\x2c\0\x1e\4\1\2\3\4", 8);
    add(&p, "\x33\0\0\0\1\2\3\4", 8);
    add_v6(&wanted, 'S', 'D', 192, HOP, false);
    add(&wanted, "\x33\0\x1e\4\1\2\3\4", 8);
    expect_covered(&p, &wanted, "atomic");
    p.octets[51] = 1;
    expect_refused(&p, "first");
    p.octets[51] = 8;
    expect_refused(&p, "last");
    p.octets[51] = 0;
    p.octets[4] = p.octets[5] = 0;
    wanted.octets[4] = wanted.octets[5] = 0;
    expect_covered(&p, &wanted, "of a jumbogram, which has none");
}

/* The largest possible number of octets, and eight more. */
static void test_longest(void)
{
    const uint32_t longest = (40 + 65535) / 8 * 8;
    packet p = {0}, wanted = {0};

    add_v6(&p, 'S', 'D', 2000, OPTIONS, true);
    while (p.count < longest)
        add(&p, p.count + 8 < longest ? "\x3c\0\x3e\4\1\2\3\4" : "\x33\0\x3e\4\1\2\3\4", 8);
    add_v6(&wanted, 'S', 'D', 2000, OPTIONS, false);
    while (wanted.count < longest)
        add(&wanted, wanted.count + 8 < longest ? "\x3c\0\x3e\4\0\0\0\0" : "\x33\0\x3e\4\0\0\0\0", 8);
    expect_covered(&p, &wanted, "longest");
    p.octets[p.count - 8] = OPTIONS;
    add(&p, "\x33\0\x3e\4\1\2\3\4", 8);
    expect_refused(&p, "too long");
}

/* The largest possible number of headers that are left out, between some that are not. */
static void test_many_left_out(void)
{
    packet p = {0}, wanted = {0};

    add_v6(&p, 'S', 'D', 65535, OPTIONS, true);
    add_v6(&wanted, 'S', 'D', 65535 - 8 * 8000, OPTIONS, false);
    for (unsigned i = 0; i < 4; i++) {
        add(&p, "\x2c\0\x3e\4\1\2\3\4", 8);
        add(&wanted, i < 3 ? "\x3c\0\x3e\4\0\0\0\0" : "\x33\0\x3e\4\0\0\0\0", 8);
        for (unsigned j = 1; j < 2000; j++)
            add(&p, "\x2c\0\0\0\1\2\3\4", 8);
        add(&p, i < 3 ? "\x3c\0\0\0\1\2\3\4" : "\x33\0\0\0\1\2\3\4", 8);
    }
    expect_covered(&p, &wanted, "fragment headers");
}

/* Whole packets that Linux sent and accepted: with a loose source route, and with hop-by-hop options that may
 * change. */
static void test_packets_of_linux(void)
{
    static const struct {
        GChecksumType hash;
        uint32_t outer, icv, key_length, length;
        const char *key, *packet;
    } cases[] = {
        {G_CHECKSUM_SHA1, 28, 12, 20, 68,
         "\x1d\xa7\x05\x75\xfc\x58\xb5\xfc\x6c\x54\xf6\x98\x03\x3c\xb7\xc7\x0a\x61\xc3\xb6",
         "\x47\x00\x00\x44\x90\x5a\x40\x00\x40\x33\x02\x07\x0a\x09\x00\x01\x0a\x09\x00\x02\x83\x07\x04\x0a"
         "\x09\x00\x02\x00\x11\x04\x00\x00\xa0\x00\x01\x80\x00\x00\x00\x0c\x92\xcd\xea\x64\x30\xbc\xee\xa6"
         "\xbe\x06\x79\xa9\x87\x11\x1e\x61\x00\x10\x83\xc3\x6f\x70\x74\x2d\x6c\x73\x72\x72"},
        {G_CHECKSUM_SHA256, 48, 16, 32, 106,
         "\x4e\x06\x43\x92\xa7\x33\xbe\xe6\xe3\x40\x08\x71\xee\x7d\x1d\xdd\xb5\xec\x3a\x2a\x2b\x8d\x4d\x7e"
         "\x24\x6b\xd9\x05\x8f\x35\xf5\xde",
         "\x60\x07\xc3\xc6\x00\x42\x00\x40\xfd\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
         "\xfd\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x33\x00\x3e\x04\x01\x02\x03\x04"
         "\x11\x06\x00\x00\xa0\x00\x01\x89\x00\x00\x00\x06\x62\xa0\xb2\x4a\x6b\x3a\x57\x2c\x01\xdd\x53\x42"
         "\x5f\xe9\x73\x3a\x01\x02\x03\x04\xd6\x4d\x1e\x61\x00\x1a\x73\x5a\x6f\x70\x74\x2d\x68\x6f\x70\x6f"
         "\x70\x74\x2d\x6d\x75\x74\x61\x62\x6c\x65"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        static const uint8_t zero[32];
        const uint8_t *packet = (const uint8_t *)cases[i].packet;
        const uint8_t *icv = packet + cases[i].outer + 12;
        uint8_t covered[IPSEC_AH_OUTER_MOST], digest[32];
        gsize length = sizeof digest;
        GHmac *hmac = g_hmac_new(cases[i].hash, (const guchar *)cases[i].key, cases[i].key_length);

        g_assert_cmpuint(ipsec_ah_cover_outer(packet, cases[i].outer, covered), ==, cases[i].outer);
        g_hmac_update(hmac, covered, cases[i].outer);
        g_hmac_update(hmac, packet + cases[i].outer, 12);
        g_hmac_update(hmac, zero, cases[i].icv);
        g_hmac_update(hmac, icv + cases[i].icv, cases[i].length - cases[i].outer - 12 - cases[i].icv);
        g_hmac_get_digest(hmac, digest, &length);
        g_assert_cmpmem(digest, cases[i].icv, icv, cases[i].icv);
        g_hmac_unref(hmac);
    }
}

/* Random octets after a valid header: no access out of bounds, and never more octets than there were. */
static void test_random(void)
{
    static const uint8_t chain[] = {HOP, ROUTING, FRAGMENT, AH, OPTIONS};

    for (unsigned round = 0; round < 20000; round++) {
        static packet p;
        uint8_t *covered;

        p.count = 0;

        add_v6(&p, 'S', 'D', 2000, chain[g_test_rand_int_range(0, 5)], true);
        for (int i = g_test_rand_int_range(0, 120) / 8 * 8; i > 0; i--) {
            const int at = (int)p.count % 8;
            const uint8_t octet = (uint8_t)g_test_rand_int_range(0, g_test_rand_bit() ? 256 : 4);

            add(&p, at == 0 ? &chain[octet % 5] : &octet, 1);
        }
        if (g_test_rand_bit())
            p.octets[0] = (uint8_t)g_test_rand_int_range(0x45, 0x50);
        g_assert_cmpuint(cover(&p, &covered), <=, p.count);
        guard_free_all();
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ah-icv/v4-options", test_v4_options);
    g_test_add_func("/ah-icv/v4-broken-options", test_v4_broken_options);
    g_test_add_func("/ah-icv/v4-refused", test_v4_refused);
    g_test_add_func("/ah-icv/cut", test_cut);
    g_test_add_func("/ah-icv/another-ah", test_another_ah);
    g_test_add_func("/ah-icv/v6-plain", test_v6_plain);
    g_test_add_func("/ah-icv/v6-options", test_v6_options);
    g_test_add_func("/ah-icv/v6-broken-options", test_v6_broken_options);
    g_test_add_func("/ah-icv/v6-refused", test_v6_refused);
    g_test_add_func("/ah-icv/home-address", test_home_address);
    g_test_add_func("/ah-icv/routing", test_routing);
    g_test_add_func("/ah-icv/broken-routing", test_broken_routing);
    g_test_add_func("/ah-icv/unknown-routing", test_unknown_routing);
    g_test_add_func("/ah-icv/fragment-header", test_fragment_header);
    g_test_add_func("/ah-icv/longest", test_longest);
    g_test_add_func("/ah-icv/many-left-out", test_many_left_out);
    g_test_add_func("/ah-icv/packets-of-linux", test_packets_of_linux);
    g_test_add_func("/ah-icv/random", test_random);
    return g_test_run();
}
