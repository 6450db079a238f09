"""From the lines of each shard to one SQLite file.

The rows come in an order, and have numbers, that do not depend on the number of shards: SAs in the order of their first
packets, packets in the order of the files.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import sqlite3

from . import merged, tables


def sql_columns(table):
    for column in table.columns:
        yield f"{column.name} {column.type}"
        if column.kind == tables.FRAME:
            yield f"{column.name}_file INTEGER"


def create(database):
    database.executescript(tables.RUN)
    for table in (*tables.TAPS.values(), *tables.PARTS):
        owner = f"{table.of} INTEGER" if table.of else "row INTEGER PRIMARY KEY"
        database.execute(f"CREATE TABLE {table.name} ({', '.join((owner, *sql_columns(table)))})")
    database.execute("CREATE INDEX findings_by_id ON findings (id)")


class Shard:
    """What one shard's tshark printed, with frames of the shard changed into those of the files."""

    def __init__(self, number, lines, parts):
        self.number = number
        self.frames = merged.in_order(parts)
        with open(lines, encoding="utf-8") as file:
            objects = [json.loads(line) for line in file if line.startswith("{")]
        self.sas = [one for one in objects if "index" in one]
        self.packets = [one for one in objects if "frame" in one]

    def place(self, frame):
        """(file, frame) of a frame of the shard; none of what has none."""
        return self.frames[frame - 1] if frame else (None, None)


def values(table, shard, one, rows_of_sas):
    for column in table.columns:
        value = one.get(column.member or column.name)
        if column.kind == tables.FRAME:
            file, frame = shard.place(value)
            yield from (frame, file)
        elif column.kind == tables.SA:
            yield None if value is None else rows_of_sas.get((shard.number, value))
        elif column.kind == tables.NAMES:
            yield ", ".join(value) if value else None
        else:
            yield value


def insert(database, table, rows):
    rows = list(rows)
    if rows:
        database.executemany(f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def fill(database, shards):
    """`shards`: each a Shard."""
    sas = sorted(((shard.place(sa["first_frame"]), sa["index"], shard, sa) for shard in shards for sa in shard.sas),
                 key=lambda one: one[:2])
    rows_of_sas = {(shard.number, index): row for row, (_, index, shard, _) in enumerate(sas, 1)}
    insert(database, tables.SAS, ((row, *values(tables.SAS, shard, sa, rows_of_sas))
                                  for row, (_, _, shard, sa) in enumerate(sas, 1)))
    packets = sorted(((shard.place(packet["frame"]), order, shard, packet) for shard in shards
                      for order, packet in enumerate(shard.packets)), key=lambda one: one[:2])
    insert(database, tables.PACKETS, ((row, *values(tables.PACKETS, shard, packet, rows_of_sas))
                                      for row, (_, _, shard, packet) in enumerate(packets, 1)))
    for table in tables.PARTS:
        insert(database, table, ((row, *values(table, shard, part, rows_of_sas))
                                 for row, (_, _, shard, packet) in enumerate(packets, 1)
                                 for part in packet.get(table.member, ())))


def note_run(database, files, problems):
    insert(database, tables.Table("files", ()), files)
    insert(database, tables.Table("problems", ()), problems)


def open_new(path):
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    create(database)
    return database
