/* The taps "ipsec" and "ipsec_ike", from which statistics are made. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_TAPS_H
#define IPSEC_EPAN_TAPS_H

#include "../core/ipsec.h"

#include <epan/packet.h>
#include <epan/tap.h>

#define IPSEC_TAP "ipsec"

/* What is tapped: each header that is judged, outer ones first; each ICMP error about IPsec; each IKE message that has
 * a finding. Wireshark hides headers that are quoted in an ICMP error from listeners that do not ask for them. */
typedef enum {
    IPSEC_TAPPED_HEADER,
    IPSEC_TAPPED_ICMP,
    IPSEC_TAPPED_IKE
} ipsec_tapped_kind;

/* What listeners get. For ICMP errors and IKE messages, `report` holds the findings only. */
typedef struct ipsec_tapped {
    ipsec_tapped_kind kind;
    ipsec_report report;    /* without its plaintext */
    uint32_t octets;        /* ipsec_view_octets() */
    uint8_t address_length; /* 4 or 16; 0: unknown */
    uint8_t source[16], destination[16];
    bool is_repeat; /* the previous header in the frame had the same addresses */
    union {
        const ipsec_icmp_report *icmp;
        const ipsec_ike_report *ike;
    };
} ipsec_tapped;

/* The id of the tap; constant after registration. */
extern int ipsec_tap;

/* --- the tap of IKE --- */

#define IPSEC_IKE_TAP "ipsec_ike"

/* What its listeners get for each IKE message of an IKE SA: the state of that IKE SA. */
typedef struct ipsec_ike_tapped {
    ipsec_ike_progress progress;
    uint8_t address_length; /* 0: the state is known from a packet other than an IKE message */
    uint8_t source[16], destination[16];
} ipsec_ike_tapped;

/* Queues what packets other than IKE messages have shown about IKE SAs, for the listeners of the tap "ipsec_ike". */
void ipsec_tap_offer_ike_news(packet_info *pinfo);

/* Queues a message for the listeners of both taps, if there are any. */
void ipsec_tap_offer_ike(const ipsec_ike_report *report, const ipsec_view *view, packet_info *pinfo);

/* A time or a difference of times, in nanoseconds; beyond 292 years it is clamped to INT64_MIN or INT64_MAX. */
#define IPSEC_TAP_SECONDS_MOST (INT64_MAX / 1000000000 - 1)

static inline int64_t ipsec_tap_nanoseconds(const nstime_t *at)
{
    if (at->secs <= -IPSEC_TAP_SECONDS_MOST || at->secs >= IPSEC_TAP_SECONDS_MOST)
        return at->secs < 0 ? INT64_MIN : INT64_MAX;
    return (int64_t)at->secs * 1000000000 + at->nsecs;
}

/* The difference of two such times; meaningless if it overflows. */
static inline int64_t ipsec_tap_between(int64_t from, int64_t to)
{
    return (int64_t)((uint64_t)to - (uint64_t)from);
}

/* Registers the taps; once. */
void ipsec_tap_register(void);

/* To be called from init routines. */
void ipsec_tap_start_file(void);

/* Queues a header for the listeners. */
void ipsec_tap_queue(const ipsec_report *report, const ipsec_view *view, packet_info *pinfo);

/* The same if there are listeners; otherwise it only costs the check for them. */
static inline void ipsec_tap_offer(const ipsec_report *report, const ipsec_view *view, packet_info *pinfo)
{
    if (have_tap_listener(ipsec_tap))
        ipsec_tap_queue(report, view, pinfo);
}

/* Likewise for an ICMP error. */
void ipsec_tap_queue_icmp(const ipsec_icmp_report *report, const ipsec_icmp_view *view, packet_info *pinfo);

static inline void ipsec_tap_offer_icmp(const ipsec_icmp_report *report, const ipsec_icmp_view *view,
                                        packet_info *pinfo)
{
    if (have_tap_listener(ipsec_tap))
        ipsec_tap_queue_icmp(report, view, pinfo);
}

#endif
