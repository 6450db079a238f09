/* Memory for many objects of one size.
 *
 * GLib's slices would do the same, but are malloc() from 2.76 on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/blocks.h"

#include <glib.h>

#include <stdbool.h>

/* Without these calls, the sanitizer would miss uses of an object that was given back. */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(start, size)   ((void)(start), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#endif

#define OBJECTS 64u /* objects per block */

struct ipsec_blocks {
    size_t size;       /* of an object, rounded up so that all objects are aligned like the first */
    GPtrArray *blocks; /* the last one is in use */
    unsigned used;     /* objects taken from the last block */
    void *free; /* the object given back last; it begins with a pointer to the one before; NULL if there is none */
};

ipsec_blocks *ipsec_blocks_new(size_t size)
{
    ipsec_blocks *blocks = g_new0(ipsec_blocks, 1);

    blocks->size = (size + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
    blocks->blocks = g_ptr_array_new_with_free_func(g_free);
    blocks->used = OBJECTS;
    return blocks;
}

void ipsec_blocks_free(ipsec_blocks *blocks)
{
    if (!blocks)
        return;
    g_ptr_array_free(blocks->blocks, true);
    g_free(blocks);
}

void *ipsec_blocks_take(ipsec_blocks *blocks)
{
    void *const object = blocks->free;

    if (object) {
        ASAN_UNPOISON_MEMORY_REGION(object, blocks->size);
        blocks->free = *(void **)object;
        return object;
    }
    if (blocks->used == OBJECTS) {
        g_ptr_array_add(blocks->blocks, g_malloc_n(OBJECTS, blocks->size));
        blocks->used = 0;
    }
    return (char *)g_ptr_array_index(blocks->blocks, blocks->blocks->len - 1) + blocks->size * blocks->used++;
}

void ipsec_blocks_give_back(ipsec_blocks *blocks, void *object)
{
    *(void **)object = blocks->free;
    blocks->free = object;
    ASAN_POISON_MEMORY_REGION(object, blocks->size);
}
