/** @file
 * Sets of findings: a bit for each row of the catalogue.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_FINDING_SET_H
#define IPSEC_CORE_FINDING_SET_H

#include "base/catalogue.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/** Words of a set. Loops over them are written out, because they are on the path of every packet. */
#define IPSEC_FINDING_WORDS 3

/** A set; all zero is the empty one. */
typedef struct ipsec_finding_set {
    uint64_t words[IPSEC_FINDING_WORDS]; /**< finding n is bit n % 64 of word n / 64 */
} ipsec_finding_set;

G_STATIC_ASSERT(IPSEC_FINDING_COUNT <= 64 * IPSEC_FINDING_WORDS);
/* If a word is added, write it out in the functions below and in the constant sets of catalogue.c, note.c and
 * outcomes.c. */
G_STATIC_ASSERT(IPSEC_FINDING_WORDS == 3);

/** The empty set. */
#define IPSEC_FINDING_SET_EMPTY ((ipsec_finding_set){{0}})

/** The finding's bit if it is in that word, else 0; for sets that are constants. */
#define IPSEC_FINDING_BIT(word, id) ((id) / 64 == (word) ? UINT64_C(1) << (id) % 64 : UINT64_C(0))

/** Adds a finding, unless it is there already. */
static inline void ipsec_finding_set_add(ipsec_finding_set *set, ipsec_finding_id id)
{
    set->words[id / 64] |= UINT64_C(1) << id % 64;
}

/** Removes a finding, if it is there. */
static inline void ipsec_finding_set_remove(ipsec_finding_set *set, ipsec_finding_id id)
{
    set->words[id / 64] &= ~(UINT64_C(1) << id % 64);
}

/** Whether the finding is in the set. */
static inline bool ipsec_finding_set_has(const ipsec_finding_set *set, ipsec_finding_id id)
{
    return set->words[id / 64] >> id % 64 & 1;
}

/** Whether the set has no finding. */
static inline bool ipsec_finding_set_is_empty(const ipsec_finding_set *set)
{
    return (set->words[0] | set->words[1] | set->words[2]) == 0;
}

/** Adds all of `other`. */
static inline void ipsec_finding_set_unite(ipsec_finding_set *set, const ipsec_finding_set *other)
{
    set->words[0] |= other->words[0];
    set->words[1] |= other->words[1];
    set->words[2] |= other->words[2];
}

/** Removes all of `other`. */
static inline void ipsec_finding_set_subtract(ipsec_finding_set *set, const ipsec_finding_set *other)
{
    set->words[0] &= ~other->words[0];
    set->words[1] &= ~other->words[1];
    set->words[2] &= ~other->words[2];
}

/** Whether a finding is in both. */
static inline bool ipsec_finding_sets_meet(const ipsec_finding_set *a, const ipsec_finding_set *b)
{
    return ((a->words[0] & b->words[0]) | (a->words[1] & b->words[1]) | (a->words[2] & b->words[2])) != 0;
}

/** The first finding of the set that is not before `from` (at most IPSEC_FINDING_COUNT); IPSEC_FINDING_COUNT if there
 * is none. A loop thus goes through a set in the order of the catalogue. */
static inline unsigned ipsec_finding_set_next(const ipsec_finding_set *set, unsigned from)
{
    while (from < IPSEC_FINDING_COUNT) {
        uint64_t rest = set->words[from / 64] >> from % 64;

        for (; rest; rest >>= 1, from++)
            if (rest & 1)
                return from;
        from = (from / 64 + 1) * 64; /* no other in this word */
    }
    return IPSEC_FINDING_COUNT;
}

/** The findings that need IPSEC_NEEDS_WHOLE. */
extern const ipsec_finding_set ipsec_findings_of_whole;

/** Those of severity Note or higher that are about the packet itself: not about an SA, nor (NEIGHBOUR) about something
 * else. */
extern const ipsec_finding_set ipsec_findings_that_flag;

#endif
