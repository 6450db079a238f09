/* Exchanges: which message answers which, and which is a repetition.
 *
 * In IKEv2, flags distinguish requests and answers, and each side counts its own message ids. In IKEv1 the direction
 * does: what the other side sends next in the same exchange is the answer.
 *
 * A message with the same octets is a repetition (RFC 7296 2.1). If it follows too soon, it was captured twice.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/exchange.h"
#include "base/octets.h"
#include "ike/lengths.h"
#include "ike/notify.h"
#include "ike/table.h"

#include <gcrypt.h>
#include <glib.h>
#include <string.h>

/* No implementation repeats a message sooner than this, in nanoseconds; RFC 7296 2.4 has several seconds. */
#define AGAIN_LEAST UINT64_C(100000000)

/* The payload of IKEv1 that shows which message of phase 1 it is. */
#define V1_SA 1u

/* A message on its way into the table. */
typedef struct arrival {
    const ipsec_ike_table *table;
    const ipsec_view *view;
    const ipsec_ike_message *message;
    const ipsec_ike_contents *contents; /* NULL if it was not decrypted */
    uint64_t digest;
    bool from_low;
} arrival;

/* A quarter of SHA-256. An attacker who makes two messages with the same digest gains nothing, but it should not be
 * easy either. */
static uint64_t digest_of(const uint8_t *octets, uint32_t count)
{
    uint8_t hash[32];

    gcry_md_hash_buffer(GCRY_MD_SHA256, hash, octets, count);
    return (uint64_t)ipsec_read_u32(hash) << 32 | ipsec_read_u32(hash + 4) | 1;
}

static ipsec_ike_gist gist_of(const ipsec_ike_contents *contents)
{
    if (!contents)
        return (ipsec_ike_gist){.is_known = false};
    return (ipsec_ike_gist){.is_known = true,
                            .decrypted = contents->decrypted,
                            .has_sa = ipsec_ike_has_payload(contents, IPSEC_IKE_PAYLOAD_SA),
                            .rekeys = ipsec_ike_notify_of(contents, IPSEC_IKE_REKEY_SA) != NULL};
}

/* --- fragments ---------------------------------------------------------------------------------------------------- */

enum {
    FOLLOWED_MOST = 64 /* fragments of a message that are tracked, one bit each */
};

static uint64_t bit_of(uint16_t number)
{
    return UINT64_C(1) << (number - 1) % FOLLOWED_MOST;
}

bool ipsec_ike_lacks_fragment(const ipsec_ike_fragments *fragments)
{
    const unsigned total = fragments->total;

    if (total == 0 || total > FOLLOWED_MOST)
        return false;
    return fragments->seen != (total == FOLLOWED_MOST ? UINT64_MAX : bit_of((uint16_t)(total + 1)) - 1);
}

/* Whether this is the first copy of a later fragment of a message that has begun. */
static bool is_next_fragment(const ipsec_ike_sent *sent, const ipsec_ike_message *message)
{
    return message->fragment > 0 && sent->fragments.total == message->fragments &&
           message->fragment != sent->fragments.first;
}

/* Enters a fragment that is not the first one to come. Returns whether the message is complete now. */
static bool take_fragment(ipsec_ike_sent *sent, uint16_t number)
{
    const bool lacked = ipsec_ike_lacks_fragment(&sent->fragments);

    sent->fragments.seen |= bit_of(number);
    return lacked && !ipsec_ike_lacks_fragment(&sent->fragments);
}

/* --- a message and its copies ------------------------------------------------------------------------------------- */

static void begin_sent(const arrival *it, ipsec_ike_sent *sent)
{
    *sent = (ipsec_ike_sent){.digest = it->digest, .time = it->view->time};
    if (it->message->fragment > 0)
        sent->fragments = (ipsec_ike_fragments){
            .seen = bit_of(it->message->fragment), .total = it->message->fragments, .first = it->message->fragment};
}

/* Whether the same octets came too shortly before to be a repetition: they were captured twice, perhaps at another
 * place. Sets the time of the last copy. */
static bool is_copy(const arrival *it, ipsec_ike_sent *sent)
{
    const uint64_t now = it->view->time;
    /* Copies from several interfaces may have the same time, or an earlier one. */
    const uint64_t between = MIN(now - sent->time, sent->time - now);
    const bool is_soon = between < AGAIN_LEAST || between <= it->table->duplicate_time;

    sent->time = now;
    return is_soon;
}

/* Whether this message says more than what is known: it was decrypted, and the one before was not. */
static bool is_verified_first(const arrival *it, const ipsec_ike_gist *known)
{
    return it->contents && it->contents->decrypted && !known->decrypted;
}

/* --- requests ----------------------------------------------------------------------------------------------------- */

static void name_exchange(const arrival *it, ipsec_ike_exchange *exchange)
{
    exchange->initiator_spi = it->message->initiator_spi;
    exchange->responder_spi = it->message->responder_spi;
    exchange->id = it->message->id;
    exchange->version = it->message->version;
    exchange->exchange = it->message->exchange;
}

static ipsec_ike_place begin_request(const arrival *it, ipsec_ike_exchange *exchange)
{
    exchange->request_frame = exchange->last_frame = it->view->frame;
    exchange->asked_by_low = it->from_low;
    exchange->repeats = 0;
    begin_sent(it, &exchange->asked);
    exchange->request = gist_of(it->contents);
    return ipsec_ike_lacks_fragment(&exchange->asked.fragments) ? IPSEC_IKE_FRAGMENT : IPSEC_IKE_REQUEST;
}

/* Begins the exchange again with another request, which has no answer yet. */
static ipsec_ike_place ask_anew(const arrival *it, ipsec_ike_exchange *exchange)
{
    exchange->response = (ipsec_ike_gist){.is_known = false};
    exchange->response_frame = 0;
    exchange->response_length = 0;
    exchange->answered = (ipsec_ike_sent){0};
    exchange->record = 0;
    exchange->error_frame = 0;
    exchange->informed = 0;
    exchange->is_fruitless = false;
    return begin_request(it, exchange);
}

static ipsec_ike_place continue_request(const arrival *it, ipsec_ike_exchange *exchange)
{
    if (!take_fragment(&exchange->asked, it->message->fragment))
        return IPSEC_IKE_FRAGMENT;
    if (it->contents)
        exchange->request = gist_of(it->contents);
    return IPSEC_IKE_REQUEST;
}

static ipsec_ike_place repeat_request(const arrival *it, ipsec_ike_exchange *exchange)
{
    if (is_copy(it, &exchange->asked))
        return IPSEC_IKE_COPY;
    exchange->repeats++;
    exchange->last_frame = it->view->frame;
    return IPSEC_IKE_REPEAT;
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

static ipsec_ike_place complete(const arrival *it, ipsec_ike_exchange *exchange)
{
    exchange->response_frame = it->view->frame;
    exchange->response_length = it->message->is_fragment ? 0 : it->message->length;
    if (exchange->responder_spi == 0)
        exchange->responder_spi = it->message->responder_spi;
    exchange->response = gist_of(it->contents);
    return IPSEC_IKE_ANSWER;
}

static ipsec_ike_place begin_answer(const arrival *it, ipsec_ike_exchange *exchange)
{
    begin_sent(it, &exchange->answered);
    return ipsec_ike_lacks_fragment(&exchange->answered.fragments) ? IPSEC_IKE_FRAGMENT : complete(it, exchange);
}

/* Whether an encrypted answer has room for an SA although the one before had not. */
static bool is_long_behind_short(const arrival *it, const ipsec_ike_sa *sa, const ipsec_ike_exchange *exchange)
{
    const uint32_t before = exchange->response_length, now = it->message->length;

    return !it->contents && !exchange->response.is_known && !it->message->is_fragment && before > 0 &&
           (exchange->exchange == IPSEC_IKE_AUTH || exchange->exchange == IPSEC_IKE_CREATE_CHILD_SA) &&
           ipsec_ike_room_of(sa, exchange->exchange, before) != IPSEC_IKE_LONG_ENOUGH &&
           ipsec_ike_room_of(sa, exchange->exchange, now) == IPSEC_IKE_LONG_ENOUGH;
}

/* Whether an answer seems to continue although the one before refused: anybody can forge a refusal. */
static bool goes_on(const arrival *it, const ipsec_ike_sa *sa, const ipsec_ike_exchange *exchange)
{
    if (is_long_behind_short(it, sa, exchange))
        return true;
    return exchange->exchange == IPSEC_IKE_SA_INIT && it->contents && exchange->response.is_known &&
           ipsec_ike_has_payload(it->contents, IPSEC_IKE_PAYLOAD_SA) && !exchange->response.has_sa;
}

static ipsec_ike_place meet_answer(const arrival *it, const ipsec_ike_sa *sa, ipsec_ike_exchange *exchange)
{
    ipsec_ike_sent *answered = &exchange->answered;

    if (answered->digest == 0)
        return begin_answer(it, exchange);
    if (answered->digest == it->digest)
        return is_copy(it, answered) ? IPSEC_IKE_COPY : IPSEC_IKE_ANSWER_AGAIN;
    if (is_next_fragment(answered, it->message))
        return take_fragment(answered, it->message->fragment) ? complete(it, exchange) : IPSEC_IKE_FRAGMENT;
    if (goes_on(it, sa, exchange) || is_verified_first(it, &exchange->response))
        return begin_answer(it, exchange);
    return IPSEC_IKE_OTHER;
}

/* The first message that shows it is believed. */
static void know_initiator(const ipsec_ike_sa *sa, bool is_low)
{
    if (!sa->progress->knows_initiator)
        sa->progress->initiator_is_low = is_low;
    sa->progress->knows_initiator = true;
}

/* --- IKEv2 -------------------------------------------------------------------------------------------------------- */

static ipsec_ike_exchange *find(const ipsec_ike_sa *sa, const ipsec_ike_message *message, bool by_initiator)
{
    for (unsigned i = 0; i < IPSEC_IKE_EXCHANGES_MOST; i++) {
        ipsec_ike_exchange *exchange = sa->exchanges[i];

        if (exchange && exchange->id == message->id && exchange->exchange == message->exchange &&
            exchange->by_initiator == by_initiator)
            return exchange;
    }
    return NULL;
}

/* Requests that set up or resume a session may be sent again with other contents: with a cookie, or another group. */
static bool may_be_asked_anew(const ipsec_ike_exchange *exchange)
{
    return exchange->exchange == IPSEC_IKE_SA_INIT || exchange->exchange == IPSEC_IKE_SESSION_RESUME;
}

static ipsec_ike_place meet_request(const arrival *it, ipsec_ike_exchange *exchange)
{
    if (exchange->asked.digest == 0)
        return begin_request(it, exchange);
    if (exchange->asked.digest == it->digest)
        return repeat_request(it, exchange);
    if (is_next_fragment(&exchange->asked, it->message))
        return continue_request(it, exchange);
    if (may_be_asked_anew(exchange) || is_verified_first(it, &exchange->request))
        return ask_anew(it, exchange);
    return IPSEC_IKE_OTHER;
}

static ipsec_ike_step meet_v2(const arrival *it, ipsec_ike_sa *sa)
{
    const bool by_initiator = it->message->from_initiator != it->message->is_response;
    ipsec_ike_exchange *exchange = find(sa, it->message, by_initiator);

    know_initiator(sa, it->from_low == it->message->from_initiator);
    if (!exchange) {
        exchange = ipsec_ike_sa_begin(sa);
        name_exchange(it, exchange);
        exchange->by_initiator = by_initiator;
    }
    return (ipsec_ike_step){sa, exchange,
                            it->message->is_response ? meet_answer(it, sa, exchange) : meet_request(it, exchange)};
}

/* --- IKEv1 -------------------------------------------------------------------------------------------------------- */

/* Which pair of messages of phase 1 it belongs to; 0: not phase 1. */
static uint8_t pair_of(const arrival *it)
{
    const bool is_main = it->message->exchange == IPSEC_IKE_MAIN_MODE;

    if (!is_main && it->message->exchange != IPSEC_IKE_AGGRESSIVE_MODE)
        return 0;
    if (it->message->is_encrypted)
        return is_main ? 3 : 2;
    if (!it->contents || ipsec_ike_has_payload(it->contents, V1_SA))
        return 1;
    return 2;
}

static ipsec_ike_place meet_next_pair(const arrival *it, ipsec_ike_exchange *exchange, uint8_t pair)
{
    exchange->pair = pair;
    return ask_anew(it, exchange);
}

static ipsec_ike_place meet_v1_asker(const arrival *it, ipsec_ike_exchange *exchange, uint8_t pair)
{
    if (exchange->asked.digest == it->digest)
        return repeat_request(it, exchange);
    if (pair != 0 && pair < exchange->pair)
        return IPSEC_IKE_OTHER;
    if (pair == 0)
        pair = (uint8_t)MIN(exchange->pair + 1, UINT8_MAX);
    return meet_next_pair(it, exchange, pair);
}

/* If the other side sends a message of a later pair, it answers one that was not captured. */
static ipsec_ike_place meet_v1_other_side(const arrival *it, const ipsec_ike_sa *sa, ipsec_ike_exchange *exchange,
                                          uint8_t pair)
{
    if (pair > exchange->pair) {
        meet_next_pair(it, exchange, pair);
        exchange->request_frame = 0;
        exchange->asked.digest = 0;
        exchange->asked_by_low = !it->from_low;
    }
    return pair != 0 && pair < exchange->pair ? IPSEC_IKE_OTHER : meet_answer(it, sa, exchange);
}

static ipsec_ike_exchange *find_v1(const ipsec_ike_sa *sa, const ipsec_ike_message *message)
{
    ipsec_ike_exchange *found = find(sa, message, true);

    return found ? found : find(sa, message, false);
}

static ipsec_ike_step meet_v1(const arrival *it, ipsec_ike_sa *sa)
{
    ipsec_ike_exchange *exchange = find_v1(sa, it->message);
    const uint8_t pair = pair_of(it);

    if (it->message->exchange == IPSEC_IKE_V1_INFORMATIONAL)
        return (ipsec_ike_step){sa, NULL, IPSEC_IKE_ALONE};
    if (it->message->responder_spi == 0)
        know_initiator(sa, it->from_low);
    if (!exchange) {
        exchange = ipsec_ike_sa_begin(sa);
        name_exchange(it, exchange);
        exchange->by_initiator = !sa->progress->knows_initiator || it->from_low == sa->progress->initiator_is_low;
        exchange->pair = MAX(pair, 1);
        return (ipsec_ike_step){sa, exchange, begin_request(it, exchange)};
    }
    return (ipsec_ike_step){sa, exchange,
                            it->from_low == exchange->asked_by_low ? meet_v1_asker(it, exchange, pair)
                                                                   : meet_v1_other_side(it, sa, exchange, pair)};
}

/* --- both --------------------------------------------------------------------------------------------------------- */

/* Whether it may be the first captured message of an IKE SA. An unprotected message that answers no request does not
 * show that there is one. */
static bool may_begin(const ipsec_ike_message *message)
{
    if (message->is_encrypted)
        return true;
    if (message->version == 1)
        return message->exchange != IPSEC_IKE_V1_INFORMATIONAL;
    return message->exchange == IPSEC_IKE_SA_INIT || message->exchange == IPSEC_IKE_SESSION_RESUME;
}

/* Whether an IKEv2 message is outside the exchanges of its IKE SA, because it is unprotected although only the first
 * exchange may be. */
static bool is_outside(const ipsec_ike_message *message)
{
    if (message->is_fragment && message->fragment == 0)
        return true; /* it is not known which message it belongs to, or how large that is */
    return message->version == 2 && !message->is_encrypted && message->exchange != IPSEC_IKE_SA_INIT &&
           message->exchange != IPSEC_IKE_SESSION_RESUME;
}

ipsec_ike_step ipsec_ike_meet(ipsec_ike_table *table, const ipsec_view *view, const ipsec_ike_message *message,
                              const uint8_t *octets, uint32_t captured, const ipsec_ike_contents *contents)
{
    ipsec_ike_sa *sa = ipsec_ike_table_sa(table, view, message, may_begin(message));
    arrival it = {.table = table, .view = view, .message = message, .contents = contents};

    if (!sa || is_outside(message))
        return (ipsec_ike_step){sa, NULL, IPSEC_IKE_ALONE};
    it.digest = digest_of(octets, MIN(captured, message->length));
    it.from_low = ipsec_ike_is_from_low(view);
    return message->version == 1 ? meet_v1(&it, sa) : meet_v2(&it, sa);
}
