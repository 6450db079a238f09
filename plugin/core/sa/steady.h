/** @file
 * Steady SAs: those for which it only has to be checked that a packet is the next one. Internal to the core.
 *
 * The changes by such packets in `numbers`, `keys.null` and `life` are made when the SA is next looked up by the
 * functions of sa.h, or before their number exceeds 16 bits: together they then cost as much as those of one packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_STEADY_H
#define IPSEC_CORE_STEADY_H

#include "sa/sa.h"

/**
 * Marks the SA as steady if it is. To be called after a packet of the SA has been judged, unless it was steady.
 *
 * @param view  the packet
 * @param opens whether there is anything to open packets with
 */
void ipsec_steady_begin(ipsec_sa *sa, const ipsec_view *view, bool opens);

/** Whether something is due with the next packet of a steady SA: it may be ESP-NULL, a search for a counter in IVs
 * begins, a number may be lost (`eager`), or it is the last one. If not, incrementing `expected` enters the packet. */
static IPSEC_INLINE bool ipsec_steady_is_due(const ipsec_sa *sa)
{
    return (uint16_t)sa->expected == sa->numbers.due;
}

/** Whether the next packet of a steady SA is to be looked at, because it may be ESP-NULL. */
static inline bool ipsec_steady_looks(const ipsec_sa *sa, bool opens)
{
    return opens && sa->keys.null.rest <= ipsec_sa_came(sa);
}

/**
 * Counts a packet with which something is due among those that came, or enters all of them if they are too many. Not
 * for eager SAs.
 *
 * @param view   the packet
 * @param opens  whether there is anything to open packets with
 * @param looked ipsec_steady_looks(), before the packet was looked at
 */
void ipsec_steady_go_on(ipsec_sa *sa, const ipsec_view *view, bool opens, bool looked);

/** Finds out anew when something is due, because a search for a counter was given up. */
void ipsec_steady_set_due(ipsec_sa *sa, const ipsec_view *view, bool opens);

/** Enters the packets of a steady SA since it was last looked up. */
void ipsec_steady_catch_up(ipsec_sa *sa);

/** The same, and ends the steady state, because something about the SA changes. */
static inline void ipsec_steady_end(ipsec_sa *sa)
{
    ipsec_steady_catch_up(sa);
    sa->expected = 0;
}

/** Ends that of all SAs, because there is something to open packets with from now on. */
void ipsec_steady_end_all(const ipsec_sa_table *table);

#endif
