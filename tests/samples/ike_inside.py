"""SAs that are known from IKE which Wireshark can decrypt: created, rekeyed and deleted; without a key for ESP.

The IKE SA has NULL encryption and HMAC-SHA2-256-128, so its messages need no cipher; only the checksum shows who can
have written them.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import hmac
import struct

from samples.expectations import Capture, INVALID_PACKET, LINUX_TRANSFORM, drop, plausible, suspicious
from samples.packets import ESP, MARKER, esp, ethernet, ipv4, udp4

PEERS = 0x310                                   # as in packets.py; selects the addresses
SPIS = bytes.fromhex("5a00000000000001a500000000000002")
KEYS = {True: b"\x0a" * 32, False: b"\x0b" * 32}        # of the initiator, and of the responder
TABLE = 'uat:ikev2_decryption_table:%s,%s,,,"NULL [RFC2410]",%s,%s,"HMAC_SHA2_256_128 [RFC4868]"' % (
    SPIS[:8].hex(), SPIS[8:].hex(), KEYS[True].hex(), KEYS[False].hex())

AUTH, CREATE_CHILD_SA, INFORMATIONAL = 35, 36, 37
SA, IDI, NOTIFY, DELETE, TSI, TSR, SK, SKF = 33, 35, 41, 42, 44, 45, 46, 53
REKEY_SA = 16393
CLEAN = 8 + 16 + 48 + 16                        # with IV and ICV of AES-CBC and HMAC-SHA2-256-128

KNOWN = plausible()._replace(icv="Unverified")  # its algorithms are known, but no key


# --- IKE -------------------------------------------------------------------------------------------------

def chain(payloads):
    """The type of the first payload, and the octets of all."""
    octets = b""
    for following, (_, body) in zip([*(kind for kind, _ in payloads[1:]), 0], payloads):
        octets += struct.pack("!BBH", following, 0, 4 + len(body)) + body
    return payloads[0][0] if payloads else 0, octets


def seal(kind, exchange, identifier, first, front, inner, initiator, response, damage=0):
    """A message with one encrypted payload, whose content follows the octets that the kind has in front of it."""
    encrypted = inner + b"\0"                   # no padding
    length = 28 + 4 + len(front) + len(encrypted) + 16
    flags = (0x08 if initiator else 0) | (0x20 if response else 0)
    octets = (SPIS + struct.pack("!BBBBII", kind, 0x20, exchange, flags, identifier, length) +
              struct.pack("!BBH", first, 0, length - 28) + front + encrypted)
    icv = hmac.new(KEYS[initiator], octets, hashlib.sha256).digest()[:16]
    return octets + bytes([icv[0] ^ damage]) + icv[1:]


def message(exchange, identifier, payloads, initiator, response, damage=0):
    first, inner = chain(payloads)
    return seal(SK, exchange, identifier, first, b"", inner, initiator, response, damage)


def fragment(exchange, identifier, number, total, first, part, initiator, response, damage=0):
    """A fragment of RFC 7383."""
    return seal(SKF, exchange, identifier, first, struct.pack("!HH", number, total), part, initiator, response, damage)


def proposal(spi):
    transforms = (struct.pack("!BBHBBHHH", 3, 0, 12, 1, 0, 12, 0x800E, 128) +       # AES_CBC, 128 bits
                  struct.pack("!BBHBBH", 3, 0, 8, 3, 0, 12) +                       # HMAC_SHA2_256_128
                  struct.pack("!BBHBBH", 0, 0, 8, 5, 0, 0))                         # no ESN
    return SA, struct.pack("!BBHBBBBI", 0, 0, 12 + len(transforms), 1, 3, 4, 3, spi) + transforms


def selector(kind, network):
    return kind, struct.pack("!BBHBBHHH4B4B", 1, 0, 0, 7, 0, 16, 0, 65535, 10, network, 0, 0, 10, network, 255, 255)


def child(spi, *more):
    return [*more, proposal(spi), selector(TSI, 1), selector(TSR, 2)]


def rekey(spi):
    return NOTIFY, struct.pack("!BBHI", 3, 4, REKEY_SA, spi)


def delete(spi):
    return [(DELETE, struct.pack("!BBHI", 3, 4, 1, spi))]


# --- the capture -----------------------------------------------------------------------------------------

class Story:
    """The messages of two peers; A has initiated the IKE SA."""

    def __init__(self, capture):
        self.capture = capture
        self.numbers = {}

    def say(self, what, exchange, identifier, payloads, from_a, response=False, damage=0, **when):
        octets = MARKER + message(exchange, identifier, payloads, from_a, response, damage)
        self.capture.add(what, ethernet(udp4(PEERS, octets, reply=not from_a)), **when)

    def exchange(self, what, exchange, identifier, request, answer, from_a=True):
        self.say(f"{what}: request", exchange, identifier, request, from_a, after=1000)
        self.say(f"{what}: answer", exchange, identifier, answer, not from_a, True, after=20)

    def send(self, what, spi, from_a, header=KNOWN, length=CLEAN, after=100):
        number = self.numbers[spi] = self.numbers.get(spi, 0) + 1
        packet = ipv4(PEERS, ESP, esp(length, spi, number), reply=not from_a, id=self.capture.next)
        self.capture.add(what, ethernet(packet), header, after=after)


def ike_inside():
    capture = Capture("ike_inside", "SAs that IKE tells of: made, rekeyed and deleted; no key of ESP", TABLE)
    story = Story(capture)
    identity = IDI, struct.pack("!BBH", 2, 0, 0) + b"a.example"

    story.exchange("IKE_AUTH", AUTH, 1, child(0xA1000001, identity), child(0xB1000001))
    story.send("A to B", 0xB1000001, True)
    story.send("B to A", 0xA1000001, False)
    story.send("too short for IV, trailer and ICV", 0xB1000001, True, length=40,
               header=drop("esp.runt_for_sa", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)._replace(icv="Unverified"))
    story.send("no whole blocks", 0xB1000001, True, length=CLEAN + 4,
               header=drop("esp.block_alignment", windows=INVALID_PACKET,
                           linux=LINUX_TRANSFORM)._replace(icv="Unverified"))
    story.exchange("first rekey", CREATE_CHILD_SA, 2, child(0xA1000002, rekey(0xA1000001)), child(0xB1000002))
    for _ in range(16):
        story.send("A to B, on the new SA", 0xB1000002, True)
    story.send("B to A, still on the old one: it may take a while", 0xA1000001, False)
    story.send("B to A, still on the old one", 0xA1000001, False, after=12_000,
               header=plausible("sa.one_sided")._replace(icv="Unverified"))
    story.exchange("the old one is deleted", INFORMATIONAL, 3, delete(0xA1000001), delete(0xB1000001))
    story.send("B to A, on its way when it was deleted", 0xA1000001, False,
               header=plausible("sa.one_sided")._replace(icv="Unverified"))
    for what, spi, from_a in (("B to A", 0xA1000001, False), ("A to B", 0xB1000001, True)):
        story.send(f"{what}, on the SA that was deleted", spi, from_a, after=2000,
                   header=suspicious("sa.deleted")._replace(icv="Unverified"))
    story.say("a request to delete the new one, with a wrong checksum", INFORMATIONAL, 4, delete(0xA1000002), True,
              damage=1)
    story.say("its answer", INFORMATIONAL, 4, [], False, True, after=20)
    story.send("B to A, on the new one", 0xA1000002, False, after=3000)
    story.say("second rekey: request", CREATE_CHILD_SA, 5, child(0xA1000003, rekey(0xA1000002)), True)
    story.send("B to A, before the answer", 0xA1000003, False, plausible("sa.early"), after=10)
    story.say("second rekey: answer", CREATE_CHILD_SA, 5, child(0xB1000003), False, True, after=10)
    story.send("B to A, behind it", 0xA1000003, False)
    return capture
