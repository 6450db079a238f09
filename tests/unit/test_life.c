/* The lifetime of SAs: who sends, which SA follows which, and when one ends. SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "guard.h"
#include "keyed.h"
#include "packet/find.h"
#include "packets.h"

#include <gcrypt.h>
#include <string.h>

static const uint8_t here[4] = {192, 0, 2, 1}, there[4] = {192, 0, 2, 99}, third[4] = {192, 0, 2, 98};
static const uint8_t gateway[4] = {192, 0, 2, 2};

/* Packets between hosts, with the properties of the next one. */
typedef struct traffic {
    ipsec_db *db;
    const uint8_t *source, *destination;
    uint16_t source_port, destination_port; /* of UDP; 0: native */
    uint32_t spi;
    uint32_t length;
    uint64_t time;
    uint32_t frame;
    uint32_t changed, senders, old_spi, replays; /* how often each was reported */
} traffic;

static traffic open_traffic(void)
{
    return (traffic){.db = db_for(IPSEC_STACK_RFC),
                     .source = here,
                     .destination = gateway,
                     .spi = 0x1000,
                     .length = 84,
                     .time = 1000000000};
}

static void close_traffic(traffic *t)
{
    ipsec_db_free(t->db);
    guard_free_all();
}

static void count(traffic *t, const ipsec_report *report)
{
    t->changed += ipsec_findings_have(&report->findings, IPSEC_FINDING_SA_ADDRESS_CHANGED);
    t->senders += ipsec_findings_have(&report->findings, IPSEC_FINDING_SA_SENDERS);
    t->old_spi += ipsec_findings_have(&report->findings, IPSEC_FINDING_SA_OLD_SPI);
    t->replays += ipsec_findings_have(&report->findings, IPSEC_FINDING_REPLAY_DUPLICATE) ||
                  ipsec_findings_have(&report->findings, IPSEC_FINDING_REPLAY_OLD);
}

static void give(traffic *t, ipsec_view *view)
{
    ipsec_record record;
    ipsec_report report, again;

    view->frame = ++t->frame;
    view->time = t->time += 100000000;
    view->source = t->source;
    view->destination = t->destination;
    ipsec_judge(t->db, view, &record, &report);
    ipsec_explain(t->db, view, &record, &again);
    g_assert_cmpuint(report.findings.count, ==, again.findings.count);
    for (unsigned i = 0; i < report.findings.count; i++)
        g_assert_cmpuint(report.findings.list[i].id, ==, again.findings.list[i].id);
    count(t, &report);
}

static void send(traffic *t, uint32_t sequence)
{
    uint8_t octets[256];
    ipsec_view view = {.data = octets,
                       .captured = t->length,
                       .length = t->length,
                       .source_port = t->source_port,
                       .destination_port = t->destination_port,
                       .address_length = 4,
                       .ip_version = 4,
                       .protocol = IPSEC_PROTOCOL_ESP,
                       .encapsulation = t->source_port ? IPSEC_ENCAPSULATION_UDP : IPSEC_ENCAPSULATION_NONE};

    memset(octets, 0xa5, sizeof octets);
    for (unsigned i = 0; i < 4; i++) {
        octets[i] = (uint8_t)(t->spi >> (24 - 8 * i));
        octets[4 + i] = (uint8_t)(sequence >> (24 - 8 * i));
    }
    give(t, &view);
}

static void send_run(traffic *t, uint32_t first, uint32_t last)
{
    for (uint32_t sequence = first; sequence <= last; sequence++)
        send(t, sequence);
}

static void send_from(traffic *t, const uint8_t *source, uint32_t sequence)
{
    t->source = source;
    send(t, sequence);
}

static ipsec_sa_summary facts_of(const traffic *t, uint32_t sa)
{
    ipsec_sa_summary facts;

    g_assert_true(ipsec_db_sa(t->db, sa, &facts));
    return facts;
}

/* --- who sends */

static void test_there_and_back(void)
{
    traffic t = open_traffic();

    send_run(&t, 1, 5);
    t.source = there;
    send_run(&t, 6, 10);
    g_assert_cmpuint(t.changed, ==, 1);
    t.source = here;
    send_run(&t, 11, 15);
    g_assert_cmpuint(t.changed, ==, 1);
    g_assert_cmpuint(t.senders, ==, 0);
    send(&t, 12);
    g_assert_cmpuint(t.replays, ==, 1);
    close_traffic(&t);
}

/* Packets that were on their way when the sender moved arrive among those from its new address. */
static void test_stragglers(void)
{
    traffic t = open_traffic();

    send_run(&t, 1, 5);
    for (uint32_t i = 0; i < 30; i++) {
        send_from(&t, there, 36 + i);
        send_from(&t, here, 6 + i);
    }
    g_assert_cmpuint(t.changed, ==, 1);
    g_assert_cmpuint(t.senders, ==, 0);
    close_traffic(&t);
}

/* A host that replays packets is not a sender of the SA, however often it does so, and each replay is reported; nor is
 * a second point of capture. */
static void test_copies_from_elsewhere(void)
{
    for (unsigned captured_twice = 0; captured_twice < 2; captured_twice++) {
        traffic t = open_traffic();

        for (uint32_t sequence = 1; sequence <= 50; sequence++) {
            send_from(&t, here, sequence);
            t.time -= captured_twice ? 99000000 : 0;
            send_from(&t, there, sequence);
        }
        g_assert_cmpuint(t.changed, ==, 0);
        g_assert_cmpuint(t.senders, ==, 0);
        g_assert_cmpuint(t.replays, ==, captured_twice ? 0 : 50);
        close_traffic(&t);
    }
}

/* Two senders that share the numbers: the second one is a change, and then they alternate. From the eighth change on,
 * each counts as one of several senders; repeated packets are replays as before. */
static void test_turns(void)
{
    traffic t = open_traffic();

    for (uint32_t sequence = 1; sequence <= 40; sequence++) {
        send_from(&t, sequence % 2 ? here : there, sequence);
        g_assert_cmpuint(t.changed, ==, sequence >= 2);
        g_assert_cmpuint(t.senders, ==, sequence >= 10 ? sequence - 9 : 0);
    }
    send_run(&t, 1, 40);
    g_assert_cmpuint(t.replays, ==, 40);
    close_traffic(&t);
}

/* Turns that last long count as moves. */
static void test_long_stays(void)
{
    static const struct {
        uint32_t packets;
        bool senders;
    } stays[] = {{20, true}, {1024, true}, {1025, false}, {5000, false}};

    for (unsigned i = 0; i < G_N_ELEMENTS(stays); i++) {
        traffic t = open_traffic();

        for (uint32_t turn = 0; turn < 12; turn++) {
            t.source = turn % 2 ? there : here;
            send_run(&t, 1 + turn * stays[i].packets, (turn + 1) * stays[i].packets);
        }
        g_assert_cmpuint(t.changed, ==, 1);
        g_assert_cmpuint(t.senders > 0, ==, stays[i].senders);
        close_traffic(&t);
    }
}

/* A sender that keeps moving does not become several, however many packets it has sent by then. */
static void test_moves_for_ever(void)
{
    traffic t = open_traffic();

    for (uint32_t turn = 0, sequence = 1; turn < 11; turn++) {
        t.source = turn % 2 ? there : here;
        send_run(&t, sequence, sequence + 65545);
        sequence += 65546;
    }
    g_assert_cmpuint(t.senders, ==, 0);
    send(&t, 65546 * 11 - 1);
    g_assert_cmpuint(t.replays, ==, 1);
    close_traffic(&t);
}

/* Old numbers alone are replays, wherever they come from and however many there are; nothing is concluded from packets
 * that are not remembered. */
static void test_old_numbers_are_no_sender(void)
{
    for (uint32_t between = 1; between <= 2000; between += 1999) {
        traffic t = open_traffic();

        send_run(&t, 49990, 49999);
        for (uint32_t turn = 0; turn < 20; turn++) {
            t.source = here;
            send_run(&t, 50000 + turn * between, 50000 + (turn + 1) * between - 1);
            send_from(&t, there, 100 + turn);
        }
        g_assert_cmpuint(t.changed + t.senders, ==, 0);
        g_assert_cmpuint(t.replays, ==, 20);
        close_traffic(&t);
    }
}

/* A second sender whose numbers are ahead of those of the first one, which continues. */
static void test_ahead_of_the_flow(void)
{
    traffic t = open_traffic();

    for (uint32_t turn = 0; turn < 40; turn++) {
        send_from(&t, here, 1 + turn);
        send_from(&t, there, 100000 + turn);
    }
    g_assert_cmpuint(t.changed, <=, 1);
    g_assert_cmpuint(t.senders, >, 20);
    g_assert_cmpuint(t.replays, ==, 0);
    close_traffic(&t);
}

/* Their numbers are repeated, but they are not copies. */
static void test_same_numbers(void)
{
    traffic t = open_traffic();

    for (uint32_t sequence = 1; sequence <= 20; sequence++) {
        t.length = 84;
        send_from(&t, here, sequence);
        t.length = 88;
        send_from(&t, there, sequence);
        g_assert_cmpuint(t.senders, ==, sequence >= 8 ? sequence - 7 : 0);
    }
    g_assert_cmpuint(t.changed, ==, 0);
    g_assert_cmpuint(t.replays, ==, 0);
    /* Each sender is followed separately: what one of them repeats is a replay. */
    t.length = 84;
    send_from(&t, here, 12);
    send_from(&t, here, 21);
    t.length = 88;
    send_from(&t, there, 13);
    g_assert_cmpuint(t.replays, ==, 2);
    close_traffic(&t);
}

/* A burst of old packets is one return. */
static void test_old_burst(void)
{
    traffic t = open_traffic();

    send_run(&t, 5000, 5100);
    t.source = there;
    for (uint32_t sequence = 1; sequence <= 20; sequence++)
        send(&t, 20 * (30 - sequence)); /* not a run of a sender that restarted */
    g_assert_cmpuint(t.replays, ==, 20);
    g_assert_cmpuint(t.changed + t.senders, ==, 0);
    close_traffic(&t);
}

/* Three senders that take turns, and a sender that moves from place to place. */
static void test_many_places(void)
{
    const uint8_t *const three[] = {here, there, third};
    traffic t = open_traffic();
    uint8_t place[4] = {198, 51, 100, 0};

    for (uint32_t sequence = 1; sequence <= 100; sequence++)
        send_from(&t, three[sequence % 3], sequence);
    g_assert_cmpuint(t.senders, >=, 1);
    g_assert_cmpuint(t.changed, <=, 9);
    close_traffic(&t);
    t = open_traffic();
    t.source = place;
    for (uint32_t move = 0; move < 50; move++, place[3]++)
        send_run(&t, 1 + move * 17, (move + 1) * 17);
    g_assert_cmpuint(t.changed, ==, 49);
    g_assert_cmpuint(t.senders, ==, 0);
    close_traffic(&t);
}

/* In UDP the port is part of a packet's origin; directly in IP there is none. */
static void test_port_changes(void)
{
    traffic t = open_traffic();

    t.source_port = t.destination_port = 4500;
    send_run(&t, 1, 4);
    t.destination_port = 4501;
    send_run(&t, 5, 8);
    g_assert_cmpuint(t.changed, ==, 0);
    t.source_port = 1024;
    send_run(&t, 9, 12);
    g_assert_cmpuint(t.changed, ==, 1);
    close_traffic(&t);
}

/* Directly in IP, every bit of an address counts; 0.0.0.0 is one like others. */
static void test_addresses_of_one_bit(void)
{
    const uint8_t none[4] = {0};

    for (unsigned at = 0; at < 32; at++) {
        uint8_t moved[4] = {0};
        traffic t = open_traffic();

        t.source = none;
        send_run(&t, 1, 20);
        moved[at / 8] = (uint8_t)(1u << at % 8);
        t.source = moved;
        send_run(&t, 21, 24);
        g_assert_cmpuint(t.changed, ==, 1);
        close_traffic(&t);
    }
}

/* Address and port change in the same bits, wherever the two may meet. */
static void test_address_and_port_change(void)
{
    for (unsigned bit = 0; bit < 16; bit++)
        for (unsigned at = 0; at < 32; at++) {
            uint8_t moved[4];
            traffic t = open_traffic();

            memcpy(moved, here, sizeof moved);
            moved[at / 8] ^= (uint8_t)(1u << at % 8);
            t.source_port = t.destination_port = 4500;
            send_run(&t, 1, 20);
            t.source_port ^= (uint16_t)(1u << bit);
            t.source = moved;
            send_run(&t, 21, 24);
            g_assert_cmpuint(t.changed, ==, 1);
            close_traffic(&t);
        }
}

/* --- which SA follows which */

/* `count` SAs that were created during the capture and are used in parallel, in bursts. */
static void send_parallel(traffic *t, uint32_t count, uint32_t burst, uint32_t rounds)
{
    for (uint32_t round = 0; round < rounds; round++)
        for (uint32_t sa = 0; sa < count; sa++) {
            t->spi = 0x1000 + sa;
            send_run(t, 1 + round * burst, (round + 1) * burst);
        }
}

static void test_parallel(void)
{
    static const uint32_t counts[] = {2, 3, 8}, bursts[] = {1, 15, 16, 20, 64, 1023, 1024, 3000};

    for (unsigned i = 0; i < G_N_ELEMENTS(counts); i++)
        for (unsigned j = 0; j < G_N_ELEMENTS(bursts); j++) {
            traffic t = open_traffic();

            send_parallel(&t, counts[i], bursts[j], 5);
            g_assert_cmpuint(t.old_spi, <=, 12);
            g_assert_cmpuint(t.changed + t.senders + t.replays, ==, 0);
            if (bursts[j] < 16 || bursts[j] >= 32)
                g_assert_cmpuint(facts_of(&t, 0).successor, ==, IPSEC_SA_NONE); /* else the last turn looks like one */
            close_traffic(&t);
        }
}

/* Late packets on the old SA are reported; the SA has a successor. */
static void test_rekey(void)
{
    traffic t = open_traffic();

    send_run(&t, 1000, 1020);
    t.spi++;
    send_run(&t, 1, 15);
    g_assert_cmpuint(facts_of(&t, 0).successor, ==, IPSEC_SA_NONE);
    send_run(&t, 16, 32);
    g_assert_cmpuint(facts_of(&t, 0).successor, ==, 1);
    t.spi--;
    send_run(&t, 1021, 1023);
    g_assert_cmpuint(t.old_spi, ==, 3);
    g_assert_cmpuint(facts_of(&t, 0).successor, ==, 1);
    t.spi += 2;
    send_run(&t, 1, 32);
    g_assert_cmpuint(facts_of(&t, 1).successor, ==, 2);
    t.spi--;
    send(&t, 33);
    g_assert_cmpuint(t.old_spi, ==, 4);
    close_traffic(&t);
}

/* An SA that begins with one of its first 16 numbers was created during the capture, and takes over. */
static void test_how_young(void)
{
    for (uint32_t first = 16; first <= 17; first++) {
        traffic t = open_traffic();

        send_run(&t, 1000, 1020);
        t.spi++;
        send_run(&t, first, first + 31);
        g_assert_cmpuint(facts_of(&t, 0).successor, ==, first == 16 ? 1 : IPSEC_SA_NONE);
        close_traffic(&t);
    }
}

/* Each straggler is reported, however many there are, as long as the successor continues between them. */
static void test_stragglers_of_a_rekey(void)
{
    traffic t = open_traffic();

    send_run(&t, 1000, 1020);
    t.spi++;
    send_run(&t, 1, 32);
    for (uint32_t i = 0; i < 10; i++) {
        t.spi--;
        send(&t, 1021 + i);
        t.spi++;
        send_run(&t, 33 + 4 * i, 36 + 4 * i);
    }
    g_assert_cmpuint(t.old_spi, ==, 10);
    g_assert_cmpuint(facts_of(&t, 0).successor, ==, 1);
    close_traffic(&t);
}

/* A burst with a forged SPI does not succeed an SA that continues, and has no lasting effect: the rekey that follows is
 * reported. */
static void test_made_up_successor(void)
{
    static const uint32_t bursts[] = {16, 17, 31};

    for (unsigned i = 0; i < G_N_ELEMENTS(bursts); i++) {
        traffic t = open_traffic();

        send_run(&t, 1, 60);
        for (unsigned again = 0; again < 4; again++) {
            t.spi = 0xbad0 + again;
            send_run(&t, 1, bursts[i]);
            t.spi = 0x1000;
            send_run(&t, 61 + 20 * again, 80 + 20 * again);
            g_assert_cmpuint(t.old_spi, ==, 0);
            g_assert_cmpuint(facts_of(&t, 0).successor, ==, IPSEC_SA_NONE);
        }
        t.spi = 0x1001;
        send_run(&t, 1, 32);
        t.spi = 0x1000;
        send(&t, 141);
        g_assert_cmpuint(t.old_spi, ==, 1);
        g_assert_cmpuint(facts_of(&t, 0).successor, ==, 5);
        close_traffic(&t);
    }
}

/* The fourth straggler in a row shows that the SA was not replaced. After three such turns, a succession is only
 * believed after a long run, and not reported. */
static void test_not_replaced(void)
{
    traffic t = open_traffic();

    for (uint32_t turn = 0; turn < 3; turn++) {
        t.spi = 0x1000;
        send_run(&t, 1000 + turn * 20, 1019 + turn * 20);
        g_assert_cmpuint(t.old_spi, ==, 4 * turn);
        g_assert_cmpuint(facts_of(&t, 0).successor, ==, IPSEC_SA_NONE);
        t.spi = 0x1001 + turn;
        send_run(&t, 1, 32);
        g_assert_cmpuint(facts_of(&t, 0).successor, ==, 1 + turn);
    }
    t.spi = 0x1000;
    send_run(&t, 1060, 1100);
    g_assert_cmpuint(t.old_spi, ==, 12);
    t.spi = 0x1004;
    send_run(&t, 1, 1023);
    g_assert_cmpuint(facts_of(&t, 0).successor, ==, IPSEC_SA_NONE);
    send(&t, 1024);
    g_assert_cmpuint(facts_of(&t, 0).successor, ==, 4);
    t.spi = 0x1000;
    send(&t, 1101);
    g_assert_cmpuint(facts_of(&t, 0).successor, ==, IPSEC_SA_NONE);
    g_assert_cmpuint(t.old_spi, ==, 12);
    close_traffic(&t);
}

/* A packet with a forged SPI is matched with an SA until the real counterpart comes. */
static void test_better_match(void)
{
    traffic t = open_traffic();

    send_run(&t, 1, 5);
    t.source = gateway;
    t.destination = here;
    t.spi = 0xbad;
    send(&t, 1);
    g_assert_cmpuint(facts_of(&t, 0).reverse, ==, 1);
    t.spi = 0x2000;
    send(&t, 1);
    g_assert_cmpuint(facts_of(&t, 0).reverse, ==, 1);
    send(&t, 2);
    g_assert_cmpuint(facts_of(&t, 0).reverse, ==, 2);
    g_assert_cmpuint(facts_of(&t, 2).reverse, ==, 0);
    g_assert_cmpuint(facts_of(&t, 1).reverse, ==, IPSEC_SA_NONE);
    close_traffic(&t);
}

/* Two peers behind one NAT, each with SAs in both directions. */
static void test_behind_one_nat(void)
{
    static const uint16_t ports[] = {4500, 1025};
    traffic t = open_traffic();

    for (uint32_t round = 0; round < 5; round++)
        for (uint32_t way = 0; way < 2; way++)
            for (uint32_t peer = 0; peer < 2; peer++) {
                t.spi = 0x1000 + 2 * peer + way;
                t.source = way ? gateway : here;
                t.destination = way ? here : gateway;
                t.source_port = way ? 4500 : ports[peer];
                t.destination_port = way ? ports[peer] : 4500;
                send_run(&t, 1 + round * 20, (round + 1) * 20);
            }
    g_assert_cmpuint(ipsec_db_sa_count(t.db), ==, 4);
    for (uint32_t sa = 0; sa < 4; sa++)
        g_assert_cmpuint(facts_of(&t, sa).reverse, ==, sa ^ 2);
    g_assert_cmpuint(t.changed + t.old_spi + t.senders, ==, 0);
    close_traffic(&t);
}

/* --- with keys */

static void add_row(traffic *t, uint8_t key, uint64_t hard_packets, ipsec_key_row *spec)
{
    *spec = null_row("HMAC_SHA2_256_128", "no", "any");
    spec->integrity_key[0] = key;
    spec->hard_packets = hard_packets;
    /* If tables are complete, a row that names a receiver implies that all its SAs are known. */
    spec->destination.length = sizeof gateway;
    memcpy(spec->destination.octets, gateway, sizeof gateway);
    memset(spec->destination.mask, 0xff, sizeof gateway);
    ipsec_db_add(t->db, spec);
}

static ipsec_view sealed(const ipsec_key_row *spec, uint32_t sequence)
{
    return sealed_view(4, spec, &(sealing){.sequence = sequence}, sound_plaintext, sizeof sound_plaintext);
}

/* An SPI that the receiver does not know does not take over from any SA. */
static void test_unknown_spi(void)
{
    ipsec_config config = ipsec_config_default();
    traffic t = open_traffic();
    ipsec_key_row spec;

    ipsec_db_free(t.db);
    config.sa_complete = true;
    t.db = ipsec_db_new(&config);
    add_row(&t, 0x55, UINT64_MAX, &spec);
    for (uint32_t sequence = 1000; sequence < 1060; sequence++) {
        ipsec_view view = sealed(&spec, sequence);

        give(&t, &view);
        if (sequence != 1020)
            continue;
        t.spi = 0xdeadbeef;
        send_run(&t, 1, 40);
    }
    g_assert_cmpuint(t.old_spi, ==, 0);
    g_assert_cmpuint(facts_of(&t, 0).successor, ==, IPSEC_SA_NONE);
    close_traffic(&t);
}

/* After a false succession, another one is believed, but not indefinitely. */
static void test_succession_once_more(void)
{
    traffic t = open_traffic();
    uint32_t told[3];

    send_run(&t, 1, 100);
    for (uint32_t round = 0; round < 3; round++) {
        t.spi = 0x2000;
        send_run(&t, 1 + 60 * round, 60 + 60 * round);
        t.spi = 0x1000;
        send_run(&t, 101 + 4 * round, 104 + 4 * round);
        told[round] = t.old_spi;
    }
    g_assert_cmpuint(told[0], ==, 4);
    g_assert_cmpuint(told[1], ==, 8);
    g_assert_cmpuint(told[2], ==, 8);
    close_traffic(&t);
}

/* The first of these packets that the receiver refuses because the lifetime is over. */
static uint32_t first_refused(ipsec_db *db, const ipsec_view *packets, unsigned count)
{
    for (uint32_t i = 0; i < count; i++) {
        ipsec_view view = packets[i];
        ipsec_record record;
        ipsec_report report;

        view.frame = i + 1;
        ipsec_judge(db, &view, &record, &report);
        if (ipsec_findings_have(&report.findings, IPSEC_FINDING_SA_EXPIRED))
            return i + 1;
    }
    return 0;
}

/* Only payload counts towards a limit of octets: with ESP what precedes the padding, with AH what follows the header.
 * The packet that reaches the limit is the last one. */
static void test_limit_of_octets(void)
{
    enum {
        PACKETS = 8,
        ESP_PAYLOAD = 8, /* in sound_plaintext */
        AH_PAYLOAD = 16,
        AH_HEADER = 24
    };
    const ipsec_key_row_text text = {.columns = {"AH", "*", "*", KEYED_SPI, "", "", "HMAC_SHA1_96",
                                                 "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a", "no", "any"}};

    for (uint64_t limit = 23; limit <= 49; limit++) {
        ipsec_db *const esp = db_for(IPSEC_STACK_RFC), *const ah = db_for(IPSEC_STACK_RFC);
        ipsec_key_row esp_row = null_row("HMAC_SHA2_256_128", "no", "any"), ah_row;
        ipsec_view of_esp[PACKETS], of_ah[PACKETS];
        ipsec_key_row_error error;

        g_assert_true(ipsec_key_row_compile(&text, &ah_row, &error));
        ah_row.has_keys = false;
        esp_row.hard_bytes = ah_row.hard_bytes = limit;
        ipsec_db_add(esp, &esp_row);
        ipsec_db_add(ah, &ah_row);
        for (uint32_t i = 0; i < PACKETS; i++) {
            of_esp[i] = sealed(&esp_row, i + 1);
            of_ah[i] = ah_view(4, 17, AH_HEADER / 4 - 2, 0x1000, i + 1, AH_HEADER + AH_PAYLOAD);
        }
        g_assert_cmpuint(first_refused(esp, of_esp, PACKETS), ==, (limit + ESP_PAYLOAD - 1) / ESP_PAYLOAD + 1);
        g_assert_cmpuint(first_refused(ah, of_ah, PACKETS), ==, (limit + AH_PAYLOAD - 1) / AH_PAYLOAD + 1);
        ipsec_db_free(esp);
        ipsec_db_free(ah);
        guard_free_all();
    }
}

/* A forged SPI that appeared before any packet verified, and continues, does not prevent an SA that verifies from
 * having a successor. */
static void test_made_up_before_the_first_icv(void)
{
    traffic t = open_traffic();
    ipsec_key_row specs[2];

    for (unsigned i = 0; i < 2; i++) {
        specs[i] = null_row("HMAC_SHA2_256_128", "no", "any");
        specs[i].integrity_key[0] = (uint8_t)(0x10 + i);
        specs[i].spi = 0x2000 + i;
        ipsec_db_add(t.db, &specs[i]);
    }
    t.spi = 0xbad;
    send_run(&t, 1, 20);
    for (unsigned i = 0; i < 2; i++)
        for (uint32_t sequence = 1; sequence <= 40; sequence++) {
            ipsec_view view = sealed(&specs[i], sequence);

            give(&t, &view);
            send(&t, 21 + 40 * i + sequence);
        }
    g_assert_cmpuint(facts_of(&t, 1).successor, ==, 2);
    close_traffic(&t);
}

/* A forged SPI that comes between two SAs that verify is the reverse SA of neither. */
static void test_made_up_reverse(void)
{
    /* Packets in one direction or the other; with keys, or forged. */
    static const struct {
        uint32_t spi;
        bool back, keyed;
    } sas[] = {{0x2000, false, true}, {0x2001, true, true},   {0xbad0, true, false},
               {0x2002, false, true}, {0xbad1, false, false}, {0x2003, true, true}};
    traffic t = open_traffic();

    for (unsigned i = 0; i < G_N_ELEMENTS(sas); i++) {
        ipsec_key_row spec = null_row("HMAC_SHA2_256_128", "no", "any");

        t.spi = spec.spi = sas[i].spi;
        t.source = sas[i].back ? gateway : here;
        t.destination = sas[i].back ? here : gateway;
        if (sas[i].keyed)
            ipsec_db_add(t.db, &spec);
        for (uint32_t sequence = 1; sequence <= 20; sequence++) {
            ipsec_view view = sealed(&spec, sequence);

            if (sas[i].keyed)
                give(&t, &view);
            else
                send(&t, sequence);
        }
    }
    g_assert_cmpuint(facts_of(&t, 0).reverse, ==, 1);
    g_assert_cmpuint(facts_of(&t, 3).reverse, ==, 5);
    g_assert_cmpuint(facts_of(&t, 5).reverse, ==, 3);
    close_traffic(&t);
}

/* A refused packet is evidence of another sender if its ICV verifies and another packet had its number, but not if its
 * ICV is bad. */
static void test_refused_from_elsewhere(void)
{
    static const struct {
        ipsec_view (*seal)(uint8_t, const ipsec_key_row *, const sealing *, const uint8_t *, size_t);
        uint32_t lead;
        bool same, senders;
    } cases[] = {{sealed_view, 5000, false, false},
                 {damaged_view, 5000, false, false},
                 {sealed_view, 0, false, true},
                 {sealed_view, 0, true, false},
                 {damaged_view, 0, false, false}};
    static const uint8_t other_plaintext[] = {0, 9, 0, 9, 0, 8, 0, 0, 1, 2, 2, 17};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        traffic t = open_traffic();
        ipsec_key_row spec;

        add_row(&t, 0x55, UINT64_MAX, &spec);
        for (uint32_t sequence = 1; sequence <= 20; sequence++) {
            ipsec_view view = sealed(&spec, cases[i].lead + sequence);

            t.source = here;
            give(&t, &view);
            view = cases[i].seal(4, &spec, &(sealing){.sequence = sequence},
                                 cases[i].same ? sound_plaintext : other_plaintext, sizeof sound_plaintext);
            t.source = there;
            give(&t, &view);
        }
        g_assert_cmpuint(t.senders > 0, ==, cases[i].senders);
        g_assert_cmpuint(t.changed, ==, 0);
        close_traffic(&t);
    }
}

/* Before a packet of the SA verifies, a forged SA may seem to take over from it. That is forgotten with the first
 * packet that verifies, although the other SA continues. */
static void test_successor_before_the_first_icv(void)
{
    traffic t = open_traffic();
    ipsec_key_row spec;

    add_row(&t, 1, UINT64_MAX, &spec);
    for (uint32_t sequence = 1; sequence <= 20; sequence++) {
        ipsec_view view = sealed(&spec, sequence);

        view.captured -= 4;
        give(&t, &view);
    }
    t.spi = 0x2000;
    send_run(&t, 1, 60);
    g_assert_cmpuint(facts_of(&t, 0).successor, ==, 1);
    for (uint32_t sequence = 21; sequence <= 60; sequence++) {
        ipsec_view view = sealed(&spec, sequence);

        give(&t, &view);
        send(&t, 40 + sequence);
    }
    g_assert_cmpuint(t.old_spi, ==, 0);
    g_assert_cmpuint(facts_of(&t, 0).successor, ==, IPSEC_SA_NONE);
    close_traffic(&t);
}

/* A lifetime is that of a key: with another key for the same SPI it restarts. */
static void test_lifetime(void)
{
    for (uint32_t packets = 40; packets <= 60; packets += 20) {
        traffic t = open_traffic();
        ipsec_key_row specs[2];

        for (unsigned i = 0; i < 2; i++)
            add_row(&t, (uint8_t)(0x10 + i), 50, &specs[i]);
        for (unsigned i = 0; i < 2; i++)
            for (uint32_t sequence = 1; sequence <= packets; sequence++) {
                ipsec_view view = sealed(&specs[i], sequence);
                ipsec_record record;
                ipsec_report report;

                view.frame = ++t.frame;
                ipsec_judge(t.db, &view, &record, &report);
                g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_SA_EXPIRED) == (sequence == 51));
                g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_ESP_SPI_UNKNOWN) == (sequence > 51));
            }
        close_traffic(&t);
    }
}

/* A packet that was captured twice came once: even if the SA has ended in between, the copy is not reported as refused.
 */
static void test_lifetime_of_a_copy(void)
{
    traffic t = open_traffic();
    ipsec_key_row spec;

    add_row(&t, 0x10, 50, &spec);
    for (uint32_t i = 1; i <= 53; i++) {
        const bool copy = i == 52;
        ipsec_view view = sealed(&spec, copy ? 50 : i);
        ipsec_record record;
        ipsec_report report;

        view.frame = ++t.frame;
        view.time = 1000000000 + i * 1000000;
        ipsec_judge(t.db, &view, &record, &report);
        g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_CAPTURE_DUPLICATE) == copy);
        g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_SA_EXPIRED) == (i == 51));
        g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_ESP_SPI_UNKNOWN) == (i == 53));
    }
    close_traffic(&t);
}

int main(int argc, char **argv)
{
    gcry_check_version(NULL);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/life/origin/there-and-back", test_there_and_back);
    g_test_add_func("/life/origin/stragglers", test_stragglers);
    g_test_add_func("/life/origin/copies", test_copies_from_elsewhere);
    g_test_add_func("/life/origin/turns", test_turns);
    g_test_add_func("/life/origin/stays", test_long_stays);
    g_test_add_func("/life/origin/for-ever", test_moves_for_ever);
    g_test_add_func("/life/origin/old-numbers", test_old_numbers_are_no_sender);
    g_test_add_func("/life/origin/ahead", test_ahead_of_the_flow);
    g_test_add_func("/life/origin/same-numbers", test_same_numbers);
    g_test_add_func("/life/origin/old-burst", test_old_burst);
    g_test_add_func("/life/origin/places", test_many_places);
    g_test_add_func("/life/origin/port", test_port_changes);
    g_test_add_func("/life/origin/address-and-port-change", test_address_and_port_change);
    g_test_add_func("/life/origin/addresses-of-one-bit", test_addresses_of_one_bit);
    g_test_add_func("/life/successor/parallel", test_parallel);
    g_test_add_func("/life/successor/rekey", test_rekey);
    g_test_add_func("/life/successor/how-young", test_how_young);
    g_test_add_func("/life/successor/not-replaced", test_not_replaced);
    g_test_add_func("/life/successor/stragglers", test_stragglers_of_a_rekey);
    g_test_add_func("/life/successor/made-up", test_made_up_successor);
    g_test_add_func("/life/successor/match", test_better_match);
    g_test_add_func("/life/successor/nat", test_behind_one_nat);
    g_test_add_func("/life/keys/unknown", test_unknown_spi);
    g_test_add_func("/life/keys/made-up", test_made_up_before_the_first_icv);
    g_test_add_func("/life/keys/reverse", test_made_up_reverse);
    g_test_add_func("/life/keys/refused", test_refused_from_elsewhere);
    g_test_add_func("/life/succession-once-more", test_succession_once_more);
    g_test_add_func("/life/keys/lifetime", test_lifetime);
    g_test_add_func("/life/keys/limit-of-octets", test_limit_of_octets);
    g_test_add_func("/life/keys/lifetime-copy", test_lifetime_of_a_copy);
    g_test_add_func("/life/keys/successor", test_successor_before_the_first_icv);
    return g_test_run();
}
