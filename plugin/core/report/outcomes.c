/* What each stack does on each fault: the rows of the stacks' files, and the lookup in them. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#include "report/outcomes.h"
#include "base/advice_case.h"
#include "base/finding_set.h"
#include "keys/terms.h"

/* Carriers, as the rows name them. */
enum {
    ANY = 0,
#define CARRIER(symbol) symbol = IPSEC_CARRIER_##symbol,
#include "report/carriers.def"
#undef CARRIER
};

#define LOG(text)         .log = text
#define EVENT(number)     .event = number
#define INFERRED          .inferred = true
#define ALSO(text)        .also = text
#define RESTRICTS(symbol) .restriction = IPSEC_CASE_##symbol
/* Each file defines RECEIVER, which must be expanded before it is pasted. */
#define KEY(stack, symbol) IPSEC_OUTCOME_KEY(IPSEC_STACK_##stack, IPSEC_FAULT_##symbol)
#define ROW(receiver, symbol, carried, place, verdict, ...)                                                            \
    {.key = KEY(receiver, symbol),                                                                                     \
     .carriers = carried,                                                                                              \
     .outcome = {.stage = IPSEC_STAGE_##place, .decision = IPSEC_DECISION_##verdict, .counter = __VA_ARGS__}},
#define OUTCOME(...) ROW(RECEIVER, __VA_ARGS__)

static const ipsec_outcome_row rows[] = {
#include "report/outcomes.def"
};

#undef OUTCOME
#undef ROW
#undef KEY
#undef RESTRICTS
#undef ALSO
#undef INFERRED
#undef EVENT
#undef LOG

#define ROW_COUNT G_N_ELEMENTS(rows)

/* Faults for which some stack, or every.def, has a row. Most findings concern no stack, among them those that every
 * packet of an SA has. */
G_STATIC_ASSERT(IPSEC_FAULT_COUNT <= 8 * sizeof(ipsec_finding_set));

static const ipsec_finding_set of_concern = {{
#define OUTCOME(symbol, ...) IPSEC_FINDING_BIT(0, IPSEC_FAULT_##symbol) |
#include "report/outcomes.def"
#undef OUTCOME
    0,
#define OUTCOME(symbol, ...) IPSEC_FINDING_BIT(1, IPSEC_FAULT_##symbol) |
#include "report/outcomes.def"
#undef OUTCOME
    0,
#define OUTCOME(symbol, ...) IPSEC_FINDING_BIT(2, IPSEC_FAULT_##symbol) |
#include "report/outcomes.def"
#undef OUTCOME
    0,
}};

static const ipsec_finding_set of_all = {{
#define OUTCOME(symbol, ...) IPSEC_FINDING_BIT(0, IPSEC_FAULT_##symbol) |
#include "report/every.def"
#undef OUTCOME
    0,
#define OUTCOME(symbol, ...) IPSEC_FINDING_BIT(1, IPSEC_FAULT_##symbol) |
#include "report/every.def"
#undef OUTCOME
    0,
#define OUTCOME(symbol, ...) IPSEC_FINDING_BIT(2, IPSEC_FAULT_##symbol) |
#include "report/every.def"
#undef OUTCOME
    0,
}};

const ipsec_outcome ipsec_outcome_passes = {.decision = IPSEC_DECISION_PASSES};

static unsigned carrier_of_version(uint8_t ip_version)
{
    if (ip_version == 4)
        return IPSEC_CARRIER_IN_V4;
    return ip_version == 6 ? IPSEC_CARRIER_IN_V6 : 0;
}

/* If a key row gives the mode. */
static unsigned carrier_of_mode(const ipsec_opened *opened)
{
    if (!opened->valid || !opened->spec)
        return 0;
    switch (ipsec_terms_mode(opened->like, opened->terms)) {
    case IPSEC_MODE_TUNNEL:
        return IPSEC_CARRIER_TUNNEL;
    case IPSEC_MODE_TRANSPORT:
    case IPSEC_MODE_BEET:
        return IPSEC_CARRIER_TRANSPORT;
    default:
        return 0;
    }
}

ipsec_carriers ipsec_carriers_of(const ipsec_report *report)
{
    static const ipsec_carriers ways[] = {
        [IPSEC_ENCAPSULATION_NONE] = IPSEC_CARRIER_IN_IP, [IPSEC_ENCAPSULATION_UDP] = IPSEC_CARRIER_IN_UDP};
    const unsigned kind = ipsec_kind_index(report->header.protocol);
    const ipsec_carriers carriers =
        (ipsec_carriers)(1u << kind | ways[report->header.encapsulation] | carrier_of_version(report->ip_version) |
                         carrier_of_mode(&report->opened));

    if (!ipsec_encrypts(report->header.protocol))
        return carriers;
    return carriers | (report->opened.combined_mode ? IPSEC_CARRIER_COMBINED : IPSEC_CARRIER_SEPARATE);
}

ipsec_finding_id ipsec_fault_finding(unsigned fault)
{
    static const uint8_t findings[] = {
#define VARIANT(symbol, finding) [IPSEC_FAULT_##symbol - IPSEC_FINDING_COUNT] = IPSEC_FINDING_##finding,
#include "report/variants.def"
#undef VARIANT
#define ODDITY(symbol, finding) [IPSEC_FAULT_##symbol - IPSEC_FINDING_COUNT] = IPSEC_FINDING_##finding,
#include "base/oddity.def"
#undef ODDITY
    };

    return (ipsec_finding_id)(fault < IPSEC_FINDING_COUNT ? fault : findings[fault - IPSEC_FINDING_COUNT]);
}

/* The first row that has the key or a later one. */
static unsigned first_row(unsigned key)
{
    unsigned low = 0, high = ROW_COUNT;

    while (low < high) {
        const unsigned middle = (low + high) / 2;

        if (rows[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* NULL if the stack has no row on the fault that applies. */
static const ipsec_outcome *find(unsigned stack, unsigned fault, ipsec_carriers carriers)
{
    const unsigned key = IPSEC_OUTCOME_KEY(stack, fault);

    for (unsigned i = first_row(key); i < ROW_COUNT && rows[i].key == key; i++)
        if ((rows[i].carriers & ~carriers) == 0)
            return &rows[i].outcome;
    return NULL;
}

const ipsec_outcome *ipsec_outcome_find(ipsec_stack stack, unsigned fault, ipsec_carriers carriers)
{
    const ipsec_outcome *outcome = NULL;

    if (ipsec_finding_set_has(&of_concern, (ipsec_finding_id)fault))
        outcome = find(stack, fault, carriers);
    if (!outcome && stack != IPSEC_STACK_RFC && ipsec_finding_set_has(&of_all, (ipsec_finding_id)fault))
        outcome = find(IPSEC_STACK_EVERY, fault, carriers);
    return outcome ? outcome : &ipsec_outcome_passes;
}

const ipsec_outcome_row *ipsec_outcome_rows(unsigned stack, unsigned fault, unsigned *count)
{
    const unsigned key = IPSEC_OUTCOME_KEY(stack, fault), first = first_row(key);

    *count = first_row(key + 1) - first;
    return &rows[first];
}

const ipsec_outcome_row *ipsec_outcome_row_at(unsigned index)
{
    return index < ROW_COUNT ? &rows[index] : NULL;
}
