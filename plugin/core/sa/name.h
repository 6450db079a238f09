/** @file
 * What the packets of an SA have in common: its key in tables that compare addresses octet by octet. Internal to the
 * core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_NAME_H
#define IPSEC_CORE_NAME_H

#include "base/hash.h"
#include "packet/view.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

/** A key for GHashTable; each table has a seed of its own. Compared as octets. */
typedef struct ipsec_sa_name {
    uint64_t seed;
    uint8_t destination[16]; /**< zero after the address */
    uint32_t spi;
    uint8_t address_length, protocol;
    uint8_t zero[2];
} ipsec_sa_name;

G_STATIC_ASSERT(sizeof(ipsec_sa_name) == 32);

/** The name of the SA of what is sent to the view's destination; the view must have addresses. */
static inline ipsec_sa_name ipsec_sa_name_of(uint64_t seed, const ipsec_view *view, uint32_t spi, uint8_t protocol)
{
    ipsec_sa_name name = {.seed = seed, .spi = spi, .address_length = view->address_length, .protocol = protocol};

    memcpy(name.destination, view->destination, view->address_length);
    return name;
}

/** A GHashFunc. */
static inline guint ipsec_sa_name_hash(gconstpointer of)
{
    const ipsec_sa_name *name = of;
    uint64_t words[2], hash = ipsec_hash_mix(name->seed, (uint64_t)name->spi << 32 | name->protocol);

    hash = ipsec_hash_address(hash, name->destination, sizeof name->destination, words);
    return (guint)(hash ^ hash >> 32);
}

/** A GEqualFunc. */
static inline gboolean ipsec_sa_name_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(ipsec_sa_name)) == 0;
}

#endif
