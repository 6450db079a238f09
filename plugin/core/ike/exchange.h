/** @file
 * IKE exchanges: each request and its answer. Internal to the core.
 *
 * The first pass gives each message to ipsec_ike_meet(), which says how it relates to earlier messages. The step that
 * it returns is for the rules on IKE. What IKE says of SAs is taken from verified messages only, see learn.h.
 *
 * Forged messages change as little as possible. Nothing in the clear can be verified, so an answer stays the answer
 * unless a better one comes: one that was decrypted or, in IKE_SA_INIT, one that continues although another refused.
 * Then the place is IPSEC_IKE_ANSWER again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_EXCHANGE_H
#define IPSEC_CORE_IKE_EXCHANGE_H

#include "ike/contents.h"
#include "ike/histories.h"
#include "ike/message.h"
#include "packet/view.h"

#include <stdbool.h>
#include <stdint.h>

/** Limits. */
enum {
    IPSEC_IKE_SAS_MOST = 4096,   /**< IKE SAs that are remembered */
    IPSEC_IKE_EXCHANGES_MOST = 8 /**< the latest exchanges of each */
};

/** The fragments of a message (RFC 7383) that have come so far. */
typedef struct ipsec_ike_fragments {
    uint64_t seen;  /**< fragment n is bit (n - 1) % 64; if there are more than 64, none is reported missing */
    uint16_t total; /**< how many there are; 0: the message is not in fragments */
    uint16_t first; /**< the number of the one that was captured first; if it comes again, the message is repeated */
} ipsec_ike_fragments;

/** A message as it was captured, once or several times. */
typedef struct ipsec_ike_sent {
    uint64_t digest; /**< digest of its octets, or, if it is in fragments, of the fragment that was captured first. 0:
                        it was not captured */
    uint64_t time;   /**< time of its last copy */
    ipsec_ike_fragments fragments;
} ipsec_ike_sent;

/** What is needed later of the contents of a message. */
typedef struct ipsec_ike_gist {
    bool is_known;  /**< nothing was encrypted, or it was decrypted; else the rest is false */
    bool decrypted; /**< see ipsec_ike_contents */
    bool has_sa;    /**< it has an SA payload of IKEv2 */
    bool rekeys;    /**< it has the notify REKEY_SA */
} ipsec_ike_gist;

/** A request and its answer. In IKEv1, two consecutive messages: in Main Mode first 1 and 2, then 3 and 4. */
typedef struct ipsec_ike_exchange {
    uint64_t initiator_spi, responder_spi;  /**< those of the IKE SA; the latter is 0 while it is not known */
    uint32_t id;                            /**< message id */
    uint8_t version, exchange;              /**< see ipsec_ike_message */
    bool by_initiator;                      /**< the initiator of the IKE SA sent the request */
    uint32_t request_frame, response_frame; /**< the first frame of each; 0: not seen. For an answer in fragments, the
                                               frame that completed it */
    uint32_t last_frame;                    /**< the last frame of the request that is not a copy */
    uint32_t error_frame;                   /**< frame of an ICMP error that quotes the request; 0: none does */
    uint8_t error;                          /**< its ipsec_finding_id */
    uint32_t repeats;                       /**< how often the request was repeated */
    ipsec_ike_gist request, response;       /**< for a message in fragments, known with its last fragment */

    /* The rest is used only in ike/. */
    ipsec_ike_sent asked, answered;
    uint32_t response_length; /**< octets of the answer, header included; 0 for one in fragments */
    uint32_t record;          /**< number of the last record on its request, see judge.h; 0: there is none */
    uint8_t pair;             /**< IKEv1: which pair of messages it is, from 1 */
    bool asked_by_low;        /**< the lower address of the pair sent the request */
    uint8_t informed;         /**< IKEv1: Informationals that the other side sent instead of an answer */
    bool is_fruitless;        /**< the answer asked for another attempt, and was counted */
} ipsec_ike_exchange;

/** Two hosts that use IKE with each other. */
typedef struct ipsec_ike_pair {
    ipsec_ike_hosts hosts;
    uint32_t sas;       /**< IKE SAs between them that are remembered */
    uint32_t successes; /**< answers that created an ESP or AH SA, as far as is known */
    uint32_t spis[2];   /**< number of SPIs that had their first packet, by direction: from the lower address, to it */
    uint32_t refusal; /**< number of the record of the last refusal that may be withdrawn later, see judge.h; 0: none */
} ipsec_ike_pair;

/** An IKE SA. */
typedef struct ipsec_ike_sa {
    uint64_t initiator_spi;
    uint8_t version;
    uint8_t fruitless[2]; /**< answers without progress: those that asked for another group, and those that asked for a
                             cookie */
    uint8_t nat;          /**< where the request of IKE_SA_INIT shows a NAT, see nat.h */
    bool nat_asked;       /**< that request has both NAT detection notifies */
    uint16_t encryption, integrity; /**< what IKE_SA_INIT negotiated; encryption 0: not known */
    bool has_child;                 /**< its IKE_AUTH seems to have created an ESP or AH SA */
    uint32_t refusal;               /**< like that of its pair */
    ipsec_ike_progress
        *progress; /**< what has become of it; owned by the table of histories, or points to `unlisted` */
    ipsec_ike_progress unlisted;
    ipsec_ike_pair *pair;
    ipsec_ike_exchange *exchanges[IPSEC_IKE_EXCHANGES_MOST]; /**< NULL if there is none */
    unsigned next;                                           /**< where the next one goes */
} ipsec_ike_sa;

/** How a message relates to earlier ones. */
typedef enum {
    IPSEC_IKE_ALONE,        /**< in no exchange: an Informational of IKEv1, or a message that answers no request */
    IPSEC_IKE_FRAGMENT,     /**< a fragment of a message that is not complete yet */
    IPSEC_IKE_REQUEST,      /**< it begins the exchange */
    IPSEC_IKE_REPEAT,       /**< the same octets as a request before, or the fragment with which a repetition begins */
    IPSEC_IKE_ANSWER,       /**< it completes the exchange */
    IPSEC_IKE_ANSWER_AGAIN, /**< the same for an answer */
    IPSEC_IKE_COPY,         /**< it was captured twice */
    IPSEC_IKE_OTHER /**< it has other octets than the message that came before in its place; it is not known which one
                       is forged */
} ipsec_ike_place;

/** What became of a message. */
typedef struct ipsec_ike_step {
    ipsec_ike_sa *sa;             /**< NULL if it belongs to no known IKE SA */
    ipsec_ike_exchange *exchange; /**< NULL with IPSEC_IKE_ALONE */
    ipsec_ike_place place;
} ipsec_ike_step;

/** The exchanges of a capture; bounded. */
typedef struct ipsec_ike_table ipsec_ike_table;

/** Creates an empty table; free it with ipsec_ike_table_free(). `duplicate_time` is that of ipsec_config. */
ipsec_ike_table *ipsec_ike_table_new(uint64_t duplicate_time, ipsec_limits *limits);

/** NULL is fine. */
void ipsec_ike_table_free(ipsec_ike_table *table);

/**
 * Takes note of a message. To be called once for each message, in the order of capture.
 *
 * @param octets those of the message, `captured` of them
 * @param contents  what it says; NULL if it is encrypted and was not decrypted
 */
ipsec_ike_step ipsec_ike_meet(ipsec_ike_table *table, const ipsec_view *view, const ipsec_ike_message *message,
                              const uint8_t *octets, uint32_t captured, const ipsec_ike_contents *contents);

/** The pair of hosts with the view's addresses; NULL if they have not used IKE. */
ipsec_ike_pair *ipsec_ike_pair_of(const ipsec_ike_table *table, const ipsec_view *view);

/** Whether the view was sent by the lower one of its two addresses. */
bool ipsec_ike_is_from_low(const ipsec_view *view);

/** Whether a fragment of the message is missing, as far as it was captured. */
bool ipsec_ike_lacks_fragment(const ipsec_ike_fragments *fragments);

#endif
