/* The Info column: puts findings in front, as "[ESP length is not a multiple of 4 octets] ".
 *
 * The fence after it preserves it when other dissectors clear the column. The column cannot be written while a quoted
 * packet is dissected, or if it is not in use.
 *
 * Headers report after they have been dissected: inner ones before outer ones, but consecutive ones in their order. So
 * the texts of the frame are remembered, and each is inserted in the right place.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "info_column.h"
#include "fields.h"
#include "prefs.h"

#include <epan/column-utils.h>
#include <epan/proto_data.h>

#include <glib.h>
#include <string.h>

/* Key of the protocol's data for a frame. */
#define TOLD_KEY 1

/* The column has no space for more texts. */
#define TOLD_MOST 4

/* The texts at the beginning of the current frame's column, in the order of the headers. */
typedef struct told {
    unsigned count;
    unsigned orders[TOLD_MOST];
    const char *summaries[TOLD_MOST];
} told;

/* New for each pass, like the column. */
static told *told_of(packet_info *pinfo)
{
    told *list = p_get_proto_data(pinfo->pool, pinfo, ipsec_proto_id, TOLD_KEY);

    if (!list) {
        list = wmem_new0(pinfo->pool, told);
        p_add_proto_data(pinfo->pool, pinfo, ipsec_proto_id, TOLD_KEY, list);
    }
    return list;
}

static bool is_told(const told *list, const char *summary)
{
    for (unsigned i = 0; i < list->count; i++)
        if (list->summaries[i] == summary)
            return true;
    return false;
}

static void insert(told *list, unsigned order, const char *summary)
{
    unsigned at = list->count++;

    for (; at > 0 && list->orders[at - 1] > order; at--) {
        list->orders[at] = list->orders[at - 1];
        list->summaries[at] = list->summaries[at - 1];
    }
    list->orders[at] = order;
    list->summaries[at] = summary;
}

static const char *text_of(const told *list, packet_info *pinfo)
{
    wmem_strbuf_t *text = wmem_strbuf_new(pinfo->pool, "");

    for (unsigned i = 0; i < list->count; i++)
        wmem_strbuf_append_printf(text, "[%s] ", list->summaries[i]);
    return wmem_strbuf_get_str(text);
}

/* Replaces `before`, with which the column begins, by `text`. */
static void replace(const char *before, const char *text, packet_info *pinfo)
{
    const char *rest = wmem_strdup(pinfo->pool, col_get_text(pinfo->cinfo, COL_INFO) + strlen(before));

    col_clear_fence(pinfo->cinfo, COL_INFO);
    col_add_str(pinfo->cinfo, COL_INFO, text);
    col_set_fence(pinfo->cinfo, COL_INFO);
    col_append_str(pinfo->cinfo, COL_INFO, rest);
}

void ipsec_info_column_tell(const ipsec_findings *findings, unsigned order, packet_info *pinfo)
{
    const ipsec_finding *alarm = ipsec_alarm(findings);
    const char *summary, *before;
    told *list;

    if (!alarm || !ipsec_prefs_info_column() || !col_get_writable(pinfo->cinfo, COL_INFO))
        return;
    summary = ipsec_catalogue((ipsec_finding_id)alarm->id)->summary;
    list = told_of(pinfo);
    if (list->count == TOLD_MOST || is_told(list, summary))
        return;
    before = text_of(list, pinfo);
    insert(list, order, summary);
    if (list->summaries[0] != summary && g_str_has_prefix(col_get_text(pinfo->cinfo, COL_INFO), before))
        replace(before, text_of(list, pinfo), pinfo);
    else
        col_prepend_fence_fstr(pinfo->cinfo, COL_INFO, "[%s] ", summary);
}
