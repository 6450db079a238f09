/* Other protocols on the port of the UDP encapsulation. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packets.h"
#include "packet/checks.h"
#include "packet/foreign.h"

#include <string.h>

/* A UDP payload: what it begins with, and noise up to its length. */
typedef struct payload {
    const char *what;
    uint32_t length;
    uint32_t begins; /* number of octets in `octets` */
    const char *octets;
    ipsec_foreign wanted;
} payload;

static ipsec_view view_on(const payload *p, uint32_t captured)
{
    uint8_t octets[512];
    ipsec_view view;

    for (uint32_t i = 0; i < p->length; i++)
        octets[i] = (uint8_t)(0x90 + i * 7 % 0x60); /* no text */
    memcpy(octets, p->octets, MIN(p->begins, p->length));
    view = view_of(IPSEC_PROTOCOL_ESP, 4, octets, MIN(captured, p->length));
    view.length = p->length;
    view.encapsulation = IPSEC_ENCAPSULATION_UDP;
    view.source_port = 40000;
    view.destination_port = 4500;
    return view;
}

static ipsec_foreign look(const ipsec_view *view)
{
    ipsec_header header;
    ipsec_findings findings;

    ipsec_header_begin(&header, view);
    ipsec_findings_begin(&findings, ipsec_view_is_whole(view));
    ipsec_check_udp(view, &header, &findings);
    g_assert_cmpint(header.subject, ==, IPSEC_SUBJECT_HEADER);
    return ipsec_may_be_foreign(view, &header, &findings) ? ipsec_find_foreign(view, &header, &findings)
                                                          : IPSEC_FOREIGN_NOT;
}

static void check(const payload *p)
{
    const ipsec_view view = view_on(p, p->length);

    if (look(&view) != p->wanted)
        g_test_message("%s: %d", p->what, look(&view)), g_test_fail();
    /* If it is cut, nothing is read beyond. */
    for (uint32_t captured = 4; captured < p->length; captured++) {
        const ipsec_view cut = view_on(p, captured);

        look(&cut);
        guard_free_all();
    }
}

#define BEGINS(literal) sizeof(literal) - 1, literal
#define SURE            IPSEC_FOREIGN_SURE
#define PERHAPS         IPSEC_FOREIGN_PERHAPS
#define NOT             IPSEC_FOREIGN_NOT

/* All have lengths that are possible for ESP, so only their octets matter. */
static const payload payloads[] = {
    {"SIP", 64, BEGINS("OPTIONS sip:"), SURE},
    {"text as SPI only", 64, BEGINS("OPTI\0\0\0\1"), NOT},
    {"number of text only", 64, BEGINS("\xc1\2\3\4ABCD"), NOT},
    {"last octet of the number no text", 64, BEGINS("OPTION\x7f "), NOT},
    {"first octet no text", 64, BEGINS("\x1fPTIONS "), NOT},
    {"lines", 64, BEGINS("A\t\r\nB~ \n"), SURE},
    {"query of a game server", 64, BEGINS("\xff\xff\xff\xffTSource"), SURE},
    {"TFTP", 64, BEGINS("\0\1boot.0"), SURE},
    {"an operation that TFTP has not", 64, BEGINS("\0\6boot.0"), NOT},
    {"DNS query", 32, BEGINS("\xa1\xb2\1\0\0\1\0\0\0\0\0\0\7example\3com"), SURE},
    {"DNS query for the root", 20, BEGINS("\xa1\xb2\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1"), SURE},
    {"of another class", 20, BEGINS("\xa1\xb2\1\0\0\1\0\0\0\0\0\0\0\0\2\0\2"), NOT},
    {"multicast DNS", 32, BEGINS("\0\0\x84\0\0\0\0\2\0\0\0\0\7example"), SURE},
    {"multicast DNS for nothing", 32, BEGINS("\0\0\x84\0\0\0\0\0\0\0\0\1\7example"), NOT},
    {"DNS with a reserved bit", 32, BEGINS("\xa1\xb2\1\x40\0\1\0\0\0\0\0\0\7example"), NOT},
    {"DNS with five questions", 32, BEGINS("\0\0\1\0\0\5\0\0\0\0\0\0\7example"), NOT},
    {"DNS with a label that is no text", 32, BEGINS("\xa1\xb2\1\0\0\1\0\0\0\0\0\0\7exa\1ple"), NOT},
    {"DNS with a label beyond the end", 20, BEGINS("\xa1\xb2\1\0\0\1\0\0\0\0\0\0\7example"), NOT},
    {"the first packet of AES-GCM with IV 0", 64, BEGINS("\0\0\1\0\0\0\0\1\0\0\0\0\0\0\0\0"), NOT},
    {"the 65,537th, with IV 65,536", 64, BEGINS("\xc1\2\1\0\0\1\0\1\0\0\0\0\0\1\0\0"), NOT},
    {"STUN", 28, BEGINS("\0\1\0\x08\x21\x12\xa4\x42"), SURE},
    {"STUN of another length", 32, BEGINS("\0\1\0\x08\x21\x12\xa4\x42"), NOT},
    {"STUN without cookie", 28, BEGINS("\1\1\0\x08\x99\x12\xa4\x42"), SURE},
    {"an unknown type without cookie", 28, BEGINS("\2\1\0\x08\x99\x12\xa4\x42"), NOT},
    {"QUIC 1", 64, BEGINS("\xc3\0\0\0\1\x08\xaa\xbb"), SURE},
    {"QUIC 2", 64, BEGINS("\xd3\x6b\x33\x43\xcf\x08\xaa\xbb"), SURE},
    {"a draft of QUIC", 64, BEGINS("\xc3\xff\0\0\x1d\x08\xaa\xbb"), SURE},
    {"QUIC with an ID of 21 octets", 64, BEGINS("\xc3\0\0\0\1\x15\xaa\xbb"), NOT},
    {"QUIC offers versions", 24, BEGINS("\x80\0\0\0\0\2\xaa\xbb\3\xcc\xcc\xcc\0\0\0\1"), SURE},
    {"SPI 0x80000000", 64, BEGINS("\x80\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1"), NOT},
    {"WireGuard, initiation", 148, BEGINS("\1\0\0\0\x9a\x9b\x9c\x9d"), SURE},
    {"WireGuard, response", 92, BEGINS("\2\0\0\0\0\0\0\7"), SURE},
    {"WireGuard, cookie", 64, BEGINS("\3\0\0\0\x9a\x9b\x9c\x9d"), SURE},
    {"WireGuard, data", 96, BEGINS("\4\0\0\0\0\0\0\7"), SURE},
    {"SPI 0x04000000, a length of ESP only", 100, BEGINS("\4\0\0\0\0\0\0\7"), NOT},
    {"SPI 0x05000000", 96, BEGINS("\5\0\0\0\0\0\0\7"), NOT},
    {"DTLS", 64, BEGINS("\x16\xfe\xfd\0\0\0\0\0\0\0\1\0\x33"), SURE},
    {"DTLS, the record longer", 64, BEGINS("\x16\xfe\xfd\0\0\0\0\0\0\0\1\0\x34"), NOT},
    {"memcached", 16, BEGINS("\0\1\0\0\0\1\0\0stats\r\n"), SURE},
    {"memcached, a datagram beyond the last", 16, BEGINS("\0\1\0\1\0\1\0\0stats\r\n"), NOT},
    {"SNMP", 40, BEGINS("\x30\x26\2\1\1\4\6public"), SURE},
    {"SNMP of another length", 44, BEGINS("\x30\x26\2\1\1\4\6public"), NOT},
    {"LDAP, several answers", 64, BEGINS("\x30\x84\0\0\0\x10\2\1"), SURE},
    {"LDAP, longer than the datagram", 20, BEGINS("\x30\x84\0\0\0\x10\2\1"), NOT},
    {"NTP, client", 48, BEGINS("\x23\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), SURE},
    {"NTP, server", 48, BEGINS("\x24\2\6\xe9\0\0\1\xa2\0\0\2\4\xc0\0\2\1\xea\1\1\1\1\1\1\1\xea\2\2\2\1\1\1\1\xea\3"),
     SURE},
    {"NTP of 1936", 48, BEGINS("\x24\2\6\xe9\0\0\1\xa2\0\0\2\4\xc0\0\2\1\x41\1\1\1"), NOT},
    {"NTP of stratum 17", 48,
     BEGINS("\x24\x11\6\xe9\0\0\1\xa2\0\0\2\4\xc0\0\2\1\xea\1\1\1\1\1\1\1\xea\2\2\2\1\1\1\1\xea"), NOT},
    {"monlist", 48, BEGINS("\x17\0\3\x2a\0\0\0\0"), SURE},
    {"NTP control", 12, BEGINS("\x16\2\0\1\0\0\0\0\0\0\0\0"), SURE},
    {"portmap", 40, BEGINS("\xa1\xb2\xc3\xd4\0\0\0\0\0\0\0\2\0\1\x86\xa0"), SURE},
    {"RPC of version 3", 40, BEGINS("\xa1\xb2\xc3\xd4\0\0\0\0\0\0\0\3\0\1\x86\xa0"), NOT},
    {"RMCP", 24, BEGINS("\6\0\xff\7\0\0\0\0"), SURE},
    {"L2TP", 32, BEGINS("\xc8\2\0\x20\0\0\0\0"), SURE},
    {"L2TP of another length", 36, BEGINS("\xc8\2\0\x20\0\0\0\0"), NOT},
    {"OpenVPN", 64, BEGINS("\x48\0\0\7\0\0\0\1"), PERHAPS},
    {"OpenVPN, misaligned", 65, BEGINS("\x48\0\0\7\0\0\0\1"), SURE},
    {"OpenVPN, old data", 64, BEGINS("\x30\0\0\0\1\2\3\4"), PERHAPS},
    {"uTP", 64, BEGINS("\1\0\x4d\x2a\0\1\2\3"), PERHAPS},
    {"uTP, misaligned", 65, BEGINS("\1\0\x4d\x2a\0\1\2\3"), SURE},
    {"uTP of type 5", 65, BEGINS("\x51\0\x4d\x2a\0\1\2\3"), NOT},
    {"RTP", 172, BEGINS("\x80\0\0\2\0\0\1\x40"), PERHAPS},
    {"RTP, misaligned", 173, BEGINS("\x80\0\0\2\0\0\1\x40"), SURE},
    {"SPI 0x80000002", 173, BEGINS("\x80\0\0\2\0\0\0\1"), NOT},
    {"RTP of type 72", 173, BEGINS("\x80\x48\0\2\0\0\1\x40"), NOT},
    {"8 octets of text", 8, BEGINS("whatever"), SURE},
    {"4 octets of text", 4, BEGINS("PING"), SURE},
    {"4 octets", 4, BEGINS("PIN\1"), NOT},

    /* Each limit, and a case beyond it. */
    {"TFTP of which the name is no text", 64, BEGINS("\0\1\1\1ot.0"), NOT},
    {"TFTP, the last operation", 64, BEGINS("\0\5boot.0"), SURE},
    {"DNS, the last operation", 32, BEGINS("\xa1\xb2\x30\0\0\1\0\0\0\0\0\0\7example"), SURE},
    {"DNS, behind the last operation", 32, BEGINS("\xa1\xb2\x38\0\0\1\0\0\0\0\0\0\7example"), NOT},
    {"DNS with four questions", 32, BEGINS("\0\0\1\0\0\4\0\0\0\0\0\0\7example"), SURE},
    {"DNS with 255 answers", 32, BEGINS("\0\0\1\0\0\0\0\xff\0\0\0\0\7example"), SURE},
    {"DNS with 256 answers", 32, BEGINS("\0\0\1\0\0\0\1\0\0\0\0\0\7example"), NOT},
    {"DNS with 255 authorities", 32, BEGINS("\0\0\1\0\0\1\0\0\0\xff\0\0\7example"), SURE},
    {"DNS with 256 authorities", 32, BEGINS("\0\0\1\0\0\1\0\0\1\0\0\0\7example"), NOT},
    {"DNS with 255 more", 32, BEGINS("\0\0\1\0\0\1\0\0\0\0\0\xff\7example"), SURE},
    {"DNS with 256 more", 32, BEGINS("\0\0\1\0\0\1\0\0\0\0\1\0\7example"), NOT},
    {"DNS for the root, of any class", 20, BEGINS("\xa1\xb2\1\0\0\1\0\0\0\0\0\0\0\0\2\0\xff"), SURE},
    {"DNS for the root, cut", 16, BEGINS("\xa1\xb2\1\0\0\1\0\0\0\0\0\0\0\0\2\0"), NOT},
    {"DNS, the root in an answer", 20, BEGINS("\xa1\xb2\1\0\0\0\0\1\0\0\0\0\0\0\2\0\1"), NOT},
    {"DNS with a label up to the end", 24, BEGINS("\xa1\xb2\1\0\0\1\0\0\0\0\0\0\x0aninechars1\0"), SURE},
    {"DNS with a label one too long", 24, BEGINS("\xa1\xb2\1\0\0\1\0\0\0\0\0\0\x0bninechars12"), NOT},
    {"DNS with a label of 63", 96,
     BEGINS("\xa1\xb2\1\0\0\1\0\0\0\0\0\0\x3f"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
     SURE},
    {"DNS with a label of 64", 96,
     BEGINS("\xa1\xb2\1\0\0\1\0\0\0\0\0\0\x40"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
     NOT},
    {"STUN, just its header", 20, BEGINS("\0\1\0\0\x21\x12\xa4\x42"), SURE},
    {"STUN, two bits in front", 20, BEGINS("\x40\1\0\0\x21\x12\xa4\x42"), NOT},
    {"STUN with an error as it was", 28, BEGINS("\1\x11\0\x08\x99\x12\xa4\x42"), SURE},
    {"QUIC of Google, 43", 64, BEGINS("\xc3Q043\x08\xaa\xbb"), SURE},
    {"QUIC of Google, 50", 64, BEGINS("\xc3Q050\x08\xaa\xbb"), SURE},
    {"QUIC of Google, 60", 64, BEGINS("\xc3Q060\x08\xaa\xbb"), NOT},
    {"QUIC, a version that is none", 64, BEGINS("\xc3\x1a\x2a\x3a\x4a\x08\xaa\xbb"), SURE},
    {"QUIC, a version nobody has", 64, BEGINS("\xc3\x1a\x2a\x3a\x4b\x08\xaa\xbb"), NOT},
    {"QUIC with an ID of 20 octets", 64, BEGINS("\xc3\0\0\0\1\x14\xaa\xbb"), SURE},
    {"QUIC, a short header", 64, BEGINS("\x43\0\0\0\1\x08\xaa\xbb"), NOT},
    {"QUIC offers a version nobody has", 24, BEGINS("\x80\0\0\0\0\2\xaa\xbb\3\xcc\xcc\xcc\0\0\0\2"), NOT},
    {"QUIC offers to an ID of 20 octets", 36,
     BEGINS("\x80\0\0\0\0\2\xaa\xbb\x14\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc"
            "\0\0\0\1"),
     SURE},
    {"QUIC offers to one of 21", 36,
     BEGINS("\x80\0\0\0\0\2\xaa\xbb\x15\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc"
            "\xcc\0\0\0\1"),
     NOT},
    {"WireGuard, data of 16 octets", 16, BEGINS("\4\0\0\0\0\0\0\7"), NOT},
    {"WireGuard, no data", 32, BEGINS("\4\0\0\0\0\0\0\7"), SURE},
    {"WireGuard, another response", 96, BEGINS("\2\0\0\0\x9a\x9b\x9c\x9d"), NOT},
    {"DTLS, type 20", 64, BEGINS("\x14\xfe\xfd\0\0\0\0\0\0\0\1\0\x33"), SURE},
    {"DTLS, type 19", 65, BEGINS("\x13\xfe\xfd\0\0\0\1\2\0\0\1\0\x34"), NOT},
    {"DTLS, type 26", 64, BEGINS("\x1a\xfe\xfd\0\0\0\0\0\0\0\1\0\x33"), SURE},
    {"DTLS, type 27", 65, BEGINS("\x1b\xfe\xfd\0\0\0\1\2\0\0\1\0\x34"), NOT},
    {"DTLS 1.3", 64, BEGINS("\x16\xfe\xfc\0\0\0\0\0\0\0\1\0\x33"), SURE},
    {"DTLS 1.4", 65, BEGINS("\x16\xfe\xfb\0\0\0\1\2\0\0\1\0\x34"), NOT},
    {"DTLS 1.0", 64, BEGINS("\x16\xfe\xff\0\0\0\0\0\0\0\1\0\x33"), SURE},
    {"DTLS 0.9", 65, BEGINS("\x16\xff\0\0\0\0\1\2\0\0\1\0\x34"), NOT},
    {"DTLS as OpenSSL had it", 64, BEGINS("\x16\1\0\0\0\0\0\0\0\0\1\0\x33"), SURE},
    {"DTLS, less than a header", 12, BEGINS("\x16\xfe\xfd\0\0\0\1\2\0\0\1\0"), NOT},
    {"DTLS, just a header", 13, BEGINS("\x16\xfe\xfd\0\0\0\0\0\0\0\1\0\0"), SURE},
    {"DNS with authorities only", 32, BEGINS("\xa1\xb2\0\0\0\0\0\0\0\1\0\0\7example"), SURE},
    {"QUIC offers one version", 16, BEGINS("\x80\0\0\0\0\2\xaa\xbb\3\xcc\xcc\xcc\0\0\0\1"), SURE},
    {"memcached with something reserved", 16, BEGINS("\0\1\0\0\0\1\0\1stats\r\n"), NOT},
    {"memcached, the last datagram", 16, BEGINS("\0\1\0\1\0\2\0\0stats\r\n"), SURE},
    {"memcached, no text", 16, BEGINS("\0\1\0\0\0\1\0\0sta\xaa\r\n"), NOT},
    {"LDAP, a length of four octets", 64, BEGINS("\x30\x84\0\0\0\x3a\2\1"), SURE},
    {"LDAP, a length of five octets", 64, BEGINS("\x30\x85\0\0\0\0\x39\2\1"), NOT},
    {"LDAP, a length of two octets", 64, BEGINS("\x30\x82\0\x10\2\1\1\1"), SURE},
    {"SNMP, a length of one octet", 64, BEGINS("\x30\x81\x3d\2\1\1\1\1"), SURE},
    {"SNMP, and something behind", 64, BEGINS("\x30\x81\x3c\2\1\1\1\1"), NOT},
    {"SNMP without INTEGER", 40, BEGINS("\x30\x26\4\1\1\4\6public"), NOT},
    {"SNMP, nothing", 40, BEGINS("\x30\0\2\1\1\4\6public"), NOT},
    {"NTP of version 0", 48, BEGINS("\3\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), NOT},
    {"NTP of version 1", 48, BEGINS("\x0b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
     SURE},
    {"NTP of version 5", 48, BEGINS("\x2b\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), NOT},
    {"NTP of mode 0", 48, BEGINS("\x20\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), NOT},
    {"NTP with a key's number", 52,
     BEGINS("\x23\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), SURE},
    {"NTP with MD5", 68, BEGINS("\x23\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), SURE},
    {"NTP with SHA-1", 72, BEGINS("\x23\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), SURE},
    {"NTP of another length", 57, BEGINS("\x23\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
     NOT},
    {"NTP of stratum 16, 2^17 s, 2^-32 s", 48,
     BEGINS("\x24\x10\x11\xe0\0\0\1\xa2\0\0\2\4\xc0\0\2\1\x83\xaa\x7e\x80\1\1\1\1\x83\xaa\x7e\x80\1\1\1\1\x83\xaa\x7e"
            "\x80"),
     SURE},
    {"NTP, polled every 2^18 s", 48,
     BEGINS("\x24\x10\x12\xe0\0\0\1\xa2\0\0\2\4\xc0\0\2\1\xea\1\1\1\1\1\1\1\xea\2\2\2\1\1\1\1\xea"), NOT},
    {"NTP, precise to 2^-33 s", 48,
     BEGINS("\x24\x10\x11\xdf\0\0\1\xa2\0\0\2\4\xc0\0\2\1\xea\1\1\1\1\1\1\1\xea\2\2\2\1\1\1\1\xea"), NOT},
    {"NTP, the second time of 1969", 48,
     BEGINS("\x24\2\6\xe9\0\0\1\xa2\0\0\2\4\xc0\0\2\1\xea\1\1\1\1\1\1\1\x83\xaa\x7e\x7f"), NOT},
    {"NTP, the third time of 1969", 48,
     BEGINS("\x24\2\6\xe9\0\0\1\xa2\0\0\2\4\xc0\0\2\1\xea\1\1\1\1\1\1\1\xea\1\1\1\1\1\1\1\x83\xaa\x7e\x7f"), NOT},
    {"monlist, two of 20 octets", 48, BEGINS("\x97\0\3\x2a\0\2\0\x14"), SURE},
    {"monlist, two of 21 octets", 48, BEGINS("\x97\0\3\x2a\0\2\0\x15"), NOT},
    {"monlist of another implementation", 48, BEGINS("\x17\0\4\x2a\0\0\0\1"), NOT},
    {"NTP control with 3 octets of padding", 16, BEGINS("\x16\2\0\1\0\0\0\1\0\4\0\1"), SURE},
    {"NTP control with 4 octets of padding", 16, BEGINS("\x16\2\0\1\0\0\0\1\0\4\0\0"), NOT},
    {"NTP control at an odd place", 16, BEGINS("\x16\2\0\1\0\0\0\1\0\3\0\4"), NOT},
    {"RPC of program 100000", 40, BEGINS("\xa1\xb2\xc3\xd4\0\0\0\0\0\0\0\2\0\1\x86\xa0"), SURE},
    {"RPC of program 99999", 40, BEGINS("\xa1\xb2\xc3\xd4\0\0\0\0\0\0\0\2\0\1\x86\x9f"), NOT},
    {"RPC of program 1099999", 40, BEGINS("\xa1\xb2\xc3\xd4\0\0\0\0\0\0\0\2\0\x10\xc8\xdf"), SURE},
    {"RPC of program 1100000", 40, BEGINS("\xa1\xb2\xc3\xd4\0\0\0\0\0\0\0\2\0\x10\xc8\xe0"), NOT},
    {"an answer of RPC", 41, BEGINS("\xa1\xb2\xc3\xd4\0\0\0\1\0\0\0\2\0\1\x86\xa0"), NOT},
    {"RMCP of ASF", 24, BEGINS("\6\0\xff\6\0\0\0\1"), SURE},
    {"RMCP of another class", 24, BEGINS("\6\0\xff\5\0\0\0\1"), NOT},
    {"BACnet", 24, BEGINS("\x81\x0a\0\x18\0\0\0\1"), SURE},
    {"BACnet, broadcast", 24, BEGINS("\x81\x0b\0\x18\0\0\0\1"), SURE},
    {"BACnet of another function", 24, BEGINS("\x81\x0c\0\x18\0\0\0\1"), NOT},
    {"OpenVPN, a peer of 65536", 64, BEGINS("\x48\1\0\0\0\0\0\1"), NOT},
    {"OpenVPN, data that is not young", 64, BEGINS("\x30\1\0\0\1\2\3\4"), NOT},
    {"uTP of extension 2", 64, BEGINS("\1\2\x4d\x2a\0\1\2\3"), PERHAPS},
    {"uTP of extension 3", 65, BEGINS("\1\3\x4d\x2a\0\1\2\3"), NOT},
    {"uTP, just its header", 20, BEGINS("\x41\0\x4d\x2a\0\1\2\3"), PERHAPS},
    {"uTP, less than its header", 19, BEGINS("\x41\0\x4d\x2a\0\1\2\3"), NOT},
    {"RTP of type 34", 173, BEGINS("\xb0\x22\0\2\0\0\1\x40"), SURE},
    {"RTP of type 35", 173, BEGINS("\xb0\x23\0\2\0\0\1\x40"), NOT},
    {"RTP of type 95", 173, BEGINS("\xa0\x5f\0\2\0\0\1\x40"), NOT},
    {"RTP of type 96, marked", 173, BEGINS("\xa0\xe0\0\2\0\0\1\x40"), SURE},
    {"RTP with a source", 173, BEGINS("\x81\x00\0\2\0\0\1\x40"), NOT},
};

static void test_protocols(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(payloads); i++)
        check(&payloads[i]);
    guard_free_all();
}

/* Each octet with which another protocol's payload may begin if the number is low. */
static void test_first_octets(void)
{
    static const struct {
        uint8_t first, last, step;
        uint32_t length;
        char behind[7];
    } rows[] = {
        {0x48, 0x4f, 1, 64, {0, 0, 7, 0, 0, 0, 2}},          /* OpenVPN */
        {0x30, 0x37, 1, 64, {0, 0, 7, 0, 0, 0, 2}},          /* and its old data */
        {0x01, 0x41, 0x10, 64, {0, 0x4d, 0x2a, 0, 0, 0, 2}}, /* uTP */
        {0x80, 0xb0, 0x10, 172, {0, 0, 2, 0, 0, 0, 40}},     /* RTP */
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
        for (unsigned first = rows[i].first; first <= rows[i].last; first += rows[i].step) {
            char octets[8] = {(char)first};

            memcpy(octets + 1, rows[i].behind, sizeof rows[i].behind);
            check(&(payload){"a first octet", rows[i].length, sizeof octets, octets, PERHAPS});
        }
    guard_free_all();
}

/* What cannot be ESP because of its length belongs to another protocol if its number is high, or its port is that of a
 * service. */
static void test_faulty(void)
{
    static const struct {
        uint32_t number;
        uint16_t source_port, destination_port;
        uint32_t length;
        ipsec_foreign wanted;
    } cases[] = {
        {0x00ffffff, 40000, 4500, 61, NOT},
        {0x01000000, 40000, 4500, 61, SURE},
        {0x01000000, 40000, 4500, 60, NOT},
        {7, 443, 4500, 61, SURE},
        {7, 4500, 443, 61, SURE},
        {7, 443, 4500, 60, NOT},
        {7, 1023, 4500, 61, SURE},
        {7, 1024, 4500, 61, NOT},
        {7, 500, 4500, 61, NOT},
        {7, 443, 444, 61, NOT},
        {7, 443, 4500, 12, SURE},
        {7, 0, 4500, 61, NOT},
        {0, 443, 4500, 60, SURE},
        {0x01000000, 40000, 4500, 8, SURE},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ipsec_view view = esp_in_udp_view(4, 0xc0ffee01, cases[i].number, cases[i].length);

        view.source_port = cases[i].source_port;
        view.destination_port = cases[i].destination_port;
        g_assert_cmpint(look(&view), ==, cases[i].wanted);
    }
    guard_free_all();
}

/* --- in a flow ------------------------------------------------------------------------------------------- */

static const expectation not_esp = FINDINGS(UNCHECKED, IPSEC_FINDING_NATT_NOT_ESP), plausible = NO_FINDINGS(PLAUSIBLE);
static const expectation misaligned = FINDINGS(SUSPICIOUS, IPSEC_FINDING_ESP_ALIGNMENT);
static const expectation refused = FINDINGS(DROP, IPSEC_FINDING_ESP_ALIGNMENT);

#define TEXT_SPI    0x4f505449u
#define TEXT_NUMBER 0x4f4e5320u

static void test_text(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const ipsec_view text = esp_in_udp_view(4, TEXT_SPI, TEXT_NUMBER, 61),
                     same = esp_in_udp_view(4, TEXT_SPI, TEXT_NUMBER, 60);
    ipsec_report report = expect(db, &text, &not_esp, "text");

    g_assert_cmpuint(report.sa, ==, IPSEC_SA_NONE);
    g_assert_false(report.number.is_followed);
    g_assert_null(ipsec_outcome_at(IPSEC_STACK_LINUX, &report));
    expect(db, &same, &not_esp, "text of another length");
    ipsec_db_free(db);
    guard_free_all();
}

static void test_text_between_peers(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const ipsec_view text = esp_in_udp_view(4, TEXT_SPI, TEXT_NUMBER, 61);
    ipsec_view ike = esp_in_udp_view(4, 0, 0, 40);
    uint8_t octets[40] = {[4 + 17] = 0x20, [4 + 27] = 36};
    ipsec_record record;
    ipsec_report report;

    ike.data = guard_copy(octets, sizeof octets);
    ipsec_judge(db, &ike, &record, &report);
    g_assert_cmpint(report.header.subject, ==, IPSEC_SUBJECT_IKE);
    expect(db, &text, &refused, "text between peers that speak IKE");
    ipsec_db_free(db);
    guard_free_all();
}

/* An SA whose SPI is text, with forged text on it, even when its own numbers look like text. */
static void test_text_on_an_sa(void)
{
    const expectation far = FINDINGS(DROP, IPSEC_FINDING_ESP_ALIGNMENT, IPSEC_FINDING_SEQ_JUMP);
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const ipsec_view forged = esp_in_udp_view(4, TEXT_SPI, TEXT_NUMBER, 61), bad = esp_in_udp_view(4, TEXT_SPI, 3, 61);

    for (uint32_t number = 1; number <= 2; number++) {
        const ipsec_view genuine = esp_in_udp_view(4, TEXT_SPI, number, 60);

        expect(db, &forged, &not_esp, "forged");
        expect(db, &genuine, &plausible, "genuine");
    }
    expect(db, &forged, &far, "forged, on an SA that is known");
    expect(db, &bad, &refused, "a fault on an SA that is known");
    ipsec_db_free(db);
    guard_free_all();
}

static void test_steady(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);

    for (uint32_t i = 0; i < 20; i++) {
        const ipsec_view view = esp_in_udp_view(4, TEXT_SPI, TEXT_NUMBER + i, 60);

        expect(db, &view, i < 16 ? &not_esp : &plausible, "numbers that look like text");
    }
    ipsec_db_free(db);
    guard_free_all();
}

/* Another protocol with a counter: two sound packets do not prove that it is ESP. */
static void test_openvpn(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const ipsec_view bad = esp_in_udp_view(4, 0x48000007, 3, 61);

    for (uint32_t number = 1; number <= 2; number++) {
        const ipsec_view view = esp_in_udp_view(4, 0x48000007, number, 60);

        expect(db, &view, &plausible, "aligned");
    }
    expect(db, &bad, &not_esp, "misaligned");
    ipsec_db_free(db);
    guard_free_all();
}

static void test_same_number(void)
{
    ipsec_db *db = db_for(IPSEC_STACK_RFC);
    const ipsec_view first = esp_in_udp_view(4, 0xc0ffee01, 7, 61), longer = esp_in_udp_view(4, 0xc0ffee01, 7, 64),
                     other = esp_in_udp_view(4, 0xc0ffee01, 9, 61), again = esp_in_udp_view(4, 0xc0ffee01, 7, 65);

    expect(db, &first, &misaligned, "the first");
    expect(db, &first, &misaligned, "the same again");
    expect(db, &longer, &not_esp, "another with its number");
    expect(db, &other, &misaligned, "another number");
    expect(db, &again, &misaligned, "numbers have varied");
    ipsec_db_free(db);
    guard_free_all();
}

/* Quotes are not traffic, and native ESP needs no proof. */
static void test_elsewhere(void)
{
    const expectation quote = NO_FINDINGS(UNCHECKED);
    const ipsec_view native = esp_view(4, TEXT_SPI, TEXT_NUMBER, 61);
    ipsec_view view = esp_in_udp_view(4, TEXT_SPI, TEXT_NUMBER, 61);

    view.flags |= IPSEC_VIEW_QUOTED;
    expect(NULL, &view, &quote, "quoted");
    expect(NULL, &native, &refused, "native");
    view.flags = 0;
    view.length = 1000;
    expect(NULL, &view, &not_esp, "cut");
    guard_free_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/foreign/protocols", test_protocols);
    g_test_add_func("/foreign/first-octets", test_first_octets);
    g_test_add_func("/foreign/faulty", test_faulty);
    g_test_add_func("/foreign/text", test_text);
    g_test_add_func("/foreign/text-between-peers", test_text_between_peers);
    g_test_add_func("/foreign/text-on-an-sa", test_text_on_an_sa);
    g_test_add_func("/foreign/steady", test_steady);
    g_test_add_func("/foreign/openvpn", test_openvpn);
    g_test_add_func("/foreign/same-number", test_same_number);
    g_test_add_func("/foreign/elsewhere", test_elsewhere);
    return g_test_run();
}
