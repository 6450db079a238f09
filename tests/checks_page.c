/* Writes the reference page of all checks from the catalogue, as Markdown, to stdout.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/advice.h"
#include "ike/notify.h"
#include "ipsec.h"

#include <stdio.h>
#include <string.h>

/* The RFCs have no counters. */
#define FIRST_STACK (IPSEC_STACK_RFC + 1)

static void print_report(const ipsec_outcome *outcome)
{
    const char *hedge = outcome->inferred ? "consistent with " : "";
    const ipsec_windows_error *windows = outcome->counter ? ipsec_windows_error_of(outcome) : NULL;

    if (!outcome->counter)
        printf("%s", outcome->decision == IPSEC_DECISION_PASSES ? "nothing" : "discarded silently");
    else if (windows)
        printf("%s%u `%s`", hedge, windows->error, windows->name);
    else
        printf("%s`%s`", hedge, outcome->counter);
    if (outcome->event)
        printf(" and event %u", outcome->event);
    if (outcome->decision == IPSEC_DECISION_MAY_REFUSE)
        printf(", depending on the SA");
}

/* The usual carriers of the header that a finding is about, and the others that it may have. */
static const ipsec_report as_esp = {.header = {.protocol = IPSEC_PROTOCOL_ESP}};
static const ipsec_report as_ah = {.header = {.protocol = IPSEC_PROTOCOL_AH}};
static const ipsec_report as_combined_esp = {.header = {.protocol = IPSEC_PROTOCOL_ESP},
                                             .opened = {.combined_mode = true}};
static const ipsec_report in_udp = {
    .header = {.protocol = IPSEC_PROTOCOL_ESP, .encapsulation = IPSEC_ENCAPSULATION_UDP}};

static bool is_of(ipsec_finding_id id, const char *family)
{
    return strncmp(ipsec_catalogue(id)->id, family, strlen(family)) == 0;
}

/* What a stack does on a finding if its window agrees with that of the finding's receiver. */
static const ipsec_outcome *row_as(const ipsec_report *carrier, ipsec_stack stack, ipsec_finding_id id)
{
    const bool seen = id == IPSEC_FINDING_REPLAY_DUPLICATE || id == IPSEC_FINDING_REPLAY_CONFLICT;
    const bool left = id == IPSEC_FINDING_REPLAY_OLD || id == IPSEC_FINDING_SEQ_RESTART;
    ipsec_report report = *carrier;

    report.number.seen_by = seen ? IPSEC_STACKS_ALL : 0;
    report.number.old_by = left ? IPSEC_STACKS_ALL : 0;
    report.number.wrong_by = id == IPSEC_FINDING_ESN_WRONG_HIGH ? IPSEC_STACKS_ALL : 0;
    return ipsec_receiver_row(stack, &report, id);
}

static const ipsec_outcome *row_of(ipsec_stack stack, ipsec_finding_id id)
{
    return row_as(is_of(id, "ah.") ? &as_ah : is_of(id, "natt.") ? &in_udp : &as_esp, stack, id);
}

static void print_other(const char *name, const ipsec_outcome *other, const ipsec_outcome *row)
{
    if (other->counter == row->counter && other->decision == row->decision)
        return;
    printf("; %s: ", name);
    print_report(other);
}

/* Prints a line for a stack that reports something: for the usual header, and for others if they differ. Returns
 * whether there was one. */
static bool print_outcome(ipsec_stack stack, ipsec_finding_id id)
{
    const ipsec_outcome *row = row_of(stack, id);

    if (row->decision == IPSEC_DECISION_PASSES)
        return false;
    printf("- %s: ", ipsec_stack_title(stack));
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

/* The text if no stack has a row. */
static const char *why_unreported(const ipsec_catalogue_row *row)
{
    if (row == ipsec_catalogue(IPSEC_FINDING_STACK_REFUSES))
        return "What the system reports depends on what it restricts; see the table above.";
    if (row == ipsec_catalogue(IPSEC_FINDING_NATT_NOT_ESP))
        return "What a system reports depends on what it takes for the SPI; usually it reports that there is no such "
               "SA.";
    return row->severity == IPSEC_SEVERITY_CHAT ? "This is not a fault, and no system reports it."
                                                : "No system reports it.";
}

/* Whether this error of Windows' IKE fits a finding although no notify names it; see silence.c and refusal.c. */
static bool fits_without_notify(ipsec_finding_id id, uint32_t code)
{
    if (id == IPSEC_FINDING_IKE_NO_ANSWER)
        return code == 13805 || code == 13813 || code == 13886;
    return id == IPSEC_FINDING_IKE_FRAGMENT_LOST && code == 13805;
}

static bool fits(ipsec_finding_id id, uint32_t code)
{
    ipsec_ike_meaning meaning;

    for (uint8_t version = 1; version <= 2; version++)
        for (uint16_t type = 1; type <= IPSEC_IKE_COOKIE; type++)
            if (ipsec_ike_meaning_of(version, &(ipsec_ike_notify){.type = type}, &meaning) && meaning.finding == id &&
                meaning.windows == code)
                return true;
    return fits_without_notify(id, code);
}

/* Prints the errors of Windows' IKE, which are in ipsec.ike.windows_error. Returns whether there are any. */
static bool print_windows_ike(ipsec_finding_id id)
{
    bool any = false;

    if (id == IPSEC_FINDING_IKE_MS_STATUS) {
        puts("- Windows: the code that it sends (`ipsec.ike.windows_error`)");
        return true;
    }
    for (unsigned i = 0; i < IPSEC_IKE_WINDOWS_COUNT; i++) {
        const ipsec_ike_name *code = ipsec_ike_windows_row(i);

        if (!is_of(id, "ike.") || !fits(id, code->number))
            continue;
        printf("%s%u `%s`", any ? ", " : "- Windows (`ipsec.ike.windows_error`): consistent with ", code->number,
               code->name);
        any = true;
    }
    if (any)
        puts("");
    return any;
}

static void print_row(ipsec_finding_id id)
{
    const ipsec_catalogue_row *row = ipsec_catalogue(id);
    const ipsec_finding finding = {.id = (uint8_t)id};
    char advice[IPSEC_ADVICE_SIZE];
    bool reported = false;

    printf("\n## %s\n\n%s%s\n\n", row->id, row->summary, row->summary[strlen(row->summary) - 1] == '.' ? "" : ".");
    printf("- Severity: %s. Cause: %s. Step: %s. Attack: %s. Section: %s.\n", ipsec_severity_name(row->severity),
           ipsec_cause_name(row->cause), ipsec_step_name(row->advice.step),
           row->advice.attack ? "possible" : "unlikely", row->reference);
    if (row->is_neighbour)
        printf("- Verdict: not affected, because the finding is not about the packet itself%s.\n",
               row->is_later ? "; the finding may appear or disappear on a later pass" : "");
    printf("- Filter: `ipsec.finding == \"%s\"`, or `ipsec.%s` for its expert item%s\n", row->id, row->id,
           row->property == IPSEC_PROPERTY_NONE ? "" : " (on the SA's first such packet)");
    printf("- Advice: %s\n", ipsec_finding_advice(&finding, advice));
    for (unsigned stack = FIRST_STACK; stack < IPSEC_STACK_COUNT; stack++)
        reported |= print_outcome((ipsec_stack)stack, id);
    reported |= print_windows_ike(id);
    if (!reported)
        printf("- %s\n", why_unreported(row));
}

/* Everything that a stack reports, each text once, with the findings that cause it. */
static void print_index(ipsec_stack stack)
{
    const char *text;

    for (unsigned i = 0; (text = ipsec_stack_message(stack, i)); i++) {
        const char *separator = "";

        printf("| %s | `%s` | ", ipsec_stack_title(stack), text);
        for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++) {
            if (ipsec_stack_says(stack, (ipsec_finding_id)id, text) == IPSEC_DECISION_PASSES)
                continue;
            printf("%s`%s`", separator, ipsec_catalogue((ipsec_finding_id)id)->id);
            separator = ", ";
        }
        puts(" |");
    }
}

int main(void)
{
    puts("# All checks\n\n"
         "Generated from the catalogue by `cmake --build build --target checks_page`; do not edit.\n\n"
         "\"Depending on the SA\": it depends on a setting that the packet does not show (such as the replay window or "
         "the algorithm). "
         "\"Consistent with\": inferred, because Microsoft does not publish which octets make Windows report what.\n\n"
         "[Filters](USING.md#filters) explains the severity, the cause, the verdict and the parts of the advice.\n\n"
         "| system | what it reports | for which findings |\n|---|---|---|");
    for (unsigned stack = FIRST_STACK; stack < IPSEC_STACK_COUNT; stack++)
        print_index((ipsec_stack)stack);
    for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++)
        print_row((ipsec_finding_id)id);
    return 0;
}
