/* Measures how fast packets are verified and decrypted, compared with direct calls of libgcrypt on the same octets. To
 * be run by bench.py.
 *
 * usage: bench_crypto
 *
 * Prints per algorithm and length of packet: megabits per second of ipsec_crypto_open() and of libgcrypt, and the
 * ratio. Rounds of both alternate; speeds are those of the fastest round, and the ratio is the median over all pairs,
 * so that other load on the machine drops out.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "keys/crypto.h"

#include <gcrypt.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROUNDS = 400,
    ROUND_OCTETS = 400000, /* of packets in a round */
    PACKET_MOST = 1400,
    HEADER = 8,
    ICV = 16
};

static const uint8_t key[] = "a key for the benchmark only, and nothing else; as long as it is";

/* The contexts of libgcrypt, and a packet with a good ICV. */
typedef struct bench {
    const char *name;
    const char *encryption, *integrity;
    uint16_t key, integrity_key;
    uint32_t iv;
    bool (*bare)(const struct bench *bench, uint8_t *plaintext);
    bool (*seal)(struct bench *bench);
    gcry_cipher_hd_t cipher;
    gcry_mac_hd_t mac;
    uint8_t packet[PACKET_MOST];
    uint32_t length;
} bench;

static uint8_t *body_of(const bench *b)
{
    return (uint8_t *)b->packet + HEADER + b->iv;
}

static uint32_t body_length(const bench *b)
{
    return b->length - HEADER - b->iv - ICV;
}

static uint8_t *icv_of(const bench *b)
{
    return (uint8_t *)b->packet + b->length - ICV;
}

static bool start_gcm(const bench *b)
{
    uint8_t nonce[12];

    memcpy(nonce, key + 16, 4);
    memcpy(nonce + 4, b->packet + HEADER, 8);
    return !gcry_cipher_setiv(b->cipher, nonce, sizeof nonce) &&
           !gcry_cipher_authenticate(b->cipher, b->packet, HEADER);
}

static bool bare_gcm(const bench *b, uint8_t *plaintext)
{
    return start_gcm(b) && !gcry_cipher_decrypt(b->cipher, plaintext, body_length(b), body_of(b), body_length(b)) &&
           !gcry_cipher_checktag(b->cipher, icv_of(b), ICV);
}

static bool seal_gcm(bench *b)
{
    return !gcry_cipher_open(&b->cipher, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_GCM, 0) &&
           !gcry_cipher_setkey(b->cipher, key, 16) && start_gcm(b) &&
           !gcry_cipher_encrypt(b->cipher, body_of(b), body_length(b), NULL, 0) &&
           !gcry_cipher_gettag(b->cipher, icv_of(b), ICV);
}

static bool bare_cbc(const bench *b, uint8_t *plaintext)
{
    return !gcry_mac_reset(b->mac) && !gcry_mac_write(b->mac, b->packet, b->length - ICV) &&
           !gcry_mac_verify(b->mac, icv_of(b), ICV) && !gcry_cipher_setiv(b->cipher, b->packet + HEADER, b->iv) &&
           !gcry_cipher_decrypt(b->cipher, plaintext, body_length(b), body_of(b), body_length(b));
}

/* The plaintext does not matter, so the octets are left as they are. */
static bool seal_cbc(bench *b)
{
    size_t length = ICV;

    return !gcry_cipher_open(&b->cipher, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_CBC, 0) &&
           !gcry_cipher_setkey(b->cipher, key, 16) && !gcry_mac_open(&b->mac, GCRY_MAC_HMAC_SHA256, 0, NULL) &&
           !gcry_mac_setkey(b->mac, key, 32) && !gcry_mac_write(b->mac, b->packet, b->length - ICV) &&
           !gcry_mac_read(b->mac, icv_of(b), &length);
}

static const bench benches[] = {
    {.name = "AES-GCM-16", .encryption = "AES_GCM_16", .key = 20, .iv = 8, .bare = bare_gcm, .seal = seal_gcm},
    {.name = "AES-CBC, SHA2-256-128",
     .encryption = "AES_CBC",
     .integrity = "HMAC_SHA2_256_128",
     .key = 16,
     .integrity_key = 32,
     .iv = 16,
     .bare = bare_cbc,
     .seal = seal_cbc},
};

static double time_bare(const bench *b, uint8_t *plaintext, unsigned packets)
{
    const gint64 start = g_get_monotonic_time();

    for (unsigned i = 0; i < packets; i++)
        if (!b->bare(b, plaintext))
            exit(EXIT_FAILURE);
    return (double)(g_get_monotonic_time() - start);
}

static double time_ours(ipsec_crypto *crypto, const bench *b, uint8_t *plaintext, unsigned packets)
{
    const ipsec_sealed sealed = {.esp = b->packet, .length = b->length, .icv = ICV};
    const gint64 start = g_get_monotonic_time();

    for (unsigned i = 0; i < packets; i++)
        if (ipsec_crypto_open(crypto, &sealed, plaintext) != IPSEC_ICV_GOOD)
            exit(EXIT_FAILURE);
    return (double)(g_get_monotonic_time() - start);
}

static ipsec_crypto *make(const bench *b)
{
    const ipsec_keys keys = {.encryption = ipsec_encryption_by_name(b->encryption),
                             .encryption_key = key,
                             .encryption_key_length = b->key,
                             .integrity = b->integrity ? ipsec_integrity_by_name(b->integrity) : NULL,
                             .integrity_key = key,
                             .integrity_key_length = b->integrity_key};

    return ipsec_crypto_new(&keys);
}

static int compare(const void *a, const void *b)
{
    const double difference = *(const double *)a - *(const double *)b;

    return (difference > 0) - (difference < 0);
}

static void measure(const bench *one, uint32_t length)
{
    static uint8_t plaintext[PACKET_MOST];
    const unsigned packets = ROUND_OCTETS / length;
    double ours = G_MAXDOUBLE, bare = G_MAXDOUBLE, ratios[ROUNDS];
    bench b = *one;
    ipsec_crypto *crypto = make(&b);

    /* The body has whole blocks of the cipher, as close as possible to the requested length. */
    b.length = b.iv == 16 ? length - (length - HEADER - ICV) % 16 : length;
    if (!crypto || !b.seal(&b))
        exit(EXIT_FAILURE);
    for (unsigned i = 0; i < ROUNDS; i++) {
        const double our_time = time_ours(crypto, &b, plaintext, packets);
        const double bare_time = time_bare(&b, plaintext, packets);

        ours = MIN(ours, our_time);
        bare = MIN(bare, bare_time);
        ratios[i] = bare_time / our_time;
    }
    qsort(ratios, ROUNDS, sizeof ratios[0], compare);
    printf("  %-22s %5u %9.0f %9.0f %9.3f\n", b.name, b.length, 8.0 * packets * b.length / ours,
           8.0 * packets * b.length / bare, ratios[ROUNDS / 2]);
    ipsec_crypto_free(crypto);
    gcry_cipher_close(b.cipher);
    gcry_mac_close(b.mac);
}

int main(void)
{
    static const uint32_t lengths[] = {64, 256, 1400};

    gcry_check_version(NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(benches); i++)
        for (unsigned k = 0; k < G_N_ELEMENTS(lengths); k++)
            measure(&benches[i], lengths[k]);
    return EXIT_SUCCESS;
}
