/** @file
 * The central calls: judge a header once, explain it as often as needed.
 *
 * The first pass over a capture *judges*: it moves the state of the database and leaves a small record per
 * header. Later passes *explain*: the same packet and its record give the same verdict and findings.
 *
 * No call here keeps a pointer that it was given, prints, or touches anything but its arguments. A database
 * may be used by one thread at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IPSEC_H
#define IPSEC_CORE_IPSEC_H

#include "base/catalogue.h"
#include "base/config.h"
#include "base/limits.h"
#include "base/stack.h"
#include "base/wipe.h"
#include "ike/contents.h"
#include "ike/message.h"
#include "ike/names.h"
#include "ike/report.h"
#include "ike/shown.h"
#include "icmp/error.h"
#include "keys/spec.h"
#include "keys/xfrm_state.h"
#include "packet/fragment.h"
#include "packet/ip.h"
#include "packet/place.h"
#include "packet/reassembled.h"
#include "packet/view.h"
#include "report/advice.h"
#include "report/conclusion.h"
#include "report/inventory.h"
#include "report/receiver.h"
#include "report/report.h"
#include "report/tally.h"
#include "report/windows.h"
#include "sa/record.h"
#include "sa/summary.h"

#include <stdbool.h>
#include <stdint.h>

/** The state of one capture. */
typedef struct ipsec_db ipsec_db;

/** An empty database with a copy of *config. Free it with ipsec_db_free(). Never NULL: allocation failure
 * ends the program, as everywhere in GLib. */
ipsec_db *ipsec_db_new(const ipsec_config *config);

/** Frees a database; NULL is fine. */
void ipsec_db_free(ipsec_db *db);

/**
 * Adds a key row, a copy of *spec. Of several rows that fit an SA the first one added is taken, so rows must come in
 * the order in which they are preferred, and before the first header is judged. Rows that differ in their keys only are
 * all tried.
 *
 * @return false, and the row is not used, if there are IPSEC_KEYS_PER_SA of these already
 */
bool ipsec_db_add(ipsec_db *db, const ipsec_key_row *spec);

/** Number of SAs seen so far; the indices run from 0 to one below. An SA that was forgotten and comes back gets another
 * index. */
uint32_t ipsec_db_sa_count(const ipsec_db *db);

/** Sets *summary to those of SA number `index`, forgotten or not. False if there is none. */
bool ipsec_db_sa(const ipsec_db *db, uint32_t index, ipsec_sa_summary *summary);

/** How often the limits were reached so far that all SAs and hosts share. */
const ipsec_limits *ipsec_db_limits(const ipsec_db *db);

/** What IKE says of SA number `index` in the end. False if it says nothing, or IKE is not known. */
bool ipsec_db_sa_ike(const ipsec_db *db, uint32_t index, ipsec_sa_ike *ike);

/**
 * Judges the next header of the capture.
 *
 * Headers must be given in the order in which they were captured; of one frame, the outer header first.
 * Does not allocate for a header that nothing is said of, except for the first ones of an SA, of a sender or with a key
 * row, for the first IKE message between two peers, and where numbers or IVs do not follow each other.
 *
 * @param view    the header; see ipsec_view for what must be readable
 * @param record  filled in, for ipsec_explain()
 * @param report  filled in
 */
void ipsec_judge(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report);

/**
 * The same where most headers need no report: then this is a fraction of the work.
 *
 * The quick path is for the next packet of an SA of which all is known and nothing is wrong. It is no second set of
 * rules. `base/facts.def` lists what must be true of a packet, and its SA, that takes it; each row of the catalogue
 * names the fact that rules its finding out, and if one names none, no packet takes the path. What the packet moves
 * (window, lifetime, sender, IV) it moves by the calls of the long way, `usual.h`. If that finds something, the end of
 * the long way reports it. So a rule is changed in one place; a new finding is safe before anybody has thought of this
 * path; and a build with IPSEC_BOTH_WAYS judges everything twice and compares.
 *
 * @return whether nothing is said of the header: then *report was not written, and is that of a header of its SA
 *         without findings, see ipsec_explain()
 */
bool ipsec_judge_briefly(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report);

/**
 * Says again what ipsec_judge() said, without moving any state.
 *
 * No record, whatever is in it, leads to a read outside of the view or of the database.
 *
 * @param record  what ipsec_judge() left for this header. With NULL, or with that of another header, the header is
 *                judged on its own octets alone.
 */
void ipsec_explain(const ipsec_db *db, const ipsec_view *view, const ipsec_record *record, ipsec_report *report);

/** Whether a record, of the same frame, is of this header: it is at the same place and read as the same kind. The
 * record of another header says nothing about it. */
bool ipsec_record_is_of(const ipsec_db *db, const ipsec_record *record, const ipsec_view *view);

/** Takes note of an IP fragment of ESP or AH, of each that has More Fragments set or an offset, in the order in which
 * they were captured; whatever is given to ipsec_judge() besides. */
void ipsec_judge_fragment(ipsec_db *db, const ipsec_fragment *fragment);

/** Reports on a fragment, on any pass: nothing (see ipsec_report_has_subject()), unless it is an orphan whose first
 * part is known by now. */
void ipsec_explain_fragment(const ipsec_db *db, const ipsec_fragment *fragment, ipsec_report *report);

/** Whether the view is an IKE message in which a dissector that has its key may show something. */
bool ipsec_may_hide_ike(const ipsec_view *view);

/**
 * Reads what a dissector shows of an IKE message, on the first pass, in front of ipsec_judge_ike().
 *
 * @return whether that is to be believed; then *contents is set to what the message says
 */
bool ipsec_read_hidden_ike(ipsec_db *db, const ipsec_view *view, const ipsec_ike_shown *shown,
                           ipsec_ike_contents *contents);

/**
 * Judges an IKE message, on the first pass, in the order in which they were captured: what ipsec_judge() has reported
 * as IPSEC_SUBJECT_IKE.
 *
 * @param view      the UDP payload
 * @param contents  what the message says inside, see ipsec_read_hidden_ike(); NULL where nobody can tell. What stands
 * in clear the core reads itself
 * @param report    filled in; nothing in it (see ipsec_ike_report.is_ike) for what an ICMP error quotes
 */
void ipsec_judge_ike(ipsec_db *db, const ipsec_view *view, const ipsec_ike_contents *contents,
                     ipsec_ike_report *report);

/** Says again what ipsec_judge_ike() said, on later passes, without moving any state: but for findings that are
 * is_later, and with what is known by now of the other message of its exchange and of its IKE SA. */
void ipsec_explain_ike(const ipsec_db *db, const ipsec_view *view, ipsec_ike_report *report);
/** Sets *progress to what has become of an IKE SA since its last message, where an ICMP error or an SA of ESP or AH
 * tells it; each once. False if there is nothing new. */
bool ipsec_db_ike_news(ipsec_db *db, ipsec_ike_progress *progress);

/* --- ICMP errors --- */

/** Takes note of an ICMP error, in the order in which they and all headers were captured. It moves nothing but the path
 * MTU that is reported for an SA, and what leads from it to the packet that it quotes and back. */
void ipsec_judge_icmp(ipsec_db *db, const ipsec_icmp_view *view);

/** Reports on an ICMP error that was judged, on any pass: with no finding, if it does not speak of IPsec. */
void ipsec_explain_icmp(const ipsec_db *db, const ipsec_icmp_view *view, ipsec_icmp_report *report);

/** The lowest path MTU that was reported for SA number `sa` up to that frame (ipsec_view.frame); 0: none was. */
uint32_t ipsec_db_sa_mtu(const ipsec_db *db, uint32_t sa, uint32_t frame);

/** The frame of the first ICMP error that quotes a packet of the SA in that frame, once it was judged; 0: none does. Of
 * IKE packets with IPSEC_SA_NONE. */
uint32_t ipsec_db_answered_by(const ipsec_db *db, uint32_t frame, uint32_t sa);

#endif
