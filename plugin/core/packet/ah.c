/* Rules on the AH header that need no key.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/checks.h"

enum {
    NEXT_HEADER_AT = 0,
    LENGTH_AT = 1,
    RESERVED_AT = 2,
    AH_HEADER = 12
};

static const ipsec_numbers numbers = {.spi_at = 4,
                                      .sequence_at = 8,
                                      .spi_zero = IPSEC_FINDING_AH_SPI_ZERO,
                                      .spi_reserved = IPSEC_FINDING_AH_SPI_RESERVED};

/* RFC 2402 and RFC 4302 know no ICV below 96 bits. The longest field seen in good traffic holds a full
 * digest of 64 octets and padding to 8. */
enum {
    ICV_SHORTEST = 12,
    ICV_LONGEST = 68
};

/* The length field, in words minus 2, of AH with an ICV of 96 bits. */
#define WORDS_96_BITS 4u

enum {
    NEXT_HOP_BY_HOP = 0,
    NEXT_ROUTING = 43,
    NEXT_FRAGMENT = 44,
    NEXT_AH = 51,
    NEXT_RESERVED = 255
};
/* IANA "Assigned Internet Protocol Numbers": nothing is assigned from here up to the two for experiments. */
enum {
    NEXT_UNASSIGNED_FIRST = 148,
    NEXT_UNASSIGNED_LAST = 252
};

static void check_next_header(const ipsec_view *view, ipsec_report *report)
{
    const uint8_t next = view->data[NEXT_HEADER_AT];
    const bool unassigned = next >= NEXT_UNASSIGNED_FIRST && next <= NEXT_UNASSIGNED_LAST;
    const bool only_in_v6 = next == NEXT_HOP_BY_HOP && view->ip_version == 4;

    if (unassigned || only_in_v6 || next == NEXT_AH || next == NEXT_RESERVED)
        ipsec_report_add(report, IPSEC_FINDING_AH_NEXT_HEADER, NEXT_HEADER_AT, 1);
    if (view->ip_version == 6 && (next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_FRAGMENT))
        ipsec_report_add(report, IPSEC_FINDING_AH_V6_ORDER, NEXT_HEADER_AT, 1);
}

/* Whether the field is 4 octets longer than an ICV that RFC 4302 would send in IPv4 unpadded. The ICVs are
 * the truncated ones of 128 to 256 bits and full digests; those of 96 and 160 bits need no padding. */
static bool is_padded_to_8(uint32_t field)
{
    return field == 16 + 4 || field == 24 + 4 || field == 32 + 4 || field == 48 + 4 || field == 64 + 4;
}

static void check_length(const ipsec_view *view, ipsec_report *report)
{
    const uint32_t words = view->data[LENGTH_AT];
    const uint32_t header = (words + 2) * 4;
    uint32_t icv;

    if (words < 2) {
        report->payload_lost = true;
        ipsec_report_add(report, IPSEC_FINDING_AH_LENGTH_BELOW_MIN, LENGTH_AT, 1);
        return;
    }
    if (header > view->length) {
        report->payload_lost = true;
        ipsec_report_add(report, IPSEC_FINDING_AH_LENGTH_OVERRUN, LENGTH_AT, 1);
        return;
    }
    icv = header - AH_HEADER;
    if (icv < ICV_SHORTEST || icv > ICV_LONGEST)
        ipsec_report_add(report, IPSEC_FINDING_AH_ICV_LENGTH, AH_HEADER, icv);
    if (view->ip_version == 6 && header % 8 != 0)
        ipsec_report_add(report, IPSEC_FINDING_AH_V6_ALIGNMENT, LENGTH_AT, 1);
    if (view->ip_version == 4 && is_padded_to_8(icv))
        ipsec_report_add(report, IPSEC_FINDING_AH_V4_EXTRA_PAD, AH_HEADER + icv - 4, 4);
}

/* Most AH breaks none of the rules on the first word: an upper layer or ESP behind an ICV of 96 bits, which needs no
 * padding in either version of IP, and nothing in the reserved field. */
static inline bool is_usual(const ipsec_view *view)
{
    const uint32_t word = ipsec_read_u32(view->data + NEXT_HEADER_AT);
    const uint32_t next = word >> 24;

    return (word & 0x00ffffffu) == WORDS_96_BITS << 16 && view->length >= (WORDS_96_BITS + 2) * 4 &&
           (next - 1 < NEXT_ROUTING - 1 || next == IPSEC_PROTOCOL_ESP);
}

static IPSEC_RARE void blame(const ipsec_view *view, ipsec_report *report)
{
    ipsec_blame_numbers(&numbers, report);
    if (!ipsec_view_has(view, AH_HEADER)) {
        if (view->length < AH_HEADER)
            ipsec_report_add(report, IPSEC_FINDING_AH_TRUNCATED_HEADER, 0, view->length);
        return;
    }
    if (ipsec_read_u16(view->data + RESERVED_AT) != 0)
        ipsec_report_add(report, IPSEC_FINDING_AH_RESERVED, RESERVED_AT, 2);
    check_length(view, report);
    check_next_header(view, report);
}

void ipsec_check_ah(const ipsec_view *view, ipsec_report *report)
{
    const bool odd_numbers = ipsec_read_numbers(view, &numbers, report);

    if (odd_numbers || !ipsec_view_has(view, AH_HEADER) || !is_usual(view))
        blame(view, report);
}
