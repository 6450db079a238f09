"""Sample captures with octets changed at random: nothing crashes, the stock dissection stays, and two
passes agree.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import shutil
import subprocess

import pytest

import sidecars
from soundness import assert_sound
from tshark_runner import KEYS


# Without a sanitizer, only the output of tshark is checked.
SEEDS = range(1, 6) if "IPSEC_PRELOAD" in os.environ else [1]


@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_captures(tshark, tmp_path, seed):
    source = sidecars.concatenate(tmp_path / "all.pcap", sidecars.NAMES)
    damaged = tmp_path / "damaged.pcap"
    shutil.copy(source.with_suffix(KEYS), damaged.with_suffix(KEYS))
    subprocess.run(["editcap", "-F", "pcap", "-E", "0.02", "--seed", str(seed), source, damaged], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert any(row["ipsec"] for row in assert_sound(tshark, damaged).values())
