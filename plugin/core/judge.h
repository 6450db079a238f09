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

#include "report/receiver.h"
#include "report/report.h"
#include "keys/spec.h"
#include "packet/view.h"

#include <stdbool.h>
#include <stdint.h>

/** What the user may choose. */
typedef struct ipsec_config {
    ipsec_stack receiver;     /**< decides which findings become IPSEC_VERDICT_DROP */
    bool report_reserved_spi; /**< whether SPIs 1-255 are a finding at all */
    bool sa_complete;       /**< the key rows are all SAs of the receivers that they name, so that others are unknown */
    bool null_heuristic;    /**< look for ESP-NULL among SAs without a key row (RFC 5879) */
    uint32_t replay_window; /**< packets; 0: no replay check; IPSEC_REPLAY_WINDOW_UNKNOWN: the SA's or the receiver's */
    uint64_t duplicate_time; /**< nanoseconds within which an identical frame is an artefact of the capture; 0: never */
    /** SAs whose state is kept at a time: for one more, another is forgotten, and begins anew if it comes back. Those
     * that have verified stay for longest, and those of a single packet go first. 0: IPSEC_SAS_DEFAULT. */
    uint32_t sas;
} ipsec_config;

/** SAs whose state is kept unless the user says otherwise. */
#define IPSEC_SAS_DEFAULT 1048576u

/** The defaults: IPSEC_STACK_RFC, reserved SPIs reported, key rows not complete, ESP-NULL looked for, the
 * window not set, duplicates within 5 ms, the state of IPSEC_SAS_DEFAULT SAs. */
ipsec_config ipsec_config_default(void);

/** The state of one capture. */
typedef struct ipsec_db ipsec_db;

/** What speaks for a packet. */
typedef enum {
    IPSEC_BELIEVED, /**< its SA has shown nothing to verify with: it is taken for the sender's */
    IPSEC_VERIFIED, /**< its ICV is right */
    IPSEC_UNPROVEN, /**< other packets of the SA have verified, and this one could not be tried; or it is inside such
                       one */
    IPSEC_FORGED    /**< its ICV is wrong */
} ipsec_standing;

/** What the first pass decided on one header: 32 octets. Plain data: may be copied and stored; means nothing without
 * the database that it came from, and nothing for another header: see ipsec_record_is_of(). */
typedef struct ipsec_record {
    uint32_t frame; /**< ipsec_view.frame; likewise the offset */
    uint32_t offset;
    uint32_t sa;       /**< index of the SA, or IPSEC_SA_NONE */
    uint32_t sequence; /**< as found in the header, if followed */
    uint32_t high;   /**< high half of the sequence number: the one that verified, else the one that is taken for it */
    int32_t advance; /**< how far the number is above the highest before it; negative: behind. Saturated */
    uint32_t note;   /**< what else there is to say: kept by the database under this number; 0: nothing */
    uint32_t buffer : 12;     /**< ipsec_view.buffer */
    uint32_t ah : 1;          /**< the header is AH, else ESP */
    uint32_t udp : 1;         /**< and came in UDP */
    uint32_t icv : 2;         /**< ipsec_icv_status, if has_row */
    uint32_t has_row : 1;     /**< a key row was used: the one that ipsec_keyring_find() gives */
    uint32_t esn : 1;         /**< the ICV verified with `high` */
    uint32_t trusted : 1;     /**< another packet of the SA had verified before, or this one did */
    uint32_t confirmed : 1;   /**< if there are findings: known to be IPsec, native or with evidence besides the port */
    uint32_t unknown : 1;     /**< the SPI is none of the receiver's */
    uint32_t placed : 1;      /**< `advance` counts */
    uint32_t standing : 2;    /**< ipsec_standing, if it belongs to an SA */
    uint32_t followed : 1;    /**< the number was judged: `sequence` and `high` count */
    uint32_t shape : 3;       /**< of ESP-NULL, plus 1; 0: not recognised as that */
    uint32_t alternative : 3; /**< position of the row among those for the same SA */
} ipsec_record;

/** Whether a packet may move the state of its SA. */
static inline bool ipsec_is_genuine(const ipsec_record *record)
{
    return record->standing <= IPSEC_VERIFIED;
}

/** Whether the record, of the same frame, is of this header: what stands at the same place and is read as the same. A
 * record of another one must not speak for it. */
static inline bool ipsec_record_is_of(const ipsec_record *record, const ipsec_view *view)
{
    return record->offset == view->offset && record->buffer == view->buffer &&
           record->ah == (view->protocol == IPSEC_PROTOCOL_AH) &&
           record->udp == (view->encapsulation == IPSEC_ENCAPSULATION_UDP);
}

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
bool ipsec_db_add(ipsec_db *db, const ipsec_spec *spec);

/** Number of SAs seen so far; the indices run from 0 to one below. An SA that was forgotten and comes back gets another
 * index. */
uint32_t ipsec_db_sa_count(const ipsec_db *db);

/** The life of an SA as far as the capture was judged: totals once its end is reached. */
typedef struct ipsec_sa_facts {
    /** Octets of its packets from the ESP or AH header on, as on the wire; of a packet whose length is not known, those
     * that were captured. */
    uint64_t octets;
    uint32_t packets;     /**< headers that name the SA, whatever is wrong with them, and those captured twice twice */
    uint32_t first_frame; /**< ipsec_view.frame of the first of them */
    uint32_t last_frame;  /**< and of the last */
    uint32_t reverse;     /**< index of the SA of the other direction, or IPSEC_SA_NONE if none was seen */
    uint32_t lost;        /**< numbers that left the receiver's window unseen: lost, or not captured */
    uint32_t successor;   /**< index of the SA that took over from it (RFC 7296 2.8), or IPSEC_SA_NONE */
} ipsec_sa_facts;

/** Sets *facts to those of SA number `index`, forgotten or not. False if there is none. */
bool ipsec_db_sa(const ipsec_db *db, uint32_t index, ipsec_sa_facts *facts);

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
 * Says again what ipsec_judge() said, without moving any state.
 *
 * No record, whatever is in it, leads to a read outside of the view or of the database.
 *
 * @param record  what ipsec_judge() left for this header. With NULL, or with that of another header, the header is
 *                judged on its own octets alone.
 */
void ipsec_explain(const ipsec_db *db, const ipsec_view *view, const ipsec_record *record, ipsec_report *report);

#endif
