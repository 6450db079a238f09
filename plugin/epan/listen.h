/* Options "-z" of tshark.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_LISTEN_H
#define IPSEC_EPAN_LISTEN_H

#include <wireshark.h>

#include <epan/tap.h>

#include <stdbool.h>

/* What follows the name in the option's argument; NULL: nothing. */
const char *ipsec_listen_filter(const char *name, const char *argument);

/* Begins to listen for the option "-z NAME[,FILTER]". Returns false, and says why, where the argument is of no use. */
bool ipsec_listen(const char *name, const char *argument, void *data, tap_reset_cb reset, tap_packet_cb packet,
                  tap_draw_cb draw);

#endif
