/* Link addresses that are not those of Ethernet. SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/place.h"

uint64_t ipsec_link_word_of(const uint8_t *octets, uint32_t length)
{
    uint64_t word = 0;

    memcpy(&word, octets, MIN(length, sizeof word));
    return word;
}
