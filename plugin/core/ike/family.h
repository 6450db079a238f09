/** @file
 * IKE SAs, as far as verified messages tell of them. Internal to the core.
 *
 * An IKE SA that is rekeyed hands its SAs of ESP and AH on. Where both ends rekey at once, two take its place, and one
 * of them goes again (RFC 7296 2.8.2). So all that come of one IKE SA are a family, and children are the family's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_IKE_FAMILY_H
#define IPSEC_CORE_IKE_FAMILY_H

#include "base/limits.h"
#include "ike/contents.h"
#include "ike/message.h"
#include "packet/view.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/** Limits. */
enum {
    IPSEC_IKE_MEMBERS_MOST = 16384, /**< IKE SAs that are kept; of more, nothing is learnt */
    IPSEC_IKE_WAITING_MOST = 4      /**< requests of one end that may wait for their answers */
};

/** An end of a family: who made its first IKE SA, and the other one. */
typedef enum ipsec_ike_end {
    IPSEC_IKE_A,
    IPSEC_IKE_B
} ipsec_ike_end;

static inline ipsec_ike_end ipsec_ike_other(ipsec_ike_end of)
{
    return of == IPSEC_IKE_A ? IPSEC_IKE_B : IPSEC_IKE_A;
}

/** Where it is. */
typedef struct ipsec_ike_where {
    uint8_t length; /**< of its address; 0: not known */
    uint8_t address[16];
} ipsec_ike_where;

/** The IKE SAs that come of one. */
typedef struct ipsec_ike_family {
    uint64_t identity[2];        /**< see ipsec_ike_contents; 0: not known */
    bool identity_is_address[2]; /**< that is an address, which others may have, too */
    ipsec_ike_where at[2];
    bool was_answered; /**< both directions are captured */
    unsigned heirs;    /**< IKE SAs that may keep the children: neither deleted nor replaced */
    unsigned rekeys;   /**< requests for another one that wait for their answers */
    GArray *children;  /**< of ipsec_ike_child, see children.h */
} ipsec_ike_family;

/** A request that waits for its answer. */
typedef struct ipsec_ike_waiting {
    ipsec_ike_contents *contents; /**< NULL: none */
    uint32_t id;
    uint32_t named;  /**< place of the SA that it names, or IPSEC_NEGOTIATED_NONE */
    bool rekeys_ike; /**< it asks for another IKE SA */
} ipsec_ike_waiting;

/** Message ids that came. Several may be on their way at once (RFC 7296 2.3), and verified messages be sent again by
 * anybody. */
typedef struct ipsec_ike_ids {
    uint32_t top, first; /**< the highest, and the one that came first; if `seen` is not 0 */
    uint32_t count;      /**< how many different ones came */
    uint64_t seen;       /**< bit n: top - n */
} ipsec_ike_ids;

/** An IKE SA. What it has of two ends is by those of the family. */
typedef struct ipsec_ike_member {
    uint64_t spis[2]; /**< of its initiator, and its responder */
    ipsec_ike_family *family;
    bool is_turned; /**< its initiator is end B */
    bool is_over;   /**< it was deleted, or another has taken its place */
    ipsec_ike_waiting requests[2][IPSEC_IKE_WAITING_MOST];
    ipsec_ike_ids asked[2], answered[2]; /**< by who asks */
    uint32_t begins_with[2];             /**< id of the first request of each end, or UINT32_MAX: not known */
    /** Of IKE_AUTH, which may take several exchanges: the request that names the child; NULL: there was none. */
    ipsec_ike_contents *first;
    uint32_t first_named;
} ipsec_ike_member;

/** All of them. */
typedef struct ipsec_ike_families {
    uint64_t seed;
    ipsec_limits *limits;
    GHashTable *by_spis; /**< of ipsec_ike_member */
    GPtrArray *all;      /**< of ipsec_ike_family */
} ipsec_ike_families;

/** None so far; free them with ipsec_ike_families_free(). */
ipsec_ike_families *ipsec_ike_families_new(ipsec_limits *limits);

/** NULL is fine. */
void ipsec_ike_families_free(ipsec_ike_families *families);

/** The IKE SA of a message, made with a family of its own if it is new; NULL if there is no room. */
ipsec_ike_member *ipsec_ike_member_get(ipsec_ike_families *families, uint64_t initiator_spi, uint64_t responder_spi);

/** Another IKE SA takes the place of `old`. `from`, who asked for it, is its initiator. */
void ipsec_ike_member_replace(ipsec_ike_families *families, ipsec_ike_member *old, uint64_t initiator_spi,
                              uint64_t responder_spi, ipsec_ike_end from);

/** Whether the children go with it: no other of the family has them, and each request was read, from the first on or
 * from the first that was captured. By one that was not, another IKE SA may have taken its place. */
bool ipsec_ike_member_is_last(const ipsec_ike_member *member);

/** It is deleted, or replaced. */
void ipsec_ike_member_end(ipsec_ike_member *member);

/** The family's end that has sent the message. */
ipsec_ike_end ipsec_ike_sender(const ipsec_ike_member *member, const ipsec_ike_message *message);

/** Takes note of a message id. False if it came before, or is so old that nobody knows. */
bool ipsec_ike_take_id(ipsec_ike_ids *ids, uint32_t id);

/** Keeps a request of `from`, in the place of the oldest one if there are many. Returns it. */
ipsec_ike_waiting *ipsec_ike_keep_request(ipsec_ike_member *member, ipsec_ike_end from, uint32_t id,
                                          const ipsec_ike_contents *contents);

/** The request of `from` with that id; NULL if none waits. */
ipsec_ike_waiting *ipsec_ike_find_request(ipsec_ike_member *member, ipsec_ike_end from, uint32_t id);

/** It waits no more. */
void ipsec_ike_forget_request(ipsec_ike_family *family, ipsec_ike_waiting *request);

/** The source of the view; and its destination. */
ipsec_ike_where ipsec_ike_source_of(const ipsec_view *view);
ipsec_ike_where ipsec_ike_destination_of(const ipsec_view *view);

/** What is sent there, at the time of a message. */
ipsec_view ipsec_ike_view_to(const ipsec_ike_where *to, uint8_t protocol, const ipsec_view *message);

#endif
