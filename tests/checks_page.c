/* Writes the reference page of all checks from the catalogue, as Markdown, to stdout.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge.h"

#include <stdio.h>
#include <string.h>

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

static void print_report(const ipsec_outcome *outcome)
{
    const ipsec_windows_error *windows = outcome->inferred ? ipsec_windows_error_of(outcome) : NULL;

    if (!outcome->report)
        printf("reports nothing");
    else if (windows)
        printf("consistent with %u `%s`", windows->error, windows->name);
    else
        printf("`%s`", outcome->report);
    if (outcome->decision == IPSEC_DECISION_MAY_REFUSE)
        printf(", depending on the SA");
}

/* One line per stack: for the header that the finding is about, and for the others where they differ. */
static void print_outcome(const char *name, ipsec_stack stack, ipsec_finding_id id)
{
    const char *family = ipsec_catalogue(id)->id;
    const ipsec_report as_esp = {.protocol = IPSEC_PROTOCOL_ESP};
    const ipsec_report as_ah = {.protocol = IPSEC_PROTOCOL_AH};
    const ipsec_report in_udp = {.protocol = IPSEC_PROTOCOL_ESP, .encapsulation = IPSEC_ENCAPSULATION_UDP};
    const bool of_ah = strncmp(family, "ah.", 3) == 0, of_udp = strncmp(family, "natt.", 5) == 0;
    const ipsec_outcome *row = ipsec_receiver_row(stack, of_ah ? &as_ah : of_udp ? &in_udp : &as_esp, id);
    const struct {
        const char *name;
        const ipsec_outcome *row;
        bool applies;
    } others[] = {
        {"AH", ipsec_receiver_row(stack, &as_ah, id), strncmp(family, "seq.", 4) == 0},
        {"in UDP", ipsec_receiver_row(stack, &in_udp, id), !of_ah && !of_udp},
    };

    printf("- %s: ", name);
    print_report(row);
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (!others[i].applies || others[i].row->report == row->report)
            continue;
        printf("; %s: ", others[i].name);
        print_report(others[i].row);
    }
    puts("");
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
        print_outcome(stacks[i].name, stacks[i].stack, id);
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
