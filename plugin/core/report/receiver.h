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

/** Whether a stack refuses a packet for one finding. Ordered, the surest last. */
typedef enum {
    IPSEC_DECISION_PASSES,
    IPSEC_DECISION_MAY_REFUSE, /**< depends on settings of the SA that the packet does not show */
    IPSEC_DECISION_REFUSES
} ipsec_decision;

/** What a stack reports. */
typedef struct ipsec_outcome {
    const char *counter; /**< counter, status or (Windows) error number in decimal; static; NULL: nothing */
    const char *also;    /**< a second counter that moves with it; static; NULL: none */
    const char *log;  /**< what it writes to its log, up to where numbers follow; static; NULL: nothing that is known */
    uint16_t event;   /**< Windows: Security audit event, subcategory "Audit IPsec Driver"; 0 where none is published */
    uint8_t stage;    /**< place of the check in this stack's order, the first lowest */
    uint8_t decision; /**< ipsec_decision */
    uint8_t restriction; /**< ipsec_advice_case: the RFCs let such a packet pass; IPSEC_CASE_NONE: they do not */
    bool inferred;       /**< the stack publishes no mapping for this fault; it is inferred */
} ipsec_outcome;

/**
 * What `stack` makes of one finding in a packet that is carried as `report` says: of what its own window makes of the
 * number, if it is about that, and of nothing that the stack does not look at in it.
 *
 * @return static storage; never NULL, but with counter NULL where the stack passes it or says nothing
 */
const ipsec_outcome *ipsec_receiver_row(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id);

/** Whether `stack` refuses a packet of the protocol and encapsulation of `report` for one finding alone, given what its
 * own window makes of the number. For IPSEC_STACK_RFC the severity decides, unless rfc.def has a row. */
ipsec_decision ipsec_receiver_decision(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id);

/** What the oddities of the packet make of it at `stack`: the surest of their decisions, if it is known what that got.
 */
ipsec_decision ipsec_receiver_decision_on_oddities(ipsec_stack stack, const ipsec_report *report);

/** If `stack` refuses a packet that the RFCs let pass, what the advice on that is (ipsec_advice_case); else
 * IPSEC_CASE_NONE. */
unsigned ipsec_receiver_restriction(ipsec_stack stack, const ipsec_report *report);

/** Whether `stack` refuses the packet for none of its findings before it comes to the check of `id`. */
bool ipsec_receiver_reaches(ipsec_stack stack, const ipsec_report *report, ipsec_finding_id id);

/** Stacks that discard the packet: for this header, or for one in front of it. */
ipsec_stacks ipsec_stacks_refusing(const ipsec_report *report);

/** Whether the packet comes as far as the place where `stack` moves its window: no finding has it refused before. */
bool ipsec_receiver_moves_window(ipsec_stack stack, const ipsec_report *report);

/**
 * What `stack` reports for the packet: the outcome of the first of its checks that fails.
 *
 * @return static storage; NULL if it reports nothing, if the packet was not captured whole, so that it is not known
 *         what the stack got, if it came in UDP and may be no IPsec at all, if it is the second capture of one
 *         packet, or if nobody knows its SPI at a host that said before that it does not do the protocol.
 */
const ipsec_outcome *ipsec_outcome_at(ipsec_stack stack, const ipsec_report *report);

/**
 * The counter of the SA (`ip -s xfrm state`) that Linux raises besides the one of ipsec_outcome_at().
 *
 * @return "replay-window", "replay" or "failed"; static storage; NULL if none
 */
const char *ipsec_linux_sa_counter(const ipsec_report *report);

#endif
