/* The taps "ipsec" and "ipsec_ike": what statistics are made from.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_TAPS_H
#define IPSEC_EPAN_TAPS_H

#include "../core/ipsec.h"

#include <epan/packet.h>
#include <epan/tap.h>

#define IPSEC_TAP "ipsec"

/* What is tapped: each judged header that belongs to a packet item, the outer one of a frame first; each ICMP error
 * about IPsec; each IKE message that has a finding. Wireshark keeps headers that are quoted in an ICMP error from
 * listeners that do not ask for them. */
typedef enum {
    IPSEC_TAPPED_HEADER,
    IPSEC_TAPPED_ICMP,
    IPSEC_TAPPED_IKE
} ipsec_tapped_kind;

/* What listeners get. Of what is no header, the report has the findings and nothing else. */
typedef struct ipsec_tapped {
    ipsec_tapped_kind kind;
    ipsec_report report;    /* without its plaintext */
    uint32_t octets;        /* ipsec_view_octets() */
    uint8_t address_length; /* 4, 16, or 0: not known */
    uint8_t source[16], destination[16];
    bool is_repeat; /* the header before it in the frame had the same addresses */
    union {
        const ipsec_icmp_report *icmp;
        const ipsec_ike_report *ike;
    };
} ipsec_tapped;

/* The number of the tap; constant once it is registered. */
extern int ipsec_tap;

/* --- the tap of IKE --- */

#define IPSEC_IKE_TAP "ipsec_ike"

/* What its listeners get, for each IKE message that belongs to an IKE SA: what has become of that. */
typedef struct ipsec_ike_tapped {
    ipsec_ike_progress progress;
    uint8_t address_length; /* 0: it is no message of it, but another packet that tells */
    uint8_t source[16], destination[16];
} ipsec_ike_tapped;

/* Queues what another packet told of IKE SAs, for the listeners of their tap. */
void ipsec_tap_offer_ike_news(packet_info *pinfo);

/* Queues a message for the listeners of both taps, if there are any. */
void ipsec_tap_offer_ike(const ipsec_ike_report *report, const ipsec_view *view, packet_info *pinfo);

/* A time or a difference of times, in nanoseconds; those of more than 292 years become the largest. */
#define IPSEC_TAP_SECONDS_MOST (INT64_MAX / 1000000000 - 1)

static inline int64_t ipsec_tap_nanoseconds(const nstime_t *at)
{
    if (at->secs <= -IPSEC_TAP_SECONDS_MOST || at->secs >= IPSEC_TAP_SECONDS_MOST)
        return at->secs < 0 ? INT64_MIN : INT64_MAX;
    return (int64_t)at->secs * 1000000000 + at->nsecs;
}

/* From one such time to another; meaningless if it is too long. */
static inline int64_t ipsec_tap_between(int64_t from, int64_t to)
{
    return (int64_t)((uint64_t)to - (uint64_t)from);
}

/* Registers the taps; once. */
void ipsec_tap_register(void);

/* Queues a header for the listeners. */
void ipsec_tap_queue(const ipsec_report *report, const ipsec_view *view, packet_info *pinfo);

/* The same if there are listeners; else it costs a look for them. */
static inline void ipsec_tap_offer(const ipsec_report *report, const ipsec_view *view, packet_info *pinfo)
{
    if (have_tap_listener(ipsec_tap))
        ipsec_tap_queue(report, view, pinfo);
}

/* Likewise an ICMP error. */
void ipsec_tap_queue_icmp(const ipsec_icmp_report *report, const ipsec_icmp_view *view, packet_info *pinfo);

static inline void ipsec_tap_offer_icmp(const ipsec_icmp_report *report, const ipsec_icmp_view *view,
                                        packet_info *pinfo)
{
    if (have_tap_listener(ipsec_tap))
        ipsec_tap_queue_icmp(report, view, pinfo);
}

#endif
