/** @file
 * What a request and its answer agree on for an SA, as a row without keys. Internal to the core.
 *
 * Layer ike/: what IKE messages show: each by itself, exchanges, why there is no tunnel, and the SAs that they create
 * and delete. It knows nothing about the packets of these SAs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_AGREEMENT_H
#define IPSEC_CORE_IKE_AGREEMENT_H

#include "ike/contents.h"
#include "keys/spec.h"

#include <stdbool.h>
#include <stdint.h>

/** A request and its answer. */
typedef struct ipsec_ike_agreement {
    const ipsec_ike_contents *request; /**< NULL: not known */
    const ipsec_ike_contents *answer;
    const ipsec_ike_proposal *chosen; /**< a proposal of the answer */
    unsigned from;                    /**< for the caller: who sent the request */
} ipsec_ike_agreement;

/** The IP protocol that a proposal is for; 0 if it is neither ESP nor AH. */
uint8_t ipsec_ike_protocol(uint8_t protocol);

/**
 * Fills in algorithms, ESN, mode and selectors, as far as both messages state them. IKEv2 leaves it to the sender of
 * each packet whether to use UDP encapsulation (RFC 7296 2.23).
 *
 * @param to_asker for the SA towards the sender of the request; else for the other direction
 */
void ipsec_ike_fill_row(const ipsec_ike_agreement *agreed, bool to_asker, ipsec_key_row *row);

#endif
