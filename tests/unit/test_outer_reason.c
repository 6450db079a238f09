/* Why the ICV of AH fails. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/outer_reason.h"
#include "guard.h"
#include "packet/find.h"
#include "packets.h"

#include <gcrypt.h>
#include <string.h>

static const uint8_t key[20] = {1, 2, 3};
static const ipsec_attempt no_esn = {false, 0};

/* Headers as captured: each mutable field is not zero. */
static const uint8_t v4[20] = {0x45, 0xb8, 0, 104, 0, 1, 0x40, 0, 61, 51, 0xbe, 0xef, 192, 0, 2, 1, 192, 0, 2, 2};
static const uint8_t v6[40] = {0x6b, 0x8a, 0xbc, 0xde, 0, 84, 51, 61, 0x20, 1, [23] = 1, 0x20, 1, [39] = 2};

/* One packet, and the headers in front as its ICV covers them. */
typedef struct sample {
    ipsec_view view;
    uint8_t raw[1024], covered[1024];
    uint32_t length; /* of both */
} sample;

static ipsec_crypto *open_crypto(void)
{
    return ipsec_crypto_new(&(ipsec_keys){.integrity = ipsec_integrity_by_name("HMAC_SHA1_96"),
                                          .integrity_key = key,
                                          .integrity_key_length = sizeof key});
}

static ipsec_envelope envelope_with(const sample *s, const uint8_t *outer)
{
    return (ipsec_envelope){.view = &s->view,
                            .integrity = ipsec_integrity_by_name("HMAC_SHA1_96"),
                            .icv = 12,
                            .front = 12,
                            .outer = outer,
                            .outer_length = s->length};
}

/* Computes the ICV as if the headers in front were those in `outer`. */
static void seal(sample *s, const uint8_t *outer)
{
    const ipsec_envelope envelope = envelope_with(s, outer);
    ipsec_crypto *crypto = open_crypto();
    uint8_t digest[IPSEC_DIGEST_MOST];

    g_assert_true(ipsec_envelope_digest(&envelope, crypto, 12, no_esn, digest));
    memcpy((uint8_t *)s->view.data + 12, digest, 12);
    ipsec_crypto_free(crypto);
}

static sample begin(uint8_t version)
{
    static uint8_t covered[IPSEC_AH_OUTER_MOST];
    sample s = {.view = ah_view(version, 6, 4, 0x1000, 1, 84), .length = version == 4 ? sizeof v4 : sizeof v6};

    memcpy(s.raw, version == 4 ? v4 : v6, s.length);
    g_assert_cmpuint(ipsec_ah_cover_outer(s.raw, s.length, covered), ==, s.length);
    memcpy(s.covered, covered, s.length);
    return s;
}

static ipsec_advice_case reason(sample *s, const ipsec_key_row *spec, const uint8_t *sender, uint8_t *detail)
{
    const ipsec_envelope envelope = envelope_with(s, s->covered);
    ipsec_crypto *crypto = open_crypto();
    ipsec_advice_case found;

    s->view.outer = s->raw;
    s->view.outer_length = s->length;
    found = ipsec_ah_reason(&envelope, crypto, no_esn, spec, sender, detail);
    ipsec_crypto_free(crypto);
    return found;
}

/* The field that is found for a packet whose ICV also covers these octets; IPSEC_FIELD_COUNT if none is. */
static unsigned field_kept(uint8_t version, uint32_t at, const uint8_t *octets, uint32_t count)
{
    static const ipsec_key_row nothing;
    sample s = begin(version);
    uint8_t outer[1024], detail;

    memcpy(outer, s.covered, sizeof outer);
    memcpy(outer + at, octets, count);
    seal(&s, outer);
    if (reason(&s, &nothing, NULL, &detail) != IPSEC_CASE_FIELD_KEPT)
        detail = IPSEC_FIELD_COUNT;
    guard_free_all();
    return detail;
}

static void test_fields(void)
{
    g_assert_cmpuint(field_kept(4, 1, (uint8_t[]){0xb8}, 1), ==, IPSEC_FIELD_TYPE_OF_SERVICE);
    g_assert_cmpuint(field_kept(4, 6, (uint8_t[]){0x40}, 1), ==, IPSEC_FIELD_FLAGS);
    g_assert_cmpuint(field_kept(4, 8, (uint8_t[]){61}, 1), ==, IPSEC_FIELD_TIME_TO_LIVE);
    g_assert_cmpuint(field_kept(4, 8, (uint8_t[]){64}, 1), ==, IPSEC_FIELD_TIME_TO_LIVE);
    g_assert_cmpuint(field_kept(4, 8, (uint8_t[]){128}, 1), ==, IPSEC_FIELD_TIME_TO_LIVE);
    g_assert_cmpuint(field_kept(4, 8, (uint8_t[]){255}, 1), ==, IPSEC_FIELD_TIME_TO_LIVE);
    g_assert_cmpuint(field_kept(4, 8, (uint8_t[]){62}, 1), ==, IPSEC_FIELD_COUNT);
    g_assert_cmpuint(field_kept(4, 10, (uint8_t[]){0xbe, 0xef}, 2), ==, IPSEC_FIELD_HEADER_CHECKSUM);
    g_assert_cmpuint(field_kept(4, 4, (uint8_t[]){1}, 1), ==, IPSEC_FIELD_COUNT); /* Identification: not mutable */
    g_assert_cmpuint(field_kept(6, 0, (uint8_t[]){0x6b, 0x80}, 2), ==, IPSEC_FIELD_TRAFFIC_CLASS);
    g_assert_cmpuint(field_kept(6, 1, (uint8_t[]){0x0a, 0xbc, 0xde}, 3), ==, IPSEC_FIELD_FLOW_LABEL);
    g_assert_cmpuint(field_kept(6, 7, (uint8_t[]){61}, 1), ==, IPSEC_FIELD_HOP_LIMIT);
    g_assert_cmpuint(field_kept(6, 7, (uint8_t[]){128}, 1), ==, IPSEC_FIELD_HOP_LIMIT);
    g_assert_cmpuint(field_kept(6, 0, (uint8_t[]){0x6b, 0x8a, 0xbc, 0xde}, 4), ==, IPSEC_FIELD_COUNT); /* two */
}

static ipsec_address_range host(const uint8_t *address, uint8_t length)
{
    ipsec_address_range range = {.length = length};

    memcpy(range.octets, address, length);
    memset(range.mask, 0xff, length);
    return range;
}

/* Addresses from the row, its selector or another packet; a network is not an address. */
static void test_addresses(void)
{
    for (uint8_t version = 4; version <= 6; version += 2)
        for (unsigned how = 0; how < 16; how++) {
            const uint8_t length = version == 4 ? 4 : 16, at = version == 4 ? 12 : 8;
            const bool source = how & 1, destination = how & 2, by_selector = how & 4, network = how & 8;
            const uint8_t first[16] = {10, 1, 1, 1}, second[16] = {10, 2, 2, 2};
            ipsec_key_row spec = {.selector.present = by_selector};
            sample s = begin(version);
            uint8_t outer[1024], detail = 0;
            ipsec_address_range *ends[] = {&spec.source, &spec.destination};

            if (by_selector)
                ends[0] = &spec.selector.source, ends[1] = &spec.selector.destination;
            *ends[0] = host(first, length);
            *ends[1] = host(second, length);
            if (network)
                ends[0]->mask[length - 1] = ends[1]->mask[length - 1] = 0;
            memcpy(outer, s.covered, sizeof outer);
            if (source)
                memcpy(outer + at, first, length);
            if (destination)
                memcpy(outer + at + length, second, length);
            outer[4] ^= !source && !destination; /* damaged in another way */
            seal(&s, outer);
            g_assert_cmpint(reason(&s, &spec, NULL, &detail), ==,
                            (source || destination) && !network ? IPSEC_CASE_ADDRESS : IPSEC_CASE_NONE);
            if (source && !network)
                g_assert_cmpuint(detail, ==, destination ? IPSEC_FIELD_BOTH_ADDRESSES : IPSEC_FIELD_SOURCE_ADDRESS);
            if (!source && destination && !network)
                g_assert_cmpuint(detail, ==, IPSEC_FIELD_DESTINATION_ADDRESS);
            if (source && !destination) {
                g_assert_cmpint(reason(&s, &(ipsec_key_row){0}, first, &detail), ==, IPSEC_CASE_ADDRESS);
                g_assert_cmpint(reason(&s, &(ipsec_key_row){0}, second, &detail), ==, IPSEC_CASE_NONE);
            }
            guard_free_all();
        }
}

/* Headers that are longer than the copy are skipped, and so are packets without any. */
static void test_long_headers(void)
{
    for (uint32_t length = 504; length <= 520; length += 8) {
        static const ipsec_key_row nothing;
        sample s = begin(6);
        uint8_t outer[1024], detail;

        s.length = length;
        memcpy(outer, s.covered, sizeof outer);
        outer[7] = 61;
        seal(&s, outer);
        g_assert_cmpint(reason(&s, &nothing, NULL, &detail), ==,
                        length <= 512 ? IPSEC_CASE_FIELD_KEPT : IPSEC_CASE_NONE);
        s.length = 0;
        g_assert_cmpint(reason(&s, &nothing, NULL, &detail), ==, IPSEC_CASE_NONE);
        guard_free_all();
    }
}

/* The sender of packets that verified is remembered, so a NAT that is inserted afterwards is found. */
static void test_remembered_sender(void)
{
    const ipsec_key_row_text text = {.columns = {"AH", "*", "*", "0x1000", "", "", "HMAC_SHA1_96",
                                                 "0102030000000000000000000000000000000000", "no", "any"}};
    const uint8_t nat[4] = {198, 51, 100, 7};
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    ipsec_key_row_error error;
    ipsec_key_row row;

    g_assert_true(ipsec_key_row_compile(&text, &row, &error));
    ipsec_db_add(db, &row);
    for (unsigned translated = 0; translated < 2; translated++) {
        sample s = begin(4);
        ipsec_record record;
        ipsec_report report;
        const ipsec_finding *found;

        ((uint8_t *)s.view.data)[11] = (uint8_t)(1 + translated);
        seal(&s, s.covered);
        if (translated) {
            memcpy(s.raw + 12, nat, sizeof nat);
            s.view.source = nat;
        }
        s.view.outer = s.raw;
        s.view.outer_length = s.length;
        ipsec_judge(db, &s.view, &record, &report);
        g_assert_cmpint(report.opened.icv_status, ==, translated ? IPSEC_ICV_BAD : IPSEC_ICV_GOOD);
        found = ipsec_findings_get(&report.findings, IPSEC_FINDING_AH_ICV);
        g_assert_cmpint(found != NULL, ==, translated);
        g_assert_cmpint(found ? found->advice_case : IPSEC_CASE_ADDRESS, ==, IPSEC_CASE_ADDRESS);
    }
    ipsec_db_free(db);
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    gcry_check_version(NULL);
    g_test_add_func("/outer-reason/fields", test_fields);
    g_test_add_func("/outer-reason/addresses", test_addresses);
    g_test_add_func("/outer-reason/long-headers", test_long_headers);
    g_test_add_func("/outer-reason/remembered-sender", test_remembered_sender);
    return g_test_run();
}
