/* A plugin for the tests: prints what Analyze > Conversation Filter would offer for each frame under "IPsec SA", which
 * only the GUI shows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../plugin/epan/compat.h"

#include <epan/conversation_filter.h>
#include <epan/packet.h>
#include <epan/proto.h>

#include <stdio.h>
#include <string.h>

WS_DLL_PUBLIC_DEF const char plugin_version[] = "0";
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC uint32_t plugin_describe(void);

#if IPSEC_WIRESHARK_AT_LEAST(4, 4)
#define CALL(filter, function, pinfo) (filter)->function(pinfo, (filter)->user_data)
#else
#define CALL(filter, function, pinfo) (filter)->function(pinfo)
#endif

static int look(tvbuff_t *tvb _U_, packet_info *pinfo, proto_tree *tree _U_, void *data _U_)
{
    for (GList *node = packet_conv_filter_list; node; node = node->next) {
        const conversation_filter_t *filter = (const conversation_filter_t *)node->data;
        char *text;

        if (strcmp(filter->display_name, "IPsec SA") != 0)
            continue;
        text = CALL(filter, is_filter_valid, pinfo) ? CALL(filter, build_filter_string, pinfo) : NULL;
        printf("%u: %s\n", pinfo->num, text ? text : "none");
        g_free(text);
    }
    return 0;
}

static void register_protoinfo(void)
{
    const int proto = proto_register_protocol("IPsec Analysis, probe", "IPsec probe", "ipsec_probe");

    register_postdissector(create_dissector_handle(look, proto));
}

void plugin_register(void)
{
    static proto_plugin plugin = {.register_protoinfo = register_protoinfo};

    proto_register_plugin(&plugin);
}

uint32_t plugin_describe(void)
{
    return 1; /* a dissector */
}
