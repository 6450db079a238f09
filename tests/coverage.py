#!/usr/bin/env python3
"""How much of the core the unit tests reach: lines and branches of each file, the worst first, and of all.

usage: coverage.py [--missing]      --missing: besides, which lines have something that no test reaches

Ends with 1 if it is less than LINES and BRANCHES. Needs gcc and its gcov; takes a minute or two.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

import unit_programs

LINES, BRANCHES = 97, 92    # percent


class Counts:
    """How often each line and each branch of a file was taken; those of a header are summed over the sources that
    include it."""

    def __init__(self):
        self.lines = collections.Counter()
        self.branches = collections.Counter()

    def add(self, line):
        number = line["line_number"]
        self.lines[number] += line["count"]
        for index, branch in enumerate(line["branches"]):
            self.branches[number, index] += branch["count"]

    def not_reached(self):
        """Lines that no test reaches, and lines with a branch that no test takes."""
        lines = sorted(number for number, count in self.lines.items() if count == 0)
        branches = sorted({number for (number, _), count in self.branches.items() if count == 0} - set(lines))
        return lines, branches


def share(counter):
    """Share of reached items, in percent."""
    reached = sum(count > 0 for count in counter.values())
    return reached, len(counter), 100 * reached / len(counter) if counter else 100.0


def run(folder):
    unit_programs.build_core(folder, ("-O0", "--coverage"), ("--coverage",))
    for program in unit_programs.build_tests(folder, ("-O0", "--coverage")):
        if not unit_programs.passes(program, folder):
            raise SystemExit(f"{program.name} fails")


def read(folder):
    """By file of the core."""
    files = collections.defaultdict(Counts)
    for data in sorted(folder.rglob("*.gcda")):       # the tests contain their own copies of functions from headers
        text = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", data], cwd=data.parent,
                              capture_output=True, text=True, check=True).stdout
        for file in json.loads(text)["files"]:
            path = pathlib.Path(file["file"])
            if unit_programs.CORE not in path.parents:
                continue
            for line in file["lines"]:
                files[path.relative_to(unit_programs.CORE).as_posix()].add(line)
    return files


def show(name, lines, branches):
    print(f"{lines[2]:6.1f} %  {lines[0]:5}/{lines[1]:<5}   {branches[2]:6.1f} %  {branches[0]:5}/{branches[1]:<5}  {name}")


def main():
    with tempfile.TemporaryDirectory() as name:
        run(pathlib.Path(name))
        files = read(pathlib.Path(name))
    print("   lines                  branches               file")
    for name, counts in sorted(files.items(), key=lambda item: (share(item[1].branches)[2], item[0])):
        show(name, share(counts.lines), share(counts.branches))
        if "--missing" in sys.argv[1:]:
            lines, branches = counts.not_reached()
            print("".join(f"            {what}: {' '.join(map(str, numbers))}\n"
                          for what, numbers in (("lines", lines), ("branches", branches)) if numbers), end="")
    lines = share(collections.Counter({(name, at): n for name, one in files.items() for at, n in one.lines.items()}))
    branches = share(collections.Counter({(name, at): n for name, one in files.items() for at, n in one.branches.items()}))
    show("all", lines, branches)
    return 0 if lines[2] >= LINES and branches[2] >= BRANCHES else 1


if __name__ == "__main__":
    sys.exit(main())
