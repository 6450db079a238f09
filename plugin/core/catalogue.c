/* The catalogue as a table.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "catalogue.h"

#include <stddef.h>

static const ipsec_catalogue_row rows[IPSEC_FINDING_COUNT] = {
#define FINDING(symbol, name, level, kind, why, facts, of_sa, text, clause, next)                                      \
    [IPSEC_FINDING_##symbol] = {.id = name,                                                                            \
                                .summary = text,                                                                       \
                                .reference = clause,                                                                   \
                                .advice = next,                                                                        \
                                .severity = IPSEC_SEVERITY_##level,                                                    \
                                .group = IPSEC_GROUP_##kind,                                                           \
                                .cause = IPSEC_CAUSE_##why,                                                            \
                                .needs = IPSEC_NEEDS_##facts,                                                          \
                                .property = IPSEC_PROPERTY_##of_sa},
#include "catalogue.def"
#undef FINDING
};

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
