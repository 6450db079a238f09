/* Recognition of NULL encryption. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "sa/null_probe.h"
#include "packets.h"

#include <glib.h>
#include <string.h>

enum {
    ICV_12 = 2, /* indices of shapes */
    ICV_16 = 3,
    ICV_32 = 5,
    GMAC = 6
};
enum {
    ICMP = 1,
    DUMMY = 59
};

/* The numbers that the implementation should use: proofs that settle a shape, proofs that an objection outweighs, and
 * the bounds of the balance. */
enum {
    SETTLES = 2,
    OBJECTION = 10,
    MOST = 20,
    LEAST = -10
};

/* Payloads that prove what they are, for which each octet from `first` up to, but not including, `behind` must be
 * right. The checksums were not computed by the code under test. */
static const struct proof {
    const char *what;
    uint8_t version, protocol;
    uint32_t length, first, behind;
    const char *octets;
} proofs[] = {
    {"ICMP", 4, 1, 13, 0, 13, "\x08\x00\xf8\x2c\x00\x01\x00\x01\x70\x69\x6e\x67\x21"},
    {"IGMP", 4, 2, 8, 0, 8, "\x16\x00\x09\xf6\xe0\x00\x00\x09"},
    {"TCP", 4, 6, 23, 0, 23,
     "\x13\x88\x00\x50\x00\x00\x00\x07\x00\x00\x00\x09\x50\x18\x02\x00\x42\x79\x00\x00\x6f\x64\x64"},
    {"UDP", 4, 17, 11, 0, 11, "\x13\x88\x00\x35\x00\x0b\x90\xa8\x64\x6e\x73"},
    {"UDP without checksum", 4, 17, 11, 4, 8, "\x13\x88\x00\x35\x00\x0b\x00\x00\x64\x6e\x73"},
    {"SCTP", 4, 132, 16, 0, 16, "\x13\x88\x13\x89\x11\x22\x33\x44\x12\xf5\x7b\x75\x0b\x00\x00\x04"},
    {"OSPFv2", 4, 89, 28, 0, 16,
     "\x02\x04\x00\x1c\xc0\x00\x02\x01\x00\x00\x00\x00\x3b\xdd\x00\x00\x70\x61\x73\x73\x77\x6f\x72\x64"
     "\x00\x00\x00\x01"},
    {"IPv4 in IPv4", 4, 4, 27, 0, 20,
     "\x45\x00\x00\x1b\x00\x01\x40\x00\x40\x11\xb6\xcd\xc0\x00\x02\x01\xc0\x00\x02\x02\x70\x61\x79\x6c"
     "\x6f\x61\x64"},
    {"UDP in IPv6 in IPv4", 4, 41, 51, 8, 51,
     "\x60\x00\x00\x00\x00\x0b\x11\x40\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
     "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x13\x88\x00\x35\x00\x0b\x1a\xa8"
     "\x64\x6e\x73"},
    {"TCP, IPv6", 6, 6, 20, 0, 20, "\x13\x88\x00\x50\x00\x00\x00\x07\x00\x00\x00\x09\x50\x18\x02\x00\x3e\x70\x00\x00"},
    {"UDP, IPv6", 6, 17, 12, 0, 12, "\x13\x88\x00\x35\x00\x0c\xb9\x14\x64\x6e\x73\x21"},
    {"ICMPv6", 6, 58, 12, 0, 12, "\x80\x00\x45\x71\x00\x01\x00\x01\x70\x69\x6e\x67"},
    {"OSPFv3", 6, 89, 20, 0, 20, "\x03\x01\x00\x14\xc0\x00\x02\x01\x00\x00\x00\x00\xdf\x01\x00\x00\x00\x00\x00\x05"},
    {"SCTP, IPv6", 6, 132, 16, 0, 16, "\x13\x88\x13\x89\x11\x22\x33\x44\x12\xf5\x7b\x75\x0b\x00\x00\x04"},
    {"IPv4 in IPv6", 6, 4, 20, 0, 20,
     "\x45\x00\x00\x14\x00\x01\x40\x00\x40\x06\xb6\xdf\xc0\x00\x02\x01\xc0\x00\x02\x02"},
    {"hop-by-hop options in IPv6 in IPv6", 6, 41, 48, 4, 6,
     "\x60\x00\x00\x00\x00\x08\x00\x40\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
     "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x3b\x00\x05\x02\x00\x00\x01\x00"},
};

/* An ESP packet of this shape with this payload, and padding to a multiple of 4. */
static ipsec_view packet_of(unsigned shape, uint8_t version, uint32_t sequence, uint8_t next, const void *payload,
                            uint32_t length)
{
    const ipsec_null_shape *row = ipsec_null_shape_row(shape);
    uint8_t octets[512] = {0, 0, 0x10, 1, 0, 0, (uint8_t)(sequence >> 8), (uint8_t)sequence};
    uint32_t at = 8;
    uint8_t padding = 0;

    g_assert_cmpuint(length, <, 400);
    memset(octets + at, 0xee, row->iv);
    at += row->iv;
    if (length)
        memcpy(octets + at, payload, length);
    at += length;
    while ((at + 2) % 4 != 0)
        octets[at++] = ++padding;
    octets[at++] = padding;
    octets[at++] = next;
    memset(octets + at, 0xdd, row->icv);
    return view_of(IPSEC_PROTOCOL_ESP, version, octets, at + row->icv);
}

/* Packet `sequence` of a good SA, each one with a different proof. */
static ipsec_view good_packet(unsigned shape, uint32_t sequence)
{
    const struct proof *proof = &proofs[sequence % G_N_ELEMENTS(proofs)];

    return packet_of(shape, proof->version, sequence, proof->protocol, proof->octets, proof->length);
}

/* A packet that fits no shape: all octets are the same, and no pad length of 0xa5 ends with 0xa5, 0xa4. */
static ipsec_view strange_packet(void)
{
    return esp_view(4, 0x1001, 7, 100);
}

static bool learn_good(ipsec_null_probe *probe, unsigned shape, uint32_t sequence)
{
    const ipsec_view view = good_packet(shape, sequence);

    return ipsec_null_probe_learn(probe, &view);
}

static bool learn_strange(ipsec_null_probe *probe)
{
    const ipsec_view view = strange_packet();

    return ipsec_null_probe_learn(probe, &view);
}

/* The same, if packets may be skipped. */
static bool meet_strange(ipsec_null_probe *probe)
{
    return !ipsec_null_probe_rests(probe) && learn_strange(probe);
}

/* A probe after `proofs` packets that prove the shape, 2 or more. */
static ipsec_null_probe believing(unsigned shape, uint32_t proofs)
{
    ipsec_null_probe probe = {0};

    for (uint32_t sequence = 1; sequence <= proofs; sequence++)
        g_assert_cmpint(learn_good(&probe, shape, sequence), ==, sequence >= SETTLES);
    g_assert_cmpuint(probe.shape, ==, shape + 1);
    g_assert_cmpint(probe.balance, ==, (int)MIN(proofs, MOST));
    return probe;
}

/* The second packet settles it, for every shape, and it is settled for those that follow. */
static void test_shapes(void)
{
    for (unsigned shape = 0; shape < IPSEC_NULL_SHAPES; shape++) {
        const ipsec_null_probe probe = believing(shape, 40);

        g_assert_cmpuint(probe.rest, ==, 0);
        g_assert_cmpuint(probe.looks, ==, 0);
        guard_free_all();
    }
}

/* Whether a packet with this payload is a proof. */
static bool is_proof(uint8_t version, uint8_t protocol, const void *octets, uint32_t length)
{
    const ipsec_view view = packet_of(ICV_12, version, 1, protocol, octets, length);
    ipsec_null_probe probe = {0};

    g_assert_false(ipsec_null_probe_learn(&probe, &view));
    g_assert_cmpuint(probe.looks, ==, probe.shape ? 0 : 1);
    g_assert_cmpint(probe.balance, ==, probe.shape ? 1 : 0);
    if (probe.shape)
        g_assert_cmpuint(probe.shape, ==, ICV_12 + 1);
    guard_free_all();
    return probe.shape != 0;
}

static void test_proofs(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(proofs); i++) {
        const struct proof *proof = &proofs[i];
        uint8_t octets[400];

        g_test_message("%s", proof->what);
        memcpy(octets, proof->octets, proof->length);
        g_assert_true(is_proof(proof->version, proof->protocol, octets, proof->length));
        for (uint32_t at = proof->first; at < proof->behind; at++) {
            octets[at] ^= 1;
            g_assert_false(is_proof(proof->version, proof->protocol, octets, proof->length));
            octets[at] ^= 1;
        }
    }
}

static void test_no_proofs(void)
{
    static const struct {
        const char *what;
        uint8_t version, protocol;
        uint32_t length;
        const char *octets;
    } cases[] = {
        {"dummy packet", 4, 59, 8, "\x61\x6e\x79\x74\x68\x69\x6e\x67"},
        {"unknown protocol", 4, 253, 13, "\x08\x00\xf8\x2c\x00\x01\x00\x01\x70\x69\x6e\x67\x21"},
        {"ICMP over IPv6", 6, 1, 13, "\x08\x00\xf8\x2c\x00\x01\x00\x01\x70\x69\x6e\x67\x21"},
        {"ICMPv6 over IPv4", 4, 58, 12, "\x80\x00\x45\x71\x00\x01\x00\x01\x70\x69\x6e\x67"},
        {"ICMP cut", 4, 1, 6, "\x08\x00\xf6\xfe\x01\x01"},
        {"nothing", 4, 1, 0, ""},
        {"TCP checksum of other addresses", 4, 6, 20,
         "\x13\x88\x00\x50\x00\x00\x00\x07\x00\x00\x00\x09\x50\x18\x02\x00\x15\xe2\x00\x00"},
        {"TCP header too long", 4, 6, 20,
         "\x13\x88\x00\x50\x00\x00\x00\x07\x00\x00\x00\x09\x60\x18\x02\x00\x05\xe1\x00\x00"},
        {"TCP header too short", 4, 6, 20,
         "\x13\x88\x00\x50\x00\x00\x00\x07\x00\x00\x00\x09\x40\x18\x02\x00\x25\xe1\x00\x00"},
        {"TCP cut", 4, 6, 12, "\x13\x88\x00\x50\x00\x00\x00\x07\x00\x00\x00\x09"},
        {"UDP too short", 4, 17, 7, "\x00\x01\x00\x02\x00\x07\x00"},
        {"UDP longer than it says", 4, 17, 12, "\x13\x88\x00\x35\x00\x0b\x00\x00\x64\x6e\x73\x2e"},
        {"UDP shorter than it says", 4, 17, 10, "\x13\x88\x00\x35\x00\x0b\x00\x00\x64\x6e"},
        {"SCTP without chunk", 4, 132, 12, "\x13\x88\x13\x89\x11\x22\x33\x44\x12\xf5\x7b\x75"},
        {"OSPFv2 with a digest", 4, 89, 28,
         "\x02\x04\x00\x1c\xc0\x00\x02\x01\x00\x00\x00\x00\x3b\xdb\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00"
         "\x00\x00\x00\x01"},
        {"OSPFv2 longer than it says", 4, 89, 30,
         "\x02\x04\x00\x1c\xc0\x00\x02\x01\x00\x00\x00\x00\x3b\xdd\x00\x00\x70\x61\x73\x73\x77\x6f\x72\x64"
         "\x00\x00\x00\x01\x00\x00"},
        {"OSPFv3 over IPv4", 4, 89, 20,
         "\x03\x01\x00\x14\xc0\x00\x02\x01\x00\x00\x00\x00\xdf\x01\x00\x00\x00\x00\x00\x05"},
        {"OSPFv2 over IPv6", 6, 89, 28,
         "\x02\x04\x00\x1c\xc0\x00\x02\x01\x00\x00\x00\x00\x3b\xdd\x00\x00\x70\x61\x73\x73\x77\x6f\x72\x64"
         "\x00\x00\x00\x01"},
        {"OSPFv2 cut", 4, 89, 16, "\x02\x04\x00\x10\xc0\x00\x02\x01\x00\x00\x00\x00\x3b\xdd\x00\x00"},
        {"IPv4 and TFC padding", 4, 4, 43,
         "\x45\x00\x00\x1b\x00\x01\x40\x00\x40\x11\xb6\xcd\xc0\x00\x02\x01\xc0\x00\x02\x02\x70\x61\x79\x6c"
         "\x6f\x61\x64\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
        {"IPv4, header too short", 4, 4, 20,
         "\x44\x00\x00\x14\x00\x01\x40\x00\x40\x11\xb6\xd4\xc0\x00\x02\x01\xc0\x00\x02\x02"},
        {"IPv4, header too long", 4, 4, 20,
         "\x46\x00\x00\x14\x00\x01\x40\x00\x40\x11\xb6\xd4\xc0\x00\x02\x01\xc0\x00\x02\x02"},
        {"IPv4 cut", 4, 4, 19, "\x45\x00\x00\x14\x00\x01\x40\x00\x40\x11\xb6\xd4\xc0\x00\x02\x01\xc0\x00\x02"},
        {"IPv6 and TFC padding", 4, 41, 59,
         "\x60\x00\x00\x00\x00\x0b\x11\x40\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
         "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x13\x88\x00\x35\x00\x0b\x1a\xa8"
         "\x64\x6e\x73\x00\x00\x00\x00\x00\x00\x00\x00"},
        {"IPv6 called IPv4", 4, 4, 51,
         "\x60\x00\x00\x00\x00\x0b\x11\x40\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
         "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x13\x88\x00\x35\x00\x0b\x1a\xa8"
         "\x64\x6e\x73"},
        {"IPv6 with dummy", 4, 41, 40,
         "\x60\x00\x00\x00\x00\x00\x3b\x40\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
         "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"},
        {"IPv6 in IPv6 twice", 6, 41, 88,
         "\x60\x00\x00\x00\x00\x30\x29\x40\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
         "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x60\x00\x00\x00\x00\x08\x11\x40"
         "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\xfd\x00\x00\x00\x00\x00\x00\x00"
         "\x00\x00\x00\x00\x00\x00\x00\x02\x13\x88\x00\x35\x00\x08\xf2\x1c"},
        {"IPv6 cut", 6, 41, 39,
         "\x60\x00\x00\x00\x00\x00\x00\x40\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
         "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
        {"options of IPv6 that are cut", 6, 41, 48,
         "\x60\x00\x00\x00\x00\x08\x00\x40\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
         "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x3b\x01\x05\x02\x00\x00\x01\x00"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].what);
        g_assert_false(is_proof(cases[i].version, cases[i].protocol, cases[i].octets, cases[i].length));
    }
}

/* Behind a NAT, or if the addresses are not known, a checksum that covers them proves nothing. */
static void test_unknown_addresses(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(proofs); i++) {
        ipsec_view view =
            packet_of(ICV_16, proofs[i].version, 1, proofs[i].protocol, proofs[i].octets, proofs[i].length);
        const bool needs_none =
            strstr(proofs[i].what, " in ") || strstr(proofs[i].what, "SCTP") || strstr(proofs[i].what, "without");
        ipsec_null_probe probe = {0};

        g_test_message("%s", proofs[i].what);
        view.source = view.destination = NULL;
        view.address_length = 0;
        g_assert_false(ipsec_null_probe_learn(&probe, &view));
        g_assert_cmpint(probe.shape != 0, ==, needs_none);
    }
    guard_free_all();
}

/* A packet that was captured twice, or ten times, is only one proof. */
static void test_same_packet_again(void)
{
    const ipsec_view view = good_packet(ICV_12, 7), next = good_packet(ICV_12, 8);
    ipsec_null_probe probe = {0};

    for (unsigned i = 0; i < 10; i++)
        g_assert_false(ipsec_null_probe_learn(&probe, &view));
    g_assert_true(ipsec_null_probe_learn(&probe, &next));
    g_assert_true(ipsec_null_probe_learn(&probe, &view));
    guard_free_all();
}

/* Packets that fit but prove nothing support a shape that is believed, but not one that is being tested. */
static void test_dummies(void)
{
    const ipsec_view dummy = packet_of(GMAC, 4, 1, DUMMY, "no matter what", 14);
    ipsec_null_probe probe = believing(GMAC, SETTLES);

    for (int i = 1; i <= 30; i++) {
        g_assert_true(ipsec_null_probe_learn(&probe, &dummy));
        g_assert_cmpint(probe.balance, ==, MIN(SETTLES + i, MOST));
    }
    probe = (ipsec_null_probe){.shape = GMAC + 1, .balance = 1};
    for (unsigned i = 0; i < 30; i++)
        g_assert_false(ipsec_null_probe_learn(&probe, &dummy));
    g_assert_cmpuint(probe.shape, ==, GMAC + 1);
    g_assert_cmpint(probe.balance, ==, 1);
    guard_free_all();
}

/* A packet that could have one of the shapes is not an objection while none has been proved. */
static void test_dummies_first(void)
{
    const ipsec_view dummy = packet_of(ICV_16, 4, 1, DUMMY, "no matter what", 14);
    ipsec_null_probe probe = {0};

    for (unsigned i = 1; i <= 4; i++) {
        g_assert_false(ipsec_null_probe_learn(&probe, &dummy));
        g_assert_cmpint(probe.balance, ==, 0);
        g_assert_cmpuint(probe.looks, ==, i);
    }
    g_assert_false(learn_good(&probe, ICV_16, 1));
    g_assert_true(learn_good(&probe, ICV_16, 2));
    guard_free_all();
}

/* One damaged packet is a fault of its own if there were enough packets before it, whatever their number. */
static void test_objection(void)
{
    for (int proofs = SETTLES; proofs <= 3 * MOST; proofs++) {
        ipsec_null_probe probe = believing(ICV_16, (uint32_t)proofs);

        g_assert_cmpint(learn_strange(&probe), ==, proofs >= OBJECTION + SETTLES);
        g_assert_cmpint(probe.balance, ==, MIN(proofs, MOST) - OBJECTION);
        g_assert_cmpuint(probe.shape, ==, ICV_16 + 1);
        guard_free_all();
    }
}

/* After any number of forged packets, ciphertext causes at most one finding. */
static void test_belief_ends(void)
{
    ipsec_null_probe probe = believing(ICV_16, 5000);

    g_assert_true(learn_strange(&probe));
    g_assert_false(learn_strange(&probe));
    g_assert_cmpuint(probe.shape, ==, ICV_16 + 1); /* two proofs would restore it */
    g_assert_false(learn_strange(&probe));
    g_assert_cmpint(probe.balance, ==, 2 * LEAST);
    g_assert_cmpuint(probe.shape, ==, 0);
    guard_free_all();
}

/* Each time the belief ends, it takes twice as many proofs to return, up to 82. */
static void test_belief_comes_back_later(void)
{
    ipsec_null_probe probe = believing(GMAC, MOST);
    uint32_t sequence = MOST;

    for (unsigned lost = 1; lost <= 5; lost++) {
        const uint32_t proofs = 10u * (1u << MIN(lost, 3u)) + SETTLES;

        while (probe.shape)
            learn_strange(&probe);
        probe.rest = 0;
        for (uint32_t i = 1; i <= proofs; i++)
            g_assert_cmpint(learn_good(&probe, GMAC, ++sequence), ==, i == proofs);
        guard_free_all();
    }
}

/* One damaged packet in eleven, indefinitely. */
static void test_damage_now_and_then(void)
{
    ipsec_null_probe probe = believing(ICV_12, 12);

    for (uint32_t sequence = 13; sequence < 2000; sequence++)
        g_assert_true(sequence % 11 == 0 ? learn_strange(&probe) : learn_good(&probe, ICV_12, sequence));
    guard_free_all();
}

/* One in ten is too many: after 200 packets the shape is no longer believed. */
static void test_one_in_ten_is_no_damage(void)
{
    ipsec_null_probe probe = believing(ICV_12, 20);

    for (uint32_t sequence = 1; sequence < 2000; sequence++) {
        const bool strange = sequence % 10 == 0;
        const bool believed = strange ? learn_strange(&probe) : learn_good(&probe, ICV_12, sequence);

        g_assert_true(!believed || sequence < 200);
        probe.rest = 0; /* examining all of them does not help */
    }
    guard_free_all();
}

/* After objections only, of which there is a worst case, a shape needs twelve proofs. */
static void test_from_the_bottom(void)
{
    ipsec_null_probe probe = {0};
    uint32_t sequence = 0;

    for (unsigned i = 0; i < 7; i++) {
        g_assert_false(learn_strange(&probe));
        g_assert_cmpint(probe.balance, ==, LEAST);
        probe.rest = 0;
    }
    while (probe.balance < SETTLES - 1) {
        g_assert_false(learn_good(&probe, ICV_16, ++sequence));
        g_assert_cmpint(probe.balance, ==, LEAST + (int)sequence);
    }
    g_assert_false(learn_strange(&probe));
    g_assert_cmpint(probe.balance, ==, SETTLES - 1 - OBJECTION);
    while (probe.balance < SETTLES - 1)
        g_assert_false(learn_good(&probe, ICV_16, ++sequence));
    g_assert_true(learn_good(&probe, ICV_16, ++sequence));
    guard_free_all();
}

/* A proof of a shape that excludes the current one is an objection like any other; it is not lost when the current one
 * is dropped. */
static void test_another_shape(void)
{
    const uint32_t proofs = SETTLES - 2 * LEAST;
    ipsec_null_probe probe = believing(ICV_12, MOST);

    g_assert_true(learn_good(&probe, ICV_32, 1));
    g_assert_false(learn_good(&probe, ICV_32, 2));
    g_assert_cmpuint(probe.shape, ==, ICV_12 + 1);
    for (uint32_t i = 1; i <= proofs; i++) {
        g_assert_cmpint(learn_good(&probe, ICV_32, 2 + i), ==, i == proofs);
        g_assert_cmpuint(probe.shape, ==, ICV_32 + 1);
    }
    guard_free_all();
}

/* An ICMP message in front of an ICV of 8 octets which, with the trailer, does not change its checksum and itself ends
 * like a trailer. */
static void test_ambiguous(void)
{
    static const uint8_t icmp[] = {8, 0, 0x8f, 0x94, 0, 1, 0, 1, 'h', 'i', 0, ICMP, 0xff, 0xfe, 0, 0, 0, 0};
    const ipsec_view view = packet_of(0, 4, 1, ICMP, icmp, sizeof icmp);
    ipsec_null_probe probe = {0};

    g_assert_false(ipsec_null_probe_learn(&probe, &view));
    g_assert_cmpuint(probe.shape, ==, 0);
    g_assert_cmpint(probe.balance, ==, 0);
    guard_free_all();
    g_assert_true(is_proof(4, ICMP, icmp, 10));
    g_assert_true(is_proof(4, ICMP, icmp, sizeof icmp));
}

/* --- pauses */

/* Fits a shape, but nothing in it is a proof. */
static bool meet_unproved(ipsec_null_probe *probe)
{
    static const uint8_t octets[40] = {0};
    const ipsec_view view = packet_of(ICV_16, 4, 7, 47, octets, sizeof octets);

    return !ipsec_null_probe_rests(probe) && ipsec_null_probe_learn(probe, &view);
}

/* Looks for 10^6 packets, all of which fit, or object, or do so by turns, beginning with one that fits. One that
 * objects counts as two looks. All packets are examined in the beginning, and then as many at each doubling as it takes
 * for two looks, up to pauses of 2^15 - 1. */
static void expect_pauses(bool some_fit, bool some_object)
{
    const unsigned weight = some_fit ? 1 : 2;
    ipsec_null_probe probe = {0};
    uint32_t packet = 0;
    unsigned look = 0;

    for (unsigned turn = 0; packet < 1000000; turn++) {
        const bool objects = some_object && (!some_fit || turn % 2 == 1);
        unsigned rest;

        look += objects ? 2 : 1;
        rest = look < 8 ? 0 : (2u << MIN((look - 8) / 2, 14u)) - 1;
        packet++;
        g_assert_false(objects ? meet_strange(&probe) : meet_unproved(&probe));
        g_assert_cmpuint(probe.looks, ==, MIN(look, 36));
        g_assert_cmpuint(probe.rest, ==, rest);
        if (look > 8 && !(some_fit && some_object))
            g_assert_cmpuint(weight * rest, <, 2 * packet);
        for (unsigned i = 0; i < rest; i++, packet++)
            g_assert_true(ipsec_null_probe_rests(&probe));
        g_assert_false(ipsec_null_probe_rests(&probe));
        guard_free_all();
    }
}

static void test_pauses(void)
{
    expect_pauses(true, false);
    expect_pauses(false, true);
    expect_pauses(true, true);
}

/* A packet that may be skipped, but is passed anyway, is skipped, as when keys are looked up for each packet. */
static void test_passes_by(void)
{
    ipsec_null_probe probe = {.rest = 3, .looks = 9, .balance = LEAST};

    for (unsigned rest = 3; rest-- > 0;) {
        g_assert_false(learn_good(&probe, ICV_16, 1));
        g_assert_cmpuint(probe.rest, ==, rest);
        g_assert_cmpuint(probe.shape, ==, 0);
    }
    g_assert_false(learn_good(&probe, ICV_16, 1));
    g_assert_cmpuint(probe.shape, ==, ICV_16 + 1);
    ipsec_null_probe_rest(&probe);
    g_assert_cmpuint(probe.rest, ==, UINT16_MAX);
    guard_free_all();
}

/* An SA that began with noise is recognised soon after the noise ends. */
static void test_hidden_behind_noise(void)
{
    static const uint32_t noise[] = {1, 7, 8, 9, 16, 17, 24, 100, 1000, 40000};

    for (unsigned i = 0; i < G_N_ELEMENTS(noise); i++)
        for (unsigned shape = 0; shape < IPSEC_NULL_SHAPES; shape++) {
            const uint32_t soon = 2 * noise[i] + SETTLES - LEAST;
            const ipsec_view strange = strange_packet();
            ipsec_null_probe probe = {0};
            bool believed = false;

            for (uint32_t packet = 1; packet <= noise[i]; packet++)
                g_assert_false(ipsec_null_probe_learn(&probe, &strange));
            for (uint32_t packet = noise[i] + 1; packet <= soon; packet++)
                believed = !ipsec_null_probe_rests(&probe) && learn_good(&probe, shape, packet);
            g_assert_true(believed);
            guard_free_all();
        }
}

/* --- ciphertext with forged packets in between that look like ESP-NULL */

/* The first `forged` of every `period` packets are forged, and so are the first `ahead` of all. */
static const struct mix {
    unsigned ahead, forged, period;
    unsigned spoken_of; /* packets of ciphertext with a finding */
} mixes[] = {{0, 1, 4, 0}, {0, 2, 8, 0},  {0, 3, 4, 0},   {0, 4, 8, 0},   {0, 9, 10, 0},  {0, 11, 16, 0},
             {2, 0, 8, 0}, {4, 0, 8, 0},  {10, 0, 8, 0},  {11, 0, 8, 0},  {12, 0, 8, 1},  {300, 0, 8, 1},
             {4, 2, 8, 0}, {10, 3, 4, 0}, {0, 16, 32, 1}, {0, 30, 40, 1}, {0, 50, 100, 2}};

static unsigned count_spoken_of(const struct mix *mix, unsigned shape, uint8_t version)
{
    const ipsec_view strange = esp_view(version, 0x1001, 7, 100);
    ipsec_null_probe probe = {0};
    unsigned count = 0;

    for (uint32_t packet = 0; packet < 400; packet++) {
        const bool forged = packet < mix->ahead || packet % mix->period < mix->forged;

        if (ipsec_null_probe_rests(&probe))
            continue;
        if (forged)
            learn_good(&probe, shape, packet);
        else
            count += ipsec_null_probe_learn(&probe, &strange);
    }
    guard_free_all();
    return count;
}

static void test_mixes(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(mixes); i++)
        for (unsigned shape = 0; shape < IPSEC_NULL_SHAPES; shape++) {
            g_test_message("%u in front, then %u of %u", mixes[i].ahead, mixes[i].forged, mixes[i].period);
            g_assert_cmpuint(count_spoken_of(&mixes[i], shape, 4), ==, mixes[i].spoken_of);
            g_assert_cmpuint(count_spoken_of(&mixes[i], shape, 6), ==, mixes[i].spoken_of);
        }
}

/* If ciphertext came first, up to ten forged packets per packet of ciphertext are not believed, not even while they
 * last. */
static void test_a_mix_is_not_believed(void)
{
    for (unsigned forged = 1; forged <= OBJECTION; forged++) {
        ipsec_null_probe probe = {0};

        for (uint32_t packet = 0; packet < 1000; packet++) {
            const bool strange = packet % (forged + 1) == 0;

            g_assert_false(strange ? meet_strange(&probe) : learn_good(&probe, 0, packet));
        }
        guard_free_all();
    }
}

/* Trailers with each pad length and each protocol that is examined, at the end of readable memory. */
static void try_trailers(ipsec_view *view, unsigned shape)
{
    static const uint8_t protocols[] = {1, 2, 4, 6, 17, 41, 58, DUMMY, 89, 132};
    uint8_t *trailer = (uint8_t *)view->data + view->length - ipsec_null_shape_row(shape)->icv - 2;

    for (unsigned padding = 0; padding <= UINT8_MAX; padding++)
        for (unsigned i = 0; i < G_N_ELEMENTS(protocols); i++) {
            ipsec_null_probe probe = {0}, believed = {.shape = (uint8_t)(shape + 1), .balance = MOST};

            trailer[0] = (uint8_t)padding;
            trailer[1] = protocols[i];
            g_assert_false(ipsec_null_probe_learn(&probe, view));
            ipsec_null_probe_learn(&believed, view);
        }
}

static void test_hostile_lengths(void)
{
    for (uint32_t length = 20; length <= 84; length++)
        for (unsigned shape = 0; shape < IPSEC_NULL_SHAPES; shape++) {
            uint8_t octets[84] = {0, 0, 0x10, 1};
            ipsec_view view;

            for (uint32_t i = 8; i < length; i++)
                octets[i] = (uint8_t)(i - 7); /* all of it may be padding */
            view = view_of(IPSEC_PROTOCOL_ESP, length % 2 ? 6 : 4, octets, length);
            if (length >= 10u + ipsec_null_shape_row(shape)->icv)
                try_trailers(&view, shape);
            guard_free_all();
        }
}

/* Ciphertext proves nothing. */
static void test_random(void)
{
    GRand *random = g_rand_new_with_seed(20100501);
    ipsec_view views[] = {esp_view(4, 0x1001, 1, 100), esp_view(6, 0x1001, 1, 100)};

    for (unsigned round = 0; round < 300000; round++) {
        ipsec_view *view = &views[round % 2];
        ipsec_null_probe probe = {0};
        guint32 words[25];

        view->captured = view->length = (uint32_t)g_rand_int_range(random, 5, 26) * 4;
        for (unsigned i = 0; i < view->length / 4; i++)
            words[i] = g_rand_int(random);
        view->data = (const uint8_t *)words;
        g_assert_false(ipsec_null_probe_learn(&probe, view));
        g_assert_cmpuint(probe.shape, ==, 0);
    }
    g_rand_free(random);
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/null-probe/shapes", test_shapes);
    g_test_add_func("/null-probe/proofs", test_proofs);
    g_test_add_func("/null-probe/no-proofs", test_no_proofs);
    g_test_add_func("/null-probe/unknown-addresses", test_unknown_addresses);
    g_test_add_func("/null-probe/same-packet-again", test_same_packet_again);
    g_test_add_func("/null-probe/dummies", test_dummies);
    g_test_add_func("/null-probe/dummies-first", test_dummies_first);
    g_test_add_func("/null-probe/objection", test_objection);
    g_test_add_func("/null-probe/belief-ends", test_belief_ends);
    g_test_add_func("/null-probe/belief-comes-back-later", test_belief_comes_back_later);
    g_test_add_func("/null-probe/damage-now-and-then", test_damage_now_and_then);
    g_test_add_func("/null-probe/one-in-ten-is-no-damage", test_one_in_ten_is_no_damage);
    g_test_add_func("/null-probe/from-the-bottom", test_from_the_bottom);
    g_test_add_func("/null-probe/another-shape", test_another_shape);
    g_test_add_func("/null-probe/ambiguous", test_ambiguous);
    g_test_add_func("/null-probe/pauses", test_pauses);
    g_test_add_func("/null-probe/passes-by", test_passes_by);
    g_test_add_func("/null-probe/hidden-behind-noise", test_hidden_behind_noise);
    g_test_add_func("/null-probe/mixes", test_mixes);
    g_test_add_func("/null-probe/a-mix-is-not-believed", test_a_mix_is_not_believed);
    g_test_add_func("/null-probe/hostile-lengths", test_hostile_lengths);
    g_test_add_func("/null-probe/random", test_random);
    return g_test_run();
}
