/* Sequence numbers: what a number means on its SA. RFC 4303 3.4.3 and appendix A.
 *
 * If an SA has packets whose ICV verifies, only they move anything. If nothing is verified, a number is believed only
 * as far as its neighbours confirm it: it is not known which of two packets is forged, so one that nothing follows must
 * not make the ones that continue look old.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/sequence.h"
#include "base/octets.h"
#include "keys/crypto.h"
#include "packet/checks.h"
#include "sa/counter_end.h"
#include "sa/life.h"
#include "sa/restart.h"
#include "sa/stack_windows.h"
#include "sa/standing.h"

#include <glib.h>
#include <string.h>

/* After this many packets it is certain that an unverified number is old. Two are not enough: they may be forged, and
 * passed off as the next two of the flow. */
#define AHEAD_SURE 3u

/* How far the second packet may be ahead of the first one. */
#define FIRST_REACH 65536u

/* An advance that losses cannot explain. */
#define JUMP (1u << 28)

/* An SA counts as having no anti-replay if more than a quarter of its packets, and at least REFUSED_LEAST, reuse a
 * number with different content. */
#define REFUSED_LEAST 8u

/* --- numbers ----------------------------------------------------------------------------------------- */

static inline bool is_verified(const ipsec_ruling *ruling)
{
    return ruling->standing == IPSEC_VERIFIED;
}

static uint64_t number_of(const ipsec_sa *sa, const ipsec_ruling *ruling)
{
    const uint32_t low = ruling->sequence;

    if (is_verified(ruling))
        return ruling->esn ? (uint64_t)ruling->high << 32 | low : low;
    return sa->numbers.esn == IPSEC_ESN_NO ? low : ipsec_window_guess_number(&sa->numbers.window, low);
}

static IPSEC_COLD void start_numbers(const ipsec_config *config, ipsec_sa *sa)
{
    const uint32_t own = ipsec_sa_window_at(config, sa, config->receiver);

    ipsec_window_init(&sa->numbers.window, ipsec_sa_largest_window(config, sa));
    /* Losses are counted even if the receiver has no window. */
    sa->numbers.window_less_1 = (uint16_t)((own > 0 ? own : ipsec_stack_replays[IPSEC_STACK_RFC].window) - 1);
}

void ipsec_sequence_begin(ipsec_sa_numbers *numbers, uint32_t row_window, ipsec_esn_mode esn)
{
    ipsec_window_clear(&numbers->window);
    ipsec_doubts_free(&numbers->doubts);
    *numbers = (ipsec_sa_numbers){.row_window = row_window, .esn = (uint8_t)esn & 3};
}

void ipsec_sequence_clear(ipsec_sa_numbers *numbers)
{
    ipsec_sequence_begin(numbers, IPSEC_REPLAY_WINDOW_UNKNOWN, IPSEC_ESN_AUTO);
}

void ipsec_sequence_distrust(ipsec_sa_numbers *numbers)
{
    ipsec_sequence_begin(numbers, numbers->row_window, (ipsec_esn_mode)numbers->esn);
}

static void forget_numbers(ipsec_sa_numbers *numbers)
{
    ipsec_window_clear(&numbers->window);
    ipsec_excuses_free(numbers->doubts);
    if (numbers->doubts)
        ipsec_points_renew(numbers->doubts->points);
}

/* Sets how far the number is above the highest, as far as the ruling can hold it; otherwise a note holds it. */
static void set_advance(const ipsec_window *window, ipsec_ruling *ruling, ipsec_note *note)
{
    const int64_t advance = (int64_t)(ipsec_ruling_number(ruling) - window->top);

    ruling->advance = (int32_t)CLAMP(advance, INT32_MIN, INT32_MAX);
    if (advance < INT32_MAX && advance > INT32_MIN)
        return;
    note->facts |= IPSEC_NOTE_FAR;
    note->highest = window->top;
}

/* --- numbers that do not advance --------------------------------------------------------------------- */

/* One packet on its way through the rules. */
typedef struct arrival {
    ipsec_sequencer *q;
    const ipsec_recent *packet;
    const ipsec_recent *earlier; /* the last remembered genuine packet with its number; NULL: none */
    uint32_t origin;             /* where it came from, hashed, if the SA has several senders */
    ipsec_sa *sa;
    const ipsec_ruling *ruling;
    ipsec_note *note;
} arrival;

static bool is_copy(const arrival *a)
{
    return a->note->facts & IPSEC_NOTE_COPY;
}

/* Notes that the number missed the receiver's window. */
static void explain_lag(const arrival *a)
{
    const uint64_t number = ipsec_ruling_number(a->ruling), top = a->sa->numbers.window.top;
    const uint64_t ahead = number < top ? top - number : UINT64_MAX;

    a->note->window = ipsec_receiver_window(&a->sa->numbers);
    if (ipsec_recents_overtaken_by_others(a->q->recents, a->packet, ahead))
        a->note->facts |= IPSEC_NOTE_OTHER_DSCP;
}

/* Whether all numbers from the first one on were seen while the window covered them. Then this one came before, too,
 * although the packet is no longer remembered. */
static bool came_before(const arrival *a)
{
    return ipsec_ruling_number(a->ruling) >= a->sa->numbers.window.bottom &&
           ipsec_sa_summary_at(a->q->sas, a->sa->index)->lost == 0;
}

/* Whether the number is old because of more than a packet or two, which anybody may have made. */
static bool is_surely_old(const arrival *a)
{
    const ipsec_sa_numbers *numbers = &a->sa->numbers;

    const uint64_t first = ipsec_ruling_number(a->ruling) + ipsec_receiver_window(numbers);

    return a->ruling->standing != IPSEC_BELIEVED ||
           ipsec_window_count_from(&numbers->window, first - MIN(first, AHEAD_SURE - 1)) >= AHEAD_SURE;
}

/* Whether the SA seems to have no window, unless its window is known: because of many different packets with the same
 * numbers, or because of several senders, each with its own numbers. */
static bool has_no_window(const arrival *a)
{
    const ipsec_sa_numbers *numbers = &a->sa->numbers;

    if (ipsec_sa_known_window(a->q->config, a->sa) != IPSEC_REPLAY_WINDOW_UNKNOWN)
        return false;
    return a->sa->life.separate || (numbers->refused >= REFUSED_LEAST && numbers->refused > numbers->packets / 4);
}

/* Whether the number is old, or was seen, in the window of its own sender; marks it there. */
static bool meet_own_window(const arrival *a)
{
    ipsec_sa_numbers *numbers = &a->sa->numbers;
    ipsec_doubts *doubts = ipsec_doubts_get(&numbers->doubts);
    ipsec_window *own;
    ipsec_place place;

    if (!doubts->own && a->sa->life.origin != 0) /* the first sender keeps its place, whoever else appears */
        ipsec_own_window(doubts, a->sa->life.origin, ipsec_receiver_window(numbers));
    own = ipsec_own_window(doubts, a->origin, ipsec_receiver_window(numbers));
    if (!own)
        return false;
    place = ipsec_window_place(own, ipsec_ruling_number(a->ruling), ipsec_receiver_window(numbers));
    if (ipsec_is_genuine(a->ruling))
        ipsec_window_commit(own, ipsec_ruling_number(a->ruling), ipsec_receiver_window(numbers));
    return place == IPSEC_PLACE_SEEN || place == IPSEC_PLACE_OLD;
}

/* Adds these findings, because the window refuses the number; but the receiver may have no window. */
static void refuse(const arrival *a, const ipsec_finding_set *findings)
{
    ipsec_sa_numbers *numbers = &a->sa->numbers;
    const bool said = numbers->no_window || a->sa->life.separate;

    if (ipsec_is_genuine(a->ruling) && a->note->facts & IPSEC_NOTE_OTHER_OCTETS)
        numbers->refused += numbers->refused < UINT16_MAX;
    if (!has_no_window(a)) {
        ipsec_note_add_all(a->note, findings);
        return;
    }
    a->note->facts |= IPSEC_NOTE_DOUBTFUL;
    a->note->seen_by = a->note->old_by = a->note->wrong_by = 0;
    if (is_copy(a) || (a->sa->life.separate && meet_own_window(a))) {
        ipsec_note_add_all(a->note, findings);
        return;
    }
    ipsec_note_add(a->note, a->sa->life.separate ? IPSEC_FINDING_SA_SENDERS : IPSEC_FINDING_SA_NO_REPLAY);
    a->note->facts |= said ? IPSEC_NOTE_SAID : 0;
    numbers->no_window = numbers->no_window || ipsec_is_genuine(a->ruling);
}

/* The receiver takes the number for seen. If two unverified packets differ, it may accept either. */
static void refuse_seen(const arrival *a, bool wrong)
{
    const bool other = wrong || a->note->facts & IPSEC_NOTE_OTHER_OCTETS;
    ipsec_finding_set findings = IPSEC_FINDING_SET_EMPTY;

    if (a->ruling->standing == IPSEC_BELIEVED && !is_copy(a))
        a->note->facts |= IPSEC_NOTE_DOUBTFUL;
    if (a->earlier)
        a->note->first_seen = a->earlier->first;
    ipsec_finding_set_add(&findings, other ? IPSEC_FINDING_REPLAY_CONFLICT : IPSEC_FINDING_REPLAY_DUPLICATE);
    if (wrong && is_verified(a->ruling))
        ipsec_finding_set_add(&findings, IPSEC_FINDING_ESN_WRONG_HIGH);
    refuse(a, &findings);
}

/* The number is left of the window, or, with ESN, is taken for one of the next epoch and then refused because of its
 * ICV. */
static void refuse_old(const arrival *a, bool wrong)
{
    const bool epoch = wrong && a->ruling->standing != IPSEC_FORGED;
    const ipsec_window *window = &a->sa->numbers.window;
    const uint64_t number = ipsec_ruling_number(a->ruling);
    ipsec_finding_set findings = IPSEC_FINDING_SET_EMPTY;

    /* If the packet could not be tried, the receiver may be right about the epoch. */
    if (epoch && a->ruling->standing == IPSEC_UNPROVEN)
        a->note->facts |= IPSEC_NOTE_DOUBTFUL;
    if (!is_copy(a) && !is_surely_old(a))
        a->note->facts |= IPSEC_NOTE_DOUBTFUL;
    if (a->earlier && !epoch)
        a->note->first_seen = a->earlier->first;
    ipsec_finding_set_add(&findings, epoch ? IPSEC_FINDING_ESN_WRONG_HIGH : IPSEC_FINDING_REPLAY_OLD);
    refuse(a, &findings);
    /* If nothing is refused, or there are several senders, numbers go back all the time. */
    if (!ipsec_finding_sets_meet(&a->note->found, &findings) || has_no_window(a))
        return;
    if (a->ruling->advance < 0 && !a->earlier && !came_before(a) &&
        ipsec_window_place(window, number, window->size) != IPSEC_PLACE_SEEN)
        explain_lag(a);
    if (ipsec_is_genuine(a->ruling) && !is_copy(a) && ipsec_restart_follow(a->sa, a->ruling, is_surely_old(a), a->note))
        forget_numbers(&a->sa->numbers);
    if (ipsec_restart_has(&a->sa->numbers, a->ruling, a->note))
        a->note->window = 0; /* no window is large enough */
}

static void place_behind(const arrival *a)
{
    const ipsec_window *window = &a->sa->numbers.window;
    const ipsec_stacks own = ipsec_stack_bit(a->q->config->receiver);
    const uint64_t number = ipsec_ruling_number(a->ruling);
    const ipsec_place place = ipsec_window_place(window, number, window->size);
    bool wrong;

    ipsec_sa_note_stacks(a->q->config, a->sa, a->ruling, a->note);
    wrong = a->note->wrong_by & own;
    if (place == IPSEC_PLACE_SEEN || place == IPSEC_PLACE_OLD)
        a->note->facts |= IPSEC_NOTE_REPEATED;
    if (a->note->seen_by & own)
        refuse_seen(a, wrong);
    else if (wrong || a->note->old_by & own)
        refuse_old(a, wrong);
    else if (number <= window->top && ipsec_sa_window_at(a->q->config, a->sa, a->q->config->receiver) > 0)
        ipsec_note_add(a->note, IPSEC_FINDING_SEQ_REORDER);
}

/* --- where a number is -------------------------------------------------------------------------------- */

/* Whether it is a copy of a packet that did not move the window because it is far ahead: a receiver that accepted the
 * first one has seen it. */
static bool is_copy_ahead(const arrival *a)
{
    const ipsec_doubts *doubts = a->sa->numbers.doubts;

    return is_copy(a) && doubts && ipsec_ahead_has(&doubts->ahead, ipsec_ruling_number(a->ruling));
}

static void place_ahead(const arrival *a)
{
    const ipsec_window *window = &a->sa->numbers.window;
    const uint64_t number = ipsec_ruling_number(a->ruling);

    if (number - window->top >= JUMP && a->sa->keys.icv_good)
        ipsec_sa_note_before_first(a->q->config, a->sa, a->ruling, a->note);
    if (!ipsec_is_genuine(a->ruling))
        return;
    if (is_copy_ahead(a)) {
        ipsec_note_add(a->note, IPSEC_FINDING_REPLAY_DUPLICATE);
        a->note->facts |= IPSEC_NOTE_REPEATED | IPSEC_NOTE_DOUBTFUL;
        a->note->first_seen = a->earlier->first;
        return;
    }
    if (number - window->top >= JUMP)
        ipsec_note_add(a->note, IPSEC_FINDING_SEQ_JUMP);
    if (!is_verified(a->ruling) && number >> 32 != window->top >> 32 && a->sa->numbers.esn != IPSEC_ESN_YES)
        ipsec_note_add(a->note, IPSEC_FINDING_SEQ_WRAP);
}

/* Whether the number is ahead in the middle of an epoch, so that no window takes it for another one, or for seen. */
static bool is_ahead(const ipsec_sa *sa, const ipsec_ruling *ruling)
{
    const ipsec_window *window = &sa->numbers.window;
    const uint32_t top = (uint32_t)window->top;

    if (ipsec_ruling_number(ruling) <= window->top)
        return false;
    return !ipsec_sa_has_esn(sa, ruling) ||
           (ruling->high == window->top >> 32 && ruling->sequence > top && top >= IPSEC_WINDOW_MOST);
}

/* Whether the first number was doubtful: one that is far from the second may be from anybody, as may one at the end of
 * the number space if the second is not the next one. */
static bool is_first_doubtful(const ipsec_config *config, const ipsec_sa *sa, const ipsec_ruling *ruling)
{
    const ipsec_window *window = &sa->numbers.window;
    const uint64_t number = ipsec_ruling_number(ruling);

    if (window->bottom != window->top || ruling->standing != IPSEC_BELIEVED)
        return false;
    if (number >> 32 > window->top >> 32)
        return number - window->top > 1;
    return number < window->top ? window->top - number > ipsec_sa_reach(config, sa)
                                : number - window->top > FIRST_REACH;
}

/* Whether another capture point had the packet first. */
static bool is_of_other_point(const arrival *a, const ipsec_recent *alike)
{
    const ipsec_sa_numbers *numbers = &a->sa->numbers;
    const uint64_t number = ipsec_ruling_number(a->ruling);
    const ipsec_place where = ipsec_window_place(&numbers->window, number, ipsec_receiver_window(numbers));
    const ipsec_point_arrival here = {
        .packet = a->packet,
        .earlier = is_copy(a) ? a->earlier : NULL,
        .unproven = !ipsec_is_genuine(a->ruling) && alike && ipsec_recent_is_same(alike, a->packet) ? alike : NULL,
        .number = number,
        .is_new = !is_copy(a) && (where == IPSEC_PLACE_NEW || where == IPSEC_PLACE_LATE),
        .is_genuine = ipsec_is_genuine(a->ruling)};

    return a->ruling->standing != IPSEC_FORGED &&
           ipsec_points_meet(&a->q->points[a->sa->keys.icv_good], a->q->config, &a->sa->numbers, &here);
}

/* Notes that the receiver got the packet only once. */
static void pass_duplicate(const arrival *a, uint32_t first_seen)
{
    ipsec_note_add(a->note, IPSEC_FINDING_CAPTURE_DUPLICATE);
    a->note->facts |= IPSEC_NOTE_REPEATED;
    a->note->first_seen = first_seen;
}

static void place(arrival *a, const ipsec_recent *alike, ipsec_ruling *ruling)
{
    const uint64_t time = a->q->config->duplicate_time;
    const ipsec_window *window = &a->sa->numbers.window;
    bool elsewhere;

    ruling->placed = true;
    set_advance(window, ruling, a->note);
    if (a->earlier)
        a->note->facts |= ipsec_recent_is_same(a->earlier, a->packet) ? IPSEC_NOTE_COPY : IPSEC_NOTE_OTHER_OCTETS;
    elsewhere = is_of_other_point(a, alike);
    if (!alike)
        alike = a->earlier;
    if (alike && ipsec_recent_is_captured_twice(alike, a->packet, time)) {
        pass_duplicate(a, alike->frame);
    } else if (elsewhere) {
        pass_duplicate(a, a->earlier ? a->earlier->first : 0);
    } else if (is_ahead(a->sa, ruling)) {
        place_ahead(a);
    } else {
        place_behind(a);
        if (ipsec_ruling_number(ruling) > window->top && window->started &&
            !(ipsec_note_has(a->note, IPSEC_FINDING_REPLAY_OLD)))
            place_ahead(a);
    }
}

/* The last remembered genuine packet with the same number, preferably the same packet. */
static const ipsec_recent *find_earlier(const arrival *a)
{
    const ipsec_standing genuine = a->sa->keys.icv_good ? IPSEC_VERIFIED : IPSEC_BELIEVED;

    return ipsec_recents_find(a->q->recents, a->packet, genuine);
}

static void set_place(ipsec_sa_numbers *numbers, const ipsec_recent *packet)
{
    numbers->place = packet->place;
    numbers->ttl = packet->ttl;
}

/* Places a number that is not just the next one, or whose packet is odd. */
static IPSEC_COLD void place_elsewhere(ipsec_sequencer *q, ipsec_recent *packet, ipsec_sa *sa, ipsec_ruling *ruling,
                                       ipsec_note *note)
{
    ipsec_sa_numbers *numbers = &sa->numbers;
    arrival a = {.q = q, .packet = packet, .origin = q->origin, .sa = sa, .ruling = ruling, .note = note};
    const ipsec_recent *alike = NULL;

    if (numbers->window.size == 0)
        start_numbers(q->config, sa);
    if (!numbers->window.started)
        set_place(numbers, packet);
    ruling->high = (uint32_t)(number_of(sa, ruling) >> 32);
    if (ruling->sequence == 0)
        ipsec_sa_note_zero(q->config, sa, ruling, note);
    if (numbers->window.started && is_first_doubtful(q->config, sa, ruling)) {
        forget_numbers(numbers);
        start_numbers(q->config, sa);
        set_place(numbers, packet);
        ruling->high = 0;
    }
    if (numbers->window.started) {
        a.earlier = find_earlier(&a);
        alike = ipsec_is_genuine(ruling) ? a.earlier : ipsec_recents_find(q->recents, packet, packet->standing);
        place(&a, alike, ruling);
    }
    /* If a packet was captured twice, the first copy stays, and a third one must be as close to that. A more complete
     * copy replaces it, because whole packets cannot be made up.
     */
    if (!(ipsec_note_has(note, IPSEC_FINDING_CAPTURE_DUPLICATE)) || !alike || packet->captured > alike->captured)
        ipsec_recents_keep(q->recents, packet, a.earlier);
}

/* Where the packet came from, if that matters and is known. */
static uint32_t find_origin(const ipsec_sequencer *q, const ipsec_view *view, const ipsec_sa *sa)
{
    const bool counts = sa->numbers.doubts || sa->life.separate;

    return counts && view->address_length > 0 ? ipsec_life_origin(q->sas, view) : 0;
}

void ipsec_sequence_place_unusual(ipsec_sequencer *q, const ipsec_view *view, ipsec_recent *packet, ipsec_sa *sa,
                                  ipsec_ruling *ruling, ipsec_note *note, const ipsec_findings *findings)
{
    /* If all parts verify, their numbers are known. */
    if (!is_verified(ruling) && (ipsec_findings_have(findings, IPSEC_FINDING_CAPTURE_OFFLOAD) ||
                                 ipsec_findings_have(findings, IPSEC_FINDING_CAPTURE_CRYPTO_OFFLOAD)))
        note->facts |= IPSEC_NOTE_COALESCED;
    sa->numbers.packets += ipsec_is_genuine(ruling);
    q->origin = find_origin(q, view, sa);
    place_elsewhere(q, packet, sa, ruling, note);
}

/* --- what the receiver's window does ------------------------------------------------------------------- */

void ipsec_sequence_lose(ipsec_sequencer *q, ipsec_sa *sa, uint64_t lost, ipsec_note *note)
{
    ipsec_sa_numbers *numbers = &sa->numbers;
    ipsec_sa_summary *summary = ipsec_sa_summary_at(q->sas, sa->index);

    summary->lost = (uint32_t)MIN(summary->lost + lost, UINT32_MAX);
    if (!numbers->in_gap)
        ipsec_note_add(note, IPSEC_FINDING_SEQ_GAP);
    numbers->in_gap = true;
}

/* Marks a number, and counts the numbers that leave the window unseen because of it. */
static void take(ipsec_sequencer *q, ipsec_sa *sa, uint64_t number, ipsec_note *note)
{
    ipsec_sa_numbers *numbers = &sa->numbers;
    ipsec_window *window = &numbers->window;
    const bool advances = window->started && number > window->top, first_of_all = !window->started;
    uint64_t first, lost, excused;
    const uint64_t leaving = ipsec_window_leaving(window, number, ipsec_receiver_window(numbers), &first);

    /* A coalesced packet may have stood for all numbers up to the next one. */
    if (advances && numbers->coalesced && number - window->top <= IPSEC_COALESCED_MOST)
        for (uint64_t between = window->top + 1; between < number; between++)
            ipsec_excuse(ipsec_doubts_get(&numbers->doubts), between, window->top);
    if (advances || first_of_all)
        numbers->coalesced = note->facts & IPSEC_NOTE_COALESCED;
    excused = ipsec_count_excused(numbers->doubts, window, first, leaving);
    lost = ipsec_window_commit(window, number, ipsec_receiver_window(numbers));
    lost -= MIN(lost, excused);
    numbers->behind = (uint16_t)MIN(window->top - number, UINT16_MAX);
    if (lost > 0)
        ipsec_sequence_lose(q, sa, lost, note);
    else if (advances)
        numbers->in_gap = false;
    if (advances || first_of_all)
        ipsec_counter_end_meet(numbers, number, note);
}

/* Whether an unverified number may belong to the flow, with this packet alone as evidence. The distance is measured
 * from the last packet, because otherwise occasional forged ones could lead the top away step by step. */
static bool is_near(const ipsec_sequencer *q, const ipsec_sa *sa, const ipsec_ruling *ruling)
{
    const ipsec_window *window = &sa->numbers.window;
    const uint64_t number = ipsec_ruling_number(ruling);
    /* The numbers that the last packet stood for are in between. */
    const uint32_t between = sa->numbers.coalesced ? IPSEC_COALESCED_MOST : 0;

    return is_verified(ruling) || !window->started || number <= window->top ||
           number - (window->top - sa->numbers.behind) <= ipsec_sa_reach(q->config, sa) + between;
}

/* Believes a run far ahead: the flow has jumped, and the numbers of the run count as seen. */
static void jump(ipsec_sequencer *q, ipsec_sa *sa, uint64_t number, ipsec_note *note)
{
    const ipsec_ahead ahead = sa->numbers.doubts->ahead;

    sa->numbers.doubts->ahead.count = 0;
    if (ahead.said && sa->life.origin != 0 && ahead.origin != sa->life.origin) {
        note->facts |= ipsec_life_meet_senders(sa) ? IPSEC_NOTE_SAID : 0;
        ipsec_note_add(note, IPSEC_FINDING_SA_SENDERS);
    }
    for (unsigned i = 2; i-- > 0;)
        if (ahead.before[i] > 0)
            take(q, sa, ahead.before[i], note);
    for (unsigned below = 64; below-- > 0;)
        if (ahead.seen >> below & 1)
            take(q, sa, ahead.last - below, note);
    sa->numbers.behind = (uint16_t)(ahead.last - number);
}

static bool hold(ipsec_sequencer *q, ipsec_sa *sa, const ipsec_ruling *ruling, ipsec_note *note)
{
    ipsec_doubts *doubts = ipsec_doubts_get(&sa->numbers.doubts);
    const uint64_t number = ipsec_ruling_number(ruling);

    if (!ipsec_ahead_meet(&doubts->ahead, number, ipsec_sa_reach(q->config, sa), q->origin))
        return false;
    jump(q, sa, number, note);
    return true;
}

/* Notes that the flow continues from before the run that is far ahead. */
static void contradict(ipsec_sa *sa, ipsec_note *note)
{
    ipsec_doubts *doubts = sa->numbers.doubts;
    const ipsec_ahead ahead = doubts->ahead;
    const uint64_t distance = ahead.last - sa->numbers.window.top;

    if (sa->numbers.window.started && ahead.last <= sa->numbers.window.top)
        doubts->ahead.count = 0; /* the flow is there */
    if (doubts->ahead.count == 0 || !ipsec_ahead_contradict(&doubts->ahead))
        return;
    if (distance <= IPSEC_EXCUSES)
        ipsec_excuse(doubts, ahead.last, sa->numbers.window.top);
    if (distance >= JUMP)
        return; /* it was reported on the packet itself */
    ipsec_note_add(note, IPSEC_FINDING_SEQ_STRAY);
    note->window = (uint32_t)ahead.last;
}

bool ipsec_sequence_commit(ipsec_sequencer *q, ipsec_sa *sa, const ipsec_ruling *ruling, ipsec_note *note)
{
    ipsec_sa_numbers *numbers = &sa->numbers;
    const uint64_t number = ipsec_ruling_number(ruling);

    if (numbers->window.size == 0)
        start_numbers(q->config, sa); /* the counter restarted */
    else if (ipsec_note_is_not_new(note))
        return false;
    if (!is_near(q, sa, ruling))
        return hold(q, sa, ruling, note);
    if (numbers->doubts)
        contradict(sa, note);
    if (numbers->doubts && (!numbers->window.started || number > numbers->window.top))
        numbers->doubts->old_run = 0;
    take(q, sa, number, note);
    if (sa->life.separate)
        meet_own_window(&(arrival){.q = q, .origin = q->origin, .sa = sa, .ruling = ruling, .note = note});
    ipsec_doubts_settle(&numbers->doubts, numbers->window.top);
    return true;
}

void ipsec_sequence_excuse(ipsec_sa *sa, const ipsec_ruling *ruling)
{
    ipsec_sa_numbers *numbers = &sa->numbers;

    if (ipsec_is_excusable(numbers->doubts, &numbers->window, ipsec_ruling_number(ruling),
                           ipsec_receiver_window(numbers)))
        ipsec_excuse(ipsec_doubts_get(&numbers->doubts), ipsec_ruling_number(ruling), numbers->window.top);
}

void ipsec_sequence_take_parts(ipsec_sequencer *q, ipsec_sa *sa, const uint64_t *parts, unsigned count,
                               ipsec_note *note)
{
    if (sa->numbers.window.size == 0)
        start_numbers(q->config, sa); /* the counter restarted */
    for (unsigned i = 0; i < count; i++) {
        const ipsec_place place =
            ipsec_window_place(&sa->numbers.window, parts[i], ipsec_receiver_window(&sa->numbers));

        if (place == IPSEC_PLACE_SEEN)
            ipsec_note_add(note, IPSEC_FINDING_REPLAY_DUPLICATE);
        if (place == IPSEC_PLACE_OLD)
            ipsec_note_add(note, IPSEC_FINDING_REPLAY_OLD);
        take(q, sa, parts[i], note);
    }
}
