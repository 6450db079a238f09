/* Fragments without a first one.
 *
 * A table has the packets with fragments that fit nowhere yet, each in one of the few slots that its name leads to: a
 * later one replaces one that nothing is expected of any more, or else any. What was found is kept by frame, up to a
 * bound.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence/fragments.h"
#include "base/hash.h"

#include <glib.h>

/* Fragmented packets that are remembered. An orphan and its first fragment come close to each other, so it takes about
 * this many others in between to hide one. A power of two. */
#define SLOTS 1024u

/* Slots that a name leads to. A power of two. */
#define SLOTS_OF_NAME 8u

/* Pairs of frames that are remembered. */
#define FOUND_MOST 65536u

/* One packet in fragments. */
typedef struct ipsec_fragmented {
    uint64_t name;  /* hash of addresses, protocol and identification */
    uint32_t split; /* the lowest offset of a later fragment; 0: none came */
    uint32_t rest;  /* the frame of that fragment */
    uint32_t first; /* the frame of a packet that ends at that offset and claims to be whole; 0: none came */
    bool is_second; /* another one went for it */
    bool is_proper; /* a first fragment came that is marked as one */
} ip_datagram;

/* What belongs to a frame. */
typedef struct found {
    uint64_t name;
    uint32_t split;
    uint32_t other; /* frame */
    bool is_rest;
} found;

ipsec_fragments *ipsec_fragments_new(ipsec_limits *limits)
{
    ipsec_fragments *fragments = g_new0(ipsec_fragments, 1);

    fragments->seed = ipsec_hash_seed();
    fragments->limits = limits;
    return fragments;
}

void ipsec_fragments_free(ipsec_fragments *fragments)
{
    if (!fragments)
        return;
    g_free(fragments->slots);
    if (fragments->pairs)
        g_hash_table_destroy(fragments->pairs);
    g_free(fragments);
}

static uint64_t name_of(const ipsec_fragments *fragments, const ipsec_fragment *fragment)
{
    uint64_t words[2];
    uint64_t hash = ipsec_hash_mix(fragments->seed, (uint64_t)fragment->identification << 8 | fragment->protocol);

    hash = ipsec_hash_address(hash, fragment->source, fragment->address_length, words);
    return ipsec_hash_address(hash, fragment->destination, fragment->address_length, words);
}

static bool waits(const ip_datagram *datagram)
{
    return datagram->split > 0 && datagram->first == 0 && !datagram->is_proper;
}

/* --- what belongs together ----------------------------------------------------------------------------- */

static void remember(ipsec_fragments *fragments, uint32_t frame, const ip_datagram *datagram, uint32_t other,
                     bool is_rest)
{
    found *pair;

    if (!fragments->pairs)
        fragments->pairs = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    if (g_hash_table_contains(fragments->pairs, GUINT_TO_POINTER(frame)))
        return;
    if (g_hash_table_size(fragments->pairs) >= FOUND_MOST) {
        ipsec_limit_reached(fragments->limits, IPSEC_LIMIT_FRAGMENTS);
        return;
    }
    pair = g_new(found, 1);
    *pair = (found){.name = datagram->name, .split = datagram->split, .other = other, .is_rest = is_rest};
    g_hash_table_insert(fragments->pairs, GUINT_TO_POINTER(frame), pair);
}

static void join(ipsec_fragments *fragments, const ip_datagram *datagram)
{
    remember(fragments, datagram->first, datagram, datagram->rest, false);
    remember(fragments, datagram->rest, datagram, datagram->first, true);
}

/* Separates the two again: the fragment was not an orphan. Its first fragment came late, and another packet had the
 * same identification by chance. */
static void part(ipsec_fragments *fragments, const ip_datagram *datagram)
{
    if (!fragments->pairs || datagram->first == 0)
        return;
    g_hash_table_remove(fragments->pairs, GUINT_TO_POINTER(datagram->first));
    g_hash_table_remove(fragments->pairs, GUINT_TO_POINTER(datagram->rest));
}

static const found *find(const ipsec_fragments *fragments, uint32_t frame)
{
    return fragments->pairs ? g_hash_table_lookup(fragments->pairs, GUINT_TO_POINTER(frame)) : NULL;
}

/* --- fragments as they come ---------------------------------------------------------------------------- */

/* One whose first fragment has come may be taken for an orphan later on, if it is not known any more; but only if
 * another packet looks like its first part. */
static bool matters(const ip_datagram *datagram)
{
    return waits(datagram) || datagram->first > 0;
}

static ip_datagram *slots_of(const ipsec_fragments *fragments, uint64_t name)
{
    return &fragments->slots[name % (SLOTS / SLOTS_OF_NAME) * SLOTS_OF_NAME];
}

/* NULL: it has none. */
static ip_datagram *find_slot(const ipsec_fragments *fragments, uint64_t name)
{
    ip_datagram *const slots = slots_of(fragments, name);

    for (unsigned i = 0; i < SLOTS_OF_NAME; i++)
        if (slots[i].name == name)
            return &slots[i];
    return NULL;
}

/* The slot for a packet that has none: one that is empty, or else of no use, or else one that other bits of its name
 * tell. */
static ip_datagram *take_slot(ipsec_fragments *fragments, uint64_t name)
{
    ip_datagram *const slots = slots_of(fragments, name);
    ip_datagram *slot;

    for (unsigned i = 0; i < SLOTS_OF_NAME; i++)
        if (slots[i].name == 0)
            return &slots[i];
    for (unsigned i = 0; i < SLOTS_OF_NAME; i++)
        if (!matters(&slots[i]))
            return &slots[i];
    slot = &slots[name / SLOTS % SLOTS_OF_NAME];
    fragments->waiting -= waits(slot);
    ipsec_limit_reached(fragments->limits, IPSEC_LIMIT_FRAGMENTS);
    return slot;
}

static ip_datagram *slot_for(ipsec_fragments *fragments, uint64_t name)
{
    ip_datagram *slot;

    if (!fragments->slots)
        fragments->slots = g_new0(ip_datagram, SLOTS);
    slot = find_slot(fragments, name);
    if (!slot) {
        slot = take_slot(fragments, name);
        *slot = (ip_datagram){.name = name, .is_second = slot->name != 0};
    }
    return slot;
}

static void meet_proper_first(ipsec_fragments *fragments, ip_datagram *slot)
{
    fragments->waiting -= waits(slot);
    part(fragments, slot);
    slot->is_proper = true;
}

static uint32_t find_before(const ipsec_recents *recents, const ipsec_fragment *fragment)
{
    const uint32_t ends =
        ipsec_recents_ends(recents, fragment->source, fragment->destination, fragment->address_length, 0);

    return ipsec_recents_find_end(recents, ends, (uint16_t)fragment->identification, fragment->offset);
}

void ipsec_fragments_meet(ipsec_fragments *fragments, const ipsec_recents *recents, const ipsec_fragment *fragment)
{
    ip_datagram *slot;

    if (fragment->identification == 0) /* many packets have no identification */
        return;
    slot = slot_for(fragments, name_of(fragments, fragment));
    if (fragment->offset == 0) {
        meet_proper_first(fragments, slot);
        return;
    }
    if (slot->is_proper)
        return;
    if (slot->first > 0) { /* another fragment of the same packet */
        remember(fragments, fragment->frame, slot, slot->first, true);
        return;
    }
    if (slot->split > 0 && slot->split <= fragment->offset)
        return;
    fragments->waiting -= waits(slot);
    slot->split = fragment->offset;
    slot->rest = fragment->frame;
    slot->first = find_before(recents, fragment);
    fragments->waiting += waits(slot);
    if (slot->first == 0)
        return;
    if (slot->is_second)
        ipsec_limit_reached(fragments->limits, IPSEC_LIMIT_FRAGMENTS);
    join(fragments, slot);
}

void ipsec_fragments_meet_first(ipsec_fragments *fragments, const ipsec_view *view)
{
    ipsec_fragment whole;
    ip_datagram *slot;
    uint64_t name;

    if (!ipsec_fragment_read(view, &whole) || whole.identification == 0)
        return;
    name = name_of(fragments, &whole);
    slot = find_slot(fragments, name);
    if (!slot || slot->split != whole.offset || !waits(slot))
        return;
    fragments->waiting--;
    slot->first = view->frame;
    join(fragments, slot);
}

/* --- what is reported ---------------------------------------------------------------------------------- */

uint32_t ipsec_fragments_rest_of(const ipsec_fragments *fragments, const ipsec_view *view)
{
    const found *pair = find(fragments, view->frame);
    ipsec_fragment whole;

    /* A frame may hold several IP packets, one inside the other. */
    if (!pair || pair->is_rest || !ipsec_fragment_read(view, &whole) || whole.offset != pair->split ||
        name_of(fragments, &whole) != pair->name)
        return 0;
    return pair->other;
}

uint32_t ipsec_fragments_first_of(const ipsec_fragments *fragments, uint32_t frame)
{
    const found *pair = find(fragments, frame);

    return pair && pair->is_rest ? pair->other : 0;
}

/* Those of them that are in one word of the set. */
#define CUT_IN(word)                                                                                                   \
    (IPSEC_FINDING_BIT(word, IPSEC_FINDING_ESP_RUNT_FOR_SA) |                                                          \
     IPSEC_FINDING_BIT(word, IPSEC_FINDING_ESP_BLOCK_ALIGNMENT) | IPSEC_FINDING_BIT(word, IPSEC_FINDING_ESP_ICV) |     \
     IPSEC_FINDING_BIT(word, IPSEC_FINDING_ESP_PAD_LENGTH) | IPSEC_FINDING_BIT(word, IPSEC_FINDING_ESP_PAD_BYTES) |    \
     IPSEC_FINDING_BIT(word, IPSEC_FINDING_ESP_PAD_LAST_BYTE) |                                                        \
     IPSEC_FINDING_BIT(word, IPSEC_FINDING_ESP_EMPTY_PAYLOAD) |                                                        \
     IPSEC_FINDING_BIT(word, IPSEC_FINDING_ESP_NEXT_HEADER) |                                                          \
     IPSEC_FINDING_BIT(word, IPSEC_FINDING_ESP_NEXT_HEADER_MODE) |                                                     \
     IPSEC_FINDING_BIT(word, IPSEC_FINDING_ESP_INNER_TRUNCATED) |                                                      \
     IPSEC_FINDING_BIT(word, IPSEC_FINDING_ESP_INNER_VERSION) |                                                        \
     IPSEC_FINDING_BIT(word, IPSEC_FINDING_ESP_INNER_LENGTH) |                                                         \
     IPSEC_FINDING_BIT(word, IPSEC_FINDING_ESP_INNER_TRANSPORT) | IPSEC_FINDING_BIT(word, IPSEC_FINDING_AH_ICV) |      \
     IPSEC_FINDING_BIT(word, IPSEC_FINDING_AH_LENGTH_OVERRUN) | IPSEC_FINDING_BIT(word, IPSEC_FINDING_KEY_WRONG))

const ipsec_finding_set ipsec_findings_of_cut_packets = {{CUT_IN(0), CUT_IN(1), CUT_IN(2)}};

#undef CUT_IN
