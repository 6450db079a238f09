/** @file
 * What only other packets show about a header: kept for later passes. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_NOTE_H
#define IPSEC_CORE_NOTE_H

#include "base/finding_set.h"
#include "packet/findings.h"
#include "packet/header.h"
#include "sa/number.h"

#include <stdbool.h>
#include <stdint.h>

/** What other packets show besides findings; bits of ipsec_note.facts. */
typedef enum {
    /** replay.old, esn.wrong_high: all packets that overtook this one had another DSCP. */
    IPSEC_NOTE_OTHER_DSCP = 1 << 0,
    IPSEC_NOTE_REPEATED = 1 << 1,      /**< the number was seen before, or may have been; its IV is not a new one */
    IPSEC_NOTE_FAR = 1 << 2,           /**< ipsec_note.highest is valid */
    IPSEC_NOTE_COPY = 1 << 3,          /**< the packet is a copy of an earlier one */
    IPSEC_NOTE_OTHER_OCTETS = 1 << 4,  /**< it differs from the earlier packet with that number */
    IPSEC_NOTE_DOUBTFUL = 1 << 5,      /**< the number is refused because of packets that are not verified, or may be
                                        * missing */
    IPSEC_NOTE_COALESCED = 1 << 6,     /**< the packet stands for several coalesced ones */
    IPSEC_NOTE_SAID = 1 << 7,          /**< sa.several_senders or sa.no_anti_replay: it was reported before */
    IPSEC_NOTE_SEEN_BY_OTHER = 1 << 8, /**< the SPI is that of an SA of another protocol, whose window refuses the
                                          number at a receiver that does not distinguish the protocols */
    IPSEC_NOTE_ELSEWHERE = 1 << 9,     /**< other packets of the SA came from the source and the ports of its row */
    IPSEC_NOTE_MAY_LIVE = 1 << 10,     /**< sa.deleted: the receiver may have the SA all the same */
    IPSEC_NOTE_PEER_LACKS = 1 << 11    /**< the destination has said before that it does not support the protocol */
} ipsec_note_fact;

/** A note on one header. All zero if there is nothing to say. */
typedef struct ipsec_note {
    ipsec_finding_set found; /**< findings that depend on other packets; written by the functions below */
    uint64_t highest;        /**< highest number before this packet, if ipsec_ruling.advance cannot hold the distance */
    /** Offset of the header, once the ruling is kept; the next two are members of the ruling, likewise. */
    uint32_t offset;
    uint32_t high;
    int32_t advance;
    uint32_t first_seen; /**< frame that carried this number (or IV) first; 0: unknown */
    uint32_t window; /**< packets of the receiver's window, if replay.old or esn.wrong_high result from its size; for
                        seq.stray, the low half of the odd number; else 0 */
    uint32_t row; /**< index of the key row plus 1, if the packet was opened with the SA's row although its source has
                     another row, or none; else 0 */
    uint16_t properties;         /**< ipsec_property bits that this header was the first of its SA to show */
    bool any;                    /**< there is a finding in `found`, or a row */
    uint16_t facts;              /**< ipsec_note_fact */
    uint8_t advice_case, detail; /**< of the finding on its key, ICV or SPI */
    ipsec_stacks seen_by;        /**< stacks (bits by ipsec_stack) that consider the number seen */
    ipsec_stacks old_by;         /**< stacks for which it is left of the window */
    ipsec_stacks wrong_by;       /**< ESN: stacks that take it for a number with another high half */
    ipsec_stacks zero_by;        /**< stacks that take it for the number 0 */
    ipsec_stacks before_by;      /**< stacks that take it for one before the first, and therefore for seen */
} ipsec_note;

/** Adds a finding that depends on other packets. */
static inline void ipsec_note_add(ipsec_note *note, ipsec_finding_id id)
{
    ipsec_finding_set_add(&note->found, id);
    note->any = true;
}

/** Sets the key row, by its index. */
static inline void ipsec_note_row(ipsec_note *note, uint32_t row)
{
    note->row = row + 1;
    note->any = true;
}

/** Adds several. */
static inline void ipsec_note_add_all(ipsec_note *note, const ipsec_finding_set *findings)
{
    ipsec_finding_set_unite(&note->found, findings);
    note->any = note->any || !ipsec_finding_set_is_empty(findings);
}

/** Whether it has the finding. */
static inline bool ipsec_note_has(const ipsec_note *note, ipsec_finding_id id)
{
    return ipsec_finding_set_has(&note->found, id);
}

/** The findings on packets that are not new ones of their SA. */
extern const ipsec_finding_set ipsec_findings_of_old_packets;

/** Whether the packet is not a new one of the SA, and so moves nothing. */
static inline bool ipsec_note_is_not_new(const ipsec_note *note)
{
    return note->any && ipsec_finding_sets_meet(&note->found, &ipsec_findings_of_old_packets);
}

/** Whether the note is empty. */
static inline bool ipsec_note_is_empty(const ipsec_note *note)
{
    return !note->any && note->facts == 0 && note->properties == 0 && note->advice_case == IPSEC_CASE_NONE &&
           note->wrong_by == 0 && note->zero_by == 0 && note->seen_by == 0 && note->old_by == 0 &&
           note->before_by == 0 && note->first_seen == 0 && note->window == 0;
}

/** Adds the findings of the note to `findings`. */
void ipsec_note_report(const ipsec_note *note, const ipsec_header *header, const ipsec_number *number,
                       ipsec_findings *findings);

#endif
