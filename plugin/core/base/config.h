/** @file
 * What the user may choose.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_CONFIG_H
#define IPSEC_CORE_CONFIG_H

#include "base/stack.h"

#include <stdbool.h>
#include <stdint.h>

/** Whether a capture has several capture points. */
typedef enum {
    IPSEC_POINTS_AUTO, /**< if the capture looks like it */
    IPSEC_POINTS_YES,  /**< each place where frames were captured is one */
    IPSEC_POINTS_NO    /**< a packet that appears again elsewhere is a replay */
} ipsec_points_mode;

/** What the user may choose. */
typedef struct ipsec_config {
    ipsec_stack receiver;     /**< decides which findings become IPSEC_VERDICT_DROP */
    bool report_reserved_spi; /**< whether SPIs 1-255 are a finding at all */
    bool sa_complete;         /**< the key rows are complete for the receivers that they name, so any other SA is
                               * unknown */
    bool null_heuristic;      /**< look for ESP-NULL in SAs without a key row (RFC 5879) */
    uint32_t replay_window; /**< in packets; 0: no replay check; IPSEC_REPLAY_WINDOW_UNKNOWN: use that of the SA, or the
                               receiver's default */
    uint64_t duplicate_time; /**< nanoseconds within which an identical frame is an artefact of the capture; 0: never */
    ipsec_points_mode points; /**< whether a packet that appears again elsewhere is the same packet, captured there */
    /** SAs whose state is kept at a time. If there are more, some are forgotten, and start over if they come back:
     * first those with a single packet, last those that have verified. 0: IPSEC_SAS_DEFAULT. */
    uint32_t sas;
} ipsec_config;

/** Size of a window, in packets, for which the key row says `own`; the user's setting takes precedence. Either may be
 * IPSEC_REPLAY_WINDOW_UNKNOWN, and if both are, so is the result. */
static inline uint32_t ipsec_config_window(const ipsec_config *config, uint32_t own)
{
    return config->replay_window != IPSEC_REPLAY_WINDOW_UNKNOWN ? config->replay_window : own;
}

/** SAs whose state is kept unless the user says otherwise. */
#define IPSEC_SAS_DEFAULT 1048576u

/** The defaults: IPSEC_STACK_RFC, reserved SPIs reported, key rows not complete, ESP-NULL looked for, no window set,
 * duplicates within 5 ms, capture points detected automatically, the state of IPSEC_SAS_DEFAULT SAs. */
ipsec_config ipsec_config_default(void);

#endif
