/** @file
 * What the report says of a packet that was opened: a function of packet, key row and ruling alone. Internal to the
 * core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_OPEN_REPORT_H
#define IPSEC_CORE_OPEN_REPORT_H

#include "keys/envelope.h"
#include "keys/keyring.h"
#include "packet/findings.h"
#include "packet/header.h"
#include "sa/note.h"
#include "sa/opened.h"
#include "sa/ruling.h"

/** The parts of a report that opening a packet reads and fills in. */
typedef struct ipsec_open_report {
    const ipsec_header *header;
    ipsec_findings *findings;
    ipsec_opened *opened;
    const ipsec_key_row *negotiated; /**< what IKE says of the SA; NULL: nothing */
    uint32_t deleted_by;             /**< the frame in which IKE deleted it; 0: it did not */
} ipsec_open_report;

/** Says what the row tells before anything is tried. */
void ipsec_opened_begin(const ipsec_envelope *envelope, const ipsec_key_row *spec, const ipsec_open_report *report);

/**
 * Says what trying the row gave.
 *
 * @param sa_complete  the row is the receiver's, whether it verifies or not
 * @param plaintext    what ipsec_envelope_try() left, unless the ruling has IPSEC_ICV_BAD
 */
void ipsec_opened_report(const ipsec_envelope *envelope, const ipsec_key *row, const ipsec_ruling *ruling,
                         const ipsec_note *note, bool sa_complete, const uint8_t *plaintext,
                         const ipsec_open_report *report);

/** Whether the packet confirms its row: by its ICV or, if that is not verified, by a sound trailer. */
bool ipsec_opened_bears_out(const ipsec_envelope *envelope, const ipsec_key *row, const ipsec_ruling *ruling,
                            const uint8_t *plaintext);

/** Says that the packet was captured in the clear, where a network card does the cryptography: it was not on the wire
 * like this, and nothing of it can be judged. The finding is the note's. */
void ipsec_opened_offloaded(const ipsec_open_report *report);

/** Says what is in a packet of ESP-NULL that has the shape `shape`; nothing if the packet is not whole, or too short,
 * or there is no such shape, because then the ruling that names it is another packet's. */
void ipsec_opened_null(const ipsec_view *view, unsigned shape, const ipsec_open_report *report);

/** The same for a packet that came before the shape was known, without findings: those were decided when it came. */
void ipsec_opened_in_hindsight(const ipsec_view *view, unsigned shape, const ipsec_open_report *report);

/** Says that the packet could not be verified, on an SA where others verify; and what it lacks, if no octets of it. */
void ipsec_opened_unproven(const ipsec_open_report *report);

/** Says what can be said with what IKE negotiated, which has no keys: whether the lengths fit. */
void ipsec_opened_negotiated(const ipsec_view *view, uint8_t *outer, const ipsec_open_report *report);

/** Says that the receiver does not know the SPI. */
void ipsec_opened_unknown(const ipsec_note *note, const ipsec_open_report *report);

#endif
