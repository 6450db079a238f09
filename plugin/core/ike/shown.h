/** @file
 * What a dissector that may have decrypted an IKE message shows of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_SHOWN_H
#define IPSEC_CORE_IKE_SHOWN_H

#include <stdbool.h>
#include <stdint.h>

/** It lives as long as the packet. All zero where nothing is shown. */
typedef struct ipsec_ike_shown {
    const uint8_t *octets; /**< what was decrypted: payloads, or a part of them, and padding; NULL: nothing was */
    uint32_t count;
    bool is_correct; /**< it has found the ICV of the message right; false, too, where it does not look */
} ipsec_ike_shown;

#endif
