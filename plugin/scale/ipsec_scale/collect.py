"""Collects the lines of all shards in one SQLite file.

The order and the numbers of the rows do not depend on the number of shards: SAs are ordered by their first packets, and
packets by file and frame. SQLite does the sorting, so the lines need not fit into memory.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import sqlite3
from typing import NamedTuple

from . import tables

AT_ONCE = 1000      # rows that are inserted together


class Shard(NamedTuple):
    number: int
    lines: object       # path of the file with its lines, see placed.py
    files: tuple        # the number in the run of each part's file


def sql_columns(table):
    for column in table.columns:
        yield f"{column.name} {column.type}"
        if column.kind == tables.FRAME:
            yield f"{column.name}_file INTEGER"


def create(database):
    database.executescript(tables.RUN)
    for table in (*tables.LINES, *tables.PARTS, *tables.TEXTS):
        owner = f"{table.of} INTEGER" if table.of else "row INTEGER PRIMARY KEY"
        database.execute(f"CREATE TABLE {table.name} ({', '.join((owner, *sql_columns(table)))})")
    database.execute("CREATE INDEX findings_by_id ON findings (id)")


class Inserter:
    """Collects rows of a table, to insert many at once."""

    def __init__(self, database, table):
        self.database, self.table, self.rows = database, table, []

    def add(self, row):
        self.rows.append(tuple(row))
        if len(self.rows) == AT_ONCE:
            self.end()

    def end(self):
        if self.rows:
            marks = ", ".join("?" * len(self.rows[0]))
            self.database.executemany(f"INSERT INTO {self.table.name} VALUES ({marks})", self.rows)
        self.rows = []


# --- the lines of all shards, in order -------------------------------------------------------------------------------

def stage(database, shards):
    """Loads the lines unchanged, with what they are sorted by."""
    database.execute("CREATE TABLE staged.lines (name TEXT, file INTEGER, frame INTEGER, shard INTEGER, number INTEGER, line TEXT)")
    for place, shard in enumerate(shards):
        with open(shard.lines, encoding="utf-8") as lines:
            database.executemany("INSERT INTO staged.lines VALUES (?, ?, ?, ?, ?, ?)",
                                 (staged(shard, place, number, line) for number, line in enumerate(lines)))


def staged(shard, place, number, line):
    one = json.loads(line)
    table = tables.table_of(one)
    part, frame = one.get(table.at) or (None, None)
    return table.name, None if part is None else shard.files[part], frame, place, number, line


def lines_of(database, shards, table):
    """(shard, object) of each line of the table."""
    for place, line in database.execute("""SELECT shard, line FROM staged.lines WHERE name = ?
                                           ORDER BY file, frame, shard, number""", (table.name,)):
        yield shards[place], json.loads(line)


# --- rows ------------------------------------------------------------------------------------------------------------

class Filler:
    def __init__(self, database, shards):
        self.database, self.shards = database, shards
        self.inserters = {table: Inserter(database, table) for table in (*tables.LINES, *tables.PARTS, *tables.TEXTS)}
        self.sas = {(shard.number, one["index"]): row
                    for row, (shard, one) in enumerate(lines_of(database, shards, tables.SAS), 1)}
        self.texts = {table: {} for table in tables.TEXTS}      # row numbers by content

    def row_of_texts(self, table, shard, one):
        held = tuple(self.values(table, shard, one))
        rows = self.texts[table]
        if held not in rows:
            rows[held] = len(rows) + 1
            self.inserters[table].add((rows[held], *held))
        return rows[held]

    def values(self, table, shard, one):
        for column in table.columns:
            value = one.get(column.member or column.name)
            if column.kind == tables.FRAME:
                yield from (value[1], shard.files[value[0]]) if value else (None, None)
            elif column.kind == tables.SA:
                yield None if value is None else self.sas.get((shard.number, value))
            elif column.kind == tables.NAMES:
                yield ", ".join(value) if value else None
            elif column.kind == tables.SHARD:
                yield shard.number
            elif column.kind == tables.ROW:
                yield self.row_of_texts(column.table, shard, one)
            else:
                yield value

    def fill(self, table):
        parts = [part for part in tables.PARTS if part.of == table.name]
        for row, (shard, one) in enumerate(lines_of(self.database, self.shards, table), 1):
            self.inserters[table].add((row, *self.values(table, shard, one)))
            for part in parts:
                for each in one.get(part.member, ()):
                    self.inserters[part].add((row, *self.values(part, shard, each)))

    def fill_all(self):
        for table in tables.LINES:
            self.fill(table)
        for inserter in self.inserters.values():
            inserter.end()


def fill(database, shards):
    """Writes the rows of all shards (Shard objects) into the database."""
    stage(database, shards)
    Filler(database, shards).fill_all()


def note_run(database, files, problems):
    database.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)", files)
    database.executemany("INSERT INTO problems VALUES (?, ?)", problems)


def open_new(path):
    """Makes an empty result, and beside it a temporary file for the lines."""
    between = path.with_name(path.name + ".lines")
    for one in (path, between):
        one.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    database.execute("ATTACH ? AS staged", (str(between),))
    for name in ("main", "staged"):    # an unfinished file is of no use, so it need not survive a crash
        database.execute(f"PRAGMA {name}.synchronous = OFF")
        database.execute(f"PRAGMA {name}.journal_mode = OFF")
    create(database)
    return database, between


# --- export ----------------------------------------------------------------------------------------------------------

def export(database, folder):
    """Writes each table as lines of JSON; a column without a value is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [name for name, in database.execute("SELECT name FROM main.sqlite_master WHERE type = 'table' ORDER BY name")]
    for name in names:
        rows = database.execute(f"SELECT * FROM {name} ORDER BY rowid")
        columns = [column[0] for column in rows.description]
        with open(folder / f"{name}.jsonl", "w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps({column: value for column, value in zip(columns, row) if value is not None}) + "\n")
