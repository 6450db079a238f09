/* Writes the reference page of all checks from the catalogue, as Markdown, to stdout.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge.h"

#include <stdio.h>

static const struct {
    ipsec_stack stack;
    const char *name;
} stacks[] = {
    {IPSEC_STACK_WINDOWS, "Windows"},
    {IPSEC_STACK_LINUX, "Linux"},
    {IPSEC_STACK_FREEBSD, "FreeBSD"},
    {IPSEC_STACK_OPENBSD, "OpenBSD"},
    {IPSEC_STACK_VPP, "VPP"},
    {IPSEC_STACK_STRONGSWAN, "strongSwan libipsec"},
};

static void print_outcome(const char *name, const ipsec_outcome *outcome)
{
    const ipsec_windows_error *windows;

    printf("- %s: ", name);
    if (!outcome->report) {
        puts("reports nothing");
        return;
    }
    windows = outcome->inferred ? ipsec_windows_error_of(outcome) : NULL;
    if (windows)
        printf("consistent with %u `%s`", windows->error, windows->name);
    else
        printf("`%s`", outcome->report);
    if (outcome->ah_report)
        printf(" (AH: `%s`)", outcome->ah_report);
    puts(outcome->decision == IPSEC_DECISION_MAY_REFUSE ? ", depending on the SA" : "");
}

static void print_row(ipsec_finding_id id)
{
    const ipsec_catalogue_row *row = ipsec_catalogue(id);

    printf("\n## %s\n\n%s.\n\n", row->id, row->summary);
    printf("- Severity: %s. Cause: %s. Clause: %s.\n", ipsec_severity_name(row->severity),
           ipsec_cause_name(row->cause), row->reference);
    printf("- Filter: `ipsec.finding == \"%s\"`, or `ipsec.%s` for its expert item%s\n", row->id, row->id,
           row->property == IPSEC_PROPERTY_NONE ? "" : " (on the SA's first such packet)");
    printf("- What next: %s\n", row->advice);
    for (unsigned i = 0; i < sizeof stacks / sizeof stacks[0]; i++)
        print_outcome(stacks[i].name, ipsec_receiver_row(stacks[i].stack, id));
}

int main(void)
{
    puts("# All checks\n\n"
         "Made from the catalogue by `cmake --build build --target checks_page`; do not edit.\n\n"
         "\"Depending on the SA\" means that a setting which the packet does not show decides (the replay window, "
         "the algorithm). No stack but Linux and the BSDs says in public which octets make it report what: "
         "\"consistent with\" marks a conclusion.");
    for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++)
        print_row((ipsec_finding_id)id);
    return 0;
}
