/* Registers the statistics. SPDX-License-Identifier: GPL-2.0-or-later */
#include "statistics.h"
#include "compat.h"
#include "taps.h"

/* Not registered in the GUI, where nobody reads standard output. */
static void register_options(void)
{
    ipsec_compat_register_option("ipsec,sa", ipsec_sa_text_start);
    ipsec_compat_register_option("ipsec,sa,json", ipsec_sa_json_start);
    ipsec_compat_register_option("ipsec,findings,json", ipsec_findings_json_start);
    ipsec_compat_register_option("ipsec,limits,json", ipsec_limits_json_start);
}

void ipsec_statistics_register(int proto)
{
    ipsec_tap_register();
    if (!ipsec_compat_has_window())
        register_options();
    ipsec_sa_table_register();
    ipsec_ike_table_register();
    ipsec_summary_tree_register();
    ipsec_conversations_register(proto);
}
