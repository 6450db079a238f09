/** @file
 * Whether UDP payloads are IPsec at all: the port alone proves nothing. Internal to the core.
 *
 * Layer evidence/: what is known of an SA from sources other than its packets: its peers, other protocols, fragments.
 * Nothing that opens packets or moves windows belongs here.
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
#include "sa/ruling.h"
#include "sa/sa.h"

#include <stdbool.h>

/** How many more faulty packets than sound ones an SPI may have shown in UDP and still be believed. Other protocols
 * with a counter after a constant word break ESP's rules most of the time. */
#define IPSEC_FAULTY_MOST 4u

/** Whether what packets of the SA have shown in UDP is evidence enough. */
static inline bool ipsec_is_borne_out_by_octets(const ipsec_sa *sa)
{
    return sa->advanced && sa->faulty <= sa->sound + IPSEC_FAULTY_MOST;
}

/** Whether there is evidence for the SA of a packet in UDP, besides its port. */
bool ipsec_is_borne_out(const ipsec_peers *peers, const ipsec_keyring *ring, const ipsec_view *view,
                        const ipsec_sa *sa);

/** Whether a packet, of `sa` if that is not NULL, is known to be IPsec. */
static inline bool ipsec_is_confirmed(const ipsec_peers *peers, const ipsec_keyring *ring, const ipsec_view *view,
                                      const ipsec_sa *sa)
{
    return view->encapsulation == IPSEC_ENCAPSULATION_NONE || (sa && sa->confirmed) ||
           ipsec_is_borne_out(peers, ring, view, sa);
}

/**
 * Learns from the number and the octets of a packet in UDP whose SA is not confirmed yet; `sa` may be NULL.
 *
 * @return whether it is not ESP, unless something else confirms that it is: it looks like another protocol, or all
 *         packets with its SPI have the same number
 */
bool ipsec_confirm_by_octets(ipsec_sa *sa, const ipsec_view *view, const ipsec_header *header,
                             const ipsec_findings *findings);

/** Learns from a packet in UDP: IKE, and ICVs that verify, show that the port carries IPsec. `sa` may be NULL. */
static inline void ipsec_confirm(ipsec_peers *peers, const ipsec_view *view, ipsec_sa *sa, const ipsec_ruling *ruling,
                                 const ipsec_header *header)
{
    const bool verified = sa && ruling->standing == IPSEC_VERIFIED;

    if (header->subject == IPSEC_SUBJECT_IKE || (verified && !sa->told_peers))
        ipsec_peers_add(peers, view, verified);
    if (verified)
        sa->told_peers = true;
}

#endif
