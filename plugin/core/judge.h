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
#ifndef IPSEC_CORE_JUDGE_H
#define IPSEC_CORE_JUDGE_H

#include "receiver.h"
#include "report.h"
#include "spec.h"
#include "view.h"

#include <stdbool.h>
#include <stdint.h>

/** What the user may choose. */
typedef struct ipsec_config {
    ipsec_stack receiver;     /**< decides which findings become IPSEC_VERDICT_DROP */
    bool report_reserved_spi; /**< whether SPIs 1-255 are a finding at all */
    bool sa_complete;    /**< the key rows are all SAs of the receivers that they name, so that others are unknown */
    bool null_heuristic; /**< look for ESP-NULL among SAs without a key row (RFC 5879) */
} ipsec_config;

/** The defaults: IPSEC_STACK_RFC, reserved SPIs reported, key rows not complete, ESP-NULL looked for. */
ipsec_config ipsec_config_default(void);

/** The state of one capture. */
typedef struct ipsec_db ipsec_db;

/** What the first pass decided on one header. Plain data: may be copied and stored; means nothing without
 * the database that it came from. */
typedef struct ipsec_record {
    uint32_t sa;            /**< index of the SA, or IPSEC_SA_NONE */
    uint32_t key;           /**< what the packet was opened with, see open.h */
    uint32_t high;          /**< if esn: high half of the sequence number that verified */
    uint16_t properties;    /**< ipsec_property bits that this header was the first of its SA to show */
    uint8_t hint, detail;   /**< of the finding on its key, ICV or SPI */
    uint8_t confirmed : 1;  /**< if there are findings: known to be IPsec, native or with evidence besides the port */
    uint8_t icv : 2;        /**< ipsec_icv_status, if a key row was used */
    uint8_t esn : 1;        /**< the ICV verified with a high half */
    uint8_t trusted : 1;    /**< another packet of the SA had verified before, or this one did */
    uint8_t unknown : 1;    /**< the SPI is none of the receiver's */
    uint8_t wrong_high : 1; /**< the high half is not the one that the receiver takes */
} ipsec_record;

/** An empty database with a copy of *config. Free it with ipsec_db_free(). Never NULL: allocation failure
 * ends the program, as everywhere in GLib. */
ipsec_db *ipsec_db_new(const ipsec_config *config);

/** Frees a database; NULL is fine. */
void ipsec_db_free(ipsec_db *db);

/** Adds a key row, a copy of *spec. Of several rows that fit an SA the first one added is taken, so rows must come in
 * the order in which they are preferred, and before the first header is judged. */
void ipsec_db_add(ipsec_db *db, const ipsec_spec *spec);

/** Number of SAs seen so far; the indices run from 0 to one below. */
uint32_t ipsec_db_sa_count(const ipsec_db *db);

/**
 * Judges the next header of the capture.
 *
 * Headers must be given in the order in which they were captured; of one frame, the outer header first.
 * Does not allocate, except for the first header of an SA or with a key row, for the first IKE message between two
 * peers, and where it is looked into why nothing verifies.
 *
 * @param view    the header; see ipsec_view for what must be readable
 * @param record  filled in, for ipsec_explain()
 * @param report  filled in
 */
void ipsec_judge(ipsec_db *db, const ipsec_view *view, ipsec_record *record, ipsec_report *report);

/**
 * Says again what ipsec_judge() said, without moving any state.
 *
 * @param record  what ipsec_judge() left for this header, or NULL if it never saw it: then the header is
 *                judged on its own octets alone
 */
void ipsec_explain(const ipsec_db *db, const ipsec_view *view, const ipsec_record *record, ipsec_report *report);

#endif
