/** @file
 * Clearing of secrets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_WIPE_H
#define IPSEC_CORE_WIPE_H

#include <stddef.h>

/** Zeroes octets that nobody reads again, which a compiler would otherwise leave as they are. */
static inline void ipsec_wipe(void *octets, size_t length)
{
    volatile unsigned char *each = octets;

    while (length-- > 0)
        *each++ = 0;
}

#endif
