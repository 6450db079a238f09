/* Octets that end at a protected page. Most are short, and are in an arena that is mapped only once, because tests make
 * hundreds of thousands of copies: each has a page followed by a protected one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>
#ifdef G_OS_WIN32
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

typedef struct mapping {
    uint8_t *start;
    size_t size;
} mapping;

/* The number of copies in the arena, which are a page at most. */
#define ARENA 1024u

/* What has been mapped since the last guard_free_all(). */
static GArray *mappings; /* for copies that do not fit in the arena */
static unsigned in_arena;

static uint8_t *arena; /* only the first pages of the pairs that are in use can be read */

#ifdef G_OS_WIN32
static size_t page_size(void)
{
    SYSTEM_INFO system;

    GetSystemInfo(&system);
    return system.dwPageSize;
}

static uint8_t *map_pages(size_t size)
{
    return VirtualAlloc(NULL, size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
}

static void protect(uint8_t *start, size_t size, bool is_open)
{
    DWORD before;

    g_assert_true(VirtualProtect(start, size, is_open ? PAGE_READWRITE : PAGE_NOACCESS, &before));
}

static void unmap(const mapping *map)
{
    VirtualFree(map->start, 0, MEM_RELEASE);
}
#else
static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static uint8_t *map_pages(size_t size)
{
    void *const start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return start == MAP_FAILED ? NULL : start;
}

static void protect(uint8_t *start, size_t size, bool is_open)
{
    g_assert_cmpint(mprotect(start, size, is_open ? PROT_READ | PROT_WRITE : PROT_NONE), ==, 0);
}

static void unmap(const mapping *map)
{
    munmap(map->start, map->size);
}
#endif

/* The beginning of the page after the octets. */
static uint8_t *end_in_arena(size_t page)
{
    uint8_t *start;

    if (!arena) {
        arena = map_pages(2 * ARENA * page);
        g_assert_nonnull(arena);
        protect(arena, 2 * ARENA * page, false);
    }
    start = arena + 2 * page * in_arena++;
    protect(start, page, true);
    return start + page;
}

static uint8_t *end_of_mapping(size_t length, size_t page)
{
    const size_t readable = (length + page - 1) / page * page;
    const mapping mapped = {.start = map_pages(readable + page), .size = readable + page};

    g_assert_nonnull(mapped.start);
    protect(mapped.start + readable, page, false);
    if (!mappings)
        mappings = g_array_new(FALSE, FALSE, sizeof(mapping));
    g_array_append_val(mappings, mapped);
    return mapped.start + readable;
}

uint8_t *guard_copy(const uint8_t *octets, size_t length)
{
    const size_t page = page_size();
    uint8_t *const end = length <= page && in_arena < ARENA ? end_in_arena(page) : end_of_mapping(length, page);
    uint8_t *const copy = end - length;

    if (length)
        memcpy(copy, octets, length);
    return copy;
}

void guard_free_all(void)
{
    if (in_arena > 0)
        protect(arena, 2 * (size_t)in_arena * page_size(), false);
    in_arena = 0;
    for (guint i = 0; mappings && i < mappings->len; i++)
        unmap(&g_array_index(mappings, mapping, i));
    g_clear_pointer(&mappings, g_array_unref);
}
