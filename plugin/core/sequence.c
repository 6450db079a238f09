/* Sequence numbers: what a number means on its SA. RFC 4303 3.4.3 and appendix A.
 *
 * Where no ICV is verified, a number is believed only as far as its neighbours bear it out: one forged number must not
 * make all that follow look old.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sequence.h"
#include "crypto.h"

#include <glib.h>
#include <string.h>

/* Windows of the stacks where nobody says otherwise, in packets. IKE daemons set 32 on Linux and the BSDs. */
static const uint32_t default_windows[IPSEC_STACK_COUNT] = {
    [IPSEC_STACK_RFC] = 64,     [IPSEC_STACK_WINDOWS] = 64, [IPSEC_STACK_LINUX] = 32,       [IPSEC_STACK_FREEBSD] = 32,
    [IPSEC_STACK_OPENBSD] = 64, [IPSEC_STACK_VPP] = 64,     [IPSEC_STACK_STRONGSWAN] = 128,
};

/* Numbers that lie no farther apart than this are of one run. */
#define RUN_GAP 64u

/* A counter that begins anew shows it by so many old numbers in a row that are near its start, or so many anywhere,
 * where they lie farther back than reordering reaches. Near the start other packets under the same numbers show it,
 * too; copies show nothing. */
#define RUN_LEAST  4u
#define RUN_START  128u
#define RUN_LONG   16u
#define REORDERING 1024u

/* An unverified number that advances farther than this waits for a second one. */
#define BELIEVED_ADVANCE 65536u

/* An advance that no loss explains. */
#define JUMP (1u << 28)

/* Of the 32-bit numbers, those that are "near the end", and "near the start". */
#define NEAR_END   0xf0000000u
#define NEAR_START 0x0fffffffu

/* An SA of which more packets than every fourth, and at least so many, would be refused has no anti-replay. */
#define REFUSED_LEAST 8u

/* --- windows ----------------------------------------------------------------------------------------- */

/* The window that is known of the SA, by the user or by its row; IPSEC_REPLAY_WINDOW_UNKNOWN if none is. */
static uint32_t known_window(const ipsec_config *config, const ipsec_sa *sa)
{
    if (config->replay_window != IPSEC_REPLAY_WINDOW_UNKNOWN)
        return config->replay_window;
    return sa->numbers.row_window;
}

static uint32_t window_at(const ipsec_config *config, const ipsec_sa *sa, ipsec_stack stack)
{
    const uint32_t known = known_window(config, sa);
    const uint32_t window = known == IPSEC_REPLAY_WINDOW_UNKNOWN ? default_windows[stack] : known;

    return window < IPSEC_WINDOW_MOST ? window : IPSEC_WINDOW_MOST;
}

static uint32_t largest_window(const ipsec_config *config, const ipsec_sa *sa)
{
    uint32_t largest = 1;

    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        largest = MAX(largest, window_at(config, sa, (ipsec_stack)stack));
    return largest;
}

/* --- numbers ----------------------------------------------------------------------------------------- */

static inline bool is_verified(const ipsec_record *record)
{
    return record->has_row && record->icv == IPSEC_ICV_GOOD;
}

/* Moves nothing, but is looked up in the window as any other. */
static inline bool is_forged(const ipsec_record *record)
{
    return record->has_row && record->icv == IPSEC_ICV_BAD;
}

static uint64_t number_in(const ipsec_record *record)
{
    return (uint64_t)record->high << 32 | record->sequence;
}

/* Where no ICV tells, the number is taken for the nearest one; a counter that passes its end for one that goes on, for
 * RFC 4303 3.3.3 lets it do nothing else. */
static uint64_t guess_number(const ipsec_window *window, uint32_t low)
{
    const uint64_t epoch = window->top & ~(uint64_t)UINT32_MAX;
    const uint32_t top = (uint32_t)window->top;

    if (!window->started)
        return low;
    if (top >= NEAR_END && low <= NEAR_START)
        return epoch + ((uint64_t)1 << 32) + low;
    if (top <= NEAR_START && low >= NEAR_END && epoch > 0)
        return epoch - ((uint64_t)1 << 32) + low;
    return epoch + low;
}

static uint64_t number_of(const ipsec_sa *sa, const ipsec_record *record)
{
    const uint32_t low = record->sequence;

    if (is_verified(record))
        return record->esn ? (uint64_t)record->high << 32 | low : low;
    return sa->numbers.esn == IPSEC_ESN_NO ? low : guess_number(&sa->numbers.window, low);
}

static bool has_esn(const ipsec_sa *sa, const ipsec_record *record)
{
    return record->esn || sa->numbers.esn == IPSEC_ESN_YES;
}

static IPSEC_RARE void start_numbers(const ipsec_config *config, ipsec_sa *sa)
{
    const uint32_t own = window_at(config, sa, config->receiver);

    ipsec_window_init(&sa->numbers.window, largest_window(config, sa));
    /* Without a window losses are counted all the same. */
    sa->numbers.own_window = own > 0 ? own : default_windows[IPSEC_STACK_RFC];
}

/* How far the number is above the highest, as far as the record can hold it; a note holds the rest. */
static void set_advance(const ipsec_window *window, ipsec_record *record, ipsec_note *note)
{
    const int64_t advance = (int64_t)(number_in(record) - window->top);

    record->advance = (int32_t)CLAMP(advance, INT32_MIN, INT32_MAX);
    if (advance < INT32_MAX && advance > INT32_MIN)
        return;
    note->marks |= IPSEC_MARK_FAR;
    note->highest = window->top;
}

/* --- what each stack makes of a number --------------------------------------------------------------- */

/* With ESN a stack takes the high half that its window suggests, looks that number up, and finds the ICV wrong if it is
 * another one: RFC 4303 appendix A. */
static void note_stack(const ipsec_sequencer *q, const ipsec_sa *sa, const ipsec_record *record, ipsec_stack stack,
                       ipsec_note *note)
{
    const ipsec_window *window = &sa->numbers.window;
    const uint32_t packets = window_at(q->config, sa, stack);
    const uint8_t bit = (uint8_t)(1u << stack);
    uint64_t taken = number_in(record);
    ipsec_place place;

    if (has_esn(sa, record))
        taken = (uint64_t)ipsec_window_infer_high(window, record->sequence, MAX(1, packets)) << 32 | record->sequence;
    if (taken != number_in(record))
        note->wrong_by |= bit;
    if (packets == 0)
        return;
    place = ipsec_window_place(window, taken, packets);
    if (place == IPSEC_PLACE_SEEN)
        note->seen_by |= bit;
    if (place == IPSEC_PLACE_OLD)
        note->old_by |= bit;
}

static void note_stacks(const ipsec_sequencer *q, const ipsec_sa *sa, const ipsec_record *record, ipsec_note *note)
{
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        note_stack(q, sa, record, (ipsec_stack)stack, note);
}

/* With ESN the low half passes 0 once in every epoch, which only the first may not. */
static IPSEC_RARE void note_zero(const ipsec_sequencer *q, const ipsec_sa *sa, const ipsec_record *record,
                                 ipsec_note *note)
{
    const ipsec_window *window = &sa->numbers.window;

    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++) {
        const uint32_t packets = MAX(1, window_at(q->config, sa, (ipsec_stack)stack));
        const uint32_t high = window->started ? ipsec_window_infer_high(window, 0, packets) : record->high;

        if (!has_esn(sa, record) || high == 0)
            note->zero_by |= (uint8_t)(1u << stack);
    }
}

/* --- numbers that do not advance --------------------------------------------------------------------- */

/* The receiver's window is what the number missed. */
static void blame_window(const ipsec_sequencer *q, const ipsec_sa *sa, const ipsec_recent *packet, ipsec_note *note)
{
    note->window = sa->numbers.own_window;
    if (ipsec_recents_overtaken_by_others(q->recents, packet))
        note->marks |= IPSEC_MARK_OTHER_DSCP;
}

static bool is_past_end(const ipsec_window *window, uint64_t number)
{
    return window->top <= UINT32_MAX && window->top >= NEAR_END && number <= NEAR_START;
}

/* Counts old numbers that follow each other. */
static void count_run(ipsec_sa_numbers *numbers, uint64_t number)
{
    const uint64_t advance = number - numbers->suspect;

    if (numbers->waiting || advance == 0 || advance > RUN_GAP)
        numbers->run = 0;
    numbers->waiting = false;
    numbers->suspect = number;
    if (numbers->run < UINT8_MAX)
        numbers->run++;
}

static bool is_restart(const ipsec_sa_numbers *numbers, uint64_t number, bool other)
{
    const bool far = numbers->window.top - number > REORDERING;

    return (numbers->run == RUN_LEAST && number <= RUN_START && (other || far)) || (numbers->run == RUN_LONG && far);
}

/* A run of old numbers is a sender that began anew, or whose counter passed its end. Its receiver refuses them all; but
 * where none is verified, the window may as well have been led astray, and begins anew too. */
static void follow_run(ipsec_sa *sa, const ipsec_record *record, bool other, ipsec_note *note)
{
    ipsec_sa_numbers *numbers = &sa->numbers;
    const uint64_t number = number_in(record);

    count_run(numbers, number);
    if (is_past_end(&numbers->window, number)) {
        note->marks |= numbers->run == 1 ? IPSEC_MARK_WRAP : 0;
        return;
    }
    if (!is_restart(numbers, number, other))
        return;
    note->marks |= IPSEC_MARK_RESTART;
    numbers->run = UINT8_MAX; /* it is said */
    if (!is_verified(record))
        ipsec_window_clear(&numbers->window);
}

/* A window that refuses every fourth packet is none, unless somebody says that there is one. */
static bool has_no_window(const ipsec_config *config, const ipsec_sa *sa)
{
    if (known_window(config, sa) != IPSEC_REPLAY_WINDOW_UNKNOWN)
        return false;
    return sa->life.senders || (sa->numbers.refused >= REFUSED_LEAST && sa->numbers.refused > sa->numbers.packets / 4);
}

/* Returns whether the number is refused. */
static bool refuse(const ipsec_config *config, ipsec_sa *sa, const ipsec_record *record, ipsec_note *note,
                   uint32_t marks)
{
    if (!is_forged(record))
        sa->numbers.refused++;
    if (!has_no_window(config, sa)) {
        note->marks |= marks;
        return true;
    }
    note->seen_by = note->old_by = note->wrong_by = 0;
    if (!sa->life.senders && !sa->numbers.unguarded)
        note->marks |= IPSEC_MARK_NO_REPLAY;
    sa->numbers.unguarded = true;
    return false;
}

/* The stack takes the number for one that it has seen. */
static void refuse_seen(const ipsec_sequencer *q, const ipsec_recent *packet, const ipsec_recent *earlier, ipsec_sa *sa,
                        const ipsec_record *record, bool wrong, ipsec_note *note)
{
    const bool other = wrong || (earlier && !ipsec_recent_is_same(earlier, packet));
    const uint32_t mark = other ? IPSEC_MARK_CONFLICT : IPSEC_MARK_DUPLICATE;

    refuse(q->config, sa, record, note, wrong && is_verified(record) ? mark | IPSEC_MARK_WRONG_HIGH : mark);
    if (earlier)
        note->first_seen = earlier->first;
}

/* It lies left of the window, or with ESN is taken for one of the next epoch. */
static void refuse_old(const ipsec_sequencer *q, const ipsec_recent *packet, const ipsec_recent *earlier, ipsec_sa *sa,
                       const ipsec_record *record, bool wrong, ipsec_note *note)
{
    const bool epoch = wrong && is_verified(record);
    const bool refused = refuse(q->config, sa, record, note, epoch ? IPSEC_MARK_WRONG_HIGH : IPSEC_MARK_OLD);
    const ipsec_window *window = &sa->numbers.window;

    if (earlier && !epoch)
        note->first_seen = earlier->first;
    if (earlier)
        note->marks |= ipsec_recent_is_same(earlier, packet) ? IPSEC_MARK_COPY : IPSEC_MARK_OTHER_OCTETS;
    /* Where nothing is refused, or several send, numbers go back all the time. */
    if (!refused)
        return;
    if (record->advance < 0 && !earlier &&
        ipsec_window_place(window, number_in(record), window->size) != IPSEC_PLACE_SEEN)
        blame_window(q, sa, packet, note);
    if (!is_forged(record) && !wrong && !(note->marks & IPSEC_MARK_COPY))
        follow_run(sa, record, note->marks & IPSEC_MARK_OTHER_OCTETS, note);
    if (note->marks & IPSEC_MARK_RESTART)
        note->window = 0; /* no window is large enough */
}

static void place_behind(ipsec_sequencer *q, const ipsec_recent *packet, const ipsec_recent *earlier, ipsec_sa *sa,
                         const ipsec_record *record, ipsec_note *note)
{
    const ipsec_window *window = &sa->numbers.window;
    const unsigned own = 1u << q->config->receiver;
    const uint64_t number = number_in(record);
    const ipsec_place place = ipsec_window_place(window, number, window->size);
    bool wrong;

    note_stacks(q, sa, record, note);
    wrong = note->wrong_by & own;
    if (place == IPSEC_PLACE_SEEN || place == IPSEC_PLACE_OLD)
        note->marks |= IPSEC_MARK_REPEATED;
    if (note->seen_by & own)
        refuse_seen(q, packet, earlier, sa, record, wrong, note);
    else if (wrong || note->old_by & own)
        refuse_old(q, packet, earlier, sa, record, wrong, note);
    else if (number <= window->top && window_at(q->config, sa, q->config->receiver) > 0)
        note->marks |= IPSEC_MARK_REORDER;
}

/* --- where a number lies ------------------------------------------------------------------------------ */

static void place_ahead(const ipsec_sa *sa, const ipsec_record *record, ipsec_note *note)
{
    const ipsec_window *window = &sa->numbers.window;
    const uint64_t number = number_in(record);

    if (is_forged(record))
        return;
    if (number - window->top >= JUMP)
        note->marks |= IPSEC_MARK_JUMP;
    if (!is_verified(record) && number >> 32 != window->top >> 32 && sa->numbers.esn != IPSEC_ESN_YES)
        note->marks |= IPSEC_MARK_WRAP;
}

/* In the middle of an epoch, and ahead: no window takes it for another one, or has seen it. */
static bool is_ahead(const ipsec_sa *sa, const ipsec_record *record)
{
    const ipsec_window *window = &sa->numbers.window;
    const uint32_t top = (uint32_t)window->top;

    if (number_in(record) <= window->top)
        return false;
    return !has_esn(sa, record) ||
           (record->high == window->top >> 32 && record->sequence > top && top >= IPSEC_WINDOW_MOST);
}

/* A first number that the second one is far from may have been anybody's. */
static bool is_first_doubtful(const ipsec_sa *sa, const ipsec_record *record)
{
    const ipsec_window *window = &sa->numbers.window;
    const uint64_t number = number_in(record);

    return window->bottom == window->top && !sa->keys.good && !is_forged(record) &&
           MIN(number - window->top, window->top - number) > BELIEVED_ADVANCE;
}

/* Returns the last genuine packet with the same number; NULL if there is none. */
static const ipsec_recent *place(ipsec_sequencer *q, const ipsec_recent *packet, ipsec_sa *sa, ipsec_record *record,
                                 ipsec_note *note)
{
    const ipsec_recent *alike = ipsec_recents_find(q->recents, packet, packet->forged);
    const ipsec_recent *earlier = packet->forged ? ipsec_recents_find(q->recents, packet, false) : alike;

    record->placed = true;
    set_advance(&sa->numbers.window, record, note);
    if (alike && ipsec_recent_is_captured_twice(alike, packet, q->config->duplicate_time)) {
        note->marks |= IPSEC_MARK_CAPTURED_TWICE | IPSEC_MARK_REPEATED;
        note->first_seen = alike->frame;
    } else if (is_ahead(sa, record)) {
        place_ahead(sa, record, note);
    } else {
        place_behind(q, packet, earlier, sa, record, note);
        if (number_in(record) > sa->numbers.window.top && sa->numbers.window.started && !(note->marks & IPSEC_MARK_OLD))
            place_ahead(sa, record, note);
    }
    return earlier;
}

/* Where the number is not just the next one, or something is odd about the packet. */
static IPSEC_RARE void place_elsewhere(ipsec_sequencer *q, ipsec_recent *packet, ipsec_sa *sa, ipsec_record *record,
                                       ipsec_note *note)
{
    const ipsec_recent *earlier = NULL;

    if (!sa->numbers.window.bits)
        start_numbers(q->config, sa);
    record->high = (uint32_t)(number_of(sa, record) >> 32);
    if (record->sequence == 0)
        note_zero(q, sa, record, note);
    if (sa->numbers.window.started && is_first_doubtful(sa, record)) {
        ipsec_window_clear(&sa->numbers.window);
        start_numbers(q->config, sa);
        record->high = 0;
    }
    if (sa->numbers.window.started)
        earlier = place(q, packet, sa, record, note);
    if (!(note->marks & IPSEC_MARK_CAPTURED_TWICE))
        ipsec_recents_keep(q->recents, packet, earlier);
}

/* Whether nothing was lost or reordered, and no epoch ends. Every window takes such a number for what it is. */
static inline bool is_next(const ipsec_window *window, const ipsec_record *record)
{
    const uint64_t next = window->top + 1;

    return window->started && record->sequence == (uint32_t)next && record->sequence != 0 &&
           (!is_verified(record) || (record->esn ? record->high : 0) == next >> 32);
}

void ipsec_sequence_place(ipsec_sequencer *q, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record,
                          ipsec_note *note, const ipsec_report *report)
{
    ipsec_sa_numbers *numbers = &sa->numbers;
    ipsec_recent *packet;

    record->sequence = report->sequence;
    numbers->packets++;
    packet = ipsec_recents_describe(q->recents, view, record->sa, record->sequence, is_forged(record));
    /* What has findings may be refused, and then comes again as the next number. */
    if (report->count > 0 || is_forged(record) || !is_next(&numbers->window, record)) {
        if (report->count > 0 && ipsec_report_has(report, IPSEC_FINDING_CAPTURE_OFFLOAD))
            numbers->blind = true;
        place_elsewhere(q, packet, sa, record, note);
        return;
    }
    record->high = (uint32_t)(numbers->window.top >> 32);
    record->placed = true;
    record->advance = 1;
    ipsec_recents_keep(q->recents, packet, NULL);
}

/* --- what the receiver's window does ------------------------------------------------------------------- */

/* Whether an unverified jump is believed: only if the packet after it goes on from there, and not from before. */
static bool is_believed(ipsec_sa_numbers *numbers, const ipsec_record *record, uint64_t number)
{
    const bool goes_on = numbers->waiting && number > numbers->suspect;

    if (is_verified(record) || number - numbers->window.top <= BELIEVED_ADVANCE || goes_on) {
        numbers->waiting = false;
        return true;
    }
    numbers->waiting = true;
    numbers->suspect = number;
    return false;
}

void ipsec_sequence_lose(ipsec_sequencer *q, ipsec_sa *sa, uint64_t lost, ipsec_note *note)
{
    ipsec_sa_numbers *numbers = &sa->numbers;
    ipsec_sa_facts *facts = ipsec_sa_facts_at(q->sas, sa->index);

    if (sa->life.senders || numbers->blind)
        return;
    facts->lost = (uint32_t)MIN(facts->lost + lost, UINT32_MAX);
    if (!numbers->losing)
        note->marks |= IPSEC_MARK_GAP;
    numbers->losing = true;
}

void ipsec_sequence_move(ipsec_sequencer *q, ipsec_sa *sa, const ipsec_record *record, ipsec_note *note)
{
    ipsec_sa_numbers *numbers = &sa->numbers;
    const uint64_t number = number_in(record);
    uint64_t lost;

    if (!numbers->window.bits)
        start_numbers(q->config, sa); /* it began anew */
    else if (note->marks & IPSEC_MARKS_NOT_NEW)
        return;
    if (numbers->window.started && number > numbers->window.top) {
        if (!is_believed(numbers, record, number))
            return;
        numbers->run = 0;
    }
    lost = ipsec_window_commit(&numbers->window, number, numbers->own_window);
    if (lost > 0)
        ipsec_sequence_lose(q, sa, lost, note);
    else
        numbers->losing = false;
}
