"""The layers of the core: which may include which, and what other code may include.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
from pathlib import Path

PLUGIN = Path(__file__).resolve().parents[2] / "plugin"
CORE = PLUGIN / "core"
ROOMS = ("base", "packet", "keys", "sa", "evidence", "ike", "icmp", "report")     # each layer may include those before it
ROOT = {"brief.c", "ipsec.h", "db.c", "db.h", "judge.c", "judge.h", "messages.c", "twin.c", "twin.h", "usual.h", "verdict.c", "verdict.h"}
FACE = "ipsec.h"
TABLE = "base/kind.def"        # each kind of header has its hook and its name there
# What other programs may use: types, and functions on them.
PUBLIC = {FACE, "base/advice_case.h", "base/catalogue.h", "base/config.h", "base/finding_set.h", "base/hash.h", "base/limits.h", "base/octets.h",
          "base/oddity.h", "base/stack.h", "base/wipe.h", "icmp/error.h", "ike/contents.h", "ike/message.h", "ike/names.h", "ike/report.h", "ike/shown.h",
          "keys/algorithm.h", "keys/icv.h", "keys/spec.h", "keys/xfrm_state.h", "packet/findings.h",
          "packet/fragment.h", "packet/header.h", "packet/ip.h", "packet/place.h", "packet/reassembled.h", "packet/view.h", "report/advice.h", "report/conclusion.h",
          "report/inventory.h", "report/receiver.h", "report/report.h", "report/tally.h", "report/windows.h", "sa/number.h", "sa/opened.h", "sa/record.h", "sa/summary.h"}
INCLUDE = re.compile(r'^#include ["<]([^">]+)[">]', re.MULTILINE)
OWN = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
INTERNAL = re.compile(r"Internal(\s|\*)+to(\s|\*)+the(\s|\*)+core\.")
FOREIGN = re.compile(r"^(epan|wsutil|wiretap|ws_|config\.h)")


def sources(folder):
    return {path.relative_to(folder).as_posix(): path.read_text()
            for path in sorted(folder.rglob("*")) if path.suffix in (".c", ".h", ".def")}


def room_of(name):
    return name.split("/")[0] if "/" in name else None


def arrows_up(files):
    """The includes that are not allowed, as (file, included)."""
    wrong = []
    for name, text in files.items():
        room = room_of(name)
        for included in OWN.findall(text):
            target = room_of(included)
            if included not in files or (room and (target is None or ROOMS.index(target) > ROOMS.index(room))):
                wrong.append((name, included))
    return wrong


def reached_from(files, name):
    """All files that an include of `name` includes, itself among them."""
    reached, waiting = set(), [name]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += OWN.findall(files[name])
    return reached


def test_each_room_includes_only_those_below():
    assert arrows_up(sources(CORE)) == []


def test_an_arrow_up_is_found():
    files = {"base/a.h": "", "keys/b.h": '#include "base/a.h"\n', "sa/c.h": '#include "keys/b.h"\n', FACE: '#include "sa/c.h"\n'}
    assert arrows_up(files) == []
    for name, line in (("keys/b.h", '#include "sa/c.h"'), ("base/a.h", f'#include "{FACE}"'), ("sa/c.h", '#include "b.h"')):
        assert [found[0] for found in arrows_up({**files, name: line})] == [name]


def test_nothing_lives_outside_of_the_rooms():
    files = sources(CORE)
    assert {name for name in files if room_of(name) is None} == ROOT
    assert {room_of(name) for name in files} - {None} == set(ROOMS)


def test_the_first_header_of_each_room_says_what_it_is_for():
    for room in ROOMS:
        headers = [name for name in sources(CORE) if room_of(name) == room and name.endswith(".h")]
        said = [name for name in headers if f"Layer {room}/:" in sources(CORE)[name]]
        assert said == headers[:1], room


def test_only_what_the_face_includes_is_public():
    files = sources(CORE)
    public = {name for name in reached_from(files, FACE) if name.endswith(".h")}
    assert public == PUBLIC
    internal = {name for name, text in files.items() if name.endswith(".h") and INTERNAL.search(text[:text.find("*/")])}
    assert public & internal == set()
    assert {name for name in files if name.endswith(".h")} == public | internal


def test_epan_includes_nothing_of_the_core_but_its_face_and_the_kinds():
    for name, text in sources(PLUGIN / "epan").items():
        assert {included for included in OWN.findall(text) if "core/" in included} <= {f"../core/{FACE}", f"../core/{TABLE}"}, name


def test_the_core_knows_nothing_of_wireshark():
    for name, text in sources(CORE).items():
        assert not [included for included in INCLUDE.findall(text) if FOREIGN.match(included)], name
