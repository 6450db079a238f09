/* Octets that end at a protected page.
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

/* Every mapping since the last guard_free_all(). */
static GArray *mappings;

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

static bool close_page(uint8_t *page, size_t size)
{
    DWORD before;

    return VirtualProtect(page, size, PAGE_NOACCESS, &before);
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

static bool close_page(uint8_t *page, size_t size)
{
    return mprotect(page, size, PROT_NONE) == 0;
}

static void unmap(const mapping *map)
{
    munmap(map->start, map->size);
}
#endif

uint8_t *guard_copy(const uint8_t *octets, size_t length)
{
    const size_t page = page_size();
    const size_t readable = (length + page - 1) / page * page;
    const mapping map = {map_pages(readable + page), readable + page};
    uint8_t *copy;

    g_assert_nonnull(map.start);
    g_assert_true(close_page(map.start + readable, page));
    if (!mappings)
        mappings = g_array_new(FALSE, FALSE, sizeof(mapping));
    g_array_append_val(mappings, map);
    copy = map.start + readable - length;
    if (length)
        memcpy(copy, octets, length);
    return copy;
}

void guard_free_all(void)
{
    for (guint i = 0; mappings && i < mappings->len; i++)
        unmap(&g_array_index(mappings, mapping, i));
    g_clear_pointer(&mappings, g_array_unref);
}
