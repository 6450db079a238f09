/** @file
 * The IKE SAs of a capture, and the pairs of hosts that they are between. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_TABLE_H
#define IPSEC_CORE_IKE_TABLE_H

#include "ike/exchange.h"

#include <glib.h>

struct ipsec_ike_table {
    GHashTable *sas;   /**< set of ipsec_ike_sa_link */
    GHashTable *pairs; /**< set of ipsec_ike_pair */
    ipsec_ike_histories histories;
    GQueue asked;    /**< of ipsec_ike_sa_link: one side was heard; the one that was silent for longest first */
    GQueue answered; /**< likewise: both were heard */
    uint64_t seed;
    uint64_t duplicate_time;
};

/** The IKE SA of a message; if there is none, it is made, or NULL if `make` is false. NULL, too, for what names none:
 * without an SPI or without addresses. */
ipsec_ike_sa *ipsec_ike_table_sa(ipsec_ike_table *table, const ipsec_view *view, const ipsec_ike_message *message,
                                 bool make);

/** The IKE SA of a message, if it is known; nothing is moved by asking. */
ipsec_ike_sa *ipsec_ike_table_find(const ipsec_ike_table *table, const ipsec_view *view,
                                   const ipsec_ike_message *message);

/** Sets *progress to what has become of the IKE SA of a message, also if that is forgotten. False if there is none, or
 * nothing is kept of it. */
bool ipsec_ike_table_progress(const ipsec_ike_table *table, const ipsec_view *view, const ipsec_ike_message *message,
                              ipsec_ike_progress *progress);

/** An empty exchange of the SA, in the place of its oldest one if there are many. */
ipsec_ike_exchange *ipsec_ike_sa_begin(ipsec_ike_sa *sa);

#endif
