/** @file
 * What IKE says of SAs: their properties, when each was created and deleted, and which follows which. Internal to the
 * core.
 *
 * Everything is recorded with its frame and kept, so a later pass can ask again what was known when a packet came. Only
 * verified IKE messages count.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_NEGOTIATED_H
#define IPSEC_CORE_NEGOTIATED_H

#include "keys/spec.h"
#include "packet/view.h"
#include "sa/note.h"
#include "sa/sa.h"

#include <stdbool.h>
#include <stdint.h>

/** Value of a place in the table for no SA. */
#define IPSEC_NEGOTIATED_NONE UINT32_MAX

/** SAs that are kept; nothing is known from IKE about more than these. */
#define IPSEC_NEGOTIATED_MOST 65536u

/** One SA, in one direction. */
typedef struct ipsec_negotiated {
    uint64_t named_at;   /**< ipsec_view.time of the message that named its SPI */
    uint64_t created_at; /**< of the answer that created it; if created_by is not 0 */
    uint64_t deleted_at; /**< of the answer that deleted it; if is_deleted */
    uint32_t named_by;   /**< frame of the message that named it */
    uint32_t created_by; /**< frame of the answer; 0: there was none so far */
    uint32_t deleted_by; /**< of the answer to the request that deletes it, or of that request so far; 0: nothing
                            deletes it so far */
    uint32_t reverse;    /**< place of the SA of the other direction, or IPSEC_NEGOTIATED_NONE; likewise the next two */
    uint32_t predecessor; /**< the SA that it replaces (REKEY_SA) */
    uint32_t successor;
    uint32_t sa;        /**< index of the SA, if it was seen; or IPSEC_SA_NONE */
    uint32_t packets;   /**< genuine packets of it, as far as is known */
    bool is_refused;    /**< the answer was a refusal, so the SA never existed */
    bool is_deleted;    /**< `deleted_by` is final: the other side knows */
    bool has_restarted; /**< it was deleted by INITIAL_CONTACT */
    bool was_answered;  /**< its IKE SA had an answer before, so both directions are captured */
    ipsec_key_row row;  /**< its SPI; if created_by is not 0, also algorithms, mode and selector. Without keys */
} ipsec_negotiated;

/** The table of them. */
typedef struct ipsec_negotiations ipsec_negotiations;

/** Frees a table; NULL is fine. */
void ipsec_negotiations_free(ipsec_negotiations *negotiations);

/**
 * Enters the SA that a message names.
 *
 * @param to the destination of packets on the SA, and frame and time of the message
 * @return its place, or IPSEC_NEGOTIATED_NONE if there is no room
 */
uint32_t ipsec_negotiated_add(ipsec_sa_table *sas, const ipsec_view *to, uint32_t spi);

/** The SA at a place that ipsec_negotiated_add() returned. The table does not move it. */
ipsec_negotiated *ipsec_negotiated_get(const ipsec_sa_table *sas, uint32_t place);

/** The answer has come: from now on its row, which the caller has filled in, counts. `to` is as in
 * ipsec_negotiated_add(), with frame and time of the answer. */
void ipsec_negotiated_create(ipsec_sa_table *sas, uint32_t place, const ipsec_view *to);

/** The two are the directions of one Child SA. */
void ipsec_negotiated_join(ipsec_sa_table *sas, uint32_t place, uint32_t reverse);

/** `place` takes the place of `predecessor`. */
void ipsec_negotiated_replace(ipsec_sa_table *sas, uint32_t place, uint32_t predecessor);

/** A message asks to delete it, or, if `is_final`, has deleted it; `view` is that of the message. */
void ipsec_negotiated_delete(ipsec_sa_table *sas, uint32_t place, const ipsec_view *view, bool is_final);

/** One of its ends has moved: what was sent as in `from` is sent as in `to`, from the frame of `to` on. */
void ipsec_negotiated_move(ipsec_sa_table *sas, uint32_t place, const ipsec_view *from, const ipsec_view *to);

/** What is known of the SA of the view at the time of its frame; NULL if nothing is, or if the SA was refused. */
const ipsec_negotiated *ipsec_negotiated_at(const ipsec_sa_table *sas, const ipsec_view *view, uint32_t spi);

/** Whether anything was negotiated towards the view's destination before its frame. */
bool ipsec_negotiated_knows(const ipsec_sa_table *sas, const ipsec_view *view);

/** What is known of SA number `index` from the whole capture; NULL if nothing is. */
const ipsec_negotiated *ipsec_negotiated_of(const ipsec_sa_table *sas, uint32_t index);

/** The SA was just created; finds out whether IKE has negotiated it. */
void ipsec_negotiated_meet(ipsec_sa_table *sas, const ipsec_view *view, uint32_t spi, ipsec_sa *sa);

/** Whether its row counts for a packet of the view: it does once the SA was created. */
static inline bool ipsec_negotiated_has_row(const ipsec_negotiated *negotiated, const ipsec_view *view)
{
    return negotiated->created_by != 0 && negotiated->created_by < view->frame;
}

/** Counts a genuine packet of SA number `index`, which IKE has negotiated. */
void ipsec_negotiated_count(const ipsec_sa_table *sas, uint32_t index);

/** Whether it was deleted so long before the view's time that nothing can be on its way any more. */
bool ipsec_negotiated_is_over(const ipsec_negotiated *negotiated, const ipsec_view *view);

/** Notes what is odd about the time of a packet of the SA. */
void ipsec_negotiated_judge(const ipsec_sa_table *sas, const ipsec_negotiated *negotiated, const ipsec_view *view,
                            ipsec_note *note);

#endif
