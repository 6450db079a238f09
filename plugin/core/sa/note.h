/** @file
 * What a header's neighbours tell, and its octets do not: kept for later passes. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_NOTE_H
#define IPSEC_CORE_NOTE_H

#include "report/report.h"

#include <stdint.h>

/** Findings that rest on other packets; bits of ipsec_note.marks. */
typedef enum {
    IPSEC_MARK_WRONG_HIGH = 1 << 0,
    IPSEC_MARK_DUPLICATE = 1 << 1,
    IPSEC_MARK_CONFLICT = 1 << 2,
    IPSEC_MARK_OLD = 1 << 3,
    IPSEC_MARK_CAPTURED_TWICE = 1 << 4,
    IPSEC_MARK_REORDER = 1 << 5,
    IPSEC_MARK_GAP = 1 << 6,
    IPSEC_MARK_JUMP = 1 << 7,
    IPSEC_MARK_WRAP = 1 << 8,
    IPSEC_MARK_RESTART = 1 << 9,
    IPSEC_MARK_SENDERS = 1 << 10,
    IPSEC_MARK_NO_REPLAY = 1 << 11,
    IPSEC_MARK_OLD_SPI = 1 << 12,
    IPSEC_MARK_ADDRESS_CHANGED = 1 << 13,
    IPSEC_MARK_EXPIRED = 1 << 14,
    IPSEC_MARK_IV_REUSE = 1 << 15,
    IPSEC_MARK_IV_PREDICTABLE = 1 << 16,
    IPSEC_MARK_IV_ZERO = 1 << 17,
    IPSEC_MARK_IV_UNCHECKED = 1 << 18,
    IPSEC_MARK_GONE = 1 << 19,
    IPSEC_MARK_IP_CHECKSUM = 1 << 20,
    IPSEC_MARK_V4_OPTION = 1 << 21,
    IPSEC_MARK_UDP_CHECKSUM = 1 << 22,
    IPSEC_MARK_UDP_LENGTH = 1 << 23,
    IPSEC_MARK_V6_ZERO_CHECKSUM = 1 << 24,
    IPSEC_MARK_FORGOTTEN = 1 << 25,
    IPSEC_MARK_STRAY = 1 << 26
} ipsec_mark;

/** What else neighbours tell, and is no finding of its own; bits of ipsec_note.facts. */
typedef enum {
    IPSEC_NOTE_OTHER_DSCP = 1 << 0,   /**< what overtook a packet that is OLD or WRONG_HIGH had another DSCP */
    IPSEC_NOTE_REPEATED = 1 << 1,     /**< the number came before, or may have; its IV is no new one */
    IPSEC_NOTE_FAR = 1 << 2,          /**< ipsec_note.highest counts */
    IPSEC_NOTE_COPY = 1 << 3,         /**< the same packet as one before */
    IPSEC_NOTE_OTHER_OCTETS = 1 << 4, /**< another packet than the one before with that number */
    IPSEC_NOTE_DOUBTFUL = 1 << 5,     /**< what refuses the number rests on what is not verified, or may be missing */
    IPSEC_NOTE_COALESCED = 1 << 6,    /**< the packet stands for several */
    IPSEC_NOTE_SAID = 1 << 7          /**< SENDERS or NO_REPLAY: it was said of the SA before */
} ipsec_note_fact;

/** The marks of what is no new packet of the SA: it moves nothing. */
#define IPSEC_MARKS_NOT_NEW                                                                                            \
    (IPSEC_MARK_DUPLICATE | IPSEC_MARK_CONFLICT | IPSEC_MARK_OLD | IPSEC_MARK_CAPTURED_TWICE | IPSEC_MARK_WRONG_HIGH)

/** A note on one header. All zero where there is nothing to say. */
typedef struct ipsec_note {
    uint64_t highest;    /**< number before this packet, where ipsec_record.advance cannot tell it */
    uint32_t marks;      /**< ipsec_mark */
    uint32_t first_seen; /**< frame that carried this number (or IV) first; 0: unknown */
    uint32_t window;     /**< packets of the receiver's window, where OLD or WRONG_HIGH come of its size; of STRAY,
                              the low half of the number that was odd; else 0 */
    uint32_t row;        /**< index of the key row, and one more, where the source of the packet does not lead to it: it
                               is the SA's all the same; else 0 */
    uint16_t properties; /**< ipsec_property bits that this header was the first of its SA to show */
    uint8_t facts;       /**< ipsec_note_fact */
    uint8_t hint, detail; /**< of the finding on its key, ICV or SPI */
    uint8_t seen_by;      /**< stacks (bits by ipsec_stack) to which the number is one that they have seen */
    uint8_t old_by;       /**< stacks to which it is left of the window */
    uint8_t wrong_by;     /**< ESN: stacks that take it for a number with another high half */
    uint8_t zero_by;      /**< stacks that take it for the number 0 */
} ipsec_note;

/** Adds the findings that `marks`, which are some of the note's, stand for. */
void ipsec_note_report(const ipsec_note *note, uint32_t marks, ipsec_report *report);

#endif
