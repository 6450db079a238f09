/** @file
 * The contents of IKE messages that a dissector decrypted: whether they are believed, and what they say. Internal to
 * the core.
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
    IPSEC_IKE_PARTS_MOST = 64,   /**< fragments of a message; a message with more is not read */
    IPSEC_IKE_PUZZLES_MOST = 64, /**< messages; if there are more, the one that has waited longest is dropped */
    IPSEC_IKE_PUZZLE_OCTETS_MOST = 1 << 17 /**< octets of a reassembled message */
};

/** Messages in fragments, as far as they have come. */
typedef struct ipsec_ike_puzzles ipsec_ike_puzzles;

/** Creates an empty set; free it with ipsec_ike_puzzles_free(). */
ipsec_ike_puzzles *ipsec_ike_puzzles_new(ipsec_limits *limits);

/** NULL is fine. */
void ipsec_ike_puzzles_free(ipsec_ike_puzzles *puzzles);

/**
 * Reads the contents of the next message; for one in fragments, once the last fragment has come.
 *
 * @param message   its header
 * @param shown     what the dissector of this message shows
 * @param contents set to what the message says, if that can be believed
 * @return whether it can be believed. IKEv2: its ICV is right, and covers all of it. IKEv1: it looks like what a peer
 *         has encrypted; it is not known who wrote it, and contents->verified is false
 */
bool ipsec_ike_read_inside(ipsec_ike_puzzles *puzzles, const ipsec_ike_message *message, const ipsec_ike_shown *shown,
                           ipsec_ike_contents *contents);

#endif
