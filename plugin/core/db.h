/** @file
 * The database: all state of one capture. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_DB_H
#define IPSEC_CORE_DB_H

#include "evidence/confirmed.h"
#include "evidence/fragments.h"
#include "evidence/peers.h"
#include "icmp/errors.h"
#include "ike/inside.h"
#include "ike/judge.h"
#include "ike/learn.h"
#include "ipsec.h"
#include "packet/ip_input.h"
#include "sa/life.h"
#include "sa/open.h"
#include "sa/records.h"
#include "sa/sa.h"
#include "sa/sequence.h"

#include <glib.h>

struct ipsec_db {
    ipsec_config config;
    ipsec_limits limits;
    ipsec_sa_table *sas;
    ipsec_opener *opener; /* separate, because explaining decrypts too, and changes nothing else of a const database */
    bool opens;           /* whether there is anything to open packets with */
    bool has_quick_path;  /* whether there is one, see brief.c; next, whether it is open now */
    bool quick_path_is_open;
    ipsec_sequencer sequencer;
    ipsec_senders *senders;
    ipsec_peers *peers;
    ipsec_fragments *fragments;
    ipsec_ike_families *families;
    ipsec_ike_puzzles *puzzles;
    ipsec_icmp_errors *icmp;
    bool watches;  /* an orphan fragment waits for its first part, or an SA has a path MTU: even clean packets must be
                      looked at */
    GArray *notes; /* see records.h */
    ipsec_oddities minded; /* oddities on which the chosen receiver has a row, see oddity.def */
    ipsec_ike *ike;
    struct ipsec_db *twin; /* with IPSEC_BOTH_WAYS, see twin.h; else NULL */
};

/** Updates `watches` and `quick_path_is_open`; to be called after each change of what they depend on. */
void ipsec_db_find_watches(ipsec_db *db);

/** Whether every row of the catalogue says what rules it out, so that a packet may take the quick path. */
bool ipsec_brief_is_complete(void);

#endif
