/* What the IP and UDP layers of a receiver discard, so that IPsec never sees it. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#include "packet/ip_input.h"
#include "base/checksum.h"
#include "base/hash.h"
#include "base/octets.h"
#include "packet/header.h"
#include "packet/ip.h"
#include "packet/protocol.h"
#include "packet/kind.h"

#include <glib.h>
#include <string.h>

/* Every packet of a capture may have another source address. When the table is full, one sender is forgotten: the
 * oldest of those that sent a single packet if there are many of these, else one of the others that has been silent for
 * long. A forgotten sender must send a correct checksum again before a wrong one is reported. */
#define SENDERS_MOST 65536u

/* Senders of a single packet that are kept in any case, because every sender begins as one. */
#define NEWCOMERS_LEAST (SENDERS_MOST / 16)

/* --- senders --------------------------------------------------------------------------------------- */

/* Whether a sender's checksums are usually right. Anybody can send a right one with its address. If a sender has had at
 * least -WRONG_WAY wrong ones (most likely left to its network card), it takes one right one to make up for each, for
 * at most -WRONG_MOST of them. A sender that is right from the start is believed for RIGHT_ALONE wrong ones, and one
 * that has sent enough right ones is always believed. */
#define WRONG_WAY   (-2)
#define WRONG_MOST  (-16)
#define RIGHT_ALONE 32
#define RIGHT_SURE  (4 * RIGHT_ALONE - 1)

typedef struct sender {
    uint64_t address[2];    /* the octets as they lie in memory, zero-padded */
    uint32_t hash;          /* of the address */
    int8_t ip_way, udp_way; /* above 0: its checksums are right; from WRONG_MOST to RIGHT_SURE */
    bool known;             /* it is known to have sent a second packet */
    bool again;             /* sent another one since it was put into its place in the queue */
    GList link;             /* in one of the queues; its data is the sender */
} sender;

struct ipsec_senders {
    GHashTable *all;  /* set of sender */
    GQueue newcomers; /* of sender, in order of appearance */
    GQueue known;     /* of sender: the others; those that are still active go to the end again */
    sender *last;     /* of the last packet; saves most packets the lookup */
    uint64_t seed;
    ipsec_limits *limits;
};

static guint sender_hash(gconstpointer key)
{
    return ((const sender *)key)->hash;
}

static gboolean sender_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(((const sender *)a)->address, ((const sender *)b)->address, sizeof((const sender *)a)->address) == 0;
}

ipsec_senders *ipsec_senders_new(ipsec_limits *limits)
{
    ipsec_senders *senders = g_new0(ipsec_senders, 1);

    senders->all = g_hash_table_new_full(sender_hash, sender_equal, g_free, NULL);
    senders->seed = ipsec_hash_seed();
    senders->limits = limits;
    return senders;
}

void ipsec_senders_free(ipsec_senders *senders)
{
    if (!senders)
        return;
    g_hash_table_destroy(senders->all);
    g_free(senders);
}

static void move(GQueue *from, GQueue *to, sender *who)
{
    g_queue_unlink(from, &who->link);
    g_queue_push_tail_link(to, &who->link);
    who->again = false;
}

static void become_known(ipsec_senders *senders, sender *who)
{
    who->known = true;
    move(&senders->newcomers, &senders->known, who);
}

/* The first one of a queue that has not sent again; those in front of it become known, or go to the end. The cost is
 * amortised: each step is paid for by a packet. */
static sender *find_idle(ipsec_senders *senders, GQueue *queue)
{
    sender *first;

    while ((first = g_queue_peek_head(queue)) && first->again) {
        if (first->known)
            move(queue, queue, first);
        else
            become_known(senders, first);
    }
    return first;
}

static void forget_one(ipsec_senders *senders)
{
    GQueue *queue = &senders->newcomers;
    sender *first = find_idle(senders, queue);

    ipsec_limit_reached(senders->limits, IPSEC_LIMIT_CHECKSUMS);
    if (queue->length <= NEWCOMERS_LEAST) {
        queue = &senders->known;
        first = find_idle(senders, queue);
    }
    g_queue_unlink(queue, &first->link);
    g_hash_table_remove(senders->all, first);
}

static sender *make(ipsec_senders *senders, const sender *wanted)
{
    sender *made = g_memdup2(wanted, sizeof *wanted);

    if (g_hash_table_size(senders->all) == SENDERS_MOST)
        forget_one(senders);
    made->link.data = made;
    g_queue_push_tail_link(&senders->newcomers, &made->link);
    g_hash_table_add(senders->all, made);
    return made;
}

static IPSEC_COLD sender *find_or_make(ipsec_senders *senders, const uint64_t *address)
{
    const uint64_t hash = ipsec_hash_mix(ipsec_hash_mix(senders->seed, address[0]), address[1]);
    const sender wanted = {.address = {address[0], address[1]}, .hash = (uint32_t)hash};
    sender *found = g_hash_table_lookup(senders->all, &wanted);

    if (!found)
        found = make(senders, &wanted);
    else if (found->known)
        found->again = true;
    else
        become_known(senders, found);
    senders->last = found;
    return found;
}

static inline sender *sender_of(ipsec_senders *senders, const ipsec_view *view)
{
    uint64_t address[2] = {0};

    memcpy(address, view->source, view->address_length);
    if (!senders->last || memcmp(senders->last->address, address, sizeof address) != 0)
        return find_or_make(senders, address);
    senders->last->again = true;
    return senders->last;
}

/* --- checksums ------------------------------------------------------------------------------------- */

typedef enum {
    SUM_UNKNOWN, /* left to the network card, or not captured whole */
    SUM_RIGHT,
    SUM_WRONG
} sum_state;

/* Whether a checksum is wrong, although those of this sender are usually right. */
static inline bool is_fault(sum_state state, int8_t *way)
{
    const int8_t before = *way;

    if (before == RIGHT_SURE || state == SUM_UNKNOWN)
        return state == SUM_WRONG;
    if (state == SUM_WRONG)
        *way = (int8_t)MAX(before - 1, WRONG_MOST);
    else
        *way = (int8_t)(before <= WRONG_WAY ? before + 1 : MIN(MAX(before, 0) + RIGHT_ALONE, RIGHT_SURE));
    return state == SUM_WRONG && before > 0;
}

static sum_state state_of_ip(const uint8_t *ip, uint32_t header)
{
    if (ipsec_read_u16(ip + 10) == 0)
        return SUM_UNKNOWN;
    return ipsec_sum_fold(ipsec_sum_add(0, ip, header)) == UINT16_MAX ? SUM_RIGHT : SUM_WRONG;
}

static uint32_t sum_of_pseudo_header(const ipsec_view *view, uint32_t length)
{
    const uint32_t sum = ipsec_sum_add(IPSEC_PROTOCOL_UDP + length, view->source, view->address_length);

    return ipsec_sum_add(sum, view->destination, view->address_length);
}

/* In IPv4 the checksum is optional, and RFC 3948 2.1 requires none: 0 is right. */
static sum_state state_of_udp(const ipsec_view *view, const uint8_t *udp)
{
    const uint32_t length = ipsec_read_u16(udp + 4), stated = ipsec_read_u16(udp + 6);
    uint32_t sum;

    if (stated == 0)
        return view->ip_version == 4 ? SUM_RIGHT : SUM_UNKNOWN;
    if (view->captured + IPSEC_UDP_HEADER != length)
        return SUM_UNKNOWN;
    sum = sum_of_pseudo_header(view, length);
    if (ipsec_sum_fold(sum) == stated)
        return SUM_UNKNOWN;
    sum = ipsec_sum_add(ipsec_sum_add(sum, udp, IPSEC_UDP_HEADER), view->data, view->captured);
    return ipsec_sum_fold(sum) == UINT16_MAX ? SUM_RIGHT : SUM_WRONG;
}

/* --- options of IPv4 ------------------------------------------------------------------------------- */

enum {
    OPTION_END = 0,
    OPTION_NOP = 1
};

/* What makes an option valid. */
static const struct option_rule {
    uint8_t least;   /* octets */
    uint8_t pointer; /* least value of the octet that points to the next slot, from 1; 0: it has none */
    uint8_t slot;    /* octets that must be free at the pointer, if it points into the option */
    uint8_t once;    /* bit of a kind that a packet may have only once */
} rules[UINT8_MAX + 1] = {
    [7] = {3, 4, 4, 1 << 0},   /* record route */
    [68] = {4, 5, 4, 1 << 1},  /* timestamp */
    [131] = {3, 4, 0, 1 << 2}, /* loose source route */
    [137] = {3, 4, 0, 1 << 2}, /* strict source route */
    [148] = {4, 0, 0, 0},      /* router alert: RFC 2113 */
};

static bool fits_rule(const uint8_t *option, uint32_t length, uint8_t *met)
{
    const struct option_rule *rule = &rules[option[0]];

    if (length < rule->least || *met & rule->once)
        return false;
    *met |= rule->once;
    if (rule->pointer == 0)
        return true;
    return option[2] >= rule->pointer && (option[2] > length || option[2] + rule->slot - 1u <= length);
}

static bool are_options_sound(const uint8_t *options, uint32_t count)
{
    uint8_t met = 0;

    for (uint32_t at = 0; at < count && options[at] != OPTION_END;) {
        uint32_t length = 1;

        if (options[at] != OPTION_NOP) {
            length = count - at >= 2 ? options[at + 1] : 0;
            if (length < 2 || length > count - at || !fits_rule(options + at, length, &met))
                return false;
        }
        at += length;
    }
    return true;
}

/* --- headers --------------------------------------------------------------------------------------- */

bool ipsec_ip_has_broken_options(const ipsec_view *view)
{
    const uint32_t header = view->outer && view->ip_version == 4 ? (view->outer[0] & 0x0fu) * 4 : 0;

    return header > IPSEC_IPV4_HEADER && header <= view->outer_length &&
           !are_options_sound(view->outer + IPSEC_IPV4_HEADER, header - IPSEC_IPV4_HEADER);
}

static void check_v4(const ipsec_view *view, sender *from, ipsec_finding_set *found)
{
    const uint32_t header = (view->outer[0] & 0x0fu) * 4;
    const ipsec_header_kind *kind = ipsec_kind_of(view->protocol);

    if (header < IPSEC_IPV4_HEADER || header > view->outer_length)
        return;
    if (is_fault(state_of_ip(view->outer, header), &from->ip_way))
        ipsec_finding_set_add(found, kind->ip_checksum);
    if (ipsec_ip_has_broken_options(view))
        ipsec_finding_set_add(found, kind->v4_option);
}

/* Octets from the UDP header on, according to IP; UINT32_MAX if it does not say. */
static uint32_t octets_for_udp(const ipsec_view *view)
{
    const uint32_t in_front = view->outer_length - IPSEC_UDP_HEADER;
    const uint32_t total = view->ip_version == 4 ? ipsec_read_u16(view->outer + 2)
                                                 : IPSEC_IPV6_HEADER + (uint32_t)ipsec_read_u16(view->outer + 4);

    return total > in_front ? total - in_front : UINT32_MAX;
}

static void check_udp(const ipsec_view *view, sender *from, ipsec_finding_set *found)
{
    const uint8_t *udp = view->outer + (view->outer_length - IPSEC_UDP_HEADER);
    const uint32_t length = ipsec_read_u16(udp + 4);

    if (length < IPSEC_UDP_HEADER || length > octets_for_udp(view))
        ipsec_finding_set_add(found, IPSEC_FINDING_NATT_UDP_LENGTH);
    else if (view->ip_version == 6 && ipsec_read_u16(udp + 6) == 0)
        ipsec_finding_set_add(found, IPSEC_FINDING_NATT_V6_ZERO_CHECKSUM);
    else if (is_fault(state_of_udp(view, udp), &from->udp_way))
        ipsec_finding_set_add(found, IPSEC_FINDING_NATT_UDP_CHECKSUM_BAD);
}

void ipsec_ip_input_check(ipsec_senders *senders, const ipsec_view *view, ipsec_finding_set *found)
{
    const unsigned no_packet = IPSEC_VIEW_QUOTED | IPSEC_VIEW_FRAGMENT | IPSEC_VIEW_OFFLOAD | IPSEC_VIEW_REASSEMBLED;
    const uint32_t ip = view->ip_version == 4 ? IPSEC_IPV4_HEADER : IPSEC_IPV6_HEADER;
    const uint32_t behind = view->encapsulation == IPSEC_ENCAPSULATION_UDP ? IPSEC_UDP_HEADER : 0;
    sender *from;

    if (view->flags & no_packet || !view->outer || view->address_length == 0 || view->outer_length < ip + behind)
        return;
    from = sender_of(senders, view);
    if (view->ip_version == 4)
        check_v4(view, from, found);
    if (behind)
        check_udp(view, from, found);
}
