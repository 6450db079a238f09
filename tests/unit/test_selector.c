/* Selectors of SAs. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"
#include "keys/selector.h"

#include <string.h>

/* 10.1.0.0/16 to 10.2.0.0/16, UDP, port 53. */
static const ipsec_selector dns = {
    .present = true,
    .source = {.octets = {10, 1}, .mask = {255, 255}, .length = 4},
    .destination = {.octets = {10, 2}, .mask = {255, 255}, .length = 4},
    .protocol = 17,
    .destination_port = 53,
    .destination_port_mask = 0xffff,
};

static const uint8_t udp4[28] = {0x45, 0, 0, 28, 0, 1, 0, 0,    64, 17, 0,  0, 10,
                                 1,    2, 3, 10, 2, 3, 4, 0x30, 0,  0,  53, 0, 8};

static bool lets_through(const uint8_t *packet, uint32_t length)
{
    ipsec_flow flow;

    g_assert_true(ipsec_flow_of_packet(guard_copy(packet, length), length, &flow));
    return ipsec_selector_has(&dns, &flow);
}

static bool lets_changed(unsigned at, uint8_t value)
{
    uint8_t packet[sizeof udp4];

    memcpy(packet, udp4, sizeof udp4);
    packet[at] = value;
    return lets_through(packet, sizeof packet);
}

static void test_packet(void)
{
    g_assert_true(lets_through(udp4, sizeof udp4));
    g_assert_true(lets_changed(15, 99));
    g_assert_false(lets_changed(13, 3));
    g_assert_false(lets_changed(17, 1));
    g_assert_false(lets_changed(9, 6));
    g_assert_false(lets_changed(23, 54));
    g_assert_true(lets_changed(20, 9));   /* any source port */
    g_assert_true(lets_changed(0, 0x47)); /* no ports after such a long header */
    guard_free_all();
}

/* Ports are not known in later fragments, or if they are cut off; unknown ports fit. */
static void test_unknown_ports(void)
{
    uint8_t later[sizeof udp4];

    memcpy(later, udp4, sizeof udp4);
    later[7] = 10;
    later[23] = 54;
    g_assert_true(lets_through(later, sizeof later));
    later[6] = 0x20; /* the first fragment has them */
    later[7] = 0;
    g_assert_false(lets_through(later, sizeof later));
    later[6] = 0;
    g_assert_true(lets_through(later, 23));
    g_assert_false(lets_through(later, 24));
    later[9] = 6;
    g_assert_false(lets_through(later, 20));
    guard_free_all();
}

static void test_no_packet(void)
{
    ipsec_flow flow;
    uint8_t octets[60] = {0x60};

    for (uint32_t length = 0; length < 40; length++)
        g_assert_false(ipsec_flow_of_packet(guard_copy(octets, length), length, &flow));
    g_assert_true(ipsec_flow_of_packet(guard_copy(octets, 40), 40, &flow));
    octets[0] = 0x44; /* a header of 16 octets */
    g_assert_false(ipsec_flow_of_packet(octets, sizeof octets, &flow));
    octets[0] = 0x4f;
    g_assert_false(ipsec_flow_of_packet(octets, 59, &flow));
    octets[0] = 0x55;
    g_assert_false(ipsec_flow_of_packet(octets, sizeof octets, &flow));
    guard_free_all();
}

/* A selector does not refer to extension headers, and what follows one is not known. */
static void test_extensions(void)
{
    static const uint8_t extensions[] = {0, 43, 44, 51, 60, 135, 139, 140};
    unsigned known = 0;

    for (unsigned next = 0; next <= UINT8_MAX; next++) {
        uint8_t packet[48] = {0x60, [5] = 8, [6] = (uint8_t)next};
        ipsec_flow flow;

        g_assert_true(ipsec_flow_of_packet(guard_copy(packet, sizeof packet), sizeof packet, &flow));
        g_assert_cmpuint(flow.has_protocol, ==, !memchr(extensions, (int)next, sizeof extensions));
        known += flow.has_ports;
    }
    g_assert_cmpuint(known, ==, 5); /* TCP, UDP, DCCP, SCTP, UDP-Lite */
    guard_free_all();
}

static void test_v6(void)
{
    static const ipsec_selector udp = {
        .present = true, .source = {.octets = {0x20, 1}, .mask = {255, 255}, .length = 16}, .protocol = 17};
    uint8_t packet[48] = {0x60, [5] = 8, [6] = 17, [8] = 0x20, [9] = 1, [24] = 0x20, [25] = 1};
    ipsec_flow flow;

    g_assert_true(ipsec_flow_of_packet(packet, sizeof packet, &flow));
    g_assert_true(flow.has_ports);
    g_assert_true(ipsec_selector_has(&udp, &flow));
    packet[9] = 2;
    g_assert_false(ipsec_selector_has(&udp, &flow));
    packet[9] = 1;
    packet[6] = 6;
    g_assert_true(ipsec_flow_of_packet(packet, sizeof packet, &flow));
    g_assert_false(ipsec_selector_has(&udp, &flow));
    packet[6] = 60; /* the protocol comes later */
    g_assert_true(ipsec_flow_of_packet(packet, sizeof packet, &flow));
    g_assert_false(flow.has_protocol);
    g_assert_true(ipsec_selector_has(&udp, &flow));
    guard_free_all();
}

/* In transport mode the outer addresses count, unless a NAT may have changed them. */
static void test_payload(void)
{
    static const ipsec_selector between = {
        .present = true,
        .source = {.octets = {192, 0, 2, 1}, .mask = {255, 255, 255, 255}, .length = 4},
        .destination = {.octets = {10}, .mask = {255}, .length = 4},
        .any_protocol = true};
    ipsec_view view = esp_view(4, 0x1000, 1, 84);
    const uint8_t ports[4] = {0x30, 0, 0, 53};
    ipsec_flow flow;

    g_assert_true(ipsec_flow_of_payload(&view, 17, ports, sizeof ports, &flow));
    g_assert_true(flow.has_ports);
    g_assert_cmpuint(flow.destination_port, ==, 53);
    g_assert_false(ipsec_selector_has(&between, &flow));
    view.encapsulation = IPSEC_ENCAPSULATION_UDP;
    g_assert_true(ipsec_flow_of_payload(&view, 17, ports, sizeof ports, &flow));
    g_assert_true(ipsec_selector_has(&between, &flow));
    view.address_length = 0;
    g_assert_false(ipsec_flow_of_payload(&view, 17, ports, sizeof ports, &flow));
    guard_free_all();
}

/* A network of one version of IP contains no address of the other; "0.0.0.0/0" stands for everything. */
static void test_other_version(void)
{
    const uint8_t packet[48] = {0x60, [6] = 17, [42] = 0, [43] = 53};
    ipsec_selector selector = dns;
    ipsec_flow flow;

    g_assert_true(ipsec_flow_of_packet(packet, sizeof packet, &flow));
    g_assert_false(ipsec_selector_has(&selector, &flow));
    selector.source = selector.destination = (ipsec_address_range){.length = 4};
    g_assert_true(ipsec_selector_has(&selector, &flow));
    selector.destination = dns.destination;
    g_assert_false(ipsec_selector_has(&selector, &flow));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/selector/packet", test_packet);
    g_test_add_func("/selector/unknown-ports", test_unknown_ports);
    g_test_add_func("/selector/no-packet", test_no_packet);
    g_test_add_func("/selector/v6", test_v6);
    g_test_add_func("/selector/payload", test_payload);
    g_test_add_func("/selector/other-version", test_other_version);
    g_test_add_func("/selector/extensions", test_extensions);
    return g_test_run();
}
