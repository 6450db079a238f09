/** @file
 * SAs whose state was forgotten, so that it can be reported when one of them comes back. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_FORGOTTEN_H
#define IPSEC_CORE_FORGOTTEN_H

#include <stdbool.h>
#include <stdint.h>

/** A set of hashes; bounded: 16 MiB, however many are added. */
typedef struct ipsec_forgotten ipsec_forgotten;

/** An empty set; free it with ipsec_forgotten_free(). */
ipsec_forgotten *ipsec_forgotten_new(void);

/** NULL is fine. */
void ipsec_forgotten_free(ipsec_forgotten *forgotten);

/** Adds a hash, whose bits are all as good as random. */
void ipsec_forgotten_add(ipsec_forgotten *forgotten, uint64_t hash);

/** Whether a hash was added. Never false if it was. Also true for another hash with a probability of 2^-27, and, once
 * there was no room for some, for all that belong to the same buckets: see forgotten.c. */
bool ipsec_forgotten_has(const ipsec_forgotten *forgotten, uint64_t hash);

#endif
