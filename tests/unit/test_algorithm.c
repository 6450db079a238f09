/* Tables of algorithms and their names. SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/algorithm.h"
#include "keys/crypto.h"

#include <gcrypt.h>
#include <glib.h>

typedef struct name_case {
    const char *name;
    unsigned bits;
    const char *row; /* NULL: none */
} name_case;

static const char *encryption_name(const ipsec_encryption *row)
{
    return row ? row->name : NULL;
}

static const char *integrity_name(const ipsec_integrity *row)
{
    return row ? row->name : NULL;
}

static void test_encryption_rows(void)
{
    unsigned count = 0;

    for (const ipsec_encryption *row; (row = ipsec_encryption_row(count)); count++) {
        g_assert_nonnull(row->name);
        g_assert_nonnull(row->reference);
        g_assert_cmpuint(row->block, >, 0);
        g_assert_true(ipsec_encryption_by_name(row->name) == row);
        g_assert_cmpint(row->mode == IPSEC_CIPHER_NULL, ==, row->keys[0].length == 0);
        for (unsigned i = 0; i < IPSEC_CIPHER_LENGTHS && row->keys[i].length; i++) {
            g_assert_true(ipsec_encryption_takes(row, row->keys[i].length + row->salt));
            g_assert_cmpint(gcry_cipher_test_algo(row->keys[i].id), ==, 0);
            if (row->mode == IPSEC_CIPHER_CBC)
                g_assert_cmpuint(gcry_cipher_get_algo_blklen(row->keys[i].id), ==, row->block);
        }
    }
    g_assert_cmpuint(count, ==, 21);
    g_assert_null(ipsec_encryption_row(UINT_MAX));
}

static void test_integrity_rows(void)
{
    unsigned count = 0;

    for (const ipsec_integrity *row; (row = ipsec_integrity_row(count)); count++) {
        g_assert_true(ipsec_integrity_by_name(row->name) == row);
        g_assert_cmpuint(row->digest, <=, IPSEC_DIGEST_MOST);
        g_assert_true(ipsec_integrity_takes(row, row->key));
        if (row->digest)
            g_assert_cmpuint(row->icv, <=, row->digest);
        if (row->id) {
            g_assert_cmpint(gcry_mac_test_algo(row->id), ==, 0);
            g_assert_cmpuint(gcry_mac_get_algo_maclen(row->id), ==, row->digest);
        }
    }
    g_assert_cmpuint(count, ==, 18);
    g_assert_null(ipsec_integrity_row(UINT_MAX));
}

static void test_registry_names(void)
{
    static const name_case encryptions[] = {
        {"ENCR_3DES", 0, "3DES"},
        {"3des_cbc", 0, "3DES"},
        {"ENCR_NULL", 0, "NULL"},
        {"encr_aes_gcm_16", 0, "AES_GCM_16"},
        {"AES_CBC", 0, "AES_CBC"},
        {"ENCR_NULL_AUTH_AES_GMAC", 0, "NULL_AUTH_AES_GMAC"},
        {"ENCR_CHACHA20_POLY1305_IIV", 0, "CHACHA20_POLY1305_IIV"},
        {"ENCR_", 0, NULL},
        {"", 0, NULL},
        {"AUTH_AES_CBC", 0, NULL},
        {"cbc(aes)", 0, NULL},
        {"AES-CBC [RFC3602]", 0, NULL},
    };
    static const name_case integrities[] = {
        {"AUTH_HMAC_SHA2_256_128", 0, "HMAC_SHA2_256_128"},
        {"auth_aes_xcbc_96", 0, "AES_XCBC_96"},
        {"NONE", 0, "NONE"},
        {"NULL", 0, "NONE"},
        {"AUTH_AES_256_GMAC", 0, "AES_256_GMAC"},
        {"ANY_96", 0, "ANY_96"},
        {"HMAC_SHA2_256", 0, NULL},
        {"sha1", 0, NULL},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(encryptions); i++)
        g_assert_cmpstr(encryption_name(ipsec_encryption_by_name(encryptions[i].name)), ==, encryptions[i].row);
    for (unsigned i = 0; i < G_N_ELEMENTS(integrities); i++)
        g_assert_cmpstr(integrity_name(ipsec_integrity_by_name(integrities[i].name)), ==, integrities[i].row);
}

static void test_linux_names(void)
{
    static const name_case encryptions[] = {
        {"ecb(cipher_null)", 0, "NULL"},
        {"cbc(aes)", 0, "AES_CBC"},
        {"rijndael", 0, "AES_CBC"},
        {"cbc(aes)", 128, NULL},
        {"cbc(des3_ede)", 0, "3DES"},
        {"cast5", 0, "CAST"},
        {"rfc3686(ctr(aes))", 0, "AES_CTR"},
        {"rfc4106(gcm(aes))", 64, "AES_GCM_8"},
        {"rfc4106(gcm(aes))", 96, "AES_GCM_12"},
        {"rfc4106(gcm(aes))", 128, "AES_GCM_16"},
        {"rfc4106(gcm(aes))", 104, NULL},
        {"rfc4106(gcm(aes))", 0, NULL},
        {"rfc4106(gcm(aes))", UINT_MAX, NULL},
        {"rfc4309(ccm(aes))", 96, "AES_CCM_12"},
        {"rfc4543(gcm(aes))", 128, "NULL_AUTH_AES_GMAC"},
        {"rfc7539esp(chacha20,poly1305)", 128, "CHACHA20_POLY1305"},
        {"NULL", 0, NULL},
    };
    static const name_case integrities[] = {
        {"digest_null", 0, "NONE"},
        {"hmac(md5)", 96, "HMAC_MD5_96"},
        {"hmac(sha1)", 0, "HMAC_SHA1_96"},
        {"sha1", 96, "HMAC_SHA1_96"},
        {"hmac(sha1)", 160, NULL},
        {"hmac(sha256)", 0, "HMAC_SHA2_256_96"},
        {"hmac(sha256)", 96, "HMAC_SHA2_256_96"},
        {"hmac(sha256)", 128, "HMAC_SHA2_256_128"},
        {"hmac(sha384)", 192, "HMAC_SHA2_384_192"},
        {"hmac(sha512)", 256, "HMAC_SHA2_512_256"},
        {"rmd160", 96, "HMAC_RIPEMD160_96"},
        {"xcbc(aes)", 96, "AES_XCBC_96"},
        {"cmac(aes)", 96, "AES_CMAC_96"},
        {"hmac(sm3)", 256, NULL},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(encryptions); i++)
        g_assert_cmpstr(encryption_name(ipsec_encryption_by_linux_name(encryptions[i].name, encryptions[i].bits)), ==,
                        encryptions[i].row);
    for (unsigned i = 0; i < G_N_ELEMENTS(integrities); i++)
        g_assert_cmpstr(integrity_name(ipsec_integrity_by_linux_name(integrities[i].name, integrities[i].bits)), ==,
                        integrities[i].row);
}

static void test_wireshark_names(void)
{
    static const name_case encryptions[] = {
        {"NULL", 0, "NULL"},
        {"TripleDES-CBC [RFC2451]", 0, "3DES"},
        {"TWOFISH-CBC", 0, "TWOFISH"},
        {"AES-GCM [RFC4106]", 0, "AES_GCM_16"},
        {"AES-GCM with 8 octet ICV [RFC4106]", 0, "AES_GCM_8"},
        {"AES-GCM with IIV and 16 octet ICV [RFC4106 & RFC8750]", 0, "AES_GCM_16_IIV"},
        {"ChaCha20 with Poly1305 [RFC7634]", 0, "CHACHA20_POLY1305"},
        {"aes", 0, NULL},
    };
    static const name_case integrities[] = {
        {"NULL", 0, "NONE"},
        {"HMAC-SHA-1-96 [RFC2404]", 0, "HMAC_SHA1_96"},
        {"HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]", 0, "HMAC_SHA2_256_96"},
        {"MAC-RIPEMD-160-96 [RFC2857]", 0, "HMAC_RIPEMD160_96"},
        {"ANY 192 bit authentication [no checking]", 0, "ANY_192"},
        {"", 0, NULL},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(encryptions); i++)
        g_assert_cmpstr(encryption_name(ipsec_encryption_by_wireshark_name(encryptions[i].name)), ==,
                        encryptions[i].row);
    for (unsigned i = 0; i < G_N_ELEMENTS(integrities); i++)
        g_assert_cmpstr(integrity_name(ipsec_integrity_by_wireshark_name(integrities[i].name)), ==, integrities[i].row);
}

static void test_key_lengths(void)
{
    static const struct {
        const char *name;
        unsigned length;
        bool takes;
    } encryptions[] =
        {
            {"AES_CBC", 16, true},
            {"AES_CBC", 20, false},
            {"AES_CBC", 0, false},
            {"AES_GCM_16", 20, true},
            {"AES_GCM_16", 16, false},
            {"AES_GCM_16", 4, false},
            {"AES_CCM_8", 19, true},
            {"BLOWFISH", 4, false},
            {"BLOWFISH", 5, true},
            {"BLOWFISH", 56, true},
            {"BLOWFISH", 57, false},
            {"TWOFISH", 24, false},
            {"NULL", 0, true},
            {"NULL", 16, true},
            {"3DES", 24, true},
            {"3DES", 16, false},
            {"CHACHA20_POLY1305", 36, true},
        },
      integrities[] = {
          {"NONE", 0, true},         {"ANY_96", 20, true},       {"HMAC_SHA1_96", 20, true},
          {"HMAC_SHA1_96", 3, true}, {"HMAC_SHA1_96", 0, false}, {"AES_XCBC_96", 20, false},
          {"AES_CMAC_96", 16, true}, {"AES_192_GMAC", 28, true}, {"AES_192_GMAC", 20, false},
      };

    for (unsigned i = 0; i < G_N_ELEMENTS(encryptions); i++)
        g_assert_true(ipsec_encryption_takes(ipsec_encryption_by_name(encryptions[i].name), encryptions[i].length) ==
                      encryptions[i].takes);
    for (unsigned i = 0; i < G_N_ELEMENTS(integrities); i++)
        g_assert_true(ipsec_integrity_takes(ipsec_integrity_by_name(integrities[i].name), integrities[i].length) ==
                      integrities[i].takes);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    gcry_check_version(NULL);
    g_test_add_func("/algorithm/encryption-rows", test_encryption_rows);
    g_test_add_func("/algorithm/integrity-rows", test_integrity_rows);
    g_test_add_func("/algorithm/registry-names", test_registry_names);
    g_test_add_func("/algorithm/linux-names", test_linux_names);
    g_test_add_func("/algorithm/wireshark-names", test_wireshark_names);
    g_test_add_func("/algorithm/key-lengths", test_key_lengths);
    return g_test_run();
}
