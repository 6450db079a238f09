/** @file
 * What each receiving stack reports for a packet.
 *
 * Every stack has its own order of checks and reports only the first that fails. The facts are in
 * outcomes.def and the files that it includes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_RECEIVER_H
#define IPSEC_CORE_RECEIVER_H

#include "base/stack.h"
#include "report/report.h"

#include <stdbool.h>
#include <stdint.h>

/** Whether a stack refuses a packet for one finding. In ascending order of certainty. */
typedef enum {
    IPSEC_DECISION_PASSES,
    IPSEC_DECISION_MAY_REFUSE, /**< depends on settings of the SA that the packet does not show */
    IPSEC_DECISION_REFUSES
} ipsec_decision;

/** What a stack reports. */
typedef struct ipsec_outcome {
    const char *counter; /**< counter, status or (Windows) error number in decimal; static; NULL: nothing */
    const char *also;    /**< a second counter that moves with it; static; NULL: none */
    const char *log;     /**< what it writes to its log, up to the first number; static; NULL: nothing that is known */
    uint16_t event;      /**< Windows: Security audit event, subcategory "Audit IPsec Driver"; 0 if none is published */
    uint8_t stage;       /**< place of the check in this stack's order; the first check has the lowest value */
    uint8_t decision;    /**< ipsec_decision */
    uint8_t restriction; /**< ipsec_advice_case: the RFCs let such a packet pass; IPSEC_CASE_NONE: they do not */
    bool inferred;       /**< the stack publishes no mapping for this fault; it is inferred */
} ipsec_outcome;

/**
 * What `stack` does on one finding in a packet that is carried as `report` says. If the finding is about the window,
 * the stack's own window decides; nothing that the stack does not check is considered.
 *
 * @return static storage; never NULL, but its counter is NULL if the stack lets the packet pass or reports nothing
 */
const ipsec_outcome *ipsec_receiver_row(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id);

/** Whether `stack` refuses a packet of the protocol and encapsulation of `report` for one finding alone; its own window
 * decides about the number. For IPSEC_STACK_RFC the severity decides, unless rfc.def has a row. */
ipsec_decision ipsec_receiver_decision(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id);

/** The decision of `stack` on the oddities of the packet, the surest one; IPSEC_DECISION_PASSES if it is not known what
 * the stack received.
 */
ipsec_decision ipsec_receiver_decision_on_oddities(ipsec_stack stack, const ipsec_report *report);

/** If `stack` refuses a packet that the RFCs let pass, the case of the advice on that (ipsec_advice_case); else
 * IPSEC_CASE_NONE. */
unsigned ipsec_receiver_restriction(ipsec_stack stack, const ipsec_report *report);

/** Whether `stack` gets to the check of `id`: it refuses the packet for no other finding or oddity before. */
bool ipsec_receiver_reaches(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id);

/** Stacks that discard the packet because of this header, or of one in front of it. */
ipsec_stacks ipsec_stacks_refusing(const ipsec_report *report);

/** Whether the packet gets to the point where `stack` moves its window: `stack` does not refuse it before. */
bool ipsec_receiver_moves_window(ipsec_stack stack, const ipsec_report *report);

/**
 * What `stack` reports for the packet: the outcome of the first of its checks that fails.
 *
 * @return static storage; NULL if the stack reports nothing, if the packet was not captured whole, so that it is not
 *         known what the stack received, if it came in UDP and may not be IPsec at all, if it is the second capture of
 *         one packet, or if its SPI is unknown at a host that has said that it does not support the protocol.
 */
const ipsec_outcome *ipsec_outcome_at(ipsec_stack stack, const ipsec_report *report);

/**
 * The counter of the SA (`ip -s xfrm state`) that Linux increments in addition to that of ipsec_outcome_at().
 *
 * @return "replay-window", "replay" or "failed"; static storage; NULL if none
 */
const char *ipsec_linux_sa_counter(const ipsec_report *report);

#endif
