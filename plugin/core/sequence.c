/* Sequence numbers: what a number means on its SA. RFC 4303 3.4.3 and appendix A.
 *
 * Where no ICV is verified, a number is believed only as far as its neighbours bear it out: one forged number must not
 * make all that follow look old.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sequence.h"
#include "crypto.h"
#include "ip.h"

#include <glib.h>
#include <string.h>

/* Windows of the stacks where nobody says otherwise, in packets. IKE daemons set 32 on Linux and the BSDs. */
static const uint32_t default_windows[IPSEC_STACK_COUNT] = {
    [IPSEC_STACK_RFC] = 64,     [IPSEC_STACK_WINDOWS] = 64, [IPSEC_STACK_LINUX] = 32,       [IPSEC_STACK_FREEBSD] = 32,
    [IPSEC_STACK_OPENBSD] = 64, [IPSEC_STACK_VPP] = 64,     [IPSEC_STACK_STRONGSWAN] = 128,
};

/* Numbers that lie no farther apart than this are of one run. */
#define RUN_GAP 64u

/* So many packets in a row make a run, where their ICVs are not verified. */
#define RUN_LEAST 4u

/* An unverified number that advances farther than this waits for a second one. */
#define BELIEVED_ADVANCE 65536u

/* An advance that no loss explains. */
#define JUMP (1u << 28)

/* Of the 32-bit numbers, those that are "near the end", and "near the start". */
#define NEAR_END   0xf0000000u
#define NEAR_START 0x0fffffffu

/* An SA of which more packets than every fourth, and at least so many, would be refused has no anti-replay. */
#define REFUSED_LEAST 8u

/* --- the packets that came last -------------------------------------------------------------------- */

/* A power of two. At 5 ms it covers 200,000 packets a second. */
#define RING 1024u

typedef struct recent {
    uint64_t fingerprint;
    uint64_t time;
    uint32_t sa, sequence, frame;
    uint32_t length, captured;
    uint8_t ttl;
} recent;

struct ipsec_sequence_ring {
    recent packets[RING];
    uint32_t count;
};

ipsec_sequence_ring *ipsec_sequence_ring_new(void)
{
    return g_new0(ipsec_sequence_ring, 1);
}

void ipsec_sequence_ring_free(ipsec_sequence_ring *ring)
{
    g_free(ring);
}

static uint64_t load(const uint8_t *octets)
{
    uint64_t word;

    memcpy(&word, octets, sizeof word);
    return word;
}

/* First and last octets, and what IP counts packets by: not what a router changes. */
static uint64_t fingerprint_of(const ipsec_view *view)
{
    uint64_t print = 0;

    if (view->captured >= 16)
        print = (print ^ load(view->data + 8)) * 0x9e3779b97f4a7c15u ^ load(view->data + view->captured - 8);
    if (view->outer && view->outer_length >= IPSEC_IPV4_HEADER)
        print = print * 0x9e3779b97f4a7c15u + ipsec_read_u16(view->outer + 4);
    return print;
}

static uint8_t ttl_of(const ipsec_view *view)
{
    if (!view->outer || view->outer_length < IPSEC_IPV4_HEADER)
        return 0;
    return view->ip_version == 4 ? view->outer[8] : view->outer[7];
}

static recent describe(const ipsec_view *view, const ipsec_record *record)
{
    return (recent){.fingerprint = fingerprint_of(view),
                    .time = view->time,
                    .sa = record->sa,
                    .sequence = record->sequence,
                    .frame = view->frame,
                    .length = view->length,
                    .captured = view->captured,
                    .ttl = ttl_of(view)};
}

/* The last packet of the same SA with the same number; NULL if it is too long ago. */
static const recent *find_recent(const ipsec_sequence_ring *ring, const recent *packet)
{
    const uint32_t most = ring->count < RING ? ring->count : RING;

    for (uint32_t back = 1; back <= most; back++) {
        const recent *earlier = &ring->packets[(ring->count - back) % RING];

        if (earlier->sa == packet->sa && earlier->sequence == packet->sequence)
            return earlier;
    }
    return NULL;
}

/* As far as can be told: where one was cut shorter than the other, their last octets cannot be compared. */
static bool is_same_packet(const recent *a, const recent *b)
{
    return a->length == b->length && (a->captured != b->captured || a->fingerprint == b->fingerprint);
}

/* The same frame, captured at two places or by two ports: a router may have been between them. */
static bool is_captured_twice(const ipsec_config *config, const recent *first, const recent *again)
{
    const bool same_hop = first->ttl == again->ttl || first->ttl == again->ttl + 1 || first->ttl + 1 == again->ttl;

    return is_same_packet(first, again) && same_hop && first->time > 0 && again->time >= first->time &&
           config->duplicate_time > 0 && again->time - first->time <= config->duplicate_time;
}

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

/* Without a word on ESN a counter that passes its end is taken to go on; RFC 4303 3.3.3 lets it do nothing else. */
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

static uint64_t number_of(const ipsec_config *config, const ipsec_sa *sa, const ipsec_record *record)
{
    const ipsec_window *window = &sa->numbers.window;
    const uint32_t low = record->sequence;

    if (record->has_row && record->icv == IPSEC_ICV_GOOD)
        return record->esn ? (uint64_t)record->high << 32 | low : low;
    switch (sa->numbers.esn) {
    case IPSEC_ESN_NO:
        return low;
    case IPSEC_ESN_YES:
        return (uint64_t)ipsec_window_infer_high(window, low, MAX(1, window_at(config, sa, config->receiver))) << 32 |
               low;
    default:
        return guess_number(window, low);
    }
}

static int32_t saturate(int64_t value)
{
    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

static bool is_verified(const ipsec_record *record)
{
    return record->has_row && record->icv == IPSEC_ICV_GOOD;
}

static bool is_forged(const ipsec_record *record)
{
    return record->has_row && record->icv == IPSEC_ICV_BAD;
}

static uint64_t number_in(const ipsec_record *record)
{
    return (uint64_t)record->high << 32 | record->sequence;
}

static IPSEC_RARE void start_numbers(const ipsec_config *config, ipsec_sa *sa)
{
    ipsec_window_init(&sa->numbers.window, largest_window(config, sa));
}

/* --- where a number lies ------------------------------------------------------------------------------ */

/* The frame that carried the number first: walks back along the SA's records, as far as a window reaches. */
static uint32_t find_first(const ipsec_sequencer *q, const ipsec_sa *sa, const ipsec_record *record)
{
    const ipsec_record *earlier = record;

    for (uint32_t steps = 0; q->config->history.at && steps < sa->numbers.window.size; steps++) {
        if (earlier->previous == IPSEC_RECORD_NONE)
            return 0;
        earlier = q->config->history.at(q->config->history.context, earlier->previous);
        if (!earlier || earlier->sa != record->sa)
            return 0;
        if (earlier->sequence == record->sequence && earlier->high == record->high)
            return earlier->frame;
    }
    return 0;
}

static void note_stacks(const ipsec_sequencer *q, const ipsec_sa *sa, uint64_t number, ipsec_note *note)
{
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++) {
        const uint32_t packets = window_at(q->config, sa, (ipsec_stack)stack);
        const ipsec_place place = packets ? ipsec_window_place(&sa->numbers.window, number, packets) : IPSEC_PLACE_NEW;

        if (place == IPSEC_PLACE_SEEN)
            note->seen_by |= (uint8_t)(1u << stack);
        if (place == IPSEC_PLACE_OLD)
            note->old_by |= (uint8_t)(1u << stack);
    }
}

/* A run of old numbers is a sender that began anew. Its receiver refuses them all; but where none is verified, the
 * window may as well have been led astray, and begins anew too. */
static bool begins_anew(ipsec_sa *sa, const ipsec_record *record, uint64_t number)
{
    ipsec_sa_numbers *numbers = &sa->numbers;
    const uint64_t advance = number - numbers->suspect;

    if (is_forged(record))
        return false;
    numbers->run = advance > 0 && advance <= RUN_GAP ? numbers->run + (numbers->run < RUN_LEAST + 1) : 1;
    numbers->suspect = number;
    if (numbers->run != RUN_LEAST || (uint64_t) - (int64_t)record->advance <= BELIEVED_ADVANCE / 64)
        return false;
    if (is_verified(record))
        return true;
    ipsec_window_clear(&numbers->window);
    numbers->run = 0;
    return true;
}

/* A window that refuses every fourth packet is none; unless somebody says that there is one, and packets verify. */
static bool has_no_window(const ipsec_config *config, const ipsec_sa *sa, const ipsec_record *record)
{
    if (known_window(config, sa) != IPSEC_REPLAY_WINDOW_UNKNOWN)
        return false;
    if (sa->life.senders)
        return true;
    return !is_verified(record) && sa->numbers.refused >= REFUSED_LEAST &&
           sa->numbers.refused > sa->numbers.packets / 4;
}

static void refuse(const ipsec_config *config, ipsec_sa *sa, const ipsec_record *record, ipsec_note *note,
                   ipsec_mark mark)
{
    sa->numbers.refused++;
    if (!has_no_window(config, sa, record)) {
        note->marks |= mark;
        return;
    }
    note->seen_by = note->old_by = 0;
    if (!sa->life.senders)
        note->marks |= IPSEC_MARK_NO_REPLAY;
}

static void place_behind(ipsec_sequencer *q, const recent *packet, ipsec_sa *sa, ipsec_record *record, ipsec_note *note)
{
    const recent *earlier = find_recent(q->ring, packet);
    const uint64_t number = number_in(record);
    const unsigned own = 1u << q->config->receiver;

    if (earlier && is_captured_twice(q->config, earlier, packet)) {
        note->marks |= IPSEC_MARK_CAPTURED_TWICE;
        note->first_seen = earlier->frame;
        return;
    }
    note_stacks(q, sa, number, note);
    if (note->seen_by & own) {
        refuse(q->config, sa, record, note,
               earlier && !is_same_packet(earlier, packet) ? IPSEC_MARK_CONFLICT : IPSEC_MARK_DUPLICATE);
        note->first_seen = earlier ? earlier->frame : find_first(q, sa, record);
    } else if (note->old_by & own) {
        refuse(q->config, sa, record, note, IPSEC_MARK_OLD);
        if (begins_anew(sa, record, number))
            note->marks |= IPSEC_MARK_RESTART;
    } else if (window_at(q->config, sa, q->config->receiver) > 0) {
        note->marks |= IPSEC_MARK_REORDER;
    }
}

/* A stack that takes the number for another one looks that one up in its window before it comes to the ICV. */
static void note_other_high(const ipsec_sequencer *q, const ipsec_sa *sa, const ipsec_record *record, ipsec_stack stack,
                            ipsec_note *note)
{
    const uint32_t packets = window_at(q->config, sa, stack);
    const uint32_t high = ipsec_window_infer_high(&sa->numbers.window, record->sequence, MAX(1, packets));
    const uint64_t taken = (uint64_t)high << 32 | record->sequence;

    if (high == record->high)
        return;
    note->wrong_by |= (uint8_t)(1u << stack);
    if (packets > 0 && ipsec_window_place(&sa->numbers.window, taken, packets) == IPSEC_PLACE_SEEN)
        note->seen_by |= (uint8_t)(1u << stack);
}

/* With ESN the high half tells where the number lies; each receiver takes the one that its window suggests, and the ICV
 * fails with any other. Returns whether the receiver of the configuration takes another one. */
static bool is_taken_wrong(const ipsec_sequencer *q, ipsec_sa *sa, const ipsec_record *record, ipsec_note *note)
{
    const ipsec_window *window = &sa->numbers.window;
    const uint32_t top = (uint32_t)window->top;
    const unsigned own = 1u << q->config->receiver;

    /* In the middle of an epoch, and ahead: no window takes it for another one. */
    if (!record->esn || (record->high == window->top >> 32 && record->sequence > top && top >= IPSEC_WINDOW_MOST))
        return false;
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        note_other_high(q, sa, record, (ipsec_stack)stack, note);
    if (!(note->wrong_by & own))
        return false;
    note->marks |= note->seen_by & own ? IPSEC_MARK_WRONG_HIGH | IPSEC_MARK_CONFLICT : IPSEC_MARK_WRONG_HIGH;
    sa->numbers.refused++;
    return true;
}

static void place_ahead(ipsec_sa *sa, const ipsec_record *record, uint64_t number, ipsec_note *note)
{
    const ipsec_window *window = &sa->numbers.window;

    if (number - window->top >= JUMP)
        note->marks |= IPSEC_MARK_JUMP;
    if (!is_verified(record) && number >> 32 != window->top >> 32 && sa->numbers.esn != IPSEC_ESN_YES)
        note->marks |= IPSEC_MARK_WRAP;
}

static void place(ipsec_sequencer *q, const recent *packet, ipsec_sa *sa, ipsec_record *record, ipsec_note *note)
{
    const ipsec_window *window = &sa->numbers.window;
    const uint64_t number = number_in(record);

    record->placed = true;
    record->advance = saturate((int64_t)(number - window->top));
    if (is_taken_wrong(q, sa, record, note))
        return;
    if (number <= window->top)
        place_behind(q, packet, sa, record, note);
    else if (number - window->top >= JUMP || number >> 32 != window->top >> 32)
        place_ahead(sa, record, number, note);
}

/* With ESN the low half passes 0 once in every epoch, which only the first may not. */
static IPSEC_RARE void note_zero(const ipsec_sequencer *q, const ipsec_sa *sa, const ipsec_record *record,
                                 ipsec_note *note)
{
    const ipsec_window *window = &sa->numbers.window;
    const bool esn = sa->numbers.esn == IPSEC_ESN_YES;

    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++) {
        const uint32_t packets = MAX(1, window_at(q->config, sa, (ipsec_stack)stack));
        const uint32_t high = window->started ? ipsec_window_infer_high(window, 0, packets) : record->high;

        if (!esn || high == 0)
            note->zero_by |= (uint8_t)(1u << stack);
    }
}

void ipsec_sequence_place(ipsec_sequencer *q, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record,
                          ipsec_note *note, const ipsec_report *report)
{
    ipsec_sa_numbers *numbers = &sa->numbers;
    recent packet;

    record->sequence = report->sequence;
    record->previous = numbers->last;
    numbers->last = view->number;
    numbers->packets++;
    if (!numbers->window.bits)
        start_numbers(q->config, sa);
    record->high = (uint32_t)(number_of(q->config, sa, record) >> 32);
    if (record->sequence == 0)
        note_zero(q, sa, record, note);
    packet = describe(view, record);
    if (numbers->window.started)
        place(q, &packet, sa, record, note);
    q->ring->packets[q->ring->count++ % RING] = packet;
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

void ipsec_sequence_commit(ipsec_sequencer *q, ipsec_sa *sa, const ipsec_record *record, ipsec_note *note)
{
    const uint32_t refused =
        IPSEC_MARK_DUPLICATE | IPSEC_MARK_CONFLICT | IPSEC_MARK_OLD | IPSEC_MARK_CAPTURED_TWICE | IPSEC_MARK_WRONG_HIGH;
    const uint32_t packets = window_at(q->config, sa, q->config->receiver);
    ipsec_sa_numbers *numbers = &sa->numbers;
    const uint64_t number = number_in(record);

    if (!numbers->window.bits)
        start_numbers(q->config, sa); /* it began anew */
    else if (note->marks & refused)
        return;
    if (numbers->window.started && number > numbers->window.top && !is_believed(numbers, record, number))
        return;
    if (ipsec_window_commit(&numbers->window, number, MAX(packets, 1)) > 0 && !sa->life.senders)
        note->marks |= IPSEC_MARK_GAP;
}

/* --- the report ---------------------------------------------------------------------------------------- */

void ipsec_sequence_report(const ipsec_record *record, const ipsec_note *note, ipsec_report *report)
{
    report->is_followed = true;
    report->is_placed = record->placed;
    report->number = (uint64_t)record->high << 32 | record->sequence;
    report->advance = record->advance;
    report->first_seen = note->first_seen;
    report->seen_by = note->seen_by;
    report->old_by = note->old_by;
    report->wrong_by = note->wrong_by;
    report->zero_by = note->zero_by;
    if (report->count > 0 && !note->zero_by)
        ipsec_report_remove(report, IPSEC_FINDING_SEQ_ZERO); /* that of another epoch */
}
