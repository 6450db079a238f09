/* Limits that all SAs share say when they are reached, and not before. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"
#include "evidence/fragments.h"
#include "evidence/peers.h"
#include "ike/family.h"
#include "ike/histories.h"
#include "ike/inside.h"
#include "packet/ip_input.h"
#include "sa/exchanges.h"
#include "sa/generation.h"
#include "sa/hints.h"
#include "sa/iv.h"
#include "sa/negotiated.h"
#include "sa/describe.h"
#include "sa/sa.h"

#include <string.h>

/* The bounds of the files that keep them to themselves. */
#define PEERS_MOST   65536u
#define SENDERS_MOST 65536u
#define OVERTAKERS   1023u

static uint32_t times(const ipsec_limits *limits, ipsec_limit limit)
{
    for (unsigned other = 0; other < IPSEC_LIMIT_COUNT; other++)
        g_assert_true(other == limit || limits->times[other] == 0);
    return limits->times[limit];
}

/* --- the last packets --- */

/* So many packets of SA 1, with numbers from 1. */
static ipsec_recents *recents_with(ipsec_limits *limits, uint32_t count)
{
    ipsec_recents *recents = ipsec_recents_new(limits);

    for (uint32_t number = 1; number <= count; number++) {
        ipsec_view view = esp_view(4, 0x1000, number, 84);

        view.frame = number;
        ipsec_recents_keep(recents,
                           ipsec_recents_describe(recents, &view, &(ipsec_ruling){.sa = 1, .sequence = number}), NULL);
        if (number % 1000 == 0)
            guard_free_all();
    }
    return recents;
}

static const ipsec_recent *look_for(ipsec_recents *recents, uint32_t number)
{
    const ipsec_view view = esp_view(4, 0x1000, number, 84);

    return ipsec_recents_find(
        recents, ipsec_recents_describe(recents, &view, &(ipsec_ruling){.sa = 1, .sequence = number}), IPSEC_BELIEVED);
}

static bool is_overtaken(ipsec_recents *recents, uint32_t number, uint32_t most)
{
    const ipsec_view view = esp_view(4, 0x1000, number, 84);

    return ipsec_recents_overtaken_by_others(
        recents, ipsec_recents_describe(recents, &view, &(ipsec_ruling){.sa = 2, .sequence = number}), most);
}

static void test_last_packets(void)
{
    static const uint32_t counts[] = {IPSEC_RECENTS - 2, IPSEC_RECENTS - 1};

    for (unsigned wrapped = 0; wrapped < G_N_ELEMENTS(counts); wrapped++) {
        ipsec_limits limits = {0};
        ipsec_recents *recents = recents_with(&limits, counts[wrapped]);
        const ipsec_recent_marks marks = {.sa = 1, .length = 84, .identification = 7};

        look_for(recents, counts[wrapped]); /* there it is */
        g_assert_nonnull(ipsec_recents_find_number(recents, 1, counts[wrapped]));
        g_assert_cmpuint(times(&limits, IPSEC_LIMIT_LAST_PACKETS), ==, 0);
        g_assert_null(look_for(recents, UINT32_MAX));
        g_assert_cmpuint(times(&limits, IPSEC_LIMIT_LAST_PACKETS), ==, wrapped);
        g_assert_null(ipsec_recents_find_number(recents, 2, 1));
        g_assert_cmpuint(times(&limits, IPSEC_LIMIT_LAST_PACKETS), ==, 2 * wrapped);
        g_assert_null(ipsec_recents_find_unique(recents, &marks));
        g_assert_cmpuint(times(&limits, IPSEC_LIMIT_LAST_PACKETS), ==, 3 * wrapped);
        g_assert_cmpuint(ipsec_recents_find_end(recents, 0, 7, 84), ==, 0);
        g_assert_cmpuint(times(&limits, IPSEC_LIMIT_LAST_PACKETS), ==, 4 * wrapped);
        g_assert_cmpuint(ipsec_recents_find_end(recents, 0, 0, 84), ==, 0); /* nothing is looked for */
        g_assert_cmpuint(times(&limits, IPSEC_LIMIT_LAST_PACKETS), ==, 4 * wrapped);
        ipsec_recents_free(recents);
        guard_free_all();
    }
}

/* Of those that overtook a packet, fewer are looked at. */
static void test_overtakers(void)
{
    for (uint32_t more = 0; more <= 1; more++) {
        ipsec_limits limits = {0};
        ipsec_recents *recents = recents_with(&limits, OVERTAKERS + more);

        g_assert_false(is_overtaken(recents, 1, 0)); /* none can have */
        g_assert_cmpuint(times(&limits, IPSEC_LIMIT_LAST_PACKETS), ==, 0);
        g_assert_false(is_overtaken(recents, 1, 1));
        g_assert_cmpuint(times(&limits, IPSEC_LIMIT_LAST_PACKETS), ==, more);
        ipsec_recents_free(recents);
        guard_free_all();
    }
}

/* --- SAs, and what is known of them --- */

static void test_sas(void)
{
    ipsec_limits limits = {0};
    ipsec_sa_table *table = ipsec_sa_table_new(16, &limits);
    ipsec_note note = {0};

    for (uint32_t spi = 0x1000; spi < 0x1000 + 17; spi++) {
        const ipsec_view view = esp_view(4, spi, 1, 84);

        g_assert_cmpuint(times(&limits, IPSEC_LIMIT_SAS), ==, 0);
        ipsec_sa_get(table, &view, spi, &note);
    }
    g_assert_cmpuint(times(&limits, IPSEC_LIMIT_SAS), ==, 1);
    ipsec_sa_table_free(table);
    guard_free_all();
}

static void make_hint(ipsec_sa_table *table, const ipsec_view *to, uint32_t spi)
{
    ipsec_hints_create(table, to, spi);
}

static void make_negotiated(ipsec_sa_table *table, const ipsec_view *to, uint32_t spi)
{
    ipsec_negotiated_add(table, to, spi);
}

/* Another host each time. */
static void make_exchange(ipsec_sa_table *table, const ipsec_view *to, uint32_t spi)
{
    const uint8_t host[4] = {10, (uint8_t)(spi >> 16), (uint8_t)(spi >> 8), (uint8_t)spi};
    ipsec_view from = *to;

    from.source = host;
    ipsec_exchanges_meet(table, &from, IPSEC_EXCHANGE_INFORMS, 100);
}

static void test_what_is_known_of_sas(void)
{
    static const struct {
        void (*make)(ipsec_sa_table *table, const ipsec_view *to, uint32_t spi);
        uint32_t most;
        ipsec_limit limit;
    } rows[] = {{make_hint, IPSEC_HINTS_MOST, IPSEC_LIMIT_HINTS},
                {make_negotiated, IPSEC_NEGOTIATED_MOST, IPSEC_LIMIT_NEGOTIATED},
                {make_exchange, IPSEC_EXCHANGE_HOSTS_MOST, IPSEC_LIMIT_EXCHANGES}};

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        ipsec_limits limits = {0};
        ipsec_sa_table *table = ipsec_sa_table_new(0, &limits);
        const ipsec_view to = esp_view(4, 0x1000, 1, 84);

        for (uint32_t spi = 0x1000; spi < 0x1000 + rows[i].most; spi++)
            rows[i].make(table, &to, spi);
        g_assert_cmpuint(times(&limits, rows[i].limit), ==, 0);
        rows[i].make(table, &to, 1);
        g_assert_cmpuint(times(&limits, rows[i].limit), ==, 1);
        ipsec_sa_table_free(table);
        guard_free_all();
    }
}

static void test_former_keys(void)
{
    ipsec_limits limits = {0};
    ipsec_iv_store *ivs = ipsec_iv_store_new(&limits);
    ipsec_generations *generations = ipsec_generations_new(ivs);

    for (uint32_t index = 0; index < IPSEC_GENERATIONS_MOST + 2; index++) {
        ipsec_sa sa = {.index = index, .keys = {.row = 10, .icv_good = index <= IPSEC_GENERATIONS_MOST}};

        ipsec_generation_take(generations, &sa, 11);
        g_assert_cmpuint(times(&limits, IPSEC_LIMIT_FORMER_KEYS), ==, index >= IPSEC_GENERATIONS_MOST);
    }
    ipsec_generations_free(generations);
    ipsec_iv_store_free(ivs);
}

/* Whether the IV number came before; `first` is the frame that is known of it. */
static bool is_reused(ipsec_iv_store *store, ipsec_iv_state *state, uint64_t number, uint32_t frame, uint32_t *first)
{
    const uint64_t iv = GUINT64_TO_BE(number);
    const ipsec_iv_packet packet = {
        .demand = IPSEC_IV_UNIQUE, .iv = (const uint8_t *)&iv, .length = sizeof iv, .sequence = frame, .frame = frame};

    *first = 0;
    return ipsec_iv_learn(store, state, &packet, first) == IPSEC_IV_REUSED;
}

/* The frames of IVs take more memory than the IVs, so those of the oldest are forgotten. */
static void test_frames_of_ivs(void)
{
    const uint32_t many = 3000000;
    ipsec_limits limits = {0};
    ipsec_iv_store *store = ipsec_iv_store_new(&limits);
    ipsec_iv_state state = {0};
    uint32_t first;

    for (uint32_t number = 1; number <= many; number++)
        g_assert_false(is_reused(store, &state, number, number, &first));
    g_assert_true(is_reused(store, &state, many - 3, many + 1, &first));
    g_assert_cmpuint(first, ==, many - 3);
    g_assert_cmpuint(times(&limits, IPSEC_LIMIT_IV_FRAMES), ==, 0);
    g_assert_true(is_reused(store, &state, 3, many + 2, &first));
    g_assert_cmpuint(first, ==, 0);
    g_assert_cmpuint(times(&limits, IPSEC_LIMIT_IV_FRAMES), ==, 1);
    ipsec_iv_store_free(store);
}

/* Each is found by hashing, so more of them than there is room for drive out at least as many as have none. */
static void test_cbc_ivs(void)
{
    const uint64_t most = 65536;
    ipsec_limits limits = {0};
    ipsec_iv_store *store = ipsec_iv_store_new(&limits);
    ipsec_iv_state state = {0};
    uint32_t first;

    for (uint64_t number = 1; number <= most + 10; number++) {
        const uint64_t iv[2] = {number * 0x9e3779b97f4a7c15u, ~number};
        const ipsec_iv_packet packet = {.demand = IPSEC_IV_UNPREDICTABLE,
                                        .iv = (const uint8_t *)iv,
                                        .length = sizeof iv,
                                        .sequence = number,
                                        .frame = (uint32_t)number,
                                        .packets = (uint32_t)number};

        ipsec_iv_learn(store, &state, &packet, &first);
        if (number == 1)
            g_assert_cmpuint(times(&limits, IPSEC_LIMIT_CBC_IVS), ==, 0);
    }
    g_assert_cmpuint(times(&limits, IPSEC_LIMIT_CBC_IVS), >=, 10);
    ipsec_iv_store_free(store);
}

/* --- hosts --- */

static void test_peers(void)
{
    ipsec_limits limits = {0};
    ipsec_peers *peers = ipsec_peers_new(&limits);
    ipsec_view view = esp_view(4, 0x1000, 1, 84);

    for (uint32_t number = 0; number <= PEERS_MOST; number++) {
        const uint8_t host[4] = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};

        g_assert_cmpuint(times(&limits, IPSEC_LIMIT_PEERS), ==, 0);
        view.source = host;
        ipsec_peers_add(peers, &view, false);
    }
    g_assert_cmpuint(times(&limits, IPSEC_LIMIT_PEERS), ==, 1);
    ipsec_peers_free(peers);
    guard_free_all();
}

static void test_checksums(void)
{
    ipsec_limits limits = {0};
    ipsec_senders *senders = ipsec_senders_new(&limits);
    const uint8_t outer[20] = {0x45, [8] = 64, [9] = IPSEC_PROTOCOL_ESP}; /* with a wrong checksum */
    ipsec_view view = esp_view(4, 0x1000, 1, 84);

    view.outer = outer;
    view.outer_length = sizeof outer;
    for (uint32_t number = 0; number <= SENDERS_MOST; number++) {
        const uint8_t host[4] = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
        ipsec_finding_set found = IPSEC_FINDING_SET_EMPTY;

        g_assert_cmpuint(times(&limits, IPSEC_LIMIT_CHECKSUMS), ==, 0);
        view.source = host;
        ipsec_ip_input_check(senders, &view, &found);
    }
    g_assert_cmpuint(times(&limits, IPSEC_LIMIT_CHECKSUMS), ==, 1);
    ipsec_senders_free(senders);
    guard_free_all();
}

/* Orphans of more packets than there are slots. */
static void test_fragments(void)
{
    ipsec_limits limits = {0};
    ipsec_fragments *fragments = ipsec_fragments_new(&limits);
    ipsec_recents *recents = ipsec_recents_new(NULL);
    const ipsec_view view = esp_view(4, 0x1000, 1, 84);
    ipsec_fragment rest = {.source = view.source,
                           .destination = view.destination,
                           .address_length = 4,
                           .protocol = IPSEC_PROTOCOL_ESP,
                           .offset = 800};

    for (uint32_t number = 1; number <= 1025; number++) {
        rest.identification = number;
        rest.frame = number;
        ipsec_fragments_meet(fragments, recents, &rest);
        if (number == 1)
            g_assert_cmpuint(times(&limits, IPSEC_LIMIT_FRAGMENTS), ==, 0);
    }
    g_assert_cmpuint(times(&limits, IPSEC_LIMIT_FRAGMENTS), ==, 1025 - fragments->waiting);
    ipsec_fragments_free(fragments);
    ipsec_recents_free(recents);
    guard_free_all();
}

/* --- IKE --- */

static void test_ike_families(void)
{
    ipsec_limits limits = {0};
    ipsec_ike_families *families = ipsec_ike_families_new(&limits);

    for (uint64_t spi = 1; spi <= IPSEC_IKE_MEMBERS_MOST; spi++)
        g_assert_nonnull(ipsec_ike_member_get(families, spi, 1));
    g_assert_cmpuint(times(&limits, IPSEC_LIMIT_IKE_FAMILIES), ==, 0);
    g_assert_null(ipsec_ike_member_get(families, IPSEC_IKE_MEMBERS_MOST + 1, 1));
    g_assert_cmpuint(times(&limits, IPSEC_LIMIT_IKE_FAMILIES), ==, 1);
    ipsec_ike_families_free(families);
}

static void test_ike_histories(void)
{
    ipsec_limits limits = {0};
    ipsec_ike_histories histories;

    ipsec_ike_histories_begin(&histories, &limits);
    for (uint64_t spi = 1; spi <= IPSEC_IKE_HISTORIES_MOST; spi++)
        g_assert_nonnull(ipsec_ike_history_take(&histories, &(ipsec_ike_identity){.initiator_spi = spi}));
    g_assert_cmpuint(times(&limits, IPSEC_LIMIT_IKE_HISTORIES), ==, 0);
    g_assert_null(ipsec_ike_history_take(&histories, &(ipsec_ike_identity){.version = 2}));
    g_assert_cmpuint(times(&limits, IPSEC_LIMIT_IKE_HISTORIES), ==, 1);
    ipsec_ike_histories_end(&histories);
}

static void test_ike_fragments(void)
{
    static const uint8_t octets[8];
    ipsec_limits limits = {0};
    ipsec_ike_puzzles *puzzles = ipsec_ike_puzzles_new(&limits);
    const ipsec_ike_shown shown = {.octets = octets, .count = sizeof octets, .is_correct = true};
    ipsec_ike_message message = {.initiator_spi = 1,
                                 .responder_spi = 2,
                                 .version = 2,
                                 .exchange = IPSEC_IKE_INFORMATIONAL,
                                 .first_payload = IPSEC_IKE_PAYLOAD_SKF,
                                 .inner_payload = IPSEC_IKE_PAYLOAD_DELETE,
                                 .is_encrypted = true,
                                 .is_all_encrypted = true,
                                 .fragment = 1,
                                 .fragments = 2};
    ipsec_ike_contents contents;

    for (message.id = 0; message.id <= IPSEC_IKE_PUZZLES_MOST; message.id++) {
        g_assert_cmpuint(times(&limits, IPSEC_LIMIT_IKE_FRAGMENTS), ==, 0);
        g_assert_false(ipsec_ike_read_inside(puzzles, &message, &shown, &contents));
    }
    g_assert_cmpuint(times(&limits, IPSEC_LIMIT_IKE_FRAGMENTS), ==, 1);
    ipsec_ike_puzzles_free(puzzles);
}

/* --- what is told --- */

static void test_names(void)
{
    for (unsigned limit = 0; limit < IPSEC_LIMIT_COUNT; limit++) {
        g_assert_cmpuint(strlen(ipsec_limit_text((ipsec_limit)limit)), >, 20);
        for (unsigned other = 0; other < limit; other++)
            g_assert_cmpstr(ipsec_limit_name((ipsec_limit)limit), !=, ipsec_limit_name((ipsec_limit)other));
    }
}

static void judge_number(ipsec_db *db, uint32_t number, uint32_t frame)
{
    ipsec_view view = esp_view(4, 0x1000, number, 84);
    ipsec_record record;
    ipsec_report report;

    view.frame = frame;
    ipsec_judge(db, &view, &record, &report);
    if (frame % 1000 == 0)
        guard_free_all();
}

/* The whole database counts in one place; a replay of what is no longer remembered is one of the reasons. */
static void test_database(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);

    for (uint32_t number = 1; number <= IPSEC_RECENTS; number++)
        judge_number(db, number, number);
    g_assert_cmpuint(times(ipsec_db_limits(db), IPSEC_LIMIT_LAST_PACKETS), ==, 0);
    judge_number(db, 1, IPSEC_RECENTS + 1);
    g_assert_cmpuint(times(ipsec_db_limits(db), IPSEC_LIMIT_LAST_PACKETS), >, 0);
    ipsec_db_free(db);
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/limits/last-packets", test_last_packets);
    g_test_add_func("/limits/overtakers", test_overtakers);
    g_test_add_func("/limits/sas", test_sas);
    g_test_add_func("/limits/what-is-known-of-sas", test_what_is_known_of_sas);
    g_test_add_func("/limits/former-keys", test_former_keys);
    g_test_add_func("/limits/cbc-ivs", test_cbc_ivs);
    g_test_add_func("/limits/frames-of-ivs", test_frames_of_ivs);
    g_test_add_func("/limits/peers", test_peers);
    g_test_add_func("/limits/checksums", test_checksums);
    g_test_add_func("/limits/fragments", test_fragments);
    g_test_add_func("/limits/ike-families", test_ike_families);
    g_test_add_func("/limits/ike-histories", test_ike_histories);
    g_test_add_func("/limits/ike-fragments", test_ike_fragments);
    g_test_add_func("/limits/names", test_names);
    g_test_add_func("/limits/database", test_database);
    return g_test_run();
}
