"""The profile "IPsec": its filters are valid, its colours are distinguishable, and -C finds it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import itertools
import os
import re
import shutil
import struct
from pathlib import Path

import pytest

import pcap
import sidecars
from samples.packets import ethernet, udp4

PROFILE = Path(os.environ["IPSEC_PROFILE"])
SOURCE = Path(__file__).resolve().parents[2] / "plugin" / "profile" / "IPsec"
COLOURING = re.compile(r"^@(.*?)@(.*)@\[(\d+),(\d+),(\d+)\]\[(\d+),(\d+),(\d+)\]$", re.MULTILINE)

# From Machado, Oliveira and Fernandes (2009): how linear colours look to people without one kind of cone cells.
EYES = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no long ones": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no medium ones": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no short ones": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def table(name):
    """The rows of a file in which Wireshark keeps a table."""
    rows = [line[1:-1].split('","') for line in (SOURCE / name).read_text().splitlines() if line.startswith('"')]
    return [[re.sub(r"\\x(..)", lambda code: chr(int(code[1], 16)), value) for value in row] for row in rows]


def rules(file):
    """The colouring rules: (name, filter, background, letters), the colours as linear red, green and blue."""
    def linear(parts):
        return [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
                for value in (int(part) / 65535 for part in parts)]
    return [(name, wanted, linear(colour[:3]), linear(colour[3:]))
            for name, wanted, *colour in COLOURING.findall(file.read_text())]


OWN_RULES = rules(SOURCE / "colorfilters")
BUTTONS = {label: wanted for _, label, wanted, _ in table("dfilter_buttons")}
SAVED = dict(re.findall(r'^"(.*)" (.*)$', (SOURCE / "dfilters").read_text(), re.MULTILINE))
GRAPHED = [row[2] for row in table("io_graphs")]
FILTERS = list(dict.fromkeys([wanted for _, wanted, _, _ in OWN_RULES] + list(BUTTONS.values()) + list(SAVED.values())
                             + GRAPHED))
OF_THE_SELECTED, OF_IKE = BUTTONS["This SA"], BUTTONS["IKE errors"]


# --- filters ------------------------------------------------------------------------------------------------------

def test_every_filter_finds_something(tshark, everything):
    """In one run. "This SA" needs a selected packet, so it is tested in tests/gui."""
    counts = sidecars.count(tshark, everything, FILTERS)
    assert [wanted for wanted in FILTERS if counts[wanted] == 0] == [OF_THE_SELECTED]


def ike_answer(notify):
    """A response of IKE_SA_INIT with one notify payload."""
    payload = struct.pack("!BBHBBH", 0, 0, 8, 0, 0, notify)
    header = struct.pack("!8s8sBBBBII", b"initiate", b"responds", 41, 0x20, 34, 0x20, 0, 28 + len(payload))
    return udp4(1, header + payload, (500, 500))


def test_errors_of_ike(tshark, tmp_path):
    """NO_PROPOSAL_CHOSEN is an error, NAT_DETECTION_SOURCE_IP is not."""
    capture = tmp_path / "ike.pcap"
    pcap.write_frames(capture, [ethernet(ike_answer(notify)) for notify in (14, 16388)])
    assert tshark.frames(capture, OF_IKE) == [1]


# --- colours ------------------------------------------------------------------------------------------------------

def luminance(linear):
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear))


def lab(linear):
    """CIE L*a*b*, in which distances correspond to visible differences."""
    xyz = [sum(weight * part for weight, part in zip(row, linear)) for row in
           ((0.4339, 0.3762, 0.1899), (0.2126, 0.7152, 0.0722), (0.0177, 0.1095, 0.8728))]
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen_by(eyes, linear):
    return lab([min(1, max(0, sum(weight * part for weight, part in zip(row, linear)))) for row in EYES[eyes]])


@pytest.mark.parametrize("name, back, letters", [(name, back, letters) for name, _, back, letters in OWN_RULES])
def test_contrast(name, back, letters):
    """WCAG 2.1 requires 7 at its highest level."""
    light, dark = sorted((luminance(back), luminance(letters)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 7, name


@pytest.mark.parametrize("eyes", EYES)
def test_colours_can_be_told_apart(eyes):
    """The profile's colours from each other and from white, also with colour blindness; 2.3 is just noticeable, 10 is
    obvious."""
    backs = {name: seen_by(eyes, back) for name, _, back, _ in OWN_RULES} | {"none": seen_by(eyes, (1, 1, 1))}
    near = {pair: sum((x - y) ** 2 for x, y in zip(backs[pair[0]], backs[pair[1]])) ** 0.5
            for pair in itertools.combinations(backs, 2)}
    assert {pair: round(distance) for pair, distance in near.items() if distance < 15} == {}


# --- Wireshark's own, and -C --------------------------------------------------------------------------------------

def data_folder(tshark):
    (folder,) = re.findall(r"^Global configuration:\s+(.*)$", tshark.run("-G", "folders").stdout, re.MULTILINE)
    return Path(folder)


@pytest.mark.parametrize("name", ["colorfilters", "dfilters"])
def test_what_is_wiresharks_own_follows(tshark, name):
    own, stock = (SOURCE / name).read_text(), (data_folder(tshark) / name).read_text()
    assert (PROFILE / name).read_text() == own + stock


@pytest.fixture(scope="module")
def installed(tshark):
    """A data directory with the profile, as after an installation for all users, and a user without a profile."""
    shutil.rmtree(tshark.home / ".config")
    data = tshark.root / "data"
    (data / "profiles").mkdir(parents=True)
    for path in data_folder(tshark).iterdir():
        if path.name != "profiles":
            (data / path.name).symlink_to(path)
    shutil.copytree(PROFILE, data / "profiles" / "IPsec")
    return data


def with_profile(tshark, installed, *options):
    done = tshark.run("-C", "IPsec", *options, environment={"WIRESHARK_DATA_DIR": str(installed)})
    assert done.stderr == ""
    return done.stdout


def test_profile_of_all_users(tshark, installed):
    """The columns are those of the profile, and the stock analysis of sequence numbers is off."""
    capture = tshark.stage("faults_sequence")
    third = with_profile(tshark, installed, "--color", "-r", capture).splitlines()[2]
    assert third.split() == ["3", "1.060000", "192.0.2.161", "→", "198.18.160.0", "ESP", "drop", "replay.duplicate",
                             "0xc000a000", "2", "0", "0", "13913", "XfrmInStateSeqError"] + third.split()[14:]
    assert with_profile(tshark, installed, "-r", capture, "-Y", "esp.sequence-analysis.expected-sn") == ""


def test_renewal_after_an_upgrade(tshark, installed):
    """-C copies the profile to the user's folder once. If that copy is removed, the next -C installs the new one."""
    capture = tshark.stage("clean_esp")
    copy = tshark.home / ".config" / "wireshark" / "profiles" / "IPsec"
    with_profile(tshark, installed, "-r", capture)
    assert (copy / "preferences").read_text() == (PROFILE / "preferences").read_text()

    newer = installed / "profiles" / "IPsec" / "preferences"
    newer.write_text(newer.read_text().replace('"Verdict"', '"Judgement"'))
    with_profile(tshark, installed, "-r", capture)
    assert '"Judgement"' not in (copy / "preferences").read_text()
    shutil.rmtree(copy)
    with_profile(tshark, installed, "-r", capture)
    assert '"Judgement"' in (copy / "preferences").read_text()


def test_profile_without_a_copy(tshark, installed):
    """The way that newer versions of tshark offer for it."""
    if "--global-profile" not in tshark.run("--help").stdout:
        pytest.skip("this tshark knows no --global-profile")
    shutil.rmtree(tshark.home / ".config", ignore_errors=True)
    shown = with_profile(tshark, installed, "--global-profile", "-r", tshark.stage("clean_esp"), "-c", "1")
    assert "plausible" in shown and not (tshark.home / ".config").exists()
