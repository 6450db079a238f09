/** @file
 * The summary of an SA in a capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_SUMMARY_H
#define IPSEC_CORE_SUMMARY_H

#include <stdint.h>

/** Value of the index of an SA if there is none, or none that is followed. */
#define IPSEC_SA_NONE UINT32_MAX

/** The life of an SA, as far as the capture has been judged. */
typedef struct ipsec_sa_summary {
    /** Octets of its packets from the ESP or AH header on, as on the wire; for a packet of unknown length, those that
     * were captured. */
    uint64_t octets;
    uint32_t packets; /**< headers that name the SA, whatever is wrong with them; copies of a packet that was captured
                         twice count too */
    uint32_t first_frame; /**< ipsec_view.frame of the first of them */
    uint32_t last_frame;  /**< and of the last */
    uint32_t reverse;     /**< index of the reverse SA, or IPSEC_SA_NONE if none was seen */
    uint32_t lost;        /**< numbers that left the receiver's window unseen: lost, or not captured */
    uint32_t successor;   /**< index of the SA that took over from it (RFC 7296 2.8), or IPSEC_SA_NONE */
} ipsec_sa_summary;

/** What IKE says of an SA. */
typedef struct ipsec_sa_ike {
    uint32_t created_by; /**< ipsec_view.frame of the answer that created it, or of the request if there was none */
    uint32_t deleted_by; /**< likewise for its deletion; 0: it was not deleted */
    /** If IKE is not decrypted: the frames of requests between the same hosts, of which only the time is known to fit.
     * If it is decrypted but not verified, as with IKEv1: the frames of messages that name the SA. 0: there is none. */
    uint32_t maybe_created_by, maybe_deleted_by;
} ipsec_sa_ike;

#endif
