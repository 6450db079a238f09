"""Damaged copies of the sample captures, see ../damage.py, which can run any number of them.

IPSEC_DAMAGED: how many copies (the sanitizers are slow).

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os

import pytest

import damage
import pcap

FILES = int(os.environ.get("IPSEC_DAMAGED", "200"))
SEEDS = range(1, max(1, FILES // damage.TOGETHER) + 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_captures(tshark, seed):
    ((run, trouble),) = damage.runs(tshark, damage.TOGETHER, seed)
    assert len(run.copies) == damage.TOGETHER and sum(len(copy.records) for copy in run.copies) > 500
    assert trouble is None, f"seed {run.seed}: {trouble}"


def test_damage_is_the_same_every_time_and_is_damage(tshark):
    first, again = (damage.DamagedRun(1, 5, tshark.captures, tshark.root) for _ in range(2))
    assert first.copies == again.copies and first.options == again.options
    changed = [copy for copy in first.copies if set(copy.records) - set(damage.read(copy.source))]
    assert len(changed) == len(first.copies)


def test_a_disagreement_is_found(tshark, tmp_path):
    rows = tshark.rows(pcap.write(tmp_path / "sound.pcap", pcap.read(tshark.stage("faults"))))
    other = {frame: dict(row) for frame, row in rows.items()}
    assert damage.disagreement(rows, other) is None
    judged = next(frame for frame, row in rows.items() if row["ipsec.verdict"])
    other[judged]["ipsec.verdict"] = ["9"]
    assert f"frame {judged}: ipsec.verdict" in damage.disagreement(rows, other)


def test_the_depth_of_headers_is_not_ours():
    warning = f' ** (tshark:1) 00:00:00.0 [Epan WARNING] -- Dissector bug, packet 2: "{damage.TOO_DEEP}"'
    assert damage.is_too_deep(f"tshark -r x\n{warning}\n{warning}\n")
    assert not damage.is_too_deep(f"tshark -r x\n{warning}\nERROR: AddressSanitizer: heap-use-after-free\n")
    assert not damage.is_too_deep("tshark -r x\n")
