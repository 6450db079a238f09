/* Packets that were coalesced by receive offload, and packets that only look like it: their ICVs and numbers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/checks.h"
#include "keys/crypto.h"
#include "guard.h"
#include "keyed.h"
#include "packets.h"
#include "sa/coalesced.h"

#include <gcrypt.h>
#include <string.h>

/* Octets of each packet: header, plaintext and ICV. */
#define PACKET_MOST 32u

static const expectation verified = NO_FINDINGS(VERIFIED);
static const expectation offload = FINDINGS(UNCHECKED, IPSEC_FINDING_CAPTURE_OFFLOAD);

typedef struct line {
    ipsec_db *db;
    ipsec_key_row spec;
    uint32_t frame;
} line;

static void open_line(line *l, const char *integrity, const char *esn, bool sa_complete)
{
    ipsec_config config = ipsec_config_default();

    config.sa_complete = sa_complete;
    *l = (line){.spec = null_row(integrity, esn, "any"), .db = ipsec_db_new(&config)};
    ipsec_db_add(l->db, &l->spec);
}

static void close_line(line *l)
{
    ipsec_db_free(l->db);
    guard_free_all();
}

static ipsec_view packet(const line *l, uint32_t sequence)
{
    return sealed_view(4, &l->spec, &(sealing){.sequence = sequence}, sound_plaintext, sizeof sound_plaintext);
}

/* A datagram of packets with these numbers; those with a bit in `noise` do not verify. */
static ipsec_view datagram(const line *l, const uint32_t *numbers, unsigned count, unsigned noise)
{
    uint8_t octets[(IPSEC_COALESCED_MOST + 1) * PACKET_MOST];
    uint32_t length = 0;
    ipsec_view view;

    for (unsigned i = 0; i < count; i++) {
        const ipsec_view one = packet(l, numbers[i]);

        g_assert_cmpuint(one.length, <=, PACKET_MOST);
        memcpy(octets + length, one.data, one.length);
        octets[length + 12] ^= i < 32 ? noise >> i & 1 : 0;
        length += one.length;
    }
    view = view_of(IPSEC_PROTOCOL_ESP, 4, octets, length);
    view.encapsulation = IPSEC_ENCAPSULATION_UDP;
    return view;
}

static ipsec_report give(line *l, ipsec_view view, const expectation *wanted, const char *what)
{
    view.frame = ++l->frame;
    view.encapsulation = IPSEC_ENCAPSULATION_UDP;
    return expect(l->db, &view, wanted, what);
}

#define NUMBERS(...) (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)

static uint32_t lost(const line *l)
{
    ipsec_sa_summary facts;

    g_assert_true(ipsec_db_sa(l->db, 0, &facts));
    return facts.lost;
}

static void send_run(line *l, uint32_t first, uint32_t last)
{
    for (uint32_t number = first; number <= last; number++)
        give(l, packet(l, number), &verified, "in order");
}

/* The numbers of the parts count as seen, and no later losses are excused. */
static void test_numbers_of_parts(void)
{
    const expectation gap = FINDINGS(VERIFIED, IPSEC_FINDING_SEQ_GAP);
    line l;

    open_line(&l, "HMAC_SHA1_96", "no", false);
    send_run(&l, 1, 20);
    give(&l, datagram(&l, NUMBERS(21, 22, 23), 0), &offload, "three at once");
    send_run(&l, 24, 120);
    g_assert_cmpuint(lost(&l), ==, 0);
    give(&l, datagram(&l, NUMBERS(121, 122, 123), 0), &offload, "three at once");
    send_run(&l, 150, 187);
    give(&l, packet(&l, 188), &gap, "the first of 26 that are missing behind them has left");
    send_run(&l, 189, 250);
    g_assert_cmpuint(lost(&l), ==, 26);
    close_line(&l);
}

/* The largest number that a receiver coalesces, and one more. */
static void test_many_parts(void)
{
    const expectation damaged = FINDINGS(DROP, IPSEC_FINDING_ESP_ICV);
    uint32_t numbers[IPSEC_COALESCED_MOST + 1];
    line l;

    for (uint32_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        numbers[i] = 21 + i;
    open_line(&l, "HMAC_SHA1_96", "no", false);
    send_run(&l, 1, 20);
    give(&l, datagram(&l, numbers, IPSEC_COALESCED_MOST + 1, 0), &damaged, "one more");
    close_line(&l);
    open_line(&l, "HMAC_SHA1_96", "no", false);
    send_run(&l, 1, 20);
    give(&l, datagram(&l, numbers, IPSEC_COALESCED_MOST, 0), &offload, "as many as there may be");
    send_run(&l, 21 + IPSEC_COALESCED_MOST, 220);
    g_assert_cmpuint(lost(&l), ==, 0);
    close_line(&l);
}

/* A replay in the datagram, after two new numbers, is reported, and changes no state. */
static void test_replay_among_parts(void)
{
    const expectation replay = FINDINGS(SUSPICIOUS, IPSEC_FINDING_CAPTURE_OFFLOAD, IPSEC_FINDING_REPLAY_DUPLICATE);
    const expectation old = FINDINGS(SUSPICIOUS, IPSEC_FINDING_CAPTURE_OFFLOAD, IPSEC_FINDING_REPLAY_OLD);
    line l;

    open_line(&l, "HMAC_SHA1_96", "no", false);
    send_run(&l, 1, 100);
    give(&l, datagram(&l, NUMBERS(101, 102, 50), 0), &replay, "one of them was seen");
    send_run(&l, 103, 110);
    give(&l, datagram(&l, NUMBERS(111, 112, 20), 0), &old, "one of them is old");
    send_run(&l, 113, 120);
    close_line(&l);
}

/* What does not verify before any packet of the SA has is taken for offload, and not examined; nor is a packet without
 * ICV, because nothing distinguishes it from a coalesced one. */
static void test_unverified(void)
{
    static const char *const integrity[] = {"HMAC_SHA1_96", "NONE"};

    for (unsigned i = 0; i < G_N_ELEMENTS(integrity); i++) {
        ipsec_report report;
        line l;

        open_line(&l, integrity[i], "no", true);
        report = give(&l, datagram(&l, NUMBERS(1, 2), 3), &offload, integrity[i]);
        g_assert_true(report.opened.valid);
        g_assert_cmpint(report.opened.icv_status, ==, IPSEC_ICV_UNVERIFIED);
        g_assert_cmpint(report.opened.unverified, ==, IPSEC_UNVERIFIED_NOT_WHOLE);
        g_assert_false(report.opened.has_trailer);
        g_assert_null(report.opened.plaintext);
        close_line(&l);
    }
}

/* Without a key nobody knows how many numbers the datagram has: up to 64, including its own. */
static void test_without_key(void)
{
    const uint32_t window = 128;

    for (uint32_t most = 64; most <= 65; most++) {
        const expectation plausible = NO_FINDINGS(PLAUSIBLE), gap = FINDINGS(PLAUSIBLE, IPSEC_FINDING_SEQ_GAP);
        ipsec_config config = ipsec_config_default();
        line l = {.spec = null_row("HMAC_SHA1_96", "no", "any")};
        const uint32_t next = 21 + most;

        config.replay_window = window;
        config.null_heuristic = false;
        l.db = ipsec_db_new(&config);
        for (uint32_t number = 1; number <= 20; number++)
            give(&l, packet(&l, number), &plausible, "in order");
        give(&l, datagram(&l, NUMBERS(21, 22), 0), &offload, "how many are these?");
        for (uint32_t number = next; number < next + 2 * window; number++)
            give(&l, packet(&l, number), most > 64 && number == 22 + window ? &gap : &plausible, "in order again");
        g_assert_cmpuint(lost(&l), ==, most > 64 ? 64 : 0);
        close_line(&l);
    }
}

/* Numbers that restart again, with a repeated packet of the SA inside. */
static void test_part_behind_a_restart(void)
{
    line l;

    open_line(&l, "HMAC_SHA1_96", "no", false);
    for (uint32_t number = 5000; number < 5020; number += 2)
        give(&l, datagram(&l, NUMBERS(number, number + 1), 3), &offload, "noise");
    for (uint32_t number = 1; number < 5; number++) {
        ipsec_view view = datagram(&l, NUMBERS(number, number + 20), number < 4 ? 3 : 1);
        ipsec_record record;
        ipsec_report report;

        view.frame = ++l.frame;
        ipsec_judge(l.db, &view, &record, &report);
        g_assert_cmpint(report.verdict, !=, IPSEC_VERDICT_VERIFIED);
        g_assert_cmpint(ipsec_findings_have(&report.findings, IPSEC_FINDING_SEQ_RESTART), ==, number == 4);
    }
    close_line(&l);
}

/* If the SA has rows from several times, the parts show to which they belong, possibly to none. */
static void test_parts_of_another_row(void)
{
    const expectation wrong = FINDINGS(DROP, IPSEC_FINDING_ESP_ICV);
    line l, other;

    open_line(&l, "HMAC_SHA1_96", "no", false);
    other = (line){.spec = l.spec};
    for (unsigned i = 0; i < 2; i++) {
        other.spec.integrity_key[0] ^= (uint8_t)(1 + i);
        ipsec_db_add(l.db, &other.spec);
    }
    send_run(&l, 1, 5);
    give(&l, datagram(&other, NUMBERS(1, 2, 3), 0), &offload, "of the last row");
    give(&l, packet(&other, 4), &verified, "the SA is at that row");
    give(&l, datagram(&other, NUMBERS(5, 6, 7), 7), &wrong, "of no row");
    give(&l, packet(&other, 8), &verified, "and stays there");
    close_line(&l);
}

/* A part is at least as long as the shortest ESP packet, at most as long as IP can carry, and captured completely. */
static void test_what_may_be_a_packet(void)
{
    static const struct {
        uint32_t length, captured;
        bool taken;
    } cases[] = {{IPSEC_ESP_FLOOR, IPSEC_ESP_FLOOR, true},
                 {IPSEC_ESP_FLOOR - 1, IPSEC_ESP_FLOOR - 1, false},
                 {65535, 65535, true},
                 {65536, 65536, false},
                 {1000, 999, false}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_findings findings;
        ipsec_view view = {.length = cases[i].length, .captured = cases[i].captured, .flags = IPSEC_VIEW_OFFLOAD},
                   plain;

        ipsec_findings_begin(&findings, false);
        ipsec_findings_add(&findings, IPSEC_FINDING_CAPTURE_OFFLOAD, 0, 0);
        g_assert_cmpint(ipsec_looks_like_offload(&view, &(ipsec_open_report){.findings = &findings}, &plain), ==,
                        cases[i].taken);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    gcry_check_version(NULL);
    g_test_add_func("/coalesced/numbers", test_numbers_of_parts);
    g_test_add_func("/coalesced/many", test_many_parts);
    g_test_add_func("/coalesced/replay", test_replay_among_parts);
    g_test_add_func("/coalesced/unverified", test_unverified);
    g_test_add_func("/coalesced/without-key", test_without_key);
    g_test_add_func("/coalesced/restart", test_part_behind_a_restart);
    g_test_add_func("/coalesced/another-row", test_parts_of_another_row);
    g_test_add_func("/coalesced/what-may-be-a-packet", test_what_may_be_a_packet);
    return g_test_run();
}
