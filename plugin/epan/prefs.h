/* Preferences of the plugin. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_PREFS_H
#define IPSEC_EPAN_PREFS_H

#include "../core/ipsec.h"

/* Registers the preferences of protocol `proto`; once. */
void ipsec_prefs_register(int proto);

/* The current values, in the form that the core needs. An invalid value is reported to the user once per change. */
ipsec_config ipsec_prefs_config(void);

/* Whether payloads that the plugin decrypts are dissected. */
bool ipsec_prefs_decrypt(void);

/* Whether all fragments of IPv4 are looked at. */
bool ipsec_prefs_all_fragments(void);

/* Whether findings are put in front of the Info column. */
bool ipsec_prefs_info_column(void);

#endif
