/* What IKE shows about ESP SAs. SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike_world.h"
#include "keyed.h"
#include "packets.h"
#include "sa/negotiated.h"

#include <gcrypt.h>
#include <glib.h>
#include <string.h>

/* --- what an SA is like */

static void test_lengths(void)
{
    world w = begin_world();
    ipsec_report report;

    set_up(&w, 0xa0000001, 0xb0000001);
    for (int from = A; from <= B; from++) {
        const uint32_t spi = from == A ? 0xb0000001 : 0xa0000001;

        expect_clean(&w, from, spi);
        report = esp(&w, from, spi, 40);
        g_assert_true(report_has(&report, IPSEC_FINDING_ESP_RUNT_FOR_SA));
        g_assert_cmpuint(report.verdict, ==, IPSEC_VERDICT_DROP);
        report = esp(&w, from, spi, CLEAN + 4);
        g_assert_true(report_has(&report, IPSEC_FINDING_ESP_BLOCK_ALIGNMENT));
        g_assert_cmpuint(report.opened.icv_length, ==, 16);
        g_assert_cmpuint(report.opened.iv_length, ==, 16);
        g_assert_cmpuint(report.opened.spec->origin, ==, IPSEC_ORIGIN_IKE);
    }
    /* The SPI of the other direction, and one that nobody named, belong to no known SA. */
    g_assert_false(shows(&w, A, 0xa0000001, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    g_assert_false(shows(&w, A, 0xb0000002, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    end_world(&w);
}

/* What came before the answer was judged without it, and still is. */
static void test_not_before(void)
{
    const ipsec_ike_contents request = proposing(0xa0000001), answer = proposing(0xb0000001);
    world w = begin_world();
    ipsec_view view = esp_view(4, 0xb0000001, 1, 40);
    ipsec_record record;
    ipsec_report before, after;

    say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
    view.source = w.at[A];
    view.destination = w.at[B];
    view.frame = ++w.frame;
    view.time = w.time;
    ipsec_judge(w.db, &view, &record, &before);
    say(&w, IPSEC_IKE_AUTH, 1, B, true, &answer);
    ipsec_explain(w.db, &view, &record, &after);
    g_assert_cmpuint(before.findings.count, ==, 0);
    g_assert_cmpuint(after.findings.count, ==, 0);
    g_assert_false(after.opened.valid);
    g_assert_true(shows(&w, A, 0xb0000001, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA)); /* from now on */
    end_world(&w);
}

static void test_refused(void)
{
    const ipsec_ike_contents request = proposing(0xa0000001);
    const ipsec_ike_contents beside = noting(proposing(0xb0000001), NO_PROPOSAL_CHOSEN, 0);
    world w = begin_world();
    ipsec_report report;

    say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
    say(&w, IPSEC_IKE_AUTH, 1, B, true, &beside);
    report = esp(&w, B, 0xa0000001, 40);
    g_assert_cmpuint(report.findings.count, ==, 0);
    report = esp(&w, A, 0xb0000001, 40);
    g_assert_cmpuint(report.findings.count, ==, 0);
    end_world(&w);
}

/* Nothing is reported for an SA that came before it was refused, although a message names it. */
static void test_refused_behind_a_packet(void)
{
    const ipsec_ike_contents request = proposing(0xa0000003);
    const ipsec_ike_contents answer =
        noting((ipsec_ike_contents){.decrypted = true, .verified = true}, NO_PROPOSAL_CHOSEN, 0);
    world w = begin_world();
    ipsec_sa_ike ike;
    uint32_t sa, asked;

    set_up(&w, 0xa0000001, 0xb0000001);
    asked = say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, A, false, &request);
    sa = esp(&w, B, 0xa0000003, 40).sa;
    g_assert_true(ipsec_db_sa_ike(w.db, sa, &ike));
    g_assert_cmpuint(ike.created_by, ==, asked);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, B, true, &answer);
    g_assert_false(ipsec_db_sa_ike(w.db, sa, &ike));
    end_world(&w);
}

/* IKE_AUTH with EAP takes several exchanges: the last one has the answer. */
static void test_eap(void)
{
    const ipsec_ike_contents request = proposing(0xa0000001), answer = proposing(0xb0000001);
    world w = begin_world();

    say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
    say(&w, IPSEC_IKE_AUTH, 1, B, true, &nothing);
    say(&w, IPSEC_IKE_AUTH, 2, A, false, &nothing);
    say(&w, IPSEC_IKE_AUTH, 2, B, true, &answer);
    g_assert_true(shows(&w, B, 0xa0000001, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    g_assert_true(shows(&w, A, 0xb0000001, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    end_world(&w);
}

/* With a key, mode and selector come from IKE if the row has none. */
static void test_beside_keys(void)
{
    const ipsec_key_row any = null_row("HMAC_SHA2_256_128", "no", "any");
    ipsec_ike_contents request = proposing(0xa0000001), answer = proposing(0x1000);
    world w = begin_world();
    ipsec_report report;

    request.proposals[0].encryption = answer.proposals[0].encryption = 11;
    ipsec_db_add(w.db, &any);
    say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
    say(&w, IPSEC_IKE_AUTH, 1, B, true, &answer);
    for (unsigned i = 1; i <= 2; i++) {
        ipsec_view view = sealed_view(4, &any, &(sealing){.sequence = i}, sound_plaintext, sizeof sound_plaintext);
        ipsec_record record;

        view.source = w.at[A];
        view.destination = i == 1 ? w.at[B] : (const uint8_t[]){10, 0, 0, 9};
        view.frame = ++w.frame;
        view.time = w.time;
        ipsec_judge(w.db, &view, &record, &report);
        g_assert_cmpuint(report.opened.icv_status, ==, IPSEC_ICV_GOOD);
        /* UDP in a tunnel; IKE only knows the first SA */
        g_assert_true(report_has(&report, IPSEC_FINDING_ESP_NEXT_HEADER_MODE) == (i == 1));
    }
    end_world(&w);
}

/* --- life */

static void test_created(void)
{
    world w = begin_world();
    ipsec_report report;

    set_up(&w, 0xa0000001, 0xb0000001);
    report = esp(&w, A, 0xb0000001, CLEAN);
    g_assert_cmpuint(ike_of(&w, &report).created_by, ==, 2);
    g_assert_cmpuint(ike_of(&w, &report).deleted_by, ==, 0);
    report = esp(&w, A, 0xb0000009, CLEAN);
    g_assert_cmpuint(ike_of(&w, &report).created_by, ==, 0);
    end_world(&w);
}

/* Traffic is odd once the Delete has been answered and a second has passed, in both directions. */
static void test_deleted(void)
{
    const ipsec_ike_contents ask = deleting(0xa0000001), confirm = deleting(0xb0000001);
    world w = begin_world();
    ipsec_report report;
    uint32_t answer;

    set_up(&w, 0xa0000001, 0xb0000001);
    expect_clean(&w, A, 0xb0000001);
    expect_clean(&w, B, 0xa0000001);
    say(&w, IPSEC_IKE_INFORMATIONAL, 2, A, false, &ask);
    w.time += 5 * SECOND;
    expect_clean(&w, B, 0xa0000001); /* nobody has answered */
    answer = say(&w, IPSEC_IKE_INFORMATIONAL, 2, B, true, &confirm);
    w.time += SECOND / 10 * 9;
    expect_clean(&w, B, 0xa0000001); /* it was on its way */
    w.time += SECOND / 10;
    for (int from = A; from <= B; from++) {
        report = esp(&w, from, from == A ? 0xb0000001 : 0xa0000001, CLEAN);
        g_assert_true(report_has(&report, IPSEC_FINDING_SA_DELETED));
        g_assert_cmpuint(report.verdict, ==, IPSEC_VERDICT_SUSPICIOUS);
        g_assert_null(ipsec_outcome_at(IPSEC_STACK_LINUX, &report));
        g_assert_cmpuint(ike_of(&w, &report).deleted_by, ==, answer);
    }
    end_world(&w);
}

/* The receiver has only the SAs of the tables, so it discards the packet. */
static void test_deleted_for_sure(void)
{
    const ipsec_ike_contents ask = deleting(0xa0000001);
    ipsec_config config = ipsec_config_default();
    world w;
    ipsec_report report;

    config.sa_complete = true;
    w = begin_world_with(&config);
    set_up(&w, 0xa0000001, 0xb0000001);
    say(&w, IPSEC_IKE_INFORMATIONAL, 2, A, false, &ask);
    say(&w, IPSEC_IKE_INFORMATIONAL, 2, B, true, &nothing);
    w.time += 2 * SECOND;
    report = esp(&w, B, 0xa0000001, CLEAN);
    g_assert_true(report_has(&report, IPSEC_FINDING_SA_DELETED));
    g_assert_cmpuint(report.verdict, ==, IPSEC_VERDICT_DROP);
    g_assert_cmpstr(ipsec_outcome_at(IPSEC_STACK_LINUX, &report)->counter, ==, "XfrmInNoStates");
    end_world(&w);
}

static void rekey(world *w, uint32_t id, uint32_t old, uint32_t to_a, uint32_t to_b)
{
    const ipsec_ike_contents request = noting(proposing(to_a), REKEY_SA, old), answer = proposing(to_b);

    say(w, IPSEC_IKE_CREATE_CHILD_SA, id, A, false, &request);
    say(w, IPSEC_IKE_CREATE_CHILD_SA, id, B, true, &answer);
}

/* The succession is known with the first packet, and nothing is concluded from packets in between. */
static void test_successor(void)
{
    world w = begin_world();
    ipsec_report old[2], new[2];

    set_up(&w, 0xa0000001, 0xb0000001);
    for (int from = A; from <= B; from++)
        old[from] = esp(&w, from, from == A ? 0xb0000001 : 0xa0000001, CLEAN);
    g_assert_cmpuint(summary_of(&w, &old[A]).reverse, ==, old[B].sa);
    rekey(&w, 2, 0xa0000001, 0xa0000002, 0xb0000002);
    for (int from = A; from <= B; from++)
        new[from] = esp(&w, from, from == A ? 0xb0000002 : 0xa0000002, CLEAN);
    for (int from = A; from <= B; from++) {
        g_assert_cmpuint(summary_of(&w, &old[from]).successor, ==, new[from].sa);
        g_assert_cmpuint(summary_of(&w, &new[from]).reverse, ==, new[!from].sa);
        g_assert_cmpuint(summary_of(&w, &new[from]).successor, ==, IPSEC_SA_NONE);
    }
    for (unsigned i = 0; i < 100; i++) {
        expect_clean(&w, A, 0xb0000001);
        expect_clean(&w, A, 0xb0000002);
        expect_clean(&w, A, 0xb0000099); /* forged */
    }
    g_assert_cmpuint(summary_of(&w, &old[A]).successor, ==, new[A].sa);
    g_assert_cmpuint(summary_of(&w, &new[A]).successor, ==, IPSEC_SA_NONE);
    end_world(&w);
}

static void test_one_sided(void)
{
    world w = begin_world();

    set_up(&w, 0xa0000001, 0xb0000001);
    expect_clean(&w, A, 0xb0000001);
    expect_clean(&w, B, 0xa0000001);
    rekey(&w, 2, 0xa0000001, 0xa0000002, 0xb0000002);
    for (unsigned i = 0; i < 15; i++)
        expect_clean(&w, A, 0xb0000002);
    w.time += 9 * SECOND;
    expect_clean(&w, A, 0xb0000002);
    expect_clean(&w, B, 0xa0000001); /* it may take a while */
    w.time += SECOND;
    g_assert_true(shows(&w, B, 0xa0000001, CLEAN, IPSEC_FINDING_SA_ONE_SIDED));
    expect_clean(&w, B, 0xa0000002);
    g_assert_false(shows(&w, B, 0xa0000001, CLEAN, IPSEC_FINDING_SA_ONE_SIDED));
    end_world(&w);
}

/* A few packets on the new SA prove nothing. */
static void test_one_sided_few(void)
{
    world w = begin_world();

    set_up(&w, 0xa0000001, 0xb0000001);
    rekey(&w, 2, 0xa0000001, 0xa0000002, 0xb0000002);
    for (unsigned i = 0; i < 15; i++)
        expect_clean(&w, A, 0xb0000002);
    w.time += 20 * SECOND;
    expect_clean(&w, B, 0xa0000001);
    end_world(&w);
}

/* Nor do packets that do not verify, if others do. */
static void test_one_sided_forged(void)
{
    const ipsec_key_row key = null_row("HMAC_SHA2_256_128", "no", "any");
    ipsec_ike_contents request = noting(proposing(0xa0000002), REKEY_SA, 0xa0000001), answer = proposing(0x1000);
    world w = begin_world();

    request.proposals[0].encryption = answer.proposals[0].encryption = 11;
    ipsec_db_add(w.db, &key);
    set_up(&w, 0xa0000001, 0xb0000001);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, A, false, &request);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, B, true, &answer);
    for (unsigned i = 0; i < 20; i++)
        esp(&w, A, 0x1000, CLEAN);
    w.time += 20 * SECOND;
    expect_clean(&w, B, 0xa0000001);
    end_world(&w);
}

static void test_early(void)
{
    const ipsec_ike_contents request = proposing(0xa0000002), answer = proposing(0xb0000002);
    const ipsec_ike_contents third = proposing(0xa0000003);
    world w = begin_world();
    ipsec_report report;

    set_up(&w, 0xa0000001, 0xb0000001);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, A, false, &request);
    report = esp(&w, B, 0xa0000002, CLEAN);
    g_assert_true(report_has(&report, IPSEC_FINDING_SA_EARLY));
    g_assert_cmpuint(report.verdict, ==, IPSEC_VERDICT_PLAUSIBLE);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, B, true, &answer);
    expect_clean(&w, B, 0xa0000002);
    /* A missing answer was not captured, so nothing is reported later on, see esp(). */
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 3, A, false, &third);
    w.time += SECOND / 10 * 9;
    g_assert_true(shows(&w, B, 0xa0000003, CLEAN, IPSEC_FINDING_SA_EARLY));
    w.time += SECOND / 10;
    expect_clean(&w, B, 0xa0000003);
    end_world(&w);
}

/* An SA whose receiver, or sender, moves stays the same one. */
static void test_moved(void)
{
    const ipsec_ike_contents update = noting(nothing, UPDATE_SA_ADDRESSES, 0);
    world w = begin_world();
    ipsec_report before[2], after[2];

    set_up(&w, 0xa0000001, 0xb0000001);
    before[A] = esp(&w, A, 0xb0000001, CLEAN);
    before[B] = esp(&w, B, 0xa0000001, CLEAN);
    w.at[A][3] = 77;
    say(&w, IPSEC_IKE_INFORMATIONAL, 2, A, false, &update);
    say(&w, IPSEC_IKE_INFORMATIONAL, 2, B, true, &nothing);
    for (int from = A; from <= B; from++) {
        after[from] = esp(&w, from, from == A ? 0xb0000001 : 0xa0000001, CLEAN);
        g_assert_cmpuint(after[from].sa, ==, before[from].sa);
        g_assert_cmpuint(after[from].findings.count, ==, 0);
    }
    g_assert_true(shows(&w, B, 0xa0000001, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    end_world(&w);
}

/* The advice on an SPI that the receiver does not know. */
static unsigned advice_on(world *w, uint32_t spi)
{
    const ipsec_report report = esp(w, A, spi, CLEAN);
    const ipsec_finding *finding = ipsec_findings_get(&report.findings, IPSEC_FINDING_ESP_SPI_UNKNOWN);

    return finding ? finding->advice_case : IPSEC_CASE_COUNT;
}

static void test_unknown(void)
{
    const ipsec_ike_contents gone = deleting(0xb0000001);
    ipsec_config config = ipsec_config_default();
    ipsec_key_row row = null_row("HMAC_SHA2_256_128", "no", "any");
    const uint8_t b[4] = {10, 0, 0, 2};
    world w;

    config.sa_complete = true;
    w = begin_world_with(&config);
    row.destination.length = 4;
    memcpy(row.destination.octets, b, 4);
    memset(row.destination.mask, 0xff, 4);
    ipsec_db_add(w.db, &row);
    set_up(&w, 0xa0000001, 0xb0000001);
    g_assert_cmpuint(advice_on(&w, 0xb0000001), ==, IPSEC_CASE_COUNT); /* IKE knows it */
    g_assert_cmpuint(advice_on(&w, 0xb0000007), ==, IPSEC_CASE_SPI_NEVER);
    say(&w, IPSEC_IKE_INFORMATIONAL, 0, B, false, &gone);
    say(&w, IPSEC_IKE_INFORMATIONAL, 0, A, true, &nothing);
    w.time += 2 * SECOND;
    g_assert_cmpuint(advice_on(&w, 0xb0000001), ==, IPSEC_CASE_SPI_DELETED);
    end_world(&w);
}

/* Memory is limited: nothing is known about SAs beyond the limit, and the others are not affected. */
static void test_many(void)
{
    world w = begin_world();

    set_up(&w, 0xa0000001, 0xb0000001);
    for (uint32_t i = 2; i < 2 + IPSEC_NEGOTIATED_MOST; i++) {
        const ipsec_ike_contents request = proposing(0xc0000000 + i), answer = proposing(0xd0000000 + i);

        say(&w, IPSEC_IKE_CREATE_CHILD_SA, i, A, false, &request);
        say(&w, IPSEC_IKE_CREATE_CHILD_SA, i, B, true, &answer);
    }
    g_assert_true(shows(&w, A, 0xb0000001, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    g_assert_true(shows(&w, A, 0xd0000002, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    g_assert_false(shows(&w, A, 0xd0000000 + IPSEC_NEGOTIATED_MOST, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    end_world(&w);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    gcry_check_version(NULL);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    g_test_add_func("/children/lengths", test_lengths);
    g_test_add_func("/children/not-before", test_not_before);
    g_test_add_func("/children/refused", test_refused);
    g_test_add_func("/children/refused-behind-a-packet", test_refused_behind_a_packet);
    g_test_add_func("/children/eap", test_eap);
    g_test_add_func("/children/beside-keys", test_beside_keys);
    g_test_add_func("/children/created", test_created);
    g_test_add_func("/children/deleted", test_deleted);
    g_test_add_func("/children/deleted-for-sure", test_deleted_for_sure);
    g_test_add_func("/children/successor", test_successor);
    g_test_add_func("/children/one-sided", test_one_sided);
    g_test_add_func("/children/one-sided-few", test_one_sided_few);
    g_test_add_func("/children/one-sided-forged", test_one_sided_forged);
    g_test_add_func("/children/early", test_early);
    g_test_add_func("/children/moved", test_moved);
    g_test_add_func("/children/unknown", test_unknown);
    g_test_add_func("/children/many", test_many);
    return g_test_run();
}
