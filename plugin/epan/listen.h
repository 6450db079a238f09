/* Options "-z" of tshark.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_LISTEN_H
#define IPSEC_EPAN_LISTEN_H

#include <wireshark.h>

#include <epan/stat_tap_ui.h>
#include <epan/tap.h>

/* Registers the option "-z NAME[,FILTER]", if the program has no window: there, nobody reads what is printed. */
void ipsec_listen_register(const char *name, stat_tap_init_cb init);

/* What stands behind the name in the option's argument; NULL: nothing. */
const char *ipsec_listen_filter(const char *name, const char *argument);

/* Begins to listen. Where the argument is of no use, says so and ends the program, as tshark does with its own. */
void ipsec_listen(const char *name, const char *argument, void *data, tap_reset_cb reset, tap_packet_cb packet,
                  tap_draw_cb draw);

#endif
