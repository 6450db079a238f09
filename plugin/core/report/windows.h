/** @file
 * The packet errors of Windows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_WINDOWS_H
#define IPSEC_CORE_WINDOWS_H

#include "report/receiver.h"

#include <stdint.h>

/** One of the packet errors of Windows. */
typedef struct ipsec_windows_error {
    uint32_t error;          /**< Win32 error code, e.g. 13914 */
    uint32_t status;         /**< the NTSTATUS that the kernel uses for it, e.g. 0xC0360005 */
    const char *name;        /**< "ERROR_IPSEC_INVALID_PACKET" */
    const char *status_name; /**< "STATUS_IPSEC_INVALID_PACKET" */
} ipsec_windows_error;

/** Number of rows of ipsec_windows_error_row(). */
#define IPSEC_WINDOWS_ERROR_COUNT 9

/** Row `index` of the table of Windows errors, ascending by code from 13910. Static storage; NULL past
 * the end. */
const ipsec_windows_error *ipsec_windows_error_row(unsigned index);

/** The Windows error of an outcome of IPSEC_STACK_WINDOWS; NULL for NULL, and for one that reports nothing. */
const ipsec_windows_error *ipsec_windows_error_of(const ipsec_outcome *outcome);

#endif
