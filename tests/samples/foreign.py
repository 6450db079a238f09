"""Other protocols on port 4500: scans, answers to an ephemeral port, and floods.

None of it is ESP, and none of it may have more than a Note.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.rtp import RTP
from scapy.layers.snmp import SNMP

from samples.expectations import Capture, plausible, suspicious, unchecked
from samples.packets import MARKER, esp, ethernet, ike, noise, udp4, udp6

NOT_ESP = unchecked("natt.not_esp")

SIP = (b"OPTIONS sip:100@198.18.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1;rport\r\n"
       b"From: \"scan\"<sip:100@1.1.1.1>;tag=1\r\nTo: <sip:100@1.1.1.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n")
DNS_NAME = DNSQR(qname="example.com", qtype=255)
DNS_ROOT = bytes.fromhex("1a2b01000001000000000000") + b"\0\0\x02\0\x01"
WIREGUARD = b"\x04\0\0\0" + bytes.fromhex("5d1f03a7")
QUIC_ID = bytes.fromhex("8394c8f03e515708")


def dns(**fields):
    return bytes(DNS(id=0x1A2B, qd=DNS_NAME, **fields))


def stun(attributes):
    return struct.pack("!HHI", 1, len(attributes), 0x2112A442) + noise(12) + attributes


def quic_long(length):
    return b"\xc3\0\0\0\x01\x08" + QUIC_ID + b"\0\0\x44\x9e" + noise(length)


def quic_short(length):
    return b"\x4f" + QUIC_ID + noise(length)


def openvpn_reset(length=0):
    return b"\x38" + bytes.fromhex("e60d5b8197a3c412") + bytes(5) + noise(length)


def rtp(number, length=160):
    return bytes(RTP(version=2, payload_type=0, sequence=number, timestamp=160 * number, sourcesync=0x5A5A5A5A)) + \
        noise(length)


def memcached(index, total, text):
    return struct.pack("!HHHH", 1, index, total, 0) + text


CLDAP_QUERY = bytes.fromhex("3025020101632004000a01000a0100020100020100010100870b6f626a656374636c6173733000")
CLDAP_ANSWER = bytes.fromhex("308400000b96020107648400000b8d0400") + noise(2960)
NTP_CLIENT = b"\x23" + bytes(39) + bytes.fromhex("e8b4f10080000000")
NTP_SERVER = bytes.fromhex("240206e9000001a200000204c0000201ea0101010101") + bytes(2) + \
    bytes.fromhex("ea02020201010101ea03030301010101ea04040401010101")
MONLIST = b"\x17\0\x03\x2a" + bytes(4)
DTLS = b"\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x36" + noise(0x36)
PORTMAP = b"\xa1\xb2\xc3\xd4" + struct.pack("!IIIIIIIIII", 0, 2, 100000, 2, 4, 0, 0, 0, 0, 0)[:36]

SINGLE = (      # what, octets, ports
    ("SIP OPTIONS, misaligned", SIP + b"\r", (5060, 4500)),
    ("SIP OPTIONS, aligned", SIP[:180], (5061, 4500)),
    ("SIP keepalive", b"\r\n\r\n", (5060, 4500)),
    ("HTTP", b"GET / HTTP/1.0\r\n\r\n", (40000, 4500)),
    ("RTSP", b"OPTIONS rtsp://198.18.0.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n", (40000, 4500)),
    ("SSDP search", b"M-SEARCH * HTTP/1.1\r\nHOST:239.255.255.250:1900\r\nST:ssdp:all\r\n\r\n", (40000, 4500)),
    ("SSDP answer", b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: upnp:rootdevice\r\n\r\n", (1901, 4500)),
    ("BitTorrent's DHT", b"d1:ad2:id20:" + noise(20) + b"e1:q4:ping1:t2:aa1:y1:qe", (6881, 4500)),
    ("game server query", b"\xff\xff\xff\xffTSource Engine Query\0", (40000, 4500)),
    ("24 octets of text", b"hello, is anyone there? ", (40000, 4500)),
    ("DNS query", dns(), (40000, 4500)),
    ("DNS query for the root", DNS_ROOT, (40000, 4500)),
    ("DNS answer", dns(qr=1, an=DNSRR(rrname="example.com", rdata="192.0.2.9")), (10053, 4500)),
    ("multicast DNS", bytes(DNS(id=0, qr=1, aa=1, qd=None, an=DNSRR(rrname="host.local", rdata="192.0.2.9"))),
     (5353, 4500)),
    ("STUN", stun(b""), (40000, 4500)),
    ("STUN with attributes", stun(noise(12)), (40000, 4500)),
    ("QUIC, first packet", quic_long(1181), (443, 4500)),
    ("QUIC, a version", b"\x80\0\0\0\0\x08" + QUIC_ID + b"\x08" + QUIC_ID + b"\0\0\0\x01\x6b\x33\x43\xcf", (443, 4500)),
    ("QUIC, short header, misaligned", quic_short(40), (443, 4500)),
    ("WireGuard, handshake", b"\x01\0\0\0" + noise(144), (51820, 4500)),
    ("WireGuard, answer", b"\x02\0\0\0" + noise(88), (51820, 4500)),
    ("WireGuard, keepalive", WIREGUARD + struct.pack("<Q", 1) + noise(16), (51820, 4500)),
    ("OpenVPN, reset", openvpn_reset(), (40000, 4500)),
    ("OpenVPN, reset with authentication", openvpn_reset(28), (40000, 4500)),
    ("RTP, misaligned", rtp(7, 161), (5004, 4500)),
    ("memcached, stats", memcached(0, 1, b"stats\r\n"), (40000, 4500)),
    ("memcached, the answer", memcached(1, 3, b"STAT pid 1\r\n" * 100), (11211, 4500)),
    ("CLDAP query", CLDAP_QUERY, (40000, 4500)),
    ("CLDAP answer", CLDAP_ANSWER, (10389, 4500)),
    ("SNMP", bytes(SNMP(community="public")), (40000, 4500)),
    ("NTP, client", NTP_CLIENT, (40000, 4500)),
    ("NTP, server", NTP_SERVER, (40000, 4500)),
    ("NTP, client with a digest", NTP_CLIENT + noise(20), (40000, 4500)),
    ("NTP monlist", MONLIST, (40000, 4500)),
    ("NTP monlist, padded", MONLIST + bytes(40), (40000, 4500)),
    ("NTP control", bytes.fromhex("160200010000000000000000"), (40000, 4500)),
    ("DTLS", DTLS, (40000, 4500)),
    ("portmap", PORTMAP, (40000, 4500)),
    ("RMCP", bytes.fromhex("0600ff07000000000000000000092018c88100388e04b5"), (40000, 4500)),
    ("L2TP", b"\xc8\x02\0\x40" + bytes(8) + noise(52), (40000, 4500)),
    ("noise under a large number, misaligned", esp(61, sequence=0x9E3779B1), (40000, 4500)),
)


def foreign():
    capture = Capture("foreign", "Other protocols on port 4500: no ESP, and no fault")
    for version, udp in (("IPv4", udp4), ("IPv6", udp6)):
        for what, octets, ports in SINGLE:
            capture.add(f"{version}: {what}", ethernet(udp(capture.next, octets, ports=ports)), NOT_ESP)
        for what, octets, ports in SINGLE[:1] + SINGLE[10:11] + SINGLE[16:17]:
            frame = ethernet(udp(capture.next, octets, ports=ports))
            capture.add(f"{version}: {what}, cut after 24 octets", frame[:len(frame) - len(octets) + 24],
                        NOT_ESP, length=len(frame))
    for what, messages in FLOWS:
        peers = capture.next
        for octets, header in messages:
            capture.add(what, ethernet(udp4(peers, octets, ports=(40000, 4500))), *header)
    add_known(capture)
    return capture


def openvpn_data():
    """Two aligned messages first, after which it would be taken for ESP."""
    for number, length in enumerate((60, 64, 61, 62, 63, 65, 66, 67, 68, 69, 70, 71), 1):
        yield b"\x48\0\0\x07" + struct.pack("!I", number) + noise(length), \
            (plausible(),) if length % 4 == 0 else (NOT_ESP,)


def utp():
    for index in range(8):
        yield b"\x01\0\x4d\x2a" + struct.pack("!I", 5_000_000 + 21_000 * index) + noise(41 + 4 * index), (NOT_ESP,)


FLOWS = (
    ("a number that stays", [(esp(60 + 4 * index), (NOT_ESP if index else plausible(),)) for index in range(6)]),
    ("a number that stays, misaligned", [(esp(61 + index * 4), (NOT_ESP if index else suspicious("esp.alignment"),))
                                         for index in range(4)]),
    ("WireGuard, data", [(WIREGUARD + struct.pack("<Q", number) + noise(96), (NOT_ESP,)) for number in range(6)]),
    ("OpenVPN, data", list(openvpn_data())),
    ("uTP", list(utp())),
    ("RTP, misaligned", [(rtp(number, 161), (NOT_ESP,)) for number in range(6)]),
)


def add_known(capture):
    """What is known to be IPsec remains so, whatever is sent with its SPI, and whatever its SPI looks like."""
    peers = capture.next
    spi = struct.unpack("!I", b"OPTI")[0]
    capture.add("text under the SPI of an SA, before that is known", ethernet(udp4(peers, SIP[:181])), NOT_ESP)
    for number in (1, 2, 3):
        capture.add("ESP with an SPI of text", ethernet(udp4(peers, esp(60, spi=spi, sequence=number))), plausible())
    capture.add("ESP of 61 octets on it", ethernet(udp4(peers, esp(61, spi=spi, sequence=4))), KNOWN)
    peers = capture.next
    capture.add("IKE behind the marker", ethernet(udp4(peers, MARKER + ike())))
    capture.add("ESP of 61 octets with an old number, IKE seen", ethernet(udp4(peers, esp(61, sequence=0x9E3779B1))),
                KNOWN)


KNOWN = suspicious("esp.alignment")._replace(verdict="drop", windows=13914)
