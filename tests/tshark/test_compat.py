"""Uses of Wireshark that are not public API: one test for each function of plugin/epan/compat.c, which fails, and names
the function, if this version of Wireshark no longer has what the function relies on.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import pcap
import pcapng
from samples.keyed import datagram
from samples.fragments import part
from samples.packets import AH, ESP, ah, esp, ethernet, fragments4, fragments6, ipv4, ipv6, udp4
from samples.sa import CBC_SHA256, Sa
from tshark_runner import TIMEOUT

EPAN = Path(__file__).resolve().parents[2] / "plugin" / "epan"
FUNCTION = re.compile(r"\b(ipsec_compat_\w+)\(")

# Other files may have these only in comments.
NOT_PUBLIC = re.compile(r"uat-int\.h|\buat_fld_tostr\b|\buat_get_table\w*|UAT_USER_INDEX|->user_data\b|PTREE_DATA|PNODE_"
                        r"|->(?:first|last)_child\b|fake_protocols =|dtbl_entry_|->fd\b|\"Reassembled|PINFO_FD_"
                        r"|get_data_source_\w*by_name|dissector_get_default_uint_handle|prefs_find|prefs_get")


def broken(function, what):
    return f"{function}() of plugin/epan/compat.c does not do its work in this Wireshark: {what}"


def packets_of(tshark, capture, *options):
    """The packets as PDML trees."""
    return list(ElementTree.fromstring(tshark.read(capture, *options, "-T", "pdml")).iter("packet"))


def analyses_under(packet, protocol):
    """The SPIs in the plugin's items under each item of a protocol."""
    return [[field.get("show") for item in parent if item.get("name") == "ipsec"
             for field in item.iter("field") if field.get("name") == "ipsec.spi"]
            for parent in packet.iter("proto") if parent.get("name") == protocol]


# --- this file ----------------------------------------------------------------------------------------------------

def test_each_function_has_a_test():
    declared = set(FUNCTION.findall((EPAN / "compat.h").read_text()))
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_ipsec_compat_")}
    assert declared == tested


def test_nothing_else_uses_what_is_not_public():
    comment = re.compile(r"/\*.*?\*/", re.DOTALL)
    found = {path.name: NOT_PUBLIC.findall(comment.sub("", path.read_text())) for path in sorted(EPAN.glob("*.[ch]"))}
    assert found.pop("compat.c") and found.pop("compat.h")
    assert {name: uses for name, uses in found.items() if uses} == {}


# --- the tree -----------------------------------------------------------------------------------------------------

def test_ipsec_compat_find_item(tshark, tmp_path):
    """Items that the dissectors made: in the tree, in the item of IPv6, and two in one packet."""
    packets = [ethernet(packet) for packet in (
        ipv4(1, ESP, esp(60)), ipv4(2, AH, ah()), ipv6(3, ESP, esp(60)), ipv6(4, AH, ah()), udp4(5, esp(60)),
        udp4(6, b"\0"))]
    found = packets_of(tshark, pcap.write_frames(tmp_path / "items.pcap", packets), "-o", "ipsec.decrypt:FALSE")
    for number, protocol in enumerate(("esp", "ah", "esp", "ah", "esp", "udpencap")):
        under = [parent for parent in found[number].iter("proto") if parent.get("name") == protocol
                 and any(item.get("name") == "ipsec" for item in parent)]
        assert len(under) == 1, broken("ipsec_compat_find_item", f"no analysis in the item of {protocol}, packet {number + 1}")


def test_ipsec_compat_mark_tree(tshark, tmp_path):
    """Earlier items do not belong to this header: of several headers of one kind, each has its own analysis."""
    inner = ah(spi=0xA0000003)
    four, six = (ah(next_header=AH, payload=ah(next_header=AH, payload=inner, spi=0xA0000002), spi=0xA0000001)
                 for _ in range(2))
    capture = pcap.write_frames(tmp_path / "marks.pcap", map(ethernet, (ipv4(1, AH, four), ipv6(2, AH, six))))
    for packet in packets_of(tshark, capture):
        assert analyses_under(packet, "ah") == [[f"0xa000000{number}"] for number in (1, 2, 3)], \
            broken("ipsec_compat_mark_tree", "the analysis of one AH stands under another")


def test_ipsec_compat_fake_protocols(tshark, tmp_path):
    """If nobody asks for a field of ESP or AH, 4.4 and later leave out their items; outer headers still come first."""
    inner = ah(next_header=ESP, payload=esp(60, spi=0xA0000003), spi=0xA0000002)
    octets = ah(next_header=AH, payload=inner, spi=0xA0000001)
    capture = pcap.write_frames(tmp_path / "order.pcap", map(ethernet, (ipv4(1, AH, octets), ipv6(2, AH, octets))))
    for spis in tshark.read(capture, "-T", "fields", "-e", "ipsec.spi").splitlines():
        assert spis == "0xa0000001,0xa0000002,0xa0000003", \
            broken("ipsec_compat_fake_protocols", f"headers in headers are not shown in their order: {spis}")


def test_ipsec_compat_is_seen(tshark, tmp_path):
    """If no tree is shown, a field must be there if a filter or a column needs it, and need not be there otherwise."""
    capture = pcap.write_frames(tmp_path / "seen.pcap", [ethernet(ipv4(1, ESP, esp(60, spi=0xA0000001)))])
    for asked in ("ipsec.spi == 0xa0000001", "ipsec.verdict == 1 && ipsec.sa.first_frame == 1", "ipsec"):
        assert tshark.frames(capture, asked) == [1], broken("ipsec_compat_is_seen", f"{asked} does not find its packet")
    column = tshark.read(capture, "-o", 'gui.column.format:"S","%Cus:ipsec.seq:0:R"').strip()
    assert column == "1", broken("ipsec_compat_is_seen", f"a column has {column!r}")
    shown = packets_of(tshark, capture)[0]
    assert any(field.get("name") == "ipsec.spi" for field in shown.iter("field")), \
        broken("ipsec_compat_is_seen", "a tree that is shown lacks a field")


def test_ipsec_compat_set_label(tshark, tmp_path):
    """In text and in PDML, which read the label in different ways."""
    capture = pcap.write_frames(tmp_path / "label.pcap", [ethernet(ipv4(1, ESP, esp(61, spi=0xA0000001)))])
    label = "IPsec analysis: drop, ESP length is not a multiple of 4 octets (13914)"
    assert f"[{label}]" in tshark.read(capture, "-V"), broken("ipsec_compat_set_label", "no label in the tree")
    names = [item.get("showname") for item in packets_of(tshark, capture)[0].iter("proto") if item.get("name") == "ipsec"]
    assert names == [label], broken("ipsec_compat_set_label", f"PDML has {names}")


# --- the packet ---------------------------------------------------------------------------------------------------

def test_ipsec_compat_is_reassembled(tshark, tmp_path):
    """The length of a reassembled packet is known."""
    packets = [*fragments4(1, ESP, esp(600), 304), *fragments6(2, ESP, esp(600), 304)]
    rows = tshark.rows(pcap.write_frames(tmp_path / "fragments.pcap", map(ethernet, packets)))
    for frame, version in ((2, 4), (4, 6)):
        assert rows[frame].verdicts == ["plausible"], \
            broken("ipsec_compat_is_reassembled", f"a datagram of IPv{version} from fragments is {rows[frame].verdicts}")


def test_ipsec_compat_is_visited(tshark, tmp_path):
    """Totals are known on a second pass, and what was judged on the first pass is not judged again."""
    capture = pcap.write_frames(tmp_path / "passes.pcap",
                                [ethernet(ipv4(1, ESP, esp(60, sequence=number))) for number in (1, 2, 1)])
    fields = ("-T", "fields", "-e", "ipsec.finding", "-e", "ipsec.sa.packets")
    once, twice = (tshark.read(capture, *passes, *fields).splitlines() for passes in ((), ("-2",)))
    assert once == ["\t", "\t", "replay.duplicate\t"] and twice == ["\t3", "\t3", "replay.duplicate\t3"], \
        broken("ipsec_compat_is_visited", f"one pass says {once}, two say {twice}")


def test_ipsec_compat_file_offset(tshark, tmp_path):
    """It distinguishes a frame that a read filter rejects from the next one, which gets the same number."""
    ttls = (64, 63, 64, 63, 63, 64)
    capture = pcap.write_frames(tmp_path / "filter.pcap", [ethernet(ipv4(1, ESP, esp(60, sequence=number), ttl=ttl))
                                                           for number, ttl in enumerate(ttls, 1)])
    read = tshark.rows(capture, "-2", "-R", "ip.ttl == 64")
    assert [row["ipsec.seq"] for row in read.values()] == [["1"], ["3"], ["6"]], \
        broken("ipsec_compat_file_offset", "frames that a read filter rejects are taken for others")


def test_ipsec_compat_frame_length(tshark, tmp_path):
    """Also for a frame that was cut."""
    frame = ethernet(ipv4(1, ESP, esp(400)))
    capture = pcap.write(tmp_path / "cut.pcap", [pcap.Record(1_700_000_000, 0, len(frame), frame[:80])])
    output = tshark.read(capture, "-q", "-z", "conv,ipsec")
    assert re.search(rf" {len(frame)} bytes ", output), broken("ipsec_compat_frame_length", output)


def test_ipsec_compat_is_frame_length_sound(tshark, tmp_path):
    """A file may say that a frame was shorter than what it has of it. Nothing seems to be behind the packet then."""
    frame = ethernet(ipv4(1, AH, ah()))
    capture = pcap.write(tmp_path / "short.pcap", [pcap.Record(1_700_000_000, 0, 10, frame)])
    (row,) = tshark.rows(capture, "-o", "ipsec.receiver:vpp").values()
    assert row.findings == [], broken("ipsec_compat_is_frame_length_sound", row.findings)


# --- statistics -----------------------------------------------------------------------------------------------------

def options_of(tshark, program):
    """What the program prints for "-z help"."""
    command = tshark._command(["-z", "help"], True, program)
    at = command.index(program)
    command[at:at] = ["QT_QPA_PLATFORM=offscreen", f"XDG_RUNTIME_DIR={tshark.home}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tshark.root, check=False, timeout=TIMEOUT)
    return {line.strip() for line in (done.stdout + done.stderr).splitlines()}


def test_ipsec_compat_has_window(tshark):
    """Wireshark, where nobody reads standard output, has no option that prints."""
    printing = {"ipsec,sa,json", "ipsec,findings,json", "ipsec,limits,json"}
    assert printing <= options_of(tshark, "tshark"), broken("ipsec_compat_has_window", "tshark has none")
    if shutil.which("wireshark"):
        listed = options_of(tshark, "wireshark")
        assert "ipsec,sa" in listed and not printing & listed, broken("ipsec_compat_has_window", listed)


def test_ipsec_compat_register_option(tshark, tmp_path):
    """An invalid argument ends the program."""
    capture = pcap.write_frames(tmp_path / "one.pcap", [ethernet(ipv4(1, ESP, esp(60)))])
    assert '"packets":1,' in tshark.read(capture, "-q", "-z", "ipsec,sa,json"), \
        broken("ipsec_compat_register_option", "the option does nothing")
    command = tshark._command(["-q", "-r", str(tshark.stage(capture)), "-z", "ipsec,sa,json,no filter"], True)
    done = subprocess.run(command, capture_output=True, text=True, cwd=tshark.root, check=False, timeout=TIMEOUT)
    assert done.returncode == 1, broken("ipsec_compat_register_option", f"a bad one is let pass: {done.stderr}")


def test_ipsec_compat_register_conversation_filter(tshark, tmp_path):
    """An SA and its reverse SA, once that is known; of nested headers, the innermost one."""
    there, back = (ethernet(ipv4(number, ESP, esp(60), reply=reply)) for number, reply in ((1, False), (1, True)))
    nested = ethernet(ipv4(2, AH, ah(next_header=ESP, payload=esp(60))))
    capture = pcap.write_frames(tmp_path / "filters.pcap", [there, ethernet(ipv4(3, 17, bytes(8))), back, nested])
    probe = shutil.copy(os.environ["IPSEC_PROBE"], next(tshark.plugins.rglob("ipsec_analysis.so")).parent)
    try:
        once, twice = tshark.read(capture, "-q", "-z", "io,stat,0"), tshark.read(capture, "-q", "-2", "-z", "io,stat,0")
    finally:
        os.remove(probe)
    found = [dict(re.findall(r"^(\d+): (.*)$", output, re.MULTILINE)) for output in (once, twice)]
    both = "ipsec.sa in {0, 1}"
    assert found[0] == {"1": "ipsec.sa == 0", "2": "none", "3": "ipsec.sa in {1, 0}", "4": "ipsec.sa == 3"}, \
        broken("ipsec_compat_register_conversation_filter", once)
    assert found[1]["1"] == both and tshark.frames(capture, both, "-2") == [1, 3]


# --- tables -------------------------------------------------------------------------------------------------------

def test_ipsec_compat_entry_handle(tshark, tmp_path):
    """Entries for a stock dissector are wrapped, whoever made them, and others are left alone. (Only the Decode As
    dialog shows who made one.)"""
    capture = pcap.write_frames(tmp_path / "entries.pcap", [ethernet(packet) for packet in (
        ipv4(1, ESP, esp(61)), ipv4(2, 99, esp(61)), udp4(3, esp(61), ports=(5555, 5555)), udp4(4, esp(61)))])
    options = ("-d", "ip.proto==99,esp", "-d", "udp.port==5555,udpencap", "-d", "udp.port==4500,dns")
    for passes in ((), ("-2",)):
        judged = [frame for frame, row in tshark.rows(capture, *options, *passes).items() if row["ipsec"]]
        assert judged == [1, 2, 3], \
            broken("ipsec_compat_entry_handle", f"with Decode As, frames {judged} are judged and not 1, 2 and 3")


def test_ipsec_compat_udpencap(tshark, tmp_path):
    capture = pcap.write_frames(tmp_path / "udp.pcap", [ethernet(udp4(1, esp(61)))])
    assert tshark.rows(capture)[1].findings == ["esp.alignment"], \
        broken("ipsec_compat_udpencap", "ESP in UDP is not judged")


def test_ipsec_compat_ipv6_fragment(tshark, tmp_path):
    octets = esp(600)
    capture = pcap.write_frames(tmp_path / "cut.pcap", [part(6, 7, ESP, octets[:304]), part(6, 7, ESP, octets[304:], 304)])
    assert tshark.rows(capture)[2].findings == ["esp.missing_fragment"], \
        broken("ipsec_compat_ipv6_fragment", "fragments in IPv6 are not looked at")


def points_of(tshark, path, packets):
    """Runs tshark with capture points; returns the findings of each frame."""
    return [row.findings for row in tshark.rows(pcapng.write(path, packets)).values()]


def test_ipsec_compat_interface(tshark, tmp_path):
    """A late copy belongs to another capture point only if the interfaces differ."""
    for interface, findings in ((1, ["capture.duplicate"]), (0, ["replay.duplicate"])):
        packets = [pcapng.Packet(1_700_000_000_000_000 + number * 1000 + late * 40_000, frame, late * interface)
                   for number in range(1, 21) for frame in [ethernet(ipv4(1, ESP, esp(100, sequence=number), id=number))]
                   for late in (0, 1)]
        packets.sort(key=lambda packet: packet.microseconds)
        seen = points_of(tshark, tmp_path / "interface.pcapng", packets)
        assert (findings in seen) and (["replay.duplicate"] in seen) == (interface == 0), \
            broken("ipsec_compat_interface", f"copies at interface {interface} are {seen}")


def test_ipsec_compat_packet_id(tshark, tmp_path):
    """Two frames with one packet id are one packet, however late the second one is."""
    for other, finding in ((7, "capture.duplicate"), (8, "replay.duplicate")):
        packets = [pcapng.Packet(1_700_000_000_000_000 + number * 1_000_000,
                                 ethernet(ipv4(1, ESP, esp(100, sequence=min(number, 9)), id=min(number, 9))),
                                 packet_id={9: 7, 10: other}.get(number, 100 + number)) for number in range(1, 11)]
        seen = points_of(tshark, tmp_path / "id.pcapng", packets)
        assert seen[-1] == [finding], broken("ipsec_compat_packet_id", f"the second of two ids is {seen[-1]}")


# A capture of IKE that can be decrypted, and the finding of a packet after the second message.
IKE, LEARNT = "ike_inside", (5, "esp.runt_for_sa")


def learnt_from_ike(tshark, *options):
    """Frames and findings if the first pass has no tree."""
    told = tshark.read(IKE, *options, "-q", "-z", "ipsec,findings,json")
    lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    return [(line["frame"], finding["id"]) for line in lines if "frame" in line for finding in line["findings"]]


def test_ipsec_compat_visit_fields(tshark):
    """The decrypted content is found through the packet's own tree."""
    number, finding = LEARNT
    assert tshark.rows(IKE)[number].findings == [finding], broken("ipsec_compat_visit_fields", "nothing is found in a tree")


def test_ipsec_compat_has_ike_keys(tshark):
    assert LEARNT in learnt_from_ike(tshark, *tshark.options(IKE)), \
        broken("ipsec_compat_has_ike_keys", "the table is not found, or has no rows")
    in_clear = {finding for _, finding in learnt_from_ike(tshark)}
    assert all(finding.startswith("ike.") for finding in in_clear), in_clear


def test_ipsec_compat_reset_dissection(tshark):
    """Each message is read from a fresh tree: all SAs up to the last one are known."""
    learnt = learnt_from_ike(tshark, *tshark.options(IKE))
    assert [number for number, finding in learnt if finding.startswith("sa.")] == [26, 29, 30, 31, 36], \
        broken("ipsec_compat_reset_dissection", f"the trees of several messages give {learnt}")


def test_ipsec_compat_free_dissection(tshark):
    """The private tree is freed with the file, and created again for the next one."""
    ended = tshark.read(IKE, *tshark.options(IKE), "-M", "9", "-q", "-z", "ipsec,sa")
    assert "0xa1000003" in ended, broken("ipsec_compat_free_dissection", ended)


# The row of an SA by columns, and for each column a wrong value that fits none of its packets. Only later versions have
# the last two columns, so an SA that needs them is used for these.
ESP_SA = {"protocol": "IPv6", "srcIP": "192.0.2.256", "dstIP": "198.51.100.1", "spi": "0xffff", "encryption_algo": "NULL",
          "encryption_key_string": "0x00", "authentication_algo": "HMAC-SHA-384-192 [RFC4868]",
          "authentication_key_string": "0x00", "sn_length": "32-bit", "sn_upper": "0"}


@pytest.mark.parametrize("column", ESP_SA)
def test_ipsec_compat_esp_sas(tshark, tmp_path, column):
    """Each column is read: a wrong value in it changes the effect of the row."""
    counted = column.startswith("sn_")
    if counted and int(re.search(r"\d+\.(\d+)\.\d+", tshark.run("--version").stdout)[1]) < 2:
        pytest.skip("no such column before 4.2")
    sa = Sa(1, 4, CBC_SHA256, esn=counted, high=7 if counted else 0)
    capture = pcap.write_frames(tmp_path / "table.pcap", [ethernet(sa.packet(sa.esp(datagram()))) for _ in range(3)])
    row = dict(zip(ESP_SA, ("IPv4", sa.addresses["src"], sa.addresses["dst"], f"0x{sa.spi:08x}", "AES-CBC [RFC3602]",
                            "0x" + sa.cipher_key.hex(), "HMAC-SHA-256-128 [RFC4868]", "0x" + sa.mac_key.hex(),
                            "64-bit", "7")))
    columns = list(ESP_SA) if counted else list(ESP_SA)[:8]

    def outcome(values):
        option = ("-o", "uat:esp_sa:" + ",".join(f'"{values[name]}"' for name in columns))
        said = tshark.run("-r", tshark.stage(capture), *option).stderr
        return [(row.verdicts, row.findings, row["ipsec.key.source"]) for row in tshark.rows(capture, *option).values()], \
            re.findall(r"^ESP SAs, row .*", said, re.MULTILINE)
    good, (rows, said) = [(["verified"], [], ["ESP SAs, row 1"])] * 3, outcome(row)
    assert (rows, said) == (good, []), broken("ipsec_compat_esp_sas", f'a row of "ESP SAs" opens no packet. {said}')
    assert outcome({**row, column: ESP_SA[column]}) != (good, []), \
        broken("ipsec_compat_esp_sas", f"the column {column} is not read")


def test_preferences_of_wireshark(tshark):
    """Those that the manual and these tests mention exist under their names."""
    known = tshark.run("-G", "currentprefs").stdout
    for name in ("esp.enable_encryption_decode", "esp.enable_authentication_check", "esp.do_esp_sequence_analysis",
                 "esp.enable_null_encryption_decode_heuristic", "ip.defragment", "ipv6.defragment"):
        assert re.search(rf"^#?{re.escape(name)}:", known, re.MULTILINE), f"Wireshark has no preference {name} any more"
