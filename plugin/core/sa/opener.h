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

/** As long as IP can be, in octets. Nothing longer is opened. */
#define IPSEC_OPENED_MOST 65535u

/** The source of the first packet of AH that verified on an SA. */
typedef struct ipsec_sender {
    uint32_t sa; /**< index of it, and one more; 0: none */
    uint8_t address[16];
} ipsec_sender;

/** How many of them are kept, each in the place of the index of its SA. */
#define IPSEC_SENDERS_KEPT 1024u

/** One for each database. */
typedef struct ipsec_opener {
    ipsec_keyring *ring;
    ipsec_sa_table *sas; /**< the database's */
    const ipsec_config *config;
    ipsec_limits *limits;
    uint8_t *plaintext;    /**< of the last packet; room for the largest, made when first needed */
    uint8_t *outer;        /**< the headers in front of the last AH as its ICV covers them; likewise */
    ipsec_sender *senders; /**< IPSEC_SENDERS_KEPT of them; made when first needed */
    unsigned part_count;   /**< of packets that were coalesced with the last one that had a row, itself among them */
    uint64_t parts[IPSEC_COALESCED_MOST]; /**< numbers of those that verified */
    uint32_t guessed;                     /**< the same for all rows as ipsec_key.guessed, because this is costly */
} ipsec_opener;

#endif
