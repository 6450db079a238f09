/* Entry points of the plugin.
 * SPDX-License-Identifier: GPL-2.0-or-later */
/* Unlike the rest of Wireshark's API, which is imported, what this file defines is exported; Windows needs to know
 * which. */
#define WS_BUILD_DLL
#include <ws_symbol_export.h>

#include "compat.h"
#include "draw.h"
#include "fields.h"
#include "frames.h"
#include "hooks.h"
#include "ike_inside.h"
#include "prefs.h"
#include "sa_rows.h"
#include "statistics.h"
#include "taps.h"

#include <epan/packet.h>
#include <epan/proto.h>
#if IPSEC_WIRESHARK_AT_LEAST(4, 4)
#include <wsutil/plugins.h>
#endif

WS_DLL_PUBLIC_DEF const char plugin_version[] = IPSEC_ANALYSIS_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

WS_DLL_PUBLIC void plugin_register(void);
#if IPSEC_WIRESHARK_AT_LEAST(4, 4)
WS_DLL_PUBLIC uint32_t plugin_describe(void);
#endif

static void start_file(void)
{
    ipsec_hooks_install();
    ipsec_frames_start();
    ipsec_tap_start_file();
}

static void end_file(void)
{
    ipsec_sa_rows_end_file();
    ipsec_frames_end();
    ipsec_ike_inside_end();
}

static void register_protoinfo(void)
{
    const int proto = ipsec_fields_register();

    ipsec_draw_register();
    ipsec_prefs_register(proto);
    ipsec_hooks_register(proto);
    ipsec_statistics_register(proto);
    register_init_routine(start_file);
    register_cleanup_routine(end_file);
}

void plugin_register(void)
{
    static proto_plugin plugin;

    plugin.register_protoinfo = register_protoinfo;
    plugin.register_handoff = ipsec_hooks_handoff;
    proto_register_plugin(&plugin);
}

#if IPSEC_WIRESHARK_AT_LEAST(4, 4)
uint32_t plugin_describe(void)
{
    return WS_PLUGIN_DESC_DISSECTOR;
}
#endif
