/* The end of an ESP packet as VPP compares it with what is in front.
 *
 * VPP does not require room for a trailer: it takes the last two octets in front of the ICV for pad length and next
 * header, and reads the length of an inner packet at its place after the IV, whatever is there (esp_decrypt.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/tail.h"
#include "packet/ip.h"
#include "packet/kind.h"
#include "packet/protocol.h"

/* Pad length and next header. */
#define TRAILER 2u

/* The octet at `at`, counted from the end of the IV; negative: in front of that. The packet has at least the ESP
 * header. */
static uint8_t octet_at(const ipsec_tail *tail, int64_t at)
{
    const int64_t begin = IPSEC_ESP_HEADER + tail->iv;

    if (at >= 0 && at < tail->body)
        return tail->plaintext[at];
    return begin + at < tail->view->captured ? tail->view->data[begin + at] : 0;
}

static uint32_t number_at(const ipsec_tail *tail, int64_t at)
{
    return (uint32_t)octet_at(tail, at) << 8 | octet_at(tail, at + 1);
}

/* The length that an inner header would state; 0 if next header is neither IPv4 nor IPv6. */
static uint32_t inner_length(const ipsec_tail *tail, uint8_t next)
{
    if (next == IPSEC_PROTOCOL_IPV4)
        return number_at(tail, 2);
    return next == IPSEC_PROTOCOL_IPV6 ? IPSEC_IPV6_HEADER + number_at(tail, 4) : 0;
}

void ipsec_measure_tail(const ipsec_tail *tail, ipsec_opened *opened)
{
    const uint32_t behind = octet_at(tail, (int64_t)tail->body - TRAILER) + TRAILER;

    opened->tail_known = true;
    opened->tail_next = octet_at(tail, (int64_t)tail->body - 1);
    opened->pad_exceeds = behind > IPSEC_ESP_HEADER + tail->iv + tail->body;
    opened->inner_exceeds =
        inner_length(tail, opened->tail_next) > 0 && inner_length(tail, opened->tail_next) + behind > tail->body;
}
