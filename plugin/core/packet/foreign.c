/* What other protocols look like where ESP is expected: an SPI, a sequence number, and ciphertext.
 *
 * Sequence numbers of ESP are usually young: they begin with one or two zero octets. So a payload that looks like
 * another protocol in these octets, in its length and in some octets after them, is hardly ever ESP.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/foreign.h"
#include "base/octets.h"
#include "packet/checks.h"
#include "packet/find.h"

#include <glib.h>

/* Ports of services. A NAT does not map ports from 1024 on to these. */
#define SERVICES_LAST 1023u

enum {
    PORT_IKE = 500,
    PORT_ENCAPSULATION = 4500
};

/* One payload, and what ESP would have in its first octets. */
typedef struct payload {
    const uint8_t *data;
    uint32_t captured; /* at least 8 */
    uint32_t length;
    uint32_t spi, number;
} payload;

static bool has(const payload *p, uint32_t count)
{
    return p->captured >= count;
}

static uint32_t word_at(const payload *p, uint32_t offset)
{
    return ipsec_read_u32(p->data + offset);
}

static uint32_t half_at(const payload *p, uint32_t offset)
{
    return ipsec_read_u16(p->data + offset);
}

/* --- text ---------------------------------------------------------------------------------------------- */

static bool is_text_octet(uint8_t octet)
{
    return (octet >= 0x20 && octet < 0x7f) || octet == '\r' || octet == '\n' || octet == '\t';
}

static bool is_text(const uint8_t *octets, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!is_text_octet(octets[i]))
            return false;
    return true;
}

/* SIP, HTTP, SSDP, BitTorrent's DHT; after four octets 0xff, queries of game servers; after an opcode of two octets,
 * TFTP. Four characters of text, read as a sequence number, are 151 million or more. */
static bool is_line(const payload *p)
{
    if (!is_text(p->data + 4, 4))
        return false;
    return is_text(p->data, 4) || p->spi == UINT32_MAX ||
           (p->data[0] == 0 && p->data[1] <= 5 && is_text(p->data + 2, 2));
}

/* --- protocols with a header of their own -------------------------------------------------------------- */

/* Whether there seems to be a DNS name at octet `at`, judging by its first label, or the root with type and class of a
 * question. */
static bool is_name(const payload *p, uint32_t at, bool may_be_root)
{
    enum {
        LABEL_MOST = 63,
        INTERNET = 1,
        ANY = 255
    };
    const uint32_t label = p->data[at];

    if (label == 0)
        return may_be_root && has(p, at + 5) && (half_at(p, at + 3) == INTERNET || half_at(p, at + 3) == ANY);
    return label <= LABEL_MOST && at + 1 + label < p->length &&
           is_text(p->data + at + 1, MIN(label, p->captured - at - 1));
}

/* The counts of DNS (also multicast DNS and NetBIOS' names), and the first name. */
static bool is_dns(const payload *p)
{
    enum {
        OPCODES = 0x7800,
        RESERVED = 0x0040,
        NAME_AT = 12,
        QUESTIONS_MOST = 4,
        RECORDS_MOST = 255
    };
    const uint32_t flags = half_at(p, 2), questions = half_at(p, 4), answers = half_at(p, 6);

    if ((flags & OPCODES) >> 11 > 6 || flags & RESERVED || questions > QUESTIONS_MOST || answers > RECORDS_MOST)
        return false;
    if (!has(p, NAME_AT + 1) || half_at(p, 8) > RECORDS_MOST || half_at(p, 10) > RECORDS_MOST)
        return false;
    return questions + answers + half_at(p, 8) > 0 && is_name(p, NAME_AT, questions == 1);
}

/* RFC 8489 5: the magic cookie is where ESP has its sequence number; RFC 3489 11.1 has no cookie. */
static bool is_stun(const payload *p)
{
    enum {
        COOKIE = 0x2112a442,
        HEADER = 20
    };

    if (p->data[0] >= 0x40 || p->length < HEADER || half_at(p, 2) != p->length - HEADER)
        return false;
    return p->number == COOKIE || (half_at(p, 0) & ~0x0110u) == 1;
}

static bool is_quic_version(uint32_t version)
{
    const uint32_t draft = version >> 8;

    return version == 1 || version == 0x6b3343cf || draft == 0xff0000 || draft == 0x513034 || draft == 0x513035 ||
           (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

/* RFC 8999 5.1 and 6: a long header has its version in octets 1 to 4; version 0 is followed, after two IDs, by a list
 * of other versions. */
static bool is_quic(const payload *p)
{
    enum {
        ID_AT = 5,
        ID_MOST = 20
    };
    const uint32_t version = word_at(p, 1), first = p->data[ID_AT], second_at = ID_AT + 1 + first;

    if (!(p->data[0] & 0x80) || first > ID_MOST)
        return false;
    if (version != 0)
        return is_quic_version(version);
    return has(p, second_at + 1) && p->data[second_at] <= ID_MOST && has(p, second_at + 1 + p->data[second_at] + 4) &&
           is_quic_version(word_at(p, second_at + 1 + p->data[second_at]));
}

/* A type and three zeros; handshake messages have fixed lengths, and data is padded. */
static bool is_wireguard(const payload *p)
{
    static const uint32_t lengths[] = {[1] = 148, [2] = 92, [3] = 64};
    const uint8_t type = p->data[0];

    if (p->spi & 0x00ffffff || type > 4)
        return false;
    return type < 4 ? p->length == lengths[type] : p->length >= 32 && p->length % 16 == 0;
}

/* RFC 9147: a version in ones' complement, and the length of the first record. */
static bool is_dtls(const payload *p)
{
    enum {
        LENGTH_AT = 11,
        HEADER = 13
    };
    const uint32_t version = half_at(p, 1);

    if (p->data[0] < 20 || p->data[0] > 26 || (version < 0xfefc && version != 0x0100) || version > 0xfeff ||
        p->length < HEADER || !has(p, HEADER))
        return false;
    return half_at(p, LENGTH_AT) <= p->length - HEADER;
}

/* memcached's own header (datagram n of m), and a command or an answer. */
static bool is_memcached(const payload *p)
{
    enum {
        HEADER = 8,
        WORD = 4
    };

    return half_at(p, 6) == 0 && half_at(p, 2) < half_at(p, 4) && has(p, HEADER + WORD) &&
           is_text(p->data + HEADER, WORD);
}

/* SNMP, LDAP: a SEQUENCE with a matching length that begins with an INTEGER. */
static bool is_ber(const payload *p)
{
    enum {
        INTEGER = 2,
        SEQUENCE = 0x30
    };
    const uint32_t octets = p->data[1] < 0x80 ? 0 : p->data[1] - 0x80u;
    uint32_t length = p->data[1];

    if (p->data[0] != SEQUENCE || octets > 4 || p->data[2 + octets] != INTEGER)
        return false;
    for (uint32_t i = 0; i < octets; i++)
        length = i == 0 ? p->data[2] : length << 8 | p->data[2 + i];
    if (length == 0 || length > p->length - 2 - octets)
        return false;
    return length == p->length - 2 - octets || octets >= 2; /* there may be several in one datagram */
}

/* An NTP timestamp in seconds: from 1970 on, or 0. */
static bool is_ntp_time(const payload *p, uint32_t offset)
{
    return !has(p, offset + 4) || word_at(p, offset) == 0 || word_at(p, offset) >= 0x83aa7e80;
}

/* RFC 5905 7.3, with or without a digest; RFC 9327 for control; private mode (monlist). */
static bool is_ntp(const payload *p)
{
    const unsigned mode = p->data[0] & 7, version = p->data[0] >> 3 & 7;

    if (version < 1 || version > 4 || mode == 0)
        return false;
    if (mode == 7)
        return p->data[2] <= 3 && (p->number == 0 || 8 + (p->number >> 16 & 0xfff) * (p->number & 0xfff) == p->length);
    if (mode == 6)
        return has(p, 12) && half_at(p, 8) % 4 == 0 && p->length - 12 - half_at(p, 10) < 4;
    return (p->length == 48 || p->length == 52 || p->length == 68 || p->length == 72) && p->data[1] <= 16 &&
           p->data[2] <= 17 && (p->data[3] == 0 || p->data[3] >= 0xe0) && is_ntp_time(p, 16) && is_ntp_time(p, 24) &&
           is_ntp_time(p, 32);
}

/* RFC 5531 9: a call of version 2 to a registered program. */
static bool is_rpc(const payload *p)
{
    return p->number == 0 && has(p, 16) && word_at(p, 8) == 2 && word_at(p, 12) - 100000 < 1000000;
}

/* IPMI's RMCP; L2TP of version 2, with its length; BACnet, with its own. */
static bool is_framed(const payload *p)
{
    const uint32_t first = half_at(p, 0), second = half_at(p, 2);

    return (first == 0x0600 && ((second & 0x1f) == 6 || (second & 0x1f) == 7)) ||
           ((first == 0xc802 || first == 0x810a || first == 0x810b) && second == p->length);
}

/* --- patterns that ESP may have, too ------------------------------------------------------------------- */

/* OpenVPN data: opcode 9 with a peer id below 65,536, or opcode 6 with a young packet number. */
static bool is_openvpn_data(const payload *p)
{
    return (p->data[0] >> 3 == 9 && p->data[1] == 0) || (p->data[0] >> 3 == 6 && half_at(p, 1) == 0);
}

/* BEP 29: type and version 1, and one of three extensions. */
static bool is_utp(const payload *p)
{
    return (p->data[0] & 0x0f) == 1 && p->data[0] >> 4 <= 4 && p->data[1] <= 2 && p->length >= 20;
}

/* RFC 3550 5.1, without contributing sources, of a usual payload type, with a timestamp that is a multiple of 40
 * samples. */
static bool is_rtp(const payload *p)
{
    const unsigned type = p->data[1] & 0x7f;

    return (p->data[0] & 0xcf) == 0x80 && (type <= 34 || type >= 96) && p->number % 40 == 0 && p->length >= 12;
}

/* --- all of them --------------------------------------------------------------------------------------- */

typedef bool rule(const payload *p);

static rule *const sure[] = {is_line, is_dns, is_stun,      is_quic, is_wireguard, is_dtls,
                             is_ber,  is_ntp, is_memcached, is_rpc,  is_framed};
static rule *const perhaps[] = {is_openvpn_data, is_utp, is_rtp};

static bool is_one_of(const payload *p, rule *const *rules, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (rules[i](p))
            return true;
    return false;
}

static ipsec_foreign find(const payload *p)
{
    if (is_one_of(p, sure, sizeof sure / sizeof sure[0]))
        return IPSEC_FOREIGN_SURE;
    return is_one_of(p, perhaps, sizeof perhaps / sizeof perhaps[0]) ? IPSEC_FOREIGN_PERHAPS : IPSEC_FOREIGN_NOT;
}

/* OpenVPN's opcodes 6 and 9 with any key; SNMP; RTP with and without padding and extension; uTP; RMCP, L2TP, BACnet. */
const bool ipsec_foreign_begins[UINT8_MAX + 1] = {
    [0x01] = true, [0x06] = true, [0x11] = true, [0x21] = true, [0x30] = true, [0x31] = true, [0x32] = true,
    [0x33] = true, [0x34] = true, [0x35] = true, [0x36] = true, [0x37] = true, [0x41] = true, [0x48] = true,
    [0x49] = true, [0x4a] = true, [0x4b] = true, [0x4c] = true, [0x4d] = true, [0x4e] = true, [0x4f] = true,
    [0x80] = true, [0x81] = true, [0x90] = true, [0xa0] = true, [0xb0] = true, [0xc8] = true,
};

/* Whether the payload cannot be ESP because of its length, or has sequence number 0. */
static bool breaks_a_rule(const ipsec_findings *findings)
{
    return ipsec_findings_have(findings, IPSEC_FINDING_ESP_ALIGNMENT) ||
           ipsec_findings_have(findings, IPSEC_FINDING_ESP_BELOW_FLOOR) ||
           ipsec_findings_have(findings, IPSEC_FINDING_NATT_ESP_TOO_SHORT) ||
           ipsec_findings_have(findings, IPSEC_FINDING_SEQ_ZERO);
}

static bool is_service(uint16_t port)
{
    return port > 0 && port <= SERVICES_LAST && port != PORT_IKE;
}

static bool is_with_service(const ipsec_view *view)
{
    return (view->source_port == PORT_ENCAPSULATION && is_service(view->destination_port)) ||
           (view->destination_port == PORT_ENCAPSULATION && is_service(view->source_port));
}

ipsec_foreign ipsec_find_foreign(const ipsec_view *view, const ipsec_header *header, const ipsec_findings *findings)
{
    const payload p = {.data = view->data,
                       .captured = view->captured,
                       .length = view->length,
                       .spi = header->spi,
                       .number = header->sequence};
    ipsec_foreign looks;

    if (!header->has_sequence)
        return view->length == view->captured && view->length >= 4 && is_text(view->data, view->length)
                   ? IPSEC_FOREIGN_SURE
                   : IPSEC_FOREIGN_NOT;
    looks = find(&p);
    if (breaks_a_rule(findings) &&
        (looks == IPSEC_FOREIGN_PERHAPS || p.number > IPSEC_FOREIGN_YOUNG || is_with_service(view)))
        return IPSEC_FOREIGN_SURE;
    return looks;
}
