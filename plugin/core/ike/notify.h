/** @file
 * The meaning of notifies that report trouble. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_NOTIFY_H
#define IPSEC_CORE_IKE_NOTIFY_H

#include "base/catalogue.h"
#include "ike/contents.h"

#include <stdbool.h>
#include <stdint.h>

/** Numbers that need more than the table. */
enum {
    IPSEC_IKE_INVALID_KE_PAYLOAD = 17,
    IPSEC_IKE_V1_INVALID_ID = 18,
    IPSEC_IKE_MS_STATUS = 12345, /**< private: the error code of Windows, in 4 octets */
    IPSEC_IKE_NAT_DETECTION_SOURCE = 16388,
    IPSEC_IKE_NAT_DETECTION_DESTINATION = 16389,
    IPSEC_IKE_COOKIE = 16390,
    IPSEC_IKE_REKEY_SA = 16393
};

/** The meaning of a notify. */
typedef struct ipsec_ike_meaning {
    ipsec_finding_id finding;
    uint32_t windows; /**< error of Windows, 13800 to 13909; 0: none */
    bool inferred;    /**< Microsoft publishes no mapping from this notify to this error */
} ipsec_ike_meaning;

/** Sets *meaning to that of a notify of that version of IKE; false if it reports no trouble. */
bool ipsec_ike_meaning_of(uint8_t version, const ipsec_ike_notify *notify, ipsec_ike_meaning *meaning);

#endif
