/** @file
 * The conclusion: a report in one line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_CONCLUSION_H
#define IPSEC_CORE_CONCLUSION_H

#include "report/report.h"

/** Octets that are enough for any conclusion. */
#define IPSEC_CONCLUSION_SIZE 160

/** The gravest finding of a packet: among its most severe ones, the first that is about the packet itself, or else the
 * first that is about its neighbours; NULL if there are none. */
const ipsec_finding *ipsec_gravest(const ipsec_findings *findings);

/** The same among findings of severity Warn or Error: what the Info column begins with. */
const ipsec_finding *ipsec_alarm(const ipsec_findings *findings);

/**
 * The verdict, and if there are any, the summary of the gravest finding and the error of Windows: "drop, ESP length is
 * not a multiple of 4 octets (13914)".
 *
 * @param buffer  where it is written; IPSEC_CONCLUSION_SIZE octets
 * @return buffer
 */
const char *ipsec_conclusion(const ipsec_report *report, char buffer[IPSEC_CONCLUSION_SIZE]);

#endif
