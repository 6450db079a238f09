/* IKE messages for the unit tests.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_TESTS_IKE_PACKETS_H
#define IPSEC_TESTS_IKE_PACKETS_H

#include "ipsec.h"
#include "ike/message.h"

#include <glib.h>

/* A payload without its header. */
typedef struct ike_payload {
    uint8_t type;
    const uint8_t *body;
    size_t count;
} ike_payload;

/* A message. */
typedef struct ike_octets {
    uint32_t length;
    uint8_t octets[1024];
} ike_octets;

/* A message with this header (its length, first payload and flags are filled in; IKEv1 is encrypted if `is_encrypted`)
 * and these payloads. */
ike_octets ike_message(const ipsec_ike_message *head, const ike_payload *payloads, size_t count);

/* The same with an SK payload that makes it `length` octets long; for IKEv1, with octets that look encrypted. */
ike_octets ike_sealed(const ipsec_ike_message *head, uint32_t length);

/* The view of a message on port 500 in frame `frame`, from the first host to the second or back; `milliseconds` after
 * the beginning. */
ipsec_view ike_view(const ike_octets *message, uint32_t frame, unsigned milliseconds, bool back);

#endif
