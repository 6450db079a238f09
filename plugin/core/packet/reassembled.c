/* The headers of a datagram that was reassembled.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/reassembled.h"
#include "base/octets.h"
#include "packet/ip.h"
#include "packet/protocol.h"

#include <string.h>

/* The most extension headers that are looked at in one frame: twice as many as a packet can have, at 8 octets each,
 * because with tunnels the addresses may occur more than once in a frame. A frame with thousands of such places, each
 * with a chain of its own, was crafted. */
#define EXTENSIONS_MOST 16384u

/* Where the frame is searched. */
typedef struct search {
    const ipsec_reassembled *datagram;
    uint8_t *headers;
    uint32_t room;
    uint32_t extensions; /* number of those looked at so far */
} search;

static void write_u16(uint8_t *octets, uint32_t value)
{
    octets[0] = (uint8_t)(value >> 8);
    octets[1] = (uint8_t)value;
}

static ipsec_rebuilt rebuild_v4(search *s, const uint8_t *p, uint32_t count)
{
    const uint32_t header = (p[0] & 0x0fu) * 4;
    const uint32_t total = header + s->datagram->length;
    const uint16_t fragment = ipsec_read_u16(p + 6);
    const bool is_first = (fragment & 0x1fff) == 0;

    if (p[0] >> 4 != 4 || !ipsec_ip_is_v4_fragment(p) || header < IPSEC_IPV4_HEADER || header > count ||
        header > s->room || total > UINT16_MAX)
        return (ipsec_rebuilt){0};
    memcpy(s->headers, p, header);
    write_u16(s->headers + 2, total);
    write_u16(s->headers + 6, fragment & 0xc000u); /* clears the offset and More Fragments */
    return (ipsec_rebuilt){.length = header, .is_guessed = !is_first};
}

/* Octets in front of the fragment header of the IPv6 packet at p, 0 if there is none; *number_at is the offset of the
 * octet that names that header. */
static uint32_t find_fragment(search *s, const uint8_t *p, uint32_t count, uint32_t *number_at)
{
    uint32_t offset = IPSEC_IPV6_HEADER;

    *number_at = 6;
    while (offset < count && p[*number_at] != IPSEC_PROTOCOL_FRAGMENT) {
        const uint32_t length = ipsec_ip_extension(p[*number_at], p + offset, count - offset);

        if (length == 0 || s->extensions++ >= EXTENSIONS_MOST)
            return 0;
        *number_at = offset;
        offset += length;
    }
    return offset + 8 <= count && ipsec_ip_is_v6_fragment(p + offset) ? offset : 0;
}

static ipsec_rebuilt rebuild_v6(search *s, const uint8_t *p, uint32_t count)
{
    uint32_t number_at;
    const uint32_t length = p[0] >> 4 == 6 ? find_fragment(s, p, count, &number_at) : 0;
    const uint32_t payload = length - IPSEC_IPV6_HEADER + s->datagram->length;

    if (length == 0 || length > s->room || payload > UINT16_MAX)
        return (ipsec_rebuilt){0};
    memcpy(s->headers, p, length);
    s->headers[number_at] = p[length];
    write_u16(s->headers + 4, payload);
    return (ipsec_rebuilt){.length = length};
}

/* Rebuilds from the header at octet `at` of the frame, which holds at least an IP header from there on. */
static ipsec_rebuilt rebuild_at(search *s, uint32_t at)
{
    const uint8_t *p = s->datagram->frame + at;
    const uint32_t count = s->datagram->count - at;

    return s->datagram->address_length == 4 ? rebuild_v4(s, p, count) : rebuild_v6(s, p, count);
}

static bool has_addresses(const ipsec_reassembled *datagram, const uint8_t *source)
{
    const uint8_t length = datagram->address_length;

    return memcmp(source, datagram->source, length) == 0 && memcmp(source + length, datagram->destination, length) == 0;
}

ipsec_rebuilt ipsec_reassembled_headers(const ipsec_reassembled *datagram, uint8_t *headers, uint32_t room)
{
    const bool v6 = datagram->address_length == 16;
    const uint32_t header = v6 ? IPSEC_IPV6_HEADER : IPSEC_IPV4_HEADER;
    const uintptr_t known = (uintptr_t)datagram->source - (uintptr_t)datagram->frame;
    const uint32_t source_at = v6 ? 8 : 12;
    search s = {.datagram = datagram, .headers = headers, .room = room};
    ipsec_rebuilt rebuilt = {0};

    if ((datagram->address_length != 4 && !v6) || datagram->count < header)
        return rebuilt;
    if (known >= source_at && known - source_at <= datagram->count - header)
        return rebuild_at(&s, (uint32_t)known - source_at);
    for (uint32_t at = 0; at <= datagram->count - header && rebuilt.length == 0; at++)
        if (has_addresses(datagram, datagram->frame + at + source_at))
            rebuilt = rebuild_at(&s, at);
    return rebuilt;
}
