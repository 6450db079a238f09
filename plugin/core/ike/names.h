/** @file
 * Names of notifies of IKE, and of the IKE errors of Windows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_NAMES_H
#define IPSEC_CORE_IKE_NAMES_H

#include <stdint.h>

/** A number and its name. */
typedef struct ipsec_ike_name {
    uint32_t number;
    const char *name; /**< static */
} ipsec_ike_name;

/** Rows of the two tables below. */
#define IPSEC_IKE_NOTIFY_COUNT  28
#define IPSEC_IKE_WINDOWS_COUNT 110

/** Name of a notify in that version of IKE, as in its registry; NULL for those that no finding is about. */
const char *ipsec_ike_notify_name(uint8_t version, uint16_t number);

/** Row `index` of the IKEv2 notifies that have a name here. Static storage; NULL past the end. */
const ipsec_ike_name *ipsec_ike_notify_row(unsigned index);

/** Row `index` of the IKE errors of Windows, ascending from 13800. Static storage; NULL past the end. */
const ipsec_ike_name *ipsec_ike_windows_row(unsigned index);

/** Name of an IKE error of Windows, "ERROR_IPSEC_IKE_AUTH_FAIL" and so on; NULL for other numbers. */
const char *ipsec_ike_windows_name(uint32_t code);

#endif
