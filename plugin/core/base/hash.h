/** @file
 * Hashing of what a capture chooses.
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

/** One step of a hash: takes in a word, and spreads it upwards by the product and downwards by the shift. The constant
 * is that of Fibonacci hashing, 2^64 over the golden ratio. Values that differ in their high bits only are spread
 * little, and a difference in the highest bit passes unchanged: use such a hash to find things, not to tell them
 * apart. */
static inline uint64_t ipsec_hash_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

/**
 * An IP address as words that are quick to compare, and as one step of a hash or two.
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
