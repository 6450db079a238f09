/** @file
 * Verifying and decrypting with the keys of one SA; the cryptography is libgcrypt's. Internal to the core.
 *
 * The program that uses the core has initialised libgcrypt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_CRYPTO_H
#define IPSEC_CORE_CRYPTO_H

#include "keys/algorithm.h"
#include "keys/icv.h"
#include "packet/kind.h"

#include <stdbool.h>
#include <stdint.h>

/** Contexts of libgcrypt with the keys of one SA in them. */
typedef struct ipsec_crypto ipsec_crypto;

/** Keying material. */
typedef struct ipsec_keys {
    const ipsec_encryption *encryption; /**< for AH: NULL */
    const uint8_t *encryption_key;      /**< salt included; may be NULL if its length is 0 */
    uint16_t encryption_key_length;     /**< fits the algorithm, see ipsec_encryption_takes() */
    const ipsec_integrity *integrity;   /**< NULL for none; ignored if the encryption is a combined mode */
    const uint8_t *integrity_key;
    uint16_t integrity_key_length;
} ipsec_keys;

/** Opens the contexts. Copies what it needs of the keys. Free it with ipsec_crypto_free(). NULL if libgcrypt does not
 * have the algorithm or refuses the key, and for IPSEC_MAC_AES_GMAC with an encryption. Weak DES keys are accepted. */
ipsec_crypto *ipsec_crypto_new(const ipsec_keys *keys);

/** Closes the contexts and wipes the keys; NULL is fine. */
void ipsec_crypto_free(ipsec_crypto *crypto);

/** An ESP packet as it was received. */
typedef struct ipsec_sealed {
    const uint8_t *esp; /**< from the SPI to the end of the ICV */
    uint32_t length;    /**< octets of that; at least 8 + IV + ICV, and the rest is a multiple of the block */
    bool esn;           /**< the ICV covers the high half of an Extended Sequence Number (RFC 4303 2.2.1) */
    uint32_t high;      /**< that half */
    /** Octets of ICV at the end; the algorithm's own length, except in trials, which may truncate differently: anything
     * from 4 octets to the whole digest is verified, anything else is bad. CCM computes with the length, and only even
     * ones can be good. */
    uint8_t icv;
} ipsec_sealed;

/** Octets between IV and ICV in ESP of `length` octets with an ICV of `icv` octets; negative if IV and ICV do not fit
 * (RFC 4303 2). */
static inline int64_t ipsec_esp_body(const ipsec_encryption *encryption, uint32_t length, uint8_t icv)
{
    return (int64_t)length - IPSEC_ESP_HEADER - encryption->iv - icv;
}

/** Whether that many octets are whole blocks of the cipher. RFC 4303 2.4 also requires a multiple of 4, but no receiver
 * insists on it. */
static inline bool ipsec_esp_is_aligned(const ipsec_encryption *encryption, int64_t body)
{
    return body >= 0 && body % encryption->block == 0;
}

/**
 * Verifies the ICV and, unless it is bad, decrypts (RFC 4303 3.4.4). The comparison takes constant time.
 *
 * @param plaintext  gets payload data, padding, pad length and next header: length - 8 - IV - ICV octets. Its content
 *                   is undefined if the ICV is bad. Must not overlap the packet.
 * @return IPSEC_ICV_NOT_PRESENT without integrity algorithm, IPSEC_ICV_UNVERIFIED for IPSEC_MAC_ANY; both decrypt.
 *         IPSEC_ICV_BAD also if the lengths do not agree with ipsec_sealed: to learn of the ICV of a packet that
 * is no multiple of the block, compare it with ipsec_crypto_digest()
 */
ipsec_icv_status ipsec_crypto_open(ipsec_crypto *crypto, const ipsec_sealed *sealed, uint8_t *plaintext);

/** Octets that a MAC runs over, one piece after the other. */
typedef struct ipsec_piece {
    const uint8_t *octets;
    uint32_t length;
} ipsec_piece;

/** Octets of the longest ICV before truncation. */
#define IPSEC_DIGEST_MOST 64

/**
 * Computes the ICV of the integrity algorithm, untruncated. Pieces may be empty.
 *
 * @param iv      the algorithm's IV, as many octets as it needs; NULL if none
 * @param digest  gets the algorithm's ipsec_integrity.digest octets
 * @return false if the algorithm computes none
 */
bool ipsec_crypto_digest(ipsec_crypto *crypto, const ipsec_piece *pieces, unsigned count, const uint8_t *iv,
                         uint8_t digest[IPSEC_DIGEST_MOST]);

/** Whether two strings of octets are equal, in a time that depends only on their length. */
bool ipsec_crypto_equal(const uint8_t *a, const uint8_t *b, uint32_t length);

#endif
