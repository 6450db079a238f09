/** @file
 * The SAs of ESP and AH that IKE makes, rekeys, moves and deletes, as its messages tell. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_CHILDREN_H
#define IPSEC_CORE_IKE_CHILDREN_H

#include "ike/contents.h"
#include "ike/message.h"
#include "packet/view.h"
#include "sa/sa.h"

/** IKE SAs, and what they have made. */
typedef struct ipsec_ike_children ipsec_ike_children;

/** IKE SAs that are kept; of more, nothing is learnt. */
#define IPSEC_IKE_PARENTS_MOST 16384u

/** None so far; free it with ipsec_ike_children_free(). */
ipsec_ike_children *ipsec_ike_children_new(void);

/** NULL is fine. */
void ipsec_ike_children_free(ipsec_ike_children *children);

/**
 * Learns from the next message, and enters into the table of SAs what it tells of them.
 *
 * @param message   its header
 * @param contents  what it says, decrypted and verified as far as that can be; not of what is not
 * @param view      its addresses, frame and time
 */
void ipsec_ike_children_meet(ipsec_ike_children *children, ipsec_sa_table *sas, const ipsec_ike_message *message,
                             const ipsec_ike_contents *contents, const ipsec_view *view);

#endif
