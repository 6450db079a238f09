/* State: SAs, properties that are reported once, and the evidence needed on port 4500. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#include "guard.h"
#include "keyed.h"
#include "packets.h"

static const expectation plausible = NO_FINDINGS(PLAUSIBLE);
static const expectation misaligned = FINDINGS(SUSPICIOUS, IPSEC_FINDING_ESP_ALIGNMENT);
static const expectation misaligned_drop = FINDINGS(DROP, IPSEC_FINDING_ESP_ALIGNMENT);

static void test_sa_index(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const ipsec_view first = esp_view(4, 0x1000, 1, 84), second = esp_view(4, 0x1001, 1, 84);
    const ipsec_view other_family = esp_view(6, 0x1000, 1, 84), ah = ah_view(4, 6, 4, 0x1000, 1, 84);
    const ipsec_view next = esp_view(4, 0x1000, 2, 84);
    ipsec_view quoted = esp_view(4, 0x2000, 1, 84);
    const ipsec_view spi_zero = esp_view(4, 0, 1, 84);
    const expectation unchecked = NO_FINDINGS(UNCHECKED), zero = FINDINGS(DROP, IPSEC_FINDING_ESP_SPI_ZERO);

    g_assert_cmpuint(expect(db, &first, &plausible, "first").sa, ==, 0);
    g_assert_cmpuint(expect(db, &second, &plausible, "other SPI").sa, ==, 1);
    g_assert_cmpuint(expect(db, &other_family, &plausible, "other destination").sa, ==, 2);
    g_assert_cmpuint(expect(db, &ah, &plausible, "other protocol").sa, ==, 3);
    g_assert_cmpuint(expect(db, &next, &plausible, "the first SA again").sa, ==, 0);
    quoted.flags = IPSEC_VIEW_QUOTED;
    g_assert_cmpuint(expect(db, &quoted, &unchecked, "quoted").sa, ==, IPSEC_SA_NONE);
    g_assert_cmpuint(expect(db, &spi_zero, &zero, "SPI 0").sa, ==, IPSEC_SA_NONE);
    g_assert_cmpuint(ipsec_db_sa_count(db), ==, 4);
    ipsec_db_free(db);
    guard_free_all();
}

static void test_property_is_announced_once(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const expectation reserved = FINDINGS(PLAUSIBLE, IPSEC_FINDING_ESP_SPI_RESERVED);
    const ipsec_view seven = esp_view(4, 7, 1, 84), seven_again = esp_view(4, 7, 2, 84), eight = esp_view(4, 8, 1, 84);
    const ipsec_view eight_again = esp_view(4, 8, 2, 84);

    g_assert_true(expect(db, &seven, &reserved, "first of SPI 7").findings.list[0].announce);
    g_assert_false(expect(db, &seven_again, &reserved, "second of SPI 7").findings.list[0].announce);
    g_assert_true(expect(db, &eight, &reserved, "first of SPI 8").findings.list[0].announce);
    g_assert_false(expect(db, &eight_again, &reserved, "a property is no flag").findings.flagged);
    ipsec_db_free(db);
    guard_free_all();
}

static void test_reserved_spi_may_be_silenced(void)
{
    ipsec_config config = ipsec_config_default();
    const ipsec_view view = esp_view(4, 7, 1, 84), bad = esp_view(4, 7, 2, 85);
    ipsec_db *db;

    config.report_reserved_spi = false;
    db = ipsec_db_new(&config);
    expect(db, &view, &plausible, "silenced");
    expect(db, &bad, &misaligned_drop, "the other findings stay");
    ipsec_db_free(db);
    guard_free_all();
}

static void test_udp_is_believed_after_two_advancing_numbers(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const ipsec_view bad = esp_in_udp_view(4, 0x1000, 3, 85), one = esp_in_udp_view(4, 0x1000, 1, 84),
                     two = esp_in_udp_view(4, 0x1000, 2, 84);

    expect(db, &bad, &misaligned, "nothing known");
    expect(db, &one, &plausible, "one packet");
    expect(db, &bad, &misaligned, "one sound packet is not enough");
    expect(db, &one, &plausible, "the same number again");
    expect(db, &bad, &misaligned, "nor is it twice");
    expect(db, &two, &plausible, "advanced");
    expect(db, &bad, &misaligned_drop, "known to be ESP");
    ipsec_db_free(db);
    guard_free_all();
}

static void test_udp_is_believed_up_to_a_jump(void)
{
    const expectation bad_length = FINDINGS(DROP, IPSEC_FINDING_ESP_ALIGNMENT);
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const ipsec_view bad = esp_in_udp_view(4, 0x1000, 66, 85), one = esp_in_udp_view(4, 0x1000, 1, 84),
                     far = esp_in_udp_view(4, 0x1000, 65, 84);

    expect(db, &one, &plausible, "one packet");
    expect(db, &far, &plausible, "64 numbers on");
    expect(db, &bad, &bad_length, "known");
    ipsec_db_free(db);
    guard_free_all();
}

static void test_udp_is_not_believed_after_a_jump(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const ipsec_view bad = esp_in_udp_view(4, 0x1000, 3, 85), one = esp_in_udp_view(4, 0x1000, 1, 84),
                     far = esp_in_udp_view(4, 0x1000, 66, 84);

    expect(db, &one, &plausible, "one packet");
    expect(db, &far, &plausible, "a number far off");
    expect(db, &bad, &misaligned, "still unknown");
    ipsec_db_free(db);
    guard_free_all();
}

/* A protocol that counts after a constant word, but without alignment, is soon recognised; and so is an SA that always
 * breaks the rules. */
static void test_udp_is_not_believed_when_mostly_faulty(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const ipsec_view one = esp_in_udp_view(4, 0x1000, 1, 84), two = esp_in_udp_view(4, 0x1000, 2, 84),
                     bad = esp_in_udp_view(4, 0x1000, 3, 85), four = esp_in_udp_view(4, 0x1000, 4, 84);

    expect(db, &one, &plausible, "one packet");
    expect(db, &two, &plausible, "advanced");
    for (unsigned faulty = 1; faulty <= 6; faulty++)
        expect(db, &bad, &misaligned_drop, "up to four more than sound ones");
    expect(db, &bad, &misaligned, "one too many");
    expect(db, &four, &plausible, "a sound one");
    expect(db, &bad, &misaligned, "no better");
    ipsec_db_free(db);
    guard_free_all();
}

static void test_udp_is_believed_after_ike(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    uint8_t octets[28] = {[17] = 0x20, [27] = 28};
    ipsec_view ike = view_of(IPSEC_PROTOCOL_ESP, 4, octets, sizeof octets);
    ipsec_view bad = esp_in_udp_view(4, 0x1000, 3, 85);
    const uint8_t *const source = bad.source;

    ike.encapsulation = IPSEC_ENCAPSULATION_UDP;
    ike.flags = IPSEC_VIEW_IKE_PORT;
    expect(db, &bad, &misaligned, "before IKE");
    g_assert_cmpint(expect(db, &ike, &plausible, "IKE").header.subject, ==, IPSEC_SUBJECT_IKE);
    expect(db, &bad, &misaligned_drop, "after IKE");
    bad.source = bad.destination;
    bad.destination = source;
    expect(db, &bad, &misaligned_drop, "after IKE, the other direction");
    ipsec_db_free(db);
    guard_free_all();
}

static void test_receiver_decides(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_LINUX);
    const expectation drop = FINDINGS(DROP, IPSEC_FINDING_AH_V6_ALIGNMENT);
    const ipsec_view esp = esp_view(4, 0x1000, 1, 85), ah = ah_view(6, 6, 5, 0x1000, 1, 100);

    expect(db, &esp, &misaligned, "Linux leaves alignment to the cipher");
    expect(db, &ah, &drop, "Linux wants AH in IPv6 aligned");
    ipsec_db_free(db);
    guard_free_all();
}

static void test_explain_without_a_record(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const ipsec_view native = esp_view(4, 0x1000, 1, 85), udp = esp_in_udp_view(4, 0x1000, 1, 85);
    ipsec_report report;

    ipsec_explain(db, &native, NULL, &report);
    g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_DROP);
    g_assert_cmpuint(report.sa, ==, IPSEC_SA_NONE);
    ipsec_explain(db, &udp, NULL, &report);
    g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_SUSPICIOUS);
    ipsec_db_free(db);
    ipsec_db_free(NULL);
    guard_free_all();
}

/* More SPIs than SAs are kept: each packet is judged as usual, and an SA with two packets is not forgotten for them. */
static void test_many_sas(void)
{
    const uint32_t first = 0x10000, more = 10;
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    uint8_t octets[24] = {0, 0, 0, 0, 0, 0, 0, 1};
    ipsec_view view = view_of(IPSEC_PROTOCOL_ESP, 4, octets, sizeof octets);
    /* By then its octets are no longer remembered. */
    const expectation again = FINDINGS(SUSPICIOUS, IPSEC_FINDING_REPLAY_DUPLICATE);
    ipsec_view replayed = esp_view(4, 0x1000, 1, 84), later = esp_view(4, 0x1000, 2, 84);
    ipsec_record record;
    ipsec_report report;

    expect(db, &replayed, &plausible, "one packet");
    expect(db, &later, &plausible, "and a second one");
    for (uint32_t i = 1; i < IPSEC_SAS_DEFAULT + more; i++) {
        for (unsigned at = 0; at < 4; at++)
            ((uint8_t *)view.data)[at] = (uint8_t)((first + i) >> (24 - 8 * at));
        view.frame = i + 1;
        ipsec_judge(db, &view, &record, &report);
        g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_PLAUSIBLE);
        g_assert_cmpuint(report.sa, ==, i);
        g_assert_cmpuint(report.findings.count, ==, 0);
    }
    g_assert_cmpuint(ipsec_db_sa_count(db), ==, IPSEC_SAS_DEFAULT + more);
    replayed.frame = IPSEC_SAS_DEFAULT + more + 1;
    replayed.time = (uint64_t)3600 * 1000000000;
    g_assert_cmpuint(expect(db, &replayed, &again, "one of the first again").sa, ==, 0);
    ipsec_db_free(db);
    guard_free_all();
}

static ipsec_db *db_of_sas(uint32_t sas)
{
    ipsec_config config = ipsec_config_default();

    config.sas = sas;
    return ipsec_db_new(&config);
}

/* Judges the view as the next packet of the capture. */
static ipsec_report judge_next(ipsec_db *db, ipsec_view view, uint32_t frame, ipsec_record *record)
{
    ipsec_report report;

    view.frame = frame;
    ipsec_judge(db, &view, record, &report);
    return report;
}

static void expect_the_same_finding(const ipsec_finding *one, const ipsec_finding *other)
{
    g_assert_cmpuint(one->id, ==, other->id);
    g_assert_cmpuint(one->offset, ==, other->offset);
    g_assert_cmpuint(one->length, ==, other->length);
    g_assert_cmpint(one->announce, ==, other->announce);
    g_assert_cmpuint(one->advice_case, ==, other->advice_case);
    g_assert_cmpuint(one->detail, ==, other->detail);
    g_assert_cmpuint(one->missed, ==, other->missed);
}

static void expect_the_same(const ipsec_db *db, ipsec_view view, uint32_t frame, const ipsec_record *record,
                            const ipsec_report *judged)
{
    ipsec_report again;

    view.frame = frame;
    ipsec_explain(db, &view, record, &again);
    g_assert_cmpuint(again.sa, ==, judged->sa);
    g_assert_cmpint(again.verdict, ==, judged->verdict);
    g_assert_cmpuint(again.number.value, ==, judged->number.value);
    g_assert_cmpint(again.number.is_followed, ==, judged->number.is_followed);
    g_assert_cmpuint(again.number.first_seen, ==, judged->number.first_seen);
    g_assert_cmpuint(again.findings.count, ==, judged->findings.count);
    for (unsigned i = 0; i < judged->findings.count; i++)
        expect_the_same_finding(&again.findings.list[i], &judged->findings.list[i]);
}

/* Later passes say the same as the first one about packets of forgotten SAs. */
static void test_explain_what_was_forgotten(void)
{
    enum {
        PACKETS = 200
    };
    static ipsec_view views[PACKETS];
    static ipsec_record records[PACKETS];
    static ipsec_report reports[PACKETS];
    ipsec_db *db = db_of_sas(4);
    unsigned told = 0;

    for (uint32_t i = 0; i < PACKETS; i++) {
        views[i] = esp_view(4, 0x1000 + i / 2 % 7 * (i / 50), i % 5 + 1, i % 3 ? 84 : 85);
        reports[i] = judge_next(db, views[i], i + 1, &records[i]);
        told += ipsec_findings_have(&reports[i].findings, IPSEC_FINDING_SA_FORGOTTEN);
    }
    g_assert_cmpuint(told, >, 20);
    g_assert_cmpuint(ipsec_db_sa_count(db), >, 50);
    for (uint32_t i = 0; i < PACKETS; i++)
        expect_the_same(db, views[i], i + 1, &records[i], &reports[i]);
    ipsec_db_free(db);
    guard_free_all();
}

/* With a key row, an SA that comes back is verified as before, and has a new window. */
static void test_keys_of_what_was_forgotten(void)
{
    enum {
        PACKETS = 40
    };
    const ipsec_key_row spec = null_row("HMAC_SHA2_256_128", "no", "transport");
    static ipsec_view views[PACKETS];
    static ipsec_record records[PACKETS];
    static ipsec_report reports[PACKETS];
    ipsec_db *db = db_of_sas(1);

    ipsec_db_add(db, &spec);
    for (uint32_t i = 0; i < PACKETS; i++) {
        const sealing how = {.sequence = i / 2 + 1};
        const uint8_t version = i % 2 ? 6 : 4; /* two destinations, which replace each other in the table */

        views[i] =
            (i / 4 % 2 ? damaged_view : sealed_view)(version, &spec, &how, sound_plaintext, sizeof sound_plaintext);
        reports[i] = judge_next(db, views[i], i + 1, &records[i]);
        g_assert_cmpuint(reports[i].sa, ==, i);
        g_assert_cmpint(reports[i].verdict, ==, i / 4 % 2 ? IPSEC_VERDICT_SUSPICIOUS : IPSEC_VERDICT_VERIFIED);
        g_assert_true(ipsec_findings_have(&reports[i].findings, IPSEC_FINDING_KEY_WRONG) == (i / 4 % 2 == 1));
    }
    for (uint32_t i = 0; i < PACKETS; i++)
        expect_the_same(db, views[i], i + 1, &records[i], &reports[i]);
    ipsec_db_free(db);
    guard_free_all();
}

/* In UDP, an SA that comes back has to prove again that it is IPsec: less is claimed then, never more. */
static void test_udp_after_it_was_forgotten(void)
{
    ipsec_db *db = db_of_sas(1);
    const ipsec_view one = esp_in_udp_view(4, 0x1000, 1, 84), two = esp_in_udp_view(4, 0x1000, 2, 84),
                     bad = esp_in_udp_view(4, 0x1000, 3, 85), other = esp_in_udp_view(4, 0x2000, 1, 84);
    const expectation forgotten = FINDINGS(SUSPICIOUS, IPSEC_FINDING_ESP_ALIGNMENT, IPSEC_FINDING_SA_FORGOTTEN);

    expect(db, &one, &plausible, "one packet");
    expect(db, &two, &plausible, "advanced");
    expect(db, &bad, &misaligned_drop, "known to be ESP");
    expect(db, &other, &plausible, "takes the other's place");
    expect(db, &bad, &forgotten, "nothing is known of it");
    expect(db, &one, &plausible, "one packet");
    expect(db, &two, &plausible, "advanced");
    expect(db, &bad, &misaligned_drop, "known to be ESP again");
    ipsec_db_free(db);
    guard_free_all();
}

/* Two senders to a group have separate numbers. */
static void test_multicast_has_a_window_per_source(void)
{
    static const uint8_t group[4] = {224, 0, 0, 5}, sources[2][4] = {{192, 0, 2, 1}, {192, 0, 2, 9}};
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const expectation again = FINDINGS(DROP, IPSEC_FINDING_REPLAY_DUPLICATE);

    for (uint32_t sequence = 1; sequence < 100; sequence++)
        for (unsigned i = 0; i < 2; i++) {
            ipsec_view view = esp_view(4, 0x1000, sequence, 84);

            view.destination = group;
            view.source = sources[i];
            g_assert_cmpuint(expect(db, &view, &plausible, "numbers of its own").sa, ==, i);
            if (sequence % 10 == 0)
                expect(db, &view, &again, "that it has used");
        }
    ipsec_db_free(db);
    guard_free_all();
}

/* --- the lifetime of an SA */

static ipsec_sa_summary facts_of(const ipsec_db *db, uint32_t sa)
{
    ipsec_sa_summary facts;

    g_assert_true(ipsec_db_sa(db, sa, &facts));
    return facts;
}

static void test_facts(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const ipsec_view one = esp_view(4, 0x1000, 1, 84), two = esp_view(4, 0x1000, 2, 85);
    ipsec_view back = esp_view(4, 0x2000, 1, 84), cut = esp_view(4, 0x1000, 3, 100);
    ipsec_sa_summary facts;
    ipsec_record record;

    back.source = one.destination;
    back.destination = one.source;
    cut.length = IPSEC_LENGTH_UNKNOWN;
    judge_next(db, one, 10, &record);
    g_assert_cmpuint(facts_of(db, 0).reverse, ==, IPSEC_SA_NONE);
    judge_next(db, back, 11, &record);
    judge_next(db, two, 12, &record);
    judge_next(db, cut, 20, &record);
    facts = facts_of(db, 0);
    g_assert_cmpuint(facts.first_frame, ==, 10);
    g_assert_cmpuint(facts.last_frame, ==, 20);
    g_assert_cmpuint(facts.packets, ==, 3);
    g_assert_cmpuint(facts.octets, ==, 84 + 85 + 100);
    g_assert_cmpuint(facts.reverse, ==, 1);
    g_assert_cmpuint(facts.successor, ==, IPSEC_SA_NONE);
    g_assert_cmpuint(facts_of(db, 1).reverse, ==, 0);
    g_assert_false(ipsec_db_sa(db, 2, &facts));
    ipsec_db_free(db);
    guard_free_all();
}

/* The successor is the SA that has taken over, not one that runs in parallel; also for an SA that has been forgotten
 * since.
 */
static void test_successor(void)
{
    ipsec_db *db = db_of_sas(2);
    ipsec_record record;
    uint32_t frame = 1;

    for (uint32_t sequence = 1; sequence <= 20; sequence++)
        judge_next(db, esp_view(4, 0x1000, sequence, 84), frame++, &record);
    for (uint32_t sequence = 1; sequence <= 20; sequence++) {
        judge_next(db, esp_view(4, 0x1001, sequence, 84), frame++, &record);
        if (sequence <= 2)
            judge_next(db, esp_view(4, 0x1000, 20 + sequence, 84), frame++, &record);
        g_assert_cmpuint(facts_of(db, 0).successor, ==, sequence < 18 ? IPSEC_SA_NONE : 1);
    }
    for (uint32_t sequence = 1; sequence <= 20; sequence++)
        judge_next(db, esp_view(4, 0x1002, sequence, 84), frame++, &record);
    g_assert_cmpuint(facts_of(db, 0).successor, ==, 1);
    g_assert_cmpuint(facts_of(db, 1).successor, ==, 2);
    g_assert_cmpuint(facts_of(db, 2).successor, ==, IPSEC_SA_NONE);
    ipsec_db_free(db);
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/judge/sa-index", test_sa_index);
    g_test_add_func("/judge/property-once", test_property_is_announced_once);
    g_test_add_func("/judge/reserved-spi-silenced", test_reserved_spi_may_be_silenced);
    g_test_add_func("/judge/udp-two-numbers", test_udp_is_believed_after_two_advancing_numbers);
    g_test_add_func("/judge/udp-no-jump", test_udp_is_believed_up_to_a_jump);
    g_test_add_func("/judge/udp-jump", test_udp_is_not_believed_after_a_jump);
    g_test_add_func("/judge/udp-mostly-faulty", test_udp_is_not_believed_when_mostly_faulty);
    g_test_add_func("/judge/udp-ike", test_udp_is_believed_after_ike);
    g_test_add_func("/judge/receiver", test_receiver_decides);
    g_test_add_func("/judge/no-record", test_explain_without_a_record);
    g_test_add_func("/judge/many-sas", test_many_sas);
    g_test_add_func("/judge/forgotten/explained", test_explain_what_was_forgotten);
    g_test_add_func("/judge/forgotten/keys", test_keys_of_what_was_forgotten);
    g_test_add_func("/judge/forgotten/udp", test_udp_after_it_was_forgotten);
    g_test_add_func("/judge/multicast", test_multicast_has_a_window_per_source);
    g_test_add_func("/judge/facts", test_facts);
    g_test_add_func("/judge/successor", test_successor);
    return g_test_run();
}
