/** @file
 * Storing rulings in records, and in notes what does not fit. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_RECORDS_H
#define IPSEC_CORE_RECORDS_H

#include "packet/kind.h"
#include "sa/note.h"
#include "sa/record.h"
#include "sa/ruling.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/** The ruling on a header at first: what names it, and that nothing is decided. `protocol` and `udp` are those of the
 * view, for the compiler to know. */
static IPSEC_INLINE ipsec_ruling ipsec_ruling_of(const ipsec_view *view, uint8_t protocol, bool udp, uint32_t sa)
{
    return (ipsec_ruling){
        .sa = sa, .buffer = view->buffer & IPSEC_BUFFER_MOST, .kind = ipsec_kind_index(protocol), .udp = udp};
}

/** Begins the ruling on a header. */
static inline void ipsec_ruling_begin(ipsec_ruling *ruling, const ipsec_view *view, uint32_t sa)
{
    *ruling = ipsec_ruling_of(view, view->protocol, view->encapsulation == IPSEC_ENCAPSULATION_UDP, sa);
}

/** An empty array of ipsec_note. Free it with g_array_free(). */
GArray *ipsec_notes_new(void);

/** The empty one. */
static inline const ipsec_note *ipsec_note_none(const GArray *notes)
{
    return &g_array_index(notes, ipsec_note, 0);
}

/** Stores the ruling on a header, and a copy of its note. */
void ipsec_record_keep_noted(GArray *notes, const ipsec_view *view, const ipsec_ruling *ruling, ipsec_note *note,
                             ipsec_record *record);

/** Keeps a ruling without a note. Returns false if it needs one for its numbers. */
static IPSEC_INLINE bool ipsec_record_keep_bits(const ipsec_view *view, uint32_t sa, uint32_t high, uint32_t bits,
                                                ipsec_record *record)
{
    if ((view->offset | high) > UINT16_MAX)
        return false;
    *record = (ipsec_record){.frame = view->frame, .sa = sa, .where_or_note = high << 16 | view->offset, .bits = bits};
    return true;
}

/** Keeps one that does, and has nothing else to say. */
IPSEC_COLD void ipsec_record_keep_large(GArray *notes, const ipsec_view *view, const ipsec_ruling *ruling,
                                        ipsec_record *record);

/**
 * Stores a ruling without a note. It still needs one if `advance` does not follow from the bits, or if the offset or
 * the high half is large.
 *
 * The record has two words for it: the bits, and the offset with the high half of the sequence number, 16 bits each, or
 * else the number of a note that has both. A header beyond 64 KB of a frame, or a 2^48th packet of an SA, is so rare
 * that it may cost a note.
 */
static IPSEC_INLINE void ipsec_record_keep(GArray *notes, const ipsec_view *view, const ipsec_ruling *ruling,
                                           ipsec_record *record)
{
    if (ruling->advance != ruling->placed ||
        !ipsec_record_keep_bits(view, ruling->sa, ruling->high, ruling->bits, record))
        ipsec_record_keep_large(notes, view, ruling, record);
}

/**
 * Restores a ruling.
 *
 * @param record  may hold anything
 * @param ruling set to it, without the sequence number, which is in the header
 * @return its note, valid until another one is added; an empty one if it has none
 */
const ipsec_note *ipsec_record_read(const GArray *notes, const ipsec_record *record, ipsec_ruling *ruling);

/** Whether a record of the same frame belongs to this header; see ipsec_record_is_of(). */
bool ipsec_record_has(const GArray *notes, const ipsec_record *record, const ipsec_view *view);

#endif
