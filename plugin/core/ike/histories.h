/** @file
 * What has become of each IKE SA of a capture. It is kept when the IKE SA itself is forgotten, so that every pass
 * reports the same. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_HISTORIES_H
#define IPSEC_CORE_IKE_HISTORIES_H

#include "base/limits.h"
#include "ike/report.h"

#include <glib.h>

/** IKE SAs whose history is kept: the first ones of the capture. */
#define IPSEC_IKE_HISTORIES_MOST 65536u

/** The two hosts of an IKE SA. */
typedef struct ipsec_ike_hosts {
    uint8_t low[16], high[16]; /**< their addresses, zero-padded */
    uint8_t address_length;
    uint32_t hash; /**< computed with the seed of the table */
} ipsec_ike_hosts;

/** Whether they are the same two hosts. */
bool ipsec_ike_hosts_equal(const ipsec_ike_hosts *a, const ipsec_ike_hosts *b);

/** What identifies an IKE SA. */
typedef struct ipsec_ike_identity {
    ipsec_ike_hosts hosts;
    uint64_t initiator_spi;
    uint8_t version;
} ipsec_ike_identity;

/** All histories. */
typedef struct ipsec_ike_histories {
    ipsec_limits *limits;
    GHashTable *by_name;
    GPtrArray *by_number;
} ipsec_ike_histories;

/** Initialises an empty table. */
void ipsec_ike_histories_begin(ipsec_ike_histories *all, ipsec_limits *limits);

/** Frees what they own. */
void ipsec_ike_histories_end(ipsec_ike_histories *all);

/** The history of an IKE SA, created if there is none; NULL if there is no room. It does not move. */
ipsec_ike_progress *ipsec_ike_history_take(ipsec_ike_histories *all, const ipsec_ike_identity *name);

/** The same without creating one. */
const ipsec_ike_progress *ipsec_ike_history_find(const ipsec_ike_histories *all, const ipsec_ike_identity *name);

/** The history with a number that was given out; NULL for IPSEC_IKE_UNLISTED. */
ipsec_ike_progress *ipsec_ike_history_at(const ipsec_ike_histories *all, uint32_t number);

#endif
