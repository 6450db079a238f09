/* A message of IKE: read it, find its exchange, ask the rules, and keep what they say.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/judge.h"
#include "ike/nat.h"
#include "ike/saying.h"
#include "ike/table.h"
#include "packet/find.h"

ipsec_ike *ipsec_ike_new(uint64_t duplicate_time)
{
    ipsec_ike *ike = g_new0(ipsec_ike, 1);

    ike->table = ipsec_ike_table_new(duplicate_time);
    ike->records = g_array_new(false, false, sizeof(ipsec_ike_record));
    return ike;
}

void ipsec_ike_free(ipsec_ike *ike)
{
    if (!ike)
        return;
    ipsec_ike_table_free(ike->table);
    g_array_free(ike->records, true);
    g_free(ike);
}

/* --- records ------------------------------------------------------------------------------------------------------ */

static ipsec_ike_record *record_at(const ipsec_ike *ike, uint32_t number)
{
    return &g_array_index(ike->records, ipsec_ike_record, number - 1);
}

static bool is_of(const ipsec_ike_record *record, const ipsec_view *view)
{
    return record->frame == view->frame && record->offset == view->offset && record->buffer == view->buffer;
}

static const ipsec_ike_record *find_record(const ipsec_ike *ike, const ipsec_view *view)
{
    uint32_t low = 0, high = ike->records->len;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (record_at(ike, middle + 1)->frame < view->frame)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < ike->records->len && record_at(ike, low + 1)->frame == view->frame; low++)
        if (is_of(record_at(ike, low + 1), view))
            return record_at(ike, low + 1);
    return NULL;
}

/* A request may have several records, of its repetitions; its answer is told to all of them. */
static void link_answer(ipsec_ike_saying *it)
{
    ipsec_ike_exchange *exchange = it->step.exchange;

    for (uint32_t i = exchange->record; i > 0; i = record_at(it->ike, i)->before)
        record_at(it->ike, i)->response = it->view->frame;
    exchange->record = 0;
}

static bool asks(const ipsec_ike_saying *it)
{
    return it->step.place == IPSEC_IKE_REQUEST || it->step.place == IPSEC_IKE_REPEAT;
}

/* The other message of the exchange; of a repetition, the first copy too. */
static void link_record(ipsec_ike_saying *it)
{
    ipsec_ike_exchange *exchange = it->about;

    if (!exchange)
        return;
    it->record.request = exchange->request_frame == it->view->frame ? 0 : exchange->request_frame;
    if (!asks(it))
        return;
    it->record.response = exchange->response_frame;
    it->record.before = exchange->record;
    if (exchange->response_frame == 0)
        exchange->record = it->ike->records->len + 1;
}

static void link_refusal(ipsec_ike_saying *it)
{
    const uint32_t number = it->ike->records->len + 1;
    ipsec_ike_sa *sa = it->step.sa;

    it->record.refusal_before = sa->refusal;
    it->record.refusal_of_pair = sa->pair->refusal;
    sa->refusal = sa->pair->refusal = number;
}

static void keep_record(ipsec_ike_saying *it)
{
    if (it->record.count == 0)
        return;
    link_record(it);
    if (it->is_refusal && it->step.sa)
        link_refusal(it);
    g_array_append_val(it->ike->records, it->record);
}

void ipsec_ike_withdraw(ipsec_ike *ike, ipsec_ike_sa *sa)
{
    for (uint32_t i = sa->refusal; i > 0; i = record_at(ike, i)->refusal_before)
        record_at(ike, i)->is_withdrawn = true;
    sa->refusal = 0;
}

static void withdraw_of_pair(ipsec_ike *ike, ipsec_ike_pair *pair)
{
    for (uint32_t i = pair->refusal; i > 0; i = record_at(ike, i)->refusal_of_pair)
        record_at(ike, i)->is_withdrawn = true;
    pair->refusal = 0;
}

void ipsec_ike_meet_spi(ipsec_ike *ike, const ipsec_view *view)
{
    /* Most captures have no IKE. */
    ipsec_ike_pair *pair = g_hash_table_size(ike->table->pairs) > 0 ? ipsec_ike_pair_of(ike->table, view) : NULL;
    uint32_t *spis;

    if (!pair)
        return;
    spis = &pair->spis[!ipsec_ike_is_from_low(view)];
    if (*spis < UINT32_MAX)
        ++*spis;
    if (*spis > pair->successes)
        withdraw_of_pair(ike, pair);
}

/* --- what is said ------------------------------------------------------------------------------------------------- */

void ipsec_ike_say(ipsec_ike_saying *it, const ipsec_ike_said *said)
{
    unsigned at = it->record.count;

    for (unsigned i = 0; i < it->record.count; i++)
        if (it->record.said[i].finding == said->finding)
            return;
    if (at == IPSEC_IKE_FINDINGS_MOST)
        return;
    for (; at > 0 && it->record.said[at - 1].finding > said->finding; at--)
        it->record.said[at] = it->record.said[at - 1];
    it->record.said[at] = *said;
    it->record.count++;
    it->is_refusal = it->is_refusal || ipsec_catalogue((ipsec_finding_id)said->finding)->is_later;
}

static bool is_gone(const ipsec_ike_record *record, const ipsec_ike_said *said)
{
    return record->is_withdrawn && ipsec_catalogue((ipsec_finding_id)said->finding)->is_later;
}

static void report_said(const ipsec_ike_said *said, ipsec_ike_report *report)
{
    const ipsec_advice_detail detail = {
        .advice_case = said->advice_case, .detail = said->detail, .missed = said->missed};

    report->said[report->count++] = *said;
    ipsec_findings_add_with(&report->findings, (ipsec_finding_id)said->finding, 0, 0, detail);
}

static void report_record(const ipsec_ike_record *record, ipsec_ike_report *report)
{
    report->request = record->request;
    report->response = record->response;
    for (unsigned i = 0; i < record->count; i++)
        if (!is_gone(record, &record->said[i]))
            report_said(&record->said[i], report);
}

/* --- how its IKE SA is -------------------------------------------------------------------------------------------- */

static bool is_trouble(const ipsec_ike_said *said)
{
    return said->finding != IPSEC_FINDING_IKE_STRAY_NOTIFY &&
           ipsec_catalogue((ipsec_finding_id)said->finding)->severity >= IPSEC_SEVERITY_WARN;
}

static bool is_silence(uint8_t trouble)
{
    return trouble == IPSEC_FINDING_IKE_NO_ANSWER + 1 || trouble == IPSEC_FINDING_IKE_FRAGMENT_LOST + 1;
}

/* Remembers the worst that is said of the message; an answer ends silence. */
static void follow_trouble(ipsec_ike_saying *it)
{
    ipsec_ike_sa *sa = it->step.sa;

    if (it->step.place == IPSEC_IKE_ANSWER && is_silence(sa->trouble))
        sa->trouble = 0;
    for (unsigned i = it->record.count; i > 0; i--) {
        const ipsec_ike_said *said = &it->record.said[i - 1];

        if (!is_trouble(said))
            continue;
        sa->trouble = (uint8_t)(said->finding + 1);
        sa->trouble_notify = said->has_notify ? said->notify : 0;
    }
}

/* Whether what went wrong was a refusal that turned out to be none. */
static bool is_forgiven(const ipsec_ike *ike, const ipsec_ike_sa *sa)
{
    return sa->trouble == IPSEC_FINDING_IKE_CHILD_REFUSED + 1 && sa->refusal > 0 &&
           record_at(ike, sa->refusal)->is_withdrawn;
}

static void report_progress(const ipsec_ike *ike, const ipsec_view *view, const ipsec_ike_sa *sa,
                            ipsec_ike_report *report)
{
    report->has_progress = true;
    report->progress = (ipsec_ike_progress){.initiator_spi = sa->initiator_spi,
                                            .responder_spi = sa->responder_spi,
                                            .knows_initiator = sa->knows_initiator,
                                            .by_source = sa->initiator_is_low == ipsec_ike_is_from_low(view),
                                            .is_established = sa->is_established,
                                            .counts = sa->counts,
                                            .version = sa->version,
                                            .trouble = is_forgiven(ike, sa) ? 0 : sa->trouble,
                                            .trouble_notify = sa->trouble_notify,
                                            .children = sa->children};
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

/* Begins the report of what is a message. False if it is none, or if nobody gets it: what an ICMP error quotes, or what
 * came inside a header that did not verify. */
static bool begin(const ipsec_view *view, ipsec_ike_report *report)
{
    const uint32_t in_front = ipsec_view_ike_at(view);

    *report = (ipsec_ike_report){.is_ike = false};
    ipsec_findings_begin(&report->findings, false);
    if (view->flags & (IPSEC_VIEW_QUOTED | IPSEC_VIEW_INSIDE_UNPROVEN) || view->captured < in_front)
        return false;
    report->is_ike = ipsec_ike_read(view->data + in_front, view->captured - in_front, &report->message);
    return report->is_ike;
}

static const uint8_t *octets_of(const ipsec_view *view, uint32_t *captured)
{
    const uint32_t in_front = ipsec_view_ike_at(view);

    *captured = view->captured - in_front;
    return view->data + in_front;
}

static void judge_nat(ipsec_ike_saying *it)
{
    const bool is_news = it->step.place == IPSEC_IKE_REQUEST || it->step.place == IPSEC_IKE_ANSWER;
    const unsigned sides = it->message->exchange == IPSEC_IKE_SA_INIT && is_news
                               ? ipsec_ike_nat_of(it->view, it->message, it->contents)
                               : 0;
    static const uint8_t cases[] = {[IPSEC_IKE_NAT_SOURCE] = IPSEC_CASE_IKE_NAT_SOURCE,
                                    [IPSEC_IKE_NAT_DESTINATION] = IPSEC_CASE_IKE_NAT_DESTINATION,
                                    [IPSEC_IKE_NAT_SOURCE | IPSEC_IKE_NAT_DESTINATION] = IPSEC_CASE_IKE_NAT_BOTH};

    if (sides)
        ipsec_ike_say(it,
                      &(ipsec_ike_said){.finding = IPSEC_FINDING_IKE_NAT,
                                        .advice_case = cases[sides],
                                        .has_notify = true,
                                        .notify = sides & IPSEC_IKE_NAT_SOURCE ? IPSEC_IKE_NAT_DETECTION_SOURCE
                                                                               : IPSEC_IKE_NAT_DETECTION_DESTINATION});
}

static void ask_rules(ipsec_ike_saying *it)
{
    if (it->step.place == IPSEC_IKE_COPY)
        return;
    ipsec_ike_judge_trouble(it);
    ipsec_ike_judge_silence(it);
    ipsec_ike_judge_refusal(it);
    ipsec_ike_judge_phase1(it);
    judge_nat(it);
}

void ipsec_ike_judge(ipsec_ike *ike, const ipsec_view *view, const ipsec_ike_contents *contents, ipsec_ike_step *step,
                     ipsec_ike_report *report)
{
    ipsec_ike_saying it = {.ike = ike, .view = view, .message = &report->message};
    ipsec_ike_contents clear;
    const uint8_t *octets;
    uint32_t captured;

    *step = (ipsec_ike_step){NULL, NULL, IPSEC_IKE_ALONE};
    if (is_of(&ike->last, view)) { /* a caller may offer it twice */
        ipsec_ike_explain(ike, view, report);
        return;
    }
    if (!begin(view, report))
        return;
    octets = octets_of(view, &captured);
    ipsec_ike_read_clear(&report->message, octets, captured, &clear);
    it.contents = contents ? contents : &clear;
    it.record = (ipsec_ike_record){.frame = view->frame, .offset = view->offset, .buffer = view->buffer};
    ike->last = it.record;
    it.step = ipsec_ike_meet(ike->table, view, &report->message, octets, captured,
                             ipsec_ike_is_sealed(&it) ? NULL : it.contents);
    it.about = it.step.exchange;
    *step = it.step;
    ask_rules(&it);
    if (it.step.place == IPSEC_IKE_ANSWER)
        link_answer(&it);
    keep_record(&it);
    report_record(&it.record, report);
    if (!it.step.sa)
        return;
    follow_trouble(&it);
    report_progress(ike, view, it.step.sa, report);
}

void ipsec_ike_explain(const ipsec_ike *ike, const ipsec_view *view, ipsec_ike_report *report)
{
    const ipsec_ike_record *record;
    const ipsec_ike_sa *sa;

    if (!begin(view, report))
        return;
    record = find_record(ike, view);
    if (record)
        report_record(record, report);
    sa = ipsec_ike_table_find(ike->table, view, &report->message);
    if (sa)
        report_progress(ike, view, sa, report);
}
