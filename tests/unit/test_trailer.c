/* Rules on the content of an ESP packet. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"
#include "keys/terms.h"
#include "sa/trailer.h"

#include <string.h>

/* A plaintext: zeros, padding 1, 2, 3, pad length, next header. */
typedef struct plain {
    uint32_t payload, pad;
    uint8_t said; /* pad length, if it is not `pad` */
    uint8_t next;
} plain;

/* A row that states only the mode of its SA. */
static const ipsec_key_row *row_with_mode(uint8_t mode)
{
    static ipsec_key_row rows[IPSEC_MODE_IPTFS + 1];

    rows[mode].mode = mode;
    return &rows[mode];
}

static ipsec_trailer trailer_of(const plain *p, uint8_t mode, uint32_t block)
{
    uint8_t octets[600] = {0};
    const uint32_t length = p->payload + p->pad + 2;

    g_assert_cmpuint(length, <=, sizeof octets);
    for (uint32_t i = 0; i < p->pad; i++)
        octets[p->payload + i] = (uint8_t)(i + 1);
    octets[length - 2] = (uint8_t)(p->said ? p->said : p->pad);
    octets[length - 1] = p->next;
    return (ipsec_trailer){.plaintext = guard_copy(octets, length),
                           .length = length,
                           .at = 8,
                           .block = block,
                           .spec = row_with_mode(mode)};
}

static ipsec_report check(const ipsec_trailer *trailer, uint8_t ip_version)
{
    const ipsec_view view = esp_view(ip_version, 0x1000, 1, 84);
    ipsec_report report = report_on(&view);

    report.opened = (ipsec_opened){.terms = trailer->spec ? ipsec_terms_of(trailer->spec) : 0};
    ipsec_read_trailer(trailer, &report.opened);
    ipsec_check_trailer(&view, trailer, &report.findings, &report.opened);
    return report;
}

/* The only finding of a plaintext; IPSEC_FINDING_COUNT for none. */
static ipsec_finding_id only_finding(plain p, uint8_t mode, uint8_t ip_version)
{
    const ipsec_trailer trailer = trailer_of(&p, mode, 4);
    const ipsec_report report = check(&trailer, ip_version);

    g_assert_cmpuint(report.findings.count, <=, 1);
    return report.findings.count ? (ipsec_finding_id)report.findings.list[0].id : IPSEC_FINDING_COUNT;
}

#define SOUND IPSEC_FINDING_COUNT

static void test_pad_length(void)
{
    for (uint32_t length = 2; length < 258; length++) {
        const plain fits = {.payload = length - 2, .next = 17}, over = {length - 2, 0, (uint8_t)(length - 1), 17};
        const ipsec_trailer trailer = trailer_of(&over, IPSEC_MODE_ANY, 4);
        const ipsec_report report = check(&trailer, 4);

        if (length > 2)
            g_assert_cmpint(only_finding(fits, IPSEC_MODE_ANY, 4), ==, SOUND);
        if (length - 1 > UINT8_MAX)
            continue;
        g_assert_cmpuint(report.findings.count, ==, 1);
        g_assert_cmpint(report.findings.list[0].id, ==, IPSEC_FINDING_ESP_PAD_LENGTH);
        g_assert_cmpuint(report.findings.list[0].offset, ==, 8 + length - 2);
        g_assert_cmpuint(report.opened.payload_length, ==, 0);
    }
    guard_free_all();
}

static void test_empty(void)
{
    g_assert_cmpint(only_finding((plain){.pad = 2, .next = 17}, IPSEC_MODE_ANY, 4), ==,
                    IPSEC_FINDING_ESP_EMPTY_PAYLOAD);
    g_assert_cmpint(only_finding((plain){.pad = 2, .next = 59}, IPSEC_MODE_ANY, 4), ==, IPSEC_FINDING_ESP_DUMMY);
    g_assert_cmpint(only_finding((plain){.payload = 1, .pad = 1, .next = 17}, IPSEC_MODE_ANY, 4), ==, SOUND);
    guard_free_all();
}

/* Up to 15 octets more than alignment requires are usual. */
static void test_excess(void)
{
    static const uint32_t blocks[] = {4, 8, 16};

    for (unsigned i = 0; i < G_N_ELEMENTS(blocks); i++) {
        const uint32_t block = blocks[i], need = block - (33 + 2) % block;
        const plain usual = {.payload = 33, .pad = need + 15, .next = 17},
                    more = {.payload = 33, .pad = need + 16, .next = 17};
        const ipsec_trailer a = trailer_of(&usual, IPSEC_MODE_ANY, block), b = trailer_of(&more, IPSEC_MODE_ANY, block);
        const ipsec_report report = check(&b, 4);

        g_assert_cmpuint(check(&a, 4).findings.count, ==, 0);
        g_assert_cmpuint(report.findings.count, ==, 1);
        g_assert_cmpint(report.findings.list[0].id, ==, IPSEC_FINDING_ESP_PAD_EXCESS);
    }
    guard_free_all();
}

static void test_pad_octets(void)
{
    for (uint32_t at = 0; at < 10; at++) {
        uint8_t octets[20] = {[18] = 10, [19] = 17};
        ipsec_trailer trailer = {.plaintext = octets, .length = 20, .at = 8, .block = 4};
        ipsec_report report;

        for (uint8_t i = 0; i < 10; i++)
            octets[8 + i] = (uint8_t)(i + 1);
        g_assert_true(ipsec_trailer_is_sound(&trailer));
        octets[8 + at] ^= 0x80;
        g_assert_false(ipsec_trailer_is_sound(&trailer));
        report = check(&trailer, 4);
        g_assert_cmpuint(report.findings.count, ==, at == 9 ? 2 : 1);
        g_assert_cmpint(report.findings.list[0].id, ==, IPSEC_FINDING_ESP_PAD_BYTES);
        if (at == 9)
            g_assert_cmpint(report.findings.list[1].id, ==, IPSEC_FINDING_ESP_PAD_LAST_BYTE);
        g_assert_cmpuint(report.opened.payload_length, ==, 8);
    }
    guard_free_all();
}

static bool is_impossible(unsigned next, uint8_t ip_version)
{
    return (next >= 148 && next <= 252) || next == 255 || (next == 0 && ip_version == 4);
}

static bool fits(unsigned next, uint8_t mode)
{
    const bool ip = next == 4 || next == 41;

    if (mode == IPSEC_MODE_TUNNEL)
        return ip;
    if (mode == IPSEC_MODE_IPTFS)
        return ip || next == 144;
    return true;
}

/* Every next header in every mode. */
static void test_next_header(void)
{
    for (unsigned next = 0; next < 256; next++)
        for (uint8_t mode = IPSEC_MODE_ANY; mode <= IPSEC_MODE_IPTFS; mode++)
            for (uint8_t version = 4; version <= 6; version += 2) {
                const plain p = {.payload = 60, .pad = 2, .next = (uint8_t)next};
                const ipsec_trailer trailer = trailer_of(&p, mode, 4);
                const ipsec_report report = check(&trailer, version);

                if (next == 59) {
                    g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_ESP_DUMMY));
                    continue;
                }
                g_assert_cmpint(ipsec_findings_have(&report.findings, IPSEC_FINDING_ESP_NEXT_HEADER), ==,
                                is_impossible(next, version));
                g_assert_cmpint(ipsec_findings_have(&report.findings, IPSEC_FINDING_ESP_NEXT_HEADER_MODE), ==,
                                !fits(next, mode));
            }
    guard_free_all();
}

/* Of several terms, those count that the packet has fitted so far: the mode decides whose selector is checked. */
static void test_terms(void)
{
    const plain p = {.payload = 60, .pad = 2, .next = 17};
    ipsec_trailer trailer = trailer_of(&p, IPSEC_MODE_ANY, 4);
    ipsec_key_row spec = {.mode = IPSEC_MODE_TUNNEL, .other_count = 1, .others = {{.mode = IPSEC_MODE_TRANSPORT}}};
    ipsec_report report;

    trailer.spec = &spec;
    report = check(&trailer, 4);
    g_assert_cmpuint(report.findings.count, ==, 0);
    g_assert_cmpuint(report.opened.terms, ==, 2);
    spec.others[0].selector = (ipsec_selector){.present = true, .protocol = 6};
    report = check(&trailer, 4);
    g_assert_cmpuint(report.findings.count, ==, 1);
    g_assert_cmpint(report.findings.list[0].id, ==, IPSEC_FINDING_ESP_SELECTOR);
    guard_free_all();
}

/* An inner IPv4 header of `ihl` words that states a length of `total`, in `payload` octets. */
static ipsec_report inner4(uint8_t ihl, uint16_t total, uint32_t payload)
{
    uint8_t octets[128] = {(uint8_t)(0x40 | ihl), 0, (uint8_t)(total >> 8), (uint8_t)total};
    ipsec_trailer trailer = {.length = payload + 2, .at = 8, .block = 4, .spec = row_with_mode(IPSEC_MODE_TUNNEL)};

    octets[payload] = 0;
    octets[payload + 1] = 4;
    trailer.plaintext = guard_copy(octets, payload + 2);
    return check(&trailer, 4);
}

static void expect_inner(const ipsec_report *report, ipsec_finding_id id)
{
    g_assert_cmpuint(report->findings.count, ==, 1);
    g_assert_cmpint(report->findings.list[0].id, ==, id);
    g_assert_cmpint(report->opened.has_inner, ==, id == IPSEC_FINDING_ESP_TFC);
}

static void test_inner_v4(void)
{
    ipsec_report report = inner4(5, 40, 40);

    g_assert_cmpuint(report.findings.count, ==, 0);
    g_assert_true(report.opened.has_inner);
    g_assert_cmpuint(report.opened.tfc_length, ==, 0);
    report = inner4(5, 40, 47);
    expect_inner(&report, IPSEC_FINDING_ESP_TFC);
    g_assert_cmpuint(report.opened.tfc_length, ==, 7);
    for (uint32_t payload = 1; payload < 20; payload++) {
        report = inner4(5, 20, payload);
        expect_inner(&report, IPSEC_FINDING_ESP_INNER_TRUNCATED);
    }
    report = inner4(5, 41, 40);
    expect_inner(&report, IPSEC_FINDING_ESP_INNER_LENGTH);
    report = inner4(5, 19, 40);
    expect_inner(&report, IPSEC_FINDING_ESP_INNER_LENGTH);
    report = inner4(4, 40, 40);
    expect_inner(&report, IPSEC_FINDING_ESP_INNER_LENGTH);
    report = inner4(11, 40, 40);
    expect_inner(&report, IPSEC_FINDING_ESP_INNER_LENGTH);
    guard_free_all();
}

static ipsec_report inner6(uint8_t first, uint16_t stated, uint32_t payload)
{
    uint8_t octets[128] = {first, 0, 0, 0, (uint8_t)(stated >> 8), (uint8_t)stated};
    ipsec_trailer trailer = {.length = payload + 2, .at = 8, .block = 4, .spec = row_with_mode(IPSEC_MODE_ANY)};

    octets[payload] = 0;
    octets[payload + 1] = 41;
    trailer.plaintext = guard_copy(octets, payload + 2);
    return check(&trailer, 6);
}

static void test_inner_v6(void)
{
    ipsec_report report = inner6(0x60, 8, 48);

    g_assert_cmpuint(report.findings.count, ==, 0);
    report = inner6(0x60, 8, 49);
    expect_inner(&report, IPSEC_FINDING_ESP_TFC);
    g_assert_cmpuint(report.opened.tfc_length, ==, 1);
    report = inner6(0x60, 9, 48);
    expect_inner(&report, IPSEC_FINDING_ESP_INNER_LENGTH);
    report = inner6(0x45, 8, 48);
    expect_inner(&report, IPSEC_FINDING_ESP_INNER_VERSION);
    report = inner6(0x60, 0, 39);
    expect_inner(&report, IPSEC_FINDING_ESP_INNER_TRUNCATED);
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trailer/pad-length", test_pad_length);
    g_test_add_func("/trailer/empty", test_empty);
    g_test_add_func("/trailer/excess", test_excess);
    g_test_add_func("/trailer/pad-octets", test_pad_octets);
    g_test_add_func("/trailer/next-header", test_next_header);
    g_test_add_func("/trailer/terms", test_terms);
    g_test_add_func("/trailer/inner-v4", test_inner_v4);
    g_test_add_func("/trailer/inner-v6", test_inner_v6);
    return g_test_run();
}
