/* Whether a packet that a key does not open is in the clear.
 *
 * In two ciphertexts of a thousand the end looks like a sound trailer, so what it names must be in front of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/in_clear.h"
#include "base/checksum.h"
#include "base/octets.h"
#include "packet/ip.h"
#include "packet/kind.h"
#include "packet/protocol.h"
#include "sa/trailer.h"

#include <glib.h>

enum {
    TRAILER = 2, /* pad length, next header */
    PAD_LENGTH_MOST = 255,
    TCP_HEADER = 20,
    ICMP_HEADER = 8,
    /* Octets of padding that are proof enough for a protocol that is not looked into: a probability of 2^-8 for the pad
     * length, and for each octet. */
    PAD_PROVES = 2
};

/* What follows the IV, if there is one: `least` to `most` octets, of which `captured` can be read. */
typedef struct contents {
    const uint8_t *octets;
    uint32_t captured;
    uint32_t least, most;
    bool told; /* a dump says that a network card does the cryptography */
} contents;

/* --- what may be inside. Random octets pass for TCP with a probability of 2^-21, for UDP of a known length with 2^-16,
 * and for ICMP with 2^-9; there, the protocol in the trailer and the end of the padding contribute 2^-8 each. */

static bool is_within(const contents *c, uint32_t length)
{
    return length >= c->least && length <= c->most;
}

/* Rejects reserved bits, flags that contradict each other, and any use of the urgent pointer: RFC 9293 3.1. New
 * software does not use that (RFC 6093 5). */
static bool looks_like_tcp(const contents *c)
{
    const uint8_t *p = c->octets;
    const unsigned flags = c->captured >= TCP_HEADER ? p[13] & 0x3fu : 0;
    const unsigned fin_and_syn = 0x03, urgent = 0x20;

    if (flags == 0 || (flags & fin_and_syn) == fin_and_syn || flags & urgent || ipsec_read_u16(p + 18) != 0)
        return false;
    return !(p[12] & 0x0e) && (p[12] >> 4) * 4u >= TCP_HEADER && (p[12] >> 4) * 4u <= c->most;
}

static bool looks_like_udp(const contents *c)
{
    return c->captured >= IPSEC_UDP_HEADER && c->most >= IPSEC_UDP_HEADER &&
           is_within(c, ipsec_read_u16(c->octets + 4));
}

/* Types and codes that are in use: IANA "ICMP Parameters", "ICMPv6 Parameters". */
static bool looks_like_icmp(const contents *c)
{
    const uint32_t types =
        1u << 0 | 1u << 3 | 1u << 5 | 1u << 8 | 1u << 9 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 13 | 1u << 14;

    return c->captured >= ICMP_HEADER && c->octets[0] < 32 && types >> c->octets[0] & 1 && c->octets[1] <= 15;
}

static bool looks_like_icmpv6(const contents *c)
{
    const uint8_t *p = c->octets;

    return c->captured >= ICMP_HEADER && ((p[0] >= 1 && p[0] <= 4) || (p[0] >= 128 && p[0] <= 143)) && p[1] <= 7;
}

static bool looks_like(const contents *c, uint8_t protocol)
{
    switch (protocol) {
    case IPSEC_PROTOCOL_TCP:
        return looks_like_tcp(c);
    case IPSEC_PROTOCOL_UDP:
        return looks_like_udp(c);
    case IPSEC_PROTOCOL_ICMP:
        return looks_like_icmp(c);
    case IPSEC_PROTOCOL_ICMPV6:
        return looks_like_icmpv6(c);
    default:
        return false;
    }
}

/* The header's checksum must be right, because the host has computed it; not needed if `sure`: the length is proof
 * enough. */
static bool looks_like_v4(const contents *c, bool sure)
{
    const uint8_t *p = c->octets;
    uint32_t header;

    if (c->captured < IPSEC_IPV4_HEADER || p[0] >> 4 != 4 || !is_within(c, ipsec_read_u16(p + 2)))
        return false;
    header = (p[0] & 0x0fu) * 4;
    if (header < IPSEC_IPV4_HEADER || header > c->captured)
        return false;
    return sure || ipsec_sum_fold(ipsec_sum_add(0, p, header)) == UINT16_MAX;
}

/* The header has no checksum, so what follows it must be proof enough, unless `sure`. */
static bool looks_like_v6(const contents *c, bool sure)
{
    const uint8_t *p = c->octets;
    contents inside;

    if (c->captured < IPSEC_IPV6_HEADER || p[0] >> 4 != 6 || !is_within(c, IPSEC_IPV6_HEADER + ipsec_read_u16(p + 4)))
        return false;
    inside = (contents){.octets = p + IPSEC_IPV6_HEADER,
                        .captured = c->captured - IPSEC_IPV6_HEADER,
                        .least = ipsec_read_u16(p + 4),
                        .most = ipsec_read_u16(p + 4)};
    return sure || looks_like(&inside, p[6]);
}

/* --- where in the packet it may be */

static bool is_named(const contents *c, uint8_t next)
{
    if (next == IPSEC_PROTOCOL_IPV4)
        return looks_like_v4(c, true);
    if (next == IPSEC_PROTOCOL_IPV6)
        return looks_like_v6(c, true);
    return looks_like(c, next);
}

/* Whether the octets end in a trailer that says what they are. */
static bool has_trailer(const contents *c)
{
    const ipsec_trailer trailer = {.plaintext = c->octets, .length = c->most};
    contents payload = *c;
    uint8_t pad;

    if (c->captured < c->most || c->most < TRAILER || !ipsec_trailer_is_sound(&trailer))
        return false;
    pad = c->octets[c->most - TRAILER];
    payload.captured = payload.least = payload.most = c->most - TRAILER - pad;
    return pad >= PAD_PROVES || is_named(&payload, c->octets[c->most - 1]);
}

/* Whether an IPv4 header, which was checked, is followed by what it names. */
static bool has_upper_layer(const contents *c)
{
    const uint32_t header = (c->octets[0] & 0x0fu) * 4, length = ipsec_read_u16(c->octets + 2) - header;
    const contents inside = {
        .octets = c->octets + header, .captured = c->captured - header, .least = length, .most = length};

    return looks_like(&inside, c->octets[9]);
}

static bool is_segmented(uint8_t protocol)
{
    return protocol == IPSEC_PROTOCOL_TCP || protocol == IPSEC_PROTOCOL_UDP;
}

/* An IP packet that claims to be longer than what there is: it is the first of several segments, or what the card will
 * cut into segments.
 */
static bool is_longer(const contents *c)
{
    contents longer = *c;

    longer.least = c->most + 1;
    longer.most = IPSEC_IPV6_HEADER + UINT16_MAX;
    if (looks_like_v6(&longer, false))
        return is_segmented(c->octets[6]);
    return looks_like_v4(&longer, false) && (c->told || (is_segmented(c->octets[9]) && has_upper_layer(&longer)));
}

/* Whether the octets begin with a header that agrees with their length. TCP and UDP count only if a card is known to do
 * the cryptography; it cuts them into segments and adds a trailer to each. */
static bool has_header(const contents *c)
{
    const bool sure = c->told && c->least == c->most;

    if (looks_like_v4(c, sure) || looks_like_v6(c, sure) || is_longer(c))
        return true;
    return (c->told && looks_like_tcp(c)) || (sure && looks_like_udp(c));
}

/* Whether the octets from `at` on are in the clear, with `behind` octets after them for the ICV. If the packet was
 * truncated, the trailer is unknown, too. */
static bool is_clear_at(const ipsec_envelope *envelope, const ipsec_key_row *spec, uint32_t at, uint32_t behind)
{
    const ipsec_view *view = envelope->view;
    contents c = {.told = spec->offload};

    if (view->length < at + behind || view->captured <= at)
        return false;
    c.octets = view->data + at;
    c.most = c.least = view->length - at - behind;
    c.captured = MIN(view->captured - at, c.most);
    if (c.captured == c.most)
        return has_trailer(&c) || has_header(&c);
    c.least -= MIN(c.least, TRAILER + PAD_LENGTH_MOST);
    return has_header(&c);
}

bool ipsec_is_in_clear(const ipsec_envelope *envelope, const ipsec_key_row *spec)
{
    const uint32_t with_iv = IPSEC_ESP_HEADER + envelope->iv;

    return is_clear_at(envelope, spec, with_iv, envelope->icv) || is_clear_at(envelope, spec, with_iv, 0) ||
           is_clear_at(envelope, spec, IPSEC_ESP_HEADER, envelope->icv) ||
           is_clear_at(envelope, spec, IPSEC_ESP_HEADER, 0);
}
