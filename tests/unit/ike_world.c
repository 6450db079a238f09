/* Two peers that speak IKE and send ESP, in a database.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike_world.h"
#include "guard.h"
#include "packets.h"

#include <glib.h>

world begin_world_with(const ipsec_config *config)
{
    return (world){
        .db = ipsec_db_new(config), .at = {{10, 0, 0, 1}, {10, 0, 0, 2}}, .ike = {0x1111, 0x2222}, .time = SECOND};
}

world begin_world(void)
{
    ipsec_config config = ipsec_config_default();

    config.null_heuristic = false; /* because it finds more on a later pass */
    return begin_world_with(&config);
}

void end_world(world *w)
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

/* Judges a message of `from` as if it had been decrypted. Returns its frame. */
uint32_t tell(world *w, uint8_t exchange, uint32_t id, int from, bool by_initiator, bool is_response,
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

/* The same, with A as the initiator of the IKE SA. */
uint32_t say(world *w, uint8_t exchange, uint32_t id, int from, bool is_response, const ipsec_ike_contents *what)
{
    return tell(w, exchange, id, from, from == A, is_response, what);
}

ipsec_ike_contents proposing(uint32_t spi)
{
    ipsec_ike_contents contents = {.decrypted = true, .verified = true, .proposal_count = 1};

    contents.proposals[0] = (ipsec_ike_proposal){.protocol = IPSEC_IKE_PROTOCOL_ESP,
                                                 .spi_length = 4,
                                                 .spi = spi,
                                                 .encryption = AES_CBC,
                                                 .integrity = SHA2_256,
                                                 .has_esn = true};
    return contents;
}

ipsec_ike_contents noting(ipsec_ike_contents contents, uint16_t type, uint32_t spi)
{
    contents.notifies[contents.notify_count++] =
        (ipsec_ike_notify){.type = type, .protocol = IPSEC_IKE_PROTOCOL_ESP, .spi_length = spi ? 4 : 0, .spi = spi};
    return contents;
}

ipsec_ike_contents deleting(uint32_t spi)
{
    ipsec_ike_contents contents = {
        .decrypted = true, .verified = true, .delete_count = 1, .delete_protocol = IPSEC_IKE_PROTOCOL_ESP};

    contents.deletes[0] = spi;
    return contents;
}

const ipsec_ike_contents nothing = {.decrypted = true, .verified = true};

/* IKE_AUTH of A, after which A receives on SPI `to_a` and B on `to_b`. */
void set_up(world *w, uint32_t to_a, uint32_t to_b)
{
    const ipsec_ike_contents request = proposing(to_a), answer = proposing(to_b);

    say(w, IPSEC_IKE_AUTH, 1, A, false, &request);
    say(w, IPSEC_IKE_AUTH, 1, B, true, &answer);
}

bool report_has(const ipsec_report *report, ipsec_finding_id id)
{
    return ipsec_findings_get(&report->findings, id) != NULL;
}

/* Judges an ESP packet of `length` octets; explaining it gives the same. */
ipsec_report esp(world *w, int from, uint32_t spi, size_t length)
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
    /* Explaining withdraws sa.early while there is no answer. */
    g_assert_cmpuint(again.findings.count, ==, report.findings.count - report_has(&report, IPSEC_FINDING_SA_EARLY));
    g_assert_cmpuint(again.verdict, ==, report.verdict);
    g_assert_true(again.opened.valid == report.opened.valid);
    g_assert_true(!report.opened.valid || again.opened.spec == report.opened.spec);
    return report;
}

/* Whether a packet has the finding. */
bool shows(world *w, int from, uint32_t spi, size_t length, ipsec_finding_id id)
{
    const ipsec_report report = esp(w, from, spi, length);

    return report_has(&report, id);
}

void expect_clean(world *w, int from, uint32_t spi)
{
    const ipsec_report report = esp(w, from, spi, CLEAN);

    for (unsigned i = 0; i < report.findings.count; i++)
        g_test_message("%#x: %s", spi, ipsec_catalogue(report.findings.list[i].id)->id);
    g_assert_cmpuint(report.findings.count, ==, 0);
    g_assert_cmpuint(report.verdict, ==, IPSEC_VERDICT_PLAUSIBLE);
}

ipsec_sa_summary summary_of(const world *w, const ipsec_report *report)
{
    ipsec_sa_summary summary;

    g_assert_true(ipsec_db_sa(w->db, report->sa, &summary));
    return summary;
}

ipsec_sa_ike ike_of(const world *w, const ipsec_report *report)
{
    ipsec_sa_ike ike = {0};

    ipsec_db_sa_ike(w->db, report->sa, &ike);
    return ike;
}
