"""The pages of documentation: README and those that it links.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Pages that are generated from the catalogue have their own tests.
MADE = {ROOT / "plugin" / name for name in ("CHECKS.md", "SYSTEMS.md")}
WRITTEN = [path for path in (ROOT / "README.md", *sorted(ROOT.glob("plugin/**/*.md")), *sorted(ROOT.glob("tests/*.md")))
           if path not in MADE]


def written():
    """All pages that are not generated, as one text."""
    return "\n".join(path.read_text() for path in WRITTEN)


def anchors(path):
    """The anchors of a page, as GitHub names them."""
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
            for title in re.findall(r"^##+ (.*)$", path.read_text(), re.MULTILINE)}


def dead_links(path):
    """The links of a page into this repository that are broken."""
    dead = []
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", path.read_text()):
        page = (path.parent / target).resolve() if target else path
        if not page.exists() or (anchor and anchor not in anchors(page)):
            dead.append((target, anchor))
    return dead
