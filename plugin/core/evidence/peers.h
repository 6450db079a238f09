/** @file
 * Peers that were seen to use IKE. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_PEERS_H
#define IPSEC_CORE_PEERS_H

#include "base/limits.h"
#include "packet/view.h"

#include <stdbool.h>

/** Pairs of addresses; bounded. */
typedef struct ipsec_peers ipsec_peers;

/** Creates an empty set; free it with ipsec_peers_free(). */
ipsec_peers *ipsec_peers_new(ipsec_limits *limits);

/** NULL is fine. */
void ipsec_peers_free(ipsec_peers *peers);

/**
 * Remembers that the source of the view has sent IKE to its destination.
 *
 * @param verified not IKE, but a packet that verified: it is a peer, whoever else forges packets
 */
void ipsec_peers_add(ipsec_peers *peers, const ipsec_view *view, bool verified);

/** Whether one of the two addresses of the view is known to be a peer of the other. */
bool ipsec_peers_known(const ipsec_peers *peers, const ipsec_view *view);

#endif
