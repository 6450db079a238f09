/** @file
 * What IKE messages say of SAs. Internal to the core.
 *
 * Requests and answers are matched once more here, from verified messages alone, because anybody's messages can change
 * what exchange.h knows. Without forged messages both give the same result.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_LEARN_H
#define IPSEC_CORE_IKE_LEARN_H

#include "ike/contents.h"
#include "ike/family.h"
#include "ike/message.h"
#include "packet/view.h"
#include "sa/sa.h"

/**
 * Learns from the next message, and enters into the table of SAs what it says of them. Unverified messages are only
 * noted as what may have created or deleted SAs, see sa/hints.h.
 *
 * @param message   its header
 * @param contents  what it says, decrypted
 * @param view      its addresses, frame and time
 */
void ipsec_ike_learn(ipsec_ike_families *families, ipsec_sa_table *sas, const ipsec_ike_message *message,
                     const ipsec_ike_contents *contents, const ipsec_view *view);

#endif
