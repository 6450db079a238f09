/* Recognising ESP with NULL encryption.
 *
 * RFC 5879 decides by scores over many packets, and for that also tracks TCP connections. Here one kind of evidence is
 * enough: the trailer names a protocol, and the payload's own checksum or length agrees.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/null_probe.h"
#include "base/octets.h"
#include "packet/ip.h"
#include "packet/protocol.h"

#include <glib.h>

enum {
    ESP_HEADER = 8,
    ESP_SEQUENCE_LOW_AT = 6,
    ESP_TRAILER = 2 /* pad length, next header */
};

/* Packets that must prove a shape.
 *
 * By chance: a packet of random octets has no padding and the number of a protocol that is recognised by its checksum
 * alone (TCP, ICMP, IGMP) with a probability of 3 * 2^-16, and a matching checksum with 2^-16; everything else is much
 * less likely. For 7 shapes that is 2^-27 per packet, and 2^-30 for a second one of the same shape. Both must come
 * before a packet objects, as nearly all do: that leaves 2^-57 per SA. One proof would not be enough, and with more a
 * short capture would be over before anything is known. */
#define PROOFS_NEEDED 2

/* Proofs that an objection outweighs.
 *
 * By malice: anybody can send packets that prove a shape, but these are only some of the SA's packets. If a share f of
 * them is made that way and the rest is ciphertext, a packet gains f and loses 10 * (1 - f) on average, so that nothing
 * below f = 10/11 is believed for long. In a true ESP-NULL SA only packets object that were damaged in the few octets
 * of the trailer: it tolerates one in eleven, far more than on any usable link. */
#define OBJECTION 10

/* The highest balance: two objections. So however many forgeries came first, at most one packet of the ciphertext after
 * them is still taken for ESP-NULL (20, 10, 0); and one damaged packet in eleven does not end a belief that is right.
 */
#define BALANCE_MOST (2 * OBJECTION)

/* The balance at which a shape is given up, and that holds while there is none: from there, PROOFS_NEEDED + OBJECTION =
 * 12 proofs in a row make a new one believed, which a true ESP-NULL SA has at once after noise of any length. A mix of
 * forgeries and ciphertext has them if as many forgeries follow each other, and ciphertext after 22 of them would be
 * taken for ESP-NULL once more; so with each shape that is given up, twice as many proofs are needed, up to 80 + 2 in a
 * row. */
#define GIVEN_UP  (-OBJECTION)
#define LOST_MOST 3

/* While no shape is in sight: how many looks there are without a pause in the beginning; how many are followed by a
 * pause of the same length; and how often that doubles, up to 2^15 - 1. A packet that objects counts as two looks:
 * nearly all ciphertext does, but no ESP-NULL of these shapes, even if nothing in it proves one. So whatever came
 * first, an SA is looked at again before as many packets have followed, and before half as many if none objected. Of
 * ciphertext the packets 1, 2, 3, 4, 6, 10, 18, 34 are looked at, and so on, 12 of the first 1,000. */
#define LOOKS_DENSE   8u
#define LOOKS_A_PAUSE 2u
#define PAUSE_DOUBLES 14u
#define LOOKS_MOST    (LOOKS_DENSE + LOOKS_A_PAUSE * PAUSE_DOUBLES)

/* ROW(octets of IV, octets of ICV) */
#define SHAPES ROW(0, 0) ROW(0, 8) ROW(0, 12) ROW(0, 16) ROW(0, 24) ROW(0, 32) ROW(8, 16)

static const ipsec_null_shape shapes[IPSEC_NULL_SHAPES] = {
#define ROW(iv, icv) {iv, icv},
    SHAPES
#undef ROW
};

const ipsec_null_shape *ipsec_null_shape_row(unsigned index)
{
    return &shapes[index];
}

/* What ESP carries, if the shape is right; or what is inside that. */
typedef struct payload {
    const uint8_t *octets;
    uint32_t length;
    const uint8_t *source; /* of the IP header in front */
    const uint8_t *destination;
    uint8_t address_length; /* 0 if the addresses are unknown */
    uint8_t protocol;
} payload;

/* --- checksums */

/* Adds the octets to a sum of 16-bit words: RFC 1071. */
static uint64_t add_words(uint64_t sum, const uint8_t *p, uint32_t length)
{
    for (; length >= 2; p += 2, length -= 2)
        sum += ipsec_read_u16(p);
    return length ? sum + (uint64_t)(p[0] << 8) : sum;
}

/* Whether the words, their checksum among them, add up. */
static bool adds_up(uint64_t sum)
{
    while (sum > UINT16_MAX)
        sum = (sum & UINT16_MAX) + (sum >> 16);
    return sum == UINT16_MAX;
}

static bool has_plain_checksum(const payload *p)
{
    return adds_up(add_words(0, p->octets, p->length));
}

/* The checksum that also covers a pseudo-header: RFC 9293 3.1, RFC 8200 8.1. */
static bool has_pseudo_checksum(const payload *p)
{
    uint64_t sum = (uint64_t)p->protocol + p->length;

    if (p->address_length == 0)
        return false;
    sum = add_words(sum, p->source, p->address_length);
    sum = add_words(sum, p->destination, p->address_length);
    return adds_up(add_words(sum, p->octets, p->length));
}

/* CRC32c, bit by bit: it is computed for very few packets. */
static uint32_t add_crc32c(uint32_t crc, const uint8_t *p, uint32_t length)
{
    for (; length > 0; p++, length--) {
        crc ^= *p;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    }
    return crc;
}

/* --- proofs from the payload; each is given what follows the IP header */

static bool proves_icmp(const payload *p)
{
    return p->address_length == 4 && p->length >= 8 && has_plain_checksum(p);
}

static bool proves_icmpv6(const payload *p)
{
    return p->address_length == 16 && p->length >= 8 && has_pseudo_checksum(p);
}

static bool proves_tcp(const payload *p)
{
    const uint32_t least = 20;
    uint32_t header;

    if (p->length < least)
        return false;
    header = (p->octets[12] >> 4) * 4u;
    return header >= least && header <= p->length && has_pseudo_checksum(p);
}

/* A matching length with a checksum of zero is as unlikely as a matching checksum. */
static bool proves_udp(const payload *p)
{
    if (p->length < IPSEC_UDP_HEADER || ipsec_read_u16(p->octets + 4) != p->length)
        return false;
    return ipsec_read_u16(p->octets + 6) == 0 || has_pseudo_checksum(p);
}

static bool proves_sctp(const payload *p)
{
    static const uint8_t zero[4];
    const uint32_t checksum_at = 8, behind = checksum_at + sizeof zero;
    uint32_t crc = UINT32_MAX;

    if (p->length < behind + 4) /* a chunk */
        return false;
    crc = add_crc32c(crc, p->octets, checksum_at);
    crc = add_crc32c(crc, zero, sizeof zero);
    crc = ~add_crc32c(crc, p->octets + behind, p->length - behind);
    return GUINT32_SWAP_LE_BE(crc) == ipsec_read_u32(p->octets + checksum_at);
}

/* Version 2 leaves its authentication field out of the checksum, and has no checksum with a digest: RFC 2328 D.4. */
static bool proves_ospf2(const payload *p)
{
    const uint32_t authentication_at = 16, header = 24;
    const uint16_t digest = 2;
    uint64_t sum;

    if (p->length < header || ipsec_read_u16(p->octets + authentication_at - 2) == digest)
        return false;
    sum = add_words(0, p->octets, authentication_at);
    return adds_up(add_words(sum, p->octets + header, p->length - header));
}

static bool proves_ospf(const payload *p)
{
    const uint32_t header = 16;

    if (p->length < header || ipsec_read_u16(p->octets + 2) != p->length)
        return false;
    if (p->address_length == 4)
        return p->octets[0] == 2 && proves_ospf2(p);
    return p->octets[0] == 3 && has_pseudo_checksum(p);
}

static bool (*const upper_layers[UINT8_MAX + 1])(const payload *p) = {
    [IPSEC_PROTOCOL_ICMP] = proves_icmp, [IPSEC_PROTOCOL_IGMP] = proves_icmp,     [IPSEC_PROTOCOL_TCP] = proves_tcp,
    [IPSEC_PROTOCOL_UDP] = proves_udp,   [IPSEC_PROTOCOL_ICMPV6] = proves_icmpv6, [IPSEC_PROTOCOL_OSPF] = proves_ospf,
    [IPSEC_PROTOCOL_SCTP] = proves_sctp,
};

static bool proves_upper_layer(const payload *p)
{
    return upper_layers[p->protocol] && upper_layers[p->protocol](p);
}

static bool proves_ipv4(const payload *p)
{
    uint32_t header;

    if (p->length < IPSEC_IPV4_HEADER || p->octets[0] >> 4 != 4 || ipsec_read_u16(p->octets + 2) != p->length)
        return false;
    header = (p->octets[0] & 0x0fu) * 4;
    return header >= IPSEC_IPV4_HEADER && header <= p->length && adds_up(add_words(0, p->octets, header));
}

/* The header has no checksum, so what follows it must prove it. What follows an extension header is not examined. */
static bool proves_ipv6(const payload *p)
{
    payload inner;

    if (p->length < IPSEC_IPV6_HEADER || p->octets[0] >> 4 != 6 ||
        ipsec_read_u16(p->octets + 4) != p->length - IPSEC_IPV6_HEADER)
        return false;
    inner = (payload){.octets = p->octets + IPSEC_IPV6_HEADER,
                      .length = p->length - IPSEC_IPV6_HEADER,
                      .source = p->octets + 8,
                      .destination = p->octets + 24,
                      .address_length = 16,
                      .protocol = p->octets[6]};
    return ipsec_ip_extension(inner.protocol, inner.octets, inner.length) > 0 || proves_upper_layer(&inner);
}

/* --- one packet */

/* Whether the trailer at the place given by the shape has padding as RFC 4303 2.4 requires; the payload is then what is
 * in front of it. Rejects most ciphertext after a comparison or two. */
static inline bool fits(const ipsec_null_shape *shape, const ipsec_view *view, payload *found)
{
    const uint32_t overhead = ESP_HEADER + shape->iv + ESP_TRAILER + shape->icv;
    const uint8_t *trailer;
    uint32_t room, padding;

    if (view->length < overhead)
        return false;
    room = view->length - overhead;
    trailer = view->data + (view->length - shape->icv - ESP_TRAILER);
    padding = trailer[0];
    if (padding > room)
        return false;
    for (uint32_t i = 0; i < padding; i++)
        if (trailer[-1 - (int)i] != padding - i)
            return false;
    *found = (payload){.octets = view->data + ESP_HEADER + shape->iv,
                       .length = room - padding,
                       .source = view->source,
                       .destination = view->destination,
                       .address_length = view->address_length,
                       .protocol = trailer[1]};
    return true;
}

static bool proves(const payload *p)
{
    switch (p->protocol) {
    case IPSEC_PROTOCOL_IPV4:
        return proves_ipv4(p);
    case IPSEC_PROTOCOL_IPV6:
        return proves_ipv6(p);
    default:
        return proves_upper_layer(p);
    }
}

/* Shapes that a packet could have, and those that it proves: bit masks. */
typedef struct evidence {
    unsigned fits, proves;
} evidence;

/* Length of a packet that has room for every shape. */
#define ROOMY (ESP_HEADER + 8 + ESP_TRAILER + 32)

/* Whether the last octet of padding, if there is any, equals Pad Length: one ciphertext in 128 passes. */
static inline bool may_fit(const uint8_t *trailer)
{
    return trailer[0] == 0 || trailer[-1] == trailer[0];
}

/* Whether that rules out all shapes: one ciphertext in 21 does not. */
static inline bool fits_surely_none(const ipsec_view *view)
{
    const uint8_t *const end = view->data + view->length;

#define ROW(iv, icv) || may_fit(end - (icv)-ESP_TRAILER)
    return view->length >= ROOMY && !(false SHAPES);
#undef ROW
}

static evidence examine(const ipsec_view *view)
{
    evidence found = {0};
    payload p;

    if (fits_surely_none(view))
        return found;
    for (unsigned i = 0; i < IPSEC_NULL_SHAPES; i++) {
        if (!fits(&shapes[i], view, &p))
            continue;
        found.fits |= 1u << i;
        if (proves(&p))
            found.proves |= 1u << i;
    }
    return found;
}

/* Index of the one shape that the packet proves, plus 1; 0 if it proves none, or is ambiguous. */
static uint8_t proved_shape(evidence found)
{
    const bool one = found.proves && (found.proves & (found.proves - 1)) == 0;

    return one ? (uint8_t)(g_bit_nth_lsf(found.proves, -1) + 1) : 0;
}

/* --- the SA */

static inline bool is_believed(const ipsec_null_probe *probe)
{
    return probe->balance >= PROOFS_NEEDED;
}

static void object(ipsec_null_probe *probe)
{
    probe->balance = (int8_t)(probe->balance - OBJECTION);
    if (probe->balance > GIVEN_UP)
        return;
    if (probe->shape && probe->lost < LOST_MOST)
        probe->lost++;
    probe->shape = 0;
    probe->balance = (int8_t)(GIVEN_UP * (1 << probe->lost));
}

/* Counts a packet that proves `shape`. The same packet captured twice is one proof. */
static void agree(ipsec_null_probe *probe, uint8_t shape, uint16_t sequence)
{
    if (probe->shape && (probe->shape != shape || probe->sequence == sequence))
        return;
    probe->shape = shape;
    probe->sequence = sequence;
    probe->balance++;
}

/* Whether the packet contradicts the shape under test or, if there is none, all of them. */
static bool objects(const ipsec_null_probe *probe, evidence found)
{
    return probe->shape ? !(found.fits >> (probe->shape - 1) & 1) : !found.fits;
}

/* Begins a pause, if it is time for one, because no shape is in sight. */
static void pause_search(ipsec_null_probe *probe, bool objected)
{
    probe->looks = (uint8_t)MIN(probe->looks + (objected ? 2 : 1), LOOKS_MOST);
    if (probe->looks >= LOOKS_DENSE)
        probe->rest = (uint16_t)((2u << (probe->looks - LOOKS_DENSE) / LOOKS_A_PAUSE) - 1);
}

static void weigh(ipsec_null_probe *probe, const ipsec_view *view)
{
    const evidence found = examine(view);
    const uint8_t shape = proved_shape(found);
    const bool objected = objects(probe, found);

    if (objected)
        object(probe);
    if (shape)
        agree(probe, shape, ipsec_read_u16(view->data + ESP_SEQUENCE_LOW_AT));
    if (!probe->shape)
        pause_search(probe, objected);
}

uint8_t ipsec_null_probe_shape(const ipsec_null_probe *probe)
{
    return is_believed(probe) ? probe->shape : 0;
}

bool ipsec_null_shape_fits(unsigned shape, const ipsec_view *view)
{
    payload unused;

    return fits(&shapes[shape], view, &unused);
}

bool ipsec_null_probe_learn(ipsec_null_probe *probe, const ipsec_view *view)
{
    payload unused;

    if (ipsec_null_probe_rests(probe))
        return false;
    if (is_believed(probe) && fits(&shapes[probe->shape - 1], view, &unused))
        probe->balance = (int8_t)MIN(probe->balance + 1, BALANCE_MOST);
    else
        weigh(probe, view);
    return is_believed(probe);
}
