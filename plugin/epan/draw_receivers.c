/* What each system is likely to have reported: a line for each, and further details below it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "draw_receivers.h"
#include "draw_items.h"
#include "fields.h"

#include <glib.h>

static int ett_ipsec_receivers = -1;
static int ett_ipsec_receiver = -1;

void ipsec_draw_receivers_register(void)
{
    static int *ett[] = {&ett_ipsec_receivers, &ett_ipsec_receiver};

    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
}

/* If a report is inferred, only the text says so; the value is the same. */
static const char *hedge(const ipsec_outcome *outcome)
{
    return outcome->inferred ? "consistent with " : "";
}

static void draw_windows(const ipsec_outcome *outcome, proto_tree *tree)
{
    const ipsec_windows_error *windows = ipsec_windows_error_of(outcome);
    proto_item *item;

    if (!windows)
        return;
    item = proto_tree_add_uint_format(tree, ipsec_hf_ids[IPSEC_HF_WINDOWS_ERROR], NULL, 0, 0, windows->error,
                                      "%s: %s%s (%u)", ipsec_stack_title(IPSEC_STACK_WINDOWS), hedge(outcome),
                                      windows->name, windows->error);
    proto_item_set_generated(item);
    tree = proto_item_add_subtree(item, ett_ipsec_receiver);
    proto_item_set_generated(proto_tree_add_uint_format_value(tree, ipsec_hf_ids[IPSEC_HF_WINDOWS_STATUS], NULL, 0, 0,
                                                              windows->status, "%s%s (0x%08x)", hedge(outcome),
                                                              windows->status_name, windows->status));
    if (outcome->event)
        proto_item_set_generated(proto_tree_add_uint_format_value(tree, ipsec_hf_ids[IPSEC_HF_WINDOWS_EVENT], NULL, 0,
                                                                  0, outcome->event, "%s%u", hedge(outcome),
                                                                  outcome->event));
}

/* A detail below the line of a system. */
static void draw_more(ipsec_hf field, const char *text, proto_tree *tree)
{
    if (field != IPSEC_HF_NONE && text)
        ipsec_add_string(tree, field, text);
}

/* The systems that report by name, with the fields for their counters and for what they log. */
typedef struct reporting {
    ipsec_stack stack;
    ipsec_hf counter, log;
} reporting;

/* Two counters may move at once; the field then appears twice. */
static void draw_reporter(const reporting *reporter, const ipsec_outcome *outcome, const ipsec_report *report,
                          proto_tree *tree)
{
    proto_item *item =
        proto_tree_add_string_format(tree, ipsec_hf_ids[reporter->counter], NULL, 0, 0, outcome->counter, "%s: %s%s",
                                     ipsec_stack_title(reporter->stack), hedge(outcome), outcome->counter);
    proto_tree *subtree = proto_item_add_subtree(item, ett_ipsec_receiver);

    proto_item_set_generated(item);
    draw_more(reporter->counter, outcome->also, subtree);
    draw_more(reporter->log, outcome->log, subtree);
    if (reporter->stack == IPSEC_STACK_LINUX)
        draw_more(IPSEC_HF_LINUX_SA_COUNTER, ipsec_linux_sa_counter(report), subtree);
}

static const reporting reporters[] = {
    {IPSEC_STACK_LINUX, IPSEC_HF_LINUX_COUNTER, IPSEC_HF_NONE},
    {IPSEC_STACK_FREEBSD, IPSEC_HF_FREEBSD_COUNTER, IPSEC_HF_NONE},
    {IPSEC_STACK_OPENBSD, IPSEC_HF_OPENBSD_COUNTER, IPSEC_HF_NONE},
    {IPSEC_STACK_VPP, IPSEC_HF_VPP_COUNTER, IPSEC_HF_NONE},
    {IPSEC_STACK_STRONGSWAN, IPSEC_HF_STRONGSWAN_STATUS, IPSEC_HF_STRONGSWAN_LOG},
};

void ipsec_draw_receivers(const ipsec_report *report, tvbuff_t *tvb, proto_tree *tree)
{
    const ipsec_outcome *outcomes[IPSEC_STACK_COUNT];
    bool any = false, inferred = false;
    proto_item *item;

    for (unsigned stack = IPSEC_STACK_RFC + 1; stack < IPSEC_STACK_COUNT; stack++) {
        outcomes[stack] = ipsec_outcome_at((ipsec_stack)stack, report);
        any = any || outcomes[stack];
        inferred = inferred || (outcomes[stack] && outcomes[stack]->inferred);
    }
    if (!any)
        return;
    tree = proto_tree_add_subtree(tree, tvb, 0, 0, ett_ipsec_receivers, &item, "Systems");
    proto_item_set_generated(item);
    draw_windows(outcomes[IPSEC_STACK_WINDOWS], tree);
    for (unsigned i = 0; i < G_N_ELEMENTS(reporters); i++)
        if (outcomes[reporters[i].stack])
            draw_reporter(&reporters[i], outcomes[reporters[i].stack], report, tree);
    proto_item_set_generated(proto_tree_add_boolean(tree, ipsec_hf_ids[IPSEC_HF_INFERRED], NULL, 0, 0, inferred));
}
