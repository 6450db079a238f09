/** @file
 * AES-XCBC-MAC (RFC 3566), which libgcrypt does not have, built on its AES. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_XCBC_H
#define IPSEC_CORE_XCBC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Octets of the key, and of the MAC before truncation. The other key lengths of RFC 4434 are for IKE only. */
#define IPSEC_XCBC_LENGTH 16

/** A key, and the state of a computation. */
typedef struct ipsec_xcbc ipsec_xcbc;

/** Free it with ipsec_xcbc_free(). NULL if libgcrypt has no AES. */
ipsec_xcbc *ipsec_xcbc_new(const uint8_t key[IPSEC_XCBC_LENGTH]);

/** Wipes the key; NULL is fine. */
void ipsec_xcbc_free(ipsec_xcbc *xcbc);

/** Begins a computation; one that was not finished is dropped. */
void ipsec_xcbc_start(ipsec_xcbc *xcbc);

/** Adds octets; any number of times, in pieces of any length. */
void ipsec_xcbc_add(ipsec_xcbc *xcbc, const uint8_t *octets, size_t length);

/** Ends the computation. False if libgcrypt failed. */
bool ipsec_xcbc_finish(ipsec_xcbc *xcbc, uint8_t mac[IPSEC_XCBC_LENGTH]);

#endif
