"""Sessions: what two peers send each other, and how it reaches the point of capture.

A session has one pair of addresses, one or both directions, and one or two rekeys. Packets are lost, late inside and
outside of the window, captured twice, replayed; the sender changes its address; a snapshot length cuts large packets.
All of this is genuine, and sealed with the SA's keys, whether the analysis gets them or not.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import random
import struct
from typing import NamedTuple, Optional

from samples import wire
from samples.packets import AH, ESP, IPIP, IPV6
from samples.sa import AH_SHA1, AH_SHA256, CBC_SHA256, CHACHA, GCM, NULL_SHA256, Sa, Suite, octets_of

GMAC = Suite("AES-128-GMAC", "GMAC", None, 16, key=20)
SUITES = {ESP: (NULL_SHA256, CBC_SHA256, GCM, CHACHA), AH: (AH_SHA1, AH_SHA256, GMAC)}
LONGEST = 400           # octets of payload
END = 1 << 32
ANY_PORT = 4500


class Packet(NamedTuple):
    """One frame. `kind` is sent, late, copy, twice, pair or straggler; for a forged one, its kind."""
    time: int                   # microseconds
    frame: bytes
    length: int                 # on the wire, IP header and link included
    sa: Optional["Sender"]      # None if it belongs to no sender
    number: int                 # with its high half
    kind: str
    forged: bool = False
    checkable: bool = True      # if forged: whether it has all octets that are needed to check an ICV

    @property
    def is_whole(self):
        return self.length == len(self.frame)


class Sender(Sa):
    """One SA, and the origin of its packets."""

    def __init__(self, session, generation, reply, start):
        number = session.number
        super().__init__(number, session.version, session.suite, session.mode, session.protocol, udp=session.udp,
                         esn=session.esn, align4=session.protocol == AH, start=start >> 32)
        name = f"{number} {generation} {reply}"
        self.reply, self.generation = reply, generation
        self.spi = 0xC0000000 + (generation << 20) + (reply << 24) + number
        self.cipher_key = octets_of(f"cipher {name}", len(self.cipher_key))
        self.mac_key = octets_of(f"mac {name}", len(self.mac_key))
        self.next = start
        self.missing = set()    # numbers that were lost, or came late
        self.first_iv, self.reuse_iv = octets_of(f"iv {name}", 8), False
        self.source, self.destination = (wire.packed(self.addresses[end]) for end in ("src", "dst"))
        self.port = ANY_PORT
        self.hard_packets = None

    @property
    def addresses(self):
        addresses = super().addresses
        return {"src": addresses["dst"], "dst": addresses["src"]} if self.reply else addresses

    def row_of_table(self):
        """For settings that a dump cannot express; otherwise None."""
        if self.suite is not GMAC:
            return None
        return self.row(integrity="AES_128_GMAC", esn="yes" if self.esn else "no")

    def dump(self):
        if self.hard_packets is None:
            return self._state()
        return self._state() + ("\tlifetime config:\n\t  limit: soft (INF)(bytes), hard (INF)(bytes)\n\t  limit: soft "
                                f"(INF)(packets), hard {self.hard_packets}(packets)\n")

    def _iv(self, length):
        """Noise for CBC; a counter for the others, as with most senders."""
        if length == 16:
            return octets_of(f"iv {self.spi} {self.high} {self.sequence}", 16)
        number = 1 if self.reuse_iv else (self.high << 32) + self.sequence
        return struct.pack("!Q", (int.from_bytes(self.first_iv, "big") + number) % (1 << 64))

    def in_ip(self, protocol, payload, identification, source=None, **fields):
        """IP as the sender builds it."""
        source = source or self.source
        if self.version == 4:
            return wire.ipv4(source, self.destination, protocol, payload, identification, **fields)
        return wire.ipv6(source, self.destination, protocol, payload, **fields)

    def in_udp_from(self, octets, source=None, port=None, length=None):
        """UDP; with a checksum in IPv6, where it is mandatory."""
        pseudo = (source or self.source) + self.destination if self.version == 6 else None
        ports = (self.port if port is None else port, ANY_PORT)
        return wire.udp(octets, *(reversed(ports) if self.reply else ports), length=length, pseudo=pseudo)

    def seal_esp(self, number, payload, next_header):
        self.high = number >> 32 if self.esn else 0
        return self.esp(payload, next_header, sequence=number % END)

    def seal_packet(self, number, payload, next_header, identification):
        """A genuine packet with this number, from IP on."""
        if self.protocol == AH:
            self.high, low = number >> 32 if self.esn else 0, number % END
            field = 12 + self.suite.mac_iv + self.suite.icv
            field += -field % (8 if self.version == 6 or not self.align4 else 4)
            whole = self.in_ip(AH, bytes(field) + payload, identification)
            return self.ah(whole[:len(whole) - field - len(payload)], payload, next_header, sequence=low)
        octets = self.seal_esp(number, payload, next_header)
        if self.udp:
            return self.in_ip(wire.UDP, self.in_udp_from(octets), identification)
        return self.in_ip(ESP, octets, identification)


class Session:
    """Random choices, and the packets that result from them. `number` determines addresses, SPIs and keys."""

    def __init__(self, number, seed):
        self.number, self.seed = number, seed
        self.random = random.Random(seed)
        self._choose()
        self.senders, self.packets = [], []
        self.identification = self.random.randrange(1 << 16)
        self._send_all()

    def _choose(self):
        chance, choose = self.random.random, self.random.choice
        self.keyed = chance() < 0.6
        self.version = choose((4, 6))
        self.protocol = AH if chance() < 0.3 else ESP
        self.udp = self.protocol == ESP and chance() < 0.45
        self.suite = choose(SUITES[self.protocol])
        self.mode = choose(("transport", "tunnel"))
        self.esn = chance() < 0.3
        self.both = chance() < 0.4
        self.snaplen = choose((96, 128)) if chance() < 0.15 else None
        self.odd = {trait for trait in ("loss", "late", "old", "twice", "replay", "move", "reuse", "offload") if chance() < 0.35}
        if self.suite is CBC_SHA256:
            # Because its detection depends on chance: the slots that remember it may be overwritten.
            self.odd.discard("reuse")
        self.rekeys = self.random.choices((0, 1, 2), (5, 3, 1))[0]
        self.limited = self.keyed and chance() < 0.2
        self.count = self.random.randrange(100, 220)

    def __str__(self):
        carrier = "AH" if self.protocol == AH else "ESP in UDP" if self.udp else "ESP"
        return ", ".join([f"session {self.number} (seed {self.seed})", "keyed" if self.keyed else "keyless",
                          f"{carrier}, IPv{self.version}", self.suite.name, self.mode, *["ESN"] * self.esn,
                          *["lifetime"] * self.limited,
                          *[f"snapshot length {self.snaplen}"] * bool(self.snaplen), *sorted(self.odd)])

    # --- senders ----------------------------------------------------------------------------------

    def _first_number(self):
        if self.esn and self.random.random() < 0.5:
            return END - self.random.randrange(20, 80)
        return self.random.choices((1, self.random.randrange(2, 10_000), self.random.randrange(1 << 30)), (6, 2, 1))[0]

    def _new_sender(self, generation, reply):
        sender = Sender(self, generation, reply, self._first_number() if generation == 0 else 1)
        before = [sa for sa in self.senders if sa.reply == reply]
        if before:
            sender.source, sender.port = before[-1].source, before[-1].port
        if self.limited:
            sender.hard_packets = self.random.randrange(20, 300)
        self.senders.append(sender)
        return sender

    def _payload(self, small):
        room = 8 if small else self.random.choice((8, self.random.randrange(8, LONGEST)))
        payload = struct.pack("!HHHH", 40000, 40001, 8 + room, 0) + self.random.randbytes(room)
        if self.mode == "transport":
            return payload, wire.UDP
        if self.version == 6:
            return wire.ipv6(*map(wire.packed, ("2001:db8:1::1", "2001:db8:2::1")), wire.UDP, payload), IPV6
        return wire.ipv4(*map(wire.packed, ("10.1.0.1", "10.2.0.1")), wire.UDP, payload, 1), IPIP

    # --- packets ----------------------------------------------------------------------------------

    def _capture(self, time, packet, sa, number, kind):
        frame = wire.frame(packet)
        self.packets.append(Packet(time, frame[:self.snaplen], len(frame), sa, number, kind))

    def _send(self, sa, time, may_fail):
        """Sends the next number of the SA; with may_fail, it may be lost, come late, be captured twice or be
        replayed."""
        number, chance = sa.next, self.random.random
        sa.next += 1
        self.identification += 1
        if may_fail and "loss" in self.odd and chance() < 0.06:
            sa.missing.add(number)
            return
        sa.reuse_iv = may_fail and "reuse" in self.odd and chance() < 0.08
        packet = sa.seal_packet(number, *self._payload(small=not may_fail), self.identification)
        kind = "sent"
        if may_fail and chance() < 0.05 and self.odd & {"late", "old"}:
            late = self.random.randrange(3, 25) if "late" in self.odd else self.random.randrange(70, 120)
            time += 2000 * late
            sa.missing.add(number)
            kind = "late"
        self._capture(time, packet, sa, number, kind)
        if may_fail and "twice" in self.odd and chance() < 0.08:
            self._capture(time + self.random.randrange(50, 4500), packet, sa, number, "twice")
        if may_fail and "replay" in self.odd and chance() < 0.08:
            self._capture(time + self.random.randrange(6_000, 250_000), packet, sa, number, "copy")

    def _send_pair(self, sa, time):
        """Two packets in one datagram, as a network card delivers them."""
        first = sa.next
        sa.next += 2
        payload, self.identification = self._payload(small=True), self.identification + 1
        octets = b"".join(sa.seal_esp(number, *payload) for number in (first, first + 1))
        self._capture(time, sa.in_ip(wire.UDP, sa.in_udp_from(octets), self.identification), sa, first, "pair")

    def _move(self, sa):
        if self.version == 4:
            sa.source = wire.packed("203.0.113.0")[:3] + bytes([self.random.randrange(1, 255)])
        else:
            sa.source = wire.packed("2001:db8:c::")[:15] + bytes([self.random.randrange(1, 255)])
        sa.port = self.random.randrange(50_000, 65_536) if self.udp else ANY_PORT

    def _send_all(self):
        choose = self.random.randrange
        move_at = choose(20, self.count) if "move" in self.odd else None
        time = 0
        for generation in range(self.rekeys + 1):
            old = self.senders[-2:] if self.both else self.senders[-1:]
            ahead = self._new_sender(generation, False)
            back = self._new_sender(generation, True) if self.both else None
            for turn in range(self.count // (self.rekeys + 1)):
                time += choose(700, 3000)
                if turn == move_at:
                    self._move(ahead)
                if self.udp and "offload" in self.odd and turn > 2 and self.random.random() < 0.06:
                    self._send_pair(ahead, time)
                else:
                    self._send(ahead, time, may_fail=turn > 2)
                if back and turn % 4 == 3:
                    self._send(back, time + 300, may_fail=turn > 12)
                if turn in (24, 33) and old and generation:
                    self._straggle(old[0], time + 500)
        self.packets.sort(key=lambda packet: packet.time)

    def _straggle(self, sa, time):
        number = sa.next
        sa.next += 1
        self._capture(time, sa.seal_packet(number, *self._payload(small=True), self.identification), sa, number,
                      "straggler")
