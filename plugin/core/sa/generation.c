/* What an SA knew while it used another key. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/generation.h"
#include "sa/iv_store.h"
#include "sa/sa.h"
#include "sa/sequence.h"

struct ipsec_generations {
    GHashTable *kept; /* of ipsec_sa, by the index of the SA and that of the row */
    ipsec_iv_store *ivs;
};

static void free_kept(gpointer data)
{
    ipsec_sa *sa = (ipsec_sa *)data;

    ipsec_sequence_clear(&sa->numbers);
    g_free(sa);
}

ipsec_generations *ipsec_generations_new(ipsec_iv_store *ivs)
{
    ipsec_generations *generations = g_new0(ipsec_generations, 1);

    generations->ivs = ivs;
    generations->kept = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_kept);
    return generations;
}

void ipsec_generations_free(ipsec_generations *generations)
{
    if (!generations)
        return;
    g_hash_table_destroy(generations->kept);
    g_free(generations);
}

/* The SA whose generations are dropped. */
typedef struct going {
    ipsec_iv_store *ivs;
    uint32_t index;
} going;

static gboolean drop(gpointer key G_GNUC_UNUSED, gpointer value, gpointer user_data)
{
    const going *sa = user_data;
    ipsec_sa *kept = value;

    if (kept->index != sa->index)
        return false;
    ipsec_iv_forget(sa->ivs, &kept->iv);
    return true;
}

void ipsec_generations_drop(ipsec_generations *generations, const ipsec_sa *sa)
{
    going which = {.ivs = generations->ivs, .index = sa->index};

    if (sa->has_generations)
        g_hash_table_foreach_remove(generations->kept, drop, &which);
}

static gint64 name_of(const ipsec_sa *sa, uint32_t row)
{
    return (gint64)((uint64_t)sa->index << 32 | row);
}

const ipsec_sa *ipsec_generation_of(const ipsec_generations *generations, const ipsec_sa *sa, uint32_t row)
{
    const gint64 name = name_of(sa, row);

    return g_hash_table_lookup(generations->kept, &name);
}

/* Saves the SA under its present row, or drops the state, and leaves the SA without numbers and IVs. Nothing is kept
 * under that key yet: an entry is removed when the SA takes its row. */
static void put_aside(ipsec_generations *generations, ipsec_sa *sa)
{
    const gint64 name = name_of(sa, sa->keys.row);
    const bool full = g_hash_table_size(generations->kept) >= IPSEC_GENERATIONS_MOST;

    if (sa->keys.icv_good && full)
        ipsec_limit_reached(generations->ivs->limits, IPSEC_LIMIT_FORMER_KEYS);
    if (!sa->keys.icv_good || full) {
        ipsec_sequence_clear(&sa->numbers);
        ipsec_iv_forget(generations->ivs, &sa->iv);
        return;
    }
    g_hash_table_replace(generations->kept, g_memdup2(&name, sizeof name), g_memdup2(sa, sizeof *sa));
    sa->has_generations = true;
    /* The saved copy owns them now. */
    sa->numbers = (ipsec_sa_numbers){0};
    sa->iv = (ipsec_iv_state){0};
}

/* What does not depend on the key stays as it is. */
static void give_back(ipsec_sa *sa, const ipsec_sa *then)
{
    const ipsec_sa_life before = sa->life;
    const uint32_t source = sa->keys.source;

    sa->keys = then->keys;
    sa->keys.source = source;
    sa->numbers = then->numbers;
    sa->life = then->life;
    sa->life.pair = before.pair;
    sa->life.idle_since = before.idle_since;
    sa->life.origin = before.pair ? sa->life.origin : 0;
    sa->iv = then->iv;
}

bool ipsec_generation_take(ipsec_generations *generations, ipsec_sa *sa, uint32_t row)
{
    const gint64 name = name_of(sa, row);
    gpointer key, value;
    const bool known = g_hash_table_steal_extended(generations->kept, &name, &key, &value);

    put_aside(generations, sa);
    if (!known)
        return false;
    give_back(sa, value);
    g_free(key);
    g_free(value);
    return true;
}
