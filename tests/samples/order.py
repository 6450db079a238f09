"""Packets with several faults, which the stacks find in different orders: each reports the first one that it finds.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from samples.expectations import (
    Capture, INVALID_PACKET, LINUX_SEQUENCE, LINUX_TRANSFORM, REPLAY_CHECK, drop, suspicious, verified)
from samples.keyed import bad, datagram, flipped, good, new_sa
from samples.packets import AH, NO_NEXT, ethernet, noise
from samples.sa import AH_SHA256, CBC_SHA256, GCM

# What FreeBSD, OpenBSD, VPP and strongSwan's libipsec report for the frames of the capture, by the description of the
# frame.
REPORTS = {}


def send(capture, what, packet, header, *reports):
    REPORTS[what] = reports
    capture.add(what, ethernet(packet), header)


def open_window(capture, name, packet, *findings):
    """The first numbers of the SA, and one that moves the window of 32 packets to 69-100."""
    for sequence, gap in ((1, ()), (2, ()), (100, ("seq.gap",))):
        capture.add(f"{name}: number {sequence}", ethernet(packet(sequence)), verified(*findings, *gap))


def add_esp(capture):
    sa = new_sa(capture, 4, GCM)
    old, again = ("replay.old",), ("replay.conflict",)
    replay = {"windows": REPLAY_CHECK, "linux": LINUX_SEQUENCE}

    def esp(sequence):
        return sa.packet(sa.esp(datagram(), sequence=sequence))

    open_window(capture, "AES-GCM", esp)
    # The window of OpenBSD has 2,100 packets.
    send(capture, "left of the window", esp(10), good(drop(*old, **replay)),
         "esps_replay", None, "replay", "VERIFY_ERROR")
    send(capture, "left of the window, ICV changed", sa.packet(flipped(sa.esp(datagram(), sequence=11), -1)),
         bad(drop("esp.icv", *old, **replay)), "esps_badauth", "esps_badauth", "replay", "VERIFY_ERROR")
    send(capture, "seen, ICV changed", sa.packet(flipped(sa.esp(datagram(), sequence=100), -1)),
         bad(drop("esp.icv", *again, **replay)), "esps_replay", "esps_replay", "replay", "VERIFY_ERROR")
    send(capture, "seen, with other content under the same IV", sa.packet(sa.esp(datagram(40), sequence=100)),
         good(drop("replay.conflict", "iv.reuse", **replay)), "esps_replay", "esps_replay", "replay", "VERIFY_ERROR")
    send(capture, "seen, sent again", esp(100), good(drop("replay.duplicate", **replay)),
         "esps_replay", "esps_replay", "replay", "VERIFY_ERROR")
    send(capture, "left of the window, Pad Length too long",
         sa.packet(sa.seal(noise(46) + bytes([47, 17]), sequence=12)), good(drop("esp.pad_length", *old, **replay)),
         "esps_replay", "esps_badilen", "replay", "VERIFY_ERROR")
    send(capture, "seen, and shorter than IV and ICV", sa.packet(sa.seal(b"", sequence=100)[:-4]),
         drop("esp.runt_for_sa", *again, windows=INVALID_PACKET, linux=LINUX_SEQUENCE)._replace(icv="Unverified"),
         "esps_badilen", "esps_badilen", "replay", "PARSE_ERROR")
    send(capture, "dummy with wrong padding", sa.packet(sa.seal(datagram() + bytes(14) + bytes([14, NO_NEXT]), 101)),
         good(suspicious("esp.pad_bytes", "esp.pad_last_byte", "esp.dummy", windows=INVALID_PACKET,
                         linux=LINUX_TRANSFORM)), "esps_badenc", "esps_badenc", None, "PARSE_ERROR")
    send(capture, "dummy", sa.packet(sa.esp(datagram(), NO_NEXT, sequence=102)),
         verified("esp.dummy", linux=LINUX_TRANSFORM), None, None, None, "PARSE_ERROR")
    capture.add("AES-GCM: number 5000", ethernet(esp(5000)), verified())
    send(capture, "left of every window", esp(103), good(drop(*old, **replay)),
         "esps_replay", "esps_replay", "replay", "VERIFY_ERROR")


def add_lengths(capture):
    """The length of the packet is not a multiple of 4: FreeBSD checks that before everything else, OpenBSD checks the
    block length."""
    sa = new_sa(capture, 4, CBC_SHA256)
    capture.add("AES-CBC: sound", ethernet(sa.packet(sa.esp(datagram()))), verified())
    send(capture, "AES-CBC: an octet more, ICV wrong", sa.packet(sa.esp(datagram()) + b"\0"),
         bad(drop("esp.alignment", "esp.block_alignment", "esp.icv", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
         "esps_badilen", "esps_badilen", "integ_error", "PARSE_ERROR")
    sa = new_sa(capture, 4, GCM)
    capture.add("AES-GCM: sound", ethernet(sa.packet(sa.esp(datagram()))), verified())
    send(capture, "AES-GCM: an octet more, ICV wrong", sa.packet(sa.esp(datagram()) + b"\0"),
         bad(drop("esp.alignment", "esp.icv", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
         "esps_badilen", "esps_badauth", "decryption_failed", "FAILED")


def add_ah(capture):
    sa = new_sa(capture, 4, AH_SHA256, protocol=AH)
    wrong = {"windows": INVALID_PACKET, "linux": LINUX_SEQUENCE}

    def ah(sequence, length=32):
        return sa.ah_packet(datagram(length), sequence=sequence)

    def with_length(packet):
        """The length field says 4 octets more."""
        return packet[:21] + bytes([packet[21] + 1]) + packet[22:]

    open_window(capture, "AH", ah, "ah.v4_extra_pad")
    send(capture, "AH, left of the window", ah(10),
         good(drop("ah.v4_extra_pad", "replay.old", windows=REPLAY_CHECK, linux=LINUX_SEQUENCE)),
         "ahs_badauthl", "ahs_badauthl", "replay", None)
    send(capture, "AH, left of the window, wrong length", with_length(ah(11)),
         bad(drop("ah.icv_length", "ah.icv", "replay.old", **wrong)), "ahs_badauthl", "ahs_badauthl", "replay", None)
    send(capture, "AH, seen, wrong length", with_length(ah(100, 40)),
         bad(drop("ah.icv_length", "ah.icv", "replay.conflict", **wrong)), "ahs_replay", "ahs_replay", "replay", None)


def faults_order():
    capture = Capture("faults_order", "Packets with several faults, which the stacks find in different orders")
    add_esp(capture)
    add_lengths(capture)
    add_ah(capture)
    return capture
