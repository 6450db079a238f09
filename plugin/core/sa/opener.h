/** @file
 * What opening packets needs besides the packet. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_OPENER_H
#define IPSEC_CORE_OPENER_H

#include "base/config.h"
#include "keys/keyring.h"
#include "packet/checks.h"
#include "sa/sa.h"

#include <stdint.h>

/** The longest IP packet, in octets. Nothing longer is opened. */
#define IPSEC_OPENED_MOST 65535u

/** The source of the first AH packet of an SA that verified. */
typedef struct ipsec_sender {
    uint32_t sa; /**< index of the SA plus 1; 0: none */
    uint8_t address[16];
} ipsec_sender;

/** How many of them are kept, in the place given by the index of the SA. */
#define IPSEC_SENDERS_KEPT 1024u

/** One per database. */
typedef struct ipsec_opener {
    ipsec_keyring *ring;
    ipsec_sa_table *sas; /**< the database's */
    const ipsec_config *config;
    ipsec_limits *limits;
    uint8_t *plaintext;    /**< that of the last packet; has room for the largest, allocated when first needed */
    uint8_t *outer;        /**< the headers in front of the last AH, as its ICV covers them; likewise */
    ipsec_sender *senders; /**< IPSEC_SENDERS_KEPT of them; allocated when first needed */
    unsigned part_count;   /**< number of parts that verified, of the last packet with a row, if it was coalesced */
    uint64_t parts[IPSEC_COALESCED_MOST]; /**< their sequence numbers */
    uint32_t guessed;                     /**< the sum of ipsec_key.guessed of all rows, which bounds the cost */
} ipsec_opener;

#endif
