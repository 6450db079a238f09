/** @file
 * What an SA knew while it had another key. Internal to the core.
 *
 * An SPI that is used again with another key is another SA (RFC 4301 4.4.2) under the same name, with its own sequence
 * numbers, lifetime and IVs. If packets of both come, as stragglers or replays, each is judged by what its own key has
 * seen. So neither changes what the other has, and an old packet does not count as new because another key came in
 * between.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_GENERATION_H
#define IPSEC_CORE_GENERATION_H

#include "sa/iv.h"

#include <stdbool.h>
#include <stdint.h>

struct ipsec_sa;

/** What SAs knew with the keys that they do not have at present. */
typedef struct ipsec_generations ipsec_generations;

/** How many are kept for all SAs together. It takes a packet that verifies with another row to add one. If there are
 * more, what an SA knows of its key is lost when it takes another key. */
#define IPSEC_GENERATIONS_MOST 4096u

/** None so far.
 *
 * @param ivs  the store of the SAs
 */
ipsec_generations *ipsec_generations_new(ipsec_iv_store *ivs);

/** Frees them; NULL is fine. */
void ipsec_generations_free(ipsec_generations *generations);

/** Forgets all that is kept of the SA, which goes. */
void ipsec_generations_drop(ipsec_generations *generations, const struct ipsec_sa *sa);

/** The SA as it was when it last had key row `row`; NULL if it did not have it. Owned by the generations, until that
 * row is taken. */
const struct ipsec_sa *ipsec_generation_of(const ipsec_generations *generations, const struct ipsec_sa *sa,
                                           uint32_t row);

/**
 * Saves what the SA knows of its present key, if a packet has verified with it, and restores what it knew with `row`:
 * keys, numbers, life and IVs.
 *
 * @return false if it never had that row: then its numbers are empty, and the rest is as it was
 */
bool ipsec_generation_take(ipsec_generations *generations, struct ipsec_sa *sa, uint32_t row);

#endif
