/* NAT detection (RFC 7296 2.23): each side sends hashes of the SPIs with the addresses and ports that it knows.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/nat.h"
#include "ike/notify.h"
#include "ike/saying.h"

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

static bool has_both(const ipsec_ike_contents *contents)
{
    return ipsec_ike_notify_of(contents, IPSEC_IKE_NAT_DETECTION_SOURCE) &&
           ipsec_ike_notify_of(contents, IPSEC_IKE_NAT_DETECTION_DESTINATION);
}

/* Whether there are notifies of the type, but none of them has the hash: a host may list several addresses. */
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

/* --- findings ----------------------------------------------------------------------------------------------------- */

static void say(ipsec_ike_saying *it, uint8_t advice_case, uint16_t notify)
{
    ipsec_ike_say(
        it, &(ipsec_ike_said){
                .finding = IPSEC_FINDING_IKE_NAT, .advice_case = advice_case, .has_notify = true, .notify = notify});
}

/* A request proves NAT in front of its receiver. The answer says more about the sender of the request. */
static void judge_request(ipsec_ike_saying *it)
{
    ipsec_ike_sa *sa = it->step.sa;

    sa->nat_asked = has_both(it->contents);
    sa->nat = (uint8_t)ipsec_ike_nat_of(it->view, it->message, it->contents);
    if (sa->nat == IPSEC_IKE_NAT_DESTINATION)
        say(it, IPSEC_CASE_IKE_NAT_DESTINATION, IPSEC_IKE_NAT_DETECTION_DESTINATION);
    else if (sa->nat & IPSEC_IKE_NAT_DESTINATION)
        say(it, IPSEC_CASE_IKE_NAT_BOTH, IPSEC_IKE_NAT_DETECTION_SOURCE);
}

/* The sides in the answer are those in the request, swapped. */
static void judge_answer(ipsec_ike_saying *it)
{
    const ipsec_ike_sa *sa = it->step.sa;
    const unsigned own = ipsec_ike_nat_of(it->view, it->message, it->contents);
    const bool has_pair = sa->nat_asked && has_both(it->contents);
    const bool source = has_pair && (own & IPSEC_IKE_NAT_SOURCE || sa->nat & IPSEC_IKE_NAT_DESTINATION);
    const bool destination = own & IPSEC_IKE_NAT_DESTINATION || (has_pair && sa->nat & IPSEC_IKE_NAT_SOURCE);

    if (source && destination)
        say(it, IPSEC_CASE_IKE_NAT_BOTH, IPSEC_IKE_NAT_DETECTION_SOURCE);
    else if (source)
        say(it, IPSEC_CASE_IKE_NAT_SOURCE, IPSEC_IKE_NAT_DETECTION_SOURCE);
    else if (own & IPSEC_IKE_NAT_DESTINATION)
        say(it, IPSEC_CASE_IKE_NAT_DESTINATION, IPSEC_IKE_NAT_DETECTION_DESTINATION);
    else if (destination)
        say(it, IPSEC_CASE_IKE_NAT_ASKED, IPSEC_IKE_NAT_DETECTION_SOURCE);
}

void ipsec_ike_judge_nat(ipsec_ike_saying *it)
{
    if (it->message->exchange != IPSEC_IKE_SA_INIT || !it->step.sa)
        return;
    if (it->step.place == IPSEC_IKE_REQUEST)
        judge_request(it);
    else if (it->step.place == IPSEC_IKE_ANSWER)
        judge_answer(it);
}
