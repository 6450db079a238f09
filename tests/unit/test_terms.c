/* Which of several terms a packet fits. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"
#include "keys/terms.h"

#include <string.h>

/* Four terms: natively from 10.0.1.0/24, in UDP from 10.0.2.0/24, a transport SA for UDP, and no restriction. */
enum {
    NATIVE = 1,
    IN_UDP = 2,
    TRANSPORT = 4,
    ANYTHING = 8
};

static ipsec_selector from_net(uint8_t net)
{
    return (ipsec_selector){
        .present = true,
        .any_protocol = true,
        .source = {.octets = {10, 0, net}, .mask = {255, 255, 255}, .length = 4},
    };
}

static ipsec_key_row row_with(unsigned others)
{
    return (ipsec_key_row){
        .mode = IPSEC_MODE_TUNNEL,
        .encapsulation = IPSEC_ENCAP_NONE,
        .selector = from_net(1),
        .other_count = (uint8_t)others,
        .others = {{.mode = IPSEC_MODE_TUNNEL, .encapsulation = IPSEC_ENCAP_UDP, .selector = from_net(2)},
                   {.mode = IPSEC_MODE_TRANSPORT,
                    .encapsulation = IPSEC_ENCAP_NONE,
                    .selector = {.present = true, .protocol = 17}},
                   {.mode = IPSEC_MODE_ANY}},
    };
}

static void test_all(void)
{
    for (unsigned others = 0; others < IPSEC_TERMS_MOST; others++) {
        const ipsec_key_row spec = row_with(others);

        g_assert_cmpuint(ipsec_terms_of(&spec), ==, (1u << (others + 1)) - 1);
    }
}

static void test_encapsulation(void)
{
    static const unsigned fitting[2][IPSEC_TERMS_MOST] = {
        {NATIVE, NATIVE, NATIVE | TRANSPORT, NATIVE | TRANSPORT | ANYTHING}, {0, IN_UDP, IN_UDP, IN_UDP | ANYTHING}};

    for (unsigned udp = 0; udp < 2; udp++)
        for (unsigned others = 0; others < IPSEC_TERMS_MOST; others++) {
            const ipsec_view view = udp ? esp_in_udp_view(4, 0x1000, 1, 84) : esp_view(4, 0x1000, 1, 84);
            const ipsec_key_row spec = row_with(others);
            ipsec_terms_set terms = ipsec_terms_of(&spec);

            g_assert_cmpint(ipsec_terms_fit_encapsulation(&spec, view.encapsulation, &terms), ==,
                            fitting[udp][others] != 0);
            g_assert_cmpuint(terms, ==, fitting[udp][others] ? fitting[udp][others] : ipsec_terms_of(&spec));
        }
    guard_free_all();
}

static void test_next_header(void)
{
    const ipsec_key_row spec = row_with(2);
    ipsec_terms_set terms = NATIVE | IN_UDP | TRANSPORT;

    g_assert_true(ipsec_terms_fit_next(&spec, 4, &terms));
    g_assert_cmpuint(terms, ==, NATIVE | IN_UDP | TRANSPORT);
    g_assert_true(ipsec_terms_fit_next(&spec, 17, &terms));
    g_assert_cmpuint(terms, ==, TRANSPORT);
    terms = NATIVE | IN_UDP;
    g_assert_false(ipsec_terms_fit_next(&spec, 17, &terms));
    g_assert_cmpuint(terms, ==, NATIVE | IN_UDP);
}

static void test_mode(void)
{
    const ipsec_key_row spec = row_with(3);

    g_assert_cmpint(ipsec_terms_mode(&spec, NATIVE), ==, IPSEC_MODE_TUNNEL);
    g_assert_cmpint(ipsec_terms_mode(&spec, NATIVE | IN_UDP), ==, IPSEC_MODE_TUNNEL);
    g_assert_cmpint(ipsec_terms_mode(&spec, TRANSPORT), ==, IPSEC_MODE_TRANSPORT);
    g_assert_cmpint(ipsec_terms_mode(&spec, NATIVE | TRANSPORT), ==, IPSEC_MODE_ANY);
    g_assert_cmpint(ipsec_terms_mode(&spec, NATIVE | ANYTHING), ==, IPSEC_MODE_ANY);
    g_assert_cmpint(ipsec_terms_mode(&spec, ANYTHING), ==, IPSEC_MODE_ANY);
}

/* The subset of `terms` that a packet from 10.0.NET.1 fits. */
static ipsec_terms_set fit_packet(uint8_t net, ipsec_terms_set terms, bool fits)
{
    const uint8_t packet[28] = {0x45, [3] = 28, [9] = 17, [12] = 10, 0, net, 1, 10, 9, 9, 9};
    const ipsec_view view = esp_view(4, 0x1000, 1, 84);
    const ipsec_key_row spec = row_with(3);

    g_assert_cmpint(ipsec_terms_fit_selector(&spec, &view, 4, packet, sizeof packet, &terms), ==, fits);
    return terms;
}

static void test_selector(void)
{
    g_assert_cmpuint(fit_packet(1, NATIVE | IN_UDP, true), ==, NATIVE);
    g_assert_cmpuint(fit_packet(2, NATIVE | IN_UDP, true), ==, IN_UDP);
    g_assert_cmpuint(fit_packet(3, NATIVE | IN_UDP, false), ==, NATIVE | IN_UDP);
    g_assert_cmpuint(fit_packet(2, NATIVE, false), ==, NATIVE);
    g_assert_cmpuint(fit_packet(3, NATIVE | ANYTHING, true), ==, ANYTHING);
    /* In a transport SA an IP packet counts as protocol 4. */
    g_assert_cmpuint(fit_packet(1, TRANSPORT, false), ==, TRANSPORT);
    g_assert_cmpuint(fit_packet(1, NATIVE | TRANSPORT, true), ==, NATIVE);
    guard_free_all();
}

/* The rules on trailers: a packet must fit one of the terms as a whole, otherwise there is a finding. */
static void test_as_a_whole(void)
{
    static const struct {
        bool udp;
        uint8_t net, next;
        ipsec_finding_id finding; /* IPSEC_FINDING_COUNT: none */
    } samples[] = {
        {false, 1, 4, IPSEC_FINDING_COUNT},        {true, 2, 4, IPSEC_FINDING_COUNT},
        {false, 2, 4, IPSEC_FINDING_ESP_SELECTOR}, {true, 1, 4, IPSEC_FINDING_ESP_SELECTOR},
        {true, 3, 4, IPSEC_FINDING_ESP_SELECTOR},  {true, 2, 17, IPSEC_FINDING_ESP_NEXT_HEADER_MODE},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(samples); i++) {
        const ipsec_view view = samples[i].udp ? esp_in_udp_view(4, 0x1000, 1, 84) : esp_view(4, 0x1000, 1, 84);
        const ipsec_key_row spec = row_with(1);
        ipsec_terms_set terms = ipsec_terms_of(&spec);
        ipsec_finding_id finding = IPSEC_FINDING_COUNT;
        const uint8_t packet[28] = {0x45, [3] = 28, [9] = 17, [12] = 10, 0, samples[i].net, 1, 10, 9, 9, 9};

        g_assert_true(ipsec_terms_fit_encapsulation(&spec, view.encapsulation, &terms));
        if (!ipsec_terms_fit_next(&spec, samples[i].next, &terms))
            finding = IPSEC_FINDING_ESP_NEXT_HEADER_MODE;
        else if (!ipsec_terms_fit_selector(&spec, &view, samples[i].next, packet, sizeof packet, &terms))
            finding = IPSEC_FINDING_ESP_SELECTOR;
        g_assert_cmpint(finding, ==, samples[i].finding);
    }
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/terms/all", test_all);
    g_test_add_func("/terms/encapsulation", test_encapsulation);
    g_test_add_func("/terms/next-header", test_next_header);
    g_test_add_func("/terms/mode", test_mode);
    g_test_add_func("/terms/selector", test_selector);
    g_test_add_func("/terms/as-a-whole", test_as_a_whole);
    return g_test_run();
}
