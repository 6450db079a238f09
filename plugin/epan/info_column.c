/* The Info column: what is wrong, in front, as "[ESP length is not a multiple of 4 octets] ".
 *
 * The fence behind it keeps it when other dissectors clear the column. In a quoted packet the column cannot be written,
 * nor where it is not in use.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "info_column.h"
#include "fields.h"
#include "prefs.h"

#include <epan/column-utils.h>
#include <epan/proto_data.h>

#include <string.h>

/* Of the protocol's data on a frame. */
#define SAID_KEY 1

/* What the column says of the frame at hand already; nothing of that which it said in an earlier pass. */
static ipsec_finding_set *said_of(packet_info *pinfo)
{
    ipsec_finding_set *said = p_get_proto_data(pinfo->pool, pinfo, ipsec_proto_id, SAID_KEY);

    if (!said) {
        said = wmem_new0(pinfo->pool, ipsec_finding_set);
        p_add_proto_data(pinfo->pool, pinfo, ipsec_proto_id, SAID_KEY, said);
    }
    return said;
}

void ipsec_info_column_tell(const ipsec_report *report, packet_info *pinfo)
{
    const ipsec_finding *alarm = ipsec_alarm(report);
    ipsec_finding_set *said;

    if (!alarm || !ipsec_prefs_info_column() || !col_get_writable(pinfo->cinfo, COL_INFO))
        return;
    said = said_of(pinfo);
    if (ipsec_finding_set_has(said, (ipsec_finding_id)alarm->id))
        return;
    ipsec_finding_set_add(said, (ipsec_finding_id)alarm->id);
    col_prepend_fence_fstr(pinfo->cinfo, COL_INFO, "[%s] ", ipsec_catalogue((ipsec_finding_id)alarm->id)->summary);
}
