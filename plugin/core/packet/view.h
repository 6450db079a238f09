/** @file
 * The wire view: what is known of one IPsec header as a receiver would get it.
 *
 * The caller fills it, wherever its packets come from; the core only reads it. Nothing is copied: every pointer must
 * stay valid during the call, and no longer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPSEC_CORE_VIEW_H
#define IPSEC_CORE_VIEW_H

#include "base/stack.h"

#include <stdbool.h>
#include <stdint.h>

/** IP protocol numbers (IANA), the values of ipsec_view.protocol. */
enum {
#define KIND(symbol, name, number, encrypts, covers_outer) IPSEC_PROTOCOL_##symbol = (number),
#include "base/kind.def"
#undef KIND
};

/** How the header was carried. The values are part of the plugin's field `ipsec.encapsulation`. */
typedef enum {
    IPSEC_ENCAPSULATION_NONE = 0, /**< directly in IP */
    IPSEC_ENCAPSULATION_UDP = 1   /**< in UDP, RFC 3948 */
} ipsec_encapsulation;

/** The highest number of a buffer; more than Wireshark has layers in a frame. */
#define IPSEC_BUFFER_MOST 2047u

/** Value of ipsec_view.length if no header says how long the packet is. */
#define IPSEC_LENGTH_UNKNOWN UINT32_MAX

/** The most octets of IP header and extension headers that can be in front of AH: an IPv6 header and the 65,535 octets
 * that it may carry. */
#define IPSEC_AH_OUTER_MOST (40 + 65535)

/** The low bits of ipsec_view.place, which identify the link. */
#define IPSEC_PLACE_LINK_BITS 20

/** What else is known; or-ed into ipsec_view.flags. */
enum {
    /** Quoted by another protocol (an ICMP error, a flow sample): not traffic, and usually cut. */
    IPSEC_VIEW_QUOTED = 1 << 0,
    /** The octets are one fragment of a datagram that was not reassembled. */
    IPSEC_VIEW_FRAGMENT = 1 << 1,
    /** Captured before segmentation or after coalescing: no packet of this shape was on the wire. */
    IPSEC_VIEW_OFFLOAD = 1 << 2,
    /** IPv6: the extension headers in front are not in the order of RFC 8200 4.1. */
    IPSEC_VIEW_V6_ORDER = 1 << 3,
    /** The UDP checksum is known, and not zero. */
    IPSEC_VIEW_UDP_CHECKSUM = 1 << 4,
    /** The UDP payload came over the IKE port (500), where no ESP belongs (RFC 3948 2). */
    IPSEC_VIEW_IKE_PORT = 1 << 5,
    /** `outer` was built from the headers of fragments: its checksum is that of one of them. */
    IPSEC_VIEW_REASSEMBLED = 1 << 6,
    /** It came inside a header whose report was `unproven`. */
    IPSEC_VIEW_INSIDE_UNPROVEN = 1 << 7,
    /** IPv4 options may be missing in `outer`, because they need not be in every fragment. */
    IPSEC_VIEW_OUTER_GUESSED = 1 << 8
};

/**
 * One header as it was on the wire.
 *
 * All multi-octet fields inside `data` are in network byte order. Addresses are raw octets in
 * network byte order.
 */
typedef struct ipsec_view {
    /* The first eight lie as in ipsec_recent, which copies all of them at once. */
    uint64_t time;  /**< of the capture, in nanoseconds since an arbitrary moment; 0: unknown */
    uint32_t frame; /**< the caller's number of the packet, by which findings on later packets refer to it; not 0 */
    /** Where the frame was captured: the number of the interface, modulo 2^12, above the IPSEC_PLACE_LINK_BITS of the
     * link. The upper half of these is a hash of the link's source address and VLAN, the lower half one of its
     * destination and VLAN; each is 0 if it has neither. */
    uint32_t place;
    uint32_t captured; /**< octets that may be read at data; not more than length, if that is known */
    /** Octets of data on the wire, from the IP (or UDP) header and never from the frame; IPSEC_LENGTH_UNKNOWN if no
     * such header is available. */
    uint32_t length;
    uint16_t source_port;      /**< of the UDP encapsulation, in host byte order; 0: there is none, or not known */
    uint16_t destination_port; /**< likewise */
    uint16_t packet_id;  /**< hash of the capturing system's id of the packet: the same for each copy that it made; 0:
                            there is none */
    uint16_t flags;      /**< IPSEC_VIEW_... */
    const uint8_t *data; /**< ESP or AH header; under UDP, the UDP payload. May be NULL if captured is 0. */
    /** The IP header and all headers between it and `data`, as captured; NULL if they are not available. The ICV of AH
     * covers them. */
    const uint8_t *outer;
    uint32_t outer_length; /**< octets of outer; 0 if that is NULL */
    /** Octets of the frame after the IP packet (padding of the link) that a receiver gets with it; 0: none, or not
     * known. */
    uint32_t behind;
    const uint8_t *source;      /**< outer source address, address_length octets */
    const uint8_t *destination; /**< outer (final) destination address, address_length octets */
    /** With IPSEC_VIEW_OFFLOAD: octets of data that the frame had, captured or not; else 0. Read it with
     * ipsec_view_offload_length(). */
    uint32_t frame_length;
    uint32_t offset; /**< octets in front of `data` in the buffer that holds it; together with `buffer`, `protocol`,
                        `encapsulation` and `frame` it identifies this header */
    uint8_t address_length; /**< 4, 16, or 0 if the addresses are unknown (and may be NULL) */
    uint8_t ip_version;     /**< 4, 6, or 0 if unknown */
    uint8_t protocol;       /**< IPSEC_PROTOCOL_... */
    uint8_t encapsulation;  /**< ipsec_encapsulation */
    uint16_t buffer; /**< number of the buffer that holds `data`: the frame, or what was reassembled or decrypted from
                        it; at most IPSEC_BUFFER_MOST */
    /** Stacks (bits by ipsec_stack) that discard the packet because of an IPsec header in front of this one, and so
     * never see this one: ipsec_stacks_refusing() of that header's report. */
    ipsec_stacks refused_by;
} ipsec_view;

/** Whether what follows this kind of header (IPSEC_PROTOCOL_...) is encrypted, see kind.def; false for other protocols.
 */
static inline bool ipsec_encrypts(uint8_t protocol)
{
#define KIND(symbol, name, number, encrypts, covers_outer) ((encrypts) && protocol == (number)) ||
    return
#include "base/kind.def"
        false;
#undef KIND
}

/** Whether the ICV of this kind of header covers the headers in front of it, so that it is worth collecting them from
 * another buffer; false for other protocols.
 */
static inline bool ipsec_covers_outer(uint8_t protocol)
{
#define KIND(symbol, name, number, encrypts, covers_outer) ((covers_outer) && protocol == (number)) ||
    return
#include "base/kind.def"
        false;
#undef KIND
}

/** Whether the first `count` octets of the header were captured. */
static inline bool ipsec_view_has(const ipsec_view *view, uint32_t count)
{
    return view->captured >= count;
}

/** Octets in front of the IKE header in a UDP payload: those of the non-ESP marker (RFC 3948 2.2), except on the IKE
 * port. */
static inline uint32_t ipsec_view_ike_at(const ipsec_view *view)
{
    return view->flags & IPSEC_VIEW_IKE_PORT ? 0 : 4;
}

/** Whether every octet that the packet had on the wire was captured, and the wire length is known. */
static inline bool ipsec_view_is_whole(const ipsec_view *view)
{
    const unsigned not_a_packet = IPSEC_VIEW_QUOTED | IPSEC_VIEW_FRAGMENT | IPSEC_VIEW_OFFLOAD;

    return view->captured >= view->length && !(view->flags & not_a_packet);
}

/** Octets of data of a packet that the report treats as whole: as many as IP says, or, if a packet without a length was
 * opened, all that the frame had. All of them were captured. */
static inline uint32_t ipsec_view_packet_length(const ipsec_view *view)
{
    return view->length != IPSEC_LENGTH_UNKNOWN ? view->length : view->frame_length;
}

/** Octets of data as statistics count them: as many as IP says, or, if the length is not known, those that were
 * captured.
 */
static inline uint32_t ipsec_view_octets(const ipsec_view *view)
{
    return view->length == IPSEC_LENGTH_UNKNOWN ? view->captured : view->length;
}

/** With IPSEC_VIEW_OFFLOAD, the octets of data if what was captured is taken for a single packet: as many as IP says,
 * or else all that the frame had. 0 if it is not offload, or if not all of these octets were captured. */
static inline uint32_t ipsec_view_offload_length(const ipsec_view *view)
{
    const unsigned not_a_packet = IPSEC_VIEW_QUOTED | IPSEC_VIEW_FRAGMENT;
    const uint32_t length = ipsec_view_packet_length(view);

    if (!(view->flags & IPSEC_VIEW_OFFLOAD) || view->flags & not_a_packet)
        return 0;
    return view->captured >= length ? length : 0;
}

#endif
