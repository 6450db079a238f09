/* The IKE SAs of a capture.
 *
 * Every packet of a capture may have another IKE SA. When the table is full, the one that has been silent longest is
 * forgotten: one of those with messages from one side only, if there are many of these. So scans and floods do not push
 * out those that were answered, as long as these fit into the table.
 *
 * An IKE SA is identified by the initiator's SPI and both addresses, because scanners use one SPI for all hosts that
 * they probe. The responder's SPI is not known before its answer, and ports change if NAT is detected.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/table.h"
#include "base/hash.h"

#include <string.h>

/* IKE SAs with messages from one side only that are kept in any case. */
#define SHARE (IPSEC_IKE_SAS_MOST / 8)

/* An IKE SA in the table. */
typedef struct ipsec_ike_sa_link {
    ipsec_ike_sa sa;
    bool is_answered; /* which queue it is in */
    GList link;       /* its data is this structure */
} ipsec_ike_sa_link;

/* --- pairs -------------------------------------------------------------------------------------------------------- */

static guint pair_hash(gconstpointer key)
{
    return ((const ipsec_ike_pair *)key)->hosts.hash;
}

static gboolean pair_equal(gconstpointer a, gconstpointer b)
{
    return ipsec_ike_hosts_equal(&((const ipsec_ike_pair *)a)->hosts, &((const ipsec_ike_pair *)b)->hosts);
}

bool ipsec_ike_is_from_low(const ipsec_view *view)
{
    return memcmp(view->source, view->destination, view->address_length) <= 0;
}

/* False if the view has no addresses. */
static bool name_pair(const ipsec_ike_table *table, const ipsec_view *view, ipsec_ike_pair *name)
{
    ipsec_ike_hosts *hosts = &name->hosts;
    uint64_t words[2];
    bool is_low;

    if (view->address_length != 4 && view->address_length != 16)
        return false;
    memset(name, 0, sizeof *name);
    is_low = ipsec_ike_is_from_low(view);
    memcpy(hosts->low, is_low ? view->source : view->destination, view->address_length);
    memcpy(hosts->high, is_low ? view->destination : view->source, view->address_length);
    hosts->address_length = view->address_length;
    hosts->hash = (uint32_t)ipsec_hash_mix(ipsec_hash_address(table->seed, hosts->low, 16, words),
                                           ipsec_hash_address(table->seed, hosts->high, 16, words));
    return true;
}

ipsec_ike_pair *ipsec_ike_pair_of(const ipsec_ike_table *table, const ipsec_view *view)
{
    ipsec_ike_pair name;

    return name_pair(table, view, &name) ? g_hash_table_lookup(table->pairs, &name) : NULL;
}

static ipsec_ike_pair *take_pair(ipsec_ike_table *table, const ipsec_ike_pair *name)
{
    ipsec_ike_pair *pair = g_hash_table_lookup(table->pairs, name);

    if (!pair) {
        pair = g_memdup2(name, sizeof *name);
        g_hash_table_add(table->pairs, pair);
    }
    pair->sas++;
    return pair;
}

static void leave_pair(ipsec_ike_table *table, ipsec_ike_pair *pair)
{
    if (--pair->sas == 0)
        g_hash_table_remove(table->pairs, pair);
}

/* --- SAs ---------------------------------------------------------------------------------------------------------- */

static guint sa_hash(gconstpointer key)
{
    const ipsec_ike_sa *sa = &((const ipsec_ike_sa_link *)key)->sa;

    return (guint)ipsec_hash_mix(sa->initiator_spi, sa->pair->hosts.hash + sa->version);
}

static gboolean sa_equal(gconstpointer a, gconstpointer b)
{
    const ipsec_ike_sa *left = &((const ipsec_ike_sa_link *)a)->sa, *right = &((const ipsec_ike_sa_link *)b)->sa;

    return left->initiator_spi == right->initiator_spi && left->version == right->version &&
           pair_equal(left->pair, right->pair);
}

static void free_sa(gpointer data)
{
    ipsec_ike_sa_link *link = (ipsec_ike_sa_link *)data;

    for (unsigned i = 0; i < IPSEC_IKE_EXCHANGES_MOST; i++)
        g_free(link->sa.exchanges[i]);
    g_free(link);
}

static GQueue *queue_of(ipsec_ike_table *table, const ipsec_ike_sa_link *link)
{
    return link->is_answered ? &table->answered : &table->asked;
}

static void forget_one(ipsec_ike_table *table)
{
    GQueue *queue = table->asked.length > SHARE || table->answered.length == 0 ? &table->asked : &table->answered;
    ipsec_ike_sa_link *link = g_queue_peek_head(queue);
    ipsec_ike_pair *pair = link->sa.pair;

    ipsec_limit_reached(table->histories.limits, IPSEC_LIMIT_IKE_SAS);
    g_queue_unlink(queue, &link->link);
    g_hash_table_remove(table->sas, link);
    leave_pair(table, pair);
}

static ipsec_ike_identity identity_of(const ipsec_ike_pair *pair, uint64_t initiator_spi, uint8_t version)
{
    return (ipsec_ike_identity){.hosts = pair->hosts, .initiator_spi = initiator_spi, .version = version};
}

/* An IKE SA that was forgotten keeps its progress when it comes back. */
static ipsec_ike_progress *take_progress(ipsec_ike_table *table, ipsec_ike_sa *sa, bool from_low)
{
    const ipsec_ike_identity identity = identity_of(sa->pair, sa->initiator_spi, sa->version);
    ipsec_ike_progress *progress = ipsec_ike_history_take(&table->histories, &identity);

    sa->unlisted =
        (ipsec_ike_progress){.initiator_spi = sa->initiator_spi, .version = sa->version, .number = IPSEC_IKE_UNLISTED};
    if (!progress)
        progress = &sa->unlisted;
    if (!progress->has_spoken[0] && !progress->has_spoken[1])
        progress->initiator_is_low = from_low;
    return progress;
}

static ipsec_ike_sa_link *make_sa(ipsec_ike_table *table, const ipsec_ike_sa_link *name, bool from_low)
{
    ipsec_ike_sa_link *made = g_memdup2(name, sizeof *name);

    made->sa.pair = take_pair(table, name->sa.pair);
    made->sa.progress = take_progress(table, &made->sa, from_low);
    if (g_hash_table_size(table->sas) == IPSEC_IKE_SAS_MOST)
        forget_one(table);
    made->link.data = made;
    g_queue_push_tail_link(&table->asked, &made->link);
    g_hash_table_add(table->sas, made);
    return made;
}

/* The IKE SA with the latest message is the last to be forgotten. */
static void move_to_end(ipsec_ike_table *table, ipsec_ike_sa_link *link)
{
    g_queue_unlink(queue_of(table, link), &link->link);
    link->is_answered = link->sa.progress->has_spoken[0] && link->sa.progress->has_spoken[1];
    g_queue_push_tail_link(queue_of(table, link), &link->link);
}

/* The IKE SA of the message; NULL if it is not there. *name is set to its key. */
static ipsec_ike_sa_link *find_link(const ipsec_ike_table *table, const ipsec_ike_message *message,
                                    ipsec_ike_pair *pair, ipsec_ike_sa_link *name)
{
    *name =
        (ipsec_ike_sa_link){.sa = {.initiator_spi = message->initiator_spi, .version = message->version, .pair = pair}};
    return g_hash_table_lookup(table->sas, name);
}

ipsec_ike_sa *ipsec_ike_table_find(const ipsec_ike_table *table, const ipsec_view *view,
                                   const ipsec_ike_message *message)
{
    ipsec_ike_pair pair;
    ipsec_ike_sa_link name, *link = NULL;

    if (name_pair(table, view, &pair))
        link = find_link(table, message, &pair, &name);
    return link ? &link->sa : NULL;
}

bool ipsec_ike_table_progress(const ipsec_ike_table *table, const ipsec_view *view, const ipsec_ike_message *message,
                              ipsec_ike_progress *progress)
{
    const ipsec_ike_progress *found;
    ipsec_ike_identity identity;
    ipsec_ike_pair pair;

    if (!name_pair(table, view, &pair))
        return false;
    identity = identity_of(&pair, message->initiator_spi, message->version);
    found = ipsec_ike_history_find(&table->histories, &identity);
    if (!found)
        return false;
    *progress = *found;
    progress->by_source = found->initiator_is_low == ipsec_ike_is_from_low(view);
    return true;
}

ipsec_ike_sa *ipsec_ike_table_sa(ipsec_ike_table *table, const ipsec_view *view, const ipsec_ike_message *message,
                                 bool make)
{
    ipsec_ike_pair pair;
    ipsec_ike_sa_link name, *link;

    if (message->initiator_spi == 0 || !name_pair(table, view, &pair))
        return NULL;
    link = find_link(table, message, &pair, &name);
    if (!link && !make)
        return NULL;
    if (!link)
        link = make_sa(table, &name, ipsec_ike_is_from_low(view));
    link->sa.progress->has_spoken[!ipsec_ike_is_from_low(view)] = true;
    move_to_end(table, link);
    return &link->sa;
}

ipsec_ike_exchange *ipsec_ike_sa_begin(ipsec_ike_sa *sa)
{
    ipsec_ike_exchange *exchange = sa->exchanges[sa->next];

    g_free(exchange);
    exchange = g_new0(ipsec_ike_exchange, 1);
    sa->exchanges[sa->next] = exchange;
    sa->next = (sa->next + 1) % IPSEC_IKE_EXCHANGES_MOST;
    return exchange;
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

ipsec_ike_table *ipsec_ike_table_new(uint64_t duplicate_time, ipsec_limits *limits)
{
    ipsec_ike_table *table = g_new0(ipsec_ike_table, 1);

    table->sas = g_hash_table_new_full(sa_hash, sa_equal, free_sa, NULL);
    table->pairs = g_hash_table_new_full(pair_hash, pair_equal, g_free, NULL);
    ipsec_ike_histories_begin(&table->histories, limits);
    table->seed = ipsec_hash_seed();
    table->duplicate_time = duplicate_time;
    return table;
}

void ipsec_ike_table_free(ipsec_ike_table *table)
{
    if (!table)
        return;
    g_hash_table_destroy(table->sas);
    g_hash_table_destroy(table->pairs);
    ipsec_ike_histories_end(&table->histories);
    g_free(table);
}
