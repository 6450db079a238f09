/** @file
 * The algorithms of ESP and AH, one row each.
 *
 * Names are those of the IANA registry "Internet Key Exchange Version 2 (IKEv2) Parameters", Transform Types 1 and 3,
 * without the prefixes ENCR_ and AUTH_.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ALGORITHM_H
#define IPSEC_CORE_ALGORITHM_H

#include <stdbool.h>
#include <stdint.h>

/** How a cipher is used. */
typedef enum {
    IPSEC_CIPHER_NULL,             /**< RFC 2410 */
    IPSEC_CIPHER_CBC,              /**< RFC 2451, RFC 3602 */
    IPSEC_CIPHER_CTR,              /**< RFC 3686 */
    IPSEC_CIPHER_GCM,              /**< RFC 4106, combined mode */
    IPSEC_CIPHER_CCM,              /**< RFC 4309, combined mode */
    IPSEC_CIPHER_GMAC,             /**< RFC 4543: integrity of a combined mode, nothing encrypted */
    IPSEC_CIPHER_CHACHA20_POLY1305 /**< RFC 7634, combined mode */
} ipsec_cipher_mode;

/** The most lengths that the key of one cipher may have. */
#define IPSEC_CIPHER_LENGTHS 3

/** An encryption algorithm. All lengths are in octets. */
typedef struct ipsec_encryption {
    const char *name;      /**< "AES_GCM_16" */
    const char *reference; /**< "RFC 4106" */
    ipsec_cipher_mode mode;
    uint8_t salt;     /**< octets at the end of the keying material that are salt or nonce, not key */
    uint8_t iv;       /**< octets of IV in the packet; 0 if there is none, as for the implicit IV of RFC 8750 */
    uint8_t block;    /**< the ciphertext is a multiple of it; 1 for stream modes and NULL */
    uint8_t icv;      /**< octets of ICV of a combined mode; 0 for the others */
    bool implicit_iv; /**< RFC 8750: the sequence number is the IV */
    /** The key lengths that it takes, without salt, ascending, 0 after the last; if key_least is not 0, any length from
     * that to keys[0].length. `id` is libgcrypt's cipher for it, never 0. */
    struct {
        uint8_t length;
        int id;
    } keys[IPSEC_CIPHER_LENGTHS];
    uint8_t key_least;
} ipsec_encryption;

/** How an integrity algorithm is computed. */
typedef enum {
    IPSEC_MAC_NONE,     /**< no integrity */
    IPSEC_MAC_ANY,      /**< an unknown algorithm whose ICV has a known length; never verified */
    IPSEC_MAC_GCRYPT,   /**< HMAC and CMAC, by libgcrypt */
    IPSEC_MAC_AES_XCBC, /**< RFC 3566 */
    /** RFC 4543 4, AH only: the ICV field holds 8 octets of IV in front of the ICV. The same octets are authenticated
     * as in RFC 4302, with zeros in place of the ICV and with the IV as it is (3.4); the caller also passes the IV
     * separately. In IPv6 the field ends in 4 octets of padding (erratum 3643), which are authenticated (RFC
     * 4302 3.3.3.2.1). */
    IPSEC_MAC_AES_GMAC
} ipsec_mac_kind;

/** An integrity algorithm. All lengths are in octets. */
typedef struct ipsec_integrity {
    const char *name;      /**< "HMAC_SHA2_256_128" */
    const char *reference; /**< "RFC 4868" */
    ipsec_mac_kind kind;
    int id;         /**< libgcrypt's MAC; 0 if it has none */
    uint8_t key;    /**< length of the key that the RFC requires, with salt; 0: none, or any */
    bool any_key;   /**< other key lengths work too, as with HMAC */
    uint8_t salt;   /**< octets of salt at the end of the keying material */
    uint8_t iv;     /**< octets of IV in front of the ICV */
    uint8_t icv;    /**< octets of ICV in the packet */
    uint8_t digest; /**< octets of the ICV before truncation */
} ipsec_integrity;

/** Row `index` of the table of encryption algorithms; NULL past the end. Static storage, like all rows. */
const ipsec_encryption *ipsec_encryption_row(unsigned index);

/** Row `index` of the table of integrity algorithms; NULL past the end. */
const ipsec_integrity *ipsec_integrity_row(unsigned index);

/** The row with that name; case does not matter, and the prefix ENCR_ (AUTH_) may be there. NULL if there is none. */
const ipsec_encryption *ipsec_encryption_by_name(const char *name);
const ipsec_integrity *ipsec_integrity_by_name(const char *name);

/** The row NONE, of kind IPSEC_MAC_NONE. */
const ipsec_integrity *ipsec_integrity_none(void);

/**
 * The row for a name of the Linux crypto API as `ip xfrm state` prints it, e.g. "cbc(aes)" or "rfc4106(gcm(aes))", or
 * one of the short names that it accepts ("aes").
 *
 * @param icv_bits from the `aead` line; 0 for an `enc` line
 * @return NULL if there is none
 */
const ipsec_encryption *ipsec_encryption_by_linux_name(const char *name, unsigned icv_bits);

/**
 * The same for `auth` and `auth-trunc`.
 *
 * @param icv_bits from the `auth-trunc` line; 0 for an `auth` line, whose truncation is the kernel's default
 */
const ipsec_integrity *ipsec_integrity_by_linux_name(const char *name, unsigned icv_bits);

/** The row for a name in Wireshark's table "ESP SAs", e.g. "AES-CBC [RFC3602]". NULL if there is none. "AES-GCM
 * [RFC4106]" gives the row with an ICV of 16 octets, although the length is in the authentication column. */
const ipsec_encryption *ipsec_encryption_by_wireshark_name(const char *name);
const ipsec_integrity *ipsec_integrity_by_wireshark_name(const char *name);

/** The row for a registry number of Transform Type 1; NULL if there is none. Likewise for Transform Type 3: NULL for
 * unknown ones, the row NONE for 0. */
const ipsec_encryption *ipsec_encryption_by_number(unsigned number);
const ipsec_integrity *ipsec_integrity_by_number(unsigned number);

/** libgcrypt's cipher for keying material of `length` octets, salt included; 0 if there is none. */
int ipsec_encryption_cipher(const ipsec_encryption *encryption, unsigned length);

/** Whether keying material of `length` octets, salt included, fits the algorithm. Anything fits an algorithm without a
 * key, because key tables may have something in that column. */
bool ipsec_encryption_takes(const ipsec_encryption *encryption, unsigned length);
bool ipsec_integrity_takes(const ipsec_integrity *integrity, unsigned length);

/** Whether it is a combined mode, which brings its own ICV. */
static inline bool ipsec_encryption_is_combined(const ipsec_encryption *encryption)
{
    return encryption->icv > 0;
}

#endif
