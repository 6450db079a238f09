"""What keys tell of packets where the easy answer would be wrong: IVs that were common practice, packets that are too
short to verify.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from samples.expectations import Capture, drop, suspicious, verified
from samples.keyed import datagram, new_sa
from samples.packets import ethernet, noise
from samples.sa import CBC_SHA256, GCM, Suite, octets_of

TRIPLE_DES = Suite("3DES, HMAC-SHA1-96", "3DES", "sha1", 12, block=8, key=24)
BLOCK_SUITES = (TRIPLE_DES, CBC_SHA256)
CHAINED = {TRIPLE_DES: "iv.chained", CBC_SHA256: "iv.predictable"}


# --- IVs that can be foretold ----------------------------------------------------------------------

def add_chained_ivs(capture, version, suite):
    """RFC 2405 3: the last block of the packet before was common practice with DES; RFC 3602 3 rules it out for AES."""
    sa, last = new_sa(capture, version, suite), octets_of("first", suite.block)
    for number in range(1, 5):
        sa._iv = lambda length, iv=last: iv
        sealed = sa.esp(datagram())
        last = sealed[-suite.icv - suite.block:-suite.icv]
        capture.add(f"IPv{version}, {suite.name}: IV chained to the packet before, packet {number}",
                    ethernet(sa.packet(sealed)), verified() if number == 1 else verified(CHAINED[suite]))


def add_counted_ivs(capture, version, suite):
    """RFC 2405 3 and RFC 3602 3: no counter."""
    sa = new_sa(capture, version, suite)
    for number in range(1, 7):
        sa._iv = lambda length, number=number: octets_of("counted", length - 1) + bytes([number])
        capture.add(f"IPv{version}, {suite.name}: IV is a counter, packet {number}",
                    ethernet(sa.packet(sa.esp(datagram()))), verified() if number < 4 else verified("iv.predictable"))


# --- too short to verify ---------------------------------------------------------------------------

def add_short(capture, version, suite):
    """Octets that no key made, and too few for the SA's algorithms: that is no fault of the key, though there may be enough
    for an ICV that fails."""
    sa = new_sa(capture, version, suite)

    def add(length, header):
        octets = sa.esp(datagram())[:8] + noise(length - 8)
        capture.add(f"IPv{version}, {suite.name}: {length} octets of ESP", ethernet(sa.packet(octets)),
                    header._replace(icv="Bad" if suite is CBC_SHA256 and length >= 24 else "Unverified"))

    add(8, drop("esp.no_payload", windows=13914, linux="XfrmInStateProtoError"))
    add(16, drop("esp.below_floor", windows=13914, linux="XfrmInStateProtoError"))
    add(24, suspicious("esp.runt_for_sa"))
    capture.add(f"IPv{version}, {suite.name}: a sound packet", ethernet(sa.packet(sa.esp(datagram()))), verified())
    add(24, drop("esp.runt_for_sa", *(() if suite.combined else ("esp.icv",)), windows=13914, linux="XfrmInStateProtoError"))


def opening():
    capture = Capture("opening", "Packets with keys where the easy answer would be wrong")
    for version in (4, 6):
        for suite in BLOCK_SUITES:
            add_chained_ivs(capture, version, suite)
            add_counted_ivs(capture, version, suite)
        for suite in (CBC_SHA256, GCM):
            add_short(capture, version, suite)
    return capture
