/* What each stack can report at all, and for which findings. Rows of every.def are reported by no stack, so they are
 * left out. SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/inventory.h"
#include "report/outcomes.h"

#include <glib.h>
#include <string.h>

/* An upper bound: one message per row. */
enum {
    MESSAGES_MOST = 0
#define OUTCOME(...) +1
#include "report/outcomes.def"
#undef OUTCOME
};

/* The messages of a stack, in the order in which they are found. */
typedef struct {
    const char *texts[MESSAGES_MOST];
    unsigned count;
} messages;

/* NULL: nothing. */
static const char *words_of(const ipsec_outcome *outcome)
{
    return outcome->log ? outcome->log : outcome->counter;
}

static void add_message(messages *all, const char *text)
{
    for (unsigned i = 0; i < all->count; i++)
        if (strcmp(all->texts[i], text) == 0)
            return;
    all->texts[all->count++] = text;
}

static void add_messages(messages *all, ipsec_stack stack, unsigned fault)
{
    unsigned count;
    const ipsec_outcome_row *rows = ipsec_outcome_rows(stack, fault, &count);

    for (unsigned i = 0; i < count; i++)
        if (words_of(&rows[i].outcome))
            add_message(all, words_of(&rows[i].outcome));
}

/* The next fault that a packet with the finding may have: the finding itself, then its variants. */
static unsigned next_fault(ipsec_finding_id id, unsigned fault)
{
    fault = MAX(fault + 1, IPSEC_FINDING_COUNT);
    while (fault < IPSEC_FAULT_COUNT && ipsec_fault_finding(fault) != id)
        fault++;
    return fault;
}

const char *ipsec_stack_message(ipsec_stack stack, unsigned index)
{
    messages all = {.count = 0};

    for (unsigned id = 0; id < IPSEC_FINDING_COUNT && all.count <= index; id++)
        for (unsigned fault = id; fault < IPSEC_FAULT_COUNT; fault = next_fault((ipsec_finding_id)id, fault))
            add_messages(&all, stack, fault);
    return index < all.count ? all.texts[index] : NULL;
}

static ipsec_decision surest_with(ipsec_stack stack, unsigned fault, const char *text)
{
    unsigned count, surest = IPSEC_DECISION_PASSES;
    const ipsec_outcome_row *rows = ipsec_outcome_rows(stack, fault, &count);

    for (unsigned i = 0; i < count; i++)
        if (g_strcmp0(words_of(&rows[i].outcome), text) == 0)
            surest = MAX(surest, rows[i].outcome.decision);
    return (ipsec_decision)surest;
}

ipsec_decision ipsec_stack_says(ipsec_stack stack, ipsec_finding_id id, const char *text)
{
    /* A stack whose SA starts over sees old numbers. */
    const ipsec_finding_id seen = id == IPSEC_FINDING_SEQ_RESTART ? IPSEC_FINDING_REPLAY_OLD : id;
    ipsec_decision surest = IPSEC_DECISION_PASSES;

    for (unsigned fault = seen; fault < IPSEC_FAULT_COUNT; fault = next_fault(seen, fault))
        surest = MAX(surest, surest_with(stack, fault, text));
    return surest;
}
