/* Compares the quick path with the long way. SPDX-License-Identifier: GPL-2.0-or-later */
#define IPSEC_TWIN_ITSELF
#include "twin.h"

#ifdef IPSEC_BOTH_WAYS

#include "sa/describe.h"
#include "sa/steady.h"

#include <string.h>

#define SAME(a, b, member, what)                                                                                       \
    do {                                                                                                               \
        if ((a)->member != (b)->member)                                                                                \
            g_error("frame %u: %s, %s is %lld on the quick path, %lld on the long way", frame, what, #member,          \
                    (long long)(a)->member, (long long)(b)->member);                                                   \
    } while (0)

static void compare_windows(uint32_t frame, const ipsec_window *a, const ipsec_window *b)
{
    SAME(a, b, started, "window");
    SAME(a, b, size, "window");
    SAME(a, b, top, "window");
    SAME(a, b, bottom, "window");
    SAME(a, b, run, "window");
    for (uint32_t word = 0; word < a->size / IPSEC_WINDOW_WORD; word++)
        if (ipsec_window_words((ipsec_window *)a)[word] != ipsec_window_words((ipsec_window *)b)[word])
            g_error("frame %u: word %u of the window differs", frame, word);
}

static void compare_numbers(uint32_t frame, const ipsec_sa_numbers *a, const ipsec_sa_numbers *b)
{
    compare_windows(frame, &a->window, &b->window);
    SAME(a, b, packets, "numbers");
    SAME(a, b, row_window, "numbers");
    SAME(a, b, window_less_1, "numbers");
    SAME(a, b, behind, "numbers");
    SAME(a, b, refused, "numbers");
    SAME(a, b, place, "numbers");
    SAME(a, b, ttl, "numbers");
    SAME(a, b, in_gap, "numbers");
    SAME(a, b, coalesced, "numbers");
    SAME(a, b, esn, "numbers");
    SAME(a, b, no_window, "numbers");
    SAME(a, b, near_end, "numbers");
    if (!a->doubts != !b->doubts)
        g_error("frame %u: only one way is in doubt of the numbers", frame);
}

static void compare_pairs(uint32_t frame, const ipsec_sa_pair *a, const ipsec_sa_pair *b)
{
    if (!a != !b)
        g_error("frame %u: only one way knows the peers", frame);
    if (!a)
        return;
    SAME(a, b, active, "pair");
    SAME(a, b, next, "pair");
    SAME(a, b, unmatched, "pair");
    SAME(a, b, matched, "pair");
    SAME(a, b, sas, "pair");
    SAME(a, b, alone, "pair");
    SAME(a, b, run_at, "pair");
    SAME(a, b, run, "pair");
    SAME(a, b, silence, "pair");
    SAME(a, b, turns, "pair");
    SAME(a, b, parallel, "pair");
    SAME(a, b, matched_good, "pair");
    SAME(a, b, unmatched_good, "pair");
    SAME(a, b, verified, "pair");
    SAME(a, b, active_good, "pair");
    SAME(a, b, is_told, "pair");
    SAME(a, b, replaced, "pair");
}

static void compare_lives(uint32_t frame, const ipsec_sa_life *a, const ipsec_sa_life *b)
{
    compare_pairs(frame, a->pair, b->pair);
    SAME(a, b, octets, "life");
    SAME(a, b, packets, "life");
    SAME(a, b, origin, "life");
    SAME(a, b, origin_before, "life");
    SAME(a, b, moved_at, "life");
    SAME(a, b, quick_returns, "life");
    SAME(a, b, after_successor, "life");
    SAME(a, b, began_here, "life");
    SAME(a, b, senders, "life");
    SAME(a, b, separate, "life");
    SAME(a, b, expired, "life");
    SAME(a, b, at_home, "life");
}

static void compare_keys(uint32_t frame, const ipsec_sa_keys *a, const ipsec_sa_keys *b)
{
    SAME(a, b, row, "keys");
    SAME(a, b, resolved, "keys");
    SAME(a, b, nothing_to_try, "keys");
    SAME(a, b, icv_good, "keys");
    SAME(a, b, failures, "keys");
    SAME(a, b, high, "keys");
    SAME(a, b, source, "keys");
    SAME(a, b, row_confirmed, "keys");
    SAME(a, b, start_seen, "keys");
    SAME(a, b, esn, "keys");
    SAME(a, b, position, "keys");
    SAME(a, b, advice_case, "keys");
    SAME(a, b, detail, "keys");
    SAME(a, b, null.shape, "keys");
    SAME(a, b, null.balance, "keys");
    SAME(a, b, null.lost, "keys");
    SAME(a, b, null.looks, "keys");
    SAME(a, b, null.rest, "keys");
    SAME(a, b, null.sequence, "keys");
}

static void compare_ivs(uint32_t frame, const ipsec_iv_state *a, const ipsec_iv_state *b)
{
    SAME(a, b, id, "IV");
    SAME(a, b, demand, "IV");
    SAME(a, b, run, "IV");
    SAME(a, b, misses, "IV");
    SAME(a, b, begun, "IV");
    SAME(a, b, proved, "IV");
    SAME(a, b, kept, "IV");
    SAME(a, b, adds, "IV");
    SAME(a, b, xors, "IV");
    SAME(a, b, has_last_block, "IV");
    if (a->demand != IPSEC_IV_UNKNOWN || a->id == 0)
        return;
    if (a->proved) {
        SAME(a, b, unique.blocks, "IV");
        SAME(a, b, unique.levels, "IV");
        SAME(a, b, unique.tried, "IV");
        SAME(a, b, unique.shared, "IV");
        SAME(a, b, unique.ordered, "IV");
        SAME(a, b, unique.reversed, "IV");
        SAME(a, b, unique.relation, "IV");
    } else if (a->misses == IPSEC_IV_MISSES_MOST) {
        SAME(a, b, again, "IV");
    } else if (a->begun) {
        SAME(a, b, unknown.difference, "IV");
        SAME(a, b, unknown.exclusive_or, "IV");
        SAME(a, b, unknown.sequence, "IV");
    }
}

static void compare_summaries(uint32_t frame, const ipsec_sa_summary *a, const ipsec_sa_summary *b)
{
    SAME(a, b, octets, "summary");
    SAME(a, b, packets, "summary");
    SAME(a, b, first_frame, "summary");
    SAME(a, b, last_frame, "summary");
    SAME(a, b, reverse, "summary");
    SAME(a, b, lost, "summary");
    SAME(a, b, successor, "summary");
}

/* What does not belong to an SA. */
static void compare_rest(uint32_t frame, const ipsec_db *a, const ipsec_db *b)
{
    const ipsec_recents *recents = a->sequencer.recents, *of_b = b->sequencer.recents;

    SAME(a, b, opens, "database");
    SAME(a, b, watches, "database");
    SAME(a, b, quick_path_is_open, "database");
    SAME(a, b, notes->len, "database");
    SAME(a, b, sas->live, "database");
    SAME(a, b, sas->summaries->len, "database");
    SAME(recents, of_b, count, "recent packets");
    if (memcmp(&recents->packets[recents->count % IPSEC_RECENTS], &of_b->packets[recents->count % IPSEC_RECENTS],
               sizeof(ipsec_recent)) != 0)
        g_error("frame %u: the last packet that is remembered differs", frame);
    for (unsigned limit = 0; limit < IPSEC_LIMIT_COUNT; limit++)
        SAME(a, b, limits.times[limit], ipsec_limit_name((ipsec_limit)limit));
}

static ipsec_sa *find(const ipsec_db *db, const ipsec_view *view, uint32_t spi)
{
    const ipsec_sa_key key = ipsec_sa_key_of(db->sas, view, spi);

    return ipsec_sa_find_key(db->sas, &key);
}

/* Compares a copy of the SA that has caught up; otherwise the SA itself would never have anything to catch up. */
static void compare_pair_of_sas(uint32_t frame, const ipsec_db *db, const ipsec_sa *a, const ipsec_sa *b)
{
    ipsec_sa copy = *a;

    copy.numbers.window = ipsec_window_copy(&a->numbers.window);
    ipsec_steady_catch_up(&copy);
    SAME(&copy, b, index, "SA");
    SAME(&copy, b, sequence, "SA");
    SAME(&copy, b, sound, "SA");
    SAME(&copy, b, faulty, "SA");
    SAME(&copy, b, properties, "SA");
    SAME(&copy, b, looks, "SA");
    SAME(&copy, b, steady, "SA");
    SAME(&copy, b, advanced, "SA");
    SAME(&copy, b, varied, "SA");
    SAME(&copy, b, told_peers, "SA");
    SAME(&copy, b, has_generations, "SA");
    SAME(&copy, b, rank, "SA");
    SAME(&copy, b, confirmed, "SA");
    SAME(&copy, b, is_negotiated, "SA");
    compare_keys(frame, &copy.keys, &b->keys);
    compare_numbers(frame, &copy.numbers, &b->numbers);
    compare_lives(frame, &copy.life, &b->life);
    compare_ivs(frame, &copy.iv, &b->iv);
    compare_summaries(frame, ipsec_sa_summary_at(db->sas, a->index), ipsec_sa_summary_at(db->twin->sas, b->index));
    ipsec_window_clear(&copy.numbers.window);
}

static void compare_sas(const ipsec_db *db, const ipsec_view *view, uint32_t spi)
{
    const ipsec_sa *a = find(db, view, spi), *b = find(db->twin, view, spi);

    if (!a != !b)
        g_error("frame %u: only one way knows the SA", view->frame);
    if (a)
        compare_pair_of_sas(view->frame, db, a, b);
}

/* Compares all SAs: what is not a packet may have changed others than those that it is about. */
static void compare_all(const ipsec_db *db, uint32_t frame)
{
    for (uint32_t i = 0; i <= db->sas->mask; i++) {
        const ipsec_sa *a = db->sas->slots[i];
        const ipsec_sa *b = a ? ipsec_sa_find_key(db->twin->sas, &a->key) : NULL;

        if (!a != !b)
            g_error("frame %u: only one way knows the SA", frame);
        if (a)
            compare_pair_of_sas(frame, db, a, b);
    }
    compare_rest(frame, db, db->twin);
}

static void compare_records(uint32_t frame, const ipsec_record *a, const ipsec_record *b)
{
    SAME(a, b, frame, "record");
    SAME(a, b, sa, "record");
    SAME(a, b, where_or_note, "record");
    SAME(a, b, bits, "record");
}

static void compare_findings(uint32_t frame, const ipsec_findings *a, const ipsec_findings *b)
{
    SAME(a, b, count, "findings");
    for (unsigned i = 0; i < a->count; i++) {
        SAME(a, b, list[i].id, "finding");
        SAME(a, b, list[i].offset, "finding");
        SAME(a, b, list[i].length, "finding");
        SAME(a, b, list[i].detail, "finding");
        SAME(a, b, list[i].missed, "finding");
        SAME(a, b, list[i].fits, "finding");
        SAME(a, b, list[i].advice_case, "finding");
        SAME(a, b, list[i].announce, "finding");
        SAME(a, b, list[i].assumed, "finding");
    }
}

static void compare_reports(uint32_t frame, const ipsec_report *a, const ipsec_report *b)
{
    compare_findings(frame, &a->findings, &b->findings);
    SAME(a, b, verdict, "report");
    SAME(a, b, sa, "report");
    SAME(a, b, unproven, "report");
    SAME(a, b, refused_by, "report");
    SAME(a, b, fragment, "report");
    SAME(a, b, header.subject, "report");
    SAME(a, b, number.is_followed, "report");
    SAME(a, b, opened.valid, "report");
    if (a->number.is_followed) {
        SAME(a, b, number.value, "report");
        SAME(a, b, number.advance, "report");
        SAME(a, b, number.is_placed, "report");
    }
    if (a->findings.count > 0) {
        SAME(a, b, number.first_seen, "report");
        SAME(a, b, octets, "report");
        SAME(a, b, in_front, "report");
        SAME(a, b, confirmed, "report");
    }
}

/* A header without a report must have no findings. */
static void compare_with_silence(uint32_t frame, const ipsec_report *report)
{
    if (report->findings.count > 0)
        g_error("frame %u: nothing is found on the quick path, %s on the long way", frame,
                ipsec_catalogue((ipsec_finding_id)report->findings.list[0].id)->id);
    if (report->verdict != IPSEC_VERDICT_PLAUSIBLE || report->opened.valid || report->unproven)
        g_error("frame %u: a clean header without a key on the quick path is none on the long way", frame);
}

static bool judge_both(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report,
                       ipsec_report *of_twin)
{
    ipsec_record record_of_twin;
    const bool is_quiet = ipsec_one_judge_briefly(db, view, record, report);

    ipsec_one_judge(db->twin, view, &record_of_twin, of_twin);
    if (is_quiet)
        compare_with_silence(view->frame, of_twin);
    else
        compare_reports(view->frame, report, of_twin);
    if (is_quiet || ipsec_report_has_subject(report))
        compare_records(view->frame, record, &record_of_twin);
    if (of_twin->header.has_spi)
        compare_sas(db, view, of_twin->header.spi);
    compare_rest(view->frame, db, db->twin);
    return is_quiet;
}

/* Callers see the SA of the quick path; but the report on a clean header is that of the twin. */
void ipsec_judge(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report)
{
    ipsec_report of_twin;

    if (judge_both(db, view, record, report, &of_twin))
        *report = of_twin;
}

bool ipsec_judge_briefly(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report)
{
    ipsec_report of_twin;

    return judge_both(db, view, record, report, &of_twin);
}

/* Both have the same seeds. */
ipsec_db *ipsec_db_new(const ipsec_config *config)
{
    const guint32 seed = g_random_int();
    ipsec_db *db;

    g_random_set_seed(seed);
    db = ipsec_one_db_new(config);
    g_random_set_seed(seed);
    db->twin = ipsec_one_db_new(config);
    return db;
}

void ipsec_db_free(ipsec_db *db)
{
    if (db) {
        compare_all(db, 0);
        ipsec_one_db_free(db->twin);
    }
    ipsec_one_db_free(db);
}

bool ipsec_db_add(ipsec_db *db, const ipsec_key_row *spec)
{
    ipsec_one_db_add(db->twin, spec);
    return ipsec_one_db_add(db, spec);
}

bool ipsec_db_ike_news(ipsec_db *db, ipsec_ike_progress *progress)
{
    ipsec_ike_progress of_twin;

    ipsec_one_db_ike_news(db->twin, &of_twin);
    return ipsec_one_db_ike_news(db, progress);
}

void ipsec_judge_fragment(ipsec_db *db, const ipsec_fragment *fragment)
{
    ipsec_one_judge_fragment(db->twin, fragment);
    ipsec_one_judge_fragment(db, fragment);
    compare_all(db, fragment->frame);
}

bool ipsec_read_hidden_ike(ipsec_db *db, const ipsec_view *view, const ipsec_ike_shown *shown,
                           ipsec_ike_contents *contents)
{
    ipsec_one_read_hidden_ike(db->twin, view, shown, contents);
    return ipsec_one_read_hidden_ike(db, view, shown, contents);
}

void ipsec_judge_ike(ipsec_db *db, const ipsec_view *view, const ipsec_ike_contents *contents, ipsec_ike_report *report)
{
    ipsec_one_judge_ike(db->twin, view, contents, report);
    ipsec_one_judge_ike(db, view, contents, report);
    compare_all(db, view->frame);
}

void ipsec_judge_icmp(ipsec_db *db, const ipsec_icmp_view *view)
{
    ipsec_one_judge_icmp(db->twin, view);
    ipsec_one_judge_icmp(db, view);
    compare_all(db, view->frame);
}

#endif
