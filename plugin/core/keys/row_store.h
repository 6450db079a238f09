/** @file
 * Compact storage of key rows: takes an eighth of the memory of an ipsec_key_row. Internal to the core.
 *
 * A capture has only a few of a gateway's many SAs, and their rows are mostly alike. What they have in common is stored
 * once, and keys take only their own length.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ROW_STORE_H
#define IPSEC_CORE_ROW_STORE_H

#include "keys/spec.h"

#include <glib.h>
#include <stddef.h>

/** A stored row. The octets of the addresses, the SPI and the line are those of the ipsec_key_row. */
typedef struct ipsec_packed_row {
    uint8_t destination[16];
    uint8_t source[16];
    uint32_t spi;
    uint32_t line;
    uint32_t next;           /**< index of another row for the same SAs, in a ring; its own if there is none */
    uint8_t position;        /**< in that ring, from 0 */
    const uint8_t *shape;    /**< the rest of the row, which it shares with others */
    const uint8_t *keys;     /**< the encryption key, then the integrity key, then, in UDP, the ports */
    struct ipsec_key *whole; /**< for the owner of the store; NULL at first */
} ipsec_packed_row;

/** Octets of several kinds, freed together. */
typedef struct ipsec_octet_pool {
    GPtrArray *pieces;
    uint8_t *at; /**< where there is room for `left` octets */
    size_t left;
} ipsec_octet_pool;

/** How many of the latest shapes are compared with that of a new row. */
#define IPSEC_SHAPES_TRIED 4

/** The rows. */
typedef struct ipsec_row_store {
    GPtrArray *chunks; /**< of rows */
    uint32_t count;    /**< rows in all chunks */
    ipsec_octet_pool pool;
    const uint8_t *shapes[IPSEC_SHAPES_TRIED]; /**< a ring of the latest shapes; NULL if there is none */
    unsigned next_shape;                       /**< index of the one that is replaced next */
} ipsec_row_store;

void ipsec_row_store_init(ipsec_row_store *store);

/** Wipes keys and frees everything except the `whole` of the rows. */
void ipsec_row_store_clear(ipsec_row_store *store);

/** Stores *spec as the last row, in a ring of its own. */
void ipsec_row_store_add(ipsec_row_store *store, const ipsec_key_row *spec);

/** Replaces a row by *spec, which is for the same SAs; ring and `whole` stay. */
void ipsec_row_store_replace(ipsec_row_store *store, ipsec_packed_row *row, const ipsec_key_row *spec);

/** Row `index`, below the count; it does not move. */
ipsec_packed_row *ipsec_row_store_at(const ipsec_row_store *store, uint32_t index);

/** Restores a row, without its keys. */
void ipsec_row_store_read(const ipsec_packed_row *row, ipsec_key_row *spec);

/** The same with keys: wipe it after use. */
void ipsec_row_store_read_keys(const ipsec_packed_row *row, ipsec_key_row *spec);

#endif
