/* IKEv1: an encrypted Informational when another message was due.
 *
 * Without keys its content is unknown. But a peer that sends one instead of the next message of an exchange says that
 * it will not continue. On the other hand, a Delete, or a liveness check, may come at any time. So in Main Mode it must
 * happen again, after the message that it followed was repeated; and in Quick Mode the answer, if it comes after all,
 * withdraws the finding.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/saying.h"

enum {
    MAIN_LAST_PAIR = 3 /* messages 5 and 6, which are encrypted */
};

/* The exchange of that mode and pair in which another message than this one was due; begun by the sender of this
 * message if `own`, else by its peer. */
static ipsec_ike_exchange *waiting(const ipsec_ike_saying *it, uint8_t mode, uint8_t pair, bool own, bool answered)
{
    const bool from_low = ipsec_ike_is_from_low(it->view);
    const ipsec_ike_sa *sa = it->step.sa;

    for (unsigned i = 0; i < IPSEC_IKE_EXCHANGES_MOST; i++) {
        ipsec_ike_exchange *exchange = sa->exchanges[i];

        if (exchange && exchange->exchange == mode && exchange->pair == pair && exchange->request_frame > 0 &&
            (exchange->asked_by_low == from_low) == own && (exchange->response_frame > 0) == answered)
            return exchange;
    }
    return NULL;
}

static void say(ipsec_ike_saying *it, ipsec_ike_exchange *exchange, ipsec_finding_id finding, uint8_t advice_case,
                uint32_t windows)
{
    it->about = exchange;
    ipsec_ike_say(it,
                  &(ipsec_ike_said){
                      .finding = (uint8_t)finding, .advice_case = advice_case, .windows = windows, .inferred = true});
}

/* Whether an Informational came again after the request was repeated; only the second one is reported. */
static bool is_again(ipsec_ike_exchange *exchange)
{
    const bool again = exchange->informed == 1 && exchange->repeats > 0;

    if (exchange->informed == 0)
        exchange->informed = 1;
    else if (again)
        exchange->informed = 2;
    return again;
}

static bool judge_main(ipsec_ike_saying *it)
{
    ipsec_ike_exchange *exchange = waiting(it, IPSEC_IKE_MAIN_MODE, MAIN_LAST_PAIR, false, false);

    if (exchange && is_again(exchange))
        say(it, exchange, IPSEC_FINDING_IKE_AUTH_FAILED, IPSEC_CASE_IKE_INFORMED, 13801);
    return exchange != NULL;
}

/* The initiator has received message 2, and does not send message 3. */
static bool judge_aggressive(ipsec_ike_saying *it)
{
    ipsec_ike_exchange *exchange = waiting(it, IPSEC_IKE_AGGRESSIVE_MODE, 1, true, true);

    if (!exchange || exchange->informed > 0)
        return false;
    exchange->informed = 1;
    say(it, exchange, IPSEC_FINDING_IKE_AUTH_FAILED, IPSEC_CASE_IKE_INFORMED, 13801);
    return true;
}

static void judge_quick(ipsec_ike_saying *it)
{
    ipsec_ike_exchange *exchange = waiting(it, IPSEC_IKE_QUICK_MODE, 1, false, false);

    if (!exchange || exchange->informed > 0)
        return;
    exchange->informed = 1;
    say(it, exchange, IPSEC_FINDING_IKE_CHILD_REFUSED, IPSEC_CASE_IKE_QUICK, 0);
}

void ipsec_ike_judge_phase1(ipsec_ike_saying *it)
{
    if (it->message->version != 1 || it->message->exchange != IPSEC_IKE_V1_INFORMATIONAL || !it->step.sa ||
        !ipsec_ike_is_sealed(it))
        return;
    if (!judge_main(it) && !judge_aggressive(it))
        judge_quick(it);
}
