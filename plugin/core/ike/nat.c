/* NAT detection (RFC 7296 2.23): each side sends a hash of the SPIs and of an address and port as it knows them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/nat.h"
#include "ike/notify.h"

#include <gcrypt.h>
#include <string.h>

enum {
    SHA1 = 20,
    SPIS = 16,
    ADDRESS_MOST = 16,
    PORT = 2
};

static void put_u64(uint8_t *to, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        to[i] = (uint8_t)(value >> (56 - 8 * i));
}

static void hash(const ipsec_ike_message *message, const uint8_t *address, unsigned length, uint16_t port,
                 uint8_t digest[SHA1])
{
    uint8_t octets[SPIS + ADDRESS_MOST + PORT];

    put_u64(octets, message->initiator_spi);
    put_u64(octets + 8, message->responder_spi);
    memcpy(octets + SPIS, address, length);
    octets[SPIS + length] = (uint8_t)(port >> 8);
    octets[SPIS + length + 1] = (uint8_t)port;
    gcry_md_hash_buffer(GCRY_MD_SHA1, digest, octets, SPIS + length + PORT);
}

/* Whether there are notifies of the type, and none of them has the hash: a host may list several addresses. */
static bool differs(const ipsec_ike_contents *contents, uint16_t type, const uint8_t digest[SHA1])
{
    bool any = false;

    for (unsigned i = 0; i < contents->notify_count; i++) {
        const ipsec_ike_notify *notify = &contents->notifies[i];

        if (notify->type != type || notify->length != SHA1)
            continue;
        if (memcmp(notify->data, digest, SHA1) == 0)
            return false;
        any = true;
    }
    return any;
}

unsigned ipsec_ike_nat_of(const ipsec_view *view, const ipsec_ike_message *message, const ipsec_ike_contents *contents)
{
    uint8_t digest[SHA1];
    unsigned sides = 0;

    if ((view->address_length != 4 && view->address_length != 16) || contents->incomplete ||
        !ipsec_ike_notify_of(contents, IPSEC_IKE_NAT_DETECTION_SOURCE) || gcry_md_test_algo(GCRY_MD_SHA1) != 0)
        return 0;
    hash(message, view->source, view->address_length, view->source_port, digest);
    if (differs(contents, IPSEC_IKE_NAT_DETECTION_SOURCE, digest))
        sides |= IPSEC_IKE_NAT_SOURCE;
    hash(message, view->destination, view->address_length, view->destination_port, digest);
    if (differs(contents, IPSEC_IKE_NAT_DETECTION_DESTINATION, digest))
        sides |= IPSEC_IKE_NAT_DESTINATION;
    return sides;
}
