"""A capture with and without forged packets: both must say the same about the genuine packets. In each case, state
could be taken from a forged packet.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import random
import struct

import pytest

import pcap
from samples import wire
from samples.keyed import datagram
from samples.packets import AH, ESP
from samples.sa import AH_SHA256, GCM, Sa, octets_of
from tshark_runner import KEYS

PASSES = pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one pass", "two passes"])
ELSEWHERE = "203.0.113.9"
FORGED = True
SAME = ("ipsec.verdict", "ipsec.finding", "ipsec.icv.status", "ipsec.seq", "ipsec.seq.highest")


class Flow:
    """Packets in order of arrival, some of them forged."""

    def __init__(self, keys="", rows=()):
        self.keys, self.options = keys, [word for row in rows for word in ("-o", row)]
        self.packets, self.time = [], 0
        self.random = random.Random(1)

    def add(self, packet, forged=False, after=1000, cut=None):
        self.time += after
        frame = wire.frame(packet)
        record = pcap.Record(1_700_000_000 + self.time // 1_000_000, self.time % 1_000_000, len(frame), frame[:cut])
        self.packets.append((record, forged))

    def noise(self, sa, number, size=100):
        return struct.pack("!II", sa.spi, number) + self.random.randbytes(size - 8)

    def _rows(self, tshark, folder, passes, records):
        path = pcap.write(folder / f"{len(records)}.pcap", records)
        if self.keys:
            path.with_suffix(KEYS).write_text(self.keys)
        return tshark.rows(path, *self.options, *passes)

    def read(self, tshark, folder, passes):
        """Rows of the genuine packets, and those of the forged."""
        rows = self._rows(tshark, folder, passes, [record for record, _ in self.packets])
        return ([rows[at + 1] for at, (_, forged) in enumerate(self.packets) if not forged],
                [rows[at + 1] for at, (_, forged) in enumerate(self.packets) if forged])

    def assert_same(self, tshark, folder, passes):
        """Returns the rows of the genuine packets, and those of the forged."""
        genuine, forged = self.read(tshark, folder, passes)
        clean = self._rows(tshark, folder, passes, [record for record, forged in self.packets if not forged])
        assert len(genuine) == len(clean) > 20
        assert [(at, name, row[name]) for at, row in enumerate(genuine) for name in SAME if row[name] != clean[at + 1][name]] == []
        return genuine, forged


def carry(sa, octets, identification, source=None):
    """In IP or UDP, as the SA requires, from a given address."""
    source, destination = wire.packed(source or sa.addresses["src"]), wire.packed(sa.addresses["dst"])
    if sa.udp:
        octets = wire.udp(octets, pseudo=source + destination if sa.version == 6 else None)
    protocol = wire.UDP if sa.udp else sa.protocol
    if sa.version == 6:
        return wire.ipv6(source, destination, protocol, octets)
    return wire.ipv4(source, destination, protocol, octets, identification)


def seal(sa, number):
    return sa.esp(datagram(), sequence=number)


def found(rows, finding):
    return sum(finding in row.findings for row in rows)


# --- coalesced packets ----------------------------------------------------------------------------

@PASSES
@pytest.mark.parametrize("version, count", [(4, 2), (4, 3), (6, 2)])
def test_a_loss_behind_a_pair_is_told(tshark, tmp_path, version, count, passes):
    """The numbers of coalesced packets that verify are known, so numbers after them can be found missing."""
    sa = Sa(0x2100 + count, version, GCM, udp=True)
    flow, number = Flow(sa.state()), 1
    for turn in range(60):
        parts = count if turn < 40 else 1
        for _ in range(1 if turn < 40 else 10):
            flow.add(carry(sa, b"".join(seal(sa, number + part) for part in range(parts)), turn))
            number += parts
        number += 5 if turn in (9, 19, 29) else 0
    genuine, _ = flow.read(tshark, tmp_path, passes)
    assert found(genuine, "seq.gap") == 3
    assert not found(genuine, "esp.icv")


@PASSES
def test_a_replayed_part_ends_no_loss(tshark, tmp_path, passes):
    """A copy of a packet after noise, while a long loss leaves the window: it is still one loss."""
    sa = Sa(0x2110, 4, GCM, udp=True)
    flow = Flow(sa.state())
    for number in (*range(1, 101), *range(151, 300)):
        flow.add(carry(sa, seal(sa, number), number))
        if number in (175, 185):
            copy = seal(sa, number - 1)
            flow.add(carry(sa, flow.noise(sa, number - 2, len(copy)) + copy, number), FORGED)
    genuine, forged = flow.assert_same(tshark, tmp_path, passes)
    assert found(genuine, "seq.gap") == 1 and found(forged, "esp.icv") == 2


@PASSES
@pytest.mark.parametrize("order", [1, -1])
def test_pairs_of_the_other_dump(tshark, tmp_path, order, passes):
    first, second = (Sa(0x2120, 4, GCM, udp=True) for _ in range(2))
    second.cipher_key = octets_of("another key", 20)
    flow = Flow("".join([first.state(), second.state()][::order]))
    for number in range(1, 31):
        flow.add(carry(first, seal(first, number), number))
    for number in range(1, 31, 2):
        flow.add(carry(second, seal(second, number) + seal(second, number + 1), number))
    genuine, _ = flow.read(tshark, tmp_path, passes)
    assert [row.findings for row in genuine] == [[]] * 30 + [["capture.offload"]] * 15
    assert {tuple(row.icv) for row in genuine} == {("Good",)}


# --- rows for one source ------------------------------------------------------------------------------------

def row_for(sa, source):
    return sa.row("AES_GCM_16").replace('"*"', f'"{source}"')


@PASSES
@pytest.mark.parametrize("udp", [False, True], ids=["ESP", "UDP"])
@pytest.mark.parametrize("table", ["ipsec_sa", "esp_sa"])
def test_a_row_for_one_source_judges_what_comes_from_elsewhere(tshark, tmp_path, table, udp, passes):
    """Receivers find an SA without its source address, so its key decides."""
    sa = Sa(0x2130, 4, GCM, udp=udp)
    source, destination = sa.addresses.values()
    rows = {"ipsec_sa": row_for(sa, source),
            "esp_sa": f'uat:esp_sa:"IPv4","{source}","{destination}","0x{sa.spi:08x}","AES-GCM [RFC4106]",'
                      f'"0x{sa.cipher_key.hex()}","NULL",""'}
    flow = Flow(rows=[rows[table]])
    for number in range(1, 61):
        if number in (20, 40):
            flow.add(carry(sa, flow.noise(sa, number + 5000), number, ELSEWHERE), FORGED)
        flow.add(carry(sa, seal(sa, number), number))
    _, forged = flow.assert_same(tshark, tmp_path, passes)
    assert {(*row.verdicts, *row.findings, *row.icv) for row in forged} == {("drop", "esp.icv", "Bad")}
    assert {tuple(row["ipsec.linux.counter"]) for row in forged} == {("XfrmInStateProtoError",)}


@PASSES
def test_a_sender_that_moved_verifies_with_its_row(tshark, tmp_path, passes):
    sa = Sa(0x2140, 4, GCM)
    flow = Flow(rows=[row_for(sa, sa.addresses["src"])])
    for number in range(1, 61):
        flow.add(carry(sa, seal(sa, number), number, ELSEWHERE if number > 30 else None))
    genuine, _ = flow.read(tshark, tmp_path, passes)
    assert {tuple(row.icv) for row in genuine} == {("Good",)}
    assert [at for at, row in enumerate(genuine) if row.findings] == [30]


@PASSES
def test_rows_of_two_sources_keep_their_numbers(tshark, tmp_path, passes):
    """An old packet from one source does not affect the numbers from the other one."""
    one, other = (Sa(0x2150, 4, GCM) for _ in range(2))
    other.cipher_key = octets_of("another key", 20)
    flow = Flow(rows=[row_for(one, one.addresses["src"]), row_for(other, ELSEWHERE)])
    old = carry(other, seal(other, 5), 9, ELSEWHERE)
    flow.add(old)
    for number in range(1, 120):
        flow.add(carry(one, seal(one, number), number))
        if number == 100:
            flow.add(old, FORGED)
        if number in (102, 110):
            flow.add(carry(one, seal(one, number - 20), 500), after=20_000)
    genuine, forged = flow.assert_same(tshark, tmp_path, passes)
    assert found(genuine, "replay.duplicate") == 2 and found(forged, "replay.duplicate") == 1


# --- numbers ------------------------------------------------------------------------------------------------

@PASSES
def test_many_forged_under_one_number_hide_no_copy(tshark, tmp_path, passes):
    sa = Sa(0x2160, 4, GCM)
    flow = Flow(sa.state())
    for number in range(1, 61):
        packet = carry(sa, seal(sa, number), number)
        flow.add(packet)
        if number == 30:
            for turn in range(70):
                flow.add(carry(sa, flow.noise(sa, number), turn), FORGED, after=20)
            flow.add(packet, after=100)     # captured twice
    genuine, forged = flow.assert_same(tshark, tmp_path, passes)
    assert found(genuine, "capture.duplicate") == 1
    assert found(forged, "esp.icv") == 70


@PASSES
def test_cut_packets_ahead_excuse_no_less(tshark, tmp_path, passes):
    """Three of four packets are cut by the snapshot length, and not lost; the same if others claim numbers far
    ahead."""
    sa = Sa(0x2170, 4, GCM)
    flow = Flow(sa.state())
    for number in range(1, 301):
        size = 400 if number > 20 and number % 4 else 24
        flow.add(carry(sa, sa.esp(datagram(size), sequence=number), number), cut=120)
        if number == 150:
            for ahead in range(28, 1600, 28):
                flow.add(carry(sa, flow.noise(sa, number + ahead, 400), number), FORGED, cut=120)
    genuine, _ = flow.assert_same(tshark, tmp_path, passes)
    assert found(genuine, "seq.gap") == 0


@PASSES
@pytest.mark.parametrize("first", [0xfffffff0, 0xfffffffe])
def test_a_first_number_at_the_end_is_no_epoch(tshark, tmp_path, first, passes):
    """Without keys; nor does the flow continue from it."""
    sa = Sa(0x2180, 4, GCM)
    flow = Flow()
    flow.add(carry(sa, flow.noise(sa, first), 1), FORGED)
    for number in range(1, 61):
        flow.add(carry(sa, seal(sa, number), number))
    flow.assert_same(tshark, tmp_path, passes)


# --- lifetime of an SA --------------------------------------------------------------------------------------

def packet_of(sa, number):
    if sa.protocol == AH:
        return sa.ah_packet(datagram(), sequence=number)
    return carry(sa, seal(sa, number), number)


BOTH = pytest.mark.parametrize("protocol, suite", [(ESP, GCM), (AH, AH_SHA256)], ids=["ESP", "AH"])


@PASSES
@BOTH
@pytest.mark.parametrize("count", [1, 2, 17])
def test_another_spi_hides_no_rekey(tshark, tmp_path, protocol, suite, count, passes):
    """Without keys: packets with an invented SPI among the first ones of the new SA."""
    old, new, made_up = (Sa(0x2190, 4, suite, protocol=protocol, align4=True) for _ in range(3))
    new.spi, made_up.spi = 0xA0000002, 0xBADBAD01
    flow = Flow()
    for number in range(1, 101):
        flow.add(packet_of(old, number))
    for number in range(1, 81):
        flow.add(packet_of(new, number))
        if number == 10:
            for turn in range(1, count + 1):
                flow.add(packet_of(made_up, turn), FORGED)
        if number in (40, 51):
            flow.add(packet_of(old, 61 + number))
    genuine, _ = flow.read(tshark, tmp_path, passes)
    assert [at for at, row in enumerate(genuine) if "sa.old_spi" in row.findings] == [140, 152]


# --- checksums ----------------------------------------------------------------------------------------------

@PASSES
@pytest.mark.parametrize("keyed", [True, False], ids=["keys", "no keys"])
def test_a_right_checksum_accuses_nobody(tshark, tmp_path, keyed, passes):
    """The sender leaves its checksums to the network card; an attacker sends a right one in its name."""
    sa = Sa(0x21B0, 6, GCM, udp=True)
    flow = Flow(sa.state() if keyed else "", ["ipsec.receiver:linux"])
    for number in range(1, 61):
        packet = bytearray(carry(sa, seal(sa, number), number))
        packet[46] ^= 0x55
        if number in (20, 40):
            flow.add(carry(sa, flow.noise(sa, number + 500), number), FORGED)
        flow.add(bytes(packet))
    genuine, _ = flow.read(tshark, tmp_path, passes)
    assert found(genuine, "natt.udp_checksum_bad") == 0
    assert not [row for row in genuine if "drop" in row.verdicts]
