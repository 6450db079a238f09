/* libFuzzer target over ICMP errors: packets of a few SAs, and messages of any octets between them, judged in one
 * database and then explained.
 *
 * The input is a row of items: an octet for its kind, one or two for its length, and its octets. A packet is made from
 * its first octets. make_icmp_corpus.py writes the same form.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipsec.h"

#include <gcrypt.h>
#include <stdlib.h>
#include <string.h>

enum {
    ITEM_MESSAGE,    /* ICMP */
    ITEM_MESSAGE_V6, /* ICMPv6 */
    ITEM_PACKET,     /* ESP, AH, in UDP: octets are kind, SPI, number, identification, seconds since the previous one */
    ITEM_COUNT,
    PACKET_OCTETS = 5,
    MOST = 64,
    OUTER = 28,
    PAYLOAD = 40
};

static const uint8_t here[16] = {192, 0, 2, 1}, there[16] = {198, 51, 100, 1}, router[16] = {203, 0, 113, 254};

/* A message, and the report on it. */
typedef struct message {
    uint8_t *octets; /* a block of exactly that size, so that ASan notices reads beyond it */
    ipsec_icmp_view view;
    ipsec_icmp_report judged;
} message;

typedef struct session {
    ipsec_db *db;
    message messages[MOST];
    unsigned count;
    uint32_t frame;
    uint64_t time;
} session;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t count);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    gcry_check_version(NULL);
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    return 0;
}

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check(const ipsec_icmp_report *report)
{
    char advice[IPSEC_ADVICE_SIZE];

    require(report->findings.count <= 1);
    if (report->findings.count == 0)
        return;
    require(strncmp(ipsec_catalogue((ipsec_finding_id)report->findings.list[0].id)->id, "icmp.", 5) == 0);
    require(strlen(ipsec_finding_advice(&report->findings.list[0], advice)) < sizeof advice - 1);
}

static bool is_same(const ipsec_icmp_report *a, const ipsec_icmp_report *b)
{
    return a->findings.count == b->findings.count && a->mtu == b->mtu && a->quoted_frame == b->quoted_frame &&
           a->sa == b->sa && (a->findings.count == 0 || a->findings.list[0].id == b->findings.list[0].id);
}

static void meet_message(session *s, bool v6, const uint8_t *octets, size_t count)
{
    message *const m = &s->messages[s->count];

    if (s->count == MOST)
        return;
    m->octets = malloc(count ? count : 1);
    require(m->octets);
    memcpy(m->octets, octets, count);
    m->view = (ipsec_icmp_view){.data = m->octets,
                                .captured = (uint32_t)count,
                                .whole = count % 2,
                                .source = count % 3 ? router : there,
                                .destination = here,
                                .address_length = v6 ? 16 : 4,
                                .protocol = v6 ? IPSEC_ICMPV6 : IPSEC_ICMP,
                                .frame = s->frame,
                                .time = s->time};
    s->count++;
    ipsec_judge_icmp(s->db, &m->view);
    ipsec_explain_icmp(s->db, &m->view, &m->judged);
    check(&m->judged);
}

/* Judges a packet of one of a few SAs, so that quoted packets are found. */
static void meet_packet(session *s, const uint8_t *octets)
{
    const bool udp = octets[0] & 1, v6 = octets[0] & 2, ah = octets[0] & 4;
    const uint32_t header = v6 ? 40 : 20, length = 8 + 8u * octets[4];
    uint8_t outer[48] = {0}, payload[PAYLOAD] = {0};
    ipsec_view view = {.data = payload,
                       .captured = PAYLOAD,
                       .length = MAX(length, PAYLOAD),
                       .outer = outer,
                       .outer_length = header + (udp ? 8 : 0),
                       .source = octets[0] & 8 ? there : here,
                       .destination = octets[0] & 8 ? here : there,
                       .frame = s->frame,
                       .offset = 34,
                       .time = s->time,
                       .source_port = udp ? 4500 : 0,
                       .destination_port = udp ? 4500 : 0,
                       .address_length = v6 ? 16 : 4,
                       .ip_version = v6 ? 6 : 4,
                       .protocol = ah && !udp ? IPSEC_PROTOCOL_AH : IPSEC_PROTOCOL_ESP,
                       .encapsulation = udp ? IPSEC_ENCAPSULATION_UDP : IPSEC_ENCAPSULATION_NONE};
    ipsec_record record;
    ipsec_report judged, explained;

    outer[0] = v6 ? 0x60 : 0x45;
    outer[v6 ? 4 : 2] = (uint8_t)(length >> 8);
    outer[v6 ? 5 : 3] = (uint8_t)length;
    outer[v6 ? 7 : 5] = octets[3];
    outer[v6 ? 8 : 6] |= 0x40;
    payload[ah && !udp ? 6 : 2] = 0x10;
    payload[ah && !udp ? 7 : 3] = octets[1] & 3;
    payload[ah && !udp ? 11 : 7] = octets[2];
    ipsec_judge(s->db, &view, &record, &judged);
    ipsec_explain(s->db, &view, &record, &explained);
    require(judged.verdict == explained.verdict && judged.findings.count == explained.findings.count);
    for (unsigned i = 0; i < judged.findings.count; i++)
        require(memcmp(&judged.findings.list[i], &explained.findings.list[i], sizeof(ipsec_finding)) == 0);
    if (judged.sa != IPSEC_SA_NONE)
        require(ipsec_db_sa_mtu(s->db, judged.sa, s->frame) != 1);
}

/* Handles the next item; returns the number of its octets, 0 at the end. */
static size_t meet(session *s, const uint8_t *octets, size_t count)
{
    const unsigned kind = count > 0 ? octets[0] % ITEM_COUNT : ITEM_COUNT;
    size_t length;

    if (count < 2 || s->frame >= 4 * MOST)
        return 0;
    s->frame++;
    if (kind == ITEM_PACKET) {
        if (count < 1 + PACKET_OCTETS)
            return 0;
        s->time += (uint64_t)(octets[0] / ITEM_COUNT) * 1000000000u;
        meet_packet(s, octets + 1);
        return 1 + PACKET_OCTETS;
    }
    length = MIN(octets[1], count - 2);
    meet_message(s, kind == ITEM_MESSAGE_V6, octets + 2, length);
    return 2 + length;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t count)
{
    const ipsec_config config = ipsec_config_default();
    session s = {.db = ipsec_db_new(&config), .time = 1000000000};
    size_t taken;

    for (; (taken = meet(&s, octets, count)) > 0; count -= taken)
        octets += taken;
    for (unsigned i = 0; i < s.count; i++) {
        ipsec_icmp_report report;

        ipsec_explain_icmp(s.db, &s.messages[i].view, &report);
        require(is_same(&report, &s.messages[i].judged));
        free(s.messages[i].octets);
    }
    ipsec_db_free(s.db);
    return 0;
}
