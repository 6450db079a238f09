/** @file
 * The key rows of a capture, and which of them an SA uses. Internal to the core.
 *
 * Finding a row takes one lookup in a hash table for each combination of wildcards in use, however many rows there are;
 * and it is done once per SA.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_KEYRING_H
#define IPSEC_CORE_KEYRING_H

#include "keys/crypto.h"
#include "keys/spec.h"
#include "packet/view.h"

/** Value for no row. */
#define IPSEC_KEY_NONE UINT32_MAX

/** The parts of a packet that identify its SA; zeros in positions that a row ignores. Compared and hashed as octets. */
typedef struct ipsec_key_name {
    uint8_t destination[16];
    uint8_t source[16];
    uint32_t spi;
    uint8_t destination_length; /**< 0 if the rows are for both IP versions */
    uint8_t source_length;
    uint8_t protocol;
    uint8_t zero;
} ipsec_key_name;

/** A row that an SA uses, with its contexts, which are opened when first needed and shared by all such SAs. */
typedef struct ipsec_key {
    ipsec_key_row spec;
    uint32_t index;       /**< in the ring */
    uint32_t guessed;     /**< octets of the packets for which it was examined why they do not verify with this row */
    uint8_t position;     /**< among the rows for the same SAs, from 0 */
    ipsec_crypto *crypto; /**< NULL until ipsec_key_open() */
    bool refused;         /**< libgcrypt refused the key: do not try again */
} ipsec_key;

/** All rows; wipes keys when freed. */
typedef struct ipsec_keyring ipsec_keyring;

ipsec_keyring *ipsec_keyring_new(void);
void ipsec_keyring_free(ipsec_keyring *ring);

/**
 * Adds a copy of *spec as the last row. If there is a row for the same SAs with the same keys, it is merged into that,
 * see row_merge.h; if there is one with other keys, it is chained to that, because it may be from another time. A row
 * without keys is merged with those that have the same algorithms, and ignored if there are only others, whichever came
 * first.
 *
 * @return false, and the row is not used, if there are IPSEC_KEYS_PER_SA rows with other keys for the same SAs
 */
bool ipsec_keyring_add(ipsec_keyring *ring, const ipsec_key_row *spec);

/** Number of rows. */
uint32_t ipsec_keyring_count(const ipsec_keyring *ring);

/** Row `index`, below the count. Call it only for rows that are used, because they take more memory from then on. Owned
 * by the ring, which does not move it. */
ipsec_key *ipsec_keyring_row(const ipsec_keyring *ring, uint32_t index);

/** Index of the next row for the same SAs as row `index`, with other keys. The last is followed by the first; a single
 * row by itself. */
uint32_t ipsec_keyring_next(const ipsec_keyring *ring, uint32_t index);

/** Index of the first row for `spi` and the addresses of the view; IPSEC_KEY_NONE if there is none. */
uint32_t ipsec_keyring_find(const ipsec_keyring *ring, const ipsec_view *view, uint32_t spi);

/** Whether any row distinguishes SAs by their source, so that the answer of ipsec_keyring_find() holds only for the
 * view's source. */
bool ipsec_keyring_needs_source(const ipsec_keyring *ring);

/** Whether a network card may do the cryptography of the row's SA. If dumps say so of some SAs, it is ruled out for
 * their other SAs. */
bool ipsec_keyring_may_offload(const ipsec_keyring *ring, const ipsec_key_row *spec);

/** Whether a row names the view's destination, other than by a wildcard for all. The first call after rows were added
 * walks over these; likewise for ipsec_keyring_has(). */
bool ipsec_keyring_knows_destination(ipsec_keyring *ring, const ipsec_view *view);

/** Whether a row has this SPI and protocol for this destination of `length` octets; NULL for any destination. */
bool ipsec_keyring_has(ipsec_keyring *ring, uint32_t spi, uint8_t protocol, const uint8_t *destination, uint8_t length);

/** The row's contexts, opened if needed; NULL without keys, or if libgcrypt refuses them. */
ipsec_crypto *ipsec_key_open(ipsec_key *row);

#endif
