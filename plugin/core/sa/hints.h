/** @file
 * What IKE says of SAs where nobody knows who has written it: IKEv1, which Wireshark decrypts and does not verify. So
 * it is told, and nothing follows from it. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_HINTS_H
#define IPSEC_CORE_HINTS_H

#include "packet/view.h"
#include "sa/sa.h"

#include <stdint.h>

/** SAs that are kept; of more than these, nothing is told. */
#define IPSEC_HINTS_MOST 65536u

/** All of them. */
typedef struct ipsec_hints ipsec_hints;

/** NULL is fine. */
void ipsec_hints_free(ipsec_hints *hints);

/** A message offers an SA, or agrees to it: destination, protocol and frame of what is sent on it as in `to`. */
void ipsec_hints_create(ipsec_sa_table *sas, const ipsec_view *to, uint32_t spi);

/** A message deletes it. */
void ipsec_hints_delete(ipsec_sa_table *sas, const ipsec_view *to, uint32_t spi);

/** SA number `index` was just made; finds out whether there is a hint on it. */
void ipsec_hints_meet(ipsec_hints *hints, const ipsec_view *view, uint32_t spi, uint32_t index);

/** Sets in *ike what may have created and deleted SA number `index`, where there is a hint. */
void ipsec_hints_tell(const ipsec_hints *hints, uint32_t index, ipsec_sa_ike *ike);

#endif
