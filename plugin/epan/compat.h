/* What differs between the versions of Wireshark that one source builds for: 4.0, 4.4 and 4.6.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_COMPAT_H
#define IPSEC_EPAN_COMPAT_H

#include <wireshark.h>
#include <ws_version.h>

#include <epan/packet.h>

#include <stdbool.h>

#define IPSEC_WIRESHARK_AT_LEAST(major, minor)                                                                         \
    (WIRESHARK_VERSION_MAJOR > (major) || (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

/* The variable behind a boolean preference. */
#if IPSEC_WIRESHARK_AT_LEAST(4, 2)
typedef bool pref_bool;
#else
typedef gboolean pref_bool;
#endif

/* The tvbuff of the first data source with that name from `node` of a frame's list on, or NULL. What finds it reads
 * nothing of a packet but the list. */
static inline tvbuff_t *ipsec_data_source_tvb(GSList *node, const char *name)
{
    packet_info from = {.data_src = node};
#if IPSEC_WIRESHARK_AT_LEAST(4, 6)
    struct data_source *source = get_data_source_by_name(&from, name);

    return source ? get_data_source_tvb(source) : NULL;
#else
    return get_data_source_tvb_by_name(&from, name);
#endif
}

#endif
