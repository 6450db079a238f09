/* Key rows, and packets that they verify.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keyed.h"
#include "keys/crypto.h"
#include "guard.h"
#include "packets.h"

#include <glib.h>
#include <string.h>

const uint8_t sound_plaintext[12] = {0, 7, 0, 7, 0, 8, 0, 0, 1, 2, 2, 17};

ipsec_key_row null_row(const char *integrity, const char *esn, const char *mode)
{
    char key[2 * IPSEC_INTEGRITY_KEY_MOST + 1] = "";
    const ipsec_key_row_text text = {{"ESP", "*", "*", KEYED_SPI, "NULL", "", integrity, key, esn, mode}};
    const ipsec_integrity *algorithm = ipsec_integrity_by_name(integrity);
    ipsec_key_row_error error;
    ipsec_key_row spec;

    g_assert_nonnull(algorithm);
    memset(key, '5', 2u * algorithm->key);
    if (!ipsec_key_row_compile(&text, &spec, &error))
        g_error("%s: %s", error.column, error.reason);
    return spec;
}

static void put_u32(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Writes the ICV after `length` octets; returns the number of octets with it. */
static size_t add_icv(const ipsec_key_row *spec, const sealing *how, uint8_t *octets, size_t length)
{
    const uint8_t high[4] = {(uint8_t)(how->high >> 24), (uint8_t)(how->high >> 16), (uint8_t)(how->high >> 8),
                             (uint8_t)how->high};
    const ipsec_piece pieces[] = {{octets, (uint32_t)length}, {high, sizeof high}};
    const size_t icv = how->icv ? how->icv : spec->integrity->icv;
    uint8_t digest[IPSEC_DIGEST_MOST];
    ipsec_crypto *crypto = ipsec_crypto_new(&(ipsec_keys){.encryption = spec->encryption,
                                                          .integrity = spec->integrity,
                                                          .integrity_key = spec->integrity_key,
                                                          .integrity_key_length = spec->integrity_key_length});

    g_assert_nonnull(crypto);
    g_assert_true(ipsec_crypto_digest(crypto, pieces, how->esn ? 2 : 1, NULL, digest));
    memcpy(octets + length, digest, icv);
    ipsec_crypto_free(crypto);
    return length + icv;
}

static ipsec_view seal(uint8_t ip_version, const ipsec_key_row *spec, const sealing *how, const uint8_t *plaintext,
                       size_t length, uint8_t damage)
{
    uint8_t octets[512];
    size_t total = 8 + length;

    g_assert_cmpuint(total, <=, sizeof octets - IPSEC_DIGEST_MOST);
    put_u32(octets, spec->spi);
    put_u32(octets + 4, how->sequence);
    memcpy(octets + 8, plaintext, length);
    if (spec->integrity->kind != IPSEC_MAC_NONE)
        total = add_icv(spec, how, octets, total);
    octets[total - 1] ^= damage;
    return view_of(IPSEC_PROTOCOL_ESP, ip_version, octets, total);
}

ipsec_view sealed_view(uint8_t ip_version, const ipsec_key_row *spec, const sealing *how, const uint8_t *plaintext,
                       size_t length)
{
    return seal(ip_version, spec, how, plaintext, length, 0);
}

ipsec_view damaged_view(uint8_t ip_version, const ipsec_key_row *spec, const sealing *how, const uint8_t *plaintext,
                        size_t length)
{
    return seal(ip_version, spec, how, plaintext, length, 1);
}
