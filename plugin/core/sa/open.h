/** @file
 * Opening packets: which key an SA uses, whether the ICV verifies, and what is inside. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_OPEN_H
#define IPSEC_CORE_OPEN_H

#include "base/oddity.h"
#include "packet/view.h"
#include "sa/note.h"
#include "sa/open_report.h"
#include "sa/opener.h"
#include "sa/ruling.h"
#include "sa/sa.h"

/**
 * Opens the next packet of an SA with its key row, or with the heuristics for ESP-NULL: updates what the SA knows of
 * its keys, fills in the members of ruling and note on keys, and adds to the report.
 */
void ipsec_open_next(ipsec_opener *opener, const ipsec_view *view, ipsec_sa *sa, ipsec_ruling *ruling, ipsec_note *note,
                     const ipsec_open_report *report);

/** The same for an SA for which there is no key (ipsec_sa_keys.nothing_to_try), and whose probe does not pause.
 */
void ipsec_open_without_key(const ipsec_opener *opener, const ipsec_view *view, ipsec_null_probe *probe,
                            ipsec_ruling *ruling, const ipsec_open_report *report);

/** The first half of that: whether the SA is believed to be ESP-NULL, and the packet part of it. `whole`: it was
 * captured whole. */
bool ipsec_open_probe(const ipsec_opener *opener, const ipsec_view *view, ipsec_null_probe *probe, bool whole);

/** The second half, if it is. */
void ipsec_open_probed(const ipsec_view *view, const ipsec_null_probe *probe, ipsec_ruling *ruling,
                       const ipsec_open_report *report);

/** On later passes, opens a packet that neither a key nor the heuristics opened at first, if its SA turned out to be
 * ESP-NULL. Adds no finding, so the verdict stays the same. */
void ipsec_open_in_hindsight(const ipsec_opener *opener, const ipsec_view *view, const ipsec_ruling *ruling,
                             const ipsec_open_report *report);

/** Reports what IKE says of a packet that no key opens, on any pass. */
void ipsec_open_negotiated(ipsec_opener *opener, const ipsec_view *view, const ipsec_open_report *report);

/** Opens a packet again according to its ruling and note, and adds the same to the report as on the first pass. */
void ipsec_open_again(ipsec_opener *opener, const ipsec_view *view, const ipsec_ruling *ruling, const ipsec_note *note,
                      const ipsec_open_report *report);

/** Whether the receiver has an SA with the SPI of a payload that is too short for ESP: IPSEC_ODDITY_SHORT_KNOWN or
 * _UNKNOWN; 0 if the tables do not say. */
ipsec_oddities ipsec_open_ask(const ipsec_opener *opener, const ipsec_view *view, uint32_t spi);

#endif
