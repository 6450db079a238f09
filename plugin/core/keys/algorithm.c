/* The tables of algorithms and of their names. SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/algorithm.h"

#include <gcrypt.h>
#include <glib.h>
#include <string.h>

/* Rows of encryption algorithms. */
enum {
    E_NULL,
    E_DES,
    E_3DES,
    E_AES_CBC,
    E_AES_CTR,
    E_CAMELLIA_CBC,
    E_BLOWFISH,
    E_CAST,
    E_TWOFISH,
    E_SERPENT,
    E_AES_GCM_8,
    E_AES_GCM_12,
    E_AES_GCM_16,
    E_AES_CCM_8,
    E_AES_CCM_12,
    E_AES_CCM_16,
    E_GMAC,
    E_CHACHA20_POLY1305,
    E_AES_CCM_8_IIV,
    E_AES_GCM_16_IIV,
    E_CHACHA20_POLY1305_IIV
};

#define KEY(octets, cipher)                                                                                            \
    {                                                                                                                  \
        octets, GCRY_CIPHER_##cipher                                                                                   \
    }
#define AES_KEYS      KEY(16, AES128), KEY(24, AES192), KEY(32, AES256)
#define CAMELLIA_KEYS KEY(16, CAMELLIA128), KEY(24, CAMELLIA192), KEY(32, CAMELLIA256)
#define SERPENT_KEYS  KEY(16, SERPENT128), KEY(24, SERPENT192), KEY(32, SERPENT256)
#define TWOFISH_KEYS  KEY(16, TWOFISH128), KEY(32, TWOFISH)

/* The draft that defined the candidates of the AES competition for ESP. */
#define CANDIDATES "draft-ietf-ipsec-ciph-aes-cbc-00"

/* After the document: the octets of a block, which are also those of the IV, and the keys. */
#define CBC(label, document, octets, ...)                                                                              \
    .name = label, .reference = document, .mode = IPSEC_CIPHER_CBC, .iv = octets, .block = octets, .keys = {__VA_ARGS__}

/* After the document: the octets of salt, IV and ICV, and the keys. */
#define STREAM(kind, label, document, salts, ivs, icvs, ...)                                                           \
    .name = label, .reference = document, .mode = IPSEC_CIPHER_##kind, .salt = salts, .iv = ivs, .block = 1,           \
    .icv = icvs, .implicit_iv = ivs == 0, .keys = {__VA_ARGS__}

static const ipsec_encryption encryptions[] = {
    [E_NULL] = {.name = "NULL", .reference = "RFC 2410", .mode = IPSEC_CIPHER_NULL, .block = 1},
    [E_DES] = {CBC("DES", "RFC 2405", 8, KEY(8, DES))},
    [E_3DES] = {CBC("3DES", "RFC 2451", 8, KEY(24, 3DES))},
    [E_AES_CBC] = {CBC("AES_CBC", "RFC 3602", 16, AES_KEYS)},
    [E_AES_CTR] = {STREAM(CTR, "AES_CTR", "RFC 3686", 4, 8, 0, AES_KEYS)},
    [E_CAMELLIA_CBC] = {CBC("CAMELLIA_CBC", "RFC 4312", 16, CAMELLIA_KEYS)},
    [E_BLOWFISH] = {CBC("BLOWFISH", "RFC 2451", 8, KEY(56, BLOWFISH)), .key_least = 5},
    /* RFC 2451 has keys from 5 octets on; libgcrypt takes only 16. */
    [E_CAST] = {CBC("CAST", "RFC 2451", 8, KEY(16, CAST5))},
    /* Twofish has keys of 24 octets too, which libgcrypt does not take. */
    [E_TWOFISH] = {CBC("TWOFISH", CANDIDATES, 16, TWOFISH_KEYS)},
    [E_SERPENT] = {CBC("SERPENT", CANDIDATES, 16, SERPENT_KEYS)},
    [E_AES_GCM_8] = {STREAM(GCM, "AES_GCM_8", "RFC 4106", 4, 8, 8, AES_KEYS)},
    [E_AES_GCM_12] = {STREAM(GCM, "AES_GCM_12", "RFC 4106", 4, 8, 12, AES_KEYS)},
    [E_AES_GCM_16] = {STREAM(GCM, "AES_GCM_16", "RFC 4106", 4, 8, 16, AES_KEYS)},
    [E_AES_CCM_8] = {STREAM(CCM, "AES_CCM_8", "RFC 4309", 3, 8, 8, AES_KEYS)},
    [E_AES_CCM_12] = {STREAM(CCM, "AES_CCM_12", "RFC 4309", 3, 8, 12, AES_KEYS)},
    [E_AES_CCM_16] = {STREAM(CCM, "AES_CCM_16", "RFC 4309", 3, 8, 16, AES_KEYS)},
    [E_GMAC] = {STREAM(GMAC, "NULL_AUTH_AES_GMAC", "RFC 4543", 4, 8, 16, AES_KEYS)},
    [E_CHACHA20_POLY1305] = {STREAM(CHACHA20_POLY1305, "CHACHA20_POLY1305", "RFC 7634", 4, 8, 16, KEY(32, CHACHA20))},
    [E_AES_CCM_8_IIV] = {STREAM(CCM, "AES_CCM_8_IIV", "RFC 8750", 3, 0, 8, AES_KEYS)},
    [E_AES_GCM_16_IIV] = {STREAM(GCM, "AES_GCM_16_IIV", "RFC 8750", 4, 0, 16, AES_KEYS)},
    [E_CHACHA20_POLY1305_IIV] = {STREAM(CHACHA20_POLY1305, "CHACHA20_POLY1305_IIV", "RFC 8750", 4, 0, 16,
                                        KEY(32, CHACHA20))},
};

/* Rows of integrity algorithms. */
enum {
    I_NONE,
    I_HMAC_MD5_96,
    I_HMAC_SHA1_96,
    I_HMAC_SHA2_256_96,
    I_HMAC_SHA2_256_128,
    I_HMAC_SHA2_384_192,
    I_HMAC_SHA2_512_256,
    I_HMAC_RIPEMD160_96,
    I_AES_XCBC_96,
    I_AES_CMAC_96,
    I_AES_128_GMAC,
    I_AES_192_GMAC,
    I_AES_256_GMAC,
    I_ANY_64,
    I_ANY_96,
    I_ANY_128,
    I_ANY_192,
    I_ANY_256
};

/* After the document: the hash, its octets, and how many of them are left after truncation. The RFCs require a key as
 * long as the hash. */
#define HMAC(label, document, hash, octets, left)                                                                      \
    .name = label, .reference = document, .kind = IPSEC_MAC_GCRYPT, .id = GCRY_MAC_HMAC_##hash, .key = octets,         \
    .any_key = true, .icv = left, .digest = octets

#define GMAC(label, octets)                                                                                            \
    .name = label, .reference = "RFC 4543", .kind = IPSEC_MAC_AES_GMAC, .id = GCRY_MAC_GMAC_AES, .key = octets + 4,    \
    .salt = 4, .iv = 8, .icv = 16, .digest = 16

#define ANY(label, octets) .name = label, .reference = "", .kind = IPSEC_MAC_ANY, .icv = octets

static const ipsec_integrity integrities[] = {
    [I_NONE] = {.name = "NONE", .reference = "RFC 4303", .kind = IPSEC_MAC_NONE},
    [I_HMAC_MD5_96] = {HMAC("HMAC_MD5_96", "RFC 2403", MD5, 16, 12)},
    [I_HMAC_SHA1_96] = {HMAC("HMAC_SHA1_96", "RFC 2404", SHA1, 20, 12)},
    [I_HMAC_SHA2_256_96] = {HMAC("HMAC_SHA2_256_96", "draft-ietf-ipsec-ciph-sha-256-00", SHA256, 32, 12)},
    [I_HMAC_SHA2_256_128] = {HMAC("HMAC_SHA2_256_128", "RFC 4868", SHA256, 32, 16)},
    [I_HMAC_SHA2_384_192] = {HMAC("HMAC_SHA2_384_192", "RFC 4868", SHA384, 48, 24)},
    [I_HMAC_SHA2_512_256] = {HMAC("HMAC_SHA2_512_256", "RFC 4868", SHA512, 64, 32)},
    [I_HMAC_RIPEMD160_96] = {HMAC("HMAC_RIPEMD160_96", "RFC 2857", RMD160, 20, 12)},
    [I_AES_XCBC_96] = {.name = "AES_XCBC_96",
                       .reference = "RFC 3566",
                       .kind = IPSEC_MAC_AES_XCBC,
                       .key = 16,
                       .icv = 12,
                       .digest = 16},
    [I_AES_CMAC_96] = {.name = "AES_CMAC_96",
                       .reference = "RFC 4494",
                       .kind = IPSEC_MAC_GCRYPT,
                       .id = GCRY_MAC_CMAC_AES,
                       .key = 16,
                       .icv = 12,
                       .digest = 16},
    [I_AES_128_GMAC] = {GMAC("AES_128_GMAC", 16)},
    [I_AES_192_GMAC] = {GMAC("AES_192_GMAC", 24)},
    [I_AES_256_GMAC] = {GMAC("AES_256_GMAC", 32)},
    [I_ANY_64] = {ANY("ANY_64", 8)},
    [I_ANY_96] = {ANY("ANY_96", 12)},
    [I_ANY_128] = {ANY("ANY_128", 16)},
    [I_ANY_192] = {ANY("ANY_192", 24)},
    [I_ANY_256] = {ANY("ANY_256", 32)},
};

/* Who uses the name. */
typedef enum {
    BY_REGISTRY, /* the registry and names like it: strongSwan's, those of private use. The rows' own names are tried
                    first. */
    BY_LINUX,
    BY_WIRESHARK
} name_origin;

typedef struct alias {
    name_origin origin;
    uint8_t row;
    const char *name;
} alias;

static const alias encryption_aliases[] = {
    {BY_REGISTRY, E_DES, "DES_CBC"},
    {BY_REGISTRY, E_3DES, "3DES_CBC"},
    {BY_REGISTRY, E_BLOWFISH, "BLOWFISH_CBC"},
    {BY_REGISTRY, E_CAST, "CAST_CBC"},
    {BY_REGISTRY, E_TWOFISH, "TWOFISH_CBC"},
    {BY_REGISTRY, E_SERPENT, "SERPENT_CBC"},
    {BY_REGISTRY, E_GMAC, "NULL_AES_GMAC"},
    {BY_LINUX, E_NULL, "ecb(cipher_null)"},
    {BY_LINUX, E_NULL, "cipher_null"},
    {BY_LINUX, E_DES, "cbc(des)"},
    {BY_LINUX, E_DES, "des"},
    {BY_LINUX, E_3DES, "cbc(des3_ede)"},
    {BY_LINUX, E_3DES, "des3_ede"},
    {BY_LINUX, E_AES_CBC, "cbc(aes)"},
    {BY_LINUX, E_AES_CBC, "aes"},
    {BY_LINUX, E_AES_CBC, "rijndael"},
    {BY_LINUX, E_AES_CTR, "rfc3686(ctr(aes))"},
    {BY_LINUX, E_CAMELLIA_CBC, "cbc(camellia)"},
    {BY_LINUX, E_CAMELLIA_CBC, "camellia"},
    {BY_LINUX, E_BLOWFISH, "cbc(blowfish)"},
    {BY_LINUX, E_BLOWFISH, "blowfish"},
    {BY_LINUX, E_CAST, "cbc(cast5)"},
    {BY_LINUX, E_CAST, "cast5"},
    {BY_LINUX, E_TWOFISH, "cbc(twofish)"},
    {BY_LINUX, E_TWOFISH, "twofish"},
    {BY_LINUX, E_SERPENT, "cbc(serpent)"},
    {BY_LINUX, E_SERPENT, "serpent"},
    {BY_LINUX, E_AES_GCM_8, "rfc4106(gcm(aes))"},
    {BY_LINUX, E_AES_GCM_12, "rfc4106(gcm(aes))"},
    {BY_LINUX, E_AES_GCM_16, "rfc4106(gcm(aes))"},
    {BY_LINUX, E_AES_CCM_8, "rfc4309(ccm(aes))"},
    {BY_LINUX, E_AES_CCM_12, "rfc4309(ccm(aes))"},
    {BY_LINUX, E_AES_CCM_16, "rfc4309(ccm(aes))"},
    {BY_LINUX, E_GMAC, "rfc4543(gcm(aes))"},
    {BY_LINUX, E_CHACHA20_POLY1305, "rfc7539esp(chacha20,poly1305)"},
    {BY_WIRESHARK, E_NULL, "NULL"},
    {BY_WIRESHARK, E_3DES, "TripleDES-CBC [RFC2451]"},
    {BY_WIRESHARK, E_AES_CBC, "AES-CBC [RFC3602]"},
    {BY_WIRESHARK, E_AES_CTR, "AES-CTR [RFC3686]"},
    {BY_WIRESHARK, E_DES, "DES-CBC [RFC2405]"},
    {BY_WIRESHARK, E_CAST, "CAST5-CBC [RFC2144]"},
    {BY_WIRESHARK, E_BLOWFISH, "BLOWFISH-CBC [RFC2451]"},
    {BY_WIRESHARK, E_TWOFISH, "TWOFISH-CBC"},
    {BY_WIRESHARK, E_AES_GCM_16, "AES-GCM [RFC4106]"}, /* states no length; 16 octets, as most SAs use */
    {BY_WIRESHARK, E_AES_GCM_8, "AES-GCM with 8 octet ICV [RFC4106]"},
    {BY_WIRESHARK, E_AES_GCM_12, "AES-GCM with 12 octet ICV [RFC4106]"},
    {BY_WIRESHARK, E_AES_GCM_16, "AES-GCM with 16 octet ICV [RFC4106]"},
    {BY_WIRESHARK, E_AES_GCM_16_IIV, "AES-GCM with IIV and 16 octet ICV [RFC4106 & RFC8750]"},
    {BY_WIRESHARK, E_CHACHA20_POLY1305, "ChaCha20 with Poly1305 [RFC7634]"},
    {BY_WIRESHARK, E_CHACHA20_POLY1305_IIV, "ChaCha20 with Poly1305 and IIV [RFC7634 & RFC8750]"},
};

/* If several rows have the same Linux name, the first is its default truncation. */
static const alias integrity_aliases[] = {
    {BY_REGISTRY, I_NONE, "NULL"},
    {BY_LINUX, I_NONE, "digest_null"},
    {BY_LINUX, I_HMAC_MD5_96, "hmac(md5)"},
    {BY_LINUX, I_HMAC_MD5_96, "md5"},
    {BY_LINUX, I_HMAC_SHA1_96, "hmac(sha1)"},
    {BY_LINUX, I_HMAC_SHA1_96, "sha1"},
    {BY_LINUX, I_HMAC_SHA2_256_96, "hmac(sha256)"},
    {BY_LINUX, I_HMAC_SHA2_256_96, "sha256"},
    {BY_LINUX, I_HMAC_SHA2_256_128, "hmac(sha256)"},
    {BY_LINUX, I_HMAC_SHA2_256_128, "sha256"},
    {BY_LINUX, I_HMAC_SHA2_384_192, "hmac(sha384)"},
    {BY_LINUX, I_HMAC_SHA2_512_256, "hmac(sha512)"},
    {BY_LINUX, I_HMAC_RIPEMD160_96, "hmac(rmd160)"},
    {BY_LINUX, I_HMAC_RIPEMD160_96, "rmd160"},
    {BY_LINUX, I_AES_XCBC_96, "xcbc(aes)"},
    {BY_LINUX, I_AES_CMAC_96, "cmac(aes)"},
    {BY_WIRESHARK, I_NONE, "NULL"},
    {BY_WIRESHARK, I_HMAC_SHA1_96, "HMAC-SHA-1-96 [RFC2404]"},
    {BY_WIRESHARK, I_HMAC_SHA2_256_96, "HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]"},
    {BY_WIRESHARK, I_HMAC_SHA2_256_128, "HMAC-SHA-256-128 [RFC4868]"},
    {BY_WIRESHARK, I_HMAC_SHA2_384_192, "HMAC-SHA-384-192 [RFC4868]"},
    {BY_WIRESHARK, I_HMAC_SHA2_512_256, "HMAC-SHA-512-256 [RFC4868]"},
    {BY_WIRESHARK, I_HMAC_MD5_96, "HMAC-MD5-96 [RFC2403]"},
    {BY_WIRESHARK, I_HMAC_RIPEMD160_96, "MAC-RIPEMD-160-96 [RFC2857]"},
    {BY_WIRESHARK, I_ANY_64, "ANY 64 bit authentication [no checking]"},
    {BY_WIRESHARK, I_ANY_96, "ANY 96 bit authentication [no checking]"},
    {BY_WIRESHARK, I_ANY_128, "ANY 128 bit authentication [no checking]"},
    {BY_WIRESHARK, I_ANY_192, "ANY 192 bit authentication [no checking]"},
    {BY_WIRESHARK, I_ANY_256, "ANY 256 bit authentication [no checking]"},
};

const ipsec_encryption *ipsec_encryption_row(unsigned index)
{
    return index < G_N_ELEMENTS(encryptions) ? &encryptions[index] : NULL;
}

const ipsec_integrity *ipsec_integrity_row(unsigned index)
{
    return index < G_N_ELEMENTS(integrities) ? &integrities[index] : NULL;
}

/* Row indices by registry number, plus 1; 0 if there is none. */
#define AT(row) ((row) + 1)

const ipsec_encryption *ipsec_encryption_by_number(unsigned number)
{
    static const uint8_t rows[] = {
        [2] = AT(E_DES),
        [3] = AT(E_3DES),
        [6] = AT(E_CAST),
        [7] = AT(E_BLOWFISH),
        [11] = AT(E_NULL),
        [12] = AT(E_AES_CBC),
        [13] = AT(E_AES_CTR),
        [14] = AT(E_AES_CCM_8),
        [15] = AT(E_AES_CCM_12),
        [16] = AT(E_AES_CCM_16),
        [18] = AT(E_AES_GCM_8),
        [19] = AT(E_AES_GCM_12),
        [20] = AT(E_AES_GCM_16),
        [21] = AT(E_GMAC),
        [23] = AT(E_CAMELLIA_CBC),
        [28] = AT(E_CHACHA20_POLY1305),
        [29] = AT(E_AES_CCM_8_IIV),
        [30] = AT(E_AES_GCM_16_IIV),
        [31] = AT(E_CHACHA20_POLY1305_IIV),
    };

    return number < G_N_ELEMENTS(rows) && rows[number] ? &encryptions[rows[number] - 1] : NULL;
}

const ipsec_integrity *ipsec_integrity_by_number(unsigned number)
{
    static const uint8_t rows[] = {
        [0] = AT(I_NONE),
        [1] = AT(I_HMAC_MD5_96),
        [2] = AT(I_HMAC_SHA1_96),
        [5] = AT(I_AES_XCBC_96),
        [8] = AT(I_AES_CMAC_96),
        [9] = AT(I_AES_128_GMAC),
        [10] = AT(I_AES_192_GMAC),
        [11] = AT(I_AES_256_GMAC),
        [12] = AT(I_HMAC_SHA2_256_128),
        [13] = AT(I_HMAC_SHA2_384_192),
        [14] = AT(I_HMAC_SHA2_512_256),
    };

    return number < G_N_ELEMENTS(rows) && rows[number] ? &integrities[rows[number] - 1] : NULL;
}

#undef AT

/* A table may have 100,000 rows, so what most names differ in is compared first: the first letter, of which case is one
 * bit, and the length. */
static inline bool is_name(const char *a, const char *b)
{
    const int case_bit = 'a' ^ 'A';

    return ((a[0] ^ b[0]) & ~case_bit) == 0 && strlen(a) == strlen(b) && g_ascii_strcasecmp(a, b) == 0;
}

static bool is_alias(const alias *candidate, name_origin origin, const char *name)
{
    return candidate->origin == origin && is_name(candidate->name, name);
}

static const char *skip_prefix(const char *name, const char *prefix)
{
    const size_t length = strlen(prefix);

    return g_ascii_strncasecmp(name, prefix, length) == 0 ? name + length : name;
}

/* The first row with that name and an ICV of `icv_bits`; if that is negative, with any ICV. */
static const ipsec_encryption *find_encryption(name_origin origin, const char *name, int icv_bits)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(encryption_aliases); i++) {
        const ipsec_encryption *row = &encryptions[encryption_aliases[i].row];

        if (is_alias(&encryption_aliases[i], origin, name) && (icv_bits < 0 || row->icv * 8 == icv_bits))
            return row;
    }
    return NULL;
}

static const ipsec_integrity *find_integrity(name_origin origin, const char *name, unsigned icv_bits)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(integrity_aliases); i++) {
        const ipsec_integrity *row = &integrities[integrity_aliases[i].row];

        if (is_alias(&integrity_aliases[i], origin, name) && (icv_bits == 0 || row->icv * 8u == icv_bits))
            return row;
    }
    return NULL;
}

const ipsec_encryption *ipsec_encryption_by_name(const char *name)
{
    const char *bare = skip_prefix(name, "ENCR_");

    for (unsigned i = 0; i < G_N_ELEMENTS(encryptions); i++)
        if (is_name(encryptions[i].name, bare))
            return &encryptions[i];
    return find_encryption(BY_REGISTRY, bare, -1);
}

const ipsec_integrity *ipsec_integrity_by_name(const char *name)
{
    const char *bare = skip_prefix(name, "AUTH_");

    for (unsigned i = 0; i < G_N_ELEMENTS(integrities); i++)
        if (is_name(integrities[i].name, bare))
            return &integrities[i];
    return find_integrity(BY_REGISTRY, bare, 0);
}

const ipsec_integrity *ipsec_integrity_none(void)
{
    return &integrities[I_NONE];
}

const ipsec_encryption *ipsec_encryption_by_linux_name(const char *name, unsigned icv_bits)
{
    return icv_bits <= UINT8_MAX * 8 ? find_encryption(BY_LINUX, name, (int)icv_bits) : NULL;
}

const ipsec_integrity *ipsec_integrity_by_linux_name(const char *name, unsigned icv_bits)
{
    return find_integrity(BY_LINUX, name, icv_bits);
}

const ipsec_encryption *ipsec_encryption_by_wireshark_name(const char *name)
{
    return find_encryption(BY_WIRESHARK, name, -1);
}

const ipsec_integrity *ipsec_integrity_by_wireshark_name(const char *name)
{
    return find_integrity(BY_WIRESHARK, name, 0);
}

bool ipsec_encryption_takes(const ipsec_encryption *encryption, unsigned length)
{
    if (encryption->mode == IPSEC_CIPHER_NULL)
        return true; /* RFC 2410 2.1: keys of varying lengths */
    return ipsec_encryption_cipher(encryption, length) != 0;
}

int ipsec_encryption_cipher(const ipsec_encryption *encryption, unsigned length)
{
    const unsigned key = length - encryption->salt;

    if (length <= encryption->salt)
        return 0;
    if (encryption->key_least)
        return key >= encryption->key_least && key <= encryption->keys[0].length ? encryption->keys[0].id : 0;
    for (unsigned i = 0; i < IPSEC_CIPHER_LENGTHS; i++)
        if (encryption->keys[i].length == key)
            return encryption->keys[i].id;
    return 0;
}

bool ipsec_integrity_takes(const ipsec_integrity *integrity, unsigned length)
{
    if (integrity->key == 0)
        return true;
    return length == integrity->key || (integrity->any_key && length > 0);
}
