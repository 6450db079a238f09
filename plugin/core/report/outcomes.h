/** @file
 * What each stack does on each fault, as one table: a file of rows per stack. Internal to the core.
 *
 * OUTCOME(fault, carriers, stage, decision, counter, ...) is a row of a stack's file:
 *
 * fault     symbol of the catalogue, of variants.def or oddity.def; a fault without a row passes this stack unreported,
 *           unless every.def has one
 * carriers  all that the header must have for the row to apply: ANY, or symbols of carriers.def, joined by |. Of
 *           several rows on one fault the first that applies counts, so the more specific ones come first
 * stage     the place of the check in this stack's own order, see ipsec_stage; the stack reports the first check that
 *           fails
 * decision  REFUSES      whatever the SA
 *           MAY_REFUSE   depends on the SA's settings, which the packet does not show
 *           PASSES       although all others refuse it, see every.def
 * counter   counter, status or (Windows) error number as text; NULL if it discards silently
 * ...       LOG(text)          what the stack writes to its log
 *           EVENT(number)      Windows: the Security audit event
 *           INFERRED           the stack publishes no mapping for this fault
 *           ALSO(counter)      a second counter, which moves with the first
 *           RESTRICTS(symbol)  the RFCs let such a packet pass; IPSEC_CASE_<symbol> is the advice on it
 *
 * Rows are in the order of the catalogue, then of variants.def, then of oddity.def, because they are searched by
 * bisection.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_OUTCOMES_H
#define IPSEC_CORE_OUTCOMES_H

#include "packet/kind.h"
#include "report/receiver.h"

#include <glib.h>
#include <stdint.h>

/** The order of checks, as far as all stacks share it. A stack that tests the sequence number before the lengths uses
 * EARLY_SEQUENCE, one that refuses it only after the ICV has verified LATE_SEQUENCE. */
typedef enum {
    IPSEC_STAGE_IP, /**< in front of IPsec */
    IPSEC_STAGE_HEADER,
    IPSEC_STAGE_LOOKUP,
    IPSEC_STAGE_STATE,
    IPSEC_STAGE_EARLY_SEQUENCE,
    IPSEC_STAGE_EARLY_LIFETIME,
    IPSEC_STAGE_LENGTHS,
    IPSEC_STAGE_SEQUENCE,
    IPSEC_STAGE_LIFETIME,
    IPSEC_STAGE_ICV,
    IPSEC_STAGE_LATE_SEQUENCE,
    IPSEC_STAGE_TRAILER,
    IPSEC_STAGE_MODE,  /**< whether Next Header fits; with MAY_REFUSE only in tunnel SAs */
    IPSEC_STAGE_INNER, /**< the IP packet inside, if there is one */
    IPSEC_STAGE_POLICY
} ipsec_stage;

/** What a stack reports: a finding (the value is its id), a variant of one, or an oddity. */
typedef enum {
#define FINDING(symbol, ...) IPSEC_FAULT_##symbol,
#include "base/catalogue.def"
#undef FINDING
#define VARIANT(symbol, finding) IPSEC_FAULT_##symbol,
#include "report/variants.def"
#undef VARIANT
#define ODDITY(symbol, finding) IPSEC_FAULT_##symbol,
#include "base/oddity.def"
#undef ODDITY
    IPSEC_FAULT_COUNT,
    IPSEC_FAULT_FIRST_ODDITY = IPSEC_FAULT_COUNT - IPSEC_ODDITY_COUNT,
    IPSEC_FAULT_NONE = IPSEC_FAULT_COUNT /**< the stack accepts the packet */
} ipsec_fault;

/** A set of carriers, see carriers.def. */
typedef uint16_t ipsec_carriers;

enum {
#define CARRIER(symbol) IPSEC_CARRIER_INDEX_##symbol,
#include "report/carriers.def"
#undef CARRIER
    IPSEC_CARRIER_COUNT
};

G_STATIC_ASSERT(IPSEC_CARRIER_COUNT <= 8 * sizeof(ipsec_carriers));

/* ipsec_carriers_of() relies on it. */
G_STATIC_ASSERT((unsigned)IPSEC_CARRIER_INDEX_IN_IP == (unsigned)IPSEC_HEADER_KINDS);

/** The set of one carrier. */
enum {
#define CARRIER(symbol) IPSEC_CARRIER_##symbol = 1 << IPSEC_CARRIER_INDEX_##symbol,
#include "report/carriers.def"
#undef CARRIER
};

typedef struct ipsec_outcome_row {
    ipsec_outcome outcome;
    uint16_t key;            /**< from stack and fault; rows are in ascending order of keys */
    ipsec_carriers carriers; /**< all that a header must have for the row to apply */
} ipsec_outcome_row;

/** In place of a stack: the rows that all stacks except IPSEC_STACK_RFC share. */
#define IPSEC_STACK_EVERY IPSEC_STACK_COUNT

/** The key of the rows of a stack on a fault. */
#define IPSEC_OUTCOME_KEY(stack, fault) ((stack) << 8 | (fault))

G_STATIC_ASSERT(IPSEC_FAULT_COUNT <= 1 << 8);
G_STATIC_ASSERT(IPSEC_STACK_EVERY < 1 << 8);

/** Nothing is refused and nothing reported. */
extern const ipsec_outcome ipsec_outcome_passes;

/** The carriers of the header of a report. */
ipsec_carriers ipsec_carriers_of(const ipsec_report *report);

/** The finding with which a packet with the fault is reported; `fault` is below IPSEC_FAULT_COUNT. */
ipsec_finding_id ipsec_fault_finding(unsigned fault);

/** What the stack does on a fault in a packet with these carriers. Static storage; never NULL. */
const ipsec_outcome *ipsec_outcome_find(ipsec_stack stack, unsigned fault, ipsec_carriers carriers);

/** The rows of a stack (or of IPSEC_STACK_EVERY) on one fault. Static storage; *count may be 0. */
const ipsec_outcome_row *ipsec_outcome_rows(unsigned stack, unsigned fault, unsigned *count);

/** The row `index` of the whole table. Static storage; NULL past the end. */
const ipsec_outcome_row *ipsec_outcome_row_at(unsigned index);

#endif
