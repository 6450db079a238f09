/** @file
 * With IPSEC_BOTH_WAYS, every database has a twin in which packets are judged the long way, and both are compared after
 * each packet: record, report and the state of the SA. The program aborts if they differ. For tests; it takes twice as
 * long. Internal to the core.
 *
 * To be included last by files that define a function which changes the state of a database: it gets another name
 * there, and twin.c has a function with the original name that calls it for both.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_TWIN_H
#define IPSEC_CORE_TWIN_H

#include "db.h"

#ifdef IPSEC_BOTH_WAYS

/** @name The same for a single database. */
/**@{*/
ipsec_db *ipsec_one_db_new(const ipsec_config *config);
void ipsec_one_db_free(ipsec_db *db);
bool ipsec_one_db_add(ipsec_db *db, const ipsec_key_row *spec);
bool ipsec_one_db_ike_news(ipsec_db *db, ipsec_ike_progress *progress);
void ipsec_one_judge(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report);
bool ipsec_one_judge_briefly(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report);
void ipsec_one_judge_fragment(ipsec_db *db, const ipsec_fragment *fragment);
bool ipsec_one_read_hidden_ike(ipsec_db *db, const ipsec_view *view, const ipsec_ike_shown *shown,
                               ipsec_ike_contents *contents);
void ipsec_one_judge_ike(ipsec_db *db, const ipsec_view *view, const ipsec_ike_contents *contents,
                         ipsec_ike_report *report);
void ipsec_one_judge_icmp(ipsec_db *db, const ipsec_icmp_view *view);
/**@}*/

#ifndef IPSEC_TWIN_ITSELF
#define ipsec_db_new          ipsec_one_db_new
#define ipsec_db_free         ipsec_one_db_free
#define ipsec_db_add          ipsec_one_db_add
#define ipsec_db_ike_news     ipsec_one_db_ike_news
#define ipsec_judge           ipsec_one_judge
#define ipsec_judge_briefly   ipsec_one_judge_briefly
#define ipsec_judge_fragment  ipsec_one_judge_fragment
#define ipsec_read_hidden_ike ipsec_one_read_hidden_ike
#define ipsec_judge_ike       ipsec_one_judge_ike
#define ipsec_judge_icmp      ipsec_one_judge_icmp
#endif

#endif

#endif
