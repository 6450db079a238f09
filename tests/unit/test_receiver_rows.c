/* Consistency of the table of outcomes: each stack has its rows, and each row can be found. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#include "ipsec.h"
#include "report/outcomes.h"

#include <glib.h>
#include <string.h>

#define ESP IPSEC_PROTOCOL_ESP
#define AH  IPSEC_PROTOCOL_AH
#define UDP IPSEC_ENCAPSULATION_UDP

/* Every set of carriers of a header. */
static const ipsec_report ways[] = {
    {.header = {.protocol = ESP}},
    {.header = {.protocol = ESP, .encapsulation = UDP}},
    {.header = {.protocol = ESP}, .opened = {.combined_mode = true}},
    {.header = {.protocol = ESP, .encapsulation = UDP}, .opened = {.combined_mode = true}},
    {.header = {.protocol = AH}},
};

static unsigned stack_of(const ipsec_outcome_row *row)
{
    return row->key >> 8;
}

static unsigned fault_of(const ipsec_outcome_row *row)
{
    return row->key & 0xff;
}

static unsigned row_count(void)
{
    unsigned count = 0;

    while (ipsec_outcome_row_at(count))
        count++;
    return count;
}

/* --- stacks ------------------------------------------------------------------------------------------- */

/* The names are public: they are the values of a preference. */
static void test_names(void)
{
    static const char *const names[] = {"rfc", "windows", "linux", "freebsd", "openbsd", "vpp", "strongswan"};

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        g_assert_cmpstr(ipsec_stack_name(i), ==, names[i]);
    g_assert_cmpstr(ipsec_stack_title(IPSEC_STACK_STRONGSWAN), ==, "strongSwan libipsec");
    g_assert_null(ipsec_stack_name(IPSEC_STACK_COUNT));
    g_assert_null(ipsec_stack_title(IPSEC_STACK_COUNT));
}

/* Each stack is in every table. */
static void test_every_stack_is_complete(void)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    ipsec_stacks all = 0;

    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++) {
        unsigned rows = 0;

        g_assert_true(g_hash_table_add(names, (gpointer)ipsec_stack_name(stack)));
        g_assert_cmpuint(strlen(ipsec_stack_title(stack)), >, 0);
        g_assert_cmpuint(ipsec_stack_replays[stack].window, >=, 32); /* the minimum of RFC 4303 3.4.3 */
        g_assert_false(ipsec_stacks_have(all, (ipsec_stack)stack));
        all |= ipsec_stack_bit((ipsec_stack)stack);
        g_assert_true(ipsec_stacks_have(all, (ipsec_stack)stack));
        for (unsigned i = 0; i < row_count(); i++)
            rows += stack_of(ipsec_outcome_row_at(i)) == stack;
        g_assert_cmpuint(rows, >, 0);
        g_assert_true(stack == IPSEC_STACK_RFC || ipsec_stack_message((ipsec_stack)stack, 0));
    }
    g_assert_cmphex(all & IPSEC_STACKS_ALL, ==, all);
}

/* --- rows --------------------------------------------------------------------------------------------- */

/* They are searched by bisection. */
static void test_rows_are_in_order(void)
{
    for (unsigned i = 1; i < row_count(); i++) {
        const ipsec_outcome_row *before = ipsec_outcome_row_at(i - 1), *row = ipsec_outcome_row_at(i);

        if (before->key > row->key)
            g_error("row %u: %s, fault %u, must stand in front of fault %u", i,
                    ipsec_stack_name(stack_of(row)) ? ipsec_stack_name(stack_of(row)) : "every", fault_of(row),
                    fault_of(before));
    }
    g_assert_null(ipsec_outcome_row_at(row_count()));
}

/* All rows are found by stack and fault, each once. */
static void test_search_finds_each_row_once(void)
{
    unsigned next = 0;

    for (unsigned stack = 0; stack <= IPSEC_STACK_EVERY; stack++)
        for (unsigned fault = 0; fault < IPSEC_FAULT_COUNT; fault++) {
            unsigned count;
            const ipsec_outcome_row *rows = ipsec_outcome_rows(stack, fault, &count);

            for (unsigned i = 0; i < count; i++) {
                g_assert_true(&rows[i] == ipsec_outcome_row_at(next++));
                g_assert_cmpuint(stack_of(&rows[i]), ==, stack);
                g_assert_cmpuint(fault_of(&rows[i]), ==, fault);
            }
        }
    g_assert_cmpuint(next, ==, row_count());
}

/* Whether the row is used for a header with these carriers at some stack, in any version of IP and any mode. */
static bool is_reached_by(const ipsec_outcome_row *row, ipsec_carriers way)
{
    static const ipsec_carriers versions[] = {0, IPSEC_CARRIER_IN_V4, IPSEC_CARRIER_IN_V6};
    static const ipsec_carriers modes[] = {0, IPSEC_CARRIER_TUNNEL, IPSEC_CARRIER_TRANSPORT};

    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        for (unsigned i = 0; i < G_N_ELEMENTS(versions) * G_N_ELEMENTS(modes); i++) {
            const ipsec_carriers carriers = way | versions[i % 3] | modes[i / 3];

            if (ipsec_outcome_find((ipsec_stack)stack, fault_of(row), carriers) == &row->outcome)
                return true;
        }
    return false;
}

static bool is_reached(const ipsec_outcome_row *row)
{
    for (unsigned way = 0; way < G_N_ELEMENTS(ways); way++)
        if (is_reached_by(row, ipsec_carriers_of(&ways[way])))
            return true;
    return false;
}

/* Whether the row only lets a packet pass that a row for all stacks refuses. */
static bool stands_against_all(const ipsec_outcome_row *row)
{
    unsigned count;

    ipsec_outcome_rows(IPSEC_STACK_EVERY, fault_of(row), &count);
    return count > 0;
}

/* No row comes after another one that applies whenever it does. */
static void test_no_row_is_shadowed(void)
{
    for (unsigned i = 0; i < row_count(); i++)
        if (!is_reached(ipsec_outcome_row_at(i)))
            g_error("row %u, fault %u, is never the first that holds", i, fault_of(ipsec_outcome_row_at(i)));
}

static void test_rows_make_sense(void)
{
    for (unsigned i = 0; i < row_count(); i++) {
        const ipsec_outcome_row *row = ipsec_outcome_row_at(i);
        const ipsec_outcome *outcome = &row->outcome;

        g_assert_cmpuint(fault_of(row), <, IPSEC_FAULT_COUNT);
        g_assert_true(outcome->decision != IPSEC_DECISION_PASSES || stands_against_all(row));
        g_assert_true(outcome->counter || !outcome->also);
        g_assert_cmpuint(outcome->stage, <=, IPSEC_STAGE_POLICY);
        g_assert_cmpuint(row->carriers, <, 1u << IPSEC_CARRIER_COUNT);
        g_assert_true(outcome->counter || (!outcome->log && !outcome->event && !outcome->inferred));
        g_assert_true(outcome->event == 0 || stack_of(row) == IPSEC_STACK_WINDOWS);
        /* A stack cannot refuse a packet because of a finding about other packets. */
        g_assert_false(ipsec_catalogue(ipsec_fault_finding(fault_of(row)))->is_neighbour);
        /* The shared rows are in front of IPsec, so no list of a stack's messages needs them. */
        if (stack_of(row) == IPSEC_STACK_EVERY || stack_of(row) == IPSEC_STACK_RFC)
            g_assert_null(outcome->counter);
    }
}

/* --- which row it is ---------------------------------------------------------------------------------- */

static void test_carriers(void)
{
    static const ipsec_report ah_in_udp = {.header = {.protocol = AH, .encapsulation = UDP}};
    static const ipsec_key_row tunnel = {.mode = IPSEC_MODE_TUNNEL}, beet = {.mode = IPSEC_MODE_BEET};
    static const ipsec_report in_v4 = {.header = {.protocol = AH},
                                       .ip_version = 4,
                                       .opened = {.valid = true, .spec = &tunnel, .like = &tunnel, .terms = 1}};
    static const ipsec_report in_v6 = {.header = {.protocol = AH},
                                       .ip_version = 6,
                                       .opened = {.valid = true, .spec = &beet, .like = &beet, .terms = 1}};

    g_assert_cmphex(ipsec_carriers_of(&ways[0]), ==, IPSEC_CARRIER_ESP | IPSEC_CARRIER_IN_IP | IPSEC_CARRIER_SEPARATE);
    g_assert_cmphex(ipsec_carriers_of(&ways[1]), ==, IPSEC_CARRIER_ESP | IPSEC_CARRIER_IN_UDP | IPSEC_CARRIER_SEPARATE);
    g_assert_cmphex(ipsec_carriers_of(&ways[2]), ==, IPSEC_CARRIER_ESP | IPSEC_CARRIER_IN_IP | IPSEC_CARRIER_COMBINED);
    g_assert_cmphex(ipsec_carriers_of(&ways[3]), ==, IPSEC_CARRIER_ESP | IPSEC_CARRIER_IN_UDP | IPSEC_CARRIER_COMBINED);
    g_assert_cmphex(ipsec_carriers_of(&ways[4]), ==, IPSEC_CARRIER_AH | IPSEC_CARRIER_IN_IP);
    g_assert_cmphex(ipsec_carriers_of(&in_v4), ==,
                    IPSEC_CARRIER_AH | IPSEC_CARRIER_IN_IP | IPSEC_CARRIER_IN_V4 | IPSEC_CARRIER_TUNNEL);
    g_assert_cmphex(ipsec_carriers_of(&in_v6), ==,
                    IPSEC_CARRIER_AH | IPSEC_CARRIER_IN_IP | IPSEC_CARRIER_IN_V6 | IPSEC_CARRIER_TRANSPORT);
    g_assert_cmphex(ipsec_carriers_of(&ah_in_udp), ==, IPSEC_CARRIER_AH | IPSEC_CARRIER_IN_UDP);
}

static const char *counter_of(ipsec_stack stack, unsigned fault, const ipsec_report *report)
{
    return ipsec_outcome_find(stack, fault, ipsec_carriers_of(report))->counter;
}

/* By stack, fault and way; NULL: nothing. */
static const struct {
    ipsec_stack stack;
    unsigned fault;
    const char *counters[G_N_ELEMENTS(ways)];
} by_way[] = {
    {IPSEC_STACK_VPP,
     IPSEC_FAULT_ESN_WRONG_HIGH,
     {"integ_error", "integ_error", "decryption_failed", "decryption_failed", "integ_error"}},
    {IPSEC_STACK_VPP, IPSEC_FAULT_ESP_ICV, {"integ_error", "integ_error", "decryption_failed", "decryption_failed"}},
    {IPSEC_STACK_OPENBSD, IPSEC_FAULT_ESP_ALIGNMENT, {"esps_badilen", "esps_badilen"}},
    {IPSEC_STACK_OPENBSD,
     IPSEC_FAULT_ESP_ENCAP_MISMATCH,
     {"esps_udpneeded", "esps_udpinval", "esps_udpneeded", "esps_udpinval"}},
    {IPSEC_STACK_FREEBSD, IPSEC_FAULT_ESP_ENCAP_MISMATCH, {NULL, "esps_notdb", NULL, "esps_notdb"}},
    {IPSEC_STACK_FREEBSD,
     IPSEC_FAULT_SEQ_ZERO,
     {"esps_replay", "esps_replay", "esps_replay", "esps_replay", "ahs_replay"}},
    {IPSEC_STACK_FREEBSD, IPSEC_FAULT_OLD_AT_END, {"esps_wrap", "esps_wrap", "esps_wrap", "esps_wrap", "ahs_wrap"}},
    {IPSEC_STACK_VPP, IPSEC_FAULT_AH_ICV, {NULL, NULL, NULL, NULL, "integ_error"}},
    /* the first row of all and the last of a stack */
    {IPSEC_STACK_WINDOWS, IPSEC_FAULT_ESP_TRUNCATED_HEADER, {"13914", "13914", "13914", "13914", "13914"}},
    {IPSEC_STACK_LINUX,
     IPSEC_FAULT_NATT_NO_MARKER_IKE,
     {"XfrmInNoStates", "XfrmInNoStates", "XfrmInNoStates", "XfrmInNoStates", "XfrmInNoStates"}},
};

/* The counters for packets whose header is cut, or that end after it. */
static void test_counters_of_cut_packets(void)
{
    static const struct {
        ipsec_stack stack;
        const char *esp, *ah, *empty;
    } rows[] = {
        {IPSEC_STACK_WINDOWS, "13914", "13914", "13914"},
        {IPSEC_STACK_LINUX, "XfrmInHdrError", "XfrmInHdrError", "XfrmInStateProtoError"},
        {IPSEC_STACK_FREEBSD, "esps_hdrops", "ahs_hdrops", "esps_badilen"},
        {IPSEC_STACK_OPENBSD, "esps_hdrops", "ahs_hdrops", "esps_badilen"},
        {IPSEC_STACK_VPP, "too_short", NULL, "runt"},
        {IPSEC_STACK_STRONGSWAN, "PARSE_ERROR", NULL, "PARSE_ERROR"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmpstr(counter_of(rows[i].stack, IPSEC_FAULT_ESP_TRUNCATED_HEADER, &ways[0]), ==, rows[i].esp);
        g_assert_cmpstr(counter_of(rows[i].stack, IPSEC_FAULT_AH_TRUNCATED_HEADER, &ways[4]), ==, rows[i].ah);
        g_assert_cmpstr(counter_of(rows[i].stack, IPSEC_FAULT_ESP_NO_PAYLOAD, &ways[0]), ==, rows[i].empty);
    }
}

static void test_the_first_row_that_holds(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(by_way); i++)
        for (unsigned way = 0; way < G_N_ELEMENTS(ways); way++)
            g_assert_cmpstr(counter_of(by_way[i].stack, by_way[i].fault, &ways[way]), ==, by_way[i].counters[way]);
}

/* Rows that all stacks except IPSEC_STACK_RFC share; and faults that none refuses. */
static void test_shared_rows(void)
{
    static const unsigned shared[] = {IPSEC_FAULT_ESP_IP_CHECKSUM, IPSEC_FAULT_NATT_UDP_CHECKSUM_BAD};

    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++) {
        for (unsigned i = 0; i < G_N_ELEMENTS(shared); i++) {
            const ipsec_outcome *outcome =
                ipsec_outcome_find((ipsec_stack)stack, shared[i], ipsec_carriers_of(&ways[0]));

            g_assert_cmpuint(outcome->decision, ==,
                             stack == IPSEC_STACK_RFC ? IPSEC_DECISION_PASSES : IPSEC_DECISION_REFUSES);
            g_assert_cmpuint(outcome->stage, ==, IPSEC_STAGE_IP);
        }
        g_assert_true(ipsec_outcome_find((ipsec_stack)stack, IPSEC_FAULT_CAPTURE_OFFLOAD, 0) == &ipsec_outcome_passes);
        g_assert_true(ipsec_outcome_find((ipsec_stack)stack, IPSEC_FAULT_SEQ_GAP, 0) == &ipsec_outcome_passes);
    }
}

static void test_variants(void)
{
    for (unsigned fault = 0; fault < IPSEC_FINDING_COUNT; fault++)
        g_assert_cmpuint(ipsec_fault_finding(fault), ==, fault);
    g_assert_cmpuint(ipsec_fault_finding(IPSEC_FAULT_OLD_AT_END), ==, IPSEC_FINDING_REPLAY_OLD);
    g_assert_cmpuint(ipsec_fault_finding(IPSEC_FAULT_WRAP_AT_END), ==, IPSEC_FINDING_SEQ_WRAP);
    g_assert_cmpuint(ipsec_fault_finding(IPSEC_FAULT_BEHIND_MARKER), ==, IPSEC_FINDING_NATT_KEEPALIVE);
    g_assert_cmpuint(ipsec_fault_finding(IPSEC_FAULT_RUNT_OF_TRAILER), ==, IPSEC_FINDING_ESP_RUNT_FOR_SA);
    g_assert_cmpuint(ipsec_fault_finding(IPSEC_FAULT_OTHER_INSIDE), ==, IPSEC_FINDING_ESP_NEXT_HEADER);
}

/* Every row refuses, except for these. */
static const struct {
    unsigned stack, fault;
    ipsec_carriers carriers;
    ipsec_decision decision;
} milder[] = {
    {IPSEC_STACK_WINDOWS, IPSEC_FAULT_ESP_ENCAP_MISMATCH, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_WINDOWS, IPSEC_FAULT_ESP_PAD_BYTES, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_WINDOWS, IPSEC_FAULT_ESP_PAD_LAST_BYTE, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_WINDOWS, IPSEC_FAULT_ESP_EMPTY_PAYLOAD, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_WINDOWS, IPSEC_FAULT_ESP_NEXT_HEADER, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_WINDOWS, IPSEC_FAULT_ESP_NEXT_HEADER_MODE, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_WINDOWS, IPSEC_FAULT_ESP_INNER_VERSION, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_WINDOWS, IPSEC_FAULT_AH_V6_ALIGNMENT, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_WINDOWS, IPSEC_FAULT_AH_NEXT_HEADER, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_WINDOWS, IPSEC_FAULT_AH_NEXT_HEADER_MODE, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_WINDOWS, IPSEC_FAULT_SEQ_ZERO, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_WINDOWS, IPSEC_FAULT_SEQ_WRAP, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_LINUX, IPSEC_FAULT_SEQ_ZERO, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_FREEBSD, IPSEC_FAULT_ESP_EMPTY_PAYLOAD, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_FREEBSD, IPSEC_FAULT_ESP_NEXT_HEADER, IPSEC_CARRIER_IN_V4, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_FREEBSD, IPSEC_FAULT_ESP_SELECTOR, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_FREEBSD, IPSEC_FAULT_AH_V6_ALIGNMENT, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_FREEBSD, IPSEC_FAULT_AH_V4_EXTRA_PAD, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_FREEBSD, IPSEC_FAULT_SEQ_ZERO, IPSEC_CARRIER_AH, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_FREEBSD, IPSEC_FAULT_SEQ_ZERO, IPSEC_CARRIER_ESP, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_FREEBSD, IPSEC_FAULT_SEQ_WRAP, IPSEC_CARRIER_AH, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_FREEBSD, IPSEC_FAULT_SEQ_WRAP, IPSEC_CARRIER_ESP, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_FREEBSD, IPSEC_FAULT_SA_ADDRESS_CHANGED, IPSEC_CARRIER_ESP | IPSEC_CARRIER_IN_UDP,
     IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_FREEBSD, IPSEC_FAULT_NATT_ESP_TOO_SHORT, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_FREEBSD, IPSEC_FAULT_WRAP_AT_END, IPSEC_CARRIER_AH, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_FREEBSD, IPSEC_FAULT_WRAP_AT_END, IPSEC_CARRIER_ESP, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_OPENBSD, IPSEC_FAULT_ESP_ALIGNMENT, IPSEC_CARRIER_ESP | IPSEC_CARRIER_SEPARATE,
     IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_OPENBSD, IPSEC_FAULT_ESP_EMPTY_PAYLOAD, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_OPENBSD, IPSEC_FAULT_AH_V4_EXTRA_PAD, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_OPENBSD, IPSEC_FAULT_SEQ_ZERO, IPSEC_CARRIER_AH, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_OPENBSD, IPSEC_FAULT_SEQ_ZERO, IPSEC_CARRIER_ESP, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_OPENBSD, IPSEC_FAULT_SEQ_WRAP, IPSEC_CARRIER_AH, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_OPENBSD, IPSEC_FAULT_SEQ_WRAP, IPSEC_CARRIER_ESP, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_OPENBSD, IPSEC_FAULT_NATT_ESP_TOO_SHORT, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_VPP, IPSEC_FAULT_ESP_BELOW_FLOOR, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_VPP, IPSEC_FAULT_ESP_DUMMY, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_VPP, IPSEC_FAULT_ESP_NEXT_HEADER, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_VPP, IPSEC_FAULT_ESP_SELECTOR, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_VPP, IPSEC_FAULT_AH_LENGTH_OVERRUN, IPSEC_CARRIER_IN_V4, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_VPP, IPSEC_FAULT_AH_NEXT_HEADER, IPSEC_CARRIER_AH, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_VPP, IPSEC_FAULT_SEQ_ZERO, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_VPP, IPSEC_FAULT_SEQ_WRAP, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_VPP, IPSEC_FAULT_SA_ADDRESS_CHANGED, IPSEC_CARRIER_ESP | IPSEC_CARRIER_IN_IP,
     IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_VPP, IPSEC_FAULT_NATT_UDP_LENGTH, IPSEC_CARRIER_TRANSPORT, IPSEC_DECISION_PASSES},
    {IPSEC_STACK_VPP, IPSEC_FAULT_NATT_UDP_CHECKSUM_BAD, IPSEC_CARRIER_TRANSPORT, IPSEC_DECISION_PASSES},
    {IPSEC_STACK_VPP, IPSEC_FAULT_INNER_EXCEEDS, IPSEC_CARRIER_ESP, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_STRONGSWAN, IPSEC_FAULT_ESP_INNER_TRUNCATED, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_STRONGSWAN, IPSEC_FAULT_ESP_INNER_VERSION, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_STRONGSWAN, IPSEC_FAULT_ESP_INNER_LENGTH, 0, IPSEC_DECISION_MAY_REFUSE},
    {IPSEC_STACK_STRONGSWAN, IPSEC_FAULT_NATT_ESP_ON_500, 0, IPSEC_DECISION_MAY_REFUSE},
};

/* The number of rows of each stack. */
static const struct {
    unsigned stack, count;
} counts[] = {{IPSEC_STACK_RFC, 4},         {IPSEC_STACK_WINDOWS, 38}, {IPSEC_STACK_LINUX, 34},
              {IPSEC_STACK_FREEBSD, 65},    {IPSEC_STACK_OPENBSD, 47}, {IPSEC_STACK_VPP, 56},
              {IPSEC_STACK_STRONGSWAN, 34}, {IPSEC_STACK_EVERY, 6}};

static ipsec_decision wanted_decision(const ipsec_outcome_row *row)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(milder); i++)
        if (milder[i].stack == stack_of(row) && milder[i].fault == fault_of(row) && milder[i].carriers == row->carriers)
            return milder[i].decision;
    return IPSEC_DECISION_REFUSES;
}

static void test_decisions(void)
{
    unsigned found[IPSEC_STACK_EVERY + 1] = {0}, mild = 0;

    for (unsigned i = 0; i < row_count(); i++) {
        const ipsec_outcome_row *const row = ipsec_outcome_row_at(i);

        if (row->outcome.decision != wanted_decision(row))
            g_error("stack %u, fault %u", stack_of(row), fault_of(row));
        found[stack_of(row)]++;
        mild += row->outcome.decision != IPSEC_DECISION_REFUSES;
    }
    g_assert_cmpuint(mild, ==, G_N_ELEMENTS(milder));
    for (unsigned i = 0; i < G_N_ELEMENTS(counts); i++)
        g_assert_cmpuint(found[counts[i].stack], ==, counts[i].count);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/receiver-rows/names", test_names);
    g_test_add_func("/receiver-rows/stacks", test_every_stack_is_complete);
    g_test_add_func("/receiver-rows/order", test_rows_are_in_order);
    g_test_add_func("/receiver-rows/search", test_search_finds_each_row_once);
    g_test_add_func("/receiver-rows/shadowed", test_no_row_is_shadowed);
    g_test_add_func("/receiver-rows/sense", test_rows_make_sense);
    g_test_add_func("/receiver-rows/carriers", test_carriers);
    g_test_add_func("/receiver-rows/first", test_the_first_row_that_holds);
    g_test_add_func("/receiver-rows/cut-packets", test_counters_of_cut_packets);
    g_test_add_func("/receiver-rows/shared", test_shared_rows);
    g_test_add_func("/receiver-rows/variants", test_variants);
    g_test_add_func("/receiver-rows/decisions", test_decisions);
    return g_test_run();
}
