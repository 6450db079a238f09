/** @file
 * The SAs of a capture. Internal to the core.
 *
 * An SA is (protocol, destination, SPI): RFC 4301 4.1. Towards a multicast group each sender has an SA of its own,
 * because it has its own sequence numbers. Finding one does not allocate.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_SA_H
#define IPSEC_CORE_SA_H

#include "base/blocks.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/octets.h"
#include "keys/crypto.h"
#include "keys/spec.h"
#include "packet/view.h"
#include "sa/doubts.h"
#include "sa/forgotten.h"
#include "sa/generation.h"
#include "sa/iv.h"
#include "sa/note.h"
#include "sa/null_probe.h"
#include "sa/ruling.h"
#include "sa/summary.h"
#include "sa/window.h"
#include "sa/standing.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/** What identifies an SA, in words that are quick to compare. */
typedef struct ipsec_sa_key {
    uint64_t name; /**< SPI, length of the address and protocol */
    /** The destination, and if that is multicast the source, hashed with secrets. Two IPv4 addresses never have the
     * same hash: their difference times an odd number is not 0. Two IPv6 addresses have the same one with a probability
     * of at most 2^-33, whoever chose them. */
    uint64_t where;
} ipsec_sa_key;

/** What an SA knows of its keys; see open.c. */
typedef struct ipsec_sa_keys {
    uint32_t row;      /**< index in the keyring, or IPSEC_KEY_NONE; valid if resolved */
    uint32_t high;     /**< the high half that verified last, if esn */
    uint32_t source;   /**< source address that the row was found for, hashed; used if rows distinguish SAs by source */
    bool resolved : 1; /**< a row was looked for */
    bool nothing_to_try : 1;     /**< there is no key to look for: only `null` is tried on packets */
    bool row_confirmed : 1;      /**< a packet has confirmed the row */
    bool icv_good : 1;           /**< a packet has confirmed it by its ICV */
    bool start_seen : 1;         /**< a packet has verified with the initial high half of the row */
    bool esn : 1;                /**< the last packet that confirmed the row had a high half */
    uint8_t position;            /**< that of the row in its chain, from 0 */
    uint8_t advice_case, detail; /**< what was found out about a wrong key */
    uint16_t failures;           /**< packets that did not verify, while the reason is unknown; wraps to 0 */
    ipsec_null_probe null;       /**< without a key: whether it is ESP-NULL */
} ipsec_sa_keys;

/** What an SA knows of its sequence numbers. Only sequence.c writes it, for steady SAs also steady.c and
 * brief.c, and generation.c moves it as a whole. Only genuine packets (ipsec_is_genuine()) change it, except for the
 * excuses among the doubts. */
typedef struct ipsec_sa_numbers {
    ipsec_window window;
    ipsec_doubts *doubts; /**< NULL: none */
    uint32_t packets;     /**< packets with a number */
    uint32_t row_window;  /**< that of the key row, or IPSEC_REPLAY_WINDOW_UNKNOWN */
    /** Packets of the receiver's window, minus 1; valid while the window has a bitmap. Use ipsec_receiver_window(). */
    uint16_t window_less_1;
    uint16_t behind;  /**< how far the last accepted number is below the top; stops at its maximum */
    uint16_t refused; /**< refused packets that differ from earlier ones with the same numbers; stops at its maximum */
    uint16_t due;   /**< of a steady SA: the lowest bits of the next number with which something is due, see steady.h */
    uint32_t place; /**< ipsec_view.place of the packet that the window began with; next, its TTL, 0: not known */
    uint8_t ttl;
    bool in_gap;        /**< numbers are leaving the window unseen */
    bool coalesced;     /**< the last packet stands for several, which may have had the next numbers */
    uint8_t esn : 2;    /**< ipsec_esn_mode, according to the key row and verified packets */
    bool no_window : 1; /**< sa.no_anti_replay was reported, because so many numbers came again with other octets */
    bool near_end : 1;  /**< it was reported that few numbers are left */
    bool eager : 1;     /**< of a steady SA: each packet is entered at once, because a number may be lost */
    bool learns : 1;    /**< likewise: the IV of each packet matters, because it may belong to a counter */
} ipsec_sa_numbers;

/** Packets of the receiver's window, 1 to IPSEC_WINDOW_MOST. */
static inline uint32_t ipsec_receiver_window(const ipsec_sa_numbers *numbers)
{
    return numbers->window_less_1 + 1u;
}

/** The SAs from one peer to another (in UDP, from one port to another); see life.c. SAs are given by index, because
 * they may have been forgotten. */
typedef struct ipsec_sa_pair {
    ipsec_sa_key key;           /**< its key in the table: ports in place of the SPI, and both addresses */
    struct ipsec_sa_pair *back; /**< the other direction; NULL if it has no SA */
    uint32_t active;            /**< the SA in use, or IPSEC_SA_NONE */
    uint32_t next;              /**< another one that has begun */
    uint32_t unmatched;         /**< the last one without an SA in the other direction */
    uint32_t matched;           /**< the last one with an SA in the other direction */
    uint32_t sas;               /**< SAs in the table that refer to this pair */
    uint32_t alone;   /**< genuine packets between the peers since the last packet of the active SA's predecessor: those
                         before the takeover, and those of the active SA */
    uint16_t run_at;  /**< the low half of `alone` at the last packet of `next` */
    uint16_t run;     /**< packets of `next` since `alone` had that value, minus those of other SAs */
    uint16_t silence; /**< packets of all SAs but the active one in that time; stops at its maximum */
    uint8_t turns;    /**< successions that were taken back although they lasted */
    bool parallel : 1;       /**< these were so many that the SAs count as used in parallel */
    bool matched_good : 1;   /**< `matched` verifies */
    bool unmatched_good : 1; /**< `unmatched` verifies */
    bool active_good : 1;    /**< `active` verifies */
    bool verified : 1;       /**< one of the SAs verifies, so only SAs that verify can succeed another */
    bool is_told : 1;        /**< IKE has negotiated one of the SAs, so it is known which follows which */
    bool replaced : 1;       /**< one of the SAs has, or had, a successor */
} ipsec_sa_pair;

/** What an SA knows of its life; see life.c. */
typedef struct ipsec_sa_life {
    ipsec_sa_pair *pair; /**< that of its peers; NULL until its first packet with addresses */
    uint64_t octets;     /**< octets that the receiver has accepted; next, likewise packets */
    uint32_t packets;
    uint32_t origin; /**< ipsec_life_origin() of the last packet; 0 before the first, and then pair may be NULL */
    uint32_t origin_before;  /**< the previous one that was different */
    uint32_t moved_at;       /**< value of `packets` when the origin last changed */
    uint32_t idle_since;     /**< frame of its last packet, as of the last update of the heap, see sa.c; stays when the
                                life begins anew */
    uint8_t quick_returns;   /**< how often in a row it changed soon after the previous change */
    uint8_t after_successor; /**< packets since its successor took over, with few of the successor between them */
    bool began_here : 1;     /**< its numbers began in the capture */
    bool senders : 1;        /**< several senders use it */
    bool separate : 1;       /**< and each has numbers of its own */
    bool expired : 1;        /**< a hard limit was reached */
    bool at_home : 1;        /**< a packet came from the source and the ports of its row, and verified */
} ipsec_sa_life;

/** One SA whose state is kept. */
typedef struct ipsec_sa {
    ipsec_sa_key key;
    uint32_t index; /**< in order of appearance, from 0 */
    /** Number (the low half) of the next packet if the SA is steady, see steady.h; else 0. What came and is not in
     * `numbers` yet are the numbers above window.top and below it. */
    uint32_t expected;
    uint32_t sequence;  /**< in UDP: sequence number of the last sound packet; if none was sound, of the first one */
    uint16_t sound;     /**< in UDP: packets without a fault; halved with `faulty` if either reaches its maximum */
    uint16_t faulty;    /**< in UDP: the others */
    uint8_t properties; /**< ipsec_property bits that were reported already */
    uint8_t looks;      /**< in UDP: digest of the first packet */
    uint8_t steady;     /**< in UDP: sound packets with advancing numbers, minus the others */
    bool advanced : 1;  /**< in UDP: two sound packets had advancing numbers */
    bool confirmed : 1; /**< in UDP: there was enough evidence that it is IPsec, whatever comes */
    bool has_generations : 1; /**< the table keeps what it knew with other keys */
    bool told_peers : 1;      /**< in UDP: its peers are known to speak IPsec, by a key */
    bool varied : 1;          /**< in UDP: not all packets had the same number */
    bool is_negotiated : 1;   /**< IKE has negotiated it, see negotiated.h */
    uint8_t rank : 2;         /**< how much it has shown, as of the last update of the heap; see sa.c */
    ipsec_sa_keys keys;
    ipsec_sa_numbers numbers;
    ipsec_sa_life life;
    ipsec_iv_state iv;
} ipsec_sa;

/* The memory per SA, besides the bitmap of a large window. */
G_STATIC_ASSERT(sizeof(ipsec_sa) + sizeof(ipsec_sa_summary) <= 240);

/**
 * The standing of a packet of the SA, once its ruling has the result of opening it. All state depends on it: if there
 * is something to verify with, unverified packets move nothing (RFC 4303 3.4.3, RFC 4302 3.4.3).
 *
 * @param inside_unproven  it came inside a header that is unproven
 */
static inline ipsec_standing ipsec_standing_of(const ipsec_sa *sa, const ipsec_ruling *ruling, bool inside_unproven)
{
    if (ruling->has_row && ruling->icv == IPSEC_ICV_GOOD)
        return IPSEC_VERIFIED;
    if (ruling->has_row && ruling->icv == IPSEC_ICV_BAD)
        return IPSEC_FORGED;
    return sa->keys.icv_good || inside_unproven ? IPSEC_UNPROVEN : IPSEC_BELIEVED;
}

/** The table of SAs; bounded. Others may read the seed, the IVs and the generations. */
typedef struct ipsec_sa_table {
    uint64_t seed; /**< of the hashes */
    ipsec_limits *limits;
    uint64_t to[4], from[4]; /**< secrets, odd, for the words of a destination and of a source */
    ipsec_sa **slots;        /**< by hash, each SA in the first free slot from its own on; at most half are taken */
    uint32_t mask;           /**< number of slots, a power of two, minus 1 */
    uint32_t live;           /**< SAs in the slots */
    uint32_t most;           /**< most SAs that may be in them */
    GArray *summaries;       /**< of ipsec_sa_summary, by index; those of SAs that were forgotten stay */
    /** Heaps of the SAs in the slots, with the one that goes first at the top; NULL until the table is full. */
    GPtrArray *newcomers, *known;
    ipsec_iv_store *ivs;            /**< those of all SAs; for the functions of iv.h */
    ipsec_generations *generations; /**< likewise, for generation.h */
    ipsec_forgotten *forgotten;     /**< SAs that left the table, except those with one packet; NULL until one did */
    GHashTable *pairs;              /**< set of ipsec_sa_pair, by key */
    ipsec_blocks *sa_blocks, *pair_blocks; /**< memory for SAs and pairs */
    struct ipsec_exchanges *exchanges; /**< IKE requests near them in time, see exchanges.h; NULL until there is one */
    struct ipsec_negotiations *negotiations; /**< what IKE says of them, see negotiated.h; NULL until it does */
    struct ipsec_hints *hints;               /**< likewise what unverified IKE says, see hints.h */
} ipsec_sa_table;

/* --- names --- */

/** The hash of an address. A sum of products with secrets, one for each word: without knowing them, nobody finds two
 * addresses with one sum except by chance. A chain of ipsec_hash_mix() would not do, because some differences pass a
 * step unchanged, whatever the seed. */
static IPSEC_INLINE uint64_t ipsec_sa_hash_address(const uint64_t *secrets, const uint8_t *address, uint8_t length)
{
    uint64_t sum = secrets[0] * ipsec_read_u32(address);

    if (length > 4)
        for (unsigned at = 4; at < 16; at += 4)
            sum += secrets[at / 4] * ipsec_read_u32(address + at);
    return sum;
}

/** With a number, the SPI or ports: in the low half, from where ipsec_hash_place() spreads all of it. */
static inline uint64_t ipsec_sa_key_name(uint32_t number, uint8_t length, uint8_t protocol)
{
    return (uint64_t)((uint32_t)length << 8 | protocol) << 32 | number;
}

/** Whether an address of that length is a group's. */
static IPSEC_INLINE bool ipsec_sa_is_multicast(const uint8_t *address, uint8_t length)
{
    return length == 4 ? ipsec_read_u32(address) >> 28 == 0xe : address[0] == 0xff;
}

/** ipsec_sa_key_of() among SAs whose addresses have that length. */
static IPSEC_INLINE ipsec_sa_key ipsec_sa_key_among(const ipsec_sa_table *table, const ipsec_view *view, uint8_t length,
                                                    uint8_t protocol, uint32_t spi)
{
    ipsec_sa_key key = {.name = ipsec_sa_key_name(spi, length, protocol), .where = table->seed};

    if (length == 0)
        return key;
    key.where += ipsec_sa_hash_address(table->to, view->destination, length);
    if (ipsec_sa_is_multicast(view->destination, length))
        key.where += ipsec_sa_hash_address(table->from, view->source, length);
    return key;
}

/** The name of the SA of `spi` towards the view's destination. */
static inline ipsec_sa_key ipsec_sa_key_of(const ipsec_sa_table *table, const ipsec_view *view, uint32_t spi)
{
    return ipsec_sa_key_among(table, view, view->address_length, view->protocol, spi);
}

/** Whether they name the same. */
static inline bool ipsec_sa_keys_equal(const ipsec_sa_key *a, const ipsec_sa_key *b)
{
    return a->name == b->name && a->where == b->where;
}

/** Where in the table an SA of that name stands, or the first place to look. */
static inline uint32_t ipsec_sa_key_hash(const ipsec_sa_key *key)
{
    return ipsec_hash_place(key->where, key->name);
}

/** The SA of that name; NULL if there is none. */
static IPSEC_INLINE ipsec_sa *ipsec_sa_find_key(const ipsec_sa_table *table, const ipsec_sa_key *key)
{
    for (uint32_t at = ipsec_sa_key_hash(key) & table->mask; table->slots[at]; at = (at + 1) & table->mask)
        if (ipsec_sa_keys_equal(&table->slots[at]->key, key))
            return table->slots[at];
    return NULL;
}

/* --- the table --- */

/**
 * An empty table; free it with ipsec_sa_table_free().
 *
 * @param most  SAs whose state is kept; 0: IPSEC_SAS_DEFAULT
 */
ipsec_sa_table *ipsec_sa_table_new(uint32_t most, ipsec_limits *limits);

/** Frees a table and all in it; NULL is fine. */
void ipsec_sa_table_free(ipsec_sa_table *table);

/**
 * The SA of `spi` towards the view's destination, created if it is new; counts the packet. If the table is full,
 * another SA is forgotten for it: one with a single packet if there are many of these, else one that never verified,
 * and of those the one that was idle longest.
 *
 * @param note gets a finding if the SA is created and was, or may have been, forgotten before with more than one packet
 * @return owned by the table, which does not move it; valid until the next call
 */
ipsec_sa *ipsec_sa_get(ipsec_sa_table *table, const ipsec_view *view, uint32_t spi, ipsec_note *note);

/** The SA of `spi` towards the view's destination; NULL if there is none, or it was forgotten. Counts nothing. */
const ipsec_sa *ipsec_sa_find(const ipsec_sa_table *table, const ipsec_view *view, uint32_t spi);

/** The same, for callers that change the SA, because IKE or others say something about it. */
ipsec_sa *ipsec_sa_look_up(ipsec_sa_table *table, const ipsec_view *view, uint32_t spi);

/** Notes that the receiver or the sender has moved: from now on the SA is the one towards the view's destination,
 * unless there is one already, and its packets may come from anywhere. */
void ipsec_sa_move(ipsec_sa_table *table, ipsec_sa *sa, const ipsec_view *to, uint32_t spi);

/** The summary of SA number `index`, below the count. Valid until an SA is created. */
static inline ipsec_sa_summary *ipsec_sa_summary_at(const ipsec_sa_table *table, uint32_t index)
{
    return &g_array_index(table->summaries, ipsec_sa_summary, index);
}

/** Packets of a steady SA that are not in `numbers` yet. */
static inline uint32_t ipsec_sa_came(const ipsec_sa *sa)
{
    return sa->expected > 0 ? sa->expected - 1 - (uint32_t)sa->numbers.window.top : 0;
}

/** Packets of the SA that had a number, with those. */
static inline uint32_t ipsec_sa_numbered(const ipsec_sa *sa)
{
    return sa->numbers.packets + ipsec_sa_came(sa);
}

/** Counts a packet of the SA, with its ipsec_view_octets(). ipsec_sa_get() has done it. */
static IPSEC_INLINE void ipsec_sa_count_packet(const ipsec_sa_table *table, const ipsec_sa *sa, uint32_t frame,
                                               uint32_t octets)
{
    ipsec_sa_summary *const summary = ipsec_sa_summary_at(table, sa->index);

    summary->packets++;
    summary->last_frame = frame;
    summary->octets += octets;
}

/** The most SAs that ipsec_sas_between() finds. */
#define IPSEC_SAS_BETWEEN_MOST 16u

/** Fills in the indices of the SAs that are in use between the hosts of a view, in either direction, native or in UDP
 * on its ports, as far as the pairs have them. Returns how many there are. */
unsigned ipsec_sas_between(const ipsec_sa_table *table, const ipsec_view *view, uint32_t list[IPSEC_SAS_BETWEEN_MOST]);

/** The pair for the view's source (with the port, in UDP) and its destination, created if needed, to which `sa` is
 * added as a new one. Matches it with an SA in the other direction. */
ipsec_sa_pair *ipsec_sa_pair_get(ipsec_sa_table *table, const ipsec_view *view, ipsec_sa *sa);

/** The pair for the view's source and its destination, or, if `back`, the reverse; NULL if there is none. In UDP, that
 * with the view's ports. */
const ipsec_sa_pair *ipsec_sa_pair_find(const ipsec_sa_table *table, const ipsec_view *view, bool back);

/** Takes an SA out of its pair, and removes its successor: the packet that showed its peers was not verified. Its next
 * packet gives it a pair again. */
void ipsec_sa_pair_leave(ipsec_sa_table *table, ipsec_sa *sa);

/** Gives an SA without a reverse SA the reverse SA of another one of its pair, if it is the better match: one packet on
 * a made-up SPI must not separate two SAs that belong together. */
void ipsec_sa_pair_match_better(const ipsec_sa_table *table, ipsec_sa_pair *pair, const ipsec_sa *sa);

/** Number of SAs that were created. */
uint32_t ipsec_sa_count(const ipsec_sa_table *table);

#endif
