/* The most recent packets. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/recent.h"
#include "sa/describe.h"
#include "base/hash.h"
#include "base/octets.h"
#include "packet/fragment.h"
#include "packet/ip.h"
#include "sa/summary.h"

#include <glib.h>
#include <string.h>

/* The most steps along packets with one hash. Hashes are seeded, so only packets that are very similar make the chain
 * long. */
#define STEPS_MOST 64u

/* The most packets that are searched for ones that overtook another. */
#define OVERTAKERS_MOST 1023u

/* An index of the packets by number, or by other marks. It is updated only when a packet is looked for, which never
 * happens in a capture without anything unusual. */
struct ipsec_recents_index {
    uint32_t heads[IPSEC_RECENTS]; /* by hash, number of the last packet; 0: none */
    uint32_t older[IPSEC_RECENTS]; /* by place in the ring, number of the packet before it with the same hash */
    uint32_t count;                /* numbers up to this one have been entered */
    uint64_t seed;                 /* of the hashes */
};

ipsec_recents *ipsec_recents_new(ipsec_limits *limits)
{
    ipsec_recents *recents = g_new0(ipsec_recents, 1);

    recents->limits = limits;
    recents->next = recents->packets + 1;
    for (unsigned i = 0; i < G_N_ELEMENTS(recents->secrets); i++)
        recents->secrets[i] = ipsec_hash_seed() | 1;
    return recents;
}

void ipsec_recents_free(ipsec_recents *recents)
{
    if (recents) {
        g_free(recents->index);
        g_free(recents->marked);
    }
    g_free(recents);
}

/* A sum of products, each word with a secret of its own. */
static uint32_t ends_v6(const ipsec_recents *recents, const uint8_t *source, const uint8_t *destination, uint32_t ports)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < 4; i++)
        sum += recents->secrets[2 * i] * ipsec_read_u32(source + 4 * i) +
               recents->secrets[2 * i + 1] * ipsec_read_u32(destination + 4 * i);
    return (uint32_t)(sum >> 32) ^ ports;
}

uint32_t ipsec_recents_ends(const ipsec_recents *recents, const uint8_t *source, const uint8_t *destination,
                            uint8_t length, uint32_t ports)
{
    uint8_t both[8];

    if (length != 4)
        return ends_v6(recents, source, destination, ports);
    memcpy(both, source, 4);
    memcpy(both + 4, destination, 4);
    return ipsec_recent_ends_v4(recents, both, ports);
}

void ipsec_recent_describe_v6(const ipsec_recents *recents, const ipsec_view *view, ipsec_recent *packet)
{
    ipsec_fragment fragment;

    if (!ipsec_fragment_read(view, &fragment))
        return;
    packet->identification = (uint16_t)fragment.identification;
    packet->ends =
        ipsec_recents_ends(recents, view->source, view->destination, view->address_length, ipsec_recent_ports(view));
}

ipsec_recent *ipsec_recents_describe(ipsec_recents *recents, const ipsec_view *view, const ipsec_ruling *ruling)
{
    return ipsec_recents_describe_next(recents, view, ruling->sa, ruling->sequence, (ipsec_standing)ruling->standing,
                                       false);
}

bool ipsec_recent_is_same(const ipsec_recent *a, const ipsec_recent *b)
{
    const uint32_t captured = MIN(a->captured, b->captured);
    const uint32_t both = captured > IPSEC_RECENT_NUMBERS ? MIN(captured, IPSEC_RECENT_BOTH) - IPSEC_RECENT_NUMBERS : 0;

    return a->length == b->length && memcmp(&a->first_octets, &b->first_octets, both) == 0 &&
           (a->captured != b->captured || a->last_octets == b->last_octets);
}

/* --- the index --- */

/* The slot depends on the standing, so that forged packets with the same number do not lengthen the chain that is
 * searched for genuine ones. */
static uint32_t slot_of(const ipsec_recents_index *index, const ipsec_recent *packet, ipsec_standing standing)
{
    const uint64_t hash = ipsec_hash_mix(index->seed, (uint64_t)packet->sa << 32 | packet->sequence);

    return (uint32_t)(hash + standing) % IPSEC_RECENTS;
}

static uint32_t slot_by_number(const ipsec_recents_index *index, const ipsec_recent *packet)
{
    return slot_of(index, packet, (ipsec_standing)packet->standing);
}

static uint32_t slot_by_marks(const ipsec_recents_index *index, const ipsec_recent *packet)
{
    const uint64_t hash = ipsec_hash_mix(ipsec_hash_mix(index->seed, packet->ends),
                                         (uint64_t)packet->length << 32 | packet->identification);

    return (uint32_t)hash % IPSEC_RECENTS;
}

static ipsec_recents_index *index_new(void)
{
    ipsec_recents_index *index = g_new0(ipsec_recents_index, 1);

    index->seed = ipsec_hash_seed();
    return index;
}

/* Enters the packets that came since the last time and are still there. */
static const ipsec_recents_index *update_index(ipsec_recents *recents, ipsec_recents_index **kept,
                                               uint32_t (*slot)(const ipsec_recents_index *, const ipsec_recent *))
{
    ipsec_recents_index *index = *kept ? *kept : index_new();

    *kept = index;
    if (recents->count - index->count > IPSEC_RECENTS - 1)
        index->count = recents->count - (IPSEC_RECENTS - 1); /* the place of the oldest is for the next one */
    while (index->count < recents->count) {
        const uint32_t number = ++index->count;
        const ipsec_recent *packet = &recents->packets[number % IPSEC_RECENTS];
        uint32_t *head = &index->heads[slot(index, packet)];

        index->older[number % IPSEC_RECENTS] = *head;
        *head = number;
    }
    return index;
}

/* What was looked for may have been in the ring before, had there been fewer others. */
static void note_limit(const ipsec_recents *recents)
{
    if (recents->count >= IPSEC_RECENTS - 1)
        ipsec_limit_reached(recents->limits, IPSEC_LIMIT_LAST_PACKETS);
}

/* Whether the packet of that number is in the ring. */
static bool is_there(const ipsec_recents *recents, uint32_t number)
{
    return number > 0 && recents->count - number < IPSEC_RECENTS - 1;
}

const ipsec_recent *ipsec_recents_find(ipsec_recents *recents, const ipsec_recent *packet, ipsec_standing standing)
{
    const ipsec_recents_index *index = update_index(recents, &recents->index, slot_by_number);
    const ipsec_recent *last = NULL;
    uint32_t number = index->heads[slot_of(index, packet, standing)];

    for (uint32_t steps = 0; steps < STEPS_MOST && is_there(recents, number); steps++) {
        const ipsec_recent *earlier = &recents->packets[number % IPSEC_RECENTS];

        if (earlier->sa == packet->sa && earlier->sequence == packet->sequence && earlier->standing == standing) {
            if (ipsec_recent_is_same(earlier, packet))
                return earlier;
            last = last ? last : earlier;
        }
        number = index->older[number % IPSEC_RECENTS];
    }
    note_limit(recents);
    return last;
}

/* The last one with that number and standing. */
static const ipsec_recent *find_last(const ipsec_recents *recents, const ipsec_recents_index *index,
                                     const ipsec_recent *wanted)
{
    uint32_t number = index->heads[slot_by_number(index, wanted)];

    for (uint32_t steps = 0; steps < STEPS_MOST && is_there(recents, number); steps++) {
        const ipsec_recent *packet = &recents->packets[number % IPSEC_RECENTS];

        if (packet->sa == wanted->sa && packet->sequence == wanted->sequence && packet->standing == wanted->standing)
            return packet;
        number = index->older[number % IPSEC_RECENTS];
    }
    return NULL;
}

const ipsec_recent *ipsec_recents_find_number(ipsec_recents *recents, uint32_t sa, uint32_t sequence)
{
    static const uint8_t standings[] = {IPSEC_VERIFIED, IPSEC_BELIEVED, IPSEC_UNPROVEN, IPSEC_FORGED};
    const ipsec_recents_index *index = update_index(recents, &recents->index, slot_by_number);
    const ipsec_recent *found = NULL;

    for (unsigned i = 0; i < G_N_ELEMENTS(standings) && !found; i++)
        found = find_last(recents, index, &(ipsec_recent){.sa = sa, .sequence = sequence, .standing = standings[i]});
    if (!found)
        note_limit(recents);
    return found;
}

static bool has_marks(const ipsec_recent *packet, const ipsec_recent_marks *marks)
{
    return packet->length == marks->length && packet->identification == marks->identification &&
           packet->ends == marks->ends && (marks->sa == IPSEC_SA_NONE || packet->sa == marks->sa);
}

static bool is_other(const ipsec_recent *a, const ipsec_recent *b)
{
    return a->sa != b->sa || a->sequence != b->sequence || !ipsec_recent_is_same(a, b);
}

const ipsec_recent *ipsec_recents_find_unique(ipsec_recents *recents, const ipsec_recent_marks *marks)
{
    const ipsec_recents_index *index = update_index(recents, &recents->marked, slot_by_marks);
    const ipsec_recent wanted = {.length = marks->length, .identification = marks->identification, .ends = marks->ends};
    const ipsec_recent *found = NULL;
    uint32_t number = index->heads[slot_by_marks(index, &wanted)];

    for (uint32_t steps = 0; is_there(recents, number); steps++) {
        const ipsec_recent *packet = &recents->packets[number % IPSEC_RECENTS];

        if (steps == STEPS_MOST || (has_marks(packet, marks) && found && is_other(packet, found)))
            return NULL;
        if (!found && has_marks(packet, marks))
            found = packet;
        number = index->older[number % IPSEC_RECENTS];
    }
    note_limit(recents); /* another one may have had them, too */
    return found;
}

uint32_t ipsec_recents_find_end(const ipsec_recents *recents, uint32_t ends, uint16_t identification, uint32_t end)
{
    const uint32_t most = identification > 0 ? MIN(recents->count, IPSEC_RECENTS) : 0;

    for (uint32_t back = 0; back < most; back++) {
        const ipsec_recent *packet = &recents->packets[(recents->count - back) % IPSEC_RECENTS];

        if (packet->identification == identification && packet->length == end && packet->ends == ends &&
            packet->standing != IPSEC_VERIFIED)
            return packet->frame;
    }
    if (most > 0)
        note_limit(recents);
    return 0;
}

bool ipsec_recent_is_captured_twice(const ipsec_recent *a, const ipsec_recent *b, uint64_t time)
{
    const bool same_hop = a->ttl == b->ttl || a->ttl == b->ttl + 1 || a->ttl + 1 == b->ttl;
    const uint64_t apart = MIN(a->time - b->time, b->time - a->time);

    if (a->packet_id != 0 && a->packet_id == b->packet_id)
        return ipsec_recent_is_same(a, b);
    return time > 0 && a->time > 0 && b->time > 0 && apart <= time && same_hop &&
           a->identification == b->identification && ipsec_recent_is_same(a, b);
}

bool ipsec_recents_overtaken_by_others(const ipsec_recents *recents, const ipsec_recent *packet, uint64_t most)
{
    const uint32_t searched = MIN(recents->count, OVERTAKERS_MOST);
    uint32_t overtakers = 0;

    for (uint32_t back = 0; back < searched && overtakers < most; back++) {
        const ipsec_recent *earlier = &recents->packets[(recents->count - back) % IPSEC_RECENTS];

        if (earlier->sa != packet->sa || earlier->standing > packet->standing ||
            (int32_t)(earlier->sequence - packet->sequence) <= 0)
            continue;
        if (earlier->dscp == packet->dscp || earlier->dscp == IPSEC_DSCP_UNKNOWN || packet->dscp == IPSEC_DSCP_UNKNOWN)
            return false;
        overtakers++;
    }
    if (overtakers < most && searched < recents->count)
        ipsec_limit_reached(recents->limits, IPSEC_LIMIT_LAST_PACKETS);
    return overtakers > 0;
}
