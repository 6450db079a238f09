/** @file
 * The ICMP errors of a capture: each is judged once, and explained as often as needed. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ICMP_ERRORS_H
#define IPSEC_CORE_ICMP_ERRORS_H

#include "evidence/peers.h"
#include "icmp/error.h"
#include "icmp/ike_packets.h"
#include "icmp/mtus.h"
#include "keys/keyring.h"
#include "sa/recent.h"
#include "sa/sa.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/** All ICMP errors that concern IPsec. */
typedef struct ipsec_icmp_errors {
    ipsec_limits *limits;
    ipsec_mtus mtus;
    ipsec_ike_packets ike;
    GArray *records;     /**< what was decided, by frame */
    GHashTable *answers; /**< by frame of the quoted packet, the index of the first record that quotes it, plus 1 */
    GHashTable *lacking; /**< by hash of a peer and a protocol that it said it does not support: the frame in which it
                            did; NULL: none did */
} ipsec_icmp_errors;

/** What they are compared with. */
typedef struct ipsec_icmp_neighbours {
    const ipsec_sa_table *sas;
    ipsec_recents *recents;
    const ipsec_peers *peers;
    const ipsec_keyring *ring;
} ipsec_icmp_neighbours;

/** Creates an empty set; free it with ipsec_icmp_errors_free(). */
ipsec_icmp_errors *ipsec_icmp_errors_new(ipsec_limits *limits);

/** NULL is fine. */
void ipsec_icmp_errors_free(ipsec_icmp_errors *errors);

/** Judges the next error. One that does not concern IPsec leaves nothing. */
void ipsec_icmp_errors_judge(ipsec_icmp_errors *errors, const ipsec_icmp_neighbours *neighbours,
                             const ipsec_icmp_view *view);

/** Reports what was found out; nothing if the error was not judged. */
void ipsec_icmp_errors_explain(const ipsec_icmp_errors *errors, const ipsec_icmp_view *view, ipsec_icmp_report *report);

/** The frame of the first error that quotes the packet of SA `sa` in frame `frame`; 0: none is known so far.
 */
uint32_t ipsec_icmp_errors_answer(const ipsec_icmp_errors *errors, uint32_t frame, uint32_t sa);

/** Whether the destination of the view has said before that it does not support the view's protocol, and has sent no
 * IPsec packet to the source since. */
bool ipsec_icmp_errors_peer_lacks(const ipsec_icmp_errors *errors, const ipsec_sa_table *sas, const ipsec_view *view);

/** Puts that into the advice on the unknown SPI. */
void ipsec_icmp_blame_peer(ipsec_findings *findings);

#endif
