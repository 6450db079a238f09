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
    GQueue asked;    /**< of ipsec_ike_sa_link: messages from one side only; the one that was silent longest first */
    GQueue answered; /**< likewise: messages from both sides */
    uint64_t seed;
    uint64_t duplicate_time;
};

/** The IKE SA of a message. If there is none, it is created, or NULL is returned if `make` is false. Also NULL for a
 * message without an SPI or without addresses. */
ipsec_ike_sa *ipsec_ike_table_sa(ipsec_ike_table *table, const ipsec_view *view, const ipsec_ike_message *message,
                                 bool make);

/** The IKE SA of a message; NULL if it is not known. Changes nothing. */
ipsec_ike_sa *ipsec_ike_table_find(const ipsec_ike_table *table, const ipsec_view *view,
                                   const ipsec_ike_message *message);

/** Sets *progress to what has become of the IKE SA of a message, even if the IKE SA was forgotten. False if there is
 * none, or if nothing was kept. */
bool ipsec_ike_table_progress(const ipsec_ike_table *table, const ipsec_view *view, const ipsec_ike_message *message,
                              ipsec_ike_progress *progress);

/** Adds an empty exchange to the IKE SA, replacing its oldest one if there are too many. */
ipsec_ike_exchange *ipsec_ike_sa_begin(ipsec_ike_sa *sa);

#endif
