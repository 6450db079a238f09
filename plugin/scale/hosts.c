/* The two hosts that a frame is between.
 *
 * Only as much of each header is read as is needed to find the next one. The search ends at octets that were cut off or
 * are not understood; the last IP header then decides.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hosts.h"

#include "../core/base/octets.h"
#include "../core/packet/ip.h"

#include <glib.h>

#include <string.h>

/* EtherTypes (IANA). */
enum {
    TYPE_IPV4 = 0x0800,
    TYPE_VLAN = 0x8100,
    TYPE_IPV6 = 0x86dd,
    TYPE_MPLS = 0x8847,
    TYPE_MPLS_MULTICAST = 0x8848,
    TYPE_PPPOE = 0x8864,
    TYPE_SERVICE_VLAN = 0x88a8,
    TYPE_OLD_QINQ = 0x9100,
    TYPE_BRIDGED = 0x6558 /* in GRE */
};

/* IP protocols (IANA). */
enum {
    PROTOCOL_ICMP = 1,
    PROTOCOL_IPV4 = 4,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_GRE = 47,
    PROTOCOL_ESP = 50,
    PROTOCOL_AH = 51,
    PROTOCOL_ICMPV6 = 58,
    PROTOCOL_IPCOMP = 108,
    PROTOCOL_WESP = 141
};

enum {
    PORT_IKE = 500,
    PORT_NATT = 4500
};

/* The most headers below IP, and nested IP headers: more than any network has. */
#define LINKS_MOST  16u
#define NESTED_MOST 8u

/* What has not been read yet. */
typedef struct rest {
    const uint8_t *at;
    uint32_t count;
} rest;

static bool skip(rest *r, uint32_t octets)
{
    if (octets > r->count)
        return false;
    r->at += octets;
    r->count -= octets;
    return true;
}

/* --- below IP --- */

/* IP follows the labels; or a control word, which begins with 0 (RFC 4385 3), and then Ethernet. */
static bool skip_labels(rest *r, uint16_t *type)
{
    bool last = false;

    while (!last) {
        if (r->count < 4)
            return false;
        last = r->at[2] & 1;
        skip(r, 4);
    }
    if (r->count == 0)
        return false;
    *type = TYPE_IPV4;
    if (r->at[0] >> 4 != 0)
        return true;
    if (!skip(r, 4 + 12) || r->count < 2)
        return false;
    *type = ipsec_read_u16(r->at);
    return skip(r, 2);
}

static bool skip_pppoe(rest *r, uint16_t *type)
{
    enum {
        PPP_IPV4 = 0x0021,
        PPP_IPV6 = 0x0057
    };

    if (r->count < 8)
        return false;
    switch (ipsec_read_u16(r->at + 6)) {
    case PPP_IPV4:
    case PPP_IPV6:
        *type = TYPE_IPV4;
        return skip(r, 8);
    default:
        return false;
    }
}

/* Continues to IP from a header of this type. The first four bits of IP give its version. */
static bool find_ip(rest *r, uint16_t type)
{
    for (unsigned i = 0; i < LINKS_MOST; i++) {
        switch (type) {
        case TYPE_IPV4:
        case TYPE_IPV6:
            return true;
        case TYPE_VLAN:
        case TYPE_SERVICE_VLAN:
        case TYPE_OLD_QINQ:
            if (r->count < 4)
                return false;
            type = ipsec_read_u16(r->at + 2);
            skip(r, 4);
            break;
        case TYPE_MPLS:
        case TYPE_MPLS_MULTICAST:
            if (!skip_labels(r, &type))
                return false;
            break;
        case TYPE_PPPOE:
            if (!skip_pppoe(r, &type))
                return false;
            break;
        default:
            return false;
        }
    }
    return false;
}

/* The length in octets of a link header, and the offset of the type in it; without a type, IP follows. */
static const struct {
    bool is_known, has_type;
    uint8_t length, type_at;
} links[] = {
    [IPSEC_LINK_UNKNOWN] = {false, false, 0, 0}, [IPSEC_LINK_ETHERNET] = {true, true, 14, 12},
    [IPSEC_LINK_IP] = {true, false, 0, 0},       [IPSEC_LINK_COOKED] = {true, true, 16, 14},
    [IPSEC_LINK_COOKED2] = {true, true, 20, 0},  [IPSEC_LINK_LOOPBACK] = {true, false, 4, 0},
};

static bool skip_link(ipsec_link link, rest *r)
{
    uint16_t type = TYPE_IPV4;

    if (!links[link].is_known || r->count < links[link].length)
        return false;
    if (links[link].has_type)
        type = ipsec_read_u16(r->at + links[link].type_at);
    skip(r, links[link].length);
    return find_ip(r, type);
}

/* --- IP --- */

/* One IP header, including extension headers. */
typedef struct ip_header {
    const uint8_t *source, *destination;
    uint8_t address_length;
    uint8_t protocol; /* of what follows the header */
    bool is_fragment, is_later_fragment;
} ip_header;

static bool read_v4(rest *r, ip_header *ip)
{
    const uint32_t length = r->count > 0 ? (r->at[0] & 0xfu) * 4 : 0;

    if (length < IPSEC_IPV4_HEADER || r->count < IPSEC_IPV4_HEADER)
        return false;
    *ip = (ip_header){.source = r->at + 12,
                      .destination = r->at + 16,
                      .address_length = 4,
                      .protocol = r->at[9],
                      .is_fragment = ipsec_ip_is_v4_fragment(r->at),
                      .is_later_fragment = (ipsec_read_u16(r->at + 6) & 0x1fff) != 0};
    if (!skip(r, length))
        r->count = 0; /* options were cut off, but the hosts are known */
    return true;
}

static bool read_v6(rest *r, ip_header *ip)
{
    if (r->count < IPSEC_IPV6_HEADER)
        return false;
    *ip = (ip_header){.source = r->at + 8, .destination = r->at + 24, .address_length = 16, .protocol = r->at[6]};
    skip(r, IPSEC_IPV6_HEADER);
    while (ip->protocol != PROTOCOL_AH && !ip->is_later_fragment) {
        const uint32_t length = ipsec_ip_extension(ip->protocol, r->at, r->count);

        if (length == 0)
            break;
        if (ip->protocol == PROTOCOL_FRAGMENT) {
            ip->is_fragment = ip->is_fragment || ipsec_ip_is_v6_fragment(r->at);
            ip->is_later_fragment = (ipsec_read_u16(r->at + 2) & 0xfff8) != 0;
        }
        ip->protocol = r->at[0];
        skip(r, length);
    }
    return true;
}

static bool read_ip(rest *r, ip_header *ip)
{
    switch (r->count > 0 ? r->at[0] >> 4 : 0) {
    case 4:
        return read_v4(r, ip);
    case 6:
        return read_v6(r, ip);
    default:
        return false;
    }
}

/* --- what it carries --- */

static bool is_port(const rest *r)
{
    static const uint16_t ports[] = {PORT_IKE, PORT_NATT};

    if (r->count < 4)
        return true; /* cut before the ports, so it may be one of them */
    for (unsigned i = 0; i < G_N_ELEMENTS(ports); i++)
        if (ipsec_read_u16(r->at) == ports[i] || ipsec_read_u16(r->at + 2) == ports[i])
            return true;
    return false;
}

static bool is_relevant(const ip_header *ip, const rest *r)
{
    switch (ip->protocol) {
    case PROTOCOL_ESP:
    case PROTOCOL_AH:
    case PROTOCOL_IPCOMP:
    case PROTOCOL_WESP:
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6:
        return true;
    case PROTOCOL_UDP:
    case PROTOCOL_TCP: /* RFC 9329 */
        return ip->is_later_fragment || is_port(r);
    default:
        return false;
    }
}

static void set_hosts(ipsec_hosts *hosts, const ip_header *ip, bool relevant)
{
    const bool in_order = memcmp(ip->source, ip->destination, ip->address_length) <= 0;

    *hosts = (ipsec_hosts){.is_ip = true, .is_relevant = relevant, .length = ip->address_length};
    memcpy(hosts->first, in_order ? ip->source : ip->destination, ip->address_length);
    memcpy(hosts->second, in_order ? ip->destination : ip->source, ip->address_length);
}

/* Only errors quote a packet: those of RFC 792, and those below 128 of RFC 4443. */
static bool is_error(uint8_t protocol, uint8_t type)
{
    if (protocol == PROTOCOL_ICMPV6)
        return type < 128;
    return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/* Continues to the packet that is quoted after the eight octets of an error. */
static bool skip_icmp(uint8_t protocol, rest *r)
{
    return r->count > 8 && is_error(protocol, r->at[0]) && skip(r, 8);
}

/* Continues to IP in GRE (RFC 2784, RFC 2890). */
static bool skip_gre(rest *r)
{
    enum {
        CHECKSUM = 0x80,
        KEY = 0x20,
        NUMBER = 0x10
    };
    uint32_t length = 4;
    uint16_t type;

    if (r->count < length || r->at[1] & 7) /* another version: PPTP */
        return false;
    length += r->at[0] & CHECKSUM ? 4 : 0;
    length += r->at[0] & KEY ? 4 : 0;
    length += r->at[0] & NUMBER ? 4 : 0;
    type = ipsec_read_u16(r->at + 2);
    if (!skip(r, length))
        return false;
    if (type != TYPE_BRIDGED)
        return find_ip(r, type);
    return skip_link(IPSEC_LINK_ETHERNET, r);
}

/* Continues to the IP header inside what the header carries; false if there is none. */
static bool go_inside(const ip_header *ip, rest *r)
{
    if (ip->is_fragment)
        return false;
    switch (ip->protocol) {
    case PROTOCOL_IPV4:
    case PROTOCOL_IPV6:
        return true;
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6:
        return skip_icmp(ip->protocol, r);
    case PROTOCOL_GRE:
        return skip_gre(r);
    default:
        return false;
    }
}

void ipsec_hosts_find(ipsec_link link, const uint8_t *octets, uint32_t count, ipsec_hosts *hosts)
{
    rest r = {octets, count};
    bool relevant = false;
    ip_header ip;

    *hosts = (ipsec_hosts){.is_ip = false};
    if (!skip_link(link, &r))
        return;
    for (unsigned i = 0; i < NESTED_MOST && read_ip(&r, &ip); i++) {
        relevant = relevant || is_relevant(&ip, &r);
        if (!hosts->is_ip || relevant)
            set_hosts(hosts, &ip, relevant);
        if (!go_inside(&ip, &r))
            return;
    }
}

/* --- shards --- */

/* FNV-1a: any hash that is the same everywhere is good enough; a sender that aims at one shard only makes that shard
 * slow. */
static uint32_t add_to_hash(uint32_t hash, const uint8_t *octets, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        hash = (hash ^ octets[i]) * UINT32_C(16777619);
    return hash;
}

uint32_t ipsec_hosts_shard(const ipsec_hosts *hosts, uint32_t shards)
{
    uint32_t hash = UINT32_C(2166136261);

    hash = add_to_hash(hash, hosts->first, hosts->length);
    hash = add_to_hash(hash, hosts->second, hosts->length);
    /* The low bits of FNV depend only on the low bits of the octets, so the high ones are used. */
    return (uint32_t)((uint64_t)(hash * UINT32_C(2654435769)) * shards >> 32);
}
