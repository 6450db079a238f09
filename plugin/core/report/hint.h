/** @file
 * Advice: the catalogue's, or what a look beyond the packet makes more exact.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_HINT_H
#define IPSEC_CORE_HINT_H

#include "report/report.h"

/** What was found out. Values of ipsec_finding.hint. */
typedef enum {
    IPSEC_HINT_NONE,               /**< nothing: the catalogue's advice stands */
    IPSEC_HINT_ESN_ON,             /**< the ICV verifies with an Extended Sequence Number */
    IPSEC_HINT_ESN_OFF,            /**< the ICV verifies without */
    IPSEC_HINT_SHA256_96,          /**< the ICV verifies at 96 bits, as early Linux had HMAC-SHA2-256 */
    IPSEC_HINT_ICV_LENGTH,         /**< the ICV verifies at another length; detail: octets */
    IPSEC_HINT_INTEGRITY,          /**< the ICV verifies with another algorithm; detail: its row */
    IPSEC_HINT_ENCRYPTION,         /**< likewise, a combined mode */
    IPSEC_HINT_SPI_ELSEWHERE,      /**< the SPI is known at another destination */
    IPSEC_HINT_SPI_OTHER_PROTOCOL, /**< the SPI is known here under the other protocol */
    IPSEC_HINT_SPI_SWAPPED,        /**< the SPI is known here with its octets in reverse order */
    IPSEC_HINT_SPI_REVERSE,        /**< the SPI is that of the other direction */
    /** Left of the window; detail: packets of the smallest that lets the number in; missed: by how many this one was.
     */
    IPSEC_HINT_WINDOW,
    IPSEC_HINT_WINDOW_QOS, /**< likewise, and all that overtook the packet had another DSCP */
    IPSEC_HINT_EPOCH,      /**< likewise with ESN, so that the receiver takes another high half */
    IPSEC_HINT_EPOCH_QOS,
    IPSEC_HINT_STRAY, /**< a number that the SA did not go on from; detail: its low half */
    IPSEC_HINT_COUNT
} ipsec_hint;

/** Octets that are enough for any advice. Wireshark cuts the text of an item, with its name, at 240. */
#define IPSEC_ADVICE_SIZE 224

/**
 * The advice on a finding: one sentence, "step: what to look at next; what helps; whether it may be an attack."
 *
 * @param buffer  where it is written; IPSEC_ADVICE_SIZE octets
 * @return buffer
 */
const char *ipsec_finding_advice(const ipsec_finding *finding, char buffer[IPSEC_ADVICE_SIZE]);

#endif
