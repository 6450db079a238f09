/* The most recent IKE packets. SPDX-License-Identifier: GPL-2.0-or-later */
#include "icmp/ike_packets.h"
#include "base/hash.h"
#include "base/octets.h"
#include "packet/ip.h"

#include <string.h>

/* Octets of an IKE header that identify a message: SPIs, exchange, message id. */
#define HEAD 24u

static uint64_t hash_hosts(uint64_t seed, const uint8_t *source, const uint8_t *destination, uint8_t length,
                           uint32_t ports)
{
    uint64_t words[2];
    const uint64_t hash = ipsec_hash_address(ipsec_hash_mix(seed, ports), source, length, words);

    return ipsec_hash_address(hash, destination, length, words);
}

static uint64_t hash_head(uint64_t seed, const uint8_t *ike)
{
    uint64_t words[HEAD / 8];

    memcpy(words, ike, HEAD);
    return ipsec_hash_mix(ipsec_hash_mix(ipsec_hash_mix(seed, words[0]), words[1]), words[2]);
}

void ipsec_ike_packets_meet(ipsec_ike_packets *packets, const ipsec_view *view, const ipsec_ike_message *message)
{
    ipsec_ike_packet *const packet = &packets->ring[packets->count % IPSEC_IKE_PACKETS];
    const bool has_v4 = view->ip_version == 4 && view->outer_length >= IPSEC_IPV4_HEADER;

    if (view->address_length == 0 || view->captured < ipsec_view_ike_at(view) + HEAD)
        return;
    packets->count++;
    *packet =
        (ipsec_ike_packet){.hosts = hash_hosts(packets->seed, view->source, view->destination, view->address_length,
                                               (uint32_t)view->source_port << 16 | view->destination_port),
                           .head = hash_head(packets->seed, view->data + ipsec_view_ike_at(view)),
                           .initiator_spi = message->initiator_spi,
                           .version = message->version,
                           .length = view->length,
                           .frame = view->frame,
                           .identification = has_v4 ? ipsec_read_u16(view->outer + 4) : 0};
}

const ipsec_ike_packet *ipsec_ike_packets_at(const ipsec_ike_packets *packets, uint32_t frame)
{
    for (unsigned i = 0; i < IPSEC_IKE_PACKETS; i++)
        if (packets->ring[i].frame == frame && frame > 0)
            return &packets->ring[i];
    return NULL;
}

/* Whether it may be the quoted packet, which has these hosts and, if the quote has it, this header. */
static bool fits(const ipsec_ike_packet *packet, const ipsec_quote *quote, uint64_t hosts, const uint64_t *head)
{
    return packet->frame != 0 && packet->hosts == hosts && packet->length == quote->udp_payload &&
           (head ? packet->head == *head : packet->identification == quote->identification);
}

uint32_t ipsec_ike_packets_find(const ipsec_ike_packets *packets, const ipsec_quote *quote)
{
    const uint64_t hosts = hash_hosts(packets->seed, quote->source, quote->destination, quote->address_length,
                                      (uint32_t)quote->source_port << 16 | quote->destination_port);
    const bool has_head = quote->ike && quote->ike_count >= HEAD;
    const uint64_t head = has_head ? hash_head(packets->seed, quote->ike) : 0;
    uint32_t found = 0;

    for (uint32_t back = 1; back <= IPSEC_IKE_PACKETS && back <= packets->count; back++) {
        const ipsec_ike_packet *const packet = &packets->ring[(packets->count - back) % IPSEC_IKE_PACKETS];

        if (!fits(packet, quote, hosts, has_head ? &head : NULL))
            continue;
        if (has_head)
            return packet->frame;
        if (found > 0)
            return 0;
        found = packet->frame;
    }
    return found;
}
