"""ipsec-scale gives the same answer as one tshark over all captures, however they are cut, divided and distributed.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import json
import os
import sqlite3
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "plugin" / "scale"))

from ipsec_scale import merged, tables  # noqa: E402

SAMPLES = ("benign", "faults", "faults_natt", "clean_esp", "icmp", "ike", "offload")
# Each run starts a tshark per shard with packets, so ctest only uses the first number.
SHARDS = [int(number) for number in os.environ.get("IPSEC_SCALE_SHARDS", "7 2 32").split()]
SCHEMAS = Path(__file__).resolve().parents[2] / "plugin" / "schema"
# Members whose number counts within one run, or that are reported in another way.
NUMBERS = {"index", "frame", "sa", "reverse", "successor", "first_frame", "last_frame", "seq_first_seen", "fragment_frame",
           "icmp_quoted_frame", "ike_request", "created_by", "deleted_by"}


@pytest.fixture(scope="session")
def captures(stage):
    """The samples, each cut in two somewhere; one half compressed, because that is how captures are kept."""
    folder, made = stage.folder / "work" / "cut", []
    assert stage.run("mkdir", folder).returncode == 0
    for number, name in enumerate(SAMPLES):
        source = stage.folder / "captures" / f"{name}.pcap"
        parts = [folder / f"{name}-{half}.pcapng" for half in (1, 2)]
        cut = 10 + 3 * number
        stage.run("editcap", "-r", source, parts[0], f"1-{cut}")
        stage.run("editcap", source, parts[1], f"1-{cut}")
        stage.run("gzip", parts[1])
        made += [parts[0], parts[1].with_name(parts[1].name + ".gz")]
    assert all(path.exists() for path in made)
    return made


@pytest.fixture(scope="session")
def scale(stage, cluster):
    """Runs the command on the cluster; returns the result, and what was printed."""
    def run(name, files, *words, status=0):
        result = stage.folder / "work" / f"{name}.db"
        done = stage.scale("run", *files, "-o", result, "--scheduler", cluster.address, *words)
        assert done.returncode == status, done.stderr
        return sqlite3.connect(result), done.stderr
    return run


def dump(database, *but):
    """All rows of all tables as text, in order."""
    names = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in names if name not in but}


@pytest.fixture(scope="session")
def whole(scale, captures):
    return dump(scale("whole", captures, "--shards", "1")[0])


def test_a_result_has_something_in_it(whole):
    assert len(whole["sas"]) > 100 and len(whole["findings"]) > 300 and len(whole["ike"]) > 20
    assert len(whole["files"]) == 2 * len(SAMPLES) and not whole["problems"]


# --- exact -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("shards", SHARDS)
def test_shards_change_nothing(scale, captures, whole, shards):
    assert dump(scale(f"shards-{shards}", captures, "--shards", shards)[0]) == whole


def cleaned(value):
    if isinstance(value, dict):
        return {name: cleaned(one) for name, one in value.items() if name not in NUMBERS}
    return [cleaned(one) for one in value] if isinstance(value, list) else value


def test_one_tshark_over_everything_says_the_same(stage, captures, scale):
    """Line by line, except for the numbers of frames and SAs."""
    folder = stage.folder / "work" / "lines"
    scale("lines", captures, "--shards", "7", "--json", folder)
    everything = stage.folder / "work" / "everything.pcapng"
    stage.run("mergecap", "-w", everything, *captures)
    taps = [word for tap in tables.TAPS for word in ("-z", tap)]
    one = stage.run("tshark", "-q", "-n", "-r", everything, *taps).stdout
    many = "\n".join(path.read_text() for path in sorted(folder.iterdir()))
    count = [collections.Counter(json.dumps(cleaned(json.loads(line)), sort_keys=True)
                                 for line in text.splitlines() if line.startswith("{")) for text in (one, many)]
    assert count[0] == count[1] and count[0].total() > 400


def test_frames_are_those_of_the_files(stage, captures, whole):
    """A frame that the result names in a file has the same time there."""
    times = {}
    for number, path in enumerate(captures):
        output = stage.run("tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.number", "-e", "frame.time_epoch").stdout
        for line in output.splitlines():
            frame, epoch = line.split("\t")
            times[number, int(frame)] = float(epoch)
    names = [name for column in tables.PACKETS.columns for name in
             ([column.name, f"{column.name}_file"] if column.kind == tables.FRAME else [column.name])]
    rows = [dict(zip(["row", *names], row)) for row in whole["packets"]]
    assert len(rows) > 200
    for row in rows:
        assert times[row["frame_file"], row["frame"]] == pytest.approx(row["epoch"], abs=1e-6)


def test_a_worker_that_dies_changes_nothing(scale, cluster, captures, whole, stage):
    """It dies while it works; another one takes its place."""
    result = stage.folder / "work" / "killed.db"
    run = stage.start(sys.executable, stage.folder / "scale" / "ipsec-scale", "run", *captures, "-o", result, "--shards", "7",
                      "--folder", stage.folder / "work" / "killed", "--scheduler", cluster.address,
                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while not list((stage.folder / "work" / "killed").glob("lines-*")):
        assert time.monotonic() < end and run.poll() is None
        time.sleep(0.02)
    cluster.kill(cluster.workers.pop())
    cluster.workers.append(cluster.start_worker())
    assert run.wait(timeout=120) == 0, run.stderr.read()
    assert dump(sqlite3.connect(result)) == whole


def test_a_run_goes_on_where_it_was_stopped(scale, captures, whole, stage):
    folder = stage.folder / "work" / "kept"
    scale("first", captures[:-2], "--shards", "7", "--folder", folder)
    made = {path: path.stat().st_mtime_ns for path in folder.iterdir() if path.name.startswith("parts-")}
    assert len(made) == len(captures) - 2
    assert dump(scale("second", captures, "--shards", "7", "--folder", folder)[0]) == whole
    assert {path: path.stat().st_mtime_ns for path in made} == made


# --- what goes wrong -------------------------------------------------------------------------------------------------

def test_bad_files_are_named_and_the_rest_goes_on(scale, captures, stage):
    folder = stage.folder / "work"
    bad, cut, missing = folder / "bad.pcap", folder / "cut.pcap", folder / "missing.pcap"
    stage.run("sh", "-c", f"echo root:x:0:0 >{bad}; head -c 3000 {stage.folder / 'captures' / 'faults.pcap'} >{cut}")
    database, said = scale("bad", [captures[0], bad, cut, missing], status=1)
    problems = dict(database.execute("SELECT what, text FROM problems"))
    assert set(problems) == {str(path) for path in (bad, cut, missing)}
    assert "isn't a capture file" in problems[str(bad)] and "No such file" in problems[str(missing)]
    assert problems[str(cut)].startswith("ends early, after ")
    assert all(f"{path}: " in said for path in problems)
    kept = dict(database.execute("SELECT path, kept FROM files"))
    assert kept[str(captures[0])] > 0 and kept[str(cut)] > 0 and kept[str(bad)] is None
    assert not list(folder.glob("ipsec-scale-*")), "the folder between is left behind"


def test_queries(scale, captures, stage):
    scale("asked", captures, "--shards", "7")
    result = stage.folder / "work" / "asked.db"
    for name, (_, sql) in tables.QUERIES.items():
        done = stage.scale("query", result, name, *(["esp.below_floor"] * sql.count("?")))
        assert done.returncode == 0 and (len(done.stdout.splitlines()) > 1 or name in ("moved", "windows")), name
    assert stage.scale("query", result, "packets").returncode == 2
    assert stage.scale("query", stage.folder / "none.db", "findings").returncode == 2


# --- the parts -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("schema, table", [("ipsec-sa", tables.SAS), ("ipsec-findings", tables.PACKETS)])
def test_each_member_has_a_column(schema, table):
    members = set(json.loads((SCHEMAS / f"{schema}.schema.json").read_text())["properties"])
    own = {column.member or column.name for column in table.columns} | {part.member for part in tables.PARTS}
    assert members - own == ({"index"} if table is tables.SAS else set())


def test_the_order_is_that_of_mergecap(tmp_path):
    """With equal times, and with files that are not in order themselves. The length of a packet is its number."""
    files = {"a": [(5, 1), (3, 2), (9, 3), (9, 4)], "b": [(5, 7), (6, 8)], "c": [(2, 20), (9, 21), (5, 22)]}
    for name, packets in files.items():
        (tmp_path / name).write_bytes(b"".join(struct.pack("<qI", *packet) for packet in packets))
        header = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
        (tmp_path / f"{name}.pcap").write_bytes(header + b"".join(
            struct.pack("<IIII", time, 0, length, length) + bytes(length) for time, length in packets))
    subprocess.run(["mergecap", "-w", tmp_path / "all.pcapng", *(tmp_path / f"{name}.pcap" for name in files)], check=True)
    lengths = subprocess.run(["tshark", "-r", tmp_path / "all.pcapng", "-T", "fields", "-e", "frame.len"], check=True,
                             capture_output=True, text=True).stdout.split()
    order = merged.in_order([(number, tmp_path / name) for number, name in enumerate(files)])
    assert [frame for _, frame in order] == list(map(int, lengths))


def test_sas_that_come_from_several_hosts_are_shown(scale, stage):
    """Such SAs are the only thing that dividing by hosts separates."""
    sample = stage.folder / "captures" / "faults_sequence.pcap"
    one, many = (dump(scale(f"moved-{shards}", [sample], "--shards", shards)[0]) for shards in (1, 7))
    assert len(many["sas"]) > len(one["sas"])
    told = stage.scale("query", stage.folder / "work" / "moved-7.db", "moved").stdout.splitlines()[1:]
    assert sum(int(line.split("\t")[3]) - 1 for line in told) >= len(many["sas"]) - len(one["sas"])


@pytest.mark.parametrize("words", [["-n", "0"], ["-n", "513"], []])
def test_splitter_refuses(stage, words):
    capture = stage.folder / "captures" / "faults.pcap"
    assert stage.run("ipsec-split", *words, capture).returncode == 2


def test_splitter_keeps_interfaces_and_nanoseconds(stage):
    """Each part has all interfaces with their numbers, whether they are described at the beginning or later."""
    work, samples = stage.folder / "work", stage.folder / "captures"
    fine, capture, folder = work / "fine.pcap", work / "interfaces.pcapng", work / "interfaces"
    octets = (samples / "clean_natt.pcap").read_bytes()
    stage.run("sh", "-c", f"touch {fine}; chmod 666 {fine}; mkdir {folder}")
    fine.write_bytes(struct.pack("<I", 0xa1b23c4d) + octets[4:])    # microseconds become nanoseconds
    stage.run("mergecap", "-I", "none", "-a", "-w", capture, samples / "clean_esp.pcap", fine)
    fields = ["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.interface_id", "-e", "frame.len"]
    assert stage.run("ipsec-split", "--all", "-n", "3", "-o", folder, capture).returncode == 0
    parts = sorted(folder.glob("*.pcapng"))
    rows = [line for part in parts for line in stage.run("tshark", "-r", part, *fields).stdout.splitlines()]
    assert sorted(rows) == sorted(stage.run("tshark", "-r", capture, *fields).stdout.splitlines())
    assert len(parts) > 1
    assert {row.split("\t")[1] for row in rows} == {"0", "1"}
    assert any(not row.split("\t")[0].endswith("000") for row in rows)
