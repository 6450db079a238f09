/* Preferences of the plugin.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "prefs.h"
#include "compat.h"
#include "keys.h"

#include <epan/prefs.h>

/* Written by Wireshark's preference code only; a change makes it dissect anew. */
static int pref_receiver = IPSEC_STACK_RFC;
static pref_bool pref_reserved_spi = true;
static pref_bool pref_sa_complete;
static pref_bool pref_null_heuristic = true;
static pref_bool pref_decrypt = true;

static const enum_val_t receivers[] = {
    {"rfc", "As the RFCs say", IPSEC_STACK_RFC},
    {"windows", "Windows", IPSEC_STACK_WINDOWS},
    {"linux", "Linux", IPSEC_STACK_LINUX},
    {"freebsd", "FreeBSD", IPSEC_STACK_FREEBSD},
    {"openbsd", "OpenBSD", IPSEC_STACK_OPENBSD},
    {"vpp", "VPP", IPSEC_STACK_VPP},
    {"strongswan", "strongSwan libipsec", IPSEC_STACK_STRONGSWAN},
    {NULL, NULL, 0},
};

void ipsec_prefs_register(int proto)
{
    module_t *module = prefs_register_protocol(proto, NULL);

    prefs_register_enum_preference(module, "receiver", "Receiver",
                                   "The stack that receives the packets: it decides which faults give the verdict "
                                   "\"drop\". What every stack reports is shown in any case.",
                                   &pref_receiver, receivers, false);
    prefs_register_bool_preference(module, "reserved_spi", "Report SPIs 1-255",
                                   "Report SPIs in the range that IANA reserves. Switch it off where SAs are "
                                   "configured by hand and use such SPIs on purpose.",
                                   &pref_reserved_spi);
    ipsec_keys_register(module);
    prefs_register_bool_preference(module, "sa_complete", "The key tables are complete",
                                   "The tables hold every SA that the receivers named in them had during the capture: "
                                   "any other SPI towards one of them is refused as unknown, and what does not verify "
                                   "is refused from the first packet on.",
                                   &pref_sa_complete);
    prefs_register_bool_preference(module, "decrypt", "Dissect decrypted payloads",
                                   "Hand what ESP packets held to the next dissector, where the ESP dissector did not.",
                                   &pref_decrypt);
    prefs_register_bool_preference(module, "null_heuristic", "Look for ESP-NULL without keys",
                                   "Find SAs with NULL encryption by what their payloads look like (RFC 5879).",
                                   &pref_null_heuristic);
}

ipsec_config ipsec_prefs_config(void)
{
    return (ipsec_config){.receiver = (ipsec_stack)pref_receiver,
                          .report_reserved_spi = pref_reserved_spi,
                          .sa_complete = pref_sa_complete,
                          .null_heuristic = pref_null_heuristic};
}

bool ipsec_prefs_decrypt(void)
{
    return pref_decrypt;
}
