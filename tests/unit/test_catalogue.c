/* The catalogue holds together. SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipsec.h"

#include <glib.h>
#include <string.h>

static const char *const families[] = {"esp.",    "ah.",  "natt.", "tcp.", "wesp.", "ipcomp.",  "iptfs.", "seq.",
                                       "replay.", "esn.", "iv.",   "sa.",  "key.",  "capture.", "ike."};

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
        /* Findings are paired in lists joined by commas, or by bars where a text may have a comma. */
        g_assert_null(strchr(row->reference, ','));
        /* A clause of a sentence, see ipsec_finding_advice(): a capital only where a name or abbreviation has one. */
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

/* A property is told on the SA's first packet only, so it must not be a reason to drop one. */
static void test_properties_are_mild(void)
{
    for (unsigned i = 0; i < IPSEC_FINDING_COUNT; i++) {
        const ipsec_catalogue_row *row = ipsec_catalogue((ipsec_finding_id)i);

        if (row->property != IPSEC_PROPERTY_NONE)
            g_assert_cmpint(row->severity, <, IPSEC_SEVERITY_ERROR);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/catalogue/ids", test_ids);
    g_test_add_func("/catalogue/texts", test_texts);
    g_test_add_func("/catalogue/properties", test_properties_are_mild);
    return g_test_run();
}
