/* Packets that IP and UDP of a receiver discard. SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/checksum.h"
#include "guard.h"
#include "packet/ip_input.h"
#include "sa/note.h"
#include "packets.h"

#include <string.h>

/* An ESP packet of 84 octets after IPv4 or IPv6, and UDP if `udp`, with right checksums. */
typedef struct packet {
    ipsec_view view;
    uint8_t outer[68]; /* IP, options, UDP */
    uint32_t ip;       /* octets of the IP header in `outer` */
} packet;

static void put_u16(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static void seal_ip(packet *p)
{
    if (p->view.ip_version != 4)
        return;
    put_u16(p->outer + 10, 0);
    put_u16(p->outer + 10, (uint16_t)~ipsec_sum_fold(ipsec_sum_add(0, p->outer, p->ip)));
}

static uint32_t sum_pseudo_header(const packet *p, uint32_t length)
{
    const uint32_t sum = ipsec_sum_add(17 + length, p->view.source, p->view.address_length);

    return ipsec_sum_add(sum, p->view.destination, p->view.address_length);
}

static void seal_udp(packet *p)
{
    uint8_t *udp = p->outer + p->ip;
    uint32_t sum = sum_pseudo_header(p, 8 + p->view.length);

    put_u16(udp + 6, 0);
    sum = ipsec_sum_add(ipsec_sum_add(sum, udp, 8), p->view.data, p->view.captured);
    put_u16(udp + 6, (uint16_t)~ipsec_sum_fold(sum));
}

/* p->view.outer points into p, which must not move. */
static void make(packet *p, uint8_t version, bool udp, const char *options, uint32_t option_octets)
{
    const uint32_t behind = 84 + (udp ? 8 : 0);

    *p = (packet){.view = udp ? esp_in_udp_view(version, 0x1000, 1, 84) : esp_view(version, 0x1000, 1, 84)};
    p->ip = version == 4 ? 20 + option_octets : 40;
    p->outer[0] = version == 4 ? (uint8_t)(0x40 | p->ip / 4) : 0x60;
    put_u16(p->outer + (version == 4 ? 2 : 4), version == 4 ? p->ip + behind : behind);
    if (options)
        memcpy(p->outer + 20, options, option_octets);
    seal_ip(p);
    p->view.outer = p->outer;
    p->view.outer_length = p->ip + (udp ? 8 : 0);
    if (!udp)
        return;
    put_u16(p->outer + p->ip, 4500);
    put_u16(p->outer + p->ip + 2, 4500);
    put_u16(p->outer + p->ip + 4, behind);
    seal_udp(p);
}

/* No finding. */
#define NONE IPSEC_FINDING_COUNT

/* The finding of a packet; there is at most one. */
static ipsec_finding_id look(ipsec_senders *senders, const ipsec_view *view)
{
    ipsec_finding_set found = IPSEC_FINDING_SET_EMPTY;
    ipsec_finding_id id;

    ipsec_ip_input_check(senders, view, &found);
    id = (ipsec_finding_id)ipsec_finding_set_next(&found, 0);
    g_assert_cmpuint(id == NONE ? NONE : ipsec_finding_set_next(&found, id + 1), ==, NONE);
    return id;
}

static void test_sound(void)
{
    ipsec_senders *senders = ipsec_senders_new(NULL);
    packet p;

    for (unsigned i = 0; i < 4; i++) {
        make(&p, i % 2 ? 4 : 6, i / 2, NULL, 0);
        g_assert_cmpint(look(senders, &p.view), ==, NONE);
    }
    ipsec_senders_free(senders);
    ipsec_senders_free(NULL);
    guard_free_all();
}

/* Every bit of the header is covered, and a wrong checksum counts only after a right one. */
static void test_ip_checksum(void)
{
    ipsec_senders *senders = ipsec_senders_new(NULL);
    packet p;

    make(&p, 4, false, NULL, 0);
    p.outer[8] ^= 1;
    g_assert_cmpint(look(senders, &p.view), ==, NONE); /* so far, the sender has not sent a right one */
    p.outer[8] ^= 1;
    g_assert_cmpint(look(senders, &p.view), ==, NONE);
    for (unsigned bit = 0; bit < 32; bit++) {
        p.outer[16 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        g_assert_cmpint(look(senders, &p.view), ==, IPSEC_FINDING_ESP_IP_CHECKSUM);
        p.outer[16 + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    put_u16(p.outer + 10, 0); /* left to the network card */
    g_assert_cmpint(look(senders, &p.view), ==, NONE);
    ipsec_senders_free(senders);
    guard_free_all();
}

/* How many of the next `count` wrong ones are faults, after `wrong` wrong ones and then `right` right ones. */
static unsigned count_faults(unsigned wrong, unsigned right, unsigned count)
{
    ipsec_senders *senders = ipsec_senders_new(NULL);
    unsigned faults = 0;
    packet p;

    make(&p, 4, false, NULL, 0);
    for (unsigned i = 0; i < wrong + right + count; i++) {
        p.outer[8] = i >= wrong && i < wrong + right ? 0 : 1;
        faults += look(senders, &p.view) != NONE;
    }
    ipsec_senders_free(senders);
    guard_free_all();
    return faults;
}

/* A sender of four right checksums is trusted permanently; after three and two wrong ones, another right one is not
 * quite enough. */
static void test_believed_for_good(void)
{
    static const struct {
        unsigned right, wrong, again;
        bool for_good;
    } cases[] = {{4, 0, 0, true},  {3, 0, 1, true}, {3, 1, 1, true},
                 {3, 2, 1, false}, {3, 2, 2, true}, {3, 0, 0, false}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_senders *senders = ipsec_senders_new(NULL);
        unsigned faults = 0;
        packet p;

        make(&p, 4, false, NULL, 0);
        for (unsigned n = 0; n < cases[i].right + cases[i].wrong + cases[i].again; n++) {
            p.outer[8] = n >= cases[i].right && n < cases[i].right + cases[i].wrong;
            look(senders, &p.view);
        }
        p.outer[8] = 1;
        for (unsigned n = 0; n < 200; n++)
            faults += look(senders, &p.view) != NONE;
        g_assert_cmpint(faults == 200, ==, cases[i].for_good);
        ipsec_senders_free(senders);
        guard_free_all();
    }
}

/* If checksums are left to a network card, a right one may come from anybody who claims to be the sender. */
static void test_a_right_one_among_wrong_ones(void)
{
    g_assert_cmpuint(count_faults(1, 1, 10), ==, 10);
    g_assert_cmpuint(count_faults(2, 1, 10), ==, 0);
    g_assert_cmpuint(count_faults(2, 2, 10), ==, 10);
    g_assert_cmpuint(count_faults(100, 2, 10), ==, 0);
    g_assert_cmpuint(count_faults(100, 15, 10), ==, 0);
    g_assert_cmpuint(count_faults(100, 16, 10), ==, 10);
    g_assert_cmpuint(count_faults(0, 1, 100), ==, 32);
    g_assert_cmpuint(count_faults(0, 3, 100), ==, 96);
    g_assert_cmpuint(count_faults(0, 4, 1000), ==, 1000);
}

static void test_each_sender_has_its_own_way(void)
{
    static const uint8_t other[4] = {192, 0, 2, 9};
    ipsec_senders *senders = ipsec_senders_new(NULL);
    packet p;

    make(&p, 4, false, NULL, 0);
    g_assert_cmpint(look(senders, &p.view), ==, NONE);
    p.outer[8] ^= 1;
    p.view.source = other;
    g_assert_cmpint(look(senders, &p.view), ==, NONE);
    make(&p, 4, false, NULL, 0);
    p.outer[8] ^= 1;
    g_assert_cmpint(look(senders, &p.view), ==, IPSEC_FINDING_ESP_IP_CHECKSUM);
    ipsec_senders_free(senders);
    guard_free_all();
}

/* --- more senders than there is room for */

/* The bounds of ip_input.c. */
#define SENDERS_MOST 65536u
#define NEWCOMERS    (SENDERS_MOST / 16 + 1)

enum {
    FORGED = 1000000 /* the first number of forged ones */
};

typedef struct crowd {
    ipsec_senders *senders;
    packet packet;
    uint8_t source[4];
} crowd;

static void open_crowd(crowd *crowd)
{
    make(&crowd->packet, 4, false, NULL, 0);
    crowd->senders = ipsec_senders_new(NULL);
    crowd->packet.view.source = crowd->source;
}

static void close_crowd(crowd *crowd)
{
    ipsec_senders_free(crowd->senders);
    guard_free_all();
}

/* Sends the next packet of a sender. The checksum does not cover the view's source, which is used in place of the one
 * in the IP header. */
static ipsec_finding_id send_from(crowd *crowd, uint32_t number, bool right)
{
    for (unsigned at = 0; at < 4; at++)
        crowd->source[at] = (uint8_t)(number >> (24 - 8 * at));
    crowd->packet.outer[8] = right ? 0 : 1;
    return look(crowd->senders, &crowd->packet.view);
}

/* Whether a right checksum of the sender is remembered. */
static bool is_known(crowd *crowd, uint32_t number)
{
    return send_from(crowd, number, false) == IPSEC_FINDING_ESP_IP_CHECKSUM;
}

/* However many senders send a single packet, one that has sent two is kept, and a later one finds room. */
static void test_single_packets_go_first(void)
{
    crowd crowd;

    open_crowd(&crowd);
    for (uint32_t i = 0; i < 2; i++)
        send_from(&crowd, 1, true); /* consecutively */
    for (uint32_t i = 0; i < 10; i++)
        send_from(&crowd, 2 + i % 5, true); /* and alternating */
    send_from(&crowd, 10, true);
    for (uint32_t i = 0; i < 2 * SENDERS_MOST; i++)
        g_assert_cmpint(send_from(&crowd, FORGED + i, true), ==, NONE);
    send_from(&crowd, 20, true); /* a later sender */
    g_assert_true(is_known(&crowd, 20));
    for (uint32_t i = 1; i <= 6; i++)
        g_assert_true(is_known(&crowd, i));
    g_assert_false(is_known(&crowd, 10));
    close_crowd(&crowd);
}

/* Exactly as many as there is room for: the first one is dropped for the next one, and not earlier. */
static void test_the_limit_of_senders(void)
{
    for (uint32_t more = 0; more < 2; more++) {
        crowd crowd;

        open_crowd(&crowd);
        for (uint32_t i = 0; i < SENDERS_MOST + more; i++)
            send_from(&crowd, FORGED + i, true);
        g_assert_true(is_known(&crowd, FORGED) == (more == 0));
        g_assert_true(is_known(&crowd, FORGED + 2));
        close_crowd(&crowd);
    }
}

/* An attacker can send two packets for each source, too: then one that has not sent since is dropped. */
static void test_known_senders_go_round(void)
{
    crowd crowd;

    open_crowd(&crowd);
    for (uint32_t i = 0; i < 10; i++)
        send_from(&crowd, 1 + i % 5, true);
    for (uint32_t i = 0; i < 4 * SENDERS_MOST; i++) {
        send_from(&crowd, FORGED + i / 2, true);
        if (i % 1000 == 0)
            g_assert_true(is_known(&crowd, 3)); /* it may also send wrong ones */
        if (i % 1000 == 500)
            send_from(&crowd, 3, true);
    }
    g_assert_false(is_known(&crowd, 4));
    close_crowd(&crowd);
}

/* A new sender has some time for a second packet, however many have sent two. */
static void test_a_share_is_for_newcomers(void)
{
    for (uint32_t between = NEWCOMERS - 1; between <= NEWCOMERS; between++) {
        crowd crowd;

        open_crowd(&crowd);
        for (uint32_t i = 0; i < 2 * SENDERS_MOST; i++)
            send_from(&crowd, FORGED + i / 2, true);
        for (uint32_t i = 0; i < 2 * NEWCOMERS; i++)
            send_from(&crowd, 1000 + i, true);
        send_from(&crowd, 1, true);
        for (uint32_t i = 0; i < between; i++)
            send_from(&crowd, 100000 + i, true);
        g_assert_true(is_known(&crowd, 1) == (between < NEWCOMERS));
        g_assert_true(is_known(&crowd, FORGED + NEWCOMERS + 1));
        close_crowd(&crowd);
    }
}

static void test_what_is_no_packet_is_not_checked(void)
{
    const uint16_t flags[] = {IPSEC_VIEW_QUOTED, IPSEC_VIEW_FRAGMENT, IPSEC_VIEW_OFFLOAD, IPSEC_VIEW_REASSEMBLED};
    ipsec_senders *senders = ipsec_senders_new(NULL);
    packet p;

    make(&p, 4, false, NULL, 0);
    look(senders, &p.view);
    p.outer[8] ^= 1;
    for (unsigned i = 0; i < G_N_ELEMENTS(flags); i++) {
        p.view.flags = flags[i];
        g_assert_cmpint(look(senders, &p.view), ==, NONE);
    }
    p.view.flags = 0;
    g_assert_cmpint(look(senders, &p.view), ==, IPSEC_FINDING_ESP_IP_CHECKSUM);
    p.outer[0] = 0x4f; /* the header is longer than the available octets */
    g_assert_cmpint(look(senders, &p.view), ==, NONE);
    p.view.outer = NULL;
    p.view.outer_length = 0;
    g_assert_cmpint(look(senders, &p.view), ==, NONE);
    ipsec_senders_free(senders);
    guard_free_all();
}

static void test_udp_checksum(uint8_t version)
{
    ipsec_senders *senders = ipsec_senders_new(NULL);
    uint8_t *sum;
    packet p;

    make(&p, version, true, NULL, 0);
    sum = p.outer + p.ip + 6;
    sum[0] ^= 1;
    g_assert_cmpint(look(senders, &p.view), ==, NONE);
    sum[0] ^= 1;
    g_assert_cmpint(look(senders, &p.view), ==, NONE);
    sum[1] ^= 1;
    g_assert_cmpint(look(senders, &p.view), ==, IPSEC_FINDING_NATT_UDP_CHECKSUM_BAD);
    p.view.captured--; /* not completely captured */
    g_assert_cmpint(look(senders, &p.view), ==, NONE);
    p.view.captured++;
    put_u16(sum, ipsec_sum_fold(sum_pseudo_header(&p, 92))); /* over the pseudo-header only: the card does the rest */
    g_assert_cmpint(look(senders, &p.view), ==, NONE);
    put_u16(sum, 0);
    g_assert_cmpint(look(senders, &p.view), ==, version == 6 ? IPSEC_FINDING_NATT_V6_ZERO_CHECKSUM : NONE);
    ipsec_senders_free(senders);
    guard_free_all();
}

static void test_udp_checksums(void)
{
    test_udp_checksum(4);
    test_udp_checksum(6);
}

/* RFC 3948 recommends a checksum of 0, so it counts as right. */
static void test_zero_is_right_in_ipv4(void)
{
    ipsec_senders *senders = ipsec_senders_new(NULL);
    packet p;

    make(&p, 4, true, NULL, 0);
    put_u16(p.outer + p.ip + 6, 0);
    g_assert_cmpint(look(senders, &p.view), ==, NONE);
    put_u16(p.outer + p.ip + 6, 0x1234);
    g_assert_cmpint(look(senders, &p.view), ==, IPSEC_FINDING_NATT_UDP_CHECKSUM_BAD);
    ipsec_senders_free(senders);
    guard_free_all();
}

static void test_udp_length(void)
{
    const struct {
        uint32_t length;
        ipsec_finding_id found;
    } cases[] = {
        {0, IPSEC_FINDING_NATT_UDP_LENGTH}, {7, IPSEC_FINDING_NATT_UDP_LENGTH}, {8, NONE}, {91, NONE}, {92, NONE},
        {93, IPSEC_FINDING_NATT_UDP_LENGTH}};
    ipsec_senders *senders = ipsec_senders_new(NULL);
    packet p;

    for (unsigned i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
        make(&p, i % 2 ? 4 : 6, true, NULL, 0);
        put_u16(p.outer + p.ip + 4, cases[i / 2].length);
        g_assert_cmpint(look(senders, &p.view), ==, cases[i / 2].found);
    }
    ipsec_senders_free(senders);
    guard_free_all();
}

/* As accepted by a Linux kernel, or answered with "parameter problem". */
static void test_options(void)
{
    static const struct {
        const char *what, *options;
        uint32_t octets;
        bool sound;
    } cases[] = {
        {"padding", "\1\1\1\1", 4, true},
        {"whatever follows the end", "\0\xff\xff\xff", 4, true},
        {"router alert", "\x94\4\0\0", 4, true},
        {"router alert, beyond the header", "\x94\x20\0\0", 4, false},
        {"router alert, too short", "\x94\3\0\0", 4, false},
        {"unknown", "\x9e\4\xab\xcd", 4, true},
        {"unknown, of one octet", "\x9e\1\0\0", 4, false},
        {"without a length", "\1\1\1\x9e", 4, false},
        {"record route", "\7\7\4\0\0\0\0\0", 8, true},
        {"record route, full", "\7\7\x8\0\0\0\0\0", 8, true},
        {"record route, half a slot left", "\7\7\5\0\0\0\0\0", 8, false},
        {"record route, pointer into the head", "\7\7\3\0\0\0\0\0", 8, false},
        {"record route twice", "\7\7\4\0\0\0\0\7\7\4\0\0\0\0\0\0", 16, false},
        {"timestamp", "\x44\x8\5\0\0\0\0\0", 8, true},
        {"timestamp, pointer into the head", "\x44\x8\4\0\0\0\0\0", 8, false},
        {"timestamp, full", "\x44\x8\x9\0\0\0\0\0", 8, true},
        {"timestamp, half a slot left", "\x44\x8\6\0\0\0\0\0", 8, false},
        {"timestamp, only its head", "\x44\4\5\0", 4, true},
        {"timestamp, less than its head", "\x44\3\5\1", 4, false},
        {"timestamp twice", "\x44\x8\5\0\0\0\0\0\x44\x8\5\0\0\0\0\0", 16, false},
        {"record route and timestamp", "\7\7\4\0\0\0\0\x44\x8\5\0\0\0\0\0\0", 16, true},
        {"record route, only its head", "\7\3\4\0", 4, true},
        {"record route, less than its head", "\7\2\1\1", 4, false},
        {"strict and loose route", "\x89\3\4\x83\3\4\0\0", 8, false},
        {"loose route", "\x83\3\4\0", 4, true},
        {"loose route, pointer into the head", "\x83\3\3\0", 4, false},
        {"loose route, less than its head", "\x83\2\1\1", 4, false},
        {"strict route", "\x89\3\4\0", 4, true},
        {"strict route, pointer into the head", "\x89\3\3\0", 4, false},
        {"strict route, less than its head", "\x89\2\1\1", 4, false},
        {"loose route and timestamp", "\x83\3\4\x44\x8\5\0\0\0\0\0\0", 12, true},
        {"router alert", "\x94\4\0\0", 4, true},
        {"router alert, cut", "\x94\3\0\1", 4, false},
        {"router alert twice", "\x94\4\0\0\x94\4\0\0", 8, true},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_senders *senders = ipsec_senders_new(NULL);
        packet p;

        make(&p, 4, i % 2, cases[i].options, cases[i].octets);
        g_test_message("%s", cases[i].what);
        g_assert_cmpint(look(senders, &p.view), ==, cases[i].sound ? NONE : IPSEC_FINDING_ESP_V4_OPTION_BAD);
        ipsec_senders_free(senders);
    }
    guard_free_all();
}

/* The core only checks this if the chosen receiver has an IP stack, and what that discards changes no state. */
static void test_receiver(void)
{
    const expectation sound = NO_FINDINGS(PLAUSIBLE), refused = FINDINGS(DROP, IPSEC_FINDING_ESP_IP_CHECKSUM);
    ipsec_db *lenient = db_for(IPSEC_STACK_RFC), *linux_db = db_for(IPSEC_STACK_LINUX);
    ipsec_report report;
    packet p;

    make(&p, 4, false, NULL, 0);
    expect(lenient, &p.view, &sound, "right, RFC");
    expect(linux_db, &p.view, &sound, "right, Linux");
    make(&p, 4, false, NULL, 0);
    p.view.data = esp_view(4, 0x1000, 2, 84).data;
    p.outer[8] ^= 1;
    expect(lenient, &p.view, &sound, "wrong, RFC");
    report = expect(linux_db, &p.view, &refused, "wrong, Linux");
    g_assert_null(ipsec_outcome_at(IPSEC_STACK_LINUX, &report));
    g_assert_cmphex(ipsec_stacks_refusing(&report) & 1u << IPSEC_STACK_LINUX, !=, 0);
    p.outer[8] ^= 1;
    report = expect(linux_db, &p.view, &sound, "the same number again, right");
    g_assert_cmpint(report.number.advance, ==, 1);
    ipsec_db_free(lenient);
    ipsec_db_free(linux_db);
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ip-input/believed-for-good", test_believed_for_good);
    g_test_add_func("/ip-input/sound", test_sound);
    g_test_add_func("/ip-input/ip-checksum", test_ip_checksum);
    g_test_add_func("/ip-input/right-among-wrong", test_a_right_one_among_wrong_ones);
    g_test_add_func("/ip-input/senders/own-way", test_each_sender_has_its_own_way);
    g_test_add_func("/ip-input/senders/single-packets", test_single_packets_go_first);
    g_test_add_func("/ip-input/senders/limit", test_the_limit_of_senders);
    g_test_add_func("/ip-input/senders/known", test_known_senders_go_round);
    g_test_add_func("/ip-input/senders/share", test_a_share_is_for_newcomers);
    g_test_add_func("/ip-input/no-packet", test_what_is_no_packet_is_not_checked);
    g_test_add_func("/ip-input/udp-checksum", test_udp_checksums);
    g_test_add_func("/ip-input/zero", test_zero_is_right_in_ipv4);
    g_test_add_func("/ip-input/udp-length", test_udp_length);
    g_test_add_func("/ip-input/options", test_options);
    g_test_add_func("/ip-input/receiver", test_receiver);
    return g_test_run();
}
