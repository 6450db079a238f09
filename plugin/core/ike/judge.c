/* Judging an IKE message: read it, find its exchange, ask the rules, and keep what they report.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/judge.h"
#include "ike/saying.h"
#include "ike/table.h"
#include "packet/find.h"
#include "sa/summary.h"

#include <string.h>

ipsec_ike *ipsec_ike_new(uint64_t duplicate_time, ipsec_limits *limits)
{
    ipsec_ike *ike = g_new0(ipsec_ike, 1);

    ike->table = ipsec_ike_table_new(duplicate_time, limits);
    ike->records = g_array_new(false, false, sizeof(ipsec_ike_record));
    ike->judged = g_array_new(false, false, sizeof(ipsec_ike_record_name));
    ike->news = g_array_new(false, false, sizeof(uint32_t));
    return ike;
}

void ipsec_ike_free(ipsec_ike *ike)
{
    if (!ike)
        return;
    ipsec_ike_table_free(ike->table);
    g_array_free(ike->records, true);
    g_array_free(ike->judged, true);
    g_array_free(ike->news, true);
    g_free(ike);
}

/* --- news ------------------------------------------------------------------------------------------------------------
 */

/* If nobody reads them, they need not be kept: later listeners get everything from a new pass. */
#define NEWS_MOST 64u

static void tell_news(const ipsec_ike *ike, uint32_t ike_sa)
{
    if (ike_sa != IPSEC_IKE_UNLISTED && ike->news->len < NEWS_MOST)
        g_array_append_val(ike->news, ike_sa);
}

bool ipsec_ike_take_news(ipsec_ike *ike, ipsec_ike_progress *progress)
{
    const guint count = ike->news->len;

    if (count == 0)
        return false;
    *progress = *ipsec_ike_history_at(&ike->table->histories, g_array_index(ike->news, uint32_t, count - 1));
    g_array_set_size(ike->news, count - 1);
    return true;
}

/* --- records ------------------------------------------------------------------------------------------------------ */

static ipsec_ike_record *record_at(const ipsec_ike *ike, uint32_t number)
{
    return &g_array_index(ike->records, ipsec_ike_record, number - 1);
}

static bool is_of(const ipsec_ike_record_name *name, const ipsec_view *view)
{
    return name->frame == view->frame && name->offset == view->offset && name->buffer == view->buffer;
}

static const ipsec_ike_record *find_record(const ipsec_ike *ike, const ipsec_view *view)
{
    uint32_t low = 0, high = ike->records->len;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (record_at(ike, middle + 1)->name.frame < view->frame)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < ike->records->len && record_at(ike, low + 1)->name.frame == view->frame; low++)
        if (is_of(&record_at(ike, low + 1)->name, view))
            return record_at(ike, low + 1);
    return NULL;
}

/* A request may have several records, one per repetition; its answer is entered into all of them. */
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

/* Enters the other message of the exchange, and for a repetition the first request. */
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

/* Whether a finding is a refusal that may be withdrawn later. */
static bool may_be_none(unsigned finding, bool is_inferred)
{
    return finding == IPSEC_FINDING_IKE_CHILD_REFUSED || (finding == IPSEC_FINDING_IKE_AUTH_FAILED && is_inferred);
}

/* A withdrawn finding no longer counts as trouble of its IKE SA. */
static void withdraw(const ipsec_ike *ike, ipsec_ike_record *record)
{
    ipsec_ike_progress *progress = ipsec_ike_history_at(&ike->table->histories, record->ike_sa);

    record->is_withdrawn = true;
    if (progress && progress->trouble && may_be_none(progress->trouble - 1u, progress->trouble_inferred) &&
        progress->trouble_frame == record->name.frame) {
        progress->trouble = 0;
        tell_news(ike, record->ike_sa);
    }
}

void ipsec_ike_withdraw(ipsec_ike *ike, ipsec_ike_sa *sa)
{
    for (uint32_t i = sa->refusal; i > 0; i = record_at(ike, i)->refusal_before)
        withdraw(ike, record_at(ike, i));
    sa->refusal = 0;
}

static void withdraw_of_pair(ipsec_ike *ike, ipsec_ike_pair *pair)
{
    for (uint32_t i = pair->refusal; i > 0; i = record_at(ike, i)->refusal_of_pair)
        withdraw(ike, record_at(ike, i));
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

/* --- findings ----------------------------------------------------------------------------------------------------- */

static const ipsec_catalogue_row *row_of(const ipsec_ike_said *said)
{
    return ipsec_catalogue((ipsec_finding_id)said->finding);
}

/* Makes room for a finding that is more severe than one of those that are there: the mildest is dropped, or the last of
 * several equals. */
static bool make_room(ipsec_ike_record *record, const ipsec_ike_said *said)
{
    unsigned mildest = 0;

    for (unsigned i = 1; i < record->count; i++)
        if (row_of(&record->said[i])->severity <= row_of(&record->said[mildest])->severity)
            mildest = i;
    if (row_of(&record->said[mildest])->severity >= row_of(said)->severity)
        return false;
    record->count--;
    memmove(&record->said[mildest], &record->said[mildest + 1], (record->count - mildest) * sizeof record->said[0]);
    return true;
}

void ipsec_ike_say(ipsec_ike_saying *it, const ipsec_ike_said *said)
{
    ipsec_ike_record *record = &it->record;
    unsigned at;

    for (unsigned i = 0; i < record->count; i++)
        if (record->said[i].finding == said->finding)
            return;
    if (record->count == IPSEC_IKE_FINDINGS_MOST && !make_room(record, said))
        return;
    for (at = record->count; at > 0 && record->said[at - 1].finding > said->finding; at--)
        record->said[at] = record->said[at - 1];
    record->said[at] = *said;
    record->count++;
    it->is_refusal = it->is_refusal || may_be_none(said->finding, said->inferred);
}

/* Whether later messages or packets have refuted the finding: a refusal of an SA that is in use, or silence before an
 * answer. */
static bool is_gone(const ipsec_ike_record *record, const ipsec_ike_said *said)
{
    if (said->finding == IPSEC_FINDING_IKE_NO_ANSWER)
        return record->response > 0;
    return record->is_withdrawn && may_be_none(said->finding, said->inferred);
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

/* --- state of the IKE SA ------------------------------------------------------------------------------------------ */

static bool is_trouble(const ipsec_ike_said *said)
{
    return said->finding != IPSEC_FINDING_IKE_STRAY_NOTIFY &&
           ipsec_catalogue((ipsec_finding_id)said->finding)->severity >= IPSEC_SEVERITY_WARN;
}

static bool is_silence(uint8_t trouble)
{
    return trouble == IPSEC_FINDING_IKE_NO_ANSWER + 1 || trouble == IPSEC_FINDING_IKE_FRAGMENT_LOST + 1;
}

/* Whether the finding is about an SA that an established IKE SA should create. */
static bool is_of_child(const ipsec_ike_saying *it, const ipsec_ike_said *said)
{
    if (it->step.sa->progress->stage != IPSEC_IKE_ESTABLISHED || is_silence((uint8_t)(said->finding + 1)))
        return false;
    return said->finding == IPSEC_FINDING_IKE_CHILD_REFUSED || said->finding == IPSEC_FINDING_IKE_TS_UNACCEPTABLE ||
           said->finding == IPSEC_FINDING_IKE_NO_PROPOSAL || it->message->exchange == IPSEC_IKE_AUTH ||
           it->message->exchange == IPSEC_IKE_CREATE_CHILD_SA;
}

static void set_trouble(ipsec_ike_saying *it, const ipsec_ike_said *said)
{
    ipsec_ike_progress *progress = it->step.sa->progress;

    progress->trouble = (uint8_t)(said->finding + 1);
    progress->trouble_inferred = said->inferred;
    progress->trouble_notify = said->has_notify ? said->notify : 0;
    progress->trouble_of_child = is_of_child(it, said);
    progress->trouble_frame = it->view->frame;
}

/* Remembers the first finding on the message that counts as trouble. An answer ends silence, and silence is ignored if
 * the peer has said before why it does not continue. */
static void follow_trouble(ipsec_ike_saying *it)
{
    ipsec_ike_progress *progress = it->step.sa->progress;
    const bool was_refused = progress->trouble && progress->trouble_notify && progress->stage != IPSEC_IKE_ESTABLISHED;

    if (it->step.place == IPSEC_IKE_ANSWER && is_silence(progress->trouble))
        progress->trouble = 0;
    for (unsigned i = it->record.count; i > 0; i--) {
        const ipsec_ike_said *said = &it->record.said[i - 1];

        if (is_trouble(said) && !(was_refused && is_silence((uint8_t)(said->finding + 1))))
            set_trouble(it, said);
    }
}

static void follow_progress(ipsec_ike_saying *it)
{
    ipsec_ike_progress *progress = it->step.sa->progress;

    if (it->step.place == IPSEC_IKE_ANSWER)
        progress->error = 0;
    follow_trouble(it);
    if (ipsec_ike_is_protected(it) && it->contents->deletes_ike && progress->deleted_by == 0)
        progress->deleted_by = it->view->frame;
}

static void report_progress(const ipsec_ike *ike, const ipsec_view *view, ipsec_ike_report *report)
{
    report->has_progress = ipsec_ike_table_progress(ike->table, view, &report->message, &report->progress);
}

/* --- ICMP errors -------------------------------------------------------------------------------------------------- */

/* The exchange whose request was sent in the frame and has no answer. */
static ipsec_ike_exchange *find_open(const ipsec_ike_sa *sa, uint32_t frame)
{
    for (unsigned i = 0; i < IPSEC_IKE_EXCHANGES_MOST; i++) {
        ipsec_ike_exchange *exchange = sa->exchanges[i];

        if (exchange && exchange->request_frame <= frame && frame <= exchange->last_frame &&
            exchange->request_frame > 0 && exchange->response_frame == 0)
            return exchange;
    }
    return NULL;
}

void ipsec_ike_meet_error(ipsec_ike *ike, const ipsec_view *quoted, const ipsec_ike_message *message,
                          ipsec_finding_id error, uint32_t frame)
{
    ipsec_ike_sa *sa = ipsec_ike_table_find(ike->table, quoted, message);
    ipsec_ike_exchange *exchange = sa ? find_open(sa, quoted->frame) : NULL;

    if (!exchange)
        return;
    exchange->error = (uint8_t)error;
    exchange->error_frame = frame;
    if (sa->progress->error > 0)
        return; /* only the first error is kept, so that every pass names the same one */
    sa->progress->error = (uint8_t)(error + 1);
    sa->progress->error_frame = frame;
    tell_news(ike, sa->progress->number);
}

/* --- judging ------------------------------------------------------------------------------------------------------ */

/* Begins the report on a message. False if it is not a message, or if nobody receives it: it is quoted by an ICMP
 * error, or came inside a header that did not verify. */
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

static void ask_rules(ipsec_ike_saying *it)
{
    if (it->step.place == IPSEC_IKE_COPY)
        return;
    ipsec_ike_judge_trouble(it);
    ipsec_ike_judge_silence(it);
    ipsec_ike_judge_refusal(it);
    ipsec_ike_judge_phase1(it);
    ipsec_ike_judge_nat(it);
}

/* Whether the message comes here for the first time; for that, the messages of the last frame are remembered. */
static bool is_first_time(ipsec_ike *ike, const ipsec_view *view)
{
    const ipsec_ike_record_name name = {.frame = view->frame, .offset = view->offset, .buffer = view->buffer};

    if (ike->judged->len > 0 && g_array_index(ike->judged, ipsec_ike_record_name, 0).frame != view->frame)
        g_array_set_size(ike->judged, 0);
    for (unsigned i = 0; i < ike->judged->len; i++)
        if (is_of(&g_array_index(ike->judged, ipsec_ike_record_name, i), view))
            return false;
    g_array_append_val(ike->judged, name);
    return true;
}

static void judge(ipsec_ike_saying *it)
{
    ask_rules(it);
    if (it->step.place == IPSEC_IKE_ANSWER)
        link_answer(it);
    if (it->step.sa) {
        it->record.ike_sa = it->step.sa->progress->number;
        follow_progress(it);
    }
    keep_record(it);
}

bool ipsec_ike_judge(ipsec_ike *ike, const ipsec_view *view, const ipsec_ike_contents *contents,
                     ipsec_ike_report *report)
{
    ipsec_ike_saying it = {.ike = ike, .view = view, .message = &report->message};
    ipsec_ike_contents clear;
    const uint8_t *octets;
    uint32_t captured;

    if (!begin(view, report))
        return false;
    if (!is_first_time(ike, view)) {
        ipsec_ike_explain(ike, view, report);
        return false;
    }
    octets = octets_of(view, &captured);
    ipsec_ike_read_clear(&report->message, octets, captured, &clear);
    it.contents = contents ? contents : &clear;
    it.record = (ipsec_ike_record){.name = {.frame = view->frame, .offset = view->offset, .buffer = view->buffer},
                                   .ike_sa = IPSEC_IKE_UNLISTED};
    it.step = ipsec_ike_meet(ike->table, view, &report->message, octets, captured,
                             ipsec_ike_is_sealed(&it) ? NULL : it.contents);
    it.about = it.step.exchange;
    judge(&it);
    report_record(&it.record, report);
    report_progress(ike, view, report);
    return true;
}

void ipsec_ike_explain(const ipsec_ike *ike, const ipsec_view *view, ipsec_ike_report *report)
{
    const ipsec_ike_record *record;

    if (!begin(view, report))
        return;
    record = find_record(ike, view);
    if (record)
        report_record(record, report);
    report_progress(ike, view, report);
}
