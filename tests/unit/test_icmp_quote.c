/* Reading ICMP errors and what they quote. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "icmp/quote.h"
#include "icmp/rules.h"
#include "ipsec.h"

#include <glib.h>
#include <string.h>

enum {
    ESP = 50,
    AH = 51,
    IPCOMP = 108,
    UDP = 17,
    TCP = 6
};

static const uint8_t router[16] = {203, 0, 113, 254, 1}, sender[16] = {192, 0, 2, 1, 2},
                     peer[16] = {198, 51, 100, 1, 3};

/* A message under construction. */
typedef struct message {
    uint8_t octets[512];
    uint32_t count;
} message;

static void put(message *m, const void *octets, uint32_t count)
{
    memcpy(m->octets + m->count, octets, count);
    m->count += count;
}

static message begin(uint8_t type, uint8_t code, uint32_t word)
{
    const uint8_t header[8] = {
        type, code, 0, 0, (uint8_t)(word >> 24), (uint8_t)(word >> 16), (uint8_t)(word >> 8), (uint8_t)word};
    message m = {.count = 0};

    put(&m, header, sizeof header);
    return m;
}

/* The IP header of a packet of `length` octets, with DF. */
static void put_ip(message *m, bool v6, uint8_t protocol, uint16_t length)
{
    uint8_t ip[40] = {0};

    ip[0] = v6 ? 0x60 : 0x45;
    ip[v6 ? 4 : 2] = (uint8_t)((v6 ? length - 40 : length) >> 8);
    ip[v6 ? 5 : 3] = (uint8_t)(v6 ? length - 40 : length);
    ip[v6 ? 6 : 9] = protocol;
    if (!v6) {
        ip[5] = 77;
        ip[6] = 0x40;
    }
    memcpy(ip + (v6 ? 8 : 12), sender, v6 ? 16 : 4);
    memcpy(ip + (v6 ? 24 : 16), peer, v6 ? 16 : 4);
    put(m, ip, v6 ? 40 : 20);
}

static void put_numbers(message *m, uint32_t spi, uint32_t sequence)
{
    const uint32_t numbers[2] = {GUINT32_TO_BE(spi), GUINT32_TO_BE(sequence)};

    put(m, numbers, sizeof numbers);
}

static void put_udp(message *m, uint16_t source, uint16_t destination, uint16_t length)
{
    const uint16_t header[4] = {GUINT16_TO_BE(source), GUINT16_TO_BE(destination), GUINT16_TO_BE(length), 0};

    put(m, header, sizeof header);
}

static ipsec_icmp_view view_of(const message *m, bool v6, const uint8_t *reporter)
{
    return (ipsec_icmp_view){.data = guard_copy(m->octets, m->count),
                             .captured = m->count,
                             .source = reporter,
                             .destination = sender,
                             .address_length = v6 ? 16 : 4,
                             .protocol = v6 ? IPSEC_ICMPV6 : IPSEC_ICMP,
                             .frame = 1};
}

static bool read_from(const message *m, bool v6, const uint8_t *reporter, ipsec_icmp_error *error)
{
    const ipsec_icmp_view view = view_of(m, v6, reporter);

    return ipsec_icmp_read(&view, error);
}

static bool read(const message *m, bool v6, ipsec_icmp_error *error)
{
    return read_from(m, v6, router, error);
}

/* --- what the message says ------------------------------------------------------------------------------ */

typedef struct said {
    uint8_t type, code;
    bool v6, from_peer;
    int finding; /* IPSEC_FINDING_COUNT: nothing */
} said;

static const said messages[] = {
    {3, 0, false, false, IPSEC_FINDING_ICMP_UNREACHABLE},
    {3, 1, false, true, IPSEC_FINDING_ICMP_UNREACHABLE},
    {3, 2, false, false, IPSEC_FINDING_ICMP_UNREACHABLE},
    {3, 2, false, true, IPSEC_FINDING_ICMP_PROTOCOL_UNREACHABLE},
    {3, 3, false, false, IPSEC_FINDING_ICMP_UNREACHABLE},
    {3, 3, false, true, IPSEC_FINDING_ICMP_PROHIBITED}, /* ESP has no ports */
    {3, 9, false, false, IPSEC_FINDING_ICMP_PROHIBITED},
    {3, 10, false, true, IPSEC_FINDING_ICMP_PROHIBITED},
    {3, 13, false, false, IPSEC_FINDING_ICMP_PROHIBITED},
    {3, 15, false, false, IPSEC_FINDING_ICMP_UNREACHABLE},
    {3, 16, false, false, IPSEC_FINDING_COUNT},
    {4, 0, false, false, IPSEC_FINDING_COUNT}, /* source quench */
    {5, 1, false, false, IPSEC_FINDING_COUNT}, /* redirect */
    {8, 0, false, false, IPSEC_FINDING_COUNT},
    {11, 0, false, false, IPSEC_FINDING_ICMP_TIME_EXCEEDED},
    {11, 1, false, true, IPSEC_FINDING_ICMP_FRAGMENT_LOST},
    {11, 2, false, false, IPSEC_FINDING_COUNT},
    {12, 0, false, false, IPSEC_FINDING_ICMP_PARAMETER},
    {1, 0, false, false, IPSEC_FINDING_COUNT},
    {1, 0, true, false, IPSEC_FINDING_ICMP_UNREACHABLE},
    {1, 1, true, false, IPSEC_FINDING_ICMP_PROHIBITED},
    {1, 3, true, false, IPSEC_FINDING_ICMP_UNREACHABLE},
    {1, 4, true, false, IPSEC_FINDING_ICMP_UNREACHABLE},
    {1, 5, true, false, IPSEC_FINDING_ICMP_PROHIBITED},
    {1, 8, true, false, IPSEC_FINDING_COUNT},
    {3, 0, true, false, IPSEC_FINDING_ICMP_TIME_EXCEEDED},
    {3, 1, true, true, IPSEC_FINDING_ICMP_FRAGMENT_LOST},
    {4, 0, true, true, IPSEC_FINDING_ICMP_PARAMETER},
    {4, 2, true, true, IPSEC_FINDING_ICMP_PARAMETER},
    {128, 0, true, false, IPSEC_FINDING_COUNT},
};

static void test_types_and_codes(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(messages); i++) {
        const said *const s = &messages[i];
        message m = begin(s->type, s->code, 0);
        ipsec_icmp_error error;
        int found = IPSEC_FINDING_COUNT;

        put_ip(&m, s->v6, ESP, 1400);
        put_numbers(&m, 0x1000, 7);
        if (read_from(&m, s->v6, s->from_peer ? peer : router, &error))
            found = ipsec_icmp_rule(&error, true, true).finding;
        if (found != s->finding)
            g_test_message("type %u code %u", s->type, s->code);
        g_assert_cmpint(found, ==, s->finding);
    }
    guard_free_all();
}

/* The pointer refers to the octet that was not understood: the one that states the protocol after the IP headers. */
static void test_pointer(void)
{
    static const uint8_t options[8] = {ESP, 0, 1, 4};

    for (unsigned pointer = 0; pointer < 50; pointer++)
        for (unsigned chain = 0; chain < 2; chain++) {
            message m = begin(4, 1, pointer);
            ipsec_icmp_error error;

            put_ip(&m, true, chain ? 60 : ESP, 1400);
            if (chain)
                put(&m, options, sizeof options);
            put_numbers(&m, 0x1000, 7);
            g_assert_true(read_from(&m, true, peer, &error));
            g_assert_cmpint(error.kind, ==, pointer == (chain ? 40 : 6) ? IPSEC_ICMP_PROTOCOL : IPSEC_ICMP_PARAMETER);
            g_assert_true(error.quote.has_sequence && error.quote.spi == 0x1000);
        }
    guard_free_all();
}

/* --- MTUs ----------------------------------------------------------------------------------------------- */

typedef struct reported {
    bool v6, has_sa, df;
    uint32_t mtu;
    uint16_t length;
    uint8_t advice_case; /* IPSEC_CASE_NONE: the MTU is valid */
} reported;

static const reported mtus[] = {
    {false, true, true, 1300, 1400, IPSEC_CASE_NONE},       {false, true, true, 552, 1400, IPSEC_CASE_NONE},
    {false, true, true, 551, 1400, IPSEC_CASE_MTU_LOW},     {false, true, true, 0, 1400, IPSEC_CASE_MTU_ZERO},
    {false, true, true, 1399, 1400, IPSEC_CASE_NONE},       {false, true, true, 1400, 1400, IPSEC_CASE_MTU_HIGH},
    {false, true, true, 9000, 0, IPSEC_CASE_NONE}, /* offload: the length is not known */
    {false, false, true, 1300, 1400, IPSEC_CASE_MTU_NO_SA}, {false, true, false, 1300, 1400, IPSEC_CASE_MTU_MAY_CUT},
    {true, true, true, 1280, 1400, IPSEC_CASE_NONE},        {true, true, true, 1279, 1400, IPSEC_CASE_MTU_LOW_V6},
    {true, true, true, 0, 1400, IPSEC_CASE_MTU_LOW_V6},     {true, true, true, 70000, 1400, IPSEC_CASE_MTU_HIGH},
};

static void test_mtus(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(mtus); i++) {
        const reported *const r = &mtus[i];
        message m = begin(r->v6 ? 2 : 3, r->v6 ? 0 : 4, r->mtu);
        ipsec_icmp_error error;
        ipsec_icmp_ruling ruling;

        put_ip(&m, r->v6, ESP, r->length);
        if (!r->df)
            m.octets[8 + 6] = 0;
        put_numbers(&m, 0x1000, 7);
        g_assert_true(read(&m, r->v6, &error));
        g_assert_cmpuint(error.mtu, ==, r->mtu);
        ruling = ipsec_icmp_rule(&error, r->has_sa, false);
        g_assert_cmpint(ruling.finding, ==,
                        r->advice_case == IPSEC_CASE_NONE ? IPSEC_FINDING_ICMP_TOO_BIG
                                                          : IPSEC_FINDING_ICMP_TOO_BIG_IGNORED);
        g_assert_cmpint(ruling.advice_case, ==, r->advice_case);
    }
    guard_free_all();
}

/* --- quotes --------------------------------------------------------------------------------------------- */

/* Nothing is read out of bounds, or invented for missing octets. */
static void test_every_length(void)
{
    for (unsigned kind = 0; kind < 6; kind++) {
        const bool v6 = kind & 1;
        const uint8_t protocol = (const uint8_t[]){ESP, AH, UDP}[kind / 2];
        message m = begin(v6 ? 2 : 3, v6 ? 0 : 4, 1300);
        uint32_t header, all;

        put_ip(&m, v6, protocol, 1400);
        header = m.count;
        if (protocol == UDP)
            put_udp(&m, 4500, 4500, v6 ? 1360 : 1380);
        if (protocol == AH)
            put(&m, "\x32\x04\0\0", 4);
        put_numbers(&m, 0x1000, 7);
        all = m.count;
        for (m.count = 0; m.count <= all; m.count++) {
            ipsec_icmp_error error;
            const bool known = read(&m, v6, &error);

            g_assert_cmpint(known, ==, m.count >= header);
            if (!known)
                continue;
            g_assert_cmpint(error.quote.has_spi, ==, m.count >= all - 4);
            g_assert_cmpint(error.quote.has_sequence, ==, m.count >= all);
            g_assert_cmpuint(error.quote.spi, ==, error.quote.has_spi ? 0x1000 : 0);
            g_assert_cmpuint(error.quote.length, ==, 1400);
        }
    }
    guard_free_all();
}

/* Extensions follow the quote, which is padded with zeros: none of these octets is an SPI or a sequence number. */
static void test_extensions(void)
{
    static const uint8_t extension[8] = {0x20, 0, 0xde, 0xad, 0, 4, 1, 1};
    static const uint8_t protocols[] = {ESP, AH, UDP};

    for (unsigned i = 0; i < G_N_ELEMENTS(protocols); i++) {
        message m = begin(3, 4, 0x00200000 | 1300); /* 32 words */
        ipsec_icmp_error error;

        put_ip(&m, false, protocols[i], 1400);
        if (protocols[i] == UDP)
            put_udp(&m, 4500, 4500, 1380);
        if (protocols[i] == AH)
            put(&m, "\x32\x04\0\0\0\0\x10\0", 8);
        if (protocols[i] == ESP)
            put_numbers(&m, 0x1000, 0x100); /* ends with a zero of its own */
        m.count = 8 + 128;
        put(&m, extension, sizeof extension);
        g_assert_true(read(&m, false, &error));
        g_assert_cmpuint(error.mtu, ==, 1300);
        g_assert_cmpuint(error.quote.length, ==, 1400);
        g_assert_cmpint(error.quote.has_spi, ==, protocols[i] != UDP);
        g_assert_cmpint(error.quote.has_sequence, ==, protocols[i] == ESP);
        g_assert_cmpuint(error.quote.sequence, ==, protocols[i] == ESP ? 0x100 : 0);
    }
    guard_free_all();
}

static void test_what_is_no_ipsec(void)
{
    static const uint8_t protocols[] = {TCP, 1, 58, 4, 47, 0};

    for (unsigned i = 0; i < G_N_ELEMENTS(protocols); i++)
        for (unsigned v6 = 0; v6 < 2; v6++) {
            message m = begin(v6 ? 2 : 3, v6 ? 0 : 4, 1300);
            ipsec_icmp_error error;

            put_ip(&m, v6, protocols[i], 1400);
            put_numbers(&m, 0xffffffff, 7);
            g_assert_false(read(&m, v6, &error));
        }
    guard_free_all();
}

/* In a fragment that is not the first, other octets are where the header would be. */
static void test_later_fragments(void)
{
    message m = begin(11, 1, 0), six = begin(3, 1, 0);
    ipsec_icmp_error error;

    put_ip(&m, false, ESP, 1400);
    m.octets[8 + 7] = 4;
    put_numbers(&m, 0x1000, 7);
    g_assert_true(read(&m, false, &error));
    g_assert_true(error.quote.is_later_fragment && !error.quote.has_spi);
    put_ip(&six, true, 44, 1400);
    put(&six, "\x32\0\0\x08\0\0\0\1", 8);
    put_numbers(&six, 0x1000, 7);
    g_assert_true(read(&six, true, &error));
    g_assert_true(error.quote.is_later_fragment && !error.quote.has_spi && error.quote.protocol == ESP);
    guard_free_all();
}

static void test_udp(void)
{
    static const struct {
        uint16_t source, destination, length;
        uint32_t first; /* first word after UDP */
        bool has_spi, has_port;
    } cases[] = {
        {4500, 4500, 1380, 0x1000, true, true},  {4500, 4500, 9, 0xff000000, false, true},
        {40000, 4500, 1380, 0x1000, true, true}, {4500, 4500, 1380, 0, false, true},
        {500, 500, 300, 0x1000, false, true},    {40000, 53, 300, 0x1000, true, false},
        {4500, 4500, 7, 0x1000, false, false}, /* too short for UDP */
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        message m = begin(3, 3, 0);
        ipsec_icmp_error error;

        put_ip(&m, false, UDP, (uint16_t)(cases[i].length + 20));
        put_udp(&m, cases[i].source, cases[i].destination, cases[i].length);
        put_numbers(&m, cases[i].first, 7);
        g_assert_true(read(&m, false, &error));
        g_assert_cmpint(error.quote.has_spi, ==, cases[i].has_spi);
        g_assert_cmpint(ipsec_quote_has_port(&error.quote), ==, cases[i].has_port);
        g_assert_null(error.quote.ike);
    }
    guard_free_all();
}

static void test_ike(void)
{
    for (unsigned marker = 0; marker <= 4; marker += 4)
        for (unsigned version = 0; version < 4; version++)
            for (unsigned wrong = 0; wrong < 2; wrong++) {
                uint8_t ike[32] = {0};
                message m = begin(3, 3, 0);
                ipsec_icmp_error error;

                memset(ike + marker, 0x5a, 8);
                ike[marker + 17] = (uint8_t)(version << 4);
                ike[marker + 27] = (uint8_t)(200 + wrong);
                put_ip(&m, false, UDP, (uint16_t)(228 + marker));
                put_udp(&m, marker ? 4500 : 500, marker ? 4500 : 500, (uint16_t)(208 + marker));
                put(&m, ike, 28 + marker);
                g_assert_true(read(&m, false, &error));
                g_assert_cmpint(error.quote.ike != NULL, ==, (version == 1 || version == 2) && !wrong);
                g_assert_false(error.quote.has_spi);
            }
    guard_free_all();
}

/* --- the checksum --------------------------------------------------------------------------------------- */

static void seal(message *m, bool v6)
{
    uint32_t sum = v6 ? m->count + IPSEC_ICMPV6 : 0;

    for (unsigned i = 0; i < m->count; i += 2)
        sum += (uint32_t)m->octets[i] << 8 | m->octets[i + 1];
    for (unsigned i = 0; v6 && i < 16; i += 2)
        sum += ((uint32_t)router[i] << 8 | router[i + 1]) + ((uint32_t)sender[i] << 8 | sender[i + 1]);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    m->octets[2] = (uint8_t)(~sum >> 8);
    m->octets[3] = (uint8_t)~sum;
}

static void test_checksum(void)
{
    for (unsigned i = 0; i < 8; i++) {
        const bool v6 = i & 1, wrong = i & 2, whole = i & 4;
        message m = begin(v6 ? 2 : 3, v6 ? 0 : 4, 1300);
        ipsec_icmp_view view;
        ipsec_icmp_error error;

        put_ip(&m, v6, ESP, 1400);
        put_numbers(&m, 0x1000, 7);
        seal(&m, v6);
        m.octets[3] ^= wrong;
        view = view_of(&m, v6, router);
        view.whole = whole;
        g_assert_true(ipsec_icmp_read(&view, &error));
        g_assert_cmpint(error.checksum_wrong, ==, wrong && whole);
        g_assert_cmpint(ipsec_icmp_rule(&error, true, false).advice_case == IPSEC_CASE_MTU_CHECKSUM, ==,
                        wrong && whole);
        error.kind = IPSEC_ICMP_PROHIBITED;
        g_assert_cmpint(ipsec_icmp_rule(&error, true, false).finding == IPSEC_FINDING_COUNT, ==, wrong && whole);
    }
    guard_free_all();
}

/* Traceroute sends packets that belong to no SA. */
static void test_traceroute(void)
{
    ipsec_icmp_error error = {.kind = IPSEC_ICMP_TIME, .quote = {.protocol = UDP, .address_length = 4}};

    g_assert_cmpint(ipsec_icmp_rule(&error, false, false).finding, ==, IPSEC_FINDING_COUNT);
    g_assert_cmpint(ipsec_icmp_rule(&error, true, false).finding, ==, IPSEC_FINDING_ICMP_TIME_EXCEEDED);
    g_assert_cmpint(ipsec_icmp_rule(&error, false, true).finding, ==, IPSEC_FINDING_ICMP_TIME_EXCEEDED);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/icmp-quote/types-and-codes", test_types_and_codes);
    g_test_add_func("/icmp-quote/pointer", test_pointer);
    g_test_add_func("/icmp-quote/mtus", test_mtus);
    g_test_add_func("/icmp-quote/every-length", test_every_length);
    g_test_add_func("/icmp-quote/extensions", test_extensions);
    g_test_add_func("/icmp-quote/no-ipsec", test_what_is_no_ipsec);
    g_test_add_func("/icmp-quote/later-fragments", test_later_fragments);
    g_test_add_func("/icmp-quote/udp", test_udp);
    g_test_add_func("/icmp-quote/ike", test_ike);
    g_test_add_func("/icmp-quote/checksum", test_checksum);
    g_test_add_func("/icmp-quote/traceroute", test_traceroute);
    return g_test_run();
}
