/* The quick path held against the long way, on random traffic: the same records, reports and SAs.
 *
 * IPSEC_BRIEF_PACKETS sets how many packets are judged. In a build with IPSEC_BOTH_WAYS the core compares what it knows
 * of each SA, too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "ike_world.h"
#include "keyed.h"

#include <glib.h>

#include <string.h>

#define PACKETS 200000u
#define ROUND   4000u /* packets with one configuration */
#define SENDERS 24u
#define LONGEST 320u
#define KEPT    64u /* packets that may come again */

enum {
    IV_RANDOM,
    IV_COUNTER,
    IV_ZERO,
    IN_CLEAR,
    SEALED
};

/* One end of an SA. */
typedef struct sender {
    uint8_t protocol, version, payload;
    bool udp;
    uint8_t source[16], destination[16];
    uint32_t spi, place;
    uint64_t number, counter;
    uint32_t exchanges[2]; /* that the receiver and the sender have begun */
    uint64_t ike;
} sender;

/* A packet with what its view leads to. */
typedef struct packet {
    ipsec_view view;
    uint8_t octets[20 + LONGEST];
    uint8_t outer6[48]; /* a header of IPv6, and sometimes an extension header */
    uint8_t source[16], destination[16];
} packet;

static GRand *dice;
static ipsec_key_row sealer; /* of packets that verify */
static uint64_t now;
static uint32_t calm; /* odd things are this many times as rare */
static uint32_t frame;

static uint32_t roll(uint32_t sides)
{
    return (uint32_t)g_rand_int_range(dice, 0, (gint32)sides);
}

static void put_u32(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* At the start, or shortly before a number that matters. */
static uint64_t any_start(void)
{
    static const uint64_t ends[] = {0, 0xffff, 0xfff00000, UINT32_MAX, UINT64_C(0x1fff00000), UINT64_C(0x1ffffffff)};
    const uint64_t end = ends[roll(G_N_ELEMENTS(ends))];

    return roll(3) ? 0 : end - MIN(end, roll(2000));
}

/* Half of them between the same two hosts. */
static void begin_sender(sender *s, unsigned number)
{
    static const uint8_t payloads[] = {IV_RANDOM, IV_RANDOM, IV_COUNTER, IV_COUNTER, IV_ZERO, IN_CLEAR};

    *s = (sender){.protocol = roll(4) ? IPSEC_PROTOCOL_ESP : IPSEC_PROTOCOL_AH,
                  .version = roll(4) ? 4 : 6,
                  .payload = payloads[roll(G_N_ELEMENTS(payloads))],
                  .spi = 0x1000 + number,
                  .place = 1 + roll(2)};
    s->udp = s->protocol == IPSEC_PROTOCOL_ESP && roll(4) == 0;
    s->number = any_start();
    s->ike = 0x1111 + 2 * number;
    memset(s->source, 10, sizeof s->source);
    memset(s->destination, 10, sizeof s->destination);
    s->source[3] = number % 2 ? 1 : (uint8_t)(2 + number);
    s->destination[3] = number % 2 ? 200 : (uint8_t)(100 + number);
    if (roll(12) == 0)
        s->destination[0] = s->version == 4 ? 224 : 255;
}

static uint32_t next_number(sender *s)
{
    switch (roll(1000 * calm)) {
    case 0:
    case 1:
    case 2:
        s->number += 2 + roll(3); /* lost */
        break;
    case 3:
        s->number += 2 + roll(300);
        break;
    case 4:
    case 5:
        return (uint32_t)s->number - roll(90); /* late, or sent again */
    case 6:
        s->number = 1; /* restarted */
        break;
    case 7:
        s->spi += 0x100; /* rekeyed */
        s->number = 1;
        break;
    case 8:
        if (roll(8) == 0)
            s->number = 0xffffffffu - roll(40) - (roll(2) << 20); /* the end is near */
        break;
    case 9:
        if (roll(4) == 0)
            s->number += 1u << 28;
        break;
    default:
        s->number++;
    }
    return (uint32_t)s->number;
}

/* A UDP packet in a tunnel, padded as RFC 4303 2.4 wants it. */
static void put_in_clear(uint8_t *at, uint32_t length)
{
    memset(at, 0, length);
    at[0] = 0x45;
    at[2] = (uint8_t)((length - 4) >> 8);
    at[3] = (uint8_t)(length - 4);
    at[8] = 64;
    at[9] = 17;
    memcpy(at + 12, "\012\0\0\1\012\0\0\2", 8);
    at[length - 4] = 1;
    at[length - 3] = 2;
    at[length - 2] = 2;
    at[length - 1] = 4;
}

static void fill(const sender *s, uint8_t *at, uint32_t length)
{
    if (s->payload == IN_CLEAR && s->protocol == IPSEC_PROTOCOL_ESP && length >= 32) {
        put_in_clear(at, length);
        return;
    }
    for (uint32_t i = 0; i < length; i++)
        at[i] = (uint8_t)g_rand_int(dice);
    if (s->payload == IV_COUNTER && length >= 8) {
        put_u32(at, 0);
        put_u32(at + 4, (uint32_t)s->counter - (roll(300) ? 0 : 1 + roll(100))); /* some are used again */
    }
    if (s->payload == IV_ZERO && length >= 8)
        memset(at, 0, 8);
}

static void put_ip(const sender *s, packet *p, uint32_t length)
{
    uint8_t *ip = p->octets;

    memset(ip, 0, 20);
    ip[0] = 0x45;
    ip[1] = roll(50) ? 0 : 46 << 2;
    ip[2] = (uint8_t)((20 + length) >> 8);
    ip[3] = (uint8_t)(20 + length);
    put_u32(ip + 4, g_rand_int(dice) & 0xffff0000u);
    ip[8] = roll(60) ? 64 : 63;
    ip[9] = s->protocol;
    memcpy(ip + 12, p->source, 4);
    memcpy(ip + 16, p->destination, 4);
    p->view.outer = ip;
    p->view.outer_length = 20;
}

static void put_ipv6(const sender *s, packet *p)
{
    memset(p->outer6, 0, sizeof p->outer6);
    p->outer6[0] = 0x60;
    p->outer6[1] = roll(50) ? 0 : 0xc0;
    p->outer6[6] = s->protocol;
    p->outer6[7] = roll(60) ? 64 : 63;
    memcpy(p->outer6 + 8, p->source, 16);
    memcpy(p->outer6 + 24, p->destination, 16);
    p->view.outer = p->outer6;
    p->view.outer_length = roll(20) ? 40 : 48;
}

/* What goes wrong with some packets, and with their capture. */
static void harm(packet *p)
{
    ipsec_view *view = &p->view;

    switch (roll(900 * calm)) {
    case 0:
        view->captured = roll(view->captured + 1);
        break;
    case 1:
        view->captured--;
        view->length--;
        break;
    case 2:
        put_u32((uint8_t *)view->data + (view->protocol == IPSEC_PROTOCOL_AH ? 4 : 0), roll(300));
        break;
    case 3:
        put_u32((uint8_t *)view->data + (view->protocol == IPSEC_PROTOCOL_AH ? 8 : 4), 0);
        break;
    case 4:
        view->flags |= (uint16_t)(1u << roll(8));
        break;
    case 5:
        view->length = IPSEC_LENGTH_UNKNOWN;
        break;
    case 6:
        view->address_length = 0;
        break;
    case 7:
        view->refused_by = 1;
        break;
    case 8:
        view->buffer = 1;
        break;
    case 9:
        view->offset = 70000;
        break;
    default:
        break;
    }
}

/* A packet that verifies, as far as the tables have its key. */
static uint32_t seal(const sender *s, uint32_t number, uint8_t *data)
{
    const sealing how = {.sequence = number, .esn = s->number >> 32, .high = (uint32_t)(s->number >> 32)};
    ipsec_key_row row = sealer;
    ipsec_view view;

    row.spi = s->spi;
    view = sealed_view(4, &row, &how, sound_plaintext, sizeof sound_plaintext);
    memcpy(data, view.data, view.length);
    guard_free_all();
    return view.length;
}

static void make_packet(sender *s, packet *p)
{
    uint32_t length = 32 + roll((LONGEST - 32) / 4) * 4;
    uint8_t *const data = p->octets + 20;
    const bool ah = s->protocol == IPSEC_PROTOCOL_AH;

    if (roll(2000) == 0)
        s->source[2]++; /* it moves */
    if (roll(2000) == 0)
        s->udp = s->protocol == IPSEC_PROTOCOL_ESP && !s->udp; /* so does a NAT */
    memcpy(p->source, s->source, 16);
    memcpy(p->destination, s->destination, 16);
    if (roll(900) == 0)
        p->source[1]++; /* another sender */
    if (s->payload == SEALED && !ah && roll(10)) {
        length = seal(s, next_number(s), data);
    } else {
        const uint32_t number = next_number(s);

        s->counter = roll(500) ? number + s->spi : s->counter + 1;
        memcpy(data, "\x06\x04\0\0", 4);
        put_u32(data + (ah ? 4 : 0), s->spi);
        put_u32(data + (ah ? 8 : 4), number);
        fill(s, data + (ah ? 12 : 8), length - (ah ? 12 : 8));
    }
    p->view = (ipsec_view){.data = data,
                           .captured = length,
                           .length = length,
                           .source = p->source,
                           .destination = p->destination,
                           .address_length = s->version == 4 ? 4 : 16,
                           .ip_version = s->version,
                           .place = roll(500) ? s->place : 3,
                           .offset = 34,
                           .protocol = s->protocol,
                           .encapsulation = s->udp ? IPSEC_ENCAPSULATION_UDP : IPSEC_ENCAPSULATION_NONE,
                           .source_port = s->udp ? 4500 : 0,
                           .destination_port = s->udp ? 4500 : 0};
    if (s->version == 4 && roll(10))
        put_ip(s, p, length);
    else if (s->version == 6 && roll(3))
        put_ipv6(s, p);
    harm(p);
}

/* The view of a copy leads to the copy's octets. */
static void copy_packet(packet *to, const packet *from)
{
    *to = *from;
    to->view.data = to->octets + 20;
    if (from->view.outer)
        to->view.outer = from->view.outer == from->outer6 ? to->outer6 : to->octets;
    to->view.source = to->source;
    to->view.destination = to->destination;
}

static ipsec_config any_config(void)
{
    static const uint32_t windows[] = {IPSEC_REPLAY_WINDOW_UNKNOWN,
                                       IPSEC_REPLAY_WINDOW_UNKNOWN,
                                       0,
                                       1,
                                       2,
                                       31,
                                       32,
                                       63,
                                       64,
                                       65,
                                       127,
                                       128,
                                       129,
                                       4096,
                                       65535,
                                       65536};
    ipsec_config config = ipsec_config_default();

    config.null_heuristic = roll(4) > 0;
    config.replay_window = windows[roll(G_N_ELEMENTS(windows))];
    config.points = (ipsec_points_mode)roll(3);
    config.receiver = roll(8) ? IPSEC_STACK_RFC : (ipsec_stack)roll(IPSEC_STACK_COUNT);
    config.sas = roll(4) ? 0 : 16;
    config.sa_complete = roll(8) == 0;
    return config;
}

static ipsec_db *make_db(const ipsec_config *config, guint32 seed)
{
    g_random_set_seed(seed);
    return ipsec_db_new(config);
}

static void compare_reports(const ipsec_report *a, const ipsec_report *b)
{
    g_assert_cmpuint(a->findings.count, ==, b->findings.count);
    for (unsigned i = 0; i < a->findings.count; i++) {
        g_assert_cmpuint(a->findings.list[i].id, ==, b->findings.list[i].id);
        g_assert_cmpuint(a->findings.list[i].detail, ==, b->findings.list[i].detail);
        g_assert_cmpuint(a->findings.list[i].announce, ==, b->findings.list[i].announce);
    }
    g_assert_cmpuint(a->verdict, ==, b->verdict);
    g_assert_cmpuint(a->sa, ==, b->sa);
    g_assert_cmpuint(a->unproven, ==, b->unproven);
    g_assert_cmpuint(a->number.is_followed, ==, b->number.is_followed);
    if (a->number.is_followed) {
        g_assert_cmpuint(a->number.value, ==, b->number.value);
        g_assert_cmpint(a->number.advance, ==, b->number.advance);
        g_assert_cmpuint(a->number.first_seen, ==, b->number.first_seen);
    }
}

static void compare_sas(const ipsec_db *a, const ipsec_db *b)
{
    g_assert_cmpuint(ipsec_db_sa_count(a), ==, ipsec_db_sa_count(b));
    for (uint32_t i = 0; i < ipsec_db_sa_count(a); i++) {
        ipsec_sa_summary of_a, of_b;
        ipsec_sa_ike ike_a, ike_b;

        g_assert_true(ipsec_db_sa(a, i, &of_a));
        g_assert_true(ipsec_db_sa(b, i, &of_b));
        g_assert_cmpmem(&of_a, sizeof of_a, &of_b, sizeof of_b);
        g_assert_true(ipsec_db_sa_ike(a, i, &ike_a) == ipsec_db_sa_ike(b, i, &ike_b));
        g_assert_cmpmem(&ike_a, sizeof ike_a, &ike_b, sizeof ike_b);
        g_assert_cmpuint(ipsec_db_sa_mtu(a, i, UINT32_MAX), ==, ipsec_db_sa_mtu(b, i, UINT32_MAX));
    }
    g_assert_cmpmem(ipsec_db_limits(a), sizeof(ipsec_limits), ipsec_db_limits(b), sizeof(ipsec_limits));
}

/* Returns whether it was judged without a report. */
static bool judge_both(ipsec_db *brief, ipsec_db *long_way, const ipsec_view *view, bool is_wanted)
{
    ipsec_report of_brief, of_long, again;
    ipsec_record record_of_brief = {0}, record_of_long = {0};
    bool is_quiet = false;

    if (is_wanted)
        ipsec_judge(brief, view, &record_of_brief, &of_brief);
    else
        is_quiet = ipsec_judge_briefly(brief, view, &record_of_brief, &of_brief);
    ipsec_judge(long_way, view, &record_of_long, &of_long);
    if (is_quiet) {
        g_assert_cmpuint(of_long.findings.count, ==, 0);
        g_assert_cmpuint(of_long.verdict, ==, IPSEC_VERDICT_PLAUSIBLE);
    } else {
        compare_reports(&of_brief, &of_long);
    }
    if (!is_quiet && !ipsec_report_has_subject(&of_long))
        return false;
    g_assert_cmpmem(&record_of_brief, sizeof record_of_brief, &record_of_long, sizeof record_of_long);
    if (is_quiet && roll(20 * calm) > 0)
        return true; /* because to explain a packet, its SA must catch up */
    ipsec_explain(brief, view, &record_of_brief, &of_brief);
    ipsec_explain(long_way, view, &record_of_long, &again);
    compare_reports(&of_brief, &again);
    return is_quiet;
}

/* --- what comes between the packets --- */

typedef struct pair_of_dbs {
    ipsec_db *brief, *long_way;
} pair_of_dbs;

/* A message between the receiver (A) and the sender (B) of an SA. */
static void tell_both(const pair_of_dbs *dbs, const sender *s, uint8_t exchange, uint32_t id, int from,
                      bool is_response, const ipsec_ike_contents *what)
{
    world w = {.ike = {s->ike, s->ike + 1}, .time = now, .frame = frame};
    ipsec_db *const both[] = {dbs->brief, dbs->long_way};

    memcpy(w.at[A], s->destination, 4);
    memcpy(w.at[B], s->source, 4);
    for (unsigned i = 0; i < 2; i++) {
        w.db = both[i];
        w.frame = frame;
        w.time = now;
        say(&w, exchange, id, from, is_response, what);
    }
    frame = w.frame;
    now = w.time;
}

/* IKE creates the SA, or the next one; names, deletes or moves it; or nobody can read what it does. */
static void negotiate_both(const pair_of_dbs *dbs, sender *s)
{
    const uint32_t spi = s->spi + (roll(2) ? 0x100 : 0), other = roll(3) ? s->spi + 0x5000 : 0x1000 + roll(SENDERS);
    const ipsec_ike_contents rekey = noting(proposing(spi), REKEY_SA, s->spi), gone = deleting(s->spi);
    const ipsec_ike_contents moved = noting(nothing, UPDATE_SA_ADDRESSES, 0), made = proposing(spi),
                             agreed = proposing(other), refused = noting(nothing, NO_PROPOSAL_CHOSEN, 0);
    const bool is_answered = roll(5) > 0;

    if (s->version != 4)
        return;
    if (s->exchanges[A] == 0)
        s->exchanges[A] = 1;
    switch (roll(7)) {
    case 0:
        tell_both(dbs, s, IPSEC_IKE_AUTH, s->exchanges[A], A, false, &made);
        if (is_answered)
            tell_both(dbs, s, IPSEC_IKE_AUTH, s->exchanges[A], B, true, roll(6) ? &agreed : &refused);
        break;
    case 1:
    case 2:
        tell_both(dbs, s, IPSEC_IKE_CREATE_CHILD_SA, s->exchanges[A], A, false, roll(2) ? &rekey : &made);
        if (is_answered)
            tell_both(dbs, s, IPSEC_IKE_CREATE_CHILD_SA, s->exchanges[A], B, true, roll(6) ? &agreed : &refused);
        break;
    case 3:
        tell_both(dbs, s, IPSEC_IKE_INFORMATIONAL, s->exchanges[A], A, false, &gone);
        if (is_answered)
            tell_both(dbs, s, IPSEC_IKE_INFORMATIONAL, s->exchanges[A], B, true, &nothing);
        break;
    case 4:
        s->destination[2] += roll(2);
        s->source[2] += roll(2);
        tell_both(dbs, s, IPSEC_IKE_INFORMATIONAL, s->exchanges[A], A, false, &moved);
        if (is_answered)
            tell_both(dbs, s, IPSEC_IKE_INFORMATIONAL, s->exchanges[A], B, true, &nothing);
        break;
    case 5:
        tell_both(dbs, s, roll(2) ? IPSEC_IKE_INFORMATIONAL : IPSEC_IKE_CREATE_CHILD_SA, s->exchanges[A], A, false,
                  NULL);
        break;
    default:
        tell_both(dbs, s, roll(2) ? IPSEC_IKE_QUICK_MODE : IPSEC_IKE_V1_INFORMATIONAL, s->exchanges[A], A, false,
                  roll(2) ? &made : &gone);
        break;
    }
    s->exchanges[A]++;
    now += roll(2) * roll(12) * SECOND; /* for what is on its way */
}

/* An ICMP error on a packet. A path MTU closes the quick path. */
static void object_both(const pair_of_dbs *dbs, const packet *p, bool has_mtu)
{
    static const uint8_t types[][2] = {{3, 2}, {3, 3}, {3, 13}, {3, 1}, {11, 0}, {11, 1}, {12, 0}, {3, 4}};
    const uint8_t *const type = types[roll(G_N_ELEMENTS(types) - !has_mtu)];
    uint8_t octets[8 + 20 + 16] = {type[0], type[1], 0, 0, 0, 0, 1, (uint8_t)roll(256)};
    const ipsec_icmp_view view = {.data = octets,
                                  .captured = sizeof octets,
                                  .source = roll(2) ? p->destination : (const uint8_t *)"\1\1\1\1",
                                  .destination = p->source,
                                  .address_length = 4,
                                  .protocol = IPSEC_ICMP,
                                  .frame = ++frame,
                                  .time = now};
    ipsec_icmp_report of_brief, of_long;

    if (!p->view.outer || p->view.ip_version != 4 || p->view.encapsulation == IPSEC_ENCAPSULATION_UDP)
        return;
    memcpy(octets + 8, p->octets, 20 + 16);
    ipsec_judge_icmp(dbs->brief, &view);
    ipsec_judge_icmp(dbs->long_way, &view);
    ipsec_explain_icmp(dbs->brief, &view, &of_brief);
    ipsec_explain_icmp(dbs->long_way, &view, &of_long);
    g_assert_cmpuint(of_brief.findings.count, ==, of_long.findings.count);
    if (of_brief.findings.count > 0)
        g_assert_cmpuint(of_brief.findings.list[0].id, ==, of_long.findings.list[0].id);
    g_assert_cmpuint(of_brief.quoted_frame, ==, of_long.quoted_frame);
    g_assert_cmpuint(of_brief.sa, ==, of_long.sa);
}

static ipsec_key_row any_row(void)
{
    static const char *const spis[] = {"0x1000", "0x1001", "0x1003", "0x1103", "*"};
    static const char *const sources[] = {"*", "*", "10.10.10.1", "10.10.10.2"};
    const bool is_null = roll(3) == 0;
    const ipsec_key_row_text text = {{"ESP", sources[roll(G_N_ELEMENTS(sources))], roll(3) ? "*" : "10.10.10.200",
                                      is_null ? spis[roll(G_N_ELEMENTS(spis))] : spis[roll(G_N_ELEMENTS(spis) - 1)],
                                      is_null ? "NULL" : "AES_CBC", is_null ? "" : "0x00112233445566778899aabbccddeeff",
                                      "HMAC_SHA1_96", "0x5555555555555555555555555555555555555555",
                                      roll(2) ? "auto" : "yes", roll(2) ? "" : "tunnel"}};
    ipsec_key_row_error error;
    ipsec_key_row row;

    if (!ipsec_key_row_compile(&text, &row, &error))
        g_error("%s: %s", error.column, error.reason);
    return row;
}

static void add_rows(const pair_of_dbs *dbs)
{
    for (unsigned i = roll(3); i > 0; i--) {
        ipsec_key_row row = sealer;

        row.spi = 0x1000 + roll(4) + (roll(3) ? 0 : 0x100);
        ipsec_db_add(dbs->brief, &row);
        ipsec_db_add(dbs->long_way, &row);
    }
    for (unsigned i = roll(4); i > 0; i--) {
        const ipsec_key_row row = any_row();

        ipsec_db_add(dbs->brief, &row);
        ipsec_db_add(dbs->long_way, &row);
    }
}

static void fragment_both(ipsec_db *brief, ipsec_db *long_way, const packet *p)
{
    const ipsec_fragment fragment = {.frame = frame,
                                     .protocol = IPSEC_PROTOCOL_ESP,
                                     .source = p->source,
                                     .destination = p->destination,
                                     .address_length = 4,
                                     .identification = roll(65536),
                                     .offset = 1480};

    ipsec_judge_fragment(brief, &fragment);
    ipsec_judge_fragment(long_way, &fragment);
}

/* Returns how many took the quick path. */
static unsigned judge_round(void)
{
    const ipsec_config config = any_config();
    const guint32 seed = g_rand_int(dice);
    ipsec_db *brief = make_db(&config, seed), *long_way = make_db(&config, seed);
    sender senders[SENDERS];
    packet *kept = g_new0(packet, KEPT);
    const pair_of_dbs dbs = {brief, long_way};
    const bool has_fragments = roll(6) == 0; /* then there is no quick path while one waits */
    const bool has_ike = roll(2), has_mtu = roll(6) == 0;
    const unsigned count = roll(2) ? SENDERS : 1 + roll(4);
    bool is_wanted = false;
    unsigned quiet = 0;

    calm = roll(3) ? 1 : 1 + roll(10);
    if (roll(3) == 0)
        add_rows(&dbs);
    for (unsigned i = 0; i < count; i++)
        begin_sender(&senders[i], i);
    for (unsigned i = 0; i < MIN(count, 4); i++)
        senders[i].payload = roll(4) ? senders[i].payload : SEALED;
    for (unsigned i = 0; i < ROUND; i++) {
        packet p;

        frame++;
        now += 1000 + roll(1000000);
        /* One of them at a time sends more than the others. */
        if (i > KEPT && roll(150) == 0)
            copy_packet(&p, &kept[roll(KEPT)]);
        else
            make_packet(&senders[roll(3) ? i / 500 % count : roll(count)], &p);
        copy_packet(&kept[i % KEPT], &p);
        p.view.frame = frame;
        p.view.time = now;
        if (has_fragments && roll(1500) == 0)
            fragment_both(brief, long_way, &p);
        if (roll(500) == 0)
            is_wanted = !is_wanted && roll(3) == 0; /* a window of statistics is opened, or closed */
        quiet += judge_both(brief, long_way, &p.view, is_wanted);
        if (has_ike && i > 100 && roll(150) == 0)
            negotiate_both(&dbs, &senders[roll(count)]);
        if (roll(300) == 0)
            object_both(&dbs, &kept[roll(MIN(i + 1, KEPT))], has_mtu && i > ROUND / 2);
        if (roll(200) == 0)
            compare_sas(brief, long_way);
    }
    compare_sas(brief, long_way);
    ipsec_db_free(brief);
    ipsec_db_free(long_way);
    g_free(kept);
    return quiet;
}

static void test_random_traffic(void)
{
    const char *const wanted = g_getenv("IPSEC_BRIEF_PACKETS");
    const uint64_t packets = wanted ? g_ascii_strtoull(wanted, NULL, 10) : PACKETS;
    uint64_t judged = 0, quiet = 0;

    const char *const seed = g_getenv("IPSEC_BRIEF_SEED");

    dice = g_rand_new_with_seed(seed ? (guint32)g_ascii_strtoull(seed, NULL, 10) : 4303);
    for (; judged < packets; judged += ROUND)
        quiet += judge_round();
    g_rand_free(dice);
    g_test_message("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " packets on the quick path", quiet, judged);
    g_assert_cmpuint(quiet, >, judged / 5); /* or the test would not be of use */
}

/* SAs alone for so long that pauses, windows and counts reach their largest values. */
static void test_long_flows(void)
{
    static const uint32_t windows[] = {IPSEC_REPLAY_WINDOW_UNKNOWN, 0, 1, 64, 128, 65535, 65536};
    const char *const wanted = g_getenv("IPSEC_BRIEF_LONG");
    const uint32_t packets = wanted ? (uint32_t)g_ascii_strtoull(wanted, NULL, 10) : 20000;

    dice = g_rand_new_with_seed(4301);
    for (unsigned i = 0; i < G_N_ELEMENTS(windows); i++) {
        ipsec_config config = ipsec_config_default();
        const guint32 seed = g_rand_int(dice);
        unsigned quiet = 0;
        pair_of_dbs dbs;
        sender s;

        config.replay_window = windows[i];
        config.null_heuristic = roll(4) > 0;
        dbs.brief = make_db(&config, seed);
        dbs.long_way = make_db(&config, seed);
        calm = 1000;
        begin_sender(&s, i);
        for (uint32_t done = 0; done < packets; done++) {
            packet p;

            frame++;
            now += 1000 + roll(1000000);
            make_packet(&s, &p);
            p.view.frame = frame;
            p.view.time = now;
            quiet += judge_both(dbs.brief, dbs.long_way, &p.view, false);
        }
        compare_sas(dbs.brief, dbs.long_way);
        g_test_message("window %u, protocol %u, payload %u, up to %" G_GINT64_MODIFIER "x: %u of %u", windows[i],
                       s.protocol, s.payload, s.number, quiet, packets);
        ipsec_db_free(dbs.brief);
        ipsec_db_free(dbs.long_way);
    }
    g_rand_free(dice);
}

/* An SA of which nothing is lost: packets come in between for so long that with the next pause their number exceeds 16
 * bits. */
static void judge_undisturbed(uint8_t protocol, bool null_heuristic)
{
    const uint32_t packets = 140000;
    const unsigned number_at = protocol == IPSEC_PROTOCOL_AH ? 8 : 4;
    ipsec_config config = ipsec_config_default();
    sender s = {.protocol = protocol,
                .version = 4,
                .payload = IV_RANDOM,
                .source = {10, 0, 0, 1},
                .destination = {10, 0, 0, 2},
                .spi = 0x1000};
    unsigned quiet = 0;
    pair_of_dbs dbs;
    packet p;

    config.null_heuristic = null_heuristic;
    dbs = (pair_of_dbs){make_db(&config, 7), make_db(&config, 7)};
    make_packet(&s, &p);
    for (uint32_t number = 1; number <= packets; number++) {
        put_u32((uint8_t *)p.view.data + number_at, number);
        put_u32((uint8_t *)p.view.data + number_at + 4, g_rand_int(dice));
        p.view.frame = ++frame;
        p.view.time = now += 1000;
        quiet += judge_both(dbs.brief, dbs.long_way, &p.view, false);
    }
    compare_sas(dbs.brief, dbs.long_way);
    g_assert_cmpuint(quiet, >, packets - 200);
    ipsec_db_free(dbs.brief);
    ipsec_db_free(dbs.long_way);
}

static void test_undisturbed_flows(void)
{
    dice = g_rand_new_with_seed(4302);
    calm = 2000000;
    judge_undisturbed(IPSEC_PROTOCOL_ESP, true);
    judge_undisturbed(IPSEC_PROTOCOL_ESP, false);
    judge_undisturbed(IPSEC_PROTOCOL_AH, true);
    judge_undisturbed(IPSEC_PROTOCOL_AH, false);
    g_rand_free(dice);
}

/* A finding that nothing rules out closes the path. */
static void test_every_finding_is_ruled_out(void)
{
    for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++)
        g_assert_cmpuint(ipsec_catalogue((ipsec_finding_id)id)->fact, !=, IPSEC_FACT_NONE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    sealer = null_row("HMAC_SHA2_256_128", "auto", "");
    g_test_add_func("/brief/random_traffic", test_random_traffic);
    g_test_add_func("/brief/long_flows", test_long_flows);
    g_test_add_func("/brief/undisturbed_flows", test_undisturbed_flows);
    g_test_add_func("/brief/every_finding_is_ruled_out", test_every_finding_is_ruled_out);
    return g_test_run();
}
