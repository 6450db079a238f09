/* Writes the reference page of all checks from the catalogue, as Markdown, to stdout.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge.h"

#include <stdio.h>
#include <string.h>

static const struct {
    ipsec_stack stack;
    const char *name;
} stacks[] = {
    {IPSEC_STACK_WINDOWS, "Windows"}, {IPSEC_STACK_LINUX, "Linux"}, {IPSEC_STACK_FREEBSD, "FreeBSD"},
    {IPSEC_STACK_OPENBSD, "OpenBSD"}, {IPSEC_STACK_VPP, "VPP"},     {IPSEC_STACK_STRONGSWAN, "strongSwan libipsec"},
};

static void print_report(const ipsec_outcome *outcome)
{
    const char *hedge = outcome->inferred ? "consistent with " : "";
    const ipsec_windows_error *windows = outcome->report ? ipsec_windows_error_of(outcome) : NULL;

    if (!outcome->report)
        printf("%s", outcome->decision == IPSEC_DECISION_PASSES ? "nothing" : "discarded in silence");
    else if (windows)
        printf("%s%u `%s`", hedge, windows->error, windows->name);
    else
        printf("%s`%s`", hedge, outcome->report);
    if (outcome->event)
        printf(" and event %u", outcome->event);
    if (outcome->decision == IPSEC_DECISION_MAY_REFUSE)
        printf(", depending on the SA");
}

/* How the header that a finding is about is carried, and how else it may be. */
static const ipsec_report as_esp = {.protocol = IPSEC_PROTOCOL_ESP};
static const ipsec_report as_ah = {.protocol = IPSEC_PROTOCOL_AH};
static const ipsec_report as_combined_esp = {.protocol = IPSEC_PROTOCOL_ESP, .combined_mode = true};
static const ipsec_report in_udp = {.protocol = IPSEC_PROTOCOL_ESP, .encapsulation = IPSEC_ENCAPSULATION_UDP};

static bool is_of(ipsec_finding_id id, const char *family)
{
    return strncmp(ipsec_catalogue(id)->id, family, strlen(family)) == 0;
}

/* What a stack makes of a finding if its window says the same as that of the finding's receiver. */
static const ipsec_outcome *row_as(const ipsec_report *carrier, ipsec_stack stack, ipsec_finding_id id)
{
    const bool taken = id == IPSEC_FINDING_SEQ_REORDER;
    const bool left =
        id == IPSEC_FINDING_REPLAY_OLD || id == IPSEC_FINDING_SEQ_RESTART || id == IPSEC_FINDING_ESN_WRONG_HIGH;
    ipsec_report report = *carrier;

    report.old_by = left ? UINT8_MAX : 0;
    report.seen_by = left || taken ? 0 : UINT8_MAX;
    return ipsec_receiver_row(stack, &report, id);
}

static const ipsec_outcome *row_of(ipsec_stack stack, ipsec_finding_id id)
{
    return row_as(is_of(id, "ah.") ? &as_ah : is_of(id, "natt.") ? &in_udp : &as_esp, stack, id);
}

static void print_other(const char *name, const ipsec_outcome *other, const ipsec_outcome *row)
{
    if (other->report == row->report && other->decision == row->decision)
        return;
    printf("; %s: ", name);
    print_report(other);
}

/* One line for a stack that reports something: for the usual header, and for others where they differ. Returns whether
 * there was one. */
static bool print_outcome(const char *name, ipsec_stack stack, ipsec_finding_id id)
{
    const ipsec_outcome *row = row_of(stack, id);

    if (row->decision == IPSEC_DECISION_PASSES)
        return false;
    printf("- %s: ", name);
    print_report(row);
    if (!is_of(id, "esp.") && !is_of(id, "ah.") && !is_of(id, "natt."))
        print_other("AH", row_as(&as_ah, stack, id), row);
    if (!is_of(id, "ah.") && !is_of(id, "natt.")) {
        print_other("in UDP", row_as(&in_udp, stack, id), row);
        print_other("combined mode", row_as(&as_combined_esp, stack, id), row);
    }
    puts("");
    return true;
}

static void print_row(ipsec_finding_id id)
{
    const ipsec_catalogue_row *row = ipsec_catalogue(id);
    bool reported = false;

    printf("\n## %s\n\n%s.\n\n", row->id, row->summary);
    printf("- Severity: %s. Cause: %s. Clause: %s.\n", ipsec_severity_name(row->severity), ipsec_cause_name(row->cause),
           row->reference);
    printf("- Filter: `ipsec.finding == \"%s\"`, or `ipsec.%s` for its expert item%s\n", row->id, row->id,
           row->property == IPSEC_PROPERTY_NONE ? "" : " (on the SA's first such packet)");
    printf("- What next: %s\n", row->advice);
    for (unsigned i = 0; i < sizeof stacks / sizeof stacks[0]; i++)
        reported |= print_outcome(stacks[i].name, stacks[i].stack, id);
    if (!reported)
        puts("- No system reports it.");
}

/* Which findings make `stack` report `text`. */
static void print_findings_with(ipsec_stack stack, const char *text)
{
    const char *separator = "";

    for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++) {
        const ipsec_outcome *row = row_of(stack, (ipsec_finding_id)id);

        if (!row->report || strcmp(row->report, text) != 0)
            continue;
        printf("%s`%s`", separator, ipsec_catalogue((ipsec_finding_id)id)->id);
        separator = ", ";
    }
    puts(" |");
}

/* What a stack reports, each text once, with the findings behind it. */
static void print_index(const char *name, ipsec_stack stack)
{
    for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++) {
        const char *text = row_of(stack, (ipsec_finding_id)id)->report;
        bool told = !text;

        for (unsigned before = 0; before < id && !told; before++) {
            const char *other = row_of(stack, (ipsec_finding_id)before)->report;

            told = other && strcmp(other, text) == 0;
        }
        if (told)
            continue;
        printf("| %s | `%s` | ", name, text);
        print_findings_with(stack, text);
    }
}

int main(void)
{
    puts("# All checks\n\n"
         "Made from the catalogue by `cmake --build build --target checks_page`; do not edit.\n\n"
         "\"Depending on the SA\" means that a setting which the packet does not show decides (the replay window, "
         "the algorithm). Windows does not say in public which octets make it report what: \"consistent with\" marks "
         "a conclusion.\n\n"
         "| system | says | for |\n|---|---|---|");
    for (unsigned i = 0; i < sizeof stacks / sizeof stacks[0]; i++)
        print_index(stacks[i].name, stacks[i].stack);
    for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++)
        print_row((ipsec_finding_id)id);
    return 0;
}
