/* Hands what an ESP packet held to the next dissector. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_PAYLOAD_H
#define IPSEC_EPAN_PAYLOAD_H

#include "../core/ipsec.h"

#include <epan/packet.h>

/* Name of the data source, which has the length of the plaintext that the sender wrote. */
#define IPSEC_PLAINTEXT_SOURCE "Decrypted ESP"

/* The state before the stock dissector ran. */
typedef struct payload_mark {
    unsigned layers;       /* protocols that have been dissected */
    unsigned data_sources; /* data sources of the frame */
    unsigned wrappers;     /* headers that have been judged, in this frame or another */
} payload_mark;

payload_mark ipsec_payload_mark(const packet_info *pinfo, unsigned wrappers);

/* Shows the plaintext that the core found as a data source and dissects the payload, unless the stock dissector has
 * done so since the mark; `wrappers` is the number of headers that have been judged by now. To be called before the
 * next header is judged. May throw, like any dissector. */
void ipsec_payload_dissect(const ipsec_report *report, const payload_mark *mark, unsigned wrappers, tvbuff_t *tvb,
                           packet_info *pinfo, proto_tree *tree);

/* Sets the content of the header whose stock dissector is about to run, because that may decrypt it too and pass on
 * what it finds. NULL after it has run, and before the next header is judged, which invalidates the plaintext. */
void ipsec_payload_expect(const ipsec_opened *opened);

/* The length in octets of the ESP payload in `tvb`, passed on by ipsec_payload_dissect() or by the stock dissector;
 * IPSEC_LENGTH_UNKNOWN if `tvb` is not a payload that the core has opened. */
uint32_t ipsec_payload_length(tvbuff_t *tvb);

#endif
