/* Reads fragments of ESP and AH from what the IP dissectors leave behind, or before they run.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_FRAGMENTS_H
#define IPSEC_EPAN_FRAGMENTS_H

#include "../core/ipsec.h"

#include <epan/packet.h>

#include <stdbool.h>

/* Reads the innermost IPv4 header of a frame that has been dissected; `tvb` is that of the frame. False if it is not a
 * fragment of ESP or AH, or is only quoted. */
bool ipsec_fragments_read_v4(tvbuff_t *tvb, const packet_info *pinfo, ipsec_fragment *fragment);

/* Likewise for the IPv6 fragment header at the beginning of `tvb`. To be called before its dissector. */
bool ipsec_fragments_read_v6(tvbuff_t *tvb, const packet_info *pinfo, ipsec_fragment *fragment);

#endif
