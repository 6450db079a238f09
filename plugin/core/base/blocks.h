/** @file
 * Memory for many objects of one size, without the overhead of malloc() for each. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_BLOCKS_H
#define IPSEC_CORE_BLOCKS_H

#include <stddef.h>

typedef struct ipsec_blocks ipsec_blocks;

/** For objects of `size` octets, which must have room for a pointer. Free it with ipsec_blocks_free(). */
ipsec_blocks *ipsec_blocks_new(size_t size);

/** Frees all objects at once; NULL is fine. */
void ipsec_blocks_free(ipsec_blocks *blocks);

/** An uninitialised object. It does not move. */
void *ipsec_blocks_take(ipsec_blocks *blocks);

/** Gives an object back for reuse. */
void ipsec_blocks_give_back(ipsec_blocks *blocks, void *object);

#endif
