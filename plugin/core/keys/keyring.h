/** @file
 * The key rows of a capture, and which of them an SA takes. Internal to the core.
 *
 * Finding a row takes one look into a hash table for each combination of wildcards in use, however many rows there
 * are; and it is done once per SA.
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

/** What of a packet names its SA, with zeros where a row does not care. Compared and hashed as octets. */
typedef struct ipsec_key_name {
    uint8_t destination[16];
    uint8_t source[16];
    uint32_t spi;
    uint8_t destination_length; /**< 0 where rows are for both versions of IP */
    uint8_t source_length;
    uint8_t protocol;
    uint8_t zero;
} ipsec_key_name;

/** A row that an SA takes, with its contexts, which are opened when first asked for and serve every such SA. */
typedef struct ipsec_key {
    ipsec_key_row spec;
    uint32_t index;       /**< in the ring */
    uint32_t guessed;     /**< octets of the packets for which was examined why they do not verify with it */
    uint8_t position;     /**< among the rows for the same SAs, from 0 */
    ipsec_crypto *crypto; /**< NULL until ipsec_key_open() */
    bool refused;         /**< libgcrypt did not take the key: do not try again */
} ipsec_key;

/** All rows; wipes keys when freed. */
typedef struct ipsec_keyring ipsec_keyring;

ipsec_keyring *ipsec_keyring_new(void);
void ipsec_keyring_free(ipsec_keyring *ring);

/**
 * Adds a copy of *spec, after those that are there. A row for the same SAs with the same keys is merged with it, see
 * row_merge.h; one with other keys is chained to it, because it may be from another time. A row without keys is merged
 * with those that have its algorithms, and means nothing beside others: whichever came first.
 *
 * @return false, and the row is not used, if there are IPSEC_KEYS_PER_SA rows with other keys for the same SAs
 */
bool ipsec_keyring_add(ipsec_keyring *ring, const ipsec_key_row *spec);

/** Number of rows. */
uint32_t ipsec_keyring_count(const ipsec_keyring *ring);

/** Row `index`, below the count. Ask for it only if the row is used, because it takes more memory from then on. Owned
 * by the ring, which does not move it. */
ipsec_key *ipsec_keyring_row(const ipsec_keyring *ring, uint32_t index);

/** Index of the next row for the same SAs as row `index`, with other keys. After the last comes the first; a row that
 * is alone is its own next. */
uint32_t ipsec_keyring_next(const ipsec_keyring *ring, uint32_t index);

/** Index of the first row for `spi` and the addresses of the view; IPSEC_KEY_NONE if there is none. */
uint32_t ipsec_keyring_find(const ipsec_keyring *ring, const ipsec_view *view, uint32_t spi);

/** Whether a row tells SAs apart by their source, so that the answer of ipsec_keyring_find() holds for the view's
 * source only. */
bool ipsec_keyring_needs_source(const ipsec_keyring *ring);

/** Whether a network card may do the cryptography of the row's SA: where dumps say so of some, only of these. */
bool ipsec_keyring_may_offload(const ipsec_keyring *ring, const ipsec_key_row *spec);

/** Whether a row names the view's destination, other than by a wildcard for all. The first call after a row was added
 * walks over all rows; likewise for ipsec_keyring_has(). */
bool ipsec_keyring_knows_destination(ipsec_keyring *ring, const ipsec_view *view);

/** Whether a row has this SPI and protocol towards this address of `length` octets; NULL for any address. */
bool ipsec_keyring_has(ipsec_keyring *ring, uint32_t spi, uint8_t protocol, const uint8_t *destination, uint8_t length);

/** The row's contexts, opened if they were not; NULL without keys, or where libgcrypt refuses them. */
ipsec_crypto *ipsec_key_open(ipsec_key *row);

#endif
