"""AH of VRRP and OSPF: daemons read it from raw sockets and check it themselves, unless the host's IPsec has its SA.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from samples.expectations import (
    BAD_SPI, Capture, Header, INTEGRITY, LINUX_NO_SA, LINUX_TRANSFORM, drop, plausible, suspicious, verified)
from samples.packets import AH, ah, ethernet, ipv4, ipv6, noise
from samples.sa import AH_SHA1, Sa, mutable_as_zeros

VRRP, OSPF = 112, 89
GROUPS = {(VRRP, 4): "224.0.0.18", (VRRP, 6): "ff02::12", (OSPF, 4): "224.0.0.5", (OSPF, 6): "ff02::5"}
NAMES = {VRRP: "VRRP", OSPF: "OSPF"}
FIRST_NUMBER = 0xE000


class GroupSa(Sa):
    """AH to a multicast group."""

    def __init__(self, number, version, daemon):
        super().__init__(number, version, AH_SHA1, protocol=AH)
        self.daemon = daemon

    @property
    def addresses(self):
        return {**super().addresses, "dst": GROUPS[self.daemon, self.version]}

    def state(self, **changes):
        assert not changes
        return self._state()

    def message(self, ttl_covered=False):
        """A message whose ICV is computed as in RFC 4302, or as keepalived does for a group."""
        payload = noise(36)
        outer = self.packet(bytes(24) + payload, dst=self.addresses["dst"], **HOPS[self.version])[:-24 - len(payload)]
        covered = bytearray(mutable_as_zeros(outer))
        if ttl_covered:
            covered[TTL_AT[self.version]] = outer[TTL_AT[self.version]]
        return self.ah(outer, payload, self.daemon, covered=bytes(covered))


HOPS = {4: {"ttl": 255}, 6: {"hlim": 255}}
TTL_AT = {4: 8, 6: 7}


def daemons():
    capture = Capture("daemons", "AH of VRRP and OSPF, which daemons judge and no IPsec stack")
    for version, ip in ((4, ipv4), (6, ipv6)):
        for daemon in (VRRP, OSPF):
            add_unkeyed(capture, version, ip, daemon)
            add_keyed(capture, version, daemon)
    return capture


def add_unkeyed(capture, version, ip, daemon):
    def add(what, octets, header, dst=GROUPS[daemon, version]):
        n = capture.next
        fields = {"dst": dst} if dst else {}
        capture.add(f"IPv{version}, {NAMES[daemon]}: {what}", ethernet(ip(n, AH, octets, **fields, **HOPS[version])), header)

    add("sound", ah(next_header=daemon, sequence=7), plausible())
    add("SPI and number 0", ah(next_header=daemon, spi=0, sequence=0),
        suspicious("ah.spi_zero", "ah.by_daemon", "seq.zero"))
    add("an ICV of 4 octets", ah(icv=4, next_header=daemon, payload=noise(24)),
        suspicious("ah.icv_length", *(["ah.v6_alignment"] if version == 6 and (12 + 4) % 8 else []), "ah.by_daemon"))
    add("SPI 0 to a host", ah(next_header=daemon, spi=0), drop("ah.spi_zero", windows=BAD_SPI, linux=LINUX_NO_SA), dst=None)
    add("UDP to the group, SPI 0", ah(next_header=17, spi=0), drop("ah.spi_zero", windows=BAD_SPI, linux=LINUX_NO_SA))


def damaged(packet):
    return packet[:-1] + bytes([packet[-1] ^ 1])


def add_keyed(capture, version, daemon):
    """With a key row. OSPFv3 has its SAs in the kernel (RFC 4552), which then checks it."""
    def add(what, packet, header):
        capture.add(f"IPv{version}, {NAMES[daemon]} with a key: {what}", ethernet(packet), header)

    def new_sa():
        sa = GroupSa(FIRST_NUMBER + len(capture.states) + 1, version, daemon)
        capture.states.append(sa.state())
        return sa

    sa = new_sa()
    add("as RFC 4302 has it", sa.message(), verified())
    bad = drop("ah.icv", windows=INTEGRITY, linux=LINUX_TRANSFORM) if daemon == OSPF else suspicious("ah.icv", "ah.by_daemon")
    add("damaged", damaged(sa.message()), bad._replace(icv="Bad"))
    if daemon == VRRP:
        sa = new_sa()
        add("as keepalived has it", sa.message(ttl_covered=True),
            Header("suspicious", ("ah.icv", "ah.by_daemon"), icv="Bad"))
