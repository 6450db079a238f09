/** @file
 * What the whole core needs to read octets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_OCTETS_H
#define IPSEC_CORE_OCTETS_H

#include <glib.h>
#include <stdint.h>
#include <string.h>

/** Keeps a function off the path of a clean packet, which then need not save its registers and stack. */
#if defined(__GNUC__)
#define IPSEC_COLD __attribute__((noinline, cold))
/** For less usual parts of that path: not inlined, so that the usual part need not save their registers. */
#define IPSEC_APART __attribute__((noinline))
/** For what is on the path of every packet but also used elsewhere: without it, compilers would make a call. */
#define IPSEC_INLINE inline __attribute__((always_inline))
#else
#define IPSEC_COLD
#define IPSEC_APART
#define IPSEC_INLINE inline
#endif

/** Reads 16 bits in network byte order; both octets must be readable. */
static inline uint16_t ipsec_read_u16(const uint8_t *octets)
{
    uint16_t word;

    memcpy(&word, octets, sizeof word);
    return GUINT16_FROM_BE(word);
}

/** Reads 32 bits in network byte order; all four octets must be readable. */
static inline uint32_t ipsec_read_u32(const uint8_t *octets)
{
    uint32_t word;

    memcpy(&word, octets, sizeof word);
    return GUINT32_FROM_BE(word);
}

/** Reads 64 bits in network byte order; all eight octets must be readable. */
static IPSEC_INLINE uint64_t ipsec_read_u64(const uint8_t *octets)
{
    uint64_t word;

    memcpy(&word, octets, sizeof word);
    return GUINT64_FROM_BE(word);
}

#endif
