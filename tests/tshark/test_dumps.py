"""Several dumps of one SA in a file: disagreements, keys of different times, rows without keys. The order of the dumps
changes nothing, and none of them makes a damaged packet look sound.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re

import pytest

import pcap
from samples.keyed import datagram, inner
from samples.packets import AH, IPIP, ethernet
from samples.sa import AH_SHA1, CBC_SHA256, GCM, Sa, octets_of
from tshark_runner import FIELDS, field_options, parse_rows

KEYS_PER_SA = 8     # IPSEC_KEYS_PER_SA
EVERY_SUITE = pytest.mark.parametrize("suite", (CBC_SHA256, GCM), ids=lambda suite: suite.name)
BOTH_ORDERS = pytest.mark.parametrize("turn", (1, -1), ids=("first to last", "last to first"))


@pytest.fixture
def judged(tshark, tmp_path):
    """The rows of packets with such a key file; two passes say the same."""
    def run(packets, states):
        capture = tshark.stage(pcap.write_frames(tmp_path / "dumps.pcap", map(ethernet, packets)))
        keys = tshark.share("dumps.xfrm-state.txt", "".join(states))
        options = ("-o", f"ipsec.sa_file:{keys}", *field_options(FIELDS))
        once = tshark.read(capture, *options)
        assert tshark.read(capture, "-2", *options) == once
        return list(parse_rows(once, FIELDS).values())
    return run


def with_key(number, suite=CBC_SHA256, **settings):
    """The same SA, key number `number`."""
    sa = Sa(1, 4, suite, "tunnel", **settings)
    sa.cipher_key = octets_of(f"cipher key {number}", len(sa.cipher_key))
    sa.mac_key = octets_of(f"integrity key {number}", len(sa.mac_key))
    return sa


def packet(sa, sequence=None, **fields):
    return sa.packet(sa.esp(inner(4, **fields), IPIP, sequence=sequence))


def damaged(octets):
    return octets[:-1] + bytes([octets[-1] ^ 1])


# --- what they disagree on -----------------------------------------------------------------------------

HERE, THERE, ELSEWHERE = ({"src": f"10.{net}.0.1", "dst": f"10.{net}.0.2"} for net in (1, 2, 3))


def selector(net):
    return f"src 10.{net}.0.0/16 dst 10.{net}.0.0/16"


@BOTH_ORDERS
def test_a_packet_fits_one_of_the_dumps(judged, turn):
    """It must fit one dump as a whole: if one allows it natively and the other in UDP, a mixture of both is not
    allowed."""
    sa = with_key(0)
    native, in_udp = sa.state(selector=selector(1)), sa.state(selector=selector(2), udp=True)
    payloads = [(side, encapsulate) for encapsulate in (sa.packet, sa.in_udp) for side in (HERE, THERE, ELSEWHERE)]
    packets = [encapsulate(sa.esp(inner(4, **side), IPIP)) for side, encapsulate in payloads]
    packets.append(sa.packet(sa.esp(inner(4, **HERE), 17)))

    def findings(*states):
        return [[finding for finding in row.findings if finding.startswith("esp.")] for row in judged(packets, states)]
    outside, wrong_mode = ["esp.selector"], ["esp.next_header_mode"]
    assert findings(*[native, in_udp][::turn]) == [[], outside, outside, outside, [], outside, wrong_mode]
    assert findings(native) == [[], outside, outside] + [["esp.encap_mismatch"] + more for more in ([], outside, outside)] + \
        [wrong_mode]


@BOTH_ORDERS
def test_either_mode_of_ah(judged, turn):
    sa = Sa(1, 4, AH_SHA1, "tunnel", protocol=AH)
    packets = [sa.ah_packet(datagram()), sa.ah_packet(inner(4), IPIP)]
    states = [sa.state(), sa.state(mode="transport")]
    assert [row.findings for row in judged(packets, states[:1])] == [["ah.next_header_mode"], []]
    assert [row.findings for row in judged(packets, states[::turn])] == [[], []]


@pytest.mark.parametrize("dumps, found", [(4, ["esp.selector"]), (5, [])])
def test_many_dumps_that_disagree(judged, dumps, found):
    """If more of them disagree than are kept, they are not held against any packet."""
    sa = with_key(0)
    states = [sa.state(selector=selector(100 + net)) for net in range(dumps)]
    assert judged([packet(sa, **ELSEWHERE)], states)[0].findings == found
    assert judged([packet(sa, 2, src="10.103.0.1", dst="10.103.0.2")], states)[0].findings == []


@BOTH_ORDERS
def test_the_larger_window_holds(judged, turn):
    sa = with_key(0)
    states = [sa.state(), sa.state().replace("replay-window 32", "replay-window 64")]
    packets = [packet(sa, number) for number in (1, 100, 60, 100 - 64, 100 - 63)]
    assert [row.findings for row in judged(packets, states[:1])][2:] == [["replay.old"]] * 3
    late = [row.findings for row in judged(packets, states[::turn])][2:]
    assert late == [["seq.reorder"], ["replay.old"], ["seq.reorder"]]


# --- dumps without keys --------------------------------------------------------------------------------

def without_keys(state):
    return re.sub(r"0x[0-9a-f]{20,}", "<<Keys hidden>>", state)


@pytest.mark.parametrize("order", ("keys first", "keys last", "keys in between"))
def test_a_dump_without_keys_changes_nothing(tshark, order):
    name = "faults_keyed"
    state = (tshark.captures / f"{name}.xfrm-state.txt").read_text()
    bare = without_keys(state)
    assert bare != state
    before, after = {"keys first": ("", bare), "keys last": (bare, ""), "keys in between": (bare, bare)}[order]
    fields = [field for field in FIELDS if field != "ipsec.key.source"]

    def run(text):
        path = tshark.share("keyless.txt", text)
        return tshark.read(name, "-o", f"ipsec.sa_file:{path}", *field_options(fields))
    assert run(before + state + after) == run(state)


def test_a_dump_without_keys_tells_what_the_other_does_not(judged):
    """Its selector, because the other dump has none."""
    sa = with_key(0)
    full = re.sub(r"\tsel .*\n", "", sa.state())
    bare = without_keys(sa.state(selector=selector(1)))
    packets = [packet(sa, **HERE), packet(sa, **THERE)]
    for states in ([full, bare], [bare, full]):
        assert [row.findings for row in judged(packets, states)] == [[], ["esp.selector"]]


# --- keys of different times -------------------------------------------------------------------------------

def test_more_keys_than_are_tried(tshark, judged, tmp_path):
    """A message names the last one, with the reason."""
    sas = [with_key(number) for number in range(KEYS_PER_SA + 1)]
    rows = judged([packet(sa) for sa in sas], [sa.state() for sa in sas])
    assert [row.verdicts for row in rows] == [["verified"]] * KEYS_PER_SA + [["drop"]]
    capture = pcap.write_frames(tmp_path / "one.pcap", [ethernet(packet(sas[0]))])

    def messages(*options):
        stderr = tshark.run("-r", tshark.stage(capture), *options).stderr
        return [line for line in stderr.splitlines() if not line.startswith("Running as user")]

    def file_of(count):
        return tshark.share(f"{count}.txt", "".join(sa.state() for sa in sas[:count]))
    path, line = file_of(len(sas)), sas[0].state().count("\n") * KEYS_PER_SA + 1
    why = f"{KEYS_PER_SA} earlier rows already have different keys for the same SA, and no more are tried"
    assert messages("-o", f"ipsec.sa_file:{path}") == [
        f'tshark: IPsec Analysis cannot use 1 of {len(sas)} SAs of the saved "ip xfrm state" in "{path}".',
        f"ip xfrm state, line {line}: {why}"]
    assert messages("-o", f"ipsec.sa_file:{file_of(KEYS_PER_SA)}") == []
    tables = [option for sa in sas for option in ("-o", sa.row("AES_CBC", "HMAC_SHA2_256_128"))]
    assert messages(*tables) == [
        f"tshark: IPsec Analysis cannot use 1 of {len(sas)} rows of the table ipsec_sa.",
        f"ipsec_sa, row {len(sas)}: {why}"]
    assert messages(*tables[:-2]) == []


def times(count=2):
    """An SA that was set up again with the same SPI."""
    return [with_key(number) for number in range(count)]


def states_of(sas, turn=1):
    return [sa.state() for sa in sas][::turn]


@BOTH_ORDERS
@pytest.mark.parametrize("count", (2, 3, KEYS_PER_SA))
def test_the_order_of_the_dumps_is_not_that_of_the_keys(judged, turn, count):
    sas = times(count)
    rows = judged([packet(sa) for sa in sas for _ in range(40)], states_of(sas, turn))
    assert {(*row.verdicts, *row.findings) for row in rows} == {("verified",)}


@BOTH_ORDERS
def test_stragglers_move_nothing_of_the_later_key(judged, turn):
    """Nor do they make old packets of either key look new: each packet is compared with what its own key has seen."""
    old, new = times()
    packets = [packet(old) for _ in range(80)]
    old.next_sequence(83)                       # three are on their way when the key changes
    packets += [packet(new) for _ in range(20)]
    late = len(packets)
    for number in (81, 82, 83):
        packets += [packet(old, number), packet(new)]
    replays = len(packets)
    packets += [packets[75], packets[5], packet(new), packets[late - 3], packets[late], packet(new)]
    rows = judged(packets, states_of([old, new], turn))
    assert {(*row.verdicts, *row.findings) for row in rows[:replays]} == {("verified",)}
    assert [row.findings for row in rows[replays:]] == [
        ["replay.duplicate"], ["replay.old"], [], ["replay.duplicate"], ["replay.duplicate"], []]
    assert rows[-1]["ipsec.seq.lag"] == ["0"] and rows[-1]["ipsec.seq.skipped"] in ([], ["0"])


@BOTH_ORDERS
def test_replays_under_the_old_key_are_found_each_time(judged, turn):
    """However they are mixed with the flow under the new key, which stays clean; its own replays are found as well."""
    old, new = times()
    packets = [packet(old) for _ in range(100)]
    flow, replays = [], []
    for number in range(100):
        flow.append(len(packets))
        packets.append(packet(new))
        if number % 3 == 0:
            replays.append(len(packets))
            packets.append(packets[number % 100])
        if number % 7 == 6:
            replays.append(len(packets))
            packets.append(packets[flow[-3]])
    rows = judged(packets, states_of([old, new], turn))
    assert {(*rows[at].verdicts, *rows[at].findings) for at in flow} == {("verified",)}
    assert {rows[at].verdicts[0] for at in replays} == {"drop"}
    assert all(rows[at].findings[0].startswith("replay.") for at in replays)


@BOTH_ORDERS
def test_a_key_from_before_the_capture(judged, turn):
    """Replays from before the capture are the first packets of their key; they do not change the state of the SA."""
    old, new = times()
    stolen = [packet(old, number) for number in range(5000, 5040)]
    packets, flow = [], []
    for number in range(120):
        flow.append(len(packets))
        packets.append(packet(new))
        packets += stolen[:20] if number == 50 else stolen[20:21] if number == 80 else []
    packets += [packets[10], packets[flow[60]]]
    rows = judged(packets, states_of([old, new], turn))
    assert {(*rows[at].verdicts, *rows[at].findings) for at in flow} == {("verified",)}
    assert [row.verdicts for row in rows[-2:]] == [["drop"]] * 2


@BOTH_ORDERS
def test_a_damaged_packet_is_of_no_time(judged, turn):
    """A damaged packet stays damaged, whichever keys are tried on it."""
    old, new = times()
    packets = [packet(old) for _ in range(3)] + [packet(new) for _ in range(3)]
    packets += [damaged(packet(new)), packet(new), damaged(packet(old, 1)), packet(new)]
    rows = judged(packets, states_of([old, new], turn))
    assert [row.findings[:1] for row in rows[6:]] == [["esp.icv"], [], ["esp.icv"], []]
    assert [row.verdicts for row in rows[6::2]] == [["drop"]] * 2
    assert len({row["ipsec.key.source"][0] for row in rows[3:]}) == 1


@BOTH_ORDERS
def test_high_halves_are_those_of_the_key(judged, turn):
    """A packet of the earlier key is tried with the high half of that key."""
    old, new = with_key(0, esn=True, high=5, start=5), with_key(1, esn=True, high=0)
    packets = [packet(old) for _ in range(5)] + [packet(new) for _ in range(5)] + [packet(old), packet(new)]
    rows = judged(packets, states_of([old, new], turn))
    assert {(*row.verdicts, *row.findings) for row in rows} == {("verified",)}
    assert rows[10]["ipsec.seq"] == [str((5 << 32) + 6)]


@EVERY_SUITE
def test_each_key_has_a_lifetime_of_its_own(judged, suite):
    old, new = with_key(0, suite), with_key(1, suite)
    states = [sa.state() + "\tlifetime config:\n\t  limit: soft (INF)(packets), hard 10(packets)\n" for sa in (old, new)]
    packets = [packet(old) for _ in range(10)] + [packet(new) for _ in range(5)] + [packet(old)] + \
              [packet(new) for _ in range(6)]
    findings = [row.findings for row in judged(packets, states)]
    assert findings[:15] == [[]] * 15 and findings[15] == ["sa.expired"]
    assert findings[16:21] == [[]] * 5 and findings[21] == ["sa.expired"]
