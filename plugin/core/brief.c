/* The quick path: for the next packet of an SA about which everything is known.
 *
 * Nearly every packet takes it. The packet changes the same state as on the long way, through the same calls, but there
 * is no report, unless the change results in a finding.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge.h"
#include "packet/sound.h"
#include "sa/steady.h"
#include "usual.h"

#include "twin.h"

/* A packet on the quick path. */
typedef struct arrival {
    uint8_t protocol; /* IPSEC_PROTOCOL_...; a constant for the compiler, like the next two */
    bool udp;
    bool v4; /* it is known to be IPv4, see is_v4(), and no fragment once it is SOUND; false: it may be anything */
    ipsec_db *db;
    const ipsec_view *view;
    uint32_t spi, sequence; /* valid once it is SOUND */
    ipsec_sa *sa;           /* valid once it is KNOWN */
} arrival;

static IPSEC_INLINE bool is_v4(const ipsec_view *view)
{
    return view->address_length == 4 && view->ip_version == 4;
}

static IPSEC_INLINE uint8_t address_length_of(const arrival *a)
{
    return a->v4 ? 4 : a->view->address_length;
}

/* --- facts.def: whether each fact is true. None of them changes what is known of the SA. --- */

static IPSEC_INLINE bool is_OPEN(const arrival *a)
{
    return a->db->quick_path_is_open;
}

static IPSEC_INLINE bool is_SOUND(arrival *a)
{
    return a->view->refused_by == 0 && ipsec_is_sound(a->view, a->protocol, &a->spi, &a->sequence);
}

static IPSEC_INLINE bool is_KNOWN(arrival *a)
{
    const ipsec_sa_key key = ipsec_sa_key_among(a->db->sas, a->view, address_length_of(a), a->protocol, a->spi);

    a->sa = ipsec_sa_find_key(a->db->sas, &key);
    return a->sa && (!a->udp || a->sa->confirmed || ipsec_is_borne_out_by_octets(a->sa));
}

static IPSEC_INLINE bool is_NEXT(const arrival *a)
{
    return a->sequence == a->sa->expected;
}

static IPSEC_INLINE bool is_ALONE(const arrival *a)
{
    return !a->udp || ipsec_udp_is_sound(a->view);
}

static IPSEC_INLINE bool has_all_facts(arrival *a)
{
#define FACT(symbol)                                                                                                   \
    if (!is_##symbol(a))                                                                                               \
        return false;
#include "base/facts.def"
#undef FACT
    return true;
}

bool ipsec_brief_is_complete(void)
{
    for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++)
        if (ipsec_catalogue((ipsec_finding_id)id)->fact == IPSEC_FACT_NONE)
            return false;
    return true;
}

/* --- the state that it changes --- */

static IPSEC_INLINE void remember(const arrival *a)
{
    ipsec_recents *const recents = a->db->sequencer.recents;
    ipsec_recent *const packet =
        ipsec_recents_describe_next(recents, a->view, a->sa->index, a->sequence, IPSEC_BELIEVED, a->v4);

    ipsec_recents_keep(recents, packet, NULL);
    ipsec_sa_count_packet(a->db->sas, a->sa, a->view->frame, a->view->length); /* known, because it is SOUND */
}

/* The high half of its number. It is that of the window's top, even if the SA has not caught up, because the quick path
 * does not cross the end of an epoch. */
static IPSEC_INLINE uint32_t high_of(const arrival *a)
{
    return (uint32_t)(a->sa->numbers.window.top >> 32);
}

static IPSEC_INLINE ipsec_ruling ruling_of(const arrival *a)
{
    return (ipsec_ruling){.sa = a->sa->index,
                          .sequence = a->sequence,
                          .high = high_of(a),
                          .advance = 1,
                          .buffer = a->view->buffer & IPSEC_BUFFER_MOST,
                          .kind = ipsec_kind_index(a->protocol),
                          .udp = a->udp,
                          .placed = true,
                          .followed = true};
}

/* Keeps what later passes need. Returns whether its numbers fit into the record. */
static IPSEC_INLINE bool keep_bits(const arrival *a, ipsec_record *record)
{
    return ipsec_record_keep_bits(a->view, a->sa->index, high_of(a), ruling_of(a).bits, record);
}

/* --- taking a packet. Like the quick path, these functions return whether there is no report; their arguments fit into
 * registers, so that they are cheap to call.
 *
 *     take()              it has been counted; the rare parts are calls
 *     take_rest()         the end of both: sender and record
 *     take_and_follow()   its sender may have changed
 *     take_and_search()   its IV may belong to a counter
 *     take_and_learn()    its IV should go on with a counter
 *     take_large()        its numbers do not fit into the record
 *     take_eagerly()      entering it may find something, or counts as evidence
 *     take_probed()       it is recognised as ESP-NULL
 *     take_long_way()     not all facts hold
 *     attend()            does what is due, then one of these --- */

/* A packet of a steady SA, which expects its number next. */
static IPSEC_INLINE arrival arrival_of(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa)
{
    return (arrival){.protocol = view->protocol,
                     .udp = view->encapsulation == IPSEC_ENCAPSULATION_UDP,
                     .db = db,
                     .view = view,
                     .sequence = sa->expected,
                     .sa = sa};
}

/* The same after it has been entered. */
static IPSEC_INLINE arrival entered_of(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa)
{
    arrival a = arrival_of(db, view, sa);

    a.sequence--;
    return a;
}

/* Keeps what later passes need. */
static bool conclude(const arrival *a, ipsec_note *note, ipsec_record *record, ipsec_report *report)
{
    ipsec_ruling ruling = ruling_of(a);

    ipsec_steady_catch_up(a->sa);
    if (note->any || note->facts) {
        ipsec_judge_taken(a->db, a->view, a->sa, &ruling, note, record, report);
        return false;
    }
    ipsec_record_keep(a->db->notes, a->view, &ruling, record);
    return true;
}

static IPSEC_INLINE bool keep(const arrival *a, ipsec_note *note, ipsec_record *record, ipsec_report *report)
{
    if (!note->any && !note->facts && keep_bits(a, record))
        return true;
    return conclude(a, note, record, report);
}

/* Where its numbers do not fit into the record. */
static IPSEC_COLD bool take_large(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record,
                                  ipsec_report *report)
{
    const arrival a = entered_of(db, view, sa);
    ipsec_note none = {0};

    return conclude(&a, &none, record, report);
}

/* Where its sender may have changed. */
static IPSEC_APART bool take_and_follow(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record,
                                        ipsec_report *report)
{
    const arrival a = entered_of(db, view, sa);
    ipsec_note note = {0};

    ipsec_life_turn(db->sas, view, sa, ipsec_life_origin(db->sas, view), a.sequence, &note);
    return keep(&a, &note, record, report);
}

/* Searches for a counter in the IVs of the SA. */
static IPSEC_INLINE void search_counter(const arrival *a)
{
    const uint64_t number = (uint64_t)high_of(a) << 32 | a->sequence;
    const bool idle = a->sa->iv.misses == IPSEC_IV_MISSES_MOST;

    ipsec_iv_search(a->db->sas->ivs, &a->sa->iv, a->view->data + IPSEC_ESP_HEADER, number, ipsec_sa_numbered(a->sa));
    if (idle || a->sa->iv.misses < IPSEC_IV_MISSES_MOST)
        return;
    ipsec_steady_set_due(a->sa, a->view, a->db->opens); /* the search was given up */
}

/* Where its IV should go on with a counter. If it does not, a search begins. */
static IPSEC_APART bool take_and_learn(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record,
                                       ipsec_report *report)
{
    const arrival a = entered_of(db, view, sa);
    const ipsec_ruling ruling = ruling_of(&a);
    ipsec_note note = {0};

    ipsec_life_follow(db->sas, view, sa, a.sequence, &note);
    ipsec_judge_iv(db, view, sa, NULL, &ruling, true, 0, &note);
    return keep(&a, &note, record, report);
}

/* Takes the rest of a packet that has been entered. */
static IPSEC_INLINE bool take_rest(const arrival *a, ipsec_record *record, ipsec_report *report)
{
    if (!ipsec_life_follow_on(a->db->sas, a->view, address_length_of(a), a->udp, a->sa))
        return take_and_follow(a->db, a->view, a->sa, record, report);
    if (!keep_bits(a, record))
        return take_large(a->db, a->view, a->sa, record, report);
    return true;
}

/* Where its IV may belong to a counter. */
static IPSEC_APART bool take_and_search(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record,
                                        ipsec_report *report)
{
    const arrival a = entered_of(db, view, sa);

    search_counter(&a);
    return take_rest(&a, record, report);
}

/* Counts an IV that belongs to no counter. Returns whether that is all. */
static IPSEC_INLINE bool count_miss(const arrival *a)
{
    return ipsec_iv_miss(&a->sa->iv, a->view->data + IPSEC_ESP_HEADER, (uint64_t)high_of(a) << 32 | a->sequence);
}

/* Takes a packet that has been counted, and with which nothing is due, or no longer. */
static IPSEC_INLINE bool take(const arrival *a, ipsec_record *record, ipsec_report *report)
{
    remember(a);
    if (a->sa->numbers.learns) {
        if (a->sa->iv.proved)
            return take_and_learn(a->db, a->view, a->sa, record, report);
        if (!count_miss(a))
            return take_and_search(a->db, a->view, a->sa, record, report);
    }
    return take_rest(a, record, report);
}

/* Whether it counts as evidence that what came in UDP is IPsec. */
static IPSEC_INLINE bool is_evidence(const arrival *a)
{
    return a->udp && !a->sa->confirmed;
}

static void confirm(const arrival *a)
{
    const ipsec_header header = {.has_sequence = true, .sequence = a->sequence};
    ipsec_findings none;

    ipsec_findings_begin(&none, true);
    ipsec_confirm_by_octets(a->sa, a->view, &header, &none);
}

/* Where entering it may find something, or counts as evidence. */
static IPSEC_APART bool take_eagerly(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record,
                                     ipsec_report *report)
{
    const arrival a = arrival_of(db, view, sa);
    const ipsec_ruling ruling = ruling_of(&a);
    ipsec_note note = {0};

    if (is_evidence(&a))
        confirm(&a);
    remember(&a);
    sa->expected++;
    sa->numbers.packets++;
    ipsec_take_next(db, view, sa, a.sequence, false, 0, &note);
    ipsec_judge_iv(db, view, sa, NULL, &ruling, true, 0, &note);
    ipsec_steady_begin(sa, view, db->opens);
    return keep(&a, &note, record, report);
}

/* Afterwards the SA may be steady. */
static IPSEC_APART bool take_long_way(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report)
{
    ipsec_sa *const sa = ipsec_judge_long(db, view, record, report);

    if (sa)
        ipsec_steady_begin(sa, view, db->opens);
    return false;
}

/* Looks at the packet, after the pause. */
static IPSEC_INLINE bool becomes_null(const arrival *a)
{
    a->sa->keys.null.rest = 0;
    return ipsec_open_probe(a->db->opener, a->view, &a->sa->keys.null, true);
}

/* Recognised as ESP-NULL. */
static IPSEC_COLD bool take_probed(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record,
                                   ipsec_report *report)
{
    ipsec_steady_end(sa);
    ipsec_sa_count_packet(db->sas, sa, view->frame, view->length);
    ipsec_judge_probed(db, view, sa, record, report);
    return false;
}

/* Does what is due with a packet, and takes it. */
static IPSEC_APART bool attend(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record,
                               ipsec_report *report)
{
    const arrival a = arrival_of(db, view, sa);
    const bool eager = sa->numbers.eager || is_evidence(&a);
    bool looks;

    if (a.sequence == IPSEC_NEAR_END - 1)
        return take_long_way(db, view, record, report);
    if (eager)
        ipsec_steady_catch_up(sa);
    looks = ipsec_steady_looks(sa, db->opens);
    if (looks && becomes_null(&a))
        return take_probed(db, view, sa, record, report);
    if (!eager) {
        ipsec_steady_go_on(sa, view, db->opens, looks);
        return take(&a, record, report);
    }
    if (!looks)
        ipsec_null_probe_rests(&sa->keys.null);
    return take_eagerly(db, view, sa, record, report);
}

static IPSEC_INLINE bool judge_as(uint8_t protocol, bool udp, bool v4, ipsec_db *db, const ipsec_view *view,
                                  ipsec_record *record, ipsec_report *report)
{
    arrival a = {.protocol = protocol, .udp = udp, .v4 = v4, .db = db, .view = view};

    if (!has_all_facts(&a))
        return take_long_way(db, view, record, report);
    if (is_evidence(&a) || ipsec_steady_is_due(a.sa))
        return attend(db, view, a.sa, record, report);
    a.sa->expected++;
    return take(&a, record, report);
}

/* Two functions for each kind, for IPv4 and for any version, so that a packet pays for nothing else. */
#define JUDGES(name, number, udp)                                                                                      \
    static IPSEC_APART bool judge_##name##_v4(ipsec_db *db, const ipsec_view *view, ipsec_record *record,              \
                                              ipsec_report *report)                                                    \
    {                                                                                                                  \
        return judge_as(number, udp, true, db, view, record, report);                                                  \
    }                                                                                                                  \
    static IPSEC_APART bool judge_##name(ipsec_db *db, const ipsec_view *view, ipsec_record *record,                   \
                                         ipsec_report *report)                                                         \
    {                                                                                                                  \
        return judge_as(number, udp, false, db, view, record, report);                                                 \
    }
#define KIND(symbol, name, number, encrypts, covers_outer) JUDGES(name, number, false)
#include "base/kind.def"
#undef KIND
JUDGES(udp, IPSEC_PROTOCOL_ESP, true)
#undef JUDGES

bool ipsec_judge_briefly(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report)
{
#define PASS_ON(condition, name)                                                                                       \
    if ((condition) && is_v4(view))                                                                                    \
        return judge_##name##_v4(db, view, record, report);                                                            \
    if (condition)                                                                                                     \
        return judge_##name(db, view, record, report);
#define KIND(symbol, name, number, encrypts, covers_outer) PASS_ON(view->protocol == (number), name)
    PASS_ON(view->encapsulation == IPSEC_ENCAPSULATION_UDP, udp)
#include "base/kind.def"
#undef KIND
#undef PASS_ON
    return take_long_way(db, view, record, report);
}
