/** @file
 * Exchanges of IKE: each request, and its answer. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_EXCHANGE_H
#define IPSEC_CORE_IKE_EXCHANGE_H

#include "ike/contents.h"
#include "ike/message.h"
#include "packet/view.h"

#include <stdbool.h>
#include <stdint.h>

/** A request and its answer. It lives as long as the table that it is in, unless that forgets it for newer ones. */
typedef struct ipsec_ike_exchange {
    uint64_t initiator_spi, responder_spi;  /**< of the IKE SA; the latter 0 while it is not known */
    uint32_t id;                            /**< message id */
    uint8_t version, exchange;              /**< see ipsec_ike_message */
    bool by_initiator;                      /**< the initiator of the IKE SA has sent the request */
    uint32_t request_frame, response_frame; /**< the first of each; 0: not seen */
    uint64_t request_time, response_time;   /**< ipsec_view.time of those frames */
    uint32_t repeats;                       /**< how often the request came again */
    /** What they say, where the reader could decrypt them or nothing was encrypted; NULL otherwise. Of a message in
     * fragments, as its last fragment tells. Owned by the exchange. */
    ipsec_ike_contents *request, *response;
} ipsec_ike_exchange;

#endif
