"""IKE: why there is no tunnel, as far as it can be seen without keys.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import struct

from samples.expectations import Capture, Header
from samples.packets import MARKER, noise
from samples.wire import frame, ipv4, packed, udp

MAIN, AGGRESSIVE, V1_INFORMATIONAL, QUICK = 2, 4, 5, 32
SA_INIT, AUTH, CREATE_CHILD_SA, INFORMATIONAL = 34, 35, 36, 37
SA, KE, NONCE, NOTIFY, SK, SKF = 33, 34, 40, 41, 46, 53
V1_SA, V1_KE, V1_NOTIFY = 1, 4, 11
NO_SPI = bytes(8)
AES_GCM_16 = 20


# --- messages -----------------------------------------------------------------------------------------------------

def payloads(parts):
    """A chain of payloads, and the type of the first: `parts` are pairs of type and octets."""
    chain = b""
    for (_, body), (following, _) in zip(parts, [*parts[1:], (0, b"")]):
        chain += struct.pack("!BBH", following, 0, 4 + len(body)) + body
    return (parts[0][0] if parts else 0), chain


def message(spis, exchange, parts, number=0, response=False, initiator=True, version=2, encrypted=False):
    first, chain = payloads(parts)
    flags = int(encrypted) if version == 1 else (0x20 if response else 0) | (0x08 if initiator else 0)
    return b"".join(spis) + struct.pack("!BBBBII", first, version << 4, exchange, flags, number, 28 + len(chain)) + chain


def sealed(spis, exchange, number, length, response=False, initiator=True, version=2):
    """An encrypted message of that length, whose octets depend on everything that identifies it."""
    body = noise(1000 * exchange + 10 * number + 2 * response + initiator)[:4] + noise(length)
    if version == 1:
        head = b"".join(spis) + struct.pack("!BBBBII", 8, 0x10, exchange, 1, number, length)
        return head + body[:length - 28]
    return message(spis, exchange, [(SK, body[:length - 32])], number, response, initiator)


def fragment(spis, exchange, number, at, total, response=False, initiator=True):
    body = struct.pack("!HH", at, total) + noise(100 + at)
    return message(spis, exchange, [(SKF, body)], number, response, initiator)


def notify(kind, data=b"", protocol=0, spi=b"", version=2):
    head = struct.pack("!BBH", protocol, len(spi), kind) + spi + data
    return (NOTIFY, head) if version == 2 else (V1_NOTIFY, struct.pack("!I", 1) + head)


def proposal(cipher=AES_GCM_16, bits=128):
    """An SA payload with a single proposal for IKE."""
    transforms = struct.pack("!BBHBBHHH", 3, 0, 12, 1, 0, cipher, 0x800E, bits)
    transforms += struct.pack("!BBHBBH", 3, 0, 8, 2, 0, 5) + struct.pack("!BBHBBH", 0, 0, 8, 4, 0, 31)
    return SA, struct.pack("!BBHBBBB", 0, 0, 8 + len(transforms), 1, 1, 0, 3) + transforms


OFFER = [proposal(), (KE, struct.pack("!HH", 31, 0) + noise(32)), (NONCE, noise(32))]


def told(*findings):
    """The expectation for an IKE message, which has no verdict."""
    return Header("", findings)


# --- sessions -----------------------------------------------------------------------------------------------------

class Session:
    """Two hosts that are used nowhere else, and the messages between them."""

    def __init__(self, capture, what):
        self.capture, self.what = capture, what
        number = len(capture.records) + 1
        self.hosts = packed(f"192.0.2.{number % 200 + 1}"), packed(f"198.51.100.{number % 250 + 1}")
        self.spis = struct.pack("!II", 0x1AE10000 + number, 1), struct.pack("!II", 0x2AE20000 + number, 2)

    @property
    def open(self):
        """The SPIs before the responder has chosen its own."""
        return self.spis[0], NO_SPI

    def add(self, what, octets, *findings, back=False, port=500, after=100, ports=None):
        source, destination = reversed(self.hosts) if back else self.hosts
        payload = octets if port == 500 else MARKER + octets
        packet = ipv4(source, destination, 17, udp(payload, *(ports or (port, port))), len(self.capture.records))
        self.capture.add(f"{self.what}: {what}", frame(packet), *([told(*findings)] if findings else []), after=after)

    def ask(self, parts=None, *findings, after=100, what="IKE_SA_INIT"):
        self.add(what, message(self.open, SA_INIT, OFFER if parts is None else parts), *findings, after=after)

    def answer(self, parts, *findings, spis=None, what="answer"):
        self.add(what, message(spis or self.open, SA_INIT, parts, response=True, initiator=False), *findings, back=True)

    def init(self):
        self.ask()
        self.answer(OFFER, spis=self.spis)

    def seal(self, what, exchange, number, length, *findings, response=False, back=False, version=2, after=100):
        octets = sealed(self.spis, exchange, number, length, response, not back, version)
        self.add(what, octets, *findings, back=back, port=4500, after=after)


def refused(capture):
    """An answer to IKE_SA_INIT that is an error."""
    for kind, finding in ((14, "ike.no_proposal"), (1, "ike.syntax"), (5, "ike.version"), (7, "ike.syntax"),
                          (24, "ike.auth_failed"), (38, "ike.ts_unacceptable"), (39, "ike.invalid_selectors"),
                          (43, "ike.temporary_failure"), (44, "ike.child_not_found"), (35, "ike.peer_error"),
                          (9999, "ike.peer_error")):
        session = Session(capture, f"refused with notify {kind}")
        session.ask()
        session.answer([notify(kind)], finding)
    session = Session(capture, "Windows tells 13868")
    session.ask()
    session.answer([notify(12345, struct.pack("!I", 13868)), notify(14)], "ike.no_proposal", "ike.ms_status")
    session = Session(capture, "Windows tells that all is well")
    session.ask()
    session.answer([*OFFER, notify(12345, bytes(4))], spis=session.spis)


def attempts(capture):
    """Answers that ask for another attempt: normal, unless they never end."""
    session = Session(capture, "another group")
    session.ask()
    session.answer([notify(17, b"\0\x0e")], "ike.invalid_ke")
    session.init()
    session = Session(capture, "a cookie")
    session.ask()
    session.answer([notify(16390, noise(24))], "ike.cookie")
    session.ask([notify(16390, noise(24)), *OFFER])
    session.answer([notify(17, b"\0\x0e")], "ike.invalid_ke")
    session.ask([notify(16390, noise(24)), *OFFER, (43, b"again")])
    session.answer([notify(16390, noise(24))], "ike.cookie")
    session.init()
    for kind, finding in ((17, "ike.invalid_ke"), (16390, "ike.cookie")):
        session = Session(capture, f"without end: notify {kind}")
        for turn in range(4):
            session.ask([*OFFER, (43, bytes([turn]))])
            session.answer([notify(kind, noise(8 + turn))], finding if turn < 2 else "ike.no_proposal")
    session = Session(capture, "the same cookie again")
    for turn in range(4):
        session.ask(after=1000)
        session.answer([notify(16390, noise(24))], "ike.cookie")


def silence(capture):
    """Requests without an answer."""
    session = Session(capture, "no answer")
    session.ask()
    session.ask(after=2, what="the same, captured twice")
    session.ask(after=1000, what="first repetition")
    session.ask(after=2, what="the same, captured twice")
    session.ask(None, "ike.no_answer", after=2000, what="second repetition")
    session.ask(None, "ike.no_answer", after=4000, what="third repetition")
    session = Session(capture, "an answer that the initiator does not get")
    session.init()
    for _ in range(3):
        session.ask(after=1000)
        session.answer(OFFER, spis=session.spis)
    session = Session(capture, "a peer that is gone")
    session.init()
    session.seal("IKE_AUTH", AUTH, 1, 247)
    session.seal("answer", AUTH, 1, 198, response=True, back=True)
    for turn in range(4):
        session.seal("INFORMATIONAL", INFORMATIONAL, 2, 57, *(["ike.no_answer"] if turn > 1 else []), after=2000)
    for initiator in (True, False):
        session.seal("the same id, from both sides", INFORMATIONAL, 7, 57, back=not initiator)
        session.seal("answer", INFORMATIONAL, 7, 57, response=True, back=initiator)


def lengths(capture):
    """Encrypted answers that are too short for what was asked."""
    session = Session(capture, "IKE_AUTH refused")
    session.init()
    session.seal("IKE_AUTH", AUTH, 1, 247)
    session.seal("answer of an error", AUTH, 1, 65, "ike.auth_failed", response=True, back=True)
    session = Session(capture, "child refused in IKE_AUTH")
    session.init()
    session.seal("IKE_AUTH", AUTH, 1, 247)
    session.seal("answer without room for an SA", AUTH, 1, 122, "ike.child_refused", response=True, back=True)
    session = Session(capture, "new child refused")
    session.init()
    session.seal("IKE_AUTH", AUTH, 1, 247)
    session.seal("answer", AUTH, 1, 198, response=True, back=True)
    session.seal("CREATE_CHILD_SA", CREATE_CHILD_SA, 2, 189)
    session.seal("answer without room for an SA", CREATE_CHILD_SA, 2, 65, "ike.child_refused", response=True, back=True)
    session.seal("sign of life", INFORMATIONAL, 3, 57)
    session.seal("answer, as short as it may be", INFORMATIONAL, 3, 57, response=True, back=True)


def fragments(capture):
    """IKE_AUTH in three fragments, of which the second never comes."""
    session = Session(capture, "fragments")
    session.init()
    for turn in range(3):
        for at in (1, 3):
            session.add(f"fragment {at} of 3", fragment(session.spis, AUTH, 1, at, 3),
                        *(["ike.fragment_lost"] if turn and at == 1 else []), port=4500, after=1 if at > 1 else 4000)
    session = Session(capture, "fragments in another order")
    session.init()
    for at in (2, 3, 1):
        session.add(f"fragment {at} of 3", fragment(session.spis, AUTH, 1, at, 3), port=4500)
    session.seal("answer", AUTH, 1, 198, response=True, back=True)


def detection(spis, address, port):
    return hashlib.sha1(b"".join(spis) + address + struct.pack("!H", port)).digest()


def detections(spis, hosts, wrong):
    """Both notifies of a message between the hosts; an address that is `wrong` has another port."""
    return [notify(16388 + at, detection(spis, host, 500 + off)) for at, (host, off) in enumerate(zip(hosts, wrong))]


def nat(capture):
    """NAT detection. A host that misstates its own address may just want ESP in UDP; a wrong peer address proves a
    NAT."""
    nobody, source, destination, both = (0, 0), (1, 0), (0, 1), (1, 1)
    for what, asked, answered, findings in (
            ("none", nobody, nobody, (False, False)),
            ("initiator, or it asks for ESP in UDP", source, nobody, (False, True)),
            ("initiator, as the responder sees", nobody, destination, (False, True)),
            ("responder, as the initiator sees", destination, nobody, (True, True)),
            ("responder, or it asks for ESP in UDP", nobody, source, (False, True)),
            ("both", both, nobody, (True, True)),
            ("initiator, and the responder says nothing", source, None, (False, False))):
        session = Session(capture, f"NAT: {what}")
        told = [["ike.nat"] if found else [] for found in findings]
        session.ask([*OFFER, *detections(session.open, session.hosts, asked)], *told[0])
        session.answer([*OFFER, *(detections(session.spis, session.hosts[::-1], answered) if answered else [])],
                       *told[1], spis=session.spis)
    session = Session(capture, "NAT: nobody answers who asks for ESP in UDP")
    session.ask([*OFFER, *detections(session.open, session.hosts, source)])
    session = Session(capture, "NAT: a host with several addresses")
    session.ask([*OFFER, notify(16388, noise(20)), notify(16388, detection(session.open, session.hosts[0], 500)),
                 notify(16389, detection(session.open, session.hosts[1], 500))])


def strays(capture):
    """Unprotected messages that nobody asked for: a hint at most."""
    session = Session(capture, "unknown SPI")
    session.add("INVALID_SPI outside of an IKE SA",
                message(session.spis, INFORMATIONAL, [notify(11, b"\xc0\0\0\1")]), "ike.invalid_spi")
    session = Session(capture, "unknown IKE SA")
    session.add("INVALID_IKE_SPI outside of an IKE SA",
                message(session.spis, INFORMATIONAL, [notify(4)], response=True), "ike.invalid_ike_spi")
    session = Session(capture, "forged")
    session.init()
    session.answer([notify(14)], "ike.stray_notify", what="a refusal behind the answer")
    session.add("an error that nothing protects", message(session.spis, INFORMATIONAL, [notify(24)]), "ike.stray_notify")
    session = Session(capture, "forged refusal in front of the answer")
    session.ask()
    session.answer([notify(14)], "ike.no_proposal")
    session.answer(OFFER, spis=session.spis)
    session.seal("IKE_AUTH", AUTH, 1, 247)
    session.seal("answer", AUTH, 1, 198, response=True, back=True)


# --- IKEv1 --------------------------------------------------------------------------------------------------------

def main_mode(session, count=4):
    """The first messages of a Main Mode."""
    for turn in range(count):
        spis = session.open if turn == 0 else session.spis
        parts = [(V1_SA, noise(48 + turn))] if turn < 2 else [(V1_KE, noise(96 + turn)), (10, noise(20))]
        session.add(f"Main Mode {turn + 1}", message(spis, MAIN, parts, version=1), back=turn % 2 == 1)


def version1(capture):
    session = Session(capture, "IKEv1, no proposal")
    main_mode(session, 1)
    session.add("Informational in clear", message(session.spis, V1_INFORMATIONAL, [notify(14, protocol=1, spi=b"".join(
        session.spis), version=1)], number=7, version=1), "ike.no_proposal", back=True)
    session = Session(capture, "IKEv1, the initiator itself complains")
    main_mode(session, 2)
    session.add("Informational in clear", message(session.open, V1_INFORMATIONAL, [notify(14, version=1)], number=7, version=1),
                "ike.stray_notify")
    session = Session(capture, "IKEv1, pre-shared key")
    main_mode(session)
    for turn in range(3):
        session.seal("Main Mode 5", MAIN, 0, 108, version=1, after=4000)
        session.seal("encrypted Informational", V1_INFORMATIONAL, 70 + turn, 76, *(["ike.auth_failed"] if turn == 1 else []),
                     version=1, back=True)
    session = Session(capture, "IKEv1, Quick Mode refused")
    main_mode(session)
    session.seal("Main Mode 5", MAIN, 0, 108, version=1)
    session.seal("Main Mode 6", MAIN, 0, 76, version=1, back=True)
    session.seal("Quick Mode 1", QUICK, 90, 188, version=1)
    session.seal("encrypted Informational", V1_INFORMATIONAL, 91, 76, "ike.child_refused", version=1, back=True)
    session = Session(capture, "IKEv1, sound")
    main_mode(session)
    session.seal("Main Mode 5", MAIN, 0, 108, version=1)
    session.seal("Main Mode 6", MAIN, 0, 76, version=1, back=True)
    session.seal("Informational of the responder", V1_INFORMATIONAL, 80, 92, version=1, back=True)
    session.seal("Quick Mode 1", QUICK, 81, 188, version=1)
    session.seal("Quick Mode 2", QUICK, 81, 180, version=1, back=True)
    session.seal("Quick Mode 3", QUICK, 81, 60, version=1)
    session.seal("Informational of the responder", V1_INFORMATIONAL, 82, 92, version=1, back=True)
    session = Session(capture, "IKEv1, Aggressive Mode")
    session.add("Aggressive Mode 1", message(session.open, AGGRESSIVE, [(V1_SA, noise(48)), (V1_KE, noise(64))], version=1))
    session.add("Aggressive Mode 2", message(session.spis, AGGRESSIVE, [(V1_SA, noise(49)), (V1_KE, noise(65))], version=1), back=True)
    session.seal("encrypted Informational", V1_INFORMATIONAL, 83, 76, "ike.auth_failed", version=1)
    session = Session(capture, "IKEv1, no answer")
    for turn in range(3):
        session.add("Main Mode 1", message(session.open, MAIN, [(V1_SA, noise(48))], version=1),
                    *(["ike.no_answer"] if turn > 1 else []), after=3000)


def ike():
    capture = Capture("ike", "IKE: why there is no tunnel, as far as it can be seen without keys")
    for add in (refused, attempts, silence, lengths, fragments, nat, strays, version1):
        add(capture)
    return capture
