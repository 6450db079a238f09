/* What the user may choose.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/config.h"

ipsec_config ipsec_config_default(void)
{
    return (ipsec_config){.receiver = IPSEC_STACK_RFC,
                          .report_reserved_spi = true,
                          .null_heuristic = true,
                          .replay_window = IPSEC_REPLAY_WINDOW_UNKNOWN,
                          .duplicate_time = 5000000,
                          .sas = IPSEC_SAS_DEFAULT};
}
