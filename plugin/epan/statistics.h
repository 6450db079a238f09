/* The plugin's entries for -z and for the menus Statistics and Analyze. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_STATISTICS_H
#define IPSEC_EPAN_STATISTICS_H

#include <stdbool.h>

/* Registers all of them; once, after the fields. `proto` is the id of the protocol "ipsec". */
void ipsec_statistics_register(int proto);

/* Each of these is in a file of its own. The first three are started by an option "-z"; the others register themselves.
 */
bool ipsec_sa_text_start(const char *argument);
bool ipsec_sa_json_start(const char *argument);
bool ipsec_findings_json_start(const char *argument);
bool ipsec_limits_json_start(const char *argument);
void ipsec_sa_table_register(void);
void ipsec_ike_table_register(void);
void ipsec_summary_tree_register(void);
void ipsec_conversations_register(int proto);

#endif
