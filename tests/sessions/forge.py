"""What an attacker without keys inserts among the packets of a session; addresses, ports, SPI and numbers are known.

Each kind is something that an analysis may fail to check, or may draw conclusions from. A session gets few kinds, many
times each.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import bisect
import struct
from typing import Callable, NamedTuple

from samples import wire
from samples.packets import DESTINATION, ESP, FRAGMENT, IPIP, ROUTING, fragment_header
from samples.sa import plaintext
from sessions.session import ANY_PORT, END, Packet

MORE_FRAGMENTS = 0x2000
JUMBO = 9300
NEAR, FAR = (50, 200, 1000), (65_537, 1_800_000_000)
SUCCESSOR = 17          # packets that "take over"
APART = 25              # genuine packets between two forgeries, if a flow cannot be distinguished from a forged one
OLD_ENOUGH = 10_000     # microseconds: a later copy does not count as captured twice


class Moment:
    """A point in a session, and what an attacker sees there."""

    def __init__(self, session, at, chooser):
        self.session, self.at, self.random = session, at, chooser
        self.packets = session.packets
        self.time = self.packets[at].time
        self.sa = self.packets[at].sa
        self.past = [packet for packet in self.packets[:at] if packet.sa is self.sa]
        self.top = max((packet.number for packet in self.past), default=self.packets[at].number - 1)
        self.coming = [packet for packet in self.packets[at:] if packet.sa is self.sa and packet.kind == "sent"]
        self.elsewhere = chooser.random() < 0.4
        last = self.past[-1].frame if self.past else self.packets[at].frame
        source = last[26:30] if session.version == 4 else last[22:38]
        self.source = self._other_source() if self.elsewhere else source
        self.port = self._port_of(last) if session.udp else ANY_PORT
        self.ttl = 53 if self.elsewhere else 64
        self.link = bytes.fromhex("020000000009" if self.elsewhere else "020000000001")

    def _other_source(self):
        base = wire.packed("198.51.100.0" if self.session.version == 4 else "2001:db8:bad::")
        return base[:-1] + bytes([self.random.randrange(1, 255)])

    def _port_of(self, frame):
        at = 14 + (20 if self.session.version == 4 else 40)
        if self.elsewhere:
            return self.random.randrange(50_000, 65_536)
        return struct.unpack_from("!H", frame, at + 2 * self.sa.reply)[0]

    # --- numbers ------------------------------------------------------------------------------------

    def number(self):
        """A number that the flow has not lost, because a packet that cannot be checked may be a lost one."""
        choose = self.random.choice
        number = {"next": self.coming[0].number if self.coming else self.top + 1,
                  "near": self.top + choose(NEAR), "far": self.top + choose(FAR),
                  "old": max(1, self.top - self.random.randrange(0, 300)),
                  "any": self.random.randrange(1, END)}[self.random.choices(
                      ("next", "near", "far", "old", "any"), (4, 4, 4, 3, 1))[0]]
        if not self.session.esn:
            number = number % END or 1
        while number in self.sa.missing:
            number += 1
        return number

    # --- octets -------------------------------------------------------------------------------------

    def noise(self, number, size=None):
        """ESP or AH with noise after the sequence number, of a length that suits the SA."""
        size = self.random.randrange(15, 80) * 4 if size is None else size
        if self.session.protocol == ESP:
            suite = self.sa.suite
            rest = size - size % suite.block + suite.icv + {"CBC": 16, "NULL": 0}.get(suite.cipher, 8)
            return struct.pack("!II", self.sa.spi, number % END) + self.random.randbytes(rest)
        field = self.sa.suite.mac_iv + self.sa.suite.icv
        field += -(12 + field) % (8 if self.session.version == 6 or not self.sa.align4 else 4)
        header = struct.pack("!BBHII", wire.UDP, (12 + field) // 4 - 2, 0, self.sa.spi, number % END)
        datagram = struct.pack("!HHHH", 40000, 40001, size, 0) + self.random.randbytes(size - 8)
        return header + self.random.randbytes(field) + datagram

    def carry(self, octets, udp_length=None, chain=b"", first=None, **fields):
        """The IP packet around these octets; `first` is the type of the first extension header, if `chain` has any."""
        protocol, payload = self.session.protocol, octets
        if self.session.udp:
            protocol = wire.UDP
            payload = self.sa.in_udp_from(octets, self.source, self.port, udp_length)
        if self.session.version == 6:
            return self.sa.in_ip(first or protocol, payload, 0, self.source, hop_limit=self.ttl, chain=chain, **fields)
        return self.sa.in_ip(protocol, payload, self.random.randrange(1 << 16), self.source, ttl=self.ttl, **fields)

    @property
    def carried(self):
        return wire.UDP if self.session.udp else self.session.protocol


# --- the kinds ----------------------------------------------------------------------------------------------

def options(size, next_header):
    """A Destination Options header with padding only."""
    text = bytes([next_header, size // 8 - 1])
    while size - len(text) > 1:
        pad = min(size - len(text) - 2, 255)
        text += bytes([1, pad]) + bytes(pad)
    return text + bytes(size - len(text))


def icv(moment, number):
    return moment.carry(moment.noise(number))


def coalesced(moment, number):
    """The SPI again, and the next number, where a second packet could begin."""
    octets = bytearray(moment.noise(number, 240))
    struct.pack_into("!II", octets, 4 * moment.random.randrange(10, 40), moment.sa.spi, (number + 1) % END)
    return moment.carry(bytes(octets))


def ip_length(moment, number):
    octets = moment.noise(number)
    whole = len(moment.carry(octets)) - (40 if moment.session.version == 6 else 0)
    return moment.carry(octets, length=whole + moment.random.choice((4, 64, 1000)))


def ip_length_zero(moment, number):
    return moment.carry(moment.noise(number), length=0)


def udp_length(moment, number):
    octets = moment.noise(number)
    return moment.carry(octets, udp_length=8 + len(octets) + moment.random.choice((4, 40)))


def broken_option(moment, number):
    """An IPv4 option whose length is 0."""
    return moment.carry(moment.noise(number), options=b"\x07\0\0\0")


def behind_options(size):
    def make(moment, number):
        return moment.carry(moment.noise(number), chain=options(size, moment.carried), first=DESTINATION)
    return make


def behind_routing(moment, number):
    """A routing header of an unknown type, with segments left."""
    chain = bytes([moment.carried, 2, 200, 3]) + moment.random.randbytes(20)
    return moment.carry(moment.noise(number), chain=chain, first=ROUTING)


def first_fragment(moment, number):
    """The first fragment of a packet whose others never come."""
    octets = moment.noise(number)
    octets += bytes(-len(octets) % 8)
    if moment.session.version == 4:
        return moment.carry(octets, fragment=MORE_FRAGMENTS)
    return moment.carry(octets, chain=fragment_header(moment.carried, 0, True, moment.random.randrange(END)), first=FRAGMENT)


def jumbo(moment, number):
    return moment.carry(moment.noise(number, JUMBO))


def esp_null(moment, number):
    """A whole IP packet after the sequence number, a sound trailer, no ICV: anybody can make that."""
    inner = wire.ipv4(*map(wire.packed, ("10.1.0.1", "10.2.0.1")), wire.UDP, moment.random.randbytes(32), number)
    return moment.carry(struct.pack("!II", moment.sa.spi, number % END) + plaintext(inner, IPIP, 4))


def in_clear(moment, number):
    """The same with room for an IV and an ICV, as a packet that a network card is to encrypt."""
    inner = wire.ipv4(*map(wire.packed, ("10.1.0.1", "10.2.0.1")), wire.UDP, moment.random.randbytes(32), number)
    suite = moment.sa.suite
    room = {"CBC": 16, "NULL": 0}.get(suite.cipher, 8)
    return moment.carry(struct.pack("!II", moment.sa.spi, number % END) + bytes(room) +
                        plaintext(inner, IPIP, suite.block) + bytes(suite.icv))


class Kind(NamedTuple):
    """How a packet with a given number is made; whether an ICV could be computed; in which sessions it can be."""
    make: Callable
    checkable: bool
    fits: Callable = lambda session: True


KINDS = {
    "wrong ICV": Kind(icv, True),
    "looks coalesced": Kind(coalesced, True, lambda session: session.udp),
    "IP length beyond the frame": Kind(ip_length, False),
    "IP length 0": Kind(ip_length_zero, False),
    "UDP length beyond IP": Kind(udp_length, False, lambda session: session.udp),
    "behind a broken option": Kind(broken_option, False, lambda session: session.version == 4),
    "behind 1200 octets of options": Kind(behind_options(1200), True, lambda session: session.version == 6),
    "behind 640 octets of options": Kind(behind_options(640), True, lambda session: session.version == 6),
    "behind an unknown routing header": Kind(behind_routing, False, lambda session: session.version == 6),
    "first fragment": Kind(first_fragment, False),
    "9300 octets": Kind(jumbo, True),
    "looks like ESP-NULL": Kind(esp_null, True, lambda session: session.protocol == ESP),
    "looks like crypto offload": Kind(in_clear, True, lambda session: session.protocol == ESP),
}
# Made in other ways: from existing packets, or with an SPI of their own.
CUT, REPLAY, SUCCESSION, REVERSE = "cut copy in front", "replays from elsewhere", "forged successor", "forged reverse SA"
ODD, DENSE = "odd lengths", "one in twelve"


# --- into a session --------------------------------------------------------------------------------------------

def as_packets(moment, packets, kind, checkable, numbers):
    """Frames, spread between the previous packet and this one; those that exceed the snapshot length are cut as
    usual."""
    made = []
    for time, packet, number in zip(spread(moment, len(packets)), packets, numbers):
        frame = wire.frame(packet, moment.link)
        cut = frame[:moment.session.snaplen]
        made.append(Packet(time, cut, len(frame), moment.sa, number, kind, True, checkable and len(cut) == len(frame)))
    return made


def spread(moment, count):
    """Times between the previous packet and this one."""
    start = moment.packets[moment.at - 1].time if moment.at else moment.time - 1000
    return [start + (moment.time - start) * (turn + 1) // (count + 1) for turn in range(count)]


def forge_kind(name):
    def forge(moment):
        """A run of consecutive numbers; one or two, if they could not be distinguished from a flow."""
        count = moment.random.choices((1, 2, moment.random.randrange(3, 21)), (6, 2, 2))[0]
        count = count if moment.session.keyed else min(count, 2)
        count = min(count, 2) if name == "9300 octets" else count
        number, kind = moment.number(), KINDS[name]
        numbers = [number + turn for turn in range(count) if number + turn not in moment.sa.missing]
        packets = [kind.make(moment, number) for number in numbers]
        return as_packets(moment, packets, name, kind.checkable, numbers)
    return forge


def forge_cut(moment):
    """The next packet itself, 12 octets short, a millisecond before it comes."""
    coming = moment.packets[moment.at]
    if coming.kind != "sent" or not coming.is_whole:    # two cut packets cannot be distinguished
        return []
    frame, length = coming.frame[:-12], coming.length
    if moment.random.random() < 0.5:    # a different packet that cannot be distinguished from it
        frame = frame[:-20] + moment.random.randbytes(20)
    length = moment.random.choice((length, len(frame)))
    return [Packet(coming.time - 1000, frame, length, moment.sa, coming.number, CUT, True, False)]


def from_elsewhere(moment, packet):
    """The same packet from another source address, TTL and link."""
    ip = packet.frame[14:]
    if moment.session.version == 6:
        return wire.frame(ip[:7] + bytes([moment.ttl]) + moment.source + ip[24:], moment.link)
    rest = bytearray(ip)
    struct.pack_into("!H", rest, 4, moment.random.randrange(1 << 16))
    rest[8], rest[10:12], rest[12:16] = moment.ttl, bytes(2), moment.source
    struct.pack_into("!H", rest, 10, wire.checksum(bytes(rest[:20])))
    return wire.frame(bytes(rest), moment.link)


def forge_replays(moment):
    """Old packets, one or several in order. AH with a changed source no longer verifies. Packets that appear twice
    anyway are left out, because nobody could tell which copy is whose."""
    again = {packet.number for packet in moment.packets if packet.sa is moment.sa and packet.kind in ("copy", "twice")}
    old = [packet for packet in moment.past if packet.time < moment.time - OLD_ENOUGH and packet.kind == "sent" and
           packet.number not in again]
    if not old:
        return []
    count = moment.random.choice((1, 1, 2, 5, 20))
    first = moment.random.randrange(len(old))
    copies = old[first:first + count]
    return [Packet(time, from_elsewhere(moment, copy), copy.length, moment.sa, copy.number, REPLAY, True, copy.is_whole)
            for time, copy in zip(spread(moment, len(copies)), copies)]


def with_spi(moment, octets, spi):
    at = 0 if moment.session.protocol == ESP else 4
    return octets[:at] + struct.pack("!I", spi) + octets[at + 4:]


def forge_successor(moment):
    spi = 0xBAD00000 + moment.random.randrange(1 << 16)
    packets = [moment.carry(with_spi(moment, moment.noise(number), spi)) for number in range(1, SUCCESSOR + 1)]
    return as_packets(moment, packets, SUCCESSION, False, range(1, SUCCESSOR + 1))


def forge_reverse(moment):
    """One packet in the other direction."""
    packet = bytearray(moment.carry(with_spi(moment, moment.noise(1), 0xBAD10000 + moment.random.randrange(1 << 16))))
    at, size = (12, 4) if moment.session.version == 4 else (8, 16)
    packet[at:at + 2 * size] = packet[at + size:at + 2 * size] + packet[at:at + size]
    return as_packets(moment, [bytes(packet)], REVERSE, False, [1])


def forge_odd(moment):
    """Many packets that cannot be ESP of the SA; with the same number, so that they are not a flow."""
    if not moment.session.udp:
        return []
    count, number = moment.random.choice((1, 10, 40)), moment.number()
    packets = [moment.carry(moment.noise(number)[:-3]) for _ in range(count)]
    return as_packets(moment, packets, ODD, True, [number] * count)


def forge_dense(moment):
    """From here to the end, with numbers that the flow has just used."""
    made = []
    for at in range(moment.at, len(moment.packets), 12):
        here = Moment(moment.session, at, moment.random)
        if here.past and has_begun(here.session, at):
            number = here.past[-1].number
            made += as_packets(here, [here.carry(here.noise(number))], DENSE, True, [number])
    return made


OTHERS = {ODD: forge_odd, DENSE: forge_dense, CUT: forge_cut, REPLAY: forge_replays, SUCCESSION: forge_successor, REVERSE: forge_reverse}
FORGERS = {**{name: forge_kind(name) for name in KINDS}, **OTHERS}


def forge(session, chooser):
    """Packets of an attacker without keys, of one to three kinds, for points in the session."""
    fitting = [name for name in FORGERS if name not in KINDS or KINDS[name].fits(session)]
    fitting = [name for name in fitting if name != ODD or session.udp]
    kinds = chooser.sample(fitting, chooser.choice((1, 1, 2, 3)))
    places = choose_places(session, chooser)
    return [packet for at in places
            for packet in FORGERS[chooser.choice(kinds)](Moment(session, at, chooser))]


def choose_places(session, chooser):
    """Before the first packet of an SA has verified, forgeries cannot be recognised: then only just before it, and
    never if it may have been cut."""
    least = APART if not session.keyed or session.snaplen else 1
    count = chooser.randrange(2, 10 if session.keyed else 6)
    places = sorted(chooser.randrange(len(session.packets)) for _ in range(count))
    if session.keyed and not session.snaplen:
        return places
    apart = []
    for at in places:
        if at >= least and (not apart or at >= apart[-1] + least) and has_begun(session, at):
            apart.append(at)
    return apart


def has_begun(session, at):
    """Whether whole packets of the SA have been seen at that point."""
    sa = session.packets[at].sa
    return sum(packet.sa is sa and packet.is_whole for packet in session.packets[:at]) >= 3


def merge(packets, forged):
    """All packets in order of time; the genuine ones are in the same order as without the forged ones."""
    times = [packet.time for packet in packets]
    merged = list(packets)
    for packet in sorted(forged, key=lambda packet: packet.time, reverse=True):
        merged.insert(bisect.bisect_left(times, packet.time), packet)
    return merged
