/* The sequence of steps: check the octets, move the state, conclude; and the questions that several steps share.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge.h"
#include "db.h"
#include "icmp/above.h"
#include "packet/checks.h"
#include "report/oddities.h"
#include "report/receiver.h"
#include "sa/exchanges.h"
#include "sa/negotiated.h"
#include "usual.h"
#include "verdict.h"
#include "sa/standing.h"
#include "sa/steady.h"
#include "packet/kind.h"
#include "packet/find.h"

#include "twin.h"

#include <glib.h>

/* Whether the receiver discards the packet because of a header in front of this one, which then moves no state. */
static inline bool is_unseen(const ipsec_db *db, const ipsec_view *view)
{
    return ipsec_stacks_have(view->refused_by, db->config.receiver);
}

/* Begins a report with what the octets alone show. */
static inline void check(const ipsec_view *view, ipsec_report *report)
{
    ipsec_header *header = &report->header;
    ipsec_findings *findings = &report->findings;

    ipsec_header_begin(header, view);
    ipsec_findings_begin(findings, ipsec_view_is_whole(view));
    ipsec_number_begin(&report->number);
    report->opened.valid = false;
    report->opened.combined_mode = false;
    report->sa = IPSEC_SA_NONE;
    report->fragment = 0;
    report->anti_replay = IPSEC_ANTI_REPLAY_UNKNOWN;
    report->unproven = false;
    report->confirmed = true;
    report->ip_version = 0;
    report->refused_by = view->refused_by;
    report->oddities = 0;
    report->verdict = findings->whole ? IPSEC_VERDICT_PLAUSIBLE : IPSEC_VERDICT_UNCHECKED;
    if (view->encapsulation == IPSEC_ENCAPSULATION_UDP)
        ipsec_check_udp(view, header, findings);
    else
        ipsec_check_header(view, header, findings);
    if (view->flags & IPSEC_VIEW_CIRCUMSTANCES)
        ipsec_check_circumstances(view, header, findings);
}

/* How IP and UDP of the receiver treat the packet. RFC 4301 leaves that to them. */
static inline void check_ip(ipsec_db *db, const ipsec_view *view, ipsec_note *note, ipsec_report *report)
{
    ipsec_finding_set found;

    if (db->config.receiver == IPSEC_STACK_RFC || is_unseen(db, view) || report->header.subject != IPSEC_SUBJECT_HEADER)
        return;
    found = IPSEC_FINDING_SET_EMPTY;
    ipsec_ip_input_check(db->senders, view, &found);
    if (ipsec_finding_set_is_empty(&found))
        return;
    ipsec_note_add_all(note, &found);
    ipsec_findings_foresee(&report->findings, &found);
}

/* No packet may have SPI 0; but if a key row has it, as in test vectors, there is an SA. */
static IPSEC_COLD bool has_spi_zero(const ipsec_db *db, const ipsec_view *view)
{
    return view->encapsulation == IPSEC_ENCAPSULATION_NONE &&
           ipsec_keyring_has(db->opener->ring, 0, view->protocol, NULL, 0);
}

/* Whether a packet with this header belongs to the traffic of an SA. */
static bool is_traffic(const ipsec_db *db, const ipsec_view *view, const ipsec_header *header)
{
    if (view->flags & IPSEC_VIEW_QUOTED || is_unseen(db, view) || header->subject != IPSEC_SUBJECT_HEADER)
        return false;
    if (view->encapsulation == IPSEC_ENCAPSULATION_UDP && view->length < IPSEC_ESP_IN_UDP_LEAST)
        return false; /* receivers hand it to IKE */
    return header->spi != 0 || has_spi_zero(db, view);
}

static inline bool is_confirmed(const ipsec_db *db, const ipsec_view *view, const ipsec_sa *sa)
{
    return ipsec_is_confirmed(db->peers, db->opener->ring, view, sa);
}

/* --- oddities: what some stacks object to although no finding covers it --- */

/* Faults that count only if the SA was seen to be used as its row says, because a capture in front of a NAT shows other
 * addresses and ports than the receiver gets. */
#define ELSEWHERE (IPSEC_ODDITY_OTHER_SOURCE | IPSEC_ODDITY_OTHER_PORTS | IPSEC_ODDITY_OTHER_LISTENER)

static IPSEC_COLD void look_closer(const ipsec_db *db, const ipsec_view *view, const ipsec_note *note,
                                   ipsec_report *report)
{
    report->ip_version = view->ip_version;
    report->oddities |= ipsec_oddities_of(view, note, report);
    if (!db->minded)
        report->oddities &= ~(ipsec_oddities)ELSEWHERE; /* life.at_home is not tracked for this receiver */
    if (ipsec_findings_have(&report->findings, IPSEC_FINDING_NATT_ESP_TOO_SHORT))
        report->oddities |= ipsec_open_ask(db->opener, view, report->header.spi);
}

/* Drops the oddities that do not count, and announces that there may be findings if the receiver objects to any of the
 * rest. */
static void mind(const ipsec_db *db, const ipsec_note *note, ipsec_report *report)
{
    if (!(note->facts & IPSEC_NOTE_ELSEWHERE))
        report->oddities &= ~(ipsec_oddities)ELSEWHERE;
    if (report->oddities & db->minded)
        ipsec_findings_foresee_any(&report->findings);
}

static IPSEC_COLD void judge_oddities(const ipsec_db *db, const ipsec_view *view, ipsec_sa *sa,
                                      const ipsec_ruling *ruling, ipsec_note *note, ipsec_report *report)
{
    look_closer(db, view, note, report);
    if (sa && report->oddities & ELSEWHERE)
        note->facts |= sa->life.at_home ? IPSEC_NOTE_ELSEWHERE : 0;
    else if (sa && ruling->standing == IPSEC_VERIFIED)
        sa->life.at_home = true;
    mind(db, note, report);
}

/* The properties that this header is the first of its SA to show. A packet that the SA's peer did not send shows none.
 */
static uint16_t new_properties(ipsec_sa *sa, const ipsec_ruling *ruling, const ipsec_findings *findings)
{
    unsigned shown = 0;

    if (sa->keys.icv_good && !ipsec_is_genuine(ruling))
        return 0;
    for (unsigned i = 0; i < findings->count; i++)
        shown |= ipsec_catalogue((ipsec_finding_id)findings->list[i].id)->property;
    shown &= ~(unsigned)sa->properties;
    sa->properties |= (uint8_t)shown;
    return (uint16_t)shown;
}

static const ipsec_key_row *spec_of(const ipsec_db *db, const ipsec_sa *sa, const ipsec_ruling *ruling)
{
    return ruling->has_row ? &ipsec_keyring_row(db->opener->ring, sa->keys.row)->spec : NULL;
}

/* Whether the receiver accepts the packet, as far as the state of its SA is concerned. */
static inline bool is_taken(const ipsec_db *db, const ipsec_ruling *ruling, const ipsec_note *note,
                            const ipsec_report *report)
{
    /* A packet whose finding is on the SA rather than on its number is not a new one either. */
    if (!ipsec_is_genuine(ruling) || ipsec_note_is_not_new(note) || ipsec_note_has(note, IPSEC_FINDING_SA_NO_REPLAY) ||
        ipsec_note_has(note, IPSEC_FINDING_SA_SENDERS))
        return false;
    return !report->findings.any || ipsec_receiver_moves_window(db->config.receiver, report);
}

/* Any packet that gets this far ends the SA, even a forged one: lifetimes are checked before the ICV. */
static bool is_over(const ipsec_db *db, const ipsec_key_row *spec, ipsec_sa *sa, ipsec_note *note,
                    const ipsec_report *report)
{
    if (!ipsec_life_is_limited(spec))
        return false;
    if (ipsec_note_has(note, IPSEC_FINDING_CAPTURE_DUPLICATE)) /* it arrived only once, and may have arrived in time */
        return false;
    if (!sa->life.expired && !ipsec_receiver_reaches(db->config.receiver, report, IPSEC_FINDING_SA_EXPIRED))
        return false;
    return ipsec_life_is_over(sa, ipsec_kind_of(report->header.protocol), spec, note);
}

/* A packet with another encapsulation than its SA's says nothing about where the sender is. */
static bool is_from_sender(const ipsec_ruling *ruling, const ipsec_report *report)
{
    return !ruling->unknown && ipsec_is_genuine(ruling) &&
           !ipsec_findings_have(&report->findings, IPSEC_FINDING_ESP_ENCAP_MISMATCH);
}

/* Two packets with right ICVs and the same number were made by somebody with the key, whichever the receiver
 * accepts. */
static bool is_made_twice(const ipsec_ruling *ruling, const ipsec_note *note)
{
    return (ipsec_note_has(note, IPSEC_FINDING_REPLAY_CONFLICT) || note->facts & IPSEC_NOTE_OTHER_OCTETS) &&
           !ipsec_note_has(note, IPSEC_FINDING_ESN_WRONG_HIGH) && ruling->standing == IPSEC_VERIFIED;
}

/* Octets of ICV at the end of the packet, as far as a key tells. */
static inline uint32_t icv_of(const ipsec_report *report)
{
    return report->opened.valid ? report->opened.icv_length : 0u;
}

/* What can still be learned from a packet that the receiver refuses, or that is not the sender's. */
static IPSEC_COLD void pass_over(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, const ipsec_key_row *spec,
                                 const ipsec_ruling *ruling, ipsec_note *note, const ipsec_report *report)
{
    if (ruling->has_row && db->opener->part_count > 0)
        ipsec_sequence_take_parts(&db->sequencer, sa, db->opener->parts, db->opener->part_count, note);
    if (!report->findings.whole && ruling->standing == IPSEC_UNPROVEN)
        ipsec_sequence_excuse(sa, ruling);
    if (sa->numbers.window.size == 0 && ipsec_is_genuine(ruling))
        ipsec_sequence_commit(&db->sequencer, sa, ruling, note);
    if (ipsec_life_is_stranger(note) && is_from_sender(ruling, report))
        ipsec_life_refuse(db->sas, view, sa, note);
    if (is_made_twice(ruling, note))
        ipsec_judge_iv(db, view, sa, spec, ruling, report->findings.whole, icv_of(report), note);
}

/* What the note says about the number, and the oddity that some stacks object to. */
static IPSEC_COLD void report_number(const ipsec_ruling *ruling, const ipsec_note *note, ipsec_report *report)
{
    ipsec_sequence_report(ruling, note, &report->number);
    if (note->before_by)
        report->oddities |= IPSEC_ODDITY_BEFORE_FIRST;
}

/* The first packet of an SA may show that IKE created after all what it seemed to refuse. */
static IPSEC_COLD void meet_first(ipsec_db *db, const ipsec_view *view, const ipsec_sa *sa, const ipsec_ruling *ruling)
{
    if (ipsec_sa_summary_at(db->sas, sa->index)->packets == 1 && ipsec_is_genuine(ruling) &&
        ipsec_exchanges_is_young(view))
        ipsec_ike_meet_spi(db->ike, view);
}

/* Judges a packet whose number is not the usual next one, or that is odd in another way. Returns whether the receiver
 * accepts it.
 */
static IPSEC_COLD bool judge_unusual(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, const ipsec_key_row *spec,
                                     const ipsec_ruling *ruling, ipsec_note *note, ipsec_report *report)
{
    report_number(ruling, note, report);
    report->number.first_seen = 0; /* until it is certain that the note is kept */
    meet_first(db, view, sa, ruling);
    if (note->any)
        ipsec_findings_foresee(&report->findings, &note->found);
    if (report->findings.any)
        report->anti_replay = (uint8_t)ipsec_anti_replay_of(&db->config, report);
    const bool over = spec && is_over(db, spec, sa, note, report);

    report->number.is_doubtful =
        note->facts & IPSEC_NOTE_DOUBTFUL && !ruling->unknown; /* a packet without an SA is certainly refused */
    if (over || !is_taken(db, ruling, note, report)) {
        pass_over(db, view, sa, spec, ruling, note, report);
        return false;
    }
    if (!ipsec_sequence_commit(&db->sequencer, sa, ruling, note))
        return false;
    /* The ruling already has the first of them. */
    if (ruling->has_row && db->opener->part_count > 1)
        ipsec_sequence_take_parts(&db->sequencer, sa, db->opener->parts + 1, db->opener->part_count - 1, note);
    return true;
}

/* What a packet that is taken moves besides the window, if its number is not the usual next one. */
static IPSEC_COLD void take_unusual(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, const ipsec_key_row *spec,
                                    const ipsec_ruling *ruling, ipsec_note *note, const ipsec_report *report)
{
    ipsec_life_spend(sa, ipsec_life_payload(view, report->findings.whole, &report->opened));
    if (is_from_sender(ruling, report))
        ipsec_life_follow(db->sas, view, sa, report->header.sequence, note);
    if (!(note->facts & IPSEC_NOTE_REPEATED))
        ipsec_judge_iv(db, view, sa, spec, ruling, report->findings.whole, icv_of(report), note);
}

/* The usual next number is accepted unless the SA has ended. */
static inline void judge_usual(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, const ipsec_key_row *spec,
                               ipsec_ruling *ruling, ipsec_note *note, ipsec_report *report)
{
    ipsec_sequence_report_next(ipsec_sequence_rule_next(sa, ruling), &report->number);
    if (spec && is_over(db, spec, sa, note, report)) {
        pass_over(db, view, sa, spec, ruling, note, report);
        report->number.is_doubtful = note->facts & IPSEC_NOTE_DOUBTFUL;
        return;
    }
    ipsec_take_next(db, view, sa, report->header.sequence, ruling->unknown,
                    ipsec_life_payload(view, report->findings.whole, &report->opened), note);
    ipsec_judge_iv(db, view, sa, spec, ruling, report->findings.whole, icv_of(report), note);
}

/* Judges the number, the window, the lifetime and the sender. */
static inline void judge_neighbours(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_ruling *ruling,
                                    ipsec_note *note, ipsec_report *report)
{
    const ipsec_key_row *spec = spec_of(db, sa, ruling);

    ruling->followed = true;
    ruling->sequence = report->header.sequence;
    if (ipsec_sequence_place(&db->sequencer, view, sa, ruling, note, &report->findings))
        judge_usual(db, view, sa, spec, ruling, note, report);
    else if (judge_unusual(db, view, sa, spec, ruling, note, report))
        take_unusual(db, view, sa, spec, ruling, note, report);
}

/* Adds to the advice what ICMP errors said of the SA and of its peer. */
static IPSEC_COLD void advise_from_icmp(const ipsec_db *db, const ipsec_view *view, const ipsec_ruling *ruling,
                                        const ipsec_note *note, ipsec_report *report)
{
    if (ipsec_note_has(note, IPSEC_FINDING_SA_ABOVE_MTU))
        ipsec_above_advise(&db->icmp->mtus, view, ruling, &report->opened, &report->findings);
    if (note->facts & IPSEC_NOTE_PEER_LACKS)
        ipsec_icmp_blame_peer(&report->findings);
}

/* Names the frame in which IKE deleted the SA. */
static IPSEC_COLD void advise_from_ike(const ipsec_db *db, const ipsec_view *view, ipsec_report *report)
{
    const ipsec_negotiated *of = db->sas->negotiations ? ipsec_negotiated_at(db->sas, view, report->header.spi) : NULL;
    ipsec_finding_set deleted = IPSEC_FINDING_SET_EMPTY;

    if (!of || !of->is_deleted)
        return;
    ipsec_finding_set_add(&deleted, IPSEC_FINDING_SA_DELETED);
    ipsec_findings_advise(&report->findings, &deleted, (ipsec_advice_detail){.advice_case = IPSEC_CASE_DELETED});
    for (unsigned i = 0; i < report->findings.count; i++)
        if (ipsec_advice_names_frame(report->findings.list[i].advice_case))
            report->findings.list[i].detail = of->deleted_by;
}

/* While it is not known whether a flow in UDP is IPsec, nothing is reported on the number. It is remembered all the
 * same; otherwise a flow that somebody keeps from being confirmed could be replayed. */
static IPSEC_COLD void remember_number(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, const ipsec_ruling *ruling,
                                       const ipsec_report *report)
{
    ipsec_ruling own = *ruling;
    ipsec_note unsaid = {0};

    own.sequence = report->header.sequence;
    if (ipsec_sequence_place(&db->sequencer, view, sa, &own, &unsaid, &report->findings))
        ipsec_sequence_step(&db->sequencer, sa, &unsaid);
    else if (is_taken(db, &own, &unsaid, report))
        ipsec_sequence_commit(&db->sequencer, sa, &own, &unsaid);
}

/* A payload that is not ESP keeps neither findings on ESP nor an SA. */
static IPSEC_COLD void disown(const ipsec_view *view, ipsec_ruling *ruling, ipsec_note *note, ipsec_report *report)
{
    report->sa = IPSEC_SA_NONE;
    report->opened.valid = false;
    report->oddities = 0;
    report->unproven = false;
    report->refused_by = view->refused_by;
    report->verdict = IPSEC_VERDICT_UNCHECKED;
    *note = (ipsec_note){0};
    ipsec_note_add(note, IPSEC_FINDING_NATT_NOT_ESP);
    ipsec_ruling_begin(ruling, view, IPSEC_SA_NONE);
}

/* Says that the rest of the packet, or its first part, is in another frame. */
static void report_fragment(ipsec_report *report, uint32_t frame)
{
    report->fragment = frame;
    ipsec_findings_add(&report->findings,
                       report->header.protocol == IPSEC_PROTOCOL_AH ? IPSEC_FINDING_AH_MISSING_FRAGMENT
                                                                    : IPSEC_FINDING_ESP_MISSING_FRAGMENT,
                       0, 0);
}

/* Nothing is missing if the ICV verifies: a fragment that would fit after it belongs to another packet. */
static bool is_whole_for_sure(const ipsec_report *report)
{
    return report->opened.valid && report->opened.icv_status == IPSEC_ICV_GOOD;
}

/* Reports it if a packet that looks whole is only the first fragment of one. */
static IPSEC_COLD void look_for_rest(const ipsec_db *db, const ipsec_view *view, ipsec_report *report)
{
    const uint32_t rest = is_whole_for_sure(report) || report->header.subject != IPSEC_SUBJECT_HEADER
                              ? 0
                              : ipsec_fragments_rest_of(db->fragments, view);

    if (rest > 0)
        report_fragment(report, rest);
}

/* Measures the header and what is in front of it, because findings refer to both. */
static void measure(const ipsec_view *view, ipsec_report *report)
{
    const ipsec_header_kind *kind = ipsec_kind_of(view->protocol);
    const bool is_next = view->outer && view->outer + view->outer_length == view->data;
    const bool has_length = kind->length && ipsec_view_has(view, 2);

    report->octets = has_length ? MIN(kind->length(view->data), view->captured) : view->captured;
    report->in_front = is_next ? view->outer_length : 0;
}

/* Collects the findings on the header, on its key and on its neighbours. */
static IPSEC_COLD void assemble(const ipsec_db *db, const ipsec_view *view, const ipsec_ruling *ruling,
                                const ipsec_note *note, ipsec_report *report)
{
    if (ipsec_note_has(note, IPSEC_FINDING_NATT_NOT_ESP))
        ipsec_findings_begin(&report->findings, false);
    if (!db->minded)
        look_closer(db, view, note, report);
    if (ruling->followed && note->zero_by == 0)
        ipsec_findings_remove(&report->findings, IPSEC_FINDING_SEQ_ZERO); /* it is the 0 of a later epoch */
    if (!db->config.report_reserved_spi)
        ipsec_findings_remove_property(&report->findings, IPSEC_PROPERTY_SPI_RESERVED);
    ipsec_note_report(note, &report->header, &report->number, &report->findings);
    measure(view, report);
    advise_from_icmp(db, view, ruling, note, report);
    advise_from_ike(db, view, report);
    if (report->fragment > 0)
        ipsec_findings_advise(&report->findings, &ipsec_findings_of_cut_packets,
                              (ipsec_advice_detail){.advice_case = IPSEC_CASE_FRAGMENT});
}

/* Concludes on a header with findings, and keeps its note; false if it has none. */
static IPSEC_COLD bool judge_findings(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_ruling *ruling,
                                      ipsec_note *note, ipsec_report *report)
{
    if (sa && ruling->followed && ipsec_mtus_have(&db->icmp->mtus, sa->index))
        ipsec_above_judge(&db->icmp->mtus, view, ruling, &report->findings, note);
    if (db->fragments->waiting > 0) {
        if (!is_whole_for_sure(report))
            ipsec_fragments_meet_first(db->fragments, view);
        look_for_rest(db, view, report);
    }
    if (!report->findings.any && !note->any)
        return false;
    report->number.first_seen = note->first_seen;
    if (ruling->unknown && ipsec_icmp_errors_peer_lacks(db->icmp, db->sas, view))
        note->facts |= IPSEC_NOTE_PEER_LACKS;
    assemble(db, view, ruling, note, report);
    if (sa)
        note->properties = new_properties(sa, ruling, &report->findings);
    ruling->confirmed = is_confirmed(db, view, sa);
    report->confirmed = ruling->confirmed;
    ipsec_conclude(&db->config, note, report);
    return true;
}

/* What was concluded from packets before the first one that verifies may have been caused by anybody. */
static IPSEC_COLD void meet_first_verified(ipsec_sa_table *table, ipsec_sa *sa)
{
    ipsec_sequence_forget_lost(table, sa);
    ipsec_sa_pair_leave(table, sa);
}

static ipsec_open_report open_report_of(ipsec_report *report)
{
    return (ipsec_open_report){.header = &report->header, .findings = &report->findings, .opened = &report->opened};
}

/* Whether the algorithms are known; lengths and terms depend on them. */
static bool has_algorithms(const ipsec_key_row *negotiated)
{
    if (ipsec_encrypts(negotiated->protocol))
        return negotiated->encryption != NULL;
    return negotiated->integrity->kind != IPSEC_MAC_NONE;
}

/* Fills in what IKE says of the SA. Returns it, or NULL. */
static const ipsec_negotiated *ask_ike(const ipsec_db *db, const ipsec_view *view, ipsec_open_report *report)
{
    const ipsec_negotiated *of = ipsec_negotiated_at(db->sas, view, report->header->spi);

    if (!of)
        return NULL;
    if (ipsec_negotiated_is_over(of, view))
        report->deleted_by = of->deleted_by;
    if (ipsec_negotiated_has_row(of, view) && has_algorithms(&of->row))
        report->negotiated = &of->row;
    return of;
}

/* The same on the first pass, when the time of the packet is judged, too. */
static void judge_negotiated(const ipsec_db *db, const ipsec_view *view, ipsec_note *note, ipsec_open_report *report)
{
    const ipsec_negotiated *of = ask_ike(db, view, report);

    if (!of || view->flags & IPSEC_VIEW_INSIDE_UNPROVEN)
        return;
    ipsec_negotiated_judge(db->sas, of, view, note);
    if (!ipsec_note_has(note, IPSEC_FINDING_SA_DELETED))
        return;
    note->facts |= db->config.sa_complete ? 0 : IPSEC_NOTE_MAY_LIVE;
    ipsec_findings_foresee(report->findings, &note->found);
    if (!db->config.sa_complete)
        ipsec_finding_set_add(&report->findings->assumed, IPSEC_FINDING_SA_DELETED);
}

/* Concludes from the result of opening a packet without findings: sets the verdict, and notes that no stack sees a
 * packet that IP discards because it has no length or broken options. */
static inline void conclude_opening(const ipsec_view *view, ipsec_report *report)
{
    if (!report->opened.valid)
        return;
    report->verdict = (uint8_t)ipsec_verdict_of_sound(report);
    if ((report->findings.whole && view->length == IPSEC_LENGTH_UNKNOWN) || report->opened.is_refused_by_ip)
        report->refused_by = IPSEC_STACKS_ALL;
}

static IPSEC_COLD void report_unproven(ipsec_report *report)
{
    const ipsec_open_report open_report = open_report_of(report);

    report->unproven = true;
    ipsec_opened_unproven(&open_report);
}

/* Finds the standing of the packet, if it is not clear from the start. */
static IPSEC_COLD void weigh(const ipsec_view *view, const ipsec_sa *sa, ipsec_ruling *ruling, ipsec_report *report)
{
    ruling->standing = ipsec_standing_of(sa, ruling, view->flags & IPSEC_VIEW_INSIDE_UNPROVEN);
    if (ruling->standing == IPSEC_UNPROVEN)
        report_unproven(report);
}

/* The same, if anything bears on its standing; otherwise it stays believed, the initial value. */
static inline void weigh_if_told(const ipsec_view *view, const ipsec_sa *sa, ipsec_ruling *ruling, ipsec_report *report)
{
    if (ruling->has_row || sa->keys.icv_good || view->flags & IPSEC_VIEW_INSIDE_UNPROVEN)
        weigh(view, sa, ruling, report);
}

static IPSEC_COLD void open_next(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_ruling *ruling,
                                 ipsec_note *note, ipsec_report *report)
{
    ipsec_open_report open_report = open_report_of(report);
    const bool was_good = sa->keys.icv_good;

    if (sa->is_negotiated)
        judge_negotiated(db, view, note, &open_report);
    ipsec_open_next(db->opener, view, sa, ruling, note, &open_report);
    conclude_opening(view, report);
    if (sa->keys.icv_good != was_good)
        meet_first_verified(db->sas, sa);
    weigh_if_told(view, sa, ruling, report);
    if (sa->is_negotiated && ipsec_is_genuine(ruling))
        ipsec_negotiated_count(db->sas, sa->index);
}

static IPSEC_COLD void open_without_key(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_ruling *ruling,
                                        ipsec_report *report)
{
    const ipsec_open_report open_report = open_report_of(report);

    ipsec_open_without_key(db->opener, view, &sa->keys.null, ruling, &open_report);
    conclude_opening(view, report);
}

/* Opens the packet if that may be of use, and finds its standing. */
static inline void open_and_weigh(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_ruling *ruling,
                                  ipsec_note *note, ipsec_report *report)
{
    if (db->opens && !sa->keys.nothing_to_try) {
        open_next(db, view, sa, ruling, note, report);
        return;
    }
    if (db->opens && !ipsec_null_probe_rests(&sa->keys.null))
        open_without_key(db, view, sa, ruling, report);
    weigh_if_told(view, sa, ruling, report);
}

/* Learns whether a packet in UDP is IPsec. Returns whether it is not ESP. */
static inline bool weigh_udp(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, const ipsec_ruling *ruling,
                             const ipsec_report *report)
{
    const bool may_be_foreign =
        !(sa && sa->confirmed) && report->header.subject == IPSEC_SUBJECT_HEADER && !(view->flags & IPSEC_VIEW_QUOTED);
    const bool foreign = may_be_foreign && ipsec_confirm_by_octets(sa, view, &report->header, &report->findings);

    ipsec_confirm(db->peers, view, sa, ruling, &report->header);
    return foreign && !is_confirmed(db, view, sa);
}

/* Where the packet stands among the others of its SA, once it is opened. Returns the SA, if it has one. */
static inline ipsec_sa *place_header(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_ruling *ruling,
                                     ipsec_note *note, ipsec_report *report)
{
    if (db->minded)
        judge_oddities(db, view, sa, ruling, note, report);
    if (view->encapsulation != IPSEC_ENCAPSULATION_NONE && weigh_udp(db, view, sa, ruling, report)) {
        disown(view, ruling, note, report);
        return NULL; /* what is not IPsec has no sequence numbers */
    }
    if (!sa || !report->header.has_sequence)
        return sa;
    if (is_confirmed(db, view, sa))
        judge_neighbours(db, view, sa, ruling, note, report);
    else if (!report->findings.any)
        remember_number(db, view, sa, ruling, report);
    return sa;
}

/* Moves the state of the SA, if the header belongs to one. Returns the SA. */
static inline ipsec_sa *judge_header(ipsec_db *db, const ipsec_view *view, ipsec_ruling *ruling, ipsec_note *note,
                                     ipsec_report *report)
{
    ipsec_sa *sa = NULL;

    if (is_traffic(db, view, &report->header)) {
        sa = ipsec_sa_get(db->sas, view, report->header.spi, note);
        report->sa = sa->index;
    }
    ipsec_ruling_begin(ruling, view, report->sa);
    if (sa)
        open_and_weigh(db, view, sa, ruling, note, report);
    return place_header(db, view, sa, ruling, note, report);
}

/* Keeps what later passes need. */
static inline void keep(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_ruling *ruling, ipsec_note *note,
                        ipsec_record *record, ipsec_report *report)
{
    if ((report->findings.any || note->any || db->watches) && judge_findings(db, view, sa, ruling, note, report) &&
        !ipsec_note_is_empty(note)) {
        ipsec_record_keep_noted(db->notes, view, ruling, note, record);
        return;
    }
    ipsec_record_keep(db->notes, view, ruling, record);
    if (note->facts & IPSEC_NOTE_FAR)
        report->number.has_highest = false; /* the note that says how far is not kept */
}

void ipsec_judge_taken(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_ruling *ruling, ipsec_note *note,
                       ipsec_record *record, ipsec_report *report)
{
    check(view, report);
    report->sa = sa->index;
    ipsec_sequence_report_next(sa->numbers.window.top - 1, &report->number);
    keep(db, view, sa, ruling, note, record, report);
}

void ipsec_judge_probed(ipsec_db *db, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record, ipsec_report *report)
{
    ipsec_note note = {0};
    ipsec_ruling ruling;
    const ipsec_open_report open_report = open_report_of(report);

    check(view, report);
    report->sa = sa->index;
    ipsec_ruling_begin(&ruling, view, report->sa);
    ipsec_open_probed(view, &sa->keys.null, &ruling, &open_report);
    conclude_opening(view, report);
    weigh_if_told(view, sa, &ruling, report);
    place_header(db, view, sa, &ruling, &note, report);
    keep(db, view, sa, &ruling, &note, record, report);
    ipsec_steady_begin(sa, view, db->opens);
}

ipsec_sa *ipsec_judge_long(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report)
{
    ipsec_note note = {0};
    ipsec_ruling ruling;
    ipsec_sa *sa;

    check(view, report);
    check_ip(db, view, &note, report);
    sa = judge_header(db, view, &ruling, &note, report);
    keep(db, view, sa, &ruling, &note, record, report);
    return sa;
}

void ipsec_judge(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report)
{
    ipsec_judge_long(db, view, record, report);
}

static void open_again(const ipsec_db *db, const ipsec_view *view, const ipsec_ruling *ruling, const ipsec_note *note,
                       ipsec_report *report)
{
    ipsec_open_report open_report = open_report_of(report);

    ask_ike(db, view, &open_report);
    ipsec_open_again(db->opener, view, ruling, note, &open_report);
    conclude_opening(view, report);
}

/* Opens a packet with what only later packets revealed about its SA. Shows what is inside, and adds nothing else.
 */
static IPSEC_COLD void open_in_hindsight(const ipsec_db *db, const ipsec_view *view, const ipsec_ruling *ruling,
                                         ipsec_report *report)
{
    const ipsec_open_report open_report = open_report_of(report);

    ipsec_open_in_hindsight(db->opener, view, ruling, &open_report);
}

/* If neither a key nor a shape opened the packet, shows what IKE says, or what the whole capture shows. */
static IPSEC_COLD void explain_negotiated(const ipsec_db *db, const ipsec_view *view, const ipsec_ruling *ruling,
                                          ipsec_report *report)
{
    ipsec_open_report open_report = open_report_of(report);

    ask_ike(db, view, &open_report);
    if (open_report.negotiated)
        ipsec_open_negotiated(db->opener, view, &open_report);
    else if (db->config.null_heuristic)
        open_in_hindsight(db, view, ruling, report);
}

/* Reads the ruling from the record, and returns its note; both are empty for a header that was not judged. */
static const ipsec_note *find_ruling(const ipsec_db *db, const ipsec_view *view, const ipsec_record *record,
                                     ipsec_ruling *ruling)
{
    if (record && ipsec_record_has(db->notes, record, view))
        return ipsec_record_read(db->notes, record, ruling);
    ipsec_ruling_begin(ruling, view, IPSEC_SA_NONE);
    ruling->confirmed = view->encapsulation == IPSEC_ENCAPSULATION_NONE;
    return ipsec_note_none(db->notes);
}

/* If the answer has not come by now, it was not captured, and it is not known what was early. */
static void withdraw_early(const ipsec_db *db, const ipsec_view *view, const ipsec_note *note, ipsec_report *report)
{
    const ipsec_negotiated *of;

    if (!ipsec_note_has(note, IPSEC_FINDING_SA_EARLY))
        return;
    of = ipsec_negotiated_at(db->sas, view, report->header.spi);
    if (!of || of->created_by == 0)
        ipsec_findings_remove(&report->findings, IPSEC_FINDING_SA_EARLY);
}

void ipsec_explain(const ipsec_db *db, const ipsec_view *view, const ipsec_record *record, ipsec_report *report)
{
    ipsec_ruling ruling;
    const ipsec_note *note = find_ruling(db, view, record, &ruling);

    check(view, report);
    ruling.sequence = report->header.sequence;
    report->sa = ruling.sa;
    if (ruling.has_row || ruling.shape || ruling.unknown)
        open_again(db, view, &ruling, note, report);
    else if (db->sas->negotiations && ruling.sa != IPSEC_SA_NONE)
        explain_negotiated(db, view, &ruling, report);
    else if (db->config.null_heuristic && ruling.sa != IPSEC_SA_NONE)
        open_in_hindsight(db, view, &ruling, report);
    if (ruling.standing == IPSEC_UNPROVEN)
        report_unproven(report);
    if (db->minded) {
        look_closer(db, view, note, report);
        mind(db, note, report);
    }
    if (ruling.followed)
        report_number(&ruling, note, report);
    report->number.is_doubtful = note->facts & IPSEC_NOTE_DOUBTFUL && !ruling.unknown;
    look_for_rest(db, view, report);
    if (!report->findings.any && !note->any)
        return;
    assemble(db, view, &ruling, note, report);
    withdraw_early(db, view, note, report);
    report->confirmed = ruling.confirmed || view->encapsulation == IPSEC_ENCAPSULATION_NONE;
    ipsec_conclude(&db->config, note, report);
}

bool ipsec_record_is_of(const ipsec_db *db, const ipsec_record *record, const ipsec_view *view)
{
    return ipsec_record_has(db->notes, record, view);
}

void ipsec_judge_fragment(ipsec_db *db, const ipsec_fragment *fragment)
{
    ipsec_fragments_meet(db->fragments, db->sequencer.recents, fragment);
    ipsec_db_find_watches(db);
}

void ipsec_explain_fragment(const ipsec_db *db, const ipsec_fragment *fragment, ipsec_report *report)
{
    const uint32_t first = ipsec_fragments_first_of(db->fragments, fragment->frame);

    *report = (ipsec_report){.header = {.protocol = fragment->protocol, .subject = IPSEC_SUBJECT_NOTHING},
                             .sa = IPSEC_SA_NONE,
                             .confirmed = true,
                             .verdict = IPSEC_VERDICT_UNCHECKED};
    if (first == 0)
        return;
    report->header.subject = IPSEC_SUBJECT_HEADER;
    report_fragment(report, first);
}
