/* The reason why nothing verifies, through direct calls. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "sa/guess.h"
#include "keyed.h"

#include <gcrypt.h>
#include <glib.h>
#include <string.h>

static uint8_t scratch[512], outer[IPSEC_AH_OUTER_MOST], detail;

/* The guess for a packet of the row `sent` with the row `known`, which has the same key. */
static ipsec_advice_case guess(const ipsec_key_row *sent, ipsec_key_row known, sealing how, uint8_t damage)
{
    static const uint8_t plaintext[64]; /* more than any row needs */
    ipsec_view view = sealed_view(4, sent, &how, plaintext, sizeof plaintext);
    ipsec_envelope envelope;

    ((uint8_t *)view.data)[9] ^= damage;
    memcpy(known.integrity_key, sent->integrity_key, sizeof known.integrity_key);
    known.integrity_key_length = sent->integrity_key_length;
    envelope = ipsec_envelope_of(&view, known.encryption, known.integrity, outer);
    return ipsec_guess(&envelope, &known, scratch, &detail);
}

static void test_nothing_fits(void)
{
    const ipsec_key_row sent = null_row("HMAC_SHA2_256_128", "no", "any");

    g_assert_cmpint(guess(&sent, sent, (sealing){.sequence = 1}, 1), ==, IPSEC_CASE_NONE);
    g_assert_cmpint(guess(&sent, null_row("HMAC_SHA2_512_256", "no", "any"), (sealing){.sequence = 1}, 1), ==,
                    IPSEC_CASE_NONE);
    guard_free_all();
}

/* For each pair of algorithms with the same key length, the true one is named. */
static void test_algorithms(void)
{
    static const char *const names[] = {"HMAC_MD5_96",       "HMAC_SHA1_96",      "HMAC_SHA2_256_128",
                                        "HMAC_SHA2_384_192", "HMAC_SHA2_512_256", "HMAC_RIPEMD160_96"};

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        for (unsigned k = 0; k < G_N_ELEMENTS(names); k++) {
            const ipsec_key_row sent = null_row(names[i], "no", "any");

            if (i == k)
                continue;
            g_test_message("%s, taken for %s", names[i], names[k]);
            g_assert_cmpint(guess(&sent, null_row(names[k], "no", "any"), (sealing){.sequence = 1}, 0), ==,
                            IPSEC_CASE_INTEGRITY);
            g_assert_cmpstr(ipsec_integrity_row(detail)->name, ==, names[i]);
        }
    guard_free_all();
}

static void test_truncations(void)
{
    static const uint8_t lengths[] = {8, 10, 12, 14, 20, 24, 32};
    const ipsec_key_row sent = null_row("HMAC_SHA2_256_128", "no", "any");

    for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_assert_cmpint(guess(&sent, sent, (sealing){.sequence = 1, .icv = lengths[i]}, 0), ==,
                        lengths[i] == 12 ? IPSEC_CASE_SHA256_96 : IPSEC_CASE_ICV_LENGTH);
        g_assert_cmpuint(detail, ==, lengths[i]);
    }
    g_assert_cmpint(guess(&sent, sent, (sealing){.sequence = 1, .icv = 4}, 0), ==, IPSEC_CASE_NONE);
    guard_free_all();
}

/* No octet before the packet or after its end is read, however short it is. */
static void test_short_packets(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA2_512_256", "no", "any");
    const uint8_t octets[80] = {0, 0, 0x10, 0};

    for (uint32_t length = 8; length < sizeof octets; length++) {
        const ipsec_view view = {
            .data = guard_copy(octets, length), .captured = length, .length = length, .protocol = IPSEC_PROTOCOL_ESP};
        const ipsec_envelope envelope = ipsec_envelope_of(&view, spec.encryption, spec.integrity, outer);

        g_assert_cmpint(ipsec_guess(&envelope, &spec, scratch, &detail), ==, IPSEC_CASE_NONE);
    }
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    gcry_check_version(NULL);
    g_test_add_func("/guess/nothing-fits", test_nothing_fits);
    g_test_add_func("/guess/algorithms", test_algorithms);
    g_test_add_func("/guess/truncations", test_truncations);
    g_test_add_func("/guess/short-packets", test_short_packets);
    return g_test_run();
}
