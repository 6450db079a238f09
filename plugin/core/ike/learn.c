/* What IKE messages say of SAs: which message creates or deletes which SA. SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/learn.h"
#include "ike/agreement.h"
#include "ike/children.h"
#include "ike/notify.h"
#include "sa/hints.h"
#include "sa/negotiated.h"

#include <glib.h>
#include <string.h>

/* Notifies (IANA "IKEv2 Notify Message Types"); errors are below ERRORS_END. */
enum {
    ERRORS_END = 16384,
    INITIAL_CONTACT = 16384,
    UPDATE_SA_ADDRESSES = 16400
};

/* A message that is being processed. */
typedef struct lesson {
    ipsec_ike_families *families;
    ipsec_sa_table *sas;
    const ipsec_ike_message *message;
    const ipsec_ike_contents *contents;
    const ipsec_view *view;
    ipsec_ike_member *sa;
    ipsec_ike_family *family;
    ipsec_ike_end from; /* the sender of the request */
} lesson;

static bool has_error(const ipsec_ike_contents *contents)
{
    for (unsigned i = 0; i < contents->notify_count; i++)
        if (contents->notifies[i].type < ERRORS_END)
            return true;
    return false;
}

/* The proposal of an IKE SA that will replace this one; NULL if there is none. */
static const ipsec_ike_proposal *ike_proposal(const ipsec_ike_contents *contents)
{
    const bool has = contents->proposal_count > 0 && contents->proposals[0].protocol == IPSEC_IKE_PROTOCOL_IKE &&
                     contents->proposals[0].spi_length == 8;

    return has ? &contents->proposals[0] : NULL;
}

static void make_child(const lesson *it, const ipsec_ike_contents *request, uint32_t named)
{
    const ipsec_ike_making making = {.request = request, .answer = it->contents, .named = named, .from = it->from};

    ipsec_ike_child_make(it->sas, it->family, &making, it->view);
}

/* --- IKE_AUTH ----------------------------------------------------------------------------------------------------- */

static bool is_same_place(const ipsec_ike_where *a, const ipsec_ike_where *b)
{
    return a->length == b->length && memcmp(a->address, b->address, a->length) == 0;
}

/* Whether an old family is that of the same two peers, whose end `own` has restarted. Several hosts may share an
 * address behind NAT. */
static bool has_same_peers(const ipsec_ike_family *old, ipsec_ike_end own, const lesson *it)
{
    const ipsec_ike_family *new = it->family;
    const ipsec_ike_end peer = ipsec_ike_other(it->from);

    if (old->identity[own] != new->identity[it->from] || old->identity[ipsec_ike_other(own)] != new->identity[peer])
        return false;
    return !new->identity_is_address[it->from] || is_same_place(&old->at[own], &new->at[it->from]);
}

/* A peer that has restarted has no other IKE SA (RFC 7296 2.4). With EAP, where the first message has no AUTH, the
 * peer's identity differs from the one in IKE. */
static void begin_anew(const lesson *it)
{
    const ipsec_ike_contents *first = it->sa->first;

    if (!first || !ipsec_ike_notify_of(first, INITIAL_CONTACT) ||
        !ipsec_ike_has_payload(first, IPSEC_IKE_PAYLOAD_AUTH) || it->family->identity[IPSEC_IKE_A] == 0 ||
        it->family->identity[IPSEC_IKE_B] == 0)
        return;
    for (unsigned i = 0; i < it->families->all->len; i++) {
        ipsec_ike_family *old = g_ptr_array_index(it->families->all, i);

        if (old != it->family && (has_same_peers(old, IPSEC_IKE_A, it) || has_same_peers(old, IPSEC_IKE_B, it)))
            ipsec_ike_children_restart(it->sas, old, it->view);
    }
}

static void answer_auth(const lesson *it)
{
    const bool is_refused = has_error(it->contents);

    if (!is_refused && !ipsec_ike_child_proposal(it->contents))
        return; /* IKE_AUTH continues */
    if (is_refused) {
        ipsec_ike_child_refuse(it->sas, it->sa->first_named);
    } else {
        begin_anew(it);
        make_child(it, it->sa->first, it->sa->first_named);
    }
    g_free(it->sa->first);
    it->sa->first = NULL;
    it->sa->first_named = IPSEC_NEGOTIATED_NONE;
}

static void ask_auth(const lesson *it, const ipsec_ike_waiting *asked)
{
    if (it->sa->begins_with[it->from] == UINT32_MAX) {
        it->sa->begins_with[it->from] = it->message->id;
        it->sa->begins_with[ipsec_ike_other(it->from)] = 0;
    }
    if (it->sa->first || !ipsec_ike_child_proposal(it->contents))
        return;
    it->sa->first = g_memdup2(it->contents, sizeof *it->contents);
    it->sa->first_named = asked->named;
}

static void know_identity(const lesson *it, ipsec_ike_end sender)
{
    if (!it->contents->identity)
        return;
    it->family->identity[sender] = it->contents->identity;
    it->family->identity_is_address[sender] = it->contents->identity_is_address;
}

/* --- CREATE_CHILD_SA ---------------------------------------------------------------------------------------------- */

static void answer_child(const lesson *it, const ipsec_ike_waiting *asked)
{
    const ipsec_ike_proposal *mine = asked->contents ? ike_proposal(asked->contents) : NULL;
    const ipsec_ike_proposal *theirs = ike_proposal(it->contents);

    if (has_error(it->contents))
        ipsec_ike_child_refuse(it->sas, asked->named);
    else if (mine && theirs)
        ipsec_ike_member_replace(it->families, it->sa, mine->ike_spi, theirs->ike_spi, it->from);
    else if (ipsec_ike_child_proposal(it->contents))
        make_child(it, asked->contents, asked->named);
}

static void ask_child(const lesson *it, ipsec_ike_waiting *asked)
{
    asked->rekeys_ike = ike_proposal(it->contents) != NULL;
    it->family->rekeys += asked->rekeys_ike;
}

/* --- INFORMATIONAL ------------------------------------------------------------------------------------------------ */

/* Deletes what a message from `sender` names. Deleting an IKE SA deletes the children, unless another IKE SA has them.
 */
static void delete_named(const lesson *it, const ipsec_ike_contents *contents, ipsec_ike_end sender, bool is_final)
{
    if (contents->deletes_ike && ipsec_ike_member_is_last(it->sa))
        ipsec_ike_children_delete_all(it->sas, it->family, it->view, is_final);
    if (contents->deletes_ike && is_final)
        ipsec_ike_member_end(it->sa);
    ipsec_ike_children_delete(it->sas, it->family, contents, sender, it->view, is_final);
}

/* The answer to UPDATE_SA_ADDRESSES (RFC 4555 3.5) is sent between the addresses that are valid from now on. */
static void move(const lesson *it)
{
    const ipsec_ike_where asker = ipsec_ike_destination_of(it->view), answerer = ipsec_ike_source_of(it->view);

    ipsec_ike_children_move(it->sas, it->family, it->from, &asker, it->view);
    ipsec_ike_children_move(it->sas, it->family, ipsec_ike_other(it->from), &answerer, it->view);
}

static void answer_informational(const lesson *it, const ipsec_ike_waiting *asked)
{
    if (!asked->contents || has_error(it->contents))
        return;
    delete_named(it, asked->contents, it->from, true);
    delete_named(it, it->contents, ipsec_ike_other(it->from), true);
    if (ipsec_ike_notify_of(asked->contents, UPDATE_SA_ADDRESSES))
        move(it);
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

static void meet_request(const lesson *it)
{
    ipsec_ike_waiting *asked = ipsec_ike_keep_request(it->sa, it->from, it->message->id, it->contents);

    asked->named = ipsec_ike_child_name(it->sas, it->family, it->contents, it->from, it->view);
    if (it->message->exchange == IPSEC_IKE_AUTH)
        ask_auth(it, asked);
    else if (it->message->exchange == IPSEC_IKE_CREATE_CHILD_SA)
        ask_child(it, asked);
    else if (it->message->exchange == IPSEC_IKE_INFORMATIONAL)
        delete_named(it, it->contents, it->from, false);
}

static void meet_answer(const lesson *it)
{
    static const ipsec_ike_waiting none = {.named = IPSEC_NEGOTIATED_NONE};
    ipsec_ike_waiting *const known = ipsec_ike_find_request(it->sa, it->from, it->message->id);
    const ipsec_ike_waiting *asked = known ? known : &none;

    if (it->message->exchange == IPSEC_IKE_AUTH)
        answer_auth(it);
    else if (it->message->exchange == IPSEC_IKE_CREATE_CHILD_SA)
        answer_child(it, asked);
    else if (it->message->exchange == IPSEC_IKE_INFORMATIONAL)
        answer_informational(it, asked);
    it->family->was_answered = true;
    if (known)
        ipsec_ike_forget_request(it->family, known);
}

/* New SAs are for the addresses of the messages that negotiate them; the addresses of existing SAs change only with
 * UPDATE_SA_ADDRESSES. */
static void know_places(const lesson *it, ipsec_ike_end sender)
{
    if (it->message->exchange == IPSEC_IKE_INFORMATIONAL && it->family->at[sender].length > 0)
        return;
    it->family->at[sender] = ipsec_ike_source_of(it->view);
    it->family->at[ipsec_ike_other(sender)] = ipsec_ike_destination_of(it->view);
}

static void learn_v2(lesson *it)
{
    ipsec_ike_end sender;

    it->sa = ipsec_ike_member_get(it->families, it->message->initiator_spi, it->message->responder_spi);
    if (!it->sa)
        return;
    it->family = it->sa->family;
    sender = ipsec_ike_sender(it->sa, it->message);
    it->from = it->message->is_response ? ipsec_ike_other(sender) : sender;
    if (!ipsec_ike_take_id(it->message->is_response ? &it->sa->answered[it->from] : &it->sa->asked[it->from],
                           it->message->id))
        return; /* it was seen before */
    know_places(it, sender);
    know_identity(it, sender);
    if (it->message->is_response)
        meet_answer(it);
    else
        meet_request(it);
}

/* --- IKEv1 -------------------------------------------------------------------------------------------------------- */

static void hint(const lesson *it, uint8_t protocol, uint32_t spi, bool is_gone)
{
    const ipsec_ike_where sender = ipsec_ike_source_of(it->view);
    const ipsec_view to = ipsec_ike_view_to(&sender, protocol, it->view);

    if (is_gone)
        ipsec_hints_delete(it->sas, &to, spi);
    else
        ipsec_hints_create(it->sas, &to, spi);
}

/* Both messages of Quick Mode name the SPI on which their sender receives; so does a Delete, which is not answered. */
static void learn_v1(const lesson *it)
{
    const ipsec_ike_proposal *proposal = ipsec_ike_child_proposal(it->contents);

    if (proposal)
        hint(it, ipsec_ike_protocol(proposal->protocol), proposal->spi, false);
    for (unsigned i = 0; i < it->contents->delete_count; i++)
        hint(it, ipsec_ike_protocol(it->contents->delete_protocol), it->contents->deletes[i], true);
}

void ipsec_ike_learn(ipsec_ike_families *families, ipsec_sa_table *sas, const ipsec_ike_message *message,
                     const ipsec_ike_contents *contents, const ipsec_view *view)
{
    lesson it = {.families = families, .sas = sas, .message = message, .contents = contents, .view = view};

    if (view->address_length == 0 || message->responder_spi == 0)
        return;
    if (message->version == 1)
        learn_v1(&it);
    else if (contents->verified)
        learn_v2(&it);
}
