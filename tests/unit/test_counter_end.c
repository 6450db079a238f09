/* The end of a counter. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/counter_end.h"
#include "guard.h"
#include "keyed.h"
#include "packets.h"

#define LAST UINT64_C(0xffffffff)

/* The findings for a number on an SA that has had none so close to the end. */
static ipsec_note meet(uint64_t number, ipsec_esn_mode esn)
{
    ipsec_sa_numbers numbers = {.esn = (uint8_t)esn & 3};
    ipsec_note note = {0};

    ipsec_counter_end_meet(&numbers, number, &note);
    return note;
}

static bool is_near(uint64_t number, ipsec_esn_mode esn)
{
    const ipsec_note note = meet(number, esn);

    return ipsec_note_has(&note, IPSEC_FINDING_SEQ_NEAR_END);
}

static bool is_end(uint64_t number, ipsec_esn_mode esn)
{
    const ipsec_note note = meet(number, esn);

    return ipsec_note_has(&note, IPSEC_FINDING_SEQ_AT_END);
}

/* With 2^20 numbers left it is not near yet; numbers beyond the end belong to another epoch. */
static void test_how_near(void)
{
    g_assert_false(is_near(LAST - (1 << 20), IPSEC_ESN_NO));
    g_assert_true(is_near(LAST - (1 << 20) + 1, IPSEC_ESN_NO));
    g_assert_true(is_near(LAST, IPSEC_ESN_NO));
    g_assert_false(is_near(LAST + 1, IPSEC_ESN_NO));
    g_assert_false(is_end(LAST - 1, IPSEC_ESN_NO));
    g_assert_true(is_end(LAST, IPSEC_ESN_NO));
    g_assert_false(is_end(LAST + 1, IPSEC_ESN_NO));
}

/* With ESN the counter does not end there; if ESN is unknown, it may not end either. */
static void test_esn(void)
{
    g_assert_false(is_near(LAST, IPSEC_ESN_YES));
    g_assert_false(is_end(LAST, IPSEC_ESN_YES));
    g_assert_false(is_near(LAST, IPSEC_ESN_AUTO));
    g_assert_false(is_end(LAST, IPSEC_ESN_AUTO));
}

/* How many packets of a run of numbers are near the end, and whether the last one is at it. */
static unsigned count_near(ipsec_db *db, uint32_t first, uint32_t last, bool *ends)
{
    ipsec_record record;
    ipsec_report report;
    unsigned near = 0;

    for (uint32_t number = first; number - first <= last - first; number++) {
        ipsec_view view = esp_view(4, 0x1000, number, 84);

        view.frame = number - first + 1;
        view.captured = 40; /* nothing can be verified */
        ipsec_judge(db, &view, &record, &report);
        near += ipsec_findings_have(&report.findings, IPSEC_FINDING_SEQ_NEAR_END);
        *ends = ipsec_findings_have(&report.findings, IPSEC_FINDING_SEQ_AT_END);
        guard_free_all();
        if (number == UINT32_MAX)
            break;
    }
    return near;
}

/* The SA has no ESN, as its row says. */
static ipsec_db *db_with_row(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    ipsec_key_row row = null_row("HMAC_SHA2_256_128", "no", "any");

    g_assert_true(ipsec_db_add(db, &row));
    return db;
}

/* It is reported once; never for an SA without a key. */
static void test_once(void)
{
    ipsec_db *db = db_with_row();
    bool ends;

    g_assert_cmpuint(count_near(db, 0xffeffff0, 0xffefffff, &ends), ==, 0);
    g_assert_cmpuint(count_near(db, 0xfff00000, 0xfff00010, &ends), ==, 1);
    g_assert_false(ends);
    ipsec_db_free(db);

    db = db_with_row();
    g_assert_cmpuint(count_near(db, 0xfffffff0, 0xffffffff, &ends), ==, 1);
    g_assert_true(ends);
    ipsec_db_free(db);

    db = db_for(IPSEC_STACK_RFC);
    g_assert_cmpuint(count_near(db, 0xfffffff0, 0xffffffff, &ends), ==, 0);
    g_assert_false(ends);
    ipsec_db_free(db);
}

/* A number from which no packet continues says nothing about the SA. */
static void test_forged(void)
{
    ipsec_db *db = db_with_row();
    bool ends;

    count_near(db, 1, 100, &ends);
    g_assert_cmpuint(count_near(db, 0xffffffff, 0xffffffff, &ends), ==, 0);
    g_assert_false(ends);
    g_assert_cmpuint(count_near(db, 101, 110, &ends), ==, 0);
    ipsec_db_free(db);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/counter-end/how-near", test_how_near);
    g_test_add_func("/counter-end/esn", test_esn);
    g_test_add_func("/counter-end/once", test_once);
    g_test_add_func("/counter-end/forged", test_forged);
    return g_test_run();
}
