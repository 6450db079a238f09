/** @file
 * Initialization vectors: whether one is reused under a key, or predictable. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IV_H
#define IPSEC_CORE_IV_H

#include "base/limits.h"

#include <stdbool.h>
#include <stdint.h>

/** What the mode of the cipher asks of IVs. */
typedef enum {
    IPSEC_IV_UNIQUE,        /**< GCM, CCM, CTR, GMAC, ChaCha20-Poly1305: 8 octets, never twice under one key */
    IPSEC_IV_UNPREDICTABLE, /**< CBC: 8 or 16 octets, not predictable (RFC 3602 3) */
    /** The algorithm is not known, and it is not ESP-NULL either. Nothing is demanded until the 8 octets after the
     * sequence number have proved to be a counter that goes with it, in most packets. From then on no IV that goes with
     * it may be reused. The others may be anybody's, so they are compared but not kept. Given up if there are too many
     * others, and tried again later: see ipsec_iv_is_idle(). */
    IPSEC_IV_UNKNOWN
} ipsec_iv_demand;

/** One packet. */
typedef struct ipsec_iv_packet {
    ipsec_iv_demand demand;
    const uint8_t *iv;
    uint8_t length;            /**< octets of IV: 8 or, for IPSEC_IV_UNPREDICTABLE only, 16; others are ignored */
    uint64_t sequence;         /**< number of the packet, with its high half where there is one */
    uint32_t packets;          /**< IPSEC_IV_UNKNOWN: which one of its SA it is, from 1; never falls */
    uint32_t frame;            /**< what the caller calls the packet, not 0; given back for the first of two */
    const uint8_t *last_block; /**< CBC: the last `length` octets of ciphertext; NULL if there is none */
} ipsec_iv_packet;

/** What was found. */
typedef enum {
    IPSEC_IV_FINE,
    IPSEC_IV_REUSED,      /**< came before, with another packet of the SA */
    IPSEC_IV_PREDICTABLE, /**< CBC: follows a counter. Said of each such packet, from the one on that makes it certain
                           */
    IPSEC_IV_CHAINED,     /**< CBC: is the last block of the packet before */
    IPSEC_IV_ZERO,        /**< CBC: all zero */
    /** The bound on memory was reached, so this IV is not remembered; it is not one of those that are. */
    IPSEC_IV_FORGETFUL
} ipsec_iv_result;

/** IVs of an SA that lie next to each other; see iv.c. */
struct ipsec_iv_block;

/** What an SA remembers. All zero at first, and again by ipsec_iv_forget() when its key changes or the SA goes. Used
 * with one store only, and not after that is freed. */
typedef struct ipsec_iv_state {
    union {
        struct {
            struct ipsec_iv_block *block; /**< that the last IV fell in; NULL if it is full */
            uint32_t blocks;              /**< the store holds for this state, since it is in use */
            uint8_t levels;               /**< highest level of blocks */
            uint8_t tried;                /**< IVs, while not ordered */
            uint8_t shared;               /**< those of them that are close to each other if reversed */
            bool ordered : 1;             /**< `reversed` is settled */
            bool reversed : 1;            /**< IVs are numbers whose first octet is the lowest */
            uint64_t relation;            /**< IPSEC_IV_UNKNOWN: what IVs and sequence numbers have between them */
        } unique;                         /**< IPSEC_IV_UNIQUE, and what has proved to be a counter */
        struct {
            uint64_t before[2];  /**< the IV before */
            uint64_t last_block; /**< of the packet before, its last 8 octets; if has_last_block */
        } cbc;                   /**< IPSEC_IV_UNPREDICTABLE */
        struct {
            uint64_t difference, exclusive_or; /**< of IV and sequence number, in the packets that count for `run` */
            uint64_t sequence;                 /**< of the last one of them */
        } unknown;                             /**< IPSEC_IV_UNKNOWN, while not proved */
        uint32_t again;                        /**< IPSEC_IV_UNKNOWN, given up: the packet to try again with */
    };
    uint32_t id;    /**< that the store knows it by, from 1; 0: it has seen no packet */
    uint8_t demand; /**< ipsec_iv_demand of its packets; another one starts over */
    uint8_t run;    /**< cbc: packets in a row that could be a counter's; unknown: how many more than could not */
    uint8_t misses; /**< unknown: how many more could not than could; no more are counted than it takes to give up */
    bool begun : 1; /**< cbc: `before` is valid; unknown: `difference` and so on */
    bool has_last_block : 1; /**< cbc */
    bool proved : 1;         /**< unknown: the IVs are a counter */
    bool kept : 1;           /**< unknown: they were another one before, and the store has some of it */
    bool adds : 1;           /**< unknown: the difference is the same in all that count */
    bool xors : 1;           /**< unknown: the exclusive or is */
} ipsec_iv_state;

/** The IVs of all SAs; bounded: at most 110 MB. IVs that are a counter take about 1 kB, however many they are; that
 * includes no frame numbers, which take 5 MB at most. */
typedef struct ipsec_iv_store ipsec_iv_store;

/** An empty store; free it with ipsec_iv_store_free(). */
ipsec_iv_store *ipsec_iv_store_new(ipsec_limits *limits);

/** Frees a store and all in it; NULL is fine. */
void ipsec_iv_store_free(ipsec_iv_store *store);

/** Resets a state to zero; what the store holds for it makes room for others when they need it. */
void ipsec_iv_forget(ipsec_iv_store *store, ipsec_iv_state *state);

/**
 * Learns from the next packet of an SA, in the order of the capture. Not to be called for an identical copy, nor for a
 * forged packet. The sequence number need not be new.
 *
 * IPSEC_IV_UNIQUE: no IV is said to be reused that was not seen before, whatever the order, the losses, and the way IVs
 * are made. Every IV that was seen before is found, but for those that IPSEC_IV_FORGETFUL was said of.
 *
 * IPSEC_IV_UNPREDICTABLE: that an IV comes again is found if it is one of the last of all SAs, about 65,536.
 *
 * @param first  set to the frame of the first packet with that IV, if the result is IPSEC_IV_REUSED; to 0 if that is
 *               too long ago to be known
 */
ipsec_iv_result ipsec_iv_learn(ipsec_iv_store *store, ipsec_iv_state *state, const ipsec_iv_packet *packet,
                               uint32_t *first);

/** What ends the search for a counter: this many more packets whose IV did not go with the sequence number than packets
 * whose IV did. */
#define IPSEC_IV_MISSES_MOST 16u

/** Whether nothing can come of a packet whose algorithm is not known: then ipsec_iv_learn() need not be called. Where
 * it was given up, it is tried again when the SA has had twice as many packets.
 *
 * @param packets  see ipsec_iv_packet */
static inline bool ipsec_iv_is_idle(const ipsec_iv_state *state, uint32_t packets)
{
    return state->misses == IPSEC_IV_MISSES_MOST && packets < state->again;
}

#endif
