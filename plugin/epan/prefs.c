/* Preferences of the plugin.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "prefs.h"
#include "compat.h"
#include "keys.h"

#include <epan/prefs.h>
#include <wsutil/report_message.h>

/* The largest value of the preference replay_window, in packets. */
#define WINDOW_MOST (UINT32_MAX - 1)

/* Written by Wireshark's preference code only; a change makes Wireshark dissect the file again. */
static int pref_receiver = IPSEC_STACK_RFC;
static pref_bool pref_reserved_spi = true;
static const char *pref_replay_window;
static unsigned pref_duplicate_ms = 5;
static int pref_points = IPSEC_POINTS_AUTO;
static pref_bool pref_sa_complete;
static pref_bool pref_null_heuristic = true;
static pref_bool pref_all_fragments;
static pref_bool pref_decrypt = true;
static pref_bool pref_info_column = true;

/* Filled in at registration, and constant afterwards; the last element terminates the list. */
static enum_val_t receivers[IPSEC_STACK_COUNT + 1];

static const enum_val_t points[] = {{"auto", "Automatic", IPSEC_POINTS_AUTO},
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
                                   "The system that receives the packets. The choice decides which faults get the "
                                   "verdict \"drop\"; what other systems report is always shown.",
                                   &pref_receiver, receivers, false);
    prefs_register_bool_preference(module, "reserved_spi", "Report SPIs 1-255",
                                   "Report SPIs in the range that IANA reserves. Turn this off if SAs are configured "
                                   "manually and use such SPIs on purpose.",
                                   &pref_reserved_spi);
    prefs_register_string_preference(module, "replay_window", "Replay window",
                                     "Size of the receiver's replay window in packets. 0 means no window. If empty, "
                                     "the size in the SA's key row applies, or the receiver's default.",
                                     &pref_replay_window);
    prefs_register_uint_preference(module, "duplicate_ms", "Duplicate capture threshold (ms)",
                                   "An identical frame within this time of the first counts as a capture artefact, not "
                                   "a replay. 0 turns this off.",
                                   10, &pref_duplicate_ms);
    prefs_register_enum_preference(
        module, "points", "Several capture points",
        "Whether the capture was merged from both ends of a path, or taken at several interfaces. The same packet then "
        "appears several times and is not a replay. With \"No\", there is only one capture point: a packet that "
        "appears again is a replay.",
        &pref_points, points, false);
    ipsec_keys_register(module);
    prefs_register_bool_preference(module, "sa_complete", "Treat the key tables as complete",
                                   "The key tables hold every SA that the receivers listed in them had during the "
                                   "capture. Any other SPI sent to one of these receivers is unknown to it, and "
                                   "packets that do not verify get the verdict \"drop\", starting with the first one.",
                                   &pref_sa_complete);
    prefs_register_bool_preference(module, "decrypt", "Dissect decrypted payloads",
                                   "Pass decrypted ESP payloads to the next dissector if the ESP dissector did not.",
                                   &pref_decrypt);
    prefs_register_bool_preference(module, "info_column", "Show findings in the Info column",
                                   "Show the most severe finding, if it is more severe than Note, in brackets at the "
                                   "beginning of the Info column.",
                                   &pref_info_column);
    prefs_register_bool_preference(module, "null_heuristic", "Recognise ESP-NULL without keys",
                                   "Recognise NULL encryption by the payloads of SAs that have no key row (RFC 5879).",
                                   &pref_null_heuristic);
    prefs_register_bool_preference(module, "all_fragments", "Look at all IPv4 fragments",
                                   "Look for lost parts of packets from the first fragment on, and not only after a "
                                   "packet that may have lost its end. Takes time for every frame.",
                                   &pref_all_fragments);
}

/* Reports, once per change, that `text` is not a valid window; NULL: the preference is valid. */
static void tell_bad_window(const char *text)
{
    static char *told; /* the text that was reported last; kept across capture files; NULL if the preference has been
                          valid since */

    if (text && g_strcmp0(text, told) != 0)
        report_failure("IPsec Analysis ignores the preference ipsec.replay_window: \"%s\" is not a number from 0 to "
                       "%u. It uses the window in the SA's key row, or the receiver's default.",
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

bool ipsec_prefs_all_fragments(void)
{
    return pref_all_fragments;
}

bool ipsec_prefs_info_column(void)
{
    return pref_info_column;
}
