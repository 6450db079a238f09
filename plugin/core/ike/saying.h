/** @file
 * What the rules on IKE messages share: a message that is being judged, and its findings. Internal to the core.
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
    const ipsec_ike_contents *contents; /**< what it says, in the clear or decrypted */
    ipsec_ike_step step;
    ipsec_ike_exchange *about; /**< the exchange that it is about; NULL: none */
    ipsec_ike_record record;
    bool is_refusal; /**< it has a finding that may be withdrawn */
} ipsec_ike_saying;

/** Reports a finding, once per message. */
void ipsec_ike_say(ipsec_ike_saying *it, const ipsec_ike_said *said);

/** Whether its contents are from the peer rather than from anybody. IKEv1 messages are not verified, so they serve as
 * explanations only.
 */
static inline bool ipsec_ike_is_protected(const ipsec_ike_saying *it)
{
    return it->contents->decrypted;
}

/** Whether it is encrypted and was not decrypted. */
static inline bool ipsec_ike_is_sealed(const ipsec_ike_saying *it)
{
    return it->message->is_encrypted && !it->contents->decrypted;
}

/** Whether it has a notify that reports trouble. */
bool ipsec_ike_has_error(const ipsec_ike_saying *it);

/* --- the rules, each in the file with its name --- */

/** Errors that the message reports. */
void ipsec_ike_judge_trouble(ipsec_ike_saying *it);

/** Requests without an answer, and messages without a fragment. */
void ipsec_ike_judge_silence(ipsec_ike_saying *it);

/** Answers that have no SA in them, and SAs that were created. */
void ipsec_ike_judge_refusal(ipsec_ike_saying *it);

/** What IKE_SA_INIT says about NAT. */
void ipsec_ike_judge_nat(ipsec_ike_saying *it);

/** What an encrypted Informational of IKEv1 means at the point where it comes. */
void ipsec_ike_judge_phase1(ipsec_ike_saying *it);

/** Marks the refusals of the IKE SA as withdrawn, see refusal.c. */
void ipsec_ike_withdraw(ipsec_ike *ike, ipsec_ike_sa *sa);

#endif
