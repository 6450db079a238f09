/* What the length of an encrypted message proves.
 *
 * The header is followed by one payload with IV, payloads, padding, Pad Length and ICV (RFC 7296 3.14). The lengths of
 * IV and ICV follow from IKE_SA_INIT, which is in the clear. Padding only makes a message longer. So there is an upper
 * bound on its contents, and a new SA with its selectors has a minimum length.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/lengths.h"

#include <glib.h>

/* The octets around the payloads: the header, the generic header of the payload, and Pad Length. */
#define AROUND (IPSEC_IKE_HEADER + 4 + 1)

/* The shortest IV and ICV of all algorithms. */
#define IV_LEAST  8u
#define ICV_LEAST 8u

/* Minimum octets of payloads.
 *
 * A Child SA needs an SA payload of 32 (one combined mode, ESN) and two TS payloads of 24. With a nonce of 20 that is
 * 100; an IKE SA with 44, a nonce and a KE of 40 needs more. IKE_AUTH has no nonce, but an IDr of 9 and an AUTH of 24
 * at least: 113. The first bound is lower, because an extension may leave out what stays the same in a rekey, and a
 * refusal is one notify of 8 to 16 octets, or a few. */
enum {
    CREATE_CHILD_LEAST = 71,
    AUTH_LEAST = 113,
    /* an IDr of 9, and an EAP payload of 9, which may come without AUTH (RFC 5998) */
    IDENTITY_LEAST = 18
};

/* Octets of IV and ICV of a cipher, by its number (IANA "Transform Type 1"); ICV 0 if it comes from a separate
 * transform. */
typedef struct cipher {
    uint16_t number;
    uint8_t iv, icv;
} cipher;

static const cipher ciphers[] = {
    {2, 8, 0},                             /* DES */
    {3, 8, 0},                             /* 3DES */
    {5, 8, 0},                             /* IDEA */
    {6, 8, 0},                             /* CAST */
    {7, 8, 0},                             /* Blowfish */
    {12, 16, 0},                           /* AES-CBC */
    {13, 8, 0},                            /* AES-CTR */
    {14, 8, 8},  {15, 8, 12}, {16, 8, 16}, /* AES-CCM */
    {18, 8, 8},  {19, 8, 12}, {20, 8, 16}, /* AES-GCM */
    {23, 16, 0},                           /* Camellia-CBC */
    {24, 8, 0},                            /* Camellia-CTR */
    {25, 8, 8},  {26, 8, 12}, {27, 8, 16}, /* Camellia-CCM */
    {28, 8, 16},                           /* ChaCha20-Poly1305 */
};

/* Octets of ICV of an integrity algorithm, by its number (IANA "Transform Type 3"). */
typedef struct integrity {
    uint16_t number;
    uint8_t icv;
} integrity;

static const integrity integrities[] = {{1, 12}, {2, 12}, {5, 12},  {6, 16},  {7, 20},
                                        {8, 12}, {9, 16}, {12, 16}, {13, 24}, {14, 32}};

static const cipher *find_cipher(uint16_t number)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(ciphers); i++)
        if (ciphers[i].number == number)
            return &ciphers[i];
    return NULL;
}

static uint32_t icv_of(uint16_t number)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(integrities); i++)
        if (integrities[i].number == number)
            return integrities[i].icv;
    return ICV_LEAST;
}

uint32_t ipsec_ike_content_most(const ipsec_ike_sa *sa, uint32_t length)
{
    const cipher *known = find_cipher(sa->encryption);
    const uint32_t iv = known ? known->iv : IV_LEAST;
    const uint32_t icv = !known ? ICV_LEAST : known->icv ? known->icv : icv_of(sa->integrity);
    const uint32_t around = AROUND + iv + icv;

    return length > around ? length - around : 0;
}

ipsec_ike_room ipsec_ike_room_of(const ipsec_ike_sa *sa, uint8_t exchange, uint32_t length)
{
    const uint32_t most = ipsec_ike_content_most(sa, length);

    if (exchange == IPSEC_IKE_AUTH && most < IDENTITY_LEAST)
        return IPSEC_IKE_NO_IDENTITY;
    if (most < (exchange == IPSEC_IKE_AUTH ? AUTH_LEAST : CREATE_CHILD_LEAST))
        return IPSEC_IKE_NO_CHILD;
    return IPSEC_IKE_LONG_ENOUGH;
}
