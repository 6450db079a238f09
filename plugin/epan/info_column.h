/* The Info column: what is wrong, in front. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_INFO_COLUMN_H
#define IPSEC_EPAN_INFO_COLUMN_H

#include "../core/ipsec.h"

#include <epan/packet.h>

/* Puts the summary of the header's gravest finding of severity Warn or Error in brackets in front of the column; each
 * text once per frame, in the order of the headers, which `order` gives: it increases from one header to the next. To
 * be called after all content of the header has been dissected. */
void ipsec_info_column_tell(const ipsec_findings *findings, unsigned order, packet_info *pinfo);

#endif
