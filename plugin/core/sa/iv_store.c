/* The IVs of all SAs.
 *
 * IVs that must be unique are taken as numbers and kept as bits, 64 to a block: a tree with 64 branches, whose blocks
 * are found by hashing. A block whose bits are all set becomes one bit of the block above it, and is freed. So anything
 * that fills ranges of numbers costs next to nothing, however long it goes on: a counter with any start, up or down;
 * one for each of several queues; one that is XORed with a salt, which only permutes the branches; a counter that
 * follows the sequence number, or one that does not. A loss leaves an incomplete block. A counter in steps of n costs a
 * block for 64/n packets; an IV that is random, or the output of a cipher, costs a block of its own. The number of
 * blocks is bounded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/iv_store.h"
#include "base/hash.h"
#include "base/octets.h"

#include <string.h>

/* The most blocks that are not full: in all; if the SA that needs another one has SA_BLOCKS_FEW already; and for one
 * SA. A block takes 48 octets, and up to 24 in the hash table. The first IVs are kept, because a sender that falls back
 * to an earlier state repeats those. Once there is no more room, each IV is reported as not kept. The last blocks are
 * reserved for SAs that have few, such as those whose IVs are counters, so that they do not suffer from others. */
#define BLOCKS_MOST    1048576u
#define GREEDY_MOST    983040u
#define SA_BLOCKS_MOST 65536u
#define SA_BLOCKS_FEW  32u

/* Blocks of forgotten states are freed when there is no room for another block, all at once and only if there are at
 * least this many: each of them thus pays for looking at 16 that stay. */
#define SWEEP_LEAST (GREEDY_MOST / 16)

/* Pages of frame numbers: the first frame is known for the latest IVs, about a million. They take 5 MB. Of other IVs it
 * is known that they came before, but not in which frame. */
#define PAGES 16384u

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

/* The key that a block is found by, in the tree for the state's present byte order. */
static ipsec_iv_block name_block(const ipsec_iv_store *store, const ipsec_iv_state *state, uint64_t iv, unsigned level)
{
    const uint64_t tree = (uint64_t)state->id << 8 | level << 1 | state->unique.reversed;
    const uint64_t number = ipsec_iv_number_at(iv, level);

    return (ipsec_iv_block){.number = number,
                            .owner = state->id,
                            .level = (uint8_t)level,
                            .reversed = state->unique.reversed,
                            .hash = (uint32_t)ipsec_hash_mix(ipsec_hash_mix(store->seed, tree), number)};
}

ipsec_iv_block *ipsec_iv_find_block(const ipsec_iv_store *store, const ipsec_iv_state *state, uint64_t iv,
                                    unsigned level)
{
    const ipsec_iv_block name = name_block(store, state, iv, level);

    return g_hash_table_lookup(store->blocks, &name);
}

ipsec_iv_block *ipsec_iv_make_block(ipsec_iv_store *store, ipsec_iv_state *state, uint64_t iv, unsigned level)
{
    const ipsec_iv_block name = name_block(store, state, iv, level);
    ipsec_iv_block *block = g_memdup2(&name, sizeof name);

    g_hash_table_add(store->blocks, block);
    store->open++;
    state->unique.blocks++;
    return block;
}

/* Removes a block from the store, if its state was forgotten. */
static gboolean release(gpointer key, gpointer value G_GNUC_UNUSED, gpointer user_data)
{
    const ipsec_iv_block *block = key;
    ipsec_iv_store *store = user_data;

    if (!g_hash_table_contains(store->forgotten, GUINT_TO_POINTER(block->owner)))
        return false;
    if (block->page)
        block->page->owner = NULL;
    store->open -= block->used != IPSEC_IV_ALL_USED;
    return true;
}

static IPSEC_COLD void sweep(ipsec_iv_store *store)
{
    g_hash_table_foreach_remove(store->blocks, release, store);
    g_hash_table_destroy(store->forgotten);
    store->forgotten = NULL;
    store->released = 0;
}

bool ipsec_iv_may_make_block(ipsec_iv_store *store, const ipsec_iv_state *state)
{
    const bool few = state->unique.blocks < SA_BLOCKS_FEW;
    const uint32_t most = few ? BLOCKS_MOST : GREEDY_MOST;

    if (store->open >= most && store->released >= SWEEP_LEAST)
        sweep(store);
    if (store->open >= most)
        ipsec_limit_reached(store->limits, IPSEC_LIMIT_IVS);
    return store->open < most && (few || state->unique.blocks < SA_BLOCKS_MOST);
}

bool ipsec_iv_is_in_full_block(const ipsec_iv_store *store, const ipsec_iv_state *state, uint64_t iv)
{
    for (unsigned level = 1; level <= state->unique.levels; level++) {
        const ipsec_iv_block *block = ipsec_iv_find_block(store, state, iv, level);

        if (block && ipsec_iv_has_branch(block, ipsec_iv_branch_at(iv, level)))
            return true;
    }
    return false;
}

/* Removes a full block, which has become a bit of the one above. If it has a page of frames, it stays as long as it has
 * that. */
static void drop_full(ipsec_iv_store *store, ipsec_iv_state *state, ipsec_iv_block *block)
{
    store->open--;
    state->unique.blocks -= state->unique.blocks > 0; /* the block may be older than the count */
    if (!block->page)
        g_hash_table_remove(store->blocks, block);
}

void ipsec_iv_rise(ipsec_iv_store *store, ipsec_iv_state *state, ipsec_iv_block *block, uint64_t iv)
{
    for (unsigned level = 1; block->used == IPSEC_IV_ALL_USED && level <= IPSEC_IV_LEVEL_MOST; level++) {
        ipsec_iv_block *above = ipsec_iv_find_block(store, state, iv, level);

        if (!above)
            above = ipsec_iv_make_block(store, state, iv, level);
        above->used |= (uint64_t)1 << ipsec_iv_branch_at(iv, level);
        drop_full(store, state, block);
        state->unique.levels = MAX(state->unique.levels, (uint8_t)level);
        block = above;
    }
}

/* --- frames */

/* Hands out a page; if none is left, takes back the oldest. */
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
        if ((*page)->owner->used == IPSEC_IV_ALL_USED)
            g_hash_table_remove(store->blocks, (*page)->owner);
    }
    memset(*page, 0, sizeof **page);
    return *page;
}

void ipsec_iv_give_page(ipsec_iv_store *store, ipsec_iv_block *block)
{
    ipsec_iv_page *page = take_page(store);

    page->owner = block;
    page->frames[block->branch] = block->frame;
    block->frame = 0;
    block->page = page;
}

uint32_t ipsec_iv_frame_of(const ipsec_iv_block *block, unsigned branch)
{
    return block->page ? block->page->frames[branch] : block->frame;
}

/* --- the store */

ipsec_iv_store *ipsec_iv_store_new(ipsec_limits *limits)
{
    ipsec_iv_store *store = g_new0(ipsec_iv_store, 1);

    store->blocks = g_hash_table_new_full(block_hash, block_equal, g_free, NULL);
    store->seed = ipsec_hash_seed();
    store->limits = limits;
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
