/* The sequence of steps, and nothing else: check the octets, move the state, conclude.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge.h"
#include "checks.h"
#include "sa.h"

#include <glib.h>

/* How far the numbers of two packets may lie apart to be those of one sender. */
#define ADVANCE_MOST 65536u

struct ipsec_db {
    ipsec_config config;
    ipsec_sa_table *sas;
};

ipsec_config ipsec_config_default(void)
{
    return (ipsec_config){.receiver = IPSEC_STACK_RFC, .report_reserved_spi = true};
}

ipsec_db *ipsec_db_new(const ipsec_config *config)
{
    ipsec_db *db = g_new0(ipsec_db, 1);

    db->config = *config;
    db->sas = ipsec_sa_table_new();
    return db;
}

void ipsec_db_free(ipsec_db *db)
{
    if (!db)
        return;
    ipsec_sa_table_free(db->sas);
    g_free(db);
}

uint32_t ipsec_db_sa_count(const ipsec_db *db)
{
    return ipsec_sa_count(db->sas);
}

/* A quote is no traffic: its header is named, and nothing is said of it. */
static void forget_findings(ipsec_report *report)
{
    report->count = 0;
    report->flagged = false;
    report->verdict = IPSEC_VERDICT_UNCHECKED;
    if (report->subject != IPSEC_SUBJECT_ESP && report->subject != IPSEC_SUBJECT_AH)
        report->subject = IPSEC_SUBJECT_NOTHING;
}

/* What the octets alone tell. */
static void check(const ipsec_db *db, const ipsec_view *view, ipsec_report *report)
{
    const bool ah = view->protocol == IPSEC_PROTOCOL_AH;

    ipsec_report_begin(report, view, ah ? IPSEC_SUBJECT_AH : IPSEC_SUBJECT_ESP);
    if (view->flags & IPSEC_VIEW_OFFLOAD)
        ipsec_report_add(report, IPSEC_FINDING_CAPTURE_OFFLOAD, 0, 0);
    if (view->encapsulation == IPSEC_ENCAPSULATION_UDP)
        ipsec_check_udp(view, report);
    else if (ah)
        ipsec_check_ah(view, report);
    else
        ipsec_check_esp(view, report);
    if (view->flags & IPSEC_VIEW_QUOTED)
        forget_findings(report);
    if (report->count && !db->config.report_reserved_spi)
        ipsec_report_remove_property(report, IPSEC_PROPERTY_SPI_RESERVED);
}

/* Whether a packet of this report belongs to the traffic of an SA. */
static bool is_traffic(const ipsec_view *view, const ipsec_report *report)
{
    return report->has_spi && report->spi != 0 && !(view->flags & IPSEC_VIEW_QUOTED) &&
           (report->subject == IPSEC_SUBJECT_ESP || report->subject == IPSEC_SUBJECT_AH);
}

static void learn_from_packet(ipsec_sa *sa, const ipsec_report *report, ipsec_record *record)
{
    uint32_t advance = report->sequence - sa->sequence;

    record->sa = sa->index;
    if (report->count == 0 || !report->flagged) {
        if (sa->has_sequence && advance - 1 < ADVANCE_MOST)
            sa->confirmed = true;
        sa->has_sequence = report->has_sequence;
        sa->sequence = report->sequence;
    }
    for (unsigned i = 0; i < report->count; i++)
        record->properties |= (uint16_t)ipsec_catalogue(report->findings[i].id)->property;
    record->properties &= (uint16_t)~sa->properties;
    sa->properties |= record->properties;
}

/* Moves the state, and notes in the record what a later pass cannot find out again. */
static void learn(ipsec_db *db, const ipsec_view *view, const ipsec_report *report, ipsec_record *record)
{
    ipsec_sa *sa = NULL;

    record->sa = IPSEC_SA_NONE;
    record->properties = 0;
    record->confirmed = view->encapsulation == IPSEC_ENCAPSULATION_NONE;
    if (is_traffic(view, report))
        sa = ipsec_sa_get(db->sas, view, report->spi);
    if (sa)
        learn_from_packet(sa, report, record);
    if (report->subject == IPSEC_SUBJECT_IKE && !(view->flags & IPSEC_VIEW_QUOTED))
        ipsec_peers_add(db->sas, view);
    /* The port alone proves nothing, but only a fault makes it worth asking. */
    if (!record->confirmed && report->count > 0)
        record->confirmed = (sa && sa->confirmed) || ipsec_peers_known(db->sas, view);
}

static ipsec_verdict verdict_of(const ipsec_db *db, const ipsec_finding *finding, bool confirmed)
{
    const ipsec_decision decision = ipsec_receiver_decision(db->config.receiver, finding->id);
    const ipsec_severity severity = ipsec_catalogue(finding->id)->severity;

    if (decision == IPSEC_DECISION_REFUSES)
        return confirmed ? IPSEC_VERDICT_DROP : IPSEC_VERDICT_SUSPICIOUS;
    if (decision == IPSEC_DECISION_MAY_REFUSE || severity >= IPSEC_SEVERITY_WARN)
        return IPSEC_VERDICT_SUSPICIOUS;
    return IPSEC_VERDICT_UNCHECKED;
}

/* Puts octets and record together. */
static void conclude(const ipsec_db *db, const ipsec_record *record, ipsec_report *report)
{
    report->sa = record->sa;
    for (unsigned i = 0; i < report->count; i++) {
        ipsec_finding *finding = &report->findings[i];
        const ipsec_property property = ipsec_catalogue(finding->id)->property;
        const ipsec_verdict verdict = verdict_of(db, finding, record->confirmed);

        finding->announce = property == IPSEC_PROPERTY_NONE || (record->properties & property);
        if (verdict > report->verdict)
            report->verdict = verdict;
    }
}

void ipsec_judge(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report)
{
    check(db, view, report);
    learn(db, view, report, record);
    conclude(db, record, report);
}

void ipsec_explain(const ipsec_db *db, const ipsec_view *view, const ipsec_record *record, ipsec_report *report)
{
    const ipsec_record unseen = {.sa = IPSEC_SA_NONE,
                                 .confirmed = view->encapsulation == IPSEC_ENCAPSULATION_NONE};

    check(db, view, report);
    conclude(db, record ? record : &unseen, report);
}
