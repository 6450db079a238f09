/* The header of an IKE message, and the payloads that are in the clear.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/message.h"
#include "base/octets.h"
#include "ike/chain.h"
#include "ike/payloads.h"

#include <glib.h>

/* Offsets in the header. */
enum {
    RESPONDER_SPI_AT = 8,
    FIRST_PAYLOAD_AT = 16,
    VERSION_AT = 17,
    EXCHANGE_AT = 18,
    FLAGS_AT = 19,
    ID_AT = 20,
    LENGTH_AT = 24
};

enum {
    FLAG_V1_ENCRYPTED = 0x01,
    FLAG_INITIATOR = 0x08,
    FLAG_RESPONSE = 0x20
};

enum {
    FRAGMENT_NUMBERS = 4
};

static uint64_t read_u64(const uint8_t *octets)
{
    return (uint64_t)ipsec_read_u32(octets) << 32 | ipsec_read_u32(octets + 4);
}

/* What was captured of the message after its header. */
static ipsec_ike_part body_of(const ipsec_ike_message *message, const uint8_t *octets, uint32_t captured)
{
    return (ipsec_ike_part){octets + IPSEC_IKE_HEADER, MIN(captured, message->length) - IPSEC_IKE_HEADER};
}

/* --- the header --------------------------------------------------------------------------------------------------- */

static void read_fragment(ipsec_ike_part body, ipsec_ike_message *message)
{
    if (body.left < FRAGMENT_NUMBERS)
        return;
    message->fragment = ipsec_read_u16(body.at);
    message->fragments = ipsec_read_u16(body.at + 2);
    if (message->fragment == 0 || message->fragment > message->fragments)
        message->fragment = message->fragments = 0;
}

static bool is_encrypted(uint8_t type)
{
    return type == IPSEC_IKE_PAYLOAD_SK || type == IPSEC_IKE_PAYLOAD_SKF;
}

/* Looks for the encrypted payload, which is the last one, and usually also the first. */
static void find_encrypted(ipsec_ike_part chain, ipsec_ike_message *message)
{
    uint8_t type = message->first_payload;
    const uint8_t *header = NULL;
    ipsec_ike_part body;

    for (unsigned i = 0; i < IPSEC_IKE_PAYLOADS_MOST && type != 0 && !is_encrypted(type); i++) {
        header = ipsec_ike_take_payload(&chain, &body);
        type = header ? header[0] : 0;
    }
    message->is_encrypted = is_encrypted(type);
    message->is_fragment = type == IPSEC_IKE_PAYLOAD_SKF;
    header = message->is_encrypted ? ipsec_ike_take_payload(&chain, &body) : NULL;
    if (!header)
        return;
    if (type == IPSEC_IKE_PAYLOAD_SKF)
        read_fragment(body, message);
    message->inner_payload = header[0];
    message->is_all_encrypted =
        is_encrypted(message->first_payload) && ipsec_ike_payload_length(header) == message->length - IPSEC_IKE_HEADER;
}

bool ipsec_ike_read(const uint8_t *octets, uint32_t captured, ipsec_ike_message *message)
{
    const unsigned version = captured < IPSEC_IKE_HEADER ? 0 : octets[VERSION_AT] >> 4;

    if ((version != 1 && version != 2) || ipsec_read_u32(octets + LENGTH_AT) < IPSEC_IKE_HEADER)
        return false;
    *message = (ipsec_ike_message){.initiator_spi = read_u64(octets),
                                   .responder_spi = read_u64(octets + RESPONDER_SPI_AT),
                                   .id = ipsec_read_u32(octets + ID_AT),
                                   .length = ipsec_read_u32(octets + LENGTH_AT),
                                   .first_payload = octets[FIRST_PAYLOAD_AT],
                                   .version = (uint8_t)version,
                                   .exchange = octets[EXCHANGE_AT],
                                   .flags = octets[FLAGS_AT]};
    if (version == 1) {
        message->is_encrypted = message->is_all_encrypted = message->flags & FLAG_V1_ENCRYPTED;
        message->inner_payload = message->is_encrypted ? message->first_payload : 0;
        return true;
    }
    message->is_response = message->flags & FLAG_RESPONSE;
    message->from_initiator = message->flags & FLAG_INITIATOR;
    find_encrypted(body_of(message, octets, captured), message);
    return true;
}

/* --- what is in the clear ----------------------------------------------------------------------------------------- */

void ipsec_ike_read_clear(const ipsec_ike_message *message, const uint8_t *octets, uint32_t captured,
                          ipsec_ike_contents *contents)
{
    const ipsec_ike_part body = body_of(message, octets, captured);

    *contents = (ipsec_ike_contents){.incomplete = captured < message->length};
    if (message->version == 1 && message->is_encrypted)
        return;
    ipsec_ike_read_payloads(message->version, message->first_payload, body.at, body.left, contents);
}
