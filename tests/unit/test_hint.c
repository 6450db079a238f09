/* Advice. SPDX-License-Identifier: GPL-2.0-or-later */
#include "algorithm.h"
#include "hint.h"

#include <glib.h>
#include <string.h>

/* Room for what hint.h says is enough. */
static char buffer[256];

static const char *advice(ipsec_hint hint, uint32_t detail)
{
    const ipsec_finding finding = {
        .id = IPSEC_FINDING_KEY_WRONG, .hint = (uint8_t)hint, .detail = detail, .missed = detail / 2};

    memset(buffer, '#', sizeof buffer);
    return ipsec_finding_advice(&finding, buffer, sizeof buffer);
}

/* One sentence, without the bar that lists of findings are joined by, and whole. */
static void expect_sentence(const char *text)
{
    g_assert_nonnull(text);
    g_assert_cmpuint(strlen(text), <, sizeof buffer - 1);
    g_assert_true(g_str_has_suffix(text, "."));
    g_assert_null(strchr(text, '|'));
    g_assert_null(strchr(text, '\n'));
}

static void test_every_hint_is_a_sentence(void)
{
    for (unsigned hint = IPSEC_HINT_ESN_ON; hint < IPSEC_HINT_COUNT; hint++)
        if (hint != IPSEC_HINT_INTEGRITY && hint != IPSEC_HINT_ENCRYPTION)
            expect_sentence(advice((ipsec_hint)hint, 12));
    for (unsigned i = 0; ipsec_integrity_row(i); i++) {
        expect_sentence(advice(IPSEC_HINT_INTEGRITY, i));
        g_assert_nonnull(strstr(buffer, ipsec_integrity_row(i)->name));
    }
    for (unsigned i = 0; ipsec_encryption_row(i); i++) {
        expect_sentence(advice(IPSEC_HINT_ENCRYPTION, i));
        g_assert_nonnull(strstr(buffer, ipsec_encryption_row(i)->name));
    }
}

static void test_without_hint_the_catalogue_speaks(void)
{
    g_assert_true(advice(IPSEC_HINT_NONE, 0) == ipsec_catalogue(IPSEC_FINDING_KEY_WRONG)->advice);
}

static void test_bits(void)
{
    g_assert_nonnull(strstr(advice(IPSEC_HINT_ICV_LENGTH, 12), "96 bits"));
    g_assert_nonnull(strstr(advice(IPSEC_HINT_ICV_LENGTH, 64), "512 bits"));
}

/* The numbers, at their longest too, and the class of the packet where that is the cause. */
static void test_window(void)
{
    for (unsigned hint = IPSEC_HINT_WINDOW; hint <= IPSEC_HINT_EPOCH_QOS; hint++) {
        const char *text = advice((ipsec_hint)hint, 4000000002);
        const bool qos = hint == IPSEC_HINT_WINDOW_QOS || hint == IPSEC_HINT_EPOCH_QOS;
        const bool epoch = hint == IPSEC_HINT_EPOCH || hint == IPSEC_HINT_EPOCH_QOS;

        expect_sentence(text);
        g_assert_nonnull(strstr(text, "missed by 2000000001 and one of 4000000002 packets"));
        g_assert_true((strstr(text, "DSCP") != NULL) == qos);
        g_assert_true((strstr(text, "integrity failure and no replay") != NULL) == epoch);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hint/sentences", test_every_hint_is_a_sentence);
    g_test_add_func("/hint/none", test_without_hint_the_catalogue_speaks);
    g_test_add_func("/hint/bits", test_bits);
    g_test_add_func("/hint/window", test_window);
    return g_test_run();
}
