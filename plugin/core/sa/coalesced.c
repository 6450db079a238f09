/* What looks like segmentation offload.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/coalesced.h"
#include "base/octets.h"
#include "packet/checks.h"
#include "sa/try.h"
#include "packet/kind.h"
#include "packet/find.h"

#include <glib.h>

/* How many sizes of the first of several coalesced packets are tried. */
#define SIZES_TRIED 8u

bool ipsec_looks_like_offload(const ipsec_view *view, const ipsec_open_report *report, ipsec_view *plain)
{
    const unsigned no_packet = IPSEC_VIEW_QUOTED | IPSEC_VIEW_FRAGMENT;
    const bool coalesced = !(view->flags & IPSEC_VIEW_OFFLOAD);

    if (report->findings->whole || !ipsec_findings_have(report->findings, IPSEC_FINDING_CAPTURE_OFFLOAD) ||
        view->flags & no_packet)
        return false;
    *plain = *view;
    plain->flags &= (uint16_t)~IPSEC_VIEW_OFFLOAD;
    plain->length = coalesced ? view->length : ipsec_view_offload_length(view);
    return plain->captured >= plain->length && plain->length >= IPSEC_ESP_FLOOR && plain->length <= IPSEC_OPENED_MOST;
}

/* A view of the `length` octets from `at` on as a packet of its own. */
static ipsec_view part_of(const ipsec_view *view, uint32_t at, uint32_t length)
{
    ipsec_view part = *view;

    part.data += at;
    part.length = part.captured = MIN(length, view->length - at);
    return part;
}

/* Whether a part verifies. If so, notes its number, and for the first of them the setting. */
static bool try_part(ipsec_opener *opener, const ipsec_view *part, ipsec_key *row, const ipsec_sa *sa,
                     ipsec_ruling *ruling)
{
    const ipsec_envelope envelope = ipsec_envelope_of(part, row->spec.encryption, row->spec.integrity, NULL);
    ipsec_ruling own = {.icv = IPSEC_ICV_BAD};

    if (part->length < IPSEC_ESP_FLOOR || opener->part_count == IPSEC_COALESCED_MOST)
        return false;
    ipsec_try(opener, &envelope, row, sa, &own);
    if (own.icv != IPSEC_ICV_GOOD)
        return false;
    if (opener->part_count == 0) {
        ruling->esn = own.esn;
        ruling->high = own.high;
    }
    opener->parts[opener->part_count++] = (uint64_t)own.high << 32 | ipsec_read_u32(part->data + 4);
    return true;
}

/* Octets of the first of several packets; 0 if none of the first few candidate sizes gives a packet that verifies. */
static uint32_t find_part_size(ipsec_opener *opener, const ipsec_view *view, ipsec_key *row, const ipsec_sa *sa)
{
    ipsec_ruling unused = {0};
    uint32_t size = ipsec_find_coalesced(view, IPSEC_ESP_FLOOR);

    for (unsigned tries = 0; size > 0 && tries < SIZES_TRIED; tries++) {
        const ipsec_view first = part_of(view, 0, size), second = part_of(view, size, size);

        if (try_part(opener, &first, row, sa, &unused) || try_part(opener, &second, row, sa, &unused))
            return size;
        size = ipsec_find_coalesced(view, size + 1);
    }
    return 0;
}

ipsec_icv_status ipsec_try_parts(ipsec_opener *opener, const ipsec_view *view, ipsec_key *row, const ipsec_sa *sa,
                                 ipsec_ruling *ruling)
{
    const uint32_t size = view->encapsulation == IPSEC_ENCAPSULATION_UDP ? find_part_size(opener, view, row, sa) : 0;
    bool all = size > 0;

    ruling->esn = false;
    ruling->high = 0;
    opener->part_count = 0;
    for (uint32_t at = 0; size > 0 && at < view->length; at += size) {
        const ipsec_view part = part_of(view, at, size);

        all = try_part(opener, &part, row, sa, ruling) && all;
    }
    return all ? IPSEC_ICV_GOOD : IPSEC_ICV_BAD;
}

ipsec_key *ipsec_try_parts_of_others(ipsec_opener *opener, const ipsec_sa *sa, ipsec_key *own, ipsec_ruling *ruling,
                                     ipsec_envelope *envelope)
{
    for (uint32_t i = ipsec_keyring_next(opener->ring, own->index); i != own->index;
         i = ipsec_keyring_next(opener->ring, i)) {
        ipsec_key *row = ipsec_keyring_row(opener->ring, i);

        ruling->icv = ipsec_try_parts(opener, envelope->view, row, ipsec_sa_with_row(opener, sa, i), ruling) & 3;
        if (ruling->icv != IPSEC_ICV_GOOD)
            continue;
        *envelope = ipsec_envelope_of(envelope->view, row->spec.encryption, row->spec.integrity, NULL);
        return row;
    }
    ruling->icv = ipsec_try_parts(opener, envelope->view, own, sa, ruling) & 3;
    return own;
}

void ipsec_take_for_packet(const ipsec_open_report *report)
{
    ipsec_findings_remove(report->findings, IPSEC_FINDING_CAPTURE_OFFLOAD);
    report->findings->whole = true;
}

bool ipsec_settle_offload(const ipsec_opener *opener, const ipsec_sa *sa, ipsec_ruling *ruling,
                          const ipsec_open_report *report)
{
    if (ruling->icv == IPSEC_ICV_NOT_PRESENT || (ruling->icv == IPSEC_ICV_BAD && !sa->keys.icv_good))
        ruling->icv = IPSEC_ICV_UNVERIFIED;
    if (ruling->icv == IPSEC_ICV_UNVERIFIED)
        return false;
    if (ruling->icv == IPSEC_ICV_BAD || opener->part_count == 0)
        ipsec_take_for_packet(report);
    return true;
}
