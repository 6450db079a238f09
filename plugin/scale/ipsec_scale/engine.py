"""A run: splits the files and judges the shards on the workers of a Dask scheduler, then collects the results.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import stat
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from distributed import Client, LocalCluster, as_completed

from . import collect, work
from .telling import say

RETRIES = 3     # for a piece of work whose worker died


class Run(NamedTuple):
    files: list         # their order matters: rows are in it
    result: Path
    folder: Path        # for intermediate files; all workers must be able to access it
    shards: int
    keep_all: bool
    tshark_options: list
    split_program: str
    json_folder: Path   # None if no lines of JSON are wanted


def key_of(*what):
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:24]


def parts_of(run, path):
    """The folder with the parts of a capture. Identifies the file, so that a different file of the same name is split
    again."""
    state = os.stat(path)
    if not stat.S_ISREG(state.st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    identity = [os.path.abspath(path), state.st_size, state.st_mtime_ns]
    return run.folder / f"parts-{key_of(identity, run.shards, run.keep_all)}"


# --- progress --------------------------------------------------------------------------------------------------------

class Progress:
    """Prints every few seconds how much is done, and how long the rest will take at this rate."""

    SECONDS = 5

    def __init__(self, what, total, unit):
        self.what, self.total, self.unit, self.done = what, max(total, 1), unit, 0
        self.begin = self.told = time.monotonic()

    def add(self, amount):
        self.done += amount
        now = time.monotonic()
        if now - self.told >= self.SECONDS and self.done:
            self.told = now
            rate = self.done / (now - self.begin)
            say(f"{self.what}: {100 * self.done // self.total} %, {rate:,.0f} {self.unit} per second, "
                f"{(self.total - self.done) / rate:,.0f} s left")

    def end(self, packets):
        seconds = max(time.monotonic() - self.begin, 1e-3)
        say(f"{self.what}: {packets:,} packets in {seconds:,.1f} s, {packets / seconds:,.0f} per second")


# --- the steps -------------------------------------------------------------------------------------------------------

class Job(NamedTuple):
    """A piece of work and its purpose."""
    what: object
    function: object
    arguments: tuple
    key: str    # identical work has an identical key


def results(client, jobs, progress, weight, problems, name):
    """Yields (purpose, result) of each job that succeeds; failures are added to the problems. A result that was lost
    with its worker is computed again."""
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
            reason = piece.exception() if piece.status == "error" else "its workers died repeatedly"
            problems.append((name(job.what), str(reason)))


def split_all(client, run, problems):
    """Returns (number of the file, folder of its parts, summary) for each file that could be read, in order."""
    jobs, sizes, folders = [], {}, {}
    for number, path in enumerate(run.files):
        try:
            folders[number], sizes[number] = parts_of(run, path), os.path.getsize(path)
        except OSError as error:
            problems.append((str(path), error.strerror))
            continue
        jobs.append(Job(number, work.split, (str(path), str(folders[number]), run.shards, run.keep_all, run.split_program),
                        f"split-{key_of(str(folders[number]))}"))
    parts, progress = [], Progress("splitting", sum(sizes.values()), "octets")
    for number, summary in results(client, jobs, progress, sizes.get, problems, lambda number: str(run.files[number])):
        if "error" in summary:
            problems.append((str(run.files[number]), f"ends early, after {summary['read']:,} packets: {summary['error']}"))
        parts.append((number, folders[number], summary))
    progress.end(sum(summary["read"] for *_, summary in parts))
    return sorted(parts, key=lambda part: part[0])


def conditions_of(tshark_options):
    """What the judgement depends on besides the packets. If any of it has changed, shards are judged again."""
    plugins = subprocess.run(["tshark", "-G", "plugins"], capture_output=True, text=True, check=False).stdout
    conditions = [line for line in plugins.splitlines() if line.startswith("ipsec_analysis")]
    for option in tshark_options:
        path = option.partition(":")[2]
        state = os.stat(path) if os.path.isfile(path) else None     # a file of keys, for example
        conditions.append([option, state and [state.st_size, state.st_mtime_ns]])
    return conditions


def judge_all(client, run, parts, problems):
    """Returns a Shard for each shard that has packets and could be judged."""
    jobs, judged, sizes, conditions = [], [], {}, conditions_of(run.tshark_options)
    for shard in range(run.shards):
        filled = [(number, folder) for number, folder, summary in parts if summary["shards"][shard]]
        if not filled:
            continue
        folders = [str(folder) for _, folder in filled]
        sizes[shard] = sum(summary["shards"][shard] for *_, summary in parts)
        result = run.folder / f"lines-{key_of(shard, folders, conditions)}"
        what = collect.Shard(shard, result, tuple(number for number, _ in filled))
        jobs.append(Job(what, work.judge, (shard, folders, str(result), run.tshark_options), result.name))
    jobs.sort(key=lambda job: -sizes[job.what.number])   # so that no large one is left for the end
    progress = Progress("judging", sum(sizes.values()), "packets")
    for shard, said in results(client, jobs, progress, lambda shard: sizes[shard.number], problems,
                               lambda shard: f"shard {shard.number}"):
        if said.strip():
            problems.append((f"shard {shard.number}", said.strip()))
        judged.append(shard)
    progress.end(sum(sizes.values()))
    return sorted(judged, key=lambda one: one[0])


def rows_of_files(run, parts):
    summaries = {number: summary for number, _, summary in parts}
    for number, path in enumerate(run.files):
        summary = summaries.get(number, {})
        yield (number, str(path), *(summary.get(name) for name in ("read", "kept", "first", "last")),
               json.dumps(summary.get("unknown_links", {})), summary.get("error"))


def collect_all(run, parts, shards, problems):
    """Writes the result, and puts it in place when it is complete."""
    made = run.result.with_name(run.result.name + ".unfinished")
    database, between = collect.open_new(made)
    try:
        collect.fill(database, shards)
        collect.note_run(database, rows_of_files(run, parts), problems)
        database.commit()
        if run.json_folder:
            collect.export(database, run.json_folder)
        for name, count in database.execute("SELECT name, count(*) FROM limits GROUP BY name ORDER BY name"):
            say(f"limit {name} was reached in {count} of {len(shards)} shards: see the table limits")
    finally:
        database.close()
        between.unlink()
    os.replace(made, run.result)


# --- the run ---------------------------------------------------------------------------------------------------------

GZIP = b"\x1f\x8b"
PACKED_MOST = 1032  # the highest ratio of deflate, whatever size the file claims


def unpacked_size(path):
    """Octets of a capture. For gzip this is what its last octets say: the size modulo 2^32, and only of the last member."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        if size < 18 or file.read(2) != GZIP:
            return size
        file.seek(-4, os.SEEK_END)
        return max(size, min(int.from_bytes(file.read(4), "little"), size * PACKED_MOST))


PART_OF_CAPTURE = 1.5   # small packets grow by as much in the parts, with their frame numbers and times


def space_needed(run):
    """Octets for the parts that do not exist yet, if all packets are kept. Files that cannot be read need none."""
    needed = 0
    for path in run.files:
        try:
            needed += 0 if parts_of(run, path).exists() else unpacked_size(path) * PART_OF_CAPTURE
        except OSError:
            continue
    return needed


def check_space(run):
    needed, free = space_needed(run), shutil.disk_usage(run.folder).free
    say(f"{len(run.files)} files; their parts need up to {needed / 1e6:,.0f} MB in {run.folder}, which has {free / 1e6:,.0f} MB free")
    return needed <= free


def clear(folder):
    """Removes what workers left behind when they died."""
    for path in folder.glob(f"{work.UNFINISHED}*"):
        shutil.rmtree(path, ignore_errors=True)


class InUse(Exception):
    """Another run is using the folder."""


@contextlib.contextmanager
def owned(folder):
    """Locks the folder for this run, and removes unfinished work from it before and after."""
    with open(folder / "lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InUse(f"{folder} is in use by another run") from error
        clear(folder)
        yield
        clear(folder)


def run_on(client, run):
    """Runs everything on the scheduler's workers. Returns whether all files could be read and judged."""
    problems = []
    parts = split_all(client, run, problems)
    shards = judge_all(client, run, parts, problems)
    collect_all(run, parts, shards, sorted(problems))
    for what, text in sorted(problems):
        say(f"{what}: {text}")
    return not problems


def connect(scheduler, workers):
    if scheduler:
        return Client(scheduler)
    return Client(LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None))
