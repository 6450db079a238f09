/** @file
 * Reports on a packet that was opened: depends only on packet, key row and ruling. Internal to the core.
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

/** The parts of a report that are read and filled in when a packet is opened. */
typedef struct ipsec_open_report {
    const ipsec_header *header;
    ipsec_findings *findings;
    ipsec_opened *opened;
    const ipsec_key_row *negotiated; /**< what IKE says of the SA; NULL: nothing */
    uint32_t deleted_by;             /**< the frame in which IKE deleted it; 0: it did not */
} ipsec_open_report;

/** Reports what the row says before anything is tried. */
void ipsec_opened_begin(const ipsec_envelope *envelope, const ipsec_key_row *spec, const ipsec_open_report *report);

/**
 * Reports the result of trying the row.
 *
 * @param sa_complete the key rows are complete, so the row is the receiver's, whether it verifies or not
 * @param plaintext    what ipsec_envelope_try() left, unless the ruling has IPSEC_ICV_BAD
 */
void ipsec_opened_report(const ipsec_envelope *envelope, const ipsec_key *row, const ipsec_ruling *ruling,
                         const ipsec_note *note, bool sa_complete, const uint8_t *plaintext,
                         const ipsec_open_report *report);

/** Whether the packet confirms its row: by its ICV, or, if that cannot be verified, by a sound trailer. */
bool ipsec_opened_bears_out(const ipsec_envelope *envelope, const ipsec_key *row, const ipsec_ruling *ruling,
                            const uint8_t *plaintext);

/** Reports that the packet was captured in the clear because a network card does the cryptography: it was not on the
 * wire in this form, so nothing in it can be judged. The finding itself is in the note. */
void ipsec_opened_offloaded(const ipsec_open_report *report);

/** Reports what is in a packet of ESP-NULL with shape `shape`; nothing if the packet is not whole or too short, or if
 * there is no such shape, because then the ruling belongs to another packet. */
void ipsec_opened_null(const ipsec_view *view, unsigned shape, const ipsec_open_report *report);

/** The same for a packet that came before the shape was known. Adds no findings, because these were decided when it
 * came. */
void ipsec_opened_in_hindsight(const ipsec_view *view, unsigned shape, const ipsec_open_report *report);

/** Reports that the packet could not be verified, although others of its SA verify; for AH, with the finding that the
 * headers in front are the reason. */
void ipsec_opened_unproven(const ipsec_open_report *report);

/** Reports what can be checked against what IKE negotiated, without keys: whether the lengths fit. */
void ipsec_opened_negotiated(const ipsec_view *view, uint8_t *outer, const ipsec_open_report *report);

/** Reports that the receiver does not know the SPI. */
void ipsec_opened_unknown(const ipsec_note *note, const ipsec_open_report *report);

#endif
