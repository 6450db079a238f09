/** @file
 * Opening packets: which key an SA has, whether the ICV verifies, and what is inside. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_OPEN_H
#define IPSEC_CORE_OPEN_H

#include "base/config.h"
#include "keys/keyring.h"
#include "packet/checks.h"
#include "sa/generation.h"
#include "sa/note.h"
#include "sa/open_report.h"
#include "sa/sa.h"

#include <stdbool.h>

/** What opening needs besides the packet. */
typedef struct ipsec_opener {
    ipsec_keyring *ring;
    ipsec_sa_table *sas; /**< the database's */
    ipsec_generations *generations;
    const ipsec_config *config;
    uint8_t *plaintext;  /**< of the last packet; room for the largest, made when first needed */
    uint8_t *outer;      /**< the headers in front of the last AH as its ICV covers them; likewise */
    unsigned part_count; /**< of packets that were coalesced with the last one that had a row, itself among them */
    uint64_t parts[IPSEC_COALESCED_MOST]; /**< numbers of those that verified */
    uint32_t guessed;                     /**< the same of all rows as ipsec_key_row.guessed, for this costs much */
} ipsec_opener;

/**
 * Opens the next packet of an SA with its key row, or with the heuristics for ESP-NULL: moves what the SA knows of its
 * keys, fills in what record and note have on keys, and adds to the report.
 */
void ipsec_open_next(ipsec_opener *opener, const ipsec_view *view, ipsec_sa *sa, ipsec_record *record, ipsec_note *note,
                     const ipsec_open_report *report);

/** Opens a packet once more as its record and note say, and adds the same to the report. */
void ipsec_open_again(ipsec_opener *opener, const ipsec_view *view, const ipsec_record *record, const ipsec_note *note,
                      const ipsec_open_report *report);

#endif
