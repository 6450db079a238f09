/* Answers without what was requested, and the SAs that were created.
 *
 * The length of an encrypted message is known: an answer without room for an SA and its selectors refuses them. That
 * may turn out to be wrong, because some exchanges request none (EAP, RFC 6023). Then the exchange continues although
 * it should end, or an SA carries traffic that nobody seems to have created, and the finding is withdrawn.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/lengths.h"
#include "ike/saying.h"

#include <glib.h>

enum {
    AUTH_FIRST = 1 /* the message id of the first IKE_AUTH, unless other exchanges come before it */
};

static bool is_child_exchange(const ipsec_ike_saying *it)
{
    return it->message->exchange == IPSEC_IKE_AUTH || it->message->exchange == IPSEC_IKE_CREATE_CHILD_SA;
}

static bool has_sa(const ipsec_ike_contents *contents)
{
    return ipsec_ike_has_payload(contents, IPSEC_IKE_PAYLOAD_SA);
}

/* --- what was created --------------------------------------------------------------------------------------------- */

/* Whether the SA in an answer is one of ESP or AH; false if that is not known. */
static bool makes_child(const ipsec_ike_contents *contents)
{
    return contents->proposal_count > 0 && contents->proposals[0].protocol != IPSEC_IKE_PROTOCOL_IKE;
}

/* Whether the SA replaces another one. */
static bool is_rekey(const ipsec_ike_exchange *exchange)
{
    return exchange->request.rekeys;
}

static void count_child(ipsec_ike_saying *it)
{
    ipsec_ike_sa *sa = it->step.sa;

    if (it->message->version == 2 && ipsec_ike_is_protected(it)) {
        sa->progress->counts = true;
        sa->progress->children += makes_child(it->contents) && !is_rekey(it->step.exchange);
    }
    if (it->message->exchange == IPSEC_IKE_AUTH && sa->has_child)
        return; /* of several IKE_AUTH exchanges, only the last one creates it */
    sa->has_child = true;
    sa->pair->successes++;
}

/* What went wrong before does not matter any more. */
static void make_progress(ipsec_ike_sa *sa)
{
    sa->fruitless[0] = sa->fruitless[1] = 0;
    sa->progress->trouble = 0;
}

/* Authentication has succeeded. A guess does not replace certainty. */
static void establish(ipsec_ike_sa *sa, bool is_guess)
{
    sa->progress->is_guessed = is_guess && (sa->progress->stage != IPSEC_IKE_ESTABLISHED || sa->progress->is_guessed);
    sa->progress->stage = IPSEC_IKE_ESTABLISHED;
}

static void come_to(ipsec_ike_sa *sa, ipsec_ike_stage stage)
{
    sa->progress->stage = MAX(sa->progress->stage, stage);
}

/* A long enough answer in IKE_AUTH may belong to EAP, with authentication still to come. */
static void succeed(ipsec_ike_saying *it)
{
    establish(it->step.sa, it->message->exchange == IPSEC_IKE_AUTH && !ipsec_ike_is_protected(it));
    make_progress(it->step.sa);
    ipsec_ike_withdraw(it->ike, it->step.sa);
    count_child(it);
}

/* Takes the success back: authentication continues. */
static void take_back(ipsec_ike_sa *sa)
{
    if (sa->progress->stage != IPSEC_IKE_ESTABLISHED || !sa->progress->is_guessed)
        return;
    sa->progress->stage = IPSEC_IKE_AUTHENTICATING;
    sa->progress->is_guessed = false;
    if (sa->has_child && sa->pair->successes > 0)
        sa->pair->successes--;
    sa->has_child = false;
}

/* --- IKEv2 -------------------------------------------------------------------------------------------------------- */

static void know_algorithms(ipsec_ike_saying *it)
{
    const ipsec_ike_proposal *chosen = &it->contents->proposals[0];
    ipsec_ike_sa *sa = it->step.sa;

    if (it->contents->proposal_count == 0)
        return;
    sa->progress->responder_spi = it->message->responder_spi;
    sa->encryption = chosen->encryption;
    sa->integrity = chosen->integrity;
    make_progress(sa);
    come_to(sa, IPSEC_IKE_AGREED);
}

/* Whether no IKE_AUTH came before: a later one may belong to EAP and be of any length. */
static bool is_first_auth(const ipsec_ike_saying *it)
{
    const ipsec_ike_sa *sa = it->step.sa;
    bool follows_others = it->message->id == AUTH_FIRST;

    for (unsigned i = 0; i < IPSEC_IKE_EXCHANGES_MOST; i++) {
        const ipsec_ike_exchange *exchange = sa->exchanges[i];

        if (!exchange || exchange == it->step.exchange)
            continue;
        if (exchange->exchange == IPSEC_IKE_AUTH && exchange->by_initiator)
            return false;
        follows_others = follows_others || exchange->exchange == IPSEC_IKE_INTERMEDIATE;
    }
    return follows_others;
}

static void refuse(ipsec_ike_saying *it, ipsec_finding_id finding, uint8_t advice_case, bool inferred)
{
    ipsec_ike_say(it, &(ipsec_ike_said){.finding = (uint8_t)finding,
                                        .advice_case = advice_case,
                                        .windows = finding == IPSEC_FINDING_IKE_AUTH_FAILED ? 13801 : 0,
                                        .inferred = inferred});
}

/* Judges an encrypted answer that was not decrypted. */
static void judge_sealed(ipsec_ike_saying *it)
{
    const uint32_t length = it->step.exchange->response_length;
    const bool is_auth = it->message->exchange == IPSEC_IKE_AUTH;
    /* An answer in fragments is long enough. */
    const ipsec_ike_room room =
        length == 0 ? IPSEC_IKE_LONG_ENOUGH : ipsec_ike_room_of(it->step.sa, it->message->exchange, length);

    if (room == IPSEC_IKE_LONG_ENOUGH)
        succeed(it);
    else if (!is_auth)
        refuse(it, IPSEC_FINDING_IKE_CHILD_REFUSED, IPSEC_CASE_IKE_LENGTH, true);
    else if (is_first_auth(it) && room == IPSEC_IKE_NO_IDENTITY)
        refuse(it, IPSEC_FINDING_IKE_AUTH_FAILED, IPSEC_CASE_IKE_AUTH_LENGTH, true);
    else if (is_first_auth(it)) {
        establish(it->step.sa, true);
        refuse(it, IPSEC_FINDING_IKE_CHILD_REFUSED, IPSEC_CASE_IKE_LENGTH, true);
    }
}

/* Whether the request is known to have asked for an SA. */
static bool asked_for_sa(const ipsec_ike_exchange *exchange)
{
    return exchange->request.decrypted && exchange->request.has_sa;
}

static void judge_decrypted(ipsec_ike_saying *it)
{
    const ipsec_ike_contents *contents = it->contents;
    const bool is_login = it->message->exchange == IPSEC_IKE_AUTH &&
                          ipsec_ike_has_payload(contents, IPSEC_IKE_PAYLOAD_AUTH) &&
                          !ipsec_ike_has_payload(contents, IPSEC_IKE_PAYLOAD_EAP);

    if (is_login)
        establish(it->step.sa, false);
    if (ipsec_ike_has_error(it))
        return;
    if (has_sa(contents))
        succeed(it);
    else if (is_login && asked_for_sa(it->step.exchange))
        refuse(it, IPSEC_FINDING_IKE_CHILD_REFUSED, IPSEC_CASE_IKE_UNSAID, false);
}

/* INFORMATIONAL exchanges are possible only after IKE_AUTH; so IKE_AUTH has succeeded even if it was not captured. */
static void judge_informational(const ipsec_ike_saying *it)
{
    const ipsec_ike_progress *progress = it->step.sa->progress;

    if (progress->trouble == 0 && progress->stage < IPSEC_IKE_AUTHENTICATING)
        establish(it->step.sa, !ipsec_ike_is_protected(it));
}

/* Only an established IKE SA has CREATE_CHILD_SA exchanges, whatever the answer is. */
static void judge_answer(ipsec_ike_saying *it)
{
    if (it->message->exchange == IPSEC_IKE_CREATE_CHILD_SA && it->message->is_encrypted)
        establish(it->step.sa, false);
    if (it->message->exchange == IPSEC_IKE_SA_INIT)
        know_algorithms(it);
    else if (is_child_exchange(it) && ipsec_ike_is_protected(it))
        judge_decrypted(it);
    else if (is_child_exchange(it) && ipsec_ike_is_sealed(it))
        judge_sealed(it);
    else if (it->message->exchange == IPSEC_IKE_INFORMATIONAL && it->message->is_encrypted)
        judge_informational(it);
}

/* If IKE_AUTH continues, the previous answer did not answer the request for an SA, and ended nothing. */
static void judge_request(ipsec_ike_saying *it)
{
    if (it->message->exchange != IPSEC_IKE_AUTH)
        return;
    if (!is_first_auth(it)) {
        ipsec_ike_withdraw(it->ike, it->step.sa);
        take_back(it->step.sa);
    }
    come_to(it->step.sa, IPSEC_IKE_AUTHENTICATING);
}

/* --- IKEv1 -------------------------------------------------------------------------------------------------------- */

/* Message 6 ends phase 1, as message 3 does in Aggressive Mode; Quick Mode follows only then. */
static void judge_v1(ipsec_ike_saying *it)
{
    const uint8_t mode = it->message->exchange;
    ipsec_ike_progress *progress = it->step.sa->progress;

    progress->counts = true;
    if (progress->responder_spi == 0)
        progress->responder_spi = it->message->responder_spi;
    if (mode == IPSEC_IKE_QUICK_MODE ||
        (mode == IPSEC_IKE_MAIN_MODE && it->message->is_encrypted && it->step.place == IPSEC_IKE_ANSWER) ||
        (mode == IPSEC_IKE_AGGRESSIVE_MODE && it->step.exchange->pair > 1))
        establish(it->step.sa, false);
    if (mode != IPSEC_IKE_QUICK_MODE || it->step.place != IPSEC_IKE_ANSWER || it->step.exchange->pair > 1)
        return;
    succeed(it);
    progress->children++;
}

void ipsec_ike_judge_refusal(ipsec_ike_saying *it)
{
    if (!it->step.exchange)
        return;
    if (it->message->version == 1)
        judge_v1(it);
    else if (it->step.place == IPSEC_IKE_ANSWER)
        judge_answer(it);
    else if (it->step.place == IPSEC_IKE_REQUEST)
        judge_request(it);
}
