/* Key rows, grouped by their wildcards: within a group a row is found by hashing.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/keyring.h"
#include "base/hash.h"
#include "keys/row_merge.h"
#include "keys/row_store.h"

#include <glib.h>
#include <string.h>

G_STATIC_ASSERT(sizeof(ipsec_key_name) == 40);

/* A place in a table of rows. */
typedef struct slot {
    uint32_t hash;
    uint32_t row; /* its index plus 1; 0: free */
} slot;

/* Rows with the same wildcards, in a table with open addressing, from which nothing is ever removed. A GHashTable takes
 * more memory and twice the instructions. */
typedef struct row_group {
    ipsec_key_name mask; /* ones where the key counts; the lengths are those of the rows; protocol 0: any */
    slot *slots;
    uint32_t size; /* of the table, a power of two; at most half of it is used */
    uint32_t used;
} row_group;

#define FIRST_SIZE 64u

struct ipsec_keyring {
    ipsec_row_store store;
    GPtrArray *groups; /* of row_group; a handful in practice */
    bool needs_source;
    bool names_offload; /* a row of a dump has ipsec_key_row.offload */
    /* Only for advice and unknown SPIs, so built when first needed. */
    unsigned surveyed; /* number of rows that are in the tables below */
    GHashTable *names; /* set of ipsec_key_name with destination, SPI and protocol of the rows that name all three */
    GHashTable *spis;  /* set of ipsec_key_name with SPI and protocol of the rows that name an SPI */
    GPtrArray *destinations; /* of row_group, by destination alone */
};

static guint key_hash(gconstpointer key)
{
    const uint8_t *octets = key;
    uint64_t hash = 0;

    for (unsigned i = 0; i < sizeof(ipsec_key_name); i += 8) {
        uint64_t word;

        memcpy(&word, octets + i, sizeof word);
        hash = ipsec_hash_mix(hash, word);
    }
    return (guint)hash;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(ipsec_key_name)) == 0;
}

static void free_group(gpointer data)
{
    row_group *group = data;

    g_free(group->slots);
    g_free(group);
}

ipsec_keyring *ipsec_keyring_new(void)
{
    ipsec_keyring *ring = g_new0(ipsec_keyring, 1);

    ipsec_row_store_init(&ring->store);
    ring->groups = g_ptr_array_new_with_free_func(free_group);
    ring->destinations = g_ptr_array_new_with_free_func(free_group);
    ring->names = g_hash_table_new_full(key_hash, key_equal, g_free, NULL);
    ring->spis = g_hash_table_new_full(key_hash, key_equal, g_free, NULL);
    return ring;
}

static void free_whole_rows(ipsec_keyring *ring)
{
    for (uint32_t i = 0; i < ring->store.count; i++) {
        ipsec_key *whole = ipsec_row_store_at(&ring->store, i)->whole;

        if (!whole)
            continue;
        ipsec_crypto_free(whole->crypto);
        ipsec_key_row_wipe(&whole->spec);
        g_free(whole);
    }
}

void ipsec_keyring_free(ipsec_keyring *ring)
{
    if (!ring)
        return;
    free_whole_rows(ring);
    ipsec_row_store_clear(&ring->store);
    g_ptr_array_free(ring->groups, true);
    g_ptr_array_free(ring->destinations, true);
    g_hash_table_destroy(ring->names);
    g_hash_table_destroy(ring->spis);
    g_free(ring);
}

static ipsec_key_name mask_of(const ipsec_key_row *spec)
{
    ipsec_key_name mask = {.spi = spec->spi_mask,
                           .destination_length = spec->destination.length,
                           .source_length = spec->match_source ? spec->source.length : 0,
                           .protocol = spec->protocol};

    memcpy(mask.destination, spec->destination.mask, sizeof mask.destination);
    if (spec->match_source)
        memcpy(mask.source, spec->source.mask, sizeof mask.source);
    return mask;
}

static ipsec_key_name key_of(const ipsec_key_row *spec)
{
    ipsec_key_name key = mask_of(spec);

    key.spi = spec->spi;
    memcpy(key.destination, spec->destination.octets, sizeof key.destination);
    if (spec->match_source)
        memcpy(key.source, spec->source.octets, sizeof key.source);
    return key;
}

/* The group with that mask, made if it is new. */
static row_group *group_of(GPtrArray *groups, const ipsec_key_name *mask)
{
    row_group *group;

    for (unsigned i = 0; i < groups->len; i++) {
        group = g_ptr_array_index(groups, i);
        if (key_equal(&group->mask, mask))
            return group;
    }
    group = g_new0(row_group, 1);
    group->mask = *mask;
    group->size = FIRST_SIZE;
    group->slots = g_new0(slot, group->size);
    g_ptr_array_add(groups, group);
    return group;
}

/* Whether the row, one of the group, has that key. */
static bool has_key(const row_group *group, const ipsec_packed_row *row, const ipsec_key_name *key)
{
    return (row->spi & group->mask.spi) == key->spi &&
           memcmp(row->destination, key->destination, sizeof key->destination) == 0 &&
           (group->mask.source_length == 0 || memcmp(row->source, key->source, sizeof key->source) == 0);
}

/* The slot of the row with that key, or the free one where it belongs. */
static slot *find_slot(const ipsec_row_store *store, const row_group *group, const ipsec_key_name *key, uint32_t hash)
{
    for (uint32_t i = hash;; i++) {
        slot *const at = &group->slots[i & (group->size - 1)];

        if (at->row == 0 || (at->hash == hash && has_key(group, ipsec_row_store_at(store, at->row - 1), key)))
            return at;
    }
}

static void grow(row_group *group)
{
    slot *const old = group->slots;
    const uint32_t old_size = group->size;

    group->size *= 2;
    group->slots = g_new0(slot, group->size);
    for (uint32_t from = 0; from < old_size; from++) {
        uint32_t to = old[from].hash;

        if (old[from].row == 0)
            continue;
        while (group->slots[to & (group->size - 1)].row != 0)
            to++;
        group->slots[to & (group->size - 1)] = old[from];
    }
    g_free(old);
}

/* Fills a slot that find_slot() found free. */
static void fill_slot(row_group *group, slot *at, uint32_t hash, uint32_t row)
{
    *at = (slot){hash, row + 1};
    if (++group->used > group->size / 2)
        grow(group);
}

static void add_to_set(GHashTable *set, const ipsec_key_name *key)
{
    if (!g_hash_table_contains(set, key))
        g_hash_table_add(set, g_memdup2(key, sizeof *key));
}

static void add_destination(ipsec_keyring *ring, const ipsec_key_row *spec, uint32_t row)
{
    static const uint8_t zeros[sizeof spec->destination.mask];
    ipsec_key_name mask = {.destination_length = spec->destination.length}, key = mask;
    row_group *group;
    uint32_t hash;
    slot *at;

    if (memcmp(spec->destination.mask, zeros, sizeof zeros) == 0)
        return; /* "*", or all addresses of one IP version */
    memcpy(mask.destination, spec->destination.mask, sizeof mask.destination);
    memcpy(key.destination, spec->destination.octets, sizeof key.destination);
    group = group_of(ring->destinations, &mask);
    hash = key_hash(&key);
    at = find_slot(&ring->store, group, &key, hash);
    if (at->row == 0)
        fill_slot(group, at, hash, row);
}

/* Adds the row to the sets that ipsec_keyring_has() uses. */
static void add_name(ipsec_keyring *ring, const ipsec_key_row *spec)
{
    static const uint8_t ones[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    ipsec_key_name key = {.spi = spec->spi, .protocol = spec->protocol};

    if (spec->spi_mask != UINT32_MAX)
        return;
    add_to_set(ring->spis, &key);
    if (spec->destination.length == 0 || memcmp(spec->destination.mask, ones, spec->destination.length) != 0)
        return;
    memcpy(key.destination, spec->destination.octets, sizeof key.destination);
    key.destination_length = spec->destination.length;
    add_to_set(ring->names, &key);
}

static bool has_keys(const ipsec_keyring *ring, uint32_t index)
{
    ipsec_key_row spec;

    ipsec_row_store_read(ipsec_row_store_at(&ring->store, index), &spec);
    return spec.has_keys;
}

/* Merges *spec into the row if both are from the same time; otherwise returns false. */
static bool take_in(ipsec_keyring *ring, uint32_t index, const ipsec_key_row *spec)
{
    ipsec_key_row first;
    bool same, adds;

    ipsec_row_store_read_keys(ipsec_row_store_at(&ring->store, index), &first);
    same = ipsec_row_is_same(&first, spec);
    /* Most rows that come twice are from two dumps of the same SAs, and add nothing. */
    adds = same && ipsec_row_adds(&first, spec);
    ipsec_key_row_wipe(&first);
    if (adds)
        ipsec_row_merge(&ipsec_keyring_row(ring, index)->spec, spec);
    return same;
}

/* Replaces a row without keys by one with keys. What the old one says is merged into it, if the algorithms are the
 * same. */
static void give_way(ipsec_keyring *ring, uint32_t index, const ipsec_key_row *spec)
{
    ipsec_packed_row *const row = ipsec_row_store_at(&ring->store, index);
    ipsec_key_row bare;

    ipsec_row_store_read(row, &bare);
    if (row->whole)
        bare = row->whole->spec;
    ipsec_row_store_replace(&ring->store, row, spec);
    if (row->whole)
        row->whole->spec = *spec;
    if (ipsec_row_is_same(&bare, spec) && ipsec_row_adds(spec, &bare))
        ipsec_row_merge(&ipsec_keyring_row(ring, index)->spec, &bare);
}

/* Adds a row for SAs that have one already. A row without keys is never tried besides others, because it would hide
 * packets that do not verify. Returns whether there was room for it. */
static bool add_again(ipsec_keyring *ring, uint32_t first, const ipsec_key_row *spec)
{
    ipsec_packed_row *last;
    uint32_t index = first;
    unsigned length = 0;

    if (spec->has_keys && !has_keys(ring, first)) {
        give_way(ring, first, spec);
        return true;
    }
    do {
        if (take_in(ring, index, spec) && spec->has_keys)
            return true;
        last = ipsec_row_store_at(&ring->store, index);
        index = last->next;
        length++;
    } while (index != first);
    if (!spec->has_keys || length == IPSEC_KEYS_PER_SA)
        return !spec->has_keys;
    last->next = ring->store.count;
    ipsec_row_store_add(&ring->store, spec);
    last = ipsec_row_store_at(&ring->store, last->next);
    last->next = first;
    last->position = (uint8_t)length;
    return true;
}

bool ipsec_keyring_add(ipsec_keyring *ring, const ipsec_key_row *spec)
{
    const ipsec_key_name mask = mask_of(spec), key = key_of(spec);
    const uint32_t hash = key_hash(&key);
    row_group *const group = group_of(ring->groups, &mask);
    slot *const at = find_slot(&ring->store, group, &key, hash);

    ring->names_offload = ring->names_offload || spec->offload;
    if (at->row != 0)
        return add_again(ring, at->row - 1, spec);
    ipsec_row_store_add(&ring->store, spec);
    fill_slot(group, at, hash, ring->store.count - 1);
    ring->needs_source = ring->needs_source || mask.source_length > 0;
    return true;
}

/* Adds the rows that are new since the last time to the tables for advice. */
static void survey(ipsec_keyring *ring)
{
    for (; ring->surveyed < ring->store.count; ring->surveyed++) {
        ipsec_key_row spec;

        ipsec_row_store_read(ipsec_row_store_at(&ring->store, ring->surveyed), &spec);
        add_destination(ring, &spec, ring->surveyed);
        add_name(ring, &spec);
    }
}

bool ipsec_keyring_may_offload(const ipsec_keyring *ring, const ipsec_key_row *spec)
{
    return spec->offload || !ring->names_offload || spec->origin != IPSEC_ORIGIN_XFRM;
}

uint32_t ipsec_keyring_count(const ipsec_keyring *ring)
{
    return ring->store.count;
}

ipsec_key *ipsec_keyring_row(const ipsec_keyring *ring, uint32_t index)
{
    ipsec_packed_row *const row = ipsec_row_store_at(&ring->store, index);

    if (!row->whole) {
        row->whole = g_new0(ipsec_key, 1);
        row->whole->index = index;
        row->whole->position = row->position;
        ipsec_row_store_read_keys(row, &row->whole->spec);
    }
    return row->whole;
}

uint32_t ipsec_keyring_next(const ipsec_keyring *ring, uint32_t index)
{
    return ipsec_row_store_at(&ring->store, index)->next;
}

bool ipsec_keyring_needs_source(const ipsec_keyring *ring)
{
    return ring->needs_source;
}

/* Masks an address of `length` octets; the rest of the mask is 0. */
static void mask_address(uint8_t to[16], const uint8_t *address, const uint8_t mask[16], unsigned length)
{
    uint8_t whole[16] = {0};

    if (length > 0)
        memcpy(whole, address, length);
    for (unsigned i = 0; i < sizeof whole; i++)
        to[i] = whole[i] & mask[i];
}

/* The key of the view in a group; false if the group is for another protocol or IP version. */
static bool key_in_group(const row_group *group, const ipsec_view *view, uint32_t spi, ipsec_key_name *key)
{
    const ipsec_key_name *mask = &group->mask;

    *key = (ipsec_key_name){.spi = spi & mask->spi,
                            .destination_length = mask->destination_length,
                            .source_length = mask->source_length,
                            .protocol = mask->protocol};
    if (mask->protocol && mask->protocol != view->protocol)
        return false;
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
        ipsec_key_name key;
        uint32_t row;

        if (!key_in_group(group, view, spi, &key))
            continue;
        row = find_slot(&ring->store, group, &key, key_hash(&key))->row;
        if (row != 0 && row - 1 < first)
            first = row - 1;
    }
    return first;
}

bool ipsec_keyring_knows_destination(ipsec_keyring *ring, const ipsec_view *view)
{
    survey(ring);
    for (unsigned i = 0; i < ring->destinations->len; i++) {
        const row_group *group = g_ptr_array_index(ring->destinations, i);
        ipsec_key_name key;

        if (key_in_group(group, view, 0, &key) && find_slot(&ring->store, group, &key, key_hash(&key))->row != 0)
            return true;
    }
    return false;
}

bool ipsec_keyring_has(ipsec_keyring *ring, uint32_t spi, uint8_t protocol, const uint8_t *destination, uint8_t length)
{
    ipsec_key_name key = {.spi = spi, .protocol = protocol};

    survey(ring);
    if (!destination)
        return g_hash_table_contains(ring->spis, &key);
    key.destination_length = length;
    memcpy(key.destination, destination, length);
    return g_hash_table_contains(ring->names, &key);
}

ipsec_crypto *ipsec_key_open(ipsec_key *row)
{
    const ipsec_key_row *spec = &row->spec;

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
