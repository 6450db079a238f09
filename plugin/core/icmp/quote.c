/* Reading an ICMP error, and the packet that it quotes.
 *
 * A quote may be as short as the IP header and 8 octets; lengths are those that the headers state, never how much is
 * quoted. With extensions (RFC 4884) octet 5 (octet 4 in ICMPv6) has the length of the quote, which may then be padded
 * with zeros.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "icmp/quote.h"
#include "base/checksum.h"
#include "base/octets.h"
#include "packet/ip.h"
#include "packet/protocol.h"
#include "packet/view.h"

#include <glib.h>
#include <string.h>

enum {
    HEADER = 8,      /* octets of the ICMP header in front of the quote */
    LEAST = 8,       /* octets after the IP header that every error quotes: RFC 792 */
    PADDED_TO = 128, /* if there are extensions: RFC 4884 3 */
    MARKER = 4,
    IKE_VERSION_AT = 17,
    IKE_LENGTH_AT = 24,
    IKE_HEADER = 28
};

#define PROTOCOL_IPCOMP 108
#define PORT_IKE        500

/* --- what the message says ------------------------------------------------------------------------------ */

/* The kind by code, for ICMP type 3, and for ICMPv6 type 1. */
static const uint8_t unreachable_v4[] = {
    [0] = IPSEC_ICMP_UNREACHABLE,  [1] = IPSEC_ICMP_UNREACHABLE, [2] = IPSEC_ICMP_PROTOCOL,
    [3] = IPSEC_ICMP_PORT,         [4] = IPSEC_ICMP_TOO_BIG,     [5] = IPSEC_ICMP_UNREACHABLE,
    [6] = IPSEC_ICMP_UNREACHABLE,  [7] = IPSEC_ICMP_UNREACHABLE, [8] = IPSEC_ICMP_UNREACHABLE,
    [9] = IPSEC_ICMP_PROHIBITED,   [10] = IPSEC_ICMP_PROHIBITED, [11] = IPSEC_ICMP_UNREACHABLE,
    [12] = IPSEC_ICMP_UNREACHABLE, [13] = IPSEC_ICMP_PROHIBITED, [14] = IPSEC_ICMP_UNREACHABLE,
    [15] = IPSEC_ICMP_UNREACHABLE};
static const uint8_t unreachable_v6[] = {
    [0] = IPSEC_ICMP_UNREACHABLE, [1] = IPSEC_ICMP_PROHIBITED, [2] = IPSEC_ICMP_UNREACHABLE,
    [3] = IPSEC_ICMP_UNREACHABLE, [4] = IPSEC_ICMP_PORT,       [5] = IPSEC_ICMP_PROHIBITED,
    [6] = IPSEC_ICMP_PROHIBITED,  [7] = IPSEC_ICMP_UNREACHABLE};
static const uint8_t time_exceeded[] = {[0] = IPSEC_ICMP_TIME, [1] = IPSEC_ICMP_REASSEMBLY};

/* What the codes of a type mean; if by_code is NULL, all of them mean `any`. */
typedef struct icmp_type {
    const uint8_t *by_code;
    uint8_t count;
    uint8_t any;
    bool has_length; /* it states the length of the quote, if there are extensions */
} icmp_type;

#define CODES(table) .by_code = (table), .count = sizeof(table)

static const icmp_type types_v4[] = {
    [3] = {CODES(unreachable_v4), .has_length = true},
    [11] = {CODES(time_exceeded), .has_length = true},
    [12] = {.any = IPSEC_ICMP_PARAMETER, .has_length = true},
};
static const icmp_type types_v6[] = {
    [1] = {CODES(unreachable_v6), .has_length = true},
    [2] = {.any = IPSEC_ICMP_TOO_BIG},
    [3] = {CODES(time_exceeded), .has_length = true},
    [4] = {.any = IPSEC_ICMP_PARAMETER},
};

static const icmp_type *type_of(const ipsec_icmp_view *view)
{
    const uint8_t type = view->data[0];

    if (!ipsec_icmp_may_be_error(view->protocol, type))
        return NULL;
    return view->protocol == IPSEC_ICMP ? &types_v4[type] : &types_v6[type];
}

static ipsec_icmp_kind kind_of(const icmp_type *type, uint8_t code)
{
    if (!type->by_code)
        return (ipsec_icmp_kind)type->any;
    return code < type->count ? (ipsec_icmp_kind)type->by_code[code] : IPSEC_ICMP_NO_ERROR;
}

static uint32_t mtu_of(const ipsec_icmp_view *view)
{
    return view->protocol == IPSEC_ICMP ? ipsec_read_u16(view->data + 6) : ipsec_read_u32(view->data + 4);
}

/* The checksum of ICMPv6 also covers addresses, length and protocol: RFC 8200 8.1. */
static bool is_checksum_wrong(const ipsec_icmp_view *view)
{
    uint32_t sum = 0;

    if (!view->whole || view->captured > UINT16_MAX)
        return false;
    if (view->protocol == IPSEC_ICMPV6) {
        sum = ipsec_sum_add(sum, view->source, view->address_length);
        sum = ipsec_sum_add(sum, view->destination, view->address_length);
        sum += view->captured + IPSEC_ICMPV6;
    }
    return ipsec_sum_fold(ipsec_sum_add(sum, view->data, view->captured)) != UINT16_MAX;
}

/* --- the quote ------------------------------------------------------------------------------------------ */

/* Octets of the quote, without the extensions after it. */
static uint32_t quote_length(const ipsec_icmp_view *view, const icmp_type *type)
{
    const bool v6 = view->protocol == IPSEC_ICMPV6;
    const uint32_t all = view->captured - HEADER;
    const uint32_t stated = type->has_length ? view->data[v6 ? 4 : 5] * (v6 ? 8u : 4u) : 0;

    return stated >= PADDED_TO && stated < all ? stated : all;
}

/* The same without zeros at the end, which may be padding if there are extensions; what every error must quote is kept.
 */
static uint32_t without_padding(const uint8_t *octets, uint32_t least, uint32_t count)
{
    while (count > least && octets[count - 1] == 0)
        count--;
    return (count + 3) & ~3u;
}

/* Reads an IPv4 header. Returns its length; 0 if it is not one. */
static uint32_t read_v4(const uint8_t *ip, uint32_t count, ipsec_quote *quote)
{
    const uint32_t header = count >= IPSEC_IPV4_HEADER ? (ip[0] & 0x0fu) * 4 : 0;

    if (header < IPSEC_IPV4_HEADER || ip[0] >> 4 != 4 || header > count)
        return 0;
    *quote = (ipsec_quote){.source = ip + 12,
                           .destination = ip + 16,
                           .address_length = 4,
                           .protocol = ip[9],
                           .is_later_fragment = (ipsec_read_u16(ip + 6) & 0x1fff) != 0,
                           .may_cut = (ip[6] & 0x40) == 0,
                           .identification = ipsec_read_u16(ip + 4),
                           .length = ipsec_read_u16(ip + 2)};
    return header;
}

/* The same for IPv6; the length includes extension headers. `pointer` is the pointer of the message. */
static uint32_t read_v6(const uint8_t *ip, uint32_t count, uint32_t pointer, ipsec_quote *quote)
{
    uint32_t header = IPSEC_IPV6_HEADER, length, next_at = 6;

    if (count < IPSEC_IPV6_HEADER || ip[0] >> 4 != 6)
        return 0;
    *quote = (ipsec_quote){.source = ip + 8, .destination = ip + 24, .address_length = 16, .protocol = ip[6]};
    if (ipsec_read_u16(ip + 4) > 0)
        quote->length = ipsec_read_u16(ip + 4) + IPSEC_IPV6_HEADER;
    while (quote->protocol != IPSEC_PROTOCOL_AH && !quote->is_later_fragment &&
           (length = ipsec_ip_extension(quote->protocol, ip + header, count - header)) > 0) {
        if (quote->protocol == IPSEC_PROTOCOL_FRAGMENT)
            quote->is_later_fragment = (ipsec_read_u16(ip + header + 2) & 0xfff8) != 0;
        next_at = header;
        quote->protocol = ip[next_at];
        header += length;
    }
    quote->next_header_at = pointer == next_at;
    return header;
}

static void read_esp(const uint8_t *p, uint32_t count, ipsec_quote *quote)
{
    quote->has_spi = count >= 4;
    quote->spi = quote->has_spi ? ipsec_read_u32(p) : 0;
    quote->has_sequence = count >= 8;
    quote->sequence = quote->has_sequence ? ipsec_read_u32(p + 4) : 0;
}

static void read_ah(const uint8_t *p, uint32_t count, ipsec_quote *quote)
{
    if (count >= 2)
        quote->ah_length = (uint8_t)MIN((p[1] + 2u) * 4, UINT8_MAX);
    if (count >= 8)
        read_esp(p + 4, count - 4, quote);
}

/* Takes note of what looks like an IKE header: enough of it is there, its version is known, and its length agrees with
 * UDP. */
static void read_ike(const uint8_t *p, uint32_t count, uint32_t payload, ipsec_quote *quote)
{
    const unsigned major = count > IKE_VERSION_AT ? p[IKE_VERSION_AT] >> 4 : 0;

    if ((major != 1 && major != 2) || (count >= IKE_HEADER && ipsec_read_u32(p + IKE_LENGTH_AT) != payload))
        return;
    quote->ike = p;
    quote->ike_count = count;
}

static void read_udp(const uint8_t *p, uint32_t count, ipsec_quote *quote)
{
    const uint32_t length = count >= IPSEC_UDP_HEADER ? ipsec_read_u16(p + 4) : 0;

    if (length < IPSEC_UDP_HEADER)
        return;
    quote->source_port = ipsec_read_u16(p);
    quote->destination_port = ipsec_read_u16(p + 2);
    quote->udp_payload = length - IPSEC_UDP_HEADER;
    p += IPSEC_UDP_HEADER;
    count = MIN(count - IPSEC_UDP_HEADER, quote->udp_payload);
    if (quote->source_port == PORT_IKE || quote->destination_port == PORT_IKE)
        read_ike(p, count, quote->udp_payload, quote);
    else if (count >= MARKER && ipsec_read_u32(p) == 0)
        read_ike(p + MARKER, count - MARKER, quote->udp_payload - MARKER, quote);
    else
        read_esp(p, count, quote);
}

/* Reads the header after IP. Returns whether it concerns IPsec. */
static bool read_header(const uint8_t *p, uint32_t count, ipsec_quote *quote)
{
    void (*read)(const uint8_t *, uint32_t, ipsec_quote *) = NULL;

    switch (quote->protocol) {
    case IPSEC_PROTOCOL_ESP:
        read = read_esp;
        break;
    case IPSEC_PROTOCOL_AH:
        read = read_ah;
        break;
    case IPSEC_PROTOCOL_UDP:
        read = read_udp;
        break;
    default:
        return quote->protocol == PROTOCOL_IPCOMP;
    }
    if (!quote->is_later_fragment)
        read(p, count, quote);
    return true;
}

static bool read_quote(const ipsec_icmp_view *view, const icmp_type *type, ipsec_quote *quote)
{
    const uint8_t *const ip = view->data + HEADER;
    const uint32_t pointer = type->any == IPSEC_ICMP_PARAMETER && view->data[1] == 1 ? mtu_of(view) : 0;
    uint32_t count = quote_length(view, type);
    const bool padded = count < view->captured - HEADER;
    const uint32_t header =
        view->protocol == IPSEC_ICMP ? read_v4(ip, count, quote) : read_v6(ip, count, pointer, quote);

    if (header == 0)
        return false;
    if (quote->length > 0 && quote->length < count)
        count = MAX(quote->length, header);
    if (padded)
        count = MIN(without_padding(ip, header + LEAST, count), count);
    quote->behind_ip = quote->length > header ? quote->length - header : 0;
    return read_header(ip + header, count - header, quote);
}

bool ipsec_quote_has_port(const ipsec_quote *quote)
{
    return quote->source_port == PORT_IKE || quote->source_port == IPSEC_PORT_NATT ||
           quote->destination_port == PORT_IKE || quote->destination_port == IPSEC_PORT_NATT;
}

bool ipsec_icmp_read(const ipsec_icmp_view *view, ipsec_icmp_error *error)
{
    const icmp_type *type;

    if (view->captured < HEADER || view->address_length != (view->protocol == IPSEC_ICMP ? 4 : 16) ||
        !(type = type_of(view)))
        return false;
    *error = (ipsec_icmp_error){.kind = kind_of(type, view->data[1])};
    if (error->kind == IPSEC_ICMP_NO_ERROR || !read_quote(view, type, &error->quote))
        return false;
    if (error->kind == IPSEC_ICMP_TOO_BIG)
        error->mtu = mtu_of(view);
    if (error->quote.next_header_at)
        error->kind = IPSEC_ICMP_PROTOCOL;
    error->checksum_wrong = is_checksum_wrong(view);
    error->from_peer = memcmp(view->source, error->quote.destination, view->address_length) == 0;
    return true;
}
