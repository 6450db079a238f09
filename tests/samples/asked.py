"""What VPP and FreeBSD refuse although the RFCs let it pass, and what they count in their own ways.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
import zlib

from scapy.layers.inet import IPOption

from samples.expectations import (
    BAD_SPI, Capture, INTEGRITY, INVALID_PACKET, LINUX_MISMATCH, LINUX_MODE, LINUX_NO_SA, LINUX_SEQUENCE,
    LINUX_TRANSFORM, REPLAY_CHECK, WRONG_SA, drop, suspicious, verified)
from samples.keyed import bad, datagram, flipped, good, inner, new_sa, next_of
from samples.packets import AH, DESTINATION, IPIP, ethernet, ipv4, noise, udp4, udp6
from samples.sa import AH_SHA1, AH_SHA256, CBC_SHA256, GCM, NULL_SHA256, mutable_as_zeros, plaintext

# What the receiver of the capture counts, by the description of the frame.
COUNTED = {}

REFUSED = good(drop("stack.refuses"))
ROUTER_ALERT = [IPOption(b"\x94\x04\x00\x00")]
ELSEWHERE = {4: "192.0.2.250", 6: "2001:db8:a::ffff"}


def send(capture, what, frame, header, *counters):
    COUNTED[what] = list(counters)
    capture.add(what, frame, header)


def ah_behind(sa, payload=b"", next_header=17, sequence=None, covered=None, **fields):
    """AH after an IP header with these fields."""
    payload = payload or datagram()
    unit = 8 if sa.version == 6 or not sa.align4 else 4
    field = sa.suite.icv + -(12 + sa.suite.icv) % unit + 12
    whole = sa.packet(bytes(field) + payload, **fields)
    outer = whole[:len(whole) - field - len(payload)]
    return sa.ah(outer, payload, next_header, covered=covered and covered(outer), sequence=sequence)


def with_fcs(frame):
    return frame + struct.pack("<I", zlib.crc32(frame))


# --- VPP ------------------------------------------------------------------------------------------------

def add_ah_to_vpp(capture):
    for mode, payload, protocol in (("transport", datagram(), 17), ("tunnel", inner(4), IPIP)):
        sa = new_sa(capture, 4, AH_SHA1, mode, protocol=AH)
        name = f"AH, {mode}"

        def ah(sequence, **fields):
            return ethernet(ah_behind(sa, payload, protocol, sequence, **fields))
        send(capture, f"{name}: without DF", ah(1), verified())
        send(capture, f"{name}: DF", ah(2, flags="DF"), REFUSED, "integ_error")
        send(capture, f"{name}: DF again, which has not moved the window", ah(2, flags="DF", id=7), REFUSED, "integ_error")
        send(capture, f"{name}: reserved flag", ah(2, flags="evil"), REFUSED, "integ_error")
        send(capture, f"{name}: the number without DF", ah(2), verified())
        send(capture, f"{name}: once more", ah(2, id=9),
             good(drop("replay.conflict", windows=REPLAY_CHECK, linux=LINUX_SEQUENCE)), "replay")
        send(capture, f"{name}: other TTL and TOS", ah(3, ttl=9, tos=0xb8), verified())
        send(capture, f"{name}: DF, and a wrong ICV", ethernet(flipped(ah_behind(sa, payload, protocol, 4, flags="DF"), -1)),
             bad(drop("ah.icv", windows=INTEGRITY, linux=LINUX_TRANSFORM)), "integ_error")
        send(capture, f"{name}: from elsewhere", ah(4, src=ELSEWHERE[4]), REFUSED)
        send(capture, f"{name}: octets behind the packet", ah(4) + bytes(6), REFUSED, "integ_error")
        send(capture, f"{name}: cut behind its first 12 octets", ethernet(sa.packet(ah_behind(sa, payload, protocol, 4)[20:32])),
             drop("ah.length_overrun", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)._replace(icv="Unverified"), "integ_error")
        send(capture, f"{name}: its SPI in ESP, a number that came",
             ethernet(ipv4(sa.number, 50, struct.pack("!II", sa.spi, 2) + noise(64))),
             drop("esp.spi_unknown", windows=BAD_SPI, linux=LINUX_NO_SA), "replay")
        send(capture, f"{name}: its SPI in ESP, a new number",
             ethernet(ipv4(sa.number, 50, struct.pack("!II", sa.spi, 900) + noise(64))),
             drop("esp.spi_unknown", windows=BAD_SPI, linux=LINUX_NO_SA), "integ_error")


def add_esp_to_vpp(capture):
    for version in (4, 6):
        for suite, refused in ((CBC_SHA256, "integ_error"), (GCM, "decryption_failed")):
            sa = new_sa(capture, version, suite)
            name = f"{suite.name}, IPv{version}"

            def esp(sequence, **fields):
                return ethernet(sa.packet(sa.esp(datagram(), sequence=sequence), **fields))
            send(capture, f"{name}: sound", esp(1), verified())
            send(capture, f"{name}: octets behind the packet", esp(2) + bytes(3), REFUSED, refused)
            send(capture, f"{name}: behind the packet, the check sequence of the frame", with_fcs(esp(2)), verified())
            send(capture, f"{name}: padding and check sequence", with_fcs(esp(3) + bytes(2)), REFUSED, refused)
            send(capture, f"{name}: from elsewhere", esp(3, src=ELSEWHERE[version]), REFUSED, "no_tunnel")
            send(capture, f"{name}: from elsewhere again", esp(3, src=ELSEWHERE[version]), REFUSED, "no_tunnel")
            fields = {"options": ROUTER_ALERT} if version == 4 else {"chain": (DESTINATION,)}
            send(capture, f"{name}: options in front", esp(3, **fields), REFUSED)
            send(capture, f"{name}: number 0", esp(0),
                 good(drop("seq.zero", "seq.reorder", "stack.refuses", windows=REPLAY_CHECK, linux=LINUX_SEQUENCE)), "replay")
            send(capture, f"{name}: the next number", esp(3), verified())


def add_behind_nat_to_vpp(capture):
    """The receiver gets other addresses and ports than those in this capture, so nothing is reported for the
    packets."""
    sa = new_sa(capture, 4, GCM)
    for sequence in (1, 2):
        send(capture, f"in front of a NAT: {sequence}",
             ethernet(sa.packet(sa.esp(datagram(), sequence=sequence), src=ELSEWHERE[4])), verified())


def add_tails_to_vpp(capture):
    for version in (4, 6):
        for suite in (NULL_SHA256, CBC_SHA256, GCM):
            tunnel, transport = (new_sa(capture, version, suite, mode) for mode in ("tunnel", "transport"))
            name, packet, ip = f"{suite.name}, IPv{version}", inner(version), next_of(version)

            def short(sa, pad, next_header, payload):
                return ethernet(sa.packet(sa.seal(payload + bytes([pad, next_header]))))
            whole = plaintext(packet, ip, suite.block)
            send(capture, f"{name}: sound", ethernet(tunnel.packet(tunnel.seal(whole))), verified())
            longer = packet[:2] + struct.pack("!H", len(packet) + 1) + packet[4:] if version == 4 else \
                packet[:4] + struct.pack("!H", len(packet) - 39) + packet[6:]
            send(capture, f"{name}: an inner packet that is longer than the payload",
                 ethernet(tunnel.packet(tunnel.seal(plaintext(longer, ip, suite.block)))),
                 good(drop("esp.inner_length")), "no_tail_space")
            send(capture, f"{name}: no payload", ethernet(tunnel.packet(tunnel.seal(plaintext(b"", ip, suite.block)))),
                 good(drop("esp.empty_payload", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)), "no_tail_space")
            other = plaintext(packet, 17, suite.block)
            send(capture, f"{name}: UDP in a tunnel", ethernet(tunnel.packet(tunnel.seal(other))),
                 good(drop("esp.next_header_mode", windows=WRONG_SA, linux=LINUX_MODE)), "unsup_payload")
            send(capture, f"{name}: GRE in a tunnel", ethernet(tunnel.packet(tunnel.seal(plaintext(packet, 47, suite.block)))),
                 good(suspicious("esp.next_header_mode", windows=WRONG_SA, linux=LINUX_MODE)))
            body = noise(62)
            send(capture, f"{name}: pad length one too long, transport", short(transport, 63, 17, body),
                 good(suspicious("esp.pad_length", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)))
            send(capture, f"{name}: pad length one too long, tunnel", short(tunnel, 63, ip, body),
                 good(drop("esp.pad_length", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)), "no_tail_space")
            send(capture, f"{name}: pad length longer than the packet, transport", short(transport, 250, 17, body),
                 good(drop("esp.pad_length", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)), "no_tail_space")


def add_udp_to_vpp(capture):
    sa = new_sa(capture, 4, GCM, "tunnel", udp=True)

    def esp(sequence, **fields):
        return ethernet(udp4(sa.number, sa.esp(inner(4), IPIP, sequence=sequence), **fields))

    def of(octets):
        return ethernet(udp4(sa.number, octets))
    unknown = struct.pack("!II", sa.spi + 0x10000, 1)
    send(capture, "UDP: sound", esp(1), verified())
    send(capture, "UDP: another source port", esp(2, ports=(4501, 4500)), verified("sa.address_changed"))
    send(capture, "UDP: another destination port", esp(3, ports=(4500, 4501)), REFUSED)
    send(capture, "UDP: octets behind the packet", esp(3) + bytes(6), REFUSED, "decryption_failed")
    send(capture, "UDP: not in UDP", ethernet(sa.packet(sa.esp(inner(4), IPIP, sequence=3))),
         good(suspicious("esp.encap_mismatch", windows=WRONG_SA, linux=LINUX_MISMATCH)))
    send(capture, "UDP: 4 octets", of(struct.pack("!I", sa.spi)), drop("natt.esp_too_short"), "too_short")
    send(capture, "UDP: 8 octets to the SA", of(struct.pack("!II", sa.spi, 4)), drop("natt.esp_too_short"), "runt")
    send(capture, "UDP: 8 octets to an unknown SPI", of(unknown), drop("natt.esp_too_short"), "no_tunnel")
    packet = udp4(sa.number, sa.esp(inner(4), IPIP, sequence=4))
    packet = packet[:24] + struct.pack("!H", len(packet) - 20 - 4) + packet[26:]
    send(capture, "UDP: length 4 too small", ethernet(packet),
         bad(suspicious("esp.icv", "esp.icv_length", windows=INTEGRITY, linux=LINUX_TRANSFORM)))


def faults_asked_vpp():
    capture = Capture("faults_asked_vpp", "What VPP refuses or counts in ways of its own", "ipsec.receiver:vpp",
                      "ipsec.sa_complete:TRUE")
    add_ah_to_vpp(capture)
    add_esp_to_vpp(capture)
    add_behind_nat_to_vpp(capture)
    add_tails_to_vpp(capture)
    add_udp_to_vpp(capture)
    return capture


# --- FreeBSD --------------------------------------------------------------------------------------------

def add_ah_to_freebsd(capture):
    for version in (4, 6):
        sa = new_sa(capture, version, AH_SHA256, protocol=AH)
        if version == 4:
            header = good(drop("ah.v4_extra_pad", "stack.refuses"))
            for what in ("padded to 8 octets", "padded, the same number"):
                send(capture, f"AH, IPv4: {what}", ethernet(ah_behind(sa, sequence=1, id=capture.next)), header,
                     "ahs_badauthl")
            sa = new_sa(capture, version, AH_SHA256, protocol=AH, align4=True)
        send(capture, f"AH, IPv{version}: padded as RFC 4302 says", ethernet(ah_behind(sa, sequence=1)), verified())
    for what, option, header, counters in (("may change", 0x20, REFUSED, ["ahs_badauth"]), ("may not", 0, verified(), [])):
        options = bytes([AH, 0, 0x1e | option, 4, 1, 2, 3, 4])

        def covered(outer):
            zeroed = options[:4] + bytes(4) if option else options
            return mutable_as_zeros(outer[:40]) + zeroed
        empty = sa.packet(b"")
        whole = empty[:4] + struct.pack("!HB", 8 + 32 + 32, DESTINATION) + empty[7:40] + options
        send(capture, f"AH, IPv6: behind an option that {what} on the way",
             ethernet(sa.ah(whole, datagram(), 17, covered=covered(whole))), header, *counters)


def add_esp_to_freebsd(capture):
    sa = new_sa(capture, 4, GCM)

    def esp(sequence):
        return ethernet(sa.packet(sa.esp(datagram(), sequence=sequence)))
    for sequence in (1, 2):
        send(capture, f"new SA: {sequence}", esp(sequence), verified())
    before = good(drop("seq.jump", "stack.refuses"))
    send(capture, "new SA: 31 below the highest, before the first", esp(2 ** 32 - 29), before, "esps_replay")
    send(capture, "new SA: 2^32 - 1", esp(2 ** 32 - 1), before, "esps_replay")
    send(capture, "new SA: 2^32 - 1, and a wrong ICV",
         ethernet(flipped(sa.packet(sa.esp(datagram(), sequence=2 ** 32 - 1)), -1)),
         bad(drop("esp.icv", windows=INTEGRITY, linux=LINUX_TRANSFORM)), "esps_replay")
    send(capture, "new SA: 3", esp(3), verified())
    send(capture, "new SA: 100", esp(100), verified("seq.gap"))
    send(capture, "new SA: 2^32 - 1, behind a whole window", esp(2 ** 32 - 1), good(suspicious("seq.near_end", "seq.at_end", "seq.jump")))
    send(capture, "new SA: 1, behind the end", esp(1), good(drop("replay.old", windows=REPLAY_CHECK, linux=LINUX_SEQUENCE)),
         "esps_wrap", "esps_replay")
    send(capture, "octets behind the packet", esp(2 ** 32 - 2) + bytes(6), verified("seq.reorder"))
    for version in (4, 6):
        sa = new_sa(capture, version, CBC_SHA256, "tunnel")
        ip = next_of(version)
        send(capture, f"tunnel, IPv{version}: sound", ethernet(sa.packet(sa.esp(inner(version), ip))), verified())
        header = drop if version == 4 else suspicious
        send(capture, f"tunnel, IPv{version}: UDP", ethernet(sa.packet(sa.esp(datagram(), 17))),
             good(header("esp.next_header_mode", windows=WRONG_SA, linux=LINUX_MODE)), *["esps_nopf"][:version == 4])
        send(capture, f"tunnel, IPv{version}: no payload", ethernet(sa.packet(sa.esp(b"", ip))),
             good(drop("esp.empty_payload", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)), "esps_hdrops")


def add_udp_to_freebsd(capture):
    sa = new_sa(capture, 4, GCM, "tunnel", udp=True)

    def esp(sequence, **fields):
        return ethernet(udp4(sa.number, sa.esp(inner(4), IPIP, sequence=sequence), **fields))

    def of(octets, spi=None):
        return ethernet(udp4(sa.number, struct.pack("!II", spi or sa.spi, 9)[:octets]))
    send(capture, "UDP, FreeBSD: sound", esp(1), verified())
    for sequence in (2, 3):
        send(capture, f"UDP, FreeBSD: another source port, {sequence}", esp(sequence, ports=(4501, 4500)), REFUSED,
             "esps_notdb")
    send(capture, "UDP, FreeBSD: another destination port", esp(2, ports=(4500, 4501)), REFUSED)
    send(capture, "UDP, FreeBSD: the number from its own port", esp(2), verified())
    for octets, counter in ((4, "esps_hdrops"), (7, "esps_badilen"), (8, "esps_badilen")):
        send(capture, f"UDP, FreeBSD: {octets} octets to the SA", of(octets),
             drop("natt.esp_too_short"), counter)
        send(capture, f"UDP, FreeBSD: {octets} octets to an unknown SPI", of(octets, sa.spi + 0x10000),
             drop("natt.esp_too_short"), "esps_notdb")
    sa = new_sa(capture, 4, GCM, "tunnel", udp=True)
    for sequence in (1, 2):
        send(capture, f"UDP, FreeBSD, in front of a NAT: {sequence}", esp(sequence, ports=(1024, 4500)), verified())
    sa = new_sa(capture, 6, GCM, udp=True)
    send(capture, "UDP in IPv6, FreeBSD: sound", ethernet(udp6(sa.number, sa.esp(datagram()))), verified())
    packet = udp6(sa.number, sa.esp(datagram()))
    shorter = packet[:4] + struct.pack("!H", len(packet) - 40 + 3) + packet[6:] + bytes(3)
    send(capture, "UDP in IPv6, FreeBSD: IP has 3 octets more than UDP", ethernet(shorter), REFUSED)


def faults_asked_freebsd():
    capture = Capture("faults_asked_freebsd", "What FreeBSD refuses or counts in ways of its own",
                      "ipsec.receiver:freebsd", "ipsec.sa_complete:TRUE")
    add_ah_to_freebsd(capture)
    add_esp_to_freebsd(capture)
    add_udp_to_freebsd(capture)
    return capture
