/** @file
 * What each receiving stack reports for a packet.
 *
 * Every stack has its own order of checks and reports only the first that fails. The facts are in
 * receivers.def.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_RECEIVER_H
#define IPSEC_CORE_RECEIVER_H

#include "base/stack.h"
#include "report/report.h"

#include <stdbool.h>
#include <stdint.h>

/** Whether a stack refuses a packet for one finding. Ordered, the surest last. */
typedef enum {
    IPSEC_DECISION_PASSES,
    IPSEC_DECISION_MAY_REFUSE, /**< depends on settings of the SA that the packet does not show */
    IPSEC_DECISION_REFUSES
} ipsec_decision;

/** What a stack reports. */
typedef struct ipsec_outcome {
    const char *report; /**< counter, status or (Windows) error number in decimal; static; NULL: nothing */
    uint8_t stage;      /**< place of the check in this stack's order, the first lowest */
    uint8_t decision;   /**< ipsec_decision */
    bool inferred;      /**< the stack publishes no mapping for this fault; ours is a conclusion */
    const char *log; /**< what it writes to its log, up to where numbers follow; static; NULL: nothing that is known */
    uint16_t event;  /**< Windows: Security audit event, subcategory "Audit IPsec Driver"; 0 where none is published */
} ipsec_outcome;

/**
 * What receivers.def says of one finding in a packet of the protocol and encapsulation of `report`: of what the window
 * of `stack` makes of the number, if it is about that, and of nothing that the stack does not look at in it.
 *
 * @return static storage; never NULL, but with report NULL where the stack passes it or says nothing
 */
const ipsec_outcome *ipsec_receiver_row(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id);

/** Whether `stack` refuses a packet of the protocol and encapsulation of `report` for one finding alone, given what its
 * own window makes of the number. For IPSEC_STACK_RFC the severity decides. */
ipsec_decision ipsec_receiver_decision(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id);

/** Whether `stack` refuses the packet for none of its findings before it comes to the check of `id`. */
bool ipsec_receiver_reaches(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id);

/** Stacks (bits by ipsec_stack) that discard the packet: for this header, or for one in front of it. */
ipsec_stacks ipsec_refused_by(const ipsec_report *report);

/** Whether the packet comes as far as the place where `stack` moves its window: no finding has it refused before. */
bool ipsec_receiver_moves_window(ipsec_stack stack, const ipsec_report *report);

/**
 * What `stack` reports for the packet: the outcome of the first of its checks that fails.
 *
 * @return static storage; NULL if it reports nothing, if the packet was not captured whole, so that it is not known
 *         what the stack got, if it came in UDP and may be no IPsec at all, or if it is the second capture of one
 *         packet.
 */
const ipsec_outcome *ipsec_outcome_at(ipsec_stack stack, const ipsec_report *report);

/**
 * The counter of the SA (`ip -s xfrm state`) that Linux raises besides the one of ipsec_outcome_at().
 *
 * @return "replay-window", "replay" or "failed"; static storage; NULL if none
 */
const char *ipsec_linux_sa_counter(const ipsec_report *report);

/** What `stack` can report (or, where it has one, write to its log), each once, by an index from 0 without gaps. Static
 * storage; NULL past the end. */
const char *ipsec_receiver_report(ipsec_stack stack, unsigned index);

/**
 * Whether the finding alone makes `stack` report `text`, however the header is carried: the surest decision of those
 * that come with this report, IPSEC_DECISION_PASSES if none does.
 */
ipsec_decision ipsec_receiver_reports(ipsec_stack stack, ipsec_finding_id id, const char *text);

/** One of the packet errors of Windows. */
typedef struct ipsec_windows_error {
    uint32_t error;          /**< Win32 error code, e.g. 13914 */
    uint32_t status;         /**< the NTSTATUS that the kernel uses for it, e.g. 0xC0360005 */
    const char *name;        /**< "ERROR_IPSEC_INVALID_PACKET" */
    const char *status_name; /**< "STATUS_IPSEC_INVALID_PACKET" */
} ipsec_windows_error;

/** Number of rows that ipsec_windows_error_row() knows. */
#define IPSEC_WINDOWS_ERROR_COUNT 9

/** Row `index` of the table of Windows errors, ascending by code from 13910. Static storage; NULL past
 * the end. */
const ipsec_windows_error *ipsec_windows_error_row(unsigned index);

/** The Windows error that an outcome of IPSEC_STACK_WINDOWS stands for; NULL for NULL. */
const ipsec_windows_error *ipsec_windows_error_of(const ipsec_outcome *outcome);

#endif
