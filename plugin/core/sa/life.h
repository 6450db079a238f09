/** @file
 * The life of SAs: which belong together, which follows which, and when one ends. Internal to the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_LIFE_H
#define IPSEC_CORE_LIFE_H

#include "base/hash.h"
#include "keys/spec.h"
#include "packet/header.h"
#include "sa/note.h"
#include "sa/opened.h"
#include "sa/sa.h"
#include "packet/kind.h"

#include <string.h>

/** Source address and, in UDP, port of a view that has addresses of that length, and is in UDP or not; hashed, except
 * an IPv4 address without a port. Never 0: 0.0.0.0 passes for 255.255.255.255, which cannot be a source either. */
static IPSEC_INLINE uint32_t ipsec_life_origin_among(const ipsec_sa_table *table, const ipsec_view *view,
                                                     uint8_t length, bool udp)
{
    uint64_t words[2], origin;
    uint32_t v4;

    if (length == sizeof v4) {
        memcpy(&v4, view->source, sizeof v4);
        origin = v4;
    } else {
        origin = ipsec_hash_address(table->seed, view->source, length, words);
    }
    if (udp)
        origin = ipsec_hash_mix(origin, (uint64_t)view->source_port << 32);
    return (uint32_t)origin - ((uint32_t)origin == 0);
}

/** The same, whatever the view is. */
static inline uint32_t ipsec_life_origin(const ipsec_sa_table *table, const ipsec_view *view)
{
    return ipsec_life_origin_among(table, view, view->address_length, view->encapsulation == IPSEC_ENCAPSULATION_UDP);
}

/** A new SA has taken over after this many packets in a row. SAs known to be used in parallel need a longer run,
 * because their traffic may come in bursts. */
#define IPSEC_TAKEN_OVER          16u
#define IPSEC_TAKEN_OVER_PARALLEL 1024u

/** Counts a packet of an SA that is not the active one; returns how many came while the active one was silent, less
 * those of others, which anybody can put between. What does not verify interrupts none that does. */
static IPSEC_INLINE uint32_t ipsec_pair_count_run(ipsec_sa_pair *pair, const ipsec_sa *sa)
{
    const bool interrupted = (uint16_t)pair->alone != pair->run_at && (pair->active_good || !sa->keys.icv_good);

    if (interrupted)
        pair->run = pair->silence = 0;
    pair->run_at = (uint16_t)pair->alone;
    pair->silence += pair->silence < UINT16_MAX;
    if (sa->index == pair->next)
        return ++pair->run;
    if (pair->run > 0) {
        pair->run--;
        return 0;
    }
    pair->next = sa->index;
    return ++pair->run;
}

/** What ipsec_life_follow() does if it is not the turn of the SA, or if the packet comes from somewhere else. */
void ipsec_life_turn(ipsec_sa_table *table, const ipsec_view *view, ipsec_sa *sa, uint32_t origin, uint32_t sequence,
                     ipsec_note *note);

/**
 * What ipsec_life_follow() does for most packets, which change nothing but how many packets the SAs between these peers
 * have sent.
 *
 * @param length  address_length of the view, for the compiler to know
 * @param udp     likewise, whether it is in UDP
 * @return false, and nothing was counted, if it may change more
 */
static IPSEC_INLINE bool ipsec_life_follow_on(const ipsec_sa_table *table, const ipsec_view *view, uint8_t length,
                                              bool udp, const ipsec_sa *sa)
{
    ipsec_sa_pair *pair = sa->life.pair;

    if (length == 0)
        return true;
    if (!pair || ipsec_life_origin_among(table, view, length, udp) != sa->life.origin)
        return false;
    if (G_LIKELY(pair->active == sa->index)) {
        pair->alone++;
        return true;
    }
    if (pair->verified || pair->is_told || pair->replaced || pair->matched != IPSEC_SA_NONE ||
        pair->run + 1u >= IPSEC_TAKEN_OVER)
        return false;
    ipsec_pair_count_run(pair, sa);
    return true;
}

/** Follows an SA with a packet that the receiver accepts: which SAs are in use between these peers, and from where they
 * are sent. Adds findings to the note. */
static IPSEC_INLINE void ipsec_life_follow(ipsec_sa_table *table, const ipsec_view *view, ipsec_sa *sa,
                                           uint32_t sequence, ipsec_note *note)
{
    if (!ipsec_life_follow_on(table, view, view->address_length, view->encapsulation == IPSEC_ENCAPSULATION_UDP, sa))
        ipsec_life_turn(table, view, sa, ipsec_life_origin(table, view), sequence, note);
}

/** Whether the packet points to another sender with its own sequence numbers: it differs from the one that had the same
 * number. An old number alone is a replay. */
static inline bool ipsec_life_is_stranger(const ipsec_note *note)
{
    return note->facts & IPSEC_NOTE_OTHER_OCTETS;
}

/** Follows an SA with such a packet, which moves no window. Adds findings to the note. */
void ipsec_life_refuse(const ipsec_sa_table *table, const ipsec_view *view, ipsec_sa *sa, ipsec_note *note);

/** Notes that several senders use the SA, each with its own numbers. Returns whether that was known. */
static inline bool ipsec_life_meet_senders(ipsec_sa *sa)
{
    const bool known = sa->life.senders;

    sa->life.senders = sa->life.separate = true;
    return known;
}

/** Restarts the life of the SA (its lifetime, and the addresses of its senders) because of another key or the first ICV
 * that verifies. */
static inline void ipsec_life_begin(ipsec_sa *sa)
{
    sa->life = (ipsec_sa_life){.pair = sa->life.pair, .idle_since = sa->life.idle_since};
}

/**
 * Counts a packet that the receiver has accepted towards the SA's lifetime (RFC 4301 4.4.2.1).
 *
 * @param octets octets of payload
 */
static inline void ipsec_life_spend(ipsec_sa *sa, uint32_t octets)
{
    sa->life.packets++;
    sa->life.octets += octets;
}

/** Whether its key row has a limit on the SA's life. */
static inline bool ipsec_life_is_limited(const ipsec_key_row *spec)
{
    return spec->hard_packets != UINT64_MAX || spec->hard_bytes != UINT64_MAX;
}

/**
 * Whether the SA has reached a hard limit of its key row, so that the packet is refused. Notes on the first such packet
 * that the SA has expired, and on later ones that the receiver no longer has it. If any packet of the SA has verified,
 * only genuine packets have counted towards the limit; otherwise the limit is not certain.
 */
bool ipsec_life_is_over(ipsec_sa *sa, const ipsec_header_kind *kind, const ipsec_key_row *spec, ipsec_note *note);

/** What counts towards a lifetime in octets: the payload, without the overhead of IPsec. 0 if it is not known. */
static inline uint32_t ipsec_life_payload(const ipsec_view *view, bool whole, const ipsec_opened *opened)
{
    const ipsec_header_kind *kind;
    uint32_t length, header;

    if (!opened->valid || !whole)
        return 0;
    if (ipsec_encrypts(view->protocol))
        return opened->payload_length;
    kind = ipsec_kind_of(view->protocol);
    length = ipsec_view_packet_length(view);
    header = length >= kind->fixed && kind->length ? kind->length(view->data) : length;
    return length > header ? length - header : 0;
}

#endif
