/** @file
 * Steady SAs: those of which nothing is asked but whether the next packet is the next. Internal to the core.
 *
 * What such packets move in `numbers`, `keys.null` and `life` is brought up to date when the SA is next asked for by
 * the calls of sa.h: by then all of them together cost as much as one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_STEADY_H
#define IPSEC_CORE_STEADY_H

#include "sa/sa.h"

/**
 * Makes the SA steady, if it is by now. To be called when a packet of it has been judged.
 *
 * @param view   the packet
 * @param opens  there is something to open packets with
 */
void ipsec_steady_begin(ipsec_sa *sa, const ipsec_view *view, bool opens);

/** Enters what packets of a steady SA have moved since it was last asked for. */
void ipsec_steady_catch_up(ipsec_sa *sa);

/** The same, and the SA is not steady any more: something about it changes. */
static inline void ipsec_steady_end(ipsec_sa *sa)
{
    ipsec_steady_catch_up(sa);
    sa->expected = (ipsec_sa_expected){0};
}

/** Asks again whether the SA is steady, in front of its packet `expected.until`. Returns that. */
bool ipsec_steady_renew(ipsec_sa *sa, const ipsec_view *view, bool opens);

#endif
