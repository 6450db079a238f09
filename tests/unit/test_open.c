/* Opening packets through the central calls: findings on keys and ICVs, which explaining must repeat.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/crypto.h"
#include "guard.h"
#include "report/advice.h"
#include "keyed.h"
#include "packet/find.h"
#include "packets.h"

#include <gcrypt.h>
#include <string.h>

static const expectation verified = NO_FINDINGS(VERIFIED);
static const expectation plausible = NO_FINDINGS(PLAUSIBLE);
static const expectation wrong_key = FINDINGS(SUSPICIOUS, IPSEC_FINDING_KEY_WRONG);
static const expectation damaged = FINDINGS(DROP, IPSEC_FINDING_ESP_ICV);

static ipsec_db *db_with(const ipsec_key_row *spec, bool sa_complete)
{
    ipsec_config config = ipsec_config_default();
    ipsec_db *db;

    config.sa_complete = sa_complete;
    db = ipsec_db_new(&config);
    ipsec_db_add(db, spec);
    return db;
}

static void end(ipsec_db *db)
{
    ipsec_db_free(db);
    guard_free_all();
}

static ipsec_view sound(const ipsec_key_row *spec, sealing how)
{
    return sealed_view(4, spec, &how, sound_plaintext, sizeof sound_plaintext);
}

static ipsec_view broken(const ipsec_key_row *spec, sealing how)
{
    return damaged_view(4, spec, &how, sound_plaintext, sizeof sound_plaintext);
}

static void test_verified(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA2_256_128", "no", "any");
    ipsec_db *db = db_with(&spec, false);

    for (uint8_t version = 4; version <= 6; version += 2) {
        const ipsec_view view = sealed_view(version, &spec, &(sealing){.sequence = 1}, sound_plaintext, 12);
        const ipsec_report report = expect(db, &view, &verified, "sound");

        g_assert_true(report.opened.valid);
        g_assert_cmpint(report.opened.icv_status, ==, IPSEC_ICV_GOOD);
        g_assert_cmpuint(report.opened.icv_length, ==, 16);
        g_assert_cmpuint(report.opened.iv_length, ==, 0);
        g_assert_true(report.opened.has_trailer);
        g_assert_cmpuint(report.opened.pad_length, ==, 2);
        g_assert_cmpuint(report.opened.next_header, ==, 17);
        g_assert_cmpuint(report.opened.payload_length, ==, 8);
        g_assert_cmpuint(report.opened.clear_at, ==, 8);
    }
    end(db);
}

/* Until a key has verified once, the key is doubted; afterwards, the packet. */
static void test_key_or_packet(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA1_96", "no", "any");
    ipsec_db *db = db_with(&spec, false);
    const ipsec_view first = broken(&spec, (sealing){.sequence = 1}), second = broken(&spec, (sealing){.sequence = 2});
    const ipsec_view good = sound(&spec, (sealing){.sequence = 3}), better = sound(&spec, (sealing){.sequence = 6});
    const ipsec_view bad = broken(&spec, (sealing){.sequence = 4}), worse = broken(&spec, (sealing){.sequence = 5});

    g_assert_true(expect(db, &first, &wrong_key, "nothing verified yet").findings.list[0].announce);
    g_assert_false(expect(db, &second, &wrong_key, "nor now").findings.list[0].announce);
    expect(db, &good, &verified, "good");
    g_assert_true(expect(db, &bad, &damaged, "damaged").findings.list[0].announce);
    g_assert_true(expect(db, &worse, &damaged, "damaged again").findings.list[0].announce);
    expect(db, &better, &verified, "good again");
    end(db);
}

/* A packet that was judged before any verified has the same report when it is explained later. */
static void test_explained_later(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA1_96", "auto", "any");
    ipsec_db *db = db_with(&spec, false);
    const ipsec_view bad = broken(&spec, (sealing){.sequence = 1});
    const ipsec_view good = sound(&spec, (sealing){.sequence = 2, .esn = true, .high = 1});
    ipsec_record first, second;
    ipsec_report report;

    ipsec_judge(db, &bad, &first, &report);
    ipsec_judge(db, &good, &second, &report);
    g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_VERIFIED);
    ipsec_explain(db, &bad, &first, &report);
    g_assert_cmpuint(report.findings.count, ==, 1);
    g_assert_cmpint(report.findings.list[0].id, ==, IPSEC_FINDING_KEY_WRONG);
    ipsec_explain(db, &good, &second, &report);
    g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_VERIFIED);
    g_assert_true(report.opened.esn);
    g_assert_cmpuint(report.opened.high, ==, 1);
    end(db);
}

/* A caller that mixes up its records gets less, but nothing false. */
static void test_record_of_another_packet(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA1_96", "no", "any");
    ipsec_db *db = db_with(&spec, false);
    const ipsec_view good = sound(&spec, (sealing){.sequence = 1}), other = esp_view(4, 0x1001, 1, 84);
    ipsec_record record;
    ipsec_report report;

    ipsec_judge(db, &good, &record, &report);
    g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_VERIFIED);
    ipsec_explain(db, &other, &record, &report);
    g_assert_false(report.opened.valid);
    g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_PLAUSIBLE);
    end(db);
}

/* Rows for one SA with different keys, of which the last one verifies, and one that makes the source matter. */
static ipsec_db *db_with_chain(unsigned others, const ipsec_key_row *last)
{
    ipsec_key_row row = *last, elsewhere = *last;
    ipsec_db *db = ipsec_db_new(&(ipsec_config){
        .sas = IPSEC_SAS_DEFAULT, .receiver = IPSEC_STACK_RFC, .replay_window = IPSEC_REPLAY_WINDOW_UNKNOWN});

    for (unsigned i = 0; i < others; i++) {
        row.integrity_key[0]++;
        ipsec_db_add(db, &row);
    }
    ipsec_db_add(db, last);
    elsewhere.spi++;
    elsewhere.match_source = true;
    elsewhere.source = (ipsec_address_range){.octets = {10, 9, 9, 9}, .mask = {255, 255, 255, 255}, .length = 4};
    ipsec_db_add(db, &elsewhere);
    return db;
}

static ipsec_report judge(ipsec_db *db, const ipsec_view *view)
{
    ipsec_record record;
    ipsec_report judged, explained;

    ipsec_judge(db, view, &record, &judged);
    ipsec_explain(db, view, &record, &explained);
    g_assert_cmpint(judged.verdict, ==, explained.verdict);
    g_assert_true(judged.opened.spec == explained.opened.spec);
    g_assert_cmpint(judged.opened.icv_status, ==, explained.opened.icv_status);
    return judged;
}

/* A row that cannot verify the packet does not hide damage: whether it has no ICV, or the packet is too short for it.
 */
static void test_row_that_verifies_nothing(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA1_96", "no", "any");
    const ipsec_key_row others[] = {null_row("NONE", "no", "any"), null_row("HMAC_SHA2_512_256", "no", "any")};

    for (unsigned i = 0; i < 4; i++) {
        const ipsec_key_row *other = &others[i / 2];
        ipsec_db *db = db_with(i % 2 ? &spec : other, false);
        const ipsec_view first = broken(&spec, (sealing){.sequence = 1}), good = sound(&spec, (sealing){.sequence = 2}),
                         bad = broken(&spec, (sealing){.sequence = 3}),
                         bare = sound(&others[0], (sealing){.sequence = 4});
        ipsec_report report;

        ipsec_db_add(db, i % 2 ? other : &spec);
        report = judge(db, &first);
        g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_KEY_WRONG));
        expect(db, &good, &verified, "whichever row comes first");
        expect(db, &bad, &damaged, "an ICV has verified");
        report = judge(db, &bare);
        g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_ESP_ICV));
        end(db);
    }
}

/* Before an ICV has verified, a sound trailer is evidence for a row without ICV; a damaged packet has none. */
static void test_row_without_icv(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA1_96", "no", "any"), none = null_row("NONE", "no", "any");

    for (unsigned order = 0; order < 2; order++) {
        ipsec_db *db = db_with(order == 0 ? &spec : &none, false);
        const ipsec_view bare = sound(&none, (sealing){.sequence = 1});
        ipsec_report report;

        ipsec_db_add(db, order == 0 ? &none : &spec);
        report = judge(db, &bare);
        g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_PLAUSIBLE);
        g_assert_true(report.opened.spec->integrity == none.integrity);
        g_assert_cmpint(report.opened.next_header, ==, 17);
        end(db);
    }
}

/* The plaintext from other rows is discarded if the packet is not from their time. */
static void test_plaintext_of_the_right_row(void)
{
    const ipsec_key_row_text text = {
        {"ESP", "*", "*", KEYED_SPI, "AES_CBC", "0x0102030405060708090a0b0c0d0e0f10", "NONE"}};
    const uint8_t plaintext[32] = {[0] = 7, [15] = 7, [28] = 1, 2, 2, 17};
    const ipsec_key_row none = null_row("NONE", "no", "any");
    const ipsec_view view = sealed_view(4, &none, &(sealing){.sequence = 1}, plaintext, sizeof plaintext);
    ipsec_db *db = db_with(&none, false);
    ipsec_key_row_error error;
    ipsec_record record;
    ipsec_report report;
    ipsec_key_row cbc;

    g_assert_true(ipsec_key_row_compile(&text, &cbc, &error));
    ipsec_db_add(db, &cbc);
    ipsec_judge(db, &view, &record, &report);
    g_assert_cmpmem(report.opened.plaintext, report.opened.plaintext_length, plaintext, sizeof plaintext);
    end(db);
}

/* A packet whose IP header has no length counts as long as its frame everywhere: here for the block that predicts the
 * IV of the next one. */
static void test_no_length(void)
{
    static const char key[] = "5555555555555555555555555555555555555555555555555555555555555555";
    const ipsec_key_row_text text = {{"ESP", "*", "*", KEYED_SPI, "AES_CBC", "0x0102030405060708090a0b0c0d0e0f10",
                                      "HMAC_SHA2_256_128", key, "no", "any"}};
    const ipsec_key_row seal = null_row("HMAC_SHA2_256_128", "no", "any");
    ipsec_key_row_error error;
    ipsec_record record;
    ipsec_report report;
    ipsec_key_row cbc;
    ipsec_db *db;

    g_assert_true(ipsec_key_row_compile(&text, &cbc, &error));
    db = db_with(&cbc, false);
    for (uint32_t number = 1; number <= 4; number++) {
        uint8_t body[48]; /* the IV and two blocks, the last of which is the next IV */
        ipsec_view view;

        memset(body, (int)number + 1, sizeof body);
        memset(body, (int)number, 16);
        view = sealed_view(4, &seal, &(sealing){.sequence = number}, body, sizeof body);
        if (number > 2) {
            view.frame_length = view.length;
            view.length = IPSEC_LENGTH_UNKNOWN;
            view.flags |= IPSEC_VIEW_OFFLOAD;
        }
        ipsec_judge(db, &view, &record, &report);
        g_assert_cmpint(report.opened.icv_status, ==, IPSEC_ICV_GOOD);
        g_assert_cmpint(ipsec_findings_have(&report.findings, IPSEC_FINDING_IV_PREDICTABLE), ==, number > 1);
    }
    end(db);
}

/* The window belongs to the SA, whatever source a packet claims to come from. */
static void test_replay_from_another_source(void)
{
    static const uint8_t elsewhere[4] = {203, 0, 113, 7};
    const ipsec_key_row spec = null_row("HMAC_SHA1_96", "no", "any");

    for (unsigned others = 0; others < 3; others++) {
        ipsec_db *db = db_with_chain(others, &spec);
        ipsec_record record;
        ipsec_report report;
        ipsec_view view;

        for (uint32_t number = 1; number <= 9; number++) {
            view = sound(&spec, (sealing){.sequence = number});
            expect(db, &view, &verified, "in order");
        }
        view = sound(&spec, (sealing){.sequence = 5});
        view.source = elsewhere;
        ipsec_judge(db, &view, &record, &report);
        g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_REPLAY_DUPLICATE));
        g_assert_cmpint(report.opened.icv_status, ==, IPSEC_ICV_GOOD);
        view = sound(&spec, (sealing){.sequence = 10});
        ipsec_judge(db, &view, &record, &report);
        g_assert_true(report.number.is_placed);
        g_assert_cmpint(report.number.advance, ==, 1);
        end(db);
    }
}

/* Two rows that differ by source: the first one is for 192.0.2.1. */
static ipsec_db *db_with_sources(ipsec_key_row *first, ipsec_key_row *second)
{
    ipsec_db *db;

    first->match_source = second->match_source = true;
    first->source = (ipsec_address_range){.octets = {192, 0, 2, 1}, .mask = {255, 255, 255, 255}, .length = 4};
    second->source = (ipsec_address_range){.octets = {192, 0, 2, 2}, .mask = {255, 255, 255, 255}, .length = 4};
    second->integrity_key[0]++;
    db = db_with(first, false);
    ipsec_db_add(db, second);
    return db;
}

/* But if rows differ by source, each has its own numbers. */
static void test_row_of_another_source(void)
{
    static const uint8_t here[4] = {192, 0, 2, 1}, there[4] = {192, 0, 2, 2};
    ipsec_key_row first = null_row("HMAC_SHA1_96", "no", "any"), second = first;
    ipsec_db *db = db_with_sources(&first, &second);

    for (unsigned i = 0; i < 2; i++) {
        const ipsec_key_row *spec = i == 0 ? &first : &second;
        ipsec_view view = sound(spec, (sealing){.sequence = 1});
        ipsec_record record;
        ipsec_report report;

        view.source = i == 0 ? here : there;
        ipsec_judge(db, &view, &record, &report);
        g_assert_cmpint(report.opened.icv_status, ==, IPSEC_ICV_GOOD);
        g_assert_false(ipsec_findings_have(&report.findings, IPSEC_FINDING_REPLAY_DUPLICATE));
    }
    end(db);
}

/* Alternation does not make old packets look new: neither with rows that differ by source, nor with keys of different
 * times. */
static void test_turns_of_sources(void)
{
    static const uint8_t here[4] = {192, 0, 2, 1}, there[4] = {192, 0, 2, 2};
    ipsec_key_row first = null_row("HMAC_SHA1_96", "no", "any"), second = first, third;
    ipsec_db *db = db_with_sources(&first, &second);
    const struct {
        const ipsec_key_row *spec;
        uint32_t number;
        bool again;
    } packets[] = {{&first, 1, false}, {&first, 2, false},  {&second, 1, false}, {&first, 1, true},  {&third, 1, false},
                   {&third, 2, false}, {&first, 3, false},  {&third, 1, true},   {&second, 1, true}, {&first, 2, true},
                   {&third, 3, false}, {&second, 2, false}, {&third, 2, true},   {&first, 3, true}};

    third = second;
    third.integrity_key[0]++;
    ipsec_db_add(db, &third);
    for (unsigned i = 0; i < G_N_ELEMENTS(packets); i++) {
        ipsec_view view = sound(packets[i].spec, (sealing){.sequence = packets[i].number});
        ipsec_record record;
        ipsec_report report;

        view.source = packets[i].spec == &first ? here : there;
        ipsec_judge(db, &view, &record, &report);
        g_test_message("packet %u", i);
        g_assert_cmpint(report.opened.icv_status, ==, IPSEC_ICV_GOOD);
        g_assert_cmpint(ipsec_findings_have(&report.findings, IPSEC_FINDING_REPLAY_DUPLICATE), ==, packets[i].again);
    }
    end(db);
}

/* Packets from a stranger change neither keys nor numbers: the SA's own row is good, and the stranger's does not open
 * them, or there is none. They are judged by the SA's own row, because receivers ignore the source. */
static void test_stranger(void)
{
    static const uint8_t here[4] = {192, 0, 2, 1}, there[4] = {192, 0, 2, 2}, nowhere[4] = {203, 0, 113, 7};
    ipsec_key_row first = null_row("HMAC_SHA1_96", "no", "any"), second = first;
    ipsec_db *db = db_with_sources(&first, &second);

    for (uint32_t number = 1; number <= 20; number++) {
        const bool strange = number == 10 || number == 15;
        const uint32_t sent = strange ? 60000 : number;
        ipsec_view view =
            strange ? broken(&first, (sealing){.sequence = sent}) : sound(&first, (sealing){.sequence = sent});
        ipsec_record record;
        ipsec_report report;

        view.source = number == 10 ? there : number == 15 ? nowhere : here;
        ipsec_judge(db, &view, &record, &report);
        g_assert_cmpint(report.verdict == IPSEC_VERDICT_VERIFIED, ==, !strange);
        g_assert_cmpint(report.verdict == IPSEC_VERDICT_DROP, ==, strange);
        g_assert_cmpint(ipsec_findings_have(&report.findings, IPSEC_FINDING_ESP_ICV), ==, strange);
        g_assert_cmpint(report.number.is_placed, ==, number > 1);
        if (strange)
            g_assert_cmpint(report.number.advance, ==, 60001 - (int32_t)number);
        else if (number > 1)
            g_assert_cmpint(report.number.advance, ==, number == 11 || number == 16 ? 2 : 1);
        ipsec_explain(db, &view, &record, &report);
        g_assert_cmpint(report.verdict == IPSEC_VERDICT_DROP, ==, strange);
    }
    end(db);
}

static void test_complete_tables(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA1_96", "no", "any");
    const expectation refused = FINDINGS(DROP, IPSEC_FINDING_ESP_ICV, IPSEC_FINDING_KEY_WRONG);
    ipsec_db *db = db_with(&spec, true);
    const ipsec_view bad = broken(&spec, (sealing){.sequence = 1});
    const ipsec_view other = esp_view(4, 0x1001, 1, 84);

    expect(db, &bad, &refused, "the receiver's own key");
    expect(db, &other, &plausible, "a row for any destination names none");
    end(db);
}

/* Checks whether a high half is tried; the judgement of the receiver's window is a different matter. */
static void expect_high(ipsec_db *db, const ipsec_key_row *spec, bool esn, uint32_t high, const expectation *wanted)
{
    static uint32_t sequence;
    const ipsec_view view = sound(spec, (sealing){.sequence = ++sequence, .esn = esn, .high = high});
    ipsec_record record;
    ipsec_report report;

    ipsec_judge(db, &view, &record, &report);
    g_test_message("ESN %s, high half %u", esn ? "on" : "off", high);
    g_assert_cmpint(report.opened.icv_status, ==,
                    wanted == &damaged || wanted == &wrong_key ? IPSEC_ICV_BAD : IPSEC_ICV_GOOD);
    g_assert_cmpint(ipsec_findings_have(&report.findings, IPSEC_FINDING_KEY_WRONG), ==, wanted == &wrong_key);
    g_assert_cmpint(ipsec_findings_have(&report.findings, IPSEC_FINDING_ESP_ICV), ==, wanted == &damaged);
    if (wanted != &damaged && wanted != &wrong_key && wanted->count > 0)
        g_assert_true(ipsec_findings_have(&report.findings, wanted->findings[0]));
}

/* `auto` tries both, and then keeps the one that verified. */
/* VPP's policies match an SPI without a protocol; but for AH it is only reported that an ESP SA has seen the number if
 * the tables have the SPI for ESP and that host. */
static void test_number_of_another_protocol(void)
{
    static const char *const destinations[] = {"192.0.2.2", "*"};

    for (unsigned i = 0; i < G_N_ELEMENTS(destinations); i++) {
        const ipsec_key_row_text text = {.columns = {"ESP", "*", destinations[i], KEYED_SPI, "NULL", "", "HMAC_SHA1_96",
                                                     "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a", "no", "transport"}};
        ipsec_config config = ipsec_config_default();
        ipsec_key_row spec, other;
        ipsec_key_row_error error;
        ipsec_view esp, ah;
        ipsec_record record;
        ipsec_report report;
        ipsec_db *db;

        config.sa_complete = true;
        config.receiver = IPSEC_STACK_VPP;
        db = ipsec_db_new(&config);
        g_assert_true(ipsec_key_row_compile(&text, &spec, &error));
        ipsec_db_add(db, &spec);
        other = spec;
        other.spi = 0x9999;
        other.destination = (ipsec_address_range){.octets = {192, 0, 2, 2}, .mask = {255, 255, 255, 255}, .length = 4};
        ipsec_db_add(db, &other);
        esp = sound(&spec, (sealing){.sequence = 1});
        expect(db, &esp, &verified, "ESP");
        ah = ah_view(4, 17, 4, 0x1000, 1, 100);
        ipsec_judge(db, &ah, &record, &report);
        g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_AH_SPI_UNKNOWN));
        g_assert_cmpuint(!!(report.oddities & IPSEC_ODDITY_SEEN_BY_OTHER), ==, i == 0);
        end(db);
    }
}

/* Padding hides the length if it is 16 or more octets longer than the block requires; the block of NULL is 4. */
static void test_excess_padding(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA1_96", "no", "any");
    uint32_t sequence = 0;

    for (uint32_t payload = 8; payload <= 12; payload++) {
        const uint32_t need = (4 - (payload + 2) % 4) % 4;
        ipsec_db *db = db_with(&spec, false);

        for (uint32_t pad = need; pad <= need + 20; pad += 4) {
            uint8_t plaintext[64] = {0};
            ipsec_view view;
            ipsec_record record;
            ipsec_report report;

            for (uint32_t i = 0; i < pad; i++)
                plaintext[payload + i] = (uint8_t)(i + 1);
            plaintext[payload + pad] = (uint8_t)pad;
            plaintext[payload + pad + 1] = 17;
            view = sealed_view(4, &spec, &(sealing){.sequence = ++sequence}, plaintext, payload + pad + 2);
            ipsec_judge(db, &view, &record, &report);
            g_assert_cmpint(report.opened.icv_status, ==, IPSEC_ICV_GOOD);
            g_assert_cmpuint(report.opened.payload_length, ==, payload);
            g_assert_cmpuint(ipsec_findings_have(&report.findings, IPSEC_FINDING_ESP_PAD_EXCESS), ==, pad >= need + 16);
        }
        end(db);
    }
}

/* If no row has an ICV, and none is supported by the packet, the first one is reported. */
static void test_no_row_bears_it_out(void)
{
    static const char *const keys[] = {"11111111111111111111111111111111", "22222222222222222222222222222222",
                                       "33333333333333333333333333333333"};
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const ipsec_view noise = esp_view(4, 0x1000, 1, 8 + 16 + 32);
    ipsec_record record;
    ipsec_report report;

    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        const ipsec_key_row_text text = {
            .columns = {"ESP", "*", "*", KEYED_SPI, "AES_CBC", keys[i], "NONE", "", "no", "any"}};
        ipsec_key_row_error error;
        ipsec_key_row row;

        g_assert_true(ipsec_key_row_compile(&text, &row, &error));
        row.line = i + 1;
        g_assert_true(ipsec_db_add(db, &row));
    }
    ipsec_judge(db, &noise, &record, &report);
    g_assert_false(report.opened.has_trailer); /* with none of the rows */
    g_assert_cmpuint(report.opened.spec->line, ==, 1);
    end(db);
}

static void test_esn_found_out(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA1_96", "auto", "any");
    ipsec_db *db = db_with(&spec, false);

    expect_high(db, &spec, false, 0, &verified);
    expect_high(db, &spec, true, 0, &damaged);
    expect_high(db, &spec, false, 0, &verified);
    ipsec_db_free(db);
    db = db_with(&spec, false);
    expect_high(db, &spec, true, 1, &verified);
    expect_high(db, &spec, false, 0, &damaged);
    expect_high(db, &spec, true, 2, &verified);
    end(db);
}

/* The last high half and its neighbours, 0 and 1: not an unlimited search. */
static void test_high_halves(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA1_96", "yes", "any");
    ipsec_db *db = db_with(&spec, false);

    expect_high(db, &spec, true, 2, &wrong_key);
    for (uint32_t high = 0; high < 6; high++)
        expect_high(db, &spec, true, high, &verified);
    expect_high(db, &spec, true, 7, &damaged);
    expect_high(db, &spec, true, 4, &verified);
    expect_high(db, &spec, true, 2, &damaged);
    expect_high(db, &spec, true, 1, &verified);
    expect_high(db, &spec, true, 2, &verified);
    end(db);
}

/* Each key of an SA has its own high half, or none; and it is remembered when the key is used again. */
static void test_high_halves_of_each_key(void)
{
    const ipsec_key_row first = null_row("HMAC_SHA1_96", "auto", "any");
    ipsec_key_row second = first;
    ipsec_db *db = db_with(&first, false);

    second.integrity_key[0] ^= 1;
    ipsec_db_add(db, &second);
    for (uint32_t high = 1; high < 5; high++)
        expect_high(db, &first, true, high, &verified);
    for (unsigned i = 0; i < 3; i++) {
        expect_high(db, &second, false, 0, &verified);
        expect_high(db, &second, true, 0, &damaged);
        expect_high(db, &first, true, 4 + i, &verified);
        expect_high(db, &first, true, 9, &damaged);
    }
    end(db);
}

static void test_high_half_of_a_row(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA1_96", "0xffffffff", "any");
    const expectation other_start = FINDINGS(DROP, IPSEC_FINDING_ESN_WRONG_HIGH);
    ipsec_db *db = db_with(&spec, false);

    expect_high(db, &spec, true, 0xfffffffdu, &wrong_key);
    expect_high(db, &spec, true, 0xfffffffeu, &other_start);
    expect_high(db, &spec, true, 0xffffffffu, &verified);
    end(db);
}

static void expect_hint(const char *integrity, const char *esn, sealing how, ipsec_advice_case hint, uint8_t detail)
{
    const ipsec_key_row sent = null_row("HMAC_SHA2_256_128", "no", "any");
    ipsec_key_row known = null_row(integrity, esn, "any");
    const ipsec_view view = sound(&sent, how);
    ipsec_record record;
    ipsec_report report;
    ipsec_db *db;

    memcpy(known.integrity_key, sent.integrity_key, sizeof known.integrity_key);
    known.integrity_key_length = sent.integrity_key_length;
    db = db_with(&known, false);
    ipsec_judge(db, &view, &record, &report);
    g_assert_cmpint(ipsec_findings_have(&report.findings, IPSEC_FINDING_KEY_WRONG), ==, how.icv != 4);
    g_assert_cmpint(report.findings.list[report.findings.count - 1].advice_case, ==, hint);
    if (detail)
        g_assert_cmpint(report.findings.list[report.findings.count - 1].detail, ==, detail);
    end(db);
}

static void test_hints(void)
{
    expect_hint("HMAC_SHA2_256_128", "no", (sealing){.sequence = 1, .esn = true}, IPSEC_CASE_ESN_ON, 0);
    expect_hint("HMAC_SHA2_256_128", "no", (sealing){.sequence = 1, .esn = true, .high = 1}, IPSEC_CASE_ESN_ON, 0);
    expect_hint("HMAC_SHA2_256_128", "no", (sealing){.sequence = 1, .esn = true, .high = 2}, IPSEC_CASE_NONE, 0);
    expect_hint("HMAC_SHA2_256_128", "yes", (sealing){.sequence = 1}, IPSEC_CASE_ESN_OFF, 0);
    expect_hint("HMAC_SHA2_256_128", "no", (sealing){.sequence = 1, .icv = 12}, IPSEC_CASE_SHA256_96, 12);
    expect_hint("HMAC_SHA2_256_128", "no", (sealing){.sequence = 1, .icv = 32}, IPSEC_CASE_ICV_LENGTH, 32);
    expect_hint("HMAC_SHA2_256_128", "no", (sealing){.sequence = 1, .icv = 4}, IPSEC_CASE_NONE, 0);
    expect_hint("HMAC_SHA2_384_192", "no", (sealing){.sequence = 1}, IPSEC_CASE_INTEGRITY, 0);
}

/* --- how often a reason is searched for ------------------------------------------------------------------- */

/* The hint about the key for a packet that was sent with 256 bits of ICV. */
static ipsec_advice_case hint_of(ipsec_db *db, const ipsec_key_row *spec, uint32_t sequence)
{
    const ipsec_view view = sound(spec, (sealing){.sequence = sequence, .icv = 32});
    ipsec_record record;
    ipsec_report report;

    ipsec_judge(db, &view, &record, &report);
    g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_KEY_WRONG));
    guard_free_all();
    return (ipsec_advice_case)report.findings.list[report.findings.count - 1].advice_case;
}

/* Forged packets at the beginning do not prevent the reason from being found: at the fourth failure, and at each
 * doubling. */
static void test_reason_behind_forged_packets(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA2_256_128", "no", "any");

    for (uint32_t forged = 0; forged < 70; forged++) {
        const uint32_t failures = forged + 1;
        const bool turn =
            failures <= 3 || failures == 4 || failures == 8 || failures == 16 || failures == 32 || failures == 64;
        ipsec_db *db = db_with(&spec, false);
        ipsec_record record;
        ipsec_report report;

        for (uint32_t number = 1; number <= forged; number++) {
            const ipsec_view view = broken(&spec, (sealing){.sequence = number});

            ipsec_judge(db, &view, &record, &report);
        }
        g_assert_cmpint(hint_of(db, &spec, failures), ==, turn ? IPSEC_CASE_ICV_LENGTH : IPSEC_CASE_NONE);
        end(db);
    }
}

enum {
    GUESSED_IN_ALL = 2 << 20, /* of open.c */
    GUESSED_PER_ROW = GUESSED_IN_ALL / 8,
    COST = 8 + 12 + 32 + 512 /* of one search in a packet of hint_of() */
};

static ipsec_key_row with_spi(ipsec_key_row spec, uint32_t spi)
{
    spec.spi = spi;
    return spec;
}

/* A share that is used up to the last octet is used up: two packets are as much longer as is missing. */
static void test_share_of_a_row_to_the_octet(void)
{
    enum {
        PACKETS = GUESSED_PER_ROW / COST,
        MISSING = GUESSED_PER_ROW % COST
    };
    const uint8_t plaintext[12 + MISSING / 2] = {0};
    ipsec_key_row any = with_spi(null_row("HMAC_SHA2_256_128", "no", "any"), 0);
    ipsec_record record;
    ipsec_report report;
    ipsec_db *db;

    G_STATIC_ASSERT(MISSING > 0 && MISSING % 8 == 0);
    any.spi_mask = 0;
    db = db_with(&any, false);
    for (uint32_t i = 0; i <= PACKETS; i++) {
        const ipsec_key_row one = with_spi(any, 0x20000 + i);

        if (i < PACKETS - 2 || i == PACKETS) {
            g_assert_cmpint(hint_of(db, &one, 1), ==, i < PACKETS ? IPSEC_CASE_ICV_LENGTH : IPSEC_CASE_NONE);
        } else {
            const ipsec_view view =
                sealed_view(4, &one, &(sealing){.sequence = 1, .icv = 32}, plaintext, sizeof plaintext);

            ipsec_judge(db, &view, &record, &report);
        }
    }
    end(db);
}

/* The SPIs of a row for any SPI use up its share, and leave the other rows theirs. */
static void test_share_of_a_row(void)
{
    const ipsec_key_row named = null_row("HMAC_SHA2_256_128", "no", "any");
    ipsec_key_row any = with_spi(named, 0);
    ipsec_db *db = db_with(&named, false);

    any.spi_mask = 0;
    ipsec_db_add(db, &any);
    for (uint32_t i = 0; i < 2 * GUESSED_PER_ROW / COST; i++) {
        const ipsec_key_row one = with_spi(any, 0x20000 + i);

        g_assert_cmpint(hint_of(db, &one, 1), ==, i * COST < GUESSED_PER_ROW ? IPSEC_CASE_ICV_LENGTH : IPSEC_CASE_NONE);
        g_assert_cmpuint(ipsec_db_limits(db)->times[IPSEC_LIMIT_WRONG_KEYS] > 0, ==, i * COST >= GUESSED_PER_ROW);
    }
    g_assert_cmpint(hint_of(db, &named, 1), ==, IPSEC_CASE_ICV_LENGTH);
    end(db);
}

/* Second searches end when this much has been spent, and the first search of a row when it is twice as much. */
static void test_all_that_is_looked_into(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA2_256_128", "no", "any");
    const uint32_t rows = 2 * GUESSED_IN_ALL / COST + 2, forged = 8 + 12 + 16 + 512;
    const uint32_t half = (GUESSED_IN_ALL - forged) / COST + 1; /* these and the forged one use up the first half */

    for (uint32_t enough = 0; enough < 2; enough++) {
        const ipsec_view view = broken(&spec, (sealing){.sequence = 1});
        ipsec_db *db = db_with(&spec, false);
        ipsec_record record;
        ipsec_report report;

        for (uint32_t i = 0; i < rows; i++) {
            const ipsec_key_row one = with_spi(spec, 0x20000 + i);

            ipsec_db_add(db, &one);
        }
        ipsec_judge(db, &view, &record, &report);
        for (uint32_t i = 0; i < rows; i++) {
            const ipsec_key_row one = with_spi(spec, 0x20000 + i);
            const uint32_t spent = forged + (i + (!enough && i >= half - 1)) * COST;

            if (i == half - 1 + enough)
                g_assert_cmpint(hint_of(db, &spec, 2), ==, enough ? IPSEC_CASE_NONE : IPSEC_CASE_ICV_LENGTH);
            g_assert_cmpint(hint_of(db, &one, 1), ==,
                            spent < 2 * GUESSED_IN_ALL ? IPSEC_CASE_ICV_LENGTH : IPSEC_CASE_NONE);
        }
        g_assert_cmpuint(ipsec_db_limits(db)->times[IPSEC_LIMIT_WRONG_KEYS], >, 0);
        end(db);
    }
}

static void test_no_integrity(void)
{
    const ipsec_key_row spec = null_row("NONE", "no", "any");
    const uint8_t long_pad[12] = {[10] = 11, [11] = 17};
    const expectation too_long = FINDINGS(DROP, IPSEC_FINDING_ESP_PAD_LENGTH);
    ipsec_db *db = db_with(&spec, false);
    const ipsec_view good = sound(&spec, (sealing){.sequence = 1});
    const ipsec_view bad = sealed_view(4, &spec, &(sealing){.sequence = 2}, long_pad, sizeof long_pad);

    g_assert_cmpint(expect(db, &good, &plausible, "NULL alone").opened.icv_status, ==, IPSEC_ICV_NOT_PRESENT);
    expect(db, &bad, &too_long, "its trailer is in the clear");
    end(db);
}

static void test_cut_and_quoted(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA1_96", "no", "any");
    const expectation unchecked = NO_FINDINGS(UNCHECKED);
    ipsec_db *db = db_with(&spec, false);
    ipsec_view quoted = broken(&spec, (sealing){.sequence = 1});
    ipsec_report report;

    for (uint32_t captured = 8; captured < quoted.length; captured++) {
        const ipsec_view cut = broken(&spec, (sealing){.sequence = captured});
        ipsec_view shorter = view_of(IPSEC_PROTOCOL_ESP, 4, cut.data, captured);

        shorter.length = cut.length;
        report = expect(db, &shorter, &unchecked, "cut");
        g_assert_cmpint(report.opened.icv_status, ==, IPSEC_ICV_UNVERIFIED);
        g_assert_cmpint(report.opened.unverified, ==, IPSEC_UNVERIFIED_NOT_WHOLE);
    }
    quoted.flags = IPSEC_VIEW_QUOTED;
    g_assert_false(expect(db, &quoted, &unchecked, "quoted").opened.valid);
    end(db);
}

/* Every length of packet up to what the row needs: nothing is read beyond the end, and no verdict is "verified". */
static void test_every_length(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA2_512_256", "auto", "tunnel");
    uint8_t octets[64] = {0, 0, 0x10, 0, 0, 0, 0, 1};
    ipsec_db *db = db_with(&spec, false);

    for (size_t length = 0; length <= sizeof octets; length++) {
        const ipsec_view view = view_of(IPSEC_PROTOCOL_ESP, 4, octets, length);
        ipsec_record record;
        ipsec_report judged, explained;

        ipsec_judge(db, &view, &record, &judged);
        ipsec_explain(db, &view, &record, &explained);
        g_assert_cmpint(judged.verdict, !=, IPSEC_VERDICT_VERIFIED);
        g_assert_cmpint(judged.verdict, ==, explained.verdict);
        g_assert_cmpint(judged.findings.count, ==, explained.findings.count);
    }
    end(db);
}

static ipsec_key_row row_of(const char *encryption, const char *key, const char *integrity)
{
    static const char integrity_key[] = "5555555555555555555555555555555555555555555555555555555555555555";
    const ipsec_key_row_text text = {{"ESP", "*", "*", KEYED_SPI, encryption, key, integrity,
                                      strcmp(integrity, "HMAC_SHA2_256_128") == 0 ? integrity_key : "", "no", "any"}};
    ipsec_key_row_error error;
    ipsec_key_row row;

    g_assert_true(ipsec_key_row_compile(&text, &row, &error));
    return row;
}

/* Judges a packet of this many random octets, the first of its SA; explaining says the same. */
static ipsec_report judge_noise(const ipsec_key_row *row, uint32_t length, bool sa_complete)
{
    ipsec_db *db = db_with(row, sa_complete);
    const ipsec_view view = esp_view(4, 0x1000, 1, length);
    ipsec_record record;
    ipsec_report judged, explained;

    ipsec_judge(db, &view, &record, &judged);
    ipsec_explain(db, &view, &record, &explained);
    g_assert_cmpint(judged.verdict, ==, explained.verdict);
    g_assert_cmpint(judged.findings.count, ==, explained.findings.count);
    end(db);
    judged.opened.spec = judged.opened.like = row; /* the rows of the database have been freed */
    return judged;
}

/* If a packet is too short for its row, or not in whole blocks, the row may be wrong: nothing is certain. */
static void expect_lengths_doubted(const ipsec_report *report)
{
    const ipsec_finding *found = &report->findings.list[report->findings.count - 1];
    char advice[IPSEC_ADVICE_SIZE];

    g_assert_cmpint(report->verdict, ==, IPSEC_VERDICT_SUSPICIOUS);
    g_assert_true(found->assumed);
    g_assert_nonnull(strstr(ipsec_finding_advice(found, advice), "length"));
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        g_assert_null(ipsec_outcome_at((ipsec_stack)stack, report));
}

/* If no ICV was computed, the key is not blamed. */
static void test_no_icv_no_blame(void)
{
    static const char aes[] = "0x0102030405060708090a0b0c0d0e0f10",
                      gcm[] = "0x0102030405060708090a0b0c0d0e0f1011121314";
    const struct {
        ipsec_key_row row;
        uint32_t least, block; /* octets from which on there is a trailer, and the unit of the ciphertext */
        bool verifies;
    } rows[] = {
        {row_of("AES_CBC", aes, "HMAC_SHA2_256_128"), 8 + 16 + 2 + 16, 16, true},
        {row_of("NULL", "", "HMAC_SHA2_256_128"), 8 + 2 + 16, 1, true},
        {row_of("AES_GCM_16", gcm, "NONE"), 8 + 8 + 2 + 16, 1, true},
        {row_of("AES_CBC", aes, "NONE"), 8 + 16 + 2, 16, false},
        {row_of("AES_CBC", aes, "ANY_96"), 8 + 16 + 2 + 12, 16, false},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
        for (uint32_t length = 20; length < 100; length += 4) {
            const ipsec_report report = judge_noise(&rows[i].row, length, false);
            const bool bad = report.opened.icv_status == IPSEC_ICV_BAD;
            const bool runt = length < rows[i].least;
            const bool odd = !bad && !runt && (length + 2 - rows[i].least) % rows[i].block != 0;

            g_test_message("row %u, %u octets", i, length);
            g_assert_cmpint(ipsec_findings_have(&report.findings, IPSEC_FINDING_KEY_WRONG), ==, bad && !runt);
            g_assert_cmpint(ipsec_findings_have(&report.findings, IPSEC_FINDING_ESP_RUNT_FOR_SA), ==, runt);
            g_assert_cmpint(ipsec_findings_have(&report.findings, IPSEC_FINDING_ESP_BLOCK_ALIGNMENT), ==, odd);
            g_assert_true(rows[i].verifies ? bad || length < rows[i].least : !bad);
            if (runt)
                expect_lengths_doubted(&report);
            if (runt)
                g_assert_cmpint(judge_noise(&rows[i].row, length, true).verdict, ==, IPSEC_VERDICT_DROP);
        }
}

/* --- plaintext -------------------------------------------------------------------------------------------- */

/* A row of AES-CBC with an HMAC, and packets of that SA; those in plaintext have 16 octets of IV, UDP and no ICV. */
static ipsec_key_row cbc_row(void)
{
    return row_of("AES_CBC", "0x0102030405060708090a0b0c0d0e0f10", "HMAC_SHA2_256_128");
}

static ipsec_view clear_view(uint32_t sequence)
{
    static const uint8_t udp[32] = {0, 7, 0, 7, 0, 25, [25] = 1, 2, 3, 4, 5, 5, 17};
    uint8_t octets[8 + 16 + sizeof udp + 16] = {0, 0, 0x10, 0, [6] = (uint8_t)(sequence >> 8), (uint8_t)sequence};

    memcpy(octets + 24, udp, sizeof udp);
    return view_of(IPSEC_PROTOCOL_ESP, 4, octets, sizeof octets);
}

/* With an HMAC over octets that are not ciphertext, which verifies all the same. */
static ipsec_view verified_view(uint32_t sequence)
{
    const ipsec_key_row seal = null_row("HMAC_SHA2_256_128", "no", "any");
    const uint8_t body[48] = {(uint8_t)sequence};

    return sealed_view(4, &seal, &(sealing){.sequence = sequence}, body, sizeof body);
}

static const expectation offloaded = FINDINGS(UNCHECKED, IPSEC_FINDING_CAPTURE_CRYPTO_OFFLOAD);

/* No receiver has counted it, whatever the tables say; and it is not a damaged packet if none has verified. */
static void test_captured_in_the_clear(void)
{
    for (unsigned complete = 0; complete <= 1; complete++) {
        const ipsec_key_row spec = cbc_row();
        ipsec_db *db = db_with(&spec, complete);

        for (uint32_t sequence = 1; sequence <= 3; sequence++) {
            const ipsec_view view = clear_view(sequence);
            const ipsec_report report = expect(db, &view, &offloaded, "in the clear");

            g_assert_cmpint(report.opened.icv_status, ==, IPSEC_ICV_UNVERIFIED);
            g_assert_cmpint(report.opened.unverified, ==, IPSEC_UNVERIFIED_OFFLOAD);
            for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
                g_assert_null(ipsec_outcome_at((ipsec_stack)stack, &report));
        }
        end(db);
    }
}

/* The effect of a forged packet ends with the first packet that verifies: neither its number nor anything else is kept.
 */
static void test_forged_in_the_clear(void)
{
    const ipsec_key_row spec = cbc_row();
    ipsec_db *db = db_with(&spec, false);
    ipsec_view view = clear_view(60000);
    ipsec_record record;
    ipsec_report report;

    expect(db, &view, &offloaded, "in front of all");
    for (uint32_t sequence = 1; sequence <= 40; sequence++) {
        view = verified_view(sequence);
        ipsec_judge(db, &view, &record, &report);
        g_assert_cmpint(report.opened.icv_status, ==, IPSEC_ICV_GOOD);
        g_assert_false(ipsec_findings_have(&report.findings, IPSEC_FINDING_REPLAY_OLD));
        g_assert_cmpuint(report.number.is_placed ? report.number.advance : 1, ==, 1);
    }
    view = clear_view(41);
    expect(db, &view, &damaged, "where others verify");
    end(db);
}

/* With a cipher that hides nothing, plaintext means nothing, unless the dump says that a card is involved. */
static void test_clear_by_nature(void)
{
    for (unsigned told = 0; told <= 1; told++) {
        ipsec_key_row spec = null_row("HMAC_SHA1_96", "no", "any");
        ipsec_view view;
        ipsec_db *db;

        spec.offload = told;
        db = db_with(&spec, false);
        view = broken(&spec, (sealing){.sequence = 1});
        expect(db, &view, told ? &offloaded : &wrong_key, "NULL");
        end(db);
    }
}

/* Numbers that a card assigned to segments are not lost. */
static void test_segments_take_numbers(void)
{
    const ipsec_key_row spec = cbc_row();
    ipsec_db *db = db_with(&spec, false);

    for (uint32_t sequence = 1; sequence < 4000; sequence += 64) {
        const ipsec_view view = clear_view(sequence);

        expect(db, &view, &offloaded, "in the clear");
        guard_free_all();
    }
    end(db);
}

/* A host whose packets in UDP verify is a known peer there, unlike a host whose packets on the same SA do not verify.
 */
static void test_peers_by_key(void)
{
    static const uint8_t stranger[4] = {203, 0, 113, 9};
    const ipsec_key_row spec = null_row("HMAC_SHA1_96", "no", "any");

    for (unsigned forged = 0; forged <= 1; forged++) {
        ipsec_db *db = db_with(&spec, false);
        ipsec_view first = sound(&spec, (sealing){.sequence = 1}), odd = esp_in_udp_view(4, 0x2000, 1, 86);
        ipsec_view second = forged ? broken(&spec, (sealing){.sequence = 2}) : sound(&spec, (sealing){.sequence = 2});
        ipsec_record record;
        ipsec_report report;

        second.encapsulation = IPSEC_ENCAPSULATION_UDP;
        second.source = odd.source = stranger;
        ipsec_judge(db, &first, &record, &report);
        g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_VERIFIED);
        ipsec_judge(db, &second, &record, &report);
        ipsec_judge(db, &odd, &record, &report);
        g_assert_cmpint(report.verdict, ==, forged ? IPSEC_VERDICT_SUSPICIOUS : IPSEC_VERDICT_DROP);
        end(db);
    }
}

/* Packets that were cut are not lost, whatever cut ones are forged after them, each within the window of the previous
 * one. */
static void test_made_up_behind_cut_ones(void)
{
    const ipsec_key_row spec = null_row("HMAC_SHA1_96", "no", "any");
    ipsec_db *db = db_with(&spec, false);
    ipsec_report report;
    ipsec_record record;

    for (uint32_t i = 1; i < 400; i++) {
        const bool is_cut = i > 100 && i <= 150;
        const bool is_made_up = is_cut && i > 110;
        const uint32_t genuine = i > 150 ? i - 40 : i;
        ipsec_view view = sound(&spec, (sealing){.sequence = is_made_up ? 110 + 60 * (i - 110) : genuine});

        view.frame = i;
        view.captured -= is_cut ? 4 : 0;
        ipsec_judge(db, &view, &record, &report);
        g_assert_cmpuint(report.findings.count, ==, 0);
        g_assert_cmpint(report.verdict, ==, is_cut ? IPSEC_VERDICT_UNCHECKED : IPSEC_VERDICT_VERIFIED);
        guard_free_all();
    }
    end(db);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    gcry_check_version(NULL);
    g_test_add_func("/open/no-row-bears-it-out", test_no_row_bears_it_out);
    g_test_add_func("/open/number-of-another-protocol", test_number_of_another_protocol);
    g_test_add_func("/open/excess-padding", test_excess_padding);
    g_test_add_func("/open/verified", test_verified);
    g_test_add_func("/open/key-or-packet", test_key_or_packet);
    g_test_add_func("/open/explained-later", test_explained_later);
    g_test_add_func("/open/record-of-another-packet", test_record_of_another_packet);
    g_test_add_func("/open/row-that-verifies-nothing", test_row_that_verifies_nothing);
    g_test_add_func("/open/row-without-icv", test_row_without_icv);
    g_test_add_func("/open/plaintext-of-the-right-row", test_plaintext_of_the_right_row);
    g_test_add_func("/open/no-length", test_no_length);
    g_test_add_func("/open/replay-from-another-source", test_replay_from_another_source);
    g_test_add_func("/open/row-of-another-source", test_row_of_another_source);
    g_test_add_func("/open/turns-of-sources", test_turns_of_sources);
    g_test_add_func("/open/stranger", test_stranger);
    g_test_add_func("/open/complete-tables", test_complete_tables);
    g_test_add_func("/open/esn-found-out", test_esn_found_out);
    g_test_add_func("/open/high-halves", test_high_halves);
    g_test_add_func("/open/high-halves-of-each-key", test_high_halves_of_each_key);
    g_test_add_func("/open/high-half-of-a-row", test_high_half_of_a_row);
    g_test_add_func("/open/hints", test_hints);
    g_test_add_func("/open/reason-behind-forged-packets", test_reason_behind_forged_packets);
    g_test_add_func("/open/share-of-a-row", test_share_of_a_row);
    g_test_add_func("/open/share-of-a-row-to-the-octet", test_share_of_a_row_to_the_octet);
    g_test_add_func("/open/all-that-is-looked-into", test_all_that_is_looked_into);
    g_test_add_func("/open/no-integrity", test_no_integrity);
    g_test_add_func("/open/cut-and-quoted", test_cut_and_quoted);
    g_test_add_func("/open/every-length", test_every_length);
    g_test_add_func("/open/no-icv-no-blame", test_no_icv_no_blame);
    g_test_add_func("/open/captured-in-the-clear", test_captured_in_the_clear);
    g_test_add_func("/open/forged-in-the-clear", test_forged_in_the_clear);
    g_test_add_func("/open/clear-by-nature", test_clear_by_nature);
    g_test_add_func("/open/segments-take-numbers", test_segments_take_numbers);
    g_test_add_func("/open/peers-by-key", test_peers_by_key);
    g_test_add_func("/open/made-up-behind-cut-ones", test_made_up_behind_cut_ones);
    return g_test_run();
}
