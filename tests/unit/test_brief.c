/* The quick path held against the long way, on random traffic: the same records, reports and SAs.
 *
 * IPSEC_BRIEF_PACKETS sets how many packets are judged. In a build with IPSEC_BOTH_WAYS the core compares what it knows
 * of each SA, too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipsec.h"

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
    PAYLOADS
};

/* One end of an SA. */
typedef struct sender {
    uint8_t protocol, version, payload;
    bool udp;
    uint8_t source[16], destination[16];
    uint32_t spi, place;
    uint64_t number, counter;
} sender;

/* A packet with what its view leads to. */
typedef struct packet {
    ipsec_view view;
    uint8_t octets[20 + LONGEST];
    uint8_t source[16], destination[16];
} packet;

static GRand *dice;
static uint64_t now;
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
    memset(s->source, 10, sizeof s->source);
    memset(s->destination, 10, sizeof s->destination);
    s->source[3] = number % 2 ? 1 : (uint8_t)(2 + number);
    s->destination[3] = number % 2 ? 200 : (uint8_t)(100 + number);
    if (roll(12) == 0)
        s->destination[0] = s->version == 4 ? 224 : 255;
}

static uint32_t next_number(sender *s)
{
    switch (roll(1000)) {
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
        put_u32(at + 4, (uint32_t)s->counter);
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

/* What goes wrong with some packets, and with their capture. */
static void harm(packet *p)
{
    ipsec_view *view = &p->view;

    switch (roll(900)) {
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

static void make_packet(sender *s, packet *p)
{
    const uint32_t length = 32 + roll((LONGEST - 32) / 4) * 4;
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
    s->counter++;
    memcpy(data, "\x06\x04\0\0", 4);
    put_u32(data + (ah ? 4 : 0), s->spi);
    put_u32(data + (ah ? 8 : 4), next_number(s));
    fill(s, data + (ah ? 12 : 8), length - (ah ? 12 : 8));
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
    harm(p);
}

/* The view of a copy leads to the copy's octets. */
static void copy_packet(packet *to, const packet *from)
{
    *to = *from;
    to->view.data = to->octets + 20;
    to->view.outer = from->view.outer ? to->octets : NULL;
    to->view.source = to->source;
    to->view.destination = to->destination;
}

static ipsec_config any_config(void)
{
    static const uint32_t windows[] = {IPSEC_REPLAY_WINDOW_UNKNOWN, IPSEC_REPLAY_WINDOW_UNKNOWN, 0, 32, 64, 128, 4096};
    ipsec_config config = ipsec_config_default();

    config.null_heuristic = roll(4) > 0;
    config.replay_window = windows[roll(G_N_ELEMENTS(windows))];
    config.points = (ipsec_points_mode)roll(3);
    config.receiver = roll(8) ? IPSEC_STACK_RFC : (ipsec_stack)roll(IPSEC_STACK_COUNT);
    config.sas = roll(4) ? 0 : 16;
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

        g_assert_true(ipsec_db_sa(a, i, &of_a));
        g_assert_true(ipsec_db_sa(b, i, &of_b));
        g_assert_cmpmem(&of_a, sizeof of_a, &of_b, sizeof of_b);
    }
}

/* Returns whether it was judged without a report. */
static bool judge_both(ipsec_db *brief, ipsec_db *long_way, const ipsec_view *view)
{
    ipsec_report of_brief, of_long, again;
    ipsec_record record_of_brief = {0}, record_of_long = {0};
    const bool is_quiet = ipsec_judge_briefly(brief, view, &record_of_brief, &of_brief);

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
    ipsec_explain(brief, view, &record_of_brief, &of_brief);
    ipsec_explain(long_way, view, &record_of_long, &again);
    compare_reports(&of_brief, &again);
    return is_quiet;
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
    const bool has_fragments = roll(6) == 0; /* then there is no quick path while one waits */
    unsigned quiet = 0;

    for (unsigned i = 0; i < SENDERS; i++)
        begin_sender(&senders[i], i);
    for (unsigned i = 0; i < ROUND; i++) {
        packet p;

        frame++;
        now += 1000 + roll(1000000);
        /* One of them at a time sends more than the others. */
        if (i > KEPT && roll(150) == 0)
            copy_packet(&p, &kept[roll(KEPT)]);
        else
            make_packet(&senders[roll(3) ? i / 500 % SENDERS : roll(SENDERS)], &p);
        copy_packet(&kept[i % KEPT], &p);
        p.view.frame = frame;
        p.view.time = now;
        if (has_fragments && roll(1500) == 0)
            fragment_both(brief, long_way, &p);
        quiet += judge_both(brief, long_way, &p.view);
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

    dice = g_rand_new_with_seed(4303);
    for (; judged < packets; judged += ROUND)
        quiet += judge_round();
    g_rand_free(dice);
    g_test_message("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " packets on the quick path", quiet, judged);
    g_assert_cmpuint(quiet, >, judged / 3); /* or the test would not be of use */
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
    g_test_add_func("/brief/random_traffic", test_random_traffic);
    g_test_add_func("/brief/every_finding_is_ruled_out", test_every_finding_is_ruled_out);
    return g_test_run();
}
