/** @file
 * What the length of an encrypted message proves. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_LENGTHS_H
#define IPSEC_CORE_IKE_LENGTHS_H

#include "ike/exchange.h"

#include <stdint.h>

/** What an answer can contain, judging by its length. */
typedef enum {
    IPSEC_IKE_LONG_ENOUGH, /**< it may contain what was requested */
    IPSEC_IKE_NO_CHILD,    /**< no room for an ESP or AH SA and its selectors, nor for an IKE SA */
    IPSEC_IKE_NO_IDENTITY  /**< IKE_AUTH: nor for an identity and its proof */
} ipsec_ike_room;

/** The most octets of payloads for which an encrypted message of `length` octets has room, with the algorithms of the
 * IKE SA; if these are not known, with any. */
uint32_t ipsec_ike_content_most(const ipsec_ike_sa *sa, uint32_t length);

/** What an encrypted answer of `length` octets in that exchange can contain. */
ipsec_ike_room ipsec_ike_room_of(const ipsec_ike_sa *sa, uint8_t exchange, uint32_t length);

#endif
