/* Addresses and ranges of them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/address.h"

#include <string.h>

enum {
    V4 = 4,
    V4_DIGITS = 3, /* digits of an octet */
    V6 = 16,
    GROUP = 2, /* octets of an IPv6 group */
    GROUP_DIGITS = 4
};

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

/* Reads an octet of IPv4, and returns where it ends; NULL if there is none. */
static inline const char *read_v4_octet(const char *at, const char *end, bool wildcards, uint8_t *octet, uint8_t *mask)
{
    const char *const begin = at;
    unsigned value = 0;

    if (wildcards && at < end && *at == '*') {
        *octet = *mask = 0;
        return at + 1;
    }
    while (at < end && is_digit(*at) && value <= UINT8_MAX)
        value = value * 10 + (unsigned)(*at++ - '0');
    if (at == begin || at - begin > V4_DIGITS || value > UINT8_MAX)
        return NULL;
    *octet = (uint8_t)value;
    *mask = UINT8_MAX;
    return at;
}

static bool read_v4(ipsec_text text, bool wildcards, uint8_t *octets, uint8_t *mask)
{
    const char *at = text.at;
    const char *const end = at + text.length;

    for (unsigned i = 0; i < V4; i++) {
        if (i > 0 && (at == end || *at++ != '.'))
            return false;
        at = read_v4_octet(at, end, wildcards, octets + i, mask + i);
        if (!at)
            return false;
    }
    return at == end;
}

static bool read_v6_group(ipsec_text part, bool wildcards, uint8_t *octets, uint8_t *mask)
{
    unsigned value = 0, ones = 0xffff;

    if (part.length < 1 || part.length > GROUP_DIGITS)
        return false;
    for (size_t i = 0; i < part.length; i++) {
        const bool any = wildcards && part.at[i] == '*';
        const int digit = any ? 0 : ipsec_text_hex_digit(part.at[i]);

        if (digit < 0)
            return false;
        value = value << 4 | (unsigned)digit;
        ones = ones << 4 | (any ? 0 : 0xf);
    }
    /* Wireshark's comments say that a "*" alone is the whole group; its code takes it for the last digit. Taking the
     * whole group covers both. */
    if (ipsec_text_is(part, "*"))
        ones = 0;
    octets[0] = (uint8_t)(value >> 8);
    octets[1] = (uint8_t)value;
    mask[0] = (uint8_t)(ones >> 8);
    mask[1] = (uint8_t)ones;
    return true;
}

/* Moves what follows "::", from `gap` to `count`, to the end of the address, and fills the gap. */
static bool close_gap(unsigned gap, unsigned count, uint8_t *octets, uint8_t *mask)
{
    const unsigned tail = count - gap;

    if (count > V6 - GROUP)
        return false;
    memmove(octets + V6 - tail, octets + gap, tail);
    memmove(mask + V6 - tail, mask + gap, tail);
    memset(octets + gap, 0, V6 - count);
    memset(mask + gap, UINT8_MAX, V6 - count);
    return true;
}

/* Reads the groups of IPv6; the last two may be written as IPv4 (RFC 4291 2.2). */
static bool read_v6(ipsec_text text, bool wildcards, uint8_t *octets, uint8_t *mask)
{
    const unsigned none = V6 + 1;
    unsigned gap = none, count = 0;

    if (text.length >= 2 && text.at[0] == ':' && text.at[1] == ':') {
        gap = 0;
        text = ipsec_text_from(text, 2);
    }
    while (text.length > 0) {
        const ipsec_text part = ipsec_text_part(&text, ':');
        const bool colon = part.at + part.length < text.at;

        if (!colon && count + V4 <= V6 && read_v4(part, wildcards, octets + count, mask + count)) {
            count += V4;
            break;
        }
        if (count == V6 || !read_v6_group(part, wildcards, octets + count, mask + count))
            return false;
        count += GROUP;
        if (colon && text.length == 0)
            return false;
        if (colon && text.at[0] == ':') {
            if (gap != none)
                return false;
            gap = count;
            text = ipsec_text_from(text, 1);
        }
    }
    return gap == none ? count == V6 : close_gap(gap, count, octets, mask);
}

/* No text is an address of both versions; IPv6 overwrites what a failed attempt at IPv4 leaves. */
static bool read_address(ipsec_text text, bool wildcards, ipsec_address_range *range)
{
    if (read_v4(text, wildcards, range->octets, range->mask))
        range->length = V4;
    else if (read_v6(text, wildcards, range->octets, range->mask))
        range->length = V6;
    return range->length > 0;
}

/* Leaves only the first `prefix` bits in the mask and the address. */
static void apply_prefix(ipsec_address_range *range, unsigned prefix)
{
    for (unsigned i = 0; i < range->length; i++) {
        const unsigned bits = prefix > i * 8 ? prefix - i * 8 : 0;

        if (bits < 8)
            range->mask[i] &= (uint8_t)(0xff00u >> bits);
        range->octets[i] &= range->mask[i];
    }
}

const char *ipsec_address_range_read(ipsec_text text, bool wildcards, ipsec_address_range *range)
{
    ipsec_address_range read = {.length = 0};
    ipsec_text prefix = text;
    const ipsec_text address = ipsec_text_part(&prefix, '/');
    const bool has_prefix = address.length < text.length;
    uint64_t bits = 0;

    if (text.length == 0)
        return "an address is missing (use * for any)";
    if (ipsec_text_is(text, "*")) {
        *range = read;
        return NULL;
    }
    if (!read_address(address, wildcards, &read))
        return "not an IP address, a CIDR range or *";
    if (has_prefix && (ipsec_text_has_0x(prefix) || !ipsec_text_number(prefix, read.length * 8u, &bits)))
        return read.length == V4 ? "the prefix length is not a number from 0 to 32"
                                 : "the prefix length is not a number from 0 to 128";
    if (has_prefix)
        apply_prefix(&read, (unsigned)bits);
    *range = read;
    return NULL;
}

bool ipsec_address_in_range(const ipsec_address_range *range, const uint8_t *address, unsigned length)
{
    if (range->length == 0)
        return true;
    if (range->length != length)
        return false;
    for (unsigned i = 0; i < length; i++)
        if ((address[i] & range->mask[i]) != range->octets[i])
            return false;
    return true;
}
