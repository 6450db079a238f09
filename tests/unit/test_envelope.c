/* The position of IV, body and ICV. SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/envelope.h"
#include "ah_vectors.h"
#include "guard.h"
#include "keyed.h"
#include "packets.h"

#include <gcrypt.h>
#include <string.h>

static uint8_t outer[IPSEC_AH_OUTER_MOST];

static ipsec_envelope envelope_of(const ipsec_view *view, const char *encryption, const char *integrity)
{
    return ipsec_envelope_of(view, encryption ? ipsec_encryption_by_name(encryption) : NULL,
                             ipsec_integrity_by_name(integrity), outer);
}

static void test_parts_of_esp(void)
{
    static const struct {
        const char *encryption, *integrity;
        unsigned iv, icv, block;
    } suites[] = {
        {"NULL", "NONE", 0, 0, 1},
        {"NULL", "HMAC_SHA1_96", 0, 12, 1},
        {"AES_CBC", "NONE", 16, 0, 16},
        {"AES_CBC", "HMAC_SHA2_256_128", 16, 16, 16},
        {"3DES", "HMAC_MD5_96", 8, 12, 8},
        {"AES_GCM_8", "NONE", 8, 8, 1},
        {"AES_GCM_16", "NONE", 8, 16, 1},
        {"CHACHA20_POLY1305", "NONE", 8, 16, 1},
        {"AES_GCM_16_IIV", "NONE", 0, 16, 1},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(suites); i++)
        for (uint32_t length = 8; length < 100; length++) {
            const ipsec_view view = esp_view(4, 0x1000, 1, length);
            const ipsec_envelope envelope = envelope_of(&view, suites[i].encryption, suites[i].integrity);
            const int64_t body = (int64_t)length - 8 - suites[i].iv - suites[i].icv;

            g_assert_cmpuint(envelope.iv, ==, suites[i].iv);
            g_assert_cmpuint(envelope.icv, ==, suites[i].icv);
            g_assert_cmpint(envelope.body, ==, body);
            g_assert_cmpint(envelope.is_aligned, ==, body >= 0 && body % suites[i].block == 0);
            g_assert_cmpint(ipsec_envelope_is_openable(&envelope), ==, body >= 2 && body % suites[i].block == 0);
        }
    guard_free_all();
}

static void test_ah_needs_its_outer_header(void)
{
    static const uint8_t ip[20] = {0x45, 0, 0, 104, 0, 1, 0, 0, 64, 51, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2};
    ipsec_view view = ah_view(4, 6, 4, 0x1000, 1, 84);
    ipsec_envelope envelope = envelope_of(&view, NULL, "HMAC_SHA1_96");

    g_assert_false(ipsec_envelope_is_verifiable(&envelope));
    view.outer = ip;
    view.outer_length = sizeof ip;
    envelope = envelope_of(&view, NULL, "HMAC_SHA1_96");
    g_assert_true(ipsec_envelope_is_verifiable(&envelope));
    g_assert_cmpuint(envelope.outer_length, ==, sizeof ip);
    g_assert_cmpuint(envelope.outer[8], ==, 0);
    g_assert_false(envelope.is_guessed);
    for (view.length = 12; view.length < 24; view.length++) {
        envelope = envelope_of(&view, NULL, "HMAC_SHA1_96");
        g_assert_false(ipsec_envelope_is_verifiable(&envelope));
    }
    guard_free_all();
}

static const uint8_t mac_key[20] = {1, 2, 3};

static ipsec_crypto *crypto_of_ah(void)
{
    return ipsec_crypto_new(&(ipsec_keys){.integrity = ipsec_integrity_by_name("HMAC_SHA1_96"),
                                          .integrity_key = mac_key,
                                          .integrity_key_length = sizeof mac_key});
}

/* An IPv4 header as AH covers it, with `words` words of options that begin with this octet. */
static void write_v4(uint8_t header[60], unsigned words, uint8_t first)
{
    static const uint8_t ip[20] = {0x45, 0, 1, 0, 0, 1, 0, 0, 0, 51, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2};

    memset(header, 0, 60);
    memcpy(header, ip, sizeof ip);
    header[0] = (uint8_t)(header[0] + words);
    header[3] = (uint8_t)(words * 4);
    if (words > 0)
        header[20] = first;
}

static ipsec_icv_status try_ah(const ipsec_view *view, ipsec_crypto *crypto)
{
    const ipsec_envelope envelope = envelope_of(view, NULL, "HMAC_SHA1_96");

    return ipsec_envelope_try(&envelope, crypto, (ipsec_attempt){false, 0}, NULL);
}

/* Options that may be missing from this fragment are found if they are covered as zeros, with or without a NOP in
 * front. */
static void test_missing_options(void)
{
    ipsec_crypto *crypto = crypto_of_ah();

    for (unsigned words = 0; words <= 10; words++)
        for (uint8_t first = 0; first <= 2; first++) {
            ipsec_view view = ah_view(4, 6, 4, 0x1000, 1, 84);
            uint8_t real[60], at_hand[60], digest[IPSEC_DIGEST_MOST];
            const ipsec_envelope whole = {.view = &view,
                                          .integrity = ipsec_integrity_by_name("HMAC_SHA1_96"),
                                          .icv = 12,
                                          .front = 12,
                                          .outer = real,
                                          .outer_length = 20 + words * 4};

            write_v4(real, words, first);
            write_v4(at_hand, 0, 0);
            g_assert_true(ipsec_envelope_digest(&whole, crypto, 12, (ipsec_attempt){false, 0}, digest));
            memcpy((uint8_t *)view.data + 12, digest, 12);
            view.outer = at_hand;
            view.outer_length = 20;
            g_assert_cmpint(try_ah(&view, crypto), ==, words == 0 ? IPSEC_ICV_GOOD : IPSEC_ICV_BAD);
            view.flags = IPSEC_VIEW_OUTER_GUESSED;
            g_assert_cmpint(try_ah(&view, crypto), ==, words == 0 || first < 2 ? IPSEC_ICV_GOOD : IPSEC_ICV_BAD);
            g_assert_false(envelope_of(&view, NULL, "HMAC_SHA1_96").is_guessed);
            ((uint8_t *)view.data)[83] ^= 1;
            g_assert_cmpint(try_ah(&view, crypto), ==, IPSEC_ICV_BAD);
        }
    ipsec_crypto_free(crypto);
    guard_free_all();
}

/* If there are options, others may be missing anywhere between them. */
static void test_guessed_options(void)
{
    ipsec_view view = ah_view(4, 6, 4, 0x1000, 1, 84);
    uint8_t header[60];

    write_v4(header, 1, 1);
    view.outer = header;
    view.outer_length = 24;
    g_assert_false(envelope_of(&view, NULL, "HMAC_SHA1_96").is_guessed);
    view.flags = IPSEC_VIEW_OUTER_GUESSED;
    g_assert_true(envelope_of(&view, NULL, "HMAC_SHA1_96").is_guessed);
    view = esp_view(4, 0x1000, 1, 80);
    view.flags = IPSEC_VIEW_OUTER_GUESSED;
    g_assert_false(envelope_of(&view, "NULL", "HMAC_SHA1_96").is_guessed);
    guard_free_all();
}

static void test_try(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA1_96", "yes", "any");
    const ipsec_view view =
        sealed_view(4, &spec, &(sealing){.sequence = 1, .esn = true, .high = 3}, sound_plaintext, 12);
    const ipsec_envelope envelope = ipsec_envelope_of(&view, spec.encryption, spec.integrity, outer);
    ipsec_crypto *crypto = ipsec_crypto_new(&(ipsec_keys){.encryption = spec.encryption,
                                                          .integrity = spec.integrity,
                                                          .integrity_key = spec.integrity_key,
                                                          .integrity_key_length = spec.integrity_key_length});
    uint8_t plaintext[64];

    g_assert_nonnull(crypto);
    g_assert_cmpint(ipsec_envelope_try(&envelope, crypto, (ipsec_attempt){false, 0}, plaintext), ==, IPSEC_ICV_BAD);
    g_assert_cmpint(ipsec_envelope_try(&envelope, crypto, (ipsec_attempt){true, 2}, plaintext), ==, IPSEC_ICV_BAD);
    g_assert_cmpint(ipsec_envelope_try(&envelope, crypto, (ipsec_attempt){true, 3}, plaintext), ==, IPSEC_ICV_GOOD);
    g_assert_cmpmem(plaintext, 12, sound_plaintext, 12);
    ipsec_crypto_free(crypto);
    guard_free_all();
}

static uint8_t *from_hex(const char *hex, uint32_t *length)
{
    uint8_t *octets = g_malloc(strlen(hex) / 2 + 1);

    *length = (uint32_t)strlen(hex) / 2;
    for (uint32_t i = 0; i < *length; i++)
        octets[i] = (uint8_t)(g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
    return octets;
}

static ipsec_icv_status try_ah_vector(const ah_vector *v, const uint8_t *packet, uint32_t length, ipsec_crypto *crypto)
{
    ipsec_view view = view_of(IPSEC_PROTOCOL_AH, 4, packet + v->outer, length - v->outer);
    ipsec_icv_status status;
    ipsec_envelope envelope;

    view.outer = packet;
    view.outer_length = v->outer;
    envelope = envelope_of(&view, NULL, v->integrity);
    status = ipsec_envelope_try(&envelope, crypto, (ipsec_attempt){v->esn, v->high}, NULL);
    guard_free_all();
    return status;
}

/* Each verifies, but not with any octet changed from AH on: IV and padding are covered as they are. */
static void test_ah_vectors(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(ah_vectors); i++) {
        const ah_vector *v = &ah_vectors[i];
        uint32_t length, key_length;
        uint8_t *packet = from_hex(v->packet, &length), *key = from_hex(v->key, &key_length);
        ipsec_crypto *crypto = ipsec_crypto_new(&(ipsec_keys){.integrity = ipsec_integrity_by_name(v->integrity),
                                                              .integrity_key = key,
                                                              .integrity_key_length = (uint16_t)key_length});

        g_test_message("%s", v->source);
        g_assert_cmpint(try_ah_vector(v, packet, length, crypto), ==, IPSEC_ICV_GOOD);
        for (uint32_t at = v->outer; at < length; at++) {
            packet[at] ^= 1;
            g_assert_cmpint(try_ah_vector(v, packet, length, crypto), ==, IPSEC_ICV_BAD);
            packet[at] ^= 1;
        }
        ipsec_crypto_free(crypto);
        g_free(packet);
        g_free(key);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    gcry_check_version(NULL);
    g_test_add_func("/envelope/parts-of-esp", test_parts_of_esp);
    g_test_add_func("/envelope/ah-outer", test_ah_needs_its_outer_header);
    g_test_add_func("/envelope/missing-options", test_missing_options);
    g_test_add_func("/envelope/guessed-options", test_guessed_options);
    g_test_add_func("/envelope/try", test_try);
    g_test_add_func("/envelope/ah-vectors", test_ah_vectors);
    return g_test_run();
}
