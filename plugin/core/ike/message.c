/* The header of an IKE message, and the payloads that stand in clear.
 *
 * A message is a chain: each payload begins with the type of the next one and its own length. Reading ends where the
 * captured octets end, or at an impossible length.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/message.h"
#include "base/octets.h"
#include "ike/payloads.h"

#include <glib.h>

/* Where things are in the header. */
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
    GENERIC = 4,        /* octets of a payload's header */
    PAYLOADS_MOST = 64, /* of a message; a chain may otherwise go on for 16,384 */
    FRAGMENT_NUMBERS = 4
};

/* Octets of a payload after its header, or of a part of it. */
typedef struct span {
    const uint8_t *at;
    uint32_t count;
} span;

static uint64_t read_u64(const uint8_t *octets)
{
    return (uint64_t)ipsec_read_u32(octets) << 32 | ipsec_read_u32(octets + 4);
}

static span skip(span from, uint32_t count)
{
    count = MIN(count, from.count);
    return (span){from.at + count, from.count - count};
}

/* --- the chain ---------------------------------------------------------------------------------------------------- */

/* A payload in its chain. */
typedef struct payload {
    uint8_t type;
    span body;    /* what was captured of it */
    span rest;    /* after it */
    uint8_t next; /* type of what begins there; 0: nothing does */
} payload;

/* Reads the payload that begins the span. False if there is none, or no room for its header. */
static bool read_payload(uint8_t type, span from, payload *read)
{
    uint32_t length;

    if (type == 0 || from.count < GENERIC)
        return false;
    length = ipsec_read_u16(from.at + 2);
    if (length < GENERIC)
        return false;
    *read = (payload){.type = type, .next = from.at[0], .rest = skip(from, length)};
    read->body = (span){from.at + GENERIC, MIN(length, from.count) - GENERIC};
    return true;
}

/* What was captured of the message after its header. */
static span body_of(const ipsec_ike_message *message, const uint8_t *octets, uint32_t captured)
{
    return skip((span){octets, MIN(captured, message->length)}, IPSEC_IKE_HEADER);
}

/* --- the header --------------------------------------------------------------------------------------------------- */

static void read_fragment(span body, ipsec_ike_message *message)
{
    if (body.count < FRAGMENT_NUMBERS)
        return;
    message->fragment = ipsec_read_u16(body.at);
    message->fragments = ipsec_read_u16(body.at + 2);
    if (message->fragment == 0 || message->fragment > message->fragments)
        message->fragment = message->fragments = 0;
}

/* Looks for the encrypted payload, which is the last one and mostly the first, too. */
static void find_encrypted(span from, ipsec_ike_message *message)
{
    uint8_t type = message->first_payload;
    payload read;

    for (unsigned i = 0; i < PAYLOADS_MOST; i++) {
        if (type == IPSEC_IKE_PAYLOAD_SK || type == IPSEC_IKE_PAYLOAD_SKF)
            message->is_encrypted = true;
        message->is_fragment = type == IPSEC_IKE_PAYLOAD_SKF;
        if (!read_payload(type, from, &read))
            return;
        if (type == IPSEC_IKE_PAYLOAD_SKF)
            read_fragment(read.body, message);
        if (message->is_encrypted)
            return;
        type = read.next;
        from = read.rest;
    }
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
        message->is_encrypted = message->flags & FLAG_V1_ENCRYPTED;
        return true;
    }
    message->is_response = message->flags & FLAG_RESPONSE;
    message->from_initiator = message->flags & FLAG_INITIATOR;
    find_encrypted(body_of(message, octets, captured), message);
    return true;
}

/* --- what stands in clear ----------------------------------------------------------------------------------------- */

void ipsec_ike_read_clear(const ipsec_ike_message *message, const uint8_t *octets, uint32_t captured,
                          ipsec_ike_contents *contents)
{
    const span body = body_of(message, octets, captured);

    *contents = (ipsec_ike_contents){.incomplete = captured < message->length};
    if (message->version == 1 && message->is_encrypted)
        return;
    ipsec_ike_read_payloads(message->version, message->first_payload, body.at, body.count, contents);
}
