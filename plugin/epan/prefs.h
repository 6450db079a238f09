/* Preferences of the plugin. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_PREFS_H
#define IPSEC_EPAN_PREFS_H

#include "../core/ipsec.h"

/* Registers the preferences of protocol `proto`; once. */
void ipsec_prefs_register(int proto);

/* Their present values, as the core needs them. An unreadable text is reported to the user once per change. */
ipsec_config ipsec_prefs_config(void);

/* Whether payloads that the plugin decrypts are dissected. */
bool ipsec_prefs_decrypt(void);

/* Whether all fragments of IPv4 are looked at. */
bool ipsec_prefs_all_fragments(void);

/* Whether the Info column begins with what is wrong. */
bool ipsec_prefs_info_column(void);

#endif
