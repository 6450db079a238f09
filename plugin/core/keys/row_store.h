/** @file
 * Key rows as they are kept: in an eighth of the memory that an ipsec_key_row takes. Internal to the core.
 *
 * A capture has only a few of a gateway's many SAs, and their rows are mostly alike. What is alike is kept once, and
 * keys take only their own length.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ROW_STORE_H
#define IPSEC_CORE_ROW_STORE_H

#include "keys/spec.h"

#include <glib.h>
#include <stddef.h>

/** A row that is kept. The octets of addresses and the SPI are those of the ipsec_key_row, as is the line. */
typedef struct ipsec_packed_row {
    uint8_t destination[16];
    uint8_t source[16];
    uint32_t spi;
    uint32_t line;
    uint32_t next;           /**< index of another row for the same SAs, in a ring; its own if there is none */
    uint8_t position;        /**< in that ring, from 0 */
    const uint8_t *shape;    /**< what the row says beside, which it shares with others */
    const uint8_t *keys;     /**< that of encryption, then that of integrity; in UDP the ports after them */
    struct ipsec_key *whole; /**< the owner's; NULL at first */
} ipsec_packed_row;

/** Octets of several kinds, freed together. */
typedef struct ipsec_octet_pool {
    GPtrArray *pieces;
    uint8_t *at; /**< where there is room for `left` octets */
    size_t left;
} ipsec_octet_pool;

/** How many of the shapes made last are compared with that of a new row. */
#define IPSEC_SHAPES_TRIED 4

/** The rows. */
typedef struct ipsec_row_store {
    GPtrArray *chunks; /**< of rows */
    uint32_t count;    /**< rows in all chunks */
    ipsec_octet_pool pool;
    const uint8_t *shapes[IPSEC_SHAPES_TRIED]; /**< a ring of those made last; NULL where there is none */
    unsigned next_shape;                       /**< whose place the next one takes */
} ipsec_row_store;

void ipsec_row_store_init(ipsec_row_store *store);

/** Wipes keys and frees all but `whole` of the rows. */
void ipsec_row_store_clear(ipsec_row_store *store);

/** Adds what *spec says as the last row, in a ring of its own. */
void ipsec_row_store_add(ipsec_row_store *store, const ipsec_key_row *spec);

/** Puts what *spec says in the place of a row for the same SAs; leaves ring and `whole`. */
void ipsec_row_store_replace(ipsec_row_store *store, ipsec_packed_row *row, const ipsec_key_row *spec);

/** Row `index`, below the count; it does not move. */
ipsec_packed_row *ipsec_row_store_at(const ipsec_row_store *store, uint32_t index);

/** Makes the row again that was added, without its keys. */
void ipsec_row_store_read(const ipsec_packed_row *row, ipsec_key_row *spec);

/** The same with keys: wipe it. */
void ipsec_row_store_read_keys(const ipsec_packed_row *row, ipsec_key_row *spec);

#endif
