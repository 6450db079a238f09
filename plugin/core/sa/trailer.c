/* Rules on what an ESP packet held, once it is in the clear.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/trailer.h"
#include "base/octets.h"
#include "keys/terms.h"
#include "packet/inner.h"
#include "packet/ip.h"
#include "packet/protocol.h"
#include "packet/find.h"

/* Pad length and next header. */
#define TRAILER 2u

/* Some stacks pad to 8 or 16 octets with any cipher, which is not meant to hide anything. */
#define PAD_USUAL 16u

static uint8_t pad_of(const ipsec_trailer *trailer)
{
    return trailer->plaintext[trailer->length - 2];
}

static uint8_t next_of(const ipsec_trailer *trailer)
{
    return trailer->plaintext[trailer->length - 1];
}

static bool is_pad_in_order(const uint8_t *padding, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (padding[i] != i + 1)
            return false;
    return true;
}

static bool is_impossible(uint8_t next, uint8_t ip_version)
{
    return ipsec_protocol_is_unassigned(next) || (next == IPSEC_PROTOCOL_HOP_BY_HOP && ip_version == 4);
}

bool ipsec_trailer_is_sound(const ipsec_trailer *trailer)
{
    const uint32_t pad = pad_of(trailer);

    if (pad + TRAILER > trailer->length || is_impossible(next_of(trailer), 4))
        return false;
    return is_pad_in_order(trailer->plaintext + (trailer->length - TRAILER - pad), pad);
}

static void check_next_header(const ipsec_view *view, const ipsec_trailer *trailer, ipsec_findings *findings,
                              ipsec_opened *opened)
{
    const uint32_t at = trailer->at + trailer->length - 1;
    const uint8_t next = next_of(trailer);

    if (is_impossible(next, view->ip_version))
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_NEXT_HEADER, at, 1);
    if (trailer->spec && !ipsec_terms_fit_next(trailer->spec, next, &opened->terms))
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_NEXT_HEADER_MODE, at, 1);
}

static void check_padding(const ipsec_trailer *trailer, uint32_t payload, ipsec_findings *findings)
{
    const uint32_t pad = pad_of(trailer), block = trailer->block;
    const uint32_t need = (block - (payload + TRAILER) % block) % block;
    const uint32_t at = trailer->at + payload;

    if (!is_pad_in_order(trailer->plaintext + payload, pad))
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_PAD_BYTES, at, pad);
    if (pad > 0 && trailer->plaintext[payload + pad - 1] != pad)
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_PAD_LAST_BYTE, at + pad - 1, 1);
    if (pad >= need + PAD_USUAL)
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_PAD_EXCESS, at, pad);
}

/* The length that the inner header states; 0 if that is shorter than the header itself. */
static uint32_t inner_length(const uint8_t *p, bool v6)
{
    const uint32_t header = v6 ? IPSEC_IPV6_HEADER : (p[0] & 0x0fu) * 4;
    const uint32_t total = v6 ? IPSEC_IPV6_HEADER + ipsec_read_u16(p + 4) : ipsec_read_u16(p + 2);

    return total < header || header < IPSEC_IPV4_HEADER ? 0 : total;
}

static void check_inner(const ipsec_trailer *trailer, uint32_t payload, ipsec_findings *findings, ipsec_opened *opened)
{
    const bool v6 = next_of(trailer) == IPSEC_PROTOCOL_IPV6;
    const uint8_t *p = trailer->plaintext;
    uint32_t length;

    if (payload < (v6 ? IPSEC_IPV6_HEADER : IPSEC_IPV4_HEADER)) {
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_INNER_TRUNCATED, trailer->at, payload);
        return;
    }
    if (p[0] >> 4 != (v6 ? 6 : 4)) {
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_INNER_VERSION, trailer->at, 1);
        return;
    }
    length = inner_length(p, v6);
    if (length == 0 || length > payload) {
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_INNER_LENGTH, trailer->at + (v6 ? 4 : 2), 2);
        return;
    }
    opened->has_inner = true;
    opened->tfc_length = payload - length;
    if (length < payload)
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_TFC, trailer->at + length, payload - length);
    if (!ipsec_inner_parses(p, length))
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_INNER_TRANSPORT, trailer->at, length);
}

static bool has_inner_packet(const ipsec_trailer *trailer, const ipsec_opened *opened)
{
    const uint8_t mode = trailer->spec ? ipsec_terms_mode(trailer->spec, opened->terms) : IPSEC_MODE_ANY;

    return ipsec_mode_has_packet(next_of(trailer), mode);
}

static void check_selector(const ipsec_view *view, const ipsec_trailer *trailer, uint32_t payload,
                           ipsec_findings *findings, ipsec_opened *opened)
{
    if (trailer->spec &&
        !ipsec_terms_fit_selector(trailer->spec, view, next_of(trailer), trailer->plaintext, payload, &opened->terms))
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_SELECTOR, trailer->at, payload);
}

void ipsec_read_trailer(const ipsec_trailer *trailer, ipsec_opened *opened)
{
    const uint32_t pad = pad_of(trailer);

    opened->has_trailer = true;
    opened->pad_length = (uint8_t)pad;
    opened->next_header = next_of(trailer);
    if (pad + TRAILER <= trailer->length && next_of(trailer) != IPSEC_PROTOCOL_NONE)
        opened->payload_length = trailer->length - TRAILER - pad;
}

static void check_all(const ipsec_view *view, const ipsec_trailer *trailer, ipsec_findings *findings,
                      ipsec_opened *opened)
{
    const uint32_t pad = pad_of(trailer);
    uint32_t payload;

    if (pad + TRAILER > trailer->length) {
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_PAD_LENGTH, trailer->at + trailer->length - 2, 1);
        return;
    }
    payload = trailer->length - TRAILER - pad;
    check_padding(trailer, payload, findings);
    if (next_of(trailer) == IPSEC_PROTOCOL_NONE) {
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_DUMMY, trailer->at + trailer->length - 1, 1);
        return;
    }
    check_next_header(view, trailer, findings, opened);
    if (payload == 0) {
        ipsec_findings_add(findings, IPSEC_FINDING_ESP_EMPTY_PAYLOAD, trailer->at, trailer->length);
        return;
    }
    if (has_inner_packet(trailer, opened))
        check_inner(trailer, payload, findings, opened);
    check_selector(view, trailer, payload, findings, opened);
}

/* Whether the octets in front of the trailer would pass for an IP packet, whatever Next Header says, as libipsec
 * checks.
 */
static bool inside_parses(const ipsec_trailer *trailer)
{
    const uint32_t behind = pad_of(trailer) + TRAILER;

    return behind <= trailer->length && ipsec_inner_parses(trailer->plaintext, trailer->length - behind);
}

void ipsec_check_trailer(const ipsec_view *view, const ipsec_trailer *trailer, ipsec_findings *findings,
                         ipsec_opened *opened)
{
    check_all(view, trailer, findings, opened);
    opened->inside_parses = findings->any && inside_parses(trailer);
}
