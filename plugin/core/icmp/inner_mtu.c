/* How large a packet may be inside IPsec.
 *
 *     mtu 1300  = IP 20, UDP 8 (if any), SPI and number 8, IV, ciphertext, ICV
 *     ciphertext = inner packet, padding, Pad Length, Next Header; a multiple of the block
 *
 * With AES-GCM in a tunnel: 1300 - 20 - 8 - 8 - 16 = 1248, less the last two octets: 1246. Linux computes the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "icmp/inner_mtu.h"
#include "packet/ip.h"

#include <glib.h>

enum {
    ESP_HEADER = 8, /* SPI and sequence number */
    TRAILER = 2,    /* Pad Length and Next Header */
    BLOCK_LEAST = 4
};

/* The largest of all algorithms: AES-CBC and HMAC-SHA2-512-256. */
enum {
    IV_MOST = 16,
    ICV_MOST = 32,
    BLOCK_MOST = 16
};

static uint8_t icv_of(const ipsec_key_row *spec)
{
    return ipsec_encryption_is_combined(spec->encryption) ? spec->encryption->icv : spec->integrity->icv;
}

ipsec_overhead ipsec_overhead_of(uint8_t ip_version, bool in_udp, uint8_t ah_length, const ipsec_key_row *spec)
{
    ipsec_overhead overhead = {.outer = ip_version == 6 ? IPSEC_IPV6_HEADER : IPSEC_IPV4_HEADER,
                               .ah = ah_length,
                               .udp = in_udp ? IPSEC_UDP_HEADER : 0,
                               .is_inside = spec && spec->mode == IPSEC_MODE_TRANSPORT};

    if (ah_length > 0)
        return overhead;
    if (!spec || !spec->encryption) {
        overhead.iv = IV_MOST;
        overhead.icv = ICV_MOST;
        overhead.block = BLOCK_MOST;
        overhead.is_at_most = true;
        return overhead;
    }
    overhead.iv = spec->encryption->iv;
    overhead.icv = icv_of(spec);
    overhead.block = spec->encryption->block;
    return overhead;
}

uint32_t ipsec_inner_mtu(const ipsec_overhead *overhead, uint32_t mtu)
{
    const uint32_t block = MAX(overhead->block, BLOCK_LEAST);
    const uint32_t inside = overhead->is_inside ? overhead->outer : 0;
    const uint32_t in_front = overhead->outer + overhead->udp + (overhead->ah > 0 ? overhead->ah : ESP_HEADER);
    const uint32_t around = in_front + overhead->iv + overhead->icv;
    uint32_t room;

    if (mtu < around + BLOCK_MOST)
        return 0;
    room = mtu - around;
    return overhead->ah > 0 ? room + inside : room / block * block - TRAILER + inside;
}
