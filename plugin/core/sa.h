/** @file
 * The SAs of a capture, and the peers that were seen to speak IKE. Internal to the core.
 *
 * An SA is (protocol, destination, SPI): RFC 4301 4.1. Finding one does not allocate.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_SA_H
#define IPSEC_CORE_SA_H

#include "null_probe.h"
#include "view.h"

#include <stdbool.h>
#include <stdint.h>

/** What names an SA, in words that are quick to compare. */
typedef struct ipsec_sa_key {
    uint64_t name;           /**< SPI, length of the address and protocol */
    uint64_t destination[2]; /**< the octets of the address as they lie in memory, zero-padded */
    uint32_t hash;           /**< of the rest, so that it is computed once */
} ipsec_sa_key;

/** What an SA knows of its keys; see open.c. */
typedef struct ipsec_sa_keys {
    uint32_t row;          /**< index in the keyring, or IPSEC_KEY_NONE; valid if resolved */
    uint32_t high;         /**< high half that verified last, if esn */
    uint8_t source[16];    /**< that the row was found for, where rows tell SAs apart by it */
    bool resolved;         /**< a row was looked for */
    bool idle;             /**< no key, and nothing left to try: every further packet may pass by */
    bool verified;         /**< a packet has borne out the row */
    bool good;             /**< and did so by its ICV */
    bool started;          /**< and its high half was the one that the row names to start from */
    bool esn;              /**< and did so with a high half */
    uint8_t hint, detail;  /**< what was found out about a wrong key */
    uint8_t guesses;       /**< how often it was tried to find that out */
    ipsec_null_probe null; /**< without key: whether it is ESP-NULL */
} ipsec_sa_keys;

/** One SA as seen in the capture. */
typedef struct ipsec_sa {
    ipsec_sa_key key;
    uint32_t index;      /**< in order of appearance, from 0 */
    uint16_t properties; /**< ipsec_property bits that were reported already */
    bool advanced;       /**< in UDP: two sound packets had advancing numbers */
    uint32_t sequence;   /**< in UDP: of the last sound packet; valid if sound is not 0 */
    uint32_t sound;      /**< in UDP: packets without a fault */
    uint32_t faulty;     /**< in UDP: the others */
    bool told_peers;     /**< in UDP: its peers are known to speak IPsec, by a key */
    ipsec_sa_keys keys;
} ipsec_sa;

/** The table of SAs; bounded, see sa.c. */
typedef struct ipsec_sa_table ipsec_sa_table;

/** An empty table; free it with ipsec_sa_table_free(). */
ipsec_sa_table *ipsec_sa_table_new(void);

/** Frees a table and all in it; NULL is fine. */
void ipsec_sa_table_free(ipsec_sa_table *table);

/** The SA of `spi` towards the view's destination, made if it is new. Owned by the table, which does not
 * move it. NULL if the table is full. */
ipsec_sa *ipsec_sa_get(ipsec_sa_table *table, const ipsec_view *view, uint32_t spi);

/** Number of SAs in the table. */
uint32_t ipsec_sa_count(const ipsec_sa_table *table);

/** Remembers that the two addresses of the view spoke IKE. */
void ipsec_peers_add(ipsec_sa_table *table, const ipsec_view *view);

/** Whether the two addresses of the view, either way round, spoke IKE before. */
bool ipsec_peers_known(const ipsec_sa_table *table, const ipsec_view *view);

#endif
