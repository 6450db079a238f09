/** @file
 * What IKE says of SAs if nobody knows who wrote it: IKEv1, which Wireshark decrypts but does not verify. It is shown,
 * but nothing is concluded from it. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_HINTS_H
#define IPSEC_CORE_HINTS_H

#include "packet/view.h"
#include "sa/sa.h"

#include <stdint.h>

/** SAs that are kept; nothing is shown for more than these. */
#define IPSEC_HINTS_MOST 65536u

/** All hints. */
typedef struct ipsec_hints ipsec_hints;

/** NULL is fine. */
void ipsec_hints_free(ipsec_hints *hints);

/** A message offers an SA, or accepts it. `to` has the destination and protocol of the packets on that SA, and the
 * frame of the message. */
void ipsec_hints_create(ipsec_sa_table *sas, const ipsec_view *to, uint32_t spi);

/** A message deletes the SA; `to` likewise. */
void ipsec_hints_delete(ipsec_sa_table *sas, const ipsec_view *to, uint32_t spi);

/** SA number `index` was just created; finds out whether there is a hint on it. */
void ipsec_hints_meet(ipsec_hints *hints, const ipsec_view *view, uint32_t spi, uint32_t index);

/** Sets in *ike what may have created and deleted SA number `index`, if there is a hint. */
void ipsec_hints_tell(const ipsec_hints *hints, uint32_t index, ipsec_sa_ike *ike);

#endif
