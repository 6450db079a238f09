/* Rules on UDP encapsulation (RFC 3948): what a payload on port 4500 or 500 is, and what is wrong with it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/octets.h"
#include "packet/checks.h"
#include "packet/ip.h"
#include "packet/kind.h"
#include "packet/find.h"

#include <glib.h>
#include <string.h>

enum {
    MARKER = 4
};
enum {
    ISAKMP_VERSION_AT = 17,
    ISAKMP_LENGTH_AT = 24,
    ISAKMP_HEADER = 28
};

#define KEEPALIVE 0xffu

/* How far the number of a coalesced packet may be below that of the first one: 16 times the largest window there is. */
#define LATE_MOST UINT16_MAX

/* ESP on the IKE port is believed only while the sequence numbers are young, so that a false alarm on other traffic to
 * port 500 also needs a zero octet at the right place. */
#define YOUNG_SEQUENCE 0x00ffffffu

static inline bool is_isakmp_version(const ipsec_view *view, uint32_t offset)
{
    const unsigned major = view->data[offset + ISAKMP_VERSION_AT] >> 4;

    return major == 1 || major == 2;
}

/* Whether the payload after `offset` is an ISAKMP header (RFC 2408 3.1, RFC 7296 3.1) of major version 1 or 2 whose
 * length is exactly what is left. False if the octets or the length are not available. */
static inline bool is_isakmp(const ipsec_view *view, uint32_t offset)
{
    return ipsec_view_has(view, offset + ISAKMP_HEADER) && is_isakmp_version(view, offset) &&
           view->length != IPSEC_LENGTH_UNKNOWN &&
           ipsec_read_u32(view->data + offset + ISAKMP_LENGTH_AT) == view->length - offset;
}

/* Whether a second packet of the same SA begins at p, with one of the next numbers or one up to `behind` lower. */
static bool is_second(const ipsec_view *view, const uint8_t *p, uint32_t behind)
{
    const uint32_t advance = ipsec_read_u32(p + 4) - ipsec_read_u32(view->data + 4);

    return (p - view->data) % 4 == 0 && memcmp(p, view->data, 4) == 0 && advance != 0 &&
           advance + behind <= IPSEC_COALESCED_MOST + behind;
}

/* See ipsec_find_coalesced(); for `behind`, is_second(). */
static uint32_t find_second(const ipsec_view *view, uint32_t from, uint32_t behind)
{
    const uint8_t *p, *last;

    if (view->length < IPSEC_ESP_FLOOR || from > view->length - IPSEC_ESP_FLOOR)
        return 0;
    p = view->data + from;
    last = view->data + view->length - IPSEC_ESP_FLOOR;
    /* memchr looks for the lowest octet of the SPI, because this runs on every good packet too. */
    while (p <= last) {
        p = memchr(p + 3, view->data[3], (size_t)(last - p) + 1);
        if (!p)
            return 0;
        p -= 3;
        if (is_second(view, p, behind))
            return (uint32_t)(p - view->data);
        p++;
    }
    return 0;
}

uint32_t ipsec_find_coalesced(const ipsec_view *view, uint32_t from)
{
    return find_second(view, from, 0);
}

/* Whether receive offload has merged several packets: all have the same length, except the last, which may be shorter.
 * So one of them begins in the second half; it may be a replay or late. At each of some hundred places, ciphertext
 * passes for one with a probability of 2^-32 (the SPI) * 2^-16 (the number). */
static bool is_coalesced(const ipsec_view *view)
{
    return find_second(view, MAX(IPSEC_ESP_FLOOR, view->length / 2), LATE_MOST) > 0;
}

/* Octets of the IP header in front; in IPv6 without extension headers. */
static uint32_t ip_header_of(const ipsec_view *view)
{
    if (view->ip_version == 6)
        return IPSEC_IPV6_HEADER;
    return view->outer ? (view->outer[0] & 0x0fu) * 4 : IPSEC_IPV4_HEADER;
}

/* Whether a receiver takes it for ESP, and then finds it shorter than the IP header that it must restore. */
static bool is_below_ip_header(const ipsec_view *view)
{
    return view->length >= IPSEC_ESP_IN_UDP_LEAST && view->length < ip_header_of(view);
}

bool ipsec_udp_is_sound(const ipsec_view *view)
{
    return view->length >= IPSEC_ESP_FLOOR && ipsec_read_u32(view->data) != 0 && !is_isakmp(view, 0) &&
           !is_coalesced(view) && !is_below_ip_header(view);
}

/* A payload without marker that is not a keepalive: ESP, or what a receiver takes for it. */
static void check_esp_in_udp(const ipsec_view *view, ipsec_header *header, ipsec_findings *findings)
{
    header->subject = IPSEC_SUBJECT_HEADER;
    if (is_isakmp(view, 0)) {
        header->subject = IPSEC_SUBJECT_UDP;
        ipsec_header_read_numbers(view, &ipsec_kind_esp, header); /* read as ESP, because receivers take it for ESP */
        ipsec_findings_add(findings, IPSEC_FINDING_NATT_NO_MARKER_IKE, 0, ISAKMP_HEADER);
        return;
    }
    if (findings->whole && is_coalesced(view)) {
        findings->whole = false;
        ipsec_findings_add(findings, IPSEC_FINDING_CAPTURE_OFFLOAD, 0, 0);
    }
    if (is_below_ip_header(view))
        ipsec_findings_add(findings, IPSEC_FINDING_NATT_BELOW_IP_HEADER, 0, view->length);
    if (view->length < IPSEC_ESP_IN_UDP_LEAST) {
        ipsec_header_read_numbers(view, &ipsec_kind_esp, header);
        ipsec_findings_add(findings, IPSEC_FINDING_NATT_ESP_TOO_SHORT, 0, view->length);
    } else {
        ipsec_check_esp(view, header, findings);
    }
    if (view->ip_version == 4 && view->flags & IPSEC_VIEW_UDP_CHECKSUM)
        ipsec_findings_add(findings, IPSEC_FINDING_NATT_UDP_CHECKSUM, 0, 0);
}

/* A payload after the non-ESP marker. */
static void check_marked(const ipsec_view *view, ipsec_header *header, ipsec_findings *findings)
{
    header->subject = IPSEC_SUBJECT_UDP;
    if (is_isakmp(view, MARKER)) {
        header->subject = IPSEC_SUBJECT_IKE;
        return;
    }
    if (view->length == MARKER + 1 && ipsec_view_has(view, MARKER + 1) && view->data[MARKER] == KEEPALIVE)
        ipsec_findings_add(findings, IPSEC_FINDING_NATT_KEEPALIVE, 0, MARKER + 1);
    else if (is_isakmp(view, 2 * MARKER) && ipsec_read_u32(view->data + MARKER) == 0)
        ipsec_findings_add(findings, IPSEC_FINDING_NATT_DOUBLE_MARKER, 0, 2 * MARKER);
}

static void check_encapsulation_port(const ipsec_view *view, ipsec_header *header, ipsec_findings *findings)
{
    header->subject = IPSEC_SUBJECT_UDP;
    if (view->length == 1 && ipsec_view_has(view, 1) && view->data[0] != KEEPALIVE)
        ipsec_findings_add(findings, IPSEC_FINDING_NATT_KEEPALIVE, 0, 1);
    else if (view->length == 2 || view->length == 3)
        ipsec_findings_add(findings, IPSEC_FINDING_NATT_TRUNCATED, 0, view->length);
    else if (!ipsec_view_has(view, MARKER))
        return;
    else if (ipsec_read_u32(view->data) == 0)
        check_marked(view, header, findings);
    else
        check_esp_in_udp(view, header, findings);
}

static bool looks_like_esp(const ipsec_view *view)
{
    return view->length >= IPSEC_ESP_FLOOR && view->length % 4 == 0 && !is_isakmp_version(view, 0) &&
           ipsec_read_u32(view->data) > IPSEC_SPI_RESERVED_LAST && ipsec_read_u32(view->data + 4) > 0 &&
           ipsec_read_u32(view->data + 4) <= YOUNG_SEQUENCE;
}

static void check_ike_port(const ipsec_view *view, ipsec_header *header, ipsec_findings *findings)
{
    header->subject = is_isakmp(view, 0) ? IPSEC_SUBJECT_IKE : IPSEC_SUBJECT_NOTHING;
    /* Without the whole packet, the length is unknown and not every octet is there. */
    if (!findings->whole || header->subject == IPSEC_SUBJECT_IKE || !looks_like_esp(view))
        return;
    header->subject = IPSEC_SUBJECT_IKE_PORT;
    header->has_spi = true;
    header->spi = ipsec_read_u32(view->data);
    header->has_sequence = true;
    header->sequence = ipsec_read_u32(view->data + 4);
    ipsec_findings_add(findings, IPSEC_FINDING_NATT_ESP_ON_500, 0, 8);
}

void ipsec_check_udp(const ipsec_view *view, ipsec_header *header, ipsec_findings *findings)
{
    if (view->flags & IPSEC_VIEW_IKE_PORT)
        check_ike_port(view, header, findings);
    else
        check_encapsulation_port(view, header, findings);
    if (header->subject == IPSEC_SUBJECT_UDP && !findings->any)
        header->subject = IPSEC_SUBJECT_NOTHING;
}
