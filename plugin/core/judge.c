/* The sequence of steps, and nothing else: check the octets, move the state, conclude.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge.h"
#include "packet/checks.h"
#include "keys/envelope.h"
#include "packet/ip_input.h"
#include "sa/iv_judge.h"
#include "sa/life.h"
#include "sa/open.h"
#include "sa/opened.h"
#include "evidence/peers.h"
#include "sa/sa.h"
#include "sa/sequence.h"

#include <glib.h>
#include <string.h>

/* How far the numbers of two packets may lie apart to be those of one sender: a reordered burst, not a clock. */
#define ADVANCE_MOST 64u

/* How many more faulty packets than sound ones an SPI may have shown in UDP, and still be believed. Other protocols
 * with a counter behind a constant word break ESP's rules most of the time. */
#define FAULTY_MOST 4u

/* So many more sound packets with advancing numbers than others make sure that it is ESP, whatever comes then. Of
 * another protocol one length in four is a multiple of 4: it gets there with a chance of (1/3)^16, or 2^-25. */
#define STEADY 16u

struct ipsec_db {
    ipsec_config config;
    ipsec_sa_table *sas;
    ipsec_opener *opener; /* apart, for explaining decrypts too, and leaves the rest alone */
    bool opens;           /* whether there is anything to open packets with */
    ipsec_sequencer sequencer;
    ipsec_iv_store *ivs;
    ipsec_senders *senders;
    ipsec_peers *peers;
    GArray *notes; /* of ipsec_note, the first unused */
};

ipsec_config ipsec_config_default(void)
{
    return (ipsec_config){.receiver = IPSEC_STACK_RFC,
                          .report_reserved_spi = true,
                          .null_heuristic = true,
                          .replay_window = IPSEC_REPLAY_WINDOW_UNKNOWN,
                          .duplicate_time = 5000000,
                          .sas = IPSEC_SAS_DEFAULT};
}

ipsec_db *ipsec_db_new(const ipsec_config *config)
{
    ipsec_db *db = g_new0(ipsec_db, 1);

    db->config = *config;
    db->sas = ipsec_sa_table_new(config->sas);
    db->opener = g_new0(ipsec_opener, 1);
    db->opener->ring = ipsec_keyring_new();
    db->opener->generations = ipsec_generations_new();
    db->opener->config = &db->config;
    db->opener->seed = db->sas->seed;
    db->opens = config->null_heuristic;
    db->sequencer = (ipsec_sequencer){.config = &db->config, .sas = db->sas, .recents = ipsec_recents_new()};
    db->ivs = ipsec_iv_store_new();
    db->senders = ipsec_senders_new();
    db->peers = ipsec_peers_new();
    db->notes = g_array_new(false, true, sizeof(ipsec_note));
    g_array_set_size(db->notes, 1);
    return db;
}

static void free_opener(ipsec_opener *opener)
{
    ipsec_keyring_free(opener->ring);
    ipsec_generations_free(opener->generations);
    g_free(opener->plaintext);
    g_free(opener->outer);
    g_free(opener);
}

void ipsec_db_free(ipsec_db *db)
{
    if (!db)
        return;
    ipsec_sa_table_free(db->sas);
    free_opener(db->opener);
    g_free(db->sequencer.recents);
    ipsec_iv_store_free(db->ivs);
    ipsec_senders_free(db->senders);
    ipsec_peers_free(db->peers);
    g_array_free(db->notes, true);
    g_free(db);
}

bool ipsec_db_add(ipsec_db *db, const ipsec_spec *spec)
{
    db->opens = true;
    return ipsec_keyring_add(db->opener->ring, spec);
}

uint32_t ipsec_db_sa_count(const ipsec_db *db)
{
    return ipsec_sa_count(db->sas);
}

/* Whether the receiver discards the packet for a header in front of this one: it moves nothing then. */
static inline bool is_unseen(const ipsec_db *db, const ipsec_view *view)
{
    return view->refused_by & 1u << db->config.receiver;
}

bool ipsec_db_sa(const ipsec_db *db, uint32_t index, ipsec_sa_facts *facts)
{
    if (index >= ipsec_sa_count(db->sas))
        return false;
    *facts = *ipsec_sa_facts_at(db->sas, index);
    return true;
}

/* What the octets alone tell. */
static inline void check(const ipsec_view *view, ipsec_report *report)
{
    const bool ah = view->protocol == IPSEC_PROTOCOL_AH;

    ipsec_report_begin(report, view, ah ? IPSEC_SUBJECT_AH : IPSEC_SUBJECT_ESP);
    if (view->encapsulation == IPSEC_ENCAPSULATION_UDP)
        ipsec_check_udp(view, report);
    else if (ah)
        ipsec_check_ah(view, report);
    else
        ipsec_check_esp(view, report);
    if (view->flags & IPSEC_VIEW_FACTS)
        ipsec_check_facts(view, report);
}

/* What IP and UDP of the receiver make of the packet. RFC 4301 leaves that to them. */
static inline uint32_t check_ip(ipsec_db *db, const ipsec_view *view, const ipsec_report *report)
{
    if (db->config.receiver == IPSEC_STACK_RFC || is_unseen(db, view) ||
        (report->subject != IPSEC_SUBJECT_ESP && report->subject != IPSEC_SUBJECT_AH))
        return 0;
    return ipsec_ip_input_check(db->senders, view);
}

/* No packet may have SPI 0; but where a row has it, as in test vectors, there is an SA. */
static IPSEC_RARE bool has_spi_zero(const ipsec_db *db, const ipsec_view *view)
{
    return view->encapsulation == IPSEC_ENCAPSULATION_NONE &&
           ipsec_keyring_has(db->opener->ring, 0, view->protocol, NULL, 0);
}

/* Whether a packet of this report belongs to the traffic of an SA. */
static bool is_traffic(const ipsec_db *db, const ipsec_view *view, const ipsec_report *report)
{
    if (view->flags & IPSEC_VIEW_QUOTED || is_unseen(db, view) ||
        (report->subject != IPSEC_SUBJECT_ESP && report->subject != IPSEC_SUBJECT_AH))
        return false;
    if (view->encapsulation == IPSEC_ENCAPSULATION_UDP && view->length < IPSEC_ESP_IN_UDP_LEAST)
        return false; /* receivers hand it to IKE */
    return report->spi != 0 || has_spi_zero(db, view);
}

/* A sender that counts is a sender of IPsec: two sound packets with advancing numbers. */
static void follow_numbers(ipsec_sa *sa, const ipsec_report *report)
{
    const uint32_t advance = report->sequence - sa->sequence;

    if (sa->sound == UINT16_MAX || sa->faulty == UINT16_MAX) {
        sa->sound /= 2;
        sa->faulty /= 2;
    }
    if (report->flagged) {
        sa->faulty++;
        sa->steady -= sa->steady > 0;
        return;
    }
    sa->sound++;
    if (sa->sound > 1 && advance > 0 && advance <= ADVANCE_MOST) {
        sa->advanced = true;
        sa->confirmed = ++sa->steady >= STEADY;
    }
    sa->sequence = report->sequence;
}

/* The properties that this header is the first of its SA to show. What is not the SA's own shows none of it. */
static uint16_t new_properties(ipsec_sa *sa, const ipsec_record *record, const ipsec_report *report)
{
    unsigned shown = 0;

    if (sa->keys.good && !ipsec_is_genuine(record))
        return 0;
    for (unsigned i = 0; i < report->count; i++)
        shown |= ipsec_catalogue((ipsec_finding_id)report->findings[i].id)->property;
    shown &= ~(unsigned)sa->properties;
    sa->properties |= (uint16_t)shown;
    return (uint16_t)shown;
}

/* A key row speaks for its SPI, unless it is for any: then a packet must have verified. */
static bool has_key(const ipsec_db *db, const ipsec_sa *sa)
{
    if (!sa || !sa->keys.resolved || sa->keys.row == IPSEC_KEY_NONE)
        return false;
    return sa->keys.good || ipsec_keyring_row(db->opener->ring, sa->keys.row)->spec.spi_mask == UINT32_MAX;
}

static bool is_borne_out(const ipsec_db *db, const ipsec_view *view, const ipsec_sa *sa)
{
    if (has_key(db, sa) || (sa && sa->advanced && sa->faulty <= sa->sound + FAULTY_MOST))
        return true;
    return ipsec_peers_known(db->peers, view);
}

/* In UDP the port alone proves nothing; but only a fault makes it worth asking for more. */
static inline bool is_confirmed(const ipsec_db *db, const ipsec_view *view, const ipsec_sa *sa)
{
    return view->encapsulation == IPSEC_ENCAPSULATION_NONE || (sa && sa->confirmed) || is_borne_out(db, view, sa);
}

/* What UDP alone has: numbers and IKE that tell whether the port carries IPsec. */
static void learn_from_udp(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, const ipsec_record *record,
                           const ipsec_report *report)
{
    const bool verified = sa && record->standing == IPSEC_VERIFIED;

    if (sa && !sa->confirmed)
        follow_numbers(sa, report);
    if (report->subject == IPSEC_SUBJECT_IKE || (verified && !sa->told_peers))
        ipsec_peers_add(db->peers, view, verified);
    if (verified)
        sa->told_peers = true;
}

/* What the user or the key row says of the window. */
static ipsec_anti_replay anti_replay_of(const ipsec_db *db, const ipsec_report *report)
{
    uint32_t packets = db->config.replay_window;

    if (packets == IPSEC_REPLAY_WINDOW_UNKNOWN && report->is_opened && report->opened.spec)
        packets = report->opened.spec->replay_window;
    if (packets == IPSEC_REPLAY_WINDOW_UNKNOWN)
        return IPSEC_ANTI_REPLAY_UNKNOWN;
    return packets == 0 ? IPSEC_ANTI_REPLAY_OFF : IPSEC_ANTI_REPLAY_ON;
}

static ipsec_verdict verdict_of(const ipsec_db *db, const ipsec_report *report, ipsec_finding_id id)
{
    const ipsec_decision decision = ipsec_receiver_decision(db->config.receiver, report, id);
    const ipsec_severity severity = ipsec_catalogue(id)->severity;

    if (decision == IPSEC_DECISION_REFUSES)
        return report->confirmed ? IPSEC_VERDICT_DROP : IPSEC_VERDICT_SUSPICIOUS;
    if (decision == IPSEC_DECISION_MAY_REFUSE || severity >= IPSEC_SEVERITY_WARN)
        return IPSEC_VERDICT_SUSPICIOUS;
    return IPSEC_VERDICT_UNCHECKED;
}

/* Whether the finding tells of the SA what an expert item has told before. */
static bool is_said(const ipsec_note *note, ipsec_finding_id id)
{
    return note->facts & IPSEC_NOTE_SAID && (id == IPSEC_FINDING_SA_SENDERS || id == IPSEC_FINDING_SA_NO_REPLAY);
}

/* Puts findings and record together. */
static IPSEC_RARE void conclude(const ipsec_db *db, const ipsec_record *record, const ipsec_note *note,
                                ipsec_report *report)
{
    report->confirmed = record->confirmed;
    report->anti_replay = (uint8_t)anti_replay_of(db, report);
    if (!db->config.report_reserved_spi)
        ipsec_report_remove_property(report, IPSEC_PROPERTY_SPI_RESERVED);
    for (unsigned i = 0; i < report->count; i++) {
        ipsec_finding *finding = &report->findings[i];
        const ipsec_finding_id id = (ipsec_finding_id)finding->id;
        const ipsec_property property = ipsec_catalogue(id)->property;
        const ipsec_verdict verdict = verdict_of(db, report, id);

        finding->announce = (property == IPSEC_PROPERTY_NONE || (note->properties & property)) && !is_said(note, id);
        if (verdict > report->verdict)
            report->verdict = (uint8_t)verdict;
    }
    if (report->doubtful && report->verdict < IPSEC_VERDICT_SUSPICIOUS)
        report->verdict = IPSEC_VERDICT_SUSPICIOUS;
}

static const ipsec_spec *spec_of(const ipsec_db *db, const ipsec_sa *sa, const ipsec_record *record)
{
    return record->has_row ? &ipsec_keyring_row(db->opener->ring, sa->keys.row)->spec : NULL;
}

/* Whether the receiver takes the packet, as far as the state of its SA is concerned. */
static inline bool is_taken(const ipsec_db *db, const ipsec_record *record, const ipsec_note *note,
                            const ipsec_report *report)
{
    /* What is said of the SA instead of its number is no new packet either. */
    const uint32_t refused = IPSEC_MARKS_NOT_NEW | IPSEC_MARK_NO_REPLAY | IPSEC_MARK_SENDERS;

    return ipsec_is_genuine(record) && !(note->marks & refused) &&
           (report->count == 0 || ipsec_receiver_moves_window(db->config.receiver, report));
}

/* Only a packet that comes so far ends the SA, be it forged: lifetimes are looked at before the ICV. What has counted
 * towards them is genuine, if anything of the SA is verified; else it is not sure. */
static bool is_over(const ipsec_db *db, const ipsec_spec *spec, ipsec_sa *sa, ipsec_note *note,
                    const ipsec_report *report)
{
    if (spec->hard_packets == UINT64_MAX && spec->hard_bytes == UINT64_MAX)
        return false;
    if (note->marks & IPSEC_MARK_CAPTURED_TWICE) /* it came once, and maybe in time */
        return false;
    if (!sa->life.over && !ipsec_receiver_reaches(db->config.receiver, report, IPSEC_FINDING_SA_EXPIRED))
        return false;
    if (!ipsec_life_is_over(sa, spec->hard_packets, spec->hard_bytes, note))
        return false;
    ipsec_doubts_get(&sa->numbers.doubts); /* the next number comes again and again: none is as usual from here on */
    note->facts |= sa->keys.good ? 0 : IPSEC_NOTE_DOUBTFUL;
    return true;
}

/* What counts towards a lifetime in octets: the payload, without IPsec's own. 0 where it is not known. */
static uint32_t payload_of(const ipsec_view *view, const ipsec_report *report)
{
    uint32_t length, header;

    if (!report->is_opened || !report->whole)
        return 0;
    if (view->protocol == IPSEC_PROTOCOL_ESP)
        return report->opened.payload_length;
    length = ipsec_view_packet_length(view);
    header = length >= IPSEC_AH_HEADER ? (view->data[1] + 2u) * 4 : length;
    return length > header ? length - header : 0;
}

/* A packet that took another way than its SA tells nothing of where the sender is. */
static bool is_from_sender(const ipsec_record *record, const ipsec_report *report)
{
    return !record->unknown && ipsec_is_genuine(record) &&
           !(report->count > 0 && ipsec_report_has(report, IPSEC_FINDING_ESP_ENCAP_MISMATCH));
}

/* Two packets with right ICVs and one number: somebody who has the key makes them, whatever the receiver takes. */
static bool is_made_twice(const ipsec_record *record, const ipsec_note *note)
{
    return (note->marks & IPSEC_MARK_CONFLICT || note->facts & IPSEC_NOTE_OTHER_OCTETS) &&
           !(note->marks & IPSEC_MARK_WRONG_HIGH) && record->standing == IPSEC_VERIFIED;
}

/* Adds the findings of the marks that were set since the last call. */
static inline void say_new(const ipsec_note *note, uint32_t *said, ipsec_report *report)
{
    if (note->marks != *said)
        ipsec_note_report(note, note->marks & ~*said, report);
    *said = note->marks;
}

/* What one tells all the same that the receiver refuses, or that is not the sender's. */
static IPSEC_RARE void pass_over(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, const ipsec_spec *spec,
                                 const ipsec_record *record, ipsec_note *note, const ipsec_report *report)
{
    if (record->has_row && db->opener->part_count > 0)
        ipsec_sequence_take_parts(&db->sequencer, sa, db->opener->parts, db->opener->part_count, note);
    if (!report->whole && record->standing == IPSEC_UNPROVEN)
        ipsec_sequence_excuse(sa, record);
    if (!sa->numbers.window.bits && ipsec_is_genuine(record))
        ipsec_sequence_commit(&db->sequencer, sa, record, note);
    if (ipsec_life_is_stranger(note) && is_from_sender(record, report))
        ipsec_life_refuse(db->sas, view, sa, note);
    if (is_made_twice(record, note) && ipsec_iv_is_of_use(view, sa, spec))
        ipsec_iv_judge(db->ivs, view, sa, spec, record, note, report);
}

/* Where the number is not the usual next one, or something else is odd about the packet. Returns whether it is taken.
 */
static IPSEC_RARE bool judge_unusual(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, const ipsec_spec *spec,
                                     const ipsec_record *record, ipsec_note *note, uint32_t *said, ipsec_report *report)
{
    ipsec_sequence_report(record, note, report);
    say_new(note, said, report);
    if (report->count > 0)
        report->anti_replay = (uint8_t)anti_replay_of(db, report);
    const bool over = spec && is_over(db, spec, sa, note, report);

    report->doubtful = note->facts & IPSEC_NOTE_DOUBTFUL && !record->unknown; /* what has no SA is refused for sure */
    if (over || !is_taken(db, record, note, report)) {
        pass_over(db, view, sa, spec, record, note, report);
        return false;
    }
    if (!ipsec_sequence_commit(&db->sequencer, sa, record, note))
        return false;
    /* The first of them is what the record has. */
    if (record->has_row && db->opener->part_count > 1)
        ipsec_sequence_take_parts(&db->sequencer, sa, db->opener->parts + 1, db->opener->part_count - 1, note);
    return true;
}

/* The same for the usual one, which only the end of the SA keeps from being taken. */
static inline bool judge_usual(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, const ipsec_spec *spec,
                               ipsec_record *record, ipsec_note *note, ipsec_report *report)
{
    ipsec_sequence_report_next(sa, record, report);
    if (spec && is_over(db, spec, sa, note, report)) {
        pass_over(db, view, sa, spec, record, note, report);
        report->doubtful = note->facts & IPSEC_NOTE_DOUBTFUL;
        return false;
    }
    ipsec_sequence_step(&db->sequencer, sa, note);
    return true;
}

/* Where the number lies, what the window makes of it, what the SA spends on it, and who sends. */
static inline void judge_neighbours(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record,
                                    ipsec_note *note, uint32_t *said, ipsec_report *report)
{
    const ipsec_spec *spec = spec_of(db, sa, record);
    const bool usual = ipsec_sequence_place(&db->sequencer, view, sa, record, note, report);

    record->followed = true;
    if (usual ? judge_usual(db, view, sa, spec, record, note, report)
              : judge_unusual(db, view, sa, spec, record, note, said, report)) {
        ipsec_life_spend(sa, payload_of(view, report));
        if (usual ? !record->unknown : is_from_sender(record, report))
            ipsec_life_follow(db->sas, view, sa, report->sequence, note);
        if (!(note->facts & IPSEC_NOTE_REPEATED) && ipsec_iv_is_of_use(view, sa, spec))
            ipsec_iv_judge(db->ivs, view, sa, spec, record, note, report);
    }
    report->first_seen = note->first_seen;
}

/* In UDP nobody knows yet whether it is IPsec: nothing is said of the number, but it is not forgotten either, or a flow
 * that somebody keeps from being confirmed could be replayed. */
static IPSEC_RARE void remember_number(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, const ipsec_record *record,
                                       const ipsec_report *report)
{
    ipsec_record own = *record;
    ipsec_note unsaid = {0};

    if (ipsec_sequence_place(&db->sequencer, view, sa, &own, &unsaid, report))
        ipsec_sequence_step(&db->sequencer, sa, &unsaid);
    else if (is_taken(db, &own, &unsaid, report))
        ipsec_sequence_commit(&db->sequencer, sa, &own, &unsaid);
}

/* Notes what a later pass cannot find out again of a header with findings, and concludes. */
static IPSEC_RARE void judge_findings(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record,
                                      ipsec_note *note, ipsec_report *report)
{
    static const ipsec_note nothing;

    if (sa)
        note->properties = new_properties(sa, record, report);
    record->confirmed = is_confirmed(db, view, sa);
    conclude(db, record, note, report);
    if (memcmp(note, &nothing, sizeof nothing) == 0)
        return;
    record->note = db->notes->len;
    g_array_append_val(db->notes, *note);
}

/* What was told by packets before the first one that verifies may have been anybody's. */
static IPSEC_RARE void meet_first_verified(ipsec_sa_table *table, ipsec_sa *sa)
{
    ipsec_sa_facts_at(table, sa->index)->lost = 0;
    ipsec_sa_pair_leave(table, sa);
}

/* Finds out what speaks for the packet, where that is not clear from the start. */
static IPSEC_RARE void weigh(const ipsec_view *view, const ipsec_sa *sa, ipsec_record *record, ipsec_report *report)
{
    record->standing = ipsec_standing_of(sa, record, view->flags & IPSEC_VIEW_INSIDE_UNPROVEN);
    if (record->standing == IPSEC_UNPROVEN)
        ipsec_report_unproven(report);
}

static IPSEC_RARE void open_next(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record,
                                 ipsec_note *note, ipsec_report *report)
{
    const bool was_good = sa->keys.good;

    ipsec_open_next(db->opener, view, sa, record, note, report);
    if (sa->keys.good != was_good)
        meet_first_verified(db->sas, sa);
}

/* Opens the packet, if it may be of use, and weighs it. */
static inline void open_and_weigh(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record,
                                  ipsec_note *note, ipsec_report *report)
{
    if (db->opens && !(sa->keys.idle && ipsec_null_probe_rests(&sa->keys.null)))
        open_next(db, view, sa, record, note, report);
    if (record->has_row || sa->keys.good || view->flags & IPSEC_VIEW_INSIDE_UNPROVEN)
        weigh(view, sa, record, report); /* else it is believed, as the record has it from the start */
}

static inline void begin_record(const ipsec_view *view, const ipsec_report *report, ipsec_record *record)
{
    *record = (ipsec_record){.frame = view->frame,
                             .offset = view->offset,
                             .sa = report->sa,
                             .buffer = view->buffer & IPSEC_BUFFER_MOST,
                             .ah = view->protocol == IPSEC_PROTOCOL_AH,
                             .udp = view->encapsulation == IPSEC_ENCAPSULATION_UDP};
}

void ipsec_judge(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report)
{
    ipsec_note note = {0};
    ipsec_sa *sa = NULL;
    uint32_t said = 0;

    check(view, report);
    note.marks = check_ip(db, view, report);
    if (note.marks)
        say_new(&note, &said, report);
    if (is_traffic(db, view, report))
        sa = ipsec_sa_get(db->sas, view, report->spi, &note);
    if (sa)
        report->sa = sa->index;
    begin_record(view, report, record);
    if (sa)
        open_and_weigh(db, view, sa, record, &note, report);
    if (view->encapsulation != IPSEC_ENCAPSULATION_NONE)
        learn_from_udp(db, view, sa, record, report);
    /* What is no IPsec has no numbers. */
    if (sa && report->has_sequence) {
        if (is_confirmed(db, view, sa))
            judge_neighbours(db, view, sa, record, &note, &said, report);
        else if (report->count == 0)
            remember_number(db, view, sa, record, report);
    }
    say_new(&note, &said, report);
    if (report->count > 0 || note.row) {
        judge_findings(db, view, sa, record, &note, report);
        return;
    }
    /* No note is kept of it. */
    report->first_seen = 0;
    if (note.facts & IPSEC_NOTE_FAR)
        report->has_highest = false;
}

void ipsec_explain(const ipsec_db *db, const ipsec_view *view, const ipsec_record *record, ipsec_report *report)
{
    const ipsec_record unseen = {
        .sa = IPSEC_SA_NONE, .standing = IPSEC_BELIEVED, .confirmed = view->encapsulation == IPSEC_ENCAPSULATION_NONE};
    const ipsec_note *note;

    if (!record || !ipsec_record_is_of(record, view))
        record = &unseen;
    note = &g_array_index(db->notes, ipsec_note, record->note < db->notes->len ? record->note : 0);
    check(view, report);
    report->sa = record->sa;
    if (record->has_row || record->shape || record->unknown)
        ipsec_open_again(db->opener, view, record, note, report);
    if (record->standing == IPSEC_UNPROVEN)
        ipsec_report_unproven(report);
    if (record->followed)
        ipsec_sequence_report(record, note, report);
    report->doubtful = note->facts & IPSEC_NOTE_DOUBTFUL && !record->unknown;
    ipsec_note_report(note, note->marks, report);
    if (report->count > 0 || note->row)
        conclude(db, record, note, report);
}
