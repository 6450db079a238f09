/* IKE SAs, as verified messages show them. SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/family.h"
#include "base/hash.h"
#include "ike/children.h"
#include "sa/negotiated.h"

#include <string.h>

/* Found by its SPIs; `seed` is that of the table. */
typedef struct entry {
    uint64_t seed;
    ipsec_ike_member member;
} entry;

static guint hash_entry(gconstpointer of)
{
    const entry *it = of;
    const uint64_t hash = ipsec_hash_mix(ipsec_hash_mix(it->seed, it->member.spis[0]), it->member.spis[1]);

    return (guint)(hash ^ hash >> 32);
}

static gboolean equal_entries(gconstpointer a, gconstpointer b)
{
    const uint64_t *const spis = ((const entry *)a)->member.spis;

    return memcmp(spis, ((const entry *)b)->member.spis, sizeof((const entry *)b)->member.spis) == 0;
}

static void free_entry(gpointer data)
{
    entry *it = data;

    for (unsigned i = 0; i < IPSEC_IKE_WAITING_MOST; i++) {
        g_free(it->member.requests[IPSEC_IKE_A][i].contents);
        g_free(it->member.requests[IPSEC_IKE_B][i].contents);
    }
    g_free(it->member.first);
    g_free(it);
}

static void free_family(gpointer data)
{
    ipsec_ike_family *family = data;

    g_array_free(family->children, true);
    g_free(family);
}

ipsec_ike_families *ipsec_ike_families_new(ipsec_limits *limits)
{
    ipsec_ike_families *families = g_new0(ipsec_ike_families, 1);

    families->seed = ipsec_hash_seed();
    families->limits = limits;
    families->by_spis = g_hash_table_new_full(hash_entry, equal_entries, free_entry, NULL);
    families->all = g_ptr_array_new_with_free_func(free_family);
    return families;
}

void ipsec_ike_families_free(ipsec_ike_families *families)
{
    if (!families)
        return;
    g_hash_table_destroy(families->by_spis);
    g_ptr_array_free(families->all, true);
    g_free(families);
}

/* --- IKE SAs ------------------------------------------------------------------------------------------------------ */

static entry name_of(const ipsec_ike_families *families, uint64_t initiator_spi, uint64_t responder_spi)
{
    return (entry){.seed = families->seed,
                   .member = {.spis = {initiator_spi, responder_spi},
                              .begins_with = {UINT32_MAX, UINT32_MAX},
                              .first_named = IPSEC_NEGOTIATED_NONE}};
}

static ipsec_ike_member *find(const ipsec_ike_families *families, const entry *name)
{
    entry *known = g_hash_table_lookup(families->by_spis, name);

    return known ? &known->member : NULL;
}

static ipsec_ike_family *new_family(ipsec_ike_families *families)
{
    ipsec_ike_family *family = g_new0(ipsec_ike_family, 1);

    family->children = g_array_new(false, false, sizeof(ipsec_ike_child));
    g_ptr_array_add(families->all, family);
    return family;
}

/* NULL if there is no room. If `family` is NULL, it gets a family of its own. */
static ipsec_ike_member *make(ipsec_ike_families *families, const entry *name, ipsec_ike_family *family)
{
    entry *made;

    if (g_hash_table_size(families->by_spis) == IPSEC_IKE_MEMBERS_MOST) {
        ipsec_limit_reached(families->limits, IPSEC_LIMIT_IKE_FAMILIES);
        return NULL;
    }
    made = g_memdup2(name, sizeof *name);
    made->member.family = family ? family : new_family(families);
    made->member.family->heirs++;
    g_hash_table_add(families->by_spis, made);
    return &made->member;
}

ipsec_ike_member *ipsec_ike_member_get(ipsec_ike_families *families, uint64_t initiator_spi, uint64_t responder_spi)
{
    const entry name = name_of(families, initiator_spi, responder_spi);
    ipsec_ike_member *known = find(families, &name);

    return known ? known : make(families, &name, NULL);
}

/* Moves the children, because the IKE SA was known before the answer that shows which one it descends from. */
static void hand_over(ipsec_ike_family *from, ipsec_ike_family *to, bool is_turned)
{
    for (unsigned i = 0; from != to && i < from->children->len; i++) {
        const ipsec_ike_child *child = &g_array_index(from->children, ipsec_ike_child, i);
        const ipsec_ike_child seen = {.to = {child->to[is_turned], child->to[!is_turned]}};

        g_array_append_val(to->children, seen);
    }
    if (from != to)
        g_array_set_size(from->children, 0);
}

void ipsec_ike_member_replace(ipsec_ike_families *families, ipsec_ike_member *old, uint64_t initiator_spi,
                              uint64_t responder_spi, ipsec_ike_end from)
{
    const entry name = name_of(families, initiator_spi, responder_spi);
    ipsec_ike_member *new = find(families, &name);

    if (new) {
        hand_over(old->family, new->family, new->is_turned != (from == IPSEC_IKE_B));
    } else {
        new = make(families, &name, old->family);
        if (!new)
            return;
        new->is_turned = from == IPSEC_IKE_B;
        new->begins_with[IPSEC_IKE_A] = new->begins_with[IPSEC_IKE_B] = 0;
    }
    if (new != old)
        ipsec_ike_member_end(old);
}

/* Whether no request of that end is missing, as far as message ids tell. */
static bool is_followed(const ipsec_ike_member *member, ipsec_ike_end from)
{
    const ipsec_ike_ids *asked = &member->asked[from], *answered = &member->answered[from];

    if (answered->count > 0 && (asked->count == 0 || answered->top > asked->top))
        return false;
    return asked->count == 0 ||
           (asked->count == asked->top - asked->first + 1 && asked->first <= member->begins_with[from]);
}

bool ipsec_ike_member_is_last(const ipsec_ike_member *member)
{
    return !member->is_over && member->family->heirs == 1 && member->family->rekeys == 0 &&
           is_followed(member, IPSEC_IKE_A) && is_followed(member, IPSEC_IKE_B);
}

void ipsec_ike_member_end(ipsec_ike_member *member)
{
    if (!member->is_over)
        member->family->heirs--;
    member->is_over = true;
}

ipsec_ike_end ipsec_ike_sender(const ipsec_ike_member *member, const ipsec_ike_message *message)
{
    return message->from_initiator != member->is_turned ? IPSEC_IKE_A : IPSEC_IKE_B;
}

/* --- requests ----------------------------------------------------------------------------------------------------- */

bool ipsec_ike_take_id(ipsec_ike_ids *ids, uint32_t id)
{
    const uint32_t ahead = id - ids->top, behind = ids->top - id;

    if (ids->seen == 0)
        ids->first = id;
    if (ids->seen == 0 || id > ids->top) {
        ids->count++;
        ids->seen = ids->seen != 0 && ahead < 64 ? ids->seen << ahead | 1 : 1;
        ids->top = id;
        return true;
    }
    if (behind >= 64 || ids->seen >> behind & 1)
        return false;
    ids->seen |= UINT64_C(1) << behind;
    ids->first = MIN(ids->first, id);
    ids->count++;
    return true;
}

void ipsec_ike_forget_request(ipsec_ike_family *family, ipsec_ike_waiting *request)
{
    if (request->rekeys_ike)
        family->rekeys--;
    g_free(request->contents);
    *request = (ipsec_ike_waiting){.named = IPSEC_NEGOTIATED_NONE};
}

ipsec_ike_waiting *ipsec_ike_keep_request(ipsec_ike_member *member, ipsec_ike_end from, uint32_t id,
                                          const ipsec_ike_contents *contents)
{
    ipsec_ike_waiting *list = member->requests[from];

    ipsec_ike_forget_request(member->family, &list[IPSEC_IKE_WAITING_MOST - 1]);
    memmove(list + 1, list, (IPSEC_IKE_WAITING_MOST - 1) * sizeof *list);
    list[0] = (ipsec_ike_waiting){
        .contents = g_memdup2(contents, sizeof *contents), .id = id, .named = IPSEC_NEGOTIATED_NONE};
    return &list[0];
}

ipsec_ike_waiting *ipsec_ike_find_request(ipsec_ike_member *member, ipsec_ike_end from, uint32_t id)
{
    for (unsigned i = 0; i < IPSEC_IKE_WAITING_MOST; i++)
        if (member->requests[from][i].contents && member->requests[from][i].id == id)
            return &member->requests[from][i];
    return NULL;
}

/* --- addresses ---------------------------------------------------------------------------------------------------- */

static ipsec_ike_where where(const uint8_t *address, uint8_t length)
{
    ipsec_ike_where at = {.length = length};

    memcpy(at.address, address, length);
    return at;
}

ipsec_ike_where ipsec_ike_source_of(const ipsec_view *view)
{
    return where(view->source, view->address_length);
}

ipsec_ike_where ipsec_ike_destination_of(const ipsec_view *view)
{
    return where(view->destination, view->address_length);
}

ipsec_view ipsec_ike_view_to(const ipsec_ike_where *to, uint8_t protocol, const ipsec_view *message)
{
    return (ipsec_view){.destination = to->address,
                        .source = to->address,
                        .address_length = to->length,
                        .protocol = protocol,
                        .frame = message->frame,
                        .time = message->time};
}
