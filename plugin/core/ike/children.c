/* The SAs of ESP and AH that IKE makes, rekeys, moves and deletes.
 *
 * A message names the SPI that its sender receives on. So the request tells of the SA towards the one that asks, and
 * the answer of the other, and of what both have chosen.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/children.h"
#include "base/hash.h"
#include "ike/agreement.h"
#include "sa/negotiated.h"

#include <glib.h>
#include <string.h>

/* Requests of one side that may wait for their answers. */
#define WAITING 4u

/* Notifies (IANA "IKEv2 Notify Message Types"); errors are below ERRORS_END. */
enum {
    ERRORS_END = 16384,
    INITIAL_CONTACT = 16384,
    REKEY_SA = 16393,
    UPDATE_SA_ADDRESSES = 16400,
    V1_INITIAL_CONTACT = 24578
};

/* An end of an IKE SA. */
typedef enum {
    INITIATOR,
    RESPONDER
} end;

/* Where it is. */
typedef struct place {
    uint8_t length; /* of its address; 0: not known */
    uint8_t address[16];
} place;

/* A child: the SA towards each end, by its place in the table of what was negotiated. */
typedef struct child {
    uint32_t to[2]; /* IPSEC_NEGOTIATED_NONE: not known */
} child;

/* A request that waits for its answer. */
typedef struct waiting {
    ipsec_ike_contents *contents; /* NULL: none */
    uint32_t id;
    uint32_t named; /* the SA that it names, or IPSEC_NEGOTIATED_NONE */
} waiting;

typedef struct ike_sa {
    uint64_t spis[2];
    uint64_t identity[2]; /* 0: not known */
    place at[2];
    waiting requests[2][WAITING];
    uint32_t answered[2]; /* the highest id that was, and one more */
    /* Of IKE_AUTH, which may take several exchanges: the request that names the child. */
    ipsec_ike_contents *first;
    uint32_t first_named;
    bool was_answered;
    GArray *children; /* of child */
} ike_sa;

struct ipsec_ike_children {
    GHashTable *by_spis; /* of ike_sa, by its spis */
    GPtrArray *all;      /* the same, in the order in which they came */
};

/* --- IKE SAs ---------------------------------------------------------------------------------------------- */

static guint hash_spis(gconstpointer of)
{
    const ike_sa *sa = of;

    return (guint)ipsec_hash_mix(ipsec_hash_mix(1, sa->spis[INITIATOR]), sa->spis[RESPONDER]);
}

static gboolean equal_spis(gconstpointer a, gconstpointer b)
{
    return memcmp(((const ike_sa *)a)->spis, ((const ike_sa *)b)->spis, sizeof((const ike_sa *)a)->spis) == 0;
}

static void free_sa(gpointer data)
{
    ike_sa *sa = data;

    for (unsigned i = 0; i < WAITING; i++) {
        g_free(sa->requests[INITIATOR][i].contents);
        g_free(sa->requests[RESPONDER][i].contents);
    }
    g_free(sa->first);
    g_array_free(sa->children, true);
    g_free(sa);
}

ipsec_ike_children *ipsec_ike_children_new(void)
{
    ipsec_ike_children *children = g_new0(ipsec_ike_children, 1);

    children->by_spis = g_hash_table_new(hash_spis, equal_spis);
    children->all = g_ptr_array_new_with_free_func(free_sa);
    return children;
}

void ipsec_ike_children_free(ipsec_ike_children *children)
{
    if (!children)
        return;
    g_hash_table_destroy(children->by_spis);
    g_ptr_array_free(children->all, true);
    g_free(children);
}

/* The IKE SA with these SPIs, made if it is new; NULL if there is no room. */
static ike_sa *get_sa(ipsec_ike_children *children, uint64_t initiator_spi, uint64_t responder_spi)
{
    const ike_sa name = {.spis = {initiator_spi, responder_spi}};
    ike_sa *sa = g_hash_table_lookup(children->by_spis, &name);

    if (sa || children->all->len == IPSEC_IKE_PARENTS_MOST)
        return sa;
    sa = g_memdup2(&name, sizeof name);
    sa->children = g_array_new(false, false, sizeof(child));
    sa->first_named = IPSEC_NEGOTIATED_NONE;
    g_hash_table_add(children->by_spis, sa);
    g_ptr_array_add(children->all, sa);
    return sa;
}

static place source_of(const ipsec_view *view)
{
    place at = {.length = view->address_length};

    memcpy(at.address, view->source, view->address_length);
    return at;
}

static place destination_of(const ipsec_view *view)
{
    place at = {.length = view->address_length};

    memcpy(at.address, view->destination, view->address_length);
    return at;
}

static bool is_same_place(const place *a, const place *b)
{
    return a->length == b->length && memcmp(a->address, b->address, a->length) == 0;
}

/* Which end has sent the message. IKEv1 does not say: the first that is seen counts as the initiator. */
static end sender_of(ike_sa *sa, const ipsec_ike_message *message, const ipsec_view *view)
{
    const place from = source_of(view);

    if (message->version == 2)
        return message->from_initiator ? INITIATOR : RESPONDER;
    if (sa->at[INITIATOR].length == 0)
        sa->at[INITIATOR] = from;
    return is_same_place(&sa->at[INITIATOR], &from) ? INITIATOR : RESPONDER;
}

static inline end other(end of)
{
    return of == INITIATOR ? RESPONDER : INITIATOR;
}

/* What is sent to an address, at the time of a message. */
static ipsec_view view_to(const place *at, uint8_t protocol, const ipsec_view *message)
{
    return (ipsec_view){.destination = at->address,
                        .source = at->address,
                        .address_length = at->length,
                        .protocol = protocol,
                        .frame = message->frame,
                        .time = message->time};
}

/* --- contents --------------------------------------------------------------------------------------------- */

static bool has_error(const ipsec_ike_contents *contents)
{
    for (unsigned i = 0; i < contents->notify_count; i++)
        if (contents->notifies[i].type < ERRORS_END)
            return true;
    return false;
}

/* The proposal of an SA of ESP or AH; NULL if there is none. */
static const ipsec_ike_proposal *child_proposal(const ipsec_ike_contents *contents)
{
    for (unsigned i = 0; i < contents->proposal_count; i++)
        if (ipsec_ike_protocol(contents->proposals[i].protocol) != 0 && contents->proposals[i].spi_length == 4)
            return &contents->proposals[i];
    return NULL;
}

/* That of an IKE SA which is to take the place of this one. */
static const ipsec_ike_proposal *ike_proposal(const ipsec_ike_contents *contents)
{
    const bool has = contents->proposal_count > 0 && contents->proposals[0].protocol == IPSEC_IKE_PROTOCOL_IKE &&
                     contents->proposals[0].spi_length == 8;

    return has ? &contents->proposals[0] : NULL;
}

/* --- children --------------------------------------------------------------------------------------------- */

/* Finds the child with that SPI towards an end. NULL if there is none, or it is gone. */
static child *find_child(const ipsec_sa_table *sas, const ike_sa *sa, end to, uint32_t spi)
{
    for (unsigned i = sa->children->len; i-- > 0;) {
        child *at = &g_array_index(sa->children, child, i);

        if (at->to[to] != IPSEC_NEGOTIATED_NONE && ipsec_negotiated_get(sas, at->to[to])->row.spi == spi)
            return at;
    }
    return NULL;
}

static uint32_t enter(ipsec_sa_table *sas, const place *to, const ipsec_ike_proposal *proposal, const ipsec_view *view)
{
    const ipsec_view seen = view_to(to, ipsec_ike_protocol(proposal->protocol), view);

    return to->length ? ipsec_negotiated_add(sas, &seen, proposal->spi) : IPSEC_NEGOTIATED_NONE;
}

/* The request names an SA, which exists once it is answered. */
static uint32_t name_child(ipsec_sa_table *sas, const ike_sa *sa, const ipsec_ike_contents *contents, end from,
                           const ipsec_view *view)
{
    const ipsec_ike_proposal *proposal = child_proposal(contents);
    uint32_t named;

    if (!proposal)
        return IPSEC_NEGOTIATED_NONE;
    named = enter(sas, &sa->at[from], proposal, view);
    if (named != IPSEC_NEGOTIATED_NONE)
        ipsec_negotiated_get(sas, named)->was_answered = sa->was_answered;
    return named;
}

static void replace(ipsec_sa_table *sas, const ike_sa *sa, const child *made, const ipsec_ike_contents *request,
                    end from)
{
    const ipsec_ike_notify *rekey = ipsec_ike_notify_of(request, REKEY_SA);
    const child *old = rekey && rekey->spi_length == 4 ? find_child(sas, sa, from, rekey->spi) : NULL;

    for (unsigned to = INITIATOR; old && to <= RESPONDER; to++)
        if (old->to[to] != IPSEC_NEGOTIATED_NONE && made->to[to] != IPSEC_NEGOTIATED_NONE)
            ipsec_negotiated_replace(sas, made->to[to], old->to[to]);
}

/* What was agreed on, for the SA towards one end. */
static void create(ipsec_sa_table *sas, const ike_sa *sa, uint32_t at, const ipsec_ike_agreement *agreed, end to,
                   const ipsec_view *view)
{
    ipsec_negotiated *of;
    ipsec_view seen;

    if (at == IPSEC_NEGOTIATED_NONE)
        return;
    of = ipsec_negotiated_get(sas, at);
    ipsec_ike_fill_row(agreed, to == agreed->from, &of->row);
    of->row.line = view->frame;
    seen = view_to(&sa->at[to], of->row.protocol, view);
    ipsec_negotiated_create(sas, at, &seen);
}

/* An answer that names an SA, too: both are there now. `from` is who asked. */
static void make_child(ipsec_sa_table *sas, ike_sa *sa, const ipsec_ike_contents *request, uint32_t named,
                       const ipsec_ike_contents *answer, end from, const ipsec_view *view)
{
    const ipsec_ike_agreement agreed = {
        .request = request, .answer = answer, .chosen = child_proposal(answer), .from = from};
    child made;

    made.to[from] = named;
    made.to[other(from)] = enter(sas, &sa->at[other(from)], agreed.chosen, view);
    create(sas, sa, made.to[INITIATOR], &agreed, INITIATOR, view);
    create(sas, sa, made.to[RESPONDER], &agreed, RESPONDER, view);
    if (made.to[INITIATOR] != IPSEC_NEGOTIATED_NONE && made.to[RESPONDER] != IPSEC_NEGOTIATED_NONE)
        ipsec_negotiated_join(sas, made.to[INITIATOR], made.to[RESPONDER]);
    if (request)
        replace(sas, sa, &made, request, from);
    g_array_append_val(sa->children, made);
}

static void refuse(ipsec_sa_table *sas, uint32_t named)
{
    if (named != IPSEC_NEGOTIATED_NONE)
        ipsec_negotiated_get(sas, named)->is_refused = true;
}

static void delete_child(ipsec_sa_table *sas, const child *gone, const ipsec_view *view, bool is_final)
{
    for (unsigned to = INITIATOR; to <= RESPONDER; to++)
        if (gone->to[to] != IPSEC_NEGOTIATED_NONE)
            ipsec_negotiated_delete(sas, gone->to[to], view, is_final);
}

static void delete_all(ipsec_sa_table *sas, const ike_sa *sa, const ipsec_view *view, bool is_final)
{
    for (unsigned i = 0; i < sa->children->len; i++)
        delete_child(sas, &g_array_index(sa->children, child, i), view, is_final);
    if (is_final)
        g_array_set_size(sa->children, 0);
}

/* What a message of `from` deletes: SAs that it receives on, or all. */
static void delete_named(ipsec_sa_table *sas, const ike_sa *sa, const ipsec_ike_contents *contents, end from,
                         const ipsec_view *view, bool is_final)
{
    if (contents->deletes_ike)
        delete_all(sas, sa, view, is_final);
    for (unsigned i = 0; i < contents->delete_count; i++) {
        const child *gone = find_child(sas, sa, from, contents->deletes[i]);

        if (!gone)
            continue;
        delete_child(sas, gone, view, is_final);
        if (is_final)
            g_array_remove_index_fast(sa->children, (guint)(gone - (const child *)(const void *)sa->children->data));
    }
}

/* --- IKE SAs that change ---------------------------------------------------------------------------------- */

/* The new IKE SA, whose initiator is who asked for it, inherits the children. */
static void rekey(ipsec_ike_children *children, ike_sa *old, uint64_t initiator_spi, uint64_t responder_spi, end from)
{
    ike_sa *new = get_sa(children, initiator_spi, responder_spi);
    GArray *inherited = old->children;

    if (!new || new == old || new->children->len > 0)
        return;
    for (unsigned i = 0; from == RESPONDER && i < inherited->len; i++) {
        child *turned = &g_array_index(inherited, child, i);
        const uint32_t to = turned->to[INITIATOR];

        turned->to[INITIATOR] = turned->to[RESPONDER];
        turned->to[RESPONDER] = to;
    }
    old->children = new->children;
    new->children = inherited;
    for (unsigned i = INITIATOR; i <= RESPONDER; i++) {
        const end before = from == INITIATOR ? (end)i : other((end)i);

        new->at[i] = old->at[before];
        new->identity[i] = old->identity[before];
    }
    new->was_answered = true;
}

static void mark_restarted(ipsec_sa_table *sas, const child *gone)
{
    for (unsigned to = INITIATOR; to <= RESPONDER; to++)
        if (gone->to[to] != IPSEC_NEGOTIATED_NONE)
            ipsec_negotiated_get(sas, gone->to[to])->has_restarted = true;
}

/* A peer that restarted has no other IKE SA (RFC 7296 2.4). */
static void begin_anew(const ipsec_ike_children *children, ipsec_sa_table *sas, const ike_sa *sa, end from,
                       const ipsec_view *view)
{
    const uint64_t own = sa->identity[from], peer = sa->identity[other(from)];

    for (unsigned i = 0; own != 0 && peer != 0 && i < children->all->len; i++) {
        const ike_sa *old = g_ptr_array_index(children->all, i);
        const bool same = (old->identity[INITIATOR] == own && old->identity[RESPONDER] == peer) ||
                          (old->identity[INITIATOR] == peer && old->identity[RESPONDER] == own);

        if (old == sa || !same)
            continue;
        for (unsigned n = 0; n < old->children->len; n++)
            mark_restarted(sas, &g_array_index(old->children, child, n));
        delete_all(sas, old, view, true);
    }
}

static void move_end(ipsec_sa_table *sas, ike_sa *sa, end to, const place *now, const ipsec_view *view)
{
    for (unsigned i = 0; i < sa->children->len; i++) {
        const uint32_t at = g_array_index(sa->children, child, i).to[to];
        const ipsec_negotiated *of = at == IPSEC_NEGOTIATED_NONE ? NULL : ipsec_negotiated_get(sas, at);
        ipsec_view before, after;

        if (!of)
            continue;
        before = view_to(&sa->at[to], of->row.protocol, view);
        after = view_to(now, of->row.protocol, view);
        ipsec_negotiated_move(sas, at, &before, &after);
    }
    sa->at[to] = *now;
}

/* The answer to UPDATE_SA_ADDRESSES (RFC 4555 3.5) goes between the addresses that count from now on. */
static void move(ipsec_sa_table *sas, ike_sa *sa, end from, const ipsec_view *answer)
{
    const place asker = destination_of(answer), answerer = source_of(answer);

    move_end(sas, sa, from, &asker, answer);
    move_end(sas, sa, other(from), &answerer, answer);
}

/* --- exchanges -------------------------------------------------------------------------------------------- */

static bool begins_anew(const ipsec_ike_contents *contents)
{
    return ipsec_ike_notify_of(contents, INITIAL_CONTACT) || ipsec_ike_notify_of(contents, V1_INITIAL_CONTACT);
}

static void answer_auth(ipsec_ike_children *children, ipsec_sa_table *sas, ike_sa *sa, const ipsec_ike_contents *answer,
                        const ipsec_view *view)
{
    const bool is_made = child_proposal(answer) && !has_error(answer);

    if (!is_made && !has_error(answer))
        return; /* the next round */
    if (is_made && sa->first && begins_anew(sa->first))
        begin_anew(children, sas, sa, INITIATOR, view);
    if (is_made)
        make_child(sas, sa, sa->first, sa->first_named, answer, INITIATOR, view);
    else
        refuse(sas, sa->first_named);
    g_free(sa->first);
    sa->first = NULL;
    sa->first_named = IPSEC_NEGOTIATED_NONE;
}

static void answer_child(ipsec_ike_children *children, ipsec_sa_table *sas, ike_sa *sa, const waiting *asked,
                         const ipsec_ike_contents *answer, end from, const ipsec_view *view)
{
    const ipsec_ike_proposal *mine = asked->contents ? ike_proposal(asked->contents) : NULL;
    const ipsec_ike_proposal *theirs = ike_proposal(answer);

    if (has_error(answer))
        refuse(sas, asked->named);
    else if (mine && theirs)
        rekey(children, sa, mine->ike_spi, theirs->ike_spi, from);
    else if (child_proposal(answer))
        make_child(sas, sa, asked->contents, asked->named, answer, from, view);
}

static void answer_informational(ipsec_sa_table *sas, ike_sa *sa, const waiting *asked,
                                 const ipsec_ike_contents *answer, end from, const ipsec_view *view)
{
    if (!asked->contents || has_error(answer))
        return;
    delete_named(sas, sa, asked->contents, from, view, true);
    delete_named(sas, sa, answer, other(from), view, true);
    if (ipsec_ike_notify_of(asked->contents, UPDATE_SA_ADDRESSES))
        move(sas, sa, from, view);
}

static waiting *find_request(ike_sa *sa, end from, uint32_t id)
{
    for (unsigned i = 0; i < WAITING; i++)
        if (sa->requests[from][i].contents && sa->requests[from][i].id == id)
            return &sa->requests[from][i];
    return NULL;
}

/* Keeps a request, in the place of the oldest one if there are many. Returns its place. */
static waiting *keep_request(ike_sa *sa, end from, uint32_t id, const ipsec_ike_contents *contents)
{
    waiting *list = sa->requests[from], *last = &list[WAITING - 1];

    g_free(last->contents);
    memmove(list + 1, list, (WAITING - 1) * sizeof *list);
    list[0] = (waiting){.contents = g_memdup2(contents, sizeof *contents), .id = id, .named = IPSEC_NEGOTIATED_NONE};
    return &list[0];
}

static void forget_request(waiting *asked)
{
    g_free(asked->contents);
    *asked = (waiting){0};
}

static void meet_request(ipsec_sa_table *sas, ike_sa *sa, const ipsec_ike_message *message,
                         const ipsec_ike_contents *contents, end from, const ipsec_view *view)
{
    waiting *asked;

    if (message->id < sa->answered[from] || find_request(sa, from, message->id))
        return; /* it came before */
    asked = keep_request(sa, from, message->id, contents);
    asked->named = name_child(sas, sa, contents, from, view);
    if (message->exchange == IPSEC_IKE_AUTH && child_proposal(contents) && !sa->first) {
        sa->first = g_memdup2(contents, sizeof *contents);
        sa->first_named = asked->named;
    }
    if (message->exchange == IPSEC_IKE_INFORMATIONAL)
        delete_named(sas, sa, contents, from, view, false);
}

static void meet_answer(ipsec_ike_children *children, ipsec_sa_table *sas, ike_sa *sa, const ipsec_ike_message *message,
                        const ipsec_ike_contents *contents, end from, const ipsec_view *view)
{
    static const waiting none = {.named = IPSEC_NEGOTIATED_NONE};
    waiting *const known = find_request(sa, from, message->id);
    const waiting *asked = known ? known : &none;

    if (!known && message->id < sa->answered[from])
        return; /* it came before */
    sa->answered[from] = message->id + 1;
    if (message->exchange == IPSEC_IKE_AUTH)
        answer_auth(children, sas, sa, contents, view);
    else if (message->exchange == IPSEC_IKE_CREATE_CHILD_SA)
        answer_child(children, sas, sa, asked, contents, from, view);
    else if (message->exchange == IPSEC_IKE_INFORMATIONAL)
        answer_informational(sas, sa, asked, contents, from, view);
    sa->was_answered = true;
    if (known)
        forget_request(known);
}

/* What is negotiated is for the addresses of the messages; those of what was negotiated before change with
 * UPDATE_SA_ADDRESSES. */
static void meet_v2(ipsec_ike_children *children, ipsec_sa_table *sas, ike_sa *sa, const ipsec_ike_message *message,
                    const ipsec_ike_contents *contents, end sender, const ipsec_view *view)
{
    if (message->exchange != IPSEC_IKE_INFORMATIONAL || sa->at[sender].length == 0) {
        sa->at[sender] = source_of(view);
        sa->at[other(sender)] = destination_of(view);
    }
    if (message->is_response)
        meet_answer(children, sas, sa, message, contents, other(sender), view);
    else
        meet_request(sas, sa, message, contents, sender, view);
}

/* Quick Mode: the first message of an exchange asks, that of the other side answers, the third says nothing. */
static void meet_quick_mode(ipsec_sa_table *sas, ike_sa *sa, const ipsec_ike_message *message,
                            const ipsec_ike_contents *contents, end sender, const ipsec_view *view)
{
    waiting *asked = find_request(sa, other(sender), message->id);

    if (!child_proposal(contents) || find_request(sa, sender, message->id))
        return;
    if (!asked) {
        asked = keep_request(sa, sender, message->id, contents);
        asked->named = name_child(sas, sa, contents, sender, view);
        return;
    }
    make_child(sas, sa, asked->contents, asked->named, contents, other(sender), view);
    asked->named = IPSEC_NEGOTIATED_NONE;
}

/* Nobody answers a Delete of IKEv1. */
static void meet_v1(ipsec_ike_children *children, ipsec_sa_table *sas, ike_sa *sa, const ipsec_ike_message *message,
                    const ipsec_ike_contents *contents, end sender, const ipsec_view *view)
{
    sa->at[sender] = source_of(view);
    sa->at[other(sender)] = destination_of(view);
    if (message->exchange == IPSEC_IKE_QUICK_MODE)
        meet_quick_mode(sas, sa, message, contents, sender, view);
    else if (message->exchange == IPSEC_IKE_V1_INFORMATIONAL)
        delete_named(sas, sa, contents, sender, view, true);
    else if (begins_anew(contents))
        begin_anew(children, sas, sa, sender, view);
    sa->was_answered = true;
}

void ipsec_ike_children_meet(ipsec_ike_children *children, ipsec_sa_table *sas, const ipsec_ike_message *message,
                             const ipsec_ike_contents *contents, const ipsec_view *view)
{
    ike_sa *sa;
    end sender;

    if (view->address_length == 0 || message->responder_spi == 0)
        return;
    sa = get_sa(children, message->initiator_spi, message->responder_spi);
    if (!sa)
        return;
    sender = sender_of(sa, message, view);
    if (contents->identity && message->exchange != IPSEC_IKE_QUICK_MODE)
        sa->identity[sender] = contents->identity;
    if (message->version == 2)
        meet_v2(children, sas, sa, message, contents, sender, view);
    else
        meet_v1(children, sas, sa, message, contents, sender, view);
}
