/* Verifying and decrypting with libgcrypt. SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/crypto.h"
#include "base/wipe.h"
#include "keys/xcbc.h"

#include <gcrypt.h>
#include <glib.h>
#include <string.h>

enum {
    SEQUENCE_AT = 4,
    SALT_MOST = 4,
    EXPLICIT_IV = 8, /* the part of a nonce that changes */
    NONCE_MOST = 16,
    TAG_MOST = 16,
    ICV_LEAST = 4 /* shorter ones verify too easily by chance */
};

struct ipsec_crypto {
    const ipsec_encryption *encryption; /* NULL for AH */
    const ipsec_integrity *integrity;   /* separate from encryption; never NULL */
    gcry_cipher_hd_t cipher;
    gcry_mac_hd_t mac;
    ipsec_xcbc *xcbc;
    uint8_t salt[SALT_MOST];     /* of the encryption */
    uint8_t mac_salt[SALT_MOST]; /* of the integrity algorithm */
};

/* Where the parts of a packet are. */
typedef struct layout {
    const uint8_t *iv;
    const uint8_t *body;
    const uint8_t *icv;
    uint32_t length; /* of the body */
} layout;

/* --- opening and closing --- */

static int gcrypt_mode(ipsec_cipher_mode mode)
{
    static const int modes[] = {[IPSEC_CIPHER_NULL] = GCRY_CIPHER_MODE_NONE,
                                [IPSEC_CIPHER_CBC] = GCRY_CIPHER_MODE_CBC,
                                [IPSEC_CIPHER_CTR] = GCRY_CIPHER_MODE_CTR,
                                [IPSEC_CIPHER_GCM] = GCRY_CIPHER_MODE_GCM,
                                [IPSEC_CIPHER_CCM] = GCRY_CIPHER_MODE_CCM,
                                [IPSEC_CIPHER_GMAC] = GCRY_CIPHER_MODE_GCM,
                                [IPSEC_CIPHER_CHACHA20_POLY1305] = GCRY_CIPHER_MODE_POLY1305};

    return modes[mode];
}

/* Weak DES keys are accepted. libgcrypt then sets the key, but still reports it as weak; before 1.10 it cannot be told
 * to accept it. */
static bool set_key(gcry_cipher_hd_t cipher, const uint8_t *key, size_t length)
{
    gcry_error_t error;

#if GCRYPT_VERSION_NUMBER >= 0x010a00
    gcry_cipher_ctl(cipher, GCRYCTL_SET_ALLOW_WEAK_KEY, NULL, 1);
#endif
    error = gcry_cipher_setkey(cipher, key, length);
#if GCRYPT_VERSION_NUMBER >= 0x010a00
    if (gcry_err_code(error) == GPG_ERR_WEAK_KEY)
        return true;
#endif
    return !error;
}

static bool open_cipher(ipsec_crypto *crypto, const ipsec_keys *keys)
{
    const ipsec_encryption *encryption = keys->encryption;
    uint32_t length;
    int id;

    if (!encryption || encryption->mode == IPSEC_CIPHER_NULL)
        return true;
    id = ipsec_encryption_cipher(encryption, keys->encryption_key_length);
    if (id == 0 || gcry_cipher_open(&crypto->cipher, id, gcrypt_mode(encryption->mode), 0))
        return false;
    length = keys->encryption_key_length - encryption->salt;
    memcpy(crypto->salt, keys->encryption_key + length, encryption->salt);
    return set_key(crypto->cipher, keys->encryption_key, length);
}

static bool open_mac(ipsec_crypto *crypto, const ipsec_keys *keys)
{
    const ipsec_integrity *integrity = crypto->integrity;
    uint32_t length;

    if (integrity->kind == IPSEC_MAC_NONE || integrity->kind == IPSEC_MAC_ANY)
        return true;
    if (!ipsec_integrity_takes(integrity, keys->integrity_key_length) || (integrity->iv > 0 && keys->encryption))
        return false;
    if (integrity->kind == IPSEC_MAC_AES_XCBC) {
        crypto->xcbc = ipsec_xcbc_new(keys->integrity_key);
        return crypto->xcbc != NULL;
    }
    length = keys->integrity_key_length - integrity->salt;
    memcpy(crypto->mac_salt, keys->integrity_key + length, integrity->salt);
    return !gcry_mac_open(&crypto->mac, integrity->id, 0, NULL) &&
           !gcry_mac_setkey(crypto->mac, keys->integrity_key, length);
}

static const ipsec_integrity *choose_integrity(const ipsec_keys *keys)
{
    const bool none = !keys->integrity || (keys->encryption && ipsec_encryption_is_combined(keys->encryption));

    return none ? ipsec_integrity_none() : keys->integrity;
}

ipsec_crypto *ipsec_crypto_new(const ipsec_keys *keys)
{
    ipsec_crypto *crypto = g_new0(ipsec_crypto, 1);

    crypto->encryption = keys->encryption;
    crypto->integrity = choose_integrity(keys);
    if (open_cipher(crypto, keys) && open_mac(crypto, keys))
        return crypto;
    ipsec_crypto_free(crypto);
    return NULL;
}

void ipsec_crypto_free(ipsec_crypto *crypto)
{
    if (!crypto)
        return;
    gcry_cipher_close(crypto->cipher);
    gcry_mac_close(crypto->mac);
    ipsec_xcbc_free(crypto->xcbc);
    ipsec_wipe(crypto, sizeof *crypto);
    g_free(crypto);
}

/* --- MAC --- */

bool ipsec_crypto_equal(const uint8_t *a, const uint8_t *b, uint32_t length)
{
    uint8_t difference = 0;

    for (uint32_t i = 0; i < length; i++)
        difference |= a[i] ^ b[i];
    return difference == 0;
}

static bool digest_xcbc(ipsec_xcbc *xcbc, const ipsec_piece *pieces, unsigned count, uint8_t *digest)
{
    ipsec_xcbc_start(xcbc);
    for (unsigned i = 0; i < count; i++)
        ipsec_xcbc_add(xcbc, pieces[i].octets, pieces[i].length);
    return ipsec_xcbc_finish(xcbc, digest);
}

/* Setting the IV of GMAC also restarts it; a reset would lose the IV. */
static bool start_mac(ipsec_crypto *crypto, const uint8_t *iv)
{
    uint8_t nonce[SALT_MOST + EXPLICIT_IV];

    if (crypto->integrity->kind != IPSEC_MAC_AES_GMAC)
        return !gcry_mac_reset(crypto->mac);
    if (!iv)
        return false;
    memcpy(nonce, crypto->mac_salt, SALT_MOST);
    memcpy(nonce + SALT_MOST, iv, EXPLICIT_IV);
    return !gcry_mac_setiv(crypto->mac, nonce, sizeof nonce);
}

bool ipsec_crypto_digest(ipsec_crypto *crypto, const ipsec_piece *pieces, unsigned count, const uint8_t *iv,
                         uint8_t digest[IPSEC_DIGEST_MOST])
{
    size_t length = crypto->integrity->digest;

    if (crypto->xcbc)
        return digest_xcbc(crypto->xcbc, pieces, count, digest);
    if (!crypto->mac || !start_mac(crypto, iv))
        return false;
    for (unsigned i = 0; i < count; i++)
        if (pieces[i].length > 0 && gcry_mac_write(crypto->mac, pieces[i].octets, pieces[i].length))
            return false;
    return !gcry_mac_read(crypto->mac, digest, &length);
}

/* A separate ICV covers all in front of it, and the high half of the sequence number, which is not sent. */
static ipsec_icv_status verify(ipsec_crypto *crypto, const ipsec_sealed *sealed, const uint8_t *icv)
{
    const uint32_t high = GUINT32_TO_BE(sealed->high);
    const ipsec_piece pieces[] = {{sealed->esp, sealed->length - sealed->icv},
                                  {(const uint8_t *)&high, sealed->esn ? sizeof high : 0}};
    uint8_t digest[IPSEC_DIGEST_MOST];

    if (crypto->integrity->kind == IPSEC_MAC_NONE)
        return IPSEC_ICV_NOT_PRESENT;
    if (crypto->integrity->kind == IPSEC_MAC_ANY)
        return IPSEC_ICV_UNVERIFIED;
    if (sealed->icv < ICV_LEAST || sealed->icv > crypto->integrity->digest)
        return IPSEC_ICV_BAD;
    if (!ipsec_crypto_digest(crypto, pieces, G_N_ELEMENTS(pieces), NULL, digest))
        return IPSEC_ICV_BAD;
    return ipsec_crypto_equal(digest, icv, sealed->icv) ? IPSEC_ICV_GOOD : IPSEC_ICV_BAD;
}

/* --- decryption --- */

/* Salt, and the IV of the packet or, with RFC 8750, the whole sequence number. */
static size_t make_nonce(const ipsec_crypto *crypto, const ipsec_sealed *sealed, const uint8_t *iv, uint8_t *nonce)
{
    const uint32_t high = sealed->esn ? GUINT32_TO_BE(sealed->high) : 0;
    const size_t salt = crypto->encryption->salt;

    memcpy(nonce, crypto->salt, SALT_MOST);
    if (crypto->encryption->implicit_iv) {
        memcpy(nonce + salt, &high, sizeof high);
        memcpy(nonce + salt + sizeof high, sealed->esp + SEQUENCE_AT, sizeof high);
    } else {
        memcpy(nonce + salt, iv, EXPLICIT_IV);
    }
    return salt + EXPLICIT_IV;
}

/* The counter block of RFC 3686 4: nonce, IV, and a block counter that begins at 1. */
static bool set_counter(ipsec_crypto *crypto, const ipsec_sealed *sealed, const layout *at)
{
    static const uint8_t one[] = {0, 0, 0, 1};
    uint8_t block[NONCE_MOST];
    const size_t length = make_nonce(crypto, sealed, at->iv, block);

    memcpy(block + length, one, sizeof one);
    return !gcry_cipher_setctr(crypto->cipher, block, sizeof block);
}

static bool decrypt(ipsec_crypto *crypto, const layout *at, uint8_t *plaintext)
{
    return at->length == 0 || !gcry_cipher_decrypt(crypto->cipher, plaintext, at->length, at->body, at->length);
}

static bool decrypt_apart(ipsec_crypto *crypto, const ipsec_sealed *sealed, const layout *at, uint8_t *plaintext)
{
    switch (crypto->encryption->mode) {
    case IPSEC_CIPHER_NULL:
        if (at->length > 0)
            memcpy(plaintext, at->body, at->length);
        return true;
    case IPSEC_CIPHER_CBC:
        return !gcry_cipher_setiv(crypto->cipher, at->iv, crypto->encryption->iv) && decrypt(crypto, at, plaintext);
    case IPSEC_CIPHER_CTR:
        return set_counter(crypto, sealed, at) && decrypt(crypto, at, plaintext);
    default:
        return false;
    }
}

/* --- combined modes --- */

/* Sets the nonce, which also begins a new message. CCM must know all lengths in advance. */
static bool start_combined(ipsec_crypto *crypto, const ipsec_sealed *sealed, const layout *at)
{
    uint8_t nonce[NONCE_MOST];
    const size_t length = make_nonce(crypto, sealed, at->iv, nonce);
    uint64_t lengths[] = {at->length, sealed->esn ? IPSEC_ESP_HEADER + sizeof sealed->high : IPSEC_ESP_HEADER,
                          sealed->icv};

    if (gcry_cipher_setiv(crypto->cipher, nonce, length))
        return false;
    return crypto->encryption->mode != IPSEC_CIPHER_CCM ||
           !gcry_cipher_ctl(crypto->cipher, GCRYCTL_SET_CCM_LENGTHS, lengths, sizeof lengths);
}

/* With ESN the high half is in front of the low half of the sequence number, unlike in a separate MAC. */
static bool authenticate_header(ipsec_crypto *crypto, const ipsec_sealed *sealed)
{
    const uint32_t high = GUINT32_TO_BE(sealed->high);
    uint8_t header[IPSEC_ESP_HEADER + sizeof high];

    if (!sealed->esn)
        return !gcry_cipher_authenticate(crypto->cipher, sealed->esp, IPSEC_ESP_HEADER);
    memcpy(header, sealed->esp, SEQUENCE_AT);
    memcpy(header + SEQUENCE_AT, &high, sizeof high);
    memcpy(header + SEQUENCE_AT + sizeof high, sealed->esp + SEQUENCE_AT, IPSEC_ESP_HEADER - SEQUENCE_AT);
    return !gcry_cipher_authenticate(crypto->cipher, header, sizeof header);
}

/* GMAC has nothing to decrypt; what follows the header is authenticated like the header (RFC 4543 3.3). */
static bool take_body(ipsec_crypto *crypto, const layout *at, uint8_t *plaintext)
{
    if (crypto->encryption->mode != IPSEC_CIPHER_GMAC)
        return decrypt(crypto, at, plaintext);
    if (at->length > 0)
        memcpy(plaintext, at->body, at->length);
    return !gcry_cipher_authenticate(crypto->cipher, at->iv, (size_t)(at->icv - at->iv));
}

static ipsec_icv_status open_combined(ipsec_crypto *crypto, const ipsec_sealed *sealed, const layout *at,
                                      uint8_t *plaintext)
{
    /* CCM computes with the length; the others truncate. */
    const size_t length = crypto->encryption->mode == IPSEC_CIPHER_CCM ? sealed->icv : TAG_MOST;
    uint8_t tag[TAG_MOST];

    if (sealed->icv < ICV_LEAST || sealed->icv > TAG_MOST)
        return IPSEC_ICV_BAD;
    if (!start_combined(crypto, sealed, at) || !authenticate_header(crypto, sealed) ||
        !take_body(crypto, at, plaintext) || gcry_cipher_gettag(crypto->cipher, tag, length))
        return IPSEC_ICV_BAD;
    return ipsec_crypto_equal(tag, at->icv, sealed->icv) ? IPSEC_ICV_GOOD : IPSEC_ICV_BAD;
}

/* --- packets --- */

static bool lay_out(const ipsec_encryption *encryption, const ipsec_sealed *sealed, layout *at)
{
    const int64_t body = encryption ? ipsec_esp_body(encryption, sealed->length, sealed->icv) : -1;

    if (body < 0 || !ipsec_esp_is_aligned(encryption, body))
        return false;
    at->iv = sealed->esp + IPSEC_ESP_HEADER;
    at->body = at->iv + encryption->iv;
    at->icv = at->body + body;
    at->length = (uint32_t)body;
    return true;
}

ipsec_icv_status ipsec_crypto_open(ipsec_crypto *crypto, const ipsec_sealed *sealed, uint8_t *plaintext)
{
    ipsec_icv_status status;
    layout at;

    if (!lay_out(crypto->encryption, sealed, &at))
        return IPSEC_ICV_BAD;
    if (ipsec_encryption_is_combined(crypto->encryption))
        return open_combined(crypto, sealed, &at, plaintext);
    status = verify(crypto, sealed, at.icv);
    if (status == IPSEC_ICV_BAD || !decrypt_apart(crypto, sealed, &at, plaintext))
        return IPSEC_ICV_BAD;
    return status;
}
