/** @file
 * NAT between peers, as IKE_SA_INIT shows it. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_NAT_H
#define IPSEC_CORE_IKE_NAT_H

#include "ike/contents.h"
#include "ike/message.h"
#include "packet/view.h"

/** Where there is a NAT; bits. */
enum {
    IPSEC_IKE_NAT_SOURCE = 1 << 0,     /**< in front of the sender of the message */
    IPSEC_IKE_NAT_DESTINATION = 1 << 1 /**< in front of its receiver */
};

/** Compares the notifies NAT_DETECTION_... with the addresses and ports of the view. Returns the sides whose address
 * differs from what the sender of the message knows. A sender may claim this of itself on purpose, to request UDP
 * encapsulation. 0 if the message does not say. */
unsigned ipsec_ike_nat_of(const ipsec_view *view, const ipsec_ike_message *message, const ipsec_ike_contents *contents);

#endif
