/* Octets that end at a protected page. Most are short: these lie in an arena, a page each and a protected one behind
 * it, which is mapped once, for tests make copies by the hundred thousand. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"

#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Copies of a page at most. */
#define ARENA 1024u

typedef struct mapping {
    uint8_t *start;
    size_t size;
} mapping;

/* Since the last guard_free_all(). */
static GArray *mappings; /* for what does not go in the arena */
static unsigned in_arena;

static uint8_t *arena; /* nothing in it can be read but the first pages of the pairs that are used */

static uint8_t *map(size_t size, int protection)
{
    void *const start = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    g_assert_true(start != MAP_FAILED);
    return start;
}

static void protect(uint8_t *start, size_t size, int protection)
{
    g_assert_cmpint(mprotect(start, size, protection), ==, 0);
}

/* Where the page begins that is behind the octets. */
static uint8_t *end_in_arena(size_t page)
{
    uint8_t *start;

    if (!arena)
        arena = map(2 * ARENA * page, PROT_NONE);
    start = arena + 2 * page * in_arena++;
    protect(start, page, PROT_READ | PROT_WRITE);
    return start + page;
}

static uint8_t *end_of_mapping(size_t length, size_t page)
{
    const size_t readable = (length + page - 1) / page * page;
    const mapping mapped = {.start = map(readable + page, PROT_READ | PROT_WRITE), .size = readable + page};

    protect(mapped.start + readable, page, PROT_NONE);
    if (!mappings)
        mappings = g_array_new(FALSE, FALSE, sizeof(mapping));
    g_array_append_val(mappings, mapped);
    return mapped.start + readable;
}

uint8_t *guard_copy(const uint8_t *octets, size_t length)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *const end = length <= page && in_arena < ARENA ? end_in_arena(page) : end_of_mapping(length, page);
    uint8_t *const copy = end - length;

    if (length)
        memcpy(copy, octets, length);
    return copy;
}

void guard_free_all(void)
{
    if (in_arena > 0)
        protect(arena, 2 * (size_t)in_arena * (size_t)sysconf(_SC_PAGESIZE), PROT_NONE);
    in_arena = 0;
    for (guint i = 0; mappings && i < mappings->len; i++)
        munmap(g_array_index(mappings, mapping, i).start, g_array_index(mappings, mapping, i).size);
    g_clear_pointer(&mappings, g_array_unref);
}
