/** @file
 * What an SA knew while it used another key. Internal to the core.
 *
 * An SPI that is reused with another key is another SA (RFC 4301 4.4.2) under the same name, with its own sequence
 * numbers, lifetime and IVs. If packets of both come, as stragglers or replays, each is judged by what was seen with
 * its own key. So neither changes the state of the other, and an old packet does not count as new because another key
 * came in between.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_GENERATION_H
#define IPSEC_CORE_GENERATION_H

#include "sa/iv.h"

#include <stdbool.h>
#include <stdint.h>

struct ipsec_sa;

/** What SAs knew with keys that they do not use at present. */
typedef struct ipsec_generations ipsec_generations;

/** How many are kept for all SAs together. It takes a packet that verifies with another row to add one. If there are
 * more, what an SA learned with a key is lost when it takes another key. */
#define IPSEC_GENERATIONS_MOST 4096u

/** Creates an empty set.
 *
 * @param ivs the store that has the IVs of the SAs
 */
ipsec_generations *ipsec_generations_new(ipsec_iv_store *ivs);

/** Frees them; NULL is fine. */
void ipsec_generations_free(ipsec_generations *generations);

/** Drops all that is kept of the SA, because the SA itself is forgotten. */
void ipsec_generations_drop(ipsec_generations *generations, const struct ipsec_sa *sa);

/** The SA as it was when it last used key row `row`; NULL if it never did. Owned by the generations, and valid until
 * the SA takes that row. */
const struct ipsec_sa *ipsec_generation_of(const ipsec_generations *generations, const struct ipsec_sa *sa,
                                           uint32_t row);

/**
 * Saves what the SA learned with its present key, if a packet has verified with it, and restores what it knew with
 * `row`: keys, numbers, life and IVs.
 *
 * @return false if nothing is kept for that row: then its numbers and IVs are empty, and the rest is unchanged
 */
bool ipsec_generation_take(ipsec_generations *generations, struct ipsec_sa *sa, uint32_t row);

#endif
