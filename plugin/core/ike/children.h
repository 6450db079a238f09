/** @file
 * The SAs of ESP and AH that a family of IKE SAs makes, rekeys, moves and deletes. Internal to the core.
 *
 * A message names the SPI that its sender receives on. So the request tells of the SA towards the one that asks, and
 * the answer of the other, and of what both have chosen.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_CHILDREN_H
#define IPSEC_CORE_IKE_CHILDREN_H

#include "ike/contents.h"
#include "ike/family.h"
#include "packet/view.h"
#include "sa/sa.h"

#include <stdbool.h>
#include <stdint.h>

/** A child: the SA towards each end, by its place in the table of what was negotiated. */
typedef struct ipsec_ike_child {
    uint32_t to[2]; /**< IPSEC_NEGOTIATED_NONE: not known */
} ipsec_ike_child;

/** What makes a child. */
typedef struct ipsec_ike_making {
    const ipsec_ike_contents *request; /**< NULL: not known */
    const ipsec_ike_contents *answer;  /**< it has a proposal of ESP or AH */
    uint32_t named;                    /**< by the request, see ipsec_ike_child_name() */
    ipsec_ike_end from;                /**< who asked */
} ipsec_ike_making;

/** The proposal of an SA of ESP or AH; NULL if there is none. */
const ipsec_ike_proposal *ipsec_ike_child_proposal(const ipsec_ike_contents *contents);

/** A request of `from` names an SA, which is there once it is answered. Returns its place, or IPSEC_NEGOTIATED_NONE. */
uint32_t ipsec_ike_child_name(ipsec_sa_table *sas, const ipsec_ike_family *family, const ipsec_ike_contents *contents,
                              ipsec_ike_end from, const ipsec_view *view);

/** An answer that names an SA, too: both are there now, and may take the place of others. */
void ipsec_ike_child_make(ipsec_sa_table *sas, ipsec_ike_family *family, const ipsec_ike_making *making,
                          const ipsec_view *view);

/** The answer was no. */
void ipsec_ike_child_refuse(ipsec_sa_table *sas, uint32_t named);

/** A message of `from` deletes SAs that it receives on; or asks for it, if not `is_final`. */
void ipsec_ike_children_delete(ipsec_sa_table *sas, ipsec_ike_family *family, const ipsec_ike_contents *contents,
                               ipsec_ike_end from, const ipsec_view *view, bool is_final);

/** Likewise all of them. */
void ipsec_ike_children_delete_all(ipsec_sa_table *sas, ipsec_ike_family *family, const ipsec_view *view,
                                   bool is_final);

/** An end has begun anew, and has none of them. */
void ipsec_ike_children_restart(ipsec_sa_table *sas, ipsec_ike_family *family, const ipsec_view *view);

/** An end has moved. */
void ipsec_ike_children_move(ipsec_sa_table *sas, ipsec_ike_family *family, ipsec_ike_end end,
                             const ipsec_ike_where *now, const ipsec_view *view);

#endif
