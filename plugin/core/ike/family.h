/** @file
 * IKE SAs, as verified messages show them. Internal to the core.
 *
 * An IKE SA that is rekeyed hands on its ESP and AH SAs. If both ends rekey at once, two IKE SAs replace it, and one of
 * them is deleted again (RFC 7296 2.8.2). So all IKE SAs that descend from one form a family, and children belong to
 * the family.
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
    IPSEC_IKE_MEMBERS_MOST = 16384, /**< IKE SAs that are kept; nothing is learned from more than these */
    IPSEC_IKE_WAITING_MOST = 4      /**< requests of one end that may wait for their answers at a time */
};

/** An end of a family: A initiated its first IKE SA, B is the other one. */
typedef enum ipsec_ike_end {
    IPSEC_IKE_A,
    IPSEC_IKE_B
} ipsec_ike_end;

static inline ipsec_ike_end ipsec_ike_other(ipsec_ike_end of)
{
    return of == IPSEC_IKE_A ? IPSEC_IKE_B : IPSEC_IKE_A;
}

/** The address of an end. */
typedef struct ipsec_ike_where {
    uint8_t length; /**< octets of the address; 0: not known */
    uint8_t address[16];
} ipsec_ike_where;

/** The IKE SAs that descend from one. */
typedef struct ipsec_ike_family {
    uint64_t identity[2];        /**< see ipsec_ike_contents; 0: not known */
    bool identity_is_address[2]; /**< the identity is an address, which others may have, too */
    ipsec_ike_where at[2];
    bool was_answered; /**< both directions are captured */
    unsigned heirs;    /**< IKE SAs that may have the children: neither deleted nor replaced */
    unsigned rekeys;   /**< requests for another IKE SA that wait for their answers */
    GArray *children;  /**< of ipsec_ike_child, see children.h */
} ipsec_ike_family;

/** A request that waits for its answer. */
typedef struct ipsec_ike_waiting {
    ipsec_ike_contents *contents; /**< NULL: none */
    uint32_t id;
    uint32_t named;  /**< place of the SA that it names, or IPSEC_NEGOTIATED_NONE */
    bool rekeys_ike; /**< it asks for another IKE SA */
} ipsec_ike_waiting;

/** The message ids that came. Several may be on their way at once (RFC 7296 2.3), and anybody can send verified
 * messages again. */
typedef struct ipsec_ike_ids {
    uint32_t top, first; /**< the highest and the lowest one; if `seen` is not 0 */
    uint32_t count;      /**< how many different ones came */
    uint64_t seen;       /**< bit n: top - n */
} ipsec_ike_ids;

/** An IKE SA. Arrays with two elements are indexed by the ends of the family. */
typedef struct ipsec_ike_member {
    uint64_t spis[2]; /**< those of its initiator and its responder */
    ipsec_ike_family *family;
    bool is_turned; /**< its initiator is end B */
    bool is_over;   /**< it was deleted or replaced */
    ipsec_ike_waiting requests[2][IPSEC_IKE_WAITING_MOST];
    ipsec_ike_ids asked[2], answered[2]; /**< indexed by the sender of the request */
    uint32_t begins_with[2];             /**< message id of the first request of each end; UINT32_MAX: not known */
    /** The request of IKE_AUTH, which may take several exchanges, that names the child; NULL: there was none. */
    ipsec_ike_contents *first;
    uint32_t first_named;
} ipsec_ike_member;

/** All families. */
typedef struct ipsec_ike_families {
    uint64_t seed;
    ipsec_limits *limits;
    GHashTable *by_spis; /**< of ipsec_ike_member */
    GPtrArray *all;      /**< of ipsec_ike_family */
} ipsec_ike_families;

/** Creates an empty set; free it with ipsec_ike_families_free(). */
ipsec_ike_families *ipsec_ike_families_new(ipsec_limits *limits);

/** NULL is fine. */
void ipsec_ike_families_free(ipsec_ike_families *families);

/** The IKE SA of a message, created with a family of its own if it is new; NULL if there is no room. */
ipsec_ike_member *ipsec_ike_member_get(ipsec_ike_families *families, uint64_t initiator_spi, uint64_t responder_spi);

/** Another IKE SA replaces `old`. `from`, who requested it, is its initiator. */
void ipsec_ike_member_replace(ipsec_ike_families *families, ipsec_ike_member *old, uint64_t initiator_spi,
                              uint64_t responder_spi, ipsec_ike_end from);

/** Whether deleting it deletes the children: no other IKE SA of the family has them, and every request was read, from
 * the first one on, or from the first captured one if that is not known. A request that was not read may have replaced
 * the IKE SA. */
bool ipsec_ike_member_is_last(const ipsec_ike_member *member);

/** Marks the IKE SA as deleted or replaced. */
void ipsec_ike_member_end(ipsec_ike_member *member);

/** The end of the family that sent the message. */
ipsec_ike_end ipsec_ike_sender(const ipsec_ike_member *member, const ipsec_ike_message *message);

/** Takes note of a message id. False if it came before, or is too old to know. */
bool ipsec_ike_take_id(ipsec_ike_ids *ids, uint32_t id);

/** Keeps a request from `from`, replacing the oldest one if there are too many. Returns it. */
ipsec_ike_waiting *ipsec_ike_keep_request(ipsec_ike_member *member, ipsec_ike_end from, uint32_t id,
                                          const ipsec_ike_contents *contents);

/** The request from `from` with that id; NULL if none is waiting. */
ipsec_ike_waiting *ipsec_ike_find_request(ipsec_ike_member *member, ipsec_ike_end from, uint32_t id);

/** Drops a request that no longer waits. */
void ipsec_ike_forget_request(ipsec_ike_family *family, ipsec_ike_waiting *request);

/** The source of the view, and its destination. */
ipsec_ike_where ipsec_ike_source_of(const ipsec_view *view);
ipsec_ike_where ipsec_ike_destination_of(const ipsec_view *view);

/** A view of what is sent to that address, with frame and time of a message. */
ipsec_view ipsec_ike_view_to(const ipsec_ike_where *to, uint8_t protocol, const ipsec_view *message);

#endif
