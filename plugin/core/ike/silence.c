/* Requests without an answer, and messages of which a fragment never comes.
 *
 * Repetitions show both: a sender repeats a request that was not answered (RFC 7296 2.1). One repetition is common,
 * because packets get lost, and an answer may be lost after the capture point.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/saying.h"

#define REPEATS_LEAST 2u

/* The number of the first missing fragment. */
static uint16_t lacking(const ipsec_ike_fragments *fragments)
{
    uint16_t number = 1;

    while (number < fragments->total && fragments->seen >> (number - 1) & 1)
        number++;
    return number;
}

/* The Windows error for a missing answer: 13813 for a first message, 13886 on an established IKE SA, else 13805. */
static uint32_t windows_of(const ipsec_ike_saying *it)
{
    const uint8_t exchange = it->message->exchange;

    if (exchange == IPSEC_IKE_SA_INIT || it->message->responder_spi == 0)
        return 13813;
    return exchange == IPSEC_IKE_INFORMATIONAL || exchange == IPSEC_IKE_CREATE_CHILD_SA ? 13886 : 13805;
}

static void say_fragment(ipsec_ike_saying *it, const ipsec_ike_fragments *fragments)
{
    ipsec_ike_say(it, &(ipsec_ike_said){.finding = IPSEC_FINDING_IKE_FRAGMENT_LOST,
                                        .advice_case = IPSEC_CASE_IKE_FRAGMENT,
                                        .detail = lacking(fragments),
                                        .missed = fragments->total,
                                        .windows = 13805});
}

/* An ICMP error on the request says more than silence. */
static void say_silence(ipsec_ike_saying *it)
{
    const uint32_t error_frame = it->step.exchange->error_frame;

    ipsec_ike_say(it, &(ipsec_ike_said){.finding = IPSEC_FINDING_IKE_NO_ANSWER,
                                        .advice_case = error_frame ? IPSEC_CASE_IKE_ICMP : IPSEC_CASE_NONE,
                                        .detail = error_frame,
                                        .missed = it->step.exchange->error,
                                        .windows = windows_of(it)});
}

static bool is_answered(const ipsec_ike_exchange *exchange)
{
    return exchange->answered.digest != 0 || exchange->informed > 0;
}

void ipsec_ike_judge_silence(ipsec_ike_saying *it)
{
    const ipsec_ike_exchange *exchange = it->step.exchange;
    const ipsec_ike_place place = it->step.place;

    if (place == IPSEC_IKE_ANSWER_AGAIN && ipsec_ike_lacks_fragment(&exchange->answered.fragments))
        say_fragment(it, &exchange->answered.fragments);
    if (place != IPSEC_IKE_REPEAT || is_answered(exchange))
        return;
    if (ipsec_ike_lacks_fragment(&exchange->asked.fragments))
        say_fragment(it, &exchange->asked.fragments);
    else if (exchange->repeats >= REPEATS_LEAST)
        say_silence(it);
}
