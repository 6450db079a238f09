/* Key rows, grouped by what they leave open: within a group a row is found by hashing.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keyring.h"

#include <glib.h>
#include <string.h>

G_STATIC_ASSERT(sizeof(ipsec_row_key) == 40);

/* Rows that leave the same open. */
typedef struct row_group {
    ipsec_row_key mask; /* ones where the key counts; of the lengths, what the rows have */
    GHashTable *rows;   /* ipsec_row_key -> index of the first such row */
} row_group;

/* Rows of a chunk; a power of two. Each on its own would cost an allocation more, and a release. */
#define CHUNK 256u

struct ipsec_keyring {
    GPtrArray *chunks; /* of CHUNK ipsec_key_rows each */
    uint32_t count;    /* rows in all chunks */
    GPtrArray *groups; /* of row_group; a handful in practice */
    bool needs_source;
    /* For advice and for unknown SPIs only; so made when first asked for. */
    unsigned surveyed;       /* rows that are in what follows */
    GHashTable *names;       /* set of keys with destination, SPI and protocol of the rows that name all three */
    GHashTable *spis;        /* set of keys with SPI and protocol of the rows that name an SPI */
    GPtrArray *destinations; /* of row_group, by destination alone */
};

static guint key_hash(gconstpointer key)
{
    const uint8_t *octets = key;
    uint64_t hash = 0;

    for (unsigned i = 0; i < sizeof(ipsec_row_key); i += 8) {
        uint64_t word;

        memcpy(&word, octets + i, sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return (guint)hash;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(ipsec_row_key)) == 0;
}

static void free_group(gpointer data)
{
    row_group *group = data;

    g_hash_table_destroy(group->rows);
    g_free(group);
}

ipsec_keyring *ipsec_keyring_new(void)
{
    ipsec_keyring *ring = g_new0(ipsec_keyring, 1);

    ring->chunks = g_ptr_array_new_with_free_func(g_free);
    ring->groups = g_ptr_array_new_with_free_func(free_group);
    ring->destinations = g_ptr_array_new_with_free_func(free_group);
    ring->names = g_hash_table_new_full(key_hash, key_equal, g_free, NULL);
    ring->spis = g_hash_table_new_full(key_hash, key_equal, g_free, NULL);
    return ring;
}

static void wipe_rows(ipsec_keyring *ring)
{
    for (uint32_t i = 0; i < ring->count; i++) {
        ipsec_key_row *row = ipsec_keyring_row(ring, i);

        ipsec_crypto_free(row->crypto);
        ipsec_spec_wipe(&row->spec);
    }
}

void ipsec_keyring_free(ipsec_keyring *ring)
{
    if (!ring)
        return;
    wipe_rows(ring);
    g_ptr_array_free(ring->chunks, true);
    g_ptr_array_free(ring->groups, true);
    g_ptr_array_free(ring->destinations, true);
    g_hash_table_destroy(ring->names);
    g_hash_table_destroy(ring->spis);
    g_free(ring);
}

static ipsec_row_key mask_of(const ipsec_spec *spec)
{
    ipsec_row_key mask = {.spi = spec->spi_mask,
                          .destination_length = spec->destination.length,
                          .source_length = spec->match_source ? spec->source.length : 0};

    memcpy(mask.destination, spec->destination.mask, sizeof mask.destination);
    if (spec->match_source)
        memcpy(mask.source, spec->source.mask, sizeof mask.source);
    return mask;
}

static ipsec_row_key key_of(const ipsec_spec *spec)
{
    ipsec_row_key key = mask_of(spec);

    key.spi = spec->spi;
    key.protocol = spec->protocol;
    memcpy(key.destination, spec->destination.octets, sizeof key.destination);
    if (spec->match_source)
        memcpy(key.source, spec->source.octets, sizeof key.source);
    return key;
}

/* The group with that mask, made if it is new. */
static row_group *group_of(GPtrArray *groups, const ipsec_row_key *mask, bool owned_keys)
{
    row_group *group;

    for (unsigned i = 0; i < groups->len; i++) {
        group = g_ptr_array_index(groups, i);
        if (key_equal(&group->mask, mask))
            return group;
    }
    group = g_new0(row_group, 1);
    group->mask = *mask;
    group->rows = g_hash_table_new_full(key_hash, key_equal, owned_keys ? g_free : NULL, NULL);
    g_ptr_array_add(groups, group);
    return group;
}

static void add_to_set(GHashTable *set, const ipsec_row_key *key)
{
    if (!g_hash_table_contains(set, key))
        g_hash_table_add(set, g_memdup2(key, sizeof *key));
}

static void add_destination(ipsec_keyring *ring, const ipsec_spec *spec)
{
    static const uint8_t zeros[sizeof spec->destination.mask];
    ipsec_row_key mask = {.destination_length = spec->destination.length}, key = mask;

    if (memcmp(spec->destination.mask, zeros, sizeof zeros) == 0)
        return; /* "*", or all of one version of IP: names nobody */
    memcpy(mask.destination, spec->destination.mask, sizeof mask.destination);
    memcpy(key.destination, spec->destination.octets, sizeof key.destination);
    add_to_set(group_of(ring->destinations, &mask, true)->rows, &key);
}

/* What ipsec_keyring_has() answers from. */
static void add_name(ipsec_keyring *ring, const ipsec_spec *spec)
{
    static const uint8_t ones[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    ipsec_row_key key = {.spi = spec->spi, .protocol = spec->protocol};

    if (spec->spi_mask != UINT32_MAX)
        return;
    add_to_set(ring->spis, &key);
    if (spec->destination.length == 0 || memcmp(spec->destination.mask, ones, spec->destination.length) != 0)
        return;
    memcpy(key.destination, spec->destination.octets, sizeof key.destination);
    key.destination_length = spec->destination.length;
    add_to_set(ring->names, &key);
}

static void add_high(ipsec_spec *spec, uint32_t high)
{
    for (unsigned i = 0; i < spec->high_count; i++)
        if (spec->highs[i] == high)
            return;
    if (spec->high_count < IPSEC_SPEC_HIGHS)
        spec->highs[spec->high_count++] = high;
    else
        spec->highs[IPSEC_SPEC_HIGHS - 1] = high;
}

static bool has_same_keys(const ipsec_spec *a, const ipsec_spec *b)
{
    return a->has_keys == b->has_keys && a->encryption == b->encryption && a->integrity == b->integrity &&
           a->encryption_key_length == b->encryption_key_length && a->integrity_key_length == b->integrity_key_length &&
           memcmp(a->encryption_key, b->encryption_key, a->encryption_key_length) == 0 &&
           memcmp(a->integrity_key, b->integrity_key, a->integrity_key_length) == 0;
}

static bool is_same_range(const ipsec_address_range *a, const ipsec_address_range *b)
{
    return a->length == b->length && memcmp(a->octets, b->octets, sizeof a->octets) == 0 &&
           memcmp(a->mask, b->mask, sizeof a->mask) == 0;
}

static bool has_same_selector(const ipsec_selector *a, const ipsec_selector *b)
{
    return a->present == b->present && is_same_range(&a->source, &b->source) &&
           is_same_range(&a->destination, &b->destination) && a->any_protocol == b->any_protocol &&
           a->protocol == b->protocol && a->source_port == b->source_port &&
           a->source_port_mask == b->source_port_mask && a->destination_port == b->destination_port &&
           a->destination_port_mask == b->destination_port_mask;
}

/* Another row for the same SA, as a later dump has it. What they disagree on changed in between, and is not known. */
static void merge(ipsec_spec *first, const ipsec_spec *later)
{
    for (unsigned i = 0; i < later->high_count; i++)
        add_high(first, later->highs[i]);
    if (first->encapsulation != later->encapsulation)
        first->encapsulation = IPSEC_ENCAP_ANY;
    if (first->mode != later->mode)
        first->mode = IPSEC_MODE_ANY;
    if (!has_same_selector(&first->selector, &later->selector))
        first->selector.present = false;
    if (first->replay_window != later->replay_window)
        first->replay_window = IPSEC_REPLAY_WINDOW_UNKNOWN;
}

static ipsec_key_row *new_row(ipsec_keyring *ring)
{
    if (ring->count % CHUNK == 0)
        g_ptr_array_add(ring->chunks, g_new(ipsec_key_row, CHUNK));
    return ipsec_keyring_row(ring, ring->count++);
}

static ipsec_key_row *append(ipsec_keyring *ring, const ipsec_spec *spec, const ipsec_row_key *key)
{
    ipsec_key_row *row = new_row(ring);

    *row = (ipsec_key_row){.key = *key, .index = ring->count - 1, .next = IPSEC_KEY_NONE};
    row->spec = *spec;
    return row;
}

/* As many rows with other keys as an SA may have; more are of no use, and would take long to go through. */
#define CHAIN_MOST 8u

/* The row of the chain that begins at `first` with the keys of *spec; else its last one, and *found is false. */
static ipsec_key_row *find_in_chain(const ipsec_keyring *ring, ipsec_key_row *first, const ipsec_spec *spec,
                                    bool *found, unsigned *length)
{
    *found = has_same_keys(&first->spec, spec);
    for (*length = 1; !*found && first->next != IPSEC_KEY_NONE; ++*length) {
        first = ipsec_keyring_row(ring, first->next);
        *found = has_same_keys(&first->spec, spec);
    }
    return first;
}

void ipsec_keyring_add(ipsec_keyring *ring, const ipsec_spec *spec)
{
    const ipsec_row_key mask = mask_of(spec), key = key_of(spec);
    row_group *group = group_of(ring->groups, &mask, false);
    ipsec_key_row *row = g_hash_table_lookup(group->rows, &key);
    unsigned length;
    bool found;

    if (!row) {
        row = append(ring, spec, &key);
        g_hash_table_insert(group->rows, &row->key, row);
        ring->needs_source = ring->needs_source || mask.source_length > 0;
        return;
    }
    row = find_in_chain(ring, row, spec, &found, &length);
    if (found)
        merge(&row->spec, spec);
    else if (length < CHAIN_MOST)
        row->next = append(ring, spec, &key)->index;
}

/* Takes stock of the rows that were added since the last time. */
static void survey(ipsec_keyring *ring)
{
    for (; ring->surveyed < ring->count; ring->surveyed++) {
        const ipsec_spec *spec = &ipsec_keyring_row(ring, ring->surveyed)->spec;

        add_destination(ring, spec);
        add_name(ring, spec);
    }
}

uint32_t ipsec_keyring_count(const ipsec_keyring *ring)
{
    return ring->count;
}

ipsec_key_row *ipsec_keyring_row(const ipsec_keyring *ring, uint32_t index)
{
    return (ipsec_key_row *)g_ptr_array_index(ring->chunks, index / CHUNK) + index % CHUNK;
}

bool ipsec_keyring_needs_source(const ipsec_keyring *ring)
{
    return ring->needs_source;
}

static void mask_address(uint8_t *to, const uint8_t *address, const uint8_t *mask, unsigned length)
{
    for (unsigned i = 0; i < length; i++)
        to[i] = address[i] & mask[i];
}

/* The key of the view in a group; false if the group is for the other version of IP. */
static bool key_in_group(const row_group *group, const ipsec_view *view, uint32_t spi, uint8_t protocol,
                         ipsec_row_key *key)
{
    const ipsec_row_key *mask = &group->mask;

    *key = (ipsec_row_key){.spi = spi & mask->spi,
                           .destination_length = mask->destination_length,
                           .source_length = mask->source_length,
                           .protocol = protocol};
    if (mask->destination_length && mask->destination_length != view->address_length)
        return false;
    if (mask->source_length && mask->source_length != view->address_length)
        return false;
    mask_address(key->destination, view->destination, mask->destination, mask->destination_length);
    mask_address(key->source, view->source, mask->source, mask->source_length);
    return true;
}

uint32_t ipsec_keyring_find(const ipsec_keyring *ring, const ipsec_view *view, uint32_t spi)
{
    uint32_t first = IPSEC_KEY_NONE;

    for (unsigned i = 0; i < ring->groups->len; i++) {
        const row_group *group = g_ptr_array_index(ring->groups, i);
        const ipsec_key_row *row;
        ipsec_row_key key;

        if (!key_in_group(group, view, spi, view->protocol, &key))
            continue;
        row = g_hash_table_lookup(group->rows, &key);
        if (row && row->index < first)
            first = row->index;
    }
    return first;
}

bool ipsec_keyring_knows_destination(ipsec_keyring *ring, const ipsec_view *view)
{
    survey(ring);
    for (unsigned i = 0; i < ring->destinations->len; i++) {
        const row_group *group = g_ptr_array_index(ring->destinations, i);
        ipsec_row_key key;

        if (key_in_group(group, view, 0, 0, &key) && g_hash_table_contains(group->rows, &key))
            return true;
    }
    return false;
}

bool ipsec_keyring_has(ipsec_keyring *ring, uint32_t spi, uint8_t protocol, const uint8_t *destination, uint8_t length)
{
    ipsec_row_key key = {.spi = spi, .protocol = protocol};

    survey(ring);
    if (!destination)
        return g_hash_table_contains(ring->spis, &key);
    key.destination_length = length;
    memcpy(key.destination, destination, length);
    return g_hash_table_contains(ring->names, &key);
}

ipsec_crypto *ipsec_key_row_open(ipsec_key_row *row)
{
    const ipsec_spec *spec = &row->spec;

    if (row->crypto || row->refused || !spec->has_keys)
        return row->crypto;
    row->crypto = ipsec_crypto_new(&(ipsec_keys){.encryption = spec->encryption,
                                                 .encryption_key = spec->encryption_key,
                                                 .encryption_key_length = spec->encryption_key_length,
                                                 .integrity = spec->integrity,
                                                 .integrity_key = spec->integrity_key,
                                                 .integrity_key_length = spec->integrity_key_length});
    row->refused = !row->crypto;
    return row->crypto;
}
