/* Hands what an ESP packet held to the next dissector. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_PAYLOAD_H
#define IPSEC_EPAN_PAYLOAD_H

#include "../core/ipsec.h"

#include <epan/packet.h>

/* Name of the data source; its length is what the sender wrote. */
#define IPSEC_PLAINTEXT_SOURCE "Decrypted ESP"

/* What was there before the stock dissector ran. */
typedef struct payload_mark {
    unsigned layers;       /* protocols that were dissected */
    unsigned data_sources; /* of the frame */
    unsigned wrappers;     /* headers that were judged, in this frame or another */
} payload_mark;

payload_mark ipsec_payload_mark(const packet_info *pinfo, unsigned wrappers);

/* Shows the plaintext that the core found as a data source and dissects the payload, unless the stock dissector did so
 * since the mark; `wrappers` is how many headers have been judged by now. To be called before the next header is
 * judged. May throw, as any dissector: so draw first. */
void ipsec_payload_dissect(const ipsec_report *report, const payload_mark *mark, unsigned wrappers, tvbuff_t *tvb,
                           packet_info *pinfo, proto_tree *tree);

/* Tells what the header holds whose stock dissector is about to run: that one may decrypt it too, and hand on what it
 * finds. NULL when it has run, and before the next header is judged, which takes the plaintext away. */
void ipsec_payload_expect(const ipsec_opened *opened);

/* Octets of the ESP payload that tvb is, handed on by ipsec_payload_dissect() or by the stock dissector;
 * IPSEC_LENGTH_UNKNOWN if it is none that was opened here. */
uint32_t ipsec_payload_length(tvbuff_t *tvb);

#endif
