/** @file
 * What has become of each IKE SA of a capture. It is kept when the IKE SA itself is forgotten, so that every pass tells
 * the same. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_HISTORIES_H
#define IPSEC_CORE_IKE_HISTORIES_H

#include "base/limits.h"
#include "ike/report.h"

#include <glib.h>

/** IKE SAs of which that is kept: the first of the capture. */
#define IPSEC_IKE_HISTORIES_MOST 65536u

/** The two hosts of an IKE SA. */
typedef struct ipsec_ike_hosts {
    uint8_t low[16], high[16]; /**< their addresses, zero-padded */
    uint8_t address_length;
    uint32_t hash; /**< with the secret of the table */
} ipsec_ike_hosts;

/** Whether they are the same two. */
bool ipsec_ike_hosts_equal(const ipsec_ike_hosts *a, const ipsec_ike_hosts *b);

/** What an IKE SA is known by. */
typedef struct ipsec_ike_identity {
    ipsec_ike_hosts hosts;
    uint64_t initiator_spi;
    uint8_t version;
} ipsec_ike_identity;

/** All of them. */
typedef struct ipsec_ike_histories {
    ipsec_limits *limits;
    GHashTable *by_name;
    GPtrArray *by_number;
} ipsec_ike_histories;

/** None so far. */
void ipsec_ike_histories_begin(ipsec_ike_histories *all, ipsec_limits *limits);

/** Frees what they own. */
void ipsec_ike_histories_end(ipsec_ike_histories *all);

/** That of an IKE SA, begun if there is none; NULL if there is no room. It stays where it is. */
ipsec_ike_progress *ipsec_ike_history_take(ipsec_ike_histories *all, const ipsec_ike_identity *name);

/** The same without beginning one. */
const ipsec_ike_progress *ipsec_ike_history_find(const ipsec_ike_histories *all, const ipsec_ike_identity *name);

/** That with a number, which is one of those that were given; NULL for IPSEC_IKE_UNLISTED. */
ipsec_ike_progress *ipsec_ike_history_at(const ipsec_ike_histories *all, uint32_t number);

#endif
