"""Statistics: what -z says about SAs and findings is the sum of the fields of the packets, on any pass.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

import pytest

import pcap
from samples.packets import ESP, esp, ethernet, ipv4
from tshark_runner import KEYS, LATER, VERDICTS, field_options, parse_rows

SCHEMAS = Path(__file__).resolve().parents[2] / "plugin" / "schema"
CORE = SCHEMAS.parent / "core"
SA, FINDINGS = "ipsec,sa,json", "ipsec,findings,json"
NAME = "faults_sequence"

# Totals of an SA that a later pass shows, in addition to what its packets show.
TOTALS = ("ipsec.sa.reverse", "ipsec.sa.successor", "ipsec.sa.packets", "ipsec.sa.octets", "ipsec.sa.lost")
FIELDS = ("frame.number", "ipsec.sa", "ipsec.verdict", "ipsec.protocol", "ipsec.spi", "ipsec.encapsulation", "ipsec.finding",
          "ipsec.seq", "ipsec.seq.lag", "ipsec.icv.status", "ipsec.windows.error", "ipsec.linux.counter", "frame.protocols",
          *TOTALS)

# Frames with a header after one of ICMP, as a regular expression of Python and as a filter.
QUOTE = "icmp.*:(esp|ah)"


# Under sanitizers everything takes several times as long, and these cover no code that the others do not.
compares = pytest.mark.skipif(bool(os.environ.get("IPSEC_PRELOAD")), reason="only compares")


def statistics(tshark, capture, *wanted, options=()):
    """What tshark prints for the options -z."""
    arguments = [word for name in wanted for word in ("-z", name)]
    return tshark.run("-q", "-r", tshark.stage(capture), *tshark.options(capture), *options, *arguments).stdout


def objects(tshark, capture, wanted, options=()):
    return [json.loads(line) for line in statistics(tshark, capture, wanted, options=options).splitlines()]


def tree_of(text):
    """{path: count} of a statistics tree, with the indented names of a path joined by slashes."""
    found, path = {}, []
    for line in text.splitlines():
        match = re.match(r"( *)(\S.*?) {2,}(\d+) ", line)
        if match:
            depth = len(match[1])
            path = path[:depth] + [match[2]]
            found["/".join(path)] = int(match[3])
    return found


def is_quote(row):
    """A frame whose headers are quoted by an ICMP error."""
    return bool(re.search(QUOTE, row["frame.protocols"][0]))


@pytest.fixture(scope="module")
def rows(tshark, everything):
    """The fields of each header, as a second pass has them."""
    output = tshark.read(everything, *tshark.options(everything), "-2", *field_options(FIELDS))
    found = parse_rows(output, FIELDS)
    assert any(is_quote(row) and row["ipsec.verdict"] for row in found.values()), "no header is quoted"
    return found


@pytest.fixture(scope="module")
def told(tshark, everything):
    """What the first pass prints: a statistics tree in front of the lines of both kinds."""
    output = statistics(tshark, everything, "ipsec,tree", SA, FINDINGS)
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    sas, findings = [line for line in lines if "index" in line], [line for line in lines if "frame" in line]
    return {"tree": tree_of(output), SA: sas, FINDINGS: findings}


@pytest.fixture(scope="module")
def sequence(tshark):
    """The SAs of one capture, as objects, and the table of the same run."""
    output = statistics(tshark, NAME, "ipsec,sa", SA)
    return ([json.loads(line) for line in output.splitlines() if line.startswith("{")],
            [line for line in output.splitlines() if not line.startswith("{")])


# --- sums ---------------------------------------------------------------------------------------------

def test_each_sa_has_a_row_in_the_order_of_first_packets(told, rows):
    packets, first, last = Counter(), {}, {}
    for number, row in rows.items():
        for sa in map(int, row["ipsec.sa"]):
            packets[sa] += 1
            first.setdefault(sa, number)
            last[sa] = number
    assert [sa["index"] for sa in told[SA]] == list(first)
    for sa in told[SA]:
        index = sa["index"]
        assert (sa["packets"], sa["first_frame"], sa["last_frame"]) == (packets[index], first[index], last[index])
        assert sum(sa[verdict] for verdict in VERDICTS.values()) == sa["packets"]


def test_rows_agree_with_the_totals_in_the_packets(told, rows):
    """For frames with one header, because otherwise the fields cannot be assigned to headers."""
    named, differ = {sa["index"]: sa for sa in told[SA]}, 0
    for row in rows.values():
        if len(row["ipsec.sa"]) != 1 or len(row["ipsec.verdict"]) != 1:
            continue
        sa = named[int(row["ipsec.sa"][0])]
        assert [str(sa[name]) for name in ("reverse", "successor") if sa[name] is not None] == \
            row["ipsec.sa.reverse"] + row["ipsec.sa.successor"]
        assert row["ipsec.sa.lost"] == [str(sa["lost"])]
        assert row["ipsec.spi"] == [sa["spi_hex"]] and int(sa["spi_hex"], 16) == sa["spi"]
        # Packets that turned out to be of another protocol are in the SA's totals, but not in its row.
        differ += (row["ipsec.sa.packets"], row["ipsec.sa.octets"]) != ([str(sa["packets"])], [str(sa["octets"])])
    assert differ < len(rows) / 100


def test_numbers_and_icvs_of_an_sa(told, rows):
    lag, good, bad, among_others = Counter(), Counter(), Counter(), set()
    for row in rows.values():
        if len(row["ipsec.sa"]) != 1 or len(row["ipsec.verdict"]) != 1:
            among_others.update(map(int, row["ipsec.sa"]))
            continue
        sa = int(row["ipsec.sa"][0])
        lag[sa] = max(lag[sa], *map(int, row["ipsec.seq.lag"] or [0]), 0)
        good[sa] += row["ipsec.icv.status"] == ["1"]
        bad[sa] += row["ipsec.icv.status"] == ["0"]
    assert good.total() > 500 and bad.total() > 50
    for sa in told[SA]:
        index = sa["index"]
        assert (sa["window_needed"] is None) == (sa["late"] == 0)
        assert sa["window_needed"] in (None, sa["late_by"] + 1)
        if index not in among_others:
            assert sa["late_by"] <= lag[index]
            assert (sa["icv_good"], sa["icv_bad"]) == (good[index], bad[index])


def test_each_finding_has_a_line(told, rows):
    """Except for what only a later pass can know."""
    wanted = {number: row["ipsec.finding"] for number, row in rows.items() if row["ipsec.finding"]}
    found = {}
    for line in told[FINDINGS]:
        found.setdefault(line["frame"], []).extend(finding["id"] for finding in line["findings"])
    later = {number for ids in (wanted, found) for number in ids if LATER.intersection(ids[number])}
    assert later and len(found) > 1000
    assert {number: ids for number, ids in found.items() if number not in later} == \
        {number: ids for number, ids in wanted.items() if number not in later}


def test_lines_say_what_the_fields_say(told, rows):
    for line in told[FINDINGS]:
        row = rows[line["frame"]]
        if len(row["ipsec.verdict"]) != 1 or any(one.endswith("missing_fragment") for one in row["ipsec.finding"]):
            continue
        if "ike" in line:
            assert [str(one["notify"]) for one in line["ike"] if "notify" in one] == row["ipsec.ike.notify"]
            assert [str(one["windows_error"]) for one in line["ike"] if "windows_error" in one] == \
                row["ipsec.ike.windows_error"]
            assert [str(line[name]) for name in ("ike_request",) if name in line] == row["ipsec.ike.request"]
        if "verdict" not in line:
            continue
        assert [line["verdict"]] == [VERDICTS[value] for value in row["ipsec.verdict"]]
        assert [line[name] for name in ("spi_hex",) if name in line] == row["ipsec.spi"]
        assert [str(line[name]) for name in ("seq",) if name in line] == row["ipsec.seq"]
        assert [str(line[name]) for name in ("windows_error",) if name in line] == row["ipsec.windows.error"]
        assert line.get("linux", []) == row["ipsec.linux.counter"]


def test_the_tree_counts_headers_and_findings(told, rows):
    tree, lines = told["tree"], told[FINDINGS]
    verdicts = Counter(VERDICTS[value] for row in rows.values() if not is_quote(row) for value in row["ipsec.verdict"])
    ids = Counter((finding["severity"], finding["id"]) for line in lines for finding in line["findings"])
    orphans = sum(row["ipsec.finding"] == [name] and not row["ipsec.spi"] for row in rows.values()
                  for name in ("esp.missing_fragment", "ah.missing_fragment"))
    verdicts["unchecked"] -= orphans        # fragments without a header, on later passes
    assert tree["Headers"] == verdicts.total() == sum(tree[f"Headers/{name}"] for name in ("ESP", "AH"))
    for verdict, count in verdicts.items():
        assert tree.get(f"Headers/ESP/{verdict}", 0) + tree.get(f"Headers/AH/{verdict}", 0) == count
    assert tree["Findings"] == tree["Causes"] == ids.total()
    for (severity, name), count in ids.items():
        assert tree[f"Findings/{severity}/{name}"] == count
    assert sum(tree[f"Encapsulation/{name}"] for name in ("none", "UDP")) == tree["Headers"]


def test_the_tree_counts_what_systems_report(told):
    tree, lines = told["tree"], told[FINDINGS]
    for title, member in (("Linux", "linux"), ("FreeBSD", "freebsd"), ("OpenBSD", "openbsd"), ("VPP", "vpp"),
                          ("strongSwan libipsec", "strongswan")):
        counters = Counter(counter for line in lines for counter in line.get(member, []))
        assert counters
        assert {name: tree[f"Reported by systems/{title}/{name}"] for name in counters} == dict(counters)
    errors = Counter(f"{line['windows_error']} {line['windows_name']}" for line in lines if "windows_error" in line)
    assert {name: tree[f"Reported by systems/Windows/{name}"] for name in errors} == dict(errors)


def test_two_passes_say_the_same(tshark, everything, told):
    output = statistics(tshark, everything, SA, FINDINGS, options=["-2"])
    lines = [json.loads(line) for line in output.splitlines()]
    assert [line for line in lines if "index" in line] == told[SA]
    later = {line["frame"] for line in lines if "frame" in line and
             any(finding["id"].endswith("missing_fragment") for finding in line["findings"])}
    hindsight = ("icv_status", "icv_length", "iv_length", "key_source", "icv_unverified", "pad_length", "next_header", "tfc_length")
    for one, other in zip([line for line in lines if "frame" in line and line["frame"] not in later],
                          [line for line in told[FINDINGS] if line["frame"] not in later], strict=True):
        if "key_source" not in other:       # a later pass opens packets that came before ESP-NULL was known
            one = {name: value for name, value in one.items() if name not in hindsight}
        assert one == other


# --- output formats
# -----------------------------------------------------------------------------------------------------------

def check(value, schema, where="line"):
    """The part of JSON Schema that our schemas use."""
    kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None), "array": list,
             "object": dict}
    unknown = set(schema) - {"$schema", "title", "description", "type", "enum", "pattern", "minimum", "maximum", "required",
                             "properties", "additionalProperties", "items", "minItems", "x-merge"}
    assert not unknown, unknown
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    fits = any(isinstance(value, kinds[name]) and (name == "boolean" or not isinstance(value, bool)) for name in types)
    assert fits, f"{where}: {value!r} is none of {types}"
    if value is None:
        return
    assert "enum" not in schema or value in schema["enum"], f"{where}: {value!r}"
    assert "pattern" not in schema or re.search(schema["pattern"], value), f"{where}: {value!r}"
    if isinstance(value, (int, float)):
        assert schema.get("minimum", value) <= value <= schema.get("maximum", value), f"{where}: {value!r}"
    if isinstance(value, list):
        assert len(value) >= schema.get("minItems", 0), where
        for one in value:
            check(one, schema["items"], where)
    if isinstance(value, dict):
        assert set(schema["required"]) <= set(value) <= set(schema["properties"]), f"{where}: {sorted(value)}"
        for name, one in value.items():
            check(one, schema["properties"][name], f"{where}.{name}")


# Members that may be null, but are not in any of the samples.
ALWAYS_THERE = {"time", "epoch", "first_time", "last_time", "first_epoch", "last_epoch", "source", "destination"}


@pytest.mark.parametrize("wanted, file", [(SA, "ipsec-sa.schema.json"), (FINDINGS, "ipsec-findings.schema.json")])
def test_lines_are_as_their_schema_says(told, wanted, file):
    schema = json.loads((SCHEMAS / file).read_text())
    for line in told[wanted]:
        check(line, schema)
    met = {name for line in told[wanted] for name in line}
    assert met == set(schema["properties"]), "a member that no line has"
    assert {name for line in told[wanted] for name, value in line.items() if value is None} == \
        {name for name, one in schema["properties"].items() if "null" in one["type"]} - ALWAYS_THERE


def test_a_schema_refuses_what_does_not_fit(told):
    schema = json.loads((SCHEMAS / "ipsec-sa.schema.json").read_text())
    good = told[SA][0]
    for wrong in ({"packets": "1"}, {"packets": -1}, {"packets": True}, {"protocol": "IKE"}, {"first_time": "today"},
                  {"spi": 1 << 32}, {"surprise": 1}):
        with pytest.raises(AssertionError):
            check({**good, **wrong}, schema)
    with pytest.raises(AssertionError):
        check({name: value for name, value in good.items() if name != "lost"}, schema)


def test_times(sequence):
    for sa in sequence[0]:
        for end in ("first", "last"):
            moment = datetime.strptime(sa[f"{end}_time"][:26], "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=timezone.utc)
            assert abs(moment.timestamp() - sa[f"{end}_epoch"]) < 1e-5


def test_limits_are_named_when_they_are_reached(tshark, tmp_path):
    """A replay of a packet that is no longer remembered, and of one that is."""
    schema = json.loads((SCHEMAS / "ipsec-limits.schema.json").read_text())
    frames = [ethernet(ipv4(1, ESP, esp(60, 0xC0000001, number))) for number in range(1, 8193)]
    for number, limits in ((8000, []), (1, ["last_packets"])):
        path = tshark.share("replay.pcap", "")
        path.write_bytes(pcap.write_frames(tmp_path / "replay.pcap", [*frames, frames[number - 1]]).read_bytes())
        lines = [json.loads(line) for line in tshark.run("-q", "-r", path, "-z", "ipsec,limits,json").stdout.splitlines()]
        assert [line["limit"] for line in lines] == limits
        for line in lines:
            check(line, schema)
    defined = re.findall(r'^LIMIT\(\w+, "(\w+)"', (CORE / "base" / "limits.def").read_text(), re.MULTILINE)
    assert schema["properties"]["limit"]["enum"] == defined


def test_times_that_nobody_has(tshark, tmp_path):
    """A pcapng file can hold such times."""
    frame = ethernet(ipv4(1, ESP, esp(60, 0xC0000001, 1)))
    source = pcap.write_frames(tmp_path / "now.pcap", [frame])
    late = tshark.share("late.pcapng", "")
    octets = subprocess.run(["editcap", "-F", "pcapng", "-t", "300000000000", source, "-"], check=True, capture_output=True)
    late.write_bytes(octets.stdout)
    (line,) = [json.loads(line) for line in
               tshark.run("-q", "-r", late, "-z", SA).stdout.splitlines()]
    check(line, json.loads((SCHEMAS / "ipsec-sa.schema.json").read_text()))
    assert line["packets"] == 1
    assert [line[name] for name in ("first_time", "last_time", "first_epoch", "last_epoch")] == [None] * 4
    assert tshark.run("-q", "-r", late, "-z", "ipsec,sa").stdout.count("0xc0000001") == 1


def test_the_table_has_the_same_values(sequence):
    sas, (header, *lines) = sequence[0], sequence[1][3:-1]
    names = re.findall(r"\S+(?: \S+)*", header)
    assert len(lines) == len(sas) > 20
    for line, sa in zip(lines, sas):
        cells = dict(zip(names, re.split(r" {2,}", line.strip())))
        assert len(cells) == len(names)
        for title, member in (("SA", "index"), ("SPI", "spi_hex"), ("Source", "source"), ("Packets", "packets"),
                              ("Octets", "octets"), ("Drop", "drop"), ("Lost", "lost"), ("Window needed", "window_needed"),
                              ("Duplicates", "duplicates"), ("Key source", "key_source")):
            assert cells[title] == ("-" if sa[member] is None else str(sa[member]))


# --- merging ---------------------------------------------------------------------------------------------------------

def merge(schema, parts):
    """Objects of one SA from files that follow each other in time."""
    rules = {"sum": sum, "min": min, "max": max, "first": lambda values: values[0], "last": lambda values: values[-1],
             "key": lambda values: values[0]}
    merged = {}
    for name, one in schema["properties"].items():
        values = [part[name] for part in parts if part[name] is not None]
        if one["x-merge"] in rules:
            merged[name] = rules[one["x-merge"]](values) if values else None
    return merged


def flow(spi, numbers):
    return [ethernet(ipv4(spi, ESP, esp(60 + 4 * (number % 9), 0xC0000000 + spi, number))) for number in numbers]


@compares
def test_files_that_were_cut_in_time_merge(tshark, tmp_path):
    numbers = [*range(1, 40), 42, 41, 40, *range(43, 120), 80, *range(120, 200)]
    frames = [frame for pair in zip(flow(1, numbers), flow(2, range(5, 5 + len(numbers)))) for frame in pair]
    schema = json.loads((SCHEMAS / "ipsec-sa.schema.json").read_text())
    stamped = pcap.read(pcap.write_frames(tmp_path / "frames.pcap", frames))
    cut = len(stamped) * 2 // 3
    whole, *parts = [objects(tshark, pcap.write(tmp_path / f"{name}.pcap", some), SA)
                     for name, some in (("whole", stamped), ("one", stamped[:cut]), ("two", stamped[cut:]))]
    assert whole[0]["late"] == 2 and whole[0]["duplicates"] == 1
    for sa in whole:
        same = [one for part in parts for one in part if one["spi"] == sa["spi"]]
        assert len(same) == 2
        merged = merge(schema, same)
        assert merged == {name: sa[name] for name in merged}


# --- what does not count ---------------------------------------------------------------------------------------------

@compares
def test_what_icmp_quotes_feeds_no_table(tshark, everything, rows):
    quoted = {number for number, row in rows.items() if is_quote(row) and row["ipsec.verdict"]}
    quotes = f'frame.protocols matches "{QUOTE}" && ipsec'
    assert quoted
    output = statistics(tshark, everything, *(f"{name},{quotes}" for name in
                                              ("ipsec,tree", SA, FINDINGS, "ipsec,sa", "conv,ipsec", "endpoints,ipsec")))
    assert tree_of(output)["Headers"] == 0
    lines = [line for line in output.splitlines() if line.startswith("{")]
    assert lines and all("icmp_error" in json.loads(line) for line in lines)    # the error itself has a line
    output = "\n".join(line for line in output.splitlines() if line not in lines)
    assert "{" not in output and "<->" not in output and "0x" not in output
    assert not re.search(r"^[0-9a-f.:]+ +\d+ +\d+", output, re.MULTILINE)


@compares
def test_a_filter_chooses(tshark, sequence):
    every = sequence[0]
    output = statistics(tshark, NAME, f"{SA},ipsec.sa == 3 || ipsec.sa == 5", f"{FINDINGS},ipsec.replay.old", "ipsec,tree,ah",
                        "ipsec,sa,ipsec.sa == 7")
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    findings = [line["findings"] for line in lines if "frame" in line]
    assert [line for line in lines if "index" in line] == [every[3], every[5]]
    assert findings and all("replay.old" in [finding["id"] for finding in found] for found in findings)
    assert tree_of(output)["Headers"] == sum(sa["packets"] for sa in every if sa["protocol"] == "AH")
    table = output[output.index("IPsec SAs"):]
    assert "Filter:ipsec.sa == 7\n" in table and re.findall(r"^ *(\d+)  (?:ESP|AH) ", table, re.MULTILINE) == ["7"]


@compares
def test_a_disabled_protocol_counts_nothing(tshark):
    output = statistics(tshark, NAME, "ipsec,tree", SA, FINDINGS, "conv,ipsec", options=["--disable-protocol", "ipsec"])
    assert tree_of(output)["Headers"] == 0 and "{" not in output and "<->" not in output


@compares
def test_a_read_filter_renumbers(tshark):
    options = ["-2", "-R", "frame.len != 94"]
    frames = tshark.read(NAME, *options, *field_options(["frame.number", "ipsec.sa"]))
    seen = {}
    for number, row in parse_rows(frames, ["frame.number", "ipsec.sa"]).items():
        for sa in row["ipsec.sa"]:
            seen.setdefault(int(sa), []).append(number)
    assert len(seen) > 2
    assert {sa["index"]: (sa["first_frame"], sa["last_frame"], sa["packets"]) for sa in objects(tshark, NAME, SA, options)} == \
        {sa: (numbers[0], numbers[-1], len(numbers)) for sa, numbers in seen.items()}


def test_a_reset_begins_new_rows(tshark, tmp_path):
    """tshark -M forgets SAs and frame numbers; earlier rows are kept."""
    frames = [frame for pair in zip(flow(1, range(1, 31)), flow(2, range(1, 31))) for frame in pair]
    path = pcap.write_frames(tmp_path / "reset.pcap", frames)
    sas = objects(tshark, path, SA, options=["-M", "20"])
    assert [sa["index"] for sa in sas] == [0, 1] * 3
    assert [sa["packets"] for sa in sas] == [10] * 6


@compares
@pytest.mark.parametrize("wanted, message", [
    ("ipsec,sa,foo bar", "Couldn't register ipsec,sa tap: Filter \"foo bar\" is invalid"),
    ("ipsec,sa,json,foo bar", "Couldn't register ipsec,sa,json tap: Filter \"foo bar\" is invalid"),
    ("ipsec,saw", 'invalid "-z ipsec,sa[,filter]" argument'),
    ("ipsec,sa,jsons", "Couldn't register ipsec,sa tap: Filter \"jsons\" is invalid"),
    ("ipsec,findings,jsons", 'invalid "-z ipsec,findings,json[,filter]" argument'),
])
def test_an_option_of_no_use(tshark, wanted, message):
    command = tshark._command(["-q", "-r", str(tshark.stage(NAME)), "-z", wanted], True)
    done = subprocess.run(command, capture_output=True, text=True, cwd=tshark.root, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(f"tshark: {message}"), done.stderr


@compares
def test_a_name_with_spaces_and_signs(tshark, sequence):
    path = tshark.crafted / "größe of 網路 'it\".pcap"
    shutil.copy(tshark.stage(NAME), path)
    done = tshark.run("-q", "-r", path, *tshark.options(NAME), "-z", SA)
    assert [json.loads(line) for line in done.stdout.splitlines()] == sequence[0]


# --- as in the GUI -------------------------------------------------------------------------------------------

@pytest.mark.skipif(not shutil.which("sharkd"), reason="no sharkd")
def test_the_tables_are_filled_again_and_again(tshark, sequence):
    """sharkd reads a file once and taps it on every request, like the GUI."""
    load = {"method": "load", "params": {"file": str(tshark.stage(NAME))}}
    keys = {"method": "setconf", "params": {"name": "ipsec.sa_file", "value": str(tshark.stage(NAME).with_suffix(KEYS))}}
    taps = {"method": "tap", "params": {"tap0": "nstat:ipsec,sa", "tap1": "stat:ipsec", "tap2": "conv:IPsec"}}
    done = tshark.sharkd(keys, load, taps, taps, load, taps)
    first, *again = [json.loads(line)["result"]["taps"] for line in done.stdout.splitlines() if '"taps"' in line]
    assert again == [first, first]
    by_kind = {tap["type"]: tap for tap in first}
    titles = [field["c"] for field in by_kind["nstat"]["fields"]]
    cells = [dict(zip(titles, row)) for row in by_kind["nstat"]["tables"][0]["i"]]
    for cell, sa in zip(cells, sequence[0], strict=True):
        for title, member in (("SA", "index"), ("SPI", "spi_hex"), ("Packets", "packets"), ("Drop", "drop"), ("Lost", "lost"),
                              ("Late", "late"), ("Window", "window"), ("Last frame", "last_frame")):
            assert cell[title] == sa[member]
        for title, member in (("Octets", "octets"), ("Highest sequence number", "highest"), ("Reverse SA", "reverse")):
            assert cell[title].strip() == ("" if sa[member] is None else str(sa[member]))
    assert sum(one["txf"] + one["rxf"] for one in by_kind["conv"]["convs"]) == by_kind["stats"]["stats"][0]["count"]


def test_conversations_and_endpoints(tshark):
    output = statistics(tshark, "forged_null", "conv,ipsec", "endpoints,ipsec", SA)
    sas = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert "ESP-NULL heuristic" in {sa["key_source"] for sa in sas}
    pairs = {frozenset((sa["source"], sa["destination"])) for sa in sas}
    found = {frozenset(match) for match in re.findall(r"^(\S+) +<-> (\S+) ", output, re.MULTILINE)}
    assert found == pairs and ":4500" not in output
    assert {name for pair in pairs for name in pair} == set(re.findall(r"^([0-9a-f.:]+) +\d+ +\d+ ", output, re.MULTILINE))
