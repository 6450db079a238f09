/** @file
 * What is inside IKE messages that somebody could decrypt: whether it is believed, and what it says. Internal to the
 * core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_INSIDE_H
#define IPSEC_CORE_IKE_INSIDE_H

#include "base/limits.h"
#include "ike/contents.h"
#include "ike/message.h"
#include "ike/shown.h"

#include <stdbool.h>

/** Limits on fragments that wait for the rest of their message (RFC 7383 2.6). */
enum {
    IPSEC_IKE_PARTS_MOST = 64,             /**< of a message; one in more is not read */
    IPSEC_IKE_PUZZLES_MOST = 64,           /**< messages; beyond, the one that has waited for longest goes */
    IPSEC_IKE_PUZZLE_OCTETS_MOST = 1 << 17 /**< of a message, when it is put together */
};

/** Messages in fragments, as far as they came. */
typedef struct ipsec_ike_puzzles ipsec_ike_puzzles;

/** None so far; free it with ipsec_ike_puzzles_free(). */
ipsec_ike_puzzles *ipsec_ike_puzzles_new(ipsec_limits *limits);

/** NULL is fine. */
void ipsec_ike_puzzles_free(ipsec_ike_puzzles *puzzles);

/**
 * Reads what is inside the next message; of one in fragments, once the last of them has come.
 *
 * @param message   its header
 * @param shown     what the dissector of this message shows
 * @param contents  set to what it says, if that is to be believed
 * @return whether it is. IKEv2: its ICV is right, and covers all of it. IKEv1: it looks like what a peer has encrypted;
 *         nobody knows who has written it, and contents->verified is false
 */
bool ipsec_ike_read_inside(ipsec_ike_puzzles *puzzles, const ipsec_ike_message *message, const ipsec_ike_shown *shown,
                           ipsec_ike_contents *contents);

#endif
