/* Sums over the packets of an SA. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "keyed.h"
#include "packets.h"

#define SPI       0x1000
#define STEP      INT64_C(10000000) /* nanoseconds between packets: too long to be captured twice */
#define AS_CHOSEN IPSEC_REPLAY_WINDOW_UNKNOWN

/* A database with the sums over its packets, on the first pass and on later ones. */
typedef struct capture {
    ipsec_db *db;
    ipsec_config config;
    uint32_t frame;
    ipsec_tally judged, explained;
} capture;

static capture begin(ipsec_stack receiver, uint32_t window, const ipsec_key_row *row)
{
    capture c = {.config = ipsec_config_default()};

    c.config.receiver = receiver;
    c.config.replay_window = window;
    c.db = ipsec_db_new(&c.config);
    if (row)
        g_assert_true(ipsec_db_add(c.db, row));
    return c;
}

static ipsec_report add(capture *c, ipsec_view view)
{
    ipsec_tally_packet packet;
    ipsec_record record;
    ipsec_report judged, explained;

    view.frame = ++c->frame;
    view.time = (uint64_t)(c->frame * STEP);
    packet = (ipsec_tally_packet){.frame = view.frame, .octets = ipsec_view_octets(&view), .time = c->frame * STEP};
    ipsec_judge(c->db, &view, &record, &judged);
    ipsec_tally_add(&c->judged, &judged, &packet);
    ipsec_explain(c->db, &view, &record, &explained);
    ipsec_tally_add(&c->explained, &explained, &packet);
    return judged;
}

/* Frees it and returns the sums; checks that they are the same on both passes. */
static ipsec_tally end(capture *c)
{
    g_assert_cmpmem(&c->judged, sizeof c->judged, &c->explained, sizeof c->explained);
    ipsec_db_free(c->db);
    guard_free_all();
    return c->judged;
}

static void add_numbers(capture *c, uint32_t from, uint32_t to)
{
    for (uint32_t number = from; number <= to; number++)
        add(c, esp_view(4, SPI, number, 84));
}

static void test_sums_and_bounds(void)
{
    capture c = begin(IPSEC_STACK_RFC, AS_CHOSEN, NULL);
    ipsec_sa_summary summary;
    ipsec_tally tally;

    add(&c, esp_view(4, SPI, 1, 84));
    add(&c, esp_view(4, SPI, 2, 500));
    add(&c, esp_view(4, SPI, 3, 44));
    add(&c, esp_view(4, SPI, 4, 85)); /* not a multiple of 4 */
    g_assert_true(ipsec_db_sa(c.db, 0, &summary));
    tally = end(&c);
    g_assert_cmpuint(tally.packets.count, ==, 4);
    g_assert_cmpuint(tally.octets, ==, 84 + 500 + 44 + 85);
    g_assert_cmpuint(tally.octets, ==, summary.octets);
    g_assert_cmpuint(tally.packets.smallest, ==, 44);
    g_assert_cmpuint(tally.packets.largest, ==, 500);
    g_assert_cmpuint(tally.first_frame, ==, 1);
    g_assert_cmpuint(tally.last_frame, ==, 4);
    g_assert_cmpint(tally.last_time - tally.first_time, ==, 3 * STEP);
    g_assert_cmpuint(tally.verdicts[IPSEC_VERDICT_PLAUSIBLE], ==, 3);
    g_assert_cmpuint(tally.verdicts[IPSEC_VERDICT_DROP], ==, 1);
    g_assert_cmpuint(tally.highest, ==, 4);
    g_assert_cmpuint(tally.spi, ==, SPI);
    g_assert_cmpuint(tally.icv_good.count + tally.icv_bad.count, ==, 0);
    g_assert_cmpuint(ipsec_tally_window_needed(&tally), ==, 0);
}

/* Clocks may go backwards. */
static void test_the_earliest_and_the_latest_time(void)
{
    const ipsec_view view = esp_view(4, SPI, 1, 84);
    const ipsec_report report = report_on(&view);
    ipsec_tally tally = {0};

    for (unsigned i = 0; i < 3; i++)
        ipsec_tally_add(&tally, &report, &(ipsec_tally_packet){.frame = i + 1, .time = (int64_t[]){5, -9, 2}[i]});
    g_assert_cmpint(tally.first_time, ==, -9);
    g_assert_cmpint(tally.last_time, ==, 5);
    g_assert_cmpuint(tally.first_frame, ==, 1);
    g_assert_cmpuint(tally.last_frame, ==, 3);
    guard_free_all();
}

static void test_late_within_the_window(void)
{
    capture c = begin(IPSEC_STACK_RFC, AS_CHOSEN, NULL);
    ipsec_tally tally;

    add_numbers(&c, 1, 10);
    add_numbers(&c, 13, 20);
    add_numbers(&c, 11, 12);
    tally = end(&c);
    g_assert_cmpuint(tally.late.count, ==, 2);
    g_assert_cmpuint(tally.late.by, ==, 9);
    g_assert_cmpuint(ipsec_tally_window_needed(&tally), ==, 10);
    g_assert_cmpuint(tally.duplicates, ==, 0);
    g_assert_cmpuint(tally.highest, ==, 20);
}

/* The window that would have been enough is the one in the advice; with it, nothing is refused. */
static void test_late_beyond_the_window(void)
{
    for (unsigned run = 0; run < 2; run++) {
        capture c = begin(IPSEC_STACK_LINUX, run == 0 ? AS_CHOSEN : 91, NULL);
        const ipsec_finding *old;
        ipsec_report report;
        ipsec_tally tally;

        add_numbers(&c, 1, 9);
        add_numbers(&c, 11, 100);
        report = add(&c, esp_view(4, SPI, 10, 84));
        old = ipsec_findings_get(&report.findings, IPSEC_FINDING_REPLAY_OLD);
        g_assert_true((old != NULL) == (run == 0));
        tally = end(&c);
        g_assert_cmpuint(tally.late.count, ==, 1);
        g_assert_cmpuint(ipsec_tally_window_needed(&tally), ==, 91);
        if (run == 0)
            g_assert_cmpuint(old->detail, ==, 91);
    }
}

static void test_what_came_before_is_not_late(void)
{
    capture c = begin(IPSEC_STACK_RFC, AS_CHOSEN, NULL);
    ipsec_tally tally;

    add_numbers(&c, 1, 100);
    add_numbers(&c, 90, 92); /* within the window */
    add_numbers(&c, 20, 20); /* left of it */
    tally = end(&c);
    g_assert_cmpuint(tally.duplicates, ==, 4);
    g_assert_cmpuint(tally.late.count, ==, 0);
    g_assert_cmpuint(tally.captured_twice, ==, 0);
}

static void test_captured_twice(void)
{
    capture c = begin(IPSEC_STACK_RFC, AS_CHOSEN, NULL);
    ipsec_config config = c.config;
    ipsec_tally tally;

    ipsec_db_free(c.db);
    config.duplicate_time = 2 * STEP;
    c.db = ipsec_db_new(&config);
    add_numbers(&c, 1, 5);
    add_numbers(&c, 4, 5);
    tally = end(&c);
    g_assert_cmpuint(tally.captured_twice, ==, 2);
    g_assert_cmpuint(tally.duplicates, ==, 0);
    g_assert_cmpuint(tally.late.count, ==, 0);
}

/* The packets that led to the restart are not late, because no window would have helped. Earlier late packets still
 * count. */
static void test_a_restart(void)
{
    capture c = begin(IPSEC_STACK_RFC, AS_CHOSEN, NULL);
    ipsec_tally tally;

    add_numbers(&c, 5000, 5100);
    add_numbers(&c, 5102, 5110);
    add_numbers(&c, 5101, 5101);
    add_numbers(&c, 5111, 5120);
    add_numbers(&c, 1, 40);
    tally = end(&c);
    g_assert_cmpuint(tally.restarts, ==, 1);
    g_assert_cmpuint(tally.late.count, ==, 1);
    g_assert_cmpuint(tally.late.by, ==, 9);
    g_assert_cmpuint(tally.highest, ==, 5120);
}

/* Other packets with the same numbers, repeatedly: that is unrelated to any window. */
static void test_an_sa_without_window(void)
{
    static const uint8_t elsewhere[] = {192, 0, 2, 77};

    for (unsigned senders = 1; senders <= 2; senders++) {
        const ipsec_finding_id said = senders == 1 ? IPSEC_FINDING_SA_NO_REPLAY : IPSEC_FINDING_SA_SENDERS;
        capture c = begin(IPSEC_STACK_RFC, AS_CHOSEN, NULL);
        unsigned found = 0;

        for (uint32_t number = 1; number <= 60; number++) {
            ipsec_view other = esp_view(4, SPI, number / 2 + 1, 92);
            ipsec_report report;

            if (senders == 2)
                other.source = elsewhere;
            add(&c, esp_view(4, SPI, number, 84));
            report = add(&c, other);
            found += ipsec_findings_have(&report.findings, said);
        }
        g_assert_cmpuint(found, >, 10);
        g_assert_cmpuint(end(&c).late.count, ==, 0);
    }
}

/* Whether or not it is too far ahead to be believed. */
static void test_a_stray_number_is_not_the_highest(void)
{
    static const uint32_t strays[] = {1500, 60000};

    for (unsigned i = 0; i < G_N_ELEMENTS(strays); i++) {
        capture c = begin(IPSEC_STACK_RFC, AS_CHOSEN, NULL);
        ipsec_tally tally;

        add_numbers(&c, 1, 50);
        add_numbers(&c, strays[i], strays[i]);
        add_numbers(&c, 51, 120);
        tally = end(&c);
        g_assert_cmpuint(tally.highest, ==, 120);
        g_assert_cmpuint(tally.late.count, ==, 0);
    }
}

/* Two forged numbers were believed: packets that continue below them are not late. */
static void test_a_top_that_turns_out_odd(void)
{
    static const uint32_t odd[] = {130, 160};
    capture c = begin(IPSEC_STACK_LINUX, AS_CHOSEN, NULL);
    ipsec_tally tally;

    add_numbers(&c, 1, 100);
    for (unsigned i = 0; i < G_N_ELEMENTS(odd); i++)
        add_numbers(&c, odd[i], odd[i]);
    add_numbers(&c, 101, 120);
    tally = end(&c);
    g_assert_cmpuint(tally.highest, ==, 120);
    g_assert_cmpuint(tally.late.count, ==, 0);
}

/* A packet in the selection shows the highest number of packets outside of it. */
static void test_the_highest_of_others(void)
{
    capture c = begin(IPSEC_STACK_RFC, AS_CHOSEN, NULL);

    add_numbers(&c, 1, 9);
    add_numbers(&c, 11, 50);
    c.judged = c.explained = (ipsec_tally){0};
    add_numbers(&c, 10, 10);
    g_assert_cmpuint(end(&c).highest, ==, 50);
}

/* At the end of an SA, no later packet confirms a number. */
static void test_how_far_ahead(void)
{
    for (uint32_t beyond = 0; beyond < 2; beyond++) {
        capture c = begin(IPSEC_STACK_RFC, AS_CHOSEN, NULL);

        add_numbers(&c, 1, 50);
        add_numbers(&c, 50 + 2048 + beyond, 50 + 2048 + beyond);
        g_assert_cmpuint(end(&c).highest, ==, beyond ? 50 : 50 + 2048);
    }
}

static void test_a_jump_that_goes_on_is_the_highest(void)
{
    capture c = begin(IPSEC_STACK_RFC, AS_CHOSEN, NULL);
    ipsec_tally tally;

    add_numbers(&c, 1, 50);
    add_numbers(&c, 60000, 60009);
    tally = end(&c);
    g_assert_cmpuint(tally.highest, ==, 60009);
}

static void test_a_first_number_that_nobody_follows(void)
{
    capture c = begin(IPSEC_STACK_RFC, AS_CHOSEN, NULL);
    ipsec_tally tally;

    add_numbers(&c, 4000000000, 4000000000);
    add_numbers(&c, 1, 9);
    tally = end(&c);
    g_assert_cmpuint(tally.highest, ==, 9);
}

/* Packets whose ICV fails, or cannot be checked, say nothing about the numbers, and their lengths are counted
 * separately. */
static void test_icvs(void)
{
    const ipsec_key_row row = null_row("HMAC_SHA2_256_128", "no", "any");
    capture c = begin(IPSEC_STACK_RFC, AS_CHOSEN, &row);
    uint8_t longer[40] = {0, 7, 0, 7, 0, 36};
    ipsec_tally tally;
    ipsec_view cut;

    for (unsigned i = 8; i < 36; i++)
        longer[i] = 0x55;
    longer[36] = 1, longer[37] = 2, longer[38] = 2, longer[39] = 17;
    for (uint32_t number = 1; number <= 5; number++)
        add(&c, sealed_view(4, &row, &(sealing){.sequence = number}, sound_plaintext, sizeof sound_plaintext));
    add(&c, damaged_view(4, &row, &(sealing){.sequence = 900}, longer, sizeof longer));
    add(&c, damaged_view(4, &row, &(sealing){.sequence = 2}, longer, sizeof longer));
    cut = sealed_view(4, &row, &(sealing){.sequence = 1000}, longer, sizeof longer);
    cut.captured -= 4;
    add(&c, cut);
    tally = end(&c);
    g_assert_cmpuint(tally.icv_good.count, ==, 5);
    g_assert_cmpuint(tally.icv_bad.count, ==, 2);
    g_assert_cmpuint(tally.icv_good.smallest, ==, 8 + sizeof sound_plaintext + 16);
    g_assert_cmpuint(tally.icv_good.largest, ==, tally.icv_good.smallest);
    g_assert_cmpuint(tally.icv_bad.smallest, ==, 8 + sizeof longer + 16);
    g_assert_cmpuint(tally.icv_bad.largest, ==, tally.icv_bad.smallest);
    g_assert_cmpuint(tally.highest, ==, 5);
    g_assert_cmpuint(tally.late.count, ==, 0);
    g_assert_true(tally.has_key);
    g_assert_cmpuint(tally.esn, ==, IPSEC_ESN_NO);
}

/* A verified number counts, however far ahead it is. */
static void test_a_verified_number_is_the_highest(void)
{
    const ipsec_key_row row = null_row("HMAC_SHA2_256_128", "no", "any");
    capture c = begin(IPSEC_STACK_RFC, AS_CHOSEN, &row);

    add(&c, sealed_view(4, &row, &(sealing){.sequence = 1}, sound_plaintext, sizeof sound_plaintext));
    add(&c, sealed_view(4, &row, &(sealing){.sequence = 70000}, sound_plaintext, sizeof sound_plaintext));
    g_assert_cmpuint(end(&c).highest, ==, 70000);
}

static void test_windows(void)
{
    ipsec_key_row row = null_row("HMAC_SHA2_256_128", "yes", "any");
    ipsec_config config;
    ipsec_tally tally;
    capture c;

    row.replay_window = 128;
    c = begin(IPSEC_STACK_LINUX, AS_CHOSEN, &row);
    config = c.config;
    add(&c, sealed_view(4, &row, &(sealing){.sequence = 1, .esn = true}, sound_plaintext, sizeof sound_plaintext));
    tally = end(&c);
    g_assert_cmpuint(tally.esn, ==, IPSEC_ESN_YES);
    g_assert_cmpuint(ipsec_tally_window(&tally, &config), ==, 128);
    c = begin(IPSEC_STACK_LINUX, AS_CHOSEN, &row);
    add(&c, damaged_view(4, &row, &(sealing){.sequence = 1, .esn = true}, sound_plaintext, sizeof sound_plaintext));
    g_assert_cmpuint(end(&c).esn, ==, IPSEC_ESN_YES); /* as the row says */
    config.replay_window = 0;                         /* the user's setting takes precedence */
    g_assert_cmpuint(ipsec_tally_window(&tally, &config), ==, 0);
    config.replay_window = UINT32_MAX - 1;
    g_assert_cmpuint(ipsec_tally_window(&tally, &config), ==, 65536);
    config.replay_window = AS_CHOSEN;
    tally.row_window = AS_CHOSEN;
    g_assert_cmpuint(ipsec_tally_window(&tally, &config), ==, 32);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tally/sums-and-bounds", test_sums_and_bounds);
    g_test_add_func("/tally/the-earliest-and-the-latest-time", test_the_earliest_and_the_latest_time);
    g_test_add_func("/tally/late-within-the-window", test_late_within_the_window);
    g_test_add_func("/tally/late-beyond-the-window", test_late_beyond_the_window);
    g_test_add_func("/tally/what-came-before-is-not-late", test_what_came_before_is_not_late);
    g_test_add_func("/tally/captured-twice", test_captured_twice);
    g_test_add_func("/tally/a-restart", test_a_restart);
    g_test_add_func("/tally/a-stray-number-is-not-the-highest", test_a_stray_number_is_not_the_highest);
    g_test_add_func("/tally/an-sa-without-window", test_an_sa_without_window);
    g_test_add_func("/tally/a-top-that-turns-out-odd", test_a_top_that_turns_out_odd);
    g_test_add_func("/tally/the-highest-of-others", test_the_highest_of_others);
    g_test_add_func("/tally/how-far-ahead", test_how_far_ahead);
    g_test_add_func("/tally/a-jump-that-goes-on-is-the-highest", test_a_jump_that_goes_on_is_the_highest);
    g_test_add_func("/tally/a-first-number-that-nobody-follows", test_a_first_number_that_nobody_follows);
    g_test_add_func("/tally/icvs", test_icvs);
    g_test_add_func("/tally/a-verified-number-is-the-highest", test_a_verified_number_is_the_highest);
    g_test_add_func("/tally/windows", test_windows);
    return g_test_run();
}
