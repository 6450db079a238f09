/** @file
 * The SAs of a capture, and the peers that were seen to speak IKE. Internal to the core.
 *
 * An SA is (protocol, destination, SPI): RFC 4301 4.1. To a multicast group each sender has one of its own, for each
 * has its own numbers. Finding one does not allocate.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_SA_H
#define IPSEC_CORE_SA_H

#include "iv.h"
#include "null_probe.h"
#include "view.h"
#include "window.h"

#include <stdbool.h>
#include <stdint.h>

/** What names an SA, in words that are quick to compare. */
typedef struct ipsec_sa_key {
    uint64_t name;           /**< SPI, length of the address and protocol */
    uint64_t destination[2]; /**< the octets of the address as they lie in memory, zero-padded */
    uint64_t source[2];      /**< likewise, if the destination is multicast; else 0 */
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
    uint8_t generation;    /**< how often the SA came back with another key */
    uint8_t position;      /**< of the row in its chain, from 0 */
    uint8_t hint, detail;  /**< what was found out about a wrong key */
    uint8_t guesses;       /**< how often it was tried to find that out */
    ipsec_null_probe null; /**< without key: whether it is ESP-NULL */
} ipsec_sa_keys;

/** What an SA knows of its sequence numbers; see sequence.c. */
typedef struct ipsec_sa_numbers {
    ipsec_window window;
    uint64_t suspect;    /**< unverified number that waits for a second one of its run */
    uint32_t last;       /**< number of the record of the last packet, or IPSEC_RECORD_NONE */
    uint32_t packets;    /**< packets with a number */
    uint32_t refused;    /**< of these, what the receiver's window refuses */
    uint32_t row_window; /**< as the key row has it, or IPSEC_REPLAY_WINDOW_UNKNOWN */
    uint8_t esn;         /**< ipsec_esn_mode, as the key row and verified packets have it */
    uint8_t run;         /**< old numbers in a row */
    bool waiting;        /**< `suspect` counts */
} ipsec_sa_numbers;

struct ipsec_sa;

/** The SAs from one peer to another; see life.c. */
typedef struct ipsec_sa_pair {
    struct ipsec_sa *active;    /**< the one in use, or NULL */
    struct ipsec_sa *next;      /**< another one that has begun */
    struct ipsec_sa *unmatched; /**< the last one without an SA of the other direction */
    struct ipsec_sa_pair *back; /**< the other direction; NULL until it has an SA */
    uint32_t run;               /**< packets in a row of `next` */
} ipsec_sa_pair;

/** What an SA knows of its life; see life.c. */
typedef struct ipsec_sa_life {
    ipsec_sa_pair *pair;      /**< of its peers; NULL until its first packet with addresses */
    uint64_t origin;          /**< source address and port of the last packet, hashed; 0 before the first */
    uint64_t origin_before;   /**< the one before that was another */
    uint64_t octets, packets; /**< that the receiver has accepted */
    uint32_t reverse;         /**< index of the SA of the other direction, or UINT32_MAX */
    bool young;               /**< its numbers began in the capture */
    bool successor;           /**< another SA has taken over */
    bool senders;             /**< several send on it */
    bool over;                /**< a hard limit was reached */
} ipsec_sa_life;

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
    ipsec_sa_numbers numbers;
    ipsec_sa_life life;
    ipsec_iv_state iv;
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

/** SA number `index`, below the count. */
ipsec_sa *ipsec_sa_at(const ipsec_sa_table *table, uint32_t index);

/** The SAs from the view's source to its destination, made if there were none: `sa` is one of them, and new. Matches it
 * with one of the other direction. NULL if there are too many pairs. */
ipsec_sa_pair *ipsec_sa_pair_get(ipsec_sa_table *table, const ipsec_view *view, ipsec_sa *sa);

/** Number of SAs in the table. */
uint32_t ipsec_sa_count(const ipsec_sa_table *table);

/** Remembers that the two addresses of the view spoke IKE. */
void ipsec_peers_add(ipsec_sa_table *table, const ipsec_view *view);

/** Whether the two addresses of the view, either way round, spoke IKE before. */
bool ipsec_peers_known(const ipsec_sa_table *table, const ipsec_view *view);

#endif
