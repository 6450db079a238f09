/* What each stack reports: the first of its own checks that fails. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packet/inner.h"
#include "packets.h"
#include "packet/find.h"

#include <string.h>

/* Each stack has seen the number. */
#define SEEN                                                                                                           \
    {                                                                                                                  \
        .seen_by = IPSEC_STACKS_ALL, .wrong_by = IPSEC_STACKS_ALL                                                      \
    }
static const ipsec_report carriers[] = {
    {.header = {.protocol = IPSEC_PROTOCOL_ESP}, .number = SEEN},
    {.header = {.protocol = IPSEC_PROTOCOL_AH}, .number = SEEN},
    {.header = {.protocol = IPSEC_PROTOCOL_ESP, .encapsulation = IPSEC_ENCAPSULATION_UDP}, .number = SEEN},
};

static const char *text_at(ipsec_stack stack, const ipsec_report *report)
{
    const ipsec_outcome *outcome = ipsec_outcome_at(stack, report);

    return outcome ? outcome->counter : NULL;
}

static const char *log_at(ipsec_stack stack, const ipsec_report *report)
{
    const ipsec_outcome *outcome = ipsec_outcome_at(stack, report);

    return outcome ? outcome->log : NULL;
}

static void test_order(void)
{
    const expectation both = FINDINGS(DROP, IPSEC_FINDING_ESP_NO_PAYLOAD, IPSEC_FINDING_SEQ_ZERO);
    const ipsec_view view = esp_view(4, 0x1000, 0, 8);
    const ipsec_report report = expect(NULL, &view, &both, "short, sequence 0");

    g_assert_cmpstr(text_at(IPSEC_STACK_WINDOWS, &report), ==, "13914");
    g_assert_cmpstr(text_at(IPSEC_STACK_LINUX, &report), ==, "XfrmInStateSeqError");
    g_assert_cmpstr(text_at(IPSEC_STACK_FREEBSD, &report), ==, "esps_badilen");
    g_assert_cmpstr(text_at(IPSEC_STACK_OPENBSD, &report), ==, "esps_badilen");
    g_assert_cmpstr(text_at(IPSEC_STACK_VPP, &report), ==, "replay");
    g_assert_cmpstr(text_at(IPSEC_STACK_STRONGSWAN, &report), ==, "PARSE_ERROR");
    g_assert_null(ipsec_outcome_at(IPSEC_STACK_RFC, &report));
    guard_free_all();
}

/* The BSDs test the replay of AH before its length; libipsec has no AH. */
static void test_ah_differs_from_esp(void)
{
    const expectation both = FINDINGS(DROP, IPSEC_FINDING_AH_ICV_LENGTH, IPSEC_FINDING_SEQ_ZERO);
    const ipsec_view view = ah_view(4, 6, 2, 0x1000, 0, 100);
    const ipsec_report report = expect(NULL, &view, &both, "AH, short ICV, sequence 0");

    g_assert_cmpstr(text_at(IPSEC_STACK_FREEBSD, &report), ==, "ahs_replay");
    g_assert_cmpstr(text_at(IPSEC_STACK_OPENBSD, &report), ==, "ahs_wrap");
    g_assert_null(text_at(IPSEC_STACK_STRONGSWAN, &report));
    guard_free_all();
}

/* In UDP, Linux drops packets that are shorter than the outer IP header before IPsec sees them. */
static void test_udp_differs_from_ip(void)
{
    const ipsec_view long_enough = esp_in_udp_view(4, 0x1000, 1, 20), too_short = esp_in_udp_view(4, 0x1000, 2, 16);
    const ipsec_view v6 = esp_in_udp_view(6, 0x1000, 1, 36);
    ipsec_report report;
    ipsec_record record;
    ipsec_db *db = ipsec_db_new(&(ipsec_config){.receiver = IPSEC_STACK_LINUX});

    ipsec_judge(db, &long_enough, &record, &report);
    g_assert_false(ipsec_findings_have(&report.findings, IPSEC_FINDING_NATT_BELOW_IP_HEADER));
    ipsec_judge(db, &too_short, &record, &report);
    report.confirmed = true;
    g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_ESP_BELOW_FLOOR));
    g_assert_null(text_at(IPSEC_STACK_LINUX, &report));
    g_assert_cmpstr(text_at(IPSEC_STACK_FREEBSD, &report), ==, "esps_badilen");
    ipsec_judge(db, &v6, &record, &report);
    report.confirmed = true;
    g_assert_cmpuint(ipsec_stacks_refusing(&report), ==, 1u << IPSEC_STACK_LINUX);
    ipsec_db_free(db);
    guard_free_all();
}

/* Nothing is claimed for packets that may not be IPsec at all. */
static void test_unconfirmed_reports_nothing(void)
{
    const expectation misaligned = FINDINGS(SUSPICIOUS, IPSEC_FINDING_ESP_ALIGNMENT);
    const ipsec_view view = esp_in_udp_view(4, 0x1000, 1, 85);
    const ipsec_report report = expect(NULL, &view, &misaligned, "unknown peers");

    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        g_assert_null(ipsec_outcome_at((ipsec_stack)stack, &report));
    guard_free_all();
}

/* --- strongSwan: rows that depend on the packet ------------------------------------------------------- */

/* A report with this one finding, which marks this many octets. */
static ipsec_report report_with(ipsec_finding_id id, uint32_t length)
{
    ipsec_report report = {.header = {.protocol = IPSEC_PROTOCOL_ESP, .encapsulation = IPSEC_ENCAPSULATION_UDP},
                           .findings = {.whole = true},
                           .confirmed = true};

    ipsec_findings_add(&report.findings, id, 0, length);
    return report;
}

static ipsec_decision decision_of(const ipsec_report *report)
{
    return (ipsec_decision)ipsec_receiver_row(IPSEC_STACK_STRONGSWAN, report,
                                              (ipsec_finding_id)report->findings.list[0].id)
        ->decision;
}

static void check_inside(ipsec_finding_id id, const uint8_t *plaintext, uint32_t length, ipsec_decision decision,
                         const char *text)
{
    ipsec_report report = report_with(id, 1);

    report.opened.valid = true;
    report.opened.plaintext = plaintext;
    report.opened.plaintext_length = length;
    report.opened.pad_length = plaintext[length - 2];
    report.opened.inside_parses =
        plaintext[length - 2] + 2u <= length && ipsec_inner_parses(plaintext, length - 2 - plaintext[length - 2]);
    g_assert_cmpint(decision_of(&report), ==, decision);
    g_assert_cmpstr(text_at(IPSEC_STACK_STRONGSWAN, &report), ==, text);
}

/* The content decides, not Next Header. */
static void test_strongswan_inside(void)
{
    static const uint8_t packet[24] = {0x45, [3] = 20, [9] = 47, [20] = 1, [21] = 2, [22] = 2};
    static const uint8_t noise[24] = {0x50, [3] = 20, [9] = 47, [20] = 1, [21] = 2, [22] = 2};
    static const char *unsupported = "PARSE_ERROR";
    static const ipsec_finding_id next_headers[] = {IPSEC_FINDING_ESP_DUMMY, IPSEC_FINDING_ESP_NEXT_HEADER,
                                                    IPSEC_FINDING_ESP_NEXT_HEADER_MODE};
    static const ipsec_finding_id packets[] = {IPSEC_FINDING_ESP_INNER_VERSION, IPSEC_FINDING_ESP_INNER_LENGTH,
                                               IPSEC_FINDING_ESP_INNER_TRUNCATED};

    for (unsigned i = 0; i < G_N_ELEMENTS(next_headers); i++) {
        check_inside(next_headers[i], packet, sizeof packet, IPSEC_DECISION_REFUSES, NULL);
        check_inside(next_headers[i], noise, sizeof noise, IPSEC_DECISION_REFUSES, unsupported);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(packets); i++) {
        check_inside(packets[i], packet, sizeof packet, IPSEC_DECISION_PASSES, NULL);
        check_inside(packets[i], noise, sizeof noise, IPSEC_DECISION_REFUSES, unsupported);
    }
}

/* Without plaintext it is not known whether it parses, whatever the mode of the SA, which libipsec ignores. */
static void test_strongswan_asks_for_no_mode(void)
{
    static const ipsec_key_row transport = {.mode = IPSEC_MODE_TRANSPORT};
    ipsec_report report = report_with(IPSEC_FINDING_ESP_INNER_VERSION, 1);

    report.opened.valid = true;
    report.opened.spec = report.opened.like = &transport;
    g_assert_cmpint(decision_of(&report), ==, IPSEC_DECISION_MAY_REFUSE);
    g_assert_cmpint(ipsec_receiver_row(IPSEC_STACK_WINDOWS, &report, IPSEC_FINDING_ESP_INNER_VERSION)->decision, ==,
                    IPSEC_DECISION_PASSES);
}

static void check_udp(ipsec_finding_id id, uint32_t length, const char *text)
{
    const ipsec_report report = report_with(id, length);

    g_assert_cmpint(decision_of(&report), ==, IPSEC_DECISION_REFUSES);
    g_assert_cmpstr(log_at(IPSEC_STACK_STRONGSWAN, &report), ==, text);
}

static void test_strongswan_udp(void)
{
    check_udp(IPSEC_FINDING_NATT_KEEPALIVE, 1, "received packet is too short");
    check_udp(IPSEC_FINDING_NATT_TRUNCATED, 2, "received packet is too short");
    check_udp(IPSEC_FINDING_NATT_KEEPALIVE, 5, "received invalid IKE header");
    check_udp(IPSEC_FINDING_NATT_ESP_TOO_SHORT, 7, "failed to parse ESP header: invalid length");
    check_udp(IPSEC_FINDING_NATT_ESP_TOO_SHORT, 8, "ESP decryption failed: invalid length");
}

static bool moves_window(ipsec_stack stack, ipsec_finding_id id)
{
    const ipsec_report report = report_with(id, 1);

    return ipsec_receiver_moves_window(stack, &report);
}

/* strongSwan moves its window directly after the ICV, Linux after the trailer. */
static void test_window_moves_before_the_trailer(void)
{
    ipsec_report report = report_with(IPSEC_FINDING_ESP_RUNT_FOR_SA, 33);

    g_assert_false(moves_window(IPSEC_STACK_STRONGSWAN, IPSEC_FINDING_ESP_ICV));
    g_assert_false(moves_window(IPSEC_STACK_STRONGSWAN, IPSEC_FINDING_ESP_BLOCK_ALIGNMENT));
    g_assert_true(moves_window(IPSEC_STACK_STRONGSWAN, IPSEC_FINDING_ESP_PAD_LENGTH));
    g_assert_true(moves_window(IPSEC_STACK_STRONGSWAN, IPSEC_FINDING_ESP_SELECTOR));
    g_assert_false(moves_window(IPSEC_STACK_LINUX, IPSEC_FINDING_ESP_PAD_LENGTH));
    g_assert_true(moves_window(IPSEC_STACK_LINUX, IPSEC_FINDING_ESP_NEXT_HEADER_MODE)); /* after the transform */

    g_assert_false(ipsec_receiver_moves_window(IPSEC_STACK_STRONGSWAN, &report));
    g_assert_cmpstr(log_at(IPSEC_STACK_STRONGSWAN, &report), ==, "ESP decryption failed: invalid length");
    report.opened.valid = report.opened.lacks_trailer = true;
    g_assert_true(ipsec_receiver_moves_window(IPSEC_STACK_STRONGSWAN, &report));
    g_assert_cmpstr(log_at(IPSEC_STACK_STRONGSWAN, &report), ==, "parsing ESP payload failed: invalid length");
}

static void test_windows_errors(void)
{
    const ipsec_windows_error *row;

    for (unsigned i = 0; i < IPSEC_WINDOWS_ERROR_COUNT; i++) {
        row = ipsec_windows_error_row(i);
        g_assert_cmpuint(row->error, ==, 13910 + i);
        g_assert_cmphex(row->status, ==, 0xC0360001 + i);
        g_assert_true(g_str_has_prefix(row->name, "ERROR_IPSEC_"));
        g_assert_cmpstr(row->name + strlen("ERROR_"), ==, row->status_name + strlen("STATUS_"));
    }
    g_assert_null(ipsec_windows_error_row(IPSEC_WINDOWS_ERROR_COUNT));
    g_assert_null(ipsec_windows_error_of(NULL));
    row = ipsec_windows_error_of(ipsec_receiver_row(IPSEC_STACK_WINDOWS, &carriers[0], IPSEC_FINDING_ESP_ALIGNMENT));
    g_assert_cmpstr(row->name, ==, "ERROR_IPSEC_INVALID_PACKET");
}

static unsigned event_of(const ipsec_report *report, ipsec_finding_id id)
{
    return ipsec_receiver_row(IPSEC_STACK_WINDOWS, report, id)->event;
}

/* The same error has another event if the number is too low to know whether it is a replay. */
static void test_windows_events(void)
{
    const ipsec_report old = {.header = {.protocol = IPSEC_PROTOCOL_ESP}, .number = {.old_by = IPSEC_STACKS_ALL}};

    g_assert_cmpuint(event_of(&carriers[0], IPSEC_FINDING_ESP_ICV), ==, 4960);
    g_assert_cmpuint(event_of(&carriers[0], IPSEC_FINDING_REPLAY_DUPLICATE), ==, 4961);
    g_assert_cmpuint(event_of(&carriers[1], IPSEC_FINDING_REPLAY_CONFLICT), ==, 4961);
    g_assert_cmpuint(event_of(&old, IPSEC_FINDING_REPLAY_OLD), ==, 4962);
    g_assert_cmpuint(event_of(&carriers[0], IPSEC_FINDING_ESP_SPI_UNKNOWN), ==, 4965);
    g_assert_cmpuint(event_of(&carriers[1], IPSEC_FINDING_AH_SPI_ZERO), ==, 4965);
    g_assert_cmpuint(event_of(&carriers[0], IPSEC_FINDING_ESP_ICV), ==, 4960);
    g_assert_cmpuint(event_of(&carriers[1], IPSEC_FINDING_AH_ICV), ==, 4960);
    g_assert_cmpuint(event_of(&carriers[0], IPSEC_FINDING_ESP_PAD_LENGTH), ==, 0);
    g_assert_cmpuint(event_of(&carriers[0], IPSEC_FINDING_SA_EXPIRED), ==, 0);
}

/* A finding is about one receiver's window; each stack reports according to its own window. */
static void test_own_window(void)
{
    static const ipsec_finding_id any[] = {IPSEC_FINDING_REPLAY_OLD, IPSEC_FINDING_REPLAY_DUPLICATE,
                                           IPSEC_FINDING_SEQ_REORDER, IPSEC_FINDING_SEQ_RESTART};
    ipsec_report report = {.header = {.protocol = IPSEC_PROTOCOL_ESP},
                           .number = {.old_by = 1u << IPSEC_STACK_LINUX, .seen_by = 1u << IPSEC_STACK_WINDOWS}};

    for (unsigned i = 0; i < G_N_ELEMENTS(any); i++) {
        g_assert_cmpuint(event_of(&report, any[i]), ==, 4961); /* seen */
        g_assert_cmpstr(ipsec_receiver_row(IPSEC_STACK_LINUX, &report, any[i])->counter, ==, "XfrmInStateSeqError");
        g_assert_cmpint(ipsec_receiver_row(IPSEC_STACK_VPP, &report, any[i])->decision, ==, IPSEC_DECISION_PASSES);
        g_assert_cmpint(ipsec_receiver_row(IPSEC_STACK_RFC, &report, any[i])->decision, ==, IPSEC_DECISION_PASSES);
    }
    /* With ESN, a number left of the window is taken for one of the next epoch, and its ICV fails. */
    report.number.wrong_by = report.number.old_by | 1u << IPSEC_STACK_WINDOWS;
    report.number.seen_by = 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(any); i++) {
        g_assert_cmpuint(event_of(&report, any[i]), ==, 4960);
        g_assert_cmpstr(ipsec_receiver_row(IPSEC_STACK_LINUX, &report, any[i])->counter, ==, "XfrmInStateProtoError");
    }
}

/* The findings for which Windows publishes an error; it publishes nothing about faults of structure. */
static bool windows_publishes(ipsec_finding_id id)
{
    return id == IPSEC_FINDING_ESP_ICV || id == IPSEC_FINDING_AH_ICV || id == IPSEC_FINDING_ESP_SPI_UNKNOWN ||
           id == IPSEC_FINDING_AH_SPI_UNKNOWN || id == IPSEC_FINDING_ESP_SELECTOR || id == IPSEC_FINDING_SA_EXPIRED ||
           id == IPSEC_FINDING_REPLAY_DUPLICATE || id == IPSEC_FINDING_REPLAY_CONFLICT ||
           id == IPSEC_FINDING_REPLAY_OLD || id == IPSEC_FINDING_SEQ_RESTART || id == IPSEC_FINDING_SEQ_REORDER ||
           id == IPSEC_FINDING_SEQ_WRAP;
}

static void check_row(ipsec_stack stack, const ipsec_outcome *row, ipsec_finding_id id)
{
    const ipsec_severity severity = ipsec_catalogue(id)->severity;
    /* Not faults: packets that are to be discarded, a peculiarity of Linux, or numbers that only windows smaller than
     * the receiver's refuse. */
    const bool fine =
        id == IPSEC_FINDING_ESP_DUMMY || id == IPSEC_FINDING_NATT_BELOW_IP_HEADER || id == IPSEC_FINDING_SEQ_REORDER;

    g_assert_true(!row->counter || row->decision != IPSEC_DECISION_PASSES);
    /* Whatever a stack certainly refuses deserves a warning. */
    if (row->decision == IPSEC_DECISION_REFUSES && !fine)
        g_assert_cmpint(severity, >=, IPSEC_SEVERITY_WARN);
    if (stack == IPSEC_STACK_WINDOWS && row->counter) {
        g_assert_true(row->inferred == !windows_publishes(id));
        g_assert_nonnull(ipsec_windows_error_of(row));
    }
    if (stack == IPSEC_STACK_LINUX && row->counter)
        g_assert_true(g_str_has_prefix(row->counter, "XfrmIn"));
}

/* What a receiver must discard according to the RFCs, if its window refuses the number. */
static bool must_refuse(ipsec_finding_id id)
{
    const ipsec_catalogue_row *row = ipsec_catalogue(id);

    return (row->severity == IPSEC_SEVERITY_ERROR && !row->is_neighbour && id != IPSEC_FINDING_IV_REUSE &&
            id != IPSEC_FINDING_STACK_REFUSES) ||
           id == IPSEC_FINDING_REPLAY_DUPLICATE || id == IPSEC_FINDING_REPLAY_CONFLICT ||
           id == IPSEC_FINDING_REPLAY_OLD || id == IPSEC_FINDING_SEQ_REORDER || id == IPSEC_FINDING_SEQ_RESTART;
}

static void check_finding(const ipsec_report *carrier, ipsec_finding_id id)
{
    ipsec_report report = *carrier;

    if (id == IPSEC_FINDING_ESN_WRONG_HIGH) {
        report.number.seen_by = 0;
        report.number.wrong_by = IPSEC_STACKS_ALL;
    }
    g_assert_cmpint(ipsec_receiver_decision(IPSEC_STACK_RFC, &report, id) == IPSEC_DECISION_REFUSES, ==,
                    must_refuse(id));
    for (unsigned stack = IPSEC_STACK_RFC + 1; stack < IPSEC_STACK_COUNT; stack++)
        check_row((ipsec_stack)stack, ipsec_receiver_row((ipsec_stack)stack, &report, id), id);
}

static void test_rows(void)
{
    for (unsigned carrier = 0; carrier < G_N_ELEMENTS(carriers); carrier++)
        for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++)
            check_finding(&carriers[carrier], (ipsec_finding_id)id);
}

/* The list of a stack's messages: each once, none without a finding. */
static void test_reports_are_listed_once(void)
{
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++) {
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        const char *text;

        for (unsigned i = 0; (text = ipsec_stack_message((ipsec_stack)stack, i)); i++) {
            unsigned findings = 0;

            g_assert_true(g_hash_table_add(seen, (gpointer)text));
            for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++)
                findings += ipsec_stack_says((ipsec_stack)stack, (ipsec_finding_id)id, text) != IPSEC_DECISION_PASSES;
            g_assert_cmpuint(findings, >, 0);
        }
        for (unsigned carrier = 0; carrier < G_N_ELEMENTS(carriers); carrier++)
            for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++) {
                const ipsec_outcome *row =
                    ipsec_receiver_row((ipsec_stack)stack, &carriers[carrier], (ipsec_finding_id)id);

                text = row->log ? row->log : row->counter;
                g_assert_true(!text || g_hash_table_contains(seen, text));
            }
    }
    g_assert_null(ipsec_stack_message(IPSEC_STACK_RFC, 0));
}

/* One finding with two reports, depending on the cipher; and one that the stack lets pass. */
static void test_reports_of_a_finding(void)
{
    g_assert_cmpint(ipsec_stack_says(IPSEC_STACK_VPP, IPSEC_FINDING_ESP_ICV, "integ_error"), ==,
                    IPSEC_DECISION_REFUSES);
    g_assert_cmpint(ipsec_stack_says(IPSEC_STACK_VPP, IPSEC_FINDING_ESP_ICV, "decryption_failed"), ==,
                    IPSEC_DECISION_REFUSES);
    g_assert_cmpint(ipsec_stack_says(IPSEC_STACK_VPP, IPSEC_FINDING_ESP_ICV, "replay"), ==, IPSEC_DECISION_PASSES);
    g_assert_cmpint(ipsec_stack_says(IPSEC_STACK_WINDOWS, IPSEC_FINDING_ESP_PAD_BYTES, "13914"), ==,
                    IPSEC_DECISION_MAY_REFUSE);
}

/* Variants of a stack belong to the finding; a restart looks like an old number. */
static void test_reports_of_variants(void)
{
    static const struct {
        ipsec_stack stack;
        ipsec_finding_id id;
        const char *text;
        ipsec_decision decision;
    } variants[] = {
        {IPSEC_STACK_FREEBSD, IPSEC_FINDING_REPLAY_OLD, "esps_wrap", IPSEC_DECISION_REFUSES},
        {IPSEC_STACK_FREEBSD, IPSEC_FINDING_REPLAY_OLD, "ahs_replay", IPSEC_DECISION_REFUSES},
        {IPSEC_STACK_FREEBSD, IPSEC_FINDING_SEQ_RESTART, "ahs_wrap", IPSEC_DECISION_REFUSES},
        {IPSEC_STACK_FREEBSD, IPSEC_FINDING_SEQ_WRAP, "esps_wrap", IPSEC_DECISION_MAY_REFUSE},
        {IPSEC_STACK_FREEBSD, IPSEC_FINDING_REPLAY_DUPLICATE, "esps_wrap", IPSEC_DECISION_PASSES},
        {IPSEC_STACK_STRONGSWAN, IPSEC_FINDING_NATT_KEEPALIVE, "received invalid IKE header", IPSEC_DECISION_REFUSES},
        {IPSEC_STACK_STRONGSWAN, IPSEC_FINDING_NATT_KEEPALIVE, "received packet is too short", IPSEC_DECISION_REFUSES},
        {IPSEC_STACK_STRONGSWAN, IPSEC_FINDING_ESP_RUNT_FOR_SA, "parsing ESP payload failed: invalid length",
         IPSEC_DECISION_REFUSES},
        {IPSEC_STACK_STRONGSWAN, IPSEC_FINDING_ESP_NO_PAYLOAD, "parsing ESP payload failed: invalid length",
         IPSEC_DECISION_PASSES},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(variants); i++)
        g_assert_cmpint(ipsec_stack_says(variants[i].stack, variants[i].id, variants[i].text), ==,
                        variants[i].decision);
}

/* In the order of the findings, without gaps and with an end. */
static void test_messages_are_in_order(void)
{
    static const char *const linux_messages[] = {
        "XfrmInHdrError",       "XfrmInStateProtoError", "XfrmInNoStates",     "XfrmInStateMismatch",
        "XfrmInStateModeError", "XfrmInStateSeqError",   "XfrmInStateExpired",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(linux_messages); i++)
        g_assert_cmpstr(ipsec_stack_message(IPSEC_STACK_LINUX, i), ==, linux_messages[i]);
    g_assert_null(ipsec_stack_message(IPSEC_STACK_LINUX, G_N_ELEMENTS(linux_messages)));
    g_assert_null(ipsec_stack_message(IPSEC_STACK_LINUX, UINT_MAX));
}

/* The counters that Linux keeps for the SA itself: the one that the first failing check increments. */
static void test_counters_of_the_sa(void)
{
    enum {
        FAILED_ICV = 1, /* the ICV was checked, and failed */
        NO_ROOM = 2     /* but there was no room for it */
    };
    static const struct {
        ipsec_finding_id id;
        unsigned opened;
        const char *counter;
    } cases[] = {
        {IPSEC_FINDING_REPLAY_OLD, 0, "replay-window"},
        {IPSEC_FINDING_REPLAY_DUPLICATE, 0, "replay"},
        {IPSEC_FINDING_REPLAY_CONFLICT, 0, "replay"},
        {IPSEC_FINDING_ESN_WRONG_HIGH, 0, "failed"},
        {IPSEC_FINDING_AH_ICV, 0, "failed"},
        {IPSEC_FINDING_ESP_ICV, FAILED_ICV, "failed"},
        {IPSEC_FINDING_ESP_ICV, FAILED_ICV | NO_ROOM, NULL},
        {IPSEC_FINDING_ESP_ICV, 0, NULL},
        {IPSEC_FINDING_ESP_PAD_LENGTH, 0, NULL}, /* after the ICV */
        {IPSEC_FINDING_ESP_BLOCK_ALIGNMENT, FAILED_ICV, "failed"},
        {IPSEC_FINDING_ESP_SPI_UNKNOWN, FAILED_ICV, NULL}, /* there is no SA */
        {IPSEC_FINDING_ESP_TRUNCATED_HEADER, FAILED_ICV, NULL},
        {IPSEC_FINDING_ESP_TFC, FAILED_ICV, NULL}, /* Linux ignores that */
        {IPSEC_FINDING_SA_EXPIRED, FAILED_ICV, NULL},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ipsec_stacks all = cases[i].id == IPSEC_FINDING_REPLAY_OLD ? IPSEC_STACKS_ALL : 0;
        ipsec_report report = report_with(cases[i].id, 1);

        report.header.protocol = cases[i].id == IPSEC_FINDING_AH_ICV ? IPSEC_PROTOCOL_AH : IPSEC_PROTOCOL_ESP;
        report.number.old_by = all;
        report.number.wrong_by = cases[i].id == IPSEC_FINDING_ESN_WRONG_HIGH ? IPSEC_STACKS_ALL : 0;
        report.number.seen_by = all || report.number.wrong_by ? 0 : IPSEC_STACKS_ALL;
        report.opened.valid = cases[i].opened & FAILED_ICV;
        report.opened.icv_status = IPSEC_ICV_BAD;
        report.opened.has_room = !(cases[i].opened & NO_ROOM);
        if (g_strcmp0(ipsec_linux_sa_counter(&report), cases[i].counter) != 0)
            g_error("%s: %s", ipsec_catalogue(cases[i].id)->id, ipsec_linux_sa_counter(&report));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/receiver/counters-of-the-sa", test_counters_of_the_sa);
    g_test_add_func("/receiver/order", test_order);
    g_test_add_func("/receiver/ah", test_ah_differs_from_esp);
    g_test_add_func("/receiver/udp", test_udp_differs_from_ip);
    g_test_add_func("/receiver/unconfirmed", test_unconfirmed_reports_nothing);
    g_test_add_func("/receiver/strongswan-inside", test_strongswan_inside);
    g_test_add_func("/receiver/strongswan-mode", test_strongswan_asks_for_no_mode);
    g_test_add_func("/receiver/strongswan-udp", test_strongswan_udp);
    g_test_add_func("/receiver/strongswan-window", test_window_moves_before_the_trailer);
    g_test_add_func("/receiver/windows-errors", test_windows_errors);
    g_test_add_func("/receiver/windows-events", test_windows_events);
    g_test_add_func("/receiver/own-window", test_own_window);
    g_test_add_func("/receiver/rows", test_rows);
    g_test_add_func("/receiver/reports", test_reports_are_listed_once);
    g_test_add_func("/receiver/reports-of-a-finding", test_reports_of_a_finding);
    g_test_add_func("/receiver/reports-of-variants", test_reports_of_variants);
    g_test_add_func("/receiver/messages-in-order", test_messages_are_in_order);
    return g_test_run();
}
