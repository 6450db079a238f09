/* Errors that a message reports.
 *
 * A protected message comes from the peer. Anybody may have sent an unprotected one (RFC 7296 2.21.4): if it answers an
 * open request, it is taken for the peer's, otherwise for a stray.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/octets.h"
#include "ike/saying.h"

/* After this many answers of one kind that ask for another attempt, without progress, it counts as a failure. */
#define FRUITLESS_MOST 3u

/* Findings that are not final: the same exchange may continue, or another one. */
static bool is_hint(ipsec_finding_id finding)
{
    return finding == IPSEC_FINDING_IKE_INVALID_SPI || finding == IPSEC_FINDING_IKE_INVALID_IKE_SPI;
}

static bool is_attempt(ipsec_finding_id finding)
{
    return finding == IPSEC_FINDING_IKE_INVALID_KE || finding == IPSEC_FINDING_IKE_COOKIE;
}

/* --- whether there was a request ---------------------------------------------------------------------------------- */

/* IKEv1: the unanswered exchange that the receiver of this message began; an Informational in the clear counts as its
 * answer. */
static ipsec_ike_exchange *open_v1(const ipsec_ike_saying *it)
{
    const ipsec_ike_sa *sa = it->step.sa;
    const bool from_low = ipsec_ike_is_from_low(it->view);

    for (unsigned i = 0; i < IPSEC_IKE_EXCHANGES_MOST; i++) {
        ipsec_ike_exchange *exchange = sa->exchanges[i];

        if (exchange && exchange->request_frame && exchange->asked_by_low != from_low && exchange->response_frame == 0)
            return exchange;
    }
    return NULL;
}

static bool is_expected_v1(ipsec_ike_saying *it)
{
    if (it->message->exchange != IPSEC_IKE_V1_INFORMATIONAL || !it->step.sa)
        return false;
    it->about = open_v1(it);
    return it->about != NULL;
}

/* Whether what it reports can come from the peer. */
static bool is_expected(ipsec_ike_saying *it)
{
    if (ipsec_ike_is_protected(it))
        return true;
    if (it->message->version == 1)
        return is_expected_v1(it);
    return it->step.place == IPSEC_IKE_ANSWER || it->step.place == IPSEC_IKE_ANSWER_AGAIN;
}

/* --- answers that ask for another attempt ------------------------------------------------------------------------- */

/* Counts these answers, once per attempt. Returns how many there were. */
static unsigned count_attempt(ipsec_ike_saying *it, ipsec_finding_id finding)
{
    ipsec_ike_sa *sa = it->step.sa;
    uint8_t *fruitless = &sa->fruitless[finding == IPSEC_FINDING_IKE_COOKIE];

    if (!it->step.exchange->is_fruitless && *fruitless < UINT8_MAX)
        ++*fruitless;
    it->step.exchange->is_fruitless = true;
    return *fruitless;
}

static void say_attempt(ipsec_ike_saying *it, ipsec_ike_said *said)
{
    if (!it->step.exchange || !it->message->is_response)
        return;
    if (count_attempt(it, (ipsec_finding_id)said->finding) >= FRUITLESS_MOST) {
        said->finding = IPSEC_FINDING_IKE_NO_PROPOSAL;
        said->advice_case = IPSEC_CASE_IKE_FRUITLESS;
        said->inferred = true;
    } else if (said->finding == IPSEC_FINDING_IKE_INVALID_KE) {
        said->windows = 0; /* it is an error only if the exchange ends with it */
    }
    ipsec_ike_say(it, said);
}

/* --- errors ------------------------------------------------------------------------------------------------------- */

static bool is_established(const ipsec_ike_saying *it)
{
    return it->step.sa && it->step.sa->progress->stage == IPSEC_IKE_ESTABLISHED;
}

/* IKEv1 has the same notify for the identity of a peer and for the selectors of Quick Mode. */
static ipsec_finding_id finding_of(const ipsec_ike_saying *it, const ipsec_ike_notify *notify,
                                   const ipsec_ike_meaning *meaning)
{
    const bool is_identity =
        it->message->version == 1 && notify->type == IPSEC_IKE_V1_INVALID_ID && !is_established(it);

    return is_identity ? IPSEC_FINDING_IKE_AUTH_FAILED : meaning->finding;
}

/* Whether the exchange creates an ESP or AH SA. */
static bool concerns_child(const ipsec_ike_saying *it)
{
    const uint8_t exchange = it->message->exchange;

    if (exchange == IPSEC_IKE_V1_INFORMATIONAL)
        return is_established(it);
    return exchange == IPSEC_IKE_AUTH || exchange == IPSEC_IKE_CREATE_CHILD_SA || exchange == IPSEC_IKE_QUICK_MODE;
}

/* The SPI that INVALID_SPI is about (RFC 7296 3.10.1); 0: it names none. */
static uint32_t spi_of(const ipsec_ike_notify *notify)
{
    if (notify->spi)
        return notify->spi;
    return notify->length == 4 ? ipsec_read_u32(notify->data) : 0;
}

static void say_notify(ipsec_ike_saying *it, const ipsec_ike_notify *notify, const ipsec_ike_meaning *meaning,
                       bool expected)
{
    ipsec_ike_said said = {.finding = (uint8_t)finding_of(it, notify, meaning),
                           .has_notify = true,
                           .notify = notify->type,
                           .windows = meaning->windows,
                           .windows_given = meaning->windows && !meaning->inferred};

    if (is_attempt(meaning->finding)) {
        say_attempt(it, &said);
        return;
    }
    if (!expected && !is_hint(meaning->finding)) {
        said.finding = IPSEC_FINDING_IKE_STRAY_NOTIFY;
        said.windows = 0;
    }
    if (said.finding == IPSEC_FINDING_IKE_NO_PROPOSAL)
        said.advice_case = concerns_child(it) ? IPSEC_CASE_IKE_PROPOSAL_CHILD : IPSEC_CASE_IKE_PROPOSAL;
    else if (said.finding == IPSEC_FINDING_IKE_INVALID_SPI) {
        said.detail = spi_of(notify);
        said.advice_case = said.detail ? IPSEC_CASE_IKE_SPI : IPSEC_CASE_NONE;
    }
    if (said.finding == IPSEC_FINDING_IKE_PEER_ERROR || said.finding == IPSEC_FINDING_IKE_STRAY_NOTIFY) {
        said.advice_case =
            said.finding == IPSEC_FINDING_IKE_PEER_ERROR ? IPSEC_CASE_IKE_PEER_ERROR : IPSEC_CASE_IKE_STRAY;
        said.detail = (uint32_t)it->message->version << 16 | notify->type;
    } else if (said.finding == IPSEC_FINDING_IKE_MS_STATUS) {
        said.advice_case = IPSEC_CASE_IKE_MS_STATUS;
        said.detail = meaning->windows;
    }
    ipsec_ike_say(it, &said);
}

bool ipsec_ike_has_error(const ipsec_ike_saying *it)
{
    ipsec_ike_meaning meaning;

    for (unsigned i = 0; i < it->contents->notify_count; i++)
        if (ipsec_ike_meaning_of(it->message->version, &it->contents->notifies[i], &meaning))
            return true;
    return false;
}

void ipsec_ike_judge_trouble(ipsec_ike_saying *it)
{
    ipsec_ike_meaning meaning;
    bool expected;

    if (!ipsec_ike_has_error(it))
        return;
    expected = is_expected(it);
    for (unsigned i = 0; i < it->contents->notify_count; i++)
        if (ipsec_ike_meaning_of(it->message->version, &it->contents->notifies[i], &meaning))
            say_notify(it, &it->contents->notifies[i], &meaning, expected);
}
