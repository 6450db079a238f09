/** @file
 * Names of what IKE and Windows' IKE have numbers for.
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

/** Name of a notify in that version of IKE, as its registry has it; NULL for those that no finding speaks of. */
const char *ipsec_ike_notify_name(uint8_t version, uint16_t number);

/** Row `index` of the notifies of IKEv2 that have a name here. Static storage; NULL past the end. */
const ipsec_ike_name *ipsec_ike_notify_row(unsigned index);

/** Row `index` of the errors of Windows' IKE, ascending from 13800. Static storage; NULL past the end. */
const ipsec_ike_name *ipsec_ike_windows_row(unsigned index);

/** Name of an error of Windows' IKE, "ERROR_IPSEC_IKE_AUTH_FAIL" and so on; NULL for other numbers. */
const char *ipsec_ike_windows_name(uint32_t code);

#endif
