/* Puts the analysis in front of the stock dissectors. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_HOOKS_H
#define IPSEC_EPAN_HOOKS_H

/* First step, in the plugin's registration. `proto` is the id of the protocol "ipsec". */
void ipsec_hooks_register(int proto);

/* Creates the wrappers; in the plugin's handoff. */
void ipsec_hooks_handoff(void);

/* Wraps every entry of the dissector tables that points to a stock dissector; in an init routine, because preferences
 * and Decode As may have changed the tables since the last file. */
void ipsec_hooks_install(void);

#endif
