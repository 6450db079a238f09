/* Rules on the AH header. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"

enum {
    ICMP = 1,
    IPIP = 4,
    TCP = 6,
    ESP = 50
};

typedef struct ah_case {
    const char *what;
    uint8_t version, next, words;
    uint32_t spi, sequence;
    size_t length;
    expectation wanted;
} ah_case;

static const ah_case cases[] = {
    {"HMAC-96 in IPv4", 4, TCP, 4, 0x1000, 1, 100, NO_FINDINGS(PLAUSIBLE)},
    {"HMAC-96 in IPv6", 6, TCP, 4, 0x1000, 1, 100, NO_FINDINGS(PLAUSIBLE)},
    {"no octet", 4, 0, 0, 0, 0, 0, FINDINGS(DROP, IPSEC_FINDING_AH_TRUNCATED_HEADER)},
    {"7 octets", 4, TCP, 4, 0x1000, 1, 7, FINDINGS(DROP, IPSEC_FINDING_AH_TRUNCATED_HEADER)},
    {"11 octets", 6, TCP, 4, 0x1000, 1, 11, FINDINGS(DROP, IPSEC_FINDING_AH_TRUNCATED_HEADER)},
    {"length field 0", 4, TCP, 0, 0x1000, 1, 100, FINDINGS(DROP, IPSEC_FINDING_AH_LENGTH_BELOW_MIN)},
    {"length field 1", 6, TCP, 1, 0x1000, 1, 100, FINDINGS(DROP, IPSEC_FINDING_AH_LENGTH_BELOW_MIN)},
    {"header ends with the packet", 4, TCP, 4, 0x1000, 1, 24, NO_FINDINGS(PLAUSIBLE)},
    {"header one octet beyond", 4, TCP, 4, 0x1000, 1, 23, FINDINGS(DROP, IPSEC_FINDING_AH_LENGTH_OVERRUN)},
    {"longest header beyond", 6, TCP, 255, 0x1000, 1, 100, FINDINGS(DROP, IPSEC_FINDING_AH_LENGTH_OVERRUN)},
    {"ICV of 4", 4, TCP, 2, 0x1000, 1, 100, FINDINGS(DROP, IPSEC_FINDING_AH_ICV_LENGTH)},
    {"ICV of 8 in IPv6", 6, TCP, 3, 0x1000, 1, 100,
     FINDINGS(DROP, IPSEC_FINDING_AH_ICV_LENGTH, IPSEC_FINDING_AH_V6_ALIGNMENT)},
    {"ICV of 64", 4, TCP, 17, 0x1000, 1, 100, NO_FINDINGS(PLAUSIBLE)},
    {"ICV of 72", 4, TCP, 19, 0x1000, 1, 100, FINDINGS(DROP, IPSEC_FINDING_AH_ICV_LENGTH)},
    {"ICV of 1020", 4, TCP, 254, 0x1000, 1, 1100, FINDINGS(DROP, IPSEC_FINDING_AH_ICV_LENGTH)},
    {"SHA2-256-128, unpadded, IPv4", 4, TCP, 5, 0x1000, 1, 100, NO_FINDINGS(PLAUSIBLE)},
    {"SHA2-256-128, padded, IPv4", 4, TCP, 6, 0x1000, 1, 100, FINDINGS(PLAUSIBLE, IPSEC_FINDING_AH_V4_EXTRA_PAD)},
    {"SHA2-384-192, padded, IPv4", 4, TCP, 8, 0x1000, 1, 100, FINDINGS(PLAUSIBLE, IPSEC_FINDING_AH_V4_EXTRA_PAD)},
    {"SHA2-512-256, padded, IPv4", 4, TCP, 10, 0x1000, 1, 100, FINDINGS(PLAUSIBLE, IPSEC_FINDING_AH_V4_EXTRA_PAD)},
    {"SHA2-512-256, unpadded, IPv4", 4, TCP, 9, 0x1000, 1, 100, NO_FINDINGS(PLAUSIBLE)},
    {"SHA2-256-128, padded, IPv6", 6, TCP, 6, 0x1000, 1, 100, NO_FINDINGS(PLAUSIBLE)},
    {"SHA2-256-128, unpadded, IPv6", 6, TCP, 5, 0x1000, 1, 100, FINDINGS(SUSPICIOUS, IPSEC_FINDING_AH_V6_ALIGNMENT)},
    {"SPI 0", 4, TCP, 4, 0, 1, 100, FINDINGS(DROP, IPSEC_FINDING_AH_SPI_ZERO)},
    {"SPI 255", 6, TCP, 4, 255, 1, 100, FINDINGS(PLAUSIBLE, IPSEC_FINDING_AH_SPI_RESERVED)},
    {"sequence 0", 4, TCP, 4, 0x1000, 0, 100, FINDINGS(SUSPICIOUS, IPSEC_FINDING_SEQ_ZERO)},
    {"next ESP", 4, ESP, 4, 0x1000, 1, 100, NO_FINDINGS(PLAUSIBLE)},
    {"next dummy", 4, 59, 4, 0x1000, 1, 100, NO_FINDINGS(PLAUSIBLE)},
    {"next BEET", 4, 94, 4, 0x1000, 1, 100, NO_FINDINGS(PLAUSIBLE)},
    {"next AGGFRAG", 6, 144, 4, 0x1000, 1, 100, NO_FINDINGS(PLAUSIBLE)},
    {"next 147, assigned", 4, 147, 4, 0x1000, 1, 100, NO_FINDINGS(PLAUSIBLE)},
    {"next 148, unassigned", 4, 148, 4, 0x1000, 1, 100, FINDINGS(SUSPICIOUS, IPSEC_FINDING_AH_NEXT_HEADER)},
    {"next 252, unassigned", 6, 252, 4, 0x1000, 1, 100, FINDINGS(SUSPICIOUS, IPSEC_FINDING_AH_NEXT_HEADER)},
    {"next 253, experiments", 6, 253, 4, 0x1000, 1, 100, NO_FINDINGS(PLAUSIBLE)},
    {"next 255", 6, 255, 4, 0x1000, 1, 100, FINDINGS(SUSPICIOUS, IPSEC_FINDING_AH_NEXT_HEADER)},
    {"AH in AH", 4, 51, 4, 0x1000, 1, 100, FINDINGS(SUSPICIOUS, IPSEC_FINDING_AH_NEXT_HEADER)},
    {"hop-by-hop in IPv4", 4, 0, 4, 0x1000, 1, 100, FINDINGS(SUSPICIOUS, IPSEC_FINDING_AH_NEXT_HEADER)},
    {"hop-by-hop behind AH in IPv6", 6, 0, 4, 0x1000, 1, 100, FINDINGS(PLAUSIBLE, IPSEC_FINDING_AH_V6_ORDER)},
    {"routing behind AH in IPv6", 6, 43, 4, 0x1000, 1, 100, FINDINGS(PLAUSIBLE, IPSEC_FINDING_AH_V6_ORDER)},
    {"fragment behind AH in IPv6", 6, 44, 4, 0x1000, 1, 100, FINDINGS(PLAUSIBLE, IPSEC_FINDING_AH_V6_ORDER)},
    {"destination options behind AH", 6, 60, 4, 0x1000, 1, 100, NO_FINDINGS(PLAUSIBLE)},
    {"tunnel", 4, IPIP, 4, 0x1000, 1, 100, NO_FINDINGS(PLAUSIBLE)},
};

static void test_header(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ah_case *c = &cases[i];
        const ipsec_view view = ah_view(c->version, c->next, c->words, c->spi, c->sequence, c->length);

        const ipsec_report report = expect(NULL, &view, &c->wanted, c->what);

        if (c->wanted.findings[0] == IPSEC_FINDING_AH_V6_ORDER && report.findings.count > 0)
            g_assert_cmpuint(report.findings.list[0].length, ==, 1); /* Next Header */
    }
    guard_free_all();
}

static void test_reserved(void)
{
    const expectation wanted = FINDINGS(SUSPICIOUS, IPSEC_FINDING_AH_RESERVED);
    uint8_t octets[24] = {TCP, 4, 0, 1, 0, 0, 0x10, 0, 0, 0, 0, 1};
    const ipsec_view view = view_of(IPSEC_PROTOCOL_AH, 4, octets, sizeof octets);

    expect(NULL, &view, &wanted, "reserved 1");
    guard_free_all();
}

static void test_not_whole(void)
{
    static const struct {
        const char *what;
        uint8_t words;
        uint32_t captured;
        uint16_t flags;
        expectation wanted;
    } parts[] = {
        {"cut in the header", 200, 11, 0, NO_FINDINGS(UNCHECKED)},
        {"cut behind the fixed part", 200, 12, 0, NO_FINDINGS(UNCHECKED)},
        {"length field 0 on a cut packet", 0, 12, 0, FINDINGS(DROP, IPSEC_FINDING_AH_LENGTH_BELOW_MIN)},
        {"fragment", 4, 64, IPSEC_VIEW_FRAGMENT, FINDINGS(UNCHECKED, IPSEC_FINDING_AH_FRAGMENT)},
        {"offload", 4, 64, IPSEC_VIEW_OFFLOAD, FINDINGS(UNCHECKED, IPSEC_FINDING_CAPTURE_OFFLOAD)},
        {"quoted", 0, 64, IPSEC_VIEW_QUOTED, NO_FINDINGS(UNCHECKED)},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
        ipsec_view view = ah_view(4, TCP, parts[i].words, 0x1000, 1, parts[i].captured);

        view.length = 500;
        view.flags = parts[i].flags;
        expect(NULL, &view, &parts[i].wanted, parts[i].what);
    }
    guard_free_all();
}

/* VRRP and OSPF to a group are handled by a daemon; with other next headers, or to a host, AH is handled by the IPsec
 * stack. */
static void test_daemons(void)
{
    enum {
        OSPF = 89,
        VRRP = 112
    };
    static const uint8_t vrrp4[4] = {224, 0, 0, 18}, ospf4[4] = {239, 255, 255, 255}, host4[4] = {223, 255, 0, 1},
                         high4[4] = {240, 0, 0, 1}, group6[16] = {0xff, 2, [15] = 0x12}, host6[16] = {0xfe, 0x80};
    static const struct {
        const uint8_t *destination;
        uint8_t version, next;
        ipsec_daemon wanted;
    } cases[] = {
        {vrrp4, 4, VRRP, IPSEC_DAEMON_VRRP},  {ospf4, 4, OSPF, IPSEC_DAEMON_OSPF},  {host4, 4, VRRP, IPSEC_DAEMON_NONE},
        {high4, 4, VRRP, IPSEC_DAEMON_NONE},  {vrrp4, 4, 17, IPSEC_DAEMON_NONE},    {vrrp4, 4, 111, IPSEC_DAEMON_NONE},
        {group6, 6, VRRP, IPSEC_DAEMON_VRRP}, {group6, 6, OSPF, IPSEC_DAEMON_OSPF}, {host6, 6, OSPF, IPSEC_DAEMON_NONE},
        {group6, 6, 58, IPSEC_DAEMON_NONE},
    };
    const expectation refused = FINDINGS(DROP, IPSEC_FINDING_AH_SPI_ZERO);
    const expectation doubtful = FINDINGS(SUSPICIOUS, IPSEC_FINDING_AH_SPI_ZERO, IPSEC_FINDING_AH_BY_DAEMON);

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const bool daemon = cases[i].wanted != IPSEC_DAEMON_NONE;
        ipsec_view view = ah_view(cases[i].version, cases[i].next, 4, 0, 1, 100);
        ipsec_report report;

        view.destination = cases[i].destination;
        report = expect(NULL, &view, daemon ? &doubtful : &refused, "SPI 0");
        g_assert_cmpint(report.header.daemon, ==, cases[i].wanted);
        g_assert_cmpint(ipsec_outcome_at(IPSEC_STACK_LINUX, &report) != NULL, ==, !daemon);
        g_assert_cmpint(ipsec_stacks_refusing(&report) != 0, ==, !daemon);
    }
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ah/header", test_header);
    g_test_add_func("/ah/reserved", test_reserved);
    g_test_add_func("/ah/not-whole", test_not_whole);
    g_test_add_func("/ah/daemons", test_daemons);
    return g_test_run();
}
