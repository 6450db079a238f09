/* Preferences of the plugin.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "prefs.h"
#include "compat.h"
#include "keys.h"

#include <epan/prefs.h>
#include <wsutil/report_message.h>

/* Of the preference for the replay window, in packets. */
#define WINDOW_MOST (UINT32_MAX - 1)

/* Written by Wireshark's preference code only; a change makes it dissect anew. */
static int pref_receiver = IPSEC_STACK_RFC;
static pref_bool pref_reserved_spi = true;
static const char *pref_replay_window;
static unsigned pref_duplicate_ms = 5;
static int pref_points = IPSEC_POINTS_AUTO;
static pref_bool pref_sa_complete;
static pref_bool pref_null_heuristic = true;
static pref_bool pref_decrypt = true;
static pref_bool pref_info_column = true;

/* Filled in at registration, and constant afterwards; the last one ends them. */
static enum_val_t receivers[IPSEC_STACK_COUNT + 1];

static const enum_val_t points[] = {{"auto", "If it looks so", IPSEC_POINTS_AUTO},
                                    {"yes", "Yes", IPSEC_POINTS_YES},
                                    {"no", "No", IPSEC_POINTS_NO},
                                    {NULL, NULL, 0}};

static void name_receivers(void)
{
    for (unsigned stack = 0; stack < IPSEC_STACK_COUNT; stack++)
        receivers[stack] = (enum_val_t){ipsec_stack_name(stack), ipsec_stack_title(stack), (int)stack};
}

void ipsec_prefs_register(int proto)
{
    module_t *module = prefs_register_protocol(proto, NULL);

    name_receivers();
    prefs_register_enum_preference(module, "receiver", "Receiver",
                                   "The stack that receives the packets: it decides which faults give the verdict "
                                   "\"drop\". What every stack reports is shown in any case.",
                                   &pref_receiver, receivers, false);
    prefs_register_bool_preference(module, "reserved_spi", "Report SPIs 1-255",
                                   "Report SPIs in the range that IANA reserves. Switch it off where SAs are "
                                   "configured by hand and use such SPIs on purpose.",
                                   &pref_reserved_spi);
    prefs_register_string_preference(module, "replay_window", "Replay window",
                                     "Packets that the receiver's replay window holds; 0: it has none. Empty: what the "
                                     "key row of the SA says, or the default of the receiver.",
                                     &pref_replay_window);
    prefs_register_uint_preference(
        module, "duplicate_ms", "Captured twice within (ms)",
        "An identical frame so soon after the first is taken for an artefact of the capture, "
        "and not for a replay. 0: never.",
        10, &pref_duplicate_ms);
    prefs_register_enum_preference(
        module, "points", "Several capture points",
        "Whether the capture was merged from both ends of a path, or taken at several "
        "interfaces, so that packets come again and are no replays. \"No\": what comes again "
        "from elsewhere is a replay.",
        &pref_points, points, false);
    ipsec_keys_register(module);
    prefs_register_bool_preference(module, "sa_complete", "The key tables are complete",
                                   "The tables hold every SA that the receivers named in them had during the capture: "
                                   "any other SPI towards one of them is refused as unknown, and what does not verify "
                                   "is refused from the first packet on.",
                                   &pref_sa_complete);
    prefs_register_bool_preference(module, "decrypt", "Dissect decrypted payloads",
                                   "Hand what ESP packets held to the next dissector, where the ESP dissector did not.",
                                   &pref_decrypt);
    prefs_register_bool_preference(module, "info_column", "Say in the Info column what is wrong",
                                   "Put the gravest finding of Warning or above in front of the packet list's Info "
                                   "column, in brackets.",
                                   &pref_info_column);
    prefs_register_bool_preference(module, "null_heuristic", "Look for ESP-NULL without keys",
                                   "Find SAs with NULL encryption by what their payloads look like (RFC 5879).",
                                   &pref_null_heuristic);
}

/* Tells once per change that the window cannot be read; NULL: it can. */
static void tell_bad_window(const char *text)
{
    static char *told; /* what was told last, from one capture file to the next; NULL: nothing is wrong since */

    if (text && g_strcmp0(text, told) != 0)
        report_failure("IPsec Analysis cannot use the preference ipsec.replay_window: \"%s\" is not a number from 0 to "
                       "%u. It is ignored: the window of an SA is what its key row says, or the receiver's default.",
                       text, WINDOW_MOST);
    g_free(told);
    told = g_strdup(text);
}

static uint32_t replay_window(void)
{
    const bool empty = !pref_replay_window || !pref_replay_window[0];
    uint64_t packets = IPSEC_REPLAY_WINDOW_UNKNOWN;
    const bool read = !empty && g_ascii_string_to_unsigned(pref_replay_window, 10, 0, WINDOW_MOST, &packets, NULL);

    tell_bad_window(empty || read ? NULL : pref_replay_window);
    return read ? (uint32_t)packets : IPSEC_REPLAY_WINDOW_UNKNOWN;
}

ipsec_config ipsec_prefs_config(void)
{
    return (ipsec_config){.receiver = (ipsec_stack)pref_receiver,
                          .report_reserved_spi = pref_reserved_spi,
                          .sa_complete = pref_sa_complete,
                          .null_heuristic = pref_null_heuristic,
                          .replay_window = replay_window(),
                          .points = (ipsec_points_mode)pref_points,
                          .duplicate_time = (uint64_t)pref_duplicate_ms * 1000000u};
}

bool ipsec_prefs_decrypt(void)
{
    return pref_decrypt;
}

bool ipsec_prefs_info_column(void)
{
    return pref_info_column;
}
