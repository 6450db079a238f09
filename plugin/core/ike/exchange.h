/** @file
 * Exchanges of IKE: each request, and its answer. Internal to the core.
 *
 * The first pass gives each message to ipsec_ike_meet(), which says how it stands to those before. The step that it
 * returns is for the rules on IKE. What IKE tells of SAs rests on verified messages alone, see learn.h.
 *
 * Forged messages move as little as possible. Nothing in clear can be verified, so an answer stays the answer unless a
 * better one comes: one that was decrypted or, in IKE_SA_INIT, one that continues although another refused. Then the
 * place is IPSEC_IKE_ANSWER once more.
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
    IPSEC_IKE_EXCHANGES_MOST = 8 /**< of each, its newest exchanges */
};

/** The fragments of a message (RFC 7383) that came so far. */
typedef struct ipsec_ike_fragments {
    uint64_t seen;  /**< fragment n is bit (n - 1) % 64: of more than 64, none is said to be missing */
    uint16_t total; /**< how many there are; 0: it is no message in fragments */
    uint16_t first; /**< the number of the one that was captured first, by which a repetition is known */
} ipsec_ike_fragments;

/** A message as it was captured, once or again. */
typedef struct ipsec_ike_sent {
    uint64_t digest; /**< of its octets; of a message in fragments, of the one captured first. 0: it was not captured */
    uint64_t time;   /**< of its last copy */
    ipsec_ike_fragments fragments;
} ipsec_ike_sent;

/** What is asked for of the contents of a message later on. */
typedef struct ipsec_ike_gist {
    bool is_known;  /**< nothing was encrypted, or the reader could decrypt it; else the rest is false */
    bool decrypted; /**< see ipsec_ike_contents */
    bool has_sa;    /**< it has an SA payload of IKEv2 */
    bool rekeys;    /**< it has a notify REKEY_SA */
} ipsec_ike_gist;

/** A request and its answer. Of IKEv1 two messages that follow each other: in Main Mode 1 and 2 first, then 3 and 4. */
typedef struct ipsec_ike_exchange {
    uint64_t initiator_spi, responder_spi;  /**< of the IKE SA; the latter 0 while it is not known */
    uint32_t id;                            /**< message id */
    uint8_t version, exchange;              /**< see ipsec_ike_message */
    bool by_initiator;                      /**< the initiator of the IKE SA has sent the request */
    uint32_t request_frame, response_frame; /**< the first of each; 0: not seen. Of an answer in fragments, the one that
                                                 made it whole */
    uint32_t last_frame;                    /**< of the request, the last that is no copy */
    uint32_t error_frame;                   /**< an ICMP error that quotes the request; 0: none does */
    uint8_t error;                          /**< its ipsec_finding_id */
    uint32_t repeats;                       /**< how often the request came again */
    ipsec_ike_gist request, response;       /**< of a message in fragments, as its last fragment tells */

    /* What only this room asks for. */
    ipsec_ike_sent asked, answered;
    uint32_t response_length; /**< octets of the answer, header included; of one in fragments 0 */
    uint32_t record;          /**< of the last finding on its request, see judge.h; 0: there is none */
    uint8_t pair;             /**< IKEv1: which pair of messages it has, from 1 */
    bool asked_by_low;        /**< the lower address of the pair has sent the request */
    uint8_t informed;         /**< IKEv1: Informationals that the other side has sent instead of an answer */
    bool is_fruitless;        /**< the answer asked for another attempt, and was counted */
} ipsec_ike_exchange;

/** Two hosts that speak IKE. */
typedef struct ipsec_ike_pair {
    ipsec_ike_hosts hosts;
    uint32_t sas;       /**< IKE SAs between them that are remembered */
    uint32_t successes; /**< answers that made an SA of ESP or AH, as far as is known */
    uint32_t spis[2];   /**< SPIs that carried their first packet, by direction: from the lower address, to it */
    uint32_t refusal;   /**< record of the last refusal that may yet turn out to be none, see judge.h; 0: none */
} ipsec_ike_pair;

/** An IKE SA. */
typedef struct ipsec_ike_sa {
    uint64_t initiator_spi;
    uint8_t version;
    uint8_t fruitless[2];           /**< answers without progress that asked for another group; a cookie */
    uint8_t nat;                    /**< sides of a NAT as the request of IKE_SA_INIT has them, see nat.h */
    bool nat_asked;                 /**< that request has both of the notifies */
    uint16_t encryption, integrity; /**< what IKE_SA_INIT agreed on; encryption 0: not known */
    bool has_child;                 /**< its IKE_AUTH made an SA of ESP or AH, as far as can be seen */
    uint32_t refusal;               /**< as that of its pair */
    ipsec_ike_progress *progress;   /**< what has become of it; owned by the table of those, or `unlisted` */
    ipsec_ike_progress unlisted;
    ipsec_ike_pair *pair;
    ipsec_ike_exchange *exchanges[IPSEC_IKE_EXCHANGES_MOST]; /**< NULL where there is none */
    unsigned next;                                           /**< where the next one goes */
} ipsec_ike_sa;

/** How a message stands to those before. */
typedef enum {
    IPSEC_IKE_ALONE,        /**< in no exchange: an Informational of IKEv1, or what nobody asked for */
    IPSEC_IKE_FRAGMENT,     /**< a part; its message is not whole yet */
    IPSEC_IKE_REQUEST,      /**< it begins the exchange */
    IPSEC_IKE_REPEAT,       /**< the same octets again, or the fragment that a repetition begins with */
    IPSEC_IKE_ANSWER,       /**< it completes the exchange */
    IPSEC_IKE_ANSWER_AGAIN, /**< the same for an answer */
    IPSEC_IKE_COPY,         /**< captured twice */
    IPSEC_IKE_OTHER         /**< other octets than the message that came before in its place: it is not known which
                             * is forged */
} ipsec_ike_place;

/** What became of a message. */
typedef struct ipsec_ike_step {
    ipsec_ike_sa *sa;             /**< NULL: it belongs to none that is known */
    ipsec_ike_exchange *exchange; /**< NULL with IPSEC_IKE_ALONE */
    ipsec_ike_place place;
} ipsec_ike_step;

/** The exchanges of a capture; bounded. */
typedef struct ipsec_ike_table ipsec_ike_table;

/** None so far; free it with ipsec_ike_table_free(). `duplicate_time` is that of ipsec_config. */
ipsec_ike_table *ipsec_ike_table_new(uint64_t duplicate_time, ipsec_limits *limits);

/** NULL is fine. */
void ipsec_ike_table_free(ipsec_ike_table *table);

/**
 * Takes note of a message. To be called once for each, in the order in which they were captured.
 *
 * @param octets    of the message, `captured` of them
 * @param contents  what it says; NULL if it is encrypted and was not decrypted
 */
ipsec_ike_step ipsec_ike_meet(ipsec_ike_table *table, const ipsec_view *view, const ipsec_ike_message *message,
                              const uint8_t *octets, uint32_t captured, const ipsec_ike_contents *contents);

/** The pair of hosts of the view's addresses, if they spoke IKE; NULL if not. */
ipsec_ike_pair *ipsec_ike_pair_of(const ipsec_ike_table *table, const ipsec_view *view);

/** Whether the view was sent by the pair's lower address. */
bool ipsec_ike_is_from_low(const ipsec_view *view);

/** Whether a fragment of the message lacks, as far as was captured. */
bool ipsec_ike_lacks_fragment(const ipsec_ike_fragments *fragments);

#endif
