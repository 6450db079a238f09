"""The command ipsec-scale.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
from pathlib import Path

from . import tables
from .telling import say

DONE, INCOMPLETE, USAGE = 0, 1, 2


SHARDS_MOST = 512   # of ipsec-split


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 at least")
    return number


def shards(text):
    number = positive(text)
    if number > SHARDS_MOST:
        raise argparse.ArgumentTypeError(f"must be {SHARDS_MOST} at most")
    return number


def parse(arguments):
    parser = argparse.ArgumentParser(prog="ipsec-scale", description="Judge the IPsec of many captures, on many processors.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="judge captures, in the order in which they are named")
    run.add_argument("files", nargs="+", metavar="CAPTURE", type=Path)
    run.add_argument("-o", "--output", required=True, type=Path, metavar="FILE", help="the result, a SQLite file")
    run.add_argument("--shards", type=shards, default=32, metavar="N",
                     help="in how many parts to judge (32); the result does not depend on it")
    run.add_argument("--workers", type=positive, default=os.cpu_count(), metavar="N", help="processes (one per processor)")
    run.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask scheduler, as tcp://host:8786, in place of --workers")
    run.add_argument("--folder", type=Path, metavar="FOLDER",
                     help="for the parts, seen by all workers; it is kept, and a run that was stopped goes on from it")
    run.add_argument("--json", type=Path, metavar="FOLDER", help="each table as lines of JSON, too")
    run.add_argument("--all", action="store_true", help="keep packets that have no IPsec, IKE or ICMP in them")
    run.add_argument("--option", action="append", default=[], metavar="NAME:VALUE",
                     help="a preference for tshark, as ipsec.sa_file:/srv/keys.txt")
    run.add_argument("--split-program", default=shutil.which("ipsec-split") or "ipsec-split", help=argparse.SUPPRESS)
    query = commands.add_parser("query", help="ask a result")
    query.add_argument("result", type=Path)
    query.add_argument("name", nargs="?", choices=tables.QUERIES, help="none: they are listed")
    query.add_argument("argument", nargs="*")
    return parser.parse_args(arguments)


def remove(folder):
    """Workers that were not told yet to end find nothing under its name, and so add nothing."""
    gone = f"{folder}-gone"
    os.rename(folder, gone)
    shutil.rmtree(gone, ignore_errors=True)


def judge(wanted):
    from . import engine    # Dask takes a second to start, and who asks needs none

    if not os.access(wanted.output.absolute().parent, os.W_OK):
        say(f"{wanted.output}: cannot be written there")
        return USAGE
    made = None if wanted.folder else tempfile.mkdtemp(prefix="ipsec-scale-", dir=wanted.output.absolute().parent)
    folder = Path(made or wanted.folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    options = [word for option in wanted.option for word in ("-o", option)]
    run = engine.Run([path.absolute() for path in wanted.files], wanted.output.absolute(), folder, wanted.shards, wanted.all,
                     options, wanted.split_program, wanted.json)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))    # so that the folder goes away then, too
    try:
        if not engine.check_space(run):
            say("that is not enough: name another place with --folder")
            return USAGE
        with engine.owned(folder), engine.connect(wanted.scheduler, wanted.workers) as client:
            return DONE if engine.run_on(client, run) else INCOMPLETE
    except engine.InUse as error:
        say(str(error))
        return USAGE
    finally:
        if made:
            remove(made)


def ask(wanted):
    if not wanted.name:
        for name, (title, _) in tables.QUERIES.items():
            print(f"{name:14} {title}")
        return DONE
    if not wanted.result.exists():
        say(f"{wanted.result}: there is no such file")
        return USAGE
    database = sqlite3.connect(f"{wanted.result.absolute().as_uri()}?mode=ro", uri=True)
    sql = tables.QUERIES[wanted.name][1]
    if sql.count("?") != len(wanted.argument):
        say(f"{wanted.name} takes {sql.count('?')} argument{'' if sql.count('?') == 1 else 's'}")
        return USAGE
    try:
        answer = database.execute(sql, wanted.argument)
    except sqlite3.DatabaseError as error:
        say(f"{wanted.result}: {error}")
        return USAGE
    print("\t".join(column[0] for column in answer.description))
    for row in answer:
        print("\t".join("" if value is None else str(value) for value in row))
    return DONE


def main(arguments=None):
    wanted = parse(arguments)
    try:
        return judge(wanted) if wanted.command == "run" else ask(wanted)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
