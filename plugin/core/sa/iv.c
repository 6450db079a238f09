/* Initialization vectors that are reused or predictable.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/iv.h"
#include "base/hash.h"
#include "base/octets.h"
#include "sa/iv_store.h"

#include <glib.h>
#include <string.h>

/* Slots for the latest CBC IVs; a power of two. They take 1.5 MB. The reuse of an earlier IV is not reported. */
#define RECENT 65536u

/* Packets in a row that prove a counter. A random IV of 8 octets passes for the next value of a counter with a
 * probability of 2^-46. */
#define STEPS_PROVE 3u

/* Packets whose IV follows the sequence number, minus those whose IV does not. A random one passes with a probability
 * of 2^-63. The bound is higher than necessary for that, because the octets might be a clear-text field of an ESP-NULL
 * that is not recognised yet. */
#define SEQUENCES_PROVE 16u

/* Misses that end a search that was given up before. If one packet in three is forged, such a search fails with a
 * probability of 1/3, if one in five, of 1/12; but it is repeated again and again. See the test
 * /iv/forged/share. */
#define MISSES_AGAIN 4u

/* IVs after which their byte order is settled. */
#define TRIALS 16u

/* The most that a counter can advance between two packets of a capture. */
#define STEP_MOST 65536u

/* --- unique IVs */

/* Adds an IV that is not in the block. */
static inline void add(ipsec_iv_store *store, ipsec_iv_state *state, ipsec_iv_block *block, uint64_t iv, uint32_t frame)
{
    const unsigned branch = ipsec_iv_branch_at(iv, 0);

    if (!block->page)
        ipsec_iv_give_page(store, block);
    block->page->frames[branch] = frame;
    block->used |= (uint64_t)1 << branch;
    state->unique.block = block;
    if (block->used != IPSEC_IV_ALL_USED)
        return;
    state->unique.block = NULL;
    ipsec_iv_rise(store, state, block, iv);
}

/* Stores an IV for which there is no block of level 0. */
static ipsec_iv_result store_apart(ipsec_iv_store *store, ipsec_iv_state *state, uint64_t iv, uint32_t frame)
{
    ipsec_iv_block *block;

    if (!ipsec_iv_may_make_block(store, state))
        return IPSEC_IV_FORGETFUL;
    block = ipsec_iv_make_block(store, state, iv, 0);
    block->branch = (uint8_t)ipsec_iv_branch_at(iv, 0);
    block->used = (uint64_t)1 << block->branch;
    block->frame = frame;
    state->unique.block = block;
    return IPSEC_IV_FINE;
}

/* Whether the IV is stored; `block` is its block of level 0, or NULL if there is none. */
static bool is_stored(const ipsec_iv_store *store, const ipsec_iv_state *state, const ipsec_iv_block *block,
                      uint64_t iv, uint32_t *first)
{
    if (block ? !ipsec_iv_has_branch(block, ipsec_iv_branch_at(iv, 0)) : !ipsec_iv_is_in_full_block(store, state, iv))
        return false;
    *first = block ? ipsec_iv_frame_of(block, ipsec_iv_branch_at(iv, 0)) : 0;
    if (*first == 0)
        ipsec_limit_reached(store->limits, IPSEC_LIMIT_IV_FRAMES);
    return true;
}

static IPSEC_COLD ipsec_iv_result store_elsewhere(ipsec_iv_store *store, ipsec_iv_state *state, uint64_t iv,
                                                  uint32_t frame, uint32_t *first)
{
    ipsec_iv_block *block = ipsec_iv_find_block(store, state, iv, 0);

    if (is_stored(store, state, block, iv, first))
        return IPSEC_IV_REUSED;
    if (!block)
        return store_apart(store, state, iv, frame);
    add(store, state, block, iv, frame);
    return IPSEC_IV_FINE;
}

static inline ipsec_iv_result store_unique(ipsec_iv_store *store, ipsec_iv_state *state, uint64_t iv, uint32_t frame,
                                           uint32_t *first)
{
    ipsec_iv_block *block = state->unique.block;

    if (!block || block->number != ipsec_iv_number_at(iv, 0) || ipsec_iv_has_branch(block, ipsec_iv_branch_at(iv, 0)))
        return store_elsewhere(store, state, iv, frame, first);
    add(store, state, block, iv, frame);
    return IPSEC_IV_FINE;
}

/* Stores an IV as a little-endian number, because its byte order is not known yet. */
static void store_reversed(ipsec_iv_store *store, ipsec_iv_state *state, uint64_t iv, uint32_t frame)
{
    const uint32_t blocks = state->unique.blocks;
    uint32_t unused;

    state->unique.reversed = true;
    store_elsewhere(store, state, GUINT64_SWAP_LE_BE(iv), frame, &unused);
    if (state->unique.blocks == blocks)
        state->unique.shared++;
    state->unique.reversed = false;
}

/* The first IVs go into two trees, one for each byte order. Big-endian is chosen as soon as two IVs fall into the same
 * block. The other order may look even better but be wrong: the counters of several queues, which differ in the highest
 * octet, are neighbours in little-endian as long as all are at their start. */
static IPSEC_COLD ipsec_iv_result store_both(ipsec_iv_store *store, ipsec_iv_state *state, uint64_t iv, uint32_t frame,
                                             uint32_t *first)
{
    ipsec_iv_result result;
    uint32_t blocks;

    store_reversed(store, state, iv, frame);
    blocks = state->unique.blocks;
    result = store_elsewhere(store, state, iv, frame, first);
    state->unique.block = NULL; /* may belong to either tree */
    if (result == IPSEC_IV_FINE && state->unique.blocks == blocks) {
        state->unique.ordered = true;
    } else if (++state->unique.tried == TRIALS) {
        state->unique.ordered = true;
        state->unique.reversed = state->unique.shared >= TRIALS / 2;
    }
    return result;
}

static inline ipsec_iv_result learn_unique(ipsec_iv_store *store, ipsec_iv_state *state, const ipsec_iv_packet *packet,
                                           uint32_t *first)
{
    const uint64_t iv = ipsec_read_u64(packet->iv);

    if (!state->unique.ordered)
        return store_both(store, state, iv, packet->frame, first);
    return store_unique(store, state, state->unique.reversed ? GUINT64_SWAP_LE_BE(iv) : iv, packet->frame, first);
}

/* --- an unknown algorithm
 *
 * Any packet may be forged here, so the majority decides what the sender's IVs are: a packet that does not match the
 * earlier ones cancels one that does, and becomes the reference for others only when none is left to cancel (R. Boyer,
 * J. Moore: MJRTY, 1981). */

/* Whether the octets that may be an IV changed like the sequence number: by the same difference, or in the same bits.
 */
static bool goes_with_sequence(ipsec_iv_state *state, uint64_t iv, uint64_t sequence)
{
    const bool adds = state->adds && iv - sequence == state->unknown.difference;
    const bool xors = state->xors && (iv ^ sequence) == state->unknown.exclusive_or;

    if (!(adds || xors) || sequence == state->unknown.sequence)
        return false;
    state->adds = adds;
    state->xors = xors;
    return true;
}

/* Whether it is known which of the two relations to keep: one is ruled out, or both have the same value. */
static bool is_settled(const ipsec_iv_state *state)
{
    return state->adds != state->xors || state->unknown.difference == state->unknown.exclusive_or;
}

static void hit(ipsec_iv_state *state, uint64_t sequence)
{
    state->misses -= state->misses > 0;
    state->run += state->run < SEQUENCES_PROVE;
    state->unknown.sequence = sequence;
}

static void begin_counter(ipsec_iv_state *state)
{
    const uint64_t relation = state->adds ? state->unknown.difference : state->unknown.exclusive_or;

    memset(&state->unique, 0, sizeof state->unique);
    state->unique.relation = relation;
    state->unique.levels = state->kept ? IPSEC_IV_LEVEL_MOST : 0;
    state->proved = true;
}

static void begin_search(ipsec_iv_state *state, uint8_t misses)
{
    state->kept |= state->proved;
    state->proved = state->begun = false;
    state->run = 0;
    state->misses = misses;
}

/* Searches for a counter, in the SA's packet number `packets`. */
static inline void prove_counter(ipsec_iv_state *state, uint64_t iv, uint64_t sequence, uint32_t packets)
{
    if (state->misses == IPSEC_IV_MISSES_MOST)
        begin_search(state, IPSEC_IV_MISSES_MOST - MISSES_AGAIN);
    if (state->begun && goes_with_sequence(state, iv, sequence))
        hit(state, sequence);
    else
        ipsec_iv_count_miss(state, iv, sequence);
    if (state->misses == IPSEC_IV_MISSES_MOST)
        state->again = packets < UINT32_MAX / 2 ? 2 * packets : UINT32_MAX;
    else if (state->run == SEQUENCES_PROVE && is_settled(state))
        begin_counter(state);
}

/* IVs that follow the sequence number are big-endian numbers themselves.
 *
 * An IV that does not follow it is taken for somebody else's: it is compared with the others but not stored, because
 * otherwise forged packets would make the sender's own IVs look reused. If a sender has restored only its IVs from an
 * earlier state, they do not follow the sequence number either, and their reuse is found. But if most packets have new
 * ones, the sender uses another relation, and a search for it begins. */
static inline ipsec_iv_result learn_counter(ipsec_iv_store *store, ipsec_iv_state *state, const ipsec_iv_packet *packet,
                                            uint32_t *first)
{
    const uint64_t iv = ipsec_read_u64(packet->iv), relation = state->unique.relation;

    if ((state->adds && iv - packet->sequence == relation) || (state->xors && (iv ^ packet->sequence) == relation)) {
        if (state->run < SEQUENCES_PROVE)
            state->run++;
        return store_unique(store, state, iv, packet->frame, first);
    }
    if (is_stored(store, state, ipsec_iv_find_block(store, state, iv, 0), iv, first))
        return IPSEC_IV_REUSED;
    if (--state->run == 0)
        begin_search(state, 0);
    return IPSEC_IV_FINE;
}

static inline ipsec_iv_result learn_unknown(ipsec_iv_store *store, ipsec_iv_state *state, const ipsec_iv_packet *packet,
                                            uint32_t *first)
{
    if (state->proved)
        return learn_counter(store, state, packet, first);
    if (!ipsec_iv_is_idle(state, packet->packets))
        prove_counter(state, ipsec_read_u64(packet->iv), packet->sequence, packet->packets);
    return IPSEC_IV_FINE;
}

/* --- CBC */

/* Whether the IV was seen recently; remembers it in any case, with the first frame that had it. */
static bool meet(ipsec_iv_store *store, uint32_t owner, uint32_t frame, const uint64_t *iv, uint32_t *first)
{
    const uint64_t hash = ipsec_hash_mix(ipsec_hash_mix(ipsec_hash_mix(store->seed, owner), iv[0]), iv[1]);
    ipsec_recent_iv *recent;

    if (!store->recent)
        store->recent = g_new0(ipsec_recent_iv, RECENT);
    recent = &store->recent[hash % RECENT];
    if (recent->frame) {
        if (recent->owner == owner && recent->iv[0] == iv[0] && recent->iv[1] == iv[1]) {
            *first = recent->frame;
            return true;
        }
        ipsec_limit_reached(store->limits, IPSEC_LIMIT_CBC_IVS);
    }
    *recent = (ipsec_recent_iv){.iv = {iv[0], iv[1]}, .owner = owner, .frame = frame};
    return false;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return MIN(a - b, b - a);
}

static bool is_step(uint64_t before, uint64_t now)
{
    return distance(before, now) <= STEP_MOST ||
           distance(GUINT64_SWAP_LE_BE(before), GUINT64_SWAP_LE_BE(now)) <= STEP_MOST;
}

/* Whether the IV can be the next value of a counter, which may be in either half and have either byte order. */
static bool is_next(const uint64_t *before, const uint64_t *now)
{
    const unsigned at = before[0] == now[0] ? 1 : 0;

    return before[1 - at] == now[1 - at] && is_step(before[at], now[at]);
}

/* A CBC block of 8 or 16 octets as two numbers. */
static void load_block(const uint8_t *octets, uint8_t length, uint64_t *block)
{
    block[0] = ipsec_read_u64(octets);
    block[1] = length == 16 ? ipsec_read_u64(octets + 8) : 0;
}

/* How the IV could have been predicted. One packet is enough to prove a chain: a random IV ends like the previous block
 * only with a probability of 2^-64. */
static ipsec_iv_result foretell(ipsec_iv_state *state, const uint64_t *iv, uint8_t length)
{
    if (!state->begun)
        return IPSEC_IV_FINE;
    if (!is_next(state->cbc.before, iv))
        state->run = 0;
    else if (state->run < STEPS_PROVE)
        state->run++;
    if (state->run == STEPS_PROVE)
        return IPSEC_IV_PREDICTABLE;
    return state->has_last_block && state->cbc.last_block == iv[length / 8 - 1] ? IPSEC_IV_CHAINED : IPSEC_IV_FINE;
}

static ipsec_iv_result learn_unpredictable(ipsec_iv_store *store, ipsec_iv_state *state, const ipsec_iv_packet *packet,
                                           uint32_t *first)
{
    ipsec_iv_result foretold;
    uint64_t iv[2];
    bool is_met;

    load_block(packet->iv, packet->length, iv);
    is_met = meet(store, state->id, packet->frame, iv, first);
    foretold = foretell(state, iv, packet->length);
    state->begun = true;
    memcpy(state->cbc.before, iv, sizeof iv);
    state->has_last_block = packet->last_block != NULL;
    if (packet->last_block)
        state->cbc.last_block = ipsec_read_u64(packet->last_block + packet->length - 8);
    if (iv[0] == 0 && iv[1] == 0)
        return IPSEC_IV_ZERO;
    if (is_met)
        return IPSEC_IV_REUSED;
    return foretold;
}

/* --- all of them */

static inline void begin(ipsec_iv_store *store, ipsec_iv_state *state, ipsec_iv_demand demand)
{
    if (state->demand != demand)
        ipsec_iv_forget(store, state);
    if (state->id == 0)
        *state = (ipsec_iv_state){.id = ++store->states, .demand = (uint8_t)demand};
}

ipsec_iv_result ipsec_iv_learn(ipsec_iv_store *store, ipsec_iv_state *state, const ipsec_iv_packet *packet,
                               uint32_t *first)
{
    if (packet->length != 8 && !(packet->length == 16 && packet->demand == IPSEC_IV_UNPREDICTABLE))
        return IPSEC_IV_FINE;
    begin(store, state, packet->demand);
    if (packet->demand == IPSEC_IV_UNPREDICTABLE)
        return learn_unpredictable(store, state, packet, first);
    if (packet->demand == IPSEC_IV_UNKNOWN)
        return learn_unknown(store, state, packet, first);
    return learn_unique(store, state, packet, first);
}

void ipsec_iv_search(ipsec_iv_store *store, ipsec_iv_state *state, const uint8_t *iv, uint64_t sequence,
                     uint32_t packets)
{
    if (ipsec_iv_is_idle(state, packets))
        return;
    begin(store, state, IPSEC_IV_UNKNOWN);
    prove_counter(state, ipsec_read_u64(iv), sequence, packets);
}
