/* Rules on UDP encapsulation. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"

#include <string.h>

/* A UDP payload. */
typedef struct payload {
    size_t length;
    uint8_t octets[96];
} payload;

static ipsec_view udp_view(const payload *p, uint16_t flags)
{
    ipsec_view view = view_of(IPSEC_PROTOCOL_ESP, 4, p->octets, p->length);

    view.encapsulation = IPSEC_ENCAPSULATION_UDP;
    view.flags = flags;
    return view;
}

/* An IKE message of 40 octets, after `zeros` zero octets; its length field is `claimed`. */
static payload ike(size_t zeros, uint8_t version, uint8_t claimed)
{
    payload p = {.length = zeros + 40};

    memset(p.octets + zeros, 0xdc, 40); /* not text */
    p.octets[zeros + 17] = version;
    memset(p.octets + zeros + 24, 0, 3);
    p.octets[zeros + 27] = claimed;
    return p;
}

/* One marker, other octets, then octets that parse as IKE. */
static payload shifted_ike(void)
{
    payload p = ike(8, 0x20, 40);

    p.octets[6] = 1;
    return p;
}

/* Octets that could be an ESP packet with a low number, except for the version of IKE. */
static payload young_ike(void)
{
    payload p = ike(0, 0x20, 44);

    memcpy(p.octets + 4, "\0\0\0\7", 4);
    return p;
}

static void test_short_payloads(void)
{
    static const struct {
        const char *what;
        payload p;
        ipsec_subject subject;
        expectation wanted;
    } cases[] = {
        {"no octet", {0, {0}}, IPSEC_SUBJECT_NOTHING, NO_FINDINGS(PLAUSIBLE)},
        {"keepalive", {1, {0xff}}, IPSEC_SUBJECT_NOTHING, NO_FINDINGS(PLAUSIBLE)},
        {"wrong keepalive", {1, {0xfe}}, IPSEC_SUBJECT_UDP, FINDINGS(SUSPICIOUS, IPSEC_FINDING_NATT_KEEPALIVE)},
        {"2 octets", {2, {1, 2}}, IPSEC_SUBJECT_UDP, FINDINGS(SUSPICIOUS, IPSEC_FINDING_NATT_TRUNCATED)},
        {"3 octets", {3, {0, 0, 0}}, IPSEC_SUBJECT_UDP, FINDINGS(SUSPICIOUS, IPSEC_FINDING_NATT_TRUNCATED)},
        {"marker alone", {4, {0, 0, 0, 0}}, IPSEC_SUBJECT_NOTHING, NO_FINDINGS(PLAUSIBLE)},
        {"keepalive behind a marker",
         {5, {0, 0, 0, 0, 0xff}},
         IPSEC_SUBJECT_UDP,
         FINDINGS(SUSPICIOUS, IPSEC_FINDING_NATT_KEEPALIVE)},
        {"4 octets", {4, {1, 2, 3, 4}}, IPSEC_SUBJECT_HEADER, FINDINGS(SUSPICIOUS, IPSEC_FINDING_NATT_ESP_TOO_SHORT)},
        {"8 octets", {8, {1, 2, 3, 4}}, IPSEC_SUBJECT_HEADER, FINDINGS(SUSPICIOUS, IPSEC_FINDING_NATT_ESP_TOO_SHORT)},
        {"9 octets",
         {9, {1, 2, 3, 4, 0, 0, 0, 1}},
         IPSEC_SUBJECT_HEADER,
         FINDINGS(SUSPICIOUS, IPSEC_FINDING_ESP_BELOW_FLOOR, IPSEC_FINDING_NATT_BELOW_IP_HEADER)},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ipsec_view view = udp_view(&cases[i].p, 0);
        const ipsec_report report = expect(NULL, &view, &cases[i].wanted, cases[i].what);

        g_assert_cmpint(report.header.subject, ==, cases[i].subject);
    }
    guard_free_all();
}

static void test_ike(void)
{
    const struct {
        const char *what;
        payload p;
        uint16_t flags;
        ipsec_subject subject;
        expectation wanted;
    } cases[] = {
        {"IKEv2 behind the marker", ike(4, 0x20, 40), 0, IPSEC_SUBJECT_IKE, NO_FINDINGS(PLAUSIBLE)},
        {"IKEv1 behind the marker", ike(4, 0x10, 40), 0, IPSEC_SUBJECT_IKE, NO_FINDINGS(PLAUSIBLE)},
        {"not IKE behind the marker", ike(4, 0x20, 41), 0, IPSEC_SUBJECT_NOTHING, NO_FINDINGS(PLAUSIBLE)},
        {"IKE without marker", ike(0, 0x20, 40), 0, IPSEC_SUBJECT_UDP,
         FINDINGS(SUSPICIOUS, IPSEC_FINDING_NATT_NO_MARKER_IKE)},
        {"ESP with IKE's version only", ike(0, 0x20, 44), 0, IPSEC_SUBJECT_HEADER, NO_FINDINGS(PLAUSIBLE)},
        {"two markers", ike(8, 0x20, 40), 0, IPSEC_SUBJECT_UDP, FINDINGS(SUSPICIOUS, IPSEC_FINDING_NATT_DOUBLE_MARKER)},
        {"IKE eight octets in, but no second marker", shifted_ike(), 0, IPSEC_SUBJECT_NOTHING, NO_FINDINGS(PLAUSIBLE)},
        {"IKE of a wrong length that counts like ESP on port 500", young_ike(), IPSEC_VIEW_IKE_PORT,
         IPSEC_SUBJECT_NOTHING, NO_FINDINGS(PLAUSIBLE)},
        {"two markers, but no IKE", ike(8, 0x30, 40), 0, IPSEC_SUBJECT_NOTHING, NO_FINDINGS(PLAUSIBLE)},
        {"IKE on port 500", ike(0, 0x20, 40), IPSEC_VIEW_IKE_PORT, IPSEC_SUBJECT_IKE, NO_FINDINGS(PLAUSIBLE)},
        {"IKE of another length on port 500", ike(0, 0x20, 48), IPSEC_VIEW_IKE_PORT, IPSEC_SUBJECT_NOTHING,
         NO_FINDINGS(PLAUSIBLE)},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ipsec_view view = udp_view(&cases[i].p, cases[i].flags);
        const ipsec_report report = expect(NULL, &view, &cases[i].wanted, cases[i].what);

        g_assert_cmpint(report.header.subject, ==, cases[i].subject);
    }
    guard_free_all();
}

static void test_esp_on_the_ike_port(void)
{
    const expectation nothing = NO_FINDINGS(PLAUSIBLE), cut = NO_FINDINGS(UNCHECKED);
    const expectation found = FINDINGS(PLAUSIBLE, IPSEC_FINDING_NATT_ESP_ON_500);
    const struct {
        const char *what;
        uint32_t spi, sequence;
        size_t length;
        const expectation *wanted;
    } cases[] = {
        {"young SA", 0xc0ffee00, 7, 84, &found},
        {"shortest", 0xc0ffee00, 1, 20, &found},
        {"last young number", 0xc0ffee00, 0x00ffffff, 84, &found},
        {"high number", 0xc0ffee00, 0x01000000, 84, &nothing},
        {"sequence 0", 0xc0ffee00, 0, 84, &nothing},
        {"low SPI", 255, 7, 84, &nothing},
        {"not aligned", 0xc0ffee00, 7, 85, &nothing},
        {"too short", 0xc0ffee00, 7, 16, &nothing},
    };
    ipsec_view view;

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        view = esp_in_udp_view(4, cases[i].spi, cases[i].sequence, cases[i].length);
        view.flags |= IPSEC_VIEW_IKE_PORT;
        expect(NULL, &view, cases[i].wanted, cases[i].what);
    }
    view = esp_in_udp_view(4, 0xc0ffee00, 7, 84);
    view.flags |= IPSEC_VIEW_IKE_PORT;
    view.length = 1000;
    g_assert_cmpint(expect(NULL, &view, &cut, "cut").header.subject, ==, IPSEC_SUBJECT_NOTHING);
    guard_free_all();
}

static void test_checksum(void)
{
    const expectation found = FINDINGS(PLAUSIBLE, IPSEC_FINDING_NATT_UDP_CHECKSUM), nothing = NO_FINDINGS(PLAUSIBLE);
    ipsec_view view = esp_in_udp_view(4, 0x1000, 1, 84);

    view.flags |= IPSEC_VIEW_UDP_CHECKSUM;
    expect(NULL, &view, &found, "IPv4");
    view = esp_in_udp_view(6, 0x1000, 1, 84);
    view.flags |= IPSEC_VIEW_UDP_CHECKSUM;
    expect(NULL, &view, &nothing, "IPv6, where it is required");
    guard_free_all();
}

/* Receive offload joins packets of one SA. */
static void test_coalesced(void)
{
    const expectation offload = FINDINGS(UNCHECKED, IPSEC_FINDING_CAPTURE_OFFLOAD), nothing = NO_FINDINGS(PLAUSIBLE);
    static const struct {
        const char *what;
        size_t second_at, length;
        uint8_t spi_low, sequence;
        bool found;
    } cases[] = {
        {"two equal packets", 40, 80, 0x55, 8, true},
        {"two of the least size", 20, 40, 0x55, 8, true},
        {"the last one shorter", 60, 80, 0x55, 8, true},
        {"the first one shorter, as offload makes none", 36, 80, 0x55, 8, false},
        {"the second too short to be one", 64, 80, 0x55, 8, false},
        {"another SPI", 40, 80, 0x56, 8, false},
        {"a number in between lost", 40, 80, 0x55, 9, true},
        {"the same number", 40, 80, 0x55, 7, false},
        {"a number before, in a late packet", 40, 80, 0x55, 6, true},
        {"the last number that offload counts to", 40, 80, 0x55, 7 + 64, true},
        {"a number far off", 40, 80, 0x55, 7 + 65, false},
        {"not at a multiple of 4", 42, 80, 0x55, 8, false},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        payload p = {.length = cases[i].length, .octets = {0x55, 0x55, 0x55, 0x55, 0, 0, 0, 7}};
        uint8_t *second = p.octets + cases[i].second_at;
        ipsec_view view;

        memset(p.octets + 8, 0x55, sizeof p.octets - 8); /* the octet of the SPI everywhere */
        memcpy(second, (uint8_t[]){0x55, 0x55, 0x55, cases[i].spi_low, 0, 0, 0, cases[i].sequence}, 8);
        view = udp_view(&p, 0);
        expect(NULL, &view, cases[i].found ? &offload : &nothing, cases[i].what);
    }
    guard_free_all();
}

/* A packet among them may be too late for any window. */
static void test_coalesced_with_late(void)
{
    const expectation offload = FINDINGS(UNCHECKED, IPSEC_FINDING_CAPTURE_OFFLOAD), nothing = NO_FINDINGS(PLAUSIBLE);

    for (uint32_t behind = 65534; behind <= 65537; behind++) {
        const uint32_t late = 0x20000 - behind;
        payload p = {.length = 80, .octets = {0x55, 0x55, 0x55, 0x55, 0, 2, 0, 0}};
        ipsec_view view;

        memcpy(p.octets + 40,
               (uint8_t[]){0x55, 0x55, 0x55, 0x55, 0, (uint8_t)(late >> 16), (uint8_t)(late >> 8), (uint8_t)late}, 8);
        view = udp_view(&p, 0);
        expect(NULL, &view, behind <= 65535 ? &offload : &nothing, "late");
    }
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/natt/short-payloads", test_short_payloads);
    g_test_add_func("/natt/ike", test_ike);
    g_test_add_func("/natt/esp-on-the-ike-port", test_esp_on_the_ike_port);
    g_test_add_func("/natt/checksum", test_checksum);
    g_test_add_func("/natt/coalesced", test_coalesced);
    g_test_add_func("/natt/coalesced-late", test_coalesced_with_late);
    return g_test_run();
}
