/* Key rows, and packets that they verify.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_TESTS_KEYED_H
#define IPSEC_TESTS_KEYED_H

#include "keys/spec.h"
#include "packet/view.h"

#include <stddef.h>

/* The SPI of all rows made here. Their destination is that of packets.h. */
#define KEYED_SPI "0x1000"

/* A row for ESP with NULL encryption to any destination; the key of `integrity` has as many octets of 0x5a as
 * necessary. */
ipsec_key_row null_row(const char *integrity, const char *esn, const char *mode);

/* How a packet is sealed. */
typedef struct sealing {
    uint32_t sequence;
    bool esn;
    uint32_t high; /* if esn */
    uint8_t icv;   /* octets that are sent; 0: the number of the algorithm */
} sealing;

/* A packet of `spec`, which has NULL encryption and an HMAC, between the addresses of view_of(), with a valid ICV.
 * It ends at a protected page. */
ipsec_view sealed_view(uint8_t ip_version, const ipsec_key_row *spec, const sealing *how, const uint8_t *plaintext,
                       size_t length);

/* The same with its last octet changed. */
ipsec_view damaged_view(uint8_t ip_version, const ipsec_key_row *spec, const sealing *how, const uint8_t *plaintext,
                        size_t length);

/* A sound plaintext: 8 octets of UDP, padding of 2, and the trailer. */
extern const uint8_t sound_plaintext[12];

#endif
