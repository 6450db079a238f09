/** @file
 * IKE requests near the beginning and end of SAs: which of them may have created or deleted an SA, if they cannot be
 * decrypted. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_EXCHANGES_H
#define IPSEC_CORE_EXCHANGES_H

#include "packet/view.h"
#include "sa/sa.h"

#include <stdbool.h>
#include <stdint.h>

/** What a request may be about. */
typedef enum {
    IPSEC_EXCHANGE_MAKES, /**< IKE_AUTH, CREATE_CHILD_SA, Quick Mode */
    IPSEC_EXCHANGE_INFORMS,
    IPSEC_EXCHANGE_KINDS
} ipsec_exchange_kind;

/** Limits: pairs of hosts, requests between all of them, and SAs. Nothing is said about those beyond them. */
enum {
    IPSEC_EXCHANGE_HOSTS_MOST = 4096,
    IPSEC_EXCHANGES_MOST = 65536,
    IPSEC_EXCHANGE_SAS_MOST = 65536
};

/** All requests and SAs that are kept. */
typedef struct ipsec_exchanges ipsec_exchanges;

/** NULL is fine. */
void ipsec_exchanges_free(ipsec_exchanges *exchanges);

/** Takes note of a request; `length` is that of the IKE message. */
void ipsec_exchanges_meet(ipsec_sa_table *sas, const ipsec_view *view, ipsec_exchange_kind kind, uint32_t length);

/** Whether a packet has one of the first numbers of its SA, which was then created during the capture. */
bool ipsec_exchanges_is_young(const ipsec_view *view);

/** Takes note of an SA, with its first packet; once there is something to note it with. */
void ipsec_exchanges_seat(ipsec_sa_table *sas, const ipsec_view *view, uint32_t sa);

/** Sets in *ike what may have created and deleted SA number `index`: the last request before its first packet, if its
 * numbers began there, and the first one after its last packet. */
void ipsec_exchanges_beside(const ipsec_sa_table *sas, uint32_t index, ipsec_sa_ike *ike);

#endif
