/* Creates the database, fills it with keys, answers questions about SAs, and frees it. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#include "db.h"
#include "report/oddities.h"
#include "sa/exchanges.h"
#include "sa/hints.h"
#include "sa/negotiated.h"

#include "twin.h"

ipsec_db *ipsec_db_new(const ipsec_config *config)
{
    ipsec_db *db = g_new0(ipsec_db, 1);

    db->config = *config;
    db->sas = ipsec_sa_table_new(config->sas, &db->limits);
    db->opener = g_new0(ipsec_opener, 1);
    db->opener->ring = ipsec_keyring_new();
    db->opener->sas = db->sas;
    db->opener->config = &db->config;
    db->opener->limits = &db->limits;
    db->opens = config->null_heuristic;
    db->sequencer = (ipsec_sequencer){.config = &db->config, .sas = db->sas, .recents = ipsec_recents_new(&db->limits)};
    db->senders = ipsec_senders_new(&db->limits);
    db->peers = ipsec_peers_new(&db->limits);
    db->minded = ipsec_oddities_minded(config->receiver);
    db->has_quick_path = config->receiver == IPSEC_STACK_RFC && !db->minded && ipsec_brief_is_complete();
    db->fragments = ipsec_fragments_new(&db->limits);
    db->families = ipsec_ike_families_new(&db->limits);
    db->puzzles = ipsec_ike_puzzles_new(&db->limits);
    db->icmp = ipsec_icmp_errors_new(&db->limits);
    db->notes = ipsec_notes_new();
    db->ike = ipsec_ike_new(config->duplicate_time, &db->limits);
    ipsec_db_find_watches(db);
    return db;
}

static void free_opener(ipsec_opener *opener)
{
    ipsec_keyring_free(opener->ring);
    g_free(opener->plaintext);
    g_free(opener->outer);
    g_free(opener->senders);
    g_free(opener);
}

void ipsec_db_free(ipsec_db *db)
{
    if (!db)
        return;
    free_opener(db->opener);
    ipsec_sa_table_free(db->sas);
    ipsec_recents_free(db->sequencer.recents);
    ipsec_senders_free(db->senders);
    ipsec_peers_free(db->peers);
    ipsec_fragments_free(db->fragments);
    ipsec_ike_families_free(db->families);
    ipsec_ike_puzzles_free(db->puzzles);
    ipsec_icmp_errors_free(db->icmp);
    g_array_free(db->notes, true);
    ipsec_ike_free(db->ike);
    g_free(db);
}

bool ipsec_db_add(ipsec_db *db, const ipsec_key_row *spec)
{
    db->opens = true;
    return ipsec_keyring_add(db->opener->ring, spec);
}

uint32_t ipsec_db_sa_count(const ipsec_db *db)
{
    return ipsec_sa_count(db->sas);
}

bool ipsec_db_sa(const ipsec_db *db, uint32_t index, ipsec_sa_summary *summary)
{
    if (index >= ipsec_sa_count(db->sas))
        return false;
    *summary = *ipsec_sa_summary_at(db->sas, index);
    return true;
}

bool ipsec_db_sa_ike(const ipsec_db *db, uint32_t index, ipsec_sa_ike *ike)
{
    const ipsec_negotiated *of = ipsec_negotiated_of(db->sas, index);

    *ike = (ipsec_sa_ike){0};
    if (!of) {
        ipsec_exchanges_beside(db->sas, index, ike);
        if (db->sas->hints)
            ipsec_hints_tell(db->sas->hints, index, ike);
        return ike->maybe_created_by || ike->maybe_deleted_by;
    }
    if (of->is_refused)
        return false;
    *ike = (ipsec_sa_ike){.created_by = of->created_by ? of->created_by : of->named_by, .deleted_by = of->deleted_by};
    return true;
}

const ipsec_limits *ipsec_db_limits(const ipsec_db *db)
{
    return &db->limits;
}

void ipsec_db_find_watches(ipsec_db *db)
{
    db->watches = db->fragments->waiting > 0 || db->icmp->mtus.count > 0;
    db->quick_path_is_open = db->has_quick_path && !db->watches;
}
