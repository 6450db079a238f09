/* Texts of the page of systems that are in no row of the core. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_TESTS_SYSTEMS_DATA_H
#define IPSEC_TESTS_SYSTEMS_DATA_H

#include <stdint.h>

/** A report of a stack. Those that the core knows are shown with a filter and their findings. */
typedef struct {
    const char *report; /**< as the core spells it; NULL ends a table */
    const char *shown;  /**< how the system words it if it does not print the name; NULL: the name */
    const char *means;
    const char *check; /**< what to check first */
} report_note;

/** Where to look for an error of Windows that no packet shows. */
typedef struct {
    uint32_t error; /**< 0 ends the table */
    const char *filter;
} windows_elsewhere;

/** A line of a table that has only data; a line with `says` NULL ends it. */
typedef struct {
    const char *says;
    const char *filter; /**< in Markdown, because some have two; "-" if no packet shows it */
    const char *means;
    const char *check;
} page_line;

/** An error of IPsec DoS Protection, which is not the receiver's own IPsec. */
typedef struct {
    uint32_t error;  /**< 0 ends the table */
    uint32_t status; /**< NTSTATUS; 0 if unknown */
    const char *name;
    const char *filter;
    const char *means;
    const char *check;
} dosp_error;

extern const report_note windows_notes[], linux_notes[], freebsd_notes[], openbsd_notes[], vpp_notes[],
    strongswan_notes[];
extern const windows_elsewhere elsewhere[];
extern const dosp_error dosp_errors[];
extern const page_line steps_of_13914[], windows_events[], windows_counters[], linux_sa_lines[], linux_other_lines[],
    linux_audit_lines[], icmp_lines[], vendor_lines[];
/* IKE */
extern const page_line ike_windows_lines[], ike_log_lines[];

#endif
