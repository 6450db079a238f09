/* What unverified IKE messages say of SAs. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/hints.h"
#include "sa/name.h"

#include <glib.h>

typedef struct hint {
    ipsec_sa_name name; /* the key in the table */
    uint32_t created_by, deleted_by;
} hint;

struct ipsec_hints {
    uint64_t seed;
    GHashTable *all;   /* of hint */
    GHashTable *by_sa; /* the same hints, by the index of the SA */
};

static ipsec_hints *new_hints(void)
{
    ipsec_hints *hints = g_new0(ipsec_hints, 1);

    hints->seed = ipsec_hash_seed();
    hints->all = g_hash_table_new_full(ipsec_sa_name_hash, ipsec_sa_name_equal, g_free, NULL);
    hints->by_sa = g_hash_table_new(NULL, NULL);
    return hints;
}

void ipsec_hints_free(ipsec_hints *hints)
{
    if (!hints)
        return;
    g_hash_table_destroy(hints->by_sa);
    g_hash_table_destroy(hints->all);
    g_free(hints);
}

static hint *find(const ipsec_hints *hints, const ipsec_view *to, uint32_t spi)
{
    const ipsec_sa_name name = ipsec_sa_name_of(hints->seed, to, spi, to->protocol);

    return g_hash_table_lookup(hints->all, &name);
}

static hint *make(ipsec_sa_table *sas, const ipsec_view *to, uint32_t spi)
{
    const ipsec_sa *const sa = ipsec_sa_find(sas, to, spi);
    hint *made;

    if (g_hash_table_size(sas->hints->all) == IPSEC_HINTS_MOST) {
        ipsec_limit_reached(sas->limits, IPSEC_LIMIT_HINTS);
        return NULL;
    }
    made = g_new0(hint, 1);
    made->name = ipsec_sa_name_of(sas->hints->seed, to, spi, to->protocol);
    g_hash_table_add(sas->hints->all, made);
    if (sa)
        g_hash_table_insert(sas->hints->by_sa, GUINT_TO_POINTER(sa->index), made);
    return made;
}

/* NULL if there is no room, or no address. */
static hint *get(ipsec_sa_table *sas, const ipsec_view *to, uint32_t spi)
{
    hint *known;

    if (to->address_length == 0)
        return NULL;
    if (!sas->hints)
        sas->hints = new_hints();
    known = find(sas->hints, to, spi);
    return known ? known : make(sas, to, spi);
}

void ipsec_hints_create(ipsec_sa_table *sas, const ipsec_view *to, uint32_t spi)
{
    hint *of = get(sas, to, spi);

    if (of && of->created_by == 0)
        of->created_by = to->frame;
}

void ipsec_hints_delete(ipsec_sa_table *sas, const ipsec_view *to, uint32_t spi)
{
    hint *of = get(sas, to, spi);

    if (of && of->deleted_by == 0)
        of->deleted_by = to->frame;
}

void ipsec_hints_meet(ipsec_hints *hints, const ipsec_view *view, uint32_t spi, uint32_t index)
{
    hint *of = view->address_length > 0 ? find(hints, view, spi) : NULL;

    if (of)
        g_hash_table_insert(hints->by_sa, GUINT_TO_POINTER(index), of);
}

void ipsec_hints_tell(const ipsec_hints *hints, uint32_t index, ipsec_sa_ike *ike)
{
    const hint *of = g_hash_table_lookup(hints->by_sa, GUINT_TO_POINTER(index));

    if (!of)
        return;
    if (of->created_by)
        ike->maybe_created_by = of->created_by;
    if (of->deleted_by)
        ike->maybe_deleted_by = of->deleted_by;
}
