/** @file
 * The ESP and AH SAs that a family of IKE SAs creates, rekeys, moves and deletes. Internal to the core.
 *
 * A message names the SPI on which its sender receives. So the request names the SA towards its own sender, and the
 * answer the SA in the other direction, and what both have agreed on.
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

/** The messages that create a child. */
typedef struct ipsec_ike_making {
    const ipsec_ike_contents *request; /**< NULL: not known */
    const ipsec_ike_contents *answer;  /**< it has an ESP or AH proposal */
    uint32_t named;                    /**< the SA that the request names, see ipsec_ike_child_name() */
    ipsec_ike_end from;                /**< who sent the request */
} ipsec_ike_making;

/** The proposal of an ESP or AH SA; NULL if there is none. */
const ipsec_ike_proposal *ipsec_ike_child_proposal(const ipsec_ike_contents *contents);

/** A request from `from` names an SA, which exists once the request is answered. Returns its place, or
 * IPSEC_NEGOTIATED_NONE. */
uint32_t ipsec_ike_child_name(ipsec_sa_table *sas, const ipsec_ike_family *family, const ipsec_ike_contents *contents,
                              ipsec_ike_end from, const ipsec_view *view);

/** The answer has named an SA, too: both now exist, and may replace others. */
void ipsec_ike_child_make(ipsec_sa_table *sas, ipsec_ike_family *family, const ipsec_ike_making *making,
                          const ipsec_view *view);

/** The answer was a refusal. */
void ipsec_ike_child_refuse(ipsec_sa_table *sas, uint32_t named);

/** A message from `from` deletes SAs on which it receives; if not `is_final`, it only requests that. */
void ipsec_ike_children_delete(ipsec_sa_table *sas, ipsec_ike_family *family, const ipsec_ike_contents *contents,
                               ipsec_ike_end from, const ipsec_view *view, bool is_final);

/** The same for all SAs of the family. */
void ipsec_ike_children_delete_all(ipsec_sa_table *sas, ipsec_ike_family *family, const ipsec_view *view,
                                   bool is_final);

/** An end has restarted and has none of the SAs any more. */
void ipsec_ike_children_restart(ipsec_sa_table *sas, ipsec_ike_family *family, const ipsec_view *view);

/** An end has changed its address. */
void ipsec_ike_children_move(ipsec_sa_table *sas, ipsec_ike_family *family, ipsec_ike_end end,
                             const ipsec_ike_where *now, const ipsec_view *view);

#endif
