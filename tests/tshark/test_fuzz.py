"""Sample captures with octets changed at random: nothing crashes, the stock dissection stays, and two
passes agree.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import subprocess

import pytest

import pcap
import sidecars
from soundness import assert_sound


@pytest.mark.parametrize("seed", range(1, 8))
def test_damaged_captures(tshark, tmp_path, seed):
    source = pcap.concatenate(tmp_path / "all.pcap", [sidecars.path(name) for name in sidecars.NAMES])
    damaged = tmp_path / "damaged.pcap"
    subprocess.run(["editcap", "-F", "pcap", "-E", "0.02", "--seed", str(seed), source, damaged], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert any(row["ipsec"] for row in assert_sound(tshark, damaged).values())
