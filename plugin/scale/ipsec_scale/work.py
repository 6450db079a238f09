"""The two kinds of work: splitting a file, and judging a shard. Each runs on any machine that can access the files and
the work folder.

A piece of work puts its result in place by renaming it, so it appears completely or not at all. So a worker may die at
any time, a piece may be done twice, and a result that is in place need not be computed again.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import merged, placed, tables

UNFINISHED = "unfinished-"  # prefix of names that are removed
# Without this, when the plugin begins to look at fragments depends on the packets of other hosts.
OPTIONS = ["-o", "ipsec.all_fragments:TRUE"]
MERGED_AT_ONCE = 200    # files that one mergecap opens; a process may have 1,024 open


class Failed(Exception):
    """Why a file or shard failed, as a message for the user."""


def put_in_place(made, wanted):
    try:
        os.rename(made, wanted)
    except OSError:
        if not wanted.exists():
            raise
        shutil.rmtree(made)     # another worker was faster and produced the same


def last_line(text):
    return text.strip().rsplit("\n", 1)[-1] if text.strip() else "no reason given"


# --- splitting -------------------------------------------------------------------------------------------------------

def split(path, folder, shards, keep_all, program):
    """Splits the file into parts in `folder`; returns the summary of ipsec-split."""
    folder = Path(folder)
    if not folder.exists():
        made = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder.parent))
        command = [program, "-n", str(shards), "-o", str(made), *(["--all"] if keep_all else []), "--", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not done.stdout:
            shutil.rmtree(made)
            raise Failed(last_line(done.stderr))
        (made / "summary.json").write_text(done.stdout)
        put_in_place(made, folder)
    return json.loads((folder / "summary.json").read_text())


# --- judging ---------------------------------------------------------------------------------------------------------

def part_of(folder, shard, suffix="pcapng"):
    return Path(folder) / f"shard-{shard:04}.{suffix}"


def sorted_part(part, frames, folder):
    """The part itself, or a sorted copy if its packets are not in time order. In a merge, the order of unsorted packets would
    depend on the other parts."""
    if merged.is_in_order(frames):
        return part
    made = folder / f"sorted-{len(list(folder.iterdir()))}.pcapng"
    subprocess.run(["reordercap", str(part), str(made)], stdout=subprocess.DEVNULL, check=True)
    return made


def mergecap(parts):
    """The command. Interfaces with the same description become one, even across files."""
    return ["mergecap", "-I", "any", "-w", "-", *map(str, parts)]


def merge(parts, to, folder):
    """Merges in time order. Merging neighbours in batches first gives the same order as merging all at once."""
    number = 0
    while len(parts) > MERGED_AT_ONCE:
        batches, parts = [parts[i:i + MERGED_AT_ONCE] for i in range(0, len(parts), MERGED_AT_ONCE)], []
        for batch in batches:
            number += 1
            parts.append(folder / f"batch-{number}.pcapng")
            with open(parts[-1], "wb") as file:
                subprocess.run(mergecap(batch), stdout=file, check=True)
    return subprocess.Popen(mergecap(parts), stdout=to, stderr=subprocess.PIPE, text=True)


def run_tshark(parts, options, output, folder):
    """One tshark reads the merged parts of the shard from a pipe, so that they need not be written again."""
    receiver, sender = os.pipe()
    taps = [word for table in tables.LINES for word in ("-z", table.tap)]
    tshark = subprocess.Popen(["tshark", "-q", "-n", "-r", "-", *OPTIONS, *options, *taps], stdin=receiver, stdout=output,
                              stderr=subprocess.PIPE, text=True)
    os.close(receiver)
    with os.fdopen(sender, "wb") as pipe:
        merging = merge(parts, pipe, folder)
    told = tshark.communicate()[1], merging.communicate()[1]
    for program, text in ((tshark, told[0]), (merging, told[1])):
        if program.returncode != 0:
            raise Failed(f"{program.args[0]}: {last_line(text)}")
    return told[0]


def judge(shard, folders, result, options):
    """Judges the parts of a shard in `folders`. Writes the lines that tshark prints to `result`, see placed.py; returns what
    it wrote to standard error."""
    result = Path(result)
    said = result.with_suffix(".said")
    if not result.exists():
        with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=result.parent) as name:
            printed, made = Path(name) / "printed", Path(name) / "lines"
            frames = [part_of(folder, shard, "frames") for folder in folders]
            parts = [sorted_part(part_of(folder, shard), of, Path(name)) for folder, of in zip(folders, frames)]
            with open(printed, "wb") as output:
                text = run_tshark(parts, options, output, Path(name))
            placed.place(printed, made, frames)
            said.write_text(text)
            os.replace(made, result)
    return said.read_text()
