/* Reading payloads of IKE. Only what the octets hold is believed: a payload that is cut, or claims to be longer than
 * its container, is left out. SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/payloads.h"
#include "base/hash.h"
#include "ike/chain.h"
#include "ike/message.h"

#include <string.h>

/* Payload types of IKEv1 (IANA "ISAKMP payloads"). */
enum {
    V1_SA = 1,
    V1_NOTIFY = 11,
    V1_DELETE = 12
};

/* Octets of the DOI of IKEv1. */
#define DOI 4u

typedef ipsec_ike_part part;

/* Whether the body that was split off is incomplete. */
static bool is_cut(const uint8_t *header, const part *body)
{
    return ipsec_ike_payload_length(header) - IPSEC_IKE_PAYLOAD_HEADER > body->left;
}

static uint64_t read_u64(const uint8_t *p)
{
    return (uint64_t)ipsec_read_u32(p) << 32 | ipsec_read_u32(p + 4);
}

/* --- transforms ------------------------------------------------------------------------------------------- */

/* Transform types of IKEv2. */
enum {
    TYPE_ENCRYPTION = 1,
    TYPE_INTEGRITY = 3,
    TYPE_ESN = 5
};

static void set_first(uint16_t *number, uint16_t value)
{
    if (*number == 0)
        *number = value;
}

static void read_transform(part body, ipsec_ike_proposal *proposal)
{
    const uint8_t *p = ipsec_ike_take(&body, 4);
    uint16_t id;

    if (!p)
        return;
    id = ipsec_read_u16(p + 2);
    if (p[0] == TYPE_ENCRYPTION) {
        set_first(&proposal->encryption, id);
    } else if (p[0] == TYPE_INTEGRITY) {
        set_first(&proposal->integrity, id);
    } else if (p[0] == TYPE_ESN && !proposal->has_esn) {
        proposal->has_esn = true;
        proposal->esn = (uint8_t)(id & 1);
    }
}

/* --- payloads --------------------------------------------------------------------------------------------- */

static void read_proposal(unsigned version, part body, ipsec_ike_contents *contents)
{
    const uint8_t *p = ipsec_ike_take(&body, 4);
    const uint8_t *spi = p ? ipsec_ike_take(&body, p[2]) : NULL;
    ipsec_ike_proposal *proposal = &contents->proposals[contents->proposal_count];
    part transform;

    if (!spi || contents->proposal_count == IPSEC_IKE_PROPOSALS_MOST) {
        contents->incomplete = true;
        return;
    }
    *proposal = (ipsec_ike_proposal){.protocol = p[1], .spi_length = p[2]};
    if (p[2] == 4)
        proposal->spi = ipsec_read_u32(spi);
    else if (p[2] == 8)
        proposal->ike_spi = read_u64(spi);
    while (version == 2 && ipsec_ike_take_payload(&body, &transform))
        read_transform(transform, proposal);
    contents->proposal_count++;
}

static void read_sa(unsigned version, part body, ipsec_ike_contents *contents)
{
    part proposal;

    if (version == 1 && !ipsec_ike_take(&body, DOI + 4)) /* DOI and situation */
        contents->incomplete = true;
    while (body.left > 0 && ipsec_ike_take_payload(&body, &proposal))
        read_proposal(version, proposal, contents);
    if (body.left > 0)
        contents->incomplete = true;
}

static void read_notify(unsigned version, part body, ipsec_ike_contents *contents)
{
    const bool has_doi = version == 2 || ipsec_ike_take(&body, DOI);
    const uint8_t *p = has_doi ? ipsec_ike_take(&body, 4) : NULL;
    const uint8_t *spi = p ? ipsec_ike_take(&body, p[1]) : NULL;
    ipsec_ike_notify *notify = &contents->notifies[contents->notify_count];

    if (!spi || contents->notify_count == IPSEC_IKE_NOTIFIES_MOST) {
        contents->incomplete = true;
        return;
    }
    *notify = (ipsec_ike_notify){.type = ipsec_read_u16(p + 2),
                                 .protocol = p[0],
                                 .spi_length = p[1],
                                 .spi = p[1] == 4 ? ipsec_read_u32(spi) : 0,
                                 .length = (uint16_t)body.left};
    memcpy(notify->data, body.at, MIN(body.left, sizeof notify->data));
    contents->notify_count++;
}

static void add_delete(uint32_t spi, ipsec_ike_contents *contents)
{
    if (contents->delete_count == IPSEC_IKE_DELETES_MOST)
        contents->incomplete = true;
    else
        contents->deletes[contents->delete_count++] = spi;
}

static void read_delete(unsigned version, part body, ipsec_ike_contents *contents)
{
    const bool has_doi = version == 2 || ipsec_ike_take(&body, DOI);
    const uint8_t *p = has_doi ? ipsec_ike_take(&body, 4) : NULL;
    const uint8_t *spi;

    if (!p) {
        contents->incomplete = true;
        return;
    }
    if (p[1] == 4 && contents->delete_protocol == IPSEC_IKE_PROTOCOL_NONE)
        contents->delete_protocol = p[0];
    if (p[0] == IPSEC_IKE_PROTOCOL_IKE)
        contents->deletes_ike = true;
    for (unsigned left = ipsec_read_u16(p + 2); p[1] == 4 && left > 0 && (spi = ipsec_ike_take(&body, 4)) != NULL;
         left--)
        add_delete(ipsec_read_u32(spi), contents);
}

static uint64_t digest(const part *body)
{
    uint64_t hash = body->left;

    for (uint32_t i = 0; i < body->left; i++)
        hash = ipsec_hash_mix(hash, body->at[i]);
    return hash ? hash : 1;
}

/* Identity types of IKEv2 (RFC 7296 3.5). */
enum {
    ID_IPV4 = 1,
    ID_IPV6 = 5
};

static void read_identity(part body, ipsec_ike_contents *contents)
{
    contents->identity = digest(&body);
    contents->identity_is_address = body.left > 0 && (body.at[0] == ID_IPV4 || body.at[0] == ID_IPV6);
}

/* --- selectors -------------------------------------------------------------------------------------------- */

static ipsec_ike_selector *next_selector(bool of_initiator, ipsec_ike_contents *contents)
{
    uint8_t *count = of_initiator ? &contents->initiator_count : &contents->responder_count;
    ipsec_ike_selector *list = of_initiator ? contents->initiator : contents->responder;

    if (*count < IPSEC_IKE_SELECTORS_MOST)
        return &list[(*count)++];
    contents->incomplete = true;
    return NULL;
}

/* Octets of an address in an IKEv2 selector of that type; 0: unknown type. */
static uint8_t address_length(uint8_t type)
{
    if (type == 7)
        return 4;
    return type == 8 ? 16 : 0;
}

static void read_selector(const uint8_t *p, part body, bool of_initiator, ipsec_ike_contents *contents)
{
    const uint8_t length = address_length(p[0]);
    const uint8_t *ports = ipsec_ike_take(&body, 4), *first = ipsec_ike_take(&body, length),
                  *last = ipsec_ike_take(&body, length);
    ipsec_ike_selector *selector = ports && first && last ? next_selector(of_initiator, contents) : NULL;

    if (!selector || length == 0) {
        contents->incomplete = true;
        return;
    }
    *selector = (ipsec_ike_selector){.address_length = length,
                                     .protocol = p[1],
                                     .first_port = ipsec_read_u16(ports),
                                     .last_port = ipsec_read_u16(ports + 2)};
    memcpy(selector->first, first, length);
    memcpy(selector->last, last, length);
}

static void read_selectors(part body, bool of_initiator, ipsec_ike_contents *contents)
{
    part selector;
    const uint8_t *p;

    if (!ipsec_ike_take(&body, 4)) {
        contents->incomplete = true;
        return;
    }
    while ((p = ipsec_ike_take_payload(&body, &selector)) != NULL)
        read_selector(p, selector, of_initiator, contents);
}

/* --- the chain -------------------------------------------------------------------------------------------- */

static void read_payload(uint8_t type, part body, ipsec_ike_contents *contents)
{
    switch (type) {
    case IPSEC_IKE_PAYLOAD_SA:
        read_sa(2, body, contents);
        break;
    case IPSEC_IKE_PAYLOAD_IDI:
        read_identity(body, contents);
        break;
    case IPSEC_IKE_PAYLOAD_IDR:
        if (!ipsec_ike_has_payload(contents, IPSEC_IKE_PAYLOAD_IDI))
            read_identity(body, contents);
        break;
    case IPSEC_IKE_PAYLOAD_NOTIFY:
        read_notify(2, body, contents);
        break;
    case IPSEC_IKE_PAYLOAD_DELETE:
        read_delete(2, body, contents);
        break;
    case IPSEC_IKE_PAYLOAD_TSI:
    case IPSEC_IKE_PAYLOAD_TSR:
        read_selectors(body, type == IPSEC_IKE_PAYLOAD_TSI, contents);
        break;
    default:
        break;
    }
}

static void read_payload_v1(uint8_t type, part body, ipsec_ike_contents *contents)
{
    switch (type) {
    case V1_SA:
        read_sa(1, body, contents);
        break;
    case V1_NOTIFY:
        read_notify(1, body, contents);
        break;
    case V1_DELETE:
        read_delete(1, body, contents);
        break;
    default:
        break;
    }
}

/* Whether it is an encrypted payload, in whose header the type of the next payload is that of the first one inside. */
static bool is_encrypted(unsigned version, uint8_t type)
{
    return version == 2 && (type == IPSEC_IKE_PAYLOAD_SK || type == IPSEC_IKE_PAYLOAD_SKF);
}

static void mark_payload(uint8_t type, ipsec_ike_contents *contents)
{
    contents->payloads |= type < 64 ? UINT64_C(1) << type : 0;
}

void ipsec_ike_read_payloads(unsigned version, uint8_t first, const uint8_t *octets, uint32_t length,
                             ipsec_ike_contents *contents)
{
    part chain = {octets, length}, body;
    const uint8_t *header;
    uint8_t type = first;

    for (unsigned i = 0; type != 0 && !is_encrypted(version, type); i++, type = header[0]) {
        header = i < IPSEC_IKE_PAYLOADS_MOST ? ipsec_ike_take_payload(&chain, &body) : NULL;
        if (!header) {
            contents->incomplete = true;
            return;
        }
        contents->incomplete = contents->incomplete || is_cut(header, &body);
        if (version == 1)
            read_payload_v1(type, body, contents);
        else
            read_payload(type, body, contents);
        mark_payload(type, contents);
    }
    if (type != 0)
        mark_payload(type, contents);
}
