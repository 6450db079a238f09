/* Initialization vectors that come twice, or can be foretold.
 *
 * Where IVs must be unique they are taken as numbers and kept as bits, 64 to a block: a tree with 64 branches, whose
 * blocks are found by hashing. A block whose bits are all set becomes one bit of the block above it, and goes. So
 * whatever fills ranges of numbers costs next to nothing, however long it goes on: a counter with any start, up or
 * down; one for each of several queues; one that is XORed with a salt, which only permutes the branches; a counter that
 * goes with the sequence number as well as one that does not. A loss leaves a block behind. A counter by steps of n
 * costs a block for 64/n packets, and an IV that is drawn at random, or made by a cipher, one of its own; for those
 * there are bounds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/iv.h"
#include "base/hash.h"
#include "base/octets.h"

#include <glib.h>
#include <string.h>

/* Of blocks that are not full. A block takes 48 octets, and up to 24 in the hash table. What comes first is kept: a
 * sender that falls back to an earlier state repeats that; of what comes when there is room for no more it is said that
 * it is not kept. The last blocks are for SAs that have few, such as those whose IVs are counters: they shall not
 * suffer from others. */
#define BLOCKS_MOST    1048576u
#define GREEDY_MOST    983040u
#define SA_BLOCKS_MOST 65536u
#define SA_BLOCKS_FEW  32u

/* Blocks of states that were forgotten go when there is no room for another one, all at once, if there are so many:
 * then each has been worth looking at 16 of those that stay. */
#define SWEEP_LEAST (GREEDY_MOST / 16)

enum {
    BRANCH_BITS = 6,
    BRANCHES = 1 << BRANCH_BITS,
    LEVEL_MOST = 5 /* full with 2^36 IVs, and frames have 32 bits */
};

#define ALL_USED UINT64_MAX

/* Pages of frame numbers; so the first frame is known of about a million IVs, the latest. They take 5 MB. Of others it
 * is known that they came before, and not where. */
#define PAGES 16384u

/* Slots for the latest IVs of CBC; a power of two. They take 1.5 MB. That an earlier one comes again goes unsaid. */
#define RECENT 65536u

/* Packets in a row. Random IVs of 8 octets pass for the next of a counter with 2^-46. */
#define STEPS_PROVE 3u

/* Packets whose IV goes with the sequence number, less those where it does not. Random ones pass with 2^-63. More are
 * asked for: it must not be a field in the clear of an ESP-NULL that is not known for one yet. */
#define SEQUENCES_PROVE 16u

/* What ends a search that was given up before: it is begun again and again, and where one packet of three is forged it
 * ends so with 2^-4 only. */
#define MISSES_AGAIN 4u

/* IVs after which the order of their octets is settled. */
#define TRIALS 16u

/* The most that a counter advances between two packets of a capture. */
#define STEP_MOST 65536u

typedef struct ipsec_iv_page {
    struct ipsec_iv_block *owner; /* NULL: it went */
    uint32_t frames[BRANCHES];    /* 0: not known */
} ipsec_iv_page;

typedef struct ipsec_iv_block {
    uint64_t number; /* of the IVs in it, without the bits that branch here and below */
    uint64_t used;   /* a bit for each IV or, above level 0, each full block */
    ipsec_iv_page *page;
    uint32_t owner; /* id of its state */
    uint32_t hash;  /* of number, level, reversed and owner */
    uint32_t frame; /* of the only IV, at `branch`; 0 if there are more, or it is not known */
    uint8_t level;
    uint8_t branch;
    bool reversed;
} ipsec_iv_block;

typedef struct recent_iv {
    uint64_t iv[2];
    uint32_t owner; /* id of its state */
    uint32_t frame; /* 0: empty */
} recent_iv;

struct ipsec_iv_store {
    GHashTable *blocks; /* set of ipsec_iv_block; full ones are there only for their pages */
    uint64_t seed;
    uint32_t states;       /* ids given */
    uint32_t open;         /* blocks that are not full */
    GHashTable *forgotten; /* set of ids of states whose blocks may go; NULL: none */
    uint32_t released;     /* how many these are, at least */
    uint32_t next_page;    /* the one to be given away next */
    ipsec_iv_page **pages; /* PAGES of them; NULL: not needed so far */
    recent_iv *recent;     /* RECENT of them; NULL: not needed so far */
};

static inline uint64_t load(const uint8_t *octets)
{
    return (uint64_t)ipsec_read_u32(octets) << 32 | ipsec_read_u32(octets + 4);
}

/* --- blocks */

static guint block_hash(gconstpointer block)
{
    return ((const ipsec_iv_block *)block)->hash;
}

static gboolean block_equal(gconstpointer a, gconstpointer b)
{
    const ipsec_iv_block *one = a, *other = b;

    return one->number == other->number && one->owner == other->owner && one->level == other->level &&
           one->reversed == other->reversed;
}

static inline uint64_t number_at(uint64_t iv, unsigned level)
{
    return iv >> BRANCH_BITS * (level + 1);
}

static inline unsigned branch_at(uint64_t iv, unsigned level)
{
    return iv >> BRANCH_BITS * level & (BRANCHES - 1);
}

static inline bool has_branch(const ipsec_iv_block *block, unsigned branch)
{
    return block->used >> branch & 1;
}

/* What a block is found by; of the tree for the order of octets that the state has at the time. */
static ipsec_iv_block name_block(const ipsec_iv_store *store, const ipsec_iv_state *state, uint64_t iv, unsigned level)
{
    const uint64_t tree = (uint64_t)state->id << 8 | level << 1 | state->unique.reversed;
    const uint64_t number = number_at(iv, level);

    return (ipsec_iv_block){.number = number,
                            .owner = state->id,
                            .level = (uint8_t)level,
                            .reversed = state->unique.reversed,
                            .hash = (uint32_t)ipsec_hash_mix(ipsec_hash_mix(store->seed, tree), number)};
}

static ipsec_iv_block *find_block(const ipsec_iv_store *store, const ipsec_iv_state *state, uint64_t iv, unsigned level)
{
    const ipsec_iv_block name = name_block(store, state, iv, level);

    return g_hash_table_lookup(store->blocks, &name);
}

static ipsec_iv_block *make_block(ipsec_iv_store *store, ipsec_iv_state *state, uint64_t iv, unsigned level)
{
    const ipsec_iv_block name = name_block(store, state, iv, level);
    ipsec_iv_block *block = g_memdup2(&name, sizeof name);

    g_hash_table_add(store->blocks, block);
    store->open++;
    state->unique.blocks++;
    return block;
}

/* Takes a block out of the store, if its state was forgotten. */
static gboolean release(gpointer key, gpointer value G_GNUC_UNUSED, gpointer user_data)
{
    const ipsec_iv_block *block = key;
    ipsec_iv_store *store = user_data;

    if (!g_hash_table_contains(store->forgotten, GUINT_TO_POINTER(block->owner)))
        return false;
    if (block->page)
        block->page->owner = NULL;
    store->open -= block->used != ALL_USED;
    return true;
}

static IPSEC_COLD void sweep(ipsec_iv_store *store)
{
    g_hash_table_foreach_remove(store->blocks, release, store);
    g_hash_table_destroy(store->forgotten);
    store->forgotten = NULL;
    store->released = 0;
}

static bool may_make_block(ipsec_iv_store *store, const ipsec_iv_state *state)
{
    const bool few = state->unique.blocks < SA_BLOCKS_FEW;
    const uint32_t most = few ? BLOCKS_MOST : GREEDY_MOST;

    if (store->open >= most && store->released >= SWEEP_LEAST)
        sweep(store);
    return store->open < most && (few || state->unique.blocks < SA_BLOCKS_MOST);
}

/* Whether a block that the IV is in became a bit of one above. */
static bool is_in_full_block(const ipsec_iv_store *store, const ipsec_iv_state *state, uint64_t iv)
{
    for (unsigned level = 1; level <= state->unique.levels; level++) {
        const ipsec_iv_block *block = find_block(store, state, iv, level);

        if (block && has_branch(block, branch_at(iv, level)))
            return true;
    }
    return false;
}

/* Takes a full block for one bit less in the tree. It stays where it knows frames, for as long as it has the page. */
static void drop_full(ipsec_iv_store *store, ipsec_iv_state *state, ipsec_iv_block *block)
{
    store->open--;
    state->unique.blocks -= state->unique.blocks > 0; /* it may be older than the count */
    if (!block->page)
        g_hash_table_remove(store->blocks, block);
}

/* The block is full: sets its bit in the one above. That may be new without regard to the bounds, for it takes the
 * other's place. */
static IPSEC_COLD void rise(ipsec_iv_store *store, ipsec_iv_state *state, ipsec_iv_block *block, uint64_t iv)
{
    for (unsigned level = 1; block->used == ALL_USED && level <= LEVEL_MOST; level++) {
        ipsec_iv_block *above = find_block(store, state, iv, level);

        if (!above)
            above = make_block(store, state, iv, level);
        above->used |= (uint64_t)1 << branch_at(iv, level);
        drop_full(store, state, block);
        state->unique.levels = MAX(state->unique.levels, (uint8_t)level);
        block = above;
    }
}

/* --- frames */

/* Gives a page away: the first that were given are taken back. */
static ipsec_iv_page *take_page(ipsec_iv_store *store)
{
    ipsec_iv_page **page;

    if (!store->pages)
        store->pages = g_new0(ipsec_iv_page *, PAGES);
    page = &store->pages[store->next_page];
    store->next_page = (store->next_page + 1) % PAGES;
    if (!*page) {
        *page = g_new0(ipsec_iv_page, 1);
        return *page;
    }
    if ((*page)->owner) {
        (*page)->owner->page = NULL;
        if ((*page)->owner->used == ALL_USED)
            g_hash_table_remove(store->blocks, (*page)->owner);
    }
    memset(*page, 0, sizeof **page);
    return *page;
}

/* The block is to have a second IV, or lost its page. */
static IPSEC_COLD void give_page(ipsec_iv_store *store, ipsec_iv_block *block)
{
    ipsec_iv_page *page = take_page(store);

    page->owner = block;
    page->frames[block->branch] = block->frame;
    block->frame = 0;
    block->page = page;
}

static uint32_t frame_of(const ipsec_iv_block *block, unsigned branch)
{
    return block->page ? block->page->frames[branch] : block->frame;
}

/* --- unique IVs */

/* Adds an IV that is not in the block. */
static inline void add(ipsec_iv_store *store, ipsec_iv_state *state, ipsec_iv_block *block, uint64_t iv, uint32_t frame)
{
    const unsigned branch = branch_at(iv, 0);

    if (!block->page)
        give_page(store, block);
    block->page->frames[branch] = frame;
    block->used |= (uint64_t)1 << branch;
    state->unique.block = block;
    if (block->used != ALL_USED)
        return;
    state->unique.block = NULL;
    rise(store, state, block, iv);
}

/* An IV of which no block of level 0 knows. */
static ipsec_iv_result store_apart(ipsec_iv_store *store, ipsec_iv_state *state, uint64_t iv, uint32_t frame)
{
    ipsec_iv_block *block;

    if (!may_make_block(store, state))
        return IPSEC_IV_FORGETFUL;
    block = make_block(store, state, iv, 0);
    block->branch = (uint8_t)branch_at(iv, 0);
    block->used = (uint64_t)1 << block->branch;
    block->frame = frame;
    state->unique.block = block;
    return IPSEC_IV_FINE;
}

/* Whether the IV is stored, whose block of level 0 is given, or NULL if there is none. */
static bool is_stored(const ipsec_iv_store *store, const ipsec_iv_state *state, const ipsec_iv_block *block,
                      uint64_t iv, uint32_t *first)
{
    if (block ? !has_branch(block, branch_at(iv, 0)) : !is_in_full_block(store, state, iv))
        return false;
    *first = block ? frame_of(block, branch_at(iv, 0)) : 0;
    return true;
}

static IPSEC_COLD ipsec_iv_result store_elsewhere(ipsec_iv_store *store, ipsec_iv_state *state, uint64_t iv,
                                                  uint32_t frame, uint32_t *first)
{
    ipsec_iv_block *block = find_block(store, state, iv, 0);

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

    if (!block || block->number != number_at(iv, 0) || has_branch(block, branch_at(iv, 0)))
        return store_elsewhere(store, state, iv, frame, first);
    add(store, state, block, iv, frame);
    return IPSEC_IV_FINE;
}

/* Stores an IV as a number whose first octet is the lowest, while it is not known whether it is one. */
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

/* The first IVs go in two trees, one for each order of octets. That with the highest octet first is settled on as soon
 * as two IVs meet in a block of it: counters of several queues, which differ in the highest octet and are all at their
 * start, would take the other for an even better one. */
static IPSEC_COLD ipsec_iv_result store_both(ipsec_iv_store *store, ipsec_iv_state *state, uint64_t iv, uint32_t frame,
                                             uint32_t *first)
{
    ipsec_iv_result result;
    uint32_t blocks;

    store_reversed(store, state, iv, frame);
    blocks = state->unique.blocks;
    result = store_elsewhere(store, state, iv, frame, first);
    state->unique.block = NULL; /* may be of either tree */
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
    const uint64_t iv = load(packet->iv);

    if (!state->unique.ordered)
        return store_both(store, state, iv, packet->frame, first);
    return store_unique(store, state, state->unique.reversed ? GUINT64_SWAP_LE_BE(iv) : iv, packet->frame, first);
}

/* --- an unknown algorithm
 *
 * Any packet may be forged here, so the majority decides what the sender's IVs are: a packet that does not go with
 * those before takes back one that does, and becomes what others are measured by only when there is none left to take
 * back (R. Boyer, J. Moore: MJRTY, 1981). */

static void measure_by(ipsec_iv_state *state, uint64_t iv, uint64_t sequence)
{
    state->unknown.difference = iv - sequence;
    state->unknown.exclusive_or = iv ^ sequence;
    state->adds = state->xors = true;
}

/* Whether what may be an IV changed as the sequence number did: by the same difference, or in the same bits. */
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

/* Whether it is known what to keep of the two: one of them is ruled out, or they are one value. */
static bool is_settled(const ipsec_iv_state *state)
{
    return state->adds != state->xors || state->unknown.difference == state->unknown.exclusive_or;
}

static void miss(ipsec_iv_state *state, uint64_t iv, uint64_t sequence)
{
    state->misses += state->begun;
    if (state->run > 0) {
        state->run--;
        return;
    }
    measure_by(state, iv, sequence);
    state->unknown.sequence = sequence;
    state->begun = true;
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
    state->unique.levels = state->kept ? LEVEL_MOST : 0;
    state->proved = true;
}

static void begin_search(ipsec_iv_state *state, uint8_t misses)
{
    state->kept |= state->proved;
    state->proved = state->begun = false;
    state->run = 0;
    state->misses = misses;
}

static IPSEC_COLD void prove_counter(ipsec_iv_state *state, const ipsec_iv_packet *packet)
{
    const uint64_t iv = load(packet->iv);

    if (state->misses == IPSEC_IV_MISSES_MOST)
        begin_search(state, IPSEC_IV_MISSES_MOST - MISSES_AGAIN);
    if (state->begun && goes_with_sequence(state, iv, packet->sequence))
        hit(state, packet->sequence);
    else
        miss(state, iv, packet->sequence);
    if (state->misses == IPSEC_IV_MISSES_MOST)
        state->again = packet->packets < UINT32_MAX / 2 ? 2 * packet->packets : UINT32_MAX;
    else if (state->run == SEQUENCES_PROVE && is_settled(state))
        begin_counter(state);
}

/* IVs that go with the number are numbers themselves, whose first octet is the highest.
 *
 * One that does not is not the sender's: it is compared with the others and not kept, or forged packets would make the
 * sender's own IVs look reused. Those of a sender that restored its IVs alone do not go with the number either, and are
 * found; but where most packets bring new ones, the sender has another relation, and it is looked for. */
static inline ipsec_iv_result learn_counter(ipsec_iv_store *store, ipsec_iv_state *state, const ipsec_iv_packet *packet,
                                            uint32_t *first)
{
    const uint64_t iv = load(packet->iv), relation = state->unique.relation;

    if ((state->adds && iv - packet->sequence == relation) || (state->xors && (iv ^ packet->sequence) == relation)) {
        if (state->run < SEQUENCES_PROVE)
            state->run++;
        return store_unique(store, state, iv, packet->frame, first);
    }
    if (is_stored(store, state, find_block(store, state, iv, 0), iv, first))
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
        prove_counter(state, packet);
    return IPSEC_IV_FINE;
}

/* --- CBC */

/* Whether the IV was met of late; remembers it in any case, and the first frame that had it. */
static bool meet(ipsec_iv_store *store, uint32_t owner, uint32_t frame, const uint64_t *iv, uint32_t *first)
{
    const uint64_t hash = ipsec_hash_mix(ipsec_hash_mix(ipsec_hash_mix(store->seed, owner), iv[0]), iv[1]);
    recent_iv *recent;

    if (!store->recent)
        store->recent = g_new0(recent_iv, RECENT);
    recent = &store->recent[hash % RECENT];
    if (recent->frame && recent->owner == owner && recent->iv[0] == iv[0] && recent->iv[1] == iv[1]) {
        *first = recent->frame;
        return true;
    }
    *recent = (recent_iv){.iv = {iv[0], iv[1]}, .owner = owner, .frame = frame};
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

/* Whether the IV can be the next of a counter, which may be in either half and have either order of octets. */
static bool is_next(const uint64_t *before, const uint64_t *now)
{
    const unsigned at = before[0] == now[0] ? 1 : 0;

    return before[1 - at] == now[1 - at] && is_step(before[at], now[at]);
}

/* Octets of CBC, 8 or 16 of them, as two numbers. */
static void load_block(const uint8_t *octets, uint8_t length, uint64_t *block)
{
    block[0] = load(octets);
    block[1] = length == 16 ? load(octets + 8) : 0;
}

/* One packet is enough for a chain: a random IV ends as the block before with 2^-64. */
static bool is_foretold(ipsec_iv_state *state, const uint64_t *iv, uint8_t length)
{
    if (!state->begun)
        return false;
    if (!is_next(state->cbc.before, iv))
        state->run = 0;
    else if (state->run < STEPS_PROVE)
        state->run++;
    return state->run == STEPS_PROVE || (state->has_last_block && state->cbc.last_block == iv[length / 8 - 1]);
}

static ipsec_iv_result learn_unpredictable(ipsec_iv_store *store, ipsec_iv_state *state, const ipsec_iv_packet *packet,
                                           uint32_t *first)
{
    uint64_t iv[2];
    bool is_met, foretold;

    load_block(packet->iv, packet->length, iv);
    is_met = meet(store, state->id, packet->frame, iv, first);
    foretold = is_foretold(state, iv, packet->length);
    state->begun = true;
    memcpy(state->cbc.before, iv, sizeof iv);
    state->has_last_block = packet->last_block != NULL;
    if (packet->last_block)
        state->cbc.last_block = load(packet->last_block + packet->length - 8);
    if (iv[0] == 0 && iv[1] == 0)
        return IPSEC_IV_ZERO;
    if (is_met)
        return IPSEC_IV_REUSED;
    return foretold ? IPSEC_IV_PREDICTABLE : IPSEC_IV_FINE;
}

/* --- the store */

ipsec_iv_store *ipsec_iv_store_new(void)
{
    ipsec_iv_store *store = g_new0(ipsec_iv_store, 1);

    store->blocks = g_hash_table_new_full(block_hash, block_equal, g_free, NULL);
    store->seed = ipsec_hash_seed();
    return store;
}

void ipsec_iv_store_free(ipsec_iv_store *store)
{
    if (!store)
        return;
    for (unsigned i = 0; store->pages && i < PAGES; i++)
        g_free(store->pages[i]);
    g_free(store->pages);
    g_free(store->recent);
    g_hash_table_destroy(store->blocks);
    if (store->forgotten)
        g_hash_table_destroy(store->forgotten);
    g_free(store);
}

void ipsec_iv_forget(ipsec_iv_store *store, ipsec_iv_state *state)
{
    const bool counts = state->demand == IPSEC_IV_UNIQUE || (state->demand == IPSEC_IV_UNKNOWN && state->proved);

    if (state->id > 0 && ((counts && state->unique.blocks > 0) || state->kept)) {
        if (!store->forgotten)
            store->forgotten = g_hash_table_new(NULL, NULL);
        g_hash_table_add(store->forgotten, GUINT_TO_POINTER(state->id));
        store->released += counts ? state->unique.blocks : 0;
    }
    *state = (ipsec_iv_state){0};
}

ipsec_iv_result ipsec_iv_learn(ipsec_iv_store *store, ipsec_iv_state *state, const ipsec_iv_packet *packet,
                               uint32_t *first)
{
    if (packet->length != 8 && !(packet->length == 16 && packet->demand == IPSEC_IV_UNPREDICTABLE))
        return IPSEC_IV_FINE;
    if (state->demand != packet->demand)
        ipsec_iv_forget(store, state);
    if (state->id == 0)
        *state = (ipsec_iv_state){.id = ++store->states, .demand = (uint8_t)packet->demand};
    if (packet->demand == IPSEC_IV_UNPREDICTABLE)
        return learn_unpredictable(store, state, packet, first);
    if (packet->demand == IPSEC_IV_UNKNOWN)
        return learn_unknown(store, state, packet, first);
    return learn_unique(store, state, packet, first);
}
