/* Advice. SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/algorithm.h"
#include "report/advice.h"

#include <glib.h>
#include <string.h>

/* As large as that of a caller; octets after the end of the text must not be changed. */
static char buffer[IPSEC_ADVICE_SIZE];

static const char *advice_on(ipsec_finding_id id, ipsec_advice_case hint, uint32_t detail)
{
    const ipsec_finding finding = {
        .id = (uint8_t)id, .advice_case = (uint8_t)hint, .detail = detail, .missed = detail / 2};

    memset(buffer, '#', sizeof buffer);
    return ipsec_finding_advice(&finding, buffer);
}

static const char *hinted(ipsec_advice_case hint, uint32_t detail)
{
    return advice_on(IPSEC_FINDING_KEY_WRONG, hint, detail);
}

/* One sentence, without the bar that lists of findings are joined by, whole, and in order: what to do, then what helps,
 * and the step last. */
static void expect_sentence(const char *text)
{
    unsigned steps = 0, remedies = 0;

    g_assert_true(text == buffer);
    g_assert_cmpuint(strlen(text), <, sizeof buffer - 1);
    g_assert_true(g_str_has_suffix(text, "."));
    g_assert_null(strpbrk(text, "|\n%"));
    g_assert_true(g_ascii_isupper(text[0]));
    g_assert_null(strstr(text, ".. "));
    for (unsigned step = 0; step < IPSEC_STEP_COUNT; step++) {
        g_autofree char *last = g_strdup_printf("; step: %s.", ipsec_step_name(step));

        steps += g_str_has_suffix(text, last);
    }
    for (unsigned remedy = 0; remedy < IPSEC_REMEDY_COUNT; remedy++) {
        g_autofree char *plain = g_strdup_printf("; %s; step: ", ipsec_remedy_clause(remedy));
        g_autofree char *of_attack =
            g_strdup_printf("; %s; this may be an attack; step: ", ipsec_remedy_clause(remedy));

        remedies += strstr(text, plain) != NULL;
        remedies += strstr(text, of_attack) != NULL;
    }
    g_assert_cmpuint(steps, ==, 1);
    g_assert_cmpuint(remedies, ==, 1);
}

static void test_every_row_is_a_sentence(void)
{
    for (unsigned i = 0; i < IPSEC_FINDING_COUNT; i++) {
        const ipsec_advice *advice = &ipsec_catalogue((ipsec_finding_id)i)->advice;
        const char *text = advice_on((ipsec_finding_id)i, IPSEC_CASE_NONE, 0);

        expect_sentence(text);
        g_assert_true(g_str_has_prefix(text + 1, advice->next + 1));
        g_assert_cmpint(g_ascii_tolower(text[0]), ==, advice->next[0]);
        g_assert_cmpint(strstr(text, "; this may be an attack; ") != NULL, ==, advice->attack);
    }
}

static void test_every_hint_is_a_sentence(void)
{
    for (unsigned hint = IPSEC_CASE_ESN_ON; hint < IPSEC_CASE_COUNT; hint++)
        if (hint != IPSEC_CASE_INTEGRITY && hint != IPSEC_CASE_ENCRYPTION &&
            (hint < IPSEC_CASE_FLAGS_COVERED || hint > IPSEC_CASE_AH_LENGTH))
            expect_sentence(hinted((ipsec_advice_case)hint, IPSEC_FIELD_BOTH_ADDRESSES));
    for (unsigned i = 0; ipsec_integrity_row(i); i++) {
        expect_sentence(hinted(IPSEC_CASE_INTEGRITY, i));
        g_assert_nonnull(strstr(buffer, ipsec_integrity_row(i)->name));
    }
    for (unsigned i = 0; ipsec_encryption_row(i); i++) {
        expect_sentence(hinted(IPSEC_CASE_ENCRYPTION, i));
        g_assert_nonnull(strstr(buffer, ipsec_encryption_row(i)->name));
    }
}

static void test_a_whole_sentence(void)
{
    g_assert_cmpstr(advice_on(IPSEC_FINDING_ESP_ICV_LENGTH, IPSEC_CASE_NONE, 0), ==,
                    "Set the same ICV truncation on both peers; a retransmission will not help: change the "
                    "configuration; step: Parameters.");
}

/* If an ICV verifies, the packet is not forged, whichever finding the hint is for. */
static void test_a_hint_knows_the_cause(void)
{
    const char *text = advice_on(IPSEC_FINDING_ESP_ICV, IPSEC_CASE_ESN_ON, 0);

    g_assert_true(ipsec_catalogue(IPSEC_FINDING_ESP_ICV)->advice.attack);
    g_assert_null(strstr(text, "attack"));
    g_assert_true(g_str_has_suffix(text, "; step: Parameters."));
}

static void test_bits(void)
{
    g_assert_nonnull(strstr(hinted(IPSEC_CASE_ICV_LENGTH, 12), "with 96 bits"));
    g_assert_nonnull(strstr(hinted(IPSEC_CASE_ICV_LENGTH, 64), "with 512 bits"));
}

/* What a receiver refuses is said with its name, whichever it is. */
static void test_receivers(void)
{
    for (unsigned hint = IPSEC_CASE_FLAGS_COVERED; hint <= IPSEC_CASE_AH_LENGTH; hint++)
        for (unsigned stack = IPSEC_STACK_RFC + 1; stack < IPSEC_STACK_COUNT; stack++) {
            g_autofree char *why = g_strdup_printf(", because %s ", ipsec_stack_title(stack));

            expect_sentence(advice_on(IPSEC_FINDING_STACK_REFUSES, (ipsec_advice_case)hint, stack));
            g_assert_nonnull(strstr(buffer, why));
        }
}

/* The names of RFC 791 and RFC 8200. */
static void test_fields(void)
{
    static const char *const names[IPSEC_FIELD_COUNT] = {
        "Type of Service", "Flags",     "Time to Live",   "Header Checksum",     "Traffic Class",
        "Flow Label",      "Hop Limit", "Source Address", "Destination Address", "Source Address and Destination"};

    for (unsigned i = 0; i < IPSEC_FIELD_COUNT; i++)
        for (unsigned hint = IPSEC_CASE_FIELD_KEPT; hint <= IPSEC_CASE_ADDRESS; hint++) {
            expect_sentence(hinted((ipsec_advice_case)hint, i));
            g_assert_nonnull(strstr(buffer, names[i]));
        }
}

/* The numbers, also with the most digits, and the class of the packet if that is the cause. */
static void test_window(void)
{
    for (unsigned hint = IPSEC_CASE_WINDOW; hint <= IPSEC_CASE_EPOCH_QOS; hint++) {
        const char *text = hinted((ipsec_advice_case)hint, 4000000002);
        const bool qos = hint == IPSEC_CASE_WINDOW_QOS || hint == IPSEC_CASE_EPOCH_QOS;
        const bool epoch = hint == IPSEC_CASE_EPOCH || hint == IPSEC_CASE_EPOCH_QOS;

        expect_sentence(text);
        g_assert_nonnull(strstr(text, "; the packet missed the window by 2000000001 (a window of 4000000002 would"));
        g_assert_true((strstr(text, "DSCP") != NULL) == qos);
        g_assert_true((strstr(text, "bad ICV, not a replay") != NULL) == epoch);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hint/rows", test_every_row_is_a_sentence);
    g_test_add_func("/hint/sentences", test_every_hint_is_a_sentence);
    g_test_add_func("/hint/whole", test_a_whole_sentence);
    g_test_add_func("/hint/cause", test_a_hint_knows_the_cause);
    g_test_add_func("/hint/bits", test_bits);
    g_test_add_func("/hint/receivers", test_receivers);
    g_test_add_func("/hint/fields", test_fields);
    g_test_add_func("/hint/window", test_window);
    return g_test_run();
}
