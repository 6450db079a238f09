/* ICMP errors and the packets that they quote. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "ike_packets.h"
#include "packets.h"

#include <string.h>

#define SPI 0x1000u

/* The same as in packets.c. */
static const uint8_t sender[4] = {192, 0, 2, 1}, peer[4] = {192, 0, 2, 2}, router[4] = {203, 0, 113, 254};

/* A packet, in the other direction if `back`. */
typedef struct sent {
    uint32_t spi, sequence;
    uint16_t identification;
    bool udp, back;
    uint32_t frame;
    uint16_t source_port; /* 0: 4500 */
} sent;

#define LENGTH 600u /* of the whole packet, including the IP header */

/* The IPv4 header of the packet, with DF, and of UDP. Returns its octets. */
static uint32_t put_outer(uint8_t outer[28], const sent *packet)
{
    const uint16_t ports[2] = {packet->source_port ? packet->source_port : 4500, 4500};

    memset(outer, 0, 28);
    outer[0] = 0x45;
    outer[2] = LENGTH >> 8;
    outer[3] = LENGTH & 0xff;
    outer[4] = (uint8_t)(packet->identification >> 8);
    outer[5] = (uint8_t)packet->identification;
    outer[6] = 0x40;
    outer[9] = packet->udp ? 17 : 50;
    memcpy(outer + 12, packet->back ? peer : sender, 4);
    memcpy(outer + 16, packet->back ? sender : peer, 4);
    for (unsigned i = 0; packet->udp && i < 2; i++) {
        outer[20 + 2 * i] = (uint8_t)(ports[i] >> 8);
        outer[21 + 2 * i] = (uint8_t)ports[i];
    }
    outer[24] = (LENGTH - 20) >> 8;
    outer[25] = (LENGTH - 20) & 0xff;
    return packet->udp ? 28 : 20;
}

/* The packet as it was captured, cut after its numbers. */
static ipsec_view view_of_packet(const sent *packet)
{
    ipsec_view view = packet->udp ? esp_in_udp_view(4, packet->spi, packet->sequence, 40)
                                  : esp_view(4, packet->spi, packet->sequence, 40);
    uint8_t outer[28];

    view.outer_length = put_outer(outer, packet);
    view.outer = guard_copy(outer, view.outer_length);
    view.length = LENGTH - view.outer_length;
    view.frame = packet->frame;
    view.time = packet->frame * UINT64_C(1000000000);
    if (packet->udp) {
        view.source_port = packet->source_port ? packet->source_port : 4500;
        view.destination_port = 4500;
    }
    if (packet->back) {
        view.source = peer;
        view.destination = sender;
    }
    return view;
}

static ipsec_report judge(ipsec_db *db, const sent *packet)
{
    const ipsec_view view = view_of_packet(packet);
    ipsec_record record;
    ipsec_report judged, explained;

    ipsec_judge(db, &view, &record, &judged);
    ipsec_explain(db, &view, &record, &explained);
    g_assert_cmpint(judged.verdict, ==, explained.verdict);
    g_assert_cmpint(judged.findings.count, ==, explained.findings.count);
    for (unsigned i = 0; i < judged.findings.count; i++)
        g_assert_cmpmem(&judged.findings.list[i], sizeof(ipsec_finding), &explained.findings.list[i],
                        sizeof(ipsec_finding));
    return judged;
}

/* An error that quotes `octets` octets of the packet after its IP header. */
typedef struct told {
    uint8_t type, code;
    uint16_t mtu;
    const uint8_t *reporter;
    const uint8_t *source, *destination; /* of the quoted packet; NULL: its own */
    uint32_t octets, frame;
    ipsec_stacks refused_by;
} told;

static ipsec_icmp_report tell(ipsec_db *db, const told *error, const sent *packet)
{
    uint8_t octets[8 + 28 + 16] = {error->type,        error->code, 0, 0, 0, 0, (uint8_t)(error->mtu >> 8),
                                   (uint8_t)error->mtu};
    const ipsec_view quoted = view_of_packet(packet);
    const uint32_t outer = put_outer(octets + 8, packet);
    ipsec_icmp_view view = {.captured = 8 + 20 + error->octets,
                            .source = error->reporter ? error->reporter : router,
                            .destination = sender,
                            .address_length = 4,
                            .protocol = IPSEC_ICMP,
                            .frame = error->frame,
                            .time = error->frame * UINT64_C(1000000000),
                            .refused_by = error->refused_by};
    ipsec_icmp_report report, again;

    memcpy(octets + 8 + outer, quoted.data, 16);
    if (error->source)
        memcpy(octets + 8 + 12, error->source, 4);
    if (error->destination)
        memcpy(octets + 8 + 16, error->destination, 4);
    view.data = guard_copy(octets, view.captured);
    ipsec_judge_icmp(db, &view);
    ipsec_explain_icmp(db, &view, &report);
    ipsec_judge_icmp(db, &view); /* judging it twice changes nothing */
    ipsec_explain_icmp(db, &view, &again);
    g_assert_cmpmem(&report.findings.list[0], sizeof(ipsec_finding), &again.findings.list[0], sizeof(ipsec_finding));
    g_assert_cmpuint(report.quoted_frame, ==, again.quoted_frame);
    return report;
}

#define TOO_BIG(...) ((told){.type = 3, .code = 4, .mtu = 576, __VA_ARGS__})

/* --- links ---------------------------------------------------------------------------------------------- */

static void test_by_number(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    static const uint8_t behind_nat[4] = {10, 0, 0, 1};
    ipsec_icmp_report report;

    for (uint32_t i = 1; i <= 50; i++)
        judge(db, &(sent){.spi = SPI, .sequence = i, .frame = i});
    report = tell(db, &TOO_BIG(.octets = 8, .frame = 60), &(sent){.spi = SPI, .sequence = 7});
    g_assert_cmpuint(report.quoted_frame, ==, 7);
    g_assert_cmpuint(report.sa, ==, 0);
    g_assert_cmpuint(report.mtu, ==, 576);
    g_assert_cmpstr(report.error, ==, "too_big");
    g_assert_cmpuint(ipsec_db_answered_by(db, 7, 0), ==, 60);
    report = tell(db, &TOO_BIG(.octets = 8, .frame = 61, .source = behind_nat), &(sent){.spi = SPI, .sequence = 8});
    g_assert_cmpuint(report.quoted_frame, ==, 8);
    report = tell(db, &TOO_BIG(.octets = 8, .frame = 62), &(sent){.spi = SPI, .sequence = 7});
    g_assert_cmpuint(ipsec_db_answered_by(db, 7, 0), ==, 60); /* the first one is kept */
    report = tell(db, &TOO_BIG(.octets = 8, .frame = 63), &(sent){.spi = SPI, .sequence = 5000});
    g_assert_cmpuint(report.quoted_frame, ==, 0);
    g_assert_cmpstr(report.error, ==, "too_big");
    report = tell(db, &TOO_BIG(.octets = 8, .frame = 64), &(sent){.spi = SPI + 1, .sequence = 7});
    g_assert_cmpstr(report.error, ==, "too_big_ignored");
    g_assert_cmpuint(ipsec_db_answered_by(db, 8, 1), ==, 0);
    g_assert_cmpuint(ipsec_db_answered_by(db, 9, 0), ==, 0);
    ipsec_db_free(db);
    guard_free_all();
}

/* If both directions have the same SPI, the addresses distinguish them. */
static void test_both_directions(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);

    judge(db, &(sent){.spi = SPI, .sequence = 1, .frame = 1});
    judge(db, &(sent){.spi = SPI, .sequence = 1, .frame = 2, .back = true});
    g_assert_cmpuint(tell(db, &TOO_BIG(.octets = 8, .frame = 3), &(sent){.spi = SPI, .sequence = 1}).quoted_frame, ==,
                     1);
    g_assert_cmpuint(
        tell(db, &TOO_BIG(.octets = 8, .frame = 4), &(sent){.spi = SPI, .sequence = 1, .back = true}).quoted_frame, ==,
        2);
    g_assert_cmpuint(ipsec_db_sa_mtu(db, 0, 3), ==, 576);
    g_assert_cmpuint(ipsec_db_sa_mtu(db, 1, 3), ==, 0);
    g_assert_cmpuint(ipsec_db_sa_mtu(db, 1, 4), ==, 576);
    ipsec_db_free(db);
    guard_free_all();
}

/* With the UDP header alone, only a unique packet counts as found. */
static void test_by_identification(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const told error = TOO_BIG(.octets = 8, .frame = 50);

    judge(db, &(sent){.spi = SPI, .sequence = 1, .frame = 1, .udp = true, .identification = 7});
    judge(db, &(sent){.spi = SPI, .sequence = 2, .frame = 2, .udp = true, .identification = 8});
    judge(db, &(sent){.spi = SPI, .sequence = 3, .frame = 3, .udp = true, .identification = 8});
    judge(db,
          &(sent){.spi = SPI + 1, .sequence = 3, .frame = 4, .udp = true, .identification = 9, .source_port = 4501});
    g_assert_cmpuint(tell(db, &error, &(sent){.udp = true, .identification = 7}).quoted_frame, ==, 1);
    g_assert_cmpuint(
        tell(db, &TOO_BIG(.octets = 8, .frame = 51), &(sent){.udp = true, .identification = 8}).quoted_frame, ==, 0);
    g_assert_cmpuint(
        tell(db, &TOO_BIG(.octets = 8, .frame = 52), &(sent){.udp = true, .identification = 9}).quoted_frame, ==, 0);
    g_assert_cmpuint(
        tell(db, &TOO_BIG(.octets = 8, .frame = 53), &(sent){.udp = true, .identification = 9, .source_port = 4501})
            .quoted_frame,
        ==, 4);
    ipsec_db_free(db);
    guard_free_all();
}

/* A packet that is no longer remembered is not found, nor is another one in its place. */
static void test_forgotten(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);

    for (uint32_t i = 1; i <= 9000; i++) {
        judge(db, &(sent){.spi = SPI, .sequence = i, .frame = i, .identification = (uint16_t)i});
        if (i % 1000 == 0)
            guard_free_all();
    }
    g_assert_cmpuint(tell(db, &TOO_BIG(.octets = 8, .frame = 9001), &(sent){.spi = SPI, .sequence = 5}).quoted_frame,
                     ==, 0);
    g_assert_cmpuint(tell(db, &TOO_BIG(.octets = 8, .frame = 9002), &(sent){.spi = SPI, .sequence = 8999}).quoted_frame,
                     ==, 8999);
    ipsec_db_free(db);
    guard_free_all();
}

/* --- consequences --------------------------------------------------------------------------------------- */

static bool is_above(const ipsec_report *report)
{
    return ipsec_findings_have(&report->findings, IPSEC_FINDING_SA_ABOVE_MTU);
}

static void test_above(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    ipsec_report report;

    judge(db, &(sent){.spi = SPI, .sequence = 1, .frame = 1});
    tell(db, &TOO_BIG(.octets = 8, .frame = 2), &(sent){.spi = SPI, .sequence = 1});
    report = judge(db, &(sent){.spi = SPI, .sequence = 2, .frame = 3});
    g_assert_true(is_above(&report));
    g_assert_true(report.findings.list[0].announce);
    g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_UNCHECKED); /* only because it was cut */
    report = judge(db, &(sent){.spi = SPI, .sequence = 2, .frame = 4, .identification = 1}); /* comes again */
    g_assert_false(is_above(&report));
    report = judge(db, &(sent){.spi = SPI, .sequence = 3, .frame = 5});
    g_assert_true(is_above(&report));
    g_assert_false(report.findings.list[0].announce);
    g_assert_cmpuint(report.findings.list[0].missed, ==, 2);
    g_assert_cmpuint(report.findings.list[0].detail, ==, LENGTH);
    report = judge(db, &(sent){.spi = SPI + 1, .sequence = 1, .frame = 6});
    g_assert_false(is_above(&report));
    ipsec_db_free(db);
    guard_free_all();
}

/* Only a packet that was certainly one packet on the wire, and must not be fragmented, can be above a path MTU. */
static void test_what_is_above(void)
{
    static const struct {
        const char *what;
        uint16_t flags;
        uint8_t fragment; /* of the IPv4 header, octet 6 */
        uint8_t total;    /* the high octet of its length */
        uint32_t outer, length;
        bool above;
    } cases[] = {
        {"as the one before", 0, 0x40, LENGTH >> 8, 20, LENGTH - 20, true},
        {"may be cut", 0, 0, LENGTH >> 8, 20, LENGTH - 20, false},
        {"a fragment", IPSEC_VIEW_FRAGMENT, 0x40, LENGTH >> 8, 20, LENGTH - 20, false},
        {"put together", IPSEC_VIEW_REASSEMBLED, 0x40, LENGTH >> 8, 20, LENGTH - 20, false},
        {"before segmentation", IPSEC_VIEW_OFFLOAD, 0x40, LENGTH >> 8, 20, LENGTH - 20, false},
        {"of unknown length", 0, 0x40, LENGTH >> 8, 20, IPSEC_LENGTH_UNKNOWN, false},
        {"without its header", 0, 0x40, LENGTH >> 8, 0, LENGTH - 20, false},
        {"with a part of its header", 0, 0x40, LENGTH >> 8, 19, LENGTH - 20, false},
        {"below the MTU", 0, 0x40, 1, 20, 300, false},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_db *db = db_for(IPSEC_STACK_RFC);
        uint8_t outer[28];
        ipsec_record record;
        ipsec_report report;
        ipsec_view view;

        judge(db, &(sent){.spi = SPI, .sequence = 1, .frame = 1});
        tell(db, &TOO_BIG(.octets = 8, .frame = 2), &(sent){.spi = SPI, .sequence = 1});
        view = view_of_packet(&(sent){.spi = SPI, .sequence = 2, .frame = 3});
        put_outer(outer, &(sent){.spi = SPI});
        outer[2] = cases[i].total;
        outer[6] = cases[i].fragment;
        view.outer_length = cases[i].outer;
        view.outer = cases[i].outer ? guard_copy(outer, cases[i].outer) : NULL;
        view.length = cases[i].length;
        view.flags |= cases[i].flags;
        ipsec_judge(db, &view, &record, &report);
        if (is_above(&report) != cases[i].above)
            g_error("%s", cases[i].what);
        ipsec_db_free(db);
    }
    guard_free_all();
}

/* Errors inside a packet that the receiver discards have no effect. */
static void test_refused(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_LINUX);

    judge(db, &(sent){.spi = SPI, .sequence = 1, .frame = 1});
    g_assert_cmpuint(
        tell(db, &TOO_BIG(.octets = 8, .frame = 2, .refused_by = IPSEC_STACKS_ALL), &(sent){.spi = SPI, .sequence = 1})
            .findings.count,
        ==, 0);
    g_assert_cmpuint(ipsec_db_sa_mtu(db, 0, UINT32_MAX), ==, 0);
    ipsec_db_free(db);
    guard_free_all();
}

/* A receiver without ESP does not count an unknown SPI; the verdict does not change. */
static void test_peer_without_ipsec(void)
{
    static const char *const columns[IPSEC_COLUMN_COUNT] = {"ESP", "*",    "192.0.2.2", "0x9999", "NULL",
                                                            "",    "NONE", "",          "no",     "any"};
    ipsec_config config = ipsec_config_default();
    const told error = {.type = 3, .code = 2, .reporter = peer, .octets = 8, .frame = 2};
    ipsec_key_row_text text;
    ipsec_key_row_error wrong;
    ipsec_key_row row;

    memcpy(text.columns, columns, sizeof columns);
    g_assert_true(ipsec_key_row_compile(&text, &row, &wrong));
    config.sa_complete = true;
    for (unsigned router_says = 0; router_says < 2; router_says++) {
        ipsec_db *db = ipsec_db_new(&config);
        told by = error;
        ipsec_report report;

        ipsec_db_add(db, &row);
        by.reporter = router_says ? router : peer;
        report = judge(db, &(sent){.spi = SPI, .sequence = 1, .frame = 1});
        g_assert_true(ipsec_findings_have(&report.findings, IPSEC_FINDING_ESP_SPI_UNKNOWN));
        tell(db, &by, &(sent){.spi = SPI, .sequence = 1});
        report = judge(db, &(sent){.spi = SPI, .sequence = 2, .frame = 3});
        report.findings.whole = true; /* a cut packet has no counter */
        g_assert_cmpint(report.verdict, ==, IPSEC_VERDICT_DROP);
        g_assert_cmpint(ipsec_outcome_at(IPSEC_STACK_LINUX, &report) == NULL, ==, !router_says);
        judge(db, &(sent){.spi = SPI + 5, .sequence = 1, .frame = 4, .back = true}); /* it does support IPsec */
        report = judge(db, &(sent){.spi = SPI, .sequence = 3, .frame = 5});
        report.findings.whole = true;
        g_assert_nonnull(ipsec_outcome_at(IPSEC_STACK_LINUX, &report));
        ipsec_db_free(db);
    }
    guard_free_all();
}

/* The frame of the IKE message that an error quotes; 0 if it is not known. */
static uint32_t quote_ike(ipsec_db *db, const ike_octets *message, uint32_t frame)
{
    const uint32_t udp = 8 + message->length;
    uint8_t octets[8 + 28 + 28] = {3, 3, [8] = 0x45, [8 + 3] = (uint8_t)(20 + udp), [8 + 9] = 17};
    ipsec_icmp_view error = {.data = octets,
                             .captured = sizeof octets,
                             .source = peer,
                             .destination = sender,
                             .address_length = 4,
                             .protocol = IPSEC_ICMP,
                             .frame = frame};
    ipsec_icmp_report report;

    memcpy(octets + 8 + 12, sender, 4);
    memcpy(octets + 8 + 16, peer, 4);
    memcpy(octets + 28, (const uint8_t[]){500 >> 8, 500 & 0xff, 500 >> 8, 500 & 0xff, 0, (uint8_t)udp}, 6);
    memcpy(octets + 36, message->octets, 28);
    ipsec_judge_icmp(db, &error);
    ipsec_explain_icmp(db, &error, &report);
    return report.quoted_frame;
}

/* An error is linked to the IKE message that it quotes, unless nobody received that: a message quoted by another error,
 * or inside a packet that did not verify. */
static void test_ike(void)
{
    static const uint16_t flags[] = {0, IPSEC_VIEW_QUOTED, IPSEC_VIEW_INSIDE_UNPROVEN};
    const ipsec_ike_message head = {
        .initiator_spi = 0x1111, .version = 2, .exchange = IPSEC_IKE_SA_INIT, .from_initiator = true};
    const ike_octets message = ike_message(&head, NULL, 0);

    for (unsigned i = 0; i < G_N_ELEMENTS(flags); i++) {
        ipsec_db *db = db_for(IPSEC_STACK_RFC);
        ipsec_view view = ike_view(&message, 7, 0, false);
        ipsec_ike_report ike;

        view.flags |= flags[i];
        ipsec_judge_ike(db, &view, NULL, &ike);
        g_assert_cmpint(ike.is_ike, ==, flags[i] == 0);
        g_assert_cmpuint(quote_ike(db, &message, 8), ==, flags[i] == 0 ? 7 : 0);
        ipsec_db_free(db);
    }
    guard_free_all();
}

/* The last IKE packets are remembered; of an error about another one it is only known that it may be about an earlier
 * one. */
static void test_last_ike_packets(void)
{
    const ipsec_ike_message head = {
        .initiator_spi = 0x1111, .version = 2, .exchange = IPSEC_IKE_SA_INIT, .from_initiator = true};
    const ike_octets message = ike_message(&head, NULL, 0);
    const ike_octets other = ike_message(
        &(ipsec_ike_message){
            .initiator_spi = 0x2222, .version = 2, .exchange = IPSEC_IKE_SA_INIT, .from_initiator = true},
        NULL, 0);
    const uint32_t most = 256;

    for (uint32_t more = 0; more <= 1; more++) {
        ipsec_db *db = db_for(IPSEC_STACK_RFC);

        for (uint32_t frame = 1; frame <= most + more; frame++) {
            const ipsec_view view = ike_view(&message, frame, 0, false);
            ipsec_ike_report ike;

            ipsec_judge_ike(db, &view, NULL, &ike);
        }
        g_assert_cmpuint(quote_ike(db, &message, most + 2), ==, most + more);
        g_assert_cmpuint(ipsec_db_limits(db)->times[IPSEC_LIMIT_IKE_PACKETS], ==, 0);
        g_assert_cmpuint(quote_ike(db, &other, most + 3), ==, 0);
        g_assert_cmpuint(ipsec_db_limits(db)->times[IPSEC_LIMIT_IKE_PACKETS], ==, more);
        ipsec_db_free(db);
        guard_free_all();
    }
}

/* Hosts that lack a protocol are remembered up to a limit; one that is known needs no room. */
static void test_lacking_hosts(void)
{
    const uint32_t most = 65536;
    ipsec_db *db = db_for(IPSEC_STACK_RFC);

    for (uint32_t host = 0; host <= most; host++) {
        const uint8_t address[4] = {10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host};

        for (uint32_t twice = 0; twice < (host % most == 0 ? 2 : 1); twice++) {
            g_assert_cmpuint(ipsec_db_limits(db)->times[IPSEC_LIMIT_LACKING], ==, host < most ? 0 : twice);
            tell(db,
                 &(told){.type = 3,
                         .code = 2,
                         .octets = 8,
                         .reporter = address,
                         .destination = address,
                         .frame = 2 * host + twice + 1},
                 &(sent){.spi = SPI, .sequence = 1});
        }
        if (host % 1000 == 0)
            guard_free_all();
    }
    g_assert_cmpuint(ipsec_db_limits(db)->times[IPSEC_LIMIT_LACKING], ==, 2);
    ipsec_db_free(db);
    guard_free_all();
}

/* A hundred thousand errors take a moment, whatever they quote. */
static void test_flood(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);

    for (uint32_t i = 1; i <= 3000; i++)
        judge(db, &(sent){.spi = SPI, .sequence = i, .frame = i, .udp = true, .identification = 5});
    guard_free_all();
    for (uint32_t i = 1; i <= 100000; i++) {
        const ipsec_icmp_report report =
            tell(db, &TOO_BIG(.octets = 8, .frame = 3000 + i), &(sent){.udp = true, .identification = 5});

        g_assert_cmpuint(report.quoted_frame, ==, 0);
        if (i % 1000 == 0)
            guard_free_all();
    }
    ipsec_db_free(db);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/icmp-errors/by-number", test_by_number);
    g_test_add_func("/icmp-errors/both-directions", test_both_directions);
    g_test_add_func("/icmp-errors/by-identification", test_by_identification);
    g_test_add_func("/icmp-errors/forgotten", test_forgotten);
    g_test_add_func("/icmp-errors/above", test_above);
    g_test_add_func("/icmp-errors/what-is-above", test_what_is_above);
    g_test_add_func("/icmp-errors/refused", test_refused);
    g_test_add_func("/icmp-errors/peer-without-ipsec", test_peer_without_ipsec);
    g_test_add_func("/icmp-errors/ike", test_ike);
    g_test_add_func("/icmp-errors/last-ike-packets", test_last_ike_packets);
    g_test_add_func("/icmp-errors/lacking-hosts", test_lacking_hosts);
    g_test_add_func("/icmp-errors/flood", test_flood);
    return g_test_run();
}
