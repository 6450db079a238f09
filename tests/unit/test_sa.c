/* The table of SAs. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"
#include "sa/sa.h"

#include <string.h>

/* The findings that the table sets. */
static ipsec_note note;

static ipsec_sa *get(ipsec_sa_table *table, const ipsec_view *view, uint32_t spi)
{
    return ipsec_sa_get(table, view, spi, &note);
}

static void test_an_sa_is_protocol_destination_spi(void)
{
    ipsec_sa_table *table = ipsec_sa_table_new(IPSEC_SAS_DEFAULT, NULL);
    ipsec_view view = esp_view(4, 0x1000, 1, 84), other = view;
    ipsec_sa *sa = get(table, &view, 0x1000);

    g_assert_nonnull(sa);
    g_assert_true(get(table, &view, 0x1000) == sa);
    other.source = view.destination; /* the source is not part of the key */
    g_assert_true(get(table, &other, 0x1000) == sa);
    other.encapsulation = IPSEC_ENCAPSULATION_UDP; /* nor is the encapsulation */
    g_assert_true(get(table, &other, 0x1000) == sa);
    g_assert_true(get(table, &view, 0x1001) != sa);
    other = view;
    other.protocol = IPSEC_PROTOCOL_AH;
    g_assert_true(get(table, &other, 0x1000) != sa);
    other = view;
    other.destination = view.source;
    g_assert_true(get(table, &other, 0x1000) != sa);
    other = view;
    other.address_length = 0; /* unknown addresses: a separate SA */
    other.destination = NULL;
    g_assert_true(get(table, &other, 0x1000) != sa);
    g_assert_cmpuint(ipsec_sa_count(table), ==, 5);
    ipsec_sa_table_free(table);
    ipsec_sa_table_free(NULL);
    guard_free_all();
}

/* So many that slots and hashes are shared: every part of the key must be compared. */
static void test_no_two_sas_are_taken_for_one(void)
{
    enum {
        EACH = 150000
    };
    ipsec_sa_table *table = ipsec_sa_table_new(IPSEC_SAS_DEFAULT, NULL);
    uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8};
    ipsec_view view = esp_view(6, 0x1000, 1, 84);

    view.destination = address;
    for (uint32_t i = 0; i < EACH; i++) {
        for (unsigned at = 0; at < 3; at++)
            address[13 + at] = (uint8_t)(i >> 8 * at);
        get(table, &view, 0x1000);
        view.protocol = IPSEC_PROTOCOL_AH;
        get(table, &view, 0x1000);
        view.protocol = IPSEC_PROTOCOL_ESP;
        memset(address + 13, 0, 3);
        for (unsigned at = 0; at < 3; at++)
            address[5 + at] = (uint8_t)((i + 1) >> 8 * at);
        get(table, &view, 0x1000);
        memset(address + 5, 0, 3);
        get(table, &view, 0x10000 + i);
    }
    g_assert_cmpuint(ipsec_sa_count(table), ==, 4 * EACH);
    ipsec_sa_table_free(table);
    guard_free_all();
}

/* The group is one destination, and each sender to it has its own SA. */
static void test_multicast_has_an_sa_per_source(void)
{
    static const uint8_t groups[][16] = {{224, 0, 0, 5}, {0xff, 0x02, [15] = 5}, {239, 255, 255, 255}};
    static const uint8_t no_groups[][16] = {{223, 255, 255, 255}, {0xfe, 0x80, [15] = 5}, {240, 0, 0, 1}};
    uint8_t other[16] = {192, 0, 2, 77};
    ipsec_sa_table *table = ipsec_sa_table_new(IPSEC_SAS_DEFAULT, NULL);

    for (unsigned i = 0; i < G_N_ELEMENTS(groups); i++) {
        ipsec_view view = esp_view(i == 1 ? 6 : 4, 0x1000, 1, 84), second = view;

        second.source = other;
        view.destination = second.destination = groups[i];
        g_assert_true(get(table, &view, 0x1000) != get(table, &second, 0x1000));
        g_assert_true(get(table, &second, 0x1000) == get(table, &second, 0x1000));
        view.destination = second.destination = no_groups[i];
        g_assert_true(get(table, &view, 0x1000) == get(table, &second, 0x1000));
    }
    ipsec_sa_table_free(table);
    guard_free_all();
}

/* --- forgetting */

/* A table of `most` SAs, and the next packet for it. */
typedef struct full {
    ipsec_sa_table *table;
    ipsec_view view;
} full;

static full open_full(uint32_t most)
{
    note = (ipsec_note){0};
    return (full){ipsec_sa_table_new(most, NULL), esp_view(4, 0x1000, 1, 84)};
}

static void close_full(full *full)
{
    ipsec_sa_table_free(full->table);
    guard_free_all();
}

/* The index of the SA to which the next packet, with this SPI, belongs. */
static uint32_t meet(full *full, uint32_t spi)
{
    full->view.frame++;
    return get(full->table, &full->view, spi)->index;
}

/* The same, and checks that the SA is reported as forgotten before. */
static uint32_t meet_again(full *full, uint32_t spi)
{
    const uint32_t index = meet(full, spi);

    g_assert_true(ipsec_note_has(&note, IPSEC_FINDING_SA_FORGOTTEN));
    note.found = IPSEC_FINDING_SET_EMPTY;
    return index;
}

/* This applies to SAs with a second packet, which are kept while there are others. */
static void test_the_one_that_is_idle_for_longest_goes(void)
{
    full full = open_full(4);

    for (uint32_t spi = 0; spi < 8; spi++)
        g_assert_cmpuint(meet(&full, 0x1000 + spi / 2), ==, spi / 2);
    g_assert_cmpuint(meet(&full, 0x1000), ==, 0); /* from here on the second one has been idle for longest */
    g_assert_cmpuint(meet(&full, 0x1002), ==, 2);
    g_assert_cmpuint(meet(&full, 0x2000), ==, 4);
    g_assert_cmpuint(meet(&full, 0x2000), ==, 4);
    g_assert_cmpuint(meet(&full, 0x1000), ==, 0);
    g_assert_cmpuint(meet(&full, 0x1002), ==, 2);
    g_assert_cmpuint(meet(&full, 0x1003), ==, 3);
    g_assert_true(ipsec_finding_set_is_empty(&note.found)); /* none of these has been forgotten */
    g_assert_cmpuint(meet_again(&full, 0x1001), ==, 5);     /* comes back, and 0x2000 is dropped for it */
    g_assert_cmpuint(meet(&full, 0x1001), ==, 5);           /* reported once each time */
    g_assert_cmpuint(meet_again(&full, 0x2000), ==, 6);     /* and 0x1000 is dropped for that */
    g_assert_cmpuint(meet(&full, 0x1002), ==, 2);
    g_assert_cmpuint(meet_again(&full, 0x1000), ==, 7); /* and 0x2000 is dropped, which has a single packet now */
    g_assert_cmpuint(meet(&full, 0x1003), ==, 3);
    g_assert_cmpuint(meet_again(&full, 0x2000), ==, 8); /* was known, although long ago */
    g_assert_cmpuint(meet(&full, 0x3000), ==, 9);
    g_assert_cmpuint(meet(&full, 0x3001), ==, 10);
    g_assert_cmpuint(meet(&full, 0x3000), ==, 11); /* had only one packet */
    g_assert_true(ipsec_finding_set_is_empty(&note.found));
    g_assert_cmpuint(ipsec_sa_count(full.table), ==, 12);
    close_full(&full);
}

/* --- forged SPIs */

enum {
    ROOM = 240,
    NEWCOMERS = ROOM / 16 + 1 /* this many newcomers are kept in any case */
};

static ipsec_sa *meet_twice(full *full, uint32_t spi)
{
    meet(full, spi);
    full->view.frame++;
    return get(full->table, &full->view, spi);
}

/* However many SAs have a single packet, those with a second one are kept, and are not even examined. */
static void test_a_flood_of_single_packets(void)
{
    full full = open_full(ROOM);

    for (uint32_t i = 0; i < ROOM - NEWCOMERS; i++)
        meet_twice(&full, 0x1000 + i);
    for (uint32_t i = 0; i < 1000; i++)
        meet(&full, 0x2000 + i);
    for (uint32_t i = 0; i < ROOM - NEWCOMERS; i++)
        g_assert_cmpuint(meet(&full, 0x1000 + i), ==, i);
    g_assert_true(ipsec_finding_set_is_empty(&note.found));
    /* Of the others, the latest are kept. */
    for (uint32_t i = 1000 - NEWCOMERS; i < 1000; i++)
        g_assert_cmpuint(meet(&full, 0x2000 + i), ==, ROOM - NEWCOMERS + i);
    g_assert_cmpuint(meet(&full, 0x2000 + 999 - NEWCOMERS), ==, ROOM - NEWCOMERS + 1000);
    g_assert_true(ipsec_finding_set_is_empty(&note.found)); /* none of the others was known before */
    close_full(&full);
}

/* In a table full of known SAs, a newcomer has time for its second packet, but no longer. */
static void test_newcomers_have_a_share(void)
{
    for (uint32_t between = NEWCOMERS - 1; between <= NEWCOMERS; between++) {
        full full = open_full(ROOM);
        uint32_t index;

        for (uint32_t i = 0; i < ROOM; i++)
            meet_twice(&full, 0x1000 + i);
        for (uint32_t i = 0; i < 2 * NEWCOMERS; i++)
            meet(&full, 0x2000 + i);
        index = meet(&full, 0x3000);
        for (uint32_t i = 0; i < between; i++)
            meet(&full, 0x4000 + i);
        g_assert_true((meet(&full, 0x3000) == index) == (between < NEWCOMERS));
        /* They have only replaced those that had been idle for longest. */
        g_assert_cmpuint(meet(&full, 0x1000 + NEWCOMERS), ==, NEWCOMERS);
        g_assert_true(ipsec_finding_set_is_empty(&note.found));
        g_assert_cmpuint(meet_again(&full, 0x1000 + NEWCOMERS - 1), >, ROOM);
        close_full(&full);
    }
}

/* Two packets for each SPI are enough to have other SAs forgotten, but none that verified; and this is reported. */
static void test_a_flood_of_two_packets(void)
{
    full full = open_full(ROOM);

    meet_twice(&full, 0x1000)->keys.icv_good = true;
    get(full.table, &full.view, 0x1001)->keys.icv_good = true; /* of a single packet */
    meet_twice(&full, 0x1002);
    meet_twice(&full, 0x1003);
    for (uint32_t i = 0; i < 1000; i++) {
        meet_twice(&full, 0x2000 + i);
        if (i % (ROOM / 2) == 0)
            g_assert_cmpuint(meet(&full, 0x1003), ==, 3); /* this one is not idle */
    }
    g_assert_true(ipsec_finding_set_is_empty(&note.found));
    g_assert_cmpuint(meet(&full, 0x1000), ==, 0);
    g_assert_cmpuint(meet(&full, 0x1001), ==, 1);
    g_assert_true(ipsec_finding_set_is_empty(&note.found));
    meet_again(&full, 0x1002);
    close_full(&full);
}

/* If nearly all have verified, some of them must be dropped: one for newcomers with a second packet soon, and as many
 * as the newcomers' share for the others. */
static void test_all_have_verified(void)
{
    for (unsigned packets = 1; packets <= 2; packets++) {
        const uint32_t gone = packets == 1 ? NEWCOMERS : 1;
        full full = open_full(ROOM);

        for (uint32_t i = 0; i < ROOM; i++)
            meet_twice(&full, 0x1000 + i)->keys.icv_good = true;
        for (uint32_t i = 0; i < packets * 1000; i++)
            meet(&full, 0x2000 + i / packets);
        for (uint32_t i = gone; i < ROOM; i++)
            g_assert_cmpuint(meet(&full, 0x1000 + i), ==, i);
        g_assert_true(ipsec_finding_set_is_empty(&note.found));
        for (uint32_t i = 0; i < gone; i++)
            meet_again(&full, 0x1000 + i);
        close_full(&full);
    }
}

/* An SA may lose its rank, with another key; that is noticed when it is the next candidate. */
static void test_a_rank_that_is_lost(void)
{
    full full = open_full(3);
    ipsec_sa *sa = meet_twice(&full, 0x1000);

    sa->keys.icv_good = true;
    meet_twice(&full, 0x1001)->keys.icv_good = true;
    meet_twice(&full, 0x1002)->keys.icv_good = true;
    meet_twice(&full, 0x1003)->keys.icv_good = true; /* 0x1000 was dropped, so the heaps exist */
    g_assert_cmpuint(meet(&full, 0x1003), ==, 3);
    sa = get(full.table, &full.view, 0x1001);
    sa->keys.icv_good = false;
    meet_twice(&full, 0x1004)->keys.icv_good = true;
    g_assert_cmpuint(meet(&full, 0x1002), ==, 2);
    g_assert_cmpuint(meet(&full, 0x1003), ==, 3);
    g_assert_true(ipsec_finding_set_is_empty(&note.found));
    g_assert_cmpuint(meet_again(&full, 0x1001), ==, 5);
    close_full(&full);
}

/* A simple model of which SA is dropped, for packets in any order. */
typedef struct model_sa {
    uint32_t index, last, packets;
    bool live, good, was_known, newcomer;
} model_sa;

/* The live one with the lowest value of the requested kind. */
static model_sa *model_first(model_sa *sas, unsigned count, bool newcomer, bool good)
{
    model_sa *first = NULL;

    for (unsigned i = 0; i < count; i++)
        if (sas[i].live && sas[i].newcomer == newcomer && sas[i].good == good && (!first || sas[i].last < first->last))
            first = &sas[i];
    return first;
}

/* Newcomers are examined in the same way as in the table: from the oldest on, until one has had only one packet. */
static void model_forget(model_sa *sas, unsigned count, unsigned most)
{
    unsigned newcomers = 0;
    model_sa *first = NULL;

    for (;;) {
        first = NULL;
        for (unsigned i = 0; i < count; i++)
            if (sas[i].live && sas[i].newcomer && (!first || sas[i].index < first->index))
                first = &sas[i];
        if (!first || (first->packets == 1 && !first->good))
            break;
        first->newcomer = false;
    }
    for (unsigned i = 0; i < count; i++)
        newcomers += sas[i].live && sas[i].newcomer;
    if (newcomers <= most / 16 && newcomers < most) {
        first = model_first(sas, count, false, false);
        first = first ? first : model_first(sas, count, false, true);
    }
    first->live = false;
    first->was_known |= first->packets > 1 || first->good;
}

static void test_which_one_goes_is_exact(void)
{
    enum {
        MOST = 37,
        SPIS = 60
    };
    GRand *random = g_rand_new_with_seed(1);
    full full = open_full(MOST);
    model_sa sas[SPIS] = {0};
    unsigned live = 0, forgotten = 0;

    for (unsigned i = 0; i < 20000; i++) {
        const unsigned at = (unsigned)g_rand_int_range(random, 0, g_rand_boolean(random) ? SPIS : SPIS / 3);
        model_sa *sa = &sas[at];

        if (!sa->live) {
            if (live == MOST && !full.table->known) /* at first, all are classified at once */
                for (unsigned other = 0; other < SPIS; other++)
                    sas[other].newcomer = sas[other].live && sas[other].packets == 1 && !sas[other].good;
            if (live == MOST)
                model_forget(sas, SPIS, MOST);
            else
                live++;
            *sa = (model_sa){
                .index = ipsec_sa_count(full.table), .live = true, .was_known = sa->was_known, .newcomer = true};
            forgotten += sa->was_known;
            g_assert_cmpuint(sa->was_known ? meet_again(&full, at + 1) : meet(&full, at + 1), ==, sa->index);
        } else {
            g_assert_cmpuint(meet(&full, at + 1), ==, sa->index);
        }
        g_assert_true(ipsec_finding_set_is_empty(&note.found));
        sa->packets++;
        sa->last = full.view.frame;
        if (g_rand_int_range(random, 0, 200) == 0) {
            sa->good = true;
            get(full.table, &full.view, at + 1)->keys.icv_good = true;
            sa->packets++;
        }
    }
    g_assert_cmpuint(ipsec_sa_count(full.table), >, 1000);
    g_assert_cmpuint(forgotten, >, 100);
    g_rand_free(random);
    close_full(&full);
}

/* An SA that comes back is recognised by everything that refers to it. */
static void test_others_were_not_forgotten(void)
{
    static const uint8_t group[16] = {0xff, 0x02, [15] = 5};
    const ipsec_view view = esp_view(6, 0x1000, 1, 84);
    uint8_t address[16];

    for (unsigned multicast = 0; multicast < 2; multicast++) {
        full full = open_full(1);
        ipsec_view others[4] = {view, view, view, view};

        full.view = view;
        full.view.destination = multicast ? group : view.destination;
        meet_twice(&full, 0x1000);
        memcpy(address, full.view.destination, sizeof address);
        for (unsigned i = 0; i < 2; i++) {
            address[multicast ? 2 + 10 * i : 15 * i] ^= 1;
            others[i].destination = guard_copy(address, sizeof address);
            memcpy(address, full.view.destination, sizeof address);
        }
        others[2].destination = full.view.destination;
        others[2].protocol = IPSEC_PROTOCOL_AH;
        others[3].destination = full.view.destination;
        others[3].source = multicast ? view.destination : view.source;
        for (unsigned i = 0; i < 4; i++)
            get(full.table, &others[i], multicast && i == 3 ? 0x1000 : 0x1000 + i / 3);
        g_assert_true(ipsec_finding_set_is_empty(&note.found));
        meet_again(&full, 0x1000);
        close_full(&full);
    }
}

static void test_frames_that_are_not_told_apart(void)
{
    full full = open_full(2);

    full.view.frame = UINT32_MAX; /* so that the frame is 0 after meet() increments it */
    for (uint32_t i = 0; i < 10; i++, full.view.frame = UINT32_MAX)
        g_assert_cmpuint(meet(&full, 0x1000 + i), ==, i);
    g_assert_cmpuint(meet(&full, 0x1009), ==, 9);
    g_assert_cmpuint(meet(&full, 0x1008), ==, 8);
    close_full(&full);
    full = open_full(1);
    g_assert_cmpuint(meet(&full, 0x1000), ==, 0);
    g_assert_cmpuint(meet(&full, 0x1000), ==, 0);
    g_assert_cmpuint(meet(&full, 0x1001), ==, 1);
    g_assert_true(ipsec_finding_set_is_empty(&note.found));
    g_assert_cmpuint(meet_again(&full, 0x1000), ==, 2);
    close_full(&full);
}

/* SAs between two hosts, natively and in UDP between the same ports. */
static void test_between(void)
{
    static const struct {
        uint16_t port;
        unsigned count;
    } cases[] = {{0, 1}, {500, 1}, {4500, 2}};
    ipsec_sa_table *table = ipsec_sa_table_new(0, NULL);
    ipsec_view view = esp_view(4, 0x1000, 1, 84);
    ipsec_note note = {0};
    ipsec_sa *native, *in_udp;

    native = ipsec_sa_get(table, &view, 0x1000, &note);
    native->life.pair = ipsec_sa_pair_get(table, &view, native);
    view.encapsulation = IPSEC_ENCAPSULATION_UDP;
    view.source_port = view.destination_port = 4500;
    in_udp = ipsec_sa_get(table, &view, 0x2000, &note);
    in_udp->life.pair = ipsec_sa_pair_get(table, &view, in_udp);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        uint32_t list[IPSEC_SAS_BETWEEN_MOST];

        view.source_port = view.destination_port = cases[i].port;
        g_assert_cmpuint(ipsec_sas_between(table, &view, list), ==, cases[i].count);
        g_assert_cmpuint(list[cases[i].count - 1], ==, native->index);
        if (cases[i].count == 2)
            g_assert_cmpuint(list[0], ==, in_udp->index);
    }
    ipsec_sa_table_free(table);
    guard_free_all();
}

/* The facts about an SA outlive it; a pair of peers lives as long as one of its SAs. */
static void test_facts_and_pairs_of_the_forgotten(void)
{
    full full = open_full(3);
    ipsec_view *view = &full.view;
    const uint8_t *const here = view->source, *const there = view->destination;
    ipsec_sa *sa = (meet(&full, 0x1000), get(full.table, view, 0x1000));
    const ipsec_sa_summary *facts;

    sa->life.pair = ipsec_sa_pair_get(full.table, view, sa);
    view->source = there;
    view->destination = here;
    sa = (meet(&full, 0x2000), get(full.table, view, 0x2000));
    sa->life.pair = ipsec_sa_pair_get(full.table, view, sa);
    g_assert_cmpuint(g_hash_table_size(full.table->pairs), ==, 2);
    g_assert_nonnull(sa->life.pair->back);
    meet_twice(&full, 0x2001);
    meet_twice(&full, 0x2002); /* and 0x1000 is dropped */
    g_assert_cmpuint(g_hash_table_size(full.table->pairs), ==, 1);
    g_assert_null(sa->life.pair->back);
    facts = ipsec_sa_summary_at(full.table, 0);
    g_assert_cmpuint(facts->packets, ==, 2);
    g_assert_cmpuint(facts->octets, ==, 2 * 84);
    g_assert_cmpuint(facts->first_frame, ==, 1);
    g_assert_cmpuint(facts->last_frame, ==, 1);
    g_assert_cmpuint(facts->reverse, ==, 1);
    g_assert_cmpuint(ipsec_sa_summary_at(full.table, 1)->reverse, ==, 0);
    meet(&full, 0x2003);
    g_assert_cmpuint(g_hash_table_size(full.table->pairs), ==, 0);
    close_full(&full);
}

/* Removed and added so often that every kind of cluster of slots occurs. */
static void test_slots_stay_findable(void)
{
    enum {
        MOST = 500, /* nearly half of the initial slots of a table */
        SPIS = 600
    };
    GRand *random = g_rand_new_with_seed(2);
    full full = open_full(MOST);

    for (unsigned i = 0; i < 100000; i++) {
        const uint32_t spi = (uint32_t)g_rand_int_range(random, 1, SPIS);
        const uint32_t index = meet(&full, spi);

        g_assert_cmpuint(get(full.table, &full.view, spi)->index, ==, index);
    }
    for (uint32_t i = 0, found = 0; i <= full.table->mask; i++) {
        const ipsec_sa *sa = full.table->slots[i];

        if (sa)
            g_assert_cmpuint(get(full.table, &full.view, (uint32_t)sa->key.name)->index, ==, sa->index);
        found += sa != NULL;
        if (i == full.table->mask)
            g_assert_cmpuint(found, ==, MOST);
    }
    g_rand_free(random);
    close_full(&full);
}

/* Destinations are different whichever bits an attacker makes them differ in. */
static void test_destinations_that_differ_in_high_bits(void)
{
    static const uint8_t top[] = {3, 7, 11, 15, 0, 4, 8, 12};
    ipsec_sa_table *table = ipsec_sa_table_new(0, NULL);
    uint8_t destination[16] = {0x20, 0x01, 0x0d, 0xb8};
    uint32_t sas = 0;
    ipsec_view view = {.address_length = 16, .ip_version = 6, .protocol = IPSEC_PROTOCOL_ESP, .length = 84, .frame = 1};
    ipsec_note note = {0};

    view.source = view.destination = destination;
    for (unsigned flips = 0; flips < 1u << G_N_ELEMENTS(top); flips++) {
        uint8_t other[16];

        memcpy(other, destination, sizeof other);
        for (unsigned i = 0; i < G_N_ELEMENTS(top); i++)
            other[top[i]] ^= flips >> i & 1 ? 0x80 : 0;
        view.destination = other;
        sas = ipsec_sa_get(table, &view, 0x1000, &note)->index + 1;
    }
    g_assert_cmpuint(sas, ==, 1u << G_N_ELEMENTS(top));
    ipsec_sa_table_free(table);
}

/* SPIs with only high bits are found as quickly as others: most are in their own slot. */
static void test_high_spis_are_spread(void)
{
    enum {
        SPIS = 4096
    };
    full full = open_full(SPIS);
    unsigned in_place = 0;

    for (uint32_t i = 1; i <= SPIS; i++)
        meet(&full, i << 16);
    for (uint32_t i = 0; i <= full.table->mask; i++)
        in_place += full.table->slots[i] && (i == 0 || !full.table->slots[i - 1]);
    g_assert_cmpuint(in_place, >, SPIS / 4); /* at random, half of the slots in front of one are free */
    close_full(&full);
}

static ipsec_iv_result learn_random(const full *full, ipsec_sa *sa, GRand *random)
{
    const uint64_t iv = (uint64_t)g_rand_int(random) << 32 | g_rand_int(random);
    const ipsec_iv_packet packet = {
        .demand = IPSEC_IV_UNIQUE, .iv = (const uint8_t *)&iv, .length = sizeof iv, .frame = full->view.frame};
    uint32_t first;

    return ipsec_iv_learn(full->table->ivs, &sa->iv, &packet, &first);
}

/* SAs whose IVs fill the store leave their space to those that replace them, including that for IVs with earlier keys.
 */
static void test_ivs_of(bool rekeyed)
{
    enum {
        SAS = 17,
        EACH = 60000
    };
    full full = open_full(SAS);
    GRand *random = g_rand_new_with_seed(6);
    bool is_full = false;

    for (uint32_t spi = 0; spi < SAS; spi++) {
        ipsec_sa *sa = get(full.table, &full.view, 0x1000 + spi);

        full.view.frame++;
        for (unsigned i = 0; i < EACH; i++)
            is_full = learn_random(&full, sa, random) == IPSEC_IV_FORGETFUL;
        sa->keys.icv_good = rekeyed;
        if (rekeyed)
            g_assert_false(ipsec_generation_take(full.table->generations, sa, 1));
    }
    g_assert_true(is_full);
    for (uint32_t spi = 0; spi < SAS; spi++) {
        ipsec_sa *sa = get(full.table, &full.view, 0x2000 + spi);

        full.view.frame++;
        for (unsigned i = 0; i < 100; i++)
            is_full = learn_random(&full, sa, random) == IPSEC_IV_FORGETFUL;
    }
    g_assert_false(is_full);
    g_rand_free(random);
    close_full(&full);
}

static void test_ivs_of_the_forgotten(void)
{
    test_ivs_of(false);
    test_ivs_of(true);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sa/name", test_an_sa_is_protocol_destination_spi);
    g_test_add_func("/sa/no-mix-up", test_no_two_sas_are_taken_for_one);
    g_test_add_func("/sa/multicast", test_multicast_has_an_sa_per_source);
    g_test_add_func("/sa/forget/idlest", test_the_one_that_is_idle_for_longest_goes);
    g_test_add_func("/sa/forget/single-packets", test_a_flood_of_single_packets);
    g_test_add_func("/sa/forget/share", test_newcomers_have_a_share);
    g_test_add_func("/sa/forget/two-packets", test_a_flood_of_two_packets);
    g_test_add_func("/sa/forget/all-verified", test_all_have_verified);
    g_test_add_func("/sa/forget/lost-rank", test_a_rank_that_is_lost);
    g_test_add_func("/sa/forget/exact", test_which_one_goes_is_exact);
    g_test_add_func("/sa/forget/others", test_others_were_not_forgotten);
    g_test_add_func("/sa/forget/same-frame", test_frames_that_are_not_told_apart);
    g_test_add_func("/sa/between", test_between);
    g_test_add_func("/sa/forget/facts", test_facts_and_pairs_of_the_forgotten);
    g_test_add_func("/sa/forget/ivs", test_ivs_of_the_forgotten);
    g_test_add_func("/sa/forget/slots", test_slots_stay_findable);
    g_test_add_func("/sa/destinations-that-differ-in-high-bits", test_destinations_that_differ_in_high_bits);
    g_test_add_func("/sa/high-spis-are-spread", test_high_spis_are_spread);
    return g_test_run();
}
