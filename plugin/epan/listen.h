/* Options "-z" of tshark.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_LISTEN_H
#define IPSEC_EPAN_LISTEN_H

#include <wireshark.h>

#include <epan/tap.h>

#include <stdbool.h>

/* The filter after the name in the option's argument; NULL if there is none. */
const char *ipsec_listen_filter(const char *name, const char *argument);

/* Starts to listen for the option "-z NAME[,FILTER]". Returns false, after reporting why, if the argument is invalid.
 */
bool ipsec_listen(const char *name, const char *argument, void *data, tap_reset_cb reset, tap_packet_cb packet,
                  tap_draw_cb draw);

#endif
