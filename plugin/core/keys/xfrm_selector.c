/* The selector in the output of `ip xfrm state`: the line of xfrm_selector_print() of iproute2.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/xfrm_selector.h"
#include "keys/address.h"

#include <string.h>

/* A word, and what to do with the word after it; false if that cannot be read. */
typedef struct line_field {
    const char *name;
    bool (*set)(ipsec_selector *selector, ipsec_text value);
} line_field;

static bool set_range(ipsec_text value, ipsec_address_range *range)
{
    static const uint8_t none[16];

    if (ipsec_address_range_read(value, false, range))
        return false;
    /* To the kernel, a prefix length of 0 means any address, also of the other version. */
    if (memcmp(range->mask, none, sizeof none) == 0)
        range->length = 0;
    return true;
}

static bool set_source(ipsec_selector *selector, ipsec_text value)
{
    return set_range(value, &selector->source);
}

static bool set_destination(ipsec_selector *selector, ipsec_text value)
{
    return set_range(value, &selector->destination);
}

/* The names from /etc/protocols that a selector is likely to have. */
static bool set_protocol(ipsec_selector *selector, ipsec_text value)
{
    static const ipsec_word protocols[] = {
        {"icmp", 1},     {"igmp", 2},       {"ipencap", 4},   {"tcp", 6},   {"udp", 17},
        {"dccp", 33},    {"ipv6", 41},      {"gre", 47},      {"esp", 50},  {"ah", 51},
        {"ipip", 94},    {"ipv6-icmp", 58}, {"icmpv6", 58},   {"ospf", 89}, {"pim", 103},
        {"vrrp", 112},   {"l2tp", 115},     {"sctp", 132},    {"mh", 135},  {"mobility-header", 135},
        {"etherip", 97}, {"ipcomp", 108},   {"udplite", 136}, {NULL, 0},
    };
    uint64_t number = (uint8_t)ipsec_text_find(value, protocols);

    if (number == 0 && (!ipsec_text_number(value, UINT8_MAX, &number) || number == 0))
        return false;
    selector->protocol = (uint8_t)number;
    selector->any_protocol = false;
    return true;
}

static bool set_port(ipsec_text value, uint16_t *port, uint16_t *mask)
{
    uint64_t number;

    if (!ipsec_text_number(value, UINT16_MAX, &number))
        return false;
    *port = (uint16_t)number;
    *mask = UINT16_MAX;
    return true;
}

/* Ports; the kernel keeps type and code of ICMP in the same members. */
static bool set_source_port(ipsec_selector *selector, ipsec_text value)
{
    return set_port(value, &selector->source_port, &selector->source_port_mask);
}

static bool set_destination_port(ipsec_selector *selector, ipsec_text value)
{
    return set_port(value, &selector->destination_port, &selector->destination_port_mask);
}

/* The GRE key; its 32 bits are kept in the two ports. */
static bool set_key(ipsec_selector *selector, ipsec_text value)
{
    uint64_t key;

    if (!ipsec_text_number(value, UINT32_MAX, &key))
        return false;
    selector->source_port = (uint16_t)(key >> 16);
    selector->destination_port = (uint16_t)key;
    selector->source_port_mask = selector->destination_port_mask = UINT16_MAX;
    return true;
}

static const line_field fields[] = {
    {"src", set_source},
    {"dst", set_destination},
    {"proto", set_protocol},
    {"sport", set_source_port},
    {"type", set_source_port},
    {"dport", set_destination_port},
    {"code", set_destination_port},
    {"key", set_key},
    {NULL, NULL},
};

void ipsec_xfrm_selector_read(ipsec_text line, ipsec_selector *selector)
{
    ipsec_text word;

    *selector = (ipsec_selector){.present = true, .any_protocol = true};
    while (ipsec_text_word(&line, &word)) {
        const line_field *field = fields;

        while (field->name && !ipsec_text_is(word, field->name))
            field++;
        if (field->name && ipsec_text_word(&line, &word) && !field->set(selector, word))
            selector->present = false;
    }
}
