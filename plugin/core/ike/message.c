/* The header of an IKE message, and the payloads that stand in clear.
 *
 * A message is a chain: each payload begins with the type of the next one and its own length. Nothing in it is believed
 * farther than the octets that were captured; where they end, or where a length is none, reading ends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/message.h"
#include "base/hash.h"
#include "base/octets.h"

#include <glib.h>
#include <string.h>

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

/* Payloads of IKEv1 that are read (RFC 2408 3.1). */
enum {
    V1_NOTIFY = 11,
    V1_DELETE = 12
};

enum {
    GENERIC = 4,        /* octets of a payload's header */
    PAYLOADS_MOST = 64, /* of a message; a chain may otherwise go on for 16,384 */
    FRAGMENT_NUMBERS = 4
};

enum {
    TRANSFORM_ENCRYPTION = 1,
    TRANSFORM_INTEGRITY = 3,
    TRANSFORM_GROUP = 4,
    TRANSFORM_ESN = 5,
    ATTRIBUTE_KEY_LENGTH = 0x800e
};

enum {
    SELECTOR_IPV4 = 7,
    SELECTOR_IPV6 = 8,
    SELECTOR_HEADER = 8
};

/* Octets of a payload behind its header, or of a part of it. */
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
    bool is_cut;  /* that is not all */
    span rest;    /* behind it */
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
    *read = (payload){.type = type, .next = from.at[0], .is_cut = length > from.count, .rest = skip(from, length)};
    read->body = (span){from.at + GENERIC, MIN(length, from.count) - GENERIC};
    return true;
}

/* What was captured of the message behind its header. */
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

/* --- notifies and Deletes, which both versions have alike but for the DOI -------------------------------------------
 */

static uint32_t spi_of(span from, unsigned length)
{
    return length == 4 && from.count >= 4 ? ipsec_read_u32(from.at) : 0;
}

/* Sets a notify's data: the octets that are there, cut to what has room. */
static void set_data(ipsec_ike_notify *notify, span data)
{
    notify->length = (uint16_t)MIN(data.count, UINT16_MAX);
    memcpy(notify->data, data.at, MIN(data.count, sizeof notify->data));
}

static void read_notify(span body, ipsec_ike_contents *contents)
{
    ipsec_ike_notify *notify = &contents->notifies[contents->notify_count];

    if (body.count < 4 || contents->notify_count == IPSEC_IKE_NOTIFIES_MOST) {
        contents->incomplete = true;
        return;
    }
    *notify = (ipsec_ike_notify){.protocol = body.at[0], .spi_length = body.at[1], .type = ipsec_read_u16(body.at + 2)};
    body = skip(body, 4);
    notify->spi = spi_of(body, notify->spi_length);
    set_data(notify, skip(body, notify->spi_length));
    contents->notify_count++;
}

static void read_delete(span body, ipsec_ike_contents *contents)
{
    unsigned spi_length, count;

    if (body.count < 4) {
        contents->incomplete = true;
        return;
    }
    if (contents->delete_protocol == IPSEC_IKE_PROTOCOL_NONE)
        contents->delete_protocol = body.at[0];
    if (body.at[0] == IPSEC_IKE_PROTOCOL_IKE)
        contents->deletes_ike = true;
    spi_length = body.at[1];
    count = ipsec_read_u16(body.at + 2);
    body = skip(body, 4);
    for (unsigned i = 0; i < count && spi_length == 4 && body.count >= 4; i++, body = skip(body, 4)) {
        if (contents->delete_count == IPSEC_IKE_DELETES_MOST) {
            contents->incomplete = true;
            return;
        }
        contents->deletes[contents->delete_count++] = ipsec_read_u32(body.at);
    }
}

/* --- proposals ------------------------------------------------------------------------------------------------------
 */

static uint16_t key_length_of(span attributes)
{
    while (attributes.count >= 4) {
        const uint16_t type = ipsec_read_u16(attributes.at), value = ipsec_read_u16(attributes.at + 2);

        if (type == ATTRIBUTE_KEY_LENGTH)
            return value;
        attributes = skip(attributes, type & 0x8000 ? 4 : 4u + value);
    }
    return 0;
}

/* Takes a transform into the proposal, unless it has one of the type. `body` begins behind its length. */
static void take_transform(span body, ipsec_ike_proposal *proposal)
{
    const unsigned type = body.at[0];
    const uint16_t id = ipsec_read_u16(body.at + 2);

    if (type == TRANSFORM_ENCRYPTION && proposal->encryption == 0) {
        proposal->encryption = id;
        proposal->key_bits = key_length_of(skip(body, 4));
    } else if (type == TRANSFORM_INTEGRITY && proposal->integrity == 0) {
        proposal->integrity = id;
    } else if (type == TRANSFORM_GROUP && proposal->group == 0) {
        proposal->group = id;
    } else if (type == TRANSFORM_ESN && !proposal->has_esn) {
        proposal->has_esn = true;
        proposal->esn = (uint8_t)id;
    }
}

static void read_transforms(span from, ipsec_ike_proposal *proposal)
{
    payload transform;

    /* They are linked as payloads are. */
    while (read_payload(1, from, &transform) && transform.body.count >= 4) {
        take_transform(transform.body, proposal);
        from = transform.rest;
    }
}

/* `body` begins behind the proposal's length. */
static void read_proposal(span body, ipsec_ike_contents *contents)
{
    ipsec_ike_proposal *proposal = &contents->proposals[contents->proposal_count];
    unsigned spi_length;

    if (body.count < 4 || contents->proposal_count == IPSEC_IKE_PROPOSALS_MOST) {
        contents->incomplete = true;
        return;
    }
    spi_length = body.at[2];
    *proposal = (ipsec_ike_proposal){.protocol = body.at[1], .spi_length = (uint8_t)spi_length};
    body = skip(body, 4);
    proposal->spi = spi_of(body, spi_length);
    proposal->ike_spi = spi_length == 8 && body.count >= 8 ? read_u64(body.at) : 0;
    read_transforms(skip(body, spi_length), proposal);
    contents->proposal_count++;
}

static void read_sa(span body, ipsec_ike_contents *contents)
{
    payload proposal;

    while (read_payload(1, body, &proposal) && contents->proposal_count < IPSEC_IKE_PROPOSALS_MOST) {
        read_proposal(proposal.body, contents);
        body = proposal.rest;
    }
}

/* --- selectors and the rest -----------------------------------------------------------------------------------------
 */

static bool read_selector(span from, ipsec_ike_selector *selector)
{
    const unsigned type = from.at[0], octets = type == SELECTOR_IPV4 ? 4 : 16;

    if ((type != SELECTOR_IPV4 && type != SELECTOR_IPV6) || from.count < SELECTOR_HEADER + 2 * octets)
        return false;
    *selector = (ipsec_ike_selector){.address_length = (uint8_t)octets,
                                     .protocol = from.at[1],
                                     .first_port = ipsec_read_u16(from.at + 4),
                                     .last_port = ipsec_read_u16(from.at + 6)};
    memcpy(selector->first, from.at + SELECTOR_HEADER, octets);
    memcpy(selector->last, from.at + SELECTOR_HEADER + octets, octets);
    return true;
}

static uint8_t read_selectors(span body, ipsec_ike_selector list[IPSEC_IKE_SELECTORS_MOST], bool *incomplete)
{
    uint8_t count = 0;

    for (body = skip(body, 4); body.count >= SELECTOR_HEADER; body = skip(body, ipsec_read_u16(body.at + 2))) {
        if (count == IPSEC_IKE_SELECTORS_MOST || ipsec_read_u16(body.at + 2) < SELECTOR_HEADER) {
            *incomplete = true;
            break;
        }
        count += read_selector(body, &list[count]);
    }
    return count;
}

static uint64_t digest(span body)
{
    uint64_t hash = 1;

    for (uint32_t i = 0; i < body.count; i++)
        hash = ipsec_hash_mix(hash, body.at[i]);
    return hash ? hash : 1;
}

static void read_v2(const payload *read, ipsec_ike_contents *contents)
{
    const span body = read->body;

    if (read->type == IPSEC_IKE_PAYLOAD_SA)
        read_sa(body, contents);
    else if (read->type == IPSEC_IKE_PAYLOAD_KE && body.count >= 2)
        contents->group = ipsec_read_u16(body.at);
    else if (read->type == IPSEC_IKE_PAYLOAD_IDI || read->type == IPSEC_IKE_PAYLOAD_IDR)
        contents->identity = digest(body);
    else if (read->type == IPSEC_IKE_PAYLOAD_NOTIFY)
        read_notify(body, contents);
    else if (read->type == IPSEC_IKE_PAYLOAD_DELETE)
        read_delete(body, contents);
    else if (read->type == IPSEC_IKE_PAYLOAD_TSI)
        contents->initiator_count = read_selectors(body, contents->initiator, &contents->incomplete);
    else if (read->type == IPSEC_IKE_PAYLOAD_TSR)
        contents->responder_count = read_selectors(body, contents->responder, &contents->incomplete);
}

/* With the DOI in front (RFC 2408 3.14, 3.15). */
static void read_v1(const payload *read, ipsec_ike_contents *contents)
{
    const span body = skip(read->body, 4);

    if (read->type == V1_NOTIFY)
        read_notify(body, contents);
    else if (read->type == V1_DELETE)
        read_delete(body, contents);
}

/* Whether that payload hides what follows. */
static bool is_end(const ipsec_ike_message *message, uint8_t type)
{
    return message->version == 2 && (type == IPSEC_IKE_PAYLOAD_SK || type == IPSEC_IKE_PAYLOAD_SKF);
}

void ipsec_ike_read_clear(const ipsec_ike_message *message, const uint8_t *octets, uint32_t captured,
                          ipsec_ike_contents *contents)
{
    uint8_t type = message->first_payload;
    span from = body_of(message, octets, captured);
    payload read;
    unsigned count = 0;

    *contents = (ipsec_ike_contents){.incomplete = captured < message->length};
    if (message->version == 1 && message->is_encrypted)
        return;
    for (; read_payload(type, from, &read) && !is_end(message, type); count++) {
        if (count == PAYLOADS_MOST)
            break;
        contents->payloads |= type < 64 ? UINT64_C(1) << type : 0;
        contents->incomplete |= read.is_cut;
        if (message->version == 2)
            read_v2(&read, contents);
        else
            read_v1(&read, contents);
        type = read.next;
        from = read.rest;
    }
    if (is_end(message, type))
        contents->payloads |= UINT64_C(1) << type;
    else if (type != 0)
        contents->incomplete = true;
}
