/* Sequence numbers: which are believed, and how each stack's window judges them. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#include "guard.h"
#include "sa/opened.h"
#include "packets.h"
#include "sa/sequence.h"
#include "sa/stack_windows.h"

#define EPOCH       (UINT64_C(1) << 32)
#define STACK(name) (1u << IPSEC_STACK_##name)

/* What the ICV of a packet says about its number. */
typedef enum {
    UNKNOWN,
    GENUINE,
    FORGED,
    UNPROVEN,
    GENUINE_ESN
} proof;

/* One SA whose packets a receiver accepts or not, without their octets. */
typedef struct stream {
    ipsec_config config;
    ipsec_sequencer sequencer;
    ipsec_sa *sa;
    uint32_t frame;
    uint32_t length;     /* octets of a packet */
    ipsec_ruling ruling; /* of the last packet; likewise the next two */
    ipsec_note note;
    ipsec_report report;
} stream;

static void open_stream(stream *s, ipsec_stack receiver, uint32_t window)
{
    ipsec_view view = esp_view(4, 0x1000, 1, 84);
    ipsec_note note = {0};

    *s = (stream){.config = ipsec_config_default(), .length = 84};
    s->config.receiver = receiver;
    s->config.replay_window = window;
    s->sequencer =
        (ipsec_sequencer){.config = &s->config, .sas = ipsec_sa_table_new(0, NULL), .recents = ipsec_recents_new(NULL)};
    s->sa = ipsec_sa_get(s->sequencer.sas, &view, 0x1000, &note);
}

static void close_stream(stream *s)
{
    ipsec_sa_table_free(s->sequencer.sas);
    ipsec_recents_free(s->sequencer.recents);
    guard_free_all();
}

/* Judges a number, and moves the window as ipsec_judge() does if nothing else is wrong with the packet. */
static void send(stream *s, uint64_t number, proof proven)
{
    ipsec_view view = esp_view(4, 0x1000, (uint32_t)number, s->length);

    view.frame = ++s->frame;
    s->note = (ipsec_note){0};
    s->report = (ipsec_report){.header = {.sequence = (uint32_t)number}};
    s->ruling = (ipsec_ruling){.sa = s->sa->index, .sequence = (uint32_t)number};
    s->ruling.has_row = proven != UNKNOWN && proven != UNPROVEN;
    s->ruling.icv = proven == FORGED ? IPSEC_ICV_BAD : IPSEC_ICV_GOOD;
    s->ruling.esn = proven == GENUINE_ESN;
    s->ruling.high = proven == GENUINE_ESN ? (uint32_t)(number >> 32) : 0;
    s->ruling.standing = (uint32_t[]){[UNKNOWN] = IPSEC_BELIEVED,
                                      [GENUINE] = IPSEC_VERIFIED,
                                      [FORGED] = IPSEC_FORGED,
                                      [UNPROVEN] = IPSEC_UNPROVEN,
                                      [GENUINE_ESN] = IPSEC_VERIFIED}[proven];
    if (proven == GENUINE || proven == GENUINE_ESN) {
        s->sa->keys.icv_good = true;
        s->sa->numbers.esn = proven == GENUINE ? IPSEC_ESN_NO : IPSEC_ESN_YES;
    }
    if (ipsec_sequence_place(&s->sequencer, &view, s->sa, &s->ruling, &s->note, &s->report.findings)) {
        ipsec_sequence_report_next(ipsec_sequence_rule_next(s->sa, &s->ruling), &s->report.number);
        ipsec_sequence_step(&s->sequencer, s->sa, &s->note);
        guard_free_all();
        return;
    }
    if (ipsec_is_genuine(&s->ruling) && (!ipsec_note_is_not_new(&s->note) || s->sa->numbers.window.size == 0))
        ipsec_sequence_commit(&s->sequencer, s->sa, &s->ruling, &s->note);
    ipsec_sequence_report(&s->ruling, &s->note, &s->report.number);
    guard_free_all();
}

static void send_run(stream *s, uint64_t first, uint64_t last, proof proven)
{
    for (uint64_t number = first; number <= last; number++)
        send(s, number, proven);
}

/* Checks that the last packet has these findings and no others. */
static void expect_found(const stream *s, const ipsec_finding_id *ids, size_t count)
{
    ipsec_finding_set wanted = IPSEC_FINDING_SET_EMPTY;

    for (size_t i = 0; i < count; i++)
        ipsec_finding_set_add(&wanted, ids[i]);
    for (unsigned i = 0; i < IPSEC_FINDING_WORDS; i++)
        g_assert_cmphex(s->note.found.words[i], ==, wanted.words[i]);
}

#define FOUND(...)                                                                                                     \
    (const ipsec_finding_id[]){__VA_ARGS__}, sizeof((ipsec_finding_id[]){__VA_ARGS__}) / sizeof(ipsec_finding_id)
#define FOUND_NOTHING NULL, 0

/* --- which numbers are believed */

/* A first packet that is far from all later ones may have been forged. */
static void test_first_is_doubted(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, IPSEC_REPLAY_WINDOW_UNKNOWN);
    send(&s, 0x90000000, UNKNOWN);
    send(&s, 1000, UNKNOWN);
    expect_found(&s, FOUND_NOTHING);
    send(&s, 1001, UNKNOWN);
    expect_found(&s, FOUND_NOTHING);
    close_stream(&s);
}

/* A number is believed because of its packet alone if it is no farther from the last one than the smallest window.
 */
static void test_how_far_one_is_believed(void)
{
    for (uint32_t beyond = 0; beyond <= 1; beyond++) {
        stream s;
        uint32_t reach;

        open_stream(&s, IPSEC_STACK_RFC, IPSEC_REPLAY_WINDOW_UNKNOWN);
        send_run(&s, 1, 100, UNKNOWN);
        reach = ipsec_sa_reach(&s.config, s.sa);
        g_assert_cmpuint(reach, ==, 32);
        send(&s, 100 + reach + beyond, UNKNOWN);
        g_assert_cmpuint(s.sa->numbers.window.top, ==, beyond ? 100 : 132);
        close_stream(&s);
    }
}

/* Once a run far ahead is believed, all of its packets count as received, however far apart they are. */
static void test_run_far_ahead_came(void)
{
    static const uint64_t run[] = {1000000, 1000200, 1000400, 1000403};
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, 4096);
    send_run(&s, 1, 5, UNKNOWN);
    send(&s, run[0], UNKNOWN);
    send(&s, run[1], UNKNOWN);
    g_assert_cmpuint(s.sa->numbers.window.top, ==, 5);
    for (unsigned i = 2; i < G_N_ELEMENTS(run); i++)
        send(&s, run[i], UNKNOWN);
    g_assert_cmpuint(s.sa->numbers.window.top, ==, 1000403);
    for (unsigned i = 0; i < G_N_ELEMENTS(run); i++) {
        g_assert_true(ipsec_window_has(&s.sa->numbers.window, run[i]));
        g_assert_false(ipsec_window_has(&s.sa->numbers.window, run[i] - 1));
    }
    close_stream(&s);
}

/* A receiver that accepted the packet far ahead has seen it when it comes again; but it is not certain that it was
 * accepted. */
static void test_copy_far_ahead(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, IPSEC_REPLAY_WINDOW_UNKNOWN);
    send_run(&s, 1, 5, UNKNOWN);
    send(&s, 1000000, UNKNOWN);
    expect_found(&s, FOUND_NOTHING);
    send(&s, 1000000, UNKNOWN);
    expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_DUPLICATE));
    g_assert_true(s.note.facts & IPSEC_NOTE_DOUBTFUL);
    g_assert_true(s.note.facts & IPSEC_NOTE_REPEATED);
    g_assert_cmpuint(s.report.number.first_seen, ==, 6);
    s.length = 88; /* another packet */
    send(&s, 1000000, UNKNOWN);
    expect_found(&s, FOUND_NOTHING);
    close_stream(&s);
}

/* One number far ahead does not make later ones old, nor do two; three in a row are a sender that continued there. */
static void test_jump_waits_for_a_second(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, IPSEC_REPLAY_WINDOW_UNKNOWN);
    send_run(&s, 1, 10, UNKNOWN);
    send(&s, 0x40000000, UNKNOWN);
    expect_found(&s, FOUND(IPSEC_FINDING_SEQ_JUMP));
    send(&s, 11, UNKNOWN);
    expect_found(&s, FOUND_NOTHING);
    send_run(&s, 0x40000001, 0x40000002, UNKNOWN);
    send(&s, 12, UNKNOWN);
    expect_found(&s, FOUND_NOTHING);
    send_run(&s, 0x40000003, 0x40000005, UNKNOWN);
    expect_found(&s, FOUND(IPSEC_FINDING_SEQ_GAP, IPSEC_FINDING_SEQ_JUMP));
    send(&s, 13, UNKNOWN);
    expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_OLD));
    close_stream(&s);
}

/* Nor does it if the addresses of the packets are not known. */
static void test_jump_without_addresses(void)
{
    static const uint32_t numbers[] = {1, 2, 5000000, 3, 5000001, 5000002, 5000003, 4};
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    ipsec_report report;
    ipsec_record record;

    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
        ipsec_view view = esp_view(4, 0x1000, numbers[i], 84);

        view.frame = i + 1;
        view.source = view.destination = NULL;
        view.address_length = view.ip_version = 0;
        ipsec_judge(db, &view, &record, &report);
    }
    g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_REPLAY_OLD));
    ipsec_db_free(db);
    guard_free_all();
}

/* A verified number needs no second one; a forged one never changes any state. */
static void test_icv_decides(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, IPSEC_REPLAY_WINDOW_UNKNOWN);
    send_run(&s, 1, 10, GENUINE);
    send(&s, 0x40000000, FORGED);
    send(&s, 0x40000001, FORGED);
    send(&s, 11, GENUINE);
    expect_found(&s, FOUND_NOTHING);
    send(&s, 0x40000000, GENUINE);
    expect_found(&s, FOUND(IPSEC_FINDING_SEQ_JUMP, IPSEC_FINDING_SEQ_GAP));
    send(&s, 12, GENUINE);
    expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_OLD));
    close_stream(&s);
}

/* No loss explains an advance of 2^28. */
static void test_how_far_a_jump_is(void)
{
    for (uint64_t less = 0; less <= 1; less++) {
        stream s;

        open_stream(&s, IPSEC_STACK_RFC, IPSEC_REPLAY_WINDOW_UNKNOWN);
        send_run(&s, 1, 10, GENUINE);
        send(&s, 10 + (1u << 28) - less, GENUINE);
        g_assert_cmpint(ipsec_note_has(&s.note, IPSEC_FINDING_SEQ_JUMP), ==, less == 0);
        close_stream(&s);
    }
}

/* The second packet may be 65,536 ahead of the first one; if it is farther ahead, the first one may have been forged.
 */
static void test_how_far_the_second_is(void)
{
    for (uint64_t more = 0; more <= 1; more++) {
        stream s;

        open_stream(&s, IPSEC_STACK_RFC, IPSEC_REPLAY_WINDOW_UNKNOWN);
        send(&s, 1000, UNKNOWN);
        send(&s, 1000 + 65536 + more, UNKNOWN);
        g_assert_cmpint(s.ruling.placed, ==, more == 0);
        close_stream(&s);
    }
}

/* Three packets make it certain that an unverified number is old, two do not. */
static void test_what_is_surely_old(void)
{
    for (uint64_t ahead = 2; ahead <= 3; ahead++) {
        stream s;

        open_stream(&s, IPSEC_STACK_RFC, IPSEC_REPLAY_WINDOW_UNKNOWN);
        send_run(&s, 1, 10, UNKNOWN);
        send(&s, 42, UNKNOWN);
        send_run(&s, 74, 73 + ahead, UNKNOWN);
        send(&s, 9 + ahead, UNKNOWN);
        g_assert_true(ipsec_note_has(&s.note, IPSEC_FINDING_REPLAY_OLD));
        g_assert_cmpint(!!(s.note.facts & IPSEC_NOTE_DOUBTFUL), ==, ahead == 2);
        close_stream(&s);
    }
}

/* After `packets` packets, other packets repeat the last numbers: the first of these that is reported as lacking
 * anti-replay. */
static unsigned count_conflicts(unsigned packets)
{
    unsigned conflicts = 0;
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, IPSEC_REPLAY_WINDOW_UNKNOWN);
    send_run(&s, 1, packets, UNKNOWN);
    s.length = 88;
    do {
        send(&s, packets - conflicts++, UNKNOWN);
        g_assert_true(ipsec_note_has(&s.note, IPSEC_FINDING_REPLAY_CONFLICT) !=
                      ipsec_note_has(&s.note, IPSEC_FINDING_SA_NO_REPLAY));
    } while (!ipsec_note_has(&s.note, IPSEC_FINDING_SA_NO_REPLAY));
    close_stream(&s);
    return conflicts;
}

/* At least eight, and more than every fourth packet. */
static void test_no_anti_replay(void)
{
    g_assert_cmpuint(count_conflicts(10), ==, 8);
    g_assert_cmpuint(count_conflicts(20), ==, 8);
    g_assert_cmpuint(count_conflicts(60), ==, 21);
}

/* --- counters that restart */

/* The receiver refuses them all; the restart is reported once, and later packets are judged by the new numbers. */
static void test_restart(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, IPSEC_REPLAY_WINDOW_UNKNOWN);
    send_run(&s, 5000, 5100, UNKNOWN);
    send_run(&s, 1, 3, UNKNOWN);
    expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_OLD));
    send(&s, 4, UNKNOWN);
    expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_OLD, IPSEC_FINDING_SEQ_RESTART));
    send_run(&s, 5, 50, UNKNOWN);
    expect_found(&s, FOUND_NOTHING);
    close_stream(&s);
}

/* If the ICVs are right, the window stays where it is: the receiver continues to refuse. */
static void test_verified_restart(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, 64);
    send_run(&s, 5000, 5100, GENUINE);
    send_run(&s, 1, 4, GENUINE);
    expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_OLD, IPSEC_FINDING_SEQ_RESTART));
    send_run(&s, 5, 50, GENUINE);
    expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_OLD));
    close_stream(&s);
}

/* With ESN too: the receiver takes the numbers for those of the next epoch, for which the ICVs are wrong. The high half
 * of the new ones is 0, whatever that of the old ones was. */
static void test_restart_with_esn(void)
{
    for (uint64_t high = 0; high <= 3; high += 3) {
        stream s;

        open_stream(&s, IPSEC_STACK_RFC, 64);
        send_run(&s, high * EPOCH + 5000, high * EPOCH + 5100, GENUINE_ESN);
        send_run(&s, 1, 3, GENUINE_ESN);
        expect_found(&s, FOUND(IPSEC_FINDING_ESN_WRONG_HIGH));
        g_assert_cmpuint(s.note.window, ==, 64);
        send(&s, 4, GENUINE_ESN);
        expect_found(&s, FOUND(IPSEC_FINDING_ESN_WRONG_HIGH, IPSEC_FINDING_SEQ_RESTART));
        g_assert_cmpuint(s.note.window, ==, 0);
        send_run(&s, 5, 300, GENUINE_ESN);
        expect_found(&s, FOUND(IPSEC_FINDING_ESN_WRONG_HIGH));
        g_assert_cmpuint(s.note.window, ==, 0); /* a larger window would not help */
        close_stream(&s);
    }
}

/* A high half that is one too high is not a restart, and at the end of an epoch the counter does not wrap. */
static void test_no_restart_with_esn(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, 64);
    send_run(&s, 5000, 5100, GENUINE_ESN);
    for (uint64_t number = 5000 - 20; number < 5000; number++) {
        const ipsec_window before = s.sa->numbers.window;

        send(&s, 2 * EPOCH + number, GENUINE_ESN);
        g_assert_true(ipsec_note_has(&s.note, IPSEC_FINDING_ESN_WRONG_HIGH));
        g_assert_false(ipsec_note_has(&s.note, IPSEC_FINDING_SEQ_RESTART));
        g_assert_cmpuint(s.sa->numbers.window.top, ==, before.top);
    }
    close_stream(&s);

    open_stream(&s, IPSEC_STACK_RFC, 64);
    send_run(&s, 0xfffffff0, 0xffffffff, GENUINE_ESN);
    send_run(&s, 1, 3, GENUINE_ESN);
    expect_found(&s, FOUND(IPSEC_FINDING_ESN_WRONG_HIGH));
    send(&s, 4, GENUINE_ESN);
    expect_found(&s, FOUND(IPSEC_FINDING_ESN_WRONG_HIGH, IPSEC_FINDING_SEQ_RESTART));
    close_stream(&s);
}

/* The advice on a late straggler of a long run that was not a restart names the window that it needs. */
static void test_long_run_that_is_late(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, 64);
    send_run(&s, 5000, 5100, GENUINE);
    send(&s, 6000, GENUINE);
    send_run(&s, 5101, 5101 + 300, GENUINE);
    expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_OLD));
    g_assert_cmpuint(s.note.window, ==, 64);
    close_stream(&s);
}

/* Whether the last of these numbers, after a flow that is far ahead, is reported as a restart. */
static bool begins_anew(const uint64_t *numbers, unsigned count)
{
    stream s;
    bool found;

    open_stream(&s, IPSEC_STACK_RFC, 64);
    send_run(&s, 100000, 100100, GENUINE);
    for (unsigned i = 0; i < count; i++) {
        send(&s, numbers[i], GENUINE);
        found = ipsec_note_has(&s.note, IPSEC_FINDING_SEQ_RESTART);
        g_assert_true(i == count - 1 || !found);
    }
    close_stream(&s);
    return found;
}

/* Four in a row, each at most 64 above the previous one, and the last one at most 128. */
static void test_restart_at_the_start(void)
{
    g_assert_true(begins_anew((const uint64_t[]){1, 65, 66, 128}, 4));
    g_assert_false(begins_anew((const uint64_t[]){1, 66, 67, 128}, 4));
    g_assert_false(begins_anew((const uint64_t[]){1, 65, 66, 129}, 4));
    g_assert_false(begins_anew((const uint64_t[]){1, 2, 3}, 3));
}

/* Sixteen in a row anywhere, the last of them more than 1,024 below the highest. */
static void test_restart_far_behind(void)
{
    uint64_t numbers[16];

    for (unsigned behind = 1024; behind <= 1025; behind++) {
        for (unsigned i = 0; i < 16; i++)
            numbers[i] = 100100 - behind - 15 + i;
        g_assert_cmpint(begins_anew(numbers, 16), ==, behind > 1024);
        g_assert_false(begins_anew(numbers, 15));
    }
}

/* Packets held back in a queue come late and in order, but not as late as this. */
static void test_late_burst_is_no_restart(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, 64);
    send_run(&s, 5000, 5100, UNKNOWN);
    send_run(&s, 5121, 5900, UNKNOWN);
    for (uint64_t number = 5101; number <= 5120; number++) {
        send(&s, number, UNKNOWN);
        expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_OLD));
    }
    close_stream(&s);
}

/* Near the start, other packets with the same numbers show that it is not a restart. */
static void test_late_burst_at_the_start(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, 64);
    send_run(&s, 9, 100, UNKNOWN);
    for (uint64_t number = 1; number <= 8; number++) {
        send(&s, number, UNKNOWN);
        expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_OLD));
    }
    send(&s, 101, UNKNOWN);
    expect_found(&s, FOUND_NOTHING);
    close_stream(&s);

    open_stream(&s, IPSEC_STACK_RFC, 64);
    send_run(&s, 1, 400, UNKNOWN);
    s.length = 88;
    send_run(&s, 1, 3, UNKNOWN);
    expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_OLD));
    send(&s, 4, UNKNOWN);
    expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_OLD, IPSEC_FINDING_SEQ_RESTART));
    close_stream(&s);
}

/* A restart may begin with any number. */
static void test_restart_anywhere(void)
{
    for (uint64_t from = 100; from < 3000; from += 97) {
        stream s;

        open_stream(&s, IPSEC_STACK_RFC, 64);
        send_run(&s, 1000000, 1000010, UNKNOWN);
        send_run(&s, from, from + 16, UNKNOWN);
        send(&s, from + 17, UNKNOWN);
        expect_found(&s, FOUND_NOTHING);
        close_stream(&s);
    }
}

/* A capture that is replayed is not a sender that restarts. */
static void test_copies_are_no_restart(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, 64);
    send_run(&s, 1, 3000, UNKNOWN);
    for (uint64_t number = 1; number <= 3000; number++) {
        send(&s, number, UNKNOWN);
        g_assert_cmpuint(s.note.first_seen, ==, number);
        expect_found(&s, FOUND(number > 3000 - 64 ? IPSEC_FINDING_REPLAY_DUPLICATE : IPSEC_FINDING_REPLAY_OLD));
    }
    send(&s, 3001, UNKNOWN);
    expect_found(&s, FOUND_NOTHING);
    close_stream(&s);
}

/* If there are several senders, each has its own numbers, and none of them restarts. */
static void test_senders_are_no_restart(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, IPSEC_REPLAY_WINDOW_UNKNOWN);
    send_run(&s, 5001, 5100, UNKNOWN);
    s.sa->life.senders = s.sa->life.separate = true;
    for (uint64_t number = 1; number <= 200; number++) {
        send(&s, number, UNKNOWN);
        expect_found(&s, FOUND(IPSEC_FINDING_SA_SENDERS));
        g_assert_true(s.note.facts & IPSEC_NOTE_DOUBTFUL);
    }
    send(&s, 5101, UNKNOWN);
    expect_found(&s, FOUND_NOTHING);
    close_stream(&s);
}

/* --- the end of the counter */

/* The counter may only continue with ESN, or if ESN is unknown. */
static void test_end_of_the_counter(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, IPSEC_REPLAY_WINDOW_UNKNOWN);
    send_run(&s, 0xfffffff0, 0xffffffff, UNKNOWN);
    send(&s, 0, UNKNOWN);
    expect_found(&s, FOUND(IPSEC_FINDING_SEQ_WRAP));
    g_assert_cmpuint(s.report.number.value, ==, EPOCH);
    send(&s, 1, UNKNOWN);
    expect_found(&s, FOUND_NOTHING);
    close_stream(&s);

    open_stream(&s, IPSEC_STACK_RFC, 64);
    send_run(&s, 0xfffffff0, 0xffffffff, GENUINE);
    send(&s, 1, GENUINE);
    expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_OLD, IPSEC_FINDING_SEQ_WRAP));
    send(&s, 2, GENUINE);
    expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_OLD));
    close_stream(&s);

    open_stream(&s, IPSEC_STACK_RFC, 64);
    send_run(&s, 0xfffffff0, 0xffffffff, GENUINE_ESN);
    send_run(&s, EPOCH, EPOCH + 5, GENUINE_ESN);
    expect_found(&s, FOUND_NOTHING);
    send(&s, 0xfffffff0, UNKNOWN);
    g_assert_cmpuint(s.report.number.value, ==, 0xfffffff0);
    close_stream(&s);
}

/* --- the window of each stack */

/* Number 60 after 100: the windows of Linux and FreeBSD have 32 packets, the others more. */
static void test_windows_differ(void)
{
    ipsec_stacks narrow = 0, wide = 0;
    stream s;

    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        *(ipsec_stack_replays[stack].window < 41 ? &narrow : &wide) |= ipsec_stack_bit((ipsec_stack)stack);
    g_assert_true(narrow & STACK(LINUX) && wide & STACK(RFC));
    open_stream(&s, IPSEC_STACK_RFC, IPSEC_REPLAY_WINDOW_UNKNOWN);
    send_run(&s, 1, 59, GENUINE);
    send_run(&s, 61, 100, GENUINE);
    send(&s, 60, GENUINE);
    expect_found(&s, FOUND(IPSEC_FINDING_SEQ_REORDER));
    g_assert_cmphex(s.note.old_by, ==, narrow);
    send(&s, 60, GENUINE);
    g_assert_cmphex(s.note.old_by, ==, narrow);
    g_assert_cmphex(s.note.seen_by, ==, wide);
    close_stream(&s);
}

/* The same with ESN: a number left of the window is taken as one of the next epoch, for which the ICV is wrong. */
static void test_windows_differ_with_esn(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_LINUX, IPSEC_REPLAY_WINDOW_UNKNOWN);
    send_run(&s, EPOCH + 5000, EPOCH + 5059, GENUINE_ESN);
    send_run(&s, EPOCH + 5061, EPOCH + 5100, GENUINE_ESN);
    send(&s, EPOCH + 5060, GENUINE_ESN);
    expect_found(&s, FOUND(IPSEC_FINDING_ESN_WRONG_HIGH));
    g_assert_cmphex(s.note.wrong_by, ==, STACK(LINUX) | STACK(FREEBSD));
    close_stream(&s);
}

/* An SA that has ESN according to its row shows the same if nothing can be verified, as in a cut capture: for a single
 * packet left of the window, but not for a run. */
static void test_esn_without_icv(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, 64);
    s.sa->numbers.esn = IPSEC_ESN_YES;
    send_run(&s, 5000, 5100, UNKNOWN);
    send(&s, 5030, UNKNOWN);
    expect_found(&s, FOUND(IPSEC_FINDING_ESN_WRONG_HIGH));
    g_assert_false(s.note.facts & IPSEC_NOTE_DOUBTFUL);
    send(&s, 5037, UNKNOWN);
    expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_DUPLICATE));
    send_run(&s, 1, 3, UNKNOWN);
    expect_found(&s, FOUND(IPSEC_FINDING_ESN_WRONG_HIGH));
    send(&s, 4, UNKNOWN);
    expect_found(&s, FOUND(IPSEC_FINDING_ESN_WRONG_HIGH, IPSEC_FINDING_SEQ_RESTART));
    send_run(&s, 5, 50, UNKNOWN);
    expect_found(&s, FOUND_NOTHING);
    close_stream(&s);
}

/* If others verify, it may also belong to the next epoch; and a packet with a wrong ICV is neither. */
static void test_esn_unproven(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, 64);
    send_run(&s, 5000, 5100, GENUINE_ESN);
    send(&s, 5030, UNPROVEN);
    expect_found(&s, FOUND(IPSEC_FINDING_ESN_WRONG_HIGH));
    g_assert_true(s.note.facts & IPSEC_NOTE_DOUBTFUL);
    send(&s, 5030, FORGED);
    g_assert_false(ipsec_note_has(&s.note, IPSEC_FINDING_ESN_WRONG_HIGH));
    close_stream(&s);
}

/* --- losses */

/* Losses are reported once for each run of them, and counted. */
static void test_losses(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, 32);
    send_run(&s, 1, 10, UNKNOWN);
    send_run(&s, 21, 41, UNKNOWN);
    expect_found(&s, FOUND_NOTHING);
    send(&s, 42, UNKNOWN);
    g_assert_cmpuint(ipsec_sa_summary_at(s.sequencer.sas, 0)->lost, ==, 0);
    send(&s, 43, UNKNOWN);
    expect_found(&s, FOUND(IPSEC_FINDING_SEQ_GAP));
    send_run(&s, 44, 52, UNKNOWN);
    expect_found(&s, FOUND_NOTHING);
    g_assert_cmpuint(ipsec_sa_summary_at(s.sequencer.sas, 0)->lost, ==, 10);
    send_run(&s, 53, 200, UNKNOWN);
    g_assert_cmpuint(ipsec_sa_summary_at(s.sequencer.sas, 0)->lost, ==, 10);
    send_run(&s, 300, 301, UNKNOWN);
    expect_found(&s, FOUND_NOTHING);
    send(&s, 302, UNKNOWN); /* the second one that continues from there */
    expect_found(&s, FOUND(IPSEC_FINDING_SEQ_GAP));
    g_assert_cmpuint(ipsec_sa_summary_at(s.sequencer.sas, 0)->lost, ==,
                     10 + 70); /* up to 302 - 32; the others may still come */
    close_stream(&s);
}

/* --- what is reported */

/* The highest number before is reported however far away it is. */
static void test_highest(void)
{
    static const uint64_t befores[] = {1, EPOCH - 1, EPOCH, 3 * EPOCH + 7};
    static const uint64_t numbers[] = {2, EPOCH / 2, EPOCH - 5, 2 * EPOCH, 9 * EPOCH};

    for (unsigned i = 0; i < G_N_ELEMENTS(befores); i++)
        for (unsigned j = 0; j < G_N_ELEMENTS(numbers); j++) {
            stream s;

            open_stream(&s, IPSEC_STACK_RFC, 64);
            send(&s, befores[i], GENUINE_ESN);
            send(&s, numbers[j], GENUINE_ESN);
            g_assert_true(s.report.number.has_highest);
            g_assert_cmpuint(s.report.number.value, ==, numbers[j]);
            g_assert_cmpuint(s.report.number.highest, ==, befores[i]);
            close_stream(&s);
        }
}

/* Later packets name the first one, not each other. */
static void test_first_of_several(void)
{
    stream s;

    open_stream(&s, IPSEC_STACK_RFC, 64);
    send_run(&s, 1, 10, UNKNOWN);
    for (unsigned i = 0; i < 3; i++) {
        send(&s, 7, UNKNOWN);
        expect_found(&s, FOUND(IPSEC_FINDING_REPLAY_DUPLICATE));
        g_assert_cmpuint(s.note.first_seen, ==, 7);
    }
    close_stream(&s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/numbers/how-far-one-is-believed", test_how_far_one_is_believed);
    g_test_add_func("/numbers/copy-far-ahead", test_copy_far_ahead);
    g_test_add_func("/numbers/run-far-ahead-came", test_run_far_ahead_came);
    g_test_add_func("/numbers/believed/first", test_first_is_doubted);
    g_test_add_func("/numbers/believed/jump", test_jump_waits_for_a_second);
    g_test_add_func("/numbers/believed/no-addresses", test_jump_without_addresses);
    g_test_add_func("/numbers/believed/icv", test_icv_decides);
    g_test_add_func("/numbers/believed/how-far-a-jump", test_how_far_a_jump_is);
    g_test_add_func("/numbers/believed/how-far-the-second", test_how_far_the_second_is);
    g_test_add_func("/numbers/believed/surely-old", test_what_is_surely_old);
    g_test_add_func("/numbers/no-anti-replay", test_no_anti_replay);
    g_test_add_func("/numbers/anew/restart", test_restart);
    g_test_add_func("/numbers/anew/verified", test_verified_restart);
    g_test_add_func("/numbers/anew/esn", test_restart_with_esn);
    g_test_add_func("/numbers/anew/esn-none", test_no_restart_with_esn);
    g_test_add_func("/numbers/anew/long-run", test_long_run_that_is_late);
    g_test_add_func("/numbers/anew/at-the-start", test_restart_at_the_start);
    g_test_add_func("/numbers/anew/far-behind", test_restart_far_behind);
    g_test_add_func("/numbers/anew/late-burst", test_late_burst_is_no_restart);
    g_test_add_func("/numbers/anew/late-burst-at-the-start", test_late_burst_at_the_start);
    g_test_add_func("/numbers/anew/anywhere", test_restart_anywhere);
    g_test_add_func("/numbers/anew/copies", test_copies_are_no_restart);
    g_test_add_func("/numbers/anew/senders", test_senders_are_no_restart);
    g_test_add_func("/numbers/end", test_end_of_the_counter);
    g_test_add_func("/numbers/windows/differ", test_windows_differ);
    g_test_add_func("/numbers/windows/esn", test_windows_differ_with_esn);
    g_test_add_func("/numbers/windows/esn-without-icv", test_esn_without_icv);
    g_test_add_func("/numbers/windows/esn-unproven", test_esn_unproven);
    g_test_add_func("/numbers/losses", test_losses);
    g_test_add_func("/numbers/highest", test_highest);
    g_test_add_func("/numbers/first", test_first_of_several);
    return g_test_run();
}
