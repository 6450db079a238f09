/** @file
 * Advice: the catalogue's, or what a look beyond the packet makes more exact.
 *
 * The room report/ has what people are told: the report, advice, and what each receiver reports. It moves no state.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ADVICE_H
#define IPSEC_CORE_ADVICE_H

#include "report/report.h"

/** Octets that are enough for any advice. Wireshark cuts the text of an item, with its name, at 240. */
#define IPSEC_ADVICE_SIZE 224

/**
 * The advice on a finding: "What to do next, and why; what helps; this may be an attack; step: Object type."
 *
 * @param buffer  where it is written; IPSEC_ADVICE_SIZE octets
 * @return buffer
 */
const char *ipsec_finding_advice(const ipsec_finding *finding, char buffer[IPSEC_ADVICE_SIZE]);

#endif
