/* The hosts of frames. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "hosts.h"

#include <glib.h>

#include <string.h>

/* Addresses in the frames below: 10.0.0.1 is A, 10.0.0.2 is B, 10.0.0.9 a router; of IPv6 likewise 2001:db8::1 and ::2.
 */
#define A                              "0a000001"
#define B                              "0a000002"
#define ROUTER                         "0a000009"
#define A6                             "20010db8000000000000000000000001"
#define B6                             "20010db8000000000000000000000002"
#define ROUTER6                        "20010db8000000000000000000000009"
#define MAC                            "020000000001020000000002"
#define IP(offset, protocol, from, to) "4500003c0001" offset "40" protocol "0000" from to
#define IP6(next, from, to)            "60000000002c" next "40" from to
#define ESP                                                                                                            \
    "00001000"                                                                                                         \
    "00000001"                                                                                                         \
    "0000000000000000"
#define PORTS(from, to) from to "00100000"
#define IKE_PORT        "01f4"
#define NATT_PORT       "1194"
#define DNS_PORT        "0035"
#define SOME_PORT       "c000"
#define UNREACHABLE     "0301000000000000"
#define ECHO            "0800000000000000"

typedef enum {
    NOTHING, /* not IP */
    LEFT_OUT,
    KEPT
} outcome;

static const struct {
    const char *name, *frame;
    ipsec_link link;
    outcome outcome;
    const char *hosts; /* both, if it is IP */
} rows[] = {
    {"Ethernet", MAC "0800" IP("0000", "32", A, B) ESP, IPSEC_LINK_ETHERNET, KEPT, A B},
    {"back", MAC "0800" IP("0000", "32", B, A) ESP, IPSEC_LINK_ETHERNET, KEPT, A B},
    {"IPv6", MAC "86dd" IP6("32", A6, B6) ESP, IPSEC_LINK_ETHERNET, KEPT, A6 B6},
    {"VLAN",
     MAC "8100"
         "0007"
         "0800" IP("0000", "33", A, B) ESP,
     IPSEC_LINK_ETHERNET, KEPT, A B},
    {"two VLANs",
     MAC "88a8"
         "0007"
         "8100"
         "0008"
         "86dd" IP6("33", A6, B6) ESP,
     IPSEC_LINK_ETHERNET, KEPT, A6 B6},
    {"VLAN, cut",
     MAC "8100"
         "0007",
     IPSEC_LINK_ETHERNET, NOTHING, NULL},
    {"MPLS",
     MAC "8847"
         "00010040"
         "00020140" IP("0000", "32", A, B) ESP,
     IPSEC_LINK_ETHERNET, KEPT, A B},
    {"MPLS and IPv6",
     MAC "8847"
         "00010140" IP6("32", A6, B6) ESP,
     IPSEC_LINK_ETHERNET, KEPT, A6 B6},
    {"a pseudowire",
     MAC "8847"
         "00010140"
         "00000000" MAC "0800" IP("0000", "32", A, B) ESP,
     IPSEC_LINK_ETHERNET, KEPT, A B},
    {"labels without an end",
     MAC "8847"
         "00010040"
         "00020040",
     IPSEC_LINK_ETHERNET, NOTHING, NULL},
    {"PPPoE",
     MAC "8864"
         "110000010042"
         "0021" IP("0000", "32", A, B) ESP,
     IPSEC_LINK_ETHERNET, KEPT, A B},
    {"PPPoE, LCP",
     MAC "8864"
         "110000010042"
         "c021"
         "0101",
     IPSEC_LINK_ETHERNET, NOTHING, NULL},
    {"ARP",
     MAC "0806"
         "0001080006040001",
     IPSEC_LINK_ETHERNET, NOTHING, NULL},
    {"cooked",
     "0000"
     "0001"
     "0006"
     "0200000000010000"
     "0800" IP("0000", "32", A, B) ESP,
     IPSEC_LINK_COOKED, KEPT, A B},
    {"cooked, the second version",
     "0800"
     "0000"
     "00000001"
     "0001"
     "00"
     "06"
     "0200000000010000" IP("0000", "32", A, B) ESP,
     IPSEC_LINK_COOKED2, KEPT, A B},
    {"loopback", "02000000" IP("0000", "32", A, B) ESP, IPSEC_LINK_LOOPBACK, KEPT, A B},
    {"raw", IP6("32", A6, B6) ESP, IPSEC_LINK_IP, KEPT, A6 B6},
    {"no IP", "75", IPSEC_LINK_IP, NOTHING, NULL},
    {"another link", MAC "0800" IP("0000", "32", A, B) ESP, IPSEC_LINK_UNKNOWN, NOTHING, NULL},
    {"empty", "", IPSEC_LINK_IP, NOTHING, NULL},
    {"IP, cut in front of the last address", "4500003c00010000403200000a0000010a0000", IPSEC_LINK_IP, NOTHING, NULL},
    {"cut behind it", IP("0000", "32", A, B), IPSEC_LINK_IP, KEPT, A B},
    {"with options", "4600003c0001000040320000" A B "94040000" ESP, IPSEC_LINK_IP, KEPT, A B},
    {"options, cut", "4f00003c0001000040320000" A B "94040000", IPSEC_LINK_IP, KEPT, A B},
    {"a header too short", "4400003c0001000040320000" A B, IPSEC_LINK_IP, NOTHING, NULL},

    {"IPComp", IP("0000", "6c", A, B) "04000000", IPSEC_LINK_IP, KEPT, A B},
    {"WESP", IP("0000", "8d", A, B) "04000000", IPSEC_LINK_IP, KEPT, A B},
    {"ICMP echo", IP("0000", "01", A, B) ECHO IP("0000", "32", B, ROUTER), IPSEC_LINK_IP, KEPT, A B},
    {"TCP", IP("0000", "06", A, B) PORTS(SOME_PORT, DNS_PORT), IPSEC_LINK_IP, LEFT_OUT, A B},
    {"TCP of RFC 9329", IP("0000", "06", A, B) PORTS(SOME_PORT, NATT_PORT), IPSEC_LINK_IP, KEPT, A B},
    {"IKE", IP("0000", "11", A, B) PORTS(IKE_PORT, IKE_PORT), IPSEC_LINK_IP, KEPT, A B},
    {"behind NAT", IP("0000", "11", A, B) PORTS(SOME_PORT, NATT_PORT), IPSEC_LINK_IP, KEPT, A B},
    {"its answer", IP("0000", "11", B, A) PORTS(NATT_PORT, SOME_PORT), IPSEC_LINK_IP, KEPT, A B},
    {"DNS", IP("0000", "11", A, B) PORTS(SOME_PORT, DNS_PORT), IPSEC_LINK_IP, LEFT_OUT, A B},
    {"UDP, cut in the ports",
     IP("0000", "11", A, B) "c000"
                            "00",
     IPSEC_LINK_IP, KEPT, A B},
    {"OSPF", IP("0000", "59", A, B) "02010030", IPSEC_LINK_IP, LEFT_OUT, A B},

    {"first fragment of UDP", IP("2000", "11", A, B) PORTS(NATT_PORT, NATT_PORT), IPSEC_LINK_IP, KEPT, A B},
    {"first fragment of DNS", IP("2000", "11", A, B) PORTS(SOME_PORT, DNS_PORT), IPSEC_LINK_IP, LEFT_OUT, A B},
    {"later fragment of UDP", IP("0010", "11", A, B) PORTS(SOME_PORT, DNS_PORT), IPSEC_LINK_IP, KEPT, A B},
    {"later fragment of ESP", IP("0010", "32", A, B) ESP, IPSEC_LINK_IP, KEPT, A B},
    {"first fragment of IPv6", IP6("2c", A6, B6) "1100000100000001" PORTS(SOME_PORT, DNS_PORT), IPSEC_LINK_IP, LEFT_OUT,
     A6 B6},
    {"later fragment of IPv6", IP6("2c", A6, B6) "1100001100000001" PORTS(SOME_PORT, DNS_PORT), IPSEC_LINK_IP, KEPT,
     A6 B6},
    {"extension headers",
     IP6("00", A6, B6) "3c00000000000000"
                       "3200000000000000" ESP,
     IPSEC_LINK_IP, KEPT, A6 B6},

    {"ICMP error", IP("0000", "01", ROUTER, A) UNREACHABLE IP("0000", "32", A, B) ESP, IPSEC_LINK_IP, KEPT, A B},
    {"ICMP error about the way back", IP("0000", "01", ROUTER, B) UNREACHABLE IP("0000", "32", B, A) ESP, IPSEC_LINK_IP,
     KEPT, A B},
    {"ICMP error about a fragment", IP("0000", "01", ROUTER, A) UNREACHABLE IP("0010", "11", A, B), IPSEC_LINK_IP, KEPT,
     A B},
    {"ICMP error, cut", IP("0000", "01", ROUTER, A) UNREACHABLE "4500", IPSEC_LINK_IP, KEPT, A ROUTER},
    {"ICMPv6 error", IP6("3a", ROUTER6, A6) "0200000000000500" IP6("32", A6, B6) ESP, IPSEC_LINK_IP, KEPT, A6 B6},
    {"ICMPv6 echo", IP6("3a", A6, B6) "8000000000000000" IP6("32", A6, ROUTER6), IPSEC_LINK_IP, KEPT, A6 B6},

    {"ESP in IP in IP", IP("0000", "04", A, ROUTER) IP("0000", "32", A, B) ESP, IPSEC_LINK_IP, KEPT, A B},
    {"TCP in IP in IP", IP("0000", "04", A, ROUTER) IP("0000", "06", A, B) PORTS(SOME_PORT, DNS_PORT), IPSEC_LINK_IP,
     LEFT_OUT, A ROUTER},
    {"IPv4 in IPv6", IP6("04", A6, B6) IP("0000", "32", A, B) ESP, IPSEC_LINK_IP, KEPT, A B},
    {"a fragment of IP in IP", IP("2000", "04", A, ROUTER) IP("0000", "32", A, B) ESP, IPSEC_LINK_IP, LEFT_OUT,
     A ROUTER},
    {"GRE", IP("0000", "2f", A, ROUTER) "00000800" IP("0000", "32", A, B) ESP, IPSEC_LINK_IP, KEPT, A B},
    {"GRE with a key",
     IP("0000", "2f", A, ROUTER) "20000800"
                                 "00000007" IP("0000", "32", A, B) ESP,
     IPSEC_LINK_IP, KEPT, A B},
    {"GRE with all",
     IP("0000", "2f", A, ROUTER) "b0000800"
                                 "000000000000000700000001" IP("0000", "32", A, B) ESP,
     IPSEC_LINK_IP, KEPT, A B},
    {"GRE with Ethernet", IP("0000", "2f", A, ROUTER) "00006558" MAC "0800" IP("0000", "32", A, B) ESP, IPSEC_LINK_IP,
     KEPT, A B},
    {"PPTP",
     IP("0000", "2f", A, ROUTER) "3001880b"
                                 "0000000000000001",
     IPSEC_LINK_IP, LEFT_OUT, A ROUTER},
};

static uint32_t from_hex(const char *hex, uint8_t *octets)
{
    const size_t length = strlen(hex) / 2;

    for (size_t i = 0; i < length; i++)
        octets[i] = (uint8_t)(g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
    return (uint32_t)length;
}

static void test_rows(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t frame[256], expected[32];
        const uint32_t count = from_hex(rows[i].frame, frame);
        ipsec_hosts hosts;

        ipsec_hosts_find(rows[i].link, guard_copy(frame, count), count, &hosts);
        g_test_message("%s", rows[i].name);
        g_assert_cmpint(hosts.is_ip, ==, rows[i].outcome != NOTHING);
        g_assert_cmpint(hosts.is_relevant, ==, rows[i].outcome == KEPT);
        if (!hosts.is_ip)
            continue;
        g_assert_cmpuint(from_hex(rows[i].hosts, expected), ==, 2u * hosts.length);
        g_assert_cmpmem(hosts.first, hosts.length, expected, hosts.length);
        g_assert_cmpmem(hosts.second, hosts.length, expected + hosts.length, hosts.length);
    }
}

/* Nothing is read beyond the captured octets, wherever they end: after those of guard_copy() is a protected page.
 */
static void test_cut_anywhere(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t frame[256];
        const uint32_t count = from_hex(rows[i].frame, frame);

        for (uint32_t cut = 0; cut < count; cut++) {
            ipsec_hosts hosts;

            ipsec_hosts_find(rows[i].link, guard_copy(frame, cut), cut, &hosts);
            g_assert_true(hosts.is_ip || !hosts.is_relevant);
        }
    }
}

static ipsec_hosts pair(uint32_t a, uint32_t b)
{
    ipsec_hosts hosts = {.is_ip = true, .length = 4};

    for (unsigned i = 0; i < 4; i++) {
        hosts.first[i] = (uint8_t)(a >> (24 - 8 * i));
        hosts.second[i] = (uint8_t)(b >> (24 - 8 * i));
    }
    return hosts;
}

/* The machines of a cluster must agree, even after an upgrade. */
static void test_shards_stay_what_they_are(void)
{
    static const struct {
        uint32_t a, b, shards, shard;
    } known[] = {{0x0a000001, 0x0a000002, 1, 0}, {0x0a000001, 0x0a000002, 7, 1}, {0x0a000001, 0x0a000002, 32, 5}};

    for (unsigned i = 0; i < G_N_ELEMENTS(known); i++) {
        const ipsec_hosts hosts = pair(known[i].a, known[i].b);

        g_assert_cmpuint(ipsec_hosts_shard(&hosts, known[i].shards), ==, known[i].shard);
    }
}

/* A concentrator and its clients, which have consecutive addresses. */
static void test_shards_are_filled_alike(void)
{
    uint32_t counts[32] = {0};

    for (uint32_t client = 0; client < 32000; client++) {
        const ipsec_hosts hosts = pair(0x0a000001, 0xc0a80000 + client);

        counts[ipsec_hosts_shard(&hosts, G_N_ELEMENTS(counts))]++;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(counts); i++) /* 1,000 each, with a standard deviation of 31 */
        g_assert_cmpuint(ABS((int)counts[i] - 1000), <, 5 * 31);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hosts/rows", test_rows);
    g_test_add_func("/hosts/cut-anywhere", test_cut_anywhere);
    g_test_add_func("/hosts/shards-stay-what-they-are", test_shards_stay_what_they_are);
    g_test_add_func("/hosts/shards-are-filled-alike", test_shards_are_filled_alike);
    return g_test_run();
}
