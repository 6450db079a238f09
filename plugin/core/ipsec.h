/** @file
 * The central calls: judge a header once, explain it as often as needed.
 *
 * The first pass over a capture *judges*: it moves the state of the database and leaves a small record per
 * header. Later passes *explain*: the same packet and its record give the same verdict and findings.
 *
 * No call here keeps a pointer that it was given, prints, or changes anything but its arguments. A database may be used
 * by one thread at a time.
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
 * Adds a key row, a copy of *spec. If several rows fit an SA, the first one added is used, so add rows in order of
 * preference, and before the first header is judged. Rows that differ only in their keys are all tried.
 *
 * @return false, and the row is not used, if there are IPSEC_KEYS_PER_SA of these already
 */
bool ipsec_db_add(ipsec_db *db, const ipsec_key_row *spec);

/** Number of SAs seen so far; their indices begin at 0. An SA that was forgotten and comes back gets another index. */
uint32_t ipsec_db_sa_count(const ipsec_db *db);

/** Sets *summary to that of SA number `index`, forgotten or not. False if there is no such SA. */
bool ipsec_db_sa(const ipsec_db *db, uint32_t index, ipsec_sa_summary *summary);

/** How often the limits were reached so far that all SAs and hosts share. */
const ipsec_limits *ipsec_db_limits(const ipsec_db *db);

/** Sets *ike to what IKE says of SA number `index` in the whole capture. False if it says nothing, or IKE is not known.
 */
bool ipsec_db_sa_ike(const ipsec_db *db, uint32_t index, ipsec_sa_ike *ike);

/**
 * Judges the next header of the capture.
 *
 * Headers must be given in the order in which they were captured; of one frame, the outer header first. Allocates
 * nothing for a header without findings, except for the first ones of an SA, of a sender or with a key row, for the
 * first IKE message between two peers, and if numbers or IVs are not consecutive.
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
 * names the fact that rules its finding out, and if one names none, no packet takes the path. What packets move
 * (window, lifetime, sender, IV) is moved by the functions of the long way; for the window and the lifetime of a steady
 * SA, for many packets at once (`sa/steady.h`). If that finds something, the end of the long way reports it. So a rule
 * is changed in one place; a new finding is safe before anybody has thought of this path; and a build with
 * IPSEC_BOTH_WAYS judges everything twice and compares.
 *
 * @return whether nothing is said of the header: then *report was not written, and is that of a header of its SA
 *         without findings, see ipsec_explain()
 */
bool ipsec_judge_briefly(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report);

/**
 * Repeats what ipsec_judge() reported, without moving any state.
 *
 * No record, whatever is in it, leads to a read outside of the view or of the database.
 *
 * @param record  what ipsec_judge() left for this header. With NULL, or with that of another header, the header is
 *                judged on its own octets alone.
 */
void ipsec_explain(const ipsec_db *db, const ipsec_view *view, const ipsec_record *record, ipsec_report *report);

/** Whether a record of the same frame belongs to this header: its header was at the same offset and of the same kind.
 * The record of another header says nothing about this one. */
bool ipsec_record_is_of(const ipsec_db *db, const ipsec_record *record, const ipsec_view *view);

/** Takes note of an IP fragment of ESP or AH. To be called for each packet that has More Fragments set or an offset, in
 * the order of capture, in addition to anything given to ipsec_judge(). */
void ipsec_judge_fragment(ipsec_db *db, const ipsec_fragment *fragment);

/** Reports on a fragment, on any pass: nothing (see ipsec_report_has_subject()), unless it is an orphan whose first
 * part is known by now. */
void ipsec_explain_fragment(const ipsec_db *db, const ipsec_fragment *fragment, ipsec_report *report);

/** Whether the view is an encrypted IKE message, in which a dissector that has the key may show something. */
bool ipsec_may_hide_ike(const ipsec_view *view);

/**
 * Reads what a dissector shows of an IKE message, on the first pass, before ipsec_judge_ike().
 *
 * @return whether that can be believed; then *contents is set to what the message says
 */
bool ipsec_read_hidden_ike(ipsec_db *db, const ipsec_view *view, const ipsec_ike_shown *shown,
                           ipsec_ike_contents *contents);

/**
 * Judges an IKE message (what ipsec_judge() has reported as IPSEC_SUBJECT_IKE) on the first pass, in the order of
 * capture.
 *
 * @param view      the UDP payload
 * @param contents  what the message says inside, see ipsec_read_hidden_ike(); NULL where nobody can tell. What stands
 * in clear the core reads itself
 * @param report filled in; empty (see ipsec_ike_report.is_ike) for a message that an ICMP error quotes
 */
void ipsec_judge_ike(ipsec_db *db, const ipsec_view *view, const ipsec_ike_contents *contents,
                     ipsec_ike_report *report);

/** On later passes, repeats what ipsec_judge_ike() reported, without moving any state. Only findings with is_later may
 * differ, and what is known by now of the other message of the exchange and of the IKE SA is filled in. */
void ipsec_explain_ike(const ipsec_db *db, const ipsec_view *view, ipsec_ike_report *report);
/** Sets *progress to what has become of an IKE SA since its last message, as an ICMP error or an SA of ESP or AH has
 * shown. Each change is returned once. False if there is nothing new. */
bool ipsec_db_ike_news(ipsec_db *db, ipsec_ike_progress *progress);

/* --- ICMP errors --- */

/** Takes note of an ICMP error; to be called in the order of capture, together with ipsec_judge(). It changes only the
 * path MTU that is reported for an SA, and the links between the error and the packet that it quotes. */
void ipsec_judge_icmp(ipsec_db *db, const ipsec_icmp_view *view);

/** Reports on an ICMP error that was judged, on any pass; without findings if it does not concern IPsec. */
void ipsec_explain_icmp(const ipsec_db *db, const ipsec_icmp_view *view, ipsec_icmp_report *report);

/** The lowest path MTU that was reported for SA number `sa` up to that frame (ipsec_view.frame); 0: none was. */
uint32_t ipsec_db_sa_mtu(const ipsec_db *db, uint32_t sa, uint32_t frame);

/** The frame of the first ICMP error that quotes a packet of SA `sa` in frame `frame`, as soon as the error was judged;
 * 0: there is none. For IKE packets, `sa` is IPSEC_SA_NONE. */
uint32_t ipsec_db_answered_by(const ipsec_db *db, uint32_t frame, uint32_t sa);

#endif
