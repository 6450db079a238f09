"""Preferences of Wireshark (reassembly, NULL encryption) and of the plugin (receiver, reserved SPIs), and what is
reported once per SA.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import shutil

import pytest

import pcap
import sidecars
from samples.packets import AH, ESP, ah, esp, ethernet, fragments4, fragments6


# --- fragments ------------------------------------------------------------------------------------

DEFRAGMENT_NOTHING = ("-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE")


def test_fragments_that_are_not_reassembled(tshark):
    """The first one has the header, and nothing about lengths; the others have nothing at all."""
    rows = tshark.rows("benign", *DEFRAGMENT_NOTHING)
    for frame, line in sidecars.load("benign").items():
        if "fragment of" not in line.what or "cut by" in line.what or "in UDP" in line.what:
            continue
        family = "esp" if "of ESP" in line.what else "ah"
        first = "first fragment" in line.what
        assert rows[frame].findings == ([f"{family}.fragment"] if first else []), line.what
        assert rows[frame].verdicts == (["unchecked"] if first else []), line.what
        assert not rows[frame]["ipsec.windows.error"] and not rows[frame]["ipsec.linux.counter"]


def test_a_fragmented_fault_is_judged_when_whole(tshark, tmp_path):
    first, second = fragments4(1, ESP, esp(601), 304)
    first6, second6 = fragments6(2, AH, ah(icv=16, payload=esp(600)), 304)
    packets = (first, second, first6, second6)
    rows = tshark.rows(pcap.write_frames(tmp_path / "fragments.pcap", map(ethernet, packets)))
    assert [row.findings for row in rows.values()] == [[], ["esp.alignment"], [], ["ah.v6_alignment"]]
    assert rows[2].verdicts == ["drop"] and rows[4].verdicts == ["suspicious"]


# --- the plugin's own preferences -----------------------------------------------------------------

RECEIVERS = [
    ("linux", {"esp.truncated_header": "drop", "esp.no_payload": "drop", "esp.alignment": "suspicious",
               "ah.length_overrun": "drop", "ah.next_header": "suspicious", "seq.zero": "suspicious",
               "esp.spi_reserved": "plausible", "ah.reserved": "suspicious"}),
    ("windows", {"esp.alignment": "drop", "esp.spi_zero": "drop", "ah.icv_length": "drop"}),
    ("freebsd", {"esp.alignment": "drop", "ah.icv_length": "drop", "seq.zero": "suspicious",
                 "ah.v4_extra_pad": "suspicious"}),
    ("openbsd", {"esp.below_floor": "drop", "ah.length_below_min": "drop", "ah.v4_extra_pad": "suspicious"}),
    ("vpp", {"esp.no_payload": "drop", "esp.alignment": "suspicious", "ah.length_overrun": "suspicious"}),
    ("strongswan", {"esp.no_payload": "drop", "esp.spi_zero": "drop"}),
]


@pytest.mark.parametrize("receiver, verdicts", RECEIVERS, ids=[name for name, _ in RECEIVERS])
def test_the_receiver_decides_what_is_dropped(tshark, receiver, verdicts):
    rows = tshark.rows("faults", "-o", f"ipsec.receiver:{receiver}")
    for finding, verdict in verdicts.items():
        frames = [frame for frame, line in sidecars.load("faults").items() if line.findings == (finding,)
                  and len(line.verdicts) == 1]
        assert frames, finding
        assert [rows[frame].verdicts for frame in frames] == [[verdict]] * len(frames), finding


def test_every_stack_reports_whatever_the_receiver(tshark):
    rows = tshark.rows("faults", "-o", "ipsec.receiver:linux")
    assert ([row["ipsec.windows.error"] for row in rows.values()] ==
            [row["ipsec.windows.error"] for row in tshark.rows("faults").values()])


def test_reserved_spis_can_be_silenced(tshark):
    silenced = tshark.rows("faults", "-o", "ipsec.reserved_spi:FALSE")
    for frame, row in tshark.rows("faults").items():
        assert silenced[frame].findings == [finding for finding in row.findings
                                            if not finding.endswith(".spi_reserved")], frame
        assert silenced[frame].verdicts == row.verdicts, frame


# --- properties of an SA --------------------------------------------------------------------------

@pytest.mark.parametrize("name, finding, passes", [
    ("benign", "esp.spi_reserved", ()),
    ("clean_ah", "ah.v4_extra_pad", ()),
    ("clean_ah", "ah.v4_extra_pad", ("-2",))])
def test_a_property_is_told_once_per_sa(tshark, name, finding, passes):
    """The finding is on every frame, the expert item on the SA's first."""
    first_of_sa = {}
    for frame, row in tshark.rows(name, *passes).items():
        if finding in row.findings:
            first_of_sa.setdefault(row["ipsec.sa"][0], frame)
    assert len(first_of_sa) < len(sidecars.frames_with(name, finding))
    assert tshark.frames(name, f"ipsec.{finding}", *passes) == sorted(first_of_sa.values())


def test_esp_inside_esp(tshark):
    """The inner header is shown when Wireshark is told to look for NULL encryption. Its end is then only a guess, so
    its length must not be judged."""
    (frame,) = [frame for frame, line in sidecars.load("benign").items()
                if line.what.startswith("ESP inside ESP")]
    row = tshark.rows("benign", "-o", "esp.enable_null_encryption_decode_heuristic:TRUE")[frame]
    assert row["frame.protocols"][0].endswith("esp:esp")
    assert len(row.verdicts) == 2 and not row.findings


def test_a_receiver_that_does_not_exist_leaves_the_default(tshark):
    """Wireshark uses the default for such a value, without consulting the plugin."""
    rows, default = tshark.rows("faults", "-o", "ipsec.receiver:nonsense"), tshark.rows("faults")
    assert [row.verdicts for row in rows.values()] == [row.verdicts for row in default.values()]


# --- text that cannot be read ---------------------------------------------------------------------

WINDOW_MOST = 4294967294


def window_message(text):
    return (f'IPsec Analysis ignores the preference ipsec.replay_window: "{text}" is not a number from 0 to {WINDOW_MOST}. '
            "It uses the window in the SA's key row, or the receiver's default.")


def messages(tshark, name, *options):
    stderr = tshark.run("-r", tshark.stage(name), *tshark.options(name), *options).stderr
    return [line for line in stderr.splitlines() if not line.startswith("Running as user")]


@pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one pass", "two passes"])
@pytest.mark.parametrize("text", ["64 packets", "many", "-1", "0x40", "64 64", "6.4", str(WINDOW_MOST + 1), "9" * 30])
def test_a_window_that_is_no_number(tshark, text, passes):
    """One message, and the preference counts as not set."""
    option = ("-o", f"ipsec.replay_window:{text}")
    assert messages(tshark, "faults_sequence", *option, *passes) == [f"tshark: {window_message(text)}"]
    assert tshark.rows("faults_sequence", *option, *passes) == tshark.rows("faults_sequence", *passes)


@pytest.mark.parametrize("text", ["", "0", "64", "064", str(WINDOW_MOST)])
def test_a_window_that_is_a_number(tshark, text):
    assert messages(tshark, "clean_esp", "-o", f"ipsec.replay_window:{text}") == []


@pytest.mark.skipif(not shutil.which("sharkd"), reason="no sharkd")
def test_a_window_is_told_once_per_change(tshark):
    """However many files are opened, as in the GUI; a redissection there does the same."""
    capture = {"method": "load", "params": {"file": str(tshark.stage("clean_esp"))}}

    def window(text):
        return {"method": "setconf", "params": {"name": "ipsec.replay_window", "value": text}}
    done = tshark.sharkd(window("many"), capture, capture, window("more"), capture, capture, window("64"), capture,
                         window("more"), capture)
    said = [line.split(": ", 1)[1] for line in done.stderr.splitlines() if "ipsec.replay_window" in line]
    assert said == [window_message(text) for text in ("many", "more", "more")]


@pytest.mark.parametrize("options, line", [
    (("-o", "ipsec.sa_file:/nonexistent/state.txt"), "read no keys from the saved"),
    (("-o", 'uat:ipsec_sa:"ESP","*","*","many","NULL","","NONE","","no","any"'), "cannot use 1 of 1 rows")])
def test_other_text_that_cannot_be_read(tshark, options, line):
    for passes in ((), ("-2",)):
        said = messages(tshark, "clean_esp", *options, *passes)
        assert [line in message for message in said if message.startswith("tshark: ")] == [True]
