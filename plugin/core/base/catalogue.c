/* The catalogue as a table.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/catalogue.h"
#include "base/finding_set.h"

#include <stddef.h>

#define ATTACK_POSSIBLE true
#define ATTACK_UNLIKELY false
#define NEIGHBOUR       .is_neighbour = true
#define LATER           .is_later = true
#define OUTER           .is_outer = true
#define SOUND           .fact = IPSEC_FACT_SOUND
#define OPEN            .fact = IPSEC_FACT_OPEN
#define KNOWN           .fact = IPSEC_FACT_KNOWN
#define NEXT            .fact = IPSEC_FACT_NEXT
#define ALONE           .fact = IPSEC_FACT_ALONE
#define MOVED           .fact = IPSEC_FACT_MOVED
#define ELSEWHERE       .fact = IPSEC_FACT_ELSEWHERE

static const ipsec_catalogue_row rows[IPSEC_FINDING_COUNT] = {
#define FINDING(symbol, name, level, kind, why, facts, of_sa, text, clause, about, cure, purpose, ...)                 \
    [IPSEC_FINDING_##symbol] = {.id = name,                                                                            \
                                .summary = text,                                                                       \
                                .reference = clause,                                                                   \
                                .severity = IPSEC_SEVERITY_##level,                                                    \
                                .group = IPSEC_GROUP_##kind,                                                           \
                                .cause = IPSEC_CAUSE_##why,                                                            \
                                .needs = IPSEC_NEEDS_##facts,                                                          \
                                .property = IPSEC_PROPERTY_##of_sa,                                                    \
                                .advice.step = IPSEC_STEP_##about,                                                     \
                                .advice.remedy = IPSEC_REMEDY_##cure,                                                  \
                                .advice.attack = ATTACK_##purpose,                                                     \
                                .advice.next = __VA_ARGS__},
#include "base/catalogue.def"
#undef FINDING
};

#undef ATTACK_POSSIBLE
#undef ATTACK_UNLIKELY
#undef NEIGHBOUR
#undef LATER
#undef OUTER
#undef SOUND
#undef OPEN
#undef KNOWN
#undef NEXT
#undef ALONE
#undef MOVED
#undef ELSEWHERE

/* The rows for which a condition holds, as a set. */
#define BIT_IN(word, id, condition) ((condition) ? IPSEC_FINDING_BIT(word, id) : 0)

#define NEEDS_WHOLE(word, symbol, facts) BIT_IN(word, IPSEC_FINDING_##symbol, IPSEC_NEEDS_##facts == IPSEC_NEEDS_WHOLE)
/* Whether NEIGHBOUR is the first word after the advice. */
#define FIRST(look, word, ...) word
#define NEIGHBOUR              &&false
#define LATER
#define OUTER
#define SOUND
#define OPEN
#define KNOWN
#define NEXT
#define ALONE
#define MOVED
#define ELSEWHERE
#define FLAGS(word, symbol, level, of_sa, ...)                                                                         \
    BIT_IN(word, IPSEC_FINDING_##symbol,                                                                               \
           IPSEC_SEVERITY_##level >= IPSEC_SEVERITY_NOTE &&                                                            \
               IPSEC_PROPERTY_##of_sa == IPSEC_PROPERTY_NONE FIRST(__VA_ARGS__, , ))

const ipsec_finding_set ipsec_findings_of_whole = {{
#define FINDING(symbol, name, level, kind, why, facts, ...) NEEDS_WHOLE(0, symbol, facts) |
#include "base/catalogue.def"
#undef FINDING
    0,
#define FINDING(symbol, name, level, kind, why, facts, ...) NEEDS_WHOLE(1, symbol, facts) |
#include "base/catalogue.def"
#undef FINDING
    0,
#define FINDING(symbol, name, level, kind, why, facts, ...) NEEDS_WHOLE(2, symbol, facts) |
#include "base/catalogue.def"
#undef FINDING
    0,
}};

const ipsec_finding_set ipsec_findings_that_flag = {{
#define FINDING(symbol, name, level, kind, why, facts, of_sa, text, clause, about, cure, purpose, ...)                 \
    FLAGS(0, symbol, level, of_sa, __VA_ARGS__) |
#include "base/catalogue.def"
#undef FINDING
    0,
#define FINDING(symbol, name, level, kind, why, facts, of_sa, text, clause, about, cure, purpose, ...)                 \
    FLAGS(1, symbol, level, of_sa, __VA_ARGS__) |
#include "base/catalogue.def"
#undef FINDING
    0,
#define FINDING(symbol, name, level, kind, why, facts, of_sa, text, clause, about, cure, purpose, ...)                 \
    FLAGS(2, symbol, level, of_sa, __VA_ARGS__) |
#include "base/catalogue.def"
#undef FINDING
    0,
}};

#undef NEEDS_WHOLE
#undef FLAGS
#undef FIRST
#undef NEIGHBOUR
#undef LATER
#undef OUTER
#undef SOUND
#undef OPEN
#undef KNOWN
#undef NEXT
#undef ALONE
#undef MOVED
#undef ELSEWHERE
#undef BIT_IN

const ipsec_catalogue_row *ipsec_catalogue(ipsec_finding_id id)
{
    return &rows[id];
}

const char *ipsec_severity_name(ipsec_severity severity)
{
    static const char *const names[] = {[IPSEC_SEVERITY_CHAT] = "Chat",
                                        [IPSEC_SEVERITY_NOTE] = "Note",
                                        [IPSEC_SEVERITY_WARN] = "Warn",
                                        [IPSEC_SEVERITY_ERROR] = "Error"};

    return (unsigned)severity < sizeof names / sizeof names[0] ? names[severity] : "Unknown";
}

const char *ipsec_cause_name(unsigned cause)
{
    static const char *const names[] = {[IPSEC_CAUSE_CORRUPTED] = "corrupted data",
                                        [IPSEC_CAUSE_CONTEXT] = "wrong operation context",
                                        [IPSEC_CAUSE_UNSUPPORTED] = "unsupported operation",
                                        [IPSEC_CAUSE_LIMIT] = "limit exceeded"};

    return cause < sizeof names / sizeof names[0] ? names[cause] : NULL;
}

const char *ipsec_step_name(unsigned step)
{
    static const char *const names[IPSEC_STEP_COUNT] = {[IPSEC_STEP_CONTEXT] = "Operation context",
                                                        [IPSEC_STEP_PARAMETERS] = "Parameters",
                                                        [IPSEC_STEP_OBJECT] = "Object type",
                                                        [IPSEC_STEP_DATA] = "Input data",
                                                        [IPSEC_STEP_LIMITS] = "Limits"};

    return step < IPSEC_STEP_COUNT ? names[step] : NULL;
}

const char *ipsec_remedy_clause(unsigned remedy)
{
    static const char *const clauses[IPSEC_REMEDY_COUNT] = {
        [IPSEC_REMEDY_RETRANSMIT] = "a retransmission can help",
        [IPSEC_REMEDY_EITHER] = "a retransmission can help, unless the configuration is wrong",
        [IPSEC_REMEDY_NEW_SA] = "a retransmission can help only after a new SA is set up",
        [IPSEC_REMEDY_CONFIGURE] = "a retransmission will not help: change the configuration",
        [IPSEC_REMEDY_IF_REFUSED] = "if refused, a retransmission will not help: change the configuration",
        [IPSEC_REMEDY_TABLE] = "a retransmission will not help: correct the key table or the configuration",
        [IPSEC_REMEDY_SENDER] = "a retransmission will not help: change the sender's software",
        [IPSEC_REMEDY_ARRIVED] = "no retransmission is needed, because the packet has already arrived",
        [IPSEC_REMEDY_CAPTURE] = "no retransmission is needed: only the capture falls short",
        [IPSEC_REMEDY_NONE] = "no retransmission or configuration change is needed",
    };

    return remedy < IPSEC_REMEDY_COUNT ? clauses[remedy] : NULL;
}
