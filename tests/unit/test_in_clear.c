/* Plaintext in place of ciphertext. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/in_clear.h"
#include "guard.h"
#include "packets.h"

#include <string.h>

enum {
    ICMP = 1,
    IPIP = 4,
    TCP = 6,
    UDP = 17,
    IPV6 = 41,
    GRE = 47,
    ICMPV6 = 58
};

/* Octets under construction, from the ESP header on. */
typedef struct packet {
    uint32_t length;
    uint8_t octets[1024];
} packet;

static void add(packet *p, const void *octets, uint32_t count)
{
    g_assert_cmpuint(p->length + count, <=, sizeof p->octets);
    memcpy(p->octets + p->length, octets, count);
    p->length += count;
}

static void add_zeros(packet *p, uint32_t count)
{
    static const uint8_t zeros[512];

    g_assert_cmpuint(count, <=, sizeof zeros);
    add(p, zeros, count);
}

static void put_u16(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

/* Adds the header of a protocol for a payload of this many octets. */
static void add_header(packet *p, uint8_t protocol, uint32_t payload)
{
    uint8_t tcp[20] = {0x9c, 0x40, 1, 0xbb, [7] = 1, [12] = 0x50, 0x18, 1, 0xf4, 0x12, 0x34};
    uint8_t udp[8] = {0x9c, 0x40, 0, 53};
    uint8_t icmp[8] = {protocol == ICMP ? 8 : 128, 0, 0x12, 0x34};
    uint8_t gre[4] = {0, 0, 8, 0};
    uint8_t v4[20] = {0x45, [4] = 0, 1, 0, 0, 64, UDP, [12] = 10, 1, 0, 1, 10, 2, 0, 1};
    uint8_t v6[40] = {0x60, [6] = UDP, 64, 0x20, 1, [24] = 0x20, 1};

    put_u16(udp + 4, sizeof udp + payload);
    put_u16(v4 + 2, sizeof v4 + payload);
    put_u16(v6 + 4, payload);
    if (protocol == TCP)
        add(p, tcp, sizeof tcp);
    else if (protocol == UDP)
        add(p, udp, sizeof udp);
    else if (protocol == IPIP)
        add(p, v4, sizeof v4);
    else if (protocol == IPV6)
        add(p, v6, sizeof v6);
    else if (protocol == GRE)
        add(p, gre, sizeof gre);
    else
        add(p, icmp, sizeof icmp);
}

/* Sets the right checksum of the IPv4 header at this offset. */
static void sum_v4(packet *p, uint32_t at)
{
    uint32_t sum = 0;

    for (uint32_t i = at; i < at + 20; i += 2)
        sum += (uint32_t)p->octets[i] << 8 | p->octets[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    put_u16(p->octets + at + 10, ~sum & 0xffff);
}

static void add_trailer(packet *p, unsigned pad, uint8_t next)
{
    for (unsigned i = 1; i <= pad; i++)
        add(p, &(uint8_t){(uint8_t)i}, 1);
    add(p, (uint8_t[]){(uint8_t)pad, next}, 2);
}

/* AES-GCM: 8 octets of IV, 16 of ICV. */
static bool is_clear_with(const packet *p, uint32_t captured, bool told)
{
    const ipsec_key_row spec = {
        .encryption = ipsec_encryption_by_name("AES_GCM_16"), .integrity = ipsec_integrity_none(), .offload = told};
    ipsec_view view = view_of(IPSEC_PROTOCOL_ESP, 4, p->octets, captured);
    ipsec_envelope envelope;
    bool clear;

    view.length = p->length;
    envelope = ipsec_envelope_of(&view, spec.encryption, spec.integrity, NULL);
    clear = ipsec_is_in_clear(&envelope, &spec);
    guard_free_all();
    return clear;
}

static bool is_clear(const packet *p, bool told)
{
    return is_clear_with(p, p->length, told);
}

static packet begin(bool iv)
{
    packet p = {.length = 8, .octets = {0, 0, 0x10, 0, 0, 0, 0, 1}};

    add(&p, "\xee\xee\xee\xee\xee\xee\xee\xee", iv ? 8 : 0); /* zeros would look like ICMP */
    return p;
}

/* A packet with a trailer, which is in front of the room for the ICV, or at the end. */
static packet sealed(uint8_t protocol, uint32_t payload, unsigned pad, bool iv, bool icv)
{
    packet p = begin(iv);

    add_header(&p, protocol, payload);
    add_zeros(&p, payload);
    add_trailer(&p, pad, protocol);
    add_zeros(&p, icv ? 16 : 0);
    return p;
}

static void test_trailers(void)
{
    static const uint8_t protocols[] = {ICMP, IPIP, TCP, UDP, IPV6, ICMPV6};

    for (unsigned i = 0; i < sizeof protocols; i++)
        for (unsigned how = 0; how < 8; how++)
            for (unsigned pad = 0; pad < 4; pad++) {
                packet p = sealed(protocols[i], 40, pad, how & 1, how & 2);

                g_test_message("protocol %u, shape %u, padding %u", protocols[i], how, pad);
                g_assert_true(is_clear(&p, how & 4));
                p.octets[p.length - (how & 2 ? 16 : 0) - 1] = 200; /* not an assigned protocol */
                g_assert_false(is_clear(&p, false));
            }
}

/* Padding of two or more octets proves a protocol whose header is not checked. */
static void test_padding(void)
{
    for (unsigned pad = 0; pad <= 255; pad++) {
        packet p = sealed(GRE, 40, pad, true, true);

        g_assert_cmpint(is_clear(&p, false), ==, pad >= 2);
        g_assert_cmpint(is_clear(&p, true), ==, pad >= 2);
        if (pad >= 2) {
            p.octets[p.length - 16 - 4] ^= 1;
            g_assert_false(is_clear(&p, false));
        }
    }
}

/* Requirements on headers; each change of an octet breaks one. */
static void test_headers(void)
{
    static const struct {
        uint8_t protocol, at, value; /* in the header */
        bool clear;
    } changes[] = {
        {TCP, 12, 0x40, false},  {TCP, 12, 0xf0, true},  {TCP, 12, 0x52, false},  {TCP, 12, 0x51, true},
        {TCP, 13, 0, false},     {TCP, 13, 0x03, false}, {TCP, 13, 0x02, true},   {TCP, 13, 0x38, false},
        {TCP, 18, 1, false},     {TCP, 19, 1, false},    {UDP, 4, 1, false},      {UDP, 5, 47, false},
        {UDP, 5, 49, false},     {ICMP, 0, 0, true},     {ICMP, 0, 1, false},     {ICMP, 0, 14, true},
        {ICMP, 0, 15, false},    {ICMP, 0, 40, false},   {ICMP, 1, 15, true},     {ICMP, 1, 16, false},
        {ICMPV6, 0, 0, false},   {ICMPV6, 0, 1, true},   {ICMPV6, 0, 4, true},    {ICMPV6, 0, 5, false},
        {ICMPV6, 0, 127, false}, {ICMPV6, 0, 143, true}, {ICMPV6, 0, 144, false}, {ICMPV6, 1, 7, true},
        {ICMPV6, 1, 8, false},   {IPIP, 0, 0x65, false}, {IPIP, 0, 0x44, false},  {IPIP, 3, 59, false},
        {IPIP, 3, 61, false},    {IPV6, 0, 0x40, false}, {IPV6, 5, 39, false},    {IPV6, 5, 41, false},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(changes); i++) {
        packet p = sealed(changes[i].protocol, 40, 0, true, true);

        g_assert_true(is_clear(&p, false));
        p.octets[16 + changes[i].at] = changes[i].value;
        g_test_message("protocol %u, octet %u is %u", changes[i].protocol, changes[i].at, changes[i].value);
        g_assert_cmpint(is_clear(&p, false), ==, changes[i].clear);
    }
}

/* A TCP header is as long as it says, and must fit. */
static void test_tcp_header(void)
{
    for (uint32_t octets = 20; octets <= 24; octets += 4)
        for (uint8_t stated = 16; stated <= 28; stated += 4) {
            packet p = sealed(TCP, octets - 20, 0, true, true);

            p.octets[16 + 12] = (uint8_t)(stated / 4 << 4);
            g_assert_cmpuint(is_clear(&p, false), ==, stated >= 20 && stated <= octets);
        }
}

/* IP with TCP or UDP inside, without a trailer; or TCP or UDP alone. */
static packet unsealed(uint8_t ip, uint8_t protocol, uint32_t payload, bool icv)
{
    const uint32_t header = protocol == TCP ? 20 : 8;
    packet p = begin(true);

    if (ip)
        add_header(&p, ip, header + payload);
    if (ip)
        p.octets[ip == IPIP ? 16 + 9 : 16 + 6] = protocol;
    if (ip == IPIP)
        sum_v4(&p, 16);
    add_header(&p, protocol, payload);
    add_zeros(&p, payload);
    add_zeros(&p, icv ? 16 : 0);
    return p;
}

/* What a card cuts into segments need not have a trailer; then IP must show it, or the dump. */
static void test_segments(void)
{
    for (unsigned how = 0; how < 4; how++) {
        const uint8_t protocol = how & 1 ? TCP : UDP;
        packet v4 = unsealed(IPIP, protocol, 300, how & 2), v6 = unsealed(IPV6, protocol, 300, how & 2);
        const packet bare = unsealed(0, protocol, 300, how & 2);

        g_assert_true(is_clear(&v4, false) && is_clear(&v4, true));
        g_assert_true(is_clear(&v6, false) && is_clear(&v6, true));
        g_assert_false(is_clear(&bare, false));
        g_assert_true(is_clear(&bare, true));
        v4.octets[16 + 10] ^= 1; /* the checksum; the length alone is enough if the dump says so */
        g_assert_false(is_clear(&v4, false));
        g_assert_true(is_clear(&v4, true));
        v6.octets[16 + 6] = GRE;
        g_assert_false(is_clear(&v6, false));
        g_assert_true(is_clear(&v6, true));
        v4.octets[16 + 3] ^= 1;
        v6.octets[16 + 5] ^= 1;
        g_assert_false(is_clear(&v4, true) || is_clear(&v6, true));
    }
}

/* If IP states more than the length of the packet, TCP or UDP of that length must be inside, or the dump must say so.
 */
static void test_longer(void)
{
    for (unsigned told = 0; told <= 1; told++)
        for (uint32_t gone = 0; gone < 250; gone += 50) {
            packet v4 = unsealed(IPIP, UDP, 300, true), v6 = unsealed(IPV6, TCP, 300, true);

            v4.length -= gone;
            v6.length -= gone;
            g_assert_true(is_clear(&v4, told) && is_clear(&v6, told));
            v4.octets[16 + 20 + 5] ^= 1; /* the UDP length, and the TCP data offset */
            v6.octets[16 + 40 + 12] = 0;
            g_assert_cmpint(is_clear(&v4, told), ==, told || gone == 0);
            g_assert_cmpint(is_clear(&v6, told), ==, told && gone == 0);
            v4.octets[16 + 10] ^= 1;
            g_assert_cmpint(is_clear(&v4, told), ==, told && gone == 0);
        }
}

/* If a packet was cut, the length may fit any trailer; and nothing is read beyond the octets. */
static void test_cut(void)
{
    for (unsigned pad = 0; pad <= 257; pad += 257) {
        packet v4 = unsealed(IPIP, UDP, 300, true), v6 = unsealed(IPV6, TCP, 300, true);
        packet bare = unsealed(0, TCP, 300, true), udp = unsealed(0, UDP, 300, true);

        add_zeros(&v4, MIN(pad, 256));
        add_zeros(&v6, MIN(pad, 256));
        for (uint32_t captured = 0; captured < 330; captured++) {
            g_assert_cmpint(is_clear_with(&v4, captured, false), ==, captured >= 16 + 20);
            g_assert_cmpint(is_clear_with(&v6, captured, false), ==, captured >= 16 + 40 + 20);
            g_assert_cmpint(is_clear_with(&bare, captured, true), ==, captured >= 16 + 20);
            g_assert_false(is_clear_with(&bare, captured, false));
            g_assert_cmpint(is_clear_with(&udp, captured, true), ==, captured >= 16 + 8 + 300); /* the ICV is cut */
        }
        add_zeros(&v4, 2); /* 255 octets of padding, two of trailer, and the ICV */
        g_assert_cmpint(is_clear_with(&v4, 300, false), ==, pad == 0);
    }
}

/* Random octets of any length, cut and whole, look like plaintext as rarely as in_clear.h says. */
static void test_noise(void)
{
    GRand *random = g_rand_new_with_seed(1);
    unsigned found = 0, found_told = 0;

    for (unsigned i = 0; i < 1u << 15; i++) {
        packet p = {.length = (uint32_t)g_rand_int_range(random, 0, 200)};
        const uint32_t captured = i % 4 ? p.length : (uint32_t)g_rand_int_range(random, 0, (gint32)p.length + 1);

        for (uint32_t at = 0; at < p.length; at++)
            p.octets[at] = (uint8_t)g_rand_int(random);
        found += is_clear_with(&p, captured, false);
        found_told += is_clear_with(&p, captured, true);
    }
    g_assert_cmpuint(found, ==, 0);
    g_assert_cmpuint(found_told, <=, 4);
    g_rand_free(random);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/in-clear/trailers", test_trailers);
    g_test_add_func("/in-clear/padding", test_padding);
    g_test_add_func("/in-clear/headers", test_headers);
    g_test_add_func("/in-clear/tcp-header", test_tcp_header);
    g_test_add_func("/in-clear/segments", test_segments);
    g_test_add_func("/in-clear/longer", test_longer);
    g_test_add_func("/in-clear/cut", test_cut);
    g_test_add_func("/in-clear/noise", test_noise);
    return g_test_run();
}
