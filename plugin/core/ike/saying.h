/** @file
 * What the rules on IKE messages share: a message that is being judged, and what is said of it. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_SAYING_H
#define IPSEC_CORE_IKE_SAYING_H

#include "ike/judge.h"
#include "ike/notify.h"

/** A message that is being judged. */
typedef struct ipsec_ike_saying {
    ipsec_ike *ike;
    const ipsec_view *view;
    const ipsec_ike_message *message;
    const ipsec_ike_contents *contents; /**< what it says in clear, or decrypted */
    ipsec_ike_step step;
    ipsec_ike_exchange *about; /**< the exchange that it speaks of; NULL: none */
    ipsec_ike_record record;
    bool is_refusal; /**< it has a finding that may be withdrawn */
} ipsec_ike_saying;

/** Says a finding; each is said once of a message. */
void ipsec_ike_say(ipsec_ike_saying *it, const ipsec_ike_said *said);

/** Whether its contents are the peer's, and not anybody's. Of IKEv1 that is not verified: so it explains, and no more.
 */
static inline bool ipsec_ike_is_protected(const ipsec_ike_saying *it)
{
    return it->contents->decrypted;
}

/** Whether it is encrypted, and nobody could read it. */
static inline bool ipsec_ike_is_sealed(const ipsec_ike_saying *it)
{
    return it->message->is_encrypted && !it->contents->decrypted;
}

/** Whether it has a notify that reports an error and ends what was asked for. */
bool ipsec_ike_has_error(const ipsec_ike_saying *it);

/* --- the rules, each in the file of its name --- */

/** Errors that the message reports. */
void ipsec_ike_judge_trouble(ipsec_ike_saying *it);

/** Requests without an answer, and messages without a fragment. */
void ipsec_ike_judge_silence(ipsec_ike_saying *it);

/** Answers that have no SA in them; and what was made. */
void ipsec_ike_judge_refusal(ipsec_ike_saying *it);

/** What IKE_SA_INIT tells of NAT. */
void ipsec_ike_judge_nat(ipsec_ike_saying *it);

/** What an encrypted Informational of IKEv1 means at its place. */
void ipsec_ike_judge_phase1(ipsec_ike_saying *it);

/** Marks the refusals of the IKE SA as withdrawn, see refusal.c. */
void ipsec_ike_withdraw(ipsec_ike *ike, ipsec_ike_sa *sa);

#endif
