/* Rules on the ESP header. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"

#define SPI 0x1000u

typedef struct length_case {
    size_t length;
    expectation wanted;
} length_case;

static const length_case length_cases[] = {
    {0, FINDINGS(DROP, IPSEC_FINDING_ESP_TRUNCATED_HEADER)},
    {3, FINDINGS(DROP, IPSEC_FINDING_ESP_TRUNCATED_HEADER)},
    {7, FINDINGS(DROP, IPSEC_FINDING_ESP_TRUNCATED_HEADER)},
    {8, FINDINGS(DROP, IPSEC_FINDING_ESP_NO_PAYLOAD)},
    {9, FINDINGS(DROP, IPSEC_FINDING_ESP_BELOW_FLOOR)},
    {16, FINDINGS(DROP, IPSEC_FINDING_ESP_BELOW_FLOOR)},
    {19, FINDINGS(DROP, IPSEC_FINDING_ESP_BELOW_FLOOR)},
    {20, NO_FINDINGS(PLAUSIBLE)},
    {21, FINDINGS(DROP, IPSEC_FINDING_ESP_ALIGNMENT)},
    {22, FINDINGS(DROP, IPSEC_FINDING_ESP_ALIGNMENT)},
    {24, NO_FINDINGS(PLAUSIBLE)},
    {101, FINDINGS(DROP, IPSEC_FINDING_ESP_ALIGNMENT)},
    {104, NO_FINDINGS(PLAUSIBLE)},
};

static void test_lengths(void)
{
    for (unsigned version = 4; version <= 6; version += 2)
        for (unsigned i = 0; i < G_N_ELEMENTS(length_cases); i++) {
            const ipsec_view view = esp_view((uint8_t)version, SPI, 1, length_cases[i].length);
            g_autofree char *what = g_strdup_printf("IPv%u, %zu octets", version, length_cases[i].length);

            expect(NULL, &view, &length_cases[i].wanted, what);
        }
    guard_free_all();
}

static void test_spi_and_sequence(void)
{
    static const struct {
        const char *what;
        uint32_t spi, sequence;
        expectation wanted;
    } cases[] = {
        {"SPI 0", 0, 1, FINDINGS(DROP, IPSEC_FINDING_ESP_SPI_ZERO)},
        {"SPI 1", 1, 1, FINDINGS(PLAUSIBLE, IPSEC_FINDING_ESP_SPI_RESERVED)},
        {"SPI 255", 255, 1, FINDINGS(PLAUSIBLE, IPSEC_FINDING_ESP_SPI_RESERVED)},
        {"SPI 256", 256, 1, NO_FINDINGS(PLAUSIBLE)},
        {"sequence 0", SPI, 0, FINDINGS(SUSPICIOUS, IPSEC_FINDING_SEQ_ZERO)},
        {"sequence 2^32 - 1", SPI, UINT32_MAX, NO_FINDINGS(PLAUSIBLE)},
        {"both 0", 0, 0, FINDINGS(DROP, IPSEC_FINDING_ESP_SPI_ZERO, IPSEC_FINDING_SEQ_ZERO)},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ipsec_view view = esp_view(4, cases[i].spi, cases[i].sequence, 100);
        const ipsec_report report = expect(NULL, &view, &cases[i].wanted, cases[i].what);

        g_assert_true(report.header.has_spi && report.header.has_sequence);
        g_assert_cmphex(report.header.spi, ==, cases[i].spi);
        g_assert_cmpuint(report.header.sequence, ==, cases[i].sequence);
    }
    guard_free_all();
}

/* A packet that was not captured whole: what the captured octets show is reported, and lengths are not judged. */
static void test_not_whole(void)
{
    static const struct {
        const char *what;
        uint32_t captured, length;
        uint16_t flags;
        expectation wanted;
    } cases[] = {
        {"cut", 60, 101, 0, NO_FINDINGS(UNCHECKED)},
        {"cut in the SPI", 3, 101, 0, NO_FINDINGS(UNCHECKED)},
        {"nothing captured", 0, 101, 0, NO_FINDINGS(UNCHECKED)},
        {"length unknown", 61, IPSEC_LENGTH_UNKNOWN, 0, NO_FINDINGS(UNCHECKED)},
        {"offload", 61, 61, IPSEC_VIEW_OFFLOAD, FINDINGS(UNCHECKED, IPSEC_FINDING_CAPTURE_OFFLOAD)},
        {"fragment", 61, 61, IPSEC_VIEW_FRAGMENT, FINDINGS(UNCHECKED, IPSEC_FINDING_ESP_FRAGMENT)},
        {"quoted", 61, 61, IPSEC_VIEW_QUOTED, NO_FINDINGS(UNCHECKED)},
        {"extension headers", 60, 60, IPSEC_VIEW_V6_ORDER, FINDINGS(PLAUSIBLE, IPSEC_FINDING_ESP_V6_ORDER)},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_view view = esp_view(6, SPI, 1, cases[i].captured);

        view.length = cases[i].length;
        view.flags = cases[i].flags;
        expect(NULL, &view, &cases[i].wanted, cases[i].what);
    }
    guard_free_all();
}

static void test_spi_zero_is_seen_on_a_cut_packet(void)
{
    const expectation wanted = FINDINGS(DROP, IPSEC_FINDING_ESP_SPI_ZERO);
    ipsec_view view = esp_view(4, 0, 1, 60);
    ipsec_report report;

    view.length = 1400;
    report = expect(NULL, &view, &wanted, "cut, SPI 0");
    g_assert_null(ipsec_outcome_at(IPSEC_STACK_WINDOWS, &report));
    g_assert_null(ipsec_outcome_at(IPSEC_STACK_LINUX, &report));
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/esp/lengths", test_lengths);
    g_test_add_func("/esp/spi-and-sequence", test_spi_and_sequence);
    g_test_add_func("/esp/not-whole", test_not_whole);
    g_test_add_func("/esp/cut-spi-zero", test_spi_zero_is_seen_on_a_cut_packet);
    return g_test_run();
}
