/* What IKE tells of SAs. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "keyed.h"
#include "packets.h"
#include "ike/agreement.h"
#include "sa/negotiated.h"

#include <gcrypt.h>
#include <glib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

enum {
    AES_CBC = 12,
    SHA2_256 = 12,
    REKEY_SA = 16393,
    USE_TRANSPORT_MODE = 16391,
    UPDATE_SA_ADDRESSES = 16400,
    INITIAL_CONTACT = 16384,
    NO_PROPOSAL_CHOSEN = 14
};

/* Two peers: which of them sends, as an index. */
enum {
    A,
    B
};

typedef struct world {
    ipsec_db *db;
    uint8_t at[2][4];
    uint64_t ike[2]; /* SPIs of the IKE SA */
    uint64_t time;
    uint32_t frame;
    uint32_t numbers[16][256]; /* of the next packet, by the ends of the SPI */
} world;

static world begin_with(const ipsec_config *config)
{
    return (world){
        .db = ipsec_db_new(config), .at = {{10, 0, 0, 1}, {10, 0, 0, 2}}, .ike = {0x1111, 0x2222}, .time = SECOND};
}

static world begin(void)
{
    ipsec_config config = ipsec_config_default();

    config.null_heuristic = false; /* it finds more on a later pass */
    return begin_with(&config);
}

static void end(world *w)
{
    ipsec_db_free(w->db);
    guard_free_all();
}

static ipsec_view view_from(world *w, int from)
{
    return (ipsec_view){.source = w->at[from],
                        .destination = w->at[!from],
                        .address_length = 4,
                        .ip_version = 4,
                        .frame = ++w->frame,
                        .time = w->time += SECOND / 100};
}

static void put_u32(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* One message of `from`, as if it was decrypted. Returns its frame. */
static uint32_t tell(world *w, uint8_t exchange, uint32_t id, int from, bool by_initiator, bool is_response,
                     const ipsec_ike_contents *what)
{
    const bool is_v1 = exchange == IPSEC_IKE_QUICK_MODE || exchange == IPSEC_IKE_V1_INFORMATIONAL;
    uint8_t octets[32] = {[16] = is_v1 ? 8 : 46, [17] = is_v1 ? 0x10 : 0x20, [18] = exchange};
    ipsec_view view = view_from(w, from);
    ipsec_ike_report report;

    put_u32(octets + 4, (uint32_t)w->ike[0]);
    put_u32(octets + 12, (uint32_t)w->ike[1]);
    octets[19] = is_v1 ? 1 : (uint8_t)((by_initiator ? 0x08 : 0) | (is_response ? 0x20 : 0));
    put_u32(octets + 20, id);
    put_u32(octets + 24, sizeof octets);
    octets[31] = 4;
    view.data = octets;
    view.captured = view.length = sizeof octets;
    view.protocol = IPSEC_PROTOCOL_ESP;
    view.encapsulation = IPSEC_ENCAPSULATION_UDP;
    view.flags = IPSEC_VIEW_IKE_PORT;
    view.source_port = view.destination_port = 500;
    ipsec_judge_ike(w->db, &view, what, &report);
    g_assert_true(report.is_ike);
    return view.frame;
}

/* The same where A has made the IKE SA. */
static uint32_t say(world *w, uint8_t exchange, uint32_t id, int from, bool is_response, const ipsec_ike_contents *what)
{
    return tell(w, exchange, id, from, from == A, is_response, what);
}

static ipsec_ike_contents proposing(uint32_t spi)
{
    ipsec_ike_contents contents = {.decrypted = true, .proposal_count = 1};

    contents.proposals[0] = (ipsec_ike_proposal){.protocol = IPSEC_IKE_PROTOCOL_ESP,
                                                 .spi_length = 4,
                                                 .spi = spi,
                                                 .encryption = AES_CBC,
                                                 .key_bits = 128,
                                                 .integrity = SHA2_256,
                                                 .has_esn = true};
    return contents;
}

static ipsec_ike_contents noting(ipsec_ike_contents contents, uint16_t type, uint32_t spi)
{
    contents.notifies[contents.notify_count++] =
        (ipsec_ike_notify){.type = type, .protocol = IPSEC_IKE_PROTOCOL_ESP, .spi_length = spi ? 4 : 0, .spi = spi};
    return contents;
}

static ipsec_ike_contents deleting(uint32_t spi)
{
    ipsec_ike_contents contents = {.decrypted = true, .delete_count = 1, .delete_protocol = IPSEC_IKE_PROTOCOL_ESP};

    contents.deletes[0] = spi;
    return contents;
}

static const ipsec_ike_contents nothing = {.decrypted = true};

/* IKE_AUTH of A: it receives on `to_a`, B on `to_b`. */
static void set_up(world *w, uint32_t to_a, uint32_t to_b)
{
    const ipsec_ike_contents request = proposing(to_a), answer = proposing(to_b);

    say(w, IPSEC_IKE_AUTH, 1, A, false, &request);
    say(w, IPSEC_IKE_AUTH, 1, B, true, &answer);
}

/* A packet of ESP of `length` octets; explaining it gives the same. */
static ipsec_report esp(world *w, int from, uint32_t spi, size_t length)
{
    const ipsec_view ends = view_from(w, from);
    ipsec_view view = esp_view(4, spi, ++w->numbers[spi >> 28][spi & 0xff], length);
    ipsec_record record;
    ipsec_report report, again;

    view.source = ends.source;
    view.destination = ends.destination;
    view.frame = ends.frame;
    view.time = ends.time;
    ipsec_judge(w->db, &view, &record, &report);
    ipsec_explain(w->db, &view, &record, &again);
    g_assert_cmpuint(again.findings.count, ==, report.findings.count);
    g_assert_cmpuint(again.verdict, ==, report.verdict);
    g_assert_true(again.opened.valid == report.opened.valid);
    g_assert_true(!report.opened.valid || again.opened.spec == report.opened.spec);
    return report;
}

static bool has(const ipsec_report *report, ipsec_finding_id id)
{
    return ipsec_findings_get(&report->findings, id) != NULL;
}

/* Whether a packet has the finding. */
static bool shows(world *w, int from, uint32_t spi, size_t length, ipsec_finding_id id)
{
    const ipsec_report report = esp(w, from, spi, length);

    return has(&report, id);
}

#define CLEAN 88 /* 8, 16 of IV, 48, 16 of ICV */

static void expect_clean(world *w, int from, uint32_t spi)
{
    const ipsec_report report = esp(w, from, spi, CLEAN);

    for (unsigned i = 0; i < report.findings.count; i++)
        g_test_message("%#x: %s", spi, ipsec_catalogue(report.findings.list[i].id)->id);
    g_assert_cmpuint(report.findings.count, ==, 0);
    g_assert_cmpuint(report.verdict, ==, IPSEC_VERDICT_PLAUSIBLE);
}

static ipsec_sa_summary summary_of(const world *w, const ipsec_report *report)
{
    ipsec_sa_summary summary;

    g_assert_true(ipsec_db_sa(w->db, report->sa, &summary));
    return summary;
}

static ipsec_sa_ike ike_of(const world *w, const ipsec_report *report)
{
    ipsec_sa_ike ike = {0};

    ipsec_db_sa_ike(w->db, report->sa, &ike);
    return ike;
}

/* --- what an SA is like */

static void test_lengths(void)
{
    world w = begin();
    ipsec_report report;

    set_up(&w, 0xa0000001, 0xb0000001);
    for (int from = A; from <= B; from++) {
        const uint32_t spi = from == A ? 0xb0000001 : 0xa0000001;

        expect_clean(&w, from, spi);
        report = esp(&w, from, spi, 40);
        g_assert_true(has(&report, IPSEC_FINDING_ESP_RUNT_FOR_SA));
        g_assert_cmpuint(report.verdict, ==, IPSEC_VERDICT_DROP);
        report = esp(&w, from, spi, CLEAN + 4);
        g_assert_true(has(&report, IPSEC_FINDING_ESP_BLOCK_ALIGNMENT));
        g_assert_cmpuint(report.opened.icv_length, ==, 16);
        g_assert_cmpuint(report.opened.iv_length, ==, 16);
        g_assert_cmpuint(report.opened.spec->origin, ==, IPSEC_ORIGIN_IKE);
        g_assert_cmpuint(report.opened.spec->line, ==, 2);
    }
    /* An SPI of the other direction, and one that nobody named, are of no SA that is known. */
    g_assert_false(shows(&w, A, 0xa0000001, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    g_assert_false(shows(&w, A, 0xb0000002, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    end(&w);
}

/* What came before the answer was judged without it, and still is. */
static void test_not_before(void)
{
    const ipsec_ike_contents request = proposing(0xa0000001), answer = proposing(0xb0000001);
    world w = begin();
    ipsec_view view = esp_view(4, 0xb0000001, 1, 40);
    ipsec_record record;
    ipsec_report before, after;

    say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
    view.source = w.at[A];
    view.destination = w.at[B];
    view.frame = ++w.frame;
    view.time = w.time;
    ipsec_judge(w.db, &view, &record, &before);
    say(&w, IPSEC_IKE_AUTH, 1, B, true, &answer);
    ipsec_explain(w.db, &view, &record, &after);
    g_assert_cmpuint(before.findings.count, ==, 0);
    g_assert_cmpuint(after.findings.count, ==, 0);
    g_assert_false(after.opened.valid);
    g_assert_true(shows(&w, A, 0xb0000001, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA)); /* from now on */
    end(&w);
}

static void test_refused(void)
{
    const ipsec_ike_contents request = proposing(0xa0000001);
    const ipsec_ike_contents beside = noting(proposing(0xb0000001), NO_PROPOSAL_CHOSEN, 0);
    world w = begin();
    ipsec_report report;

    say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
    say(&w, IPSEC_IKE_AUTH, 1, B, true, &beside);
    report = esp(&w, B, 0xa0000001, 40);
    g_assert_cmpuint(report.findings.count, ==, 0);
    report = esp(&w, A, 0xb0000001, 40);
    g_assert_cmpuint(report.findings.count, ==, 0);
    end(&w);
}

/* Nothing is told of an SA that came before it was refused, though a message names it. */
static void test_refused_behind_a_packet(void)
{
    const ipsec_ike_contents request = proposing(0xa0000003);
    const ipsec_ike_contents answer = noting((ipsec_ike_contents){.decrypted = true}, NO_PROPOSAL_CHOSEN, 0);
    world w = begin();
    ipsec_sa_ike ike;
    uint32_t sa, asked;

    set_up(&w, 0xa0000001, 0xb0000001);
    asked = say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, A, false, &request);
    sa = esp(&w, B, 0xa0000003, 40).sa;
    g_assert_true(ipsec_db_sa_ike(w.db, sa, &ike));
    g_assert_cmpuint(ike.created_by, ==, asked);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, B, true, &answer);
    g_assert_false(ipsec_db_sa_ike(w.db, sa, &ike));
    end(&w);
}

/* IKE_AUTH with EAP takes several exchanges: the last one has the answer. */
static void test_eap(void)
{
    const ipsec_ike_contents request = proposing(0xa0000001), answer = proposing(0xb0000001);
    world w = begin();

    say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
    say(&w, IPSEC_IKE_AUTH, 1, B, true, &nothing);
    say(&w, IPSEC_IKE_AUTH, 2, A, false, &nothing);
    say(&w, IPSEC_IKE_AUTH, 2, B, true, &answer);
    g_assert_true(shows(&w, B, 0xa0000001, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    g_assert_true(shows(&w, A, 0xb0000001, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    end(&w);
}

/* With the key, mode and selector are IKE's where the row has none. */
static void test_beside_keys(void)
{
    const ipsec_key_row any = null_row("HMAC_SHA2_256_128", "no", "any");
    ipsec_ike_contents request = proposing(0xa0000001), answer = proposing(0x1000);
    world w = begin();
    ipsec_report report;

    request.proposals[0].encryption = answer.proposals[0].encryption = 11;
    ipsec_db_add(w.db, &any);
    say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
    say(&w, IPSEC_IKE_AUTH, 1, B, true, &answer);
    for (unsigned i = 1; i <= 2; i++) {
        ipsec_view view = sealed_view(4, &any, &(sealing){.sequence = i}, sound_plaintext, sizeof sound_plaintext);
        ipsec_record record;

        view.source = w.at[A];
        view.destination = i == 1 ? w.at[B] : (const uint8_t[]){10, 0, 0, 9};
        view.frame = ++w.frame;
        view.time = w.time;
        ipsec_judge(w.db, &view, &record, &report);
        g_assert_cmpuint(report.opened.icv_status, ==, IPSEC_ICV_GOOD);
        /* UDP in a tunnel; IKE knows the first one only */
        g_assert_true(has(&report, IPSEC_FINDING_ESP_NEXT_HEADER_MODE) == (i == 1));
    }
    end(&w);
}

/* --- rows */

static ipsec_key_row row_for(const ipsec_ike_contents *request, const ipsec_ike_contents *answer, bool to_asker)
{
    const ipsec_ike_agreement agreed = {.request = request, .answer = answer, .chosen = &answer->proposals[0]};
    ipsec_key_row row = {.integrity = ipsec_integrity_none()};

    ipsec_ike_fill_row(&agreed, to_asker, &row);
    return row;
}

static void test_mode(void)
{
    const ipsec_ike_contents plain = proposing(1), transport = noting(plain, USE_TRANSPORT_MODE, 0);
    const ipsec_ike_contents ipcomp = noting(plain, 16387, 0);
    ipsec_ike_contents v1 = plain;

    g_assert_cmpuint(row_for(&plain, &plain, true).mode, ==, IPSEC_MODE_TUNNEL);
    g_assert_cmpuint(row_for(&transport, &transport, true).mode, ==, IPSEC_MODE_TRANSPORT);
    g_assert_cmpuint(row_for(&transport, &plain, true).mode, ==, IPSEC_MODE_TUNNEL);
    g_assert_cmpuint(row_for(&ipcomp, &ipcomp, true).mode, ==, IPSEC_MODE_ANY);
    g_assert_cmpuint(row_for(NULL, &plain, true).mode, ==, IPSEC_MODE_ANY);
    v1.proposals[0].mode = 4;
    g_assert_cmpuint(row_for(&v1, &v1, true).mode, ==, IPSEC_MODE_TRANSPORT);
    g_assert_cmpuint(row_for(&v1, &v1, true).encapsulation, ==, IPSEC_ENCAP_UDP);
}

/* What makes payloads look otherwise, if the answer has it; and the numbers of IKEv1. */
static void test_other_modes(void)
{
    static const struct {
        unsigned notify;
        ipsec_mode mode;
    } notifies[] = {{16386, IPSEC_MODE_TUNNEL},
                    {16387, IPSEC_MODE_ANY} /* IPComp */,
                    {16388, IPSEC_MODE_TUNNEL},
                    {16415, IPSEC_MODE_ANY} /* WESP */,
                    {16442, IPSEC_MODE_ANY} /* IP-TFS */,
                    {40959, IPSEC_MODE_TUNNEL},
                    {40960, IPSEC_MODE_ANY} /* BEET is one of these */};
    static const struct {
        uint8_t number;
        ipsec_mode mode;
        ipsec_encap_mode encapsulation;
    } of_v1[] = {{1, IPSEC_MODE_TUNNEL, IPSEC_ENCAP_ANY},
                 {2, IPSEC_MODE_TRANSPORT, IPSEC_ENCAP_ANY},
                 {3, IPSEC_MODE_TUNNEL, IPSEC_ENCAP_UDP},
                 {4, IPSEC_MODE_TRANSPORT, IPSEC_ENCAP_UDP},
                 {5, IPSEC_MODE_ANY, IPSEC_ENCAP_ANY}};
    const ipsec_ike_contents plain = proposing(1);
    ipsec_ike_contents other = plain;

    for (unsigned i = 0; i < G_N_ELEMENTS(notifies); i++) {
        other = noting(plain, notifies[i].notify, 0);
        g_assert_cmpuint(row_for(&other, &other, true).mode, ==, notifies[i].mode);
        g_assert_cmpuint(row_for(&other, &plain, true).mode, ==, IPSEC_MODE_TUNNEL);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(of_v1); i++) {
        other = plain;
        other.proposals[0].mode = of_v1[i].number;
        g_assert_cmpuint(row_for(NULL, &other, true).mode, ==, of_v1[i].mode);
        g_assert_cmpuint(row_for(NULL, &other, true).encapsulation, ==, of_v1[i].encapsulation);
    }
    other = plain;
    other.incomplete = true;
    g_assert_cmpuint(row_for(&plain, &other, true).mode, ==, IPSEC_MODE_ANY);
    other.proposals[0].has_esn = false;
    g_assert_cmpuint(row_for(&plain, &other, true).esn, ==, IPSEC_ESN_AUTO);
    g_assert_cmpuint(ipsec_ike_protocol(IPSEC_IKE_PROTOCOL_ESP), ==, IPSEC_PROTOCOL_ESP);
    g_assert_cmpuint(ipsec_ike_protocol(IPSEC_IKE_PROTOCOL_AH), ==, IPSEC_PROTOCOL_AH);
    g_assert_cmpuint(ipsec_ike_protocol(IPSEC_IKE_PROTOCOL_IKE), ==, 0);
}

static void test_algorithms(void)
{
    ipsec_ike_contents contents = proposing(1);
    ipsec_ike_proposal *chosen = &contents.proposals[0];
    ipsec_key_row row = row_for(&contents, &contents, true);

    g_assert_cmpstr(row.encryption->name, ==, "AES_CBC");
    g_assert_cmpstr(row.integrity->name, ==, "HMAC_SHA2_256_128");
    g_assert_cmpuint(row.esn, ==, IPSEC_ESN_NO);
    chosen->encryption = 20;
    chosen->integrity = 0;
    chosen->esn = 1;
    row = row_for(&contents, &contents, true);
    g_assert_cmpstr(row.encryption->name, ==, "AES_GCM_16");
    g_assert_cmpuint(row.esn, ==, IPSEC_ESN_YES);
    chosen->encryption = 1000;
    g_assert_null(row_for(&contents, &contents, true).encryption);
    chosen->encryption = AES_CBC;
    chosen->integrity = 1000; /* so the length is not known */
    g_assert_null(row_for(&contents, &contents, true).encryption);
}

static ipsec_ike_selector range(uint8_t first, uint8_t last)
{
    return (ipsec_ike_selector){
        .address_length = 4, .last_port = UINT16_MAX, .first = {10, 0, 0, first}, .last = {10, 0, 0, last}};
}

static void test_selectors(void)
{
    ipsec_ike_contents contents = proposing(1);
    ipsec_key_row row;

    contents.initiator_count = contents.responder_count = 1;
    contents.initiator[0] = range(0, 255);
    contents.responder[0] = range(9, 9);
    contents.responder[0].protocol = 17;
    contents.responder[0].first_port = contents.responder[0].last_port = 53;
    row = row_for(&contents, &contents, true); /* what the initiator receives */
    g_assert_true(row.selector.present);
    g_assert_cmpuint(row.selector.source.octets[3], ==, 9);
    g_assert_cmpuint(row.selector.source.mask[3], ==, 0xff);
    g_assert_cmpuint(row.selector.destination.mask[3], ==, 0);
    g_assert_cmpuint(row.selector.source_port, ==, 53);
    g_assert_cmpuint(row.selector.destination_port_mask, ==, 0);
    row = row_for(&contents, &contents, false);
    g_assert_cmpuint(row.selector.destination.octets[3], ==, 9);
    contents.initiator[1] = range(1, 2); /* no prefix */
    contents.initiator_count = 2;
    g_assert_false(row_for(&contents, &contents, true).selector.present);
    contents.initiator[1] = range(2, 3);
    row = row_for(&contents, &contents, true);
    g_assert_cmpuint(row.other_count, ==, 1);
    g_assert_cmpuint(row.others[0].selector.destination.octets[3], ==, 2);
    contents = noting(contents, USE_TRANSPORT_MODE, 0);
    g_assert_false(row_for(&contents, &contents, true).selector.present);
}

/* What one selector of the initiator makes of a row, as the destination of what it receives. */
static void test_one_selector(void)
{
    static const struct {
        uint8_t first, last; /* of the addresses */
        uint8_t protocol, other_protocol;
        uint16_t first_port, last_port;
        bool present;
        uint8_t mask;
        uint16_t port, port_mask;
    } cases[] = {
        {0, 255, 0, 0, 0, 65535, true, 0, 0, 0},    {16, 31, 0, 0, 0, 65535, true, 0xf0, 0, 0},
        {16, 30, 0, 0, 0, 65535, false, 0, 0, 0},   {17, 31, 0, 0, 0, 65535, false, 0, 0, 0},
        {5, 4, 0, 0, 0, 65535, false, 0, 0, 0},     {7, 7, 17, 0, 53, 53, true, 0xff, 53, 65535},
        {7, 7, 17, 17, 53, 54, true, 0xff, 0, 0},   {7, 7, 0, 17, 0, 65535, true, 0xff, 0, 0},
        {7, 7, 6, 17, 0, 65535, false, 0, 0, 0},    {7, 7, 1, 1, 8, 8, true, 0xff, 0, 0}, /* ICMP has no ports */
        {7, 7, 58, 58, 8, 8, true, 0xff, 0, 0},                                           /* nor has that of IPv6 */
        {7, 7, 17, 17, 0, 0, true, 0xff, 0, 65535},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_ike_contents contents = proposing(1);
        ipsec_key_row row;

        contents.initiator_count = contents.responder_count = 1;
        contents.initiator[0] = range(cases[i].first, cases[i].last);
        contents.initiator[0].protocol = cases[i].protocol;
        contents.initiator[0].first_port = cases[i].first_port;
        contents.initiator[0].last_port = cases[i].last_port;
        contents.responder[0] = range(0, 255);
        contents.responder[0].protocol = cases[i].other_protocol;
        row = row_for(&contents, &contents, true);
        g_assert_cmpuint(row.selector.present, ==, cases[i].present);
        if (!cases[i].present)
            continue;
        g_assert_cmphex(row.selector.destination.mask[3], ==, cases[i].mask);
        g_assert_cmpuint(row.selector.destination.octets[3], ==, cases[i].first);
        g_assert_cmpuint(row.selector.destination_port, ==, cases[i].port);
        g_assert_cmpuint(row.selector.destination_port_mask, ==, cases[i].port_mask);
        g_assert_cmpuint(row.selector.any_protocol, ==, cases[i].protocol == 0 && cases[i].other_protocol == 0);
        g_assert_cmpuint(row.selector.protocol, ==, MAX(cases[i].protocol, cases[i].other_protocol));
    }
}

/* As many pairs as a row holds, and more; and none, where one is not of the same version of IP as the other. */
static void test_pairs_of_selectors(void)
{
    for (uint8_t count = 0; count <= 3; count++)
        for (uint8_t others = 0; others <= 3; others++) {
            ipsec_ike_contents contents = proposing(1);
            const unsigned pairs = count * others;
            ipsec_key_row row;

            contents.initiator_count = count;
            contents.responder_count = others;
            for (uint8_t i = 0; i < 3; i++) {
                contents.initiator[i] = range(i, i);
                contents.responder[i] = range(100 + i, 100 + i);
            }
            row = row_for(&contents, &contents, false);
            g_assert_cmpuint(row.selector.present, ==, pairs > 0 && pairs <= IPSEC_TERMS_MOST);
            g_assert_cmpuint(row.other_count, ==, pairs > 0 && pairs <= IPSEC_TERMS_MOST ? pairs - 1 : 0);
            contents.incomplete = true;
            g_assert_false(row_for(&contents, &contents, false).selector.present);
            contents.incomplete = false;
            contents.responder[0].address_length = 16;
            g_assert_false(row_for(&contents, &contents, false).selector.present);
        }
}

/* --- life */

static void test_created(void)
{
    world w = begin();
    ipsec_report report;

    set_up(&w, 0xa0000001, 0xb0000001);
    report = esp(&w, A, 0xb0000001, CLEAN);
    g_assert_cmpuint(ike_of(&w, &report).created_by, ==, 2);
    g_assert_cmpuint(ike_of(&w, &report).deleted_by, ==, 0);
    report = esp(&w, A, 0xb0000009, CLEAN);
    g_assert_cmpuint(ike_of(&w, &report).created_by, ==, 0);
    end(&w);
}

/* Traffic is odd once the Delete was answered and a second has passed, in both directions. */
static void test_deleted(void)
{
    const ipsec_ike_contents ask = deleting(0xa0000001), confirm = deleting(0xb0000001);
    world w = begin();
    ipsec_report report;
    uint32_t answer;

    set_up(&w, 0xa0000001, 0xb0000001);
    expect_clean(&w, A, 0xb0000001);
    expect_clean(&w, B, 0xa0000001);
    say(&w, IPSEC_IKE_INFORMATIONAL, 2, A, false, &ask);
    w.time += 5 * SECOND;
    expect_clean(&w, B, 0xa0000001); /* nobody has answered */
    answer = say(&w, IPSEC_IKE_INFORMATIONAL, 2, B, true, &confirm);
    w.time += SECOND / 10 * 9;
    expect_clean(&w, B, 0xa0000001); /* it was on its way */
    w.time += SECOND / 10;
    for (int from = A; from <= B; from++) {
        report = esp(&w, from, from == A ? 0xb0000001 : 0xa0000001, CLEAN);
        g_assert_true(has(&report, IPSEC_FINDING_SA_DELETED));
        g_assert_cmpuint(report.verdict, ==, IPSEC_VERDICT_SUSPICIOUS);
        g_assert_null(ipsec_outcome_at(IPSEC_STACK_LINUX, &report));
        g_assert_cmpuint(ike_of(&w, &report).deleted_by, ==, answer);
    }
    say(&w, IPSEC_IKE_INFORMATIONAL, 3, A, false, &ask); /* it is gone already */
    say(&w, IPSEC_IKE_INFORMATIONAL, 3, B, true, &confirm);
    report = esp(&w, A, 0xb0000001, CLEAN);
    g_assert_cmpuint(ike_of(&w, &report).deleted_by, ==, answer);
    end(&w);
}

/* The receiver has no SA but those of the tables: it discards the packet. */
static void test_deleted_for_sure(void)
{
    const ipsec_ike_contents ask = deleting(0xa0000001);
    ipsec_config config = ipsec_config_default();
    world w;
    ipsec_report report;

    config.sa_complete = true;
    w = begin_with(&config);
    set_up(&w, 0xa0000001, 0xb0000001);
    say(&w, IPSEC_IKE_INFORMATIONAL, 2, A, false, &ask);
    say(&w, IPSEC_IKE_INFORMATIONAL, 2, B, true, &nothing);
    w.time += 2 * SECOND;
    report = esp(&w, B, 0xa0000001, CLEAN);
    g_assert_true(has(&report, IPSEC_FINDING_SA_DELETED));
    g_assert_cmpuint(report.verdict, ==, IPSEC_VERDICT_DROP);
    g_assert_cmpstr(ipsec_outcome_at(IPSEC_STACK_LINUX, &report)->counter, ==, "XfrmInNoStates");
    end(&w);
}

static void delete_ike(world *w, uint32_t id)
{
    const ipsec_ike_contents all = {.decrypted = true, .deletes_ike = true};

    say(w, IPSEC_IKE_INFORMATIONAL, id, A, false, &all);
    say(w, IPSEC_IKE_INFORMATIONAL, id, B, true, &nothing);
    w->time += 2 * SECOND;
}

static void test_ike_sa_deleted(void)
{
    world w = begin();

    set_up(&w, 0xa0000001, 0xb0000001);
    delete_ike(&w, 2);
    g_assert_true(shows(&w, A, 0xb0000001, CLEAN, IPSEC_FINDING_SA_DELETED));
    end(&w);
}

/* An IKE SA that takes the place of another inherits its children; B asked for it, so it is the initiator of the new
 * one. */
static void test_ike_sa_rekeyed(void)
{
    ipsec_ike_contents ask = {.decrypted = true, .proposal_count = 1}, answer;
    const ipsec_ike_contents gone = deleting(0xb0000001);
    world w = begin();

    set_up(&w, 0xa0000001, 0xb0000001);
    ask.proposals[0] = (ipsec_ike_proposal){.protocol = IPSEC_IKE_PROTOCOL_IKE, .spi_length = 8, .ike_spi = 0x3333};
    answer = ask;
    answer.proposals[0].ike_spi = 0x4444;
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 0, B, false, &ask);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 0, A, true, &answer);
    delete_ike(&w, 2);
    expect_clean(&w, A, 0xb0000001);
    w.ike[0] = 0x3333;
    w.ike[1] = 0x4444;
    tell(&w, IPSEC_IKE_INFORMATIONAL, 0, B, true, false, &gone); /* what it receives on */
    tell(&w, IPSEC_IKE_INFORMATIONAL, 0, A, false, true, &nothing);
    w.time += 2 * SECOND;
    g_assert_true(shows(&w, A, 0xb0000001, CLEAN, IPSEC_FINDING_SA_DELETED));
    end(&w);
}

static void rekey(world *w, uint32_t id, uint32_t old, uint32_t to_a, uint32_t to_b)
{
    const ipsec_ike_contents request = noting(proposing(to_a), REKEY_SA, old), answer = proposing(to_b);

    say(w, IPSEC_IKE_CREATE_CHILD_SA, id, A, false, &request);
    say(w, IPSEC_IKE_CREATE_CHILD_SA, id, B, true, &answer);
}

/* Which follows which is known with the first packet, and nothing else is made of what comes between. */
static void test_successor(void)
{
    world w = begin();
    ipsec_report old[2], new[2];

    set_up(&w, 0xa0000001, 0xb0000001);
    for (int from = A; from <= B; from++)
        old[from] = esp(&w, from, from == A ? 0xb0000001 : 0xa0000001, CLEAN);
    g_assert_cmpuint(summary_of(&w, &old[A]).reverse, ==, old[B].sa);
    rekey(&w, 2, 0xa0000001, 0xa0000002, 0xb0000002);
    for (int from = A; from <= B; from++)
        new[from] = esp(&w, from, from == A ? 0xb0000002 : 0xa0000002, CLEAN);
    for (int from = A; from <= B; from++) {
        g_assert_cmpuint(summary_of(&w, &old[from]).successor, ==, new[from].sa);
        g_assert_cmpuint(summary_of(&w, &new[from]).reverse, ==, new[!from].sa);
        g_assert_cmpuint(summary_of(&w, &new[from]).successor, ==, IPSEC_SA_NONE);
    }
    for (unsigned i = 0; i < 100; i++) {
        expect_clean(&w, A, 0xb0000001);
        expect_clean(&w, A, 0xb0000002);
        expect_clean(&w, A, 0xb0000099); /* made up */
    }
    g_assert_cmpuint(summary_of(&w, &old[A]).successor, ==, new[A].sa);
    g_assert_cmpuint(summary_of(&w, &new[A]).successor, ==, IPSEC_SA_NONE);
    end(&w);
}

static void test_one_sided(void)
{
    world w = begin();

    set_up(&w, 0xa0000001, 0xb0000001);
    expect_clean(&w, A, 0xb0000001);
    expect_clean(&w, B, 0xa0000001);
    rekey(&w, 2, 0xa0000001, 0xa0000002, 0xb0000002);
    for (unsigned i = 0; i < 15; i++)
        expect_clean(&w, A, 0xb0000002);
    w.time += 9 * SECOND;
    expect_clean(&w, A, 0xb0000002);
    expect_clean(&w, B, 0xa0000001); /* it may take a while */
    w.time += SECOND;
    g_assert_true(shows(&w, B, 0xa0000001, CLEAN, IPSEC_FINDING_SA_ONE_SIDED));
    expect_clean(&w, B, 0xa0000002);
    g_assert_false(shows(&w, B, 0xa0000001, CLEAN, IPSEC_FINDING_SA_ONE_SIDED));
    end(&w);
}

/* Few packets on the new SA may be anything. */
static void test_one_sided_few(void)
{
    world w = begin();

    set_up(&w, 0xa0000001, 0xb0000001);
    rekey(&w, 2, 0xa0000001, 0xa0000002, 0xb0000002);
    for (unsigned i = 0; i < 15; i++)
        expect_clean(&w, A, 0xb0000002);
    w.time += 20 * SECOND;
    expect_clean(&w, B, 0xa0000001);
    end(&w);
}

static void test_early(void)
{
    const ipsec_ike_contents request = proposing(0xa0000002), answer = proposing(0xb0000002);
    const ipsec_ike_contents third = proposing(0xa0000003);
    world w = begin();
    ipsec_report report;

    set_up(&w, 0xa0000001, 0xb0000001);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, A, false, &request);
    report = esp(&w, B, 0xa0000002, CLEAN);
    g_assert_true(has(&report, IPSEC_FINDING_SA_EARLY));
    g_assert_cmpuint(report.verdict, ==, IPSEC_VERDICT_PLAUSIBLE);
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 2, B, true, &answer);
    expect_clean(&w, B, 0xa0000002);
    /* An answer that does not come at all was not captured. */
    say(&w, IPSEC_IKE_CREATE_CHILD_SA, 3, A, false, &third);
    w.time += SECOND / 10 * 9;
    g_assert_true(shows(&w, B, 0xa0000003, CLEAN, IPSEC_FINDING_SA_EARLY));
    w.time += SECOND / 10;
    expect_clean(&w, B, 0xa0000003);
    end(&w);
}

/* An SA whose receiver, or sender, moves stays the same one. */
static void test_moved(void)
{
    const ipsec_ike_contents update = noting(nothing, UPDATE_SA_ADDRESSES, 0);
    world w = begin();
    ipsec_report before[2], after[2];

    set_up(&w, 0xa0000001, 0xb0000001);
    before[A] = esp(&w, A, 0xb0000001, CLEAN);
    before[B] = esp(&w, B, 0xa0000001, CLEAN);
    w.at[A][3] = 77;
    say(&w, IPSEC_IKE_INFORMATIONAL, 2, A, false, &update);
    say(&w, IPSEC_IKE_INFORMATIONAL, 2, B, true, &nothing);
    for (int from = A; from <= B; from++) {
        after[from] = esp(&w, from, from == A ? 0xb0000001 : 0xa0000001, CLEAN);
        g_assert_cmpuint(after[from].sa, ==, before[from].sa);
        g_assert_cmpuint(after[from].findings.count, ==, 0);
    }
    g_assert_true(shows(&w, B, 0xa0000001, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    end(&w);
}

/* A peer that begins anew has no other SA with that one; others keep theirs. */
static void test_restarted(void)
{
    ipsec_ike_contents request = proposing(0xa0000001), answer = proposing(0xb0000001);
    ipsec_config config = ipsec_config_default();
    world w;

    config.sa_complete = true;
    w = begin_with(&config);
    request.identity = 1;
    answer.identity = 2;
    say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
    say(&w, IPSEC_IKE_AUTH, 1, B, true, &answer);
    w.ike[0] = 0x5555;
    request.identity = 3;
    request.proposals[0].spi = 0xa0000002;
    answer.proposals[0].spi = 0xb0000002;
    say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
    say(&w, IPSEC_IKE_AUTH, 1, B, true, &answer);
    w.ike[0] = 0x6666;
    request = noting(request, INITIAL_CONTACT, 0);
    request.identity = 1;
    request.proposals[0].spi = 0xa0000003;
    answer.proposals[0].spi = 0xb0000003;
    say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
    say(&w, IPSEC_IKE_AUTH, 1, B, true, &answer);
    w.time += 2 * SECOND;
    g_assert_true(shows(&w, A, 0xb0000001, CLEAN, IPSEC_FINDING_SA_DELETED));
    g_assert_false(shows(&w, A, 0xb0000002, CLEAN, IPSEC_FINDING_SA_DELETED));
    g_assert_false(shows(&w, A, 0xb0000003, CLEAN, IPSEC_FINDING_SA_DELETED));
    end(&w);
}

/* What the receiver does not know: which SA it would have been. */
static unsigned advice_on(world *w, uint32_t spi)
{
    const ipsec_report report = esp(w, A, spi, CLEAN);
    const ipsec_finding *finding = ipsec_findings_get(&report.findings, IPSEC_FINDING_ESP_SPI_UNKNOWN);

    return finding ? finding->advice_case : IPSEC_CASE_COUNT;
}

static void test_unknown(void)
{
    const ipsec_ike_contents gone = deleting(0xb0000001);
    ipsec_config config = ipsec_config_default();
    ipsec_key_row row = null_row("HMAC_SHA2_256_128", "no", "any");
    const uint8_t b[4] = {10, 0, 0, 2};
    world w;

    config.sa_complete = true;
    w = begin_with(&config);
    row.destination.length = 4;
    memcpy(row.destination.octets, b, 4);
    memset(row.destination.mask, 0xff, 4);
    ipsec_db_add(w.db, &row);
    set_up(&w, 0xa0000001, 0xb0000001);
    g_assert_cmpuint(advice_on(&w, 0xb0000001), ==, IPSEC_CASE_COUNT); /* IKE knows it */
    g_assert_cmpuint(advice_on(&w, 0xb0000007), ==, IPSEC_CASE_SPI_NEVER);
    say(&w, IPSEC_IKE_INFORMATIONAL, 0, B, false, &gone);
    say(&w, IPSEC_IKE_INFORMATIONAL, 0, A, true, &nothing);
    w.time += 2 * SECOND;
    g_assert_cmpuint(advice_on(&w, 0xb0000001), ==, IPSEC_CASE_SPI_DELETED);
    end(&w);
}

/* IKEv1: two messages of Quick Mode; a Delete has no answer. */
static void test_v1(void)
{
    ipsec_ike_contents request = proposing(0xa0000001), answer = proposing(0xb0000001);
    const ipsec_ike_contents gone = deleting(0xa0000001);
    world w = begin();
    ipsec_report report;

    request.proposals[0].mode = answer.proposals[0].mode = 1;
    say(&w, IPSEC_IKE_QUICK_MODE, 0x77, A, false, &request);
    say(&w, IPSEC_IKE_QUICK_MODE, 0x77, B, false, &answer);
    say(&w, IPSEC_IKE_QUICK_MODE, 0x77, A, false, &nothing);
    report = esp(&w, A, 0xb0000001, 40);
    g_assert_true(has(&report, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    g_assert_cmpuint(ike_of(&w, &report).created_by, ==, 2);
    say(&w, IPSEC_IKE_V1_INFORMATIONAL, 0x88, A, false, &gone);
    w.time += 2 * SECOND;
    g_assert_true(shows(&w, B, 0xa0000001, CLEAN, IPSEC_FINDING_SA_DELETED));
    end(&w);
}

/* --- hostile */

/* Repetitions change nothing; nor do answers that nobody asked for. */
static void test_repeated(void)
{
    const ipsec_ike_contents request = proposing(0xa0000001), answer = proposing(0xb0000001);
    world w = begin();
    ipsec_report report;

    for (unsigned i = 0; i < 3; i++)
        say(&w, IPSEC_IKE_AUTH, 1, A, false, &request);
    for (unsigned i = 0; i < 3; i++)
        say(&w, IPSEC_IKE_AUTH, 1, B, true, &answer);
    report = esp(&w, A, 0xb0000001, CLEAN);
    g_assert_cmpuint(ike_of(&w, &report).created_by, ==, 4);
    say(&w, IPSEC_IKE_INFORMATIONAL, 9, B, true, &(ipsec_ike_contents){.decrypted = true, .deletes_ike = true});
    w.time += 2 * SECOND;
    expect_clean(&w, A, 0xb0000001);
    end(&w);
}

/* Memory has an end: of what is beyond it, nothing is known, and the rest goes on. */
static void test_many(void)
{
    world w = begin();

    set_up(&w, 0xa0000001, 0xb0000001);
    for (uint32_t i = 2; i < 2 + IPSEC_NEGOTIATED_MOST; i++) {
        const ipsec_ike_contents request = proposing(0xc0000000 + i), answer = proposing(0xd0000000 + i);

        say(&w, IPSEC_IKE_CREATE_CHILD_SA, i, A, false, &request);
        say(&w, IPSEC_IKE_CREATE_CHILD_SA, i, B, true, &answer);
    }
    g_assert_true(shows(&w, A, 0xb0000001, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    g_assert_true(shows(&w, A, 0xd0000002, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    g_assert_false(shows(&w, A, 0xd0000000 + IPSEC_NEGOTIATED_MOST, 40, IPSEC_FINDING_ESP_RUNT_FOR_SA));
    end(&w);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    gcry_check_version(NULL);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    g_test_add_func("/children/lengths", test_lengths);
    g_test_add_func("/children/not-before", test_not_before);
    g_test_add_func("/children/refused", test_refused);
    g_test_add_func("/children/refused-behind-a-packet", test_refused_behind_a_packet);
    g_test_add_func("/children/eap", test_eap);
    g_test_add_func("/children/beside-keys", test_beside_keys);
    g_test_add_func("/children/mode", test_mode);
    g_test_add_func("/children/algorithms", test_algorithms);
    g_test_add_func("/children/other-modes", test_other_modes);
    g_test_add_func("/children/one-selector", test_one_selector);
    g_test_add_func("/children/pairs-of-selectors", test_pairs_of_selectors);
    g_test_add_func("/children/selectors", test_selectors);
    g_test_add_func("/children/created", test_created);
    g_test_add_func("/children/deleted", test_deleted);
    g_test_add_func("/children/deleted-for-sure", test_deleted_for_sure);
    g_test_add_func("/children/ike-sa-deleted", test_ike_sa_deleted);
    g_test_add_func("/children/ike-sa-rekeyed", test_ike_sa_rekeyed);
    g_test_add_func("/children/successor", test_successor);
    g_test_add_func("/children/one-sided", test_one_sided);
    g_test_add_func("/children/one-sided-few", test_one_sided_few);
    g_test_add_func("/children/early", test_early);
    g_test_add_func("/children/moved", test_moved);
    g_test_add_func("/children/restarted", test_restarted);
    g_test_add_func("/children/unknown", test_unknown);
    g_test_add_func("/children/v1", test_v1);
    g_test_add_func("/children/repeated", test_repeated);
    g_test_add_func("/children/many", test_many);
    return g_test_run();
}
