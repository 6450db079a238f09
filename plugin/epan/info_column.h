/* The Info column: what is wrong, in front. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_INFO_COLUMN_H
#define IPSEC_EPAN_INFO_COLUMN_H

#include "../core/ipsec.h"

#include <epan/packet.h>

/* Puts the summary of the header's gravest finding of Warning or above in front of the column, in brackets; each text
 * once per frame, and in the order of the headers: `order` grows from one to the next. To be called when all that the
 * header holds was dissected. */
void ipsec_info_column_tell(const ipsec_findings *findings, unsigned order, packet_info *pinfo);

#endif
