/** @file
 * What makes the advice on a finding more exact than the catalogue's.
 *
 * The room base/ has what knows nothing of packets: words that all rooms share (the catalogue of findings, the stacks,
 * what the user may choose), and small tools. Nothing that reads a header may enter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ADVICE_CASE_H
#define IPSEC_CORE_ADVICE_CASE_H

#include <stdint.h>

/** What was found out. Values of ipsec_finding.advice_case. */
typedef enum {
    IPSEC_CASE_NONE,               /**< nothing: the catalogue's advice stands */
    IPSEC_CASE_ESN_ON,             /**< the ICV verifies with an Extended Sequence Number */
    IPSEC_CASE_ESN_OFF,            /**< the ICV verifies without */
    IPSEC_CASE_SHA256_96,          /**< the ICV verifies at 96 bits, as early Linux had HMAC-SHA2-256 */
    IPSEC_CASE_ICV_LENGTH,         /**< the ICV verifies at another length; detail: octets */
    IPSEC_CASE_INTEGRITY,          /**< the ICV verifies with another algorithm; detail: its row */
    IPSEC_CASE_ENCRYPTION,         /**< likewise, a combined mode */
    IPSEC_CASE_SPI_ELSEWHERE,      /**< the SPI is known at another destination */
    IPSEC_CASE_SPI_OTHER_PROTOCOL, /**< the SPI is known here under the other protocol */
    IPSEC_CASE_SPI_SWAPPED,        /**< the SPI is known here with its octets in reverse order */
    IPSEC_CASE_SPI_REVERSE,        /**< the SPI is that of the other direction */
    /** Left of the window; detail: packets of the smallest that lets the number in; missed: by how many this one was.
     */
    IPSEC_CASE_WINDOW,
    IPSEC_CASE_WINDOW_QOS, /**< likewise, and all that overtook the packet had another DSCP */
    IPSEC_CASE_EPOCH,      /**< likewise with ESN, so that the receiver takes another high half */
    IPSEC_CASE_EPOCH_QOS,
    IPSEC_CASE_STRAY, /**< a number that the SA did not go on from; detail: its low half */
    IPSEC_CASE_FRAGMENT, /**< the rest of the packet lies in another frame */
    IPSEC_CASE_COUNT
} ipsec_advice_case;

/** What a finding's advice needs besides; all zero where the catalogue's stands. */
typedef struct ipsec_advice_detail {
    uint8_t advice_case; /**< ipsec_advice_case */
    uint32_t detail;     /**< the number or the row that it speaks of */
    uint32_t missed;     /**< by how many packets the window was missed, where it speaks of that */
} ipsec_advice_detail;

#endif
