"""A capture cut by a snapshot length, openly or not, never makes a packet look short.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import subprocess

import pytest

import pcap
import sidecars

CLEAN = [name for name in sidecars.NAMES if name.startswith("clean")]
OTHERS = [name for name in sidecars.NAMES if not name.startswith("clean")]
SNAPLENS = (54, 96, 128)

EVERY_CUT = pytest.mark.parametrize("snaplen", SNAPLENS)
OPEN_AND_HIDDEN = pytest.mark.parametrize("hidden", [False, True], ids=["open", "hidden"])


def cut(source, folder, snaplen, hidden):
    """Cuts a capture with editcap, as people do; with a hidden cut, the capture does not say that octets are
    missing."""
    target = folder / "cut.pcap"
    subprocess.run(["editcap", "-F", "pcap", "-s", str(snaplen), source, target], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if hidden:
        pcap.write(target, pcap.hide_cuts(pcap.read(target)))
    return target


@EVERY_CUT
@OPEN_AND_HIDDEN
def test_clean_traffic_stays_clean(tshark, tmp_path, snaplen, hidden):
    source = pcap.concatenate(tmp_path / "all.pcap", [sidecars.path(name) for name in CLEAN])
    rows = tshark.rows(cut(source, tmp_path, snaplen, hidden))
    assert any(row.verdicts for row in rows.values())
    for frame, row in rows.items():
        assert set(row.verdicts) <= {"plausible", "unchecked"}, frame
        assert not row["ipsec.windows.error"] and not row["ipsec.linux.counter"], frame


def is_empty(octets):
    """Whether nothing follows an IPv6 header that states a length of 0, so that nothing is missing."""
    return octets[12:14] == b"\x86\xdd" and octets[18:20] == bytes(2) and len(octets) == 54


@EVERY_CUT
@OPEN_AND_HIDDEN
def test_what_is_missing_is_not_judged(tshark, catalogue, tmp_path, snaplen, hidden):
    """Faults in the captured octets are still reported, but no lengths and no counters."""
    source = pcap.concatenate(tmp_path / "all.pcap", [sidecars.path(name) for name in OTHERS])
    records = list(pcap.read(source))
    rows = tshark.rows(cut(source, tmp_path, snaplen, hidden))
    assert len(rows) == len(records)
    for frame, record in enumerate(records, 1):
        if record.length <= snaplen or (hidden and is_empty(record.octets[:snaplen])):
            continue
        row = rows[frame]
        assert not [finding for finding in row.findings if catalogue[finding].needs == "WHOLE"], frame
        assert not row["ipsec.windows.error"] and not row["ipsec.linux.counter"], frame
    found = {finding for row in rows.values() for finding in row.findings}
    assert {"esp.spi_zero", "esp.spi_reserved", "seq.zero", "ah.spi_reserved"} <= found


@OPEN_AND_HIDDEN
def test_an_spi_of_zero_is_a_drop_without_counter(tshark, tmp_path, hidden):
    """It is not known which check the rest of the packet would have failed first."""
    target = cut(sidecars.path("faults"), tmp_path, 54, hidden)
    cut_frames = [frame for frame, line in sidecars.load("faults").items()
                  if line.findings == ("esp.spi_zero",)]
    rows = tshark.rows(target)
    assert cut_frames
    for frame in cut_frames:
        assert rows[frame].findings == ["esp.spi_zero"] and rows[frame].verdicts == ["drop"]
        assert not rows[frame]["ipsec.windows.error"] and not rows[frame]["ipsec.linux.counter"]
