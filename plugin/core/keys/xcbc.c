/* AES-XCBC-MAC. SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/xcbc.h"
#include "base/wipe.h"

#include <gcrypt.h>
#include <glib.h>
#include <string.h>

enum {
    BLOCK = IPSEC_XCBC_LENGTH
};

struct ipsec_xcbc {
    gcry_cipher_hd_t chain; /* CBC-MAC with K1 */
    uint8_t k2[BLOCK];      /* K2, for a complete last block */
    uint8_t k3[BLOCK];      /* K3, for an incomplete one */
    uint8_t held[BLOCK];    /* octets that may be the last block, and so must wait */
    size_t held_length;
};

/* Derives K1, K2 and K3 (RFC 3566 4, step 1). */
static bool derive(const uint8_t *key, uint8_t keys[3][BLOCK])
{
    gcry_cipher_hd_t aes;
    bool done;

    if (gcry_cipher_open(&aes, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_ECB, 0))
        return false;
    for (int i = 0; i < 3; i++)
        memset(keys[i], i + 1, BLOCK);
    done = !gcry_cipher_setkey(aes, key, BLOCK) && !gcry_cipher_encrypt(aes, keys, 3 * BLOCK, NULL, 0);
    gcry_cipher_close(aes);
    return done;
}

static bool set_keys(ipsec_xcbc *xcbc, uint8_t keys[3][BLOCK])
{
    memcpy(xcbc->k2, keys[1], BLOCK);
    memcpy(xcbc->k3, keys[2], BLOCK);
    return !gcry_cipher_open(&xcbc->chain, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_CBC, GCRY_CIPHER_CBC_MAC) &&
           !gcry_cipher_setkey(xcbc->chain, keys[0], BLOCK);
}

ipsec_xcbc *ipsec_xcbc_new(const uint8_t key[IPSEC_XCBC_LENGTH])
{
    ipsec_xcbc *xcbc = g_new0(ipsec_xcbc, 1);
    uint8_t keys[3][BLOCK];
    const bool done = derive(key, keys) && set_keys(xcbc, keys);

    ipsec_wipe(keys, sizeof keys);
    if (done)
        return xcbc;
    ipsec_xcbc_free(xcbc);
    return NULL;
}

void ipsec_xcbc_free(ipsec_xcbc *xcbc)
{
    if (!xcbc)
        return;
    gcry_cipher_close(xcbc->chain);
    ipsec_wipe(xcbc, sizeof *xcbc);
    g_free(xcbc);
}

void ipsec_xcbc_start(ipsec_xcbc *xcbc)
{
    gcry_cipher_reset(xcbc->chain);
    xcbc->held_length = 0;
}

/* Runs the chain over whole blocks; `last` gets its output for the last one. */
static bool run(ipsec_xcbc *xcbc, const uint8_t *blocks, size_t length, uint8_t last[BLOCK])
{
    return !gcry_cipher_encrypt(xcbc->chain, last, BLOCK, blocks, length);
}

static void hold(ipsec_xcbc *xcbc, const uint8_t *octets, size_t length)
{
    memcpy(xcbc->held + xcbc->held_length, octets, length);
    xcbc->held_length += length;
}

void ipsec_xcbc_add(ipsec_xcbc *xcbc, const uint8_t *octets, size_t length)
{
    uint8_t unused[BLOCK];
    size_t now;

    if (length == 0)
        return;
    if (xcbc->held_length > 0) {
        now = MIN(length, BLOCK - xcbc->held_length);
        hold(xcbc, octets, now);
        octets += now;
        length -= now;
        if (length == 0)
            return;
        run(xcbc, xcbc->held, BLOCK, unused);
        xcbc->held_length = 0;
    }
    now = (length - 1) / BLOCK * BLOCK;
    if (now > 0)
        run(xcbc, octets, now, unused);
    hold(xcbc, octets + now, length - now);
}

bool ipsec_xcbc_finish(ipsec_xcbc *xcbc, uint8_t mac[IPSEC_XCBC_LENGTH])
{
    const bool whole = xcbc->held_length == BLOCK;
    const uint8_t *mask = whole ? xcbc->k2 : xcbc->k3;

    if (!whole) {
        memset(xcbc->held + xcbc->held_length, 0, BLOCK - xcbc->held_length);
        xcbc->held[xcbc->held_length] = 0x80;
    }
    for (unsigned i = 0; i < BLOCK; i++)
        xcbc->held[i] ^= mask[i];
    return run(xcbc, xcbc->held, BLOCK, mac);
}
