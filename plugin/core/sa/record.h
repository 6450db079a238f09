/** @file
 * The record: what the first pass leaves of one header.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_RECORD_H
#define IPSEC_CORE_RECORD_H

#include <glib.h>
#include <stdint.h>

/** What ipsec_judge() leaves of one header for ipsec_explain(): 16 octets of plain data that may be copied and stored.
 * Valid only with the database that it came from, and only for the same header: see ipsec_record_is_of(). */
typedef struct ipsec_record {
    uint32_t frame; /**< ipsec_view.frame; the other members belong to the core, see records.h */
    uint32_t sa;
    uint32_t where_or_note;
    uint32_t bits;
} ipsec_record;

G_STATIC_ASSERT(sizeof(ipsec_record) == 16);

#endif
