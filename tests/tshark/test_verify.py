"""With keys: status of the ICV, lengths, trailer, source of the key; the payload, which is passed on exactly once; and
what becomes of these if a packet is cut, quoted, fragmented or carried differently.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import subprocess

import pytest

import pcap
import sidecars
from samples.keyed import datagram, flipped, inner
from samples.packets import AH, ESP, IPIP, ethernet, fragments4, fragments6, ipv4, ipv6, noise
from samples.sa import AH_SHA1, AH_SHA256, CBC_SHA256, GCM, NULL_SHA256, SUITES, Sa, plaintext
from scapy.layers.inet import ICMP
from scapy.layers.inet6 import ICMPv6PacketTooBig, IPv6
from scapy.packet import Raw
from tshark_runner import KEYS

STOCK_ON = ("-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE")
NULL_GUESS = ("-o", "esp.enable_null_encryption_decode_heuristic:TRUE")
KEYED = [name for name in sidecars.NAMES if sidecars.path(name).with_suffix(KEYS).exists()]
VERSIONS = pytest.mark.parametrize("version", [4, 6])
EVERY_SUITE = pytest.mark.parametrize("suite", SUITES, ids=[suite.name for suite in SUITES])
# Each suite with one version of IP, in turn, because suites do not depend on IP.
OF_A_VERSION = pytest.mark.parametrize("version, suite", [(4 + 2 * (i % 2), suite) for i, suite in enumerate(SUITES)],
                                       ids=[suite.name for suite in SUITES])


@pytest.fixture
def capture(tmp_path):
    """Makes a capture of packets, with the keys of some SAs next to it."""
    def make(packets, *sas, **changes):
        path = tmp_path / "keyed.pcap"
        path.with_suffix(KEYS).write_text("".join(sa.state(**changes) for sa in sas))
        return pcap.write_frames(path, map(ethernet, packets))
    return make


STOCK_NAMES = {NULL_SHA256: ("NULL", "HMAC-SHA-256-128 [RFC4868]"),
               CBC_SHA256: ("AES-CBC [RFC3602]", "HMAC-SHA-256-128 [RFC4868]"),
               GCM: ("AES-GCM with 16 octet ICV [RFC4106]", "NULL")}


def esp_sa(sa, encryption=None, integrity=None):
    """The row of Wireshark's own table; 4.2 and later fill in the two columns that follow."""
    names = STOCK_NAMES[sa.suite]
    key = "" if sa.suite.cipher == "NULL" else "0x" + sa.cipher_key.hex()
    mac_key = "0x" + sa.mac_key.hex() if sa.mac_key else ""
    columns = (f"IPv{sa.version}", sa.addresses["src"], sa.addresses["dst"], f"0x{sa.spi:08x}",
               encryption or names[0], key, integrity or names[1], mac_key)
    return ["-o", "uat:esp_sa:" + ",".join(f'"{column}"' for column in columns)]


def layers(row):
    (protocols,) = row["frame.protocols"]
    return protocols.split(":")


def decrypted_sources(tshark, path, *options):
    return tshark.read(path, *tshark.options(path), *options, "-x").count("Decrypted ESP (")


# --- fields ---------------------------------------------------------------------------------------

@OF_A_VERSION
def test_fields_of_a_verified_packet(tshark, capture, version, suite):
    sa = Sa(1, version, suite, "tunnel")
    packet = sa.packet(sa.seal(plaintext(inner(version, 33) + noise(7), 41 if version == 6 else IPIP, suite.block)))
    (row,) = tshark.rows(capture([packet], sa)).values()
    length = (20 if version == 4 else 40) + 33 + 7
    assert row.verdicts == ["verified"] and row.findings == ["esp.tfc"] and row.icv == ["Good"]
    assert row["ipsec.icv.length"] == ["16"]
    assert row["ipsec.iv.length"] == [{"NULL": "0", "CBC": "16", "GCM": "8"}[suite.cipher]]
    assert row["ipsec.trailer.pad_length"] == [str(-(length + 2) % suite.block)]
    assert row["ipsec.trailer.next_header"] == ["41" if version == 6 else "4"]
    assert row["ipsec.trailer.tfc_length"] == ["7"]
    assert row["ipsec.key.source"] == ["ip xfrm state, line 1"]


@VERSIONS
def test_fields_of_ah(tshark, capture, version):
    """The padding is not part of the ICV length; there is no trailer."""
    sa = Sa(1, version, AH_SHA256, protocol=AH)
    (row,) = tshark.rows(capture([sa.ah_packet(datagram())], sa)).values()
    assert row.verdicts == ["verified"] and row["ipsec.icv.length"] == ["16"] and row["ipsec.iv.length"] == ["0"]
    assert not row["ipsec.trailer.pad_length"] and not row["ipsec.trailer.next_header"]


def test_tfc_needs_an_inner_packet(tshark, capture):
    sa = Sa(1, 4, CBC_SHA256)
    (row,) = tshark.rows(capture([sa.packet(sa.esp(datagram()))], sa)).values()
    assert not row["ipsec.trailer.tfc_length"] and row["ipsec.trailer.next_header"] == ["17"]


def test_without_key_there_are_no_such_fields(tshark, capture):
    sa = Sa(1, 4, CBC_SHA256)
    rows = tshark.rows(capture([sa.packet(sa.esp(datagram())), sa.ah_packet(datagram())]))
    names = [name for name in rows[1] if name.startswith(("ipsec.icv", "ipsec.iv", "ipsec.trailer", "ipsec.key"))]
    assert len(names) == 7 and not any(row[name] for row in rows.values() for name in names)


# --- the payload ----------------------------------------------------------------------------------

@OF_A_VERSION
def test_a_payload_is_handed_on_once(tshark, capture, version, suite):
    """By the plugin, by the stock dissector if it has the key, or by its heuristics; never twice in any pass."""
    sa, tunnel = Sa(1, version, suite), Sa(2, version, suite, "tunnel")
    packets = [sa.packet(sa.esp(datagram())),
               tunnel.packet(tunnel.esp(inner(version), 41 if version == 6 else IPIP))]
    path = capture(packets, sa, tunnel)
    stock_table = esp_sa(sa) + esp_sa(tunnel)
    ip = "ip" if version == 4 else "ipv6"
    wanted = [["esp", "udp"], ["esp", ip, "udp"]]
    for options in ((), ("-2",), NULL_GUESS, (*STOCK_ON, *stock_table), (*STOCK_ON, *stock_table, "-2"),
                    (*STOCK_ON, *NULL_GUESS, *stock_table), STOCK_ON, stock_table):
        rows = tshark.rows(path, *options)
        assert [layers(row)[3:-1] for row in rows.values()] == wanted, options
        assert [row.verdicts for row in rows.values()] == [["verified"]] * 2, options


@EVERY_SUITE
def test_data_source_of_what_was_decrypted(tshark, capture, suite):
    """Octets that were not encrypted need no data source of their own."""
    sa = Sa(1, 4, suite)
    path = capture([sa.packet(sa.esp(datagram())) for _ in range(3)], sa)
    count = 0 if suite.cipher == "NULL" else 3
    assert decrypted_sources(tshark, path) == decrypted_sources(tshark, path, "-2") == count
    assert decrypted_sources(tshark, path, "-o", "ipsec.decrypt:FALSE") == 0


@EVERY_SUITE
def test_decryption_can_be_switched_off(tshark, capture, suite):
    sa = Sa(1, 4, suite)
    (row,) = tshark.rows(capture([sa.packet(sa.esp(datagram()))], sa), "-o", "ipsec.decrypt:FALSE").values()
    assert layers(row)[-1] == "esp" and row.verdicts == ["verified"]
    assert row["ipsec.trailer.next_header"] == ["17"]


@OF_A_VERSION
def test_what_does_not_verify_is_not_handed_on(tshark, capture, version, suite):
    sa = Sa(1, version, suite)
    packets = [sa.packet(sa.esp(datagram())), sa.packet(flipped(sa.esp(datagram()), -1))]
    good, bad = tshark.rows(capture(packets, sa)).values()
    assert "udp" in layers(good) and layers(bad)[-1] == "esp"
    assert not bad["ipsec.trailer.pad_length"] and not bad["ipsec.trailer.next_header"]


@OF_A_VERSION
def test_nested(tshark, capture, version, suite):
    """Three nested headers, each judged once, the outermost first."""
    first, second, third = Sa(1, version, suite, "tunnel"), Sa(2, version, AH_SHA1, protocol=AH), Sa(3, version, suite)
    octets = third.esp(datagram())
    third_state = third.state().replace(third.addresses["dst"], second.addresses["dst"])
    next_header = 41 if version == 6 else IPIP
    path = capture([first.packet(first.esp(second.ah_packet(octets, ESP), next_header))], first, second)
    path.with_suffix(KEYS).write_text(path.with_suffix(KEYS).read_text() + third_state)
    for options in ((), ("-2",), NULL_GUESS):
        (row,) = tshark.rows(path, *options).values()
        assert row["ipsec.protocol"] == ["50", "51", "50"], options
        assert row.verdicts == ["verified"] * 3 and row.icv == ["Good"] * 3, options
        assert layers(row).count("udp") == 1 and layers(row).count("esp") == 2, options


def test_a_dummy_is_shown_and_not_handed_on(tshark, capture):
    sa = Sa(1, 4, CBC_SHA256)
    path = capture([sa.packet(sa.esp(noise(30), 59))], sa)
    (row,) = tshark.rows(path).values()
    assert row.findings == ["esp.dummy"] and layers(row)[-1] == "esp"
    assert decrypted_sources(tshark, path) == 1


def test_an_unknown_protocol_is_data(tshark, capture):
    sa = Sa(1, 4, CBC_SHA256)
    (row,) = tshark.rows(capture([sa.packet(sa.esp(noise(30), 253))], sa)).values()
    assert layers(row)[-2:] == ["esp", "data"]


# --- carried differently ----------------------------------------------------------------------------

def test_decode_as(tshark, capture):
    sa = Sa(1, 4, CBC_SHA256)
    path = capture([ipv4(sa.number, 99, sa.esp(datagram()))], sa)
    (row,) = tshark.rows(path, "-d", "ip.proto==99,esp").values()
    assert row.verdicts == ["verified"] and "udp" in layers(row)


@pytest.mark.parametrize("protocol", ["ipsec", "esp"])
def test_a_disabled_protocol_opens_nothing(tshark, capture, protocol):
    sa = Sa(1, 4, CBC_SHA256)
    (row,) = tshark.rows(capture([sa.packet(sa.esp(datagram()))], sa), "--disable-protocol", protocol).values()
    assert not row["ipsec"] and "udp" not in layers(row)


@pytest.mark.parametrize("name, hidden", [(name, number % 2 == 1) for number, name in enumerate(KEYED)])
def test_cut_captures(tshark, catalogue, tmp_path, name, hidden):
    """Packets with missing octets are not verified, and the missing octets are not judged."""
    target = tmp_path / "cut.pcap"
    subprocess.run(["editcap", "-F", "pcap", "-s", "70", sidecars.path(name), target], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if hidden:
        pcap.write(target, pcap.hide_cuts(pcap.read(target)))
    keys = sidecars.path(name).with_suffix(KEYS)
    target.with_suffix(KEYS).write_text(keys.read_text())
    records = pcap.read(sidecars.path(name))
    seen = 0
    for (frame, row), record in zip(tshark.rows(target).items(), records, strict=True):
        if record.length <= 70:
            continue
        seen += len(row.icv)
        assert set(row.icv) <= {"Unverified"}, frame
        assert not [finding for finding in row.findings if catalogue[finding].needs == "WHOLE"], frame
        if {catalogue[finding].needs for finding in row.findings} & {"CAPTURED"}:
            continue        # the header alone shows it
        assert set(row.verdicts) <= {"unchecked", "suspicious"}, frame
        assert not row["ipsec.windows.error"] and not row["ipsec.linux.counter"], frame
    assert seen


@VERSIONS
def test_quotes_are_no_traffic(tshark, capture, version):
    """An ICMP error quotes a damaged packet of the SA: it is not verified, and does not change the state."""
    sa = Sa(1, version, CBC_SHA256)
    quoted = sa.packet(flipped(sa.esp(datagram()), -1))
    error = (bytes(ICMP(type=3, code=4) / Raw(quoted)) if version == 4 else
             bytes(IPv6(nh=58) / ICMPv6PacketTooBig() / Raw(quoted))[40:])
    ip, number = (ipv4, 1) if version == 4 else (ipv6, 58)
    rows = tshark.rows(capture([ip(sa.number, number, error, reply=True), sa.packet(sa.esp(datagram()))], sa))
    assert rows[1].verdicts == ["unchecked"] and rows[1].findings == ["icmp.too_big_ignored"] and not rows[1].icv
    assert rows[2].verdicts == ["verified"]


@EVERY_SUITE
def test_fragments(tshark, capture, suite):
    """Reassembled, they verify; otherwise the first one is reported as a fragment."""
    four, six = Sa(1, 4, suite), Sa(2, 6, suite)
    packets = [*fragments4(four.number, ESP, four.esp(datagram(400)), 200),
               *fragments6(six.number, ESP, six.esp(datagram(400)), 200)]
    path = capture(packets, four, six)
    assert [row.verdicts for row in tshark.rows(path).values()] == [[], ["verified"], [], ["verified"]]
    rows = tshark.rows(path, "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE")
    assert [row.findings for row in rows.values()] == [["esp.fragment"], [], ["esp.fragment"], []]
    assert all(set(row.verdicts) <= {"unchecked"} and set(row.icv) <= {"Unverified"} for row in rows.values())


# --- sources --------------------------------------------------------------------------------------

@OF_A_VERSION
def test_wiresharks_table(tshark, capture, version, suite):
    sa = Sa(1, version, suite)
    (row,) = tshark.rows(capture([sa.packet(sa.esp(datagram()))]), *esp_sa(sa)).values()
    assert row.verdicts == ["verified"] and row["ipsec.key.source"] == ["ESP SAs, row 1"]


@VERSIONS
def test_a_row_that_checks_nothing(tshark, capture, version):
    """`ANY ... [no checking]`: decrypted but not verified, and faults of the trailer are not reported."""
    sa = Sa(1, version, CBC_SHA256)
    packets = [sa.packet(sa.esp(datagram())), sa.packet(sa.seal(noise(46) + bytes([255, 17])))]
    rows = tshark.rows(capture(packets), *esp_sa(sa, integrity="ANY 128 bit authentication [no checking]"))
    assert [row.icv for row in rows.values()] == [["Unverified"]] * 2
    assert rows[1].verdicts == ["plausible"] and "udp" in layers(rows[1])
    assert not rows[2].findings


# --- reports about keys and SAs -----------------------------------------------------------------

HINTS = [("another key", "Check the key, algorithm and ESN"), ("sent with ESN", "Turn ESN on"),
         ("sent with ESN and a high half of 1", "Turn ESN on"), ("sent without ESN", "Turn ESN off"),
         ("an ICV of 8 octets", "64 bits"), ("an ICV of 12 octets", "96 bits"), ("an ICV of 32 octets", "256 bits"),
         ("sent with HMAC-MD5-96", "HMAC_MD5_96")]


@pytest.mark.parametrize("name", ["faults_keyed", "faults_keyed_ipv6"])
@pytest.mark.parametrize("what, hint", HINTS)
def test_a_wrong_key_is_looked_into(tshark, name, what, hint):
    rows = tshark.rows(name)
    frames = [frame for frame, line in sidecars.load(name).items() if f"{what}: packet" in line.what]
    assert frames
    for frame in frames:
        assert all(hint in advice for finding, advice in zip(rows[frame].findings, rows[frame]["ipsec.advice"])
                   if finding == "key.wrong"), frame


def test_forged_packets_do_not_hide_why(tshark, capture):
    """Three at the beginning, and occasional ones: the SA is sent with an ICV of 128 bits, and the table says 96."""
    sa = Sa(1, 4, CBC_SHA256)
    genuine = [sa.packet(sa.esp(datagram())) for _ in range(8)]
    packets = [flipped(packet, -1) for packet in genuine[:3]] + genuine[3:5] + [flipped(genuine[5], -1)] + genuine[6:]
    rows = tshark.rows(capture(packets, sa, suite=CBC_SHA256._replace(icv=12)))
    assert all("key.wrong" in row.findings for row in rows.values())
    found = [frame for frame, row in rows.items() if "esp.icv_length" in row.findings]
    assert found == [4, 5, 6, 7, 8] and all("128 bits" in rows[frame]["ipsec.advice"][0] for frame in found)


UNKNOWN = [("that nobody has", "rekey or a restart"), ("another receiver has", "for another destination"),
           ("in reverse", "octets reversed"), ("has for AH", "for the other protocol"),
           ("has for ESP", "for the other protocol"), ("which the receiver sends on", "belongs to the other direction")]


@pytest.mark.parametrize("what, hint", UNKNOWN)
def test_an_unknown_spi_is_looked_for_elsewhere(tshark, what, hint):
    rows = tshark.rows("faults_sa")
    frames = [frame for frame, line in sidecars.load("faults_sa").items() if what in line.what and line.findings]
    assert len(frames) >= 2     # both versions of IP
    assert all(hint in rows[frame]["ipsec.advice"][0] for frame in frames)


def test_tables_that_are_not_complete(tshark):
    """An SPI that is missing from them is not a fault, and a failing ICV counts against the key."""
    rows = tshark.rows("faults_sa", "-o", "ipsec.sa_complete:FALSE")
    for frame, line in sidecars.load("faults_sa").items():
        if any("spi_unknown" in finding for finding in line.findings):
            assert rows[frame].verdicts == ["plausible"] and not rows[frame].findings, line.what
        elif "key.wrong" in line.findings:
            assert rows[frame].verdicts == ["suspicious"] and rows[frame].findings == ["key.wrong"], line.what


@pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one pass", "two passes"])
def test_a_wrong_key_is_told_once_per_sa(tshark, passes):
    """The finding is on every frame, the expert item on the SA's first."""
    name = "faults_keyed"
    expected = sidecars.frames_with(name, "key.wrong")
    announced = tshark.frames(name, "ipsec.key.wrong", *passes)
    assert tshark.frames(name, 'ipsec.finding == "key.wrong"', *passes) == expected
    sas = [tshark.rows(name)[frame]["ipsec.sa"][0] for frame in expected]
    assert announced == [frame for number, frame in enumerate(expected) if sas[number] not in sas[:number]]


@pytest.mark.parametrize("receiver, verdicts", [
    ("linux", {"esp.dummy": "drop", "esp.empty_payload": "drop", "esp.pad_bytes": "suspicious",
               "esp.selector": "drop", "esp.encap_mismatch": "drop", "esp.tfc": "verified"}),
    ("windows", {"esp.icv": "drop", "esp.selector": "drop", "esp.pad_bytes": "suspicious"}),
    ("freebsd", {"esp.pad_last_byte": "drop", "esp.pad_length": "drop", "esp.icv": "drop"}),
    ("strongswan", {"esp.pad_bytes": "drop", "esp.empty_payload": "drop", "esp.inner_transport": "drop",
                    "esp.selector": "drop", "esp.tfc": "verified", "esp.dummy": "drop"})])
def test_the_receiver_decides_what_is_dropped(tshark, receiver, verdicts):
    rows = tshark.rows("faults_keyed", "-o", f"ipsec.receiver:{receiver}")
    for finding, verdict in verdicts.items():
        frames = [frame for frame, line in sidecars.load("faults_keyed").items() if line.findings[-1:] == (finding,)]
        assert frames and {rows[frame].verdicts[0] for frame in frames} == {verdict}, finding


# --- what Linux counts ----------------------------------------------------------------------------

@VERSIONS
@pytest.mark.parametrize("next_header", [94, 144])
def test_linux_lets_a_transport_sa_carry_beet(tshark, capture, version, next_header):
    sa = Sa(1, version, CBC_SHA256)
    (row,) = tshark.rows(capture([sa.packet(sa.esp(datagram(), next_header))], sa)).values()
    assert row.findings == [] and row["ipsec.linux.counter"] == []


@pytest.mark.parametrize("length", [20, 24, 28, 32])
def test_linux_counts_no_short_packets_in_udp_and_ipv6(tshark, capture, length):
    sa = Sa(1, 6, GCM, udp=True)
    rows = tshark.rows(capture([sa.in_udp(sa.esp(datagram())), sa.in_udp(sa.esp(datagram())[:length])], sa))
    assert rows[2].verdicts == ["drop"] and rows[2]["ipsec.linux.counter"] == []


@pytest.mark.parametrize("length", [5, 7, 8])
def test_what_udp_leaves_to_ike_has_no_spi(tshark, capture, length):
    sa = Sa(1, 4, GCM, udp=True)
    stranger = Sa(1, 4, GCM, udp=True)
    stranger.spi = 0xDEAD0001
    path = capture([sa.in_udp(sa.esp(datagram())), stranger.in_udp(stranger.esp(datagram())[:length])], sa)
    rows = tshark.rows(path, "-o", "ipsec.sa_complete:TRUE")
    assert rows[2].findings == ["natt.esp_too_short"] and rows[2]["ipsec.linux.counter"] == []


@pytest.mark.parametrize("align4", [False, True])
def test_linux_wants_the_padding_of_its_sa(tshark, capture, align4):
    """In IPv4 to 8 octets, or to 4 with `flag align4`: the wrong one counts as XfrmInStateProtoError."""
    sa = Sa(1, 4, AH_SHA256, protocol=AH, align4=align4)
    packets = [sa.ah_packet(datagram(), pad=bytes(4 if align4 else 0))]
    (row,) = tshark.rows(capture(packets, sa)).values()
    assert "ah.icv_length" in row.findings and row["ipsec.linux.counter"] == ["XfrmInStateProtoError"]


@VERSIONS
@pytest.mark.parametrize("next_header", [17, 59, 253])
def test_the_mode_of_an_sa_holds_for_ah(tshark, capture, version, next_header):
    sa = Sa(1, version, AH_SHA1, "tunnel", protocol=AH)
    (row,) = tshark.rows(capture([sa.ah_packet(datagram(), next_header)], sa)).values()
    assert row["ipsec.linux.counter"] == ["XfrmInStateModeError"]


# --- ESP-NULL without keys ------------------------------------------------------------------------

@VERSIONS
def test_null_encryption_is_recognised(tshark, capture, version):
    """After a few packets; then payloads are shown, and the ICV remains unverified."""
    sa = Sa(1, version, NULL_SHA256, "tunnel")
    next_header = 41 if version == 6 else IPIP
    packets = [sa.packet(sa.esp(inner(version, 40 + number), next_header)) for number in range(12)]
    rows = tshark.rows(capture(packets))
    assert rows[12].icv == ["Unverified"] and rows[12]["ipsec.key.source"] == ["ESP-NULL heuristic"]
    assert rows[12]["ipsec.trailer.next_header"] == [str(next_header)] and "udp" in layers(rows[12])
    assert all(row.verdicts == ["plausible"] and not row.findings for row in rows.values())
    off = tshark.rows(capture(packets), "-o", "ipsec.null_heuristic:FALSE")
    assert not any(row.icv for row in off.values())


@pytest.mark.parametrize("suite", (CBC_SHA256, GCM), ids=["CBC", "GCM"])
def test_encryption_is_not_taken_for_none(tshark, capture, suite):
    sa = Sa(1, 4, suite)
    rows = tshark.rows(capture([sa.packet(sa.esp(datagram(32 + number))) for number in range(200)]))
    assert not any(row.icv or row.findings for row in rows.values())


@VERSIONS
def test_damage_that_shows_inside_is_suspicious(tshark, capture, version):
    """A receiver refuses it because of the ICV or of the trailer; without a key, nobody can know which."""
    sa = Sa(1, version, NULL_SHA256, "tunnel")
    next_header = 41 if version == 6 else IPIP
    packets = [sa.packet(sa.esp(inner(version, 40 + number), next_header)) for number in range(12)]
    packets += [sa.packet(flipped(sa.esp(inner(version, 48), next_header), at))
                for at in (8, 9, 12, 20, -18, -17, -1)]
    rows = tshark.rows(capture(packets))
    refused = {frame: row.findings[0] for frame, row in rows.items() if "suspicious" in row.verdicts}
    assert not any(row["ipsec.windows.error"] or "drop" in row.verdicts for row in rows.values())
    refused_in = {4: {13: "esp.inner_version", 17: "esp.pad_bytes"},
                  6: {13: "esp.inner_version", 15: "esp.inner_length", 17: "esp.pad_bytes"}}
    assert refused == refused_in[version]
