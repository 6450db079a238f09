/* Statistics, one by one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "statistics.h"
#include "listen.h"
#include "taps.h"

void ipsec_statistics_register(int proto)
{
    ipsec_tap_register();
    ipsec_listen_register("ipsec,sa", ipsec_sa_text_start);
    ipsec_listen_register("ipsec,sa,json", ipsec_sa_json_start);
    ipsec_listen_register("ipsec,findings,json", ipsec_findings_json_start);
    ipsec_sa_table_register();
    ipsec_summary_tree_register();
    ipsec_conversations_register(proto);
}
