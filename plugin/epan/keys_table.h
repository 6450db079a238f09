/* The table ipsec_sa, a preference. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_KEYS_TABLE_H
#define IPSEC_EPAN_KEYS_TABLE_H

#include "../core/ipsec.h"

#include <epan/prefs.h>

/* Registers the table ipsec_sa; once. */
void ipsec_keys_table_register(module_t *module);

/* Number of rows. */
unsigned ipsec_keys_table_count(void);

/* The text of a row, counted from 0. The table owns it, and does not change while packets are dissected. */
ipsec_key_row_text ipsec_keys_table_row(unsigned row);

#endif
