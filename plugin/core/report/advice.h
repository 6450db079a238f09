/** @file
 * Advice: that of the catalogue, or a more exact one if there is more to go on than the packet itself.
 *
 * Layer report/: the report, the advice, and what each receiver reports. It changes no state.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_ADVICE_H
#define IPSEC_CORE_ADVICE_H

#include "report/report.h"

/** Octets that are enough for any advice. Wireshark truncates the text of an item, including its name, at 240. */
#define IPSEC_ADVICE_SIZE 224

/**
 * The advice on a finding: "What to do next, and why; what helps; this may be an attack; step: Object type."
 *
 * @param buffer  where it is written; IPSEC_ADVICE_SIZE octets
 * @return buffer
 */
const char *ipsec_finding_advice(const ipsec_finding *finding, char buffer[IPSEC_ADVICE_SIZE]);

#endif
