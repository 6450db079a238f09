/* The packet errors of Windows.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/windows.h"

#include <glib.h>

static const ipsec_windows_error errors[IPSEC_WINDOWS_ERROR_COUNT] = {
    {13910, 0xC0360001, "ERROR_IPSEC_BAD_SPI", "STATUS_IPSEC_BAD_SPI"},
    {13911, 0xC0360002, "ERROR_IPSEC_SA_LIFETIME_EXPIRED", "STATUS_IPSEC_SA_LIFETIME_EXPIRED"},
    {13912, 0xC0360003, "ERROR_IPSEC_WRONG_SA", "STATUS_IPSEC_WRONG_SA"},
    {13913, 0xC0360004, "ERROR_IPSEC_REPLAY_CHECK_FAILED", "STATUS_IPSEC_REPLAY_CHECK_FAILED"},
    {13914, 0xC0360005, "ERROR_IPSEC_INVALID_PACKET", "STATUS_IPSEC_INVALID_PACKET"},
    {13915, 0xC0360006, "ERROR_IPSEC_INTEGRITY_CHECK_FAILED", "STATUS_IPSEC_INTEGRITY_CHECK_FAILED"},
    {13916, 0xC0360007, "ERROR_IPSEC_CLEAR_TEXT_DROP", "STATUS_IPSEC_CLEAR_TEXT_DROP"},
    {13917, 0xC0360008, "ERROR_IPSEC_AUTH_FIREWALL_DROP", "STATUS_IPSEC_AUTH_FIREWALL_DROP"},
    {13918, 0xC0360009, "ERROR_IPSEC_THROTTLE_DROP", "STATUS_IPSEC_THROTTLE_DROP"},
};

const ipsec_windows_error *ipsec_windows_error_row(unsigned index)
{
    return index < IPSEC_WINDOWS_ERROR_COUNT ? &errors[index] : NULL;
}

const ipsec_windows_error *ipsec_windows_error_of(const ipsec_outcome *outcome)
{
    if (!outcome || !outcome->counter)
        return NULL;
    return ipsec_windows_error_row((unsigned)(g_ascii_strtoull(outcome->counter, NULL, 10) - errors[0].error));
}
