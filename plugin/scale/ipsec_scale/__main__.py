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

SHARDS_MOST = 512   # the most that ipsec-split makes


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def shards(text):
    number = positive(text)
    if number > SHARDS_MOST:
        raise argparse.ArgumentTypeError(f"must be at most {SHARDS_MOST}")
    return number


def parse(arguments):
    parser = argparse.ArgumentParser(prog="ipsec-scale", description="Judge the IPsec packets of many captures on many processors.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="judge captures")
    run.add_argument("files", nargs="+", metavar="CAPTURE", type=Path, help="capture file; the rows of the result follow this order")
    run.add_argument("-o", "--output", required=True, type=Path, metavar="FILE", help="SQLite file for the result")
    run.add_argument("--shards", type=shards, default=32, metavar="N",
                     help="number of shards (default: %(default)s); the result does not depend on it")
    run.add_argument("--workers", type=positive, default=os.cpu_count(), metavar="N",
                     help="number of worker processes (default: one per processor)")
    run.add_argument("--scheduler", metavar="ADDRESS",
                     help="address of a Dask scheduler, such as tcp://host:8786; replaces --workers")
    run.add_argument("--folder", type=Path, metavar="FOLDER",
                     help="work folder, which all workers can access; it is kept, and an interrupted run resumes from it")
    run.add_argument("--json", type=Path, metavar="FOLDER", help="also write each table as lines of JSON to this folder")
    run.add_argument("--all", action="store_true", help="also keep packets without IPsec, IKE or ICMP")
    run.add_argument("--option", action="append", default=[], metavar="NAME:VALUE",
                     help="preference for tshark, such as ipsec.sa_file:/srv/keys.txt (repeatable)")
    run.add_argument("--split-program", default=shutil.which("ipsec-split") or "ipsec-split", help=argparse.SUPPRESS)
    query = commands.add_parser("query", help="query a result")
    query.add_argument("result", type=Path, help="SQLite file of a run")
    query.add_argument("name", nargs="?", choices=tables.QUERIES, help="name of the query; without it, all queries are listed")
    query.add_argument("argument", nargs="*", help="argument of the query, if it takes one")
    return parser.parse_args(arguments)


def remove(folder):
    """Renames the folder first, so that workers that are still running cannot add files to it."""
    gone = f"{folder}-gone"
    os.rename(folder, gone)
    shutil.rmtree(gone, ignore_errors=True)


def judge(wanted):
    from . import engine    # here, because importing Dask takes a second, and queries do not need it

    if not os.access(wanted.output.absolute().parent, os.W_OK):
        say(f"{wanted.output}: cannot write a file there")
        return USAGE
    made = None if wanted.folder else tempfile.mkdtemp(prefix="ipsec-scale-", dir=wanted.output.absolute().parent)
    folder = Path(made or wanted.folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    options = [word for option in wanted.option for word in ("-o", option)]
    run = engine.Run([path.absolute() for path in wanted.files], wanted.output.absolute(), folder, wanted.shards, wanted.all,
                     options, wanted.split_program, wanted.json)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))    # so that the folder is removed then, too
    try:
        if not engine.check_space(run):
            say("not enough free space: choose another folder with --folder")
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
        say(f"{wanted.result}: no such file")
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
    except ModuleNotFoundError as missing:
        say(f"the Python package {missing.name} is not installed (Debian: python3-distributed)")
        return USAGE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
