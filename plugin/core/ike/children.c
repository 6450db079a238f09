/* ESP and AH SAs that IKE creates, rekeys, moves and deletes. SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/children.h"
#include "ike/agreement.h"
#include "ike/notify.h"
#include "sa/negotiated.h"

#include <glib.h>

const ipsec_ike_proposal *ipsec_ike_child_proposal(const ipsec_ike_contents *contents)
{
    for (unsigned i = 0; i < contents->proposal_count; i++)
        if (ipsec_ike_protocol(contents->proposals[i].protocol) != 0 && contents->proposals[i].spi_length == 4)
            return &contents->proposals[i];
    return NULL;
}

/* Finds the child with that SPI towards an end; NULL if there is none, or if it is gone. If there are two, the newer
 * one. */
static ipsec_ike_child *find(const ipsec_sa_table *sas, const ipsec_ike_family *family, ipsec_ike_end to, uint32_t spi)
{
    for (unsigned i = family->children->len; i-- > 0;) {
        ipsec_ike_child *at = &g_array_index(family->children, ipsec_ike_child, i);

        if (at->to[to] != IPSEC_NEGOTIATED_NONE && ipsec_negotiated_get(sas, at->to[to])->row.spi == spi)
            return at;
    }
    return NULL;
}

/* --- creation ----------------------------------------------------------------------------------------------------- */

static uint32_t enter(ipsec_sa_table *sas, const ipsec_ike_where *to, const ipsec_ike_proposal *proposal,
                      const ipsec_view *view)
{
    const ipsec_view seen = ipsec_ike_view_to(to, ipsec_ike_protocol(proposal->protocol), view);

    return to->length ? ipsec_negotiated_add(sas, &seen, proposal->spi) : IPSEC_NEGOTIATED_NONE;
}

uint32_t ipsec_ike_child_name(ipsec_sa_table *sas, const ipsec_ike_family *family, const ipsec_ike_contents *contents,
                              ipsec_ike_end from, const ipsec_view *view)
{
    const ipsec_ike_proposal *proposal = ipsec_ike_child_proposal(contents);
    uint32_t named;

    if (!proposal)
        return IPSEC_NEGOTIATED_NONE;
    named = enter(sas, &family->at[from], proposal, view);
    if (named != IPSEC_NEGOTIATED_NONE)
        ipsec_negotiated_get(sas, named)->was_answered = family->was_answered;
    return named;
}

static void replace(ipsec_sa_table *sas, const ipsec_ike_family *family, const ipsec_ike_child *made,
                    const ipsec_ike_making *making)
{
    const ipsec_ike_notify *rekey = making->request ? ipsec_ike_notify_of(making->request, IPSEC_IKE_REKEY_SA) : NULL;
    const ipsec_ike_child *old = rekey && rekey->spi_length == 4 ? find(sas, family, making->from, rekey->spi) : NULL;

    for (unsigned to = IPSEC_IKE_A; old && to <= IPSEC_IKE_B; to++)
        if (old->to[to] != IPSEC_NEGOTIATED_NONE && made->to[to] != IPSEC_NEGOTIATED_NONE)
            ipsec_negotiated_replace(sas, made->to[to], old->to[to]);
}

/* Fills in what was agreed on, for the SA towards one end. */
static void create(ipsec_sa_table *sas, const ipsec_ike_family *family, uint32_t at, const ipsec_ike_agreement *agreed,
                   ipsec_ike_end to, const ipsec_view *view)
{
    ipsec_negotiated *of;
    ipsec_view seen;

    if (at == IPSEC_NEGOTIATED_NONE)
        return;
    of = ipsec_negotiated_get(sas, at);
    ipsec_ike_fill_row(agreed, to == agreed->from, &of->row);
    seen = ipsec_ike_view_to(&family->at[to], of->row.protocol, view);
    ipsec_negotiated_create(sas, at, &seen);
}

void ipsec_ike_child_make(ipsec_sa_table *sas, ipsec_ike_family *family, const ipsec_ike_making *making,
                          const ipsec_view *view)
{
    const ipsec_ike_end from = making->from, other = ipsec_ike_other(from);
    const ipsec_ike_agreement agreed = {.request = making->request,
                                        .answer = making->answer,
                                        .chosen = ipsec_ike_child_proposal(making->answer),
                                        .from = from};
    ipsec_ike_child made;

    made.to[from] = making->named;
    made.to[other] = enter(sas, &family->at[other], agreed.chosen, view);
    create(sas, family, made.to[IPSEC_IKE_A], &agreed, IPSEC_IKE_A, view);
    create(sas, family, made.to[IPSEC_IKE_B], &agreed, IPSEC_IKE_B, view);
    if (made.to[IPSEC_IKE_A] != IPSEC_NEGOTIATED_NONE && made.to[IPSEC_IKE_B] != IPSEC_NEGOTIATED_NONE)
        ipsec_negotiated_join(sas, made.to[IPSEC_IKE_A], made.to[IPSEC_IKE_B]);
    replace(sas, family, &made, making);
    g_array_append_val(family->children, made);
}

void ipsec_ike_child_refuse(ipsec_sa_table *sas, uint32_t named)
{
    if (named != IPSEC_NEGOTIATED_NONE)
        ipsec_negotiated_get(sas, named)->is_refused = true;
}

/* --- deletion ----------------------------------------------------------------------------------------------------- */

static void delete_child(ipsec_sa_table *sas, const ipsec_ike_child *gone, const ipsec_view *view, bool is_final)
{
    for (unsigned to = IPSEC_IKE_A; to <= IPSEC_IKE_B; to++)
        if (gone->to[to] != IPSEC_NEGOTIATED_NONE)
            ipsec_negotiated_delete(sas, gone->to[to], view, is_final);
}

void ipsec_ike_children_delete_all(ipsec_sa_table *sas, ipsec_ike_family *family, const ipsec_view *view, bool is_final)
{
    for (unsigned i = 0; i < family->children->len; i++)
        delete_child(sas, &g_array_index(family->children, ipsec_ike_child, i), view, is_final);
    if (is_final)
        g_array_set_size(family->children, 0);
}

static void remove_child(ipsec_ike_family *family, const ipsec_ike_child *gone)
{
    const ipsec_ike_child *first = &g_array_index(family->children, ipsec_ike_child, 0);

    g_array_remove_index(family->children, (guint)(gone - first));
}

void ipsec_ike_children_delete(ipsec_sa_table *sas, ipsec_ike_family *family, const ipsec_ike_contents *contents,
                               ipsec_ike_end from, const ipsec_view *view, bool is_final)
{
    for (unsigned i = 0; i < contents->delete_count; i++) {
        const ipsec_ike_child *gone = find(sas, family, from, contents->deletes[i]);

        if (!gone)
            continue;
        delete_child(sas, gone, view, is_final);
        if (is_final)
            remove_child(family, gone);
    }
}

void ipsec_ike_children_restart(ipsec_sa_table *sas, ipsec_ike_family *family, const ipsec_view *view)
{
    for (unsigned i = 0; i < family->children->len; i++)
        for (unsigned to = IPSEC_IKE_A; to <= IPSEC_IKE_B; to++) {
            const uint32_t at = g_array_index(family->children, ipsec_ike_child, i).to[to];

            if (at != IPSEC_NEGOTIATED_NONE)
                ipsec_negotiated_get(sas, at)->has_restarted = true;
        }
    ipsec_ike_children_delete_all(sas, family, view, true);
}

/* --- changes of address ------------------------------------------------------------------------------------------- */

void ipsec_ike_children_move(ipsec_sa_table *sas, ipsec_ike_family *family, ipsec_ike_end end,
                             const ipsec_ike_where *now, const ipsec_view *view)
{
    for (unsigned i = 0; i < family->children->len; i++) {
        const uint32_t at = g_array_index(family->children, ipsec_ike_child, i).to[end];
        const ipsec_negotiated *of = at == IPSEC_NEGOTIATED_NONE ? NULL : ipsec_negotiated_get(sas, at);
        ipsec_view before, after;

        if (!of)
            continue;
        before = ipsec_ike_view_to(&family->at[end], of->row.protocol, view);
        after = ipsec_ike_view_to(now, of->row.protocol, view);
        ipsec_negotiated_move(sas, at, &before, &after);
    }
    family->at[end] = *now;
}
