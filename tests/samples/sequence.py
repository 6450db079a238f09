"""Sequence numbers, IVs and the lifetime of SAs: each finding, and cases that come close.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from samples.expectations import (
    BAD_SPI, Capture, INTEGRITY, LINUX_NO_SA, LINUX_SEQUENCE, LINUX_TRANSFORM, REPLAY_CHECK,
    drop, plausible, suspicious, verified)
from samples.keyed import datagram, good, new_sa
from samples.packets import AH, ESP, ah, esp, ethernet, fragments4, ipv4, own_spi, udp4
from samples.sa import CBC_SHA256, GCM, NULL_SHA256, Sa, octets_of

DUPLICATE = drop("replay.duplicate", windows=REPLAY_CHECK, linux=LINUX_SEQUENCE)
# Without a key nobody knows which of the two is genuine.
CONFLICT = suspicious("replay.conflict", windows=REPLAY_CHECK, linux=LINUX_SEQUENCE)
OLD = drop("replay.old", windows=REPLAY_CHECK, linux=LINUX_SEQUENCE)
RESTART = drop("seq.restart", "replay.old", windows=REPLAY_CHECK, linux=LINUX_SEQUENCE)
LIFETIME_EXPIRED, LINUX_EXPIRED = 13911, "XfrmInStateExpired"
EXPEDITED = 46 << 2     # DSCP EF, RFC 3246
FIRST = 0xA000      # number of the first SA without a key


class Stream:
    """Packets without a key, to a destination that is used nowhere else."""
    count = 0

    def __init__(self, capture, what, protocol=ESP):
        self.capture, self.what, self.protocol = capture, what, protocol
        self.number = FIRST + capture.streams
        capture.streams += 1

    def send(self, what, sequence, header=plausible(), after=1000, octets=None, **fields):
        octets = octets or (esp(60, sequence=sequence) if self.protocol == ESP else ah(sequence=sequence))
        self.capture.add(f"{self.what}: {what}", ethernet(ipv4(self.number, self.protocol, octets, **fields)), header,
                         after=after)

    def run(self, *sequences, header=plausible()):
        for sequence in sequences:
            self.send(f"number {sequence:#x}", sequence, header)


def add_duplicates(capture):
    for name, protocol in (("ESP", ESP), ("AH", AH)):
        stream = Stream(capture, f"{name}, duplicates", protocol)
        stream.run(1, 2)
        stream.send("2 again after 60 ms", 2, DUPLICATE, after=60)
        stream.run(3)
        stream.send("3 again after 1 ms", 3, plausible("capture.duplicate"), after=1)
        stream.run(4)
        stream.send("4 again after 1 ms, TTL one lower", 4, plausible("capture.duplicate"), after=1, ttl=63)
        stream.run(5)
        stream.send("5 again after 1 ms, TTL two lower", 5, DUPLICATE, after=1, ttl=62)
        stream.run(6)
        stream.send("6 again after 6 ms", 6, DUPLICATE, after=6)
    stream = Stream(capture, "conflict")
    stream.run(1, 2)
    stream.send("2 again, other octets", 2, CONFLICT, octets=esp(60, sequence=2)[:8] + octets_of("other", 52))
    stream.send("2 again, other length", 2, CONFLICT, octets=esp(64, sequence=2))


def add_order(capture):
    stream = Stream(capture, "order")
    stream.run(1, 2, 4)
    stream.send("3 is late", 3, plausible("seq.reorder"))
    stream.run(*range(6, 69))
    stream.send("69, and 5 leaves the window", 69, plausible("seq.gap"))
    stream.send("5 is left of the window by 1", 5, OLD)     # 69 - 64
    stream = Stream(capture, "order, just inside")
    stream.run(1, *range(3, 66))
    stream.send("2 is the last number of the window", 2, plausible("seq.reorder")._replace(linux=LINUX_SEQUENCE))
    stream = Stream(capture, "QoS")
    stream.run(1, 2)
    for sequence in range(4, 104):
        stream.send(f"number {sequence}, expedited", sequence, plausible("seq.gap") if sequence == 67 else plausible(),
                    tos=EXPEDITED)
    stream.send("3 is best effort, and left of the window by 37", 3, OLD)       # 103 - 64 - 3 + 1
    stream.send("4 comes again", 4, OLD, tos=EXPEDITED, after=60)
    stream = Stream(capture, "gap")
    stream.run(1, 2, 4, *range(5, 67))
    stream.send("67, and 3 leaves the window", 67, plausible("seq.gap"))
    stream.run(68)
    stream = Stream(capture, "restart")
    stream.run(5000, 5001, 5002)
    stream.run(1, 2, 3, header=OLD)
    stream.send("the fourth of the new run", 4, RESTART)
    stream.run(5, 6)
    for protocol in (ESP, AH):
        stream = Stream(capture, "wrap" if protocol == ESP else "AH, wrap", protocol)
        stream.run(0xFFFFFFFE, 0xFFFFFFFF)
        stream.send("number 1, after the end", 1, suspicious("seq.wrap", windows=REPLAY_CHECK))
        stream.run(2)
    stream = Stream(capture, "jump")
    stream.run(1, 2)
    stream.send("2^28 ahead", 2 + (1 << 28), suspicious("seq.jump"))
    stream.run(3, 4)
    stream.send("one less than 2^28 ahead", 3 + (1 << 28), plausible())
    stream.run(5)


ELSEWHERE = {"src": "192.0.2.250"}


def other_octets(sequence):
    return esp(60, sequence=sequence)[:8] + octets_of(f"other {sequence}", 52)


def add_senders(capture):
    stream = Stream(capture, "old numbers from elsewhere")
    stream.run(5001, 5002, 5003)
    for number in range(1, 21):
        stream.send("another source, old numbers: no sender, replays", number * 100, OLD, **ELSEWHERE)
        stream.run(5003 + number)
    stream = Stream(capture, "several senders")
    for number in range(1, 15):
        stream.run(number)
        stream.send("another source, the same number and other octets", number,
                    CONFLICT if number < 8 else suspicious("sa.several_senders", *["sa.no_anti_replay"] * (number == 8)),
                    octets=other_octets(number), **ELSEWHERE)
    stream.send("another source sends its own again", 12, suspicious("replay.duplicate"), octets=other_octets(12), **ELSEWHERE)
    stream.send("and so does the first one", 11, suspicious("replay.duplicate"))
    stream = Stream(capture, "several senders that share the numbers")
    for number in range(1, 13):
        header = plausible("sa.several_senders") if number >= 10 else plausible()
        stream.send(f"number {number}", number, plausible("sa.address_changed") if number == 2 else header,
                    **ELSEWHERE if number % 2 == 0 else {})
    stream.send("7 again", 7, DUPLICATE)
    stream = Stream(capture, "no anti-replay", AH)
    for number in range(1, 5):
        stream.run(number)
        for again in range(5):
            stream.send(f"{number} with other octets", number,
                        CONFLICT if 5 * number + again < 12 else suspicious("sa.no_anti_replay"),
                        octets=ah(icv=octets_of(f"{number} {again}", 12), sequence=number))
    stream.send("a copy", 4, suspicious("replay.duplicate"))
    stream = Stream(capture, "no anti-replay, as it seems for a while", AH)
    stream.run(*range(1, 9))
    for again in range(10):
        stream.send("8 with other octets", 8, CONFLICT if again < 7 else suspicious("sa.no_anti_replay"),
                    octets=ah(icv=octets_of(f"8 {again}", 12), sequence=8))
    stream.run(*range(9, 61))
    stream.send("60 with other octets", 60, CONFLICT, octets=ah(icv=octets_of("60 again", 12), sequence=60))
    stream = Stream(capture, "copies")
    stream.run(1)
    stream.run(*[1] * 20, header=DUPLICATE)
    stream = Stream(capture, "one far ahead")
    stream.run(*range(1, 11))
    stream.send("nobody goes on from here", 1000)
    stream.run(11, header=plausible("seq.stray"))
    stream.run(*range(12, 20))
    stream.run(1000, 1001)
    stream.send("the second one that goes on from 1000", 1002, plausible("seq.gap"))
    stream.run(1003)
    stream.run(20, header=OLD)
    stream = Stream(capture, "the first one far ahead")
    stream.run(5000)
    stream.run(*range(1, 11))


def add_moves(capture):
    stream = Stream(capture, "there and back")
    stream.run(1, 2)
    stream.send("another source", 4, plausible("sa.address_changed"), **ELSEWHERE)
    stream.send("one that was on its way", 3, plausible("seq.reorder"))
    stream.send("another source", 5, **ELSEWHERE)
    stream.run(6, 7)
    stream.send("7 again", 7, DUPLICATE)
    stream = Stream(capture, "replays from elsewhere")
    stream.run(1, 2)
    stream.send("2 again from another source", 2, DUPLICATE, **ELSEWHERE)
    stream.run(3)
    stream.send("3 again after 1 ms, behind a NAT", 3, plausible("capture.duplicate"), after=1, ttl=63, **ELSEWHERE)
    stream.run(4)
    stream.send("2 again", 2, DUPLICATE)


def send_burst(stream, spi, first, last, header=plausible()):
    for sequence in range(first, last + 1):
        stream.send(f"number {sequence}", sequence, header, octets=esp(60, spi, sequence))


def add_successors(capture):
    stream = Stream(capture, "old SPI")
    new = Stream(capture, "old SPI, successor")
    spi = 0xC8000000 + new.number
    new.number = stream.number
    stream.run(*range(100, 116))
    send_burst(new, spi, 1, 31)
    new.send("number 32: it has been alone long enough", 32, octets=esp(60, spi, 32))
    stream.send("the old SPI", 116, plausible("sa.old_spi"))
    send_burst(new, spi, 33, 33)
    stream = Stream(capture, "made-up SPI")
    stream.run(*range(1, 61))
    made_up = Stream(capture, "made-up SPI, a burst")
    made_up.number = stream.number
    send_burst(made_up, 0xC8000000 + stream.number, 1, 17)
    stream.run(*range(61, 120))
    stream = Stream(capture, "parallel SAs")
    spi = 0xC8000000 + stream.number
    for first in (1, 17, 33):
        for sa in range(4):
            send_burst(stream, spi + sa, first, first + 15)


def add_behind_nat(capture):
    """Two peers behind one address, told apart by the port, and the gateway that answers them: four SAs."""
    n = FIRST + capture.streams
    capture.streams += 1
    for first in (1, 17, 33):
        for port in (4500, 1025):
            for reply in (False, True):
                ports = (4500, port) if reply else (port, 4500)
                for sequence in range(first, first + 16):
                    octets = esp(60, 0xC9000000 + 2 * port + reply, sequence)
                    capture.add(f"NAT, port {port}, {'from' if reply else 'to'} the gateway: number {sequence}",
                                ethernet(udp4(n, octets, ports, reply)), plausible())


def add_fragmented(capture):
    """The ports of a fragmented datagram are known, too."""
    n = FIRST + capture.streams
    capture.streams += 1
    for sequence in range(1, 7):
        octets = esp(600 if sequence % 2 else 60, sequence=sequence)
        packet = udp4(n, octets, (1025, 4500))
        what = f"NAT, fragments: number {sequence}"
        if sequence % 2 == 0:
            capture.add(what, ethernet(packet), plausible())
            continue
        first, second = fragments4(n, 17, own_spi(n, packet[20:]), 304, id=0x7000 + sequence)
        capture.add(f"{what}, first fragment", ethernet(first))
        capture.add(f"{what}, second fragment", ethernet(second), plausible())


LIFETIME = ("\tlifetime config:\n\t  limit: soft (INF)(bytes), hard (INF)(bytes)\n"
            "\t  limit: soft (INF)(packets), hard 5(packets)\n"
            "\t  expire add: soft 0(sec), hard 0(sec)\n\t  expire use: soft 0(sec), hard 0(sec)\n")


def send_keyed(capture, sa, what, header=verified(), sequence=None, payload=None):
    capture.add(f"{sa.suite.name}: {what}", ethernet(sa.packet(sa.esp(payload or datagram(), sequence=sequence))), header)


def add_keyed(capture):
    sa = new_sa(capture, 4, NULL_SHA256)
    capture.states[-1] += LIFETIME
    for number in range(1, 6):
        send_keyed(capture, sa, f"packet {number} of 5")
    send_keyed(capture, sa, "past the hard limit",
               good(drop("sa.expired", windows=LIFETIME_EXPIRED, linux=LINUX_EXPIRED)))
    send_keyed(capture, sa, "the SA is gone", good(drop("esp.spi_unknown", windows=BAD_SPI, linux=LINUX_NO_SA)))

    def add_ivs(suite, ivs):
        sa = new_sa(capture, 4, suite)
        for number, (what, iv, header) in enumerate(ivs, 1):
            sa._iv = lambda length, iv=iv: octets_of(iv, length) if isinstance(iv, str) else bytes(length)
            send_keyed(capture, sa, f"IV {what}", header, payload=datagram(32 + 16 * number))

    add_ivs(GCM, (("a", "a", verified()), ("b", "b", verified()), ("a again", "a", good(suspicious("iv.reuse"))),
                  ("c", "c", verified())))
    add_ivs(CBC_SHA256, (("a", "a", verified()), ("0", None, good(suspicious("iv.zero"))), ("b", "b", verified()),
                         ("a again", "a", verified("iv.predictable"))))
    sa, last = new_sa(capture, 4, CBC_SHA256), octets_of("first", 16)
    for number in range(1, 5):
        sa._iv = lambda length, iv=last: iv
        sealed = sa.esp(datagram())
        last = sealed[-32:-16]
        capture.add(f"{sa.suite.name}: IV chained to the packet before, packet {number}", ethernet(sa.packet(sealed)),
                    verified() if number == 1 else verified("iv.predictable"))


def add_epochs(capture):
    sa = new_sa(capture, 4, GCM, esn=True)
    for sequence in (0xFFFFFFFC, 0xFFFFFFFE, 0xFFFFFFFF):
        send_keyed(capture, sa, f"ESN 0:{sequence:#x}", sequence=sequence)
    sa.high = 1
    send_keyed(capture, sa, "ESN 1:1", sequence=1)
    sa.high = 0
    send_keyed(capture, sa, "ESN 0:0xfffffffd, late and inside the window", verified("seq.reorder"), 0xFFFFFFFD)
    sa.high = 1
    for sequence in range(2, 41):
        send_keyed(capture, sa, f"ESN 1:{sequence}", verified("seq.gap") if sequence == 32 else verified(), sequence)
    sa.high = 0
    send_keyed(capture, sa, "ESN 0:0xfffffff0, left of the window",
               good(drop("esn.wrong_high", windows=INTEGRITY, linux=LINUX_TRANSFORM)), 0xFFFFFFF0)


def add_keyed_life(capture):
    old = new_sa(capture, 4, GCM)
    new = Sa(old.number, 4, GCM)
    new.spi += 0x01000000
    capture.states[-1] += new.state()
    for number in range(1, 21):
        send_keyed(capture, old, f"before the rekey, packet {number}")
    for number in range(1, 17):
        send_keyed(capture, new, f"after the rekey, packet {number}")
    send_keyed(capture, old, "the old SPI", verified("sa.old_spi"))
    for what, fields, header in (("another source", ELSEWHERE, verified("sa.address_changed")),
                                 ("the first source", {}, verified()), ("another source", ELSEWHERE, verified())):
        capture.add(f"{new.suite.name}: {what}", ethernet(new.packet(new.esp(datagram()), **fields)), header)


def faults_sequence():
    capture = Capture("faults_sequence", "Sequence numbers, IVs and the life of SAs")
    capture.streams = 0
    add_duplicates(capture)
    add_order(capture)
    add_senders(capture)
    add_moves(capture)
    add_successors(capture)
    add_behind_nat(capture)
    add_fragmented(capture)
    add_keyed(capture)
    add_epochs(capture)
    add_keyed_life(capture)
    return capture
