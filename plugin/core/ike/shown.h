/** @file
 * What a dissector that may have decrypted an IKE message shows of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_SHOWN_H
#define IPSEC_CORE_IKE_SHOWN_H

#include <stdbool.h>
#include <stdint.h>

/** Valid as long as the packet. All zero if nothing is shown. */
typedef struct ipsec_ike_shown {
    /** The decrypted octets: payloads, or a part of them, and padding; NULL: nothing was decrypted. */
    const uint8_t *octets;
    uint32_t count;
    bool is_correct; /**< the dissector found the ICV of the message correct; also false if it does not check */
} ipsec_ike_shown;

#endif
