#!/usr/bin/env python3
"""Mutations of the core, and whether the unit tests detect them.

usage: mutants.py [--jobs N] [--only TEXT] [--count N] [hand] [made]      both, if none is named

A mutation changes one place of one file of the core. Those in hand.tsv were written by hand; the others are made from
the source, with a fixed seed: a comparison moved by one, a condition removed or inverted, a constant incremented or
decremented, two statements swapped. Each is compiled, and the unit tests run until one fails. A survivor must be listed
in equivalent.tsv with the reason why it makes no difference.

Exits with 1 if one survives that is not listed there, if a hand-made one no longer applies, or if a listed one does not
exist. All together take most of an hour on two processors.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import collections
import concurrent.futures
import csv
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import unit_programs  # noqa: E402
from unit_programs import CORE  # noqa: E402

SEED = 4303
CORE_FLAGS = ("-O1", "-g0", "-DIPSEC_BOTH_WAYS")    # the quick path must go astray where the long way does not
MADE = 300          # number of possible mutations that are chosen
# Files in which a boundary decides what is said about a packet.
RULES = ("packet/*.c", "sa/*.c", "sa/*.h", "report/quirks.c", "report/receiver.c", "evidence/*.c", "keys/keyring.c",
         "keys/selector.c", "judge.c", "verdict.c", *(f"report/{stack}.def" for stack in
                                                      ("linux", "freebsd", "openbsd", "vpp", "strongswan", "windows")))


class Mutation(NamedTuple):
    file: str       # relative to the core
    line: int       # from 1
    before: str     # the line, or lines
    after: str
    what: str

    @property
    def name(self):
        """A name that does not change when lines are added elsewhere in the file."""
        return f"{self.file}\t{self.what}\t{' '.join(self.before.split())}"


# --- making them ---------------------------------------------------------------------------------------------------

COMPARISONS = {" < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > ", " == ": " != ", " != ": " == "}
NUMBER = re.compile(r"(?<![\w.\"'])(0x[0-9a-fA-F]+|[0-9]+)(?=[uU]?\b)(?![\w.]*\")")
IF = re.compile(r"^(\s*(?:\} else )?if )\((.*)\)( \{)?$")
STATEMENT = re.compile(r"^(\s+)[\w>.\[\]*-]+(?: = | [+|&-]= |\()[^{}]*;$")
SKIPPED = re.compile(r"^\s*(#include|/?\*|//|G_STATIC_ASSERT|g_assert)|^\s*\"|SPDX")


def comparisons(line):
    for old, new in COMPARISONS.items():
        for match in re.finditer(re.escape(old), line):
            yield line[:match.start()] + new + line[match.end():], f"{old.strip()} -> {new.strip()}"


def constants(line):
    for match in NUMBER.finditer(line):
        value = int(match.group(), 0)
        for change in (1, -1):
            if value + change >= 0:
                yield f"{line[:match.start()]}{value + change}{line[match.end():]}", f"{match.group()} {change:+d}"


def conditions(line):
    match = IF.match(line)
    if match:
        head, _, tail = match.groups()
        yield f"{head}(0){tail or ''}", "condition left out"
    for joint in (" && ", " || "):
        if line.count(joint) == 1 and match:
            first, second = match.group(2).split(joint)
            for left, part in ((second, "first"), (first, "second")):
                if left.count("(") == left.count(")"):
                    yield f"{match.group(1)}({left}){match.group(3) or ''}", f"{part} of {joint.strip()} left out"


DECISIONS = {" REFUSES,": " MAY_REFUSE,", " MAY_REFUSE,": " PASSES,", " PASSES,": " REFUSES,"}


def outcomes(line):
    """Mutations of a row that says what a stack does on a finding."""
    if not line.startswith("OUTCOME("):
        return
    yield "", "row left out"
    for old, new in DECISIONS.items():
        if old in line:
            yield line.replace(old, new), f"{old.strip(' ,')} -> {new.strip(' ,')}"


def depends(line, follower):
    """Whether both are statements in one block, and the second reads what the first sets; other pairs could be swapped
    without effect."""
    first, second = STATEMENT.match(line), STATEMENT.match(follower)
    if not first or not second or first[1] != second[1] or line == follower:
        return False
    target = re.match(r"\s+[\w>.\[\]*-]*?(\w+)(?:\[.*\])?(?:\+\+|--)? ?[+|&-]?(?:=|;)", line)
    return bool(target) and re.search(rf"\b{target[1]}\b", follower) is not None


def code_of(text):
    """The lines, with comments blanked out."""
    return re.sub(r"/\*.*?\*/", lambda comment: re.sub(r"[^\n]", " ", comment.group()), text, flags=re.DOTALL).split("\n")


def mutations_of(name, text):
    lines, shown = code_of(text), text.split("\n")
    for number, line in enumerate(lines, 1):
        if SKIPPED.match(line) or not line.strip():
            continue
        for make in (comparisons, constants, conditions, outcomes):
            for after, what in make(line):
                yield Mutation(name, number, shown[number - 1], after, what)
        follower = lines[number] if number < len(lines) else ""
        if depends(line, follower):
            yield Mutation(name, number, f"{shown[number - 1]}\n{shown[number]}", f"{follower}\n{line}", "swapped")


def told_apart(mutations):
    """Numbers the second and later changes of one kind in a line, so that their names differ."""
    met = collections.Counter()
    for one in mutations:
        met[one.line, one.name] += 1
        count = met[one.line, one.name]
        yield one if count == 1 else one._replace(what=f"{one.what} ({count})")


def rank(mutation):
    return hashlib.sha256(f"{SEED} {mutation.name}".encode()).digest()


def made(count):
    """Those of lowest rank: the same every time, and a change of the source does not affect the choice elsewhere."""
    files = sorted({path for pattern in RULES for path in CORE.glob(pattern)})
    possible = [mutation for path in files
                for mutation in told_apart(mutations_of(path.relative_to(CORE).as_posix(), path.read_text()))]
    return sorted(sorted(possible, key=rank)[:count], key=lambda one: (one.file, one.line))


# --- those written by hand ------------------------------------------------------------------------------------

def rows(name):
    with open(HERE / name, newline="") as file:
        return [row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row and not row[0].startswith("#")]


def by_hand():
    """Each row: file, what, the text to find (once in the file; \\n is a new line), and its replacement."""
    for file, what, before, after in rows("hand.tsv"):
        before, after = before.replace("\\n", "\n"), after.replace("\\n", "\n")
        text = (CORE / file).read_text()
        if text.count(before) != 1:
            raise SystemExit(f"hand.tsv: \"{what}\" does not apply: {file} has the text {text.count(before)} times: {before}")
        yield Mutation(file, text[:text.index(before)].count("\n") + 1, before, after, what)


def mutated(mutation):
    text = (CORE / mutation.file).read_text()
    if text.count(mutation.before) == 1:
        return text.replace(mutation.before, mutation.after)
    lines = text.split("\n")
    length = mutation.before.count("\n") + 1
    assert "\n".join(lines[mutation.line - 1:mutation.line - 1 + length]) == mutation.before
    return "\n".join(lines[:mutation.line - 1] + [mutation.after] + lines[mutation.line - 1 + length:])


# --- building and testing --------------------------------------------------------------------------------------------

INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)


def reached_from(core, source):
    """All files of the core that the source includes, directly or indirectly."""
    reached, waiting = set(), INCLUDE.findall(source.read_text())
    while waiting:
        name = waiting.pop()
        if name not in reached and (core / name).exists():
            reached.add(name)
            waiting += INCLUDE.findall((core / name).read_text())
    return reached


def includers(core, file):
    """The sources that are affected by a change of a header."""
    if file.endswith(".c"):
        return {file}
    return {path.relative_to(core).as_posix() for path in core.rglob("*.c") if file in reached_from(core, path)}


class Bench:
    """The unit tests, and the unchanged core, of which each mutation recompiles only what it changes."""

    def __init__(self, folder):
        self.folder = folder
        self.objects = folder / "objects"
        self.sources = unit_programs.build_core(folder, CORE_FLAGS)
        self.tests = unit_programs.build_tests(folder)
        self.seconds = {}
        self.seen = collections.Counter()

    def order(self, file):
        """The quick tests first. A test counts as quicker the more mutations of the file it has detected; the file's
        own test starts as if it had detected ten."""
        own = f"test_{pathlib.Path(file).stem}"

        def cost(test):
            seen = self.seen[file, test.name] + (10 if test.name == own else 0)
            return self.seconds.get(test.name, 0) / (1 + seen)
        return sorted(self.tests, key=cost)


def core_with(folder, mutation):
    core = folder / "core"
    shutil.copytree(CORE, core, copy_function=os.symlink)
    (core / mutation.file).unlink()
    (core / mutation.file).write_text(mutated(mutation))
    return core


def with_header(bench, mutation, test, core, folder):
    """The test; rebuilt if it contains functions of the changed header."""
    source = unit_programs.UNIT / f"{test.name}.c"
    if mutation.file.endswith(".c") or mutation.file not in reached_from(CORE, source):
        return test
    return unit_programs.build_test(source, bench.folder, core, folder)


def judge(bench, mutation):
    """What detects the mutation: the name of a test, "compiler", or None."""
    with tempfile.TemporaryDirectory(dir=bench.folder) as name:
        folder = pathlib.Path(name)
        core = core_with(folder, mutation)
        replaced = includers(core, mutation.file)
        try:
            for source in replaced:
                unit_programs.compile_object(core / source, folder / unit_programs.object_name(source), core, CORE_FLAGS)
            unit_programs.link([(folder if source in replaced else bench.objects) / unit_programs.object_name(source)
                                for source in bench.sources], folder / "libcore.so")
        except subprocess.CalledProcessError:
            return "compiler"
        for test in bench.order(mutation.file):
            if not unit_programs.passes(with_header(bench, mutation, test, core, folder), folder):
                bench.seen[mutation.file, test.name] += 1
                return test.name
        return None


def time_tests(bench):
    """All tests must pass without a mutation; otherwise their results mean nothing."""

    for test in bench.tests:
        begin = time.monotonic()
        if not unit_programs.passes(test, bench.folder):
            raise SystemExit(f"{test.name} fails without any mutation")
        bench.seconds[test.name] = time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="", help="of the file, or of what is changed")
    parser.add_argument("--count", type=int, default=MADE)
    parser.add_argument("kinds", nargs="*", default=["hand", "made"])
    arguments = parser.parse_args()
    if not set(arguments.kinds) <= {"hand", "made"}:
        parser.error(f"hand or made, not {' '.join(arguments.kinds)}")

    chosen = [*(by_hand() if "hand" in arguments.kinds else ()), *(made(arguments.count) if "made" in arguments.kinds else ())]
    chosen = [mutation for mutation in chosen if arguments.only in mutation.name]
    equivalent = {"\t".join(row[:3]): row[3] for row in rows("equivalent.tsv")}
    found = {"killed": 0, "compiler": 0, "equivalent": 0}
    survivors = []
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(pathlib.Path(name))
        time_tests(bench)
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            judged = {pool.submit(judge, bench, mutation): mutation for mutation in chosen}
            for done in concurrent.futures.as_completed(judged):
                mutation, seen = judged[done], done.result()
                if seen is None and mutation.name in equivalent:
                    found["equivalent"] += 1
                elif seen is None:
                    survivors.append(mutation)
                    print(f"survives\t{mutation.line}\t{mutation.name}\t{mutation.after.strip()}", flush=True)
                else:
                    found["compiler" if seen == "compiler" else "killed"] += 1
    gone = set(equivalent) - {mutation.name for mutation in chosen} if not arguments.only and len(arguments.kinds) == 2 else ()
    for name in gone:
        print(f"equivalent.tsv names what does not exist\t{name}")
    print(f"{len(chosen)} mutations: {found['killed']} killed by a test, {found['compiler']} by the compiler, "
          f"{found['equivalent']} equivalent, {len(survivors)} survive")
    return 1 if survivors or gone else 0


if __name__ == "__main__":
    sys.exit(main())
