/* Finding IP and UDP headers in front of a header. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packet/ip.h"
#include "packet/view.h"

#include <glib.h>
#include <string.h>
#include <time.h>

enum {
    HOP = 0,
    TCP = 6,
    UDP = 17,
    ROUTING = 43,
    FRAGMENT = 44,
    ESP = 50,
    AH = 51,
    OPTIONS = 60
};

static const uint8_t source4[4] = {192, 0, 2, 1};
static const uint8_t source6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

/* Octets under construction. */
typedef struct packet {
    uint32_t count;
    uint32_t behind;
    uint8_t octets[1 << 17];
} packet;

static void add(packet *p, const void *octets, uint32_t count)
{
    g_assert_cmpuint(p->count + count, <=, sizeof p->octets);
    memcpy(p->octets + p->count, octets, count);
    p->count += count;
}

static void add_v4(packet *p, uint8_t words, uint16_t total, uint16_t fragment, uint8_t protocol)
{
    uint8_t header[60] = {[8] = 64};

    header[0] = 0x40 | words;
    header[2] = (uint8_t)(total >> 8);
    header[3] = (uint8_t)total;
    header[6] = (uint8_t)(fragment >> 8);
    header[7] = (uint8_t)fragment;
    header[9] = protocol;
    memcpy(header + 12, source4, sizeof source4);
    add(p, header, words * 4u);
}

static void add_v6(packet *p, uint16_t payload, uint8_t next)
{
    uint8_t header[40] = {0x60, [6] = next};

    header[4] = (uint8_t)(payload >> 8);
    header[5] = (uint8_t)payload;
    memcpy(header + 8, source6, sizeof source6);
    add(p, header, sizeof header);
}

/* An extension header of 8 octets, or AH of 24. */
static void add_extension(packet *p, uint8_t next, bool is_ah)
{
    uint8_t header[24] = {next, is_ah ? 4 : 0};

    add(p, header, is_ah ? 24 : 8);
}

static bool find(const packet *p, bool v6, uint8_t protocol, uint32_t hint, ipsec_ip_path *path)
{
    const ipsec_ip_search search = {.octets = guard_copy(p->octets, p->count),
                                    .count = p->count,
                                    .behind = p->behind,
                                    .source = v6 ? source6 : source4,
                                    .address_length = v6 ? 16 : 4,
                                    .protocol = protocol,
                                    .hint = hint};

    return ipsec_ip_find(&search, path);
}

static void test_v4(void)
{
    static const struct {
        const char *what;
        uint8_t words;
        uint16_t total, fragment;
        uint32_t length;
        uint16_t flags;
    } cases[] = {
        {"plain", 5, 120, 0, 100, 0},
        {"do not fragment", 5, 120, 0x4000, 100, 0},
        {"options", 15, 160, 0, 100, 0},
        {"first fragment", 5, 120, 0x2000, 100, IPSEC_VIEW_FRAGMENT},
        {"last fragment", 5, 120, 0x0010, 100, IPSEC_VIEW_FRAGMENT},
        {"length 0", 5, 0, 0, IPSEC_LENGTH_UNKNOWN, IPSEC_VIEW_OFFLOAD},
        {"nothing behind", 5, 20, 0, 0, 0},
        {"largest jumbo frame", 5, 9216, 0, 9196, 0},
        {"beyond any frame", 5, 9217, 0, 9197, IPSEC_VIEW_OFFLOAD},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        packet p = {.behind = 100};
        ipsec_ip_path path;

        g_test_message("%s", cases[i].what);
        add(&p, "ethernet header", 14);
        add_v4(&p, cases[i].words, cases[i].total, cases[i].fragment, ESP);
        g_assert_true(find(&p, false, ESP, 0, &path));
        g_assert_cmpuint(path.header, ==, cases[i].words * 4);
        g_assert_cmpuint(path.length, ==, cases[i].length);
        g_assert_cmphex(path.flags, ==, cases[i].flags);
        g_assert_false(find(&p, false, AH, 0, &path));
        g_assert_false(find(&p, true, ESP, 0, &path));
    }
    guard_free_all();
}

static void test_v4_behind_ah(void)
{
    packet p = {0};
    ipsec_ip_path path;

    add_v4(&p, 5, 144, 0, AH);
    add_extension(&p, ESP, true);
    g_assert_true(find(&p, false, ESP, 0, &path));
    g_assert_cmpuint(path.header, ==, 44);
    g_assert_cmpuint(path.length, ==, 100);
    guard_free_all();
}

static void test_not_found(void)
{
    packet p = {0};
    ipsec_ip_path path = {.header = 77};

    g_assert_false(find(&p, false, ESP, 0, &path)); /* nothing in front */
    add_v4(&p, 4, 120, 0, ESP);                     /* header length below the least */
    g_assert_false(find(&p, false, ESP, 0, &path));
    p.count = 0;
    add_v4(&p, 5, 19, 0, ESP); /* ends within its own header */
    g_assert_false(find(&p, false, ESP, 0, &path));
    p.count = 0;
    add_v4(&p, 5, 120, 0, ESP);
    p.octets[15] ^= 1; /* another source */
    g_assert_false(find(&p, false, ESP, 0, &path));
    p.count = 0;
    add_v4(&p, 5, 120, 0, AH);
    add(&p, "\x32\xff\0\0\0\0\0\0", 8); /* AH that extends beyond the header that is looked for */
    g_assert_false(find(&p, false, ESP, 0, &path));
    g_assert_cmpuint(path.header, ==, 77);
    guard_free_all();
}

/* The real header is found although its options look like another one, with a hint and without. */
static void test_lookalike(void)
{
    static const uint32_t hints[] = {0, 60, 44};
    packet p = {0}, inner = {0};

    add_v4(&inner, 5, 60, 0, ESP);
    add_v4(&p, 15, 160, 0, ESP);
    memcpy(p.octets + 40, inner.octets, 20);
    for (unsigned i = 0; i < G_N_ELEMENTS(hints); i++) {
        ipsec_ip_path path;

        g_assert_true(find(&p, false, ESP, hints[i], &path));
        g_assert_cmpuint(path.header, ==, 60);
        g_assert_cmpuint(path.length, ==, 100);
    }
    guard_free_all();
}

/* A tunnel is not an extension header: the inner header counts, whatever the outer one says. */
static void test_tunnel(void)
{
    packet p = {0};
    ipsec_ip_path path;

    add_v4(&p, 5, 140, 0, 4);
    add_v4(&p, 5, 120, 0, ESP);
    g_assert_true(find(&p, false, ESP, 0, &path));
    g_assert_cmpuint(path.header, ==, 20);
    g_assert_cmpuint(path.length, ==, 100);
    guard_free_all();
}

/* The search goes back as far as IPv6 headers may extend, and no further. A hint may be farther away. */
static void test_farthest(void)
{
    for (unsigned extensions = 8191; extensions <= 8192; extensions++) {
        packet p = {.behind = 100};
        ipsec_ip_path path;

        add_v6(&p, 0, OPTIONS);
        for (unsigned i = 1; i <= extensions; i++)
            add_extension(&p, i < extensions ? OPTIONS : ESP, false);
        g_assert_cmpint(find(&p, true, ESP, 0, &path), ==, p.count <= 40 + 65535);
        g_assert_true(find(&p, true, ESP, p.count, &path));
        g_assert_cmpuint(path.header, ==, p.count);
    }
    guard_free_all();
}

/* There is an IPv6 header every 24 octets, each with a chain through all that follow, and the right one after them.
 * Following each chain separately would take seconds. */
static void test_many_lookalikes(void)
{
    static const uint8_t lookalike[24] = {0x60, 0, 0, 0, 255, 255, OPTIONS, 64, 0x20, 1, 0, 0, 0, 0, 0, 0, OPTIONS, 2};
    const clock_t start = clock();
    packet p = {0};
    ipsec_ip_path path;

    for (unsigned i = 0; i < 2720; i++)
        add(&p, lookalike, sizeof lookalike);
    add(&p, "\x60\0\0\0\0\x64\x32\x40", 8);
    add(&p, lookalike + 8, 16);
    add(&p, lookalike, 16);
    for (unsigned i = 0; i < 500; i++) {
        const ipsec_ip_search search = {
            .octets = p.octets, .count = p.count, .source = lookalike + 8, .address_length = 16, .protocol = ESP};

        g_assert_true(ipsec_ip_find(&search, &path));
        g_assert_cmpuint(path.header, ==, 40);
        g_assert_cmpuint(path.length, ==, 100);
    }
    g_assert_cmpint((clock() - start) / CLOCKS_PER_SEC, <, 2);
}

/* A header that does not fit, farther away, does not hide the right one: neither because of its length, nor if its
 * chain includes the header after the right one as another kind, or at an offset of 4 octets. */
static void test_shared_chain(void)
{
    static const struct {
        uint16_t payload;
        uint8_t next, then, words;
    } others[] = {{60, OPTIONS, OPTIONS, 5}, {500, OPTIONS, AH, 5}, {500, OPTIONS, FRAGMENT, 5}, {500, AH, OPTIONS, 9}};

    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        const uint8_t extension[8] = {others[i].then, others[i].words};
        packet p = {0};
        ipsec_ip_path path;

        add_v6(&p, others[i].payload, others[i].next);
        add(&p, extension, sizeof extension);
        add_v6(&p, 116, OPTIONS);
        add(&p, "\x32\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
        g_assert_true(find(&p, true, ESP, 0, &path));
        g_assert_cmpuint(path.header, ==, 56);
        g_assert_cmpuint(path.length, ==, 100);
    }
    guard_free_all();
}

/* If fewer than 8 octets are left for an extension header, it must not be read. */
static void test_chain_that_ends_early(void)
{
    for (unsigned left = 0; left < 8; left++) {
        packet p = {0};
        ipsec_ip_path path;

        add_v6(&p, 200, OPTIONS);
        add(&p, "\x32\0\0\0\0\0\0", left);
        g_assert_false(find(&p, true, ESP, 40 + left, &path));
        p.octets[6] = AH;
        g_assert_false(find(&p, true, ESP, 40 + left, &path));
    }
    guard_free_all();
}

static void test_v6_chain(void)
{
    static const struct {
        const char *what;
        uint8_t chain[5]; /* ends with ESP */
        uint16_t flags;
    } cases[] = {
        {"plain", {ESP}, 0},
        {"hop-by-hop", {HOP, ESP}, 0},
        {"all in order", {HOP, OPTIONS, ROUTING, AH, ESP}, 0},
        {"options behind AH", {AH, OPTIONS, ESP}, 0},
        {"hop-by-hop not first", {OPTIONS, HOP, ESP}, IPSEC_VIEW_V6_ORDER},
        {"routing behind AH", {AH, ROUTING, ESP}, IPSEC_VIEW_V6_ORDER},
        {"fragment behind AH", {AH, FRAGMENT, ESP}, IPSEC_VIEW_V6_ORDER},
        {"routing behind fragment", {FRAGMENT, ROUTING, ESP}, IPSEC_VIEW_V6_ORDER},
        {"atomic fragment", {FRAGMENT, ESP}, 0},
        {"two routing headers", {ROUTING, ROUTING, ESP}, 0},
        {"two AH", {AH, AH, ESP}, 0},
        {"routing behind hop-by-hop and options", {HOP, OPTIONS, ROUTING, ESP}, 0},
        {"AH behind a fragment", {FRAGMENT, AH, ESP}, 0},
        {"AH behind routing, and routing again", {ROUTING, AH, ROUTING, ESP}, IPSEC_VIEW_V6_ORDER},
        {"hop-by-hop twice", {HOP, HOP, ESP}, IPSEC_VIEW_V6_ORDER},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        packet p = {0};
        ipsec_ip_path path;

        g_test_message("%s", cases[i].what);
        add_v6(&p, 200, cases[i].chain[0]);
        for (unsigned at = 0; cases[i].chain[at] != ESP; at++)
            add_extension(&p, cases[i].chain[at + 1], cases[i].chain[at] == AH);
        g_assert_true(find(&p, true, ESP, 0, &path));
        g_assert_cmpuint(path.header, ==, p.count);
        g_assert_cmpuint(path.length, ==, 240 - p.count);
        g_assert_cmphex(path.flags, ==, cases[i].flags);
    }
    guard_free_all();
}

static void test_v6_fragment_and_jumbogram(void)
{
    packet p = {0};
    ipsec_ip_path path;

    add_v6(&p, 200, FRAGMENT);
    add_extension(&p, ESP, false);
    p.octets[43] = 1; /* more fragments */
    g_assert_true(find(&p, true, ESP, 0, &path));
    g_assert_cmphex(path.flags, ==, IPSEC_VIEW_FRAGMENT);
    p.count = 0;
    p.behind = 8;
    add_v6(&p, 0, ESP);
    g_assert_true(find(&p, true, ESP, 0, &path));
    g_assert_cmpuint(path.length, ==, IPSEC_LENGTH_UNKNOWN);
    g_assert_cmphex(path.flags, ==, IPSEC_VIEW_OFFLOAD);
    p.octets[5] = 8; /* ends where the chain does */
    p.octets[6] = OPTIONS;
    add_extension(&p, ESP, false);
    g_assert_true(find(&p, true, ESP, 0, &path));
    g_assert_cmpuint(path.length, ==, 0);
    p.octets[5] = 7;
    g_assert_false(find(&p, true, ESP, 0, &path));
    p.octets[5] = 0;
    p.behind = 7; /* could be link padding: a packet without payload */
    g_assert_true(find(&p, true, ESP, 0, &path));
    g_assert_cmpuint(path.length, ==, 0);
    g_assert_cmphex(path.flags, ==, 0);
    guard_free_all();
}

/* Random octets with headers scattered in them: no read out of bounds, and a consistent answer. */
static void test_random(void)
{
    for (unsigned round = 0; round < 20000; round++) {
        static packet p;
        const bool v6 = g_test_rand_bit();
        ipsec_ip_path path;

        p.count = (uint32_t)g_test_rand_int_range(0, 600);
        for (uint32_t i = 0; i < p.count; i++)
            p.octets[i] = (uint8_t)(g_test_rand_int_range(0, 4) ? g_test_rand_int() : (v6 ? 0x60 : 0x45));
        for (unsigned i = 0; i < 3 && p.count > 40; i++)
            memcpy(p.octets + g_test_rand_int_range(0, (gint32)p.count - 39), v6 ? source6 : source4, v6 ? 16 : 4);
        if (find(&p, v6, (uint8_t)(g_test_rand_bit() ? ESP : UDP), (uint32_t)g_test_rand_int_range(0, 100), &path))
            g_assert_cmpuint(path.header, <=, p.count);
        guard_free_all();
    }
}

/* The length of an offloaded packet, if it was captured whole. */
static void test_offload_length(void)
{
    static const struct {
        const char *what;
        uint32_t captured, length, frame_length;
        uint16_t flags;
        uint32_t wanted;
    } cases[] = {
        {"no offload", 100, 100, 0, 0, 0},
        {"as IP says", 9300, 9300, 0, IPSEC_VIEW_OFFLOAD, 9300},
        {"as IP says, and not as the frame has it", 9300, 9300, 9304, IPSEC_VIEW_OFFLOAD, 9300},
        {"cut", 9299, 9300, 0, IPSEC_VIEW_OFFLOAD, 0},
        {"IP does not say", 1000, IPSEC_LENGTH_UNKNOWN, 1000, IPSEC_VIEW_OFFLOAD, 1000},
        {"IP does not say, cut", 1000, IPSEC_LENGTH_UNKNOWN, 1001, IPSEC_VIEW_OFFLOAD, 0},
        {"nobody says", 1000, IPSEC_LENGTH_UNKNOWN, 0, IPSEC_VIEW_OFFLOAD, 0},
        {"quoted", 9300, 9300, 0, IPSEC_VIEW_OFFLOAD | IPSEC_VIEW_QUOTED, 0},
        {"fragment", 9300, 9300, 0, IPSEC_VIEW_OFFLOAD | IPSEC_VIEW_FRAGMENT, 0},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ipsec_view view = {.captured = cases[i].captured,
                                 .length = cases[i].length,
                                 .frame_length = cases[i].frame_length,
                                 .flags = cases[i].flags};

        g_test_message("%s", cases[i].what);
        g_assert_cmpuint(ipsec_view_offload_length(&view), ==, cases[i].wanted);
        g_assert_cmpint(ipsec_view_is_whole(&view), ==, cases[i].flags == 0);
    }
}

static void test_udp(void)
{
    static const uint8_t octets[] = {'.', '.', '.', '.', 0x11, 0x94, 0x13, 0x88, 0x00, 0x28, 0xab, 0xcd};
    uint8_t *p = guard_copy(octets, sizeof octets);
    ipsec_udp udp = {.length = 7};

    g_assert_true(ipsec_udp_read(p, sizeof octets, 4500, 5000, &udp));
    g_assert_cmpuint(udp.length, ==, 32);
    g_assert_true(udp.has_checksum);
    memset(p + 10, 0, 2);
    g_assert_true(ipsec_udp_read(p, sizeof octets, 4500, 5000, &udp));
    g_assert_false(udp.has_checksum);
    p[9] = 8;
    g_assert_true(ipsec_udp_read(p, sizeof octets, 4500, 5000, &udp));
    g_assert_cmpuint(udp.length, ==, 0);
    p[9] = 7; /* shorter than the header itself */
    g_assert_true(ipsec_udp_read(p, sizeof octets, 4500, 5000, &udp));
    g_assert_cmpuint(udp.length, ==, IPSEC_LENGTH_UNKNOWN);
    g_assert_false(ipsec_udp_read(p, sizeof octets, 5000, 4500, &udp));
    g_assert_false(ipsec_udp_read(p, 7, 4500, 5000, &udp));
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ip/v4", test_v4);
    g_test_add_func("/ip/v4-behind-ah", test_v4_behind_ah);
    g_test_add_func("/ip/not-found", test_not_found);
    g_test_add_func("/ip/lookalike", test_lookalike);
    g_test_add_func("/ip/tunnel", test_tunnel);
    g_test_add_func("/ip/farthest", test_farthest);
    g_test_add_func("/ip/many-lookalikes", test_many_lookalikes);
    g_test_add_func("/ip/shared-chain", test_shared_chain);
    g_test_add_func("/ip/chain-ends-early", test_chain_that_ends_early);
    g_test_add_func("/ip/v6-chain", test_v6_chain);
    g_test_add_func("/ip/v6-fragment-and-jumbogram", test_v6_fragment_and_jumbogram);
    g_test_add_func("/ip/random", test_random);
    g_test_add_func("/ip/offload-length", test_offload_length);
    g_test_add_func("/udp/header", test_udp);
    return g_test_run();
}
