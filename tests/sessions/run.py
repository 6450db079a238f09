#!/usr/bin/env python3
"""Runs sessions with forged packets through tshark for as long as is asked, and keeps those that fail.

    python3 tests/sessions/run.py --seconds 3600 --seed 1 [--module build/.../ipsec_analysis.so] [--keep FOLDER]

Each failing session is kept in a folder of its own: both captures, its keys, the options of tshark, and what was wrong.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import collections
import shlex
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "tshark")]

from sessions.check import Batch        # noqa: E402
from tshark_runner import add_arguments, open_tshark        # noqa: E402

SESSIONS = 60       # of a batch


def keep(folder, batch, session, texts):
    """Keeps the session as it was in its batch, because it may be judged differently alone."""
    folder = folder / f"seed-{batch.seed}-session-{session.number}"
    folder.mkdir(parents=True, exist_ok=True)
    alone = batch.alone(session)
    alone.write(folder / "forged.pcap")
    alone.write(folder / "clean.pcap", forged=False)
    (folder / "keys.xfrm-state.txt").write_text(alone.keys)
    (folder / "options.txt").write_text(shlex.join(alone.options) + "\n")
    kinds = collections.Counter(packet.kind for _, _, packet in alone.placed if packet.forged)
    lines = [str(session), f"forged: {dict(kinds)}", "frames are those of the whole batch", *texts]
    (folder / "why.txt").write_text("\n".join(lines) + "\n")


def report(batch, failures, folder, printed):
    by_session = collections.defaultdict(list)
    for session, text in failures:
        by_session[session].append(text)
    for session, texts in by_session.items():
        if printed > 0:
            print(f"{session}: {len(texts)} wrong, as {texts[0]}", flush=True)
        printed -= 1
        if folder:
            keep(folder, batch, session, texts)
    return len(by_session)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1, help="of the first batch; the others follow")
    add_arguments(parser)
    parser.add_argument("--keep", type=Path, help="folder for the sessions that fail")
    arguments = parser.parse_args()
    tshark = open_tshark(parser, arguments)
    end, seed, sessions, packets, failed = time.monotonic() + arguments.seconds, arguments.seed, 0, 0, 0
    try:
        while time.monotonic() < end:
            batch = Batch.random(seed, SESSIONS)
            failed += report(batch, batch.run(tshark), arguments.keep, 20 - failed)
            sessions += len(batch.sessions)
            packets += len(batch.placed)
            seed += 1
    finally:
        tshark.close()
    print(f"{sessions} sessions (seeds {arguments.seed} to {seed - 1}), {packets} packets: {failed} sessions fail")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
