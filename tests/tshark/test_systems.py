"""The filters of the page "your system says ..." and of the other pages are valid, and find what they should.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re

import pytest

import pages
import sidecars

PAGE = pages.ROOT / "plugin" / "SYSTEMS.md"
SYSTEMS = PAGE.read_text()
CODE = re.compile(r"`([^`]+)`")

# Fields for what a system reports, and the advice with its steps: filters on these must match something.
TELLS = re.compile(r'ipsec\.(?:windows|linux|freebsd|openbsd|vpp|strongswan)\.\w+ (?:==|>=)|ipsec\.advice contains')

# Filters that match no sample capture, and why.
UNSEEN = {
    'ipsec.strongswan.log == "received unsupported IKE version"': "it is in the strongSwan captures",
}
WRITTEN_UNSEEN = {
    'ipsec.key.source == "ESP-NULL heuristic"': "test_verify.py makes such packets",
    "ipsec.sa.last_frame": "shown on a second pass only",
    "ipsec.sa.packets": "shown on a second pass only",
    "ipsec.answered_by": "shown on a second pass only",
    "ipsec.ike.response": "shown on a second pass only",
    "ipsec.sa.maybe_deleted_by": "shown on a second pass only",
    "ipsec.sa.octets": "shown on a second pass only",
    "ipsec.sa.lost": "shown on a second pass only",
}

# In running text, names of preferences look like fields.
PREFERENCES = {f"ipsec.{name}" for name in (
    "receiver", "reserved_spi", "sa_table", "sa_file", "use_esp_sa", "sa_complete", "replay_window", "duplicate_ms", "points",
    "all_fragments", "decrypt", "info_column", "null_heuristic")}


def table_filters(page):
    """The code in the second column of tables that have a filter there."""
    filters = []
    column = False
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("| ") else []
        if not cells:
            column = column and line.startswith("|---")
        elif len(cells) > 1 and cells[1] == "filter":
            column = True
        elif column:
            filters += CODE.findall(cells[1])
    return filters


def filters_in_text(page):
    """Whole filters among the code in running text and tables."""
    page = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    return [code for code in CODE.findall(page)
            if re.match(r"ipsec\.[\w.]+$|ipsec\.[\w.]+ (?:==|>=|>|contains) [^.]|esp\.[\w.]+ ==", code) and
            "..." not in code and code not in PREFERENCES]


FILTERS = list(dict.fromkeys(table_filters(SYSTEMS) + filters_in_text(SYSTEMS)))


def count_in_samples(tshark, everything, filters):
    """Counts in all samples at once, and in some separately: with complete key tables, the SPIs of the other samples
    would be unknown."""
    each = [sidecars.count(tshark, capture, filters) for capture in (everything, "faults", "benign", "faults_sequence")]
    return {one: sum(counts[one] for counts in each) for one in filters}


@pytest.fixture(scope="module")
def counts(tshark, everything):
    return count_in_samples(tshark, everything, FILTERS)


def test_every_table_has_filters():
    sections = SYSTEMS.split("\n## ")[1:]
    assert len(sections) >= 12
    assert [section.splitlines()[0] for section in sections if len(table_filters(section)) < 3] == []
    assert len(FILTERS) >= 80


def test_every_filter_of_the_page_is_one(counts):
    assert set(counts) == set(FILTERS)


def test_what_a_system_says_occurs(counts):
    silent = {one for one, frames in counts.items() if TELLS.search(one) and not frames}
    assert silent - set(UNSEEN) == set(), "no sample shows these"
    assert set(UNSEEN) - silent == set(), "the samples show these by now"


def test_every_report_of_the_samples_is_on_the_page(tshark, everything):
    """Everything that a system reports in a sample capture is on the page."""
    fields = ["windows.error", "linux.counter", "freebsd.counter", "openbsd.counter", "vpp.counter", "strongswan.log"]
    for field in fields:
        values = {value for row in tshark.rows(everything).values() for value in row[f"ipsec.{field}"]}
        assert values
        for value in values:
            quoted = value if field == "windows.error" else f'"{value}"'
            assert f"ipsec.{field} == {quoted}" in FILTERS


def test_a_signed_status_is_the_status():
    pairs = re.findall(r"0x(C036[0-9A-F]{4}), (-\d+)", SYSTEMS)
    assert len(pairs) >= 16
    assert [pair for pair in pairs if int(pair[0], 16) - (1 << 32) != int(pair[1])] == []


def test_links_lead_somewhere():
    assert len(re.findall(r"\]\([^)]*#", SYSTEMS)) >= 100
    assert pages.dead_links(PAGE) == []


def test_every_filter_of_the_other_pages_is_one(tshark, everything):
    filters = list(dict.fromkeys(filters_in_text(pages.written())))
    assert len(filters) >= 20
    counts = count_in_samples(tshark, everything, filters)
    assert {one for one in filters if not counts[one]} == set(WRITTEN_UNSEEN)
