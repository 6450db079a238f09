/** @file
 * The IVs of all SAs, as numbers in a tree of bits; for iv.c only. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IV_STORE_H
#define IPSEC_CORE_IV_STORE_H

#include "sa/iv.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    IPSEC_IV_BRANCH_BITS = 6,
    IPSEC_IV_BRANCHES = 1 << IPSEC_IV_BRANCH_BITS,
    IPSEC_IV_LEVEL_MOST = 5 /* full only with 2^36 IVs, but frame numbers have 32 bits */
};

/** `used` of a full block. */
#define IPSEC_IV_ALL_USED UINT64_MAX

typedef struct ipsec_iv_page {
    struct ipsec_iv_block *owner;       /* NULL: the block is gone */
    uint32_t frames[IPSEC_IV_BRANCHES]; /* 0: not known */
} ipsec_iv_page;

typedef struct ipsec_iv_block {
    uint64_t number; /* the common high bits of its IVs, without those that branch here and below */
    uint64_t used;   /* a bit for each IV or, above level 0, each full block */
    ipsec_iv_page *page;
    uint32_t owner; /* id of its state */
    uint32_t hash;  /* of number, level, reversed and owner */
    uint32_t frame; /* of the only IV, at `branch`; 0 if there are more, or it is not known */
    uint8_t level;
    uint8_t branch;
    bool reversed;
} ipsec_iv_block;

typedef struct ipsec_recent_iv {
    uint64_t iv[2];
    uint32_t owner; /* id of its state */
    uint32_t frame; /* 0: empty */
} ipsec_recent_iv;

struct ipsec_iv_store {
    GHashTable *blocks; /* set of ipsec_iv_block; full ones are there only for their pages */
    uint64_t seed;
    ipsec_limits *limits;
    uint32_t states;         /* ids given out */
    uint32_t open;           /* blocks that are not full */
    GHashTable *forgotten;   /* set of ids of states whose blocks may go; NULL: none */
    uint32_t released;       /* number of blocks of these states, at least */
    uint32_t next_page;      /* the one to be handed out next */
    ipsec_iv_page **pages;   /* PAGES of them; NULL: not needed so far */
    ipsec_recent_iv *recent; /* RECENT of them; NULL: not needed so far */
};

static inline uint64_t ipsec_iv_number_at(uint64_t iv, unsigned level)
{
    return iv >> IPSEC_IV_BRANCH_BITS * (level + 1);
}

static inline unsigned ipsec_iv_branch_at(uint64_t iv, unsigned level)
{
    return iv >> IPSEC_IV_BRANCH_BITS * level & (IPSEC_IV_BRANCHES - 1);
}

static inline bool ipsec_iv_has_branch(const ipsec_iv_block *block, unsigned branch)
{
    return block->used >> branch & 1;
}

/** The block of a level that the IV belongs to; NULL if there is none. */
ipsec_iv_block *ipsec_iv_find_block(const ipsec_iv_store *store, const ipsec_iv_state *state, uint64_t iv,
                                    unsigned level);

/** Creates that block. */
ipsec_iv_block *ipsec_iv_make_block(ipsec_iv_store *store, ipsec_iv_state *state, uint64_t iv, unsigned level);

/** Whether the limits allow the state another block; frees blocks of forgotten states if necessary. */
bool ipsec_iv_may_make_block(ipsec_iv_store *store, const ipsec_iv_state *state);

/** Whether a block of the IV was full and became a bit of a block above. */
bool ipsec_iv_is_in_full_block(const ipsec_iv_store *store, const ipsec_iv_state *state, uint64_t iv);

/** The block of the IV is full: sets its bit in the one above. That one may be created regardless of the limits,
 * because it replaces the full block. */
void ipsec_iv_rise(ipsec_iv_store *store, ipsec_iv_state *state, ipsec_iv_block *block, uint64_t iv);

/** Gives the block a page, because it gets a second IV, or has lost its page. */
void ipsec_iv_give_page(ipsec_iv_store *store, ipsec_iv_block *block);

/** The frame of the IV at a branch; 0 if it is not known. */
uint32_t ipsec_iv_frame_of(const ipsec_iv_block *block, unsigned branch);

#endif
