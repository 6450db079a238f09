/* Compact storage of key rows. SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/row_store.h"
#include "base/wipe.h"

#include <string.h>

/* Rows per chunk, a power of two, and octets per piece: allocating each row on its own would cost more than filling it.
 */
#define CHUNK 1024u
#define PIECE ((size_t)65536)

/* A shape is the front of an ipsec_key_row, zero where rows tend to differ. */
#define SHAPE offsetof(ipsec_key_row, encryption_key)

G_STATIC_ASSERT(SHAPE + IPSEC_ENCRYPTION_KEY_MOST + IPSEC_INTEGRITY_KEY_MOST <= sizeof(ipsec_key_row));
G_STATIC_ASSERT(sizeof(ipsec_key_row) <= PIECE);

/* --- octets --- */

static void add_piece(ipsec_octet_pool *pool)
{
    pool->at = g_malloc(PIECE);
    pool->left = PIECE;
    g_ptr_array_add(pool->pieces, pool->at);
}

/* Allocates octets, at most PIECE. */
static uint8_t *take(ipsec_octet_pool *pool, size_t length)
{
    uint8_t *room;

    if (pool->left < length)
        add_piece(pool);
    room = pool->at;
    pool->at += length;
    pool->left -= length;
    return room;
}

static void clear_pool(ipsec_octet_pool *pool)
{
    for (unsigned i = 0; i < pool->pieces->len; i++) {
        uint8_t *const piece = g_ptr_array_index(pool->pieces, i);

        /* The end of the last piece was never written. */
        ipsec_wipe(piece, i + 1 == pool->pieces->len ? PIECE - pool->left : PIECE);
        g_free(piece);
    }
    g_ptr_array_free(pool->pieces, true);
}

/* --- shapes --- */

/* The shape of the row. Rows of a dump have few shapes, mostly those of the two directions in turn. A shape that is
 * stored twice because it was not among the last costs only memory. So do different padding octets, which are compared
 * too. */
static const uint8_t *shape_of(ipsec_row_store *store, const ipsec_key_row *spec)
{
    ipsec_key_row front;
    uint8_t *shape;

    memcpy(&front, spec, SHAPE);
    memset(front.destination.octets, 0, sizeof front.destination.octets);
    memset(front.source.octets, 0, sizeof front.source.octets);
    front.spi = front.line = 0;
    front.source_port = front.destination_port = 0;
    for (unsigned i = 0; i < IPSEC_SHAPES_TRIED && store->shapes[i]; i++)
        if (memcmp(store->shapes[i], &front, SHAPE) == 0)
            return store->shapes[i];
    shape = take(&store->pool, SHAPE);
    memcpy(shape, &front, SHAPE);
    store->shapes[store->next_shape] = shape;
    store->next_shape = (store->next_shape + 1) % IPSEC_SHAPES_TRIED;
    return shape;
}

/* --- rows --- */

void ipsec_row_store_init(ipsec_row_store *store)
{
    *store = (ipsec_row_store){.chunks = g_ptr_array_new_with_free_func(g_free)};
    store->pool.pieces = g_ptr_array_new();
}

void ipsec_row_store_clear(ipsec_row_store *store)
{
    clear_pool(&store->pool);
    g_ptr_array_free(store->chunks, true);
}

ipsec_packed_row *ipsec_row_store_at(const ipsec_row_store *store, uint32_t index)
{
    return (ipsec_packed_row *)g_ptr_array_index(store->chunks, index / CHUNK) + index % CHUNK;
}

/* Octets of the ports of the encapsulation, which are not part of the shape because each NAT has others. */
static size_t port_octets(const ipsec_key_row *spec)
{
    return spec->encapsulation == IPSEC_ENCAP_UDP ? sizeof spec->source_port + sizeof spec->destination_port : 0;
}

static const uint8_t *keep_keys(ipsec_octet_pool *pool, const ipsec_key_row *spec)
{
    const size_t length = (size_t)spec->encryption_key_length + spec->integrity_key_length;
    uint8_t *const keys = take(pool, length + port_octets(spec));

    memcpy(keys, spec->encryption_key, spec->encryption_key_length);
    memcpy(keys + spec->encryption_key_length, spec->integrity_key, spec->integrity_key_length);
    if (port_octets(spec) > 0) {
        memcpy(keys + length, &spec->source_port, sizeof spec->source_port);
        memcpy(keys + length + sizeof spec->source_port, &spec->destination_port, sizeof spec->destination_port);
    }
    return keys;
}

static void read_ports(const ipsec_packed_row *row, ipsec_key_row *spec)
{
    const uint8_t *ports = row->keys + spec->encryption_key_length + spec->integrity_key_length;

    if (port_octets(spec) == 0)
        return;
    memcpy(&spec->source_port, ports, sizeof spec->source_port);
    memcpy(&spec->destination_port, ports + sizeof spec->source_port, sizeof spec->destination_port);
}

void ipsec_row_store_add(ipsec_row_store *store, const ipsec_key_row *spec)
{
    ipsec_packed_row *row;

    if (store->count % CHUNK == 0)
        g_ptr_array_add(store->chunks, g_new(ipsec_packed_row, CHUNK));
    row = ipsec_row_store_at(store, store->count);
    row->next = store->count++;
    row->position = 0;
    row->whole = NULL;
    ipsec_row_store_replace(store, row, spec);
}

void ipsec_row_store_replace(ipsec_row_store *store, ipsec_packed_row *row, const ipsec_key_row *spec)
{
    memcpy(row->destination, spec->destination.octets, sizeof row->destination);
    memcpy(row->source, spec->source.octets, sizeof row->source);
    row->spi = spec->spi;
    row->line = spec->line;
    row->shape = shape_of(store, spec);
    row->keys = keep_keys(&store->pool, spec);
}

void ipsec_row_store_read(const ipsec_packed_row *row, ipsec_key_row *spec)
{
    memset(spec, 0, sizeof *spec);
    memcpy(spec, row->shape, SHAPE);
    memcpy(spec->destination.octets, row->destination, sizeof row->destination);
    memcpy(spec->source.octets, row->source, sizeof row->source);
    spec->spi = row->spi;
    spec->line = row->line;
    read_ports(row, spec);
}

void ipsec_row_store_read_keys(const ipsec_packed_row *row, ipsec_key_row *spec)
{
    ipsec_row_store_read(row, spec);
    memcpy(spec->encryption_key, row->keys, spec->encryption_key_length);
    memcpy(spec->integrity_key, row->keys + spec->encryption_key_length, spec->integrity_key_length);
}
