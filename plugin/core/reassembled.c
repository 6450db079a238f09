/* The headers of a datagram that was reassembled.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "reassembled.h"
#include "ip.h"
#include "protocol.h"

#include <string.h>

/* The addresses may stand in a frame more than once, in tunnels; where they stand everywhere it is no accident. */
#define PLACES_MOST 16u

static void write_u16(uint8_t *octets, uint32_t value)
{
    octets[0] = (uint8_t)(value >> 8);
    octets[1] = (uint8_t)value;
}

static uint32_t rebuild_v4(const ipsec_reassembled *datagram, const uint8_t *p, uint8_t *headers, uint32_t room)
{
    const uint32_t total = IPSEC_IPV4_HEADER + datagram->length;

    if (p[0] != 0x45 || !ipsec_ip_is_v4_fragment(p) || total > UINT16_MAX || room < IPSEC_IPV4_HEADER)
        return 0;
    memcpy(headers, p, IPSEC_IPV4_HEADER);
    write_u16(headers + 2, total);
    write_u16(headers + 6, ipsec_read_u16(p + 6) & 0xc000u); /* offset and more fragments */
    return IPSEC_IPV4_HEADER;
}

/* Octets in front of the fragment header of the IPv6 packet at p, and where the number of that header stands; 0 if
 * there is none. */
static uint32_t find_fragment(const uint8_t *p, uint32_t count, uint32_t *number_at)
{
    uint32_t offset = IPSEC_IPV6_HEADER;

    *number_at = 6;
    while (offset < count && p[*number_at] != IPSEC_PROTOCOL_FRAGMENT) {
        const uint32_t length = ipsec_ip_extension(p[*number_at], p + offset, count - offset);

        if (length == 0)
            return 0;
        *number_at = offset;
        offset += length;
    }
    return offset + 8 <= count && ipsec_ip_is_v6_fragment(p + offset) ? offset : 0;
}

static uint32_t rebuild_v6(const ipsec_reassembled *datagram, const uint8_t *p, uint32_t count, uint8_t *headers,
                           uint32_t room)
{
    uint32_t number_at;
    const uint32_t length = p[0] >> 4 == 6 ? find_fragment(p, count, &number_at) : 0;
    const uint32_t payload = length - IPSEC_IPV6_HEADER + datagram->length;

    if (length == 0 || length > room || payload > UINT16_MAX)
        return 0;
    memcpy(headers, p, length);
    headers[number_at] = p[length];
    write_u16(headers + 4, payload);
    return length;
}

uint32_t ipsec_reassembled_headers(const ipsec_reassembled *datagram, uint8_t *headers, uint32_t room)
{
    const bool v6 = datagram->address_length == 16;
    const uint32_t header = v6 ? IPSEC_IPV6_HEADER : IPSEC_IPV4_HEADER;
    const uint32_t source_at = header - 2u * datagram->address_length;

    unsigned places = 0;

    if (datagram->address_length != 4 && !v6)
        return 0;
    for (uint32_t at = 0; at + header <= datagram->count && places < PLACES_MOST; at++) {
        const uint8_t *p = datagram->frame + at;
        uint32_t length;

        if (memcmp(p + source_at, datagram->source, datagram->address_length) != 0 ||
            memcmp(p + source_at + datagram->address_length, datagram->destination, datagram->address_length) != 0)
            continue;
        places++;
        length =
            v6 ? rebuild_v6(datagram, p, datagram->count - at, headers, room) : rebuild_v4(datagram, p, headers, room);
        if (length)
            return length;
    }
    return 0;
}
