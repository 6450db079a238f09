/* Options "-z" of tshark.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "listen.h"
#include "compat.h"
#include "taps.h"

#include <wsutil/report_message.h>

#include <stdlib.h>
#include <string.h>

void ipsec_listen_register(const char *name, stat_tap_init_cb init)
{
    stat_tap_ui ui = {
        .group = REGISTER_PACKET_STAT_GROUP_UNSORTED, .title = NULL, .cli_string = name, .tap_init_cb = init};

    if (!ipsec_compat_has_window())
        register_stat_tap_ui(&ui, NULL);
}

const char *ipsec_listen_filter(const char *name, const char *argument)
{
    const char *rest = argument + strlen(name);

    return *rest == ',' ? rest + 1 : NULL;
}

void ipsec_listen(const char *name, const char *argument, void *data, tap_reset_cb reset, tap_packet_cb packet,
                  tap_draw_cb draw)
{
    GString *error;

    if (argument[strlen(name)] != '\0' && argument[strlen(name)] != ',') {
        report_failure("invalid \"-z %s[,filter]\" argument", name);
        exit(1);
    }
    error = register_tap_listener(IPSEC_TAP, data, ipsec_listen_filter(name, argument), TL_REQUIRES_NOTHING, reset,
                                  packet, draw, NULL);
    if (!error)
        return;
    report_failure("Couldn't register %s tap: %s", name, error->str);
    exit(1);
}
