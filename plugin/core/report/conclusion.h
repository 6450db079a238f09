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

/** What is worst about a packet: of its most severe findings the first that tells of itself, or else of others; NULL
 * if there are none. */
const ipsec_finding *ipsec_gravest(const ipsec_findings *findings);

/** The same of Warning or above: what a list of packets names in front. */
const ipsec_finding *ipsec_alarm(const ipsec_findings *findings);

/**
 * The verdict, the summary of the gravest finding and the error of Windows, as far as there are any: "drop, ESP length
 * is not a multiple of 4 octets (13914)".
 *
 * @param buffer  where it is written; IPSEC_CONCLUSION_SIZE octets
 * @return buffer
 */
const char *ipsec_conclusion(const ipsec_report *report, char buffer[IPSEC_CONCLUSION_SIZE]);

#endif
