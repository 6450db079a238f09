/** @file
 * What looks like segmentation offload: one packet after all, several coalesced ones, or none of the wire. Internal to
 * the core.
 *
 * The room sa/ has what an SA remembers of its packets, and opens the next one with its key. Nothing about what a
 * receiver reports may enter, nor anything but its packets that says something about an SA.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_COALESCED_H
#define IPSEC_CORE_COALESCED_H

#include "keys/envelope.h"
#include "sa/open_report.h"
#include "sa/opener.h"
#include "sa/ruling.h"

#include <stdbool.h>

/** A packet that looks like segmentation offload was not on the wire like this, so nothing is judged by its length. But
 * anybody can make a packet look so; if all its octets are there, the ICV decides. Fills in the view of it as an
 * ordinary packet. */
bool ipsec_looks_like_offload(const ipsec_view *view, const ipsec_open_report *report, ipsec_view *plain);

/** Packets that were coalesced: all of one size but for the last (Linux, udp_gro_receive()). Returns what there is to
 * say of the ICVs of all; those that verify are in opener->parts. */
ipsec_icv_status ipsec_try_parts(ipsec_opener *opener, const ipsec_view *view, ipsec_key *row, const ipsec_sa *sa,
                                 ipsec_ruling *ruling);

/** The same with the other rows that the SA may have; but what one of them opens in part only is left to the SA's own.
 * Returns the row, with its envelope. */
ipsec_key *ipsec_try_parts_of_others(ipsec_opener *opener, const ipsec_sa *sa, ipsec_key *own, ipsec_ruling *ruling,
                                     ipsec_envelope *envelope);

/** It was on the wire like this: it verifies, or others of its SA do. */
void ipsec_take_for_packet(const ipsec_open_report *report);

/** Says what the ICV of such a packet shows. Until a packet of the SA has verified, one that does not is more likely to
 * be offload; and without an ICV nothing tells the two apart. Returns whether it is known what it is. */
bool ipsec_settle_offload(const ipsec_opener *opener, const ipsec_sa *sa, ipsec_ruling *ruling,
                          const ipsec_open_report *report);

#endif
