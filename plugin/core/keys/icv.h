/** @file
 * The result of verifying an ICV.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ICV_H
#define IPSEC_CORE_ICV_H

/** What is known of an ICV. The values are those of Wireshark's checksum strings. */
typedef enum {
    IPSEC_ICV_BAD = 0,
    IPSEC_ICV_GOOD = 1,
    IPSEC_ICV_UNVERIFIED = 2,
    IPSEC_ICV_NOT_PRESENT = 3
} ipsec_icv_status;

#endif
