/* What is judged besides headers: IKE messages and ICMP errors. SPDX-License-Identifier: GPL-2.0-or-later */
#include "db.h"
#include "sa/exchanges.h"
#include "sa/negotiated.h"
#include "sa/steady.h"

#include "twin.h"

/* --- IKE --- */

/* What a request may be about, judging by its header; IPSEC_EXCHANGE_KINDS if it is not about SAs. */
static ipsec_exchange_kind kind_of_request(const ipsec_ike_message *message)
{
    if (message->is_response || message->fragment > 1)
        return IPSEC_EXCHANGE_KINDS;
    switch (message->exchange) {
    case IPSEC_IKE_AUTH:
    case IPSEC_IKE_CREATE_CHILD_SA:
    case IPSEC_IKE_QUICK_MODE:
        return IPSEC_EXCHANGE_MAKES;
    case IPSEC_IKE_INFORMATIONAL:
    case IPSEC_IKE_V1_INFORMATIONAL:
        return IPSEC_EXCHANGE_INFORMS;
    default:
        return IPSEC_EXCHANGE_KINDS;
    }
}

/* What an IKE message shows about SAs: by its time, and by its contents if they were decrypted. */
static void learn_from_ike(ipsec_db *db, const ipsec_ike_message *message, const ipsec_ike_contents *contents,
                           const ipsec_view *view)
{
    const ipsec_exchange_kind kind = kind_of_request(message);

    if (kind != IPSEC_EXCHANGE_KINDS)
        ipsec_exchanges_meet(db->sas, view, kind, message->length);
    if (!contents || !contents->decrypted)
        return;
    ipsec_ike_learn(db->families, db->sas, message, contents, view);
    if (!db->opens && db->sas->negotiations) {
        ipsec_steady_end_all(db->sas);
        db->opens = true;
    }
}

static bool read_ike(const ipsec_view *view, ipsec_ike_message *message)
{
    const uint32_t in_front = ipsec_view_ike_at(view);

    return view->captured > in_front && ipsec_ike_read(view->data + in_front, view->captured - in_front, message);
}

bool ipsec_may_hide_ike(const ipsec_view *view)
{
    ipsec_ike_message message;

    return read_ike(view, &message) && message.is_all_encrypted;
}

bool ipsec_read_hidden_ike(ipsec_db *db, const ipsec_view *view, const ipsec_ike_shown *shown,
                           ipsec_ike_contents *contents)
{
    ipsec_ike_message message;

    return read_ike(view, &message) && ipsec_ike_read_inside(db->puzzles, &message, shown, contents);
}

void ipsec_judge_ike(ipsec_db *db, const ipsec_view *view, const ipsec_ike_contents *contents, ipsec_ike_report *report)
{
    const bool is_news = ipsec_ike_judge(db->ike, view, contents, report);

    if (!is_news)
        return;
    ipsec_ike_packets_meet(&db->icmp->ike, view, &report->message);
    learn_from_ike(db, &report->message, contents, view);
}

void ipsec_explain_ike(const ipsec_db *db, const ipsec_view *view, ipsec_ike_report *report)
{
    ipsec_ike_explain(db->ike, view, report);
}

bool ipsec_db_ike_news(ipsec_db *db, ipsec_ike_progress *progress)
{
    return ipsec_ike_take_news(db->ike, progress);
}

/* --- ICMP errors --- */

/* Informs the exchange whose message is quoted. */
static void tell_ike(ipsec_db *db, const ipsec_icmp_view *view)
{
    const ipsec_ike_packet *packet;
    ipsec_icmp_report report;
    ipsec_icmp_error error;

    ipsec_icmp_errors_explain(db->icmp, view, &report);
    packet = report.sa == IPSEC_SA_NONE ? ipsec_ike_packets_at(&db->icmp->ike, report.quoted_frame) : NULL;
    if (!packet || report.findings.count == 0 || !ipsec_icmp_read(view, &error))
        return;
    ipsec_ike_meet_error(db->ike,
                         &(ipsec_view){.source = error.quote.source,
                                       .destination = error.quote.destination,
                                       .address_length = error.quote.address_length,
                                       .frame = packet->frame},
                         &(ipsec_ike_message){.initiator_spi = packet->initiator_spi, .version = packet->version},
                         (ipsec_finding_id)report.findings.list[0].id, view->frame);
}

void ipsec_judge_icmp(ipsec_db *db, const ipsec_icmp_view *view)
{
    const ipsec_icmp_neighbours neighbours = {
        .sas = db->sas, .recents = db->sequencer.recents, .peers = db->peers, .ring = db->opener->ring};

    if (!ipsec_stacks_have(view->refused_by, db->config.receiver))
        ipsec_icmp_errors_judge(db->icmp, &neighbours, view);
    tell_ike(db, view);
    ipsec_db_find_watches(db);
}

void ipsec_explain_icmp(const ipsec_db *db, const ipsec_icmp_view *view, ipsec_icmp_report *report)
{
    ipsec_icmp_errors_explain(db->icmp, view, report);
}

uint32_t ipsec_db_sa_mtu(const ipsec_db *db, uint32_t sa, uint32_t frame)
{
    return ipsec_mtus_lowest(&db->icmp->mtus, sa, frame);
}

uint32_t ipsec_db_answered_by(const ipsec_db *db, uint32_t frame, uint32_t sa)
{
    return ipsec_icmp_errors_answer(db->icmp, frame, sa);
}
