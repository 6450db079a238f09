/** @file
 * What looks like segmentation offload: a single packet after all, several coalesced ones, or one that was never on the
 * wire. Internal to the core.
 *
 * Layer sa/: what an SA remembers of its packets, and opening the next one with its key. Neither what a receiver
 * reports nor any source of knowledge about an SA other than its packets belongs here.
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

/** A packet that looks like segmentation offload was not on the wire in this form, so nothing is judged by its length.
 * But anybody can make a packet look like this; if all its octets were captured, the ICV decides. Fills in the view of
 * it as an ordinary packet. */
bool ipsec_looks_like_offload(const ipsec_view *view, const ipsec_open_report *report, ipsec_view *plain);

/** Tries packets that were coalesced: all have the same size, except the last (Linux, udp_gro_receive()). Returns
 * IPSEC_ICV_GOOD if all of them verify; the numbers of those that do are in opener->parts. */
ipsec_icv_status ipsec_try_parts(ipsec_opener *opener, const ipsec_view *view, ipsec_key *row, const ipsec_sa *sa,
                                 ipsec_ruling *ruling);

/** The same with the other rows that the SA may have. Packets of which another row opens only some parts are left to
 * the SA's own row. Returns the row, with its envelope. */
ipsec_key *ipsec_try_parts_of_others(ipsec_opener *opener, const ipsec_sa *sa, ipsec_key *own, ipsec_ruling *ruling,
                                     ipsec_envelope *envelope);

/** Treats it as a packet that was on the wire in this form: it verifies, or others of its SA do. */
void ipsec_take_for_packet(const ipsec_open_report *report);

/** Concludes from the ICV of such a packet. Until a packet of the SA has verified, one that does not verify is more
 * likely to be offload; and without an ICV nothing distinguishes the two. Returns whether it is now known whether the
 * packet is offload. */
bool ipsec_settle_offload(const ipsec_opener *opener, const ipsec_sa *sa, ipsec_ruling *ruling,
                          const ipsec_open_report *report);

#endif
