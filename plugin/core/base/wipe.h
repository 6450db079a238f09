/** @file
 * Clearing of secrets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_WIPE_H
#define IPSEC_CORE_WIPE_H

#include <stddef.h>
#include <string.h>

/** Zeroes octets that are not read again. The compiler cannot know which function is called, so it cannot drop the
 * call. */
static inline void ipsec_wipe(void *octets, size_t length)
{
    static void *(*const volatile overwrite)(void *, int, size_t) = memset;

    overwrite(octets, 0, length);
}

#endif
