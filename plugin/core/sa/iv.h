/** @file
 * Initialization vectors: whether one is reused under a key, or predictable. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IV_H
#define IPSEC_CORE_IV_H

#include "base/limits.h"
#include "base/octets.h"

#include <stdbool.h>
#include <stdint.h>

/** What the mode of the cipher requires of IVs. */
typedef enum {
    IPSEC_IV_UNIQUE,        /**< GCM, CCM, CTR, GMAC, ChaCha20-Poly1305: 8 octets, never twice under one key */
    IPSEC_IV_UNPREDICTABLE, /**< CBC: 8 or 16 octets, not predictable (RFC 3602 3) */
    /** The algorithm is not known, and it is not ESP-NULL either. Nothing is required until the 8 octets after the
     * sequence number have proved, in most packets, to be a counter that follows it. From then on no IV that follows it
     * may be reused. Others may be from anybody, so they are compared but not stored. If there are too many others, the
     * search is given up, and tried again later: see ipsec_iv_is_idle(). */
    IPSEC_IV_UNKNOWN
} ipsec_iv_demand;

/** One packet. */
typedef struct ipsec_iv_packet {
    ipsec_iv_demand demand;
    const uint8_t *iv;
    uint8_t length;            /**< octets of IV: 8 or, for IPSEC_IV_UNPREDICTABLE only, 16; others are ignored */
    uint64_t sequence;         /**< sequence number of the packet, with its high half if there is one */
    uint32_t packets;          /**< IPSEC_IV_UNKNOWN: which packet of its SA this is, from 1; never decreases */
    uint32_t frame;            /**< the caller's number of the packet, not 0; returned for the first of two */
    const uint8_t *last_block; /**< CBC: the last `length` octets of ciphertext; NULL if there is none */
} ipsec_iv_packet;

/** What was found. */
typedef enum {
    IPSEC_IV_FINE,
    IPSEC_IV_REUSED,      /**< it came before, with another packet of the SA */
    IPSEC_IV_PREDICTABLE, /**< CBC: it follows a counter. Reported for each such packet, from the one on that makes it
                           * certain
                           */
    IPSEC_IV_CHAINED,     /**< CBC: it is the last block of the packet before */
    IPSEC_IV_ZERO,        /**< CBC: it is all zero */
    /** The limit on memory was reached, so this IV is not remembered; it is not a reuse of one that is. */
    IPSEC_IV_FORGETFUL
} ipsec_iv_result;

/** Neighbouring IVs of an SA; see iv_store.c. */
struct ipsec_iv_block;

/** What an SA remembers. All zero at first; ipsec_iv_forget() zeroes it again when the key changes or the SA is
 * forgotten. Used with one store only, and not after that is freed. */
typedef struct ipsec_iv_state {
    union {
        struct {
            struct ipsec_iv_block *block; /**< the block of the last IV; NULL if it is full */
            /** Number of blocks that the store holds for this state, counted since `unique` is in use. */
            uint32_t blocks;
            uint8_t levels;    /**< highest level of blocks */
            uint8_t tried;     /**< IVs so far, while not ordered */
            uint8_t shared;    /**< those of them that are close to another one if reversed */
            bool ordered : 1;  /**< `reversed` is settled */
            bool reversed : 1; /**< IVs are numbers whose first octet is the lowest */
            uint64_t relation; /**< IPSEC_IV_UNKNOWN: the difference, or exclusive or, of IV and sequence number */
        } unique;              /**< IPSEC_IV_UNIQUE, and IPSEC_IV_UNKNOWN once proved */
        struct {
            uint64_t before[2];  /**< the previous IV */
            uint64_t last_block; /**< its last 8 octets, of the previous packet; if has_last_block */
        } cbc;                   /**< IPSEC_IV_UNPREDICTABLE */
        struct {
            uint64_t difference, exclusive_or; /**< of IV and sequence number, in the packets that count for `run` */
            uint64_t sequence;                 /**< sequence number of the last one of them */
        } unknown;                             /**< IPSEC_IV_UNKNOWN, while not proved */
        uint32_t again;                        /**< IPSEC_IV_UNKNOWN, given up: the packet to try again with */
    };
    uint32_t id;    /**< identifies the state in the store, from 1; 0: it has seen no packet */
    uint8_t demand; /**< ipsec_iv_demand of its packets; if that changes, the state starts over */
    uint8_t run; /**< cbc: packets in a row that could be from a counter; unknown: how many more could than could not */
    uint8_t misses; /**< unknown: how many more could not than could; stops at the number that ends the search */
    bool begun : 1; /**< cbc: `before` is valid; unknown: `difference` and so on */
    bool has_last_block : 1; /**< cbc */
    bool proved : 1;         /**< unknown: the IVs are a counter */
    bool kept : 1;           /**< unknown: they were another counter before, and the store has IVs of that */
    bool adds : 1;           /**< unknown: the difference is the same in all packets that count */
    bool xors : 1;           /**< unknown: likewise the exclusive or */
} ipsec_iv_state;

/** The IVs of all SAs; bounded: at most 110 MB. IVs that are a counter take about 1 kB, however many they are, without
 * their frame numbers, which take 5 MB at most. */
typedef struct ipsec_iv_store ipsec_iv_store;

/** An empty store; free it with ipsec_iv_store_free(). */
ipsec_iv_store *ipsec_iv_store_new(ipsec_limits *limits);

/** Frees a store and all in it; NULL is fine. */
void ipsec_iv_store_free(ipsec_iv_store *store);

/** Resets a state to zero; what the store holds for it is freed when room is needed. */
void ipsec_iv_forget(ipsec_iv_store *store, ipsec_iv_state *state);

/**
 * Learns from the next packet of an SA, in the order of the capture. Not to be called for an identical copy, nor for a
 * forged packet. The sequence number need not be new.
 *
 * IPSEC_IV_UNIQUE: an IV is reported as reused only if it was seen before, whatever the order, the losses, and the way
 * in which IVs are generated. Every IV that was seen before is found, except those for which IPSEC_IV_FORGETFUL was
 * returned.
 *
 * IPSEC_IV_UNPREDICTABLE: the reuse of an IV is found if it is among the last ones of all SAs, about 65,536.
 *
 * @param first  set to the frame of the first packet with that IV, if the result is IPSEC_IV_REUSED; to 0 if that is
 *               too long ago to be known
 */
ipsec_iv_result ipsec_iv_learn(ipsec_iv_store *store, ipsec_iv_state *state, const ipsec_iv_packet *packet,
                               uint32_t *first);

/** The search for a counter ends when this many more packets had an IV that did not follow the sequence number than had
 * one that did. If one packet in three is forged, it fails with a probability of 1/60. */
#define IPSEC_IV_MISSES_MOST 16u

/** Whether nothing can be learned from a packet whose algorithm is not known, so that ipsec_iv_learn() need not be
 * called. A search that was given up is tried again when the SA has had twice as many packets.
 *
 * @param packets  see ipsec_iv_packet */
static inline bool ipsec_iv_is_idle(const ipsec_iv_state *state, uint32_t packets)
{
    return state->misses == IPSEC_IV_MISSES_MOST && packets < state->again;
}

/** Counts an IV that does not follow the sequence number: it cancels one that did, or others are compared with it. */
static IPSEC_INLINE void ipsec_iv_count_miss(ipsec_iv_state *state, uint64_t iv, uint64_t sequence)
{
    state->misses += state->begun;
    if (state->run > 0) {
        state->run--;
        return;
    }
    state->unknown.difference = iv - sequence;
    state->unknown.exclusive_or = iv ^ sequence;
    state->unknown.sequence = sequence;
    state->adds = state->xors = state->begun = true;
}

/** What ipsec_iv_search() does for most IVs: they miss, and the search goes on. Returns false, and does nothing, if it
 * would do more. */
static IPSEC_INLINE bool ipsec_iv_miss(ipsec_iv_state *state, const uint8_t *octets, uint64_t sequence)
{
    const uint64_t iv = ipsec_read_u64(octets);

    if (!state->begun || state->proved || state->demand != IPSEC_IV_UNKNOWN ||
        state->misses >= IPSEC_IV_MISSES_MOST - 1 || iv - sequence == state->unknown.difference ||
        (iv ^ sequence) == state->unknown.exclusive_or)
        return false;
    ipsec_iv_count_miss(state, iv, sequence);
    return true;
}

/** The part of ipsec_iv_learn() for IPSEC_IV_UNKNOWN before a counter is proved. It never finds anything. For the
 * parameters see ipsec_iv_packet. */
void ipsec_iv_search(ipsec_iv_store *store, ipsec_iv_state *state, const uint8_t *iv, uint64_t sequence,
                     uint32_t packets);

#endif
