/** @file
 * How large a packet may be inside IPsec, so that the outer packet fits into an MTU. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_INNER_MTU_H
#define IPSEC_CORE_INNER_MTU_H

#include "keys/spec.h"

#include <stdbool.h>
#include <stdint.h>

/** What IPsec adds to a packet; in octets. */
typedef struct ipsec_overhead {
    uint8_t outer;   /**< of the IP header in front */
    uint8_t ah;      /**< of AH; 0: it is ESP, and the rest is valid */
    uint8_t udp;     /**< of the UDP header */
    uint8_t iv, icv; /**< of ESP */
    uint8_t block;   /**< block size of the ciphertext; less than 4 counts as 4: RFC 4303 2.4 */
    bool is_inside;  /**< transport mode: the IP header in front is the only one */
    bool is_at_most; /**< the algorithm is not known; no known algorithm needs more than this */
} ipsec_overhead;

/**
 * The overhead of packets with these headers.
 *
 * @param spec  the key row that they were opened with; NULL: not known. A row without a mode counts as tunnel mode, in
 *              which less fits
 */
ipsec_overhead ipsec_overhead_of(uint8_t ip_version, bool in_udp, uint8_t ah_length, const ipsec_key_row *spec);

/** The largest inner packet whose outer packet fits into `mtu`: RFC 4303 2.4 to 2.8. 0: none fits. */
uint32_t ipsec_inner_mtu(const ipsec_overhead *overhead, uint32_t mtu);

#endif
