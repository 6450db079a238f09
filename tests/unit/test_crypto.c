/* Verifying and decrypting. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "vectors.h"

#include <gcrypt.h>
#include <glib.h>
#include <string.h>

/* Octets on the heap, so that valgrind and AddressSanitizer see their end. */
typedef struct octets {
    uint8_t *data;
    uint32_t length;
} octets;

/* A vector ready for use. */
typedef struct opened {
    ipsec_crypto *crypto;
    octets packet, plaintext;
    ipsec_sealed sealed;
    uint8_t iv; /* octets of IV in the packet */
} opened;

static octets from_hex(const char *hex)
{
    octets result = {.length = (uint32_t)strlen(hex) / 2};

    result.data = g_malloc(result.length + 1);
    for (uint32_t i = 0; i < result.length; i++)
        result.data[i] = (uint8_t)(g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
    return result;
}

static ipsec_crypto *make(const char *encryption, const char *integrity, const octets *key, const octets *integrity_key)
{
    const ipsec_keys keys = {.encryption = encryption ? ipsec_encryption_by_name(encryption) : NULL,
                             .encryption_key = key->data,
                             .encryption_key_length = (uint16_t)key->length,
                             .integrity = integrity ? ipsec_integrity_by_name(integrity) : NULL,
                             .integrity_key = integrity_key->data,
                             .integrity_key_length = (uint16_t)integrity_key->length};

    return ipsec_crypto_new(&keys);
}

static opened open_vector(const vector *v)
{
    const ipsec_encryption *encryption = ipsec_encryption_by_name(v->encryption);
    const octets key = from_hex(v->key), integrity_key = from_hex(v->integrity_key);
    opened o = {.crypto = make(v->encryption, v->integrity, &key, &integrity_key),
                .packet = from_hex(v->packet),
                .plaintext = from_hex(v->plaintext),
                .iv = encryption->iv};

    g_assert_nonnull(o.crypto);
    /* The keys are copied. */
    g_free(memset(key.data, 0, key.length));
    g_free(memset(integrity_key.data, 0, integrity_key.length));
    o.sealed = (ipsec_sealed){.esp = guard_copy(o.packet.data, o.packet.length),
                              .length = o.packet.length,
                              .esn = v->esn,
                              .high = v->high,
                              .icv = encryption->icv ? encryption->icv : ipsec_integrity_by_name(v->integrity)->icv};
    return o;
}

static void close_vector(opened *o)
{
    ipsec_crypto_free(o->crypto);
    g_free(o->packet.data);
    g_free(o->plaintext.data);
    guard_free_all();
}

/* Opens a packet into a buffer of exactly the largest size that may be written. */
static ipsec_icv_status open_sealed(const opened *o, const ipsec_sealed *sealed, uint8_t **plaintext)
{
    const uint32_t around = 8u + o->iv + sealed->icv;
    const uint32_t length = sealed->length > around ? sealed->length - around : 0;
    const uint8_t *nothing = g_malloc0(length + 1);

    *plaintext = guard_copy(nothing, length);
    g_free((void *)nothing);
    return ipsec_crypto_open(o->crypto, sealed, *plaintext);
}

static void expect_opened(const vector *v, const opened *o)
{
    uint8_t *plaintext;

    g_test_message("%s", v->source);
    g_assert_cmpint(open_sealed(o, &o->sealed, &plaintext), ==, v->wanted);
    if (v->wanted != IPSEC_ICV_BAD)
        g_assert_cmpmem(plaintext, o->plaintext.length, o->plaintext.data, o->plaintext.length);
}

static void expect_bad(const opened *o, const ipsec_sealed *sealed)
{
    uint8_t *plaintext;

    g_assert_cmpint(open_sealed(o, sealed, &plaintext), ==, IPSEC_ICV_BAD);
}

/* All contexts are reused: a bad packet in between has no lasting effect. */
static void test_vectors(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(vectors); i++) {
        opened o = open_vector(&vectors[i]);
        ipsec_sealed cut = o.sealed;

        expect_opened(&vectors[i], &o);
        expect_opened(&vectors[i], &o);
        cut.length--;
        if (vectors[i].wanted == IPSEC_ICV_GOOD)
            expect_bad(&o, &cut);
        expect_opened(&vectors[i], &o);
        close_vector(&o);
    }
}

/* Whether every octet of a vector is covered by its ICV. */
static bool is_covered(const vector *v)
{
    return v->wanted == IPSEC_ICV_GOOD;
}

static void test_every_octet_is_covered(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(vectors); i++) {
        opened o = open_vector(&vectors[i]);
        g_autofree uint8_t *plaintext = g_malloc(o.packet.length);

        o.sealed.esp = o.packet.data;
        for (uint32_t at = 0; is_covered(&vectors[i]) && at < o.packet.length; at++) {
            o.packet.data[at] ^= (uint8_t)(1u << at % 8);
            g_assert_cmpint(ipsec_crypto_open(o.crypto, &o.sealed, plaintext), ==, IPSEC_ICV_BAD);
            o.packet.data[at] ^= (uint8_t)(1u << at % 8);
        }
        close_vector(&o);
    }
}

static void test_high_half_is_covered(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(vectors); i++) {
        opened o = open_vector(&vectors[i]);
        ipsec_sealed sealed = o.sealed;

        if (is_covered(&vectors[i])) {
            sealed.esn = !sealed.esn;
            expect_bad(&o, &sealed);
        }
        if (is_covered(&vectors[i]) && vectors[i].esn) {
            sealed.esn = true;
            sealed.high++;
            expect_bad(&o, &sealed);
        }
        close_vector(&o);
    }
}

/* Nothing is read beyond the given octets, or written beyond the plaintext, whatever the lengths say. */
static void test_any_length(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(vectors); i++) {
        opened o = open_vector(&vectors[i]);

        for (uint32_t length = 0; length < o.packet.length; length++) {
            const ipsec_sealed sealed = {.esp = guard_copy(o.packet.data, length),
                                         .length = length,
                                         .esn = o.sealed.esn,
                                         .high = o.sealed.high,
                                         .icv = o.sealed.icv};
            uint8_t *plaintext;
            const ipsec_icv_status status = open_sealed(&o, &sealed, &plaintext);

            if (is_covered(&vectors[i]) || length < 8u + o.iv + sealed.icv)
                g_assert_cmpint(status, ==, IPSEC_ICV_BAD);
        }
        close_vector(&o);
    }
}

static void test_any_icv_length(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(vectors); i++) {
        opened o = open_vector(&vectors[i]);
        ipsec_sealed sealed = o.sealed;
        uint8_t *plaintext;

        for (unsigned icv = 0; icv <= UINT8_MAX; icv++) {
            sealed.icv = (uint8_t)icv;
            if (is_covered(&vectors[i]) && icv != o.sealed.icv)
                expect_bad(&o, &sealed);
            else
                open_sealed(&o, &sealed, &plaintext);
        }
        close_vector(&o);
    }
}

/* An SA may use a different truncation than the row: from 4 octets up to the whole digest. */
static void test_other_truncation(void)
{
    static const uint8_t header[] = {0, 0, 0x10, 0, 0, 0, 0, 1, 'p', 'a', 'y', 'l', 'o', 'a', 'd', 0, 0, 59};
    const octets key = from_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), none = {NULL, 0};
    opened o = {.crypto = make("NULL", "HMAC_SHA2_256_128", &none, &key)};
    const ipsec_piece piece = {header, sizeof header};
    uint8_t packet[sizeof header + IPSEC_DIGEST_MOST] = {0};
    uint8_t *plaintext;

    memcpy(packet, header, sizeof header);
    g_assert_true(ipsec_crypto_digest(o.crypto, &piece, 1, NULL, packet + sizeof header));
    for (uint8_t icv = 0; icv <= IPSEC_DIGEST_MOST; icv++) {
        const uint32_t length = (uint32_t)sizeof header + icv;
        const ipsec_sealed sealed = {.esp = guard_copy(packet, length), .length = length, .icv = icv};

        g_assert_cmpint(open_sealed(&o, &sealed, &plaintext), ==,
                        icv >= 4 && icv <= 32 ? IPSEC_ICV_GOOD : IPSEC_ICV_BAD);
    }
    ipsec_crypto_free(o.crypto);
    g_free(key.data);
    guard_free_all();
}

static void test_macs(void)
{
    const octets none = {NULL, 0};

    for (unsigned i = 0; i < G_N_ELEMENTS(mac_vectors); i++) {
        const mac_vector *v = &mac_vectors[i];
        const octets key = from_hex(v->key), message = from_hex(v->message), mac = from_hex(v->mac);
        ipsec_crypto *crypto = make(NULL, v->integrity, &none, &key);
        uint8_t digest[IPSEC_DIGEST_MOST];

        g_test_message("%s", v->source);
        g_assert_nonnull(crypto);
        g_assert_cmpuint(mac.length, ==, ipsec_integrity_by_name(v->integrity)->digest);
        for (uint32_t cut = 0; cut <= message.length; cut++) {
            const ipsec_piece pieces[] = {
                {guard_copy(message.data, cut), cut}, {NULL, 0}, {message.data + cut, message.length - cut}};

            g_assert_true(ipsec_crypto_digest(crypto, pieces, G_N_ELEMENTS(pieces), NULL, digest));
            g_assert_cmpmem(digest, mac.length, mac.data, mac.length);
        }
        ipsec_crypto_free(crypto);
        g_free(key.data);
        g_free(message.data);
        g_free(mac.data);
        guard_free_all();
    }
}

/* GMAC in AH is the same as in ESP, over different octets: it gives the ICV of draft-mcgrew-gcm-test-01 for that
 * packet. */
static void test_gmac_of_ah(void)
{
    const octets none = {NULL, 0};
    unsigned tried = 0;

    for (unsigned i = 0; i < G_N_ELEMENTS(vectors); i++) {
        const octets key = from_hex(vectors[i].key), packet = from_hex(vectors[i].packet);
        const bool fits =
            strcmp(vectors[i].encryption, "NULL_AUTH_AES_GMAC") == 0 && is_covered(&vectors[i]) && !vectors[i].esn;

        if (fits) {
            ipsec_crypto *crypto = make(NULL, key.length == 20 ? "AES_128_GMAC" : "AES_256_GMAC", &none, &key);
            const ipsec_piece piece = {packet.data, packet.length - 16};
            uint8_t digest[IPSEC_DIGEST_MOST];

            for (unsigned round = 0; round < 2; round++) {
                g_assert_true(ipsec_crypto_digest(crypto, &piece, 1, packet.data + 8, digest));
                g_assert_cmpmem(digest, 16, packet.data + piece.length, 16);
            }
            g_assert_false(ipsec_crypto_digest(crypto, &piece, 1, NULL, digest));
            ipsec_crypto_free(crypto);
            tried++;
        }
        g_free(key.data);
        g_free(packet.data);
    }
    g_assert_cmpuint(tried, >=, 2);
}

static void test_what_cannot_be_opened(void)
{
    const octets sixteen = {(uint8_t *)"0123456789abcdef", 16}, none = {NULL, 0};
    const octets gmac_key = {(uint8_t *)"0123456789abcdefsalt", 20};
    const ipsec_piece piece = {sixteen.data, sixteen.length};
    const ipsec_sealed sealed = {.esp = sixteen.data, .length = 16};
    uint8_t digest[IPSEC_DIGEST_MOST];
    ipsec_crypto *crypto;

    g_assert_null(make("AES_GCM_16", NULL, &sixteen, &none));
    g_assert_null(make("3DES", NULL, &sixteen, &none));
    g_assert_null(make("NULL", "HMAC_SHA1_96", &none, &none));
    g_assert_null(make("NULL", "AES_XCBC_96", &none, &gmac_key));
    g_assert_null(make("NULL", "AES_128_GMAC", &none, &gmac_key));
    ipsec_crypto_free(NULL);

    crypto = make(NULL, "ANY_96", &none, &none);
    g_assert_false(ipsec_crypto_digest(crypto, &piece, 1, NULL, digest));
    g_assert_cmpint(ipsec_crypto_open(crypto, &sealed, digest), ==, IPSEC_ICV_BAD);
    ipsec_crypto_free(crypto);
}

/* Keys that libgcrypt calls weak may still be keys of SAs: each of these DES keys is its own inverse. */
static void test_weak_keys(void)
{
    static const struct {
        const char *encryption, *key;
    } weak[] = {
        {"DES", "0101010101010101"},
        {"DES", "fefefefefefefefe"},
        {"3DES", "010101010101010101010101010101010101010101010101"},
    };
    static const uint8_t packet[] = {0, 0, 0x10, 0, 0, 0, 0, 1, [8] = 1, 2, 3, 4, 5, 6, 7, 8, [16] = 9, [23] = 59};
    const ipsec_sealed sealed = {.esp = packet, .length = sizeof packet};
    const octets none = {NULL, 0};

    for (unsigned i = 0; i < G_N_ELEMENTS(weak); i++) {
        const octets key = from_hex(weak[i].key);
        ipsec_crypto *crypto = make(weak[i].encryption, "NONE", &key, &none);
        uint8_t once[8], twice[8], again[sizeof packet];
        const ipsec_sealed back = {.esp = again, .length = sizeof again};

        g_assert_nonnull(crypto);
        g_assert_cmpint(ipsec_crypto_open(crypto, &sealed, once), ==, IPSEC_ICV_NOT_PRESENT);
        memset(again, 0, 16);
        for (unsigned k = 0; k < 8; k++)
            again[16 + k] = once[k] ^ packet[8 + k];
        g_assert_cmpint(ipsec_crypto_open(crypto, &back, twice), ==, IPSEC_ICV_NOT_PRESENT);
        g_assert_cmpmem(twice, 8, packet + 16, 8);
        ipsec_crypto_free(crypto);
        g_free(key.data);
    }
}

static void test_equal(void)
{
    static const uint8_t a[] = {1, 2, 3, 4}, b[] = {1, 2, 3, 5}, c[] = {0, 2, 3, 4};

    g_assert_true(ipsec_crypto_equal(a, a, 4));
    g_assert_true(ipsec_crypto_equal(a, b, 3));
    g_assert_true(ipsec_crypto_equal(a, b, 0));
    g_assert_false(ipsec_crypto_equal(a, b, 4));
    g_assert_false(ipsec_crypto_equal(a, c, 4));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    gcry_check_version(NULL);
    g_test_add_func("/crypto/vectors", test_vectors);
    g_test_add_func("/crypto/every-octet", test_every_octet_is_covered);
    g_test_add_func("/crypto/high-half", test_high_half_is_covered);
    g_test_add_func("/crypto/any-length", test_any_length);
    g_test_add_func("/crypto/any-icv-length", test_any_icv_length);
    g_test_add_func("/crypto/other-truncation", test_other_truncation);
    g_test_add_func("/crypto/macs", test_macs);
    g_test_add_func("/crypto/gmac-of-ah", test_gmac_of_ah);
    g_test_add_func("/crypto/cannot-be-opened", test_what_cannot_be_opened);
    g_test_add_func("/crypto/weak-keys", test_weak_keys);
    g_test_add_func("/crypto/equal", test_equal);
    return g_test_run();
}
