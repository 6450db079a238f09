/** @file
 * The end of a counter: without ESN an SA has 2^32 - 1 sequence numbers, and none may be used twice (RFC 4303 3.3.3,
 * RFC 4302 3.3.2). Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_COUNTER_END_H
#define IPSEC_CORE_COUNTER_END_H

#include "sa/note.h"
#include "sa/sa.h"

#include <stdint.h>

/** From this number on fewer than 2^20 are left. Packets of 1,500 octets use these up in 1.3 s at 10 Gbit/s, and in
 * minutes on a slower link: time for a rekey, if there will be one. */
#define IPSEC_NEAR_END (UINT32_MAX - (1u << 20) + 1)

/** Notes that the SA's sequence numbers come to their end, if this one is high enough. Not if it is unknown whether the
 * SA has ESN, because then they may continue. */
void ipsec_counter_end_meet(ipsec_sa_numbers *numbers, uint64_t number, ipsec_note *note);

#endif
