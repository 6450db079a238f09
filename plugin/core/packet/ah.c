/* Rules on the AH header that need no key.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/octets.h"
#include "packet/checks.h"
#include "packet/protocol.h"
#include "packet/kind.h"
#include "packet/find.h"

enum {
    NEXT_HEADER_AT = 0,
    LENGTH_AT = 1,
    RESERVED_AT = 2
};

/* RFC 4302 2.2: the field counts words, minus 2. */
static uint32_t ah_length(const uint8_t *ah)
{
    return (ah[LENGTH_AT] + 2u) * 4;
}

const ipsec_header_kind ipsec_kind_ah = {.protocol = IPSEC_PROTOCOL_AH,
                                         .length = ah_length,
                                         .fixed = IPSEC_AH_HEADER,
                                         .spi_at = 4,
                                         .sequence_at = 8,
                                         .spi_zero = IPSEC_FINDING_AH_SPI_ZERO,
                                         .spi_reserved = IPSEC_FINDING_AH_SPI_RESERVED,
                                         .spi_unknown = IPSEC_FINDING_AH_SPI_UNKNOWN,
                                         .icv = IPSEC_FINDING_AH_ICV,
                                         .fragment = IPSEC_FINDING_AH_FRAGMENT,
                                         .v6_order = IPSEC_FINDING_AH_V6_ORDER,
                                         .ip_checksum = IPSEC_FINDING_AH_IP_CHECKSUM,
                                         .v4_option = IPSEC_FINDING_AH_V4_OPTION_BAD,
                                         .encap_mismatch = IPSEC_FINDING_COUNT};

/* No ICV of RFC 2402 or RFC 4302 is shorter than 96 bits. The longest field seen in good traffic holds a full digest of
 * 64 octets and padding to 8. */
enum {
    ICV_SHORTEST = 12,
    ICV_LONGEST = 68
};

/* Extension headers of IPv6 that belong in front of AH (RFC 8200 4.1). */
static bool is_only_in_front(uint8_t next)
{
    return next == IPSEC_PROTOCOL_HOP_BY_HOP || next == IPSEC_PROTOCOL_ROUTING || next == IPSEC_PROTOCOL_FRAGMENT;
}

static void check_next_header(const ipsec_view *view, ipsec_findings *findings)
{
    const uint8_t next = view->data[NEXT_HEADER_AT];
    const bool only_in_v6 = next == IPSEC_PROTOCOL_HOP_BY_HOP && view->ip_version == 4;

    if (ipsec_protocol_is_unassigned(next) || only_in_v6 || next == IPSEC_PROTOCOL_AH)
        ipsec_findings_add(findings, IPSEC_FINDING_AH_NEXT_HEADER, NEXT_HEADER_AT, 1);
    if (view->ip_version == 6 && is_only_in_front(next))
        ipsec_findings_add(findings, IPSEC_FINDING_AH_V6_ORDER, NEXT_HEADER_AT, 1);
}

/* Whether the field is 4 octets longer than an ICV that RFC 4302 would send in IPv4 unpadded. The ICVs are
 * the truncated ones of 128 to 256 bits and full digests; those of 96 and 160 bits need no padding. */
static bool is_padded_to_8(uint32_t field)
{
    return field == 16 + 4 || field == 24 + 4 || field == 32 + 4 || field == 48 + 4 || field == 64 + 4;
}

static void check_length(const ipsec_view *view, ipsec_header *header, ipsec_findings *findings)
{
    const uint32_t length = ah_length(view->data);
    uint32_t icv;

    if (view->data[LENGTH_AT] < 2) {
        header->payload_lost = true;
        ipsec_findings_add(findings, IPSEC_FINDING_AH_LENGTH_BELOW_MIN, LENGTH_AT, 1);
        return;
    }
    if (length > view->length) {
        header->payload_lost = true;
        ipsec_findings_add(findings, IPSEC_FINDING_AH_LENGTH_OVERRUN, LENGTH_AT, 1);
        return;
    }
    icv = length - IPSEC_AH_HEADER;
    if (icv < ICV_SHORTEST || icv > ICV_LONGEST)
        ipsec_findings_add(findings, IPSEC_FINDING_AH_ICV_LENGTH, IPSEC_AH_HEADER, icv);
    if (view->ip_version == 6 && length % 8 != 0)
        ipsec_findings_add(findings, IPSEC_FINDING_AH_V6_ALIGNMENT, LENGTH_AT, 1);
    if (view->ip_version == 4 && is_padded_to_8(icv))
        ipsec_findings_add(findings, IPSEC_FINDING_AH_V4_EXTRA_PAD, IPSEC_AH_HEADER + icv - 4, 4);
}

static bool is_multicast(const ipsec_view *view)
{
    if (view->address_length == 4)
        return view->destination[0] >> 4 == 0xe;
    return view->address_length == 16 && view->destination[0] == 0xff;
}

/* VRRP and OSPF authenticate themselves with AH (RFC 2338 5.3.6.3, RFC 4552): a daemon may read it from a raw socket
 * and check it. */
static ipsec_daemon find_daemon(const ipsec_view *view)
{
    const uint8_t next = view->data[NEXT_HEADER_AT];

    if ((next != IPSEC_PROTOCOL_VRRP && next != IPSEC_PROTOCOL_OSPF) || !is_multicast(view))
        return IPSEC_DAEMON_NONE;
    return next == IPSEC_PROTOCOL_VRRP ? IPSEC_DAEMON_VRRP : IPSEC_DAEMON_OSPF;
}

static IPSEC_COLD void check(const ipsec_view *view, ipsec_header *header, ipsec_findings *findings)
{
    ipsec_check_numbers(header, findings);
    if (!ipsec_view_has(view, IPSEC_AH_HEADER)) {
        if (view->length < IPSEC_AH_HEADER)
            ipsec_findings_add(findings, IPSEC_FINDING_AH_TRUNCATED_HEADER, 0, view->length);
        return;
    }
    header->daemon = (uint8_t)find_daemon(view);
    if (ipsec_read_u16(view->data + RESERVED_AT) != 0)
        ipsec_findings_add(findings, IPSEC_FINDING_AH_RESERVED, RESERVED_AT, 2);
    check_length(view, header, findings);
    check_next_header(view, findings);
}

void ipsec_check_ah(const ipsec_view *view, ipsec_header *header, ipsec_findings *findings)
{
    const bool odd_numbers = ipsec_header_read_numbers(view, &ipsec_kind_ah, header);

    if (odd_numbers || !ipsec_ah_is_sound(view))
        check(view, header, findings);
}
