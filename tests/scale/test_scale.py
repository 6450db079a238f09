"""ipsec-scale gives the same result as one tshark over all captures, however they are cut, split and distributed.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import gzip
import json
import os
import re
import signal
import sqlite3
import struct
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "plugin" / "scale"))

from ipsec_scale import collect, merged, placed, tables, work  # noqa: E402

SAMPLES = ("benign", "fragments", "faults", "faults_natt", "clean_esp", "icmp", "ike", "offload")
# Each run starts a tshark per shard with packets, so ctest only uses the first number.
SHARDS = [int(number) for number in os.environ.get("IPSEC_SCALE_SHARDS", "7 2 32").split()]
PAGE = (Path(__file__).resolve().parents[2] / "plugin" / "SCALE.md").read_text()
SCHEMAS = Path(__file__).resolve().parents[2] / "plugin" / "schema"


def write_pcap(stage, path, packets, link=101):
    """`packets`: (microseconds, octets). The user of the stage can read the file."""
    header = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, link)
    stage.run("sh", "-c", f"umask 0; touch {path}")
    path.write_bytes(header + b"".join(struct.pack("<IIII", time // 10**6, time % 10**6, len(octets), len(octets)) + octets
                                       for time, octets in packets))
    return path


def read_pcap(path):
    octets, at, packets = path.read_bytes(), 24, []
    while at < len(octets):
        seconds, rest, length, _ = struct.unpack_from("<IIII", octets, at)
        packets.append((seconds * 10**6 + rest, octets[at + 16:at + 16 + length]))
        at += 16 + length
    return packets


def disordered(stage, folder):
    """Two files in which every other packet is too early, as from a network card with several queues."""
    source = stage.folder / "captures" / "clean_ipv6.pcap"
    link = struct.unpack_from("<I", source.read_bytes(), 20)[0]
    files = read_pcap(source)[0::2], read_pcap(source)[1::2]
    for packets in files:
        for at in range(0, len(packets) - 1, 2):
            packets[at:at + 2] = reversed(packets[at:at + 2])
    return [write_pcap(stage, folder / f"disordered-{number}.pcap", packets, link) for number, packets in enumerate(files)]


def without_moved(stage, folder):
    """The rekeys and replays of a sample, without SAs whose packets come from several hosts."""
    sample, sources = stage.folder / "captures" / "faults_sequence.pcap", collections.defaultdict(set)
    fields = [word for name in ("ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "ipsec.spi") for word in ("-e", name)]
    told = [line.split("\t") for line in stage.run("tshark", "-n", "-r", sample, "-T", "fields", *fields).stdout.splitlines()]
    for source, source6, *what in told:
        sources[tuple(what)].add(source or source6)
    kept = [packet for packet, (_, _, *what) in zip(read_pcap(sample), told) if len(sources[tuple(what)]) == 1]
    return write_pcap(stage, folder / "sequence.pcap", kept, struct.unpack_from("<I", sample.read_bytes(), 20)[0])


@pytest.fixture(scope="session")
def captures(stage):
    """The samples, each cut in two at a different place; one half is compressed, because that is how captures are kept."""
    folder, made = stage.folder / "work" / "cut", []
    assert stage.run("mkdir", folder).returncode == 0
    sources = [stage.folder / "captures" / f"{name}.pcap" for name in SAMPLES] + [without_moved(stage, folder)]
    for number, (name, source) in enumerate(zip((*SAMPLES, "sequence"), sources)):
        parts = [folder / f"{name}-{half}.pcapng" for half in (1, 2)]
        cut = 10 + 3 * number
        stage.run("editcap", "-r", source, parts[0], f"1-{cut}")
        stage.run("editcap", source, parts[1], f"1-{cut}")
        stage.run("gzip", parts[1])
        made += [parts[0], parts[1].with_name(parts[1].name + ".gz")]
    made += disordered(stage, folder)
    assert all(path.exists() for path in made)
    return made


@pytest.fixture(scope="session")
def scale(stage, cluster):
    """Runs the command on the cluster; returns the result and the messages."""
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
    assert len(whole["files"]) == 2 * len(SAMPLES) + 4 and not whole["problems"] and not whole["limits"]
    rows = {table: [dict(zip(names_of(table), row)) for row in whole[table.name]] for table in (tables.SAS, tables.PACKETS)}
    assert any(sa["successor"] for sa in rows[tables.SAS]), "no rekey"
    assert any(sa["encapsulation"] == "UDP" for sa in rows[tables.SAS]), "no NAT"
    assert any(packet["icmp_quoted_frame"] for packet in rows[tables.PACKETS]), "no ICMP"
    assert any(packet["seq_first_seen_file"] not in (None, packet["frame_file"]) for packet in rows[tables.PACKETS]), \
        "no replay across the border of two files"


def names_of(table):
    return ["row", *(name for column in table.columns for name in
                     ([column.name, f"{column.name}_file"] if column.kind == tables.FRAME else [column.name]))]


# --- exact -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("shards", SHARDS)
def test_shards_change_nothing(scale, captures, whole, shards):
    assert dump(scale(f"shards-{shards}", captures, "--shards", shards)[0]) == whole


def test_one_tshark_over_everything_says_the_same(stage, captures, packets, whole):
    """Row by row, from its lines alone. Packets are matched by what tshark shows of the merged file and of its sources."""
    folder = stage.folder / "work" / "plain"
    everything, lines = folder / "everything.pcapng", folder / "lines"
    stage.run("mkdir", folder)
    stage.run("mergecap", "-I", "any", "-w", folder / "merged.pcapng", *captures)
    stage.run("reordercap", folder / "merged.pcapng", everything)
    taps = [word for table in tables.LINES for word in ("-z", table.tap)]
    printed = stage.run("tshark", "-q", "-n", "-r", everything, *work.OPTIONS, *taps).stdout
    places = places_of(stage, everything, packets)
    stage.run("touch", lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merged, "in_order", lambda _: places)
        (folder / "printed").write_text(printed)
        placed.place(folder / "printed", lines, ())
    database, between = collect.open_new(folder / "plain.db")
    collect.fill(database, [collect.Shard(0, lines, tuple(range(len(captures))))])
    same = ("sas", "packets", "findings", "ike", "advice")
    rows = dump(database)
    assert {name: rows[name] for name in same} == {name: whole[name] for name in same}
    database.close()


FIELDS = ["-o", "ip.defragment:false", "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.number"]


@pytest.fixture(scope="session")
def packets(stage, captures):
    """(time, length, frame) of each packet as text, by file."""
    return [[line.split("\t") for line in stage.run("tshark", "-n", "-r", path, *FIELDS).stdout.splitlines()] for path in captures]


def places_of(stage, everything, packets):
    """File and frame number of each packet of the merged file. Packets of equal time and length are told apart by their
    order: mergecap takes those of the last file first."""
    seen = collections.defaultdict(list)
    for number, of_file in reversed(list(enumerate(packets))):
        for time_of, length, frame in of_file:
            seen[time_of, length].append((number, int(frame)))
    files, frames = [], []
    for line in stage.run("tshark", "-n", "-r", everything, *FIELDS).stdout.splitlines():
        number, frame = seen[tuple(line.split("\t")[:2])].pop(0)
        files.append(number)
        frames.append(frame)
    return files, frames


def test_frames_are_those_of_the_files(packets, whole):
    """A frame that the result names in a file has the same time there."""
    times = {(number, int(frame)): float(time_of) for number, of_file in enumerate(packets) for time_of, _, frame in of_file}
    rows = [dict(zip(names_of(tables.PACKETS), row)) for row in whole["packets"]]
    assert len(rows) > 200
    for row in rows:
        assert times[row["frame_file"], row["frame"]] == pytest.approx(row["epoch"], abs=1e-6)


def test_a_worker_that_dies_changes_nothing(scale, cluster, captures, whole, stage):
    """It dies while it works, and another one replaces it."""
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
    bad, cut, missing, pipe = (folder / name for name in ("bad.pcap", "cut.pcap", "missing.pcap", "pipe.pcap"))
    stage.run("sh", "-c", f"echo root:x:0:0 >{bad}; head -c 3000 {stage.folder / 'captures' / 'faults.pcap'} >{cut}; "
              f"mkfifo {pipe}")
    database, said = scale("bad", [captures[0], bad, cut, missing, pipe], status=1)
    problems = dict(database.execute("SELECT what, text FROM problems"))
    assert set(problems) == {str(path) for path in (bad, cut, missing, pipe)}
    assert "isn't a capture file" in problems[str(bad)] and "No such file" in problems[str(missing)]
    assert problems[str(cut)].startswith("ends early, after ") and problems[str(pipe)] == "not a regular file"
    assert all(f"{path}: " in said for path in problems)
    kept = dict(database.execute("SELECT path, kept FROM files"))
    assert kept[str(captures[0])] > 0 and kept[str(cut)] > 0 and kept[str(bad)] is None
    assert not list(folder.glob("ipsec-scale-*")), "the temporary folder was left behind"


@pytest.mark.usefixtures("whole")
def test_queries(captures, stage):
    result = stage.folder / "work" / "whole.db"
    for name, (_, sql) in tables.QUERIES.items():
        done = stage.scale("query", result, name, *(["esp.below_floor"] * sql.count("?")))
        assert done.returncode == 0 and (len(done.stdout.splitlines()) > 1 or name in ("moved", "limits")), (name, done.stderr)
    assert stage.scale("query", result, "packets").returncode == 2
    assert stage.scale("query", stage.folder / "none.db", "findings").returncode == 2
    assert "not a database" in stage.scale("query", captures[0], "findings").stderr


@pytest.mark.parametrize("words", [("-o", "/nowhere/result.db"), ("-o", "result.db", "--shards", "513"),
                                   ("-o", "result.db", "--shards", "0"), ("-o", "result.db", "--workers", "0"), ()])
def test_what_cannot_be_done_is_refused_at_once(stage, words):
    done = stage.scale("run", stage.folder / "captures" / "faults.pcap", *words)
    assert done.returncode == 2 and "Traceback" not in done.stderr and done.stderr


def test_missing_dask_is_told(stage):
    code = ("import sys; sys.modules['distributed'] = None; sys.path.insert(0, sys.argv[1])\n"
            "from ipsec_scale.__main__ import main; sys.exit(main(sys.argv[2:]))")
    done = stage.run(sys.executable, "-c", code, stage.folder / "scale", "run", stage.folder / "captures" / "faults.pcap",
                     "-o", stage.folder / "work" / "none.db")
    assert done.returncode == 2 and "python3-distributed" in done.stderr and "Traceback" not in done.stderr



def esp(source, destination, spi, sequence):
    """An IPv4 packet with ESP of 36 octets."""
    addresses = bytes((10, 0, 0, source, 10, 0, 0, destination))
    return struct.pack(">BBHHHBBH", 0x45, 0, 56, sequence & 0xffff, 0, 64, 50, 0) + addresses + \
        struct.pack(">II", spi, sequence) + struct.pack(">I", sequence * 2654435761 % 2**32) * 7


def test_a_limit_that_was_reached_is_named(scale, stage):
    """A replay of a packet that one tshark has forgotten, because other hosts sent so many. Without those it has not."""
    quiet, busy = (1, 2), (5, 6)
    packets = [esp(*quiet, 0x1000, number) for number in (1, 2, 3)]
    packets += [esp(*busy, 0x2000, number) for number in range(1, 8193)] + [esp(*quiet, 0x1000, 1)]
    capture = write_pcap(stage, stage.folder / "work" / "busy.pcap",
                         [(1000 * number, packet) for number, packet in enumerate(packets)])
    for shards, reached in ((1, [(0, "last_packets")]), (7, [])):
        database, said = scale(f"busy-{shards}", [capture], "--shards", shards)
        assert database.execute("SELECT count(*) FROM sas").fetchone() == (2,)
        assert database.execute("SELECT shard, name FROM limits").fetchall() == reached
        assert ("limit last_packets was reached in 1 of " in said) == bool(reached)
        first = database.execute("SELECT seq_first_seen FROM packets WHERE source = '10.0.0.1'").fetchall()
        assert first == [(None if reached else 1,)]


def test_the_folder_is_left_clean(scale, stage, cluster, captures):
    """Unfinished work is removed, and a second run at the same time is refused."""
    engine, folder = pytest.importorskip("ipsec_scale.engine"), stage.folder / "work" / "owned"
    stage.run("mkdir", "-p", folder / f"{work.UNFINISHED}before")
    scale("owned", captures[:2], "--folder", folder)
    assert not list(folder.glob(f"{work.UNFINISHED}*")) and list(folder.glob("parts-*"))
    with engine.owned(folder):
        done = stage.scale("run", captures[0], "-o", folder / "result.db", "--folder", folder, "--scheduler", cluster.address)
        assert done.returncode == 2 and "in use by another run" in done.stderr


@pytest.mark.skipif(len(SHARDS) == 1, reason="takes long")
def test_a_run_that_is_told_to_end_leaves_nothing(stage, cluster, captures):
    place = stage.folder / "work" / "ended"
    stage.run("mkdir", place)
    run = stage.start(sys.executable, stage.folder / "scale" / "ipsec-scale", "run", *captures, "-o", place / "result.db",
                      "--scheduler", cluster.address, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while not list(place.glob("ipsec-scale-*/parts-*")):
        assert time.monotonic() < end and run.poll() is None
        time.sleep(0.01)
    run.terminate()
    assert run.wait(timeout=60) == 128 + 15
    assert not list(place.iterdir())


def test_tables_are_exported(scale, captures, stage):
    folder = stage.folder / "work" / "exported"
    database, _ = scale("exported", captures[-2:], "--shards", "2", "--json", folder)
    rows = dump(database)
    assert {path.name for path in folder.iterdir()} == {f"{name}.jsonl" for name in rows}
    for name, values in rows.items():
        lines = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]
        assert [list(line.values()) for line in lines] == [[value for value in row if value is not None] for row in values]


def test_progress(capsys, monkeypatch):
    engine = pytest.importorskip("ipsec_scale.engine")
    now = iter((100.0, 104.0, 110.0, 120.0))
    monkeypatch.setattr(engine.time, "monotonic", lambda: next(now))
    progress = engine.Progress("splitting", 4000, "octets")
    for amount in (500, 1500):
        progress.add(amount)
    progress.end(40)
    assert capsys.readouterr().err.splitlines() == [
        "ipsec-scale: splitting: 50 %, 200 octets per second, 10 s left",
        "ipsec-scale: splitting: 40 packets in 20.0 s, 2 per second"]


def test_space(tmp_path):
    """Compressed files count with their full size, and files that were already split do not count."""
    engine = pytest.importorskip("ipsec_scale.engine")
    plain, packed = tmp_path / "plain.pcap", tmp_path / "packed.pcap.gz"
    plain.write_bytes(bytes(3000))
    packed.write_bytes(gzip.compress(bytes(5000)))
    run = engine.Run([plain, packed, tmp_path / "missing.pcap"], None, tmp_path, 7, False, [], "", None)
    assert engine.space_needed(run) == 1.5 * 8000
    engine.parts_of(run, plain).mkdir()
    assert engine.space_needed(run) == 1.5 * 5000
    packed.write_bytes(packed.read_bytes()[:-4] + b"\xff\xff\xff\xff")     # claims 4 GB
    assert engine.space_needed(run) == 1.5 * 1032 * packed.stat().st_size


def test_the_lines_are_made_anew_with_other_keys(tmp_path):
    engine = pytest.importorskip("ipsec_scale.engine")
    keys = tmp_path / "keys.txt"
    keys.write_text("")
    before = engine.conditions_of(["-o", f"ipsec.sa_file:{keys}"])
    assert engine.conditions_of(["-o", f"ipsec.sa_file:{keys}"]) == before
    keys.write_text("another")
    assert engine.conditions_of(["-o", f"ipsec.sa_file:{keys}"]) != before


def test_a_frame_in_an_advice_is_one_of_a_file():
    finding = {"id": "sa.deleted", "advice": "IKE deleted this SA in frame 2, so ...", "advice_frame": 2}
    line = {"frame": 3, "findings": [finding]}
    placed.place_all(line, tables.PACKETS, ([0, 4, 1], [1, 9, 5]))
    assert line == {"frame": [1, 5], "findings": [{**finding, "advice": "IKE deleted this SA in frame N, so ...",
                                                    "advice_frame": [4, 9]}]}


def test_times_that_make_no_sense_harm_nobody_else(scale, stage):
    """Each packet has a finding, and its frame number as sequence number, which identifies it among many of the same time."""
    folder = stage.folder / "work"
    good = [(10**15, esp(1 + number % 7, 20, 100 + number % 7, number)) for number in range(1, 41)]
    captures = [write_pcap(stage, folder / f"times-{number}.pcap", good) for number in range(3)]
    octets = bytearray(captures[1].read_bytes())
    for packet, seconds, microseconds in ((3, 2**32 - 1, 0), (4, 0, 2**32 - 1), (9, 2**31, 999), (20, 0, 0)):
        struct.pack_into("<II", octets, 24 + (packet - 1) * (16 + 56), seconds, microseconds)
    captures[1].write_bytes(octets)
    one, many = (dump(scale(f"times-{shards}", captures, "--shards", shards)[0]) for shards in (1, 7))
    assert one == many
    rows = [dict(zip(names_of(tables.PACKETS), row)) for row in one["packets"]]
    assert len(rows) == 3 * 40 and all(row["seq"] == row["frame"] for row in rows)


# --- the page --------------------------------------------------------------------------------------------------------

def run_line(stage, line):
    done = stage.run("sh", "-c", line.replace("/srv/", f"{stage.folder / 'work'}/srv/"))
    assert done.returncode == 0, f"{line}: {done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def taps(stage, captures):
    """Captures where the page has them."""
    folder = stage.folder / "work" / "srv" / "taps"
    packed = " ".join(str(path) for path in captures if path.suffix == ".gz")
    stage.run("sh", "-c", f"mkdir -p {folder}; cp {packed} {folder}")


@pytest.mark.skipif(len(SHARDS) == 1, reason="takes long")
def test_examples(stage, taps):
    """As written on the page, except that /srv is elsewhere."""
    lines = re.findall(r"^    (ipsec-scale .*)$", PAGE, re.MULTILINE)
    assert len(lines) > 8 and all(f"query result.db {name}" in PAGE for name in ("moved", "points", "limits"))
    for line in lines:
        run_line(stage, line)
    assert (stage.folder / "work" / "exported" / "findings.jsonl").read_text()


@pytest.mark.skipif(len(SHARDS) == 1, reason="takes long")
def test_three_machines(stage, taps):
    """This machine plays all three, with one worker instead of eight."""
    lines, started = re.findall(r"^    (?:one|two|three)\$ (.*)$", PAGE, re.MULTILINE), []
    assert len(lines) == 5
    lines = [line.replace("tcp://one:8786", "tcp://127.0.0.1:18786").replace("--nworkers 8", "--nworkers 1") for line in lines]
    lines[0] += " --host 127.0.0.1 --port 18786"
    try:
        for line in lines[:-1]:
            started.append(stage.start("sh", "-c", f"exec {line} --no-dashboard", start_new_session=True,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        run_line(stage, "rm -f result.db; mkdir -p /srv/work; " + lines[-1])
        assert sqlite3.connect(stage.folder / "work" / "result.db").execute("SELECT count(*) FROM sas").fetchone()[0] > 50
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_the_page_names_all(whole):
    for name in (*whole, *tables.QUERIES):
        assert f"`{name}`" in PAGE or f"result.db {name}" in PAGE or name in ("findings", "advice"), name


def test_a_table_is_one_definition(tmp_path, monkeypatch):
    """The definition on the page works as it is."""
    source, marker = Path(tables.__file__).read_text(), "# All of them.\n"
    assert marker in source
    changed = types.ModuleType("tables")
    definition = re.search(r"^    (LOG = .*)$", PAGE, re.MULTILINE)[1]
    exec(source.replace(marker, f"{definition}\n{marker}"), changed.__dict__)  # pylint: disable=exec-used
    for module in (collect, placed):
        monkeypatch.setattr(module, "tables", changed)
    monkeypatch.setattr(merged, "in_order", lambda _: ([1, 0], [70, 60]))
    (tmp_path / "printed").write_text('{"event": "up", "frame": 1}\n{"event": "down", "frame": 2}\n')
    placed.place(tmp_path / "printed", tmp_path / "lines", ())
    database, _ = collect.open_new(tmp_path / "result.db")
    collect.fill(database, [collect.Shard(0, tmp_path / "lines", (5, 6))])
    assert database.execute("SELECT * FROM log").fetchall() == [(1, 60, 5, "down"), (2, 70, 6, "up")]


# --- the parts -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("schema, table", [("ipsec-sa", tables.SAS), ("ipsec-findings", tables.PACKETS),
                                           ("ipsec-limits", tables.LIMITS)])
def test_each_member_has_a_column(schema, table):
    members = json.loads((SCHEMAS / f"{schema}.schema.json").read_text())["properties"]
    own = {column.member or column.name for column in table.columns} | {part.member for part in tables.PARTS}
    assert set(members) - own == ({"index"} if table is tables.SAS else set())
    for part in tables.PARTS:
        if part.member in members:
            held = {column.name for column in (*part.columns, *(tables.ADVICE.columns if part is tables.FINDINGS else ()))}
            assert set(members[part.member]["items"]["properties"]) == held


def test_the_order_is_that_of_mergecap(tmp_path):
    """Even with equal times, and with unsorted files. The length of a packet identifies it."""
    files = {"a": [(5, 1), (3, 2), (9, 3), (9, 4)], "b": [(5, 7), (6, 8)], "c": [(2, 20), (9, 21), (5, 22)]}
    for name, packets in files.items():
        (tmp_path / name).write_bytes(b"".join(struct.pack("<qI", *packet) for packet in packets))
        header = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
        (tmp_path / f"{name}.pcap").write_bytes(header + b"".join(
            struct.pack("<IIII", time, 0, length, length) + bytes(length) for time, length in packets))
    between = tmp_path / "between"
    between.mkdir()
    parts = [work.sorted_part(tmp_path / f"{name}.pcap", tmp_path / name, between) for name in files]
    assert [part.parent == between for part in parts] == [True, False, True]
    with open(tmp_path / "all.pcapng", "wb") as merging:
        assert work.merge(parts, merging, between).wait() == 0
    lengths = subprocess.run(["tshark", "-r", tmp_path / "all.pcapng", "-T", "fields", "-e", "frame.len"], check=True,
                             capture_output=True, text=True).stdout.split()
    numbers, order = merged.in_order([tmp_path / name for name in files])
    assert list(order) == list(map(int, lengths)) == [20, 2, 22, 7, 1, 8, 21, 3, 4]
    assert "".join(list(files)[number] for number in numbers) == "cacbabcaa"


def test_sas_that_come_from_several_hosts_are_shown(scale, stage):
    """Such SAs are the only ones that are split across shards."""
    sample = stage.folder / "captures" / "faults_sequence.pcap"
    one, many = (dump(scale(f"moved-{shards}", [sample], "--shards", shards)[0]) for shards in (1, 7))
    assert len(many["sas"]) > len(one["sas"])
    told = stage.scale("query", stage.folder / "work" / "moved-7.db", "moved").stdout.splitlines()[1:]
    assert sum(int(line.split("\t")[3]) - 1 for line in told) >= len(many["sas"]) - len(one["sas"])


@pytest.mark.parametrize("words", [["-n", "0"], ["-n", "513"], []])
def test_splitter_refuses(stage, words):
    capture = stage.folder / "captures" / "faults.pcap"
    assert stage.run("ipsec-split", *words, capture).returncode == 2


def test_splitter_opens_more_files_than_a_shell_allows(stage):
    folder = stage.folder / "work" / "files"
    capture = write_pcap(stage, stage.folder / "work" / "files.pcap", [(number, esp(number, 0, 256, 1)) for number in range(200)])
    stage.run("mkdir", folder)
    done = stage.run("sh", "-c", f"ulimit -Sn 64; exec ipsec-split -n 512 -o {folder} {capture}")
    assert done.returncode == 0, done.stderr
    assert len(list(folder.glob("*.pcapng"))) > 64


def test_splitter_keeps_interfaces_and_nanoseconds(stage):
    """Each part has all interfaces with their numbers, whether they are described at the beginning or later."""
    work, samples = stage.folder / "work", stage.folder / "captures"
    fine, capture, folder = work / "fine.pcap", work / "interfaces.pcapng", work / "interfaces"
    octets = (samples / "clean_natt.pcap").read_bytes()
    stage.run("sh", "-c", f"touch {fine}; chmod 666 {fine}; mkdir {folder}")
    fine.write_bytes(struct.pack("<I", 0xa1b23c4d) + octets[4:])    # this magic number turns microseconds into nanoseconds
    stage.run("mergecap", "-I", "none", "-a", "-w", capture, samples / "clean_esp.pcap", fine)
    fields = ["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.interface_id", "-e", "frame.len"]
    assert stage.run("ipsec-split", "--all", "-n", "3", "-o", folder, capture).returncode == 0
    parts = sorted(folder.glob("*.pcapng"))
    rows = [line for part in parts for line in stage.run("tshark", "-r", part, *fields).stdout.splitlines()]
    assert sorted(rows) == sorted(stage.run("tshark", "-r", capture, *fields).stdout.splitlines())
    assert len(parts) > 1
    assert {row.split("\t")[1] for row in rows} == {"0", "1"}
    assert any(not row.split("\t")[0].endswith("000") for row in rows)
