"""Every sample capture shows exactly what its sidecar says, in one pass and in two.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pytest

import make_captures
import pcap
import sidecars

PASSES = pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one pass", "two passes"])
EVERY_CAPTURE = pytest.mark.parametrize("name", sidecars.NAMES)


def shown(row):
    """What a frame shows, in the form of the first columns of a sidecar."""
    return tuple(map(tuple, (row.verdicts, row.findings, row["ipsec.windows.error"],
                             row["ipsec.linux.counter"], row.icv)))


def differs(line, row, passes):
    """Later passes also open the packets that came before an SA was known to be ESP-NULL."""
    columns = 4 if passes and "ESP-NULL heuristic" in row["ipsec.key.source"] else 5
    return shown(row)[:columns] != line[:columns]


@EVERY_CAPTURE
@PASSES
def test_frames_show_what_the_sidecar_says(tshark, name, passes):
    expected = sidecars.load(name, later=bool(passes))
    rows = tshark.rows(name, *passes)
    differences = [f"frame {frame} ({line.what}):\n  expected {line[:5]}\n  shown    {shown(rows[frame])}"
                   for frame, line in expected.items() if differs(line, rows[frame], passes)]
    assert not differences, "\n".join(differences)


@EVERY_CAPTURE
@PASSES
def test_frames_not_listed_have_no_finding(tshark, name, passes):
    expected = sidecars.load(name)
    assert not {frame: row.findings for frame, row in tshark.rows(name, *passes).items()
                if frame not in expected and row.findings}


@pytest.mark.parametrize("link_type, header", [
    (pcap.RAW_IP, b""), (pcap.LINUX_COOKED, bytes.fromhex("0000000100060200000000010000") + b"\x08\x00")],
    ids=["raw IP", "Linux cooked"])
def test_the_link_layer_does_not_matter(tshark, tmp_path, link_type, header):
    ethernet = 14
    records = [record._replace(octets=header + record.octets[ethernet:],
                               length=len(header) + record.length - ethernet)
               for record in pcap.read(sidecars.path("faults"))]
    rows = tshark.rows(pcap.write(tmp_path / "link.pcap", records, link_type))
    for frame, line in sidecars.load("faults").items():
        assert shown(rows[frame]) == line[:5], frame


@EVERY_CAPTURE
def test_sidecars_name_existing_frames(tshark, name):
    assert set(sidecars.load(name)) <= set(tshark.rows(name))


@pytest.mark.parametrize("name", [name for name in sidecars.NAMES if name.startswith(("clean", "kernel", "benign"))])
def test_good_captures_expect_no_drop(name):
    assert not [frame for frame, line in sidecars.load(name).items() if "drop" in line.verdicts]


# Reaching the limits on memory takes more packets than a sample may have; unit/test_iv.c and test_judge.c do that.
NOT_IN_SAMPLES = {"iv.unchecked", "sa.forgotten"}


def test_every_finding_of_the_catalogue_occurs(catalogue):
    occurring = {finding for name in sidecars.NAMES for line in sidecars.load(name).values()
                 for finding in line.findings}
    assert occurring == set(catalogue) - NOT_IN_SAMPLES


def test_the_script_writes_the_captures_that_are_here(tmp_path):
    make_captures.main(tmp_path)
    written = sorted(path.name for path in tmp_path.iterdir())
    captures = [name for name in written if name.endswith(".pcap")]
    assert len(captures) == len(make_captures.CAPTURES) and len(written) >= 2 * len(captures)
    assert [name for name in written
            if (tmp_path / name).read_bytes() != (sidecars.CAPTURES / name).read_bytes()] == []
