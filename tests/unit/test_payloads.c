/* Content of IKE payloads. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "ike/message.h"
#include "ike/payloads.h"

#include <glib.h>
#include <string.h>

static ipsec_ike_contents read_all(unsigned version, uint8_t first, const uint8_t *octets, uint32_t length)
{
    ipsec_ike_contents contents = {0};

    ipsec_ike_read_payloads(version, first, guard_copy(octets, length), length, &contents);
    return contents;
}

/* The payloads of a child in IKE_AUTH: a proposal of AES_CBC_256, HMAC_SHA2_256_128 and ESN, after one of AES_GCM_16,
 * and the selectors 10.0.0.0/24 to 10.1.0.1, UDP port 53; with a notify and identities in front. */
static const uint8_t child[] = {
    36, 0, 0, 9,  2, 0, 0,    0,    'a',                                   /* IDi */
    41, 0, 0, 9,  2, 0, 0,    0,    'b',                                   /* IDr */
    33, 0, 0, 12, 3, 4, 0x40, 0x09, 0xaa, 0xbb, 0xcc, 0xdd,                /* N(REKEY_SA) of an SPI of ESP */
    44, 0, 0, 84,                                                          /* SA */
    2,  0, 0, 32, 1, 3, 4,    2,    1,    2,    3,    4,                   /* proposal 1: ESP, 01020304 */
    3,  0, 0, 12, 1, 0, 0,    20,   0x80, 14,   0,    128,                 /* AES_GCM_16, 128 bits */
    0,  0, 0, 8,  5, 0, 0,    0,                                           /* no ESN */
    0,  0, 0, 48, 2, 3, 4,    4,    1,    2,    3,    5,                   /* proposal 2: ESP, 01020305 */
    3,  0, 0, 12, 1, 0, 0,    12,   0x80, 14,   1,    0,                   /* AES_CBC, 256 bits */
    3,  0, 0, 8,  3, 0, 0,    12,   3,    0,    0,    8,    3, 0,  0,   2, /* HMAC_SHA2_256_128, HMAC_SHA1_96 */
    0,  0, 0, 8,  5, 0, 0,    1,                                           /* ESN */
    45, 0, 0, 24, 1, 0, 0,    0,    7,    0,    0,    16,   0, 0,  255, 255, 10, 0, 0, 0, 10, 0, 0, 255, /* TSi */
    0,  0, 0, 24, 1, 0, 0,    0,    7,    17,   0,    16,   0, 53, 0,   53,  10, 1, 0, 1, 10, 1, 0, 1,   /* TSr */
};

static void test_child(void)
{
    const ipsec_ike_contents contents = read_all(2, IPSEC_IKE_PAYLOAD_IDI, child, sizeof child);
    const ipsec_ike_proposal *second = &contents.proposals[1];

    g_assert_false(contents.incomplete);
    g_assert_cmphex(contents.payloads, ==,
                    UINT64_C(1) << 33 | UINT64_C(1) << 35 | UINT64_C(1) << 36 | UINT64_C(1) << 41 | UINT64_C(1) << 44 |
                        UINT64_C(1) << 45);
    g_assert_cmpuint(contents.notify_count, ==, 1);
    g_assert_cmpuint(contents.notifies[0].type, ==, 16393);
    g_assert_cmphex(contents.notifies[0].spi, ==, 0xaabbccdd);
    g_assert_cmpuint(contents.notifies[0].length, ==, 0);
    g_assert_cmpuint(contents.proposal_count, ==, 2);
    g_assert_cmphex(contents.proposals[0].spi, ==, 0x01020304);
    g_assert_cmpuint(contents.proposals[0].encryption, ==, 20);
    g_assert_true(contents.proposals[0].has_esn && contents.proposals[0].esn == 0);
    g_assert_cmpuint(second->encryption, ==, 12);
    g_assert_cmpuint(second->integrity, ==, 12);
    g_assert_true(second->has_esn && second->esn == 1);
    g_assert_cmpuint(contents.initiator_count, ==, 1);
    g_assert_cmpuint(contents.initiator[0].last[3], ==, 255);
    g_assert_cmpuint(contents.responder[0].protocol, ==, 17);
    g_assert_cmpuint(contents.responder[0].first_port, ==, 53);
    guard_free_all();
}

/* The sender's identity is that of the initiator, if there are both; the same octets have the same digest. */
static void test_identity(void)
{
    const uint8_t alone[] = {0, 0, 0, 9, 2, 0, 0, 0, 'b'};
    const uint8_t address[] = {0, 0, 0, 12, 1, 0, 0, 0, 10, 0, 0, 1};
    const uint64_t both = read_all(2, 35, child, sizeof child).identity;
    const uint64_t other = read_all(2, 36, alone, sizeof alone).identity;

    g_assert_true(both != 0 && other != 0 && both != other);
    g_assert_cmphex(read_all(2, 35, alone, sizeof alone).identity, ==, other);
    g_assert_false(read_all(2, 35, alone, sizeof alone).identity_is_address);
    g_assert_true(read_all(2, 35, address, sizeof address).identity_is_address);
    guard_free_all();
}

static void test_delete(void)
{
    const uint8_t esp[] = {42, 0, 0, 16, 3, 4, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 8, 1, 0, 0, 0};
    const uint8_t more[] = {0, 0, 0, 12, 3, 4, 255, 255, 1, 2, 3, 4};
    const ipsec_ike_contents contents = read_all(2, 42, esp, sizeof esp);

    g_assert_cmpuint(contents.delete_count, ==, 2);
    g_assert_cmphex(contents.deletes[1], ==, 0x05060708);
    g_assert_cmpuint(contents.delete_protocol, ==, IPSEC_IKE_PROTOCOL_ESP);
    g_assert_true(contents.deletes_ike);
    g_assert_cmpuint(read_all(2, 42, more, sizeof more).delete_count, ==, 1);
    guard_free_all();
}

/* Quick Mode: it cannot be verified, so its proposal is not read. */
static void test_quick_mode(void)
{
    const uint8_t quick[] = {
        1,    0, 0, 8,  1, 2,  3, 4,                                                 /* hash */
        5,    0, 0, 48, 0, 0,  0, 1,  0,    0, 0, 1,                                 /* SA, DOI, situation */
        0,    0, 0, 36, 1, 3,  4, 1,  9,    8, 7, 6,                                 /* ESP, 09080706 */
        0,    0, 0, 24, 1, 12, 0, 0,  0x80, 4, 0, 3, 0x80, 5, 0, 5, 0x80, 6, 0, 128, /* AES */
        0x80, 1, 0, 1,                                                               /* life */
        5,    0, 0, 16, 4, 0,  0, 0,  10,   0, 0, 0, 255,  0, 0, 0,                  /* IDci */
        0,    0, 0, 12, 1, 17, 0, 53, 10,   1, 0, 1,                                 /* IDcr */
        0,    0, 0, 0                                                                /* padding */
    };
    const ipsec_ike_contents contents = read_all(1, 8, quick, sizeof quick);

    g_assert_false(contents.incomplete);
    g_assert_cmpuint(contents.proposal_count, ==, 1);
    g_assert_cmphex(contents.proposals[0].spi, ==, 0x09080706);
    g_assert_cmpuint(contents.proposals[0].encryption, ==, 0);
    g_assert_cmpuint(contents.initiator_count, ==, 0);
    guard_free_all();
}

/* The content of SK does not count as unencrypted payloads. */
static void test_stops_at_encrypted(void)
{
    const uint8_t octets[] = {46, 0, 0, 8, 0, 0, 0x40, 0, 41, 0, 0, 8, 0, 0, 0, 38, 0, 0, 0, 8, 0, 0, 0, 24};
    const ipsec_ike_contents contents = read_all(2, 41, octets, sizeof octets);

    g_assert_cmpuint(contents.notify_count, ==, 1);
    g_assert_true(ipsec_ike_has_payload(&contents, 46));
    guard_free_all();
}

/* Whatever is cut or damaged, nothing is read beyond the octets, and a cut is noticed. */
static void test_hostile(void)
{
    uint8_t octets[sizeof child];

    for (uint32_t length = 0; length < sizeof child; length++)
        g_assert_true(read_all(2, 35, child, length).incomplete);
    guard_free_all();
    for (unsigned at = 0; at < sizeof child; at++)
        for (unsigned value = 0; value < 256; value += 15) {
            memcpy(octets, child, sizeof octets);
            octets[at] = (uint8_t)value;
            read_all(2, 35, octets, sizeof octets);
            read_all(1, 1, octets, sizeof octets);
            guard_free_all();
        }
}

/* Limits are observed and reported. */
static void test_limits(void)
{
    uint8_t octets[100 * 8];
    ipsec_ike_contents contents;

    for (unsigned i = 0; i < 100; i++)
        memcpy(octets + 8 * i, (const uint8_t[]){i < 99 ? 41 : 0, 0, 0, 8, 0, 0, 1, 2}, 8);
    contents = read_all(2, 41, octets, sizeof octets);
    g_assert_cmpuint(contents.notify_count, ==, IPSEC_IKE_NOTIFIES_MOST);
    g_assert_true(contents.incomplete);
    guard_free_all();
}

/* --- single payloads, one line each ---------------------------------------------------------------------------- */

#define OCTETS(...)                                                                                                    \
    sizeof((uint8_t[]){__VA_ARGS__}), (const uint8_t[])                                                                \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

typedef struct octets {
    size_t count;
    const uint8_t *octets;
} octets;

/* Reads a payload of this type, alone in a message. */
static ipsec_ike_contents read_one(unsigned version, uint8_t type, octets body)
{
    uint8_t payload[400] = {0, 0, (uint8_t)((body.count + 4) >> 8), (uint8_t)(body.count + 4)};

    g_assert_cmpuint(body.count + 4, <=, sizeof payload);
    memcpy(payload + 4, body.octets, body.count);
    return read_all(version, type, payload, (uint32_t)body.count + 4);
}

static void test_phase_1(void)
{
    const ipsec_ike_contents contents = read_one(
        1, 1,
        (octets){OCTETS(0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 32, 1, 1, 8, 2, 1, 2, 3, 4, 5, 6, 7, 8, /* an SPI of 8 */
                        3, 0, 0, 12, 1, 1, 0, 0, 0x80, 4, 0, 14, 0, 0, 0, 4)});

    g_assert_cmphex(contents.proposals[0].ike_spi, ==, 0x0102030405060708);
    g_assert_cmpuint(contents.proposals[0].encryption, ==, 0);
    guard_free_all();
}

/* Of several transforms of one type the first counts; longer attributes are skipped. */
static void test_first_transform(void)
{
    const ipsec_ike_contents contents = read_one(
        2, 33,
        (octets){OCTETS(0, 0, 0, 76, 1, 3, 0, 8, /* without SPI */
                        3, 0, 0, 16, 1, 0, 0, 12, 0, 3, 0, 0, 0x80, 14, 0, 192, 3, 0, 0, 8, 1, 0, 0, 20, /* ciphers */
                        3, 0, 0, 8, 4, 0, 0, 19, 3, 0, 0, 8, 4, 0, 0, 20,                                /* groups */
                        3, 0, 0, 8, 5, 0, 0, 1, 3, 0, 0, 8, 5, 0, 0, 0,                                  /* ESN */
                        3, 0, 0, 8, 9, 0, 0, 1, 0, 0, 0, 4)}); /* unknown; too short */
    const ipsec_ike_proposal *const proposal = &contents.proposals[0];

    g_assert_false(contents.incomplete);
    g_assert_cmpuint(contents.proposal_count, ==, 1);
    g_assert_true(proposal->spi_length == 0 && proposal->spi == 0 && proposal->ike_spi == 0);
    g_assert_cmpuint(proposal->encryption, ==, 12);
    g_assert_true(proposal->has_esn && proposal->esn == 1);
    guard_free_all();
}

/* An IKEv2 selector that is invalid, or for IPv6; a payload that is too short for its content. */
static void test_short_or_odd(void)
{
    const struct {
        unsigned version;
        uint8_t type;
        octets body;
        bool incomplete;
        uint8_t selectors, notifies, deletes;
    } cases[] = {
        {2, 44, {OCTETS(1, 0, 0, 0, 7, 0, 0, 16, 0, 0, 255, 255, 10, 0, 0, 0, 10, 0, 0, 255)}, false, 1, 0, 0},
        {2, 44, {OCTETS(1, 0, 0, 0, 9, 0, 0, 16, 0, 0, 255, 255, 10, 0, 0, 0, 10, 0, 0, 255)}, true, 1, 0, 0},
        {2, 44, {OCTETS(1, 0, 0, 0, 8, 0, 0, 16, 0, 0, 255, 255, 10, 0, 0, 0, 10, 0, 0, 255)}, true, 0, 0, 0},
        {2, 44, {OCTETS(1, 0, 0)}, true, 0, 0, 0},
        {2, 41, {OCTETS(0, 0, 0, 14)}, false, 0, 1, 0},
        {2, 41, {OCTETS(3, 4, 0, 14, 1, 2, 3)}, true, 0, 0, 0},
        {2, 41, {OCTETS(3, 4, 0)}, true, 0, 0, 0},
        {1, 11, {OCTETS(0, 0, 0, 1, 1, 0, 0, 14)}, false, 0, 1, 0},
        {1, 11, {OCTETS(0, 0, 0)}, true, 0, 0, 0},
        {1, 12, {OCTETS(0, 0, 0, 1, 3, 4, 0, 1, 1, 2, 3, 4)}, false, 0, 0, 1},
        {1, 12, {OCTETS(0, 0, 0)}, true, 0, 0, 0},
        {2, 42, {OCTETS(3, 4, 0)}, true, 0, 0, 0},
        {2, 42, {OCTETS(3, 16, 0, 1, 1, 2, 3, 4)}, false, 0, 0, 0},
        {2, 42, {OCTETS(3, 4, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8)}, false, 0, 0, 1},
        {2, 34, {OCTETS(0, 14, 0)}, false, 0, 0, 0},
        {1, 1, {OCTETS(0, 0, 0, 1, 0, 0, 0)}, true, 0, 0, 0},
        {2, 33, {OCTETS(0, 0, 0, 12, 1, 3, 5, 0, 1, 2, 3, 4)}, true, 0, 0, 0},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ipsec_ike_contents contents = read_one(cases[i].version, cases[i].type, cases[i].body);

        g_assert_cmpuint(contents.incomplete, ==, cases[i].incomplete);
        if (cases[i].type != 44 || !cases[i].incomplete)
            g_assert_cmpuint(contents.initiator_count, ==, cases[i].selectors);
        g_assert_cmpuint(contents.notify_count, ==, cases[i].notifies);
        g_assert_cmpuint(contents.delete_count, ==, cases[i].deletes);
    }
    guard_free_all();
}

/* As many selectors as there is room for, and one more. */
static void test_room(void)
{
    uint8_t deletes[4 + 4 * (IPSEC_IKE_DELETES_MOST + 1)] = {3, 4, 0, IPSEC_IKE_DELETES_MOST};
    uint8_t proposals[8 * (IPSEC_IKE_PROPOSALS_MOST + 1)] = {0};
    uint8_t selectors[4 + 16 * (IPSEC_IKE_SELECTORS_MOST + 1)] = {0};
    ipsec_ike_contents contents;

    for (unsigned more = 0; more < 2; more++) {
        deletes[3] = (uint8_t)(IPSEC_IKE_DELETES_MOST + more);
        contents = read_one(2, 42, (octets){sizeof deletes, deletes});
        g_assert_cmpuint(contents.delete_count, ==, IPSEC_IKE_DELETES_MOST);
        g_assert_cmpuint(contents.incomplete, ==, more);

        for (unsigned i = 0; i < IPSEC_IKE_PROPOSALS_MOST + more; i++)
            memcpy(proposals + 8 * i, (const uint8_t[]){2, 0, 0, 8, 1, 3, 0, 0}, 8);
        contents = read_one(2, 33, (octets){8 * (IPSEC_IKE_PROPOSALS_MOST + more), proposals});
        g_assert_cmpuint(contents.proposal_count, ==, IPSEC_IKE_PROPOSALS_MOST);
        g_assert_cmpuint(contents.incomplete, ==, more);

        for (unsigned i = 0; i < IPSEC_IKE_SELECTORS_MOST + more; i++)
            memcpy(selectors + 4 + 16 * i, (const uint8_t[]){7, 0, 0, 16, [12] = 10}, 13);
        contents = read_one(2, 45, (octets){4 + 16 * (IPSEC_IKE_SELECTORS_MOST + more), selectors});
        g_assert_cmpuint(contents.responder_count, ==, IPSEC_IKE_SELECTORS_MOST);
        g_assert_cmpuint(contents.incomplete, ==, more);
        guard_free_all();
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/payloads/child", test_child);
    g_test_add_func("/payloads/identity", test_identity);
    g_test_add_func("/payloads/delete", test_delete);
    g_test_add_func("/payloads/quick-mode", test_quick_mode);
    g_test_add_func("/payloads/stops-at-encrypted", test_stops_at_encrypted);
    g_test_add_func("/payloads/hostile", test_hostile);
    g_test_add_func("/payloads/limits", test_limits);
    g_test_add_func("/payloads/phase-1", test_phase_1);
    g_test_add_func("/payloads/first-transform", test_first_transform);
    g_test_add_func("/payloads/short-or-odd", test_short_or_odd);
    g_test_add_func("/payloads/room", test_room);
    return g_test_run();
}
