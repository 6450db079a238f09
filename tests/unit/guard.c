/* Octets that end at a protected page.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"

#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct mapping {
    void *start;
    size_t size;
} mapping;

/* Every mapping since the last guard_free_all(). */
static GArray *mappings;

uint8_t *guard_copy(const uint8_t *octets, size_t length)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t readable = (length + page - 1) / page * page;
    mapping map = {.size = readable + page};
    uint8_t *copy;

    map.start = mmap(NULL, map.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    g_assert_true(map.start != MAP_FAILED);
    g_assert_cmpint(mprotect((uint8_t *)map.start + readable, page, PROT_NONE), ==, 0);
    if (!mappings)
        mappings = g_array_new(FALSE, FALSE, sizeof(mapping));
    g_array_append_val(mappings, map);
    copy = (uint8_t *)map.start + readable - length;
    if (length)
        memcpy(copy, octets, length);
    return copy;
}

void guard_free_all(void)
{
    for (guint i = 0; mappings && i < mappings->len; i++)
        munmap(g_array_index(mappings, mapping, i).start, g_array_index(mappings, mapping, i).size);
    g_clear_pointer(&mappings, g_array_unref);
}
