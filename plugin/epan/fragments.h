/* Fragments of ESP and AH, as the IP dissectors see them before anybody else does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_FRAGMENTS_H
#define IPSEC_EPAN_FRAGMENTS_H

#include "../core/ipsec.h"

#include <epan/packet.h>

#include <stdbool.h>

/* Reads the innermost IPv4 header of a frame that was dissected; `tvb` is that of the frame. False if it is no fragment
 * of ESP or AH, or not the packet's own. */
bool ipsec_fragments_read_v4(tvbuff_t *tvb, const packet_info *pinfo, ipsec_fragment *fragment);

/* Reads the fragment header of IPv6 that tvb begins with; likewise. To be called in front of its dissector. */
bool ipsec_fragments_read_v6(tvbuff_t *tvb, const packet_info *pinfo, ipsec_fragment *fragment);

#endif
