/** @file
 * Hashing of data that whoever makes a capture can choose.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_HASH_H
#define IPSEC_CORE_HASH_H

#include "base/octets.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

/** The start of a hash: random for each table, so that nobody can make a capture that collides. */
static inline uint64_t ipsec_hash_seed(void)
{
    return (uint64_t)g_random_int() << 32 | g_random_int();
}

/** The factor of Fibonacci hashing: 2^64 divided by the golden ratio. */
#define IPSEC_HASH_FACTOR UINT64_C(0x9e3779b97f4a7c15)

/** One step of a hash: mixes in a word. The product spreads it upwards, the shift downwards. Values that differ only in
 * their high bits are spread little, and a difference in the highest bit passes unchanged: use such a hash to find
 * things, not as proof that they are equal. */
static inline uint64_t ipsec_hash_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * IPSEC_HASH_FACTOR;
    return hash ^ hash >> 32;
}

/** The upper half of the same, from which tables take their places. */
static inline uint32_t ipsec_hash_place(uint64_t hash, uint64_t word)
{
    return (uint32_t)(((hash ^ word) * IPSEC_HASH_FACTOR) >> 32);
}

/**
 * Reads an IP address as words that are quick to compare, and mixes it into a hash, in one step or two.
 *
 * @param octets   `length` octets, 4 or 16
 * @param words    set to the octets as they lie in memory; of IPv4 only the first one is
 * @return the hash that takes them in
 */
static IPSEC_INLINE uint64_t ipsec_hash_address(uint64_t hash, const uint8_t *octets, uint8_t length, uint64_t words[2])
{
    uint32_t v4;

    if (length == sizeof v4) {
        memcpy(&v4, octets, sizeof v4);
        words[0] = v4;
    } else {
        memcpy(words, octets, 2 * sizeof *words);
        hash = ipsec_hash_mix(hash, words[1]);
    }
    return ipsec_hash_mix(hash, words[0]);
}

#endif
