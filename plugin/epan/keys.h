/* Where keys come from: the table ipsec_sa, a saved `ip xfrm state`, and Wireshark's own table "ESP SAs".
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_KEYS_H
#define IPSEC_EPAN_KEYS_H

#include "../core/ipsec.h"

#include <epan/prefs.h>

/* Registers the table and the preferences for the other sources; once. */
void ipsec_keys_register(module_t *module);

/* Adds the usable rows of all sources to the database, in order of preference; to be called before the first packet of
 * a file or of a redissection. Errors in the other rows are reported once per change of their table or file. */
void ipsec_keys_load(ipsec_db *db);

/* The origin of a row, as shown to users: "ipsec_sa, row 2". The string is allocated in `scope`. */
char *ipsec_keys_source(wmem_allocator_t *scope, uint8_t origin, uint32_t line);

#endif
