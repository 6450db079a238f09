/* IKE messages for the unit tests.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike_packets.h"
#include "guard.h"
#include "packets.h"

#include <string.h>

enum {
    FIRST_PAYLOAD_AT = 16,
    GENERIC = 4
};

static void put(uint8_t *to, uint64_t value, unsigned octets)
{
    for (unsigned i = 0; i < octets; i++)
        to[i] = (uint8_t)(value >> 8 * (octets - 1 - i));
}

static uint8_t flags_of(const ipsec_ike_message *head)
{
    if (head->version == 1)
        return head->is_encrypted ? 1 : 0;
    return (uint8_t)((head->is_response ? 0x20 : 0) | (head->from_initiator ? 0x08 : 0));
}

static ike_octets begin(const ipsec_ike_message *head)
{
    ike_octets m = {.length = IPSEC_IKE_HEADER};

    put(m.octets, head->initiator_spi, 8);
    put(m.octets + 8, head->responder_spi, 8);
    m.octets[17] = (uint8_t)(head->version << 4);
    m.octets[18] = head->exchange;
    m.octets[19] = flags_of(head);
    put(m.octets + 20, head->id, 4);
    return m;
}

ike_octets ike_message(const ipsec_ike_message *head, const ike_payload *payloads, size_t count)
{
    ike_octets m = begin(head);
    uint8_t *next = m.octets + FIRST_PAYLOAD_AT;

    for (size_t i = 0; i < count; i++) {
        const size_t length = GENERIC + payloads[i].count;

        g_assert_cmpuint(m.length + length, <=, sizeof m.octets);
        *next = payloads[i].type;
        next = m.octets + m.length;
        put(next + 2, length, 2);
        memcpy(next + GENERIC, payloads[i].body, payloads[i].count);
        m.length += (uint32_t)length;
    }
    put(m.octets + 24, m.length, 4);
    return m;
}

ike_octets ike_sealed(const ipsec_ike_message *head, uint32_t length)
{
    uint8_t noise[sizeof((ike_octets *)0)->octets];
    const ike_payload sealed = {IPSEC_IKE_PAYLOAD_SK, noise, length - IPSEC_IKE_HEADER - GENERIC};

    memset(noise, (int)(0x50 + head->id + head->exchange), sizeof noise);
    if (head->version == 2)
        return ike_message(head, &sealed, 1);
    ike_octets m = begin(head);
    m.octets[FIRST_PAYLOAD_AT] = 8; /* HASH */
    memcpy(m.octets + m.length, noise, length - m.length);
    m.length = length;
    put(m.octets + 24, m.length, 4);
    return m;
}

ipsec_view ike_view(const ike_octets *message, uint32_t frame, unsigned milliseconds, bool back)
{
    ipsec_view view = view_of(IPSEC_PROTOCOL_ESP, 4, message->octets, message->length);
    const uint8_t *const source = view.source;

    if (back) {
        view.source = view.destination;
        view.destination = source;
    }
    view.encapsulation = IPSEC_ENCAPSULATION_UDP;
    view.flags = IPSEC_VIEW_IKE_PORT;
    view.source_port = view.destination_port = 500;
    view.frame = frame;
    view.offset = 42;
    view.time = (milliseconds + 1) * UINT64_C(1000000);
    return view;
}
