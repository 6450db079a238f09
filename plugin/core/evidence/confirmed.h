/** @file
 * Whether what comes in UDP is IPsec at all: the port alone proves nothing. Internal to the core.
 *
 * The room evidence/ has what others than the packets of an SA tell of it: its peers, other protocols, logs. What opens
 * packets or moves windows may not enter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_CONFIRMED_H
#define IPSEC_CORE_CONFIRMED_H

#include "evidence/peers.h"
#include "keys/keyring.h"
#include "packet/findings.h"
#include "packet/header.h"
#include "packet/view.h"
#include "sa/record.h"
#include "sa/sa.h"

#include <stdbool.h>

/** What speaks for the SA of a packet in UDP, besides its port. */
bool ipsec_is_borne_out(const ipsec_peers *peers, const ipsec_keyring *ring, const ipsec_view *view,
                        const ipsec_sa *sa);

/** Whether a packet, of `sa` if that is not NULL, is known to be IPsec. Only a fault makes it worth asking for more
 * than the SA knows already. */
static inline bool ipsec_is_confirmed(const ipsec_peers *peers, const ipsec_keyring *ring, const ipsec_view *view,
                                      const ipsec_sa *sa)
{
    return view->encapsulation == IPSEC_ENCAPSULATION_NONE || (sa && sa->confirmed) ||
           ipsec_is_borne_out(peers, ring, view, sa);
}

/** What ipsec_confirm() does where the SA is not confirmed yet. */
void ipsec_confirm_by_numbers(ipsec_sa *sa, uint32_t sequence, bool flagged);

/** Learns from a packet in UDP: numbers that advance, IKE, and ICVs that verify tell whether the port carries IPsec.
 * `sa` may be NULL. */
static inline void ipsec_confirm(ipsec_peers *peers, const ipsec_view *view, ipsec_sa *sa, const ipsec_record *record,
                                 const ipsec_header *header, bool flagged)
{
    const bool verified = sa && record->standing == IPSEC_VERIFIED;

    if (sa && !sa->confirmed)
        ipsec_confirm_by_numbers(sa, header->sequence, flagged);
    if (header->subject == IPSEC_SUBJECT_IKE || (verified && !sa->told_peers))
        ipsec_peers_add(peers, view, verified);
    if (verified)
        sa->told_peers = true;
}

#endif
