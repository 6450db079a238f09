/* State: SAs, properties said once, and when the port 4500 is believed. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
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

    g_assert_true(expect(db, &seven, &reserved, "first of SPI 7").findings[0].announce);
    g_assert_false(expect(db, &seven_again, &reserved, "second of SPI 7").findings[0].announce);
    g_assert_true(expect(db, &eight, &reserved, "first of SPI 8").findings[0].announce);
    g_assert_false(expect(db, &eight_again, &reserved, "a property is no flag").flagged);
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

/* A protocol that counts behind a constant word, but knows no alignment, is soon found out; and so is an SA that only
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
    g_assert_cmpint(expect(db, &ike, &plausible, "IKE").subject, ==, IPSEC_SUBJECT_IKE);
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

/* A million SPIs: the table stops growing, and packets are judged as ever. */
static void test_many_sas(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    uint8_t octets[24] = {0, 0, 0, 0, 0, 0, 0, 1};
    ipsec_view view = view_of(IPSEC_PROTOCOL_ESP, 4, octets, sizeof octets);
    ipsec_record record;
    ipsec_report report;

    for (uint32_t spi = 0x10000; spi < 0x10000 + 1048576 + 10; spi++) {
        for (unsigned i = 0; i < 4; i++)
            ((uint8_t *)view.data)[i] = (uint8_t)(spi >> (24 - 8 * i));
        ipsec_judge(db, &view, &record, &report);
        g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_PLAUSIBLE);
    }
    g_assert_cmpuint(ipsec_db_sa_count(db), ==, 1048576);
    g_assert_cmpuint(report.sa, ==, IPSEC_SA_NONE);
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
    g_test_add_func("/judge/udp-jump", test_udp_is_not_believed_after_a_jump);
    g_test_add_func("/judge/udp-mostly-faulty", test_udp_is_not_believed_when_mostly_faulty);
    g_test_add_func("/judge/udp-ike", test_udp_is_believed_after_ike);
    g_test_add_func("/judge/receiver", test_receiver_decides);
    g_test_add_func("/judge/no-record", test_explain_without_a_record);
    g_test_add_func("/judge/many-sas", test_many_sas);
    return g_test_run();
}
