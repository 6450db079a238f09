"""The examples in README and the pages that it links were run as written, their filters are valid, and their links
work.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
import shlex

import pytest

import pages
import sidecars

TEXT = pages.written()
EXAMPLES = re.findall(r"^```\n\$ (tshark (?:[^\n]*\\\n)*[^\n]*)\n(.*?)\n```$", TEXT, re.MULTILINE | re.DOTALL)
FILTERS = sorted({code for line in re.findall(r"^\| .* \| (`ipsec.*) \|$", TEXT, re.MULTILINE)
                  for code in re.findall(r"`(ipsec[^`]*)`", line)})


def test_there_are_examples_and_filters():
    assert len(EXAMPLES) >= 17 and len(FILTERS) >= 25
    assert len(EXAMPLES) == len(re.findall(r"^\$ ", TEXT, re.MULTILINE))


def cut(output, ranges):
    """The effect of cut -c."""
    bounds = [tuple(map(int, one.split("-"))) for one in ranges.split(",")]
    return "".join("".join(line[first - 1:last] for first, last in bounds) + "\n" for line in output.splitlines())


def without_trailing_space(text):
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


@pytest.mark.parametrize("command, shown", EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_example(tshark, command, shown):
    if not tshark.run("--version").stdout.startswith("TShark (Wireshark) 4.0."):
        pytest.skip("the pages show what Wireshark 4.0 prints")
    command, _, ranges = command.replace("\\\n", "").partition(" | cut -c ")
    program, *arguments = shlex.split(command)
    assert program == "tshark"
    output = tshark.run(*arguments).stdout
    assert without_trailing_space(cut(output, ranges) if ranges else output) == without_trailing_space(shown)


def test_every_filter_finds_something(tshark, everything):
    counts = sidecars.count(tshark, everything, FILTERS)
    assert [display_filter for display_filter in FILTERS if counts[display_filter] == 0] == []


def test_links_lead_somewhere():
    assert len(pages.WRITTEN) >= 10
    assert {str(path.relative_to(pages.ROOT)): pages.dead_links(path) for path in (*pages.WRITTEN, *pages.MADE)
            if pages.dead_links(path)} == {}
