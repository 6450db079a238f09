/* Storing rulings. SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/records.h"

GArray *ipsec_notes_new(void)
{
    GArray *notes = g_array_new(false, true, sizeof(ipsec_note));

    g_array_set_size(notes, 1); /* the empty note, which every record without a note has */
    return notes;
}

void ipsec_record_keep_noted(GArray *notes, const ipsec_view *view, const ipsec_ruling *ruling, ipsec_note *note,
                             ipsec_record *record)
{
    ipsec_ruling kept = *ruling;

    kept.noted = true;
    note->offset = view->offset;
    note->high = ruling->high;
    note->advance = ruling->advance;
    *record = (ipsec_record){.frame = view->frame, .sa = kept.sa, .where_or_note = notes->len, .bits = kept.bits};
    g_array_append_val(notes, *note);
}

void ipsec_record_keep_large(GArray *notes, const ipsec_view *view, const ipsec_ruling *ruling, ipsec_record *record)
{
    ipsec_note empty = {0};

    ipsec_record_keep_noted(notes, view, ruling, &empty, record);
}

/* The note that a record names, if there is one of that number. */
static const ipsec_note *note_of(const GArray *notes, uint32_t number)
{
    return number < notes->len ? &g_array_index(notes, ipsec_note, number) : ipsec_note_none(notes);
}

const ipsec_note *ipsec_record_read(const GArray *notes, const ipsec_record *record, ipsec_ruling *ruling)
{
    const ipsec_note *note;

    *ruling = (ipsec_ruling){.sa = record->sa, .bits = record->bits};
    if (!ruling->noted) {
        ruling->high = record->where_or_note >> 16;
        ruling->advance = ruling->placed;
        return ipsec_note_none(notes);
    }
    note = note_of(notes, record->where_or_note);
    ruling->high = note->high;
    ruling->advance = note->advance;
    return note;
}

bool ipsec_record_has(const GArray *notes, const ipsec_record *record, const ipsec_view *view)
{
    const ipsec_ruling ruling = {.bits = record->bits};
    const uint32_t offset =
        ruling.noted ? note_of(notes, record->where_or_note)->offset : record->where_or_note & UINT16_MAX;

    return offset == view->offset && ruling.buffer == view->buffer && ruling.kind == ipsec_kind_index(view->protocol) &&
           ruling.udp == (view->encapsulation == IPSEC_ENCAPSULATION_UDP);
}
