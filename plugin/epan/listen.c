/* Options "-z" of tshark.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "listen.h"
#include "taps.h"

#include <wsutil/report_message.h>

#include <string.h>

const char *ipsec_listen_filter(const char *name, const char *argument)
{
    const char *rest = argument + strlen(name);

    return *rest == ',' ? rest + 1 : NULL;
}

bool ipsec_listen(const char *name, const char *argument, void *data, tap_reset_cb reset, tap_packet_cb packet,
                  tap_draw_cb draw)
{
    GString *error;

    if (argument[strlen(name)] != '\0' && argument[strlen(name)] != ',') {
        report_failure("invalid \"-z %s[,filter]\" argument", name);
        return false;
    }
    error = register_tap_listener(IPSEC_TAP, data, ipsec_listen_filter(name, argument), TL_REQUIRES_NOTHING, reset,
                                  packet, draw, NULL);
    if (!error)
        return true;
    report_failure("Couldn't register %s tap: %s", name, error->str);
    g_string_free(error, true);
    return false;
}
