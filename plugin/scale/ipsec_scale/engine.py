"""A run: divides the files, judges the shards, collects the results, on the workers of a Dask scheduler.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import NamedTuple

from distributed import Client, LocalCluster, as_completed

from . import collect, work

RETRIES = 3     # of a piece whose worker died


class Run(NamedTuple):
    files: list         # in the order in which they count
    result: Path
    folder: Path        # for what lies between; all workers must see it
    shards: int
    keep_all: bool
    tshark_options: list
    split_program: str
    json_folder: Path   # None: no lines are wanted


def say(text):
    print(f"ipsec-scale: {text}", file=sys.stderr, flush=True)


def key_of(*what):
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:24]


def identity(path):
    """Another file under the same name is divided anew."""
    state = os.stat(path)
    return [os.path.abspath(path), state.st_size, state.st_mtime_ns]


# --- progress --------------------------------------------------------------------------------------------------------

class Progress:
    """Tells every few seconds how much is done, and how long the rest will take at that rate."""

    SECONDS = 5

    def __init__(self, what, total):
        self.what, self.total, self.done = what, total, 0
        self.begin = self.told = time.monotonic()

    def add(self, amount):
        self.done += amount
        now = time.monotonic()
        if now - self.told >= self.SECONDS and self.done:
            self.told = now
            rate = self.done / (now - self.begin)
            say(f"{self.what}: {100 * self.done // self.total} %, {rate:,.0f} a second, "
                f"{(self.total - self.done) / rate:,.0f} s to go")

    def end(self, amount, unit):
        seconds = max(time.monotonic() - self.begin, 1e-3)
        say(f"{self.what}: {amount:,} {unit} in {seconds:,.1f} s, {amount / seconds:,.0f} a second")


# --- the steps -------------------------------------------------------------------------------------------------------

class Job(NamedTuple):
    """A piece of work, and what it is for."""
    what: object
    function: object
    arguments: tuple
    key: str    # the same work has the same


def results(client, jobs, progress, weight, problems, name):
    """Yields what a job is for, and its result, of those that come to one; what went wrong joins the problems. A result that
    went with its worker before anybody had it is made once more."""
    def submit(job, times):
        key = f"{job.key}-{times}" if times else job.key
        return client.submit(job.function, *job.arguments, key=key, retries=RETRIES)

    pieces = {submit(job, 0): (job, 0) for job in jobs}
    queue = as_completed(pieces)
    for piece in queue:
        job, times = pieces.pop(piece)
        if piece.status in ("lost", "cancelled") and times < RETRIES:
            again = submit(job, times + 1)
            pieces[again] = (job, times + 1)
            queue.add(again)
            continue
        progress.add(weight(job.what))
        if piece.status == "finished":
            yield job.what, piece.result()
        else:
            problems.append((name(job.what), str(piece.exception() if piece.status == "error" else "its workers died")))


def split_all(client, run, problems):
    """Returns (number of the file, folder of its parts, summary) of each that could be read, in order."""
    jobs, sizes, folders = [], {}, {}
    for number, path in enumerate(run.files):
        try:
            name = key_of(identity(path), run.shards, run.keep_all)
            sizes[number] = os.path.getsize(path)
        except OSError as error:
            problems.append((str(path), error.strerror))
            continue
        folders[number] = run.folder / f"parts-{name}"
        jobs.append(Job(number, work.split, (str(path), str(folders[number]), run.shards, run.keep_all, run.split_program),
                        f"split-{name}"))
    parts, progress = [], Progress("dividing", max(sum(sizes.values()), 1))
    for number, summary in results(client, jobs, progress, sizes.get, problems, lambda number: str(run.files[number])):
        if "error" in summary:
            problems.append((str(run.files[number]), f"ends early, after {summary['read']:,} packets: {summary['error']}"))
        parts.append((number, folders[number], summary))
    progress.end(sum(summary["read"] for *_, summary in parts), "packets")
    return sorted(parts, key=lambda part: part[0])


def judge_all(client, run, parts, problems):
    """Returns (shard, its lines, [(file, frames of its part)]), of each shard that has packets and could be judged."""
    jobs, judged, sizes = [], [], {}
    for shard in range(run.shards):
        filled = [(number, folder) for number, folder, summary in parts if summary["shards"][shard]]
        if not filled:
            continue
        folders = [str(folder) for _, folder in filled]
        sizes[shard] = sum(summary["shards"][shard] for *_, summary in parts)
        result = run.folder / f"lines-{key_of(shard, folders, run.tshark_options)}"
        frames = [(number, work.part_of(folder, shard, "frames")) for number, folder in filled]
        jobs.append(Job((shard, result, frames), work.judge, (shard, folders, str(result), run.tshark_options), result.name))
    progress = Progress("judging", max(sum(sizes.values()), 1))
    for (shard, result, frames), said in results(client, jobs, progress, lambda what: sizes[what[0]], problems,
                                                 lambda what: f"shard {what[0]}"):
        if said.strip():
            problems.append((f"shard {shard}", said.strip()))
        judged.append((shard, result, frames))
    progress.end(sum(sizes.values()), "packets")
    return sorted(judged, key=lambda one: one[0])


def rows_of_files(run, parts):
    summaries = {number: summary for number, _, summary in parts}
    for number, path in enumerate(run.files):
        summary = summaries.get(number, {})
        yield (number, str(path), *(summary.get(name) for name in ("read", "kept", "first", "last")),
               json.dumps(summary.get("unknown_links", {})), summary.get("error"))


def collect_all(run, parts, results, problems):
    made = run.result.with_name(run.result.name + ".unfinished")
    database = collect.open_new(made)
    with database:
        collect.fill(database, [collect.Shard(*result) for result in results])
        collect.note_run(database, rows_of_files(run, parts), problems)
    database.close()
    os.replace(made, run.result)
    if run.json_folder:
        run.json_folder.mkdir(parents=True, exist_ok=True)
        for shard, lines, _ in results:
            shutil.copyfile(lines, run.json_folder / f"shard-{shard:04}.jsonl")


# --- the run ---------------------------------------------------------------------------------------------------------

PACKED = 8     # a capture in gzip is no more than so many times larger, as a rule


def space_needed(files):
    """Octets for the parts: no more than the captures have, unpacked."""
    return sum(os.path.getsize(path) * (PACKED if str(path).endswith(".gz") else 1) for path in files if os.path.exists(path))


def check_space(run):
    needed, free = space_needed(run.files), shutil.disk_usage(run.folder).free
    say(f"{len(run.files)} files; up to {needed / 1e6:,.0f} MB for the parts in {run.folder}, where {free / 1e6:,.0f} MB are free")
    return needed <= free


def run_on(client, run):
    """Returns whether all could be read and judged."""
    problems = []
    parts = split_all(client, run, problems)
    results = judge_all(client, run, parts, problems)
    collect_all(run, parts, results, problems)
    for what, text in problems:
        say(f"{what}: {text}")
    return not problems


def connect(scheduler, workers):
    if scheduler:
        return Client(scheduler)
    return Client(LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None))
