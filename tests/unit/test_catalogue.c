/* Consistency of the catalogue. SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipsec.h"
#include "report/quirks.h"
#include "verdict.h"

#include <glib.h>
#include <string.h>

static const char *const families[] = {"esp.",   "ah.",      "natt.",   "tcp.", "wesp.", "ipcomp.",
                                       "iptfs.", "seq.",     "replay.", "esn.", "iv.",   "sa.",
                                       "key.",   "capture.", "stack.",  "ike.", "icmp."};

static void test_ids(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (unsigned i = 0; i < IPSEC_FINDING_COUNT; i++) {
        const char *id = ipsec_catalogue((ipsec_finding_id)i)->id;
        bool known = false;

        g_assert_true(g_hash_table_add(seen, (gpointer)id));
        g_assert_cmpuint(strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_."), ==, strlen(id));
        for (unsigned f = 0; f < G_N_ELEMENTS(families); f++)
            known = known || g_str_has_prefix(id, families[f]);
        g_assert_true(known);
    }
}

static void test_texts(void)
{
    for (unsigned i = 0; i < IPSEC_FINDING_COUNT; i++) {
        const ipsec_catalogue_row *row = ipsec_catalogue((ipsec_finding_id)i);

        g_assert_cmpuint(strlen(row->summary), >, 0);
        g_assert_null(strchr(row->summary, '%'));
        g_assert_true(g_str_has_prefix(row->reference, "RFC "));
        /* Values of findings are in lists joined by commas, or by bars if a text may have a comma. */
        g_assert_null(strchr(row->reference, ','));
        /* A clause of a sentence, see ipsec_finding_advice(): a capital only if it begins with a name or abbreviation.
         */
        g_assert_null(strchr(row->advice.next, '|'));
        g_assert_false(g_str_has_suffix(row->advice.next, "."));
        g_assert_false(g_ascii_isupper(row->advice.next[0]) && g_ascii_islower(row->advice.next[1]));
        g_assert_nonnull(ipsec_cause_name(row->cause));
        g_assert_cmpstr(ipsec_severity_name(row->severity), !=, "Unknown");
    }
    g_assert_null(ipsec_cause_name(0));
    g_assert_null(ipsec_cause_name(IPSEC_CAUSE_LIMIT + 1));
    g_assert_null(ipsec_step_name(IPSEC_STEP_COUNT));
    g_assert_null(ipsec_remedy_clause(IPSEC_REMEDY_COUNT));
    g_assert_null(ipsec_verdict_name(IPSEC_VERDICT_DROP + 1));
}

/* A property is only announced on the SA's first packet, so it must not be a reason to drop a packet. */
static void test_properties_are_mild(void)
{
    for (unsigned i = 0; i < IPSEC_FINDING_COUNT; i++) {
        const ipsec_catalogue_row *row = ipsec_catalogue((ipsec_finding_id)i);

        if (row->property != IPSEC_PROPERTY_NONE)
            g_assert_cmpint(row->severity, <, IPSEC_SEVERITY_ERROR);
    }
}

/* --- what affects the verdict --------------------------------------------------------------------------- */

static ipsec_verdict verdict_with(ipsec_severity severity, bool is_neighbour, ipsec_decision decision, bool confirmed)
{
    const ipsec_catalogue_row row = {.severity = severity, .is_neighbour = is_neighbour};

    return ipsec_verdict_of_finding(&row, decision, confirmed);
}

static void test_verdict_of_a_finding(void)
{
    for (unsigned severity = IPSEC_SEVERITY_CHAT; severity <= IPSEC_SEVERITY_ERROR; severity++) {
        const ipsec_severity s = (ipsec_severity)severity;

        g_assert_cmpint(verdict_with(s, false, IPSEC_DECISION_REFUSES, true), ==, IPSEC_VERDICT_DROP);
        g_assert_cmpint(verdict_with(s, false, IPSEC_DECISION_REFUSES, false), ==, IPSEC_VERDICT_SUSPICIOUS);
        g_assert_cmpint(verdict_with(s, false, IPSEC_DECISION_MAY_REFUSE, true), ==, IPSEC_VERDICT_SUSPICIOUS);
        g_assert_cmpint(verdict_with(s, false, IPSEC_DECISION_PASSES, true), ==,
                        s >= IPSEC_SEVERITY_WARN ? IPSEC_VERDICT_SUSPICIOUS : IPSEC_VERDICT_UNCHECKED);
    }
}

/* Findings about other packets do not affect the verdict on this one, however grave they are. */
static void test_neighbours_stay_out_of_the_verdict(void)
{
    for (unsigned severity = IPSEC_SEVERITY_CHAT; severity <= IPSEC_SEVERITY_ERROR; severity++)
        for (unsigned decision = IPSEC_DECISION_PASSES; decision <= IPSEC_DECISION_REFUSES; decision++)
            g_assert_cmpint(verdict_with((ipsec_severity)severity, true, (ipsec_decision)decision, true), ==,
                            IPSEC_VERDICT_UNCHECKED);
}

static ipsec_decision rfc_decision(ipsec_severity severity, ipsec_group group, bool is_neighbour)
{
    const ipsec_catalogue_row row = {.severity = severity, .group = group, .is_neighbour = is_neighbour};

    return ipsec_rfc_decision(&row);
}

static void test_what_the_rfcs_refuse(void)
{
    g_assert_cmpint(rfc_decision(IPSEC_SEVERITY_ERROR, IPSEC_GROUP_PROTOCOL, false), ==, IPSEC_DECISION_REFUSES);
    g_assert_cmpint(rfc_decision(IPSEC_SEVERITY_WARN, IPSEC_GROUP_PROTOCOL, false), ==, IPSEC_DECISION_PASSES);
    g_assert_cmpint(rfc_decision(IPSEC_SEVERITY_ERROR, IPSEC_GROUP_SECURITY, false), ==, IPSEC_DECISION_PASSES);
    g_assert_cmpint(rfc_decision(IPSEC_SEVERITY_ERROR, IPSEC_GROUP_PROTOCOL, true), ==, IPSEC_DECISION_PASSES);
}

/* A verdict is the same on every pass, so findings of later passes must not affect it. */
static void test_what_comes_later_is_of_neighbours(void)
{
    for (unsigned i = 0; i < IPSEC_FINDING_COUNT; i++) {
        const ipsec_catalogue_row *row = ipsec_catalogue((ipsec_finding_id)i);

        g_assert_true(!row->is_later || row->is_neighbour);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/catalogue/ids", test_ids);
    g_test_add_func("/catalogue/texts", test_texts);
    g_test_add_func("/catalogue/properties", test_properties_are_mild);
    g_test_add_func("/catalogue/verdict", test_verdict_of_a_finding);
    g_test_add_func("/catalogue/neighbours", test_neighbours_stay_out_of_the_verdict);
    g_test_add_func("/catalogue/rfc", test_what_the_rfcs_refuse);
    g_test_add_func("/catalogue/later", test_what_comes_later_is_of_neighbours);
    return g_test_run();
}
